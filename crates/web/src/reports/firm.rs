//! What a firm has ordered and what operators have to know of it: profile, people and their schedules, notes, manuals. A change is
//! on every open form within a second or two (F20).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use report::manual::{Version, unread};
use report::notes::{About, Note};
use report::schedule::{Away, Entry};
use report::{Person, Profile, japan};
use serde::{Deserialize, Serialize};
use store::{NewManual, ProfileRow, StoreError};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Said;
use super::sheet::{self, PersonNow};
use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::extract::{Asked, At, Body};
use crate::news::News;
use crate::rights::Act;
use crate::tongue::Tongue;

/// Days of a schedule that are shown if nobody says, and at most.
const DAYS: i64 = 14;
const DAYS_MAX: i64 = 366;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(profile, save_profile))
        .routes(routes!(people, save_people))
        .routes(routes!(schedule, save_entry))
        .routes(routes!(remove_entry))
        .routes(routes!(notes, save_note))
        .routes(routes!(end_note))
        .routes(routes!(manuals, write_manual))
        .routes(routes!(acknowledge))
        .routes(routes!(unread_manuals))
}

/// A firm's profile.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ordered {
    /// Grows with each change; 0: nobody has written one, and this is the default.
    revision: i64,
    updated_ms: i64,
    updated_by: String,
    /// Secrets are masked.
    profile: Profile,
}

impl Ordered {
    fn of(row: &ProfileRow) -> Ordered {
        Ordered {
            revision: row.revision,
            updated_ms: row.updated_ms,
            updated_by: row.updated_by.clone(),
            profile: row.profile.masked(),
        }
    }
}

/// A changed profile.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ordering {
    /// The revision that it changes: somebody else's change in between is not overwritten.
    revision: i64,
    /// The whole document. A secret that comes back masked is the one of before.
    profile: Profile,
}

/// What a firm has ordered. Secrets are masked.
#[utoipa::path(get, path = "/customers/{id}/profile", tag = "firms", params(("id" = i64, Path)),
    responses((status = 200, body = Ordered)))]
pub(crate) async fn profile(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<i64>,
) -> Result<Json<Ordered>, Refusal> {
    login.may(Act::TendFirms)?;
    Ok(Json(Ordered::of(&api.store.profile(id).await.said(tongue.0)?)))
}

/// Another profile. What is wrong in it is told field by field, and nothing is saved then.
#[utoipa::path(put, path = "/customers/{id}/profile", tag = "firms", request_body = Ordering, params(("id" = i64, Path)),
    responses((status = 200, body = Ordered)))]
pub(crate) async fn save_profile(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<i64>,
    Body(Ordering { revision, profile }): Body<Ordering>,
) -> Result<Json<Ordered>, Refusal> {
    login.may(Act::Administer)?;
    let row = save_profile_of(&api, &login.name, tongue, id, revision, &profile).await?;
    Ok(Json(Ordered::of(&row)))
}

/// Saves the profile of a firm for `who`, and tells everybody whom it concerns.
pub(crate) async fn save_profile_of(
    api: &Api,
    who: &str,
    tongue: Tongue,
    customer: i64,
    revision: i64,
    profile: &Profile,
) -> Result<ProfileRow, Refusal> {
    let before = api.store.profile(customer).await.said(tongue.0)?;
    let profile = profile.with_secrets_of(&before.profile).checked().said(tongue.0)?;
    let barred = profile.barred(&api.allowed_origins);
    if !barred.is_empty() {
        return Err(StoreError::Unfit(barred)).said(tongue.0);
    }
    let row = api.store.put_profile(customer, revision, &profile, who, api.now_ms()).await.said(tongue.0)?;
    // The switch greets with some of it.
    api.switchboard.directory_changed().await;
    tell(api, customer, "profile");
    Ok(row)
}

fn tell(api: &Api, customer: i64, what: &str) {
    api.switchboard.tell(News::FirmChanged { customer, what: what.to_owned() });
}

/// A firm's people, top first, and where they are today.
#[utoipa::path(get, path = "/customers/{id}/people", tag = "firms", params(("id" = i64, Path)),
    responses((status = 200, body = Vec<PersonNow>)))]
pub(crate) async fn people(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<i64>,
) -> Result<Json<Vec<PersonNow>>, Refusal> {
    login.may(Act::WriteReports)?;
    let profile = api.store.profile(id).await.said(tongue.0)?.profile;
    Ok(Json(sheet::people(&api, id, &profile, api.now_ms()).await.said(tongue.0)?))
}

/// The whole roster anew, top first.
#[utoipa::path(put, path = "/customers/{id}/people", tag = "firms", request_body = Roster, params(("id" = i64, Path)),
    responses((status = 200, body = Vec<PersonNow>)))]
