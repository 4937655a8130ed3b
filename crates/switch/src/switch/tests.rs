//! The whole switch by SIP packets: what a carrier and two phones see and say.

mod lossy;
mod peers;
mod secure;

use acd::OperatorId;
use sip::message::{Method, Name};

use crate::desk::{Command, Transfer, TransferMode};
use crate::media;
use crate::record::CallState;
use crate::switch::MediaAddress;
use peers::{CARRIER, HANAKO, TARO, World, sdp, text, whole};

#[test]
fn f01_a_forwarded_call_is_answered_in_the_firms_name_and_recorded() {
    let mut world = World::new();
    let mut caller = world.call("0312345678");
    assert_eq!(world.statuses(CARRIER), [100, 180], "180 at once, no early 200");

    let invite = world.request(HANAKO, Method::Invite);
    assert_eq!(text(&invite, "From").split(';').next(), Some("\"さくら歯科\" <sip:09099998888@house.test>"));
    assert!(text(&invite, "Alert-Info").ends_with(";info=sakura-dental"));
    assert_eq!(text(&invite, "X-Denwaban-Call").len(), 13);
    let body = String::from_utf8_lossy(invite.body()).into_owned();
    let port: u16 = body.split("m=audio ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap().parse().unwrap();
    assert!(port.is_multiple_of(2) && body.contains("PCMU"));
    let second = world.request(TARO, Method::Invite);

    world.answer(HANAKO, &invite, 180, "");
    world.answer(TARO, &second, 180, "");
    let phone = world.answer(HANAKO, &invite, 200, &sdp(30_000));
    let cancel = world.request(TARO, Method::Cancel);
    assert_eq!(text(&cancel, "Reason"), "SIP ;cause=200 ;text=\"Call completed elsewhere\"".replace(" ;", ";"));
    world.answer(TARO, &cancel, 200, "");
    world.answer(TARO, &second, 487, "");
    let ok = world.response(CARRIER, 200);
    caller.learn(&ok);
    world.say(CARRIER, &caller.write("ACK", 1, "", ""));
    assert_eq!(world.heard(), ["carrier hears hanako", "hanako hears carrier"].map(str::to_owned));
    assert!(world.media.iter().any(|order| matches!(order, media::Order::StartRecording { .. })));

    world.seconds(30);
    world.say(CARRIER, &caller.request("BYE", "", ""));
    world.response(CARRIER, 200);
    let bye = world.request(HANAKO, Method::Bye);
    assert_eq!(text(&bye, "To"), phone.local);
    world.answer(HANAKO, &bye, 200, "");
    world.over();

    let record = world.records.last().unwrap();
    assert_eq!((record.state, record.talk_ms, record.operator), (CallState::Cleared, 30_000, Some(1)));
    assert!(record.legs.iter().all(|leg| !leg.sip_call_id.is_empty()), "{:?}", record.legs);
    let lines: Vec<_> = world
        .records
        .iter()
        .flat_map(|record| &record.events)
        .filter(|event| event.kind == "sip" && event.detail.json()["leg"] == 0)
        .map(|event| event.detail.json()["start_line"].as_str().unwrap().to_owned())
        .collect();
    let first_words =
        lines.iter().map(|line| line.trim_start_matches("SIP/2.0 ").split(' ').next().unwrap_or_default());
    assert_eq!(
        first_words.collect::<Vec<_>>(),
        ["INVITE", "100", "180", "200", "ACK", "BYE", "200"],
        "the caller's ladder"
    );
}

#[test]
fn w14_who_listens_is_told_of_the_operator_before_the_caller_gets_the_200() {
    let mut world = World::new();
    let mut caller = world.call("0312345678");
    let invite = world.request(HANAKO, Method::Invite);
    let second = world.request(TARO, Method::Invite);
    world.order.clear();
    world.answer(HANAKO, &invite, 200, &sdp(30_000));
    let ok = format!("200 to {CARRIER}");
    assert_eq!(world.order, ["pre-connect 1", "answered", &ok], "first in the stream, then on the wire");
    // Who answers too late is connected with nobody, and nobody is told so.
    world.answer(TARO, &second, 200, &sdp(30_004));
    assert_eq!(world.order.iter().filter(|line| line.starts_with("pre-connect")).count(), 1);
    let ok = world.response(CARRIER, 200);
    caller.learn(&ok);
    world.say(CARRIER, &caller.write("ACK", 1, "", ""));
    world.say(CARRIER, &caller.request("BYE", "", ""));
    world.seconds(40);
}

#[test]
fn behind_nat_sdp_says_the_public_address_and_voice_binds_the_private_one() {
    let [bind, public] = ["10.0.0.5", "203.0.113.99"].map(|address| address.parse().unwrap());
    let mut world = World::with_voice_at(MediaAddress { bind, public });
    world.call("0312345678");
    let offer = String::from_utf8_lossy(world.request(HANAKO, Method::Invite).body()).into_owned();
    let invite = world.request(TARO, Method::Invite);
    world.answer(TARO, &invite, 200, &sdp(30_000));
    let answer = String::from_utf8_lossy(world.response(CARRIER, 200).body()).into_owned();
    for said in [&offer, &answer] {
        assert!(said.contains("\r\nc=IN IP4 203.0.113.99\r\n"), "{said}");
        assert!(said.lines().any(|line| line.starts_with("o=") && line.ends_with("IN IP4 203.0.113.99")), "{said}");
        assert!(!said.contains("10.0.0.5"), "{said}");
    }
    let opened = |order: &media::Order| {
        if let media::Order::OpenLeg { local, .. } = order { Some(*local) } else { None }
    };
    let opened: Vec<_> = world.media.iter().filter_map(opened).collect();
    assert_eq!(opened.len(), 3, "the caller, and two phones: {opened:?}");
    assert!(opened.iter().all(|local| local.ip() == bind), "{opened:?}");
    for said in [&offer, &answer] {
        assert!(opened.iter().any(|local| said.contains(&format!("m=audio {} ", local.port()))), "{said}");
    }
}

#[test]
fn r37_every_packet_twice_is_one_call() {
    let mut world = World::new();
    world.says_everything_twice = true;
    let (mut caller, _) = world.talk();
    world.say(CARRIER, &caller.request("BYE", "", ""));
    let bye = world.request(HANAKO, Method::Bye);
    world.answer(HANAKO, &bye, 200, "");
    world.over();
    let calls: std::collections::BTreeSet<_> = world.records.iter().map(|record| record.call).collect();
    assert_eq!(calls.len(), 1);
}

#[test]
fn r40_a_cancel_that_crosses_an_operators_200_leaves_nothing() {
    let mut world = World::new();
    let mut caller = world.call("0312345678");
    let hanako = world.request(HANAKO, Method::Invite);
    let taro = world.request(TARO, Method::Invite);
    world.answer(HANAKO, &hanako, 180, "");
    world.answer(TARO, &taro, 180, "");
    world.say(CARRIER, &caller.write("CANCEL", 1, "", ""));
    let cancel = world.request(HANAKO, Method::Cancel);
    let other = world.request(TARO, Method::Cancel);
    // Hanako had picked up already.
    world.answer(HANAKO, &hanako, 200, &sdp(30_000));
    world.answer(HANAKO, &cancel, 200, "");
    world.request(HANAKO, Method::Ack);
    let bye = world.request(HANAKO, Method::Bye);
    world.answer(HANAKO, &bye, 200, "");
    world.answer(TARO, &other, 200, "");
    world.answer(TARO, &taro, 487, "");
    world.over();
    assert_eq!(world.records.last().unwrap().ending, "abandoned");
    assert!(world.media.iter().all(|order| !matches!(order, media::Order::StartRecording { .. })));
}

#[test]
fn f44_the_desk_passes_the_caller_on_to_the_mobile() {
    let mut world = World::new();
    let (mut caller, _) = world.talk();
    let call = world.records.last().unwrap().call;
    let transfer = Transfer { mode: TransferMode::Attended, to: None, urgent: false, reason: None };
    world.command(Command::Transfer { call, transfer });
    let invite = world.request(CARRIER, Method::Invite);
    assert!(whole(&invite).starts_with("INVITE sip:09011112222@"), "{invite:?}");
    assert!(text(&invite, "From").contains("0398765432"), "our own number is shown");
    assert!(!whole(&invite).contains("09099998888"), "and the caller's is not");
    world.answer(CARRIER, &invite, 183, "");
    let mobile = world.answer(CARRIER, &invite, 200, &sdp(31_000));
    world.request(CARRIER, Method::Ack);
    world.command(Command::CompleteTransfer { call });
    let bye = world.request(HANAKO, Method::Bye);
    world.answer(HANAKO, &bye, 200, "");
    assert_eq!(
        world.heard().into_iter().rev().take(2).collect::<Vec<_>>(),
        ["mobile hears carrier", "carrier hears mobile"]
    );
    world.say(CARRIER, &caller.request("BYE", "", ""));
    let bye = world.request(CARRIER, Method::Bye);
    assert_eq!(text(&bye, "To"), mobile.local);
    world.answer(CARRIER, &bye, 200, "");
    world.over();
}

#[test]
fn r03_a_refer_to_a_foreign_number_is_refused_and_nothing_is_dialled() {
    let mut world = World::new();
    let (mut caller, mut phone) = world.talk();
    world.say(
        HANAKO,
        &phone.request(
            "REFER",
            "Refer-To: <sip:0101234567890@house.test>\r\nReferred-By: <sip:101@house.test>\r\n",
            "",
        ),
    );
    world.response(HANAKO, 403);
    assert!(world.nothing_sent_to(CARRIER));
    assert!(world.alarms.iter().any(|alarm| alarm.contains("TollFraud")), "{:?}", world.alarms);
    world.say(CARRIER, &caller.request("BYE", "", ""));
    let bye = world.request(HANAKO, Method::Bye);
    world.answer(HANAKO, &bye, 200, "");
    world.over();
}

#[test]
fn a_blind_refer_is_told_how_it_goes_and_ends_in_a_bridge() {
    let mut world = World::new();
    let (mut caller, mut phone) = world.talk();
    world.say(HANAKO, &phone.request("REFER", "Refer-To: <sip:09011112222@house.test>\r\n", ""));
    world.response(HANAKO, 202);
    let notify = world.request(HANAKO, Method::Notify);
    assert!(String::from_utf8_lossy(notify.body()).starts_with("SIP/2.0 100"));
    world.answer(HANAKO, &notify, 200, "");
    let invite = world.request(CARRIER, Method::Invite);
    world.answer(CARRIER, &invite, 200, &sdp(31_000));
    world.request(CARRIER, Method::Ack);
    world.key("mobile", '1');
    let notify = world.request(HANAKO, Method::Notify);
    assert!(String::from_utf8_lossy(notify.body()).starts_with("SIP/2.0 200"));
    world.answer(HANAKO, &notify, 200, "");
    let bye = world.request(HANAKO, Method::Bye);
    world.answer(HANAKO, &bye, 200, "");
    world.say(CARRIER, &caller.request("BYE", "", ""));
    let bye = world.request(CARRIER, Method::Bye);
    world.answer(CARRIER, &bye, 200, "");
    world.over();
}

#[test]
fn an_attended_refer_joins_the_phones_two_calls() {
    let mut world = World::new();
    let (mut caller, mut first) = world.talk();
    let mut second = world.dial(HANAKO, "101", "09011112222");
    let invite = world.request(CARRIER, Method::Invite);
    world.answer(CARRIER, &invite, 180, "");
    world.response(HANAKO, 180);
    world.answer(CARRIER, &invite, 200, &sdp(31_000));
    world.request(CARRIER, Method::Ack);
    let ok = world.response(HANAKO, 200);
    second.learn(&ok);
    world.say(HANAKO, &second.write("ACK", second.cseq, "", ""));
    let (to_tag, from_tag) = (tag(&second.remote), tag(&second.local));
    let replaces = format!("{}%3Bto-tag%3D{to_tag}%3Bfrom-tag%3D{from_tag}", second.call_id);
    let refer_to = format!("Refer-To: <sip:09011112222@house.test?Replaces={replaces}>\r\n");
    world.say(HANAKO, &first.request("REFER", &refer_to, ""));
    world.response(HANAKO, 202);
    let trying = world.request(HANAKO, Method::Notify);
    world.answer(HANAKO, &trying, 200, "");
    let notify = world.request(HANAKO, Method::Notify);
    assert!(String::from_utf8_lossy(notify.body()).starts_with("SIP/2.0 200"));
    world.answer(HANAKO, &notify, 200, "");
    for _ in 0..2 {
        let bye = world.request(HANAKO, Method::Bye);
        world.answer(HANAKO, &bye, 200, "");
    }
    assert_eq!(
        world.heard().into_iter().rev().take(2).collect::<Vec<_>>(),
        ["mobile hears carrier", "carrier hears mobile"]
    );
    world.say(CARRIER, &caller.request("BYE", "", ""));
    let bye = world.request(CARRIER, Method::Bye);
    world.answer(CARRIER, &bye, 200, "");
    world.over();
}

fn tag(address: &str) -> &str {
    address.split("tag=").nth(1).unwrap()
}

#[test]
fn r31_a_phone_that_is_gone_gives_the_caller_to_the_next() {
    let mut world = World::new();
    let (mut caller, _) = world.talk();
    world.silent("hanako", 5);
    world.request(HANAKO, Method::Options);
    world.seconds(4);
    assert!(world.heard().contains(&"carrier hears hold-music".to_owned()));
    let invite = world.request(TARO, Method::Invite);
    world.answer(TARO, &invite, 200, &sdp(32_000));
    assert_eq!(world.heard().last().unwrap(), "taro hears carrier");
    world.say(CARRIER, &caller.request("BYE", "", ""));
    let bye = world.request(TARO, Method::Bye);
    world.answer(TARO, &bye, 200, "");
    world.seconds(60);
    world.over();
}

#[test]
fn r38_an_ack_that_never_comes_frees_everyone_after_32_seconds() {
    let mut world = World::new();
    world.call("0312345678");
    let invite = world.request(HANAKO, Method::Invite);
    world.answer(HANAKO, &invite, 200, &sdp(30_000));
    world.seconds(33);
    let bye = world.request(CARRIER, Method::Bye);
    world.answer(CARRIER, &bye, 200, "");
    let bye = world.request(HANAKO, Method::Bye);
    world.answer(HANAKO, &bye, 200, "");
    world.over();
    assert_eq!(world.records.last().unwrap().ending, "no_ack");
}

#[test]
fn r45_draining_answers_503_with_retry_after() {
    let mut world = World::new();
    world.input(crate::Input::Drain);
    world.call("0312345678");
    world.response(CARRIER, 100);
    let refusal = world.response(CARRIER, 503);
    assert!(refusal.has(Name::RetryAfter));
    world.over();
}

#[test]
fn r45_an_overloaded_house_refuses_new_callers_and_goes_on_with_its_calls() {
    let mut world = World::new();
    let (mut caller, _) = world.talk();
    world.input(crate::Input::Overload { admitted_percent: 10 });
    world.call("0312345678"); // a few are always taken
    world.response(CARRIER, 180);
    let hanako = world.request(TARO, Method::Invite);
    world.call("0312345678");
    let refusal = world.response(CARRIER, 503);
    assert!(refusal.has(Name::RetryAfter));
    world.answer(TARO, &hanako, 180, "");
    world.say(CARRIER, &caller.request("BYE", "", ""));
    world.response(CARRIER, 200);
    world.input(crate::Input::Overload { admitted_percent: 50 });
    world.input(crate::Input::Overload { admitted_percent: 100 });
    assert_eq!(world.alarms, ["OverloadBegan { admitted_percent: 10 }", "OverloadEnded { refused: 1 }"]);
    world.alarms.clear();
    for _ in 0..3 {
        world.call("0312345678");
        world.response(CARRIER, 180);
    }
}

#[test]
fn r01_bans_are_told_and_lifted_by_command() {
    const GUESSER: &str = "203.0.113.66:5060";
    let mut world = World::new();
    world.command(Command::Bans);
    assert_eq!(world.replies.pop(), Some(crate::Reply::Bans(Vec::new())));
    for _ in 0..20 {
        world.guess(GUESSER, "101");
    }
    let source = "203.0.113.66".parse().unwrap();
    let other = "203.0.113.67".parse().unwrap();
    world.command(Command::Bans);
    let Some(crate::Reply::Bans(bans)) = world.replies.pop() else { panic!("bans") };
    assert_eq!(bans.len(), 1);
    assert_eq!((bans[0].source, bans[0].failures, bans[0].reason.as_str()), (source, 20, "passwords"));
    assert!(bans[0].until_ms > 0);
    world.command(Command::ClearBans { source: Some(other) });
    assert_eq!(world.replies.pop(), Some(crate::Reply::Bans(Vec::new())), "it was not banned");
    world.command(Command::ClearBans { source: Some(source) });
    assert_eq!(world.replies.pop(), Some(crate::Reply::Bans(bans)));
    world.guess(GUESSER, "101");
    world.command(Command::ClearBans { source: None });
    assert_eq!(world.replies.pop(), Some(crate::Reply::Bans(Vec::new())));
}

#[test]
fn a_phone_that_registers_is_offered_calls_when_its_operator_is_ready() {
    let mut world = World::new();
    world.command(Command::SetOperatorState { operator: OperatorId(1), ready: false, reason: "昼休み".to_owned() });
    let mut caller = world.call("0312345678");
    world.request(TARO, Method::Invite);
    assert!(world.nothing_sent_to(HANAKO));
    world.command(Command::SetOperatorState { operator: OperatorId(1), ready: true, reason: String::new() });
    let invite = world.request(HANAKO, Method::Invite);
    world.answer(HANAKO, &invite, 486, "");
    world.say(CARRIER, &caller.write("CANCEL", 1, "", ""));
    world.seconds(60);
    world.over();
}

#[test]
fn r32_a_trunk_without_an_address_is_told_with_its_reason_when_that_lasts() {
    let mut world = World::new();
    let told = |world: &World| -> Vec<String> {
        world.alarms.iter().filter(|alarm| alarm.starts_with("Trunk")).cloned().collect()
    };
    world.change_directory(|directory| directory.trunks[0].hops.clear());
    world.seconds(4);
    assert_eq!(told(&world), Vec::<String>::new());
    world.seconds(2);
    assert_eq!(told(&world), ["TrunkDown { trunk: 1, why: \"no address\" }"]);
    world.change_directory(|directory| {
        directory.trunks[0].hops = crate::calls::tests::house_directory().trunks[0].hops.clone();
    });
    world.seconds(60);
    assert_eq!(told(&world)[1..], ["TrunkUp { trunk: 1, down_ms: 6000 }"]);
}
