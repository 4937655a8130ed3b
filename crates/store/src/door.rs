//! What the house demands of those who log in, one row of JSON; and what firms demand of their own people.

use serde::{Deserialize, Serialize};

use crate::database::Store;
use crate::error::StoreError;
use crate::row::{Columns, to_json};
use crate::user::Role;

/// What is demanded at the door.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Door {
    /// Roles that need a second factor or a passkey: without one their sessions reach the account's page alone, where one is made.
    pub second_factor: Vec<Role>,
}

impl Door {
    /// Does this role need a second factor?
    pub fn demands(&self, role: Role) -> bool {
        self.second_factor.contains(&role)
    }
}

impl Store {
    /// What is demanded; nothing if it was never said.
    ///
    /// # Errors
    /// What the database says, [`StoreError::Damaged`] if the row cannot be read.
    pub async fn door(&self) -> Result<Door, StoreError> {
        match sqlx::query("SELECT json FROM door WHERE id = 1").fetch_optional(&self.pool).await? {
            Some(row) => row.json("json", "door.json"),
            None => Ok(Door::default()),
        }
    }

    /// Demands this from now on, of sessions that are open, too.
    ///
    /// # Errors
    /// What the database says.
    pub async fn save_door(&self, door: &Door) -> Result<(), StoreError> {
        let sql = "INSERT INTO door (id, json) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET json = excluded.json";
        sqlx::query(sql).bind(to_json(door, "door.json")?).execute(&self.pool).await?;
        Ok(())
    }

    /// Since when a firm demands a second factor of its people, unix milliseconds; `None`: it does not.
    ///
    /// # Errors
    /// What the database says.
    pub async fn firm_door(&self, customer: i64) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT since_ms FROM firm_doors WHERE customer = $1";
        Ok(sqlx::query_scalar(sql).bind(customer).fetch_optional(&self.pool).await?)
    }

    /// A firm demands a second factor of its people, or does no more. Whoever is logged in goes on until the next login, where one is
    /// set up. Demanded again, it is demanded since the first time.
    ///
    /// # Errors
    /// [`StoreError::Missing`] customer, and what the database says.
    pub async fn save_firm_door(&self, customer: i64, on: bool, who: &str, now_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        crate::customer::need(&mut tx, customer).await?;
        if on {
            sqlx::query(
                "INSERT INTO firm_doors (customer, since_ms, made_by) VALUES ($1, $2, $3) ON CONFLICT (customer) DO NOTHING",
            )
            .bind(customer)
            .bind(now_ms)
            .bind(crate::text::storable(who).into_owned())
            .execute(&mut *tx)
            .await?;
        } else {
            sqlx::query("DELETE FROM firm_doors WHERE customer = $1").bind(customer).execute(&mut *tx).await?;
        }
        let what = if on { "member.second_factor.demand" } else { "member.second_factor.spare" };
        crate::audit::add(&mut tx, now_ms, who, what, &format!("customer {customer}"), "").await?;
        tx.commit().await?;
        Ok(())
    }
}
