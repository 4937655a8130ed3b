//! What phones and carriers may say and softphones do not: late offers, reliable provisionals, glare, forks, loops, lost timers. Each
//! message is the test's own.

use std::time::Duration;

use serde_json::json;
use sip::message::{Message, Method, Name};

use crate::support::house::House;
use crate::support::peer::{Dialog, Peer, sdp};
use crate::support::ports;
use crate::support::sipp::{Run, Sipp};

const MOBILE: &str = "09055500101";

/// A caller, an operator's phone and the carrier beyond which the firm's mobile is, all of them the test's.
struct Scene {
    house: House,
    operator: i64,
    caller: Peer,
    phone: Peer,
    carrier: Peer,
}

impl Scene {
    fn new() -> Scene {
        let house = House::start();
        let target = json!({ "ring_seconds": 60, "targets": [{ "name": "x", "number": MOBILE, "ring_seconds": 60 }] });
        house.firm("sakura", "Sakura", "0355500101", target);
        let operator = house.operator("101", 0);
        let (inbound, outbound) = (ports::free_block(2), ports::free_block(2));
        house.trunk("inbound", inbound, json!({ "priority": 9 }));
        house.trunk("outbound", outbound, json!({ "priority": 0, "user": "line", "password": "line-password" }));
        let caller = Peer::bind(inbound, &house.sip);
        let carrier = Peer::bind(outbound, &house.sip);
        let mut phone = Peer::bind(0, &house.sip);
        phone.register(&operator.login, &operator.password);
        house.until_operator(operator.id, "ready");
        Scene { operator: operator.id, house, caller, phone, carrier }
    }

    /// The phone takes the call that rings, and the caller has its 200.
    fn answer(&mut self) -> (Dialog, Dialog) {
        let offered = self.phone.wait_request(&Method::Invite);
        self.phone.reply(&offered, 200, Some(&sdp(40_010)));
        self.phone.wait_request(&Method::Ack);
        let answered = self.caller.response(200, "INVITE");
        let calling = self.caller.caller_dialog(&answered);
        self.caller.ack(&calling);
        self.house.until_call("established");
        (calling, self.phone.callee_dialog(&offered))
    }

    fn talking(&mut self) -> (Dialog, Dialog) {
        self.caller.invite("0355500101", "09011112222", &sdp(40_000));
        self.caller.response(180, "INVITE");
        self.answer()
    }

    /// The caller hangs up, and nothing is left over.
    fn hang_up(mut self, mut calling: Dialog) -> serde_json::Value {
        self.caller.request(&mut calling, &Method::Bye, None);
        self.caller.response(200, "BYE");
        let bye = self.phone.wait_request(&Method::Bye);
        self.phone.reply(&bye, 200, None);
        self.is_clean(1)
    }

    /// The same where others of the call's legs may still be ending, or another record was made.
    fn hang_up_loosely(mut self, mut calling: Dialog) {
        self.caller.request(&mut calling, &Method::Bye, None);
        self.caller.response(200, "BYE");
        let bye = self.phone.wait_request(&Method::Bye);
        self.phone.reply(&bye, 200, None);
        self.house.assert_idle();
        self.house.until_operator(self.operator, "ready");
    }

    fn is_clean(&self, calls: usize) -> serde_json::Value {
        self.house.assert_idle();
        self.house.until_operator(self.operator, "ready");
        self.house.finished(calls)
    }

    /// On to the mobile: the INVITE at the carrier.
    fn transfer(&mut self) -> Message {
        let call = self.house.until_call("established");
        self.house.post(&format!("/calls/{call}/transfer"), json!({ "mode": "attended", "to": null }));
        self.carrier.wait_request(&Method::Invite)
    }
}

fn body(message: &Message) -> String {
    String::from_utf8_lossy(message.body()).into_owned()
}

