//! Attacks on the voice path of the real binary, and what is noticed of a voice that does not come (RESILIENCE R11-R13, R33).

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use serde_json::json;
use sip::message::{Message, Method};

use crate::support::audio::{CALLER_HZ, OPERATOR_HZ, assert_hears_only, channel, power, seconds_of};
use crate::support::house::House;
use crate::support::pause;
use crate::support::peer::{Dialog, Peer};
use crate::support::sipp::Crowd;
use crate::support::voice::{SPRAY_HZ, Spray, Voice, frame};

const A_WHILE: Duration = Duration::from_millis(3500);

/// A window of 100 ms in which the sprayer is heard: a thousandth of its power.
pub fn sprayed(samples: &[i16]) -> usize {
    samples.chunks_exact(800).filter(|window| power(window, SPRAY_HZ) > 6e-5).count()
}

#[test]
fn r11_a_voice_sprayed_over_all_ports_during_twenty_calls_gets_nothing_back_and_is_in_no_recording() {
    const CALLS: usize = 20;
    let house = House::start();
    house.firm("sakura", "Sakura", "0355500101", json!({}));
    // Before the calls: whoever is heard first must not be whom we listen to.
    let spray = Spray::start("127.0.0.66", house.rtp.clone());
    // Longer than the slowest of them may take to be answered: there is a moment at which all talk.
    let crowd = Crowd::talking(&house, CALLS, Duration::from_secs(20));
    crowd.finish();
    let (sent, returned) = spray.stop();
    assert!(sent > 4_000, "the spray was one: {sent} packets");
    assert_eq!(returned, 0, "of {sent} packets");
    house.finished(CALLS);
    let list = house.get("/calls?limit=100");
    for call in list["calls"].as_array().expect("calls") {
        let call = house.get(&format!("/calls/{}", call["call"].as_str().expect("a call")));
        let file = house.recording(&call);
        let (left, right) = (channel(&file, 0), channel(&file, 1));
        assert_eq!((sprayed(&left), sprayed(&right)), (0, 0), "{call}");
        let heard = (seconds_of(&left, CALLER_HZ), seconds_of(&right, OPERATOR_HZ));
        assert!(heard.0 > 2.0 && heard.1 > 2.0, "{heard:?} s of voice in {call}");
    }
    house.assert_idle();
}

/// Where a description wants its voice.
pub fn address_in(message: &Message) -> SocketAddr {
    let body = String::from_utf8_lossy(message.body()).into_owned();
    let port = body.lines().find_map(|line| line.strip_prefix("m=audio ")?.split(' ').next()?.parse().ok());
    SocketAddr::from(([127, 0, 0, 1], port.unwrap_or_else(|| panic!("no port in {body}"))))
}

/// A caller whose signalling and voice are two sockets of ours talks with the operator: where its voice goes.
fn talks(carrier: &mut Peer, voice: &mut Voice) -> (Dialog, SocketAddr) {
    carrier.invite("0355500101", "09011112222", &voice.sdp("RTP/AVP", ""));
    let answer = carrier.response(200, "INVITE");
    let dialog = carrier.caller_dialog(&answer);
    carrier.ack(&dialog);
    let to = address_in(&answer);
    voice.speak(to, CALLER_HZ, None);
    (dialog, to)
}

#[test]
fn r12_forged_voice_goodbyes_and_noise_change_nothing_of_a_call() {
    let (house, operator, trunk) = House::small();
    let mut phone = house.phone(&operator, OPERATOR_HZ, true);
    let mut carrier = Peer::bind(trunk, &house.sip);
    let mut voice = Voice::bind();
    let (mut dialog, to) = talks(&mut carrier, &mut voice);
    phone.wait("CALL_ESTABLISHED");
    pause(A_WHILE);
    let control = SocketAddr::new(to.ip(), to.port() + 1);
    // Strangers, one of them on the caller's own machine: with the caller's SSRC and with another.
    for from in ["127.0.0.66", "127.0.0.1"] {
        let stranger = UdpSocket::bind((from, 0)).expect("a socket");
        for number in 0..500 {
            for ssrc in [voice.ssrc, 0xBAD5_5BC0] {
                let mut packet = [0; 172];
                frame(&mut packet, ssrc, number, SPRAY_HZ);
                let _ = stranger.send_to(&packet, to);
            }
            if number % 20 == 0 {
                pause(Duration::from_millis(2));
            }
        }
    }
    // The caller's own address: a goodbye for its voice and one for all voices, and bytes that are nothing.
    for ssrc in [voice.ssrc, 0xBAD5_5BC0] {
        let goodbye = rtp::rtcp::Compound::report(ssrc, None, None, "forged", true);
        for place in [to, control] {
            voice.send(place, goodbye.as_bytes());
        }
    }
    for length in 0..400 {
        let noise: Vec<u8> = (0..length).map(|n| (n * 37 + length * 11) as u8).collect();
        voice.send(to, &noise);
        voice.send(control, &noise);
    }
    pause(A_WHILE);
    assert_eq!(house.calls_now().len(), 1, "the call goes on");
    carrier.request(&mut dialog, &Method::Bye, None);
    phone.wait("CALL_CLOSED");
    let record = house.finished(1);
    let file = house.recording(&record);
    let (left, right) = (channel(&file, 0), channel(&file, 1));
    assert_hears_only(&left, CALLER_HZ, "the recording's left");
    assert_eq!((sprayed(&left), sprayed(&right)), (0, 0));
    assert!(seconds_of(&right, OPERATOR_HZ) > 2.5);
    let heard = &phone.heard()[0];
    assert_eq!(sprayed(heard), 0, "the operator hears the caller alone");
    assert!(seconds_of(heard, CALLER_HZ) > 2.5);
    assert!(seconds_of(&voice.heard(), OPERATOR_HZ) > 2.5, "the caller hears the operator");
    house.assert_idle();
}

#[test]
fn r33_a_party_of_whom_nothing_is_heard_is_told_within_5_seconds_and_kept_with_the_call() {
    let (house, operator, trunk) = House::small();
    let mut phone = Peer::bind(0, &house.sip);
    phone.register(&operator.login, &operator.password);
    house.until_operator(operator.id, "ready");
    let mut carrier = Peer::bind(trunk, &house.sip);
    let (mute, mut voice) = (Voice::bind(), Voice::bind());
    let mut alarms = house.events();
    carrier.invite("0355500101", "09011112222", &voice.sdp("RTP/AVP", ""));
    let invite = phone.wait_request(&Method::Invite);
    // It answers, and never says a word.
    phone.reply(&invite, 200, Some(&mute.sdp("RTP/AVP", "")));
    let answer = carrier.response(200, "INVITE");
    let mut dialog = carrier.caller_dialog(&answer);
    carrier.ack(&dialog);
    voice.speak(address_in(&answer), CALLER_HZ, None);
    let alarm = alarms.wait(|event| event["event"]["alarm"] == "one_way_audio");
    assert_eq!(alarm["event"]["leg"], "operator", "{alarm}");
    carrier.request(&mut dialog, &Method::Bye, None);
    let record = house.finished(1);
    let events = record["events"].as_array().cloned().unwrap_or_default();
    let silent = events.iter().find(|event| event["kind"] == "silent").unwrap_or_else(|| panic!("{events:#?}"));
    assert_eq!((&silent["detail"]["leg"], &silent["detail"]["seconds"]), (&json!("operator"), &json!(3)), "{silent}");
}
