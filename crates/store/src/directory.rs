//! From rows to the snapshot that the switch works on.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use acd::OperatorId;
use endpoint::Hop;
use number::{JAPAN, Number};
use report::{Features, Greeting, Hours, Rung, RungTo, japan};
use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;
use switch::{Customer, CustomerId, Directory, TransferPolicy};

use crate::customer::{CustomerRow, customer_row};
use crate::database::{Backend, Store};
use crate::did;
use crate::error::StoreError;
use crate::known;
use crate::operator::directory_operator;
use crate::row::Columns;
use crate::settings;
use crate::trunk::{TrunkRow, trunk_row};

/// A row that could not be used, and is left out of the snapshot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DirectoryProblem {
    /// "customer", "did", "operator", "profile", "trunk", "settings".
    pub table: &'static str,
    /// Row id, or the number.
    pub row: String,
    /// Why, and what to do.
    pub why: String,
}

/// A snapshot.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What the switch gets.
    pub directory: Directory,
    /// The directory's version that it shows.
    pub version: i64,
    /// What is missing in it.
    pub problems: Vec<DirectoryProblem>,
}

impl Store {
    /// Loads all active rows as one consistent snapshot. One bad row is a problem, not a failure: the others are served.
    ///
    /// `realm`: the one that operators' passwords must be made for. `resolve` says where a trunk's host is reached (RFC 3263); it
    /// is not asked for one that is an address already.
    ///
    /// # Errors
    /// What the database says.
    pub async fn load_directory<R>(&self, realm: &str, resolve: R) -> Result<Loaded, StoreError>
    where
        R: Fn(&TrunkRow) -> Result<Vec<Hop>, String>,
    {
        let mut tx = match self.backend() {
            Backend::Sqlite => self.pool.begin().await?,
            Backend::Postgres => self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?,
        };
        let version = sqlx::query_scalar("SELECT version FROM directory WHERE id = 1").fetch_one(&mut *tx).await?;
        let mut loading = Loading::default();
        loading.settings(&mut tx).await?;
        loading.directory.shut = crate::shut::held(&mut tx).await?;
        loading.customers(&mut tx).await?;
        loading.operators(&mut tx, realm).await?;
        let trunks = sqlx::query("SELECT * FROM trunks WHERE active = 1 ORDER BY id").fetch_all(&mut *tx).await?;
        tx.rollback().await?;
        // Only now, because names may take a while.
        for row in &trunks {
            let id = row.int("id")?;
            let trunk = trunk_row(row).map_err(|error| error.to_string()).and_then(|kept| {
                let hops = kept.literal().map_or_else(|| resolve(&kept), |hop| Ok(vec![hop]));
                // Nobody can be called by it; what comes from its addresses is its all the same.
                let hops = hops.unwrap_or_else(|why| {
                    loading.problem("trunk", id, why);
                    Vec::new()
                });
                kept.trunk(hops)
            });
            match trunk {
                Ok(trunk) => loading.directory.trunks.push(trunk),
                Err(why) => loading.problem("trunk", id, why),
            }
        }
        Ok(Loaded { directory: loading.directory, version, problems: loading.problems })
    }
}

#[derive(Default)]
struct Loading {
    directory: Directory,
    problems: Vec<DirectoryProblem>,
}

impl Loading {
    fn problem(&mut self, table: &'static str, row: impl ToString, why: impl ToString) {
        self.problems.push(DirectoryProblem { table, row: row.to_string(), why: why.to_string() });
    }

