//! From the INVITE to the first word.

use std::time::Duration;

use acd::{OperatorId, RingPlan};
use endpoint::{Ending, Extractor, LegEvent, LegId, Rejection};

use super::firms::sakura;
use super::house::{House, MOBILE, SAKURA, sdp};
use crate::desk::Command;
use crate::directory::{CustomerId, TransferPolicy};
use crate::media;
use crate::record::CallState;

#[test]
fn f01_a_call_is_answered_in_the_firms_name() {
    let mut house = House::new();
    house.call("A", SAKURA).orders(["180 A", "ring hanako: さくら歯科 <09099998888>"]).hears([]).tells([
        "arrived さくら歯科 81312345678 819099998888",
        "operator 1 busy",
        "pop 1 さくら歯科 さくら歯科でございます",
    ]);
    assert_eq!(house.state("A"), CallState::Queued);
    house.rings("hanako").orders([]).tells(["delivered"]);
    assert_eq!(house.state("A"), CallState::Delivered);
    house.seconds(3);
    house
        .answers("hanako")
        .orders(["200 A"])
        .hears(["A hears hanako", "hanako hears A"])
        .tells(["answered 1 3000"])
        .media("whisper hanako customer/1/name")
        .media("detect hanako true")
        .no_media("relay hanako");
    assert_eq!(house.state("A"), CallState::Established);

    house.seconds(60);
    house.hangs_up("A").orders(["hang up hanako"]).tells(["ended caller_hung_up", "operator 1 working_after_call"]);
    house.everything_is_over();
    let record = house.record("A");
    assert_eq!((record.talk_ms, record.wait_ms, record.operator), (60_000, 3_000, Some(1)));
    assert_eq!(record.recording.as_ref().map(|recording| recording.samples), Some(60_000 * 8), "F48");
    assert!(
        record.recording_stem.starts_with("2026/11/21/20261121-182503_0312345678_sakura-dental_"),
        "{}",
        record.recording_stem
    );
    assert_eq!(
        house.timeline("A"),
        [
            "arrived",
            "ringing",
            "queued",
            "offered",
            "operator_ringing",
            "recording_started",
            "whispered",
            "answered",
            "ended",
            "recording_finished"
        ]
    );
}

#[test]
fn f01_an_unknown_number_gets_the_default_greeting_any_operator_and_an_alarm() {
    let mut house = House::with(sakura(|customer| customer.needs.push("dental".to_owned())));
    house.call("A", "0399990000").orders(["180 A", "ring hanako: 0399990000 <09099998888>"]).tells([
        "arrived  0399990000 819099998888",
        "alarm unknown_number",
        "operator 1 busy",
        "pop 1  お電話ありがとうございます。",
    ]);
    house.answers("hanako").orders(["200 A"]).no_media("whisper");
    house.hangs_up("hanako").orders(["hang up A"]);
    house.everything_is_over();
}

#[test]
fn f02_the_trunks_extractors_decide_and_the_firms_own_number_is_kept() {
    let mut house = House::new();
    let mut incoming = house.incoming("A", "0399990000");
    incoming.dialled.push((Extractor::DiversionTop, "+81312345678".to_owned()));
    incoming.dialled.push((Extractor::DiversionBottom, "0611112222".to_owned()));
    house.arrives("A", incoming);
    let record = house.record("A");
    assert_eq!((record.did.as_str(), record.diverted_from.as_str()), ("81312345678", "81611112222"));
}

#[test]
fn a_withheld_number_is_shown_as_its_reason_and_never_passed_on() {
    let mut house = House::new();
    let mut incoming = house.incoming("A", SAKURA);
    incoming.privacy = true;
    house.arrives("A", incoming).orders(["180 A", "ring hanako: さくら歯科 <anonymous>"]).tells([
        "arrived さくら歯科 81312345678 anonymous",
        "operator 1 busy",
        "pop 1 さくら歯科 さくら歯科でございます",
    ]);
    assert_eq!((house.record("A").caller.as_str(), house.record("A").withheld.as_str()), ("", "anonymous"));
}

