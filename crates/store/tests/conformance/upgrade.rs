//! From the schema before reports (0005) to now, with calls in it; and that finding work does not slow down with what is done.

use sqlx::Row;
use store::{Origin, Store};
use switch::CallRecord;

use crate::databases::{Sqlite, connect, execute, shared_postgres};
use crate::records::{NOON_MS, answered, cleared, waiting};
use crate::writing::hanako;

const HOUR: i64 = 3_600_000;

/// What search by grams brought, apart from what goes with the tables.
fn of_search(url: &str) -> &'static [&'static str] {
    if url.starts_with("sqlite:") {
        &[
            "TRIGGER calls_written",
            "TRIGGER calls_rewritten",
            "TABLE report_places",
            "TABLE report_grams",
            "TABLE call_grams",
            "TABLE report_unindexed",
            "TABLE call_unindexed",
        ]
    } else {
        &["INDEX calls_caller_grams", "FUNCTION number_grams", "FUNCTION word_grams"]
    }
}

/// Makes of a database of today one of version 5: as it was before reports were kept.
async fn downgrade(url: &str) {
    let mut connection = connect(url).await;
    for table in [
        "dial_in_pins",
        "dial_in_tries",
        "firm_doors",
        "shut_out",
        "feedback",
        "onboardings",
        "identity_checks",
        "displays",
        "quality",
        "samples",
        "clips",
        "purged_files",
        "purges",
        "holds",
        "retentions",
        "invitations",
        "authenticators",
        "recovery_codes",
        "passkeys",
        "door",
        "disputes",
        "handlings",
        "member_sessions",
        "members",
        "reporting",
        "profiles",
        "manuals",
        "manual_acks",
        "billing_classes",
        "notes",
        "schedules",
        "attempts",
        "ladders",
        "digests",
        "tasks",
        "billing",
        "reconciliations",
        "rooms",
        "deliveries",
        "report_edits",
        "reports",
    ] {
        let sql = sqlx::AssertSqlSafe(format!("DROP TABLE {table}"));
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }
    for column in ["begun_ms", "seen_ms", "idle_ms", "address", "device", "strong"] {
        let sql = sqlx::AssertSqlSafe(format!("ALTER TABLE sessions DROP COLUMN {column}"));
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }
    for what in of_search(url) {
        sqlx::query(sqlx::AssertSqlSafe(format!("DROP {what}"))).execute(&mut connection).await.unwrap();
    }
    for sql in [
        "DROP INDEX calls_customer_caller",
        "DROP INDEX calls_unpurged",
        "DROP INDEX audit_at",
        "ALTER TABLE calls DROP COLUMN purged_ms",
        "DELETE FROM counters WHERE name IN ('deliveries', 'notes', 'reconciliations', 'schedules', 'tasks', 'members', 'disputes', 'passkeys', 'displays', 'samples', 'holds', 'purges', 'onboardings', 'identity_checks', 'feedback', 'shut_out')",
        "DELETE FROM schema_migrations WHERE version >= 6",
    ] {
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }
}

async fn an_older_database_counts_from_the_day_of_its_upgrade(url: &str) {
    let store = Store::open(url).await.unwrap();
    store.save_calls(&[cleared(1), cleared(2), waiting(3)]).await.unwrap();
    // Answered, and open when the old version stopped.
    store.save_call(&CallRecord { events: Vec::new(), ..answered(4) }).await.unwrap();
    store.close().await;
    downgrade(url).await;

    let store = Store::open(url).await.unwrap();
    assert!(store.reports(&Default::default()).await.unwrap().reports.is_empty(), "old calls ask nobody for reports");
    store.close_interrupted(NOON_MS + 60_000, &[]).await.unwrap();
    let open = store.report_of_call(answered(4).call).await.unwrap().expect("that one was nobody's yet");
    assert_eq!(open.origin, Origin::Answered);
    store.save_call(&cleared(5)).await.unwrap();
    // The old version's journal says again what was saved: no proof is disturbed by it.
    store.save_call(&cleared(2)).await.unwrap();
    let proof = store.reconcile(NOON_MS, NOON_MS + HOUR, NOON_MS + HOUR).await.unwrap().proof;
    assert_eq!((proof.answered, proof.open, proof.holds()), (2, 2, true), "{proof:?}");
    store.waive_report(&open.id, "移行前の通話", &hanako(), NOON_MS).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn sqlite_an_older_database_counts_from_the_day_of_its_upgrade() {
    let database = Sqlite::new();
    an_older_database_counts_from_the_day_of_its_upgrade(&database.url()).await;
}

#[tokio::test]
async fn postgres_an_older_database_counts_from_the_day_of_its_upgrade() {
    let url = shared_postgres().create("upgrade").await;
    an_older_database_counts_from_the_day_of_its_upgrade(&url).await;
}

/// What finds work goes by an index of the open rows alone, however many are done. (PostgreSQL's planner has reasons of its own on
/// small tables; SQLite's plan is the same for any size.)
#[tokio::test]
async fn sqlite_finding_work_does_not_slow_down_with_a_million_delivered() {
    let database = Sqlite::new();
    database.open().await.close().await;
    let url = database.url();
    execute(&url, "ANALYZE").await;
    let mut connection = connect(&url).await;
    for (sql, index) in [
        ("SELECT room, head FROM rooms WHERE due_ms <= 5 ORDER BY urgent DESC, due_ms, room LIMIT 9", "rooms_due"),
        ("SELECT id FROM deliveries WHERE room = 'r' AND is_open = 1 ORDER BY place LIMIT 1", "deliveries_open"),
        (
            "SELECT * FROM deliveries WHERE is_open = 1 AND late_ms IS NULL AND late_due_ms <= 5 ORDER BY late_due_ms LIMIT 9",
            "deliveries_late",
        ),
        (
            "SELECT * FROM deliveries WHERE place < 5 AND is_open = 1 ORDER BY place DESC LIMIT 9",
            "deliveries_open_place",
        ),
        (
            "SELECT report FROM ladders WHERE done_ms IS NULL AND due_ms <= 5 ORDER BY due_ms, report LIMIT 9",
            "ladders_due",
        ),
        ("SELECT * FROM tasks WHERE done_ms IS NULL ORDER BY created_ms, id LIMIT 9", "tasks_open"),
        ("SELECT * FROM reports WHERE state = 'draft' ORDER BY created_ms, id LIMIT 9", "reports_drafts"),
        (
            "SELECT id FROM calls WHERE customer = 1 AND caller_reversed = '1' AND id < 5 LIMIT 1",
            "calls_customer_caller",
        ),
    ] {
        let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let plan = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
        assert!(
            plan.iter()
                .any(|step| step.contains(&format!("INDEX {index} ")) || step.ends_with(&format!("INDEX {index}"))),
            "{plan:?}"
        );
    }
}
