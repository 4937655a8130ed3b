//! The page: a few small files, part of the binary.

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// What a page of ours may load: only what we serve, nothing inline.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' data:; connect-src 'self'; media-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Routes of the page's files.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(|| file("text/html; charset=utf-8", include_str!("../page/index.html"))))
        .route("/app.js", get(|| file("text/javascript; charset=utf-8", include_str!("../page/app.js"))))
        .route("/wallboard.js", get(|| file("text/javascript; charset=utf-8", include_str!("../page/wallboard.js"))))
        .route("/words.js", get(|| file("text/javascript; charset=utf-8", include_str!("../page/words.js"))))
        .route("/style.css", get(|| file("text/css; charset=utf-8", include_str!("../page/style.css"))))
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
