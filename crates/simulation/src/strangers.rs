//! People who are nobody: torture messages, INVITEs to numbers abroad, mutated copies of what others said.

use bytes::Bytes;

use crate::chance::Chance;

/// Some of RFC 4475.
const TORTURE: [&[u8]; 8] = [
    include_bytes!("../../../tests/corpus/rfc4475/wsinv.dat"),
    include_bytes!("../../../tests/corpus/rfc4475/intmeth.dat"),
    include_bytes!("../../../tests/corpus/rfc4475/esc01.dat"),
    include_bytes!("../../../tests/corpus/rfc4475/badinv01.dat"),
    include_bytes!("../../../tests/corpus/rfc4475/clerr.dat"),
    include_bytes!("../../../tests/corpus/rfc4475/ncl.dat"),
    include_bytes!("../../../tests/corpus/rfc4475/mcl01.dat"),
    include_bytes!("../../../tests/corpus/rfc4475/bcast.dat"),
];

/// A packet of a stranger. `overheard`: something that a party said, if it was outside dialogs.
pub fn packet(chance: &mut Chance, overheard: Option<&Bytes>) -> Bytes {
    let unique = chance.below(u64::MAX);
    match (chance.below(10), overheard) {
        (0..3, _) => {
            let [first, others @ ..] = TORTURE;
            Bytes::from_static(chance.of(first, &others))
        }
        (3..8, Some(overheard)) => mutated(chance, overheard),
        (8, _) => Bytes::from(format!(
            "REGISTER sip:house.test SIP/2.0\r\n{}Expires: 60\r\n\r\n",
            head(unique, "REGISTER", "101")
        )),
        (9, _) => Bytes::from_static(b"\r\n\r\n"),
        _ => Bytes::from(format!("INVITE sip:011441234@192.0.2.1 SIP/2.0\r\n{}\r\n", head(unique, "INVITE", "100"))),
    }
}

fn head(unique: u64, method: &str, user: &str) -> String {
    format!(
        "Via: SIP/2.0/UDP 203.0.113.66:5060;rport;branch=z9hG4bK-x{unique}\r\nMax-Forwards: 70\r\n\
         From: <sip:{user}@house.test>;tag=x{unique}\r\nTo: <sip:{user}@house.test>\r\nCall-ID: x{unique}\r\n\
         CSeq: 1 {method}\r\nContact: <sip:{user}@203.0.113.66>\r\nContent-Length: 0\r\n"
    )
}

/// A few bytes changed, cut or doubled.
fn mutated(chance: &mut Chance, message: &Bytes) -> Bytes {
    // Not the transaction of somebody else.
    let own = String::from_utf8_lossy(message).replace("z9hG4bK-", "z9hG4bK-s").replace("Call-ID: ", "Call-ID: s");
    let mut bytes = own.into_bytes();
    for _ in 0..=chance.below(6) {
        let length = u64::try_from(bytes.len()).unwrap_or(1);
        let place = usize::try_from(chance.below(length)).unwrap_or(0);
        match chance.below(4) {
            0 => bytes.truncate(place.max(1)),
            1 => {
                let piece: Vec<u8> = bytes.iter().skip(place).take(40).copied().collect();
                bytes.splice(place..place, piece);
            }
            _ => {
                let value = u8::try_from(chance.below(256)).unwrap_or(0);
                if let Some(byte) = bytes.get_mut(place) {
                    *byte = value;
                }
            }
        }
    }
    Bytes::from(bytes)
}
