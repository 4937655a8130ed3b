//! Legs keyed by DTLS: browsers, which ICE finds, and phones without ICE. The far end is `dimpl` as the client (or the
//! server), with checks and SRTP written here; a real Chromium and a real baresip are in `tests/calls`.

use std::cell::RefCell;
use std::io::Read;
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use ice::stun::{Class, Key, Role, Writer};
use sdp::Codec::Pcmu;
use switch::media::{Dtls, Event, Ice, LegMedia, Order, Security, Side, Source};

use super::house::*;
use crate::clock::{self, Epoch, MILLISECOND};
use crate::handshake::{Certificate, Failure, Keys, Session};

/// What a browser has besides a phone's voice.
struct Browser {
    session: Session,
    epoch: Epoch,
    ice: Option<Ice>,
    checks: u8,
    failed: Option<Failure>,
    /// Sizes of the DTLS datagrams that it sent.
    sent: Vec<usize>,
}

/// How a browser is made.
#[derive(Clone, Copy)]
struct Make {
    by_ice: bool,
    /// It is the DTLS client.
    active: bool,
    mtu: usize,
    /// It shows the certificate that its SDP promised.
    honest: bool,
}

const BROWSER: Make = Make { by_ice: true, active: true, mtu: 1150, honest: true };
const PHONE: Make = Make { by_ice: false, ..BROWSER };

fn browser(house: &House, make: Make) -> (Phone, Browser, LegMedia) {
    let certificate = Certificate::make().unwrap();
    let shown = if make.honest { &certificate } else { &Certificate::make().unwrap() };
    let ice = make.by_ice.then(|| Ice {
        local_ufrag: "here".into(),
        local_password: "here-password-0123456789".into(),
        remote_ufrag: "there".into(),
        remote_password: "there-password-0123456789".into(),
    });
    let terms = |phone: &Phone| LegMedia {
        rtcp_mux: make.by_ice,
        security: Security::Dtls(Box::new(Dtls {
            fingerprint: certificate.fingerprint,
            active: !make.active,
            ice: ice.clone(),
        })),
        // ICE finds it, wherever its SDP says it is.
        remote: if make.by_ice { "0.0.0.0:9".parse().unwrap() } else { phone.socket.local_addr().unwrap() },
        ..phone.media()
    };
    let mut phone = house.phone_with(OPERATOR, Side::Ours, Pcmu, 1100.0, terms);
    phone.wire = Some(RefCell::default());
    let media = terms(&phone);
    let browser = Browser::new(house, shown, make, ice);
    (phone, browser, media)
}

impl Browser {
    fn new(house: &House, certificate: &Certificate, make: Make, ice: Option<Ice>) -> Self {
        let config = Arc::new(dimpl::Config::builder().mtu(make.mtu).max_queue_tx(100).build().unwrap());
        let epoch = Epoch::new();
        let (identity, now) = (certificate.identity.clone(), epoch.instant(clock::now()));
        let session = Session::new(config, identity, house.media.fingerprint(), make.active, now);
        Self { session, epoch, ice, checks: 0, failed: None, sent: Vec::new() }
    }

    /// Looks at what came, and goes on.
    fn step(&mut self, phone: &mut Phone) {
        phone.listen();
        let came = std::mem::take(&mut phone.wire.as_ref().unwrap().borrow_mut().dtls);
        self.turn(phone, None);
        for datagram in came {
            self.turn(phone, Some(&datagram));
        }
    }

    fn turn(&mut self, phone: &Phone, datagram: Option<&[u8]>) {
        if self.failed.is_some() {
            return;
        }
        let now = self.epoch.instant(clock::now());
        let sent = &mut self.sent;
        let turn = self.session.turn(now, datagram, &mut |datagram| {
            sent.push(datagram.len());
            phone.socket.send_to(datagram, phone.to).unwrap();
        });
        match turn {
            Ok(turn) => {
                if let Some(Keys { send, receive }) = turn.keys {
                    phone.wire.as_ref().unwrap().borrow_mut().keys = Some((send, receive));
                }
            }
            Err(failure) => self.failed = Some(failure),
        }
    }

    /// Sends a check, with USE-CANDIDATE, from a socket.
    fn check(&mut self, socket: &UdpSocket, to: SocketAddr, password: &str) {
        let ice = self.ice.as_ref().unwrap();
        let mut out = [0; 200];
        self.checks += 1;
        let name = format!("{}:{}", ice.local_ufrag, ice.remote_ufrag);
        let length = Writer::new(&mut out, Class::Request, [self.checks; 12])
            .username(name.as_bytes())
            .priority(1)
            .role(Role::Controlling(7))
            .use_candidate()
            .integrity(&Key::new(password))
            .fingerprint()
            .finish()
            .unwrap();
        socket.send_to(&out[..length], to).unwrap();
    }

