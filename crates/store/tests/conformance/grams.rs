//! What is found by the indexes of words and digits is what is found without them (F57, F49).

use report::{Draft, Value, key};
use store::{Backend, CallQuery, Filling, ReportQuery, Store};
use switch::{CallId, CallRecord};

use crate::databases::{connect, execute};
use crate::on_both;
use crate::records::{NOON_MS, cleared};
use crate::writing::{draft, edit, firm, hanako, send};

/// More than what is looked through one by one.
const MANY: u64 = 2_100;

async fn words(store: &Store, text: &str) -> usize {
    let query = ReportQuery { text: Some(text.to_owned()), limit: Some(500), ..ReportQuery::default() };
    store.reports(&query).await.unwrap().reports.len()
}

async fn digits(store: &Store, number: &str) -> usize {
    let query = ReportQuery {
        number: Some(number.to_owned()),
        anywhere_since_ms: Some(0),
        limit: Some(500),
        ..ReportQuery::default()
    };
    store.reports(&query).await.unwrap().reports.len()
}

async fn callers(store: &Store, number: &str) -> usize {
    let query = CallQuery { caller: Some(number.to_owned()), anywhere_since_ms: Some(0), ..CallQuery::default() };
    store.find_calls(&query).await.unwrap().calls.len()
}

/// A report that says this, among many others that all say something else.
fn filling(customer: i64, place: u64, name: &str, callback: &str) -> Filling {
    let mut draft = Draft::default();
    for (key, value) in [(key::NAME, name), (key::BUSINESS, "納期の確認"), (key::CALLBACK, callback)] {
        draft.answers.insert(key.to_owned(), Value::said(value));
    }
    let at = u64::try_from(NOON_MS).unwrap() + place;
    Filling {
        call: CallId(at << 20),
        customer: (customer, "さくら".to_owned()),
        caller: "81677778888".to_owned(),
        draft,
    }
}

async fn index(store: &Store) {
    while store.index_written(1_000).await.unwrap() == 1_000 {}
    store.analyze().await.unwrap();
}

on_both! {
    async fn f57_a_word_is_found_before_and_after_it_is_indexed_and_so_is_what_it_became(store: Store) {
        let customer = firm(&store).await;
        let report = draft(&store, customer, 1).await;
        let edits = [edit(key::NAME, "髙﨑（たかさき）", NOON_MS), edit(key::CALLBACK, "03-5555-1234", NOON_MS)];
        let report = store.edit_report(&report.id, &edits, &hanako(), NOON_MS).await.unwrap();
        let all_find = async |when: &str| {
            for word in ["髙﨑", "タカサ", "（タカ", "崎"] {
                assert_eq!(words(&store, word).await, 1, "{word} {when}");
            }
            assert_eq!((words(&store, "たかた").await, words(&store, "高崎 林").await), (0, 0), "{when}");
            for number in ["5551", "０３−５５", "1234", "813555", "0355551234"] {
                assert_eq!(digits(&store, number).await, 1, "{number} {when}");
            }
            assert_eq!((digits(&store, "5553").await, digits(&store, "03123").await), (0, 0), "{when}");
        };
        all_find("as a draft").await;
        index(&store).await;
        all_find("as a draft, the index having been written").await;
        send(&store, &report, &["sato"], NOON_MS).await;
        all_find("sent").await;
        index(&store).await;
        all_find("sent and indexed").await;
        let corrected = store.correct_report(&report.id, &hanako(), NOON_MS).await.unwrap();
        store.edit_report(&corrected.id, &[edit(key::NAME, "高崎（たかた）", NOON_MS)], &hanako(), NOON_MS).await.unwrap();
        assert_eq!((words(&store, "たかさき").await, words(&store, "たかた").await), (1, 1));
    }

    async fn f49_a_caller_is_found_by_digits_of_the_middle_whether_the_call_is_indexed_or_not(store: Store) {
        for (place, caller) in [(1, "81311112222"), (2, "819012345678"), (3, "")] {
            store.save_call(&CallRecord { caller: caller.to_owned(), ..cleared(place) }).await.unwrap();
        }
        for _ in 0..2 {
            for (number, count) in [("11112", 1), ("0311", 1), ("2345", 1), ("090", 0), ("0901", 1), ("9999", 0), ("5678", 1)] {
                assert_eq!(callers(&store, number).await, count, "{number}");
            }
            index(&store).await;
        }
    }

    async fn f57_what_very_many_have_is_found_as_what_hardly_anybody_has(store: Store) {
        let customer = firm(&store).await;
        let mut reports: Vec<Filling> = (0..MANY).map(|place| filling(customer, place, "佐藤", "06-1111-2222")).collect();
        reports.push(filling(customer, 40_000, "勅使河原", "06-1111-9222"));
        store.fill_reports(&reports).await.unwrap();
        for _ in 0..2 {
            assert_eq!((words(&store, "佐藤").await, words(&store, "納期").await), (500, 500));
            assert_eq!((words(&store, "使河原").await, words(&store, "納期 テシガワラ").await), (1, 0));
            assert_eq!((digits(&store, "11112").await, digits(&store, "1119").await), (500, 1));
            let both = ReportQuery { number: Some("77778".into()), anywhere_since_ms: Some(0), text: Some("河原".into()), ..ReportQuery::default() };
            assert_eq!(store.reports(&both).await.unwrap().reports.len(), 1);
            let other = ReportQuery { customer: Some(customer + 1), text: Some("勅使河原".into()), ..ReportQuery::default() };
            assert_eq!(store.reports(&other).await.unwrap().reports.len(), 0, "r18: another firm's");
            index(&store).await;
        }
        assert!(!store.merge_indexes(true).await.unwrap() || store.backend() == Backend::Sqlite);
    }
}

/// A purged report leaves nothing in the index by which it could be found, and its words leave the file's pages with the merge.
#[tokio::test]
async fn f54_what_was_purged_leaves_the_index_of_sqlite() {
    let database = crate::databases::Sqlite::new();
    let store = database.open().await;
    let customer = firm(&store).await;
    let report = draft(&store, customer, 1).await;
    send(&store, &report, &["sato"], NOON_MS).await;
    index(&store).await;
    execute(
        &database.url(),
        "UPDATE reports SET purged_ms = 1, search = '', callback_reversed = '', caller_reversed = ''",
    )
    .await;
    execute(&database.url(), "UPDATE calls SET caller_reversed = ''").await;
    index(&store).await;
    let mut begin = true;
    while store.merge_indexes(begin).await.unwrap() {
        begin = false;
    }
    let mut connection = connect(&database.url()).await;
    for table in ["report_places", "report_grams_docsize", "call_grams_docsize", "report_unindexed", "call_unindexed"] {
        let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let left: i64 = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
        assert_eq!(left, 0, "{table}");
    }
    // Averages and structure are two rows; every other would be a page of grams.
    let pages: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM report_grams_data").fetch_one(&mut connection).await.unwrap();
    assert!(pages <= 2, "{pages}");
}
