//! How long things are kept, what is held back, and the purge with its proof (F54).

use std::path::{Component, Path};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{DueCase, HOUSE, HoldRow, NewHold, PurgeRow, Retention, Store, StoreError, Waiting};
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::extract::{Asked, At, Body};
use crate::rights::Act;

/// Cases that are shown of those that go next.
const NEXT_MAX: u32 = 50;
/// Files that are removed between two looks at the database.
const FILES_MAX: u32 = 500;
/// Batches of one purge: the rest goes with the next one.
const BATCHES_MAX: usize = 10_000;
/// Shortest pause between two batches.
const PAUSE_MIN: Duration = Duration::from_millis(50);
/// Rows that go into the indexes at once.
const INDEX_ROWS: u32 = 500;
/// Steps in which the indexes are written anew: enough for some gigabytes.
const INDEX_STEPS_MAX: u32 = 10_000;
/// What lies beside a recording.
const BESIDE: [&str; 3] = ["peaks.json", "marks.json", "wav.part"];

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(keeping))
        .routes(routes!(set_retention))
        .routes(routes!(holds, hold))
        .routes(routes!(release))
        .routes(routes!(purges, purge))
}

/// How long things are kept, and what is past its time.
#[derive(Serialize, ToSchema)]
pub(crate) struct Keeping {
    /// What came before goes, unless its firm has days of its own; unix milliseconds, midnight in Japan.
    kept_from_ms: i64,
    /// The house's days; `null`: six calendar months.
    days: Option<i64>,
    /// Firms with days of their own.
    firms: Vec<Retention>,
    /// How much goes with the next purge, and how much of what is past its time stays.
    waiting: Waiting,
    /// What goes next, oldest first; 50 at most.
    next: Vec<DueCase>,
    /// The first row of the ledger that was changed, or whose predecessor is missing; `null`: it is whole.
    broken: Option<i64>,
}

/// A firm's days.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Days {
    /// 1 to 3653; `null`: those of the house.
    days: Option<i64>,
}

/// Which holds.
#[derive(Deserialize, IntoParams, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Which {
    /// Also those that have ended.
    all: bool,
}

/// A page of the ledger.
#[derive(Deserialize, IntoParams, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LedgerPage {
    /// Only rows with smaller ids.
    before: Option<i64>,
    /// Rows; 50 if not set.
    limit: Option<u32>,
}

/// What a purge has taken.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, ToSchema)]
pub struct PurgeDone {
    /// Reports whose content is gone.
    pub reports: i64,
    /// Calls whose caller data is gone.
    pub calls: i64,
    /// Recordings that are gone,
    pub recordings: i64,
    /// and their bytes.
    pub bytes: i64,
    /// Files that could not be removed; they are tried again with the next purge.
    pub files_left: usize,
}

/// Purges everything that is past its time, and removes the recordings' files. A process that dies in between leaves nothing half done:
/// the next purge goes on.
///
/// # Errors
/// What the database says.
pub async fn purge_all(store: &Store, recordings: &Path, who: &str, now_ms: i64) -> Result<PurgeDone, StoreError> {
    let mut done = PurgeDone::default();
    for _ in 0..BATCHES_MAX {
        let began = Instant::now();
        let Some(row) = store.purge(who, now_ms).await? else { break };
        done.reports += row.reports;
        done.calls += row.calls;
        done.recordings += row.recordings;
        done.bytes += row.bytes;
        rest(began).await;
    }
    if done.reports + done.calls > 0 {
        // The files have to go whatever becomes of the indexes: those say no more than that something was there.
        if let Err(error) = settle_indexes(store).await {
            tracing::warn!(%error, "what was purged is still in the indexes: the next purge takes it out");
        }
    }
    loop {
        let paths = store.purged_files(FILES_MAX).await?;
        let mut removed = 0;
        for path in &paths {
            let (folder, name) = (recordings.to_owned(), path.clone());
            let gone = tokio::task::spawn_blocking(move || remove(&folder, &name)).await;
            match gone {
                Ok(Ok(())) => {
                    store.purged_file_gone(path).await?;
                    removed += 1;
                }
                Ok(Err(error)) => tracing::warn!(path, %error, "a purged recording cannot be removed"),
                Err(error) => tracing::warn!(path, %error, "a purged recording cannot be removed"),
            }
        }
        done.files_left = paths.len() - removed;
        if removed == 0 || paths.is_empty() {
            return Ok(done);
        }
    }
}

/// What was purged leaves the indexes that words are found by, too.
async fn settle_indexes(store: &Store) -> Result<(), StoreError> {
    loop {
        let began = Instant::now();
        if store.index_written(INDEX_ROWS).await? < INDEX_ROWS {
            break;
        }
        rest(began).await;
    }
    for step in 0..INDEX_STEPS_MAX {
        let began = Instant::now();
        if !store.merge_indexes(step == 0).await? {
            break;
        }
        rest(began).await;
    }
    Ok(())
}

/// Calls come first: after a batch everybody else has the database for as long, half of the time at least. SQLite's writers look only
/// now and then whether it is free.
async fn rest(began: Instant) {
    tokio::time::sleep(began.elapsed().max(PAUSE_MIN)).await;
}

