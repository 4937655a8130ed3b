//! Digest against the vectors of the RFCs and of public test suites, and against those who replay.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by stopping"
)]

mod common;

use serde_json::Value;
use sip::digest::{
    Algorithm, Challenge, ChallengeError, Credentials, CredentialsError, Ha1, NONCE_SECONDS_MAX, NonceKey, NonceState,
    Qop, Round, Secret, Signed, answer, check, ha1, response,
};
use sip::message::{Message, Method, Name};

#[test]
fn every_vector_gives_exactly_its_response() {
    let vectors: Vec<Value> = serde_json::from_slice(&common::corpus("digest/digest-vectors.json")).unwrap();
    assert_eq!(vectors.len(), 5);
    for vector in &vectors {
        let field = |name: &str| vector[name].as_str().unwrap_or_default();
        let algorithm = Algorithm::from_token(field("alg")).unwrap();
        let derived = match vector.get("pass") {
            Some(password) => ha1(field("user"), field("realm"), password.as_str().unwrap(), algorithm),
            None => Ha1::from_hex(field("ha1")),
        };
        if vector.get("ha1").is_some() {
            assert_eq!(derived.as_hex(), field("ha1"), "{}", field("src"));
        }
        if vector.get("response").is_none() {
            continue;
        }
        let method = Method::from_bytes(field("method").as_bytes()).unwrap();
        let signed = Signed { method: &method, uri: field("uri"), body: b"" };
        let count = u32::from_str_radix(field("nc"), 16).unwrap();
        let round = Round { nonce: field("nonce"), cnonce: field("cnonce"), count, qop: Some(Qop::Auth) };
        assert_eq!(response(algorithm, &derived, signed, round), field("response"), "{}", field("src"));
    }
}

