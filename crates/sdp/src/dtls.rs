//! Keys by DTLS, and the way to the peer by ICE: `a=fingerprint`, `a=setup`, `a=ice-ufrag` and their kin (RFC 8122, RFC 5763,
//! RFC 8839).

use crate::{Media, Session};
use std::fmt::Write as _;

/// SHA-256 of a certificate.
pub type Fingerprint = [u8; 32];

/// Who greets whom (RFC 4145 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setup {
    Active,
    Passive,
    ActPass,
}

impl Setup {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Passive => "passive",
            Self::ActPass => "actpass",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Active, Self::Passive, Self::ActPass].into_iter().find(|setup| setup.word().eq_ignore_ascii_case(word))
    }
}

/// Fewest and most characters of `a=ice-ufrag` and `a=ice-pwd` (RFC 8839 §5.4).
const UFRAG_LENGTH_MIN: usize = 4;
const PASSWORD_LENGTH_MIN: usize = 22;
const CREDENTIAL_LENGTH_MAX: usize = 256;

/// The peer's side of DTLS-SRTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) setup: Option<Setup>,
    /// `a=ice-ufrag` and `a=ice-pwd`; `None`: it does without ICE, or is a lite one as we are.
    pub(crate) ice: Option<(String, String)>,
}

impl Peer {
    /// `None`: no certificate of which we can know the fingerprint, or roles or credentials that no one can work with.
    pub(crate) fn read(session: &Session, media: &Media) -> Option<Self> {
        let fingerprint =
            media.values("fingerprint").chain(session.values("fingerprint")).find_map(read_fingerprint)?;
        let setup = match value_of(session, media, "setup") {
            None => None,
            Some(word) => Some(Setup::from_word(word)?),
        };
        Some(Self { fingerprint, setup, ice: ice(session, media)? })
    }
}

/// The peer's ICE credentials; `Some(None)`: it does without ICE; `None`: they are broken.
#[expect(clippy::option_option, reason = "absent and broken are different things")]
pub(crate) fn ice(session: &Session, media: &Media) -> Option<Option<(String, String)>> {
    let pair = (value_of(session, media, "ice-ufrag"), value_of(session, media, "ice-pwd"));
    let is_lite = session.attributes.iter().any(|attribute| attribute.name.eq_ignore_ascii_case("ice-lite"));
    match pair {
        (None, None) => Some(None),
        (Some(_), Some(_)) if is_lite => Some(None),
        (Some(ufrag), Some(password))
            if is_credential(ufrag, UFRAG_LENGTH_MIN) && is_credential(password, PASSWORD_LENGTH_MIN) =>
        {
            Some(Some((ufrag.to_owned(), password.to_owned())))
        }
        (Some(_), Some(_)) | (Some(_), None) | (None, Some(_)) => None,
    }
}

/// `ice-char` of RFC 8839 §5.1.
fn is_credential(text: &str, least: usize) -> bool {
    let is_char = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    (least..=CREDENTIAL_LENGTH_MAX).contains(&text.len()) && text.bytes().all(is_char)
}

/// The stream's own value, else that of the session.
fn value_of<'a>(session: &'a Session, media: &'a Media, name: &'a str) -> Option<&'a str> {
    media.values(name).chain(session.values(name)).next()
}

/// `sha-256 4A:AD:…`; other hashes are left alone (RFC 8122 §5 lets there be several).
fn read_fingerprint(value: &str) -> Option<Fingerprint> {
    let (hash, digits) = value.split_once(char::is_whitespace)?;
    if !hash.eq_ignore_ascii_case("sha-256") {
        return None;
    }
    let mut fingerprint = Fingerprint::default();
    let mut pairs = digits.trim().split(':');
    for byte in &mut fingerprint {
        let pair =
            pairs.next().filter(|pair| pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    pairs.next().is_none().then_some(fingerprint)
}

/// The attribute's value.
pub(crate) fn print_fingerprint(fingerprint: &Fingerprint) -> String {
    let mut text = "sha-256 ".to_owned();
    for (index, byte) in fingerprint.iter().enumerate() {
        let colon = if index == 0 { "" } else { ":" };
        let _ = write!(text, "{colon}{byte:02X}"); // a String takes everything
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINGERPRINT: &str = "sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:\
        10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:FF";

    fn read(attributes: &str) -> Option<Peer> {
        let text = format!("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n{attributes}");
        let session = Session::parse(text.as_bytes()).unwrap();
        Peer::read(&session, &session.media[0])
    }

    #[test]
    fn fingerprints_are_read_and_come_back() {
        let peer = read(&format!("a=fingerprint:sha-1 00:01\r\na=fingerprint:{FINGERPRINT}\r\n")).unwrap();
        assert_eq!((peer.fingerprint[1], peer.fingerprint[31]), (1, 255));
        assert_eq!(print_fingerprint(&peer.fingerprint), FINGERPRINT);
        assert_eq!(read(&format!("a=fingerprint:{}\r\n", FINGERPRINT.to_lowercase())), Some(peer));
        for broken in [
            "",
            "sha-256",
            "sha-256 00:01",
            "sha-256 0:1",
            &format!("{FINGERPRINT}:00"),
            &FINGERPRINT.replace("0A", "+A"),
            &FINGERPRINT.replace("sha-256", "sha-1"),
        ] {
            assert_eq!(read(&format!("a=fingerprint:{broken}\r\n")), None, "{broken}");
        }
    }

    #[test]
    fn roles_and_credentials_are_read_or_refused() {
        let with = |rest: &str| read(&format!("a=fingerprint:{FINGERPRINT}\r\n{rest}"));
        let good = "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdefghij+/\r\n";
        assert_eq!(with("").unwrap().setup, None);
        assert_eq!(with("a=setup:ACTPASS\r\n").unwrap().setup, Some(Setup::ActPass));
        assert_eq!(with("a=setup:holdconn\r\n"), None);
        assert_eq!(with(good).unwrap().ice, Some(("abcd".to_owned(), "0123456789abcdefghij+/".to_owned())));
        assert_eq!(with("").unwrap().ice, None);
        for broken in [
            "a=ice-ufrag:abcd\r\n",
            "a=ice-pwd:0123456789abcdefghij+/\r\n",
            "a=ice-ufrag:abc\r\na=ice-pwd:0123456789abcdefghij+/\r\n",
            "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdefghij+\r\n",
            "a=ice-ufrag:ab:d\r\na=ice-pwd:0123456789abcdefghij+/\r\n",
            &format!("a=ice-ufrag:abcd\r\na=ice-pwd:{}\r\n", "x".repeat(257)),
        ] {
            assert_eq!(with(broken), None, "{broken}");
        }
    }

    #[test]
    fn what_the_session_says_holds_for_its_streams() {
        let text = format!(
            "v=0\r\na=fingerprint:{FINGERPRINT}\r\na=setup:active\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdefghij+/\r\n\
             m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=ice-ufrag:efgh\r\na=ice-pwd:0123456789abcdefghijkl\r\n"
        );
        let session = Session::parse(text.as_bytes()).unwrap();
        let peer = Peer::read(&session, &session.media[0]).unwrap();
        assert_eq!((peer.setup, peer.ice.unwrap().0.as_str()), (Some(Setup::Active), "efgh"));
        let lite = Session::parse(text.replace("v=0\r\n", "v=0\r\na=ice-lite\r\n").as_bytes()).unwrap();
        assert_eq!(Peer::read(&lite, &lite.media[0]).unwrap().ice, None, "nobody would make the checks");
    }
}