#[test]
fn a_late_offer_is_answered_with_an_offer_and_the_ack_has_the_answer() {
    let mut scene = Scene::new();
    let invite = scene.caller.invite_request("0355500101", "09011112222").finish();
    scene.caller.send(&invite);
    let offered = scene.phone.wait_request(&Method::Invite);
    scene.phone.reply(&offered, 200, Some(&sdp(40_010)));
    scene.phone.wait_request(&Method::Ack);
    let answered = scene.caller.response(200, "INVITE");
    assert!(body(&answered).contains("m=audio"), "the 200 has the offer: {}", body(&answered));
    let mut calling = scene.caller.caller_dialog(&answered);
    let ack = scene.caller.ack_request(&calling, 1).body("application/sdp", sdp(40_000).as_bytes()).finish();
    scene.caller.send(&ack);
    scene.house.until_call("established");
    // Another one inside the call: a re-INVITE without a body asks for an offer.
    let again = scene.caller.inside(&mut calling, &Method::Invite).finish();
    scene.caller.send(&again);
    let offer = scene.caller.response(200, "INVITE");
    assert!(body(&offer).contains("m=audio"), "{}", body(&offer));
    let cseq = offer.cseq().expect("a CSeq").number;
    let ack = scene.caller.ack_request(&calling, cseq).body("application/sdp", sdp(40_000).as_bytes()).finish();
    scene.caller.send(&ack);
    scene.hang_up(calling);
}

#[test]
fn a_carrier_with_prack_update_hold_and_late_offers_in_one_call_and_many_at_once() {
    const CALLS: u32 = 10;
    let house = House::start();
    house.firm("sakura", "Sakura", "0355500101", json!({ "ring_seconds": 60 }));
    let (phones, registering, carrier) = (ports::free_block(2), ports::free_block(2), ports::free_block(2));
    let accounts: Vec<String> = (0..CALLS)
        .map(|n| {
            let operator = house.operator(&format!("{}", 200 + n), 0);
            let (user, password) = (&operator.login, &operator.password);
            format!("{user};[authentication username={user} password={password}];{phones}")
        })
        .collect();
    house.trunk("carrier", carrier, json!({}));
    let run = |scenario, port, fields| Run {
        scenario,
        server: &house.sip,
        from: "127.0.0.1",
        port,
        fields,
        calls: 0,
        rate: 5,
        more: &[],
    };
    let _answering = Sipp::start(house.root.path(), &run("phones", phones, &[]));
    Sipp::start(house.root.path(), &Run { calls: CALLS, ..run("register", registering, &accounts) })
        .finish(Duration::from_secs(60));
    let calls: Vec<String> = (0..CALLS).map(|n| format!("0355500101;0901{n:07}")).collect();
    Sipp::start(house.root.path(), &Run { calls: CALLS, ..run("carrier_features", carrier, &calls) })
        .finish(Duration::from_secs(60));
    house.assert_idle();
    house.finished(CALLS as usize);
}

#[test]
fn r42_reliable_provisionals_need_their_own_prack_and_no_other() {
    let mut scene = Scene::new();
    let invite = scene.caller.invite_request("0355500101", "09011112222").header(Name::Require, "100rel");
    let invite = invite.body("application/sdp", sdp(40_000).as_bytes()).finish();
    scene.caller.send(&invite);
    let ringing = scene.caller.response(180, "INVITE");
    assert!(ringing.requires("100rel"), "{ringing:?}");
    let rseq = ringing.rseq().expect("an RSeq").expect("an RSeq");
    let mut early = scene.caller.caller_dialog(&ringing);
    let wrong = scene.caller.inside(&mut early, &Method::Prack).header(Name::RAck, format!("{} 1 INVITE", rseq + 7));
    scene.caller.send(&wrong.finish());
    scene.caller.response(481, "PRACK");
    // It comes again until it is acknowledged.
    scene.caller.response(180, "INVITE");
    let right = scene.caller.inside(&mut early, &Method::Prack).header(Name::RAck, format!("{rseq} 1 INVITE")).finish();
    scene.caller.send(&right);
    scene.caller.response(200, "PRACK");
    let (calling, _) = scene.answer();
    scene.hang_up(calling.after(&early));
}

#[test]
fn r42_a_caller_who_never_sends_prack_is_refused_and_leaves_nothing() {
    let mut scene = Scene::new();
    let invite = scene.caller.invite_request("0355500101", "09011112222").header(Name::Require, "100rel");
    let invite = invite.body("application/sdp", sdp(40_000).as_bytes()).finish();
    scene.caller.send(&invite);
    let offered = scene.phone.wait_request(&Method::Invite);
    scene.phone.reply(&offered, 180, None);
    let refused = scene.caller.final_response("INVITE");
    assert!(matches!(refused.status(), Some(500..=599)), "{refused:?}");
    scene.caller.acknowledge_refusal(&invite, &refused);
    let cancel = scene.phone.wait_request(&Method::Cancel);
    scene.phone.reply(&cancel, 200, None);
    scene.phone.reply(&offered, 487, None);
    scene.is_clean(1);
}