/// RFC 7616 section 3.9.2 as its errata correct it, without the hashed name.
#[test]
fn rfc_7616_section_3_9_2_sha_512_256() {
    let derived = ha1("Jäsøn Doe", "api@example.org", "Secret, or not?", Algorithm::Sha512_256);
    let method = Method::Other("GET".into());
    let signed = Signed { method: &method, uri: "/doe.json", body: b"" };
    let nonce = "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK";
    let round = Round { nonce, cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v", count: 1, qop: Some(Qop::Auth) };
    let expected = "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5";
    assert_eq!(response(Algorithm::Sha512_256, &derived, signed, round), expected);
}

/// The sum of RFC 2069 section 2.4 as its errata correct it.
#[test]
fn rfc_2069_without_qop_gives_the_corrected_sum() {
    let derived = ha1("Mufasa", "testrealm@host.com", "CircleOfLife", Algorithm::Md5);
    let method = Method::Other("GET".into());
    let signed = Signed { method: &method, uri: "/dir/index.html", body: b"" };
    let round = Round { nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093", cnonce: "", count: 0, qop: None };
    assert_eq!(response(Algorithm::Md5, &derived, signed, round), "1949323746fe6a43ef61f9606e7febea");
}

const CHALLENGE: &str = r#"Digest realm="desk.example.jp", nonce="abc", algorithm=MD5, qop="auth", stale=true"#;

#[test]
fn challenges_are_printed_and_read() {
    let challenge = Challenge::new("desk.example.jp", "abc", Algorithm::Md5, true);
    assert_eq!(challenge.to_string(), CHALLENGE);
    assert_eq!(Challenge::parse(CHALLENGE.as_bytes()), Ok(challenge));
    let odd = Challenge::parse(b"digest  REALM = \"a \\\"b\\\", c\",nonce=\"n\" ,qop=\"auth-int, auth\",, opaque=\"\"")
        .unwrap();
    assert_eq!((odd.realm.as_str(), odd.opaque.as_deref()), ("a \"b\", c", Some("")));
    assert_eq!((odd.algorithm, odd.says_algorithm), (Algorithm::Md5, false));
    assert_eq!(odd.qop, [Qop::AuthInt, Qop::Auth]);
    let error = |text: &str| Challenge::parse(text.as_bytes()).unwrap_err();
    assert_eq!(error("Basic realm=\"x\""), ChallengeError::Scheme);
    assert_eq!(error("Digest realm=\"x\""), ChallengeError::Malformed);
    assert_eq!(error("Digest realm=\"x, nonce=\"y\""), ChallengeError::Malformed);
    assert_eq!(
        error("Digest realm=\"x\", nonce=\"y\", algorithm=AKAv1-MD5"),
        ChallengeError::Algorithm("AKAv1-MD5".into())
    );
    assert_eq!(error("Digest realm=\"x\", nonce=\"y\", qop=\"token\""), ChallengeError::Qop);
}

#[test]
fn an_answer_passes_the_check_and_a_changed_one_does_not() {
    let algorithms = [
        Algorithm::Md5,
        Algorithm::Md5Sess,
        Algorithm::Sha256,
        Algorithm::Sha256Sess,
        Algorithm::Sha512_256,
        Algorithm::Sha512_256Sess,
    ];
    for algorithm in algorithms {
        for qop in [vec![], vec![Qop::Auth], vec![Qop::AuthInt], vec![Qop::AuthInt, Qop::Auth]] {
            let challenge = Challenge { qop, ..Challenge::new("r", "n", algorithm, false) };
            let secret = ha1("hanako \"h\"", "r", "ひみつ", algorithm);
            let signed = Signed { method: &Method::Invite, uri: "sip:a@b", body: b"v=0" };
            let made = answer(&challenge, "hanako \"h\"", &Secret::Password("ひみつ"), signed, "cn", 1);
            assert_eq!(made, answer(&challenge, "hanako \"h\"", &Secret::Ha1(&secret), signed, "cn", 1));
            let read = Credentials::parse(made.to_string().as_bytes()).unwrap();
            assert_eq!(read, made, "{made}");
            assert!(check(&read, &secret, &Method::Invite, b"v=0"), "{made}");
            assert!(!check(&read, &secret, &Method::Bye, b"v=0"));
            assert_eq!(check(&read, &secret, &Method::Invite, b"v=1"), read.qop != Some(Qop::AuthInt));
            assert!(!check(&read, &ha1("hanako \"h\"", "r", "ひみ", algorithm), &Method::Invite, b"v=0"));
            assert!(!check(&Credentials { response: String::new(), ..read.clone() }, &secret, &Method::Invite, b"v=0"));
            if read.qop.is_some() {
                assert!(!check(&Credentials { count: Some(2), ..read }, &secret, &Method::Invite, b"v=0"));
            }
        }
    }
}

#[test]
fn credentials_that_lack_something_are_refused() {
    let whole =
        r#"Digest username="u", realm="r", nonce="n", uri="sip:r", response="x", qop=auth, nc=00000001, cnonce="c""#;
    assert!(Credentials::parse(whole.as_bytes()).is_ok());
    for (part, with) in [
        ("username=\"u\", ", ""),
        ("realm=\"r\", ", ""),
        ("nonce=\"n\", ", ""),
        ("uri=\"sip:r\", ", ""),
        ("response=\"x\", ", ""),
        (", cnonce=\"c\"", ""),
        ("nc=00000001, ", ""),
        ("nc=00000001", "nc=1"),
        ("nc=00000001", "nc=+0000001"),
        ("qop=auth", "qop=none"),
    ] {
        let text = whole.replacen(part, with, 1);
        assert_eq!(Credentials::parse(text.as_bytes()), Err(CredentialsError::Malformed), "{text}");
    }
}

#[test]
fn control_characters_in_a_field_are_refused() {
    // Found by fuzzing: they were hashed, and left out where they were printed.
    for text in
        ["Digest realm=\"a\x16\", nonce=\"n\"", "Digest realm=\"a\", nonce=n\0", "Digest realm=\"a\tb\", nonce=\"n\""]
    {
        assert_eq!(Challenge::parse(text.as_bytes()), Err(ChallengeError::Malformed), "{text:?}");
    }
}

#[test]
fn the_first_challenge_that_we_know_is_answered() {
    let response = Message::parse(
        "SIP/2.0 407 Proxy Authentication Required\r\n\
         Proxy-Authenticate: Digest realm=\"a\", nonce=\"1\", algorithm=NEW\r\n\
         Proxy-Authenticate: Digest realm=\"a\",\r\n nonce=\"2\", algorithm=SHA-256\r\n\
         WWW-Authenticate: Digest realm=\"a\", nonce=\"3\"\r\n\r\n"
            .into(),
    )
    .unwrap();
    let found: Vec<_> = Challenge::all(&response).map(|(name, challenge)| (name, challenge.nonce)).collect();
    assert_eq!(found, [(Name::ProxyAuthorization, "2".to_owned()), (Name::Authorization, "3".to_owned())]);
}

#[test]
fn r17_a_nonce_is_good_for_its_address_and_a_minute() {
    let (key, other) = (NonceKey::new([7; 32]), NonceKey::new([8; 32]));
    let (here, there) = ("198.51.100.1".parse().unwrap(), "198.51.100.2".parse().unwrap());
    let now = 1_800_000_000;
    let nonce = key.issue(now, here, 42);
    assert_eq!(key.judge(&nonce, now, here), NonceState::Fresh);
    assert_eq!(key.judge(&nonce, now + NONCE_SECONDS_MAX, here), NonceState::Fresh);
    assert_eq!(key.judge(&nonce, now, "::ffff:198.51.100.1".parse().unwrap()), NonceState::Fresh);
    assert_eq!(key.judge(&nonce, now + NONCE_SECONDS_MAX + 1, here), NonceState::Stale);
    assert_eq!(key.judge(&nonce, now - 1, here), NonceState::Stale, "a clock that was set back (R26)");
    assert_eq!(key.judge(&nonce, now, there), NonceState::Foreign);
    assert_eq!(other.judge(&nonce, now, here), NonceState::Foreign);
    assert_ne!(nonce, key.issue(now, here, 43), "two phones behind one address");
    let younger = format!("{:08x}{}", now + 600, &nonce[8..]);
    for forged in ["", "x", "ééééééééééééééééééééé", &nonce[..24], &nonce[..47], &younger] {
        assert_eq!(key.judge(forged, now, here), NonceState::Foreign, "{forged}");
    }
    assert_eq!(format!("{key:?} {:?}", ha1("u", "r", "p", Algorithm::Md5)), "NonceKey(redacted) Ha1(redacted)");
}
