//! What each operator did, for those who answer for it: by day, week or month, on the page and as CSV; and a firm's certificate (X11)
//! as CSV.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use store::{By, OperatorFigures};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::export::Sheet;
use crate::extract::{Asked, At};
use crate::promise::{self, Of};
use crate::reports::Said;
use crate::rights::Act;
use crate::tongue::Tongue;

/// Columns of an operator's figures.
const COLUMNS: [&str; 18] = [
    "from",
    "operator",
    "name",
    "calls",
    "within_three_rings",
    "talk_seconds",
    "reports",
    "wrap_up_seconds_mean",
    "corrected",
    "misheard",
    "misspoken",
    "mistyped",
    "correct",
    "praise",
    "complaints",
    "wishes",
    "scored",
    "score_percent_mean",
];

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(figures)).routes(routes!(export_figures)).routes(routes!(export_certificate))
}

/// Which time.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Span {
    /// From, unix ms,
    from_ms: i64,
    /// before, unix ms: at most two years.
    to_ms: i64,
    /// `day`, `week` or `month`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    by: By,
}

/// An operator's figures with the name.
#[derive(Serialize, ToSchema)]
pub(crate) struct Did {
    name: String,
    #[serde(flatten)]
    of: OperatorFigures,
}

async fn asked(api: &Api, span: &Span, tongue: Tongue) -> Result<Vec<Did>, Refusal> {
    let rows = api.store.operator_figures(span.from_ms, span.to_ms, span.by).await.said(tongue.0)?;
    let operators = api.store.operators().await.said(tongue.0)?;
    let names: BTreeMap<i64, String> = operators.into_iter().map(|row| (row.id, row.form.name)).collect();
    Ok(rows.into_iter().map(|of| Did { name: names.get(&of.operator).cloned().unwrap_or_default(), of }).collect())
}

/// What each operator did: calls, in time, talk, reports, corrections, disputes by cause, scores. Times are sums of milliseconds.
#[utoipa::path(get, path = "/operators/figures", tag = "operators", params(Span), responses((status = 200, body = Vec<Did>)))]
pub(crate) async fn figures(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    Asked(span): Asked<Span>,
) -> Result<Json<Vec<Did>>, Refusal> {
    login.may(Act::TendReports)?;
    Ok(Json(asked(&api, &span, tongue).await?))
}

/// The same as CSV; no cell of it is a formula (R19).
#[utoipa::path(get, path = "/operators/figures/export", tag = "operators", params(Span),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub(crate) async fn export_figures(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    Asked(span): Asked<Span>,
) -> Result<Response, Refusal> {
    login.may(Act::TendReports)?;
    let mut sheet = Sheet::new(&COLUMNS)?;
    for Did { name, of: OperatorFigures { operator, from, figures } } in asked(&api, &span, tongue).await? {
        let mean = |sum: i64, count: i64| if count > 0 { (sum / count).to_string() } else { String::new() };
        let counts = [
            figures.misheard,
            figures.misspoken,
            figures.mistyped,
            figures.correct,
            figures.praise,
            figures.complaints,
            figures.wishes,
            figures.scored,
        ];
        let cells = [
            from,
            operator.to_string(),
            name,
            figures.calls.to_string(),
            figures.in_time.to_string(),
            (figures.talk_ms / 1000).to_string(),
            figures.reports.to_string(),
            mean(figures.wrap_up_ms / 1000, figures.reports),
            figures.corrected.to_string(),
        ];
        let rest = counts.map(|count| count.to_string()).into_iter().chain([mean(figures.percent, figures.scored)]);
        sheet.row(cells.into_iter().chain(rest))?;
    }
    api.note(&login, "operators.export", &format!("{}–{}", span.from_ms, span.to_ms)).await;
    sheet.attachment("operators.csv")
}

/// A firm's certificate of a month as CSV: a name and a value in each row (X11).
#[utoipa::path(get, path = "/customers/{id}/certificate/export", tag = "promise", params(("id" = i64, Path), Of),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub(crate) async fn export_certificate(
    State(api): State<Api>,
    login: Login,
    At(id): At<i64>,
    Asked(of): Asked<Of>,
) -> Result<Response, Refusal> {
    login.may(Act::FindCalls)?;
    let certified = promise::certified(&api, id, &of).await?;
    let told = serde_json::to_value(&certified).unwrap_or_default();
    let mut sheet = Sheet::new(&["name", "value"])?;
    rows(&mut sheet, "", &told)?;
    api.note(&login, "certificate.export", &format!("customer {id}")).await;
    sheet.attachment("certificate.csv")
}

/// Each plain value with the names that lead to it.
fn rows(sheet: &mut Sheet, name: &str, value: &serde_json::Value) -> Result<(), Refusal> {
    let below = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        serde_json::Value::Object(parts) => {
            for (key, part) in parts {
                rows(sheet, &below(key), part)?;
            }
            Ok(())
        }
        serde_json::Value::Array(parts) => {
            for (place, part) in parts.iter().enumerate() {
                rows(sheet, &below(&place.to_string()), part)?;
            }
            Ok(())
        }
        serde_json::Value::Null => sheet.row([name.to_owned(), String::new()]),
        serde_json::Value::String(text) => sheet.row([name.to_owned(), text.clone()]),
        plain @ (serde_json::Value::Bool(_) | serde_json::Value::Number(_)) => {
            sheet.row([name.to_owned(), plain.to_string()])
        }
    }
}
