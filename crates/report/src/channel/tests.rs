//! Channels: what is wrong with them, what is a secret, what is one room.

use super::*;
use crate::problem::Problem;

fn read(json: &str) -> Channel {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn faults(channel: &Channel) -> Vec<Problem> {
    let mut problems = Vec::new();
    channel.checked("channel", &mut problems);
    problems
}

fn fields(channel: &Channel) -> Vec<String> {
    faults(channel).into_iter().map(|problem| problem.field).collect()
}

const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----";

/// One of each, sound.
fn sound() -> Vec<Channel> {
    [
        r#"{"type": "email", "address": "sato@sakura.example"}"#,
        r#"{"type": "chatwork", "room": "123456", "token": "0123456789abcdef0123456789abcdef", "mention": ["7654321", "all"]}"#,
        r#"{"type": "slack_webhook", "url": "https://hooks.slack.com/services/T000/B000/abcdefghijklmnop"}"#,
        r#"{"type": "slack", "channel": "C024BE91L", "token": "xoxb-123456789012-abcdefghijkl", "mention": ["U024BE7LH", "here"]}"#,
        r#"{"type": "google_chat", "url": "https://chat.googleapis.com/v1/spaces/AAA/messages?key=k123456789&token=t123456789"}"#,
        r#"{"type": "teams", "url": "https://prod-01.japaneast.logic.azure.com:443/workflows/abc/triggers/manual/paths/invoke?api-version=2016-06-01&sig=abcdefghijk"}"#,
        r#"{"type": "teams", "url": "https://default0123.45.environment.api.powerplatform.com/powerautomate/automations/direct/workflows/abc?sig=abcdefghijk"}"#,
        r#"{"type": "line", "to": "U0123456789abcdef0123456789abcdef", "token": "abcdefghijklmnopqrstuvwxyz0123456789+/="}"#,
        r#"{"type": "discord", "url": "https://discord.com/api/webhooks/123456789/abcdefghijklmnop"}"#,
        r#"{"type": "webhook", "url": "https://example.com/denwaban/abcdefgh", "secret": "whsec_0123456789abcdef"}"#,
        r#"{"type": "phone", "number": "09012345678"}"#,
    ]
    .into_iter()
    .map(read)
    .chain([Channel::LineWorks {
        client_id: "client".to_owned(),
        client_secret: "secret7890123456".to_owned(),
        service_account: "abcde.serviceaccount@sakura".to_owned(),
        private_key: KEY.to_owned(),
        bot: "2000001".to_owned(),
        channel: Some("12345-abcde".to_owned()),
        user: None,
    }])
    .collect()
}

#[test]
fn f33_sound_channels_have_no_problem() {
    for channel in sound() {
        assert_eq!(faults(&channel), [], "{channel:?}");
        let json = serde_json::to_string(&channel).unwrap();
        assert_eq!(read(&json), channel);
        assert!(json.contains(&format!("\"type\":\"{}\"", channel.kind())), "{json}");
    }
}

#[test]
fn f33_addresses_of_carriers_are_taken() {
    for address in [
        "taro..x@docomo.ne.jp",
        "taro.@ezweb.ne.jp",
        ".taro@softbank.ne.jp",
        "a+b_c=d/e?f@i.softbank.jp",
        "x@sub.example.co.jp",
    ] {
        assert_eq!(faults(&Channel::Email { address: address.to_owned() }), [], "{address}");
    }
    for address in [
        "",
        "sato",
        "sato@",
        "@sakura.example",
        "sato@localhost",
        "sa to@sakura.example",
        "佐藤@sakura.example",
        "sato@桜.example",
        "sato@sakura..example",
        "a@b@c d.example",
        "sato@sakura.example\r\nBcc: x@example.com",
        "\"x\"@sakura.example",
        "sato@sakura.example,x@example.com",
        "<sato@sakura.example>",
        "sato@-sakura.example",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@sakura.example",
    ] {
        assert_eq!(fields(&Channel::Email { address: address.to_owned() }), ["channel.address"], "{address}");
    }
}

#[test]
fn r21_only_the_services_hosts_and_nothing_inside() {
    let slack = |url: &str| fields(&Channel::SlackWebhook { url: url.to_owned() });
    for wrong in [
        "",
        "http://hooks.slack.com/services/x",
        "https://hooks.slack.com.evil.example/x",
        "https://evil.example/hooks.slack.com",
        "https://hooks.slack.com@evil.example/x",
        "https://hooks.slack.com:8443/x",
        "https://hooks.slack.com\\@evil.example/",
        "https://HOOKS.slack.com/x y",
        "https://hooks.slack.com/\r\nHost: x",
        "ftp://hooks.slack.com/x",
        "https://169.254.169.254/x",
    ] {
        assert_eq!(slack(wrong), ["channel.url"], "{wrong}");
    }
    let webhook = |url: &str| fields(&Channel::Webhook { url: url.to_owned(), secret: "0123456789abcdef".to_owned() });
    for wrong in [
        "https://[::1]/",
        "https://user:pw@example.com/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "ftp://example.com/",
        "https:///x",
    ] {
        assert_eq!(webhook(wrong), ["channel.url"], "{wrong}");
    }
    let barred = |url: &str, allowed: &[&str]| {
        assert_eq!(webhook(url), Vec::<String>::new(), "{url}");
        let channel = Channel::Webhook { url: url.to_owned(), secret: "0123456789abcdef".to_owned() };
        let allowed: Vec<String> = allowed.iter().map(|&origin| origin.to_owned()).collect();
        channel.barred("channel", &allowed).map(|problem| problem.field)
    };
    for wrong in [
        "https://127.0.0.1/x",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://0x7f.1/",
        "https://2130706433/",
        "https://127.1/",
        "https://localhost/",
        "https://db.internal/",
        "https://printer.local/",
        "https://x.1/",
        "https://example/",
        "http://example.com/",
    ] {
        assert_eq!(barred(wrong, &["http://127.0.0.1:8080"]), Some("channel.url".to_owned()), "{wrong}");
    }
    for fine in ["https://hooks.example.com/a?b=c", "https://n8n.example.jp:8443/hook"] {
        assert_eq!(barred(fine, &[]), None, "{fine}");
    }
    // What the house allows: that scheme, that host, that port.
    for (url, allowed) in [
        ("http://10.0.0.5:5678/hook", true),
        ("http://10.0.0.5:5679/hook", false),
        ("https://10.0.0.5:5678/hook", false),
        ("http://N8N:80/hook", true),
        ("http://n8n.evil.example/hook", false),
    ] {
        assert_eq!(barred(url, &["http://10.0.0.5:5678", "http://n8n:80"]).is_none(), allowed, "{url}");
    }
}

#[test]
fn f33_teams_connectors_that_are_gone_get_a_hint() {
    let url = "https://sakura.webhook.office.com/webhookb2/abc".to_owned();
    let problems = faults(&Channel::Teams { url });
    assert!(problems[0].remedy_ja.contains("ワークフロー") && problems[0].remedy_en.contains("workflow"));
    let other = Channel::Teams { url: "https://evil.example/logic.azure.com".to_owned() };
    assert_eq!(fields(&other), ["channel.url"]);
    let bare = Channel::Teams { url: "https://logic.azure.com/x".to_owned() };
    assert_eq!(fields(&bare), ["channel.url"], "a tenant stands before it");
}

#[test]
fn f33_wrong_ids_and_tokens_are_named() {
    for (json, wrong) in [
        (r#"{"type": "chatwork", "room": "rid123", "token": "", "mention": ["x]"]}"#, vec!["room", "token", "mention"]),
        (r#"{"type": "slack", "channel": "", "token": "a b"}"#, vec!["channel", "token"]),
        (r#"{"type": "line", "to": "sato", "token": "t\n"}"#, vec!["to"]),
        (r#"{"type": "line", "to": "C0123456789abcdef0123456789abcdef", "token": "a\r\nb"}"#, vec!["token"]),
        (r#"{"type": "webhook", "url": "https://example.com/x", "secret": "short"}"#, vec!["secret"]),
        (r#"{"type": "phone", "number": "110"}"#, vec!["number"]),
        (r#"{"type": "phone", "number": "+44 20 7183 8750"}"#, vec!["number"]),
    ] {
        let expected: Vec<String> = wrong.iter().map(|field| format!("channel.{field}")).collect();
        assert_eq!(fields(&read(json)), expected, "{json}");
    }
    let both = r#"{"type": "line_works", "client_id": "c", "client_secret": "s", "service_account": "a@b", "private_key": "x", "bot": "1", "channel": "c", "user": "u"}"#;
    assert_eq!(fields(&read(both)), ["channel.private_key", "channel.channel"]);
}

#[test]
fn x05_a_telephones_number_is_kept_one_way() {
    let mut problems = Vec::new();
    let channel = read(r#"{"type": "phone", "number": " ０９０１２３４５６７８ "}"#).checked("channel", &mut problems);
    assert_eq!((channel, problems), (Channel::Phone { number: "090-1234-5678".to_owned() }, vec![]));
}

#[test]
fn r20_no_secret_is_printed() {
    for channel in sound() {
        let mut whole = channel.clone();
        let secrets: Vec<String> = whole.secrets().into_iter().map(|secret| secret.clone()).collect();
        let masked = channel.masked();
        for shown in [format!("{channel:?}"), serde_json::to_string(&masked).unwrap(), channel.room()] {
            for secret in &secrets {
                let path = secret
                    .strip_prefix("https://")
                    .and_then(|rest| rest.split_once('/'))
                    .map_or(secret.as_str(), |(_, path)| path);
                assert!(!shown.contains(path), "{shown}");
                // Never more than its end.
                let most: String = path.chars().take(path.chars().count().saturating_sub(4)).collect();
                assert!(most.is_empty() || !shown.contains(&most), "{shown}");
            }
        }
        assert_eq!(masked.has_masked_secret(), !secrets.is_empty());
        assert_eq!(masked.with_secrets_of(&channel), channel);
        assert_eq!(
            masked.room() == channel.room(),
            secrets.is_empty() || !channel.room().contains(&digest(&secrets[0]))
        );
    }
    let short = Channel::Line { to: String::new(), token: "0123456789".to_owned() };
    assert_eq!(short.masked(), Channel::Line { to: String::new(), token: MASK.to_owned() });
}

#[test]
fn r20_a_mask_that_belongs_to_another_is_no_secret() {
    let old = Channel::Line { to: "a".to_owned(), token: "0123456789abcdefghij".to_owned() };
    let other = Channel::Line { to: "a".to_owned(), token: "zzzzzzzzzzzzzzzzwxyz".to_owned() };
    let back = other.masked().with_secrets_of(&old);
    assert!(back.has_masked_secret());
    assert_eq!(fields(&back), ["channel.to", "channel.token"]);
    let new = Channel::Line { to: "a".to_owned(), token: "a-new-token-entirely".to_owned() };
    assert_eq!(new.with_secrets_of(&old), new, "a new secret stays");
    let chatwork =
        Channel::Chatwork { room: "1".to_owned(), token: old.masked().secrets()[0].clone(), mention: Vec::new() };
    assert!(chatwork.with_secrets_of(&old).has_masked_secret(), "not to another service");
}

#[test]
fn f41_the_same_destination_is_the_same_room() {
    let mail = |address: &str| Channel::Email { address: address.to_owned() }.room();
    assert_eq!(mail("Sato@Sakura.example"), "email:sato@sakura.example");
    let slack = |channel: &str, token: &str| {
        Channel::Slack { channel: channel.to_owned(), token: token.to_owned(), mention: Vec::new() }.room()
    };
    assert_eq!(slack("#reports", "xoxb-1"), slack("#reports", "xoxb-1"));
    assert_ne!(slack("#reports", "xoxb-1"), slack("#reports", "xoxb-2"), "two firms may call their channels alike");
    let mut rooms: Vec<String> = sound().iter().map(Channel::room).collect();
    rooms.sort();
    rooms.dedup();
    assert_eq!(rooms.len(), sound().len());
}

#[test]
fn f33_what_no_channel_has_is_refused() {
    for json in [
        r#"{"type": "email", "address": "a@b.example", "cc": "x"}"#,
        r#"{"type": "fax", "number": "1"}"#,
        r#"{"address": "a@b.example"}"#,
        r#"{"type": "email"}"#,
    ] {
        assert!(serde_json::from_str::<Channel>(json).is_err(), "{json}");
    }
}
