//! A recipient's address was corrected, or its token renewed: what is open goes there.

use std::collections::BTreeSet;

use report::Recipient;

use super::{UNKNOWN, begin_round, room};
use crate::database::Tx;
use crate::error::StoreError;
use crate::row::to_json;
use crate::text::storable;

pub(crate) async fn retarget(tx: &mut Tx, customer: i64, recipients: &[&Recipient]) -> Result<(), StoreError> {
    begin_round(tx).await?;
    let mut rooms: BTreeSet<String> = recipients.iter().map(|recipient| recipient.channel.room()).collect();
    for recipient in recipients {
        let left: Vec<String> = sqlx::query_scalar(
            "SELECT DISTINCT room FROM deliveries WHERE is_open = 1 AND customer = $1 AND recipient = $2",
        )
        .bind(customer)
        .bind(&recipient.id)
        .fetch_all(&mut **tx)
        .await?;
        rooms.extend(left);
    }
    for room in &rooms {
        room::lock(tx, room).await?;
    }
    for recipient in recipients {
        let sql = format!(
            "UPDATE deliveries SET target = $1, channel = $2, room = $3, moved_attempt = CASE \
             WHEN room <> $3 AND (state = 'leased' OR {UNKNOWN}) THEN attempts ELSE moved_attempt END \
             WHERE is_open = 1 AND customer = $4 AND recipient = $5"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql));
        query
            .bind(storable(&to_json(&recipient.channel, "deliveries.target")?).into_owned())
            .bind(recipient.channel.kind())
            .bind(storable(&recipient.channel.room()).into_owned())
            .bind(customer)
            .bind(&recipient.id)
            .execute(&mut **tx)
            .await?;
    }
    for room in &rooms {
        room::refresh(tx, room).await?;
    }
    Ok(())
}
