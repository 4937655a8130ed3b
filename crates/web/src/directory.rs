//! Firms, numbers, operators, trunks, users: the same forms as the command line's, checked by the store.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use store::{
    CustomerForm, CustomerRow, DidRow, Imported, OperatorForm, OperatorRow, TrunkForm, TrunkRow, UserForm, UserRow,
};
use utoipa::ToSchema;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::rights::Act;

/// Most of a CSV file that is taken: some tens of thousands of firms.
const IMPORT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Routes of the directory.
pub(crate) fn routes() -> Router<Api> {
    Router::new()
        .route("/customers", get(customers).post(create_customer))
        .route(
            "/customers/import",
            post(import_customers).layer(axum::extract::DefaultBodyLimit::max(IMPORT_BYTES_MAX)),
        )
        .route("/customers/{id}", get(customer).put(update_customer).delete(remove_customer))
        .route("/dids", get(dids).post(add_did))
        .route("/dids/{number}", get(did).delete(remove_did))
        .route("/operators", get(operators).post(create_operator))
        .route("/operators/{id}", get(operator).put(update_operator).delete(remove_operator))
        .route("/operators/{id}/password", post(operator_password))
        .route("/trunks", get(trunks).post(create_trunk))
        .route("/trunks/{id}", get(trunk).put(update_trunk).delete(remove_trunk))
        .route("/users", get(users).post(create_user))
        .route("/users/{id}", axum::routing::delete(remove_user))
        .route("/users/{id}/password", post(user_password))
}

/// A name and nothing else: what a role that may not read everything sees.
#[derive(Serialize, ToSchema)]
pub(crate) struct Named {
    id: i64,
    name: String,
}

/// An operator with the SIP password, which is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewOperator {
    #[serde(flatten)]
    #[schema(value_type = Object)]
    operator: OperatorRow,
    /// Never shown again.
    sip_password: String,
}

/// A password, shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewPassword {
    /// Never shown again.
    password: String,
}

/// A password chosen by its owner; none: one is made.
#[derive(Deserialize, Default, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Chosen {
    password: Option<String>,
}

/// A new user, with a password of the administrator's choice or one that is made.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewUser {
    #[serde(flatten)]
    #[schema(value_type = Object)]
    user: UserForm,
    password: Option<String>,
}

/// A user with the password, which is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedUser {
    #[serde(flatten)]
    #[schema(value_type = Object)]
    user: UserRow,
    /// Never shown again.
    password: String,
}

/// A number and whose it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DidForm {
    /// In any spelling.
    number: String,
    /// Client firm.
    customer: i64,
}

/// All client firms, active or not.
#[utoipa::path(get, path = "/api/v1/customers", tag = "customers",
    responses((status = 200, body = Vec<Object>), (status = 403, body = Refusal), (status = 404, body = Refusal)))]
pub(crate) async fn customers(State(api): State<Api>, login: Login) -> Result<Json<Vec<CustomerRow>>, Refusal> {
    login.may(Act::ReadDirectory)?;
    Ok(Json(api.store.customers().await?))
}

/// One client firm.
#[utoipa::path(get, path = "/api/v1/customers/{id}", tag = "customers", params(("id" = i64, Path)),
    responses((status = 200, body = Object), (status = 403, body = Refusal), (status = 404, body = Refusal)))]
pub(crate) async fn customer(
    State(api): State<Api>,
    login: Login,
    Path(id): Path<i64>,
) -> Result<Json<CustomerRow>, Refusal> {
    login.may(Act::ReadDirectory)?;
    Ok(Json(api.store.customer(id).await?))
}

/// A new client firm with its numbers.
#[utoipa::path(post, path = "/api/v1/customers", tag = "customers", request_body = Object,
    responses((status = 201, body = Object), (status = 403, body = Refusal), (status = 404, body = Refusal), (status = 422, body = Refusal)))]
pub(crate) async fn create_customer(
    State(api): State<Api>,
    login: Login,
    Json(form): Json<CustomerForm>,
) -> Result<(StatusCode, Json<CustomerRow>), Refusal> {
    login.may(Act::Administer)?;
    let row = api.store.create_customer(&form).await?;
    api.changed(&login, "customer created", &row.form.code).await;
    Ok((StatusCode::CREATED, Json(row)))
}

/// All values of a client firm anew.
#[utoipa::path(put, path = "/api/v1/customers/{id}", tag = "customers", request_body = Object, params(("id" = i64, Path)),
    responses((status = 200, body = Object), (status = 403, body = Refusal), (status = 404, body = Refusal), (status = 422, body = Refusal)))]
