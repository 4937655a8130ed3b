//! Flows that fail: §17.1.4, §18.2.2, RFC 6026 §8.8, R09.

use super::*;
use crate::flow::{ConnectionId, Protocol};

fn fails(net: &mut Net, flow: Flow) -> Vec<String> {
    net.does(|layer, now, fx| layer.transport_failed(now, flow, fx))
}

fn closes(net: &mut Net, flow: Flow) -> Vec<String> {
    net.does(|layer, now, fx| layer.flow_closed(now, flow, fx))
}

#[test]
fn a_request_that_cannot_be_sent_is_a_503() {
    for request in [invite(), options()] {
        let mut net = Net::udp();
        let flow = net.flow;
        net.asks(&request);
        assert_eq!(fails(&mut net, flow), ["transport failed", "ended"]);
        assert!(net.is_clean());
    }
}

#[test]
fn one_that_is_answered_does_not_fail_any_more() {
    let mut net = Net::udp();
    let flow = net.flow;
    net.asks(&invite());
    net.hears(&reply(200, &invite()));
    assert_eq!(fails(&mut net, flow), NOTHING, "a further 2xx may still come");
    let mut net = Net::udp();
    net.asks(&invite());
    net.hears(&reply(486, &invite()));
    assert_eq!(fails(&mut net, flow), ["ended"], "the answer is known, its ACK does not get through");
    let mut net = Net::udp();
    net.asks(&options());
    net.hears(&reply(200, &options()));
    assert_eq!(fails(&mut net, flow), NOTHING);
}

#[test]
fn only_what_uses_the_flow_fails() {
    let mut net = Net::udp();
    net.asks(&invite());
    net.hears(&Ask { branch: ";branch=z9hG4bKhers", ..Ask::default() }.message());
    let elsewhere = Flow::udp(net.flow.local, address("192.0.2.77:5060"));
    assert_eq!(fails(&mut net, elsewhere), NOTHING);
    let mut same_place = stream(Protocol::Tcp, 0);
    same_place.remote = net.flow.remote;
    assert_eq!(fails(&mut net, same_place), NOTHING, "another protocol");
    assert_eq!(closes(&mut net, same_place), NOTHING);
    assert_eq!(net.layer.len(), 2);
}

#[test]
fn what_never_was_a_connection_closes_on_nobody_who_asks() {
    let mut net = Net::udp();
    let far = Flow::udp(net.flow.local, address("198.51.100.7:61000"));
    net.hears_from(far, &invite());
    assert_eq!(closes(&mut net, far), NOTHING);
    assert_eq!(net.answers(&reply(180, &invite())), ["> 180 INVITE to 198.51.100.7:61000"]);
}

#[test]
fn rfc_6026_a_lost_datagram_costs_no_caller() {
    let mut net = Net::udp();
    let flow = net.flow;
    net.hears(&invite());
    assert_eq!(fails(&mut net, flow), NOTHING);
    assert_eq!(net.answers(&reply(180, &invite())), ["> 180 INVITE"]);
    assert_eq!(fails(&mut net, flow), NOTHING);
    assert_eq!(net.answers(&reply(200, &invite())), ["> 200 INVITE"]);
}

#[test]
fn r09_transactions_die_with_a_connection_that_nobody_can_reopen() {
    for _ in 0..100 {
        let mut net = Net::tcp();
        for number in 0..10 {
            let (branch, call_id) = (format!(";branch=z9hG4bK{number}"), format!("{number}"));
            net.hears(&Ask { branch: &branch, call_id: &call_id, ..Ask::default() }.message());
        }
        let gone = net.flow;
        assert_eq!(closes(&mut net, gone), NOTHING);
        assert_eq!(net.answers(&reply(180, &invite())), ["> 180 INVITE to 192.0.2.10:5060"], "§18.2.2: to the sent-by");
        let reopened = Flow { remote: address("192.0.2.10:5060"), connection: ConnectionId::NONE, ..gone };
        assert_eq!(fails(&mut net, reopened), ["ended"; 10]);
        assert!(net.is_clean());
    }
}

#[test]
fn r09_a_caller_who_waits_is_spoken_to_over_a_new_connection_and_is_gone_if_there_is_none() {
    let mut net = Net::tcp();
    net.hears(&invite());
    net.answers(&reply(180, &invite()));
    let gone = net.flow;
    assert_eq!(closes(&mut net, gone), ["> 180 INVITE to 192.0.2.10:5060"]);
    let reopened = Flow { remote: address("192.0.2.10:5060"), connection: ConnectionId::NONE, ..gone };
    assert_eq!(fails(&mut net, reopened), ["ended"]);
    assert!(net.is_clean());
}

#[test]
fn r02_a_request_that_is_dismissed_leaves_nothing() {
    let mut net = Net::udp();
    net.hears(&invite());
    let key = net.server.expect("a request");
    assert_eq!(net.does(|layer, _, fx| layer.dismiss(&key, &reply(401, &invite()), fx)), ["> 401 INVITE", "ended"]);
    assert!(net.is_clean());
}

#[test]
fn r09_a_browser_cannot_be_dialled_so_its_transactions_end_at_once() {
    let mut net = Net::over(stream(Protocol::Wss, 3), Limits::default());
    net.hears(&invite());
    net.asks(&Ask { branch: ";branch=z9hG4bKours", ..Ask::default() }.message());
    let flow = net.flow;
    let mut lines = closes(&mut net, flow);
    lines.sort();
    assert_eq!(lines, ["ended", "ended", "transport failed"]);
    assert!(net.is_clean());
}

