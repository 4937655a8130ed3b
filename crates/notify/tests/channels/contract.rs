//! What every channel has to do alike.

use std::time::Duration;

use notify::Outcome;
use notify::chat::{Chats, Endpoints};
use receivers::http::{Fault, Service, Verdict, known};

use crate::house::{self, House, KEY};

/// Services that know the delivery's key, and show a report once however often it comes.
const ONCE: [Service; 3] = [Service::GoogleChat, Service::Line, Service::Webhook];

#[tokio::test]
async fn f33_a_report_arrives_as_the_service_documents_it_and_its_id_is_kept() {
    let house = House::open().await;
    for service in Service::ALL {
        let outcome = house.deliver(&house.channel(service)).await;
        let Outcome::Accepted { remote_id } = outcome else { panic!("{service:?}: {outcome:?}") };
        // These say no id.
        let silent = matches!(service, Service::SlackWebhook | Service::LineWorks | Service::Webhook);
        assert_eq!(remote_id.is_empty(), silent, "{service:?} {remote_id:?}");
        assert_eq!(house.seen(service), 1, "{service:?}");
    }
    assert_eq!(house.services.refused(), Vec::<String>::new());
}

#[tokio::test]
async fn f33_what_is_refused_is_refused_for_good() {
    for status in [302, 400, 401, 403, 404, 410, 413] {
        let house = House::open().await;
        for service in Service::ALL {
            house.services.fail(service, Fault::Status(status, None));
            let outcome = house.deliver(&house.channel(service)).await;
            assert!(matches!(outcome, Outcome::Permanent { .. }), "{service:?} {status}: {outcome:?}");
            assert_eq!(house.seen(service), 0);
        }
    }
}

#[tokio::test]
async fn f33_wrong_credentials_are_told_in_the_services_words() {
    let house = House::open().await;
    let cases = [
        (Service::Chatwork, "0123456789abcdef0123456789abcdef", "Invalid API token"),
        (Service::SlackWebhook, "notasecretnotasecretnota", "invalid_token"),
        (Service::Slack, "xoxb-000000000000-not-a-secret", "invalid_auth"),
        (Service::GoogleChat, "not-a-token", "UNAUTHENTICATED"),
        (Service::Teams, "not-a-signature", "DirectApiAuthorizationRequired"),
        (Service::LineWorks, "standin-secret", "invalid_client"),
        (Service::Line, "standin-line-token", "Authentication failed"),
        (Service::Discord, "standin-discord-token", "Invalid Webhook Token"),
        (Service::Webhook, "whsec_c3RhbmQtaW4td2ViaG9vay1zZWNyZXQ=", "HTTP 401"),
    ];
    for (service, secret, said) in cases {
        // `whsec_` stays, or the secret would be no secret of this kind.
        let expired = if service == Service::Webhook { "whsec_ZXhwaXJlZA==" } else { "expired" };
        let json = serde_json::to_string(&house.channel(service)).unwrap().replace(secret, expired);
        let outcome = house.deliver(&serde_json::from_str(&json).unwrap()).await;
        let Outcome::Permanent { why } = outcome else { panic!("{service:?}: {outcome:?}") };
        assert!(why.contains(said), "{service:?}: {why}");
        assert_eq!(house.seen(service), 0);
    }
}

/// A service that refuses repeats what it was asked, address and token and all.
#[tokio::test]
async fn r20_what_a_service_says_of_us_is_told_without_our_secrets() {
    let secrets = [
        known::CHATWORK_TOKEN,
        known::SLACK_WEBHOOK,
        known::SLACK_TOKEN,
        known::GOOGLE_KEY,
        known::GOOGLE_TOKEN,
        known::TEAMS_SIGNATURE,
        known::LINE_TOKEN,
        known::DISCORD_TOKEN,
        known::WEBHOOK_SECRET,
        "standin-access-",
    ];
    for service in Service::ALL {
        let mut house = House::open().await;
        let mut channel = house.channel(service);
        if let report::Channel::Webhook { url, .. } = &mut channel {
            url.push_str("?key=firms-own-secret-key");
        }
        assert!(matches!(house.deliver(&channel).await, Outcome::Accepted { .. }), "{service:?}");
        let asked = house.services.requests().last().cloned().unwrap();
        let headers: Vec<String> = asked
            .headers
            .iter()
            .filter(|(name, _)| name.contains("auth") || name.contains("token"))
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        let echo = format!(
            "you asked for {} {}{} with {}",
            "x".repeat(60),
            house.services.base(),
            asked.uri,
            headers.join(", ")
        );
        for pad in [0, 200, 230] {
            // Also where the words are cut short.
            house.services.fail_times(service, Fault::Refuses(format!("{}{echo}", "y".repeat(pad))), 1);
            let outcome = house.deliver_later(&channel).await;
            let (Outcome::Permanent { why } | Outcome::Retry { why, .. }) = outcome else {
                panic!("{service:?}: {outcome:?}")
            };
            assert!(why.contains("yyyyou asked") || pad == 0 && why.contains("you asked"), "{service:?}: {why}");
            for secret in secrets.iter().chain(&["firms-own-secret-key"]) {
                let head = secret.get(..12).unwrap_or(secret);
                assert!(!why.contains(head), "{service:?}: {why}");
            }
        }
    }
}

