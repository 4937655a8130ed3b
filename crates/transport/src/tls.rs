//! What TLS is spoken with: certificates and authorities as PEM, made into what `rustls` wants (RFC 5922 for names).
//!
//! * [`TlsMaterial`] is data: the house reads it from its files, and gives it to [`crate::Transport::bind`] and, when a file
//!   has changed, to [`crate::Transport::set_tls`]. Streams that are open keep what they were made with.
//! * `verify`: whose certificate is good enough, for those that we dial.

mod verify;

use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

pub(crate) use verify::certified_names;

/// A certificate of ours with its key. Prints without the key.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificates as PEM, our own first, then those that lead to the authority.
    pub chain: Vec<u8>,
    /// The private key as PEM (PKCS #8, PKCS #1 or SEC 1; not encrypted).
    pub key: Vec<u8>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity {{ chain: {} bytes }}", self.chain.len())
    }
}

/// Everything that TLS needs; all of it may change while the transport runs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TlsMaterial {
    /// What we show to those who connect to us. Needed as soon as there is a `tls` or `wss` listener.
    pub server: Option<Identity>,
    /// What we show to those whom we dial, if they ask (a carrier with mutual TLS); `None`: nothing.
    pub client: Option<Identity>,
    /// PEM of the authorities whose client certificates count. `None`: nobody is asked for one. Otherwise everyone is
    /// asked, nobody must; but a certificate that is shown and does not verify ends the handshake.
    pub client_authorities: Option<Vec<u8>>,
    /// PEM of the authorities whose certificates we accept from those whom we dial. `None`: those of the system.
    pub server_authorities: Option<Vec<u8>>,
}

impl TlsMaterial {
    /// Whether [`crate::Transport::set_tls`] would take this: for `check`, before anything is started.
    pub fn check(&self) -> Result<(), TlsError> {
        Tls::new(self).map(drop)
    }
}

/// Which part of a [`TlsMaterial`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TlsPart {
    /// [`TlsMaterial::server`].
    Server,
    /// [`TlsMaterial::client`].
    Client,
    /// [`TlsMaterial::client_authorities`].
    ClientAuthorities,
    /// [`TlsMaterial::server_authorities`].
    ServerAuthorities,
}

impl TlsPart {
    /// A name for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server certificate",
            Self::Client => "client certificate",
            Self::ClientAuthorities => "client authorities",
            Self::ServerAuthorities => "server authorities",
        }
    }
}

/// What is wrong with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TlsFault {
    /// There is none, and something listens that needs one.
    Missing,
    /// The PEM holds no certificate.
    NoCertificate,
    /// The PEM holds no private key (or an encrypted one).
    NoKey,
    /// The PEM cannot be read.
    Pem(String),
    /// The certificate or the key cannot be used: damaged, or of an unknown kind.
    Unusable(String),
    /// The key is another certificate's.
    KeyOfAnother,
}

/// TLS material that cannot be used: ours to mend.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TlsError {
    /// Where.
    pub part: TlsPart,
    /// What.
    pub fault: TlsFault,
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = self.part.as_str();
        match &self.fault {
            TlsFault::Missing => write!(f, "{part}: none is given"),
            TlsFault::NoCertificate => write!(f, "{part}: no certificate in the PEM"),
            TlsFault::NoKey => write!(f, "{part}: no private key in the PEM"),
            TlsFault::Pem(why) => write!(f, "{part}: the PEM cannot be read: {why}"),
            TlsFault::Unusable(why) => write!(f, "{part}: cannot be used: {why}"),
            TlsFault::KeyOfAnother => write!(f, "{part}: the private key is another certificate's"),
        }
    }
}

impl std::error::Error for TlsError {}

/// A [`TlsMaterial`], read: what handshakes are made with. Shared with the streams' tasks, never changed: a reload makes another.
pub(crate) struct Tls {
    provider: Arc<CryptoProvider>,
    server: Option<Arc<ServerConfig>>,
    client: Option<Arc<CertifiedKey>>,
    /// Filled at the first dialling when the system's are to be used: reading them touches some hundred files.
    roots: OnceLock<Arc<RootCertStore>>,
}

