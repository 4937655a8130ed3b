//! More than there is room for: R02, R45.

use super::*;

fn crowded() -> Net {
    Net::over(udp_flow(), Limits { transactions_max: 16 })
}

fn stranger(number: usize) -> Message {
    let (branch, call_id) = (format!(";branch=z9hG4bKs{number}"), format!("s{number}@example.jp"));
    Ask { branch: &branch, call_id: &call_id, ..Ask::default() }.message()
}

#[test]
fn r45_new_calls_are_shed_first_and_remembered_by_nobody() {
    let mut net = crowded();
    for number in 0..14 {
        assert_eq!(net.hears(&stranger(number)), ["request INVITE"]);
    }
    for _ in 0..1_000 {
        assert_eq!(net.hears(&stranger(99)), ["> 503 INVITE"]);
    }
    assert_eq!(text(&net.sent[0], Name::RetryAfter), "5");
    let tag = net.sent[0].to().expect("a To").tag().map(str::to_owned);
    assert!(tag.is_some());
    net.hears(&stranger(99));
    assert_eq!(net.sent[0].to().expect("a To").tag(), tag.as_deref(), "§8.2.7: the same request, the same tag");
    assert_eq!(net.layer.len(), 14);

    let bye = Ask { method: "BYE", cseq: 2, branch: ";branch=z9hG4bKbye", to_tag: ";tag=ours", ..Ask::default() };
    assert_eq!(net.hears(&bye.message()), ["request BYE"], "those who talk can hang up");
    assert_eq!(net.hears(&stranger(3)), NOTHING, "and copies are still known as such");
}

#[test]
fn r45_a_full_table_still_answers_and_our_own_requests_fail_at_once() {
    let mut net = crowded();
    for number in 0..14 {
        net.hears(&stranger(number));
    }
    let own = |number: usize| {
        let branch = format!(";branch=z9hG4bKo{number}");
        Ask { method: "OPTIONS", branch: &branch, ..Ask::default() }.message()
    };
    assert_eq!(net.asks(&own(1)), ["> OPTIONS"]);
    assert_eq!(net.asks(&own(2)), ["> OPTIONS"]);
    assert_eq!(net.asks(&own(3)), ["transport failed", "ended"]);
    let bye = Ask { method: "BYE", cseq: 2, branch: ";branch=z9hG4bKbye", to_tag: ";tag=ours", ..Ask::default() };
    assert_eq!(net.hears(&bye.message()), ["> 503 BYE"]);
    let cancel = Ask { method: "CANCEL", branch: ";branch=z9hG4bKs13", call_id: "s13@example.jp", ..Ask::default() };
    assert_eq!(net.hears(&cancel.message()), ["> 200 CANCEL", "cancelled by CANCEL"]);
    assert_eq!(net.layer.len(), 16);
}

#[test]
fn r02_a_flood_leaves_nothing_behind() {
    let mut net = Net::over(udp_flow(), Limits { transactions_max: 256 });
    for number in 0..10_000 {
        net.hears(&stranger(number));
        if let Some(key) = net.server.take() {
            let refusal = reply(403, &stranger(number));
            net.does(|layer, now, fx| layer.respond(now, &key, refusal, fx));
        }
        net.server = None;
    }
    assert_eq!(net.layer.len(), 224);
    net.until(64_000);
    assert!(net.is_clean());
}
