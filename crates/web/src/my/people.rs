//! A firm's logins (F59): its owners manage them on its page, administrators of the house for every firm.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{MemberForm, MemberRole, MemberRow, Person, StoreError};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Member;
use crate::api::Api;
use crate::auth::Login;
use crate::directory::{Chosen, NewPassword};
use crate::error::Refusal;
use crate::extract::{At, Body};
use crate::reports::Said;
use crate::rights::{Act, MyAct};
use crate::tongue::Tongue;

/// The firm's side.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(my_members, create_my_member))
        .routes(routes!(update_my_member, end_my_member))
        .routes(routes!(my_password))
        .routes(routes!(my_member_password))
}

/// The house's side.
pub(crate) fn admin_routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(members, create_member))
        .routes(routes!(update_member, end_member))
        .routes(routes!(member_password))
        .routes(routes!(reset_member_factor))
}

/// A new login, with a password of somebody's choice or one that is made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMember {
    /// Mail address or short name, unique in the house.
    login: String,
    /// What colleagues read.
    name: String,
    /// What the member may do.
    #[serde(default)]
    role: MemberRole,
    /// None: one is made.
    #[serde(default)]
    password: Option<String>,
}

/// A login with the password, which is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedMember {
    #[serde(flatten)]
    member: MemberRow,
    /// Never shown again.
    password: String,
}

async fn create(
    api: &Api,
    customer: i64,
    new: NewMember,
    who: &str,
    tongue: Tongue,
) -> Result<(StatusCode, Json<CreatedMember>), Refusal> {
    let form = MemberForm { login: new.login, name: new.name, role: new.role };
    let made = api.store.create_member(customer, &form, new.password.as_deref(), who, api.now_ms()).await;
    let (member, password) = made.said(tongue.0)?;
    Ok((StatusCode::CREATED, Json(CreatedMember { member, password })))
}

/// The firm's logins.
#[utoipa::path(get, path = "/members", tag = "my page", responses((status = 200, body = Vec<MemberRow>)))]
pub(crate) async fn my_members(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
) -> Result<Json<Vec<MemberRow>>, Refusal> {
    member.may(MyAct::Read)?;
    Ok(Json(api.store.members(member.customer).await.said(tongue.0)?))
}

/// A new login; the password is shown this once.
#[utoipa::path(post, path = "/members", tag = "my page", request_body = NewMember,
    responses((status = 201, body = CreatedMember)))]
pub(crate) async fn create_my_member(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
    Body(new): Body<NewMember>,
) -> Result<(StatusCode, Json<CreatedMember>), Refusal> {
    member.may(MyAct::Manage)?;
    create(&api, member.customer, new, &member.who(), tongue).await
}

/// Another name or role.
#[utoipa::path(put, path = "/members/{id}", tag = "my page", request_body = MemberForm, params(("id" = i64, Path)),
    responses((status = 200, body = MemberRow)))]
pub(crate) async fn update_my_member(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
    At(id): At<i64>,
    Body(form): Body<MemberForm>,
) -> Result<Json<MemberRow>, Refusal> {
    member.may(MyAct::Manage)?;
    let changed = api.store.update_member(member.customer, id, &form, &member.who(), api.now_ms()).await;
    Ok(Json(changed.said(tongue.0)?))
}

/// End a login and its sessions.
#[utoipa::path(delete, path = "/members/{id}", tag = "my page", params(("id" = i64, Path)), responses((status = 204)))]
pub(crate) async fn end_my_member(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
    At(id): At<i64>,
) -> Result<StatusCode, Refusal> {
    member.may(MyAct::Manage)?;
    api.store.end_member(member.customer, id, &member.who(), api.now_ms()).await.said(tongue.0)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A new password for a colleague; ends the colleague's sessions.
#[utoipa::path(post, path = "/members/{id}/password", tag = "my page", request_body = Chosen, params(("id" = i64, Path)),
    responses((status = 200, body = NewPassword)))]
pub(crate) async fn my_member_password(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
    At(id): At<i64>,
    chosen: Option<Body<Chosen>>,
) -> Result<Json<NewPassword>, Refusal> {
    member.may(MyAct::Manage)?;
    let chosen = chosen.map(|Body(chosen)| chosen).unwrap_or_default();
    password(&api, member.customer, id, chosen, &member.who(), tongue).await
}

async fn password(
    api: &Api,
    customer: i64,
    id: i64,
    chosen: Chosen,
    who: &str,
    tongue: Tongue,
) -> Result<Json<NewPassword>, Refusal> {
    let set = api.store.set_member_password(customer, id, chosen.password.as_deref(), who, api.now_ms()).await;
    Ok(Json(NewPassword { password: set.said(tongue.0)? }))
}