#[test]
fn w02_two_operators_answer_at_once_and_one_has_the_call() {
    let mut house = House::with(sakura(|customer| customer.plan = RingPlan::RingAll.into()));
    house.call("A", SAKURA).orders([
        "180 A",
        "ring hanako: さくら歯科 <09099998888>",
        "ring taro: さくら歯科 <09099998888>",
        "ring sachiko: さくら歯科 <09099998888>",
    ]);
    house.answers("taro").orders([
        "200 A",
        "hang up hanako (200 Call completed elsewhere)",
        "hang up sachiko (200 Call completed elsewhere)",
    ]);
    // Hanako's 200 was on its way: the SIP side hears it after our CANCEL.
    house.answers("hanako").orders(["hang up hanako (200 Call completed elsewhere)"]).hears([]);
    house.catch_up();
    assert_eq!(house.operator_state(1), "Ready");
    assert_eq!(house.operator_state(2), "Busy");
    house.hangs_up("A").orders(["hang up taro"]);
    house.everything_is_over();
}

#[test]
fn w03_one_phone_that_refuses_or_dies_does_not_stop_the_others() {
    let mut house = House::with(sakura(|customer| customer.plan = RingPlan::RingAll.into()));
    house.call("A", SAKURA);
    house.rings("taro");
    house.rejects("hanako", 486).orders([]);
    house.rejects("sachiko", 408).orders([]);
    assert_eq!(house.state("A"), CallState::Delivered);
    house.answers("taro").orders(["200 A"]);
    house.hangs_up("taro");
    house.everything_is_over();
}

