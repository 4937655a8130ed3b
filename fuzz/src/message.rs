//! One SIP message: read it, read every header of it, print it, edit it, answer it, and make a dialog of it.

use bytes::Bytes;
use sip::dialog::Dialog;
use sip::flow::Flow;
use sip::message::{
    MediaType, Message, MessageBuilder, Method, Name, NameAddr, Params, Replaces, Uri, Via, quote, response_target,
    stamp_received,
};

/// The target.
pub fn run(bytes: &[u8]) {
    read(&Bytes::copy_from_slice(bytes));
}

/// Reads everything that can be read of these bytes, as a message and as a value of each kind.
pub fn read(bytes: &Bytes) {
    values(bytes);
    let Ok(message) = Message::parse(bytes.clone()) else { return };
    assert_eq!(message.bytes(), bytes);
    headers(&message);
    prints(&message);
    if message.is_request() && message.validate().is_ok() {
        believed(&message);
    }
}

fn headers(message: &Message) {
    for header in message.headers() {
        let _ = (message.header(header.name), message.text(header.name), message.addresses(header.name));
        let _ = (message.values(header.name).count(), message.other("x"), message.address(header.name));
        // A long message of many headers is about the message; its values are read one by one for short ones.
        if message.bytes().len() < 4_096 {
            values(&Bytes::copy_from_slice(header.value));
        }
    }
    typed(message);
}

/// Every typed accessor.
pub fn typed(message: &Message) {
    let _ = (message.vias(), message.contacts(), message.routes(), message.record_routes(), message.call_id());
    let _ = (message.cseq(), message.rack(), message.replaces(), message.reasons(), message.refer_to());
    let _ = (message.session_expires(), message.min_se(), message.retry_after(), message.expires(), message.rseq());
    let _ = (message.event(), message.subscription_state(), message.content_type(), message.accepts("a/b"));
    let _ = (message.method(), message.target(), message.reason(), message.unsupported(&["timer"]), message.body());
    let _ = (message.supports("timer"), message.requires("timer"), message.allows(&Method::Info));
    let _ = (message.asks_privacy("id"), message.lists(Name::Supported, "x"), message.contact_is_star());
    let _ = (message.max_forwards(), message.min_expires(), message.validate(), message.from(), message.to());
    let _ = message.session_description();
}

/// What we make of a message can be read again, and has what was asked for.
fn prints(message: &Message) {
    let source = "198.51.100.9:5060".parse().unwrap();
    let stamped = stamp_received(message, source);
    if let Ok(via) = stamped.via() {
        assert_eq!(response_target(&via, source).ip(), source.ip(), "R10: answers go where the request came from");
    }
    let edited = message.edit().prepend(Name::Via, "SIP/2.0/UDP a").first_value(Name::Contact, None).finish();
    assert!(edited.headers().count() > 0);
    for answer in [
        MessageBuilder::reply(message, 400, "Bad Request", Some("t")).finish(),
        MessageBuilder::reply(message, 200, "OK", None).body("text/plain", message.body()).finish(),
    ] {
        let again = Message::parse(answer.bytes().clone()).expect("what we print can be read");
        assert!(again.headers().eq(answer.headers()), "R19: what we print has the headers that we put in");
        assert_eq!(again.body(), answer.body());
    }
}

/// A request that passed [`Message::validate`] can be worked with.
fn believed(request: &Message) {
    assert!(request.call_id().is_ok() && request.cseq().is_ok() && request.via().is_ok() && request.target().is_ok());
    let answer = MessageBuilder::reply(request, 200, "OK", Some("t")).finish();
    if let Err(refusal) = answer.validate() {
        // Ours alone is the topmost Via: with more of them it is for another element, and so it is meant.
        assert!(request.values(Name::Via).nth(1).is_some(), "our answer is refused: {refusal:?}: {answer:?}");
    }
    let flow = Flow::udp("192.0.2.1:5060".parse().unwrap(), "198.51.100.9:5060".parse().unwrap());
    let Ok(mut dialog) = Dialog::as_uas(request, "t", flow) else { return };
    assert!(dialog.receive(request).is_ok());
    dialog.refresh_target(request);
    let _ = dialog.next_hop();
    let via = "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx";
    for ours in [dialog.request(&Method::Bye, via, None).finish(), dialog.ack(1, via).finish()] {
        let again = Message::parse(ours.bytes().clone()).expect("what we print can be read");
        assert_eq!(again.validate(), Ok(()), "{}", String::from_utf8_lossy(ours.bytes()));
        assert_eq!(again.call_id().ok(), request.call_id().ok());
    }
}

/// These bytes as a value of each kind that a header can have.
pub fn values(bytes: &Bytes) {
    if let Some(address) = NameAddr::parse(bytes.clone()) {
        let _ = (address.tag(), address.param("expires"), format!("{address:?}"));
        if let Some(display) = address.display_text() {
            let quoted = Bytes::from(format!("{} <sip:a@b>", quote(&display)));
            assert!(NameAddr::parse(quoted).is_some_and(|again| again.params.is_empty()), "R19: {display:?}");
        }
        uri(&address.uri);
    }
    if let Ok(parsed) = Uri::parse(bytes) {
        uri(&parsed);
    }
    if let Some(via) = Via::parse(bytes.clone()) {
        let _ = (via.host(), via.branch(), via.unique_branch(), via.received(), via.rport(), via.transport_token());
    }
    if let Some(params) = Params::parse(bytes.clone()) {
        let _ = (params.iter().count(), params.text("x"));
    }
    let _ = (MediaType::parse(bytes.clone()), Replaces::parse(bytes), Method::from_bytes(bytes));
}

fn uri(uri: &Uri) {
    let _ = (uri.user(), uri.password(), uri.host(), uri.params().count(), uri.headers().count(), uri.param("lr"));
    assert_eq!(*uri, uri.clone());
    let printed = uri.to_string();
    assert!(printed.bytes().all(|byte| byte.is_ascii_graphic()), "{printed:?}");
    let again = Uri::parse(printed.as_bytes()).expect("what we print can be read");
    assert_eq!(again.to_string(), printed, "printing changes nothing twice");
    let _ = uri.without_headers();
}
