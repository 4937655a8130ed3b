//! The API's description of itself, made of the handlers' own annotations: `/api/v1/openapi.json`.

use axum::routing::get;
use axum::{Json, Router};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::api::Api;
use crate::error::Refusal;
use crate::{auth, calls, directory};

/// The description.
#[derive(OpenApi)]
#[openapi(
    info(title = "Denwaban", description = "The switchboard of an answering service. Log in at `/api/v1/login`; programs send the token as \
        `Authorization: Bearer`. Events come over a WebSocket at `/api/v1/events`."),
    paths(
        auth::login, auth::logout, auth::me,
        calls::find, calls::one, calls::recording, calls::trace, calls::hold, calls::mute, calls::transfer, calls::complete, calls::cancel,
        calls::hangup, calls::now, calls::operator_state, calls::finish_wrap_up,
        directory::customers, directory::customer, directory::create_customer, directory::update_customer, directory::remove_customer, directory::import_customers, directory::dids, directory::did, directory::add_did, directory::remove_did,
        directory::operators, directory::operator, directory::create_operator, directory::update_operator, directory::remove_operator, directory::operator_password, directory::trunks, directory::trunk, directory::create_trunk, directory::update_trunk, directory::remove_trunk, directory::users, directory::create_user, directory::user_password, directory::remove_user
    ),
    components(schemas(Refusal)),
    modifiers(&Logins),
    security(("bearer" = []), ("cookie" = []))
)]
pub struct Description;

struct Logins;

impl Modify for Logins {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("denwaban"))));
    }
}

pub(crate) fn routes() -> Router<Api> {
    Router::new().route("/openapi.json", get(|| async { Json(Description::openapi()) }))
}
