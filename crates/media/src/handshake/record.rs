//! What can be seen of a DTLS datagram before anybody has shown who sent it (RFC 6347 §4.1 and §4.2.2).

/// Type, version, epoch, number and length.
const HEADER_BYTES: usize = 13;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const HELLO_VERIFY_REQUEST: u8 = 3;

/// One record.
struct Record<'a> {
    kind: u8,
    epoch: u16,
    body: &'a [u8],
}

/// The first record and what follows it; `None` if it is cut off.
fn first(datagram: &[u8]) -> Option<(Record<'_>, &[u8])> {
    let (header, rest) = datagram.split_first_chunk::<HEADER_BYTES>()?;
    let &[kind, _, _, e0, e1, _, _, _, _, _, _, l0, l1] = header;
    let (body, rest) = rest.split_at_checked(u16::from_be_bytes([l0, l1]).into())?;
    Some((Record { kind, epoch: u16::from_be_bytes([e0, e1]), body }, rest))
}

/// What kind of handshake message the first record holds, or a fragment of, if it is one without protection.
fn message(datagram: &[u8]) -> Option<u8> {
    let (record, _) = first(datagram)?;
    if (record.kind, record.epoch) == (HANDSHAKE, 0) { record.body.first().copied() } else { None }
}

/// Whether it begins a conversation: a ClientHello, or a fragment of one.
pub fn is_hello(datagram: &[u8]) -> bool {
    message(datagram) == Some(CLIENT_HELLO)
}

/// Whether it only asks to be shown a cookie.
pub fn is_cookie(datagram: &[u8]) -> bool {
    message(datagram) == Some(HELLO_VERIFY_REQUEST)
}

/// Whether there is an alert in it that nothing protects: anybody may have sent it.
pub fn has_bare_alert(datagram: &[u8]) -> bool {
    let mut rest = datagram;
    // What is cut off after the last whole record still counts by its header.
    while let Some((&[kind, _, _, e0, e1], _)) = rest.split_first_chunk::<5>() {
        if (kind, e0, e1) == (ALERT, 0, 0) {
            return true;
        }
        match first(rest) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u8, epoch: u8, body: &[u8]) -> Vec<u8> {
        [&[kind, 0xFE, 0xFD, 0, epoch, 0, 0, 0, 0, 0, 0, 0, body.len() as u8], body].concat()
    }

    #[test]
    fn what_begins_a_conversation_and_what_would_end_it() {
        let (hello, alert) = (record(22, 0, &[1, 0, 0, 9, 0, 0]), record(21, 0, &[2, 40]));
        assert!(is_hello(&hello) && !is_hello(&record(22, 1, &[1])) && !is_hello(&record(22, 0, &[2])));
        assert!(!is_hello(&alert) && !is_hello(&[]) && !is_hello(&record(22, 0, &[])) && !is_hello(&hello[..15]));
        assert!(is_cookie(&record(22, 0, &[3])) && !is_cookie(&hello));
        assert!(has_bare_alert(&alert) && has_bare_alert(&[hello.clone(), alert.clone()].concat()));
        assert!(has_bare_alert(&alert[..7]));
        for other in [vec![], hello.clone(), record(21, 1, &[2, 40]), [hello, record(20, 0, &[1])].concat()] {
            assert!(!has_bare_alert(&other), "{other:?}");
        }
    }
}
