//! RFC 3261 figures 7 and 8, RFC 6026 figure 7: the house is asked.

use super::*;

#[test]
fn figure_7_an_invite_is_refused_and_the_ack_absorbed() {
    let mut net = Net::udp();
    assert_eq!(net.hears(&invite()), ["request INVITE"]);
    assert_eq!(net.answers(&reply(180, &invite())), ["> 180 INVITE"]);
    assert_eq!(net.answers(&reply(486, &invite())), ["> 486 INVITE"]);
    assert_eq!(net.hears(&ack()), NOTHING);
    assert_eq!(net.hears(&ack()), NOTHING, "Confirmed absorbs copies of the ACK");
    assert_eq!(net.hears(&invite()), NOTHING, "Confirmed absorbs copies of the INVITE");
    assert_eq!(net.until(60_000), at([(5_000, "ended")]), "timer I is T4");
    assert!(net.is_clean());
}

#[test]
fn figure_7_without_an_ack_the_refusal_is_repeated_by_g_until_h() {
    let mut net = Net::udp();
    net.hears(&invite());
    net.answers(&reply(486, &invite()));
    let copies = [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    let mut story: Vec<_> = copies.map(|ms| (ms, "> 486 INVITE".to_owned())).into();
    story.extend(at([(32_000, "no ack"), (32_000, "ended")]));
    assert_eq!(net.until(60_000), story);
    assert!(net.is_clean());
}

#[test]
fn figure_7_over_a_stream_nothing_is_repeated() {
    let mut net = Net::tcp();
    net.hears(&invite());
    net.answers(&reply(486, &invite()));
    assert_eq!(net.until(20_000), at([]));
    assert_eq!(net.hears(&ack()), ["ended"], "timer I is zero");
    assert!(net.is_clean());
}

#[test]
fn a_100_goes_after_200_ms_unless_the_user_was_faster() {
    let mut slow = Net::udp();
    slow.hears(&invite());
    assert_eq!(slow.until(10_000), at([(200, "> 100 INVITE")]));
    assert_eq!(slow.hears(&invite()), ["> 100 INVITE"]);

    let mut quick = Net::udp();
    quick.hears(&invite());
    quick.answers(&reply(180, &invite()));
    assert_eq!(quick.until(10_000), at([]));

    let mut polite = Net::udp();
    polite.hears(&invite());
    assert_eq!(polite.answers(&reply(100, &invite())), ["> 100 INVITE"]);
    assert_eq!(polite.until(10_000), at([]));
}

#[test]
fn the_100_has_the_requests_identity_its_timestamp_and_no_tag() {
    let mut net = Net::udp();
    net.hears(&Ask { more: "Timestamp: 54.1\n", ..Ask::default() }.message());
    net.until(200);
    let trying = &net.sent[0];
    assert!(text(trying, Name::Via).starts_with("SIP/2.0/UDP 192.0.2.10:5060"));
    assert_eq!(text(trying, Name::To), "<sip:0312345678@example.jp>");
    assert_eq!(text(trying, Name::CSeq), "1 INVITE");
    assert!(text(trying, Name::Timestamp).starts_with("54.1"));
}

#[test]
fn r37_a_hundred_copies_of_an_invite_ring_once() {
    let mut net = Net::udp();
    assert_eq!(net.hears(&invite()), ["request INVITE"]);
    assert_eq!(net.hears(&invite()), NOTHING, "nothing has been said that could be repeated");
    net.answers(&reply(180, &invite()));
    let said = net.sent[0].bytes().clone();
    for _ in 0..100 {
        assert_eq!(net.hears(&invite()), ["> 180 INVITE"]);
        assert_eq!(*net.sent[0].bytes(), said);
    }
    net.answers(&reply(503, &invite()));
    for _ in 0..100 {
        assert_eq!(net.hears(&invite()), ["> 503 INVITE"]);
    }
    assert_eq!(net.layer.len(), 1);
}

#[test]
fn rfc_6026_after_a_2xx_copies_of_the_invite_are_absorbed_until_l() {
    let mut net = Net::udp();
    net.hears(&invite());
    assert_eq!(net.answers(&reply(200, &invite())), ["> 200 INVITE"]);
    assert_eq!(net.hears(&invite()), NOTHING);
    assert_eq!(net.answers(&reply(200, &invite())), ["> 200 INVITE"], "the user repeats the 2xx until its ACK comes");
    assert_eq!(net.answers(&reply(486, &invite())), NOTHING);
    assert_eq!(net.answers(&reply(180, &invite())), NOTHING);
    assert_eq!(net.until(31_999), at([]));
    assert_eq!(net.hears(&invite()), NOTHING);
    assert_eq!(net.until(32_000), at([(32_000, "ended")]));
    assert_eq!(net.hears(&invite()), ["request INVITE"], "now it can only be a new one");
}

#[test]
fn rfc_6026_accepted_lasts_over_a_stream_too() {
    let mut net = Net::tcp();
    net.hears(&invite());
    net.answers(&reply(200, &invite()));
    assert_eq!(net.until(60_000), at([(32_000, "ended")]));
}

#[test]
fn the_ack_to_a_2xx_goes_up_whatever_its_branch() {
    let mut net = Net::udp();
    net.hears(&invite());
    net.answers(&reply(200, &invite()));
    let own_branch = Ask { method: "ACK", branch: ";branch=z9hG4bKack", to_tag: ";tag=ours", ..Ask::default() };
    assert_eq!(net.hears(&own_branch.message()), ["up ACK"]);
    assert_eq!(net.hears(&ack()), ["up ACK"], "an old or careless peer uses the INVITE's");
    assert_eq!(net.layer.len(), 1);
}

#[test]
fn an_ack_before_any_final_response_is_ignored() {
    let mut net = Net::udp();
    net.hears(&invite());
    assert_eq!(net.hears(&ack()), NOTHING);
    assert_eq!(net.answers(&reply(180, &invite())), ["> 180 INVITE"]);
}

#[test]
fn only_the_first_final_response_counts() {
    let mut net = Net::udp();
    net.hears(&invite());
    net.answers(&reply(486, &invite()));
    for status in [100, 180, 200, 486, 603] {
        assert_eq!(net.answers(&reply(status, &invite())), NOTHING);
    }
    assert_eq!(net.hears(&invite()), ["> 486 INVITE"]);
}

#[test]
fn figure_8_a_request_is_answered_and_its_copies_with_it() {
    let mut net = Net::udp();
    assert_eq!(net.hears(&options()), ["request OPTIONS"]);
    assert_eq!(net.hears(&options()), NOTHING, "Trying discards copies");
    assert_eq!(net.answers(&reply(200, &options())), ["> 200 OPTIONS"]);
    assert_eq!(net.hears(&options()), ["> 200 OPTIONS"]);
    assert_eq!(net.answers(&reply(500, &options())), NOTHING);
    assert_eq!(net.until(60_000), at([(32_000, "ended")]), "timer J is 64*T1");
    assert!(net.is_clean());
}

#[test]
fn figure_8_a_provisional_is_repeated_and_replaced() {
    let mut net = Net::udp();
    net.hears(&options());
    assert_eq!(net.answers(&reply(100, &options())), ["> 100 OPTIONS"]);
    assert_eq!(net.hears(&options()), ["> 100 OPTIONS"]);
    assert_eq!(net.answers(&reply(404, &options())), ["> 404 OPTIONS"]);
    assert_eq!(net.hears(&options()), ["> 404 OPTIONS"]);
}

#[test]
fn figure_8_over_a_stream_the_final_response_ends_it() {
    let mut net = Net::tcp();
    net.hears(&options());
    assert_eq!(net.answers(&reply(200, &options())), ["> 200 OPTIONS", "ended"]);
    assert!(net.is_clean());
    assert_eq!(net.answers(&reply(200, &options())), NOTHING, "a key that has ended takes nothing");
}

#[test]
fn a_request_nobody_answers_is_forgotten_when_its_sender_has_given_up() {
    let mut net = Net::udp();
    net.hears(&options());
    assert_eq!(net.until(60_000), at([(32_000, "ended")]));
    assert!(net.is_clean());
}

#[test]
fn a_new_branch_another_sender_or_method_is_another_transaction() {
    let mut net = Net::udp();
    net.hears(&options());
    let others = [
        Ask { method: "OPTIONS", cseq: 2, branch: ";branch=z9hG4bKsecond", ..Ask::default() },
        Ask { method: "OPTIONS", cseq: 3, sent_by: "192.0.2.10:5080", ..Ask::default() },
        Ask { method: "OPTIONS", cseq: 4, sent_by: "192.0.2.11:5060", ..Ask::default() },
    ];
    for other in others {
        assert_eq!(net.hears(&other.message()), ["request OPTIONS"]);
    }
    assert_eq!(net.hears(&Ask { method: "INFO", ..Ask::default() }.message()), ["request INFO"]);
    assert_eq!(net.layer.len(), 5);
    let shouted = Ask { method: "OPTIONS", branch: ";branch=Z9HG4BKFIRST", ..Ask::default() };
    assert_eq!(net.hears(&shouted.message()), NOTHING, "case does not count");
}

#[test]
fn rfc_2543_peers_are_matched_without_a_branch() {
    for branch in ["", ";branch=1", ";branch=z9hG4bK"] {
        let mut net = Net::udp();
        let old = Ask { branch, from_tag: "", ..Ask::default() };
        assert_eq!(net.hears(&old.message()), ["request INVITE"]);
        net.answers(&reply(486, &old.message()));
        assert_eq!(net.hears(&old.message()), ["> 486 INVITE"]);
        let ack = Ask { method: "ACK", to_tag: ";tag=ours", branch, from_tag: "", ..Ask::default() };
        assert_eq!(net.hears(&ack.message()), NOTHING);
        let next = Ask { branch, from_tag: "", cseq: 2, ..Ask::default() };
        assert_eq!(net.hears(&next.message()), ["request INVITE"], "the branch alone does not make it the same");
        assert_eq!(net.until(5_000).len(), 2, "the next one's 100, and the end of the first");
    }
}

#[test]
fn r35_the_same_request_over_another_branch_is_482() {
    let mut net = Net::udp();
    assert_eq!(net.hears(&invite()), ["request INVITE"]);
    let merged = Ask { branch: ";branch=z9hG4bKsecond", ..Ask::default() };
    assert_eq!(net.hears(&merged.message()), ["> 482 INVITE"]);
    assert!(!text(&net.sent[0], Name::To).ends_with("jp>"), "a final response has a To tag");
    assert_eq!(net.hears(&merged.message()), ["> 482 INVITE"]);
    let ack = Ask { method: "ACK", to_tag: ";tag=x", ..merged };
    assert_eq!(net.hears(&ack.message()), NOTHING, "its ACK belongs to the 482 and to nobody's dialog");
    assert_eq!(net.answers(&reply(180, &invite())), ["> 180 INVITE"], "the first one rings on");
    assert_eq!(net.until(40_000), at([]), "and the user never hears of the second");
}

#[test]
fn r35_inside_a_dialog_or_with_another_cseq_it_is_no_merge() {
    let mut net = Net::udp();
    net.hears(&options());
    let again = Ask { method: "OPTIONS", branch: ";branch=z9hG4bKsecond", ..Ask::default() };
    let different = [
        Ask { to_tag: ";tag=ours", ..again },
        Ask { cseq: 2, to_tag: "", ..again },
        Ask { call_id: "b2@example.jp", branch: ";branch=z9hG4bKthird", ..again },
        Ask { from_tag: ";tag=his", branch: ";branch=z9hG4bKfourth", ..again },
    ];
    for (place, ask) in different.into_iter().enumerate() {
        let branch = format!(";branch=z9hG4bKnew{place}");
        assert_eq!(net.hears(&Ask { branch: &branch, ..ask }.message()), ["request OPTIONS"]);
    }
}

#[test]
fn r35_after_the_first_has_ended_the_same_request_is_new() {
    let mut net = Net::tcp();
    net.hears(&options());
    net.answers(&reply(200, &options()));
    let again = Ask { method: "OPTIONS", branch: ";branch=z9hG4bKsecond", ..Ask::default() };
    assert_eq!(net.hears(&again.message()), ["request OPTIONS"]);
}

#[test]
fn r30_the_request_goes_up_with_its_real_source_and_is_answered_there() {
    let mut net = Net::udp();
    let far = Flow::udp(net.flow.local, address("198.51.100.7:61000"));
    let ask = Ask { branch: ";rport;branch=z9hG4bKfirst", ..Ask::default() }.message();
    assert_eq!(net.hears_from(far, &ask), ["request INVITE"]);
    let via = net.requests[0].via().expect("a Via");
    assert_eq!((via.received(), via.rport()), (Some(far.remote.ip()), Some(Some(61_000))));
    let answer = reply(180, &net.requests[0]);
    assert_eq!(net.answers(&answer), ["> 180 INVITE to 198.51.100.7:61000"]);
    assert_eq!(net.hears_from(far, &ask), ["> 180 INVITE to 198.51.100.7:61000"]);
}

#[test]
fn r10_no_answer_goes_to_where_the_via_points() {
    let mut net = Net::udp();
    let spoofed =
        Ask { sent_by: "255.255.255.255", branch: ";maddr=198.51.100.9;branch=z9hG4bKfirst", ..Ask::default() };
    net.hears(&spoofed.message());
    assert_eq!(net.answers(&reply(486, &spoofed.message())), ["> 486 INVITE"], "to the source alone");
}

#[test]
fn a_request_that_can_belong_to_nothing_vanishes() {
    let mut net = Net::udp();
    let no_via =
        parse("OPTIONS sip:a@b SIP/2.0\nCall-ID: 1\nCSeq: 1 OPTIONS\nFrom: <sip:a@b>;tag=1\nTo: <sip:a@b>\n\n");
    assert_eq!(net.hears(&no_via), NOTHING);
    assert!(net.is_clean());
}

#[test]
fn r30_a_copy_by_another_way_is_answered_there_unless_the_address_is_another() {
    let mut net = Net::udp();
    net.hears(&invite());
    net.answers(&reply(180, &invite()));
    let moved = Flow::udp(net.flow.local, SocketAddr::new(net.flow.remote.ip(), 61_000));
    assert_eq!(net.hears_from(moved, &invite()), [format!("> 180 INVITE to {}", moved.remote)]);
    assert_eq!(net.answers(&reply(200, &invite())), [format!("> 200 INVITE to {}", moved.remote)]);
    let stranger = Flow::udp(net.flow.local, address("198.51.100.99:5060"));
    net.hears_from(stranger, &invite());
    assert!(net.sent.is_empty());
    net.until(70_000);
    assert!(net.is_clean());
}
