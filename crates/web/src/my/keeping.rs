//! What a firm keeps by itself: where its people are, and what operators are to know for a while (F20, F23).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use report::Person;
use report::notes::Note;
use report::schedule::Entry;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Member, note};
use crate::api::Api;
use crate::error::Refusal;
use crate::extract::{At, Body};
use crate::news::News;
use crate::reports::{Absence, Instruction, Said};
use crate::rights::MyAct;
use crate::tongue::Tongue;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(my_schedule, save_my_entry))
        .routes(routes!(remove_my_entry))
        .routes(routes!(my_notes, save_my_note))
        .routes(routes!(end_my_note))
}

/// A firm's people and where they are from now on, however far ahead: what was written can be seen and taken back.
#[derive(Serialize, ToSchema)]
pub(crate) struct MySchedule {
    people: Vec<Person>,
    entries: Vec<Entry>,
}

fn tell(api: &Api, member: &Member, what: &str) {
    api.switchboard.tell(News::FirmChanged { customer: member.customer, what: what.to_owned() });
}

/// Where the firm's people are.
#[utoipa::path(get, path = "/schedules", tag = "my page", responses((status = 200, body = MySchedule)))]
pub(crate) async fn my_schedule(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
) -> Result<Json<MySchedule>, Refusal> {
    member.may(MyAct::Read)?;
    let now_ms = api.now_ms();
    let people = api.store.profile(member.customer).await.said(tongue.0)?.profile.people;
    let entries = api.store.schedule(member.customer, now_ms, i64::MAX).await.said(tongue.0)?;
    Ok(Json(MySchedule { people, entries }))
}

/// Somebody is away then: a new entry, or another one in place of it. Operators see it within two seconds.
#[utoipa::path(post, path = "/schedules", tag = "my page", request_body = Absence, responses((status = 200, body = Entry)))]
pub(crate) async fn save_my_entry(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
    Body(absence): Body<Absence>,
) -> Result<Json<Entry>, Refusal> {
    member.may(MyAct::Handle)?;
    let entry =
        api.store.put_schedule(member.customer, &absence.into(), &member.who(), api.now_ms()).await.said(tongue.0)?;
    note(&api, &member, "schedule.write", &format!("customer {}", member.customer)).await;
    tell(&api, &member, "schedules");
    Ok(Json(entry))
}

/// They are not away then after all.
#[utoipa::path(delete, path = "/schedules/{entry}", tag = "my page", params(("entry" = i64, Path)),
    responses((status = 204)))]
pub(crate) async fn remove_my_entry(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
    At(entry): At<i64>,
) -> Result<StatusCode, Refusal> {
    member.may(MyAct::Handle)?;
    api.store.remove_schedule(member.customer, entry).await.said(tongue.0)?;
    note(&api, &member, "schedule.remove", &format!("customer {}", member.customer)).await;
    tell(&api, &member, "schedules");
    Ok(StatusCode::NO_CONTENT)
}

/// Instructions that hold now or later.
#[utoipa::path(get, path = "/notes", tag = "my page", responses((status = 200, body = Vec<Note>)))]
pub(crate) async fn my_notes(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
) -> Result<Json<Vec<Note>>, Refusal> {
    member.may(MyAct::Read)?;
    Ok(Json(api.store.notes(member.customer, api.now_ms()).await.said(tongue.0)?))
}

/// A new instruction, or other words for one.
#[utoipa::path(post, path = "/notes", tag = "my page", request_body = Instruction, responses((status = 200, body = Note)))]
pub(crate) async fn save_my_note(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
    Body(instruction): Body<Instruction>,
) -> Result<Json<Note>, Refusal> {
    member.may(MyAct::Handle)?;
    let now_ms = api.now_ms();
    let written = instruction.note(now_ms);
    let written = api.store.put_note(member.customer, &written, &member.who(), now_ms).await.said(tongue.0)?;
    tell(&api, &member, "notes");
    Ok(Json(written))
}

/// An instruction holds no longer.
#[utoipa::path(delete, path = "/notes/{note}", tag = "my page", params(("note" = i64, Path)), responses((status = 204)))]
pub(crate) async fn end_my_note(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
    At(id): At<i64>,
) -> Result<StatusCode, Refusal> {
    member.may(MyAct::Handle)?;
    api.store.end_note(member.customer, id, &member.who(), api.now_ms()).await.said(tongue.0)?;
    tell(&api, &member, "notes");
    Ok(StatusCode::NO_CONTENT)
}