    fn nominate(&mut self, phone: &mut Phone) {
        let password = self.ice.clone().unwrap().local_password;
        self.check(&phone.socket, phone.to, &password);
        wait("an answer to the check", || {
            phone.listen();
            !phone.wire.as_ref().unwrap().borrow().stun.is_empty()
        });
    }

    fn shake_hands(&mut self, phone: &mut Phone) {
        wait("keys", || {
            self.step(phone);
            assert_eq!(self.failed, None);
            phone.wire.as_ref().unwrap().borrow().keys.is_some()
        });
    }
}

/// Waits until something is so; fails after a long time.
fn wait(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..4000 {
        if done() {
            return;
        }
        clock::sleep_until(clock::now() + 5 * MILLISECOND);
    }
    panic!("never: {what}");
}

fn pause(milliseconds: u64) {
    clock::sleep_until(clock::now() + milliseconds * MILLISECOND);
}

fn hear_each_other(caller: &mut Phone, operator: &mut Phone) {
    talk_until(&mut [caller, operator], "both hear", |phones| {
        phones[0].hears(1100.0, 1600) > LOUD && phones[1].hears(700.0, 1600) > LOUD
    });
}

/// All came sealed.
fn assert_nothing_in_the_clear(phone: &Phone) {
    assert_eq!(phone.wire.as_ref().unwrap().borrow().refused, 0);
}

#[test]
fn a_browser_is_found_by_ice_keyed_by_dtls_and_heard() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let (mut operator, mut browser, _) = browser(&house, BROWSER);
    house.bridge(CALLER, OPERATOR);
    talk(&mut [&mut caller, &mut operator], 200);
    assert!(operator.heard.is_empty(), "nothing before it is found");
    browser.nominate(&mut operator);
    browser.shake_hands(&mut operator);
    hear_each_other(&mut caller, &mut operator);
    assert_nothing_in_the_clear(&operator);
    wait("a report on the one port", || {
        operator.listen();
        !operator.wire.as_ref().unwrap().borrow().reports.is_empty()
    });
    assert!(operator.rtcp.recv_from(&mut [0; 100]).is_err());
}

#[test]
fn a_client_hello_in_pieces_is_put_together() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let (mut operator, mut browser, _) = browser(&house, Make { mtu: 80, ..BROWSER });
    house.bridge(CALLER, OPERATOR);
    browser.nominate(&mut operator);
    browser.turn(&operator, None);
    assert!(browser.sent.len() >= 2, "{:?}", browser.sent);
    browser.shake_hands(&mut operator);
    hear_each_other(&mut caller, &mut operator);
}

#[test]
fn we_may_be_the_dtls_client() {
    for make in [BROWSER, PHONE] {
        let house = House::new();
        let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
        let (mut operator, mut browser, _) = browser(&house, Make { active: false, ..make });
        house.bridge(CALLER, OPERATOR);
        if make.by_ice {
            browser.nominate(&mut operator);
        }
        browser.shake_hands(&mut operator);
        hear_each_other(&mut caller, &mut operator);
        assert_nothing_in_the_clear(&operator);
    }
}

#[test]
fn a_prompt_waits_for_the_keys_and_is_heard_from_its_beginning() {
    let house = House::new();
    let (mut operator, mut browser, _) = browser(&house, BROWSER);
    house.play(OPERATOR, "low", false);
    pause(300);
    assert!(!house.told().iter().any(|event| matches!(event, Event::PromptEnded { .. })));
    browser.nominate(&mut operator);
    browser.shake_hands(&mut operator);
    house.wait(|event| matches!(event, Event::PromptEnded { leg: OPERATOR, missing: false, .. }));
    operator.listen();
    // 4,000 samples of tone, of which a little may have gone before our own keys were there.
    let tone = operator.heard.chunks(160).filter(|frame| rtp::dtmf::power(frame, 500.0) > LOUD / 10.0).count();
    assert!(tone >= 20, "{tone} frames of 25");
}