#[test]
fn an_update_in_the_early_dialog_is_answered_and_the_call_goes_on() {
    let mut scene = Scene::new();
    scene.caller.invite("0355500101", "09011112222", &sdp(40_000));
    let ringing = scene.caller.response(180, "INVITE");
    let mut early = scene.caller.caller_dialog(&ringing);
    let update = scene.caller.inside(&mut early, &Method::Update).finish();
    scene.caller.send(&update);
    scene.caller.response(200, "UPDATE");
    // An offer while the first is unanswered has to wait (RFC 3311 section 5.2).
    let update =
        scene.caller.inside(&mut early, &Method::Update).body("application/sdp", sdp(40_020).as_bytes()).finish();
    scene.caller.send(&update);
    let status = scene.caller.final_response("UPDATE").status();
    assert!(matches!(status, Some(491 | 500 | 504)), "{status:?}");
    let (calling, _) = scene.answer();
    scene.hang_up(calling.after(&early));
}

#[test]
fn hold_by_an_address_of_zeros_is_hold_and_the_way_back() {
    let mut scene = Scene::new();
    let (calling, mut called) = scene.talking();
    for (offer, state, direction) in [
        (sdp(40_010).replace("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0"), "held", None),
        (sdp(40_010), "established", None),
        (sdp(40_010) + "a=sendonly\r\n", "held", Some("a=recvonly")),
        (sdp(40_010) + "a=inactive\r\n", "held", Some("a=inactive")),
        (sdp(40_010) + "a=sendrecv\r\n", "established", None),
    ] {
        scene.phone.request(&mut called, &Method::Invite, Some(&offer));
        let answered = scene.phone.response(200, "INVITE");
        if let Some(direction) = direction {
            assert!(body(&answered).contains(direction), "{offer}\n{}", body(&answered));
        }
        let cseq = answered.cseq().expect("a CSeq").number;
        scene.phone.ack_of(&called, cseq);
        scene.house.until_call(state);
    }
    scene.hang_up(calling);
}

#[test]
fn r41_a_second_reinvite_before_the_end_of_the_first_is_told_to_wait() {
    let mut scene = Scene::new();
    let (calling, mut called) = scene.talking();
    let first = scene
        .phone
        .inside(&mut called, &Method::Invite)
        .body("application/sdp", (sdp(40_010) + "a=sendonly\r\n").as_bytes());
    let second = scene.phone.inside(&mut called, &Method::Invite).body("application/sdp", sdp(40_012).as_bytes());
    let (first, second) = (first.finish(), second.finish());
    scene.phone.send(&first);
    scene.phone.send(&second);
    let mut statuses = [0, 0];
    for _ in 0..2 {
        let answer = scene.phone.final_response("INVITE");
        let cseq = answer.cseq().expect("a CSeq").number;
        let at = usize::from(cseq == second.cseq().expect("a CSeq").number);
        statuses[at] = answer.status().expect("a status");
        if statuses[at] == 200 {
            scene.phone.ack_of(&called, cseq);
        } else {
            assert!(answer.has(Name::RetryAfter), "{answer:?}");
            scene.phone.acknowledge_refusal(&second, &answer);
        }
    }
    // The first was answered at once, or the second came too early.
    assert!(statuses == [200, 200] || statuses == [200, 500], "{statuses:?}");
    scene.hang_up(calling);
}

#[test]
fn r35_a_merged_request_is_482_and_one_call() {
    let mut scene = Scene::new();
    let invite = scene.caller.invite("0355500101", "09011112222", &sdp(40_000));
    scene.caller.response(180, "INVITE");
    let other = String::from_utf8_lossy(invite.bytes()).replace("branch=z9hG4bK", "branch=z9hG4bKother");
    scene.caller.send_bytes(other.as_bytes());
    scene.caller.response(482, "INVITE");
    assert_eq!(scene.house.calls_now().len(), 1);
    let (calling, _) = scene.answer();
    scene.hang_up(calling);
}

