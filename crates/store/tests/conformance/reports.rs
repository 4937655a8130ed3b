//! Drafts that come with calls, what is written into them, and how they leave that state (F26, F29, F38, X01, X02).

use report::{Desired, Edit, Kind, Policy, Profile, Recipient, Urgency, Value, key};
use serde_json::json;
use store::{CallFacts, Conflict, CustomerForm, Origin, ReportState, StoreError, report_id_of_call};
use switch::{CallRecord, CallState, TimelineEvent};

use crate::records::{NOON_MS, answered, cleared, event, recording, waiting};
use crate::writing::{completion, draft, edit, firm, hanako, jiro, mail, send, sending};
use crate::{fields, on_both};

fn conflict(error: StoreError) -> Conflict {
    let StoreError::Conflict(conflict) = error else { panic!("{error:?}") };
    conflict
}

fn told(index: u32, kind: &str, detail: serde_json::Value) -> TimelineEvent {
    TimelineEvent { detail: detail.into(), ..event(index, kind) }
}

on_both! {
    async fn x02_every_answered_call_has_its_draft_with_the_same_commit(store: Store) {
        store.save_call(&waiting(1)).await.unwrap();
        assert_eq!(store.report_of_call(waiting(1).call).await.unwrap(), None, "nobody has answered yet");
        store.save_call(&CallRecord { customer: Some(7), ..answered(1) }).await.unwrap();
        let report = store.report_of_call(waiting(1).call).await.unwrap().unwrap();
        assert_eq!(report.id, report_id_of_call(waiting(1).call));
        assert_eq!((report.state, report.origin, report.revision), (ReportState::Draft, Origin::Answered, 1));
        assert_eq!((report.customer, report.caller.as_str()), (Some(7), "819012345678"));
        assert_eq!((report.operator, report.operator_name.as_str()), (Some(101), "山田 花子"));
        assert_eq!(report.created_ms, waiting(1).arrived_ms);
        // Records in any order, and twice: one report.
        store.save_calls(&[cleared(2), answered(2), waiting(2), cleared(2)]).await.unwrap();
        let page = store.reports(&Default::default()).await.unwrap();
        assert_eq!(page.reports.len(), 2);
    }

    async fn x02_a_message_in_the_box_has_its_draft_and_silence_has_none(store: Store) {
        let over = |number| CallRecord { state: CallState::Cleared, announced_ms: Some(NOON_MS), ..waiting(number) };
        let left = CallRecord { revision: 3, ending: "message_left".to_owned(), ..over(1) };
        let hung_up = CallRecord {
            revision: 3,
            ending: "hung_up_by_desk".to_owned(),
            events: vec![told(2, "message_left", json!({ "from_ms": 1, "to_ms": 9, "by": "hung_up_by_desk" }))],
            ..over(2)
        };
        let silent = CallRecord { revision: 3, ending: "no_message".to_owned(), events: vec![event(2, "message_begun")], ..over(3) };
        store.save_calls(&[left, hung_up, silent]).await.unwrap();
        for number in [1, 2] {
            let report = store.report_of_call(waiting(number).call).await.unwrap().unwrap();
            assert_eq!(report.origin, Origin::MessageBox);
        }
        assert_eq!(store.report_of_call(waiting(3).call).await.unwrap(), None);
    }

    async fn f04_who_gave_up_is_reported_if_the_firm_wants_it(store: Store) {
        for (number, policy) in [(1, "report"), (2, "call_back"), (3, "ignore")] {
            let gone = CallRecord {
                revision: 2,
                state: CallState::Cleared,
                ending: "abandoned".to_owned(),
                events: vec![told(2, "abandoned", json!({ "policy": policy }))],
                ..waiting(number)
            };
            store.save_call(&gone).await.unwrap();
            let report = store.report_of_call(waiting(number).call).await.unwrap();
            assert_eq!(report.map(|report| report.origin), (policy == "report").then_some(Origin::Abandoned), "{policy}");
        }
        // Called back after all: it is an answered call now.
        store.save_call(&CallRecord { revision: 3, ..answered(1) }).await.unwrap();
        let report = store.report_of_call(waiting(1).call).await.unwrap().unwrap();
        assert_eq!(report.origin, Origin::Answered);
    }

    async fn f04_f43_what_nobody_has_to_write_is_due_when_its_call_is_over(store: Store) {
        let customer = firm(&store).await;
        let notices = store.create_customer(&CustomerForm { code: "momo".into(), name: "もも".into(), ..CustomerForm::default() }).await.unwrap().id;
        let profile = Profile { notice_only: true, ..Profile::default() };
        store.put_profile(notices, 0, &profile, "test", NOON_MS).await.unwrap();
        let gone = |number| CallRecord {
            revision: 2,
            state: CallState::Cleared,
            ending: "abandoned".to_owned(),
            ended_ms: Some(NOON_MS + 60_000),
            customer: Some(customer),
            events: vec![told(2, "abandoned", json!({ "policy": "report" }))],
            ..waiting(number)
        };
        let notice = CallRecord { customer: Some(notices), ended_ms: Some(NOON_MS + 60_000), ..cleared(2) };
        let talking = CallRecord { customer: Some(notices), ..answered(3) };
        let written = CallRecord { customer: Some(customer), ended_ms: Some(NOON_MS + 60_000), ..cleared(4) };
        store.save_calls(&[gone(1), notice, talking, written]).await.unwrap();
        let due = async |ended_before_ms| {
            let due = store.due_by_themselves(ended_before_ms, NOON_MS + 90_000, None).await.unwrap().reports;
            due.into_iter().map(|report| report.call.unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(due(NOON_MS + 59_999).await, []);
        assert_eq!(due(NOON_MS + 60_000).await, [waiting(1).call, waiting(2).call]);
        // Somebody writes it after all.
        store.lock_report(&report_id_of_call(waiting(2).call), &hanako(), false, NOON_MS + 80_000).await.unwrap();
        assert_eq!(due(NOON_MS + 60_000).await, [waiting(1).call]);
        // Whom nobody has told is no proof.
        let proof = store.reconcile(NOON_MS, NOON_MS + 3_600_000, NOON_MS + 7_200_000).await.unwrap().proof;
        assert_eq!((proof.answered, proof.open, proof.overdue, proof.strangers), (3, 3, 3, 0), "{proof:?}");
    }

    async fn r27_calls_of_a_dead_process_have_their_drafts(store: Store) {
        store.save_call(&answered(1)).await.unwrap();
        let speaking = CallRecord { revision: 2, announced_ms: Some(NOON_MS), events: vec![event(2, "message_begun")], ..waiting(2) };
        store.save_calls(&[speaking, waiting(3)]).await.unwrap();
        store.close_interrupted(NOON_MS + 3_600_000, &[recording(1), recording(2)]).await.unwrap();
        let origin = async |number| store.report_of_call(waiting(number).call).await.unwrap().map(|report| report.origin);
        assert_eq!(origin(1).await, Some(Origin::Answered));
        assert_eq!(origin(2).await, Some(Origin::MessageBox), "words were being spoken into the box");
        assert_eq!(origin(3).await, None);
    }

    async fn the_desks_first_edit_and_the_journal_come_in_either_order(store: Store) {
        let call = cleared(1).call;
        let facts = CallFacts { customer: Some(7), operator: Some(102), ..CallFacts::default() };
        let first = store.draft_of_call(call, &facts).await.unwrap();
        assert_eq!((first.customer, first.caller.as_str(), first.created_ms), (Some(7), "", call.unix_ms()));
        let written = store.edit_report(&first.id, &[edit(key::NAME, "佐藤", NOON_MS)], &hanako(), NOON_MS).await.unwrap();
        store.save_call(&CallRecord { customer: Some(7), ..cleared(1) }).await.unwrap();
        let known = store.draft_of_call(call, &CallFacts::default()).await.unwrap();
        assert_eq!(known.id, first.id);
        assert_eq!(known.draft, written.draft, "what is written stays");
        assert_eq!((known.operator, known.caller.as_str()), (Some(101), "819012345678"), "the record knows better");
        // And of a draft that was sent nothing changes any more.
        send(&store, &known, &["sato"], NOON_MS).await;
        store.save_call(&CallRecord { revision: 9, caller: "81312345678".to_owned(), ..cleared(1) }).await.unwrap();
        assert_eq!(store.report(&first.id).await.unwrap().caller, "819012345678");
    }

    async fn x01_every_change_is_kept_with_its_moment_of_the_recording(store: Store) {
        let report = draft(&store, 1, 1).await;
        let edits = [
            edit(key::CALLBACK, "090-1234-5679", NOON_MS + 5_000),
            edit(key::CALLBACK, "090-1234-5678", NOON_MS + 9_000),
            edit(key::KIND, "inquiry", NOON_MS + 9_500),
        ];
        let changed = store.edit_report(&report.id, &edits, &hanako(), NOON_MS + 10_000).await.unwrap();
        assert_eq!((changed.revision, changed.kind()), (2, Kind::Inquiry));
        // The browser sends again what it is not sure of.
        let again = store.edit_report(&report.id, &edits[1..], &hanako(), NOON_MS + 11_000).await.unwrap();
        assert_eq!((again.revision, &again.draft), (2, &changed.draft));
        let kept: Vec<Edit> = store.report_edits(&report.id).await.unwrap().into_iter().map(|kept| kept.edit).collect();
        assert_eq!(kept, edits);
        // All or none.
        let wrong = [edit(key::NAME, "鈴木", NOON_MS), edit("Not a key", "x", NOON_MS)];
        let error = store.edit_report(&report.id, &wrong, &hanako(), NOON_MS).await.unwrap_err();
        assert!(matches!(error, StoreError::Unfit(_)), "{error:?}");
        assert_eq!(store.report(&report.id).await.unwrap().draft, changed.draft);
        let cleared = store.edit_report(&report.id, &[edit(key::CALLBACK, "", NOON_MS)], &hanako(), NOON_MS).await.unwrap();
        assert_eq!(cleared.draft.said(key::CALLBACK), None);
        assert_eq!(store.report_edits(&report.id).await.unwrap().last().unwrap().edit.value, None);
    }

    async fn f29_anyone_can_finish_a_draft_but_one_at_a_time(store: Store) {
        let report = draft(&store, 1, 1).await;
        let locked = store.lock_report(&report.id, &hanako(), false, NOON_MS).await.unwrap();
        assert_eq!(locked.lock.as_ref().map(|lock| lock.until_ms), Some(NOON_MS + store::LOCK_MS));
        let name = [edit(key::NAME, "佐藤", NOON_MS)];
        for error in [
            store.lock_report(&report.id, &jiro(), false, NOON_MS + 1).await.unwrap_err(),
            store.edit_report(&report.id, &name, &jiro(), NOON_MS + 1).await.unwrap_err(),
            store.waive_report(&report.id, "間違い電話", &jiro(), NOON_MS + 1).await.unwrap_err(),
            store.send_report(&report.id, &sending(1, vec![mail("sato", NOON_MS)]), &jiro(), NOON_MS + 1).await.unwrap_err(),
        ] {
            assert!(matches!(conflict(error), Conflict::Locked(lock) if lock.name == "山田 花子"));
        }
        // The holder writes on, and every edit renews the lock.
        let renewed = store.edit_report(&report.id, &name, &hanako(), NOON_MS + 50_000).await.unwrap();
        assert_eq!(renewed.lock.unwrap().until_ms, NOON_MS + 50_000 + store::LOCK_MS);
        // Taken over, with a line in the audit log.
        store.lock_report(&report.id, &jiro(), true, NOON_MS + 60_000).await.unwrap();
        let audit = store.audit(Some(&format!("report {}", report.id)), None, 10).await.unwrap();
        assert_eq!((audit[0].what.as_str(), audit[0].who.as_str(), audit[0].detail.as_str()), ("report.take_over", "jiro", "from hanako"));
        store.unlock_report(&report.id, &hanako()).await.unwrap();
        assert!(store.report(&report.id).await.unwrap().lock.is_some(), "nobody lets go of another's");
        store.unlock_report(&report.id, &jiro()).await.unwrap();
        // A browser that died keeps nobody out for long.
        store.lock_report(&report.id, &jiro(), false, NOON_MS).await.unwrap();
        store.edit_report(&report.id, &[edit(key::NAME, "鈴木", NOON_MS)], &hanako(), NOON_MS + store::LOCK_MS).await.unwrap();
        assert!(matches!(store.lock_report("none", &jiro(), false, 0).await, Err(StoreError::Missing { .. })));
    }

    async fn f10_nothing_unfinished_is_sent_and_nothing_half(store: Store) {
        let customer = firm(&store).await;
        let report = draft(&store, customer, 1).await;
        let send = async |revision, deliveries| store.send_report(&report.id, &sending(revision, deliveries), &hanako(), NOON_MS).await;
        let error = send(1, vec![mail("sato", NOON_MS)]).await.unwrap_err();
        let StoreError::Unfinished(missing) = error else { panic!("{error:?}") };
        assert!(missing.iter().any(|missing| missing.key == key::BUSINESS), "{missing:?}");
        let edited = store.edit_report(&report.id, &completion(&report.draft), &hanako(), NOON_MS).await.unwrap();
        assert_eq!(fields(send(2, vec![]).await.unwrap_err()), ["recipients"]);
        assert_eq!(fields(send(2, vec![mail("sato", NOON_MS), mail("sato", NOON_MS)]).await.unwrap_err()), ["recipients"]);
        let phone = store::NewDelivery { channel: report::Channel::Phone { number: "0312345678".to_owned() }, ..mail("sato", NOON_MS) };
        assert_eq!(fields(send(2, vec![phone]).await.unwrap_err()), ["recipients"]);
        let old = conflict(send(1, vec![mail("sato", NOON_MS)]).await.unwrap_err());
        assert_eq!(old, Conflict::Revision { expected: 1, found: edited.revision });
        // The second delivery cannot be saved: nothing of the first is.
        let first = mail("sato", NOON_MS);
        let twin = store::NewDelivery { id: first.id.clone(), ..mail("suzuki", NOON_MS) };
        assert!(matches!(send(2, vec![first, twin]).await, Err(StoreError::Refused(_) | StoreError::Database(_))));
        assert_eq!(store.report(&report.id).await.unwrap().state, ReportState::Draft);
        assert!(store.report_deliveries(&report.id).await.unwrap().is_empty());
        assert!(store.lease_deliveries(NOON_MS, 1, 10).await.unwrap().is_empty());
    }

    async fn x02_sending_is_one_transaction_and_again_is_nothing(store: Store) {
        let customer = firm(&store).await;
        let report = draft(&store, customer, 1).await;
        let sent = send(&store, &report, &["sato", "suzuki"], NOON_MS + 5).await;
        assert_eq!((sent.report.state, sent.report.sent_ms, sent.again), (ReportState::Sent, Some(NOON_MS + 5), false));
        assert_eq!((sent.report.sent_by.as_str(), sent.report.policy, sent.report.lock), ("山田 花子", Some(Policy::Send), None));
        assert_eq!(sent.deliveries.len(), 2);
        // The browser asks again, with deliveries of other names: they are not made.
        let other = sending(sent.report.revision, vec![mail("sato", NOON_MS), mail("tanaka", NOON_MS)]);
        let again = store.send_report(&report.id, &other, &hanako(), NOON_MS + 9).await.unwrap();
        assert!(again.again);
        assert_eq!(again.deliveries, sent.deliveries);
        for error in [
            store.edit_report(&report.id, &[edit(key::NAME, "x", 0)], &hanako(), NOON_MS).await.unwrap_err(),
            store.waive_report(&report.id, "why", &hanako(), NOON_MS).await.unwrap_err(),
            store.lock_report(&report.id, &hanako(), false, NOON_MS).await.unwrap_err(),
        ] {
            assert_eq!(conflict(error), Conflict::NotDraft { state: ReportState::Sent });
        }
        let later = store::Sending { revision: 99, ..other };
        let error = store.send_report(&report.id, &later, &hanako(), NOON_MS).await.unwrap_err();
        assert_eq!(conflict(error), Conflict::NotDraft { state: ReportState::Sent });
    }

    async fn f43_a_notice_and_f27_noise_need_what_they_need(store: Store) {
        let customer = firm(&store).await;
        let notice = draft(&store, customer, 1).await;
        let only = store::Sending { policy: Policy::NoticeOnly, ..sending(1, vec![mail("sato", NOON_MS)]) };
        let sent = store.send_report(&notice.id, &only, &hanako(), NOON_MS).await.unwrap();
        assert_eq!((sent.report.policy, sent.deliveries.len()), (Some(Policy::NoticeOnly), 1));

        let sales = draft(&store, customer, 2).await;
        let sales = store.edit_report(&sales.id, &[edit(key::KIND, "sales", NOON_MS)], &hanako(), NOON_MS).await.unwrap();
        let sales = store.edit_report(&sales.id, &completion(&sales.draft), &hanako(), NOON_MS).await.unwrap();
        let digest = store::Sending { policy: Policy::Digest, ..sending(sales.revision, vec![]) };
        assert_eq!(fields(store.send_report(&sales.id, &digest, &hanako(), NOON_MS).await.unwrap_err()), ["digest_due_ms"]);
        let too_many = store::Sending { digest_due_ms: Some(5), deliveries: vec![mail("sato", NOON_MS)], ..digest.clone() };
        assert_eq!(fields(store.send_report(&sales.id, &too_many, &hanako(), NOON_MS).await.unwrap_err()), ["recipients"]);
        let due_ms = NOON_MS + 3_600_000;
        let digest = store::Sending { digest_due_ms: Some(due_ms), ..digest };
        store.send_report(&sales.id, &digest, &hanako(), NOON_MS).await.unwrap();
        assert!(store.due_digests(due_ms - 1, None).await.unwrap().is_empty());
        assert_eq!(store.digests_due_ms().await.unwrap(), Some(due_ms));
        let due = store.due_digests(due_ms, None).await.unwrap();
        assert_eq!(due.len(), 1);
        assert_eq!((due[0].customer, due[0].reports.len(), due[0].reports[0].id.as_str()), (customer, 1, sales.id.as_str()));
        let id = store::new_id(due_ms).unwrap();
        assert!(store.send_digest(&id, &due[0], &[mail("sato", due_ms)], due_ms).await.unwrap());
        // Another process had the same idea.
        let other = store::new_id(due_ms).unwrap();
        assert!(!store.send_digest(&other, &due[0], &[mail("sato", due_ms)], due_ms).await.unwrap());
        assert!(matches!(store.report(&other).await, Err(StoreError::Missing { .. })));
        assert!(store.due_digests(due_ms, None).await.unwrap().is_empty());
        assert_eq!(store.report(&id).await.unwrap().origin, Origin::Digest);
        assert_eq!((store.report_deliveries(&id).await.unwrap().len(), store.digest_reports(&id).await.unwrap().len()), (1, 1));
    }

    async fn f38_a_waiver_has_a_reason(store: Store) {
        let report = draft(&store, 1, 1).await;
        for nothing in ["", " \u{200b}", &"長".repeat(501)] {
            assert_eq!(fields(store.waive_report(&report.id, nothing, &hanako(), NOON_MS).await.unwrap_err()), ["reason"]);
        }
        let waived = store.waive_report(&report.id, "試験のための呼", &hanako(), NOON_MS).await.unwrap();
        assert_eq!((waived.state, waived.waiver.as_str()), (ReportState::Waived, "試験のための呼"));
        let error = store.send_report(&report.id, &sending(1, vec![mail("sato", NOON_MS)]), &hanako(), NOON_MS).await.unwrap_err();
        assert_eq!(conflict(error), Conflict::NotDraft { state: ReportState::Waived });
        assert_eq!(conflict(store.correct_report(&report.id, &hanako(), NOON_MS).await.unwrap_err()), Conflict::NotSent { state: ReportState::Waived });
    }

    async fn f49_a_correction_is_a_report_of_its_own(store: Store) {
        let customer = firm(&store).await;
        let report = draft(&store, customer, 1).await;
        let written = [edit(key::NAME, "佐藤", NOON_MS), edit(key::CALLBACK, "090-1111-2222", NOON_MS), edit(key::DESIRED, "call_back", NOON_MS)];
        let report = store.edit_report(&report.id, &written, &hanako(), NOON_MS).await.unwrap();
        let sent = send(&store, &report, &["sato"], NOON_MS).await;
        let follow = store.correct_report(&report.id, &jiro(), NOON_MS + 60_000).await.unwrap();
        assert_eq!((follow.origin, follow.state, follow.call), (Origin::FollowUp, ReportState::Draft, None));
        assert_eq!(follow.follows.as_deref(), Some(report.id.as_str()));
        assert_eq!(follow.draft, sent.report.draft);
        assert_eq!(follow.draft.desired(), Some(Desired::CallBack));
        let mended = store.edit_report(&follow.id, &[edit(key::CALLBACK, "090-1111-2223", NOON_MS)], &jiro(), NOON_MS).await.unwrap();
        store.send_report(&follow.id, &sending(mended.revision, vec![mail("sato", NOON_MS)]), &jiro(), NOON_MS).await.unwrap();
        assert_eq!(store.report(&report.id).await.unwrap().draft, sent.report.draft, "what was sent stays");
        let follow_ups = store.follow_ups(&report.id).await.unwrap();
        assert_eq!(follow_ups.len(), 1);
        assert_eq!(follow_ups[0].draft.said(key::CALLBACK), Some("090-1111-2223"));
    }

    async fn f49_who_was_told_is_told_of_the_correction(store: Store) {
        let customer = firm(&store).await;
        let place = |id: &str| Recipient {
            id: id.to_owned(),
            label: String::new(),
            person: None,
            channel: mail(id, NOON_MS).channel,
            active: id != "gone",
            fallback: None,
        };
        let noise = report::Noise { wrong_number: report::Treatment::Suppress, ..Default::default() };
        let recipients = ["sato", "suzuki", "gone"].map(place).into();
        let profile = Profile { recipients, recipients_max: 1, noise, ..Profile::default() };
        store.put_profile(customer, 0, &profile, "test", NOON_MS).await.unwrap();
        let report = draft(&store, customer, 1).await;
        send(&store, &report, &["suzuki", "gone"], NOON_MS).await;
        let follow = store.correct_report(&report.id, &jiro(), NOON_MS + 60_000).await.unwrap();
        let again = store.correct_report(&report.id, &jiro(), NOON_MS + 60_100).await.unwrap();
        assert_eq!(again.id, follow.id, "a double click");
        let composed = store.compose(&follow).await.unwrap();
        let to: Vec<String> = composed.chosen.recipients.iter().map(|(id, _)| id.clone()).collect();
        assert!(to.contains(&"suzuki".to_owned()) && !to.contains(&"gone".to_owned()), "{to:?}");
        // What is only noise now was told all the same: whoever had it hears of it, at once, and nobody else.
        let noise = store.edit_report(&follow.id, &[edit(key::KIND, "wrong_number", NOON_MS)], &jiro(), NOON_MS + 61_000).await.unwrap();
        let composed = store.compose(&noise).await.unwrap();
        let to: Vec<&str> = composed.chosen.recipients.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!((composed.chosen.policy, to), (Policy::Send, vec!["suzuki"]));
        assert_eq!(composed.content.thread.as_deref(), Some(report.id.as_str()));
        // A correction of the correction is of the same conversation.
        store.unlock_report(&noise.id, &jiro()).await.unwrap();
        send(&store, &noise, &["suzuki"], NOON_MS + 62_000).await;
        let second = store.correct_report(&follow.id, &jiro(), NOON_MS + 63_000).await.unwrap();
        let content = store.compose(&second).await.unwrap().content;
        assert_eq!((content.follows.as_deref(), content.thread.as_deref()), (Some(follow.id.as_str()), Some(report.id.as_str())));
        assert_eq!(store.compose(&report).await.unwrap().content.thread, None);
    }

    async fn r19_what_a_caller_says_is_kept_as_text(store: Store) {
        let customer = firm(&store).await;
        let report = draft(&store, customer, 1).await;
        let strange = "=cmd|' /C calc'!A0 <img src=x> [To:1] ①㈱髙﨑 \u{0}'; DROP TABLE reports;--";
        let edits = [Edit { value: Some(Value::said(strange)), ..edit(key::NARRATIVE, "x", NOON_MS) }];
        let edited = store.edit_report(&report.id, &edits, &hanako(), NOON_MS).await.unwrap();
        let sent = send(&store, &edited, &["sato"], NOON_MS).await;
        assert_eq!(sent.report.draft.said(key::NARRATIVE).unwrap(), strange.replace('\u{0}', ""));
        assert_eq!(store.report(&report.id).await.unwrap().urgency(), Urgency::Normal);
    }

    async fn f38_drafts_of_calls_that_are_over_are_to_be_finished(store: Store) {
        let finished = draft(&store, 1, 1).await;
        store.waive_report(&finished.id, "試験", &hanako(), NOON_MS).await.unwrap();
        store.save_call(&answered(2)).await.unwrap();
        store.save_call(&cleared(3)).await.unwrap();
        let open = store.unfinished_reports(Some(101), 10).await.unwrap();
        assert_eq!(open.iter().map(|report| report.call).collect::<Vec<_>>(), [Some(cleared(3).call)], "call 2 is still talking");
        assert!(store.unfinished_reports(Some(102), 10).await.unwrap().is_empty());
        assert_eq!(store.unfinished_reports(None, 10).await.unwrap().len(), 1);
    }
}