impl Tls {
    pub(crate) fn new(material: &TlsMaterial) -> Result<Self, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = match &material.client {
            Some(identity) => Some(certified(TlsPart::Client, identity, &provider)?),
            None => None,
        };
        let client_roots = match &material.client_authorities {
            Some(pem) => Some(authorities(TlsPart::ClientAuthorities, pem)?),
            None => None,
        };
        let server = match &material.server {
            Some(identity) => {
                let certified = certified(TlsPart::Server, identity, &provider)?;
                Some(Arc::new(server_config(&provider, certified, client_roots)?))
            }
            None => None,
        };
        let roots = OnceLock::new();
        if let Some(pem) = &material.server_authorities {
            let _ = roots.set(Arc::new(authorities(TlsPart::ServerAuthorities, pem)?));
        }
        Ok(Self { provider, server, client, roots })
    }

    /// What we accept connections with; `None`: we have no certificate.
    pub(crate) fn server(&self) -> Option<&Arc<ServerConfig>> {
        self.server.as_ref()
    }

    /// What we dial with, when the peer's certificate must be good for one of these names. May read files.
    pub(crate) fn dialling(&self, names: Vec<String>) -> Result<ClientConfig, rustls::Error> {
        let roots = self.roots.get_or_init(|| Arc::new(system_roots()));
        let verifier = verify::OneOf::new(names, roots.clone(), self.provider.clone());
        let builder = ClientConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()?
            .dangerous() // so called by rustls; see `verify` for what is checked
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match &self.client {
            Some(certified) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified.clone()))),
            None => builder.with_no_client_auth(),
        };
        // A resumed session is not verified again; the names may have changed in the meantime, and trunks dial rarely.
        config.resumption = rustls::client::Resumption::disabled();
        Ok(config)
    }
}

fn server_config(
    provider: &Arc<CryptoProvider>,
    certified: Arc<CertifiedKey>,
    client_roots: Option<RootCertStore>,
) -> Result<ServerConfig, TlsError> {
    let unusable = |part, why: String| TlsError { part, fault: TlsFault::Unusable(why) };
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(TlsPart::Server, error.to_string()))?;
    let builder = match client_roots {
        Some(roots) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                .allow_unauthenticated()
                .build()
                .map_err(|error| unusable(TlsPart::ClientAuthorities, error.to_string()))?;
            builder.with_client_cert_verifier(verifier)
        }
        None => builder.with_no_client_auth(),
    };
    Ok(builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified))))
}

fn certified(part: TlsPart, identity: &Identity, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, TlsError> {
    let chain = certificates(part, &identity.chain)?;
    let key = PrivateKeyDer::from_pem_slice(&identity.key).map_err(|error| {
        let none = matches!(error, pem::Error::NoItemsFound);
        TlsError { part, fault: if none { TlsFault::NoKey } else { TlsFault::Pem(error.to_string()) } }
    })?;
    CertifiedKey::from_der(chain, key, provider).map(Arc::new).map_err(|error| {
        let strange = matches!(error, rustls::Error::InconsistentKeys(_));
        TlsError { part, fault: if strange { TlsFault::KeyOfAnother } else { TlsFault::Unusable(error.to_string()) } }
    })
}

fn certificates(part: TlsPart, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| TlsError { part, fault: TlsFault::Pem(error.to_string()) })?;
    if certificates.is_empty() { Err(TlsError { part, fault: TlsFault::NoCertificate }) } else { Ok(certificates) }
}

fn authorities(part: TlsPart, pem: &[u8]) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(part, pem)? {
        roots.add(certificate).map_err(|error| TlsError { part, fault: TlsFault::Unusable(error.to_string()) })?;
    }
    Ok(roots)
}

fn system_roots() -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "an authority of the system cannot be read");
    }
    let mut roots = RootCertStore::empty();
    let (added, ignored) = roots.add_parsable_certificates(found.certs);
    tracing::debug!(added, ignored, "authorities of the system read");
    roots
}
