//! How the house is, and its backups: what the pages ask of the program around them.

use std::future::Future;
use std::pin::Pin;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use report::{Language, japan};
use serde::{Deserialize, Serialize};
use store::TrunkCounts;
use switch::desk::TrunkHealth;
use switch::{Command, Reply};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::rights::Act;
use crate::tongue::{Tongue, sentences};

/// Something that is asked of the house.
pub type Asking<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The program around the pages.
pub trait Caretaker: Send + Sync + 'static {
    /// What `denwaban check` finds now, in this language; or why it cannot be asked.
    fn check(&self, language: Language) -> Asking<Result<Vec<Finding>, String>>;
    /// The backups, and how they are made.
    fn backups(&self) -> Asking<Backups>;
    /// Begins to make one. False: one is being made.
    fn back_up(&self) -> bool;
}

/// One line of `denwaban check`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// `OK`, `WARN` or `FAIL`.
    pub verdict: String,
    /// What it is about, for programs: `disk`, `trunk`, `certificate`.
    pub what: String,
    /// The same in words.
    #[serde(default)]
    pub name: String,
    /// What was found.
    pub detail: String,
    /// What to do about it; empty: nothing.
    pub remedy: String,
}

/// How the house is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// The program.
    version: &'static str,
    /// When it began, unix milliseconds.
    started_ms: i64,
    /// Its clock, unix milliseconds.
    now_ms: i64,
    /// What `denwaban check` finds.
    findings: Vec<Finding>,
    /// The ways to carriers as the switch sees them, with the calls of today.
    trunks: Vec<TrunkToday>,
}

/// A way to a carrier, with the calls that came by it today.
#[derive(Serialize, ToSchema)]
pub(crate) struct TrunkToday {
    #[serde(flatten)]
    health: TrunkHealth,
    /// Since midnight in Japan.
    today: TrunkCounts,
}

/// The backups.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, ToSchema)]
pub struct Backups {
    /// One is made every day by itself,
    pub daily: bool,
    /// from this hour in Japan on,
    pub hour: u8,
    /// and so many are kept.
    pub keep: usize,
    /// Where they lie.
    pub folder: String,
    /// They are to be made daily, and the newest is older than `late_hours`.
    pub late: bool,
    /// How old the newest may be.
    pub late_hours: u32,
    /// One is being made.
    pub busy: bool,
    /// Why the last one failed; empty: it did not.
    pub failed: String,
    /// Newest first: `{file, bytes, checked, manifest}`.
    #[schema(value_type = Vec<serde_json::Value>)]
    pub backups: serde_json::Value,
}

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(health)).routes(routes!(health_of_trunks)).routes(routes!(backups, back_up))
}

/// How the house is now: what `denwaban check` finds while it runs. Takes a moment: trunks are asked.
#[utoipa::path(get, path = "/health", tag = "house", responses((status = 200, body = Health)))]
pub(crate) async fn health(
    State(api): State<Api>,
    login: Login,
    Tongue(language): Tongue,
) -> Result<Json<Health>, Refusal> {
    login.may(Act::SeeHealth)?;
    let trunks = trunks_today(&api, language).await?;
    let mut findings = caretaker(&api)?.check(language).await.map_err(Refusal::unavailable)?;
    for found in &mut findings {
        found.detail = said(language, std::mem::take(&mut found.detail));
        found.remedy = said(language, std::mem::take(&mut found.remedy));
    }
    let started_ms = api.switchboard.machine().started_ms;
    Ok(Json(Health { version: env!("CARGO_PKG_VERSION"), started_ms, now_ms: api.now_ms(), findings, trunks }))
}

/// Each way to a carrier: how it is registered, since when, and the calls that came by it today.
#[utoipa::path(get, path = "/health/trunks", tag = "house", responses((status = 200, body = Vec<TrunkToday>)))]
pub(crate) async fn health_of_trunks(
    State(api): State<Api>,
    login: Login,
    Tongue(language): Tongue,
) -> Result<Json<Vec<TrunkToday>>, Refusal> {
    login.may(Act::SeeHealth)?;
    Ok(Json(trunks_today(&api, language).await?))
}

/// What is written in English where it is found, in the asker's language; of `customer 3: why` the why.
fn said(language: Language, text: String) -> String {
    if language == Language::En {
        return text;
    }
    if let Some(whole) = sentences::japanese(&text) {
        return whole;
    }
    let why = text.split_once(": ").and_then(|(of, why)| Some(format!("{of}: {}", sentences::japanese(why)?)));
    why.unwrap_or(text)
}

async fn trunks_today(api: &Api, language: Language) -> Result<Vec<TrunkToday>, Refusal> {
    let Reply::Trunks(trunks) = api.switchboard.command(Command::Trunks).await? else {
        return Err(Refusal::unavailable("the switch gave no trunks"));
    };
    let counts = api.store.trunk_counts(japan::ms(japan::civil(api.now_ms()).date(), 0)).await?;
    let today = |trunk: i64| counts.iter().find(|one| one.trunk == trunk).cloned();
    let with = |health: TrunkHealth| TrunkToday {
        today: today(health.trunk).unwrap_or(TrunkCounts { trunk: health.trunk, ..TrunkCounts::default() }),
        health: TrunkHealth { why: said(language, health.why), ..health },
    };
    Ok(trunks.into_iter().map(with).collect())
}

/// The backups, how they are made, and whether the newest is young enough.
#[utoipa::path(get, path = "/backups", tag = "house", responses((status = 200, body = Backups)))]
pub(crate) async fn backups(State(api): State<Api>, login: Login) -> Result<Json<Backups>, Refusal> {
    login.may(Act::Administer)?;
    Ok(Json(caretaker(&api)?.backups().await))
}

/// Begins to make a backup; `GET` tells when it is done.
#[utoipa::path(post, path = "/backups", tag = "house", responses((status = 202)))]
pub(crate) async fn back_up(State(api): State<Api>, login: Login) -> Result<StatusCode, Refusal> {
    login.may(Act::Administer)?;
    if !caretaker(&api)?.back_up() {
        return Err(Refusal::conflict("a backup is being made already"));
    }
    api.note(&login, "backup.create", "").await;
    Ok(StatusCode::ACCEPTED)
}

fn caretaker(api: &Api) -> Result<&dyn Caretaker, Refusal> {
    api.caretaker.as_deref().ok_or_else(|| Refusal::unavailable("nobody looks after the house here"))
}
