//! CANCEL, both ways, and its races: RFC 3261 §9, RFC 5407 §3.1, R40.

use super::*;

#[test]
fn a_cancel_is_answered_200_and_ends_the_ringing() {
    let mut net = Net::udp();
    net.hears(&invite());
    net.answers(&reply(180, &invite()));
    assert_eq!(net.hears(&cancel()), ["> 200 CANCEL", "cancelled by CANCEL"]);
    assert_eq!(
        text(&net.sent[0], Name::To),
        "<sip:0312345678@example.jp>;tag=ours",
        "§9.2: the tag of the INVITE's responses"
    );
    assert_eq!(net.hears(&cancel()), ["> 200 CANCEL"], "a copy cancels nothing twice");
    assert_eq!(net.answers(&reply(487, &invite())), ["> 487 INVITE"]);
    assert_eq!(net.hears(&ack()), NOTHING);
    assert_eq!(net.until(60_000), at([(5_000, "ended")]));
    assert!(net.is_clean());
}

#[test]
fn r40_a_cancel_that_comes_after_the_answer_is_200_and_without_effect() {
    for status in [200, 486] {
        let mut net = Net::udp();
        net.hears(&invite());
        net.answers(&reply(status, &invite()));
        assert_eq!(net.hears(&cancel()), ["> 200 CANCEL"]);
    }
}

#[test]
fn a_cancel_of_nothing_is_481() {
    let mut net = Net::udp();
    assert_eq!(net.hears(&cancel()), ["> 481 CANCEL"]);
    assert_eq!(net.hears(&cancel()), ["> 481 CANCEL"]);
    assert_eq!(net.sent[0].to().expect("a To").tag().map(str::len), Some(16));
    net.hears(&Ask { cseq: 9, branch: ";branch=z9hG4bKother", ..Ask::default() }.message());
    let stranger = Ask { method: "CANCEL", branch: ";branch=z9hG4bKother", sent_by: "192.0.2.66", ..Ask::default() };
    assert_eq!(net.hears(&stranger.message()), ["> 481 CANCEL"], "another sender's CANCEL");
    net.answers(&reply(404, &invite()));
    net.until(64_000);
    assert!(net.is_clean());
}

#[test]
fn a_cancel_cannot_stop_another_request() {
    let mut net = Net::udp();
    net.hears(&options());
    assert_eq!(net.hears(&cancel()), ["> 481 CANCEL"]);
    assert_eq!(net.answers(&reply(200, &options())), ["> 200 OPTIONS"]);
}

#[test]
fn rfc_2543_peers_can_cancel_too() {
    let mut net = Net::udp();
    net.hears(&Ask { branch: "", ..Ask::default() }.message());
    let cancel = Ask { method: "CANCEL", branch: "", ..Ask::default() };
    assert_eq!(net.hears(&cancel.message()), ["> 200 CANCEL", "cancelled by CANCEL"]);
}

#[test]
fn our_cancel_waits_for_the_first_provisional() {
    let mut net = Net::udp();
    net.asks(&invite());
    assert_eq!(net.cancels(&[]), NOTHING);
    assert_eq!(
        net.until(1_500),
        at([(500, "> INVITE"), (1_500, "> INVITE")]),
        "the INVITE goes on, or no provisional comes"
    );
    assert_eq!(net.cancels(&[]), NOTHING);
    assert_eq!(net.hears(&reply(100, &invite())), ["response 100 INVITE", "> CANCEL"]);
    assert_eq!(net.cancels(&[]), NOTHING, "once is enough");
    assert_eq!(net.hears(&reply(200, &cancel())), NOTHING, "nobody asked to hear of it");
    assert_eq!(net.hears(&reply(487, &invite())), ["> ACK", "response 487 INVITE"]);
    assert_eq!(net.until(60_000), at([(33_500, "ended")]));
    assert!(net.is_clean());
}