#[test]
fn r36_a_mobile_that_forwards_back_to_the_firm_makes_no_endless_loop() {
    let mut scene = Scene::new();
    let (calling, _) = scene.talking();
    let mut invites = vec![scene.transfer()];
    // The carrier forwards it back as a proxy does: the same call, one more Via; then as an exchange does: a call of its own.
    let outgoing = invites[0].clone();
    let text = String::from_utf8_lossy(outgoing.bytes()).into_owned();
    let line = text.lines().next().expect("a request").to_owned();
    let via = format!("INVITE sip:0355500101@{} SIP/2.0\r\nVia: {}", scene.house.sip, scene.carrier.via());
    scene.carrier.send_bytes(text.replacen(&line, &via, 1).as_bytes());
    let refused = scene.carrier.final_response("INVITE");
    assert_eq!(refused.status(), Some(482), "{refused:?}");
    let mut back = scene.carrier.invite_request("0355500101", "09099998888");
    for hop in 0..6 {
        back = back.header(
            Name::Diversion,
            format!("<sip:{MOBILE}@carrier.example>;reason=unconditional;counter={}", hop + 1),
        );
    }
    let back = back.body("application/sdp", sdp(40_000).as_bytes()).finish();
    scene.carrier.send(&back);
    let refused = scene.carrier.final_response("INVITE");
    assert!(matches!(refused.status(), Some(480 | 482 | 483 | 486)), "{refused:?}");
    scene.carrier.acknowledge_refusal(&back, &refused);
    scene.carrier.reply(&outgoing, 486, None);
    let more = scene.carrier.everything(Duration::from_secs(1));
    invites.extend(more.into_iter().filter(|m| m.is_request() && m.method() == Method::Invite));
    let calls: std::collections::HashSet<_> =
        invites.iter().map(|m| m.call_id().expect("a Call-ID").to_owned()).collect();
    assert!(calls.len() <= 3, "{calls:?}");
    scene.hang_up_loosely(calling);
}

#[test]
fn r16_nobody_who_challenges_our_bye_gets_credentials() {
    let mut scene = Scene::new();
    let (mut calling, _) = scene.talking();
    scene.caller.request(&mut calling, &Method::Bye, None);
    scene.caller.response(200, "BYE");
    let bye = scene.phone.wait_request(&Method::Bye);
    let signed = |m: &Message| m.is_request() && (m.has(Name::Authorization) || m.has(Name::ProxyAuthorization));
    assert!(!signed(&bye), "{bye:?}");
    let challenge = "Digest realm=\"denwaban\", nonce=\"abc\", algorithm=MD5, qop=\"auth\"";
    let answer = scene.phone.answer(&bye, 401, &scene.phone.tag()).raw_header("WWW-Authenticate", challenge);
    let answer = answer.raw_header("Proxy-Authenticate", challenge).finish();
    scene.phone.send(&answer);
    assert!(!scene.phone.sees(Duration::from_secs(1), signed), "credentials for whoever asks");
    scene.is_clean(1);
}

#[test]
fn a_redirect_of_a_carrier_is_not_followed_to_whatever_number_it_names() {
    let mut scene = Scene::new();
    let (calling, _) = scene.talking();
    let invite = scene.transfer();
    let tag = scene.carrier.tag();
    let mut victim = Peer::bind(0, &scene.house.sip);
    let moved = sip::message::MessageBuilder::reply(&invite, 302, "Moved Temporarily", Some(&tag))
        .header(Name::Contact, format!("<sip:0101234567@{}>", victim.host()))
        .finish();
    scene.carrier.send(&moved);
    scene.carrier.wait_request(&Method::Ack);
    assert!(!victim.sees(Duration::from_secs(1), |m| m.is_request()), "nothing goes there");
    scene.house.until_call("established");
    scene.hang_up(calling);
}

#[test]
fn r32_a_503_with_retry_after_keeps_the_trunk_alone_for_so_long() {
    let mut scene = Scene::new();
    let (calling, _) = scene.talking();
    let invite = scene.transfer();
    let tag = scene.carrier.tag();
    let busy = scene.carrier.answer(&invite, 503, &tag).header(Name::RetryAfter, "600").finish();
    scene.carrier.send(&busy);
    scene.carrier.wait_request(&Method::Ack);
    let call = scene.house.until_call("established");
    let again = json!({ "mode": "attended", "to": null });
    scene.house.ask("POST", &format!("/calls/{call}/transfer"), Some(&again));
    let asked = |m: &Message| m.is_request() && m.method() == Method::Invite;
    assert!(!scene.carrier.sees(Duration::from_secs(1), asked), "it asked to be left alone");
    scene.hang_up_loosely(calling);
}

