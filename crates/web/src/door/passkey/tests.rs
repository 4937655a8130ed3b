//! A device of our own makes credentials and signs with them; whatever is changed about them is noticed.

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};

use super::*;

fn party() -> Party {
    Party { id: "desk.example.jp".into(), origin: "https://desk.example.jp".into() }
}

fn client_data(kind: &str, origin: &str) -> Vec<u8> {
    serde_json::json!({"type": kind, "challenge": "AAAA", "origin": origin, "crossOrigin": false})
        .to_string()
        .into_bytes()
}

fn device_data(id: &str, flags: u8, uses: u32, credential: &[u8]) -> Vec<u8> {
    [Sha256::digest(id.as_bytes()).as_slice(), &[flags], &uses.to_be_bytes(), credential].concat()
}

fn bytes(of: &[u8]) -> Vec<u8> {
    match u8::try_from(of.len()) {
        Ok(short) => [&[0x58, short], of].concat(),
        Err(_) => [&[0x59], (of.len() as u16).to_be_bytes().as_slice(), of].concat(),
    }
}

fn attestation(data: &[u8]) -> Vec<u8> {
    [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData".as_slice(), &bytes(data)].concat()
}

struct Device {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl Device {
    fn new() -> Device {
        let random = SystemRandom::new();
        let kind = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
        Device { pair: EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &random).unwrap(), random }
    }

    fn cose(&self) -> Vec<u8> {
        let point = self.pair.public_key().as_ref();
        [b"\xa5\x01\x02\x03\x26\x20\x01\x21".as_slice(), &bytes(&point[1..33]), b"\x22", &bytes(&point[33..])].concat()
    }

    fn made(&self, id: &str, flags: u8) -> Vec<u8> {
        let credential = [&[0; 16], [0, 4].as_slice(), b"cred", &self.cose()].concat();
        attestation(&device_data(id, flags, 7, &credential))
    }

    fn signature(&self, data: &[u8], client_data: &[u8]) -> Vec<u8> {
        let signed = [data, &Sha256::digest(client_data)].concat();
        self.pair.sign(&self.random, &signed).unwrap().as_ref().to_vec()
    }
}

#[test]
fn a_credential_is_made_and_somebody_logs_in_with_it() {
    let device = Device::new();
    let created = client_data("webauthn.create", "https://desk.example.jp");
    let made = made(&party(), &created, &device.made("desk.example.jp", 0x45)).unwrap();
    assert_eq!(made, Made { credential: b"cred".to_vec(), public_key: device.cose(), uses: 7 });

    let asked = client_data("webauthn.get", "https://desk.example.jp");
    let data = device_data("desk.example.jp", 0x05, 8, b"");
    let signature = device.signature(&data, &asked);
    assert_eq!(used(&party(), &made.public_key, &asked, &data, &signature), Ok(8));
    assert_eq!(challenge(&asked).as_deref(), Some("AAAA"));

    let another = Device::new().cose();
    assert_eq!(used(&party(), &another, &asked, &data, &signature), Err(Fault::Signature));
    let later = device_data("desk.example.jp", 0x05, 9, b"");
    assert_eq!(used(&party(), &made.public_key, &asked, &later, &signature), Err(Fault::Signature));
}

#[test]
fn what_is_from_another_page_or_for_another_purpose_is_not_taken() {
    let device = Device::new();
    let whole = device.made("desk.example.jp", 0x45);
    for (kind, origin) in [
        ("webauthn.create", "https://evil.example"),
        ("webauthn.create", "http://desk.example.jp"),
        ("webauthn.create", "https://desk.example.jp:8443"),
        ("webauthn.get", "https://desk.example.jp"),
    ] {
        assert_eq!(made(&party(), &client_data(kind, origin), &whole), Err(Fault::Elsewhere), "{kind} {origin}");
    }
    let framed =
        br#"{"type":"webauthn.create","challenge":"AAAA","origin":"https://desk.example.jp","crossOrigin":true}"#;
    assert_eq!(made(&party(), framed, &whole), Err(Fault::Elsewhere));
    let ours = client_data("webauthn.create", "https://desk.example.jp");
    assert_eq!(made(&party(), &ours, &device.made("evil.example", 0x45)), Err(Fault::Elsewhere));
    // Present alone, verified alone, no credential in it.
    for (flags, fault) in [(0x41, Fault::Unverified), (0x44, Fault::Unverified), (0x05, Fault::Unreadable)] {
        assert_eq!(made(&party(), &ours, &device.made("desk.example.jp", flags)), Err(fault));
    }
}

#[test]
fn whatever_breaks_off_is_refused() {
    let device = Device::new();
    let whole = device.made("desk.example.jp", 0x45);
    let ours = client_data("webauthn.create", "https://desk.example.jp");
    for length in 0..whole.len() {
        assert!(made(&party(), &ours, &whole[..length]).is_err(), "{length}");
    }
    assert_eq!(made(&party(), b"{", &whole), Err(Fault::Unreadable));
}

#[test]
fn other_kinds_of_keys_are_read_and_unknown_ones_are_not() {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let cose = [b"\xa4\x01\x01\x03\x27\x20\x06\x21".as_slice(), &bytes(pair.public_key().as_ref())].concat();
    let asked = client_data("webauthn.get", "https://desk.example.jp");
    let data = device_data("desk.example.jp", 0x05, 0, b"");
    let signed = [data.as_slice(), &Sha256::digest(&asked)].concat();
    assert_eq!(used(&party(), &cose, &asked, &data, pair.sign(&signed).as_ref()), Ok(0));
    assert_eq!(used(&party(), &cose, &asked, &data, &[0; 64]), Err(Fault::Signature));

    let rsa = [b"\xa4\x01\x03\x03\x39\x01\x00\x20".as_slice(), &bytes(&[9; 256]), b"\x21", &bytes(&[1, 0, 1])].concat();
    assert_eq!(used(&party(), &rsa, &asked, &data, &[0; 256]), Err(Fault::Signature));
    // ES384, a key without a point, a point too short.
    for unknown in [
        b"\xa3\x01\x02\x03\x38\x22\x20\x02".as_slice(),
        b"\xa3\x01\x02\x03\x26\x20\x01",
        b"\xa5\x01\x02\x03\x26\x20\x01\x21\x41a\x22\x41b",
    ] {
        assert_eq!(used(&party(), unknown, &asked, &data, &[0; 64]), Err(Fault::UnknownKey), "{unknown:x?}");
    }
}
