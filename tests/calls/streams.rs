//! Attacks over TCP: slow ones, false lengths, idle ones, and connections that are torn down.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;
use sip::message::Method;

use crate::support::audio::{CALLER_HZ, OPERATOR_HZ};
use crate::support::house::House;
use crate::support::pause;
use crate::support::peer::{Peer, sdp};
use crate::support::siege::{Siege, is_there};
use crate::support::streams::{
    connect_from, first_line, is_closed, is_closed_within, reset_on_close, try_connect_from,
};

/// A request with this framing.
fn options(n: usize, length: &str, body: &str) -> String {
    format!(
        "OPTIONS sip:house@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.70:5060;branch=z9hG4bKs{n}\r\nFrom: <sip:a@b>;tag=1\r\n\
         To: <sip:house@127.0.0.1>\r\nCall-ID: stream-{n}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n{length}\r\n{body}"
    )
}

#[test]
fn r08_false_and_missing_lengths_and_slow_senders_are_cut_off_while_a_call_goes_on() {
    let mut siege = Siege::begin();
    siege.call(|house| {
        // Whoever says it properly is answered, twice in one piece.
        let mut proper = connect_from("127.0.0.70", &house.sip);
        let two = options(1, "Content-Length: 0\r\n", "") + "\r\n\r\n" + &options(2, "l: 0\r\n", "");
        proper.write_all(two.as_bytes()).expect("sent");
        assert_eq!(first_line(&mut proper, Duration::from_secs(5)).as_deref(), Some("SIP/2.0 200 OK"));
        let false_ones = [
            options(3, "Content-Length: -5\r\n", "hello"),
            options(4, "Content-Length: 99999999999\r\n", "hello"),
            options(5, "Content-Length: 4294967296\r\n", "hello"),
            options(6, "Content-Length: 70000\r\n", "hello"),
            options(7, "Content-Length: five\r\n", "hello"),
            options(8, "Content-Length: 1\r\nContent-Length: 2\r\n", "hello"),
            options(9, "", ""),
            format!("OPTIONS sip:{} SIP/2.0\r\n", "a".repeat(70_000)),
            "\x00\x01\x02\x03 rubbish\r\n\r\n".to_owned(),
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        ];
        for text in &false_ones {
            let mut stream = connect_from("127.0.0.71", &house.sip);
            let _ = stream.write_all(text.as_bytes());
            let begun = Instant::now();
            assert!(
                is_closed_within(&mut stream, Duration::from_secs(5)),
                "still open: {:?}",
                &text[..text.len().min(200)]
            );
            println!("closed after {:?}", begun.elapsed());
        }
        // Drop by drop: a message that has begun has ten seconds.
        let mut slow: Vec<TcpStream> = (0..20).map(|_| connect_from("127.0.0.72", &house.sip)).collect();
        let mut headers = slow.pop().expect("one of them");
        let mut body = slow.pop().expect("one of them");
        body.write_all(options(10, "Content-Length: 1000\r\n", "").as_bytes()).expect("sent");
        let begun = Instant::now();
        let (mut drips, mut cut_off) = (options(11, "", "").into_bytes().into_iter(), [false; 2]);
        while cut_off != [true; 2] && begun.elapsed() < Duration::from_secs(20) {
            let drop = [drips.next().unwrap_or(b'x')];
            cut_off[0] |=
                headers.write_all(&drop).is_err() || is_closed_within(&mut headers, Duration::from_millis(100));
            cut_off[1] |= body.write_all(b"x").is_err() || is_closed_within(&mut body, Duration::from_millis(100));
        }
        assert_eq!(cut_off, [true; 2], "slow senders are cut off");
    });
    siege.stands();
}

#[test]
fn r08_thousands_of_idle_connections_keep_nobody_out() {
    let mut siege = Siege::begin();
    // Room for so many is made once; the second time it is there.
    siege.call(idle_connections);
    siege.remember_memory();
    siege.call(idle_connections);
    siege.stands();
}

