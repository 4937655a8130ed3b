//! Challenges and credentials: what we answer is right, what we have not given is not.

use super::choices::Choices;
use sip::digest::{Challenge, Credentials, Ha1, NonceKey, NonceState, Secret, Signed, answer, check, ha1};
use sip::message::Method;

const NOW: i64 = 1_795_253_100;

/// The target: the same bytes as a challenge, as credentials and as a nonce.
pub fn run(bytes: &[u8]) {
    if let Ok(challenge) = Challenge::parse(bytes) {
        let printed = challenge.to_string();
        let again = Challenge::parse(printed.as_bytes()).expect("what we print can be read");
        assert_eq!(again.to_string(), printed, "printing changes nothing twice");
        answered(&challenge);
    }
    if let Ok(credentials) = Credentials::parse(bytes) {
        let printed = credentials.to_string();
        let again = Credentials::parse(printed.as_bytes()).expect("what we print can be read");
        assert_eq!(again.to_string(), printed, "printing changes nothing twice");
        let stranger = Ha1::from_hex("0123456789abcdef0123456789abcdef");
        assert!(!check(&credentials, &stranger, &Method::Register, b""), "nobody guesses a response");
        judged(&credentials.nonce);
    }
    judged(&String::from_utf8_lossy(bytes));
    cut(bytes);
}

/// Whoever knows the password is let in, whatever the challenge says; whoever does not is not.
fn answered(challenge: &Challenge) {
    let signed = Signed { method: &Method::Invite, uri: "sip:a@b", body: b"body" };
    let credentials = answer(challenge, "hanako", &Secret::Password("secret"), signed, "c", 1);
    let read = Credentials::parse(credentials.to_string().as_bytes()).expect("what we print can be read");
    let secret = |password| ha1("hanako", &challenge.realm, password, challenge.algorithm);
    assert!(check(&read, &secret("secret"), &Method::Invite, b"body"), "{challenge} was answered {read}");
    assert!(!check(&read, &secret("Secret"), &Method::Invite, b"body"));
    assert!(!check(&read, &secret("secret"), &Method::Bye, b"body"));
}

fn judged(nonce: &str) {
    let (key, ip) = (NonceKey::new([7; 32]), "203.0.113.5".parse().unwrap());
    assert_eq!(key.judge(nonce, NOW, ip), NonceState::Foreign, "R17: nobody guesses a nonce");
}

/// A nonce of ours with one byte changed is not ours.
fn cut(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let (key, ip) = (NonceKey::new([7; 32]), "203.0.113.5".parse().unwrap());
    let nonce = key.issue(NOW, ip, u64::from(choices.long()));
    assert_eq!(key.judge(&nonce, NOW + 1, ip), NonceState::Fresh);
    let mut other = nonce.clone().into_bytes();
    let at = choices.below(other.len());
    other[at] = choices.byte();
    if let Ok(other) = String::from_utf8(other)
        && !other.eq_ignore_ascii_case(&nonce)
    {
        assert_eq!(key.judge(&other, NOW + 1, ip), NonceState::Foreign);
    }
}
