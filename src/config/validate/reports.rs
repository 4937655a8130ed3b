//! `[mail]` and `[channels]`.

use notify::mail::Address;

use super::super::{Config, MailTls};
use super::{Judge, plain};
use crate::words;

/// `+` and a delivery's id, before the `@` of a return path.
const DELIVERY_BYTES: usize = 37;
/// Of an address, before the `@`.
const LOCAL_BYTES_MAX: usize = 64;

/// How reports leave the house.
pub(super) fn reports(config: &Config, judge: &mut Judge<'_>) {
    addresses(config, judge);
    logins(config, judge);
    judge.range("mail.port", config.mail.port, 1, u16::MAX);
    judge.range("mail.imap_port", config.mail.imap_port, 1, u16::MAX);
    judge.range("mail.connections_max", config.mail.connections_max, 1, 256);
    services(config, judge);
}

fn addresses(config: &Config, judge: &mut Judge<'_>) {
    let mail = &config.mail;
    for (setting, text) in [("mail.from", &mail.from), ("mail.bounce", &mail.bounce)] {
        if let (false, Err(error)) = (text.is_empty(), Address::parse(text)) {
            let what = || words::BAD_MAIL_ADDRESS.with(&[text, &error]);
            judge.demand(false, setting, what, || plain(words::BAD_MAIL_ADDRESS_REMEDY));
        }
    }
    let can_write = mail.server.is_empty() || !mail.from.is_empty();
    judge.demand(can_write, "mail.from", || plain(words::NO_MAIL_FROM), || plain(words::BAD_MAIL_ADDRESS_REMEDY));
    let local = mail.bounce.split('@').next().unwrap_or_default();
    let what = || words::LONG_BOUNCE.with(&[&mail.bounce]);
    let fits = local.len() + DELIVERY_BYTES <= LOCAL_BYTES_MAX;
    judge.demand(fits, "mail.bounce", what, || plain(words::BAD_MAIL_ADDRESS_REMEDY));
    let has_bounce = mail.imap_server.is_empty() || !mail.bounce.is_empty();
    judge.demand(has_bounce, "mail.bounce", || plain(words::NO_BOUNCE), || plain(words::BAD_MAIL_ADDRESS_REMEDY));
}

fn logins(config: &Config, judge: &mut Judge<'_>) {
    let mail = &config.mail;
    let (user, tls) = (&mail.user, mail.tls);
    let here = |server: &str| matches!(server, "localhost" | "127.0.0.1" | "::1");
    for (user, password, setting, variable) in [
        (user, &mail.password, "mail.password", "DENWABAN_MAIL_PASSWORD"),
        (&mail.imap_user, &mail.imap_password, "mail.imap_password", "DENWABAN_MAIL_IMAP_PASSWORD"),
    ] {
        let both = user.is_empty() || !password.is_empty();
        judge.demand(both, setting, || plain(words::NO_PASSWORD), || words::NO_PASSWORD_REMEDY.with(&[&variable]));
    }
    let open = match tls {
        MailTls::None => !here(&mail.server),
        MailTls::Opportunistic => true,
        MailTls::Required | MailTls::Implicit => false,
    };
    let what = || plain(words::PASSWORD_IN_THE_CLEAR);
    judge.demand(user.is_empty() || !open, "mail.tls", what, || plain(words::PASSWORD_IN_THE_CLEAR_REMEDY));
    if mail.imap_server.is_empty() {
        return;
    }
    let known = !mail.imap_user.is_empty();
    judge.demand(known, "mail.imap_user", || plain(words::NO_IMAP_USER), || plain(words::NO_IMAP_USER));
    let open = match mail.imap_tls {
        MailTls::None => !here(&mail.imap_server),
        MailTls::Opportunistic => true,
        MailTls::Required | MailTls::Implicit => false,
    };
    judge.demand(!open, "mail.imap_tls", what, || plain(words::IMAP_TLS_REMEDY));
}

fn services(config: &Config, judge: &mut Judge<'_>) {
    let channels = &config.channels;
    for (setting, url) in [
        ("channels.chatwork", &channels.chatwork),
        ("channels.slack", &channels.slack),
        ("channels.line_works_auth", &channels.line_works_auth),
        ("channels.line_works", &channels.line_works),
        ("channels.line", &channels.line),
    ] {
        judge.demand(
            super::is_origin(url),
            setting,
            || words::BAD_SERVICE.with(&[url]),
            || plain(words::BAD_SERVICE_REMEDY),
        );
    }
    for origin in &channels.allowed {
        let port = origin.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        let what = || words::BAD_ALLOWED.with(&[origin]);
        let fits = super::is_origin(origin) && port.is_some();
        judge.demand(fits, "channels.allowed", what, || plain(words::BAD_ALLOWED_REMEDY));
    }
}
