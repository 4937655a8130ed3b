//! What identifies a transaction on the wire: RFC 3261 §17.1.3 (client), §17.2.3 (server), §8.2.2.2 (merged requests).
//!
//! A key is written into a buffer that the layer keeps, so looking one up allocates nothing; only a new transaction keeps a
//! copy. Maps hash it once and compare it whole. Every part is preceded by its length: no two lists of parts look alike.

use crate::message::{Message, Method, Via};

/// §17.2.3: the branch and the sent-by of the topmost Via, and the method; an ACK counts as the INVITE it belongs to.
///
/// Without a branch that identifies (RFC 2543), the rest of what §17.2.3 lists: Request-URI, From tag, Call-ID, CSeq and the
/// topmost Via. The To tag is left out, as the ACK bears one where its INVITE had none. False if a part is missing.
pub(super) fn server(key: &mut Vec<u8>, request: &Message, via: &Via, method: &Method) -> bool {
    key.clear();
    let method = if *method == Method::Ack { &Method::Invite } else { method };
    part(key, method.as_str().as_bytes());
    part_any_case(key, via.branch().unwrap_or_default());
    part_any_case(key, via.sent_by());
    via.unique_branch().is_some() || legacy(key, request).is_some()
}

fn legacy(key: &mut Vec<u8>, request: &Message) -> Option<()> {
    part(key, request.request_uri()?);
    part(key, request.from().ok()?.tag().unwrap_or_default().as_bytes());
    part(key, request.call_id().ok()?.as_bytes());
    part(key, &request.cseq().ok()?.number.to_be_bytes());
    Some(())
}

/// §17.1.3: the branch of the topmost Via and the method of the CSeq (ACK and CANCEL share their INVITE's branch).
/// False if there is no branch.
pub(super) fn client(key: &mut Vec<u8>, via: &Via, method: &Method) -> bool {
    key.clear();
    let Some(branch) = via.branch() else { return false };
    part(key, method.as_str().as_bytes());
    part_any_case(key, branch);
    true
}

/// §8.2.2.2: From tag, Call-ID and CSeq of a request outside dialogs: the same over another branch is the same request, come
/// by another way. False if it is too old (no From tag) or too broken to tell.
pub(super) fn origin(key: &mut Vec<u8>, request: &Message) -> bool {
    key.clear();
    origin_parts(key, request).is_some()
}

fn origin_parts(key: &mut Vec<u8>, request: &Message) -> Option<()> {
    let cseq = request.cseq().ok()?;
    part(key, request.from().ok()?.tag()?.as_bytes());
    part(key, request.call_id().ok()?.as_bytes());
    part(key, &cseq.number.to_be_bytes());
    part(key, cseq.method.as_str().as_bytes());
    Some(())
}

fn part(key: &mut Vec<u8>, bytes: &[u8]) {
    key.extend_from_slice(&bytes.len().to_be_bytes());
    key.extend_from_slice(bytes);
}

/// §7.3.1: the values of parameters and the names of hosts are alike in any case.
fn part_any_case(key: &mut Vec<u8>, bytes: &[u8]) {
    key.extend_from_slice(&bytes.len().to_be_bytes());
    key.extend(bytes.iter().map(u8::to_ascii_lowercase));
}
