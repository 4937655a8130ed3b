//! The shipped file and the defaults are the same; every mistake has its place and its remedy.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::load::known_settings;
use super::*;

const SHIPPED: &str = include_str!("../../config/denwaban.toml");

fn parse(text: &str) -> Result<Config, Vec<Mistake>> {
    with_variables(text, &[])
}

fn with_variables(text: &str, variables: &[(&str, &str)]) -> Result<Config, Vec<Mistake>> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    read(Some(PathBuf::from("denwaban.toml")), text, variables).map(|loaded| loaded.config)
}

/// (line, setting) of each mistake.
fn places(text: &str) -> Vec<(usize, String)> {
    let mistakes = parse(text).expect_err(text);
    for mistake in &mistakes {
        assert!(!mistake.what.is_empty() && !mistake.remedy.is_empty(), "{mistake:?}");
    }
    mistakes.into_iter().map(|mistake| (mistake.line.unwrap_or(0), mistake.setting)).collect()
}

fn settings_of(table: &toml::Table) -> BTreeSet<String> {
    let inner = |(name, value): (&String, &toml::Value)| {
        let keys: Vec<String> = value.as_table().unwrap().keys().map(|key| format!("{name}.{key}")).collect();
        keys
    };
    table.iter().flat_map(inner).collect()
}

#[test]
fn the_shipped_file_is_the_defaults_and_names_every_setting() {
    assert_eq!(parse(SHIPPED).unwrap(), Config::default());
    let mut empty = parse("").unwrap();
    assert_eq!(std::mem::take(&mut empty.sip.unwritten), [Protocol::Tls, Protocol::Wss]);
    assert_eq!(empty, Config::default());
    let written: toml::Table = toml::from_str(SHIPPED).unwrap();
    assert_eq!(settings_of(&written), settings_of(&known_settings()));
}

#[test]
fn every_setting_of_the_shipped_file_is_commented() {
    let mut commented = false;
    for line in SHIPPED.lines() {
        if line.starts_with('#') {
            commented = true;
        } else if line.starts_with('[') {
            commented = false;
        } else if !line.trim().is_empty() {
            assert!(commented, "{line}");
        }
    }
}

#[test]
fn unknown_names_are_placed_and_the_meant_ones_suggested() {
    assert_eq!(places("[sip]\nrealm = \"a\"\nrelam = \"b\"\n"), [(3, "sip.relam".to_owned())]);
    assert_eq!(places("\n[spi]\n"), [(2, "spi".to_owned())]);
    assert_eq!(places("realm = \"a\"\n"), [(1, "realm".to_owned())]);
    let remedy = |text: &str| parse(text).unwrap_err()[0].remedy.clone();
    assert!(remedy("[sip]\nrelam = \"b\"").contains("`realm`"));
    assert!(remedy("[spi]").contains("[sip]"));
    assert!(remedy("realm = \"a\"").contains("[sip] realm"));
    assert!(remedy("[sip]\ncolour = 1").contains("keep_alive_seconds"));
}

#[test]
fn values_of_the_wrong_kind_are_placed() {
    for (line, setting) in [
        ("udp = \"0.0.0.0:5060\"", "sip.udp"),
        ("udp = [\"0.0.0.0\"]", "sip.udp"),
        ("udp = [\"localhost:5060\"]", "sip.udp"),
        ("public = [\"example.jp\"]", "sip.public"),
        ("register_seconds = \"ten\"", "sip.register_seconds"),
        ("register_seconds = -1", "sip.register_seconds"),
        ("dscp = 300", "sip.dscp"),
        ("digest = \"sha1\"", "sip.digest"),
        ("trace = 1", "sip.trace"),
    ] {
        assert_eq!(places(&format!("[sip]\n\n{line}\n")), [(3, setting.to_owned())], "{line}");
    }
}

