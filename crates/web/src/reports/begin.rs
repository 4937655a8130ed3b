//! A report without a call: somebody came by, wrote a mail, or spoke on another line. It is written, checked and sent like any other.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use report::{Draft, Edit};
use serde::Deserialize;
use store::StoreError;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::draft::{Change, save, tell};
use super::writer::writer;
use super::{Said, Shown};
use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::extract::{At, Body};
use crate::rights::Act;
use crate::tongue::Tongue;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(begin))
}

/// What is known already.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Beginning {
    /// Fields that are filled in from the beginning, in this order: all, or no report is begun.
    edits: Option<Vec<Change>>,
}

/// Begin a report that has no call. Nobody writes it yet: whoever opens it does. The audit log keeps who began it.
#[utoipa::path(post, path = "/customers/{id}/reports", tag = "reports", request_body = Beginning,
    params(("id" = i64, Path)), responses((status = 201, body = Shown)))]
pub(crate) async fn begin(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(customer): At<i64>,
    Body(Beginning { edits }): Body<Beginning>,
) -> Result<(StatusCode, Json<Shown>), Refusal> {
    login.may(Act::WriteReports)?;
    let firm = api.store.customer(customer).await.said(tongue.0)?;
    if !firm.active {
        let (what, remedy) = tongue.0.of(
            ("この契約企業は停止中です", "契約を再開してから報告を作成してください"),
            ("this firm is not served now", "make it active first"),
        );
        return Err(Refusal::invalid("customer", what, remedy));
    }
    // What cannot be saved leaves no empty draft behind.
    let edits = edits.unwrap_or_default();
    fits(&edits).said(tongue.0)?;
    let now_ms = api.now_ms();
    let writer = writer(&api, &login).await.said(tongue.0)?;
    let mut report = api.store.begin_report(customer, &writer, now_ms).await.said(tongue.0)?;
    if !edits.is_empty() {
        save(&api, &login, tongue, &report, edits).await?;
        api.store.unlock_report(&report.id, &writer).await.said(tongue.0)?;
        report = api.store.report(&report.id).await.said(tongue.0)?;
    }
    tell(&api, &login, &report, "opened");
    Ok((StatusCode::CREATED, Json(Shown::of(report, &login, now_ms))))
}

fn fits(edits: &[Change]) -> Result<(), StoreError> {
    let mut draft = Draft::default();
    for change in edits {
        let edit = Edit {
            key: change.key.clone(),
            value: change.value.clone(),
            at_ms: 0,
            offset_ms: None,
            who: String::new(),
        };
        draft.apply(&edit).map_err(|problem| StoreError::Unfit(vec![problem]))?;
    }
    Ok(())
}
