//! Finding reports (F57, F58), and what the desk and the switch know of a caller (F06, F09).

use report::{Kind, Person, Profile, Urgency, key};
use serde_json::json;
use store::{ReportQuery, ReportState, Store};
use switch::{CallId, CallRecord, CallState};

use crate::records::{NOON_MS, cleared, event, waiting};
use crate::writing::{accept, draft, edit, firm, hanako, lease, send};
use crate::{fields, on_both};

async fn found(store: &Store, query: ReportQuery) -> Vec<i64> {
    let page = store.reports(&query).await.unwrap();
    page.reports.iter().map(|report| (report.created_ms - NOON_MS) / 1000).collect()
}

fn text(text: &str) -> ReportQuery {
    ReportQuery { text: Some(text.to_owned()), ..ReportQuery::default() }
}

fn number(number: &str) -> ReportQuery {
    ReportQuery { number: Some(number.to_owned()), ..ReportQuery::default() }
}

async fn written(store: &Store, customer: i64, second: u32, answers: &[(&str, &str)]) -> store::ReportRow {
    let report = draft(store, customer, second).await;
    let edits: Vec<_> = answers.iter().map(|(key, value)| edit(key, value, NOON_MS)).collect();
    store.edit_report(&report.id, &edits, &hanako(), NOON_MS).await.unwrap()
}