#[test]
fn values_that_cannot_be_are_placed() {
    for (text, place) in [
        ("[sip]\nudp = []\ntcp = []\ntls = []\nwss = []", (2, "sip.udp")),
        ("[sip]\nudp = [\"127.0.0.1:5060\", \"127.0.0.1:5060\"]", (2, "sip.udp")),
        ("[sip]\npublic = [\"192.0.2.1\", \"192.0.2.2\"]", (2, "sip.public")),
        ("[sip]\npublic = [\"0.0.0.0\"]", (2, "sip.public")),
        ("[sip]\nrealm = \"\"", (2, "sip.realm")),
        ("[sip]\nrealm = \"a b\"", (2, "sip.realm")),
        ("[sip]\ndscp = 64", (2, "sip.dscp")),
        ("[sip]\nregister_seconds = 10", (2, "sip.register_seconds")),
        ("[sip]\nstranger_rate = 0.0", (2, "sip.stranger_rate")),
        ("[media]\nports = \"20001-29999\"", (2, "media.ports")),
        ("[media]\nports = \"29999-20000\"", (2, "media.ports")),
        ("[media]\nports = \"5000-6000\"", (2, "media.ports")),
        ("[media]\nports = \"many\"", (2, "media.ports")),
        ("[media]\ntick_ms = 0", (2, "media.tick_ms")),
        ("[media]\npublic = [\"192.0.2.1\", \"192.0.2.2\"]", (2, "media.public")),
        ("[media]\npublic = [\"::\"]", (2, "media.public")),
        ("[media]\naddress = [\"10.0.0.5\"]\npublic = [\"2001:db8::5\"]", (3, "media.public")),
        ("[sip]\ntls = [\"127.0.0.1:5060\"]\ntcp = [\"127.0.0.1:5060\"]", (2, "sip.tls")),
        ("[sip]\nwss = [\"127.0.0.1:8080\"]", (0, "web.listen")),
        ("[sip]\norigins = [\"desk.example.jp\"]", (2, "sip.origins")),
        ("[sip]\norigins = [\"https://desk.example.jp/desk\"]", (2, "sip.origins")),
        ("[sip]\nban_seconds_min = 600\nban_seconds_max = 300", (3, "sip.ban_seconds_max")),
        ("[sip]\ncalls_max = 0", (2, "sip.calls_max")),
        ("[tls]\ncertificate = \"a.pem\"", (0, "tls.key")),
        ("[tls]\nclient_key = \"a.pem\"", (0, "tls.client_certificate")),
        ("[tls]\nfolder = \"\"", (2, "tls.folder")),
        ("[database]\nurl = \"mysql://a:secret@b/c\"", (2, "database.url")),
        ("[log]\nlevel = \"loud\"", (2, "log.level")),
        ("[web]\npublic_url = \"https://desk.example.jp/r\"", (2, "web.public_url")),
        ("[mail]\nserver = \"mail.example.jp\"", (0, "mail.from")),
        ("[mail]\nfrom = \"report\"", (2, "mail.from")),
        ("[mail]\nbounce = \"a-mailbox-with-quite-a-long-name@example.jp\"", (2, "mail.bounce")),
        ("[mail]\nuser = \"denwaban\"", (0, "mail.password")),
        ("[mail]\nuser = \"a\"\npassword = \"b\"\ntls = \"opportunistic\"", (4, "mail.tls")),
        ("[mail]\nserver = \"mail.example.jp\"\nuser = \"a\"\ntls = \"none\"", (4, "mail.tls")),
        ("[mail]\ntls = \"yes\"", (2, "mail.tls")),
        ("[mail]\nimap_server = \"mail.example.jp\"", (0, "mail.bounce")),
        ("[mail]\nimap_server = \"mail.example.jp\"", (0, "mail.imap_user")),
        ("[mail]\nimap_server = \"mail.example.jp\"\nimap_tls = \"none\"", (3, "mail.imap_tls")),
        ("[mail]\nconnections_max = 0", (2, "mail.connections_max")),
        ("[channels]\nslack = \"slack.com\"", (2, "channels.slack")),
        ("[channels]\nline = \"https://api.line.me/\"", (2, "channels.line")),
        ("[channels]\nallowed = [\"http://10.0.0.5\"]", (2, "channels.allowed")),
        ("[web]\nmetrics_token = \"short\"", (2, "web.metrics_token")),
        ("[web]\nmetrics_token = \"long enough, but spaces\"", (2, "web.metrics_token")),
    ] {
        let found = places(text);
        assert!(found.contains(&(place.0, place.1.to_owned())), "{text}: {found:?}");
    }
    let mistakes = parse("[database]\nurl = \"mysql://a:secret@b/c\"").unwrap_err();
    assert!(!mistakes[0].to_string().contains("secret"));
}

