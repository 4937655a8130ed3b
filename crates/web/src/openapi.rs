//! The API's description of itself, made of the handlers' own annotations: `/api/v1/openapi.json`.

use std::sync::Arc;

use axum::Extension;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Ref, ResponseBuilder};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::error::Refusal;
use crate::switchboard::Stamped;

/// All but the routes, which add themselves.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Denwaban",
        description = "The switchboard of an answering service. Log in at `/api/v1/login`; programs send the token as \
            `Authorization: Bearer`. Events come over a WebSocket at `/api/v1/events`. Times are unix milliseconds, \
            numbers E.164 digits without the plus. Whatever is refused is refused with a `Refusal`."
    ),
    components(schemas(Refusal, Stamped)),
    modifiers(&Logins),
    security(("bearer" = []), ("cookie" = []))
)]
struct Frame;

struct Logins;

impl Modify for Logins {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("denwaban"))));
    }
}

pub(crate) fn frame() -> utoipa::openapi::OpenApi {
    Frame::openapi()
}

/// The whole description.
pub fn description() -> utoipa::openapi::OpenApi {
    let mut description = crate::documented().into_openapi();
    refusals(&mut description);
    description
}

/// Every operation may be refused, and always in the same shape.
fn refusals(description: &mut utoipa::openapi::OpenApi) {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("Refusal"))).build();
    let refused = ResponseBuilder::new()
        .description("Refused: 400, 401, 403, 404, 405, 409, 413, 415, 422, 429 or 503")
        .content("application/json", body)
        .build();
    for (place, path) in &mut description.paths.paths {
        let PathItem { get, put, post, delete, patch, .. } = path;
        for operation in [get, put, post, delete, patch].into_iter().flatten() {
            // The account's routes are there twice, for users and for members; every operation has a name of its own.
            if place.starts_with("/api/v1/my/account") {
                operation.operation_id = operation.operation_id.take().map(|id| format!("my_{id}"));
            }
            operation.responses.responses.insert("default".to_owned(), refused.clone().into());
        }
    }
}

/// The description as it is sent, written once.
#[derive(Clone)]
pub(crate) struct Text(Arc<str>);

impl Text {
    pub(crate) fn new() -> Self {
        Text(description().to_json().unwrap_or_default().into())
    }
}

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(openapi))
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "description", security(()),
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)))]
pub(crate) async fn openapi(Extension(Text(text)): Extension<Text>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], text.to_string())
}