#[test]
fn a_closed_connection_fails_what_waits_for_an_answer_on_it_and_on_no_other() {
    let mut net = Net::tcp();
    let first = net.flow;
    net.asks(&options());
    net.flow = tcp_flow(8);
    net.asks(&Ask { method: "OPTIONS", branch: ";branch=z9hG4bKsecond", ..Ask::default() }.message());
    assert_eq!(closes(&mut net, first), ["transport failed", "ended"]);
    assert_eq!(net.layer.len(), 1);
    net.flow = tcp_flow(0);
    net.asks(&Ask { method: "OPTIONS", branch: ";branch=z9hG4bKthird", ..Ask::default() }.message());
    assert_eq!(closes(&mut net, tcp_flow(9)), ["transport failed", "ended"], "it was dialled for this one");
    assert_eq!(net.layer.len(), 1);
}

#[test]
fn a_call_that_rings_over_a_lost_connection_fails_and_its_late_answer_is_a_stray() {
    let mut net = Net::tcp();
    let flow = net.flow;
    net.asks(&invite());
    net.hears(&reply(180, &invite()));
    assert_eq!(closes(&mut net, flow), ["transport failed", "ended"]);
    assert_eq!(net.hears_from(tcp_flow(11), &reply(200, &invite())), ["stray 200 INVITE"]);
}

#[test]
fn rfc_3261_18_4_one_lost_datagram_ends_the_request_that_it_was_and_no_other() {
    let mut net = Net::udp();
    let flow = net.flow;
    let asked = |branch| Ask { method: "OPTIONS", branch, ..Ask::default() }.message();
    let (ringing, first, second) = (invite(), asked(";branch=z9hG4bKfirst"), asked(";branch=z9hG4bKsecond"));
    net.asks(&ringing);
    net.hears(&reply(180, &ringing));
    net.asks(&first);
    net.asks(&second);
    assert_eq!(fails(&mut net, flow), ["transport failed", "ended"]);
    assert_eq!(net.hears(&reply(200, &second)), NOTHING, "it was the second one");
    assert_eq!(net.hears(&reply(200, &first)), ["response 200 OPTIONS"]);
    assert_eq!(net.hears(&reply(200, &ringing)), ["response 200 INVITE"]);
}

#[test]
fn rfc_3261_18_4_a_call_that_rings_goes_on_and_its_cancel_may_be_lost() {
    let mut net = Net::udp();
    let flow = net.flow;
    net.asks(&invite());
    net.hears(&reply(180, &invite()));
    assert_eq!(fails(&mut net, flow), NOTHING);
    net.cancels(&[]);
    assert_eq!(fails(&mut net, flow), NOTHING, "the CANCEL is the layer's own");
    assert_eq!(net.hears(&reply(487, &invite())), ["> ACK", "response 487 INVITE"]);
}

#[test]
fn rfc_3261_18_4_every_request_whose_datagram_was_refused_ends_once() {
    let mut net = Net::udp();
    let flow = net.flow;
    for number in 0..10 {
        let branch = format!(";branch=z9hG4bK{number}");
        net.asks(&Ask { method: "OPTIONS", branch: &branch, ..Ask::default() }.message());
    }
    for _ in 0..10 {
        assert_eq!(fails(&mut net, flow), ["transport failed", "ended"]);
    }
    assert!(net.is_clean());
    assert_eq!(fails(&mut net, flow), NOTHING);
}

#[test]
fn rfc_3261_18_4_a_response_or_an_ack_that_is_lost_fails_no_request() {
    let mut net = Net::udp();
    let flow = net.flow;
    net.asks(&options());
    net.hears(&Ask { branch: ";branch=z9hG4bKhers", ..Ask::default() }.message());
    net.answers(&reply(180, &Ask { branch: ";branch=z9hG4bKhers", ..Ask::default() }.message()));
    assert_eq!(fails(&mut net, flow), NOTHING);
    let ack = Ask { method: "ACK", branch: ";branch=z9hG4bKack", ..Ask::default() }.message();
    net.does(|layer, _, fx| layer.send_stateless(flow, ack, fx));
    assert_eq!(fails(&mut net, flow), NOTHING);
    assert_eq!(net.hears(&reply(200, &options())), ["response 200 OPTIONS"]);
}

#[test]
fn rfc_3261_18_4_an_ack_that_is_lost_is_blamed_on_nobody_though_others_were_sent_elsewhere() {
    let mut net = Net::udp();
    let (flow, elsewhere) = (net.flow, Flow::udp(net.flow.local, address("192.0.2.77:5060")));
    net.asks(&options());
    let ack = Ask { method: "ACK", branch: ";branch=z9hG4bKack", ..Ask::default() }.message();
    for to in [flow, elsewhere] {
        net.does(|layer, _, fx| layer.send_stateless(to, ack.clone(), fx));
    }
    assert_eq!(fails(&mut net, flow), NOTHING, "it was the ACK");
    assert_eq!(fails(&mut net, elsewhere), NOTHING);
    assert_eq!(fails(&mut net, flow), ["transport failed", "ended"], "and now the request before it");
    assert!(net.is_clean());
}