/// Opens thousands of connections, asks whether anybody notices, and closes them.
fn idle_connections(house: &House) {
    // As many of one address as a stranger may open at once.
    const EACH: usize = 200;
    const ADDRESSES: usize = 12;
    let mut idle = Vec::new();
    for n in 1..=ADDRESSES {
        let from = format!("127.0.1.{n}");
        idle.extend((0..EACH).map_while(|_| try_connect_from(&from, &house.sip).ok()));
    }
    assert_eq!(idle.len(), ADDRESSES * EACH, "all of them are connected");
    let mut passer_by = Peer::bind_at("127.0.0.86", 0, &house.sip);
    for _ in 0..10 {
        assert!(is_there(&mut passer_by), "OPTIONS over UDP");
    }
    let mut proper = connect_from("127.0.0.87", &house.sip);
    proper.write_all(options(1, "Content-Length: 0\r\n", "").as_bytes()).expect("sent");
    assert_eq!(first_line(&mut proper, Duration::from_secs(5)).as_deref(), Some("SIP/2.0 200 OK"));
    // One address has its share and no more.
    let greedy: Vec<_> = (0..700).filter_map(|_| try_connect_from("127.0.0.88", &house.sip).ok()).collect();
    pause(Duration::from_millis(500));
    let open = greedy.iter().filter(|stream| !is_closed(stream)).count();
    assert!(open <= 512, "{open} connections of one address are open");
}

#[test]
fn r09_connections_that_are_torn_down_with_their_invites_leave_nothing() {
    const CONNECTIONS: usize = 200;
    let mut siege = Siege::begin();
    siege.call(|house| {
        let body = sdp(40_000);
        for n in 0..CONNECTIONS {
            let from = format!("127.0.0.{}", 100 + n % 100);
            let mut stream = connect_from(&from, &house.sip);
            reset_on_close(&stream);
            let mut text = String::new();
            for call in 0..10 {
                text += &format!(
                    "INVITE sip:0355500101@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP {from};branch=z9hG4bKr{n}x{call}\r\n\
                     From: <sip:0900000{n:04}@carrier.example>;tag=r{n}x{call}\r\nTo: <sip:0355500101@carrier.example>\r\n\
                     Call-ID: torn-{n}-{call}\r\nCSeq: 1 INVITE\r\nContact: <sip:x@{from};transport=tcp>\r\nMax-Forwards: 70\r\n\
                     Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
            }
            stream.write_all(text.as_bytes()).expect("sent");
            // Some are torn down before anything is read, some after the first answer.
            if n % 2 == 0 {
                first_line(&mut stream, Duration::from_secs(2));
            }
        }
    });
    siege.stands();
}

#[test]
fn r29_a_phone_whose_connection_is_dead_does_not_keep_the_caller_waiting() {
    let house = House::start();
    house.firm("sakura", "Sakura", "0355500101", json!({ "ring_seconds": 60 }));
    let (one, two) = (house.operator("101", 0), house.operator("102", 0));
    let trunk = crate::support::ports::free_block(2);
    house.trunk("carrier", trunk, json!({}));
    let mut dead = house.phone_over_tcp(&one, OPERATOR_HZ);
    let mut living = house.phone(&two, OPERATOR_HZ, true);
    // The cable is pulled: nothing is closed, nothing is answered.
    dead.freeze();
    let mut caller = house.outside("09011112222", trunk, CALLER_HZ, true);
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    living
        .wait_for("CALL_ESTABLISHED", Duration::from_secs(20))
        .expect("the other phone rings, long before the first's ring time is over");
    pause(Duration::from_millis(500));
    caller.command("hangup", "");
    living.wait("CALL_CLOSED");
    dead.kill();
    house.assert_idle();
    assert_eq!(house.finished(1)["operator"], two.id);
}

#[test]
fn r30_a_phone_whose_nat_gave_it_another_port_is_reached_there() {
    let (house, operator, trunk) = House::small();
    let (mut before, mut after) = (Peer::bind(0, &house.sip), Peer::bind(0, &house.sip));
    // As phones behind NAT do: the Contact is an address that nobody else can reach.
    let contact = "<sip:101@10.0.0.5:5060>";
    before.register_as("101", &operator.password, contact, 1);
    house.until_operator(operator.id, "ready");
    after.register_as("101", &operator.password, contact, 3);
    let mut caller = Peer::bind(trunk, &house.sip);
    let invite = caller.invite("0355500101", "09011112222", &sdp(40_000));
    let offered = after.wait_request(&Method::Invite);
    after.reply(&offered, 180, None);
    assert!(!before.sees(Duration::from_millis(300), |m| m.is_request() && m.method() == Method::Invite));
    caller.cancel(&invite);
    let cancelled = after.wait_request(&Method::Cancel);
    after.reply(&cancelled, 200, None);
    after.reply(&offered, 487, None);
    house.assert_idle();
    house.finished(1);
}
