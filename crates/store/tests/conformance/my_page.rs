//! My page: logins of a firm's people, what they see (F55, F56), what they have dealt with (F59), and disputes (F49, F50).

use std::time::Duration;

use report::japan::DAY_MS;
use store::{
    Cause, Conflict, DisputeQuery, Entrance, Handling, MemberForm, MemberRole, NewDispute, Person, ReportQuery, Store,
    StoreError, TaskKind, Verdict, visible_from_ms,
};

use crate::customers::sakura;
use crate::records::NOON_MS;
use crate::writing::{draft, firm, hanako, jiro, send};
use crate::{fields, on_both};

const HOUR: Duration = Duration::from_secs(3600);

fn form(login: &str, role: MemberRole) -> MemberForm {
    MemberForm { login: login.to_owned(), name: "佐藤".to_owned(), role }
}

async fn second_firm(store: &Store) -> i64 {
    let form =
        store::CustomerForm { code: "other".to_owned(), name: "別の会社".to_owned(), dids: Vec::new(), ..sakura() };
    store.create_customer(&form).await.unwrap().id
}

/// A report of this firm that was sent, taken so many seconds after noon.
async fn sent(store: &Store, customer: i64, second: u32) -> String {
    let report = draft(store, customer, second).await;
    send(store, &report, &["sato"], NOON_MS + 60_000).await;
    report.id
}

async fn seen(store: &Store, customer: i64, query: &ReportQuery, now_ms: i64) -> Vec<String> {
    let page = store.my_reports(customer, query, now_ms).await.unwrap();
    page.reports.into_iter().map(|mine| mine.report.id).collect()
}

fn new(field: &str) -> NewDispute {
    NewDispute { field: field.to_owned(), words: "最後の桁が違います".to_owned() }
}