pub(crate) async fn update_customer(
    State(api): State<Api>,
    login: Login,
    Path(id): Path<i64>,
    Json(form): Json<CustomerForm>,
) -> Result<Json<CustomerRow>, Refusal> {
    login.may(Act::Administer)?;
    let row = api.store.update_customer(id, &form).await?;
    api.changed(&login, "customer changed", &row.form.code).await;
    Ok(Json(row))
}

/// End a client firm: its calls and records stay.
#[utoipa::path(delete, path = "/api/v1/customers/{id}", tag = "customers", params(("id" = i64, Path)),
    responses((status = 204), (status = 403, body = Refusal), (status = 404, body = Refusal), (status = 422, body = Refusal)))]
pub(crate) async fn remove_customer(
    State(api): State<Api>,
    login: Login,
    Path(id): Path<i64>,
) -> Result<StatusCode, Refusal> {
    login.may(Act::Administer)?;
    api.store.deactivate_customer(id).await?;
    api.changed(&login, "customer removed", &id.to_string()).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Client firms from CSV (UTF-8): all of them or, with the place and remedy of each error, none.
#[utoipa::path(post, path = "/api/v1/customers/import", tag = "customers", request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Object), (status = 403, body = Refusal), (status = 404, body = Refusal), (status = 422, body = Refusal)))]
pub(crate) async fn import_customers(
    State(api): State<Api>,
    login: Login,
    csv: axum::body::Bytes,
) -> Result<Json<Imported>, crate::api::ImportRefusal> {
    login.may(Act::Administer)?;
    let imported = api.store.import_customers(csv.as_ref()).await?;
    api.changed(&login, "customers imported", "").await;
    Ok(Json(imported))
}

/// All numbers that firms forward to.
#[utoipa::path(get, path = "/api/v1/dids", tag = "dids",
    responses((status = 200, body = Vec<Object>), (status = 403, body = Refusal), (status = 404, body = Refusal)))]
pub(crate) async fn dids(State(api): State<Api>, login: Login) -> Result<Json<Vec<DidRow>>, Refusal> {
    login.may(Act::ReadDirectory)?;
    Ok(Json(api.store.dids().await?))
}

/// Whose number is it?
#[utoipa::path(get, path = "/api/v1/dids/{number}", tag = "dids", params(("number" = String, Path, description = "in any spelling")),
    responses((status = 200, body = Object), (status = 403, body = Refusal), (status = 404, body = Refusal)))]
pub(crate) async fn did(
    State(api): State<Api>,
    login: Login,
    Path(number): Path<String>,
) -> Result<Json<DidRow>, Refusal> {
    login.may(Act::ReadDirectory)?;
    Ok(Json(api.store.did(&number).await?))
}

/// A further number for a firm.
#[utoipa::path(post, path = "/api/v1/dids", tag = "dids", request_body = DidForm,
    responses((status = 201, body = Object), (status = 403, body = Refusal), (status = 404, body = Refusal), (status = 422, body = Refusal)))]
pub(crate) async fn add_did(
    State(api): State<Api>,
    login: Login,
    Json(form): Json<DidForm>,
) -> Result<(StatusCode, Json<DidRow>), Refusal> {
    login.may(Act::Administer)?;
    let row = api.store.add_did(&form.number, form.customer).await?;
    api.changed(&login, "number added", &form.number).await;
    Ok((StatusCode::CREATED, Json(row)))
}

/// Take a number away.
#[utoipa::path(delete, path = "/api/v1/dids/{number}", tag = "dids", params(("number" = String, Path, description = "in any spelling")),
    responses((status = 204), (status = 403, body = Refusal), (status = 404, body = Refusal), (status = 422, body = Refusal)))]
pub(crate) async fn remove_did(
    State(api): State<Api>,
    login: Login,
    Path(number): Path<String>,
) -> Result<StatusCode, Refusal> {
    login.may(Act::Administer)?;
    api.store.remove_did(&number).await?;
    api.changed(&login, "number removed", &number).await;
    Ok(StatusCode::NO_CONTENT)
}

/// All operators; names only for those who do not administer.
#[utoipa::path(get, path = "/api/v1/operators", tag = "operators",
    responses((status = 200, body = Vec<Object>), (status = 403, body = Refusal), (status = 404, body = Refusal)))]
pub(crate) async fn operators(State(api): State<Api>, login: Login) -> Result<Json<Vec<serde_json::Value>>, Refusal> {
    login.may(Act::ReadDirectory)?;
    let rows = api.store.operators().await?;
    let whole = login.may(Act::Administer).is_ok();
    let shown = |row: OperatorRow| match whole {
        true => serde_json::to_value(row),
        false => serde_json::to_value(Named { id: row.id, name: row.form.name }),
    };
    Ok(Json(rows.into_iter().filter_map(|row| shown(row).ok()).collect()))
}

