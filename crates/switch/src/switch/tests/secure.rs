//! R15: policies of operators and trunks, by packets.

use acd::OperatorId;
use sdp::{Security, SrtpPolicy};
use sip::message::Method;

use super::peers::{CARRIER, HANAKO, TARO, World, sdp};
use crate::media;

const KEY: &str = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n";

fn with_key(port: u16, protocol: &str) -> String {
    format!("{}{KEY}", sdp(port).replace("RTP/AVP", protocol))
}

fn policies(world: &mut World, operators: SrtpPolicy, trunk: SrtpPolicy) {
    world.change_directory(|directory| {
        for id in [1, 2] {
            let operator = directory.operators.get_mut(&OperatorId(id)).unwrap();
            std::sync::Arc::make_mut(operator).srtp = operators;
        }
        directory.trunks[0].srtp = trunk;
    });
}

fn offer_to(world: &mut World, phone: &str) -> (sip::message::Message, String) {
    let invite = world.request(phone, Method::Invite);
    let body = String::from_utf8_lossy(invite.body()).into_owned();
    (invite, body)
}

#[test]
fn r15_a_phone_that_answers_in_the_open_where_srtp_is_required_has_no_call() {
    let mut world = World::new();
    policies(&mut world, SrtpPolicy::Required, SrtpPolicy::Off);
    world.call("0312345678");
    let (hanako, offer) = offer_to(&mut world, HANAKO);
    assert!(offer.contains(" RTP/SAVP ") && offer.contains("\r\na=crypto:1 "), "{offer}");
    let (taro, _) = offer_to(&mut world, TARO);
    world.answer(HANAKO, &hanako, 200, &sdp(30_000));
    world.request(HANAKO, Method::Ack);
    world.request(HANAKO, Method::Bye);
    assert!(world.statuses(CARRIER).iter().all(|status| *status < 200), "the caller is not answered by that");
    let negotiated = |order: &media::Order| matches!(order, media::Order::Negotiated { .. });
    assert!(!world.media.iter().any(negotiated), "nothing was ever sent in the open");
    world.answer(TARO, &taro, 200, &with_key(30_002, "RTP/SAVP"));
    world.response(CARRIER, 200);
    let security = world.media.iter().filter_map(|order| {
        if let media::Order::Negotiated { media, .. } = order { Some(media.security.clone()) } else { None }
    });
    let secure: Vec<bool> = security.map(|security| matches!(security, Security::Sdes(_))).collect();
    assert_eq!(secure.iter().filter(|is_secure| **is_secure).count(), 1, "Taro's leg; the trunk's is open: {secure:?}");
}

#[test]
fn r15_a_caller_in_the_open_gets_488_where_the_trunks_policy_requires_srtp() {
    let mut world = World::new();
    policies(&mut world, SrtpPolicy::Preferred, SrtpPolicy::Required);
    world.call("0312345678");
    world.response(CARRIER, 100);
    world.response(CARRIER, 488);
    assert!(world.nothing_sent_to(HANAKO));
    policies(&mut world, SrtpPolicy::Preferred, SrtpPolicy::Off);
    world.call_with("0312345678", &with_key(20_000, "RTP/SAVP"));
    world.response(CARRIER, 488);
    policies(&mut world, SrtpPolicy::Off, SrtpPolicy::Preferred);
    world.call_with("0312345678", &with_key(20_000, "RTP/SAVP"));
    let (_, offer) = offer_to(&mut world, HANAKO);
    assert!(!offer.contains("a=crypto"), "{offer}");
}

#[test]
fn keys_are_not_kept_in_a_calls_timeline() {
    let mut world = World::new();
    policies(&mut world, SrtpPolicy::Preferred, SrtpPolicy::Preferred);
    world.call_with("0312345678", &with_key(20_000, "RTP/AVP"));
    let (hanako, offer) = offer_to(&mut world, HANAKO);
    let ours = offer.split(" inline:").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap().to_owned();
    world.answer(HANAKO, &hanako, 200, &with_key(30_000, "RTP/AVP"));
    world.seconds(3);
    let kept: String = world.records.iter().map(|record| serde_json::to_string(record).unwrap()).collect();
    assert!(kept.contains("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"), "the line is there");
    assert!(!kept.contains(&ours) && !kept.contains("d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"), "the key is not");
}