#[test]
fn r39_every_late_200_of_a_fork_is_acknowledged_and_one_call_is_kept() {
    let mut scene = Scene::new();
    scene.caller.invite("0355500101", "09011112222", &sdp(40_000));
    let offered = scene.phone.wait_request(&Method::Invite);
    // One INVITE, two devices behind it: both answer.
    for tag in ["one", "two"] {
        let ok = scene.phone.answer(&offered, 200, tag).body("application/sdp", sdp(40_010).as_bytes()).finish();
        scene.phone.send(&ok);
    }
    let mut acknowledged = Vec::new();
    for _ in 0..2 {
        let ack = scene.phone.wait_request(&Method::Ack);
        acknowledged.push(ack.to().expect("a To").tag().expect("a tag").to_owned());
    }
    acknowledged.sort();
    assert_eq!(acknowledged, ["one", "two"]);
    let bye = scene.phone.wait_request(&Method::Bye);
    assert_eq!(bye.to().expect("a To").tag(), Some("two"), "the one that came second is ended");
    scene.phone.reply(&bye, 200, None);
    let answered = scene.caller.response(200, "INVITE");
    let calling = scene.caller.caller_dialog(&answered);
    scene.caller.ack(&calling);
    scene.house.until_call("established");
    assert!(!scene.phone.sees(Duration::from_secs(1), |m| m.is_request() && m.method() == Method::Bye), "one BYE");
    scene.hang_up(calling);
}

#[test]
fn r34_a_call_whose_parties_vanish_without_a_word_is_freed() {
    let mut scene = Scene::new();
    scene.talking();
    // From now on nobody says or answers anything, and there was never any voice.
    let Scene { house, operator, caller, phone, carrier } = scene;
    crate::support::until("the call is freed", Duration::from_secs(75), || house.calls_now().is_empty().then_some(()));
    house.finished(1);
    let now = house.get("/now");
    let busy = now["operators"]
        .as_array()
        .expect("operators")
        .iter()
        .any(|o| o["operator"] == operator && o["state"] == "busy");
    assert!(!busy, "{now}");
    drop((caller, phone, carrier));
}

#[test]
fn r34_a_session_timer_that_is_too_short_is_told_so_and_one_of_90_seconds_is_granted_and_refreshed_by_update() {
    let mut scene = Scene::new();
    let invite = scene.caller.invite_request("0355500101", "09011112222");
    // Too short is told; 90 s is the least that RFC 4028 allows.
    let short = invite.header(Name::SessionExpires, "30").header(Name::Supported, "timer");
    let short = short.body("application/sdp", sdp(40_000).as_bytes()).finish();
    scene.caller.send(&short);
    let refused = scene.caller.response(422, "INVITE");
    assert!(refused.has(Name::MinSe), "{refused:?}");
    scene.caller.acknowledge_refusal(&short, &refused);
    let invite = scene.caller.invite_request("0355500101", "09011113333");
    let invite = invite.header(Name::SessionExpires, "90;refresher=uac").header(Name::Supported, "timer");
    let invite = invite.body("application/sdp", sdp(40_000).as_bytes()).finish();
    scene.caller.send(&invite);
    let offered = scene.phone.wait_request(&Method::Invite);
    scene.phone.reply(&offered, 200, Some(&sdp(40_010)));
    scene.phone.wait_request(&Method::Ack);
    let answered = scene.caller.response(200, "INVITE");
    let granted = answered.text(Name::SessionExpires).expect("a session timer").into_owned();
    assert!(granted.starts_with("90") && granted.contains("refresher=uac"), "{granted}");
    let mut calling = scene.caller.caller_dialog(&answered);
    scene.caller.ack(&calling);
    scene.house.until_call("established");
    // A refresh by UPDATE, as many carriers do.
    let refresh = scene.caller.inside(&mut calling, &Method::Update).header(Name::SessionExpires, "90;refresher=uac");
    scene.caller.send(&refresh.header(Name::Supported, "timer").finish());
    let refreshed = scene.caller.response(200, "UPDATE");
    assert!(refreshed.has(Name::SessionExpires), "{refreshed:?}");
    scene.hang_up(calling);
}