pub(crate) async fn save_people(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<i64>,
    Body(Roster { people, revision }): Body<Roster>,
) -> Result<Json<Vec<PersonNow>>, Refusal> {
    login.may(Act::TendFirms)?;
    let before = api.store.profile(id).await.said(tongue.0)?;
    let profile = Profile { people, ..before.profile };
    let row = save_profile_of(&api, &login.name, tongue, id, revision.unwrap_or(before.revision), &profile).await?;
    Ok(Json(sheet::people(&api, id, &row.profile, api.now_ms()).await.said(tongue.0)?))
}

/// A firm's people.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Roster {
    people: Vec<Person>,
    /// The profile's revision that it changes: somebody else's change in between is not overwritten. None: as it is now.
    #[serde(default)]
    revision: Option<i64>,
}

/// Which days.
#[derive(Deserialize, Default, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Span {
    /// From then on, unix ms: now.
    from_ms: Option<i64>,
    /// So many days: 14, at most 366.
    days: Option<i64>,
}

/// Where a firm's people are (F20).
#[utoipa::path(get, path = "/customers/{id}/schedules", tag = "firms", params(("id" = i64, Path), Span),
    responses((status = 200, body = Vec<Entry>)))]
pub(crate) async fn schedule(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<i64>,
    Asked(span): Asked<Span>,
) -> Result<Json<Vec<Entry>>, Refusal> {
    login.may(Act::WriteReports)?;
    let from_ms = span.from_ms.unwrap_or_else(|| api.now_ms());
    let days = span.days.unwrap_or(DAYS).clamp(1, DAYS_MAX);
    let to_ms = from_ms.saturating_add(days * japan::DAY_MS);
    Ok(Json(api.store.schedule(id, from_ms, to_ms).await.said(tongue.0)?))
}

/// An absence.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Absence {
    /// Of an entry that is to be changed; none: a new one.
    #[serde(default)]
    id: i64,
    /// Whose, by id.
    person: String,
    from_ms: i64,
    until_ms: i64,
    away: Away,
    #[serde(default)]
    note: String,
}

impl From<Absence> for Entry {
    fn from(Absence { id, person, from_ms, until_ms, away, note }: Absence) -> Entry {
        Entry { id, person, from_ms, until_ms, away, note }
    }
}

/// Somebody is away then: a new entry, or another one in place of it.
#[utoipa::path(post, path = "/customers/{id}/schedules", tag = "firms", request_body = Absence, params(("id" = i64, Path)),
    responses((status = 200, body = Entry)))]
pub(crate) async fn save_entry(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(customer): At<i64>,
    Body(absence): Body<Absence>,
) -> Result<Json<Entry>, Refusal> {
    login.may(Act::TendFirms)?;
    let entry = api.store.put_schedule(customer, &absence.into(), &login.name, api.now_ms()).await.said(tongue.0)?;
    api.note(&login, "schedule.write", &format!("customer {customer}")).await;
    tell(&api, customer, "schedules");
    Ok(Json(entry))
}

/// They are not away then after all.
#[utoipa::path(delete, path = "/customers/{id}/schedules/{entry}", tag = "firms",
    params(("id" = i64, Path), ("entry" = i64, Path)), responses((status = 204)))]
pub(crate) async fn remove_entry(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At((customer, entry)): At<(i64, i64)>,
) -> Result<StatusCode, Refusal> {
    login.may(Act::TendFirms)?;
    api.store.remove_schedule(customer, entry).await.said(tongue.0)?;
    api.note(&login, "schedule.remove", &format!("customer {customer}")).await;
    tell(&api, customer, "schedules");
    Ok(StatusCode::NO_CONTENT)
}

/// A firm's instructions that hold now or later (F23).
#[utoipa::path(get, path = "/customers/{id}/notes", tag = "firms", params(("id" = i64, Path)),
    responses((status = 200, body = Vec<Note>)))]
pub(crate) async fn notes(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<i64>,
) -> Result<Json<Vec<Note>>, Refusal> {
    login.may(Act::WriteReports)?;
    Ok(Json(api.store.notes(id, api.now_ms()).await.said(tongue.0)?))
}

/// An instruction.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Instruction {
    /// Of a note that is to be changed; none: a new one.
    #[serde(default)]
    id: i64,
    text: String,
    /// From then on; none: from now on.
    #[serde(default)]
    from_ms: Option<i64>,
    /// Until just before; none: until somebody ends it.
    #[serde(default)]
    until_ms: Option<i64>,
    /// Which calls it is about; left out: all.
    #[serde(default)]
    about: About,
}

impl Instruction {
    /// As it is kept; without a beginning it holds from now on.
    pub(crate) fn note(self, now_ms: i64) -> Note {
        let Instruction { id, text, from_ms, until_ms, about } = self;
        Note { id, text, from_ms: from_ms.unwrap_or(now_ms), until_ms, about }
    }
}

/// A new instruction, or other words for one.
#[utoipa::path(post, path = "/customers/{id}/notes", tag = "firms", request_body = Instruction, params(("id" = i64, Path)),
    responses((status = 200, body = Note)))]
