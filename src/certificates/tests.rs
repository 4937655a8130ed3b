//! Files that are there, are not, belong to others; the certificate that is made here.

use std::os::unix::fs::PermissionsExt;

use super::*;

const NOW_MS: i64 = 1_795_186_800_000;
const DAY_MS: i64 = 86_400_000;

fn house() -> (tempfile::TempDir, Config) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.sip.realm = "PBX.example.jp".to_owned();
    config.sip.tls = vec!["127.0.0.1:5061".parse().unwrap()];
    config.sip.public = vec!["203.0.113.7".parse().unwrap()];
    config.tls.folder = folder.path().join("tls");
    (folder, config)
}

#[test]
fn a_certificate_is_made_once_for_this_machine_and_its_key_is_nobody_elses() {
    let (_folder, config) = house();
    let made = load(&config, NOW_MS).unwrap();
    let facts = look(&made.server.as_ref().unwrap().chain).unwrap();
    for name in ["pbx.example.jp", "localhost", "127.0.0.1", "::1", "203.0.113.7"] {
        assert!(facts.names(name), "{name}: {:?}", facts.names);
    }
    assert!(!facts.names("other.example.jp") && !facts.names("203.0.113.8"));
    assert!(facts.self_signed && facts.from_ms < NOW_MS && facts.until_ms > NOW_MS + 800 * DAY_MS);
    assert_eq!(facts.fingerprint.len(), 32 * 3 - 1);
    let key = std::fs::metadata(config.tls.folder.join("key.pem")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    // The same until shortly before it ends, another then.
    assert_eq!(load(&config, NOW_MS + 700 * DAY_MS).unwrap(), made);
    let renewed = load(&config, NOW_MS + 800 * DAY_MS).unwrap();
    assert_ne!(renewed, made);
    assert!(look(&renewed.server.unwrap().chain).unwrap().until_ms > NOW_MS + 1600 * DAY_MS);
}

#[test]
fn a_damaged_certificate_of_our_own_is_made_again() {
    let (_folder, config) = house();
    let made = load(&config, NOW_MS).unwrap();
    std::fs::write(config.tls.folder.join("key.pem"), "-----BEGIN PRIVATE KEY-----\n").unwrap();
    assert_ne!(load(&config, NOW_MS).unwrap(), made);
}

#[test]
fn nothing_is_made_where_nothing_needs_it_or_one_is_given() {
    let (folder, mut config) = house();
    config.sip.tls = Vec::new();
    config.sip.wss = Vec::new();
    assert_eq!(load(&config, NOW_MS).unwrap(), TlsMaterial::default());
    assert!(!config.tls.folder.exists());
    config.sip.wss = vec!["127.0.0.1:7443".parse().unwrap()];
    config.tls.certificate = folder.path().join("fullchain.pem");
    config.tls.key = folder.path().join("privkey.pem");
    let missing = load(&config, NOW_MS).unwrap_err();
    assert_eq!((missing.place.as_str(), missing.exit), ("tls.certificate", Exit::Config));
    assert!(missing.what.contains("fullchain.pem") && !missing.remedy.is_empty());
    assert!(!config.tls.folder.exists());
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_setting_and_never_with_the_key() {
    let (folder, mut config) = house();
    let one = load(&config, NOW_MS).unwrap().server.unwrap();
    config.tls.folder = folder.path().join("other");
    let other = load(&config, NOW_MS).unwrap().server.unwrap();
    let place = |name: &str| folder.path().join(name);
    std::fs::write(place("chain.pem"), &one.chain).unwrap();
    std::fs::write(place("key.pem"), &one.key).unwrap();
    std::fs::write(place("other.pem"), &other.key).unwrap();
    std::fs::write(place("noise.pem"), "nothing").unwrap();
    for (certificate, key, setting) in [
        ("chain.pem", "key.pem", None),
        ("chain.pem", "other.pem", Some("tls.key")),
        ("chain.pem", "noise.pem", Some("tls.key")),
        ("chain.pem", "absent.pem", Some("tls.key")),
        ("noise.pem", "key.pem", Some("tls.certificate")),
    ] {
        config.tls.certificate = place(certificate);
        config.tls.key = place(key);
        let read = read(&config);
        assert_eq!(read.as_ref().err().map(|trouble| trouble.place.as_str()), setting, "{certificate} {key}");
        let secret = String::from_utf8_lossy(&one.key).lines().nth(1).unwrap().to_owned();
        assert!(!format!("{read:?}").contains(&secret), "a key was printed");
    }
    config.tls.certificate = place("chain.pem");
    config.tls.key = place("key.pem");
    config.tls.client_ca = place("noise.pem");
    assert_eq!(read(&config).unwrap_err().place, "tls.client_ca");
}

#[test]
fn wildcards_are_for_one_label() {
    let facts = Facts {
        from_ms: 0,
        until_ms: 0,
        names: vec!["*.example.jp".to_owned()],
        self_signed: false,
        fingerprint: String::new(),
    };
    assert!(facts.names("PBX.example.jp"));
    assert!(!facts.names("a.b.example.jp") && !facts.names("example.jp"));
}