on_both! {
    async fn f55_a_member_logs_in_while_member_and_firm_are_there(store: Store) {
        let customer = firm(&store).await;
        let owner = form(" Sato@Sakura.example ", MemberRole::Owner);
        let (row, password) = store.create_member(customer, &owner, None, "admin", NOON_MS).await.unwrap();
        assert_eq!((row.form.login.as_str(), row.customer, row.active), ("sato@sakura.example", customer, true));
        assert_eq!(store.member_login("SATO@sakura.example", &password).await.unwrap(), Some(row.clone()));
        assert_eq!(store.member_login("sato@sakura.example", "wrong").await.unwrap(), None);
        assert_eq!(store.member_login("nobody", &password).await.unwrap(), None);
        assert_eq!(store.login("sato@sakura.example", &password).await.unwrap(), None, "a member is no user");

        let token = store.open_for(Person::Member(row.id), 1000, &Entrance::lasting(HOUR)).await.unwrap();
        assert_eq!(store.member_session(token.as_str(), 2000).await.unwrap(), Some(row.clone()));
        assert_eq!(store.session(token.as_str(), 2000).await.unwrap(), None, "nor a member's session a user's");
        assert_eq!(store.member_session(token.as_str(), 3_601_000).await.unwrap(), None, "expired");
        store.close_member_session(token.as_str(), NOON_MS).await.unwrap();
        assert_eq!(store.member_session(token.as_str(), 2000).await.unwrap(), None, "closed");

        let token = store.open_for(Person::Member(row.id), 1000, &Entrance::lasting(HOUR)).await.unwrap();
        store.set_member_password(customer, row.id, Some("correct horse battery"), "admin", NOON_MS).await.unwrap();
        assert_eq!(store.member_session(token.as_str(), 2000).await.unwrap(), None, "another password");
        let token = store.open_for(Person::Member(row.id), 1000, &Entrance::lasting(HOUR)).await.unwrap();
        store.deactivate_customer(customer).await.unwrap();
        assert_eq!(store.member_session(token.as_str(), 2000).await.unwrap(), None, "the firm has gone");
        assert_eq!(store.member_login("sato@sakura.example", "correct horse battery").await.unwrap(), None);
    }

    async fn f59_a_firm_keeps_an_owner_and_a_member_its_firm(store: Store) {
        let (customer, other) = (firm(&store).await, second_firm(&store).await);
        let (owner, _) = store.create_member(customer, &form("sato", MemberRole::Owner), None, "admin", NOON_MS).await.unwrap();
        let (reader, _) = store.create_member(customer, &form("ito", MemberRole::Reader), None, "sato", NOON_MS).await.unwrap();
        for (login, field) in [("sato", "login"), ("a b", "login"), ("a@b", "login"), ("a@b@c.d", "login"), ("", "login")] {
            let again = store.create_member(customer, &form(login, MemberRole::Member), None, "x", NOON_MS).await;
            assert_eq!(fields(again.unwrap_err()), [field], "{login}");
        }
        let weak = store.create_member(customer, &form("abe", MemberRole::Member), Some("short"), "x", NOON_MS).await;
        assert_eq!(fields(weak.unwrap_err()), ["password"]);

        let less = store.update_member(customer, owner.id, &form("sato", MemberRole::Reader), "x", NOON_MS).await;
        assert_eq!(fields(less.unwrap_err()), ["role"]);
        assert_eq!(fields(store.end_member(customer, owner.id, "x", NOON_MS).await.unwrap_err()), ["login"]);
        assert_eq!(store.members(customer).await.unwrap(), [owner.clone(), reader.clone()], "nothing is half written");

        // Another firm's owner reaches none of them (R18).
        for refused in [
            store.update_member(other, reader.id, &form("ito", MemberRole::Owner), "x", NOON_MS).await.map(|_| ()),
            store.set_member_password(other, reader.id, None, "x", NOON_MS).await.map(|_| ()),
            store.end_member(other, reader.id, "x", NOON_MS).await,
        ] {
            assert!(matches!(refused, Err(StoreError::Missing { what: "member", .. })), "{refused:?}");
        }
        assert!(matches!(store.create_member(99, &form("z", MemberRole::Owner), None, "x", NOON_MS).await, Err(StoreError::Missing { what: "customer", .. })));
        store.update_member(customer, reader.id, &form("ito", MemberRole::Owner), "sato", NOON_MS).await.unwrap();
        store.end_member(customer, owner.id, "ito", NOON_MS).await.unwrap();
        assert_eq!(store.members(customer).await.unwrap().iter().map(|member| member.active).collect::<Vec<_>>(), [false, true]);
        let revived = store.update_member(customer, owner.id, &form("sato", MemberRole::Member), "ito", NOON_MS).await;
        assert!(matches!(revived, Err(StoreError::Missing { what: "member", .. })), "what has ended stays so");
        assert!(!store.members(customer).await.unwrap()[0].active);
    }

    async fn f55_f56_a_firm_sees_its_own_sent_reports_of_six_months(store: Store) {
        let (customer, other) = (firm(&store).await, second_firm(&store).await);
        let mine = sent(&store, customer, 1).await;
        let foreign = sent(&store, other, 2).await;
        let unsent = draft(&store, customer, 3).await.id;
        // A query cannot widen what is seen.
        let greedy = ReportQuery { customer: Some(other), from_ms: Some(0), state: Some(store::ReportState::Draft), ..ReportQuery::default() };
        assert_eq!(seen(&store, customer, &greedy, NOON_MS + DAY_MS).await, std::slice::from_ref(&mine));
        assert_eq!(store.my_report(customer, &mine, NOON_MS).await.unwrap().report.id, mine);
        for hidden in [foreign.as_str(), unsent.as_str(), "", "x'; --", "\0"] {
            let refused = store.my_report(customer, hidden, NOON_MS).await;
            assert!(matches!(refused, Err(StoreError::Missing { what: "report", .. })), "{hidden}: {refused:?}");
        }
        let day_183 = NOON_MS + 183 * DAY_MS;
        assert_eq!(seen(&store, customer, &ReportQuery::default(), day_183).await, std::slice::from_ref(&mine));
        let day_200 = NOON_MS + 200 * DAY_MS;
        assert!(visible_from_ms(day_200) > NOON_MS + 1000);
        assert_eq!(seen(&store, customer, &ReportQuery::default(), day_200).await, Vec::<String>::new());
        assert!(store.my_report(customer, &mine, day_200).await.is_err());
    }

    async fn f59_who_deals_with_a_report_and_whether_it_is_done(store: Store) {
        let (customer, other) = (firm(&store).await, second_firm(&store).await);
        let (sato, _) = store.create_member(customer, &form("sato", MemberRole::Owner), None, "x", NOON_MS).await.unwrap();
        let (foreigner, _) = store.create_member(other, &form("ito", MemberRole::Owner), None, "x", NOON_MS).await.unwrap();
        let (first, second) = (sent(&store, customer, 1).await, sent(&store, customer, 2).await);
        let handle = async |id: &str, assignee, done, who: &str, now_ms| {
            store.handle_report(customer, id, Handling { assignee, done }, who, now_ms).await
        };
        let row = handle(&first, Some(sato.id), false, "佐藤", NOON_MS).await.unwrap().handling.unwrap();
        assert_eq!((row.assignee_name.as_str(), row.done_ms, row.done_by.as_str()), ("佐藤", None, ""));
        let row = handle(&first, Some(sato.id), true, "佐藤", NOON_MS + 1).await.unwrap().handling.unwrap();
        assert_eq!((row.done_ms, row.done_by.as_str()), (Some(NOON_MS + 1), "佐藤"));
        // Somebody else's later tick does not take it from whoever did it.
        let row = handle(&first, None, true, "伊藤", NOON_MS + 2).await.unwrap().handling.unwrap();
        assert_eq!((row.done_ms, row.done_by.as_str(), row.assignee, row.updated_by.as_str()), (Some(NOON_MS + 1), "佐藤", None, "伊藤"));
        let done = ReportQuery { handled: Some(true), ..ReportQuery::default() };
        let open = ReportQuery { handled: Some(false), ..ReportQuery::default() };
        assert_eq!(seen(&store, customer, &done, NOON_MS + DAY_MS).await, std::slice::from_ref(&first));
        assert_eq!(seen(&store, customer, &open, NOON_MS + DAY_MS).await, std::slice::from_ref(&second));
        handle(&second, Some(sato.id), false, "佐藤", NOON_MS).await.unwrap();
        let of_sato = ReportQuery { assignee: Some(sato.id), ..ReportQuery::default() };
        assert_eq!(seen(&store, customer, &of_sato, NOON_MS + DAY_MS).await, std::slice::from_ref(&second));
        let row = handle(&first, None, false, "佐藤", NOON_MS + 3).await.unwrap().handling.unwrap();
        assert_eq!((row.done_ms, row.done_by.as_str()), (None, ""), "taken back");
        assert_eq!(fields(handle(&first, Some(foreigner.id), false, "x", NOON_MS).await.unwrap_err()), ["assignee"]);
        let foreign = store.handle_report(other, &first, Handling::default(), "x", NOON_MS).await;
        assert!(matches!(foreign, Err(StoreError::Missing { what: "report", .. })), "{foreign:?}");
    }

    async fn f49_a_dispute_is_one_task_until_it_is_decided(store: Store) {
        let (customer, other) = (firm(&store).await, second_firm(&store).await);
        let report = sent(&store, customer, 1).await;
        let dispute = store.open_dispute(customer, &report, &new("callback"), "佐藤", NOON_MS).await.unwrap();
        assert_eq!((dispute.operator, dispute.opened_ms, dispute.cause), (store.report(&report).await.unwrap().operator, NOON_MS, None));
        let again = store.open_dispute(customer, &report, &new("callback"), "伊藤", NOON_MS + 1).await.unwrap();
        assert_eq!(again, dispute, "said twice, it is one");
        let tasks: Vec<_> = store.open_tasks().await.unwrap().into_iter().filter(|task| task.kind == TaskKind::Disputed).collect();
        assert_eq!(tasks.len(), 1);
        assert_eq!((tasks[0].report.as_deref(), tasks[0].customer), (Some(report.as_str()), Some(customer)));
        assert!(matches!(store.open_dispute(other, &report, &new("callback"), "x", NOON_MS).await, Err(StoreError::Missing { .. })));
        assert_eq!(fields(store.open_dispute(customer, &report, &new(" "), "x", NOON_MS).await.unwrap_err()), ["field"]);

        let correction = store.correct_report(&report, &jiro(), NOON_MS + 2).await.unwrap();
        let unrelated = sent(&store, customer, 2).await;
        let verdict = |follow_up: &str| Verdict { cause: Cause::Misheard, answer: "録音では末尾は8でした".to_owned(), follow_up: Some(follow_up.to_owned()) };
        assert_eq!(fields(store.decide_dispute(dispute.id, &verdict(&unrelated), "jiro", NOON_MS).await.unwrap_err()), ["follow_up"]);
        assert!(matches!(store.decide_dispute(dispute.id, &verdict("x"), "jiro", NOON_MS).await, Err(StoreError::Missing { .. })));
        let decided = store.decide_dispute(dispute.id, &verdict(&correction.id), "jiro", NOON_MS + 30_000).await.unwrap();
        assert_eq!((decided.cause, decided.follow_up.as_deref(), decided.decided_ms), (Some(Cause::Misheard), Some(correction.id.as_str()), Some(NOON_MS + 30_000)));
        assert_eq!(store.open_tasks().await.unwrap().iter().filter(|task| task.kind == TaskKind::Disputed).count(), 0);
        let twice = store.decide_dispute(dispute.id, &verdict(&correction.id), "hanako", NOON_MS + 40_000).await;
        assert!(matches!(twice, Err(StoreError::Conflict(Conflict::Decided { .. }))), "{twice:?}");
        let after = store.open_dispute(customer, &report, &new("callback"), "佐藤", NOON_MS + 50_000).await.unwrap();
        assert_ne!(after.id, dispute.id, "the answer itself can be disputed");
        let open = DisputeQuery { customer: Some(customer), open: Some(true), ..DisputeQuery::default() };
        assert_eq!(store.disputes(&open).await.unwrap(), std::slice::from_ref(&after));
        let all = DisputeQuery { report: Some(report.clone()), ..DisputeQuery::default() };
        assert_eq!(store.disputes(&all).await.unwrap(), [after, decided.clone()]);
        assert_eq!(store.dispute(decided.id).await.unwrap(), decided);
        assert!(matches!(store.dispute(99).await, Err(StoreError::Missing { what: "dispute", .. })));
    }

    async fn f50_how_disputes_ended_by_cause(store: Store) {
        let customer = firm(&store).await;
        let report = sent(&store, customer, 1).await;
        for (place, cause) in [Cause::Misheard, Cause::Correct, Cause::Misheard].into_iter().enumerate() {
            let opened_ms = NOON_MS + i64::try_from(place).unwrap() * 1000;
            let dispute = store.open_dispute(customer, &report, &new("callback"), "佐藤", opened_ms).await.unwrap();
            let verdict = Verdict { cause, answer: String::new(), follow_up: None };
            store.decide_dispute(dispute.id, &verdict, &hanako().login, opened_ms + 600).await.unwrap();
        }
        let counts = store.dispute_counts(NOON_MS, NOON_MS + DAY_MS).await.unwrap();
        assert_eq!(counts.iter().map(|count| (count.cause, count.customer, count.count, count.mean_answer_ms)).collect::<Vec<_>>(),
            [(Cause::Correct, customer, 1, 600), (Cause::Misheard, customer, 2, 600)]);
        assert_eq!(store.dispute_counts(0, NOON_MS).await.unwrap(), []);
    }

    async fn f63_a_firms_word_is_a_task_until_it_is_answered_and_is_counted(store: Store) {
        let customer = firm(&store).await;
        let report = sent(&store, customer, 1).await;
        let new = |kind, words: &str| store::NewFeedback { kind, words: words.to_owned() };
        let said = store.say_feedback(customer, &report, &new(store::FeedbackKind::Complaint, "保留が長い"), "佐藤", NOON_MS).await.unwrap();
        let operator = store.report(&report).await.unwrap().operator;
        assert_eq!((said.operator, said.said_ms, said.answered_ms), (operator, NOON_MS, None));
        let open = || async { store.open_tasks().await.unwrap().into_iter().filter(|task| task.kind == TaskKind::Feedback).count() };
        assert_eq!(open().await, 1);
        assert!(matches!(store.say_feedback(customer + 1, &report, &new(store::FeedbackKind::Praise, ""), "x", NOON_MS).await, Err(StoreError::Missing { .. })));
        let later = store.say_feedback(customer, &report, &new(store::FeedbackKind::Praise, ""), "佐藤", NOON_MS + 1).await.unwrap();
        store.feedback_read(operator.unwrap() + 1, &[said.id], NOON_MS + 2).await.unwrap();
        store.feedback_read(operator.unwrap(), &[said.id, 999], NOON_MS + 2).await.unwrap();
        assert_eq!(fields(store.feedback_read(operator.unwrap(), &[said.id; 201], NOON_MS).await.unwrap_err()), ["ids"]);
        let answered = store.answer_feedback(said.id, "改善します", "jiro", NOON_MS + 3).await.unwrap();
        assert_eq!((answered.answered_ms, answered.answered_by.as_str(), answered.read_ms), (Some(NOON_MS + 3), "jiro", Some(NOON_MS + 2)));
        let unread = store.answer_feedback(later.id, "ありがとうございます", "jiro", NOON_MS + 3).await.unwrap();
        assert_eq!(unread.read_ms, None, "what came meanwhile was not shown");
        assert_eq!(open().await, 0);
        let query = |open| store::FeedbackQuery { customer: Some(customer), report: Some(report.clone()), open: Some(open), ..store::FeedbackQuery::default() };
        assert_eq!((store.feedback(&query(false)).await.unwrap(), store.feedback(&query(true)).await.unwrap()), (vec![unread, answered], vec![]));
        let figures = store.operator_figures(NOON_MS - 86_400_000, NOON_MS + 86_400_000, store::By::Month).await.unwrap();
        assert_eq!(figures.iter().map(|one| (one.figures.praise, one.figures.complaints)).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1)), (1, 1));
        assert!(matches!(store.answer_feedback(999, "x", "jiro", 0).await, Err(StoreError::Missing { what: "feedback", .. })));
    }
}