pub(crate) async fn save_note(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(customer): At<i64>,
    Body(instruction): Body<Instruction>,
) -> Result<Json<Note>, Refusal> {
    login.may(Act::TendFirms)?;
    let now_ms = api.now_ms();
    let note = api.store.put_note(customer, &instruction.note(now_ms), &login.name, now_ms).await.said(tongue.0)?;
    tell(&api, customer, "notes");
    Ok(Json(note))
}

/// An instruction holds no longer.
#[utoipa::path(delete, path = "/customers/{id}/notes/{note}", tag = "firms",
    params(("id" = i64, Path), ("note" = i64, Path)), responses((status = 204)))]
pub(crate) async fn end_note(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At((customer, note)): At<(i64, i64)>,
) -> Result<StatusCode, Refusal> {
    login.may(Act::TendFirms)?;
    api.store.end_note(customer, note, &login.name, api.now_ms()).await.said(tongue.0)?;
    tell(&api, customer, "notes");
    Ok(StatusCode::NO_CONTENT)
}

/// All versions of a firm's manual, newest first (F22).
#[utoipa::path(get, path = "/customers/{id}/manuals", tag = "firms", params(("id" = i64, Path)),
    responses((status = 200, body = Vec<Version>)))]
pub(crate) async fn manuals(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<i64>,
) -> Result<Json<Vec<Version>>, Refusal> {
    login.may(Act::WriteReports)?;
    Ok(Json(api.store.manuals(id).await.said(tongue.0)?))
}

/// A new version of a manual.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Writing {
    text: String,
    /// What is new in it, in a line.
    #[serde(default)]
    changes: String,
    /// From then on it holds; none: from now on.
    #[serde(default)]
    from_ms: Option<i64>,
}

/// A new version. When it holds, operators have to say that they have read it.
#[utoipa::path(post, path = "/customers/{id}/manuals", tag = "firms", request_body = Writing, params(("id" = i64, Path)),
    responses((status = 201, body = Version)))]
pub(crate) async fn write_manual(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(customer): At<i64>,
    Body(Writing { text, changes, from_ms }): Body<Writing>,
) -> Result<(StatusCode, Json<Version>), Refusal> {
    login.may(Act::TendFirms)?;
    let now_ms = api.now_ms();
    let manual = NewManual { from_ms: from_ms.unwrap_or(now_ms), text, changes };
    let version = api.store.put_manual(customer, &manual, &login.name, now_ms).await.said(tongue.0)?;
    api.switchboard.directory_changed().await;
    tell(&api, customer, "manual");
    Ok((StatusCode::CREATED, Json(version)))
}

/// The operator who is logged in has read this version.
#[utoipa::path(post, path = "/customers/{id}/manuals/{version}/acknowledge", tag = "firms",
    params(("id" = i64, Path), ("version" = i64, Path)), responses((status = 204)))]
pub(crate) async fn acknowledge(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At((customer, version)): At<(i64, i64)>,
) -> Result<StatusCode, Refusal> {
    login.may(Act::WriteReports)?;
    let operator = login.operator.ok_or_else(|| {
        let (what, remedy) = tongue.0.of(
            ("このログインはオペレーターではありません", "オペレーターとしてログインしてください"),
            ("this login is no operator's", "log in as an operator"),
        );
        Refusal::invalid("operator", what, remedy)
    })?;
    let new = api.store.acknowledge_manual(customer, version, operator, api.now_ms()).await.said(tongue.0)?;
    if new {
        api.note(&login, "manual.acknowledge", &format!("customer {customer}")).await;
        api.switchboard.directory_changed().await;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// A manual that has not been read.
#[derive(Serialize, ToSchema)]
pub(crate) struct Unread {
    customer: i64,
    customer_name: String,
    #[serde(flatten)]
    version: Version,
}

/// Manuals in force that the operator who is logged in has not read.
#[utoipa::path(get, path = "/manuals/unread", tag = "firms", responses((status = 200, body = Vec<Unread>)))]
pub(crate) async fn unread_manuals(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
) -> Result<Json<Vec<Unread>>, Refusal> {
    login.may(Act::WriteReports)?;
    let Some(operator) = login.operator else { return Ok(Json(Vec::new())) };
    let now_ms = api.now_ms();
    let (in_force, _) = api.store.manuals_in_force(now_ms).await.said(tongue.0)?;
    let mut found = Vec::new();
    for known in in_force.iter().filter(|known| !known.read_by.contains(&operator)) {
        let customer = api.store.customer(known.customer).await.said(tongue.0)?;
        let versions = api.store.manuals(known.customer).await.said(tongue.0)?;
        if let Some(version) = unread(&versions, &[], now_ms).filter(|_| customer.active) {
            let (customer, customer_name) = (known.customer, customer.form.name);
            found.push(Unread { customer, customer_name, version: version.clone() });
        }
    }
    Ok(Json(found))
}
