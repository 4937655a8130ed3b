//! Certificates of SIP over TLS and secure WebSocket: read from the files that the configuration names, or made here (`own`),
//! and read again when they change (`follow`), so that certbot's renewals need no restart.

mod follow;
mod look;
mod own;

use std::path::Path;

use sha2::{Digest, Sha256};
use transport::{Identity, TlsError, TlsFault, TlsMaterial, TlsPart};

use crate::config::{Config, Tls};
use crate::trouble::{Exit, Trouble};
use crate::words::{self, Words};

pub use follow::follow;
pub use look::{Facts, look};
pub use own::names;

/// More than this is no file of certificates: the bundle of all public authorities is a fifth of it.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Whether the certificate of our own has to be made now.
pub fn makes_one(config: &Config, now_ms: i64) -> bool {
    config.sip.needs_certificate() && !is_given(&config.tls.certificate) && !own::is_good(&config.tls.folder, now_ms)
}

/// Everything that the transport needs, as the files are now. Makes the certificate of our own where none is configured and
/// one is needed.
///
/// # Errors
/// Which setting, what is wrong with its file, and what to do.
pub fn load(config: &Config, now_ms: i64) -> Result<TlsMaterial, Trouble> {
    if config.sip.needs_certificate() && !is_given(&config.tls.certificate) {
        own::keep(config, now_ms)?;
    }
    read(config)
}

/// The same, making nothing.
///
/// # Errors
/// As [`load`].
pub fn read(config: &Config) -> Result<TlsMaterial, Trouble> {
    let tls = &config.tls;
    let server = if config.sip.needs_certificate() {
        let [certificate, key] = if is_given(&tls.certificate) {
            [tls.certificate.clone(), tls.key.clone()]
        } else {
            own::files(&tls.folder)
        };
        Some(identity(["tls.certificate", "tls.key"], &certificate, &key)?)
    } else {
        None
    };
    let client = if is_given(&tls.client_certificate) {
        let settings = ["tls.client_certificate", "tls.client_key"];
        Some(identity(settings, &tls.client_certificate, &tls.client_key)?)
    } else {
        None
    };
    let authorities = |setting, path: &Path| is_given(path).then(|| file(setting, path)).transpose();
    let material = TlsMaterial {
        server,
        client,
        client_authorities: authorities("tls.client_ca", &tls.client_ca)?,
        server_authorities: authorities("tls.roots", &tls.roots)?,
    };
    material.check().map_err(|error| trouble(tls, &error))?;
    Ok(material)
}

/// The SHA-256 of a certificate, as browsers and phones show it.
pub fn fingerprint(der: &[u8]) -> String {
    let pairs: Vec<String> = Sha256::digest(der).iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

fn is_given(path: &Path) -> bool {
    !path.as_os_str().is_empty()
}

fn identity(settings: [&str; 2], certificate: &Path, key: &Path) -> Result<Identity, Trouble> {
    let [of_certificate, of_key] = settings;
    Ok(Identity { chain: file(of_certificate, certificate)?, key: file(of_key, key)? })
}

fn file(setting: &str, path: &Path) -> Result<Vec<u8>, Trouble> {
    let size = std::fs::metadata(path).map(|file| file.len());
    let read = match size {
        Ok(size) if size > FILE_BYTES_MAX => Err(std::io::ErrorKind::FileTooLarge.into()),
        Ok(_) => std::fs::read(path),
        Err(error) => Err(error),
    };
    read.map_err(|error| {
        let what = words::CERTIFICATE_UNREADABLE.with(&[&path.display(), &error]);
        Trouble::new(Exit::Config, setting, what, words::CERTIFICATE_UNREADABLE_REMEDY.text())
    })
}

/// Says which file is meant, and what to do.
fn trouble(tls: &Tls, error: &TlsError) -> Trouble {
    let (of_certificate, of_key) = match error.part {
        TlsPart::Server => ("tls.certificate", "tls.key"),
        TlsPart::Client => ("tls.client_certificate", "tls.client_key"),
        TlsPart::ClientAuthorities => ("tls.client_ca", "tls.client_ca"),
        TlsPart::ServerAuthorities => ("tls.roots", "tls.roots"),
    };
    let (setting, remedy): (&str, Words) = match &error.fault {
        TlsFault::NoKey => (of_key, words::CERTIFICATE_NO_KEY_REMEDY),
        TlsFault::KeyOfAnother => (of_key, words::CERTIFICATE_OTHER_KEY_REMEDY),
        TlsFault::Missing | TlsFault::NoCertificate | TlsFault::Pem(_) | TlsFault::Unusable(_) => {
            (of_certificate, words::CERTIFICATE_BAD_REMEDY)
        }
    };
    // Of our own certificate the folder is what an administrator can do something about.
    let ours = error.part == TlsPart::Server && !is_given(&tls.certificate);
    Trouble::new(Exit::Config, if ours { "tls.folder" } else { setting }, error.to_string(), remedy.text())
}

#[cfg(test)]
mod tests;