#[test]
fn the_next_operator_rings_when_one_does_not_answer() {
    let mut house = House::new();
    house.call("A", SAKURA);
    house.rings("hanako");
    house.seconds(9).orders(["hang up hanako", "ring taro: さくら歯科 <09099998888>"]);
    house.rejects("taro", 603).orders(["ring sachiko: さくら歯科 <09099998888>"]);
    house.answers("sachiko").orders(["200 A"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn r40_w05_a_caller_who_gives_up_silences_every_phone_at_once() {
    let mut house = House::with(sakura(|customer| customer.plan = RingPlan::RingAll.into()));
    house.call("A", SAKURA);
    house.rings("hanako");
    house.seconds(4);
    house
        .ends("A", Ending::Cancelled)
        .orders(["hang up hanako", "hang up taro", "hang up sachiko"])
        .tells([
            "pop closed 1 caller_gone",
            "pop closed 2 caller_gone",
            "pop closed 3 caller_gone",
            "alarm abandoned",
            "ended abandoned unanswered",
            "operator 1 ready",
            "operator 2 ready",
            "operator 3 ready",
        ])
        .no_media("record");
    // The CANCEL has crossed hanako's 200.
    house.answers("hanako").orders(["hang up hanako (200 Call completed elsewhere)"]).hears([]);
    house.everything_is_over();
    assert_eq!(house.record("A").no_recording, "none, because nobody answered");
    assert_eq!(house.record("A").wait_ms, 4_000);
}

#[test]
fn r36_calls_in_circles_are_broken() {
    let mut house = House::new();
    let mut spent = house.incoming("A", SAKURA);
    spent.max_forwards = 0;
    house.arrives("A", spent).orders(["483 A"]);
    let mut diverted = house.incoming("B", SAKURA);
    diverted.diversions = 6;
    house.arrives("B", diverted).orders(["482 B"]);
    for (name, own) in [("C", "+81312340000"), ("D", "0398765432")] {
        let mut incoming = house.incoming(name, SAKURA);
        incoming.caller = own.to_owned();
        house.arrives(name, incoming).orders([&*format!("482 {name}")]);
    }
    house.everything_is_over();
}

#[test]
fn hops_are_counted_down() {
    let mut house = House::new();
    let mut incoming = house.incoming("A", SAKURA);
    incoming.max_forwards = 3;
    house.arrives("A", incoming);
    assert_eq!(house.calls.calls[&house.call_id("A")].hops, 2);
}

#[test]
fn r06_an_offer_without_a_common_codec_is_refused_and_leaves_nothing() {
    let mut house = House::new();
    let mut incoming = house.incoming("A", SAKURA);
    incoming.offer = Some("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 96\r\na=rtpmap:96 speex/8000\r\n".into());
    house.arrives("A", incoming).orders(["488 A"]).tells([]);
    let mut broken = house.incoming("B", SAKURA);
    broken.offer = Some("nonsense".into());
    house.arrives("B", broken).orders(["400 B"]).tells([]);
    house.everything_is_over();
}

#[test]
fn a_caller_who_has_no_g711_is_heard_all_the_same() {
    let mut house = House::new();
    let mut incoming = house.incoming("A", SAKURA);
    incoming.offer = Some("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n".into());
    house.arrives("A", incoming);
    house.answers("hanako").orders(["200 A"]).hears(["A hears hanako", "hanako hears A"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn a_caller_without_an_offer_gets_ours_and_is_heard_after_the_ack() {
    let mut house = House::new();
    let mut incoming = house.incoming("A", SAKURA);
    incoming.offer = None;
    house.arrives("A", incoming);
    house.answers("hanako").orders(["200 A"]).hears(["hanako hears A"]);
    let leg = house.leg("A");
    house.on(LegEvent::Acknowledged { leg, body: Some(sdp(20_000, "sendrecv")) }).hears(["A hears hanako"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn a_caller_whose_ack_brings_no_answer_is_let_go() {
    let mut house = House::new();
    let mut incoming = house.incoming("A", SAKURA);
    incoming.offer = None;
    house.arrives("A", incoming);
    house.answers("hanako");
    let leg = house.leg("A");
    house.on(LegEvent::Acknowledged { leg, body: None }).orders(["hang up A", "hang up hanako"]);
    house.everything_is_over();
}

#[test]
fn r38_a_lost_ack_frees_everyone() {
    let mut house = House::talk("A");
    house.seconds(22);
    house.ends("A", Ending::NoAck).orders(["hang up hanako"]);
    house.everything_is_over();
    assert_eq!(house.record("A").ending, "no_ack");
}

#[test]
fn r45_a_draining_switch_takes_no_new_call_and_keeps_the_old_ones() {
    let mut house = House::talk("A");
    house.calls.drain(house.now);
    house.call("B", SAKURA).orders(["503 B"]);
    house.hangs_up("A").orders(["hang up hanako"]);
    house.everything_is_over();
}

#[test]
fn r44_callers_wait_while_all_are_busy_and_are_served_in_turn() {
    let mut house = House::new();
    for (caller, operator) in [("A", "hanako"), ("B", "taro"), ("C", "sachiko")] {
        house.call(caller, SAKURA);
        house.answers(operator);
    }
    house.call("D", SAKURA).orders(["180 D"]);
    house.seconds(1);
    house.call("E", SAKURA).orders(["180 E"]);
    house.hangs_up("B").orders(["hang up taro"]);
    house.command(Command::FinishWrapUp { operator: OperatorId(2) }).orders(["ring taro: さくら歯科 <09099998888>"]);
    house.answers("taro").orders(["200 D"]);
    for caller in ["A", "C", "D"] {
        house.hangs_up(caller);
    }
    house.ends("E", Ending::Cancelled);
    house.everything_is_over();
}

#[test]
fn a_port_that_cannot_be_bound_is_replaced_before_anyone_notices() {
    let mut house = House::new();
    house.call("A", SAKURA);
    let leg = house.leg("A");
    let old = house.calls.calls[&house.call_id("A")].leg(leg).expect("a leg").local;
    house.media(media::Event::LegFailed { leg, why: "in use".to_owned() }).orders([]).media("open");
    let call = &house.calls.calls[&house.call_id("A")];
    let new = call.leg(leg).expect("a leg").local;
    assert_ne!(old, new);
    assert!(String::from_utf8_lossy(&call.answer).contains(&format!("m=audio {} ", new.port())));
    house.answers("hanako").orders(["200 A"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn an_operators_phone_without_a_voice_path_is_passed_over() {
    let mut house = House::new();
    house.call("A", SAKURA);
    let leg = house.leg("hanako");
    house
        .media(media::Event::LegFailed { leg, why: "in use".to_owned() })
        .orders(["hang up hanako", "ring taro: さくら歯科 <09099998888>"]);
    house.ends("A", Ending::Cancelled);
    house.everything_is_over();
}

#[test]
fn an_answer_that_fits_nothing_is_no_answer() {
    let mut house = House::new();
    house.call("A", SAKURA);
    let leg = house.leg("hanako");
    house
        .on(LegEvent::Answered { leg, body: "rubbish".into(), from_ip: super::house::PEER })
        .orders(["hang up hanako", "ring taro: さくら歯科 <09099998888>"]);
    house.answers("taro").orders(["200 A"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn f01_a_thousand_interleaved_calls_to_two_hundred_numbers_ring_with_the_right_name() {
    let mut house = House::with(|directory| {
        for id in 100..300 {
            let name = format!("会社{id}");
            let firm = super::firms::customer(id, &format!("firm-{id}"), &name, TransferPolicy::Never);
            directory.dids.insert(format!("03555{id:05}").parse().expect("a number"), CustomerId(id));
            directory.customers.insert(CustomerId(id), std::sync::Arc::new(firm));
        }
    });
    let mut next = 0_u32;
    let mut served = 0;
    let mut waiting = std::collections::VecDeque::new();
    while served < 1_000 {
        for _ in 0..3 {
            if next < 1_000 {
                let firm = 100 + (next * 77) % 200;
                house.call(&format!("call {next}"), &format!("03555{firm:05}"));
                waiting.push_back((next, firm));
                next += 1;
            }
        }
        house.after(Duration::from_millis(200));
        for id in 1..=3 {
            let operator = house.calls.board.queue.operator(OperatorId(id)).expect("an operator");
            let Some(call) = operator.call.filter(|_| !operator.talking) else { continue };
            let (number, firm) = waiting.pop_front().expect("a caller");
            assert_eq!(house.call_id(&format!("call {number}")), call, "first come, first served");
            let name = super::house::OPERATORS[usize::try_from(id - 1).expect("few")];
            house
                .answers(name)
                .orders([&*format!("200 call {number}")])
                .media(&format!("whisper {name} customer/{firm}/name"));
            assert_eq!(house.record(&format!("call {number}")).customer_name, format!("会社{firm}"));
            house.hangs_up(&format!("call {number}"));
            house.command(Command::FinishWrapUp { operator: OperatorId(id) });
            house.catch_up();
            served += 1;
        }
    }
    assert!(house.elapsed() < Duration::from_secs(3600));
    house.everything_is_over();
}

#[test]
fn r03_an_operators_phone_that_dials_without_a_caller_gets_nowhere() {
    let mut house = House::new();
    house.dials("X", 1, MOBILE).orders(["403 X"]).tells(["alarm toll_fraud"]);
    house.dials("X", 1, "0101234567890").orders(["403 X"]).tells(["alarm toll_fraud"]);
    house.dials("X", 1, "*99").orders(["404 X"]).tells([]);
    house.everything_is_over();
}

#[test]
fn rfc_3311_whom_we_call_may_offer_before_the_answer_and_what_was_agreed_holds() {
    let mut house = House::new();
    house.call("A", SAKURA);
    house.rings("hanako");
    let leg = house.leg("hanako");
    house
        .on(LegEvent::Offer { leg, body: sdp(34_000, "sendrecv") })
        .orders(["accept hanako sendrecv"])
        .media("negotiated hanako send=true receive=true");
    house
        .on(LegEvent::Answered { leg, body: bytes::Bytes::new(), from_ip: super::house::PEER })
        .orders(["200 A"])
        .hears(["A hears hanako", "hanako hears A"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn a_house_without_a_free_port_does_not_blame_its_operators() {
    let mut house = House::new();
    house.call("A", SAKURA).orders(["180 A", "ring hanako: さくら歯科 <09099998888>"]);
    let mut taken = Vec::new();
    while let Some(local) = house.calls.board.open(house.now, LegId(u64::MAX), None) {
        taken.push(local.port());
    }
    // Past the house, which would find that these ports are nobody's, and would tell at once that the leg's one is closed.
    house.peers_are_reliable = false;
    let (leg, now) = (house.leg("hanako"), house.now);
    let rejection =
        Rejection { status: 486, phrase: String::new(), retry_after: None, try_next_trunk: false, cause: None };
    house.calls.leg_event(now, LegEvent::Rejected { leg, rejection });
    let until = now + Duration::from_secs(60);
    while let Some(due) = house.calls.poll_timeout().filter(|due| *due <= until) {
        house.calls.handle_timeout(due);
    }
    house.now = until;
    for port in taken {
        house.calls.board.ports.give_back(until, port);
    }
    let told = house.heard().tells_of();
    assert!(told.iter().filter(|line| *line == "alarm no_port").count() > 3, "asked in vain: {told:?}");
    assert!(!told.contains(&"alarm operator_unreliable".to_owned()), "{told:?}");
    assert!((1..=3).all(|id| !house.operator_state(id).contains("NotReady")), "nobody is to blame");
    house.ends("A", Ending::Cancelled);
    house.everything_is_over();
}
