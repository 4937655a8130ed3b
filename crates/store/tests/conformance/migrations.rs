//! Opening: addresses, fresh and known databases, those of another version.

use store::{Store, StoreError};

use crate::databases::{Sqlite, execute, shared_postgres};

async fn fresh_repeated_and_of_another_version(url: &str) {
    // Two processes at once on an empty database: one migrates, the other waits and finds it done.
    let (first, second) = tokio::join!(Store::open(url), Store::open(url));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first.directory_version().await.unwrap(), 0);
    let form = store::CustomerForm { code: "a".to_owned(), name: "A".to_owned(), ..Default::default() };
    second.create_customer(&form).await.unwrap();
    first.close().await;
    second.close().await;

    let again = Store::open(url).await.unwrap();
    assert_eq!(again.customers().await.unwrap().len(), 1);
    again.ping().await.unwrap();
    again.close().await;

    execute(url, "INSERT INTO schema_migrations (version, sha256) VALUES (99, 'future')").await;
    let error = Store::open(url).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, known: 16 }), "{error}");
    execute(url, "DELETE FROM schema_migrations WHERE version = 99").await;

    execute(url, "UPDATE schema_migrations SET sha256 = 'other' WHERE version = 1").await;
    let error = Store::open(url).await.unwrap_err();
    assert!(matches!(error, StoreError::Changed { version: 1 }), "{error}");
}

#[tokio::test]
async fn sqlite_fresh_repeated_and_of_another_version() {
    let database = Sqlite::new();
    fresh_repeated_and_of_another_version(&database.url()).await;
}

#[tokio::test]
async fn postgres_fresh_repeated_and_of_another_version() {
    let url = shared_postgres().create("migrations").await;
    fresh_repeated_and_of_another_version(&url).await;
}

#[tokio::test]
async fn sqlite_in_memory_is_a_database() {
    let store = Store::open("sqlite::memory:").await.unwrap();
    store.save_call(&crate::records::cleared(1)).await.unwrap();
    assert_eq!(crate::records::count(&store).await.unwrap(), 1);
}

#[tokio::test]
async fn a_bad_address_says_what_is_wrong_and_no_password() {
    for url in ["", "mysql://x", "sqlite:", "sqlite:folder/", "postgres://user:hush@:notaport/x"] {
        let error = Store::open(url).await.unwrap_err();
        assert!(matches!(error, StoreError::Address { .. }), "{url}: {error:?}");
        assert!(!error.to_string().contains("hush"), "{error}");
    }
    let error = Store::open("postgres://nobody:hush@127.0.0.1:1/none").await.unwrap_err();
    assert!(error.is_away(), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
}
