//! What one service alone does.

use notify::Outcome;
use receivers::http::{Fault, Service};
use report::{Language, Urgency};

use crate::house::{self, House, KEY};

#[tokio::test]
async fn f33_slack_refuses_with_200_and_that_is_no_acceptance() {
    for (code, passes) in [
        ("channel_not_found", false),
        ("not_in_channel", false),
        ("is_archived", false),
        ("token_revoked", false),
        ("ratelimited", true),
        ("internal_error", true),
    ] {
        let house = House::open().await;
        house.services.fail(Service::Slack, Fault::Refuses(code.into()));
        match house.deliver(&house.channel(Service::Slack)).await {
            Outcome::Retry { why, .. } if passes => assert!(why.contains(code), "{why}"),
            Outcome::Permanent { why } if !passes => assert!(why.contains(code), "{why}"),
            outcome @ (Outcome::Accepted { .. }
            | Outcome::Retry { .. }
            | Outcome::Ours { .. }
            | Outcome::Permanent { .. }) => panic!("{code}: {outcome:?}"),
        }
    }
}

#[tokio::test]
async fn f33_a_month_that_is_used_up_at_line_is_for_another_channel() {
    let house = House::open().await;
    house.services.fail(Service::Line, Fault::Refuses("You have reached your monthly limit.".into()));
    let outcome = house.deliver(&house.channel(Service::Line)).await;
    assert_eq!(outcome, Outcome::Permanent { why: "HTTP 429: You have reached your monthly limit.".into() });
}

#[tokio::test]
async fn f33_discords_retry_after_in_the_body_counts_to_the_millisecond() {
    let house = House::open().await;
    house.services.fail(Service::Discord, Fault::Status(429, None));
    let outcome = house.deliver(&house.channel(Service::Discord)).await;
    assert!(matches!(outcome, Outcome::Retry { after_ms: Some(1_570), .. }), "{outcome:?}");
}

#[tokio::test]
async fn f33_line_works_tokens_are_kept_and_renewed_in_time() {
    let mut house = House::open().await;
    let channel = house.channel(Service::LineWorks);
    for _ in 0..3 {
        assert!(matches!(house.deliver_later(&channel).await, Outcome::Accepted { .. }));
    }
    assert_eq!(house.services.tokens_given(), 1, "one token serves many");
    // Ten minutes before its end there is a new one, before anything fails.
    let nearly_a_day = (24 * 60 - 9) * 60 * 1_000;
    house.services.pass(nearly_a_day);
    house.now_ms += nearly_a_day;
    assert!(matches!(house.deliver_later(&channel).await, Outcome::Accepted { .. }));
    assert_eq!(house.services.tokens_given(), 2);
    assert_eq!(house.services.refused(), Vec::<String>::new());
}

#[tokio::test]
async fn f33_a_token_that_line_works_has_withdrawn_is_renewed_at_once() {
    let mut house = House::open().await;
    let channel = house.channel(Service::LineWorks);
    assert!(matches!(house.deliver(&channel).await, Outcome::Accepted { .. }));
    house.services.revoke_tokens();
    assert!(matches!(house.deliver_later(&channel).await, Outcome::Accepted { .. }));
    assert_eq!((house.services.tokens_given(), house.seen(Service::LineWorks)), (2, 2));
}

#[tokio::test]
async fn f33_a_hundred_reports_at_once_ask_line_works_for_one_token() {
    let house = House::open().await;
    let channel = house.channel(Service::LineWorks);
    let content = house::report(Language::Ja);
    // An hour apart by the clock that is told, so that no pace is in the way; the same moment for the machine.
    let all = (0..20).map(|number| house.chats.deliver(&channel, KEY, &content, house.now_ms + number * 2_000));
    let outcomes = futures_util::future::join_all(all).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted { .. })), "{outcomes:?}");
    assert_eq!(house.services.tokens_given(), 1);
}

#[tokio::test]
async fn f33_a_key_that_cannot_be_read_names_its_field() {
    let house = House::open().await;
    let json = serde_json::to_string(&house.channel(Service::LineWorks)).unwrap();
    for (from, to) in [("-----BEGIN PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----"), ("MII", "***")] {
        let channel = serde_json::from_str(&json.replacen(from, to, 1)).unwrap();
        let outcome = house.deliver(&channel).await;
        let Outcome::Permanent { why } = outcome else { panic!("{outcome:?}") };
        assert!(why.starts_with("private_key: "), "{why}");
    }
}

#[tokio::test]
async fn f33_only_an_urgent_report_calls_people_by_name() {
    for (urgency, calls) in [(Urgency::Urgent, true), (Urgency::Normal, false)] {
        let house = House::open().await;
        let content = report::Content { urgency, ..house::report(Language::Ja) };
        for service in [Service::Chatwork, Service::Slack] {
            let outcome = house.deliver_this(&house.channel(service), &content).await;
            assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
        }
        let chatwork = &house.services.shown(Service::Chatwork)[0].body;
        assert_eq!(chatwork.contains("%5BTo%3A910%5D"), calls, "{chatwork}");
        assert_eq!(house.services.shown(Service::Slack)[0].body.contains("<@U0910>"), calls);
    }
}

#[tokio::test]
async fn f41_a_correction_follows_its_report_in_google_chats_thread() {
    let mut house = House::open().await;
    let channel = house.channel(Service::GoogleChat);
    let first = house::report(Language::Ja);
    let correction = report::Content { report: "second".into(), follows: Some(first.report.clone()), ..first.clone() };
    assert!(matches!(house.deliver_this(&channel, &first).await, Outcome::Accepted { .. }));
    house.now_ms += 2_000;
    let outcome = house.chats.deliver(&channel, "another-delivery", &correction, house.now_ms).await;
    assert!(matches!(outcome, Outcome::Accepted { .. }));
    let threads: Vec<String> = house
        .services
        .shown(Service::GoogleChat)
        .iter()
        .map(|one| serde_json::from_str::<serde_json::Value>(&one.body).unwrap()["thread"]["threadKey"].to_string())
        .collect();
    assert_eq!(threads.len(), 2);
    assert_eq!(threads[0], threads[1]);
}

#[tokio::test]
async fn f33_a_full_chatwork_room_keeps_back_that_room_alone() {
    let house = House::open().await;
    let here = house.channel(Service::Chatwork);
    let json = serde_json::to_string(&here).unwrap().replace("\"room\":\"12345678\"", "\"room\":\"87654321\"");
    let there = serde_json::from_str(&json).unwrap();
    house.services.fail_times(Service::Chatwork, Fault::Status(429, Some("9".into())), 1);
    assert!(matches!(house.deliver(&here).await, Outcome::Retry { after_ms: Some(9_000), .. }));
    assert_eq!(house.chats.wait_ms(&here, house.now_ms), 9_000);
    assert!(
        matches!(house.deliver(&there).await, Outcome::Accepted { .. }),
        "another room of the same account goes on"
    );
}
