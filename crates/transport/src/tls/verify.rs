//! Whose certificate is good enough (RFC 5922).

use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};
use webpki::EndEntityCert;

/// Names of a certificate that are looked at. Beyond, the rest is nobody's.
const NAMES_MAX: usize = 64;

/// Accepts a certificate that leads to a known authority and is good for one of the names: as a DNS name (with the wildcards
/// that carriers use, although RFC 5922 section 7.2 frowns on them), as an IP address, or as the URI `sip:name` (section 7.1).
#[derive(Debug)]
pub(super) struct OneOf {
    names: Vec<String>,
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

impl OneOf {
    pub(super) fn new(names: Vec<String>, roots: Arc<RootCertStore>, provider: Arc<CryptoProvider>) -> Self {
        Self { names, roots, provider }
    }
}

impl ServerCertVerifier for OneOf {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let certificate = ParsedCertificate::try_from(end_entity)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&certificate, &self.roots, intermediates, now, algorithms)?;
        let mut refused = rustls::Error::InvalidCertificate(CertificateError::NotValidForName);
        for name in &self.names {
            let Ok(wanted) = ServerName::try_from(name.as_str()) else { continue };
            match verify_server_name(&certificate, &wanted) {
                Ok(()) => return Ok(ServerCertVerified::assertion()),
                Err(error) => refused = error,
            }
        }
        if sip_hosts(end_entity).iter().any(|host| self.names.iter().any(|name| name.eq_ignore_ascii_case(host))) {
            return Ok(ServerCertVerified::assertion());
        }
        Err(refused)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Whom a certificate, already verified, is for: its `sip:` URIs' hosts and its DNS names, lower case, no name twice. A
/// wildcard is no name of anybody.
pub(crate) fn certified_names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let mut names = sip_hosts(certificate);
    if let Ok(parsed) = EndEntityCert::try_from(certificate) {
        let dns = parsed.valid_dns_names().filter(|name| !name.starts_with("*."));
        names.extend(dns.take(NAMES_MAX).map(str::to_ascii_lowercase));
    }
    names.sort_unstable();
    names.dedup();
    names
}

fn sip_hosts(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok(parsed) = EndEntityCert::try_from(certificate) else { return Vec::new() };
    parsed.valid_uri_names().take(NAMES_MAX).filter_map(sip_host).collect()
}

/// The host of `sip:host`. RFC 5922 section 7.1: a URI with a user, a port or parameters names no domain, nor
/// does `sips:`.
fn sip_host(uri: &str) -> Option<String> {
    let (scheme, host) = uri.split_once(':')?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    let is_host = !host.is_empty() && (host.bytes().all(is_name) || host.parse::<IpAddr>().is_ok());
    (scheme.eq_ignore_ascii_case("sip") && is_host).then(|| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_names_a_host_only_when_it_is_nothing_else() {
        for (uri, host) in [
            ("sip:Carrier.example", Some("carrier.example")),
            ("SIP:carrier.example", Some("carrier.example")),
            ("sips:carrier.example", None),
            ("sip:alice@carrier.example", None),
            ("sip:carrier.example:5061", None),
            ("sip:carrier.example;transport=tls", None),
            ("https://carrier.example", None),
            ("sip:", None),
            ("carrier.example", None),
        ] {
            assert_eq!(sip_host(uri).as_deref(), host, "{uri}");
        }
    }
}
