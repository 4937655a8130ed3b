//! RFC 3261 figures 5 and 6, RFC 6026 figure 8: the house asks.

use super::*;

#[test]
fn figure_5_an_invite_nobody_answers_is_repeated_by_a_until_b() {
    let mut net = Net::udp();
    assert_eq!(net.asks(&invite()), ["> INVITE"]);
    let copies = [500, 1_500, 3_500, 7_500, 15_500, 31_500];
    let mut story: Vec<_> = copies.map(|ms| (ms, "> INVITE".to_owned())).into();
    story.extend(at([(32_000, "timed out"), (32_000, "ended")]));
    assert_eq!(net.until(60_000), story);
    assert!(net.is_clean());
}

#[test]
fn figure_5_over_a_stream_it_is_sent_once() {
    let mut net = Net::tcp();
    assert_eq!(net.asks(&invite()), ["> INVITE"]);
    assert_eq!(net.until(60_000), at([(32_000, "timed out"), (32_000, "ended")]));
}

#[test]
fn figure_5_a_provisional_stops_the_copies() {
    let mut net = Net::udp();
    net.asks(&invite());
    net.until(600);
    assert_eq!(net.hears(&reply(100, &invite())), ["response 100 INVITE"]);
    assert_eq!(net.hears(&reply(180, &invite())), ["response 180 INVITE"]);
    assert_eq!(net.hears(&reply(180, &invite())), ["response 180 INVITE"]);
    assert_eq!(net.until(150_000), at([]));
}

#[test]
fn figure_5_a_failure_is_acknowledged_here_as_often_as_it_comes() {
    let mut net = Net::udp();
    net.asks(&invite());
    assert_eq!(net.hears(&reply(486, &invite())), ["> ACK", "response 486 INVITE"]);
    let ack = net.sent[0].bytes().clone();
    assert_eq!(net.hears(&reply(486, &invite())), ["> ACK"]);
    assert_eq!(*net.sent[0].bytes(), ack);
    assert_eq!(net.hears(&reply_of("fork2", 480, &invite())), ["> ACK"]);
    assert!(text(&net.sent[0], Name::To).ends_with(";tag=fork2"));
    assert_eq!(net.hears(&reply(180, &invite())), NOTHING);
    assert_eq!(net.until(60_000), at([(32_000, "ended")]), "timer D");
    assert!(net.is_clean());
}

#[test]
fn figure_5_over_a_stream_the_failure_ends_it() {
    let mut net = Net::tcp();
    net.asks(&invite());
    assert_eq!(net.hears(&reply(486, &invite())), ["> ACK", "response 486 INVITE", "ended"]);
    assert!(net.is_clean());
}

#[test]
fn the_ack_to_a_failure_is_the_invites_with_the_responses_to() {
    let mut net = Net::udp();
    let more = "Route: <sip:p1.example.jp;lr>, <sip:p2.example.jp;lr>\nRoute: <sip:p3.example.jp;lr>\n";
    let invite = Ask { cseq: 4711, more, ..Ask::default() }.message();
    net.asks(&invite);
    net.hears(&reply_of("busy", 486, &invite));
    let ack = &net.sent[0];
    assert_eq!(ack.request_uri(), invite.request_uri());
    assert_eq!(ack.values(Name::Via).count(), 1);
    for same in [Name::Via, Name::From, Name::CallId] {
        assert_eq!(text(ack, same), text(&invite, same));
    }
    let routes = |message: &Message| message.values(Name::Route).map(|route| route.into_owned()).collect::<Vec<_>>();
    assert_eq!(routes(ack), routes(&invite));
    assert_eq!(text(ack, Name::To), "<sip:0312345678@example.jp>;tag=busy");
    assert_eq!(text(ack, Name::CSeq), "4711 ACK");
    assert_eq!(text(ack, Name::MaxForwards), "70");
}

#[test]
fn rfc_6026_every_2xx_goes_up_until_m() {
    let mut net = Net::udp();
    net.asks(&invite());
    net.hears(&reply(180, &invite()));
    assert_eq!(net.hears(&reply_of("fork1", 200, &invite())), ["response 200 INVITE"]);
    assert_eq!(net.hears(&reply_of("fork1", 200, &invite())), ["response 200 INVITE"], "its ACK was lost");
    assert_eq!(net.hears(&reply_of("fork2", 200, &invite())), ["response 200 INVITE"], "R39: another fork");
    assert_eq!(net.hears(&reply_of("fork3", 180, &invite())), NOTHING);
    assert_eq!(net.hears(&reply_of("fork3", 486, &invite())), NOTHING);
    assert_eq!(net.until(60_000), at([(32_000, "ended")]));
    assert!(net.is_clean());
    assert_eq!(net.hears(&reply_of("fork4", 200, &invite())), ["stray 200 INVITE"], "R39: later still");
}

#[test]
fn a_2xx_that_follows_a_failure_goes_up_as_a_stray() {
    let mut net = Net::udp();
    net.asks(&invite());
    net.hears(&reply_of("fork1", 603, &invite()));
    assert_eq!(net.hears(&reply_of("fork2", 200, &invite())), ["stray 200 INVITE"]);
}

#[test]
fn timer_c_cancels_what_rings_without_a_word() {
    let mut net = Net::udp();
    net.asks(&invite());
    net.hears(&reply(180, &invite()));
    assert_eq!(net.until(100_000), at([]));
    net.hears(&reply(180, &invite()));
    assert_eq!(net.until(285_000), at([(285_000, "> CANCEL")]), "each provisional winds it up again");
    net.hears(&reply(200, &cancel()));
    assert_eq!(net.hears(&reply(487, &invite())), ["> ACK", "response 487 INVITE"]);
}

