//! The pages: a few small files, part of the binary. They are sent without comments and indentation, each line where it was; packed
//! once; and a browser that has one asks only whether it is still the same.

use std::io::Write;
use std::sync::{LazyLock, OnceLock};

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

/// What a page of ours may load: only what we serve, nothing inline.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' data:; connect-src 'self'; media-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// Address, kind and text of each file.
const FILES: &[(&str, &str, &str)] = &[
    ("/", HTML, include_str!("../page/index.html")),
    ("/account", HTML, include_str!("../page/account.html")),
    ("/my/account", HTML, include_str!("../page/account.html")),
    ("/account.css", STYLE, include_str!("../page/account.css")),
    ("/account.js", SCRIPT, include_str!("../page/account.js")),
    ("/account-users.js", SCRIPT, include_str!("../page/account-users.js")),
    ("/account-words.js", SCRIPT, include_str!("../page/account-words.js")),
    ("/app.js", SCRIPT, include_str!("../page/app.js")),
    ("/admin.js", SCRIPT, include_str!("../page/admin.js")),
    ("/admin-audit.js", SCRIPT, include_str!("../page/admin-audit.js")),
    ("/admin-backups.js", SCRIPT, include_str!("../page/admin-backups.js")),
    ("/admin-bans.js", SCRIPT, include_str!("../page/admin-bans.js")),
    ("/admin-channels.js", SCRIPT, include_str!("../page/admin-channels.js")),
    ("/admin-health.js", SCRIPT, include_str!("../page/admin-health.js")),
    ("/admin-keeping.js", SCRIPT, include_str!("../page/admin-keeping.js")),
    ("/admin-prompts.js", SCRIPT, include_str!("../page/admin-prompts.js")),
    ("/admin-recorder.js", SCRIPT, include_str!("../page/admin-recorder.js")),
    ("/admin-settings.js", SCRIPT, include_str!("../page/admin-settings.js")),
    ("/admin-words.js", SCRIPT, include_str!("../page/admin-words.js")),
    ("/bound.js", SCRIPT, include_str!("../page/bound.js")),
    ("/find.js", SCRIPT, include_str!("../page/find.js")),
    ("/call.js", SCRIPT, include_str!("../page/call.js")),
    ("/channel-words.js", SCRIPT, include_str!("../page/channel-words.js")),
    ("/calendar.js", SCRIPT, include_str!("../page/calendar.js")),
    ("/directory-forms.js", SCRIPT, include_str!("../page/directory-forms.js")),
    ("/directory-numbers.js", SCRIPT, include_str!("../page/directory-numbers.js")),
    ("/directory-people.js", SCRIPT, include_str!("../page/directory-people.js")),
    ("/directory-words.js", SCRIPT, include_str!("../page/directory-words.js")),
    ("/disputes.js", SCRIPT, include_str!("../page/disputes.js")),
    ("/disputes-case.js", SCRIPT, include_str!("../page/disputes-case.js")),
    ("/disputes-words.js", SCRIPT, include_str!("../page/disputes-words.js")),
    ("/door.js", SCRIPT, include_str!("../page/door.js")),
    ("/door-words.js", SCRIPT, include_str!("../page/door-words.js")),
    ("/dom.js", SCRIPT, include_str!("../page/dom.js")),
    ("/firm.js", SCRIPT, include_str!("../page/firm.js")),
    ("/form.js", SCRIPT, include_str!("../page/form.js")),
    ("/join", HTML, include_str!("../page/join.html")),
    ("/join.js", SCRIPT, include_str!("../page/join.js")),
    ("/onboarding.js", SCRIPT, include_str!("../page/onboarding.js")),
    ("/onboarding-proofs.js", SCRIPT, include_str!("../page/onboarding-proofs.js")),
    ("/onboarding-words.js", SCRIPT, include_str!("../page/onboarding-words.js")),
    ("/own.js", SCRIPT, include_str!("../page/own.js")),
    ("/own-words.js", SCRIPT, include_str!("../page/own-words.js")),
    ("/office.js", SCRIPT, include_str!("../page/office.js")),
    ("/my", HTML, include_str!("../page/my.html")),
    ("/my.css", STYLE, include_str!("../page/my.css")),
    ("/my.js", SCRIPT, include_str!("../page/my.js")),
    ("/my-feedback.js", SCRIPT, include_str!("../page/my-feedback.js")),
    ("/feedback.js", SCRIPT, include_str!("../page/feedback.js")),
    ("/my-keeping.js", SCRIPT, include_str!("../page/my-keeping.js")),
    ("/my-orders.js", SCRIPT, include_str!("../page/my-orders.js")),
    ("/my-words.js", SCRIPT, include_str!("../page/my-words.js")),
    ("/operator.js", SCRIPT, include_str!("../page/operator.js")),
    ("/passkey.js", SCRIPT, include_str!("../page/passkey.js")),
    ("/phone.js", SCRIPT, include_str!("../page/phone.js")),
    ("/phone-keys.js", SCRIPT, include_str!("../page/phone-keys.js")),
    ("/phone-sound.js", SCRIPT, include_str!("../page/phone-sound.js")),
    ("/phone-words.js", SCRIPT, include_str!("../page/phone-words.js")),
    ("/vendor/jssip.js", SCRIPT, include_str!("../page/vendor/jssip.js")),
    ("/vendor/jssip.licences.txt", TEXT, include_str!("../page/vendor/jssip.licences.txt")),
    ("/operators.js", SCRIPT, include_str!("../page/operators.js")),
    ("/operators-words.js", SCRIPT, include_str!("../page/operators-words.js")),
    ("/past.js", SCRIPT, include_str!("../page/past.js")),
    ("/past-figures.js", SCRIPT, include_str!("../page/past-figures.js")),
    ("/past-words.js", SCRIPT, include_str!("../page/past-words.js")),
    ("/profile.js", SCRIPT, include_str!("../page/profile.js")),
    ("/profile-day.js", SCRIPT, include_str!("../page/profile-day.js")),
    ("/profile-places.js", SCRIPT, include_str!("../page/profile-places.js")),
    ("/profile-talk.js", SCRIPT, include_str!("../page/profile-talk.js")),
    ("/profile-try.js", SCRIPT, include_str!("../page/profile-try.js")),
    ("/profile-words.js", SCRIPT, include_str!("../page/profile-words.js")),
    ("/quality.js", SCRIPT, include_str!("../page/quality.js")),
    ("/quality-mine.js", SCRIPT, include_str!("../page/quality-mine.js")),
    ("/quality-words.js", SCRIPT, include_str!("../page/quality-words.js")),
    ("/queue.js", SCRIPT, include_str!("../page/queue.js")),
    ("/queue-words.js", SCRIPT, include_str!("../page/queue-words.js")),
    ("/report.js", SCRIPT, include_str!("../page/report.js")),
    ("/report-fields.js", SCRIPT, include_str!("../page/report-fields.js")),
    ("/report-hand.js", SCRIPT, include_str!("../page/report-hand.js")),
    ("/report-lists.js", SCRIPT, include_str!("../page/report-lists.js")),
    ("/report-sides.js", SCRIPT, include_str!("../page/report-sides.js")),
    ("/report-words.js", SCRIPT, include_str!("../page/report-words.js")),
    ("/saver.js", SCRIPT, include_str!("../page/saver.js")),
    ("/setup.js", SCRIPT, include_str!("../page/setup.js")),
    ("/setup-words.js", SCRIPT, include_str!("../page/setup-words.js")),
    ("/wall", HTML, include_str!("../page/wall.html")),
    ("/wall.css", STYLE, include_str!("../page/wall.css")),
    ("/wall.js", SCRIPT, include_str!("../page/wall.js")),
    ("/wall-words.js", SCRIPT, include_str!("../page/wall-words.js")),
    ("/wallboard.js", SCRIPT, include_str!("../page/wallboard.js")),
    ("/wave.js", SCRIPT, include_str!("../page/wave.js")),
    ("/words.js", SCRIPT, include_str!("../page/words.js")),
    ("/office.css", STYLE, include_str!("../page/office.css")),
    ("/style.css", STYLE, include_str!("../page/style.css")),
];