/// An own new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnPassword {
    /// The one of now.
    old: String,
    /// The one from now on.
    new: String,
}

/// Another password for oneself. All sessions end, this one too.
#[utoipa::path(post, path = "/password", tag = "my page", request_body = OwnPassword, responses((status = 204)))]
pub(crate) async fn my_password(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
    Body(OwnPassword { old, new }): Body<OwnPassword>,
) -> Result<StatusCode, Refusal> {
    if api.store.member_login(&member.login, &old).await?.is_none() {
        let (what, remedy) = tongue.0.of(
            ("今のパスワードが違います", "もう一度入力してください"),
            ("this is not your present password", "type it again"),
        );
        return Err(Refusal::invalid("old", what, remedy));
    }
    let chosen = Chosen { password: Some(new) };
    let Json(NewPassword { password: _ }) =
        password(&api, member.customer, member.id, chosen, &member.who(), tongue).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A firm's logins.
#[utoipa::path(get, path = "/customers/{id}/members", tag = "firms", params(("id" = i64, Path)),
    responses((status = 200, body = Vec<MemberRow>)))]
pub(crate) async fn members(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(customer): At<i64>,
) -> Result<Json<Vec<MemberRow>>, Refusal> {
    login.may(Act::Administer)?;
    Ok(Json(api.store.members(customer).await.said(tongue.0)?))
}

/// A new login for a firm's page; the password is shown this once.
#[utoipa::path(post, path = "/customers/{id}/members", tag = "firms", request_body = NewMember,
    params(("id" = i64, Path)), responses((status = 201, body = CreatedMember)))]
pub(crate) async fn create_member(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(customer): At<i64>,
    Body(new): Body<NewMember>,
) -> Result<(StatusCode, Json<CreatedMember>), Refusal> {
    login.may(Act::Administer)?;
    create(&api, customer, new, &login.name, tongue).await
}

/// Another name or role for a login of a firm's page.
#[utoipa::path(put, path = "/customers/{id}/members/{member}", tag = "firms", request_body = MemberForm,
    params(("id" = i64, Path), ("member" = i64, Path)), responses((status = 200, body = MemberRow)))]
pub(crate) async fn update_member(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At((customer, member)): At<(i64, i64)>,
    Body(form): Body<MemberForm>,
) -> Result<Json<MemberRow>, Refusal> {
    login.may(Act::Administer)?;
    let changed = api.store.update_member(customer, member, &form, &login.name, api.now_ms()).await;
    Ok(Json(changed.said(tongue.0)?))
}

/// End a login and its sessions.
#[utoipa::path(delete, path = "/customers/{id}/members/{member}", tag = "firms",
    params(("id" = i64, Path), ("member" = i64, Path)), responses((status = 204)))]
pub(crate) async fn end_member(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At((customer, member)): At<(i64, i64)>,
) -> Result<StatusCode, Refusal> {
    login.may(Act::Administer)?;
    api.store.end_member(customer, member, &login.name, api.now_ms()).await.said(tongue.0)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take codes, recovery codes and passkeys of a member away whose telephone is lost, and end the sessions. The password stays.
#[utoipa::path(delete, path = "/customers/{id}/members/{member}/second-factor", tag = "firms",
    params(("id" = i64, Path), ("member" = i64, Path)), responses((status = 204)))]
pub(crate) async fn reset_member_factor(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At((customer, member)): At<(i64, i64)>,
) -> Result<StatusCode, Refusal> {
    login.may(Act::Administer)?;
    let known = api.store.members(customer).await.said(tongue.0)?;
    if !known.iter().any(|one| one.id == member) {
        return Err(StoreError::Missing { what: "member", id: member.to_string() }).said(tongue.0);
    }
    api.store.forget_factors(Person::Member(member)).await.said(tongue.0)?;
    let about = format!("customer {customer}");
    api.note_more(&login, "member.second_factor.reset", &about, &format!("member {member}")).await;
    Ok(StatusCode::NO_CONTENT)
}

/// A new password; ends the member's sessions.
#[utoipa::path(post, path = "/customers/{id}/members/{member}/password", tag = "firms", request_body = Chosen,
    params(("id" = i64, Path), ("member" = i64, Path)), responses((status = 200, body = NewPassword)))]
pub(crate) async fn member_password(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At((customer, member)): At<(i64, i64)>,
    chosen: Option<Body<Chosen>>,
) -> Result<Json<NewPassword>, Refusal> {
    login.may(Act::Administer)?;
    let chosen = chosen.map(|Body(chosen)| chosen).unwrap_or_default();
    password(&api, customer, member, chosen, &login.name, tongue).await
}