/// Removes a recording's file and what lies beside it; one that is not there is gone already. Only below the folder (R18).
fn remove(folder: &Path, path: &str) -> std::io::Result<()> {
    let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if !plain || path.is_empty() {
        // Nothing of ours: the row is of no use.
        return Ok(());
    }
    let file = folder.join(path);
    let all = BESIDE.iter().map(|beside| file.with_extension(beside)).chain([file.clone()]);
    for one in all {
        match std::fs::remove_file(&one) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    // A day's folder goes with its last recording; one that is not empty stays by itself.
    if let Some(parent) = file.parent().filter(|parent| *parent != folder) {
        let _ = std::fs::remove_dir(parent);
    }
    Ok(())
}

/// How long things are kept, what goes next, and whether the ledger is whole.
#[utoipa::path(get, path = "/keeping", tag = "keeping", responses((status = 200, body = Keeping)))]
pub(crate) async fn keeping(State(api): State<Api>, login: Login) -> Result<Json<Keeping>, Refusal> {
    login.may(Act::Administer)?;
    let (store, now_ms) = (&api.store, api.now_ms());
    let all = store.retentions().await?;
    let days = all.iter().find(|one| one.customer == HOUSE).map(|one| one.days);
    Ok(Json(Keeping {
        kept_from_ms: store.kept_from_ms(now_ms).await?,
        days,
        firms: all.into_iter().filter(|one| one.customer != HOUSE).collect(),
        waiting: store.purge_waiting(now_ms).await?,
        next: store.purge_due(now_ms, NEXT_MAX).await?,
        broken: store.broken_purge().await?,
    }))
}

/// Sets how many days a firm's calls and reports are kept (0: the house's own rule).
#[utoipa::path(put, path = "/keeping/{customer}", tag = "keeping", params(("customer" = i64, Path)), request_body = Days,
    responses((status = 204)))]
pub(crate) async fn set_retention(
    State(api): State<Api>,
    login: Login,
    At(customer): At<i64>,
    Body(days): Body<Days>,
) -> Result<StatusCode, Refusal> {
    login.may(Act::Administer)?;
    api.store.set_retention(customer, days.days, &login.name, api.now_ms()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is held back from the purge.
#[utoipa::path(get, path = "/holds", tag = "keeping", params(Which), responses((status = 200, body = Vec<HoldRow>)))]
pub(crate) async fn holds(
    State(api): State<Api>,
    login: Login,
    Asked(which): Asked<Which>,
) -> Result<Json<Vec<HoldRow>>, Refusal> {
    login.may(Act::Administer)?;
    Ok(Json(api.store.holds(!which.all).await?))
}

/// Holds a call, a report or everything of a firm back from the purge.
#[utoipa::path(post, path = "/holds", tag = "keeping", request_body = NewHold, responses((status = 201, body = HoldRow)))]
pub(crate) async fn hold(
    State(api): State<Api>,
    login: Login,
    Body(new): Body<NewHold>,
) -> Result<(StatusCode, Json<HoldRow>), Refusal> {
    login.may(Act::Administer)?;
    Ok((StatusCode::CREATED, Json(api.store.hold(&new, &login.name, api.now_ms()).await?)))
}

/// Ends a hold.
#[utoipa::path(delete, path = "/holds/{id}", tag = "keeping", params(("id" = i64, Path)),
    responses((status = 200, body = HoldRow)))]
pub(crate) async fn release(State(api): State<Api>, login: Login, At(id): At<i64>) -> Result<Json<HoldRow>, Refusal> {
    login.may(Act::Administer)?;
    Ok(Json(api.store.release(id, &login.name, api.now_ms()).await?))
}

/// The ledger of what was purged, newest first.
#[utoipa::path(get, path = "/purges", tag = "keeping", params(LedgerPage), responses((status = 200, body = Vec<PurgeRow>)))]
pub(crate) async fn purges(
    State(api): State<Api>,
    login: Login,
    Asked(page): Asked<LedgerPage>,
) -> Result<Json<Vec<PurgeRow>>, Refusal> {
    login.may(Act::Administer)?;
    Ok(Json(api.store.purges(page.before, page.limit.unwrap_or(50)).await?))
}

/// Purges now what would go by itself in the coming night.
#[utoipa::path(post, path = "/purges", tag = "keeping", responses((status = 200, body = PurgeDone)))]
pub(crate) async fn purge(State(api): State<Api>, login: Login) -> Result<Json<PurgeDone>, Refusal> {
    login.may(Act::Administer)?;
    // It goes on, and is written down, also when whoever asked has gone.
    let work = tokio::spawn(async move {
        let done = purge_all(&api.store, &api.recordings, &login.name, api.now_ms()).await?;
        api.note_more(&login, "purge", "", &format!("{} reports, {} calls", done.reports, done.calls)).await;
        Ok::<_, Refusal>(done)
    });
    Ok(Json(work.await.map_err(|_| Refusal::unavailable("the purge broke off: what is left goes in the night"))??))
}
