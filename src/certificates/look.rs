//! What a certificate says about itself: for `denwaban check` and for warnings before it ends.

use std::net::IpAddr;

use x509_parser::extensions::GeneralName;
use x509_parser::pem::Pem;

/// What matters to an administrator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Good from then on, unix ms.
    pub from_ms: i64,
    /// Good until then, unix ms.
    pub until_ms: i64,
    /// DNS names and addresses that it is good for, lower case.
    pub names: Vec<String>,
    /// It vouches for itself: phones and browsers have to be told to trust it.
    pub self_signed: bool,
    /// SHA-256, as browsers and phones show it.
    pub fingerprint: String,
}

impl Facts {
    /// Whether it is good for this name or address; `*.example.jp` is for one label.
    pub fn names(&self, wanted: &str) -> bool {
        let wanted = wanted.to_ascii_lowercase();
        let rest = wanted.split_once('.').map(|(_, rest)| rest);
        self.names.iter().any(|name| *name == wanted || name.strip_prefix("*.").is_some_and(|name| Some(name) == rest))
    }
}

/// Reads the first certificate of a PEM file.
///
/// # Errors
/// Why it cannot be read.
pub fn look(pem: &[u8]) -> Result<Facts, String> {
    for block in Pem::iter_from_buffer(pem) {
        let block = block.map_err(|error| error.to_string())?;
        if block.label != "CERTIFICATE" {
            continue;
        }
        let certificate = block.parse_x509().map_err(|error| error.to_string())?;
        let names = certificate.subject_alternative_name().map_err(|error| error.to_string())?;
        let names = names.map(|names| names.value.general_names.iter().filter_map(name).collect());
        let validity = certificate.validity();
        return Ok(Facts {
            from_ms: validity.not_before.timestamp().saturating_mul(1000),
            until_ms: validity.not_after.timestamp().saturating_mul(1000),
            names: names.unwrap_or_default(),
            self_signed: certificate.subject() == certificate.issuer(),
            fingerprint: super::fingerprint(&block.contents),
        });
    }
    Err("no certificate in the PEM".to_owned())
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    if let GeneralName::DNSName(name) = name {
        return Some(name.to_ascii_lowercase());
    }
    let GeneralName::IPAddress(bytes) = name else { return None };
    let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
    let address = v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from));
    address.ok().map(|address| address.to_string())
}
