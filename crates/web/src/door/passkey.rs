//! Passkeys (Web Authentication Level 3): what a browser brings is looked at as sections 7.1 and 7.2 say. We ask for no attestation,
//! so which maker's device it is does not matter; the device has always verified its owner.

use data_encoding::BASE64URL_NOPAD;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::cbor::{self, Value};

/// Algorithms that we take (COSE): ES256, EdDSA, RS256.
pub(super) const ALGORITHMS: [i64; 3] = [-7, -8, -257];
/// Somebody was there, and the device has made sure who.
const PRESENT_AND_VERIFIED: u8 = 0b101;
/// There is a credential in it.
const ATTESTED: u8 = 0b0100_0000;
/// Bytes of the device's kind, before the credential.
const AAGUID_BYTES: usize = 16;
/// Bytes of a credential's id (section 5.4.3 wants no more).
const CREDENTIAL_BYTES_MAX: usize = 1023;

/// Where a page of ours is: what the browser signs has to say the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Party {
    /// `desk.example.jp`.
    pub(crate) id: String,
    /// `https://desk.example.jp`.
    pub(crate) origin: String,
}

/// Why it is not taken; for the log alone, as nothing of it is secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    /// It cannot be read.
    Unreadable,
    /// It is for something else, or from another page.
    Elsewhere,
    /// The device has not verified its owner.
    Unverified,
    /// A kind of key that we did not ask for.
    UnknownKey,
    /// The signature is another's.
    Signature,
}

/// A credential that was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Made {
    pub(super) credential: Vec<u8>,
    /// COSE key.
    pub(super) public_key: Vec<u8>,
    pub(super) uses: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

/// The challenge that the browser says it has answered.
pub(super) fn challenge(client_data: &[u8]) -> Option<String> {
    serde_json::from_slice::<ClientData>(client_data).ok().map(|data| data.challenge)
}

fn from_our_page(party: &Party, kind: &str, client_data: &[u8]) -> Result<(), Fault> {
    let data: ClientData = serde_json::from_slice(client_data).map_err(|_| Fault::Unreadable)?;
    let ours = data.r#type == kind && data.origin == party.origin && !data.cross_origin;
    if ours { Ok(()) } else { Err(Fault::Elsewhere) }
}

/// The device's count, and what stands behind the 37 bytes that are always there.
fn device_data<'a>(party: &Party, data: &'a [u8], wanted: u8) -> Result<(u32, &'a [u8]), Fault> {
    let (hash, rest) = data.split_at_checked(32).ok_or(Fault::Unreadable)?;
    let (&flags, rest) = rest.split_first().ok_or(Fault::Unreadable)?;
    let (uses, rest) = rest.split_first_chunk().ok_or(Fault::Unreadable)?;
    if hash != Sha256::digest(party.id.as_bytes()).as_slice() {
        return Err(Fault::Elsewhere);
    }
    if flags & PRESENT_AND_VERIFIED != PRESENT_AND_VERIFIED {
        return Err(Fault::Unverified);
    }
    if flags & wanted != wanted {
        return Err(Fault::Unreadable);
    }
    Ok((u32::from_be_bytes(*uses), rest))
}

/// A new credential. The challenge was looked at already.
pub(super) fn made(party: &Party, client_data: &[u8], attestation: &[u8]) -> Result<Made, Fault> {
    from_our_page(party, "webauthn.create", client_data)?;
    let (object, _) = cbor::read(attestation).ok_or(Fault::Unreadable)?;
    let data = object.at(&Value::Text("authData")).and_then(Value::bytes).ok_or(Fault::Unreadable)?;
    let (uses, rest) = device_data(party, data, ATTESTED)?;
    let (_, rest) = rest.split_at_checked(AAGUID_BYTES).ok_or(Fault::Unreadable)?;
    let (length, rest) = rest.split_first_chunk().ok_or(Fault::Unreadable)?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (credential, rest) = rest.split_at_checked(length).ok_or(Fault::Unreadable)?;
    if credential.is_empty() || length > CREDENTIAL_BYTES_MAX {
        return Err(Fault::Unreadable);
    }
    let (_, behind) = cbor::read(rest).ok_or(Fault::Unreadable)?;
    let public_key = rest.get(..rest.len() - behind.len()).ok_or(Fault::Unreadable)?;
    Key::read(public_key)?;
    Ok(Made { credential: credential.to_vec(), public_key: public_key.to_vec(), uses })
}

/// A login with a credential that we know. Gives the device's count. The challenge was looked at already.
pub(super) fn used(
    party: &Party,
    public_key: &[u8],
    client_data: &[u8],
    data: &[u8],
    signature: &[u8],
) -> Result<u32, Fault> {
    from_our_page(party, "webauthn.get", client_data)?;
    let (uses, _) = device_data(party, data, 0)?;
    let signed = [data, &Sha256::digest(client_data)].concat();
    Key::read(public_key)?.verify(&signed, signature)?;
    Ok(uses)
}

/// A public key (RFC 9053 section 7).
enum Key<'a> {
    P256([u8; 65]),
    Ed25519(&'a [u8]),
    Rsa { n: &'a [u8], e: &'a [u8] },
}

impl Key<'_> {
    fn read(cose: &[u8]) -> Result<Key<'_>, Fault> {
        let (map, _) = cbor::read(cose).ok_or(Fault::Unreadable)?;
        let number = |label: i64| map.at(&Value::Number(label)).and_then(Value::number);
        let bytes = |label: i64| map.at(&Value::Number(label)).and_then(Value::bytes);
        match (number(1), number(3), number(-1)) {
            (Some(2), Some(-7), Some(1)) => {
                let (x, y) = (bytes(-2).ok_or(Fault::UnknownKey)?, bytes(-3).ok_or(Fault::UnknownKey)?);
                let point = [&[4], x, y].concat();
                Ok(Key::P256(point.try_into().map_err(|_| Fault::UnknownKey)?))
            }
            (Some(1), Some(-8), Some(6)) => Ok(Key::Ed25519(bytes(-2).ok_or(Fault::UnknownKey)?)),
            (Some(3), Some(-257), _) => match (bytes(-1), bytes(-2)) {
                (Some(n), Some(e)) => Ok(Key::Rsa { n, e }),
                (None, _) | (_, None) => Err(Fault::UnknownKey),
            },
            _ => Err(Fault::UnknownKey),
        }
    }

    fn verify(&self, signed: &[u8], signature: &[u8]) -> Result<(), Fault> {
        let verified = match self {
            Key::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(signed, signature),
            Key::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(signed, signature),
            Key::Rsa { n, e } => RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature),
        };
        verified.map_err(|_| Fault::Signature)
    }
}

/// Bytes that came as base64url, with or without padding.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(text.trim_end_matches('=').as_bytes()).ok()
}

pub(super) fn encoded(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

#[cfg(test)]
mod tests;