#[test]
fn r14_a_hello_from_anywhere_else_is_neither_answered_nor_in_the_way() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let (mut operator, mut browser, _) = browser(&house, BROWSER);
    house.bridge(CALLER, OPERATOR);
    let stranger = UdpSocket::bind(house.address(66, 4000)).unwrap();
    stranger.set_nonblocking(true).unwrap();
    // A ClientHello with a cipher that hides nothing, before the browser, in between, and after it.
    let (hello, to) = (hello_with_null_cipher(), operator.to);
    let race = |what: &str| {
        for _ in 0..50 {
            stranger.send_to(&hello, to).unwrap();
        }
        pause(50);
        assert!(stranger.recv_from(&mut [0; 2000]).is_err(), "answered {what}");
    };
    race("before ICE");
    browser.check(&stranger, to, "a guess");
    race("after a check with a wrong password");
    browser.nominate(&mut operator);
    race("during the handshake");
    browser.shake_hands(&mut operator);
    race("after it");
    hear_each_other(&mut caller, &mut operator);
    // Even from the browser's own address.
    for _ in 0..100 {
        operator.socket.send_to(&hello, operator.to).unwrap();
    }
    caller.forget();
    operator.forget();
    hear_each_other(&mut caller, &mut operator);
    assert!(house.close(OPERATOR).strangers >= 200);
}

#[test]
fn r14_without_ice_a_stranger_on_the_peers_machine_who_is_first_does_not_keep_it_out() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let (mut operator, mut phone, _) = browser(&house, PHONE);
    // Someone else with a DTLS of his own, behind the same address.
    let mut other = Browser::new(&house, &Certificate::make().unwrap(), PHONE, None);
    let mut elsewhere =
        Phone::new(SocketAddr::new(operator.socket.local_addr().unwrap().ip(), 7000), operator.to, Pcmu, 1900.0);
    elsewhere.wire = Some(RefCell::default());
    house.bridge(CALLER, OPERATOR);
    wait("the stranger's end", || {
        other.step(&mut elsewhere);
        other.sent.len() >= 4
    });
    phone.shake_hands(&mut operator);
    hear_each_other(&mut caller, &mut operator);
    elsewhere.listen();
    assert!(elsewhere.heard.is_empty());
    assert!(elsewhere.wire.as_ref().unwrap().borrow().keys.is_none(), "his certificate is not the one in the SDP");
}

#[test]
fn another_certificate_than_the_sdp_promised_gets_no_keys_and_no_voice() {
    for make in [BROWSER, PHONE] {
        let house = House::new();
        let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
        let (mut operator, mut browser, _) = browser(&house, Make { honest: false, ..make });
        house.bridge(CALLER, OPERATOR);
        if make.by_ice {
            browser.nominate(&mut operator);
        }
        for _ in 0..100 {
            browser.step(&mut operator);
            caller.say();
            pause(5);
        }
        let wire = operator.wire.as_ref().unwrap().borrow();
        assert!(wire.keys.is_none() && wire.refused == 0 && operator.heard.is_empty());
        // It is told as what it is for those in the call: nothing is heard.
        house.wait(|event| matches!(event, Event::Silent { leg: OPERATOR, seconds: 3 }));
    }
}

#[test]
fn r30_a_browser_that_moves_takes_its_keys_along() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let (mut operator, mut browser, _) = browser(&house, BROWSER);
    house.bridge(CALLER, OPERATOR);
    browser.nominate(&mut operator);
    browser.shake_hands(&mut operator);
    hear_each_other(&mut caller, &mut operator);
    // Another network; the same ICE, the same keys.
    let elsewhere = UdpSocket::bind(house.address(99, 7000)).unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let old = std::mem::replace(&mut operator.socket, elsewhere);
    operator.say();
    talk(&mut [&mut caller], 100);
    assert!(old.recv_from(&mut [0; 2000]).is_ok(), "not before it is nominated");
    operator.forget();
    for _ in 0..3 {
        browser.nominate(&mut operator);
        operator.wire.as_ref().unwrap().borrow_mut().stun.clear();
    }
    caller.forget();
    hear_each_other(&mut caller, &mut operator);
}