/// One operator.
#[utoipa::path(get, path = "/api/v1/operators/{id}", tag = "operators", params(("id" = i64, Path)),
    responses((status = 200, body = Object), (status = 403, body = Refusal), (status = 404, body = Refusal)))]
pub(crate) async fn operator(
    State(api): State<Api>,
    login: Login,
    Path(id): Path<i64>,
) -> Result<Json<OperatorRow>, Refusal> {
    login.may(Act::Administer)?;
    Ok(Json(api.store.operator(id).await?))
}

/// A new operator; the SIP password is shown this once.
#[utoipa::path(post, path = "/api/v1/operators", tag = "operators", request_body = Object,
    responses((status = 201, body = Object), (status = 403, body = Refusal), (status = 404, body = Refusal), (status = 422, body = Refusal)))]
pub(crate) async fn create_operator(
    State(api): State<Api>,
    login: Login,
    Json(form): Json<OperatorForm>,
) -> Result<(StatusCode, Json<NewOperator>), Refusal> {
    login.may(Act::Administer)?;
    let (operator, sip_password) = api.store.create_operator(&api.realm, &form).await?;
    api.changed(&login, "operator created", &operator.form.login).await;
    Ok((StatusCode::CREATED, Json(NewOperator { operator, sip_password })))
}

/// All values of an operator anew.
#[utoipa::path(put, path = "/api/v1/operators/{id}", tag = "operators", request_body = Object, params(("id" = i64, Path)),
    responses((status = 200, body = Object), (status = 403, body = Refusal), (status = 404, body = Refusal), (status = 422, body = Refusal)))]
pub(crate) async fn update_operator(
    State(api): State<Api>,
    login: Login,
    Path(id): Path<i64>,
    Json(form): Json<OperatorForm>,
) -> Result<Json<OperatorRow>, Refusal> {
    login.may(Act::Administer)?;
    let row = api.store.update_operator(id, &form).await?;
    api.changed(&login, "operator changed", &row.form.login).await;
    Ok(Json(row))
}

/// End an operator: the phone cannot register any more.
#[utoipa::path(delete, path = "/api/v1/operators/{id}", tag = "operators", params(("id" = i64, Path)),
    responses((status = 204), (status = 403, body = Refusal), (status = 404, body = Refusal), (status = 422, body = Refusal)))]
pub(crate) async fn remove_operator(
    State(api): State<Api>,
    login: Login,
    Path(id): Path<i64>,
) -> Result<StatusCode, Refusal> {
    login.may(Act::Administer)?;
    api.store.deactivate_operator(id).await?;
    api.changed(&login, "operator removed", &id.to_string()).await;
    Ok(StatusCode::NO_CONTENT)
}

/// A new SIP password, shown this once.
#[utoipa::path(post, path = "/api/v1/operators/{id}/password", tag = "operators", request_body = Chosen, params(("id" = i64, Path)),
    responses((status = 200, body = Object), (status = 403, body = Refusal), (status = 404, body = Refusal), (status = 422, body = Refusal)))]
pub(crate) async fn operator_password(
    State(api): State<Api>,
    login: Login,
    Path(id): Path<i64>,
    chosen: Option<Json<Chosen>>,
) -> Result<Json<NewPassword>, Refusal> {
    login.may(Act::Administer)?;
    let chosen = chosen.map(|Json(chosen)| chosen).unwrap_or_default();
    let password = api.store.set_operator_password(&api.realm, id, chosen.password.as_deref()).await?;
    api.changed(&login, "operator's SIP password changed", &id.to_string()).await;
    Ok(Json(NewPassword { password }))
}

/// All trunks.
#[utoipa::path(get, path = "/api/v1/trunks", tag = "trunks",
    responses((status = 200, body = Vec<Object>), (status = 403, body = Refusal), (status = 404, body = Refusal)))]
pub(crate) async fn trunks(State(api): State<Api>, login: Login) -> Result<Json<Vec<TrunkRow>>, Refusal> {
    login.may(Act::Administer)?;
    Ok(Json(api.store.trunks().await?))
}

/// One trunk.
#[utoipa::path(get, path = "/api/v1/trunks/{id}", tag = "trunks", params(("id" = i64, Path)),
    responses((status = 200, body = Object), (status = 403, body = Refusal), (status = 404, body = Refusal)))]
pub(crate) async fn trunk(
    State(api): State<Api>,
    login: Login,
    Path(id): Path<i64>,
) -> Result<Json<TrunkRow>, Refusal> {
    login.may(Act::Administer)?;
    Ok(Json(api.store.trunk(id).await?))
}

