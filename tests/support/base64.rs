//! RFC 4648 section 4, as far as keys in SDP and samples from a browser need it.

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes of a text; letters that are none of the sixty-four count as the first.
pub fn decode(text: &str) -> Vec<u8> {
    let value = |c: u8| LETTERS.iter().position(|letter| *letter == c).unwrap_or(0) as u32;
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for four in text.trim_end_matches('=').as_bytes().chunks(4) {
        let all = four.iter().fold(0, |all, &c| all << 6 | value(c)) << (6 * (4 - four.len()));
        bytes.extend_from_slice(&all.to_be_bytes()[1..four.len()]);
    }
    bytes
}

/// The text of bytes.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let all = three.iter().fold(0, |all: u32, &byte| all << 8 | u32::from(byte)) << (8 * (3 - three.len()));
        for n in 0..4 {
            let letter = LETTERS[(all >> (18 - 6 * n)) as usize & 63];
            text.push(if n <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[test]
fn what_is_encoded_is_decoded() {
    for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
        assert_eq!((encode(bytes.as_bytes()).as_str(), decode(text).as_slice()), (text, bytes.as_bytes()));
    }
}
