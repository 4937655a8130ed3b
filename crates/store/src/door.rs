//! What the house demands of those who log in: one row of JSON.

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
}