/// A file as it is sent.
struct Ready {
    kind: &'static str,
    text: String,
    /// gzip (RFC 1952), once somebody has asked for it, and if it is shorter.
    packed: OnceLock<Option<Vec<u8>>>,
    /// Changes with the text (RFC 9110, section 8.8.3). Weak, for it is the same for both forms.
    tag: HeaderValue,
}

impl Ready {
    fn new(path: &str, kind: &'static str, text: &str) -> Ready {
        let is_ours = matches!(kind, SCRIPT | STYLE) && !path.starts_with("/vendor/");
        let text = if is_ours { lean(text) } else { text.to_owned() };
        let hash = Sha256::digest(&text);
        let name = hash.iter().take(8).fold(String::new(), |name, byte| format!("{name}{byte:02x}"));
        let tag = HeaderValue::from_str(&format!("W/\"{name}\"")).unwrap_or(HeaderValue::from_static("W/\"\""));
        Ready { kind, text, packed: OnceLock::new(), tag }
    }

    fn answer(&'static self, asked: &HeaderMap) -> Response {
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(self.kind)),
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            (header::VARY, HeaderValue::from_static("accept-encoding")),
            (header::ETAG, self.tag.clone()),
        ];
        if told(asked, header::IF_NONE_MATCH).any(|tag| tag.as_bytes() == self.tag.as_bytes()) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        let packed = takes_gzip(asked).then(|| self.packed.get_or_init(|| packed(&self.text))).and_then(Option::as_ref);
        match packed {
            Some(packed) => (headers, [(header::CONTENT_ENCODING, "gzip")], packed.as_slice()).into_response(),
            None => (headers, self.text.as_str()).into_response(),
        }
    }
}

