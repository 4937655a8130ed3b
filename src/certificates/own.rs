//! The certificate that is made here when none is configured: self-signed, for this machine's names and addresses, so that TLS
//! and secure WebSocket work from the first start on. It lives in a folder of its own, and is made anew before it ends.
//!
//! It is kept when the machine's addresses change: phones that were told to trust it would have to be told again.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, date_time_ymd};
use transport::{Identity, TlsMaterial};

use super::look;
use crate::addresses::Addresses;
use crate::config::Config;
use crate::trouble::{Exit, Trouble};
use crate::words;

const DAY_MS: i64 = 86_400_000;
/// Apple's devices refuse anything that is good for longer than 825 days.
const GOOD_FOR_MS: i64 = 820 * DAY_MS;
/// Made anew when less than this is left.
const RENEWED_BEFORE_MS: i64 = 30 * DAY_MS;
/// A clock somewhere else may be behind ours.
const GOOD_SINCE_MS: i64 = DAY_MS;

/// Its file and its key's.
pub(super) fn files(folder: &Path) -> [PathBuf; 2] {
    [folder.join("certificate.pem"), folder.join("key.pem")]
}

/// Makes it, if there is none that is good for a while.
pub(super) fn keep(config: &Config, now_ms: i64) -> Result<(), Trouble> {
    let folder = &config.tls.folder;
    if is_good(folder, now_ms) {
        return Ok(());
    }
    let made = make(&names(config), now_ms).map_err(io::Error::other).and_then(|made| write(folder, &made));
    made.map_err(|error| {
        let what = words::NOT_WRITABLE.with(&[&folder.display(), &error]);
        Trouble::new(Exit::Unavailable, "tls.folder", what, words::NOT_WRITABLE_REMEDY.text())
    })?;
    tracing::info!(folder = %folder.display(), "no certificate is configured: a self-signed one was made");
    Ok(())
}

/// Whether there is one that can be used now, and for a while.
pub(super) fn is_good(folder: &Path, now_ms: i64) -> bool {
    let [certificate, key] = files(folder);
    let (Ok(chain), Ok(key)) = (fs::read(certificate), fs::read(key)) else { return false };
    let lasts = look(&chain).is_ok_and(|facts| facts.from_ms <= now_ms && facts.until_ms > now_ms + RENEWED_BEFORE_MS);
    let material = TlsMaterial { server: Some(Identity { chain, key }), ..TlsMaterial::default() };
    lasts && material.check().is_ok()
}

/// What this machine is called, and reached by.
pub fn names(config: &Config) -> Vec<String> {
    let mut names = vec![rustix::system::uname().nodename().to_string_lossy().to_ascii_lowercase()];
    if config.sip.realm.contains('.') {
        names.push(config.sip.realm.to_ascii_lowercase());
    }
    names.push("localhost".to_owned());
    names.retain(|name| is_name(name));
    let found = Addresses::find(config);
    let told = config.sip.sockets().filter_map(|(_, socket)| found.public(socket)).map(|public| public.ip());
    let here: [IpAddr; 2] = [std::net::Ipv4Addr::LOCALHOST.into(), std::net::Ipv6Addr::LOCALHOST.into()];
    let mut addresses: Vec<IpAddr> = told.chain(config.sip.public.iter().copied()).chain(here).collect();
    addresses.sort_unstable();
    addresses.dedup();
    names.extend(addresses.iter().map(IpAddr::to_string));
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

/// A DNS name as certificates have it.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() < 254
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-.".contains(letter))
}

fn make(names: &[String], now_ms: i64) -> Result<Identity, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    let called = names.first().map_or("denwaban", String::as_str);
    params.distinguished_name.push(DnType::CommonName, called);
    params.distinguished_name.push(DnType::OrganizationName, "Denwaban (self-signed)");
    let at = |unix_ms: i64| date_time_ymd(1970, 1, 1) + Duration::from_millis(u64::try_from(unix_ms).unwrap_or(0));
    params.not_before = at(now_ms - GOOD_SINCE_MS);
    params.not_after = at(now_ms + GOOD_FOR_MS);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok(Identity { chain: certificate.pem().into_bytes(), key: key.serialize_pem().into_bytes() })
}

/// Whoever reads the folder meanwhile sees whole files; if they are not of one pair, it is made again.
fn write(folder: &Path, made: &Identity) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let [certificate, key] = files(folder);
    for (path, bytes, mode) in [(key, &made.key, 0o600), (certificate, &made.chain, 0o644)] {
        let new = path.with_extension("new");
        match fs::remove_file(&new) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, &path)?;
    }
    Ok(())
}