#[test]
fn figure_6_a_request_nobody_answers_is_repeated_by_e_until_f() {
    let mut net = Net::udp();
    assert_eq!(net.asks(&options()), ["> OPTIONS"]);
    let copies = [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    let mut story: Vec<_> = copies.map(|ms| (ms, "> OPTIONS".to_owned())).into();
    story.extend(at([(32_000, "timed out"), (32_000, "ended")]));
    assert_eq!(net.until(60_000), story);
    assert!(net.is_clean());
}

#[test]
fn figure_6_after_a_provisional_it_is_repeated_every_t2() {
    let mut net = Net::udp();
    net.asks(&options());
    assert_eq!(net.hears(&reply(100, &options())), ["response 100 OPTIONS"]);
    let copies = [500, 4_500, 8_500, 12_500, 16_500, 20_500, 24_500, 28_500];
    let mut story: Vec<_> = copies.map(|ms| (ms, "> OPTIONS".to_owned())).into();
    story.extend(at([(32_000, "timed out"), (32_000, "ended")]));
    assert_eq!(net.until(60_000), story);
}

#[test]
fn figure_6_copies_of_the_final_response_are_absorbed_until_k() {
    let mut net = Net::udp();
    net.asks(&options());
    assert_eq!(net.hears(&reply(200, &options())), ["response 200 OPTIONS"]);
    assert_eq!(net.hears(&reply(200, &options())), NOTHING);
    assert_eq!(net.hears(&reply(100, &options())), NOTHING);
    assert_eq!(net.until(60_000), at([(5_000, "ended")]), "timer K is T4");
    assert!(net.is_clean());
    assert_eq!(net.hears(&reply(200, &options())), NOTHING, "only a 2xx to an INVITE matters when nobody waits for it");
}

#[test]
fn figure_6_over_a_stream_the_final_response_ends_it() {
    let mut net = Net::tcp();
    assert_eq!(net.asks(&options()), ["> OPTIONS"]);
    assert_eq!(net.hears(&reply(200, &options())), ["response 200 OPTIONS", "ended"]);
    assert!(net.is_clean());
}

#[test]
fn responses_that_are_not_ours_vanish() {
    let mut net = Net::udp();
    net.asks(&invite());
    let elsewhere = Ask { branch: ";branch=z9hG4bKother", ..Ask::default() }.message();
    assert_eq!(net.hears(&reply(180, &elsewhere)), NOTHING);
    assert_eq!(net.hears(&reply(486, &elsewhere)), NOTHING);
    assert_eq!(net.hears(&reply(200, &elsewhere)), ["stray 200 INVITE"]);
    let misrouted = Ask { branch: ";branch=z9hG4bKfirst, SIP/2.0/UDP 192.0.2.99;branch=z9hG4bKx", ..Ask::default() };
    assert_eq!(net.hears(&reply(200, &misrouted.message())), NOTHING, "§8.1.3.3: two Vias");
    let other_method = parse(
        "SIP/2.0 200 OK\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKfirst\nFrom: <sip:a@b>;tag=1\nTo: <sip:a@b>;tag=2\n\
         Call-ID: a1@example.jp\nCSeq: 1 BYE\n\n",
    );
    assert_eq!(net.hears(&other_method), NOTHING);
}

#[test]
fn a_request_without_a_branch_of_ours_fails_at_once() {
    let mut net = Net::udp();
    assert_eq!(net.asks(&Ask { branch: "", ..Ask::default() }.message()), ["transport failed", "ended"]);
    assert!(net.is_clean());
}

#[test]
fn a_branch_used_twice_belongs_to_the_later_request() {
    let mut net = Net::udp();
    net.asks(&options());
    net.until(10_000);
    net.asks(&options());
    net.until(33_000);
    assert_eq!(net.layer.len(), 1, "the first has timed out");
    assert_eq!(net.hears(&reply(200, &options())), ["response 200 OPTIONS"]);
}

#[test]
fn an_ack_to_a_2xx_leaves_without_a_transaction() {
    let mut net = Net::udp();
    let flow = net.flow;
    assert_eq!(net.does(|layer, _, fx| layer.send_stateless(flow, ack(), fx)), ["> ACK"]);
    assert!(net.is_clean());
}

#[test]
fn other_estimates_of_the_round_trip_are_honoured_and_silly_ones_survived() {
    let mut net = Net::udp();
    net.layer = Layer::new(
        Timers::new(Duration::from_millis(10), Duration::from_millis(40), Duration::from_millis(50)),
        Limits::default(),
    );
    net.asks(&options());
    let moments: Vec<u64> = net.until(1_000).into_iter().map(|(ms, _)| ms).take(5).collect();
    assert_eq!(moments, [10, 30, 70, 110, 150]);
    assert!(net.is_clean());

    net.layer = Layer::new(Timers::new(Duration::ZERO, Duration::ZERO, Duration::ZERO), Limits::default());
    net.asks(&options());
    net.asks(&invite());
    net.hears(&Ask { call_id: "c", branch: ";branch=z9hG4bKc", ..Ask::default() }.message());
    net.answers(&reply(486, &invite()));
    net.until(10_000);
    assert!(net.is_clean());
}