#[test]
fn a_new_offer_with_the_same_certificate_keeps_the_keys_and_a_restart_of_ice_the_way() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let (mut operator, mut browser, media) = browser(&house, BROWSER);
    house.bridge(CALLER, OPERATOR);
    browser.nominate(&mut operator);
    browser.shake_hands(&mut operator);
    hear_each_other(&mut caller, &mut operator);
    let Security::Dtls(mut dtls) = media.security.clone() else { unreachable!() };
    dtls.active = true;
    dtls.ice.as_mut().unwrap().remote_ufrag = "again".into();
    // The address in the SDP is another one, too: ICE has the say.
    let remote = house.address(50, 5000);
    house.order(Order::Negotiated {
        leg: OPERATOR,
        media: LegMedia { security: Security::Dtls(dtls), remote, ..media },
    });
    house.order(Order::Hear { leg: OPERATOR, source: Source::Leg(CALLER) });
    caller.forget();
    operator.forget();
    hear_each_other(&mut caller, &mut operator);
    assert_nothing_in_the_clear(&operator);
}

/// A DTLS 1.2 ClientHello that offers `TLS_RSA_WITH_NULL_SHA` alone (CVE-2023-49786).
fn hello_with_null_cipher() -> Vec<u8> {
    let mut body = vec![0xFE, 0xFD];
    body.extend([7; 32]);
    body.extend([0, 0, 0, 2, 0, 2, 1, 0, 0, 0]);
    let length = u8::try_from(body.len()).unwrap();
    let mut hello = vec![22, 0xFE, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, length + 12];
    hello.extend([1, 0, 0, length, 0, 0, 0, 0, 0, 0, 0, length]);
    hello.extend(body);
    hello
}

/// A program that ends with the test, however that ends.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What OpenSSL says, to the keys and the end of their paragraph; panics if they do not come.
fn keying_material(mut out: ChildStdout) -> String {
    let (sender, said) = sync_channel(1);
    std::thread::spawn(move || {
        let (mut said, mut buffer) = (String::new(), [0; 4096]);
        while !said.contains("Keying material: ") || !said.trim_end().ends_with("---") {
            match out.read(&mut buffer) {
                Ok(length) if length > 0 => said.push_str(&String::from_utf8_lossy(&buffer[..length])),
                _ => break,
            }
        }
        let _ = sender.send(said);
    });
    let said = said.recv_timeout(DEADLINE).expect("OpenSSL shakes hands in time");
    assert!(said.contains("Keying material: "), "{said}");
    said
}

/// An opinion that is not ours: OpenSSL as the DTLS client, and its idea of the keys.
#[test]
fn openssl_shakes_hands_and_exports_the_same_keys() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let folder = house.folder.path().to_owned();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=phone"])
        .args(["-keyout", "key.pem", "-out", "certificate.pem"])
        .current_dir(&folder)
        .stderr(Stdio::null())
        .status();
    assert!(made.unwrap().success());
    let der = Command::new("openssl")
        .args(["x509", "-in", "certificate.pem", "-outform", "der"])
        .current_dir(&folder)
        .output();
    let fingerprint = crate::handshake::fingerprint(&der.unwrap().stdout);
    let terms = |phone: &Phone| LegMedia {
        security: Security::Dtls(Box::new(Dtls { fingerprint, active: false, ice: None })),
        ..phone.media()
    };
    let mut phone = house.phone_with(OPERATOR, Side::Ours, Pcmu, 1100.0, terms);
    house.bridge(CALLER, OPERATOR);
    let local = phone.socket.local_addr().unwrap();
    // OpenSSL takes the phone's place.
    phone.socket = UdpSocket::bind(house.address(98, 4000)).unwrap();
    let client = Command::new("openssl")
        .args(["s_client", "-dtls1_2", "-connect", &phone.to.to_string(), "-bind", &local.to_string()])
        .args(["-cert", "certificate.pem", "-key", "key.pem", "-use_srtp", "SRTP_AES128_CM_SHA1_80"])
        .args(["-keymatexport", "EXTRACTOR-dtls_srtp", "-keymatexportlen", "60"])
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut client = Killed(client);
    let said = keying_material(client.0.stdout.take().unwrap());
    drop(client);
    let hex = said.split("Keying material: ").nth(1).unwrap().lines().next().unwrap().trim();
    let exported: Vec<u8> = (0..60).map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap()).collect();
    let suite = srtp::Suite::AesCm128HmacSha1_80;
    let (client, server) = srtp::dtls_keys(suite, &exported).unwrap();
    let context = |keys: &srtp::KeySalt| srtp::Context::new(suite, keys.as_ref()).unwrap();
    phone.socket = UdpSocket::bind(local).unwrap();
    phone.socket.set_nonblocking(true).unwrap();
    phone.wire = Some(RefCell::new(Wire { keys: Some((context(&client), context(&server))), ..Wire::default() }));
    hear_each_other(&mut caller, &mut phone);
}
