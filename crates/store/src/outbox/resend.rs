//! Once more by hand: what was given up or came back goes to where its recipient is reached now; what waits for its next try is
//! tried at once.

use super::outcome::find;
use super::{Belongs, DeliveryRow, NewDelivery, add, begin_round, room};
use crate::audit;
use crate::database::Store;
use crate::error::StoreError;
use crate::task::{self, TaskKind};

impl Store {
    /// Sends a report to one of its recipients once more, and gives the delivery that does it: `new`, or, while the one of this id
    /// is still open, that one. Tasks about it are done then.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn resend_delivery(
        &self,
        id: &str,
        new: &NewDelivery,
        who: &str,
        now_ms: i64,
    ) -> Result<DeliveryRow, StoreError> {
        let mut tx = self.begin().await?;
        // The audit log's counter before the rooms, like all counters.
        audit::add(&mut tx, now_ms, who, "delivery.resend", &format!("delivery {id}"), &new.id).await?;
        begin_round(&mut tx).await?;
        let found = find(&mut tx, id).await?;
        let by = if found.is_open {
            let sql = "UPDATE deliveries SET next_ms = $1 WHERE id = $2 AND state IN ('waiting', 'retry')";
            sqlx::query(sql).bind(now_ms).bind(id).execute(&mut *tx).await?;
            room::refresh(&mut tx, &found.room).await?;
            id
        } else {
            let belongs = Belongs { report: &found.report, customer: found.customer, first: false, now_ms };
            add(&mut tx, belongs, std::slice::from_ref(new)).await?;
            &new.id
        };
        for kind in [TaskKind::Undelivered, TaskKind::Bounced, TaskKind::Late] {
            task::close(&mut tx, kind, id, "sent again", now_ms).await?;
        }
        tx.commit().await?;
        self.delivery(by).await
    }
}
