//! The supervisor's desk: numbers found by digits in their middle, clips (X04), screens, operators' figures, quality samples (F62).

use report::key;
use store::{
    By, CallQuery, Cause, Conflict, Criterion, Mark, NewClip, NewDispute, ReportQuery, ReportState, SampleQuery, Sheet,
    Store, StoreError, Verdict, Week,
};
use switch::CallId;

use crate::records::{NOON_MS, cleared, recording};
use crate::writing::{draft, edit, firm, hanako, jiro, mail, send, sending};
use crate::{fields, on_both};

async fn found(store: &Store, number: &str, since_ms: i64) -> usize {
    let query =
        ReportQuery { number: Some(number.to_owned()), anywhere_since_ms: Some(since_ms), ..ReportQuery::default() };
    store.reports(&query).await.unwrap().reports.len()
}

on_both! {
    async fn f49_digits_in_the_middle_of_a_number_are_found_for_some_time(store: Store) {
        let customer = firm(&store).await;
        let report = draft(&store, customer, 1).await;
        let edit = report::Edit { key: "callback".into(), value: Some(report::Value::said("03-5555-1234")), at_ms: NOON_MS, offset_ms: None, who: "hanako".into() };
        store.edit_report(&report.id, &[edit], &hanako(), NOON_MS).await.unwrap();
        let created_ms = store.report(&report.id).await.unwrap().created_ms;
        for (number, count) in [("5551", 1), ("０３−５５", 1), ("1234", 1), ("813555", 1), ("5553", 0), ("03123", 0)] {
            assert_eq!(found(&store, number, created_ms).await, count, "{number}");
        }
        assert_eq!(found(&store, "5551", created_ms + 1).await, 0, "too long ago");
        assert_eq!(found(&store, "1234", created_ms + 1).await, 1, "last digits are found for ever");
        store.save_call(&cleared(1)).await.unwrap();
        let row = store.find_calls(&CallQuery::default()).await.unwrap().calls.remove(0);
        let middle = row.caller[3..8].to_owned();
        let query = |caller: &str, since_ms| CallQuery { caller: Some(caller.to_owned()), anywhere_since_ms: Some(since_ms), ..CallQuery::default() };
        assert_eq!(store.find_calls(&query(&middle, 0)).await.unwrap().calls.len(), 1, "{middle}");
        assert_eq!(store.find_calls(&query(&middle, row.arrived_ms + 1)).await.unwrap().calls.len(), 0);
    }

    async fn x04_a_clip_is_a_drafts_until_it_is_sent_and_ends_when_it_is_revoked(store: Store) {
        let customer = firm(&store).await;
        let report = draft(&store, customer, 1).await;
        send(&store, &report, &["sato"], NOON_MS).await;
        let new = NewDispute { field: "callback".into(), words: String::new() };
        let dispute = store.open_dispute(customer, &report.id, &new, "佐藤", NOON_MS).await.unwrap();
        let draft = store.correct_report(&report.id, &jiro(), NOON_MS).await.unwrap();
        let clip = NewClip { dispute: dispute.id, call: CallId(7), from_ms: 1_000, until_ms: 11_000, expires_ms: NOON_MS + 5_000 };
        for (from_ms, until_ms) in [(-1, 9_000), (0, 999), (0, 60_001), (9, 3)] {
            let odd = NewClip { from_ms, until_ms, ..clip };
            assert_eq!(fields(store.put_clip(&draft.id, &odd, "jiro", NOON_MS).await.unwrap_err()), ["clip"]);
        }
        assert!(matches!(store.put_clip(&report.id, &clip, "jiro", NOON_MS).await, Err(StoreError::Conflict(Conflict::NotDraft { .. }))));
        store.put_clip(&draft.id, &clip, "jiro", NOON_MS).await.unwrap();
        let kept = store.put_clip(&draft.id, &NewClip { from_ms: 2_000, ..clip }, "jiro", NOON_MS).await.unwrap();
        assert_eq!((kept.from_ms, kept.call, kept.plays), (2_000, CallId(7), 0), "another one takes its place");
        assert!(kept.opens(NOON_MS + 4_999) && !kept.opens(NOON_MS + 5_000));
        assert_eq!(store.clips_of_dispute(dispute.id).await.unwrap(), [kept]);
        store.drop_clip(&draft.id).await.unwrap();
        assert_eq!(store.clip(&draft.id).await.unwrap(), None);
        store.put_clip(&draft.id, &clip, "jiro", NOON_MS).await.unwrap();
        let ended = store.revoke_clip(&draft.id, "hanako", NOON_MS + 1).await.unwrap();
        assert_eq!((ended.revoked_ms, ended.opens(NOON_MS + 2)), (Some(NOON_MS + 1), false));
        assert_eq!(store.revoke_clip(&draft.id, "x", NOON_MS + 9).await.unwrap(), ended, "once");
        assert!(matches!(store.revoke_clip("none", "x", NOON_MS).await, Err(StoreError::Missing { what: "clip", .. })));
    }

    async fn f49_a_second_correction_keeps_the_first_and_nobody_sends_anothers_words(store: Store) {
        let customer = firm(&store).await;
        let report = draft(&store, customer, 1).await;
        let written = [edit(key::NAME, "佐藤", NOON_MS), edit(key::CALLBACK, "090-1111-2222", NOON_MS)];
        let report = store.edit_report(&report.id, &written, &hanako(), NOON_MS).await.unwrap();
        send(&store, &report, &["sato"], NOON_MS).await;
        let said = |row: &store::ReportRow| [key::NAME, key::CALLBACK].map(|key| row.draft.said(key).unwrap_or_default().to_owned());
        let mend = |of: String, key: &'static str, value: &'static str, at_ms: i64| { let store = store.clone(); async move {
            let follow = store.correct_report_alone(&of, &hanako(), at_ms).await.unwrap();
            let mended = store.edit_report(&follow.id, &[edit(key, value, at_ms)], &hanako(), at_ms).await.unwrap();
            send(&store, &mended, &["sato"], at_ms).await.report
        } };
        let first = mend(report.id.clone(), key::CALLBACK, "090-1111-2223", NOON_MS + 1).await;
        let second = mend(report.id.clone(), key::NAME, "斉藤", NOON_MS + 2).await;
        assert_eq!(said(&second), ["斉藤", "090-1111-2223"], "the first correction is not taken back");
        // What corrected a correction is the newest word, too.
        mend(first.id, key::NAME, "齋藤", NOON_MS + 3).await;
        let begun = store.correct_report_alone(&report.id, &jiro(), NOON_MS + 4).await.unwrap();
        assert_eq!(said(&begun), ["齋藤", "090-1111-2223"]);
        // What another one has half written, when that one's lock has run out: looked at, yes; sent unseen, no.
        let later_ms = NOON_MS + 4 + store::LOCK_MS;
        assert_eq!(store.correct_report_alone(&report.id, &hanako(), later_ms).await.unwrap().id, begun.id, "nothing is written in it");
        let later_ms = later_ms + store::LOCK_MS;
        store.edit_report(&begun.id, &[edit(key::NAME, "斎", later_ms)], &hanako(), later_ms).await.unwrap();
        let later_ms = later_ms + store::LOCK_MS;
        let refused = store.correct_report_alone(&report.id, &jiro(), later_ms).await;
        assert!(matches!(&refused, Err(StoreError::Conflict(Conflict::Begun { by })) if by == "hanako"), "{refused:?}");
        assert_eq!(store.correct_report(&report.id, &jiro(), later_ms).await.unwrap().id, begun.id, "looked at, it is given");
    }

    async fn f49_an_answer_is_sent_and_its_dispute_decided_or_neither(store: Store) {
        let customer = firm(&store).await;
        let report = draft(&store, customer, 1).await;
        send(&store, &report, &["sato"], NOON_MS).await;
        let new = NewDispute { field: "callback".into(), words: String::new() };
        let dispute = store.open_dispute(customer, &report.id, &new, "佐藤", NOON_MS).await.unwrap();
        let verdict = |answer: String| Verdict { cause: Cause::Correct, answer, follow_up: None };
        let answer = store.correct_report(&report.id, &jiro(), NOON_MS).await.unwrap();
        let out = sending(answer.revision, vec![mail("sato", NOON_MS)]);
        let long = verdict("長".repeat(501));
        assert_eq!(fields(store.send_answer(&answer.id, &out, &jiro(), (dispute.id, &long), NOON_MS).await.unwrap_err()), ["answer"]);
        assert_eq!(store.report(&answer.id).await.unwrap().state, ReportState::Draft, "nothing was sent");
        let right = verdict("録音のとおり".into());
        let (sent, decided) = store.send_answer(&answer.id, &out, &jiro(), (dispute.id, &right), NOON_MS + 1).await.unwrap();
        assert_eq!((sent.report.state, sent.deliveries.len(), decided.cause), (ReportState::Sent, 1, Some(Cause::Correct)));
        assert_eq!((decided.follow_up.as_ref(), decided.decided_by.as_str()), (Some(&answer.id), "jiro"));
        // Of a dispute that somebody has decided meanwhile nothing more is sent.
        let second = store.correct_report(&report.id, &jiro(), NOON_MS + 2).await.unwrap();
        let out = sending(second.revision, vec![mail("sato", NOON_MS)]);
        let late = store.send_answer(&second.id, &out, &jiro(), (dispute.id, &right), NOON_MS + 3).await;
        assert!(matches!(late, Err(StoreError::Conflict(Conflict::Decided { .. }))), "{late:?}");
        assert_eq!(store.report(&second.id).await.unwrap().state, ReportState::Draft);
        // An answer that the report was right is no correction of the operator's.
        let corrected = || async {
            let rows = store.operator_figures(report.created_ms, report.created_ms + 1, By::Day).await.unwrap();
            rows.iter().map(|row| row.figures.corrected).sum::<i64>()
        };
        assert_eq!(corrected().await, 0);
        store.send_report(&second.id, &out, &jiro(), NOON_MS + 4).await.unwrap();
        assert_eq!(corrected().await, 1);
    }

    async fn a_screen_is_known_by_its_token_until_it_is_revoked(store: Store) {
        assert_eq!(fields(store.create_display(" ", "root", NOON_MS).await.unwrap_err()), ["name"]);
        let (display, token) = store.create_display("大画面", "root", NOON_MS).await.unwrap();
        assert_eq!(store.display_of("other", NOON_MS).await.unwrap(), None);
        let seen = |at: i64| { let (store, token) = (store.clone(), token.clone()); async move {
            store.display_of(token.as_str(), at).await.unwrap().map(|found| found.id)
        } };
        assert_eq!(seen(NOON_MS + 1).await, Some(display.id));
        assert_eq!(seen(NOON_MS + 2).await, Some(display.id));
        assert_eq!(store.displays().await.unwrap()[0].seen_ms, Some(NOON_MS + 1), "to the minute");
        assert_eq!(store.session(token.as_str(), NOON_MS).await.unwrap(), None, "it is no session");
        store.revoke_display(display.id, "root", NOON_MS + 3).await.unwrap();
        assert_eq!(seen(NOON_MS + 4).await, None);
        assert!(matches!(store.revoke_display(99, "x", NOON_MS).await, Err(StoreError::Missing { .. })));
    }

    async fn f50_operators_figures_are_sums_of_a_day(store: Store) {
        let mut call = cleared(1);
        call.operator = Some(7);
        store.save_call(&call).await.unwrap();
        let rows = store.operator_figures(call.arrived_ms, call.arrived_ms + 1, By::Day).await.unwrap();
        assert_eq!((rows.len(), rows[0].operator, rows[0].figures.calls, rows[0].figures.talk_ms), (1, 7, 1, call.talk_ms));
        assert_eq!(store.operator_figures(call.arrived_ms + 1, call.arrived_ms + 2, By::Day).await.unwrap(), []);
        assert_eq!(fields(store.operator_figures(2, 2, By::Month).await.unwrap_err()), ["to_ms"]);
    }

    async fn f62_a_week_draws_the_same_calls_and_more_of_them_add_to_those(store: Store) {
        let week = Week::of(NOON_MS);
        for number in 1..=12 {
            let mut call = cleared(number);
            call.operator = Some(i64::from(number % 2));
            call.recording = Some(recording(number));
            store.save_call(&call).await.unwrap();
        }
        let after_ms = week.until_ms();
        assert_eq!(fields(store.draw_samples(&week, 2, "jiro", after_ms - 1).await.unwrap_err()), ["week"]);
        assert_eq!(fields(store.draw_samples(&week, 0, "jiro", after_ms).await.unwrap_err()), ["per_operator"]);
        let first = store.draw_samples(&week, 2, "jiro", after_ms).await.unwrap();
        assert_eq!((first.of, first.samples.len()), (12, 4), "two of each operator");
        let again = store.draw_samples(&week, 2, "hanako", after_ms + 1).await.unwrap();
        assert_eq!(again, first, "nobody can draw until it pleases");
        let more = store.draw_samples(&week, 3, "jiro", after_ms).await.unwrap().samples;
        assert!(more.len() == 6 && first.samples.iter().all(|one| more.contains(one)), "{more:?}");
        let one = &more[0];
        let mark = Mark { code: "greeting".into(), ja: String::new(), en: String::new(), points: 4, comment: String::new(), at_ms: Some(1_000) };
        let sheet = Sheet { marks: vec![mark], comment: "良い".into() };
        let scored = store.score_sample(one.id, &sheet, "jiro", NOON_MS).await.unwrap();
        assert_eq!((scored.percent, scored.sheet.unwrap().marks[0].ja.as_str()), (Some(80), "名乗り"));
        let query = SampleQuery { operator: Some(one.operator), scored: Some(true), week: None };
        assert_eq!(store.samples(&query).await.unwrap().len(), 1);
        let figures = store.operator_figures(NOON_MS, NOON_MS + 1, By::Day).await.unwrap();
        assert!(figures.iter().any(|row| row.operator == one.operator && row.figures.scored == 1 && row.figures.percent == 80), "{figures:?}");
        let criteria = vec![Criterion { code: "speed".into(), ja: "速さ".into(), en: "Speed".into() }];
        store.put_quality_criteria(&criteria, "root", NOON_MS).await.unwrap();
        assert_eq!(store.quality_criteria().await.unwrap(), criteria);
        assert_eq!(fields(store.score_sample(one.id, &sheet, "jiro", NOON_MS).await.unwrap_err()), ["marks.code", "marks"]);
    }
}
