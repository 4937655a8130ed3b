//! Every verb of the store against SQLite and PostgreSQL: the same tests, the same answers.
//!
//! PostgreSQL is a server of this test's own, in a folder of its own, on a Unix socket (`databases`).

// Helpers of tests stand outside `#[test]`, where clippy.toml's exceptions do not reach.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod backup;
mod bridges;
mod calls;
mod customers;
mod damaged;
mod databases;
mod desk;
mod dial_in;
mod directory;
mod door;
mod firms;
mod grams;
mod import;
mod interrupted;
mod journal;
mod keeping;
mod migrations;
mod my_page;
mod onboarding;
mod outage;
mod outbox;
mod outbox_chaos;
mod outbox_moved;
mod people;
mod proofs;
mod records;
mod report_search;
mod reports;
mod search;
mod trunks;
mod upgrade;
mod urgent;
mod visits;
mod writing;

/// Makes of each `async fn name(store: Store)` two tests, `sqlite::name` and `postgres::name`, each on an empty database.
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($store:ident: Store) $body:block)*) => {
        $($(#[$meta])* async fn $name($store: store::Store) $body)*

        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                let database = crate::databases::Sqlite::new();
                super::$name(database.open().await).await;
            })*
        }

        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                let url = crate::databases::shared_postgres().create(stringify!($name)).await;
                super::$name(store::Store::open(&url).await.unwrap()).await;
            })*
        }
    };
}
pub(crate) use on_both;

/// The problems' fields, in order.
pub(crate) fn fields(error: store::StoreError) -> Vec<String> {
    let store::StoreError::Invalid(problems) = error else { panic!("{error:?}") };
    problems.into_iter().map(|problem| problem.field).collect()
}