#[test]
fn all_mistakes_are_told_at_once() {
    let found = places("[sip]\nrelam = 1\ndscp = \"x\"\n[media]\nports = 7\n[wbe]\n");
    assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3, 5, 6]);
    assert!(!places("[sip\nrealm = \n").is_empty());
}

#[test]
fn the_environment_wins_and_its_mistakes_name_the_variable() {
    let config = with_variables(
        "[sip]\nrealm = \"file\"\nudp = [\"127.0.0.1:5070\"]",
        &[
            ("DENWABAN_SIP_REALM", "environment"),
            ("DENWABAN_SIP_TCP", "127.0.0.1:5070, [::1]:5070"),
            ("DENWABAN_DATABASE_URL", "postgres://denwaban@127.0.0.1/denwaban"),
            ("DENWABAN_WEB_HTTPS", "true"),
            ("DENWABAN_SIP_STRANGER_RATE", "7"),
            ("DENWABAN_CONFIG", "elsewhere.toml"),
            ("PATH", "/bin"),
        ],
    )
    .unwrap();
    assert_eq!(config.sip.realm, "environment");
    assert_eq!(config.sip.tcp.len(), 2);
    assert_eq!(config.sip.udp, ["127.0.0.1:5070".parse().unwrap()]);
    assert!(config.web.https);
    assert!((config.sip.stranger_rate - 7.0).abs() < f64::EPSILON);
    for (variable, value) in
        [("DENWABAN_SIP_DSCP", "many"), ("DENWABAN_SIP_DSCP", "99"), ("DENWABAN_MEDIA_PORTS", "1-2")]
    {
        let mistakes = with_variables("", &[(variable, value)]).unwrap_err();
        assert_eq!((mistakes[0].setting.as_str(), &mistakes[0].file), (variable, &None), "{value}");
    }
}

#[test]
fn tls_that_nobody_wrote_is_where_udp_and_tcp_are() {
    let sip = |text: &str| parse(text).unwrap().sip;
    let own = sip("[sip]\nudp = [\"127.0.0.1:5070\"]\ntcp = [\"127.0.0.1:5070\", \"[::1]:5080\"]");
    assert_eq!(own.tls, ["127.0.0.1:5061".parse().unwrap(), "[::1]:5061".parse().unwrap()]);
    assert_eq!(own.wss, ["127.0.0.1:7443".parse().unwrap(), "[::1]:7443".parse().unwrap()]);
    assert_eq!(own.unwritten, [Protocol::Tls, Protocol::Wss]);
    // What is written is left as it is, and so is what has the port.
    let some = sip("[sip]\ntcp = [\"127.0.0.1:7443\"]\ntls = [\"10.0.0.5:5062\"]");
    assert_eq!(some.tls, ["10.0.0.5:5062".parse().unwrap()]);
    assert_eq!(some.wss, ["[::]:7443".parse().unwrap()]);
    assert_eq!(some.unwritten, [Protocol::Wss]);
    let variable = with_variables("", &[("DENWABAN_SIP_TLS", "127.0.0.1:5062")]).unwrap().sip;
    assert_eq!((variable.tls.len(), variable.unwritten), (1, vec![Protocol::Wss]));
}

#[test]
fn a_variable_that_names_no_setting_is_a_warning() {
    let loaded = read(None, "", [("DENWABAN_SIP_RELAM".to_owned(), "x".to_owned())]).unwrap();
    assert!(loaded.warnings[0].contains("DENWABAN_SIP_REALM"), "{:?}", loaded.warnings);
}

#[test]
fn a_mistake_reads_as_place_what_remedy() {
    let text = parse("[sip]\nrelam = \"b\"").unwrap_err()[0].to_string();
    assert!(text.starts_with("denwaban.toml:2: sip.relam: "), "{text}");
    assert!(text.contains("\n  → "), "{text}");
}