/// A new trunk.
#[utoipa::path(post, path = "/api/v1/trunks", tag = "trunks", request_body = Object,
    responses((status = 201, body = Object), (status = 403, body = Refusal), (status = 404, body = Refusal), (status = 422, body = Refusal)))]
pub(crate) async fn create_trunk(
    State(api): State<Api>,
    login: Login,
    Json(form): Json<TrunkForm>,
) -> Result<(StatusCode, Json<TrunkRow>), Refusal> {
    login.may(Act::Administer)?;
    let row = api.store.create_trunk(&form).await?;
    api.changed(&login, "trunk created", &form.name).await;
    Ok((StatusCode::CREATED, Json(row)))
}

/// All values of a trunk anew.
#[utoipa::path(put, path = "/api/v1/trunks/{id}", tag = "trunks", request_body = Object, params(("id" = i64, Path)),
    responses((status = 200, body = Object), (status = 403, body = Refusal), (status = 404, body = Refusal), (status = 422, body = Refusal)))]
pub(crate) async fn update_trunk(
    State(api): State<Api>,
    login: Login,
    Path(id): Path<i64>,
    Json(form): Json<TrunkForm>,
) -> Result<Json<TrunkRow>, Refusal> {
    login.may(Act::Administer)?;
    let row = api.store.update_trunk(id, &form).await?;
    api.changed(&login, "trunk changed", &form.name).await;
    Ok(Json(row))
}

/// End a trunk.
#[utoipa::path(delete, path = "/api/v1/trunks/{id}", tag = "trunks", params(("id" = i64, Path)),
    responses((status = 204), (status = 403, body = Refusal), (status = 404, body = Refusal), (status = 422, body = Refusal)))]
pub(crate) async fn remove_trunk(
    State(api): State<Api>,
    login: Login,
    Path(id): Path<i64>,
) -> Result<StatusCode, Refusal> {
    login.may(Act::Administer)?;
    api.store.deactivate_trunk(id).await?;
    api.changed(&login, "trunk removed", &id.to_string()).await;
    Ok(StatusCode::NO_CONTENT)
}

/// All who may log in.
#[utoipa::path(get, path = "/api/v1/users", tag = "users",
    responses((status = 200, body = Vec<Object>), (status = 403, body = Refusal), (status = 404, body = Refusal)))]
pub(crate) async fn users(State(api): State<Api>, login: Login) -> Result<Json<Vec<UserRow>>, Refusal> {
    login.may(Act::Administer)?;
    Ok(Json(api.store.users().await?))
}

/// A new login; the password is shown this once.
#[utoipa::path(post, path = "/api/v1/users", tag = "users", request_body = Object,
    responses((status = 201, body = Object), (status = 403, body = Refusal), (status = 404, body = Refusal), (status = 422, body = Refusal)))]
pub(crate) async fn create_user(
    State(api): State<Api>,
    login: Login,
    Json(new): Json<NewUser>,
) -> Result<(StatusCode, Json<CreatedUser>), Refusal> {
    login.may(Act::Administer)?;
    let (user, password) = api.store.create_user(&new.user, new.password.as_deref()).await?;
    api.changed(&login, "user created", &user.form.name).await;
    Ok((StatusCode::CREATED, Json(CreatedUser { user, password })))
}

/// A new password; ends the user's sessions.
#[utoipa::path(post, path = "/api/v1/users/{id}/password", tag = "users", request_body = Chosen, params(("id" = i64, Path)),
    responses((status = 200, body = Object), (status = 403, body = Refusal), (status = 404, body = Refusal), (status = 422, body = Refusal)))]
pub(crate) async fn user_password(
    State(api): State<Api>,
    login: Login,
    Path(id): Path<i64>,
    chosen: Option<Json<Chosen>>,
) -> Result<Json<NewPassword>, Refusal> {
    login.may(Act::Administer)?;
    let chosen = chosen.map(|Json(chosen)| chosen).unwrap_or_default();
    let password = api.store.set_user_password(id, chosen.password.as_deref()).await?;
    api.note(&login, "user's password changed", &id.to_string()).await;
    Ok(Json(NewPassword { password }))
}

/// End a login and its sessions.
#[utoipa::path(delete, path = "/api/v1/users/{id}", tag = "users", params(("id" = i64, Path)),
    responses((status = 204), (status = 403, body = Refusal), (status = 404, body = Refusal), (status = 422, body = Refusal)))]
pub(crate) async fn remove_user(
    State(api): State<Api>,
    login: Login,
    Path(id): Path<i64>,
) -> Result<StatusCode, Refusal> {
    login.may(Act::Administer)?;
    api.store.deactivate_user(id).await?;
    api.note(&login, "user removed", &id.to_string()).await;
    Ok(StatusCode::NO_CONTENT)
}
