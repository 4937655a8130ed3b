//! The messages that a transaction makes out of another: ACK, CANCEL and 100.

use crate::message::{Message, MessageBuilder, Method, Name, reason_phrase};

/// §17.1.1.3: the ACK to a non-2xx: everything of the INVITE, and the To of the response, whose tag it has.
pub(super) fn ack(invite: &Message, response: &Message) -> Option<Message> {
    Some(like(invite, &Method::Ack, response)?.finish())
}

/// §9.1: the CANCEL: everything of the INVITE, the To included, and what its sender wants to say besides (Reason).
pub(super) fn cancel(invite: &Message, extra: &[(Name, &str)]) -> Option<Message> {
    let builder = like(invite, &Method::Cancel, invite)?;
    let builder = extra.iter().fold(builder, |builder, (name, value)| builder.header(*name, value));
    Some(builder.finish())
}

/// §17.2.1, §8.2.6.1: the 100 that the transaction says by itself: no To tag, but the Timestamp of the request.
pub(super) fn trying(invite: &Message) -> Message {
    MessageBuilder::reply(invite, 100, reason_phrase(100), None).finish()
}

/// What ACK and CANCEL have in common: Request-URI, the one topmost Via, Route, From, Call-ID, the number of the CSeq.
fn like(invite: &Message, method: &Method, to: &Message) -> Option<MessageBuilder> {
    let number = invite.cseq().ok()?.number;
    let builder = MessageBuilder::request(method, invite.request_uri()?)
        .header(Name::Via, invite.values(Name::Via).next()?)
        .header(Name::MaxForwards, "70")
        .copy_all(invite, Name::Route)
        .copy_first(invite, Name::From)
        .copy_first(to, Name::To)
        .copy_first(invite, Name::CallId)
        .header(Name::CSeq, format!("{number} {method}"))
        // RFC 7989 section 6: in every request of the session.
        .copy_first(invite, Name::SessionId);
    Some(builder)
}
