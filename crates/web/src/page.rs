//! The pages: a few small files, part of the binary.

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// What a page of ours may load: only what we serve, nothing inline.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' data:; connect-src 'self'; media-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// Address, kind and text of each file.
const FILES: &[(&str, &str, &str)] = &[
    ("/", HTML, include_str!("../page/index.html")),
    ("/app.js", SCRIPT, include_str!("../page/app.js")),
    ("/admin.js", SCRIPT, include_str!("../page/admin.js")),
    ("/admin-audit.js", SCRIPT, include_str!("../page/admin-audit.js")),
    ("/admin-backups.js", SCRIPT, include_str!("../page/admin-backups.js")),
    ("/admin-channels.js", SCRIPT, include_str!("../page/admin-channels.js")),
    ("/admin-health.js", SCRIPT, include_str!("../page/admin-health.js")),
    ("/admin-keeping.js", SCRIPT, include_str!("../page/admin-keeping.js")),
    ("/admin-prompts.js", SCRIPT, include_str!("../page/admin-prompts.js")),
    ("/admin-recorder.js", SCRIPT, include_str!("../page/admin-recorder.js")),
    ("/admin-settings.js", SCRIPT, include_str!("../page/admin-settings.js")),
    ("/admin-words.js", SCRIPT, include_str!("../page/admin-words.js")),
    ("/bound.js", SCRIPT, include_str!("../page/bound.js")),
    ("/calendar.js", SCRIPT, include_str!("../page/calendar.js")),
    ("/disputes.js", SCRIPT, include_str!("../page/disputes.js")),
    ("/disputes-words.js", SCRIPT, include_str!("../page/disputes-words.js")),
    ("/firm.js", SCRIPT, include_str!("../page/firm.js")),
    ("/form.js", SCRIPT, include_str!("../page/form.js")),
    ("/office.js", SCRIPT, include_str!("../page/office.js")),
    ("/my", HTML, include_str!("../page/my.html")),
    ("/my.css", STYLE, include_str!("../page/my.css")),
    ("/my.js", SCRIPT, include_str!("../page/my.js")),
    ("/my-keeping.js", SCRIPT, include_str!("../page/my-keeping.js")),
    ("/my-words.js", SCRIPT, include_str!("../page/my-words.js")),
    ("/operator.js", SCRIPT, include_str!("../page/operator.js")),
    ("/past.js", SCRIPT, include_str!("../page/past.js")),
    ("/past-figures.js", SCRIPT, include_str!("../page/past-figures.js")),
    ("/past-words.js", SCRIPT, include_str!("../page/past-words.js")),
    ("/profile.js", SCRIPT, include_str!("../page/profile.js")),
    ("/profile-day.js", SCRIPT, include_str!("../page/profile-day.js")),
    ("/profile-places.js", SCRIPT, include_str!("../page/profile-places.js")),
    ("/profile-talk.js", SCRIPT, include_str!("../page/profile-talk.js")),
    ("/profile-try.js", SCRIPT, include_str!("../page/profile-try.js")),
    ("/profile-words.js", SCRIPT, include_str!("../page/profile-words.js")),
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
    ("/wallboard.js", SCRIPT, include_str!("../page/wallboard.js")),
    ("/words.js", SCRIPT, include_str!("../page/words.js")),
    ("/office.css", STYLE, include_str!("../page/office.css")),
    ("/style.css", STYLE, include_str!("../page/style.css")),
];

/// Routes of the page's files.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    FILES.iter().fold(Router::new(), |router, &(path, kind, text)| router.route(path, get(move || file(kind, text))))
}

async fn file(kind: &'static str, text: &'static str) -> Response {
    (
        [
            (header::CONTENT_TYPE, kind),
            (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CACHE_CONTROL, "no-cache"),
        ],
        text,
    )
        .into_response()
}
