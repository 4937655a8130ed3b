//! Listening for quality (F62): draw calls, score them, and let each operator see the own scores. Hearing a call goes by its recording's
//! address, where every playback is in the audit log.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{Criterion, SampleQuery, SampleRow, Sheet, Week};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::calls::id as call_id;
use crate::error::Refusal;
use crate::extract::{Asked, At, Body};
use crate::reports::Said;
use crate::rights::Act;
use crate::tongue::Tongue;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(criteria, put_criteria))
        .routes(routes!(samples, choose))
        .routes(routes!(draw))
        .routes(routes!(score))
        .routes(routes!(mine))
}

/// What calls are scored by.
#[utoipa::path(get, path = "/quality/criteria", tag = "quality", responses((status = 200, body = Vec<Criterion>)))]
pub(crate) async fn criteria(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
) -> Result<Json<Vec<Criterion>>, Refusal> {
    login.may(Act::Watch)?;
    Ok(Json(api.store.quality_criteria().await.said(tongue.0)?))
}

/// What calls are to be scored by.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCriteria {
    /// In the order of the sheet: 1 to 30.
    criteria: Vec<Criterion>,
}

/// Others from now on; sheets that are written stay as they are.
#[utoipa::path(put, path = "/quality/criteria", tag = "quality", request_body = NewCriteria,
    responses((status = 200, body = Vec<Criterion>)))]
pub(crate) async fn put_criteria(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    Body(NewCriteria { criteria }): Body<NewCriteria>,
) -> Result<Json<Vec<Criterion>>, Refusal> {
    login.may(Act::TendReports)?;
    api.store.put_quality_criteria(&criteria, &login.name, api.now_ms()).await.said(tongue.0)?;
    Ok(Json(criteria))
}

/// Which samples.
#[derive(Deserialize, Default, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// The week's Monday: `2026-11-16`.
    week: Option<String>,
    /// Operator's row.
    operator: Option<i64>,
    /// Scored, or not.
    scored: Option<bool>,
}

/// Calls that are to be listened to, or were: newest first, 500 at most.
#[utoipa::path(get, path = "/quality/samples", tag = "quality", params(Which),
    responses((status = 200, body = Vec<SampleRow>)))]
pub(crate) async fn samples(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    Asked(Which { week, operator, scored }): Asked<Which>,
) -> Result<Json<Vec<SampleRow>>, Refusal> {
    login.may(Act::TendReports)?;
    Ok(Json(api.store.samples(&SampleQuery { week, operator, scored }).await.said(tongue.0)?))
}

/// From which week, and how many.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draw {
    /// Its Monday: `2026-11-16`.
    week: String,
    /// Calls of each operator: at most 50.
    per_operator: usize,
}

/// What was drawn.
#[derive(Serialize, ToSchema)]
pub(crate) struct Lots {
    /// Made of the week's calls: it cannot be chosen.
    seed: String,
    /// So many calls could be drawn.
    of: usize,
    /// All samples of that week.
    samples: Vec<SampleRow>,
}

/// Draw calls of a week that is over: so many of each operator. Calls of new operators, long, urgent and disputed ones have more
/// weight. The same week draws the same calls, whoever asks and however often.
#[utoipa::path(post, path = "/quality/draws", tag = "quality", request_body = Draw, responses((status = 200, body = Lots)))]
pub(crate) async fn draw(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    Body(Draw { week, per_operator }): Body<Draw>,
) -> Result<Json<Lots>, Refusal> {
    login.may(Act::TendReports)?;
    let week = Week::parse(&week).ok_or_else(|| {
        let (what, remedy) = tongue.0.of(
            ("月曜日の日付ではありません", "2026-11-16 のように、その週の月曜日を書いてください"),
            ("that is no Monday", "write the week's Monday as 2026-11-16"),
        );
        Refusal::invalid("week", what, remedy)
    })?;
    if api.now_ms() < week.until_ms() {
        let (what, remedy) = tongue.0.of(
            ("その週はまだ終わっていません", "終わった週から抽出してください。待てば、だれも選ぶことができません"),
            ("that week is not over", "draw from a week that is: who can wait cannot choose"),
        );
        return Err(Refusal::invalid("week", what, remedy));
    }
    let drawn = api.store.draw_samples(&week, per_operator, &login.name, api.now_ms()).await.said(tongue.0)?;
    Ok(Json(Lots { seed: drawn.seed, of: drawn.of, samples: drawn.samples }))
}

/// A call that somebody chooses.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choice {
    /// 13 characters.
    call: String,
    /// The reason, which stays beside it.
    why: String,
}

/// Choose a call by hand: it says so for ever, and why.
#[utoipa::path(post, path = "/quality/samples", tag = "quality", request_body = Choice,
    responses((status = 201, body = SampleRow)))]
pub(crate) async fn choose(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    Body(Choice { call, why }): Body<Choice>,
) -> Result<(StatusCode, Json<SampleRow>), Refusal> {
    login.may(Act::TendReports)?;
    let call = call_id(&call)?;
    let sample = api.store.choose_sample(call, &why, &login.name, api.now_ms()).await.said(tongue.0)?;
    Ok((StatusCode::CREATED, Json(sample)))
}

/// Score a call, or score it anew.
#[utoipa::path(put, path = "/quality/samples/{id}/sheet", tag = "quality", request_body = Sheet, params(("id" = i64, Path)),
    responses((status = 200, body = SampleRow)))]
pub(crate) async fn score(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<i64>,
    Body(sheet): Body<Sheet>,
) -> Result<Json<SampleRow>, Refusal> {
    login.may(Act::TendReports)?;
    Ok(Json(api.store.score_sample(id, &sheet, &login.name, api.now_ms()).await.said(tongue.0)?))
}

/// An operator's own score. Who gave it is not told.
#[derive(Serialize, ToSchema)]
pub(crate) struct Mine {
    id: i64,
    call: String,
    week: String,
    sheet: Option<Sheet>,
    percent: Option<i64>,
    scored_ms: Option<i64>,
    /// It is shown for the first time.
    fresh: bool,
}

/// The asker's own scores, newest first; that they were seen is noted.
#[utoipa::path(get, path = "/quality/mine", tag = "quality", responses((status = 200, body = Vec<Mine>)))]
pub(crate) async fn mine(State(api): State<Api>, login: Login, tongue: Tongue) -> Result<Json<Vec<Mine>>, Refusal> {
    login.may(Act::Watch)?;
    let Some(operator) = login.operator else { return Ok(Json(Vec::new())) };
    let query = SampleQuery { operator: Some(operator), scored: Some(true), week: None };
    let scored = api.store.samples(&query).await.said(tongue.0)?;
    let own = |row: SampleRow| Mine {
        id: row.id,
        call: row.call.to_string(),
        week: row.week,
        sheet: row.sheet,
        percent: row.percent,
        scored_ms: row.scored_ms,
        fresh: row.read_ms.is_none(),
    };
    api.store.scores_read(operator, api.now_ms()).await.said(tongue.0)?;
    Ok(Json(scored.into_iter().map(own).collect()))
}
