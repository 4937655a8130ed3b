//! Our side's certificate: made when the voice path starts, gone when it ends.

use std::io;

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, SerialNumber, date_time_ymd};
use rustix::rand::{GetRandomFlags, getrandom};
use sha2::{Digest, Sha256};

/// A certificate with its key, and what SDP says of it.
pub struct Certificate {
    /// For `dimpl`.
    pub identity: dimpl::DtlsCertificate,
    /// SHA-256 of the certificate (RFC 8122 §5).
    pub fingerprint: [u8; 32],
}

/// The key is nobody's business.
impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").field("fingerprint", &crate::hex(&self.fingerprint)).finish_non_exhaustive()
    }
}

impl Certificate {
    /// A new key (ECDSA P-256, what browsers themselves use) and a certificate signed with it. Its serial number is
    /// random: Firefox refuses two certificates of one issuer with one number, even from two machines. Nobody trusts it
    /// for its dates or its names: the fingerprint in the SDP is what is checked.
    pub fn make() -> io::Result<Self> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(io::Error::other)?;
        let mut serial = [0u8; 16];
        getrandom(&mut serial, GetRandomFlags::empty())?;
        // A positive number (RFC 5280 §4.1.2.2).
        let [first, ..] = &mut serial;
        *first = (*first & 0x7F) | 0x40;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "denwaban");
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2049, 12, 31);
        let certificate = params.self_signed(&key).map_err(io::Error::other)?.der().to_vec();
        let fingerprint = fingerprint(&certificate);
        let identity = dimpl::DtlsCertificate { certificate, private_key: key.serialize_der() };
        Ok(Self { identity, fingerprint })
    }
}

/// SHA-256 of a certificate in DER.
pub fn fingerprint(certificate: &[u8]) -> [u8; 32] {
    Sha256::digest(certificate).into()
}