#[test]
fn our_cancel_is_the_invites_and_says_why() {
    let mut net = Net::udp();
    let invite = Ask { cseq: 7, more: "Route: <sip:p1.example.jp;lr>\n", ..Ask::default() }.message();
    net.asks(&invite);
    net.hears(&reply(180, &invite));
    let why = "SIP;cause=200;text=\"Call completed elsewhere\"";
    assert_eq!(net.cancels(&[(Name::Reason, why)]), ["> CANCEL"]);
    let cancel = &net.sent[0];
    assert_eq!(cancel.request_uri(), invite.request_uri());
    for same in [Name::Via, Name::From, Name::To, Name::CallId, Name::Route] {
        assert_eq!(text(cancel, same), text(&invite, same));
    }
    assert_eq!(text(cancel, Name::CSeq), "7 CANCEL");
    assert_eq!(text(cancel, Name::Reason), why);
    assert_eq!(cancel.values(Name::Via).count(), 1);
}

#[test]
fn our_cancel_is_repeated_until_its_answer_and_the_invite_given_up_after_64_t1() {
    let mut net = Net::udp();
    net.asks(&invite());
    net.hears(&reply(180, &invite()));
    net.cancels(&[]);
    assert_eq!(net.until(1_500), at([(500, "> CANCEL"), (1_500, "> CANCEL")]));
    assert_eq!(net.hears(&reply(481, &cancel())), NOTHING);
    assert_eq!(net.hears(&reply(180, &invite())), ["response 180 INVITE"], "it was under way");
    assert_eq!(net.until(60_000), at([(32_000, "timed out"), (32_000, "ended")]));
    assert!(net.is_clean());
}

#[test]
fn our_cancel_that_nobody_answers_dies_silently() {
    let mut net = Net::udp();
    net.asks(&invite());
    net.hears(&reply(180, &invite()));
    net.cancels(&[]);
    let story = net.until(60_000);
    assert_eq!(story.iter().filter(|(_, line)| line == "> CANCEL").count(), 10);
    assert_eq!(
        story.iter().filter(|(_, line)| line != "> CANCEL").count(),
        2,
        "the INVITE's timeout and end: {story:?}"
    );
    assert!(net.is_clean());
}

#[test]
fn r40_an_answer_that_crosses_our_cancel_goes_up_to_be_ended() {
    let mut net = Net::udp();
    net.asks(&invite());
    net.hears(&reply(180, &invite()));
    net.cancels(&[]);
    assert_eq!(net.hears(&reply(200, &invite())), ["response 200 INVITE"]);
    assert_eq!(net.hears(&reply(200, &cancel())), NOTHING);
    assert_eq!(net.until(60_000), at([(32_000, "ended")]));
    assert!(net.is_clean());
}

#[test]
fn r40_a_final_response_spares_the_waiting_cancel() {
    for (status, heard) in [(200, vec!["response 200 INVITE"]), (404, vec!["> ACK", "response 404 INVITE"])] {
        let mut net = Net::udp();
        net.asks(&invite());
        net.cancels(&[]);
        assert_eq!(net.hears(&reply(status, &invite())), heard);
        assert_eq!(net.cancels(&[]), NOTHING);
        assert_eq!(net.until(60_000), at([(32_000, "ended")]), "and no CANCEL ever goes");
    }
}

#[test]
fn a_withdrawn_invite_that_nobody_answers_times_out() {
    let mut net = Net::udp();
    net.asks(&invite());
    net.cancels(&[]);
    let story = net.until(60_000);
    assert_eq!(story.last(), Some(&(32_000, "ended".to_owned())));
    assert_eq!(story.get(story.len() - 2), Some(&(32_000, "timed out".to_owned())));
    assert!(story.iter().all(|(_, line)| line != "> CANCEL"));
    assert!(net.is_clean());
}

#[test]
fn only_an_invite_can_be_taken_back() {
    let mut net = Net::udp();
    net.asks(&options());
    net.hears(&reply(100, &options()));
    assert_eq!(net.cancels(&[]), NOTHING);
    assert_eq!(net.hears(&reply(200, &options())), ["response 200 OPTIONS"]);
}

#[test]
fn rfc_3261_9_2_the_200_to_a_cancel_has_the_tag_that_the_invites_answers_will_have() {
    let mut net = Net::udp();
    net.hears(&invite());
    let key = net.server.unwrap();
    net.layer.promise_tag(&key, "promised");
    let cancel = Ask { method: "CANCEL", ..Ask::default() }.message();
    assert_eq!(net.hears(&cancel), ["> 200 CANCEL", "cancelled by CANCEL"]);
    assert_eq!(net.sent[0].to().unwrap().tag(), Some("promised"));
}
