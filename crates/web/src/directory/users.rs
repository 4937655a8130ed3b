//! Who may log in.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{Role, UserForm, UserRow};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::extract::{At, Body};
use crate::rights::Act;

use super::{Chosen, NewPassword};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(users, create_user))
        .routes(routes!(update_user, remove_user))
        .routes(routes!(user_password))
}

/// A new user, with a password of the administrator's choice or one that is made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    /// Login name, unique.
    name: String,
    /// What the user may do.
    role: Role,
    /// Which operator the user is; an operator's login needs it.
    #[serde(default)]
    operator_id: Option<i64>,
    /// None: one is made.
    #[serde(default)]
    password: Option<String>,
}

/// A user with the password, which is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedUser {
    #[serde(flatten)]
    user: UserRow,
    /// Never shown again.
    password: String,
}

/// All who may log in.
#[utoipa::path(get, path = "/users", tag = "users",
    responses((status = 200, body = Vec<UserRow>)))]
pub(crate) async fn users(State(api): State<Api>, login: Login) -> Result<Json<Vec<UserRow>>, Refusal> {
    login.may(Act::Administer)?;
    Ok(Json(api.store.users().await?))
}

/// A new login; the password is shown this once.
#[utoipa::path(post, path = "/users", tag = "users", request_body = NewUser,
    responses((status = 201, body = CreatedUser)))]
pub(crate) async fn create_user(
    State(api): State<Api>,
    login: Login,
    Body(new): Body<NewUser>,
) -> Result<(StatusCode, Json<CreatedUser>), Refusal> {
    login.may(Act::Administer)?;
    let form = UserForm { name: new.name, role: new.role, operator_id: new.operator_id };
    let (user, password) = api.store.create_user(&form, new.password.as_deref()).await?;
    api.note(&login, "user.create", &user.form.name).await;
    Ok((StatusCode::CREATED, Json(CreatedUser { user, password })))
}

/// Another role, or another operator whom the user is. The name stays, and nobody changes the own role, so one administrator always
/// remains.
#[utoipa::path(put, path = "/users/{id}", tag = "users", request_body = UserForm, params(("id" = i64, Path)),
    responses((status = 200, body = UserRow)))]
pub(crate) async fn update_user(
    State(api): State<Api>,
    login: Login,
    At(id): At<i64>,
    Body(form): Body<UserForm>,
) -> Result<Json<UserRow>, Refusal> {
    login.may(Act::Administer)?;
    if id == login.id && form.role != login.role {
        return Err(Refusal::conflict("this is your own login: another administrator can change its role"));
    }
    let row = api.store.update_user(id, &form).await?;
    let operator = row.form.operator_id.map_or_else(String::new, |id| format!(" operator {id}"));
    let detail = format!("{}{operator}", row.form.role.as_str());
    api.note_more(&login, "user.update", &row.form.name, &detail).await;
    Ok(Json(row))
}

/// A new password; ends the user's sessions.
#[utoipa::path(post, path = "/users/{id}/password", tag = "users", request_body = Chosen, params(("id" = i64, Path)),
    responses((status = 200, body = NewPassword)))]
pub(crate) async fn user_password(
    State(api): State<Api>,
    login: Login,
    At(id): At<i64>,
    chosen: Option<Body<Chosen>>,
) -> Result<Json<NewPassword>, Refusal> {
    login.may(Act::Administer)?;
    let chosen = chosen.map(|Body(chosen)| chosen).unwrap_or_default();
    let password = api.store.set_user_password(id, chosen.password.as_deref()).await?;
    api.note(&login, "user.password", &id.to_string()).await;
    Ok(Json(NewPassword { password }))
}

/// End a login and its sessions. Nobody ends the own one, so one administrator always remains.
#[utoipa::path(delete, path = "/users/{id}", tag = "users", params(("id" = i64, Path)),
    responses((status = 204)))]
pub(crate) async fn remove_user(State(api): State<Api>, login: Login, At(id): At<i64>) -> Result<StatusCode, Refusal> {
    login.may(Act::Administer)?;
    if id == login.id {
        return Err(Refusal::conflict("this is your own login: another administrator can end it"));
    }
    api.store.deactivate_user(id).await?;
    api.note(&login, "user.remove", &id.to_string()).await;
    Ok(StatusCode::NO_CONTENT)
}