#[tokio::test]
async fn r25_too_many_is_put_off_for_as_long_as_the_service_says() {
    for (retry_after, least_ms, most_ms) in [("30", 30_000, 30_000), (http_date_in(90), 80_000, 91_000)] {
        for service in Service::ALL {
            let house = House::open().await;
            house.services.fail_times(service, Fault::Status(429, Some(retry_after.to_owned())), 1);
            let channel = house.channel(service);
            let outcome = house.deliver(&channel).await;
            let Outcome::Retry { after_ms: Some(after_ms), .. } = outcome else { panic!("{service:?}: {outcome:?}") };
            assert!((least_ms..=most_ms).contains(&after_ms), "{service:?} {retry_after}: {after_ms}");
            assert_eq!(house.chats.wait_ms(&channel, house.now_ms), after_ms, "{service:?}: it is kept");
            // Too early: kept back here, the service hears nothing.
            let before = house.services.requests().len();
            let outcome =
                house.chats.deliver(&channel, KEY, &house::report(Default::default()), house.now_ms + 1_000).await;
            assert!(matches!(outcome, Outcome::Retry { after_ms: Some(_), .. }), "{service:?}: {outcome:?}");
            assert_eq!(house.services.requests().len(), before);
            assert_eq!(house.chats.wait_ms(&channel, house.now_ms + after_ms), 0);
        }
    }
}

/// RFC 9110's form of the date in so many seconds.
fn http_date_in(seconds: i64) -> &'static str {
    let at = jiff::Timestamp::from_second(house::unix_ms() / 1_000 + seconds).unwrap();
    let text = at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    Box::leak(text.into_boxed_str())
}

#[tokio::test]
async fn r25_the_services_own_trouble_passes() {
    let house = House::open().await;
    for service in Service::ALL {
        for status in [500, 502, 503] {
            let house = &House { now_ms: house::unix_ms(), ..House::open().await };
            house.services.fail_times(service, Fault::Status(status, None), 1);
            let outcome = house.deliver(&house.channel(service)).await;
            assert!(matches!(outcome, Outcome::Retry { after_ms: None, .. }), "{service:?} {status}: {outcome:?}");
        }
    }
    assert_eq!(house.services.requests().len(), 0, "each had a house of its own");
}

#[tokio::test]
async fn r25_silence_has_an_end() {
    let house = House::with_patience(Duration::from_millis(300)).await;
    // The token is got while there is time.
    for service in Service::ALL {
        house.services.fail(service, Fault::Timeout);
    }
    let attempts = Service::ALL.map(|service| {
        let house = &house;
        async move { (service, house.deliver(&house.channel(service)).await) }
    });
    for (service, outcome) in futures_util::future::join_all(attempts).await {
        assert!(matches!(outcome, Outcome::Retry { after_ms: None, .. }), "{service:?}: {outcome:?}");
        assert_eq!(house.seen(service), 0);
    }
}

#[tokio::test]
async fn r25_taken_and_gone_before_the_answer_is_sent_again_with_the_same_key() {
    for service in Service::ALL {
        let mut house = House::open().await;
        let channel = house.channel(service);
        house.services.fail_times(service, Fault::DropAfterAccept, 1);
        let first = house.deliver(&channel).await;
        assert!(matches!(first, Outcome::Retry { .. }), "{service:?}: {first:?}");
        assert_eq!(house.seen(service), 1, "{service:?}: it was taken");
        let second = house.deliver_later(&channel).await;
        assert!(matches!(second, Outcome::Accepted { .. }), "{service:?}: {second:?}");
        let expected = if ONCE.contains(&service) { 1 } else { 2 };
        assert_eq!(house.seen(service), expected, "{service:?}");
        let requests = house.services.requests();
        let keys: Vec<_> = requests.iter().map(|request| request.key.as_deref()).collect();
        if ONCE.contains(&service) {
            assert_eq!(keys, [Some(KEY), Some(KEY)], "{service:?}");
            assert_eq!(requests.last().unwrap().verdict, Verdict::Repeated);
        } else {
            // Whoever sees it twice sees that it is the same.
            assert_eq!(requests.first().unwrap().body, requests.last().unwrap().body, "{service:?}");
        }
    }
}

#[tokio::test]
async fn r25_an_answer_of_somebody_else_is_not_an_acceptance() {
    for service in Service::ALL {
        let house = House::open().await;
        house.services.fail(service, Fault::Malformed);
        let outcome = house.deliver(&house.channel(service)).await;
        if service == Service::Webhook {
            // Standard Webhooks: any 2xx is.
            assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
        } else {
            assert!(matches!(outcome, Outcome::Retry { .. }), "{service:?}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn r25_nobody_there_passes_too() {
    let house = House::open().await;
    let base = house.services.base();
    let channels = Service::ALL.map(|service| house::channel(service, &base));
    let chats = Chats::new(Endpoints::at(&base), None).unwrap();
    drop(house);
    for channel in channels {
        let outcome = chats.deliver(&channel, KEY, &house::report(Default::default()), house::unix_ms()).await;
        let Outcome::Retry { after_ms: None, why } = outcome else { panic!("{}: {outcome:?}", channel.kind()) };
        // R20: an address is a secret, and stands in no text.
        assert!(!why.contains("/services/") && !why.contains("sig=") && !why.contains("token="), "{why}");
    }
}

#[tokio::test]
async fn r21_what_is_not_allowed_is_never_asked() {
    let house = House::open().await;
    let base = house.services.base();
    // The same addresses, with nothing allowed but the services themselves.
    let chats = Chats::new(Endpoints::default(), None).unwrap();
    let webhooks = [Service::SlackWebhook, Service::GoogleChat, Service::Teams, Service::Discord, Service::Webhook];
    for service in webhooks {
        let channel = house::channel(service, &base);
        let outcome = chats.deliver(&channel, KEY, &house::report(Default::default()), house.now_ms).await;
        let Outcome::Permanent { why } = outcome else { panic!("{service:?}: {outcome:?}") };
        assert!(why.starts_with("url: only https"), "{service:?}: {why}");
    }
    assert!(house.services.requests().is_empty());
}
