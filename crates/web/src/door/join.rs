//! The page behind a one-time link: the first administrator chooses a name and a password, anybody else who was sent one a password.
//! The link's secret stands behind a `#`, which no browser sends to any server: it is in no log, of ours or a proxy's.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::{Invited, Password, StoreError};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::peer::Place;
use crate::api::Api;
use crate::error::Refusal;
use crate::extract::Body;
use crate::tongue::Tongue;

/// A link's secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Link {
    #[schema(value_type = String)]
    secret: Password,
}

/// What a link is for.
#[derive(Serialize, ToSchema)]
pub(crate) struct LinkFor {
    /// Whose password it sets; null: the first administrator's, who chooses a name.
    name: Option<String>,
}

/// What whoever has a link chooses.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Joining {
    #[schema(value_type = String)]
    secret: Password,
    /// The first administrator's name; nobody else's is looked at.
    #[serde(default)]
    name: String,
    /// Twelve characters or more, none that everybody tries.
    #[schema(value_type = String)]
    password: Password,
}

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(look)).routes(routes!(join))
}

fn used_up(tongue: Tongue) -> Refusal {
    let (what, remedy) = tongue.0.of(
        (
            "このリンクは使えません。使用済みか、期限（30分）が過ぎています",
            "新しいリンクをもらってください（denwaban user first、denwaban user link）",
        ),
        (
            "this link is used up, or older than half an hour",
            "ask for a new one (denwaban user first, denwaban user link)",
        ),
    );
    Refusal { remedy: Some(remedy.into()), ..Refusal::not_found(what) }
}

/// What is this one-time link for? It stays good.
#[utoipa::path(post, path = "/join/look", tag = "login", request_body = Link, security(()),
    responses((status = 200, body = LinkFor)))]
pub(crate) async fn look(
    State(api): State<Api>,
    place: Place,
    tongue: Tongue,
    Body(Link { secret }): Body<Link>,
) -> Result<Json<LinkFor>, Refusal> {
    place.may_try(&api)?;
    let invited = api.store.invitation(&secret.0, api.now_ms()).await?.ok_or_else(|| used_up(tongue))?;
    place.was_no_try(&api);
    let name = match invited {
        Invited::First => None,
        Invited::User(name) => Some(name),
    };
    Ok(Json(LinkFor { name }))
}

/// Use a one-time link: set the password. Log in with it afterwards.
#[utoipa::path(post, path = "/join", tag = "login", request_body = Joining, security(()),
    responses((status = 200, body = LinkFor)))]
pub(crate) async fn join(
    State(api): State<Api>,
    place: Place,
    tongue: Tongue,
    Body(Joining { secret, name, password }): Body<Joining>,
) -> Result<Json<LinkFor>, Refusal> {
    place.may_try(&api)?;
    let user = match api.store.accept(&secret.0, &name, &password.0, api.now_ms()).await {
        Err(StoreError::Missing { .. }) => return Err(used_up(tongue)),
        Err(error @ StoreError::Invalid(_)) => {
            place.was_no_try(&api);
            return Err(error.into());
        }
        other => other?,
    };
    let name = user.form.name;
    place.succeeded(&api, super::cookie::Side::House, &name);
    api.note_of(&name, "user.join", &place.address.to_string(), user.form.role.as_str()).await;
    Ok(Json(LinkFor { name: Some(name) }))
}
