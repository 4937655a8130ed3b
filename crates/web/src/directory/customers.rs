//! Client firms, one by one and as CSV.

use axum::Json;
use axum::extract::DefaultBodyLimit;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use store::{CustomerForm, CustomerRow, Imported};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::router::UtoipaMethodRouterExt;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::export;
use crate::extract::{At, Body, Raw};
use crate::rights::Act;

use super::state::{Seen, Tagged};

/// Most of a CSV file that is taken: some tens of thousands of firms.
const IMPORT_BYTES_MAX: usize = 16 * 1024 * 1024;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(customers, create_customer))
        .routes(routes!(import_customers).layer(DefaultBodyLimit::max(IMPORT_BYTES_MAX)))
        .routes(routes!(export_customers))
        .routes(routes!(customer, update_customer, remove_customer))
}

/// All client firms, active or not.
#[utoipa::path(get, path = "/customers", tag = "customers",
    responses((status = 200, body = Vec<CustomerRow>)))]
pub(crate) async fn customers(State(api): State<Api>, login: Login) -> Result<Json<Vec<CustomerRow>>, Refusal> {
    login.may(Act::ReadDirectory)?;
    Ok(Json(api.store.customers().await?))
}

/// One client firm.
#[utoipa::path(get, path = "/customers/{id}", tag = "customers", params(("id" = i64, Path)),
    responses((status = 200, body = CustomerRow)))]
pub(crate) async fn customer(
    State(api): State<Api>,
    login: Login,
    At(id): At<i64>,
) -> Result<Tagged<CustomerRow>, Refusal> {
    login.may(Act::ReadDirectory)?;
    Ok(Tagged(api.store.customer(id).await?))
}

/// A new client firm with its numbers.
#[utoipa::path(post, path = "/customers", tag = "customers", request_body = CustomerForm,
    responses((status = 201, body = CustomerRow)))]
pub(crate) async fn create_customer(
    State(api): State<Api>,
    login: Login,
    Body(form): Body<CustomerForm>,
) -> Result<(StatusCode, Json<CustomerRow>), Refusal> {
    login.may(Act::Administer)?;
    let row = api.store.create_customer(&form).await?;
    api.changed(&login, "customer.create", &row.form.code).await;
    Ok((StatusCode::CREATED, Json(row)))
}

/// All values of a client firm anew; with the `ETag` of what was read in `If-Match`, only if it is still so.
#[utoipa::path(put, path = "/customers/{id}", tag = "customers", request_body = CustomerForm, params(("id" = i64, Path)),
    responses((status = 200, body = CustomerRow)))]
pub(crate) async fn update_customer(
    State(api): State<Api>,
    login: Login,
    At(id): At<i64>,
    seen: Seen,
    Body(form): Body<CustomerForm>,
) -> Result<Tagged<CustomerRow>, Refusal> {
    login.may(Act::Administer)?;
    let row = api.store.update_customer_as_seen(id, &form, seen.state()).await?;
    api.changed(&login, "customer.update", &row.form.code).await;
    Ok(Tagged(row))
}

/// End a client firm: its calls and records stay.
#[utoipa::path(delete, path = "/customers/{id}", tag = "customers", params(("id" = i64, Path)),
    responses((status = 204)))]
pub(crate) async fn remove_customer(
    State(api): State<Api>,
    login: Login,
    At(id): At<i64>,
) -> Result<StatusCode, Refusal> {
    login.may(Act::Administer)?;
    api.store.deactivate_customer(id).await?;
    api.changed(&login, "customer.remove", &id.to_string()).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Client firms from CSV (UTF-8): all of them or, with the place and remedy of each error, none.
#[utoipa::path(post, path = "/customers/import", tag = "customers", request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Imported)))]
pub(crate) async fn import_customers(
    State(api): State<Api>,
    login: Login,
    Raw(csv): Raw,
) -> Result<Json<Imported>, Refusal> {
    login.may(Act::Administer)?;
    let imported = api.store.import_customers(csv.as_ref()).await?;
    api.changed(&login, "customer.import", "").await;
    Ok(Json(imported))
}

/// The active client firms as the CSV that an import reads; no cell of it is a formula (R19).
#[utoipa::path(get, path = "/customers/export", tag = "customers",
    responses((status = 200, content_type = "text/csv", body = String)))]
pub(crate) async fn export_customers(State(api): State<Api>, login: Login) -> Result<Response, Refusal> {
    login.may(Act::Administer)?;
    let csv = api.store.export_customers().await?;
    api.note(&login, "customer.export", "").await;
    Ok(export::attachment("customers.csv", csv))
}