on_both! {
    async fn f57_by_words_whatever_their_width_and_kana(store: Store) {
        let customer = firm(&store).await;
        let sato = Person { id: "sato".to_owned(), name: "佐藤 花子".to_owned(), kana: "さとう はなこ".to_owned(), ..Person::default() };
        let profile = Profile { people: vec![sato], ..Profile::default() };
        store.put_profile(customer, 0, &profile, "jiro", NOON_MS).await.unwrap();
        written(&store, customer, 1, &[(key::COMPANY, "髙﨑商事㈱"), (key::NAME, "サトウ"), (key::BUSINESS, "見積りの件")]).await;
        let asked = written(&store, customer, 2, &[(key::COMPANY, "ＡＢＣ"), (key::NARRATIVE, "100%の\nお返事"), (key::PERSON, "sato")]).await;
        for (words, expected) in [
            ("髙﨑", vec![1]),
            ("ｻﾄｳ", vec![1]),
            ("さとう", vec![1]),
            ("株)", vec![1]),
            ("商事 見積", vec![1]),
            ("商事 abc", vec![]),
            ("abc", vec![2]),
            ("100%", vec![2]),
            ("100_", vec![]),
            ("'", vec![]),
            (" ", vec![2, 1]),
        ] {
            assert_eq!(found(&store, text(words)).await, expected, "{words}");
        }
        // Once sent, by the reading of whom the caller asked for.
        send(&store, &asked, &["sato"], NOON_MS).await;
        assert_eq!(found(&store, text("ハナコ")).await, [2]);
        assert_eq!(found(&store, text("さとうはな")).await, [2]);
    }

    async fn f57_by_the_last_digits_of_either_number(store: Store) {
        written(&store, 1, 1, &[(key::CALLBACK, "03-1111-2222")]).await;
        written(&store, 1, 2, &[(key::CALLBACK, "０９０－３３３３－２２２２")]).await;
        written(&store, 2, 3, &[]).await;
        assert_eq!(found(&store, number("2222")).await, [2, 1]);
        assert_eq!(found(&store, number("090-3333-2222")).await, [2]);
        assert_eq!(found(&store, number("+81 3 1111 2222")).await, [1]);
        assert_eq!(found(&store, number("1234-5678")).await, [3, 2, 1], "all of one caller");
        assert_eq!(found(&store, ReportQuery { customer: Some(2), ..number("5678") }).await, [3]);
        assert_eq!(fields(store.reports(&number("なし")).await.unwrap_err()), ["number"]);
    }

    async fn f58_by_everything_else_and_page_by_page(store: Store) {
        let customer = firm(&store).await;
        for second in 1..=7 {
            let kind = if second % 2 == 0 { "inquiry" } else { "message" };
            written(&store, customer, second, &[(key::KIND, kind), (key::URGENCY, if second == 4 { "urgent" } else { "normal" })]).await;
        }
        let sent = store.report_of_call(cleared(4).call).await.unwrap().unwrap();
        send(&store, &sent, &["sato"], NOON_MS).await;
        let query = || ReportQuery { customer: Some(customer), ..ReportQuery::default() };
        assert_eq!(found(&store, ReportQuery { kind: Some(Kind::Inquiry), ..query() }).await, [6, 4, 2]);
        assert_eq!(found(&store, ReportQuery { urgency: Some(Urgency::Urgent), ..query() }).await, [4]);
        assert_eq!(found(&store, ReportQuery { state: Some(ReportState::Sent), ..query() }).await, [4]);
        assert_eq!(found(&store, ReportQuery { state: Some(ReportState::Draft), ..query() }).await, [7, 6, 5, 3, 2, 1]);
        assert_eq!(found(&store, ReportQuery { seen: Some(false), operator: Some(101), ..query() }).await.len(), 7);
        let between = ReportQuery { from_ms: Some(NOON_MS + 3000), to_ms: Some(NOON_MS + 5000), ..query() };
        assert_eq!(found(&store, between).await, [4, 3]);
        assert!(found(&store, ReportQuery { customer: Some(customer + 1), ..query() }).await.is_empty());
        let mut paged = ReportQuery { limit: Some(3), ..query() };
        let mut seen = Vec::new();
        loop {
            let page = store.reports(&paged).await.unwrap();
            seen.extend(page.reports.iter().map(|report| (report.created_ms - NOON_MS) / 1000));
            draft(&store, customer, u32::try_from(100 + seen.len()).unwrap()).await;
            // The cursor comes back from the URL as text.
            match page.next {
                Some(next) => paged.cursor = Some(next.to_string().parse().unwrap()),
                None => break,
            }
        }
        assert_eq!(seen, [7, 6, 5, 4, 3, 2, 1]);
        let json = serde_json::to_value(store.reports(&query()).await.unwrap()).unwrap();
        assert_eq!(json["reports"][0]["state"], "draft");
    }

    async fn f09_earlier_reports_of_a_number_with_what_became_of_them(store: Store) {
        let customer = firm(&store).await;
        let called = written(&store, customer, 1, &[(key::NAME, "佐藤")]).await;
        send(&store, &called, &["sato", "suzuki"], NOON_MS).await;
        let jobs = lease(&store, NOON_MS).await;
        accept(&store, &jobs[0], NOON_MS).await;
        let record = CallRecord { customer: Some(customer), caller: "81311112222".to_owned(), ..cleared(2) };
        store.save_call(&record).await.unwrap();
        let left = store.report_of_call(record.call).await.unwrap().unwrap();
        store.edit_report(&left.id, &[edit(key::CALLBACK, "090-1234-5678", NOON_MS)], &hanako(), NOON_MS).await.unwrap();
        draft(&store, customer + 1, 3).await;
        let earlier = store.earlier_reports(customer, &["090-1234-5678", ""], NOON_MS, 10).await.unwrap();
        assert_eq!(earlier.iter().map(|one| &one.report.id).collect::<Vec<_>>(), [&left.id, &called.id], "by callback, by caller");
        assert_eq!((earlier[1].deliveries, earlier[1].accepted), (2, 1));
        assert_eq!(store.earlier_reports(customer, &["819012345678"], NOON_MS + 1500, 10).await.unwrap().len(), 1);
        assert!(store.earlier_reports(customer, &["anonymous"], 0, 10).await.unwrap().is_empty());
    }

    async fn f06_a_number_that_never_called_this_firm_is_new(store: Store) {
        let of = |customer, number| CallRecord { customer: Some(customer), ..cleared(number) };
        store.save_calls(&[of(1, 1), of(1, 2)]).await.unwrap();
        let known = async |customer, number: &str, before: u32| store.is_known_caller(customer, number, cleared(before).call).await.unwrap();
        assert!(known(1, "819012345678", 2).await);
        assert!(!known(1, "819012345678", 1).await, "the call itself does not count");
        assert!(!known(2, "819012345678", 9).await, "another firm's caller");
        assert!(!known(1, "819012345679", 9).await);
        assert!(!known(1, "", 9).await);
    }

    async fn f38_the_switch_learns_whose_reports_are_not_done(store: Store) {
        let customer = firm(&store).await;
        for number in 1..=3 {
            draft(&store, customer, number).await;
        }
        // Nobody's: a caller who was never answered, and a firm's own.
        store.save_call(&waiting(9)).await.unwrap();
        let mut open = store.open_reports().await.unwrap();
        open.sort_unstable();
        let owner = cleared(1).operator.unwrap();
        assert_eq!(open, [1, 2, 3].map(|number| (cleared(number).call, owner)));
        let sent = written(&store, customer, 4, &[(key::NAME, "佐藤")]).await;
        send(&store, &sent, &["sato"], NOON_MS).await;
        let waived = store.report_of_call(cleared(2).call).await.unwrap().unwrap();
        store.waive_report(&waived.id, "テスト通話", &hanako(), NOON_MS).await.unwrap();
        let mut open = store.open_reports().await.unwrap();
        open.sort_unstable();
        assert_eq!(open, [1, 3].map(|number| (cleared(number).call, owner)));
    }

    async fn f06_callers_of_earlier_processes_come_a_page_at_a_time_oldest_first(store: Store) {
        let of = |customer, number| CallRecord { customer, ..cleared(number) };
        let nobody = CallRecord { caller: String::new(), ..of(Some(1), 3) };
        store.save_calls(&[of(Some(1), 1), of(None, 2), nobody, of(Some(2), 4)]).await.unwrap();
        let (page, next) = store.callers_page((0, CallId(0))).await.unwrap();
        assert_eq!(page, [(1, cleared(1).caller), (2, cleared(4).caller)], "nobody's and nobody are left out");
        assert_eq!(next, None, "there is no more");
        let after = (cleared(1).arrived_ms, cleared(1).call);
        assert_eq!(store.callers_page(after).await.unwrap().0, [(2, cleared(4).caller)]);
        // A full page says where the next begins, also if all of it came in one millisecond.
        let arrived_ms = NOON_MS + 60_000;
        let many: Vec<CallRecord> = (100..2_150).map(|number| CallRecord {
            arrived_ms, customer: Some(3), legs: Vec::new(), events: Vec::new(), ..waiting(number)
        }).collect();
        for some in many.chunks(500) {
            store.save_calls(some).await.unwrap();
        }
        let (mut seen, mut next) = (0, Some((NOON_MS + 59_000, CallId(0))));
        while let Some(after) = next {
            let (page, following) = store.callers_page(after).await.unwrap();
            seen += page.len();
            next = following;
        }
        assert_eq!(seen, many.len());
    }

    async fn f09_the_switch_learns_who_called_lately_and_whom_to_call_back(store: Store) {
        let of = |number, record: CallRecord| CallRecord { customer: Some(7), call: cleared(number).call, ..record };
        let promised = |number, more: &[&str]| CallRecord {
            revision: 2,
            state: CallState::Queued,
            caller: format!("8190123456{number:02}"),
            events: std::iter::once("callback_promised").chain(more.iter().copied()).enumerate()
                .map(|(place, kind)| event(2 + u32::try_from(place).unwrap(), kind)).collect(),
            ..of(number, waiting(number))
        };
        store.save_calls(&[
            of(1, cleared(1)),
            CallRecord { customer: None, ..cleared(2) },
            CallRecord { caller: String::new(), ..of(3, cleared(3)) },
            promised(10, &["callback_failed"]),
            promised(11, &["callback_begun", "callback_reached"]),
            promised(12, &[]),
        ]).await.unwrap();
        store.close_interrupted(NOON_MS + 60_000, &[]).await.unwrap();
        // The caller of 12 has called again, and was answered.
        store.save_call(&CallRecord { caller: "819012345612".to_owned(), ..of(20, cleared(20)) }).await.unwrap();
        let recent = store.recent_callers(NOON_MS).await.unwrap();
        let seconds: Vec<i64> = recent.iter().map(|visit| (visit.arrived_ms - NOON_MS) / 1000).collect();
        assert_eq!(seconds, [1, 10, 11, 12, 20], "oldest first, without those that are nobody's");
        assert_eq!((recent[0].customer, recent[0].caller.as_str(), recent[0].call), (7, "819012345678", cleared(1).call));
        assert_eq!(store.recent_callers(NOON_MS + 20_000).await.unwrap().len(), 1);
        let owed = store.promised_call_backs(NOON_MS).await.unwrap();
        assert_eq!(owed.len(), 1, "{owed:?}");
        assert_eq!((owed[0].call, owed[0].caller.as_str(), owed[0].tries), (cleared(10).call, "819012345610", 1));
        assert_eq!(owed[0].promised_ms, owed[0].arrived_ms + 20);
        assert!(!owed[0].by_policy, "the caller asked for it");
        // Another call takes it over.
        store.call_back_taken_over(owed[0].call, &json!({ "by": "restart" }), NOON_MS + 61_000).await.unwrap();
        assert!(store.promised_call_backs(NOON_MS).await.unwrap().is_empty());
        let told = store.call(owed[0].call).await.unwrap();
        assert_eq!(told.events.last().unwrap().kind, "callback_taken_over");
        // One whom the firm wants called back, for having given up.
        let mut gave_up = promised(30, &[]);
        gave_up.events[0].detail = json!({ "by": "policy" }).into();
        store.save_call(&gave_up).await.unwrap();
        store.close_interrupted(NOON_MS + 62_000, &[]).await.unwrap();
        let owed = store.promised_call_backs(NOON_MS).await.unwrap();
        assert!(matches!(owed.as_slice(), [one] if one.by_policy && one.call == gave_up.call), "{owed:?}");
    }
}