    async fn settings(&mut self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        match settings::load(connection).await {
            Ok(settings) => self.directory.settings = settings,
            Err(error @ StoreError::Damaged { .. }) => self.problem("settings", 1, error),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn customers(&mut self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        let rows = sqlx::query("SELECT * FROM customers WHERE active = 1").fetch_all(&mut *connection).await?;
        let mut dids: HashMap<i64, Vec<String>> = did::by_customer(connection).await?;
        for row in &rows {
            let id = row.int("id")?;
            match customer_row(row) {
                Ok(kept) => {
                    self.directory.customers.insert(CustomerId(id), Arc::new(customer(kept)));
                }
                Err(error) => {
                    self.problem("customer", id, error);
                    continue;
                }
            }
            for digits in dids.remove(&id).unwrap_or_default() {
                match Number::parse(&format!("+{digits}"), JAPAN) {
                    Ok(number) => {
                        self.directory.dids.insert(number, CustomerId(id));
                    }
                    Err(error) => self.problem("did", digits, error),
                }
            }
        }
        self.profiles(connection).await
    }

    /// What the switch needs of firms' profiles: greetings by the hour (F07), the phones of ladders, which may be called with a
    /// spoken notice (X05), and that callers are not put through at all (F18). Only profiles with any of it are read.
    async fn profiles(&mut self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        let sql = "SELECT customer, json FROM profiles \
                   WHERE json LIKE '%\"phone\":%' OR json LIKE '%\"greetings\":[{%' OR json LIKE '%\"bridge\":false%' \
                   ORDER BY customer";
        let rows = sqlx::query(sql).fetch_all(&mut *connection).await?;
        for row in &rows {
            let id = CustomerId(row.int("customer")?);
            let Some(customer) = self.directory.customers.get_mut(&id) else { continue };
            let of_profile: OfProfile = match row.json("json", "profiles.json") {
                Ok(of_profile) => of_profile,
                Err(error) => {
                    self.problem("profile", id.0, error);
                    continue;
                }
            };
            let phones = of_profile.ladder.iter().filter_map(|rung| match &rung.to {
                RungTo::Phone(number) => Number::parse(number, JAPAN).ok(),
                RungTo::Recipient(_) | RungTo::Supervisor => None,
            });
            let customer = Arc::make_mut(customer);
            customer.notice_phones = phones.map(|number| number.digits().to_string()).collect();
            customer.greetings = of_profile.greetings.into_iter().filter_map(greeting).collect();
            // Not by the keys of a phone, either.
            if !of_profile.features.bridge {
                customer.transfer = TransferPolicy::Never;
            }
        }
        Ok(())
    }

    async fn operators(&mut self, connection: &mut AnyConnection, realm: &str) -> Result<(), StoreError> {
        let rows = sqlx::query("SELECT * FROM operators WHERE active = 1").fetch_all(&mut *connection).await?;
        let mut known = known::rows_by_operator(connection).await?;
        for row in &rows {
            let id = row.int("id")?;
            match directory_operator(row, realm, known.remove(&id).unwrap_or_default()) {
                Ok(operator) => {
                    self.directory.operators.insert(OperatorId(id), Arc::new(operator));
                }
                Err(why) => self.problem("operator", id, why),
            }
        }
        Ok(())
    }
}

/// The part of a profile that the switch works with.
#[derive(Deserialize)]
struct OfProfile {
    #[serde(default)]
    features: Features,
    #[serde(default)]
    greetings: Vec<Greeting>,
    #[serde(default)]
    ladder: Vec<Rung>,
}

/// A greeting as the switch has it; `None`: its hours cannot be read.
fn greeting(Greeting { hours, text, reading }: Greeting) -> Option<switch::Greeting> {
    let minutes = match hours {
        Some(Hours { from, until }) => Some((japan::minute(&from)?, japan::minute(&until)?)),
        None => None,
    };
    Some(switch::Greeting { minutes, text, reading })
}

fn customer(row: CustomerRow) -> Customer {
    let form = row.form;
    Customer {
        id: CustomerId(row.id),
        code: form.code,
        name: form.name,
        reading: form.reading,
        greeting: form.greeting,
        manual: form.manual,
        needs: form.needs,
        plan: Arc::new(form.plan.ring_plan(&form.steps)),
        team: Some(form.team).filter(|team| !team.is_empty()),
        waiting: form.waiting,
        calendar: Arc::new(form.calendar),
        abandoned: form.abandoned,
        ring: Duration::from_secs(u64::from(form.ring_seconds)),
        priority: form.priority,
        transfer: form.transfer,
        targets: form.targets,
        greetings: Vec::new(),
        notice_phones: Vec::new(),
        whisper: form.whisper,
    }
}
