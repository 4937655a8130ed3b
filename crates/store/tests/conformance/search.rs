//! Finding calls.

use store::{CallQuery, Store};
use switch::CallRecord;

use crate::customers::sakura;
use crate::records::{NOON_MS, cleared, waiting};
use crate::{fields, on_both};

async fn found(store: &Store, query: CallQuery) -> Vec<u64> {
    let page = store.find_calls(&query).await.unwrap();
    page.calls.iter().map(|call| call.call.0 & 0xF_FFFF).collect()
}

fn caller(text: &str) -> CallQuery {
    CallQuery { caller: Some(text.to_owned()), ..CallQuery::default() }
}

fn text(text: &str) -> CallQuery {
    CallQuery { text: Some(text.to_owned()), ..CallQuery::default() }
}

on_both! {
    async fn f57_by_the_last_digits_of_a_number_in_any_form(store: Store) {
        for (number, digits) in [(1, "819012345678"), (2, "81312345678"), (3, "819012345679"), (4, ""), (5, "12125550100")] {
            store.save_call(&CallRecord { caller: digits.to_owned(), ..cleared(number) }).await.unwrap();
        }
        assert_eq!(found(&store, caller("5678")).await, [2, 1]);
        assert_eq!(found(&store, caller("090-1234-5678")).await, [1]);
        assert_eq!(found(&store, caller("+819012345678")).await, [1]);
        assert_eq!(found(&store, caller("０３（１２３４）５６７８")).await, [2]);
        assert_eq!(found(&store, caller("9")).await, [3]);
        assert_eq!(found(&store, caller("0100")).await, [5]);
        assert_eq!(found(&store, caller("00000")).await, [0u64; 0]);
        assert_eq!(fields(store.find_calls(&caller("abc")).await.unwrap_err()), ["caller"]);
    }

    async fn f57_by_name_reading_or_operator_whatever_the_kana_or_width(store: Store) {
        let customer = store.create_customer(&sakura()).await.unwrap();
        store.save_call(&CallRecord { customer: Some(customer.id), ..cleared(1) }).await.unwrap();
        let other = CallRecord { customer_name: "ＡＢＣ商事 100%".to_owned(), operator_name: "サトウ".to_owned(), ..cleared(2) };
        store.save_call(&other).await.unwrap();
        for words in ["さくら", "サクラ", "ｻｸﾗ歯", "歯科", "さくら 歯科", "サクラシカ", "sakura-d"] {
            assert_eq!(found(&store, text(words)).await, [1], "{words}");
        }
        for words in ["abc", "Abc商事", "100%", "さとう", "ｻﾄｳ"] {
            assert_eq!(found(&store, text(words)).await, [2], "{words}");
        }
        for words in ["100_", "%x%", "商事サトウ", "'", "\\"] {
            assert_eq!(found(&store, text(words)).await, [0u64; 0], "{words}");
        }
        assert_eq!(found(&store, text(" ")).await.len(), 2);
    }

    async fn by_firm_operator_number_time_and_whether_answered(store: Store) {
        for number in 0..10 {
            let record = if number % 2 == 0 { cleared(number) } else { waiting(number) };
            let customer = Some(i64::from(number % 3));
            let did = if number == 4 { "unknown-did".to_owned() } else { record.did.clone() };
            store.save_call(&CallRecord { customer, did, ..record }).await.unwrap();
        }
        let query = CallQuery::default;
        assert_eq!(found(&store, query()).await, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
        assert_eq!(found(&store, CallQuery { customer: Some(0), ..query() }).await, [9, 6, 3, 0]);
        assert_eq!(found(&store, CallQuery { operator: Some(101), ..query() }).await, [8, 6, 4, 2, 0]);
        assert_eq!(found(&store, CallQuery { answered: Some(true), customer: Some(0), ..query() }).await, [6, 0]);
        assert_eq!(found(&store, CallQuery { answered: Some(false), ..query() }).await, [9, 7, 5, 3, 1]);
        let between = CallQuery { from_ms: Some(NOON_MS + 3000), to_ms: Some(NOON_MS + 6000), ..query() };
        assert_eq!(found(&store, between).await, [5, 4, 3]);
        assert_eq!(found(&store, CallQuery { did: Some("unknown-did".to_owned()), ..query() }).await, [4]);
        assert_eq!(found(&store, CallQuery { did: Some("03-1234-5678".to_owned()), ..query() }).await.len(), 9);
        let all = CallQuery { text: Some("サクラ".to_owned()), caller: Some("678".to_owned()), customer: Some(1), operator: Some(101), ..query() };
        assert_eq!(found(&store, all).await, [4]);
    }

    async fn pages_hold_while_new_calls_come_in(store: Store) {
        let same_moment = |number| CallRecord { arrived_ms: NOON_MS, ..cleared(number) };
        for number in 0..7 {
            store.save_call(&same_moment(number)).await.unwrap();
        }
        let mut query = CallQuery { limit: Some(3), ..CallQuery::default() };
        let mut seen = Vec::new();
        for page in 0..3 {
            let got = store.find_calls(&query).await.unwrap();
            seen.extend(got.calls.iter().map(|call| call.call.0 & 0xF_FFFF));
            // The cursor comes back from the URL as text.
            query.cursor = got.next.map(|cursor| cursor.to_string().parse().unwrap());
            assert_eq!(query.cursor.is_some(), page < 2);
            store.save_call(&cleared(100 + page)).await.unwrap();
        }
        assert_eq!(seen, [6, 5, 4, 3, 2, 1, 0]);
    }

    async fn a_row_of_the_list_says_what_a_supervisor_looks_for(store: Store) {
        store.save_call(&cleared(1)).await.unwrap();
        let page = store.find_calls(&CallQuery::default()).await.unwrap();
        let row = &page.calls[0];
        assert_eq!(row.recording_ms, Some(60_000));
        assert_eq!((row.talk_ms, row.wait_ms, row.operator_name.as_str()), (60_000, 4000, "山田 花子"));
        let json = serde_json::to_value(&page).unwrap();
        assert_eq!(json["calls"][0]["call"], cleared(1).call.to_string());
        assert_eq!(json["calls"][0]["state"], "cleared");
        assert_eq!(json["next"], serde_json::Value::Null);
    }
}