/// Once for the whole process.
static READY: LazyLock<Vec<Ready>> =
    LazyLock::new(|| FILES.iter().map(|&(path, kind, text)| Ready::new(path, kind, text)).collect());

/// Routes of the page's files.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    FILES.iter().zip(READY.iter()).fold(Router::new(), |router, (&(path, _, _), file)| {
        router.route(path, get(move |asked: HeaderMap| async move { file.answer(&asked) }))
    })
}

/// A script or a style sheet without the comments that have lines of their own, and without indentation; no line is another one than
/// before. None of ours has a text that goes over several lines.
fn lean(text: &str) -> String {
    let mut lean = String::with_capacity(text.len());
    let mut is_comment = false;
    for line in text.lines() {
        let line = line.trim();
        let begins = line.starts_with("/*") && line.find("*/").is_none_or(|end| end + 2 == line.len());
        if is_comment || begins {
            is_comment = !line.ends_with("*/");
        } else if !line.starts_with("//") {
            lean.push_str(line);
        }
        lean.push('\n');
    }
    lean
}

fn packed(text: &str) -> Option<Vec<u8>> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(text.as_bytes()).ok()?;
    packer.finish().ok().filter(|packed| packed.len() < text.len())
}

/// The members of a list of a header.
fn told(asked: &HeaderMap, name: header::HeaderName) -> impl Iterator<Item = &str> {
    asked
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(str::trim)
}

/// RFC 9110, section 12.5.3: named, and not with a weight of nothing.
fn takes_gzip(asked: &HeaderMap) -> bool {
    told(asked, header::ACCEPT_ENCODING).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().trim_start_matches("q=").parse::<f32>().unwrap_or(1.0);
        name.trim().eq_ignore_ascii_case("gzip") && weight > 0.0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_has_no_comments_and_each_line_where_it_was() {
        let text = "// Why.\nimport { a } from \"/a.js\";\n\n/**\n * What.\n */\n  /** One. */\n  const b = 1; // rest\n  /* in */ a(b);\n\
                    const url = \"https://x/*\";\n";
        let sent = "\nimport { a } from \"/a.js\";\n\n\n\n\n\nconst b = 1; // rest\n/* in */ a(b);\nconst url = \"https://x/*\";\n";
        assert_eq!(lean(text), sent);
        assert_eq!(lean("/* Colours. */\n:root {\n  --a: 1;\n}\n"), "\n:root {\n--a: 1;\n}\n");
        for (path, kind, text) in FILES.iter().filter(|(_, kind, _)| matches!(*kind, SCRIPT | STYLE)) {
            // What is left out would change a text of several lines.
            let texts = text.lines().filter(|line| line.matches('`').count() % 2 == 1).count();
            assert!(path.starts_with("/vendor/") || texts == 0, "{path} has a text of several lines");
            assert_eq!(Ready::new(path, kind, text).text.lines().count(), text.lines().count(), "{path}");
        }
    }
}
