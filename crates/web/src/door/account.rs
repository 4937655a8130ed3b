//! Everybody's own account, of the house or of a client firm: password, sessions, codes, recovery codes.

use axum::Json;
use axum::extract::{FromRequestParts, MatchedPath, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use store::{PasskeyRow, Password, Person, SessionRow};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cookie::Side;
use super::peer::Place;
use super::qr::{self, Picture};
use super::second::purpose;
use super::{passkeys, totp};
use crate::api::Api;
use crate::auth::Local;
use crate::error::Refusal;
use crate::extract::{At, Body};
use crate::my::Member;
use crate::tongue::Tongue;

/// Where an account of a client firm's member is; all others are users'.
const FIRMS: &str = "/api/v1/my/";

/// Whoever's account it is. A session that still lacks a second factor is let in here, and nowhere else.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    pub(crate) person: Person,
    /// What is typed to log in.
    pub(crate) name: String,
    /// As in the audit log.
    pub(crate) who: String,
    /// This session's name.
    pub(crate) session: String,
    /// Opened with a second factor or a passkey.
    pub(crate) strong: bool,
    /// The role needs a second factor.
    pub(crate) lacks_factor: bool,
}

impl Owner {
    fn side(&self) -> Side {
        match self.person {
            Person::User(_) => Side::House,
            Person::Member(_) => Side::Firm,
        }
    }
}

impl FromRequestParts<Api> for Owner {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Refusal> {
        if parts.extensions.get::<Local>().is_some() {
            return Err(Refusal::not_found("the command line has no account"));
        }
        let of_firm = parts.extensions.get::<MatchedPath>().is_some_and(|path| path.as_str().starts_with(FIRMS));
        let side = if of_firm { Side::Firm } else { Side::House };
        let token = side.token(&parts.headers, api.secure_cookies).ok_or_else(Refusal::unauthorized)?;
        let now_ms = api.now_ms();
        match side {
            Side::House => {
                let visit = api.store.visit(&token, now_ms).await?.ok_or_else(Refusal::unauthorized)?;
                let (person, name) = (Person::User(visit.who.id), visit.who.form.name);
                let (strong, lacks_factor) = (visit.strong, visit.lacks_factor);
                Ok(Owner { person, who: name.clone(), name, session: visit.session, strong, lacks_factor })
            }
            Side::Firm => {
                let visit = api.store.member_visit(&token, now_ms).await?.ok_or_else(Refusal::unauthorized)?;
                let member = Member::from(visit.who);
                let (person, who) = (Person::Member(member.id), member.who());
                let (strong, lacks_factor) = (visit.strong, visit.lacks_factor);
                Ok(Owner { person, name: member.login, who, session: visit.session, strong, lacks_factor })
            }
        }
    }
}

/// A session, and whether it is the asker's.
#[derive(Serialize, ToSchema)]
pub(crate) struct OwnSession {
    #[serde(flatten)]
    session: SessionRow,
    /// The one that asks.
    own: bool,
}

/// An account as its owner sees it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Account {
    /// What is typed to log in.
    name: String,
    /// The role needs a second factor, and this session was opened without: nothing else can be done with it.
    lacks_factor: bool,
    /// Opened with a second factor or a passkey. Where there is one, only such a session changes second factors.
    strong: bool,
    /// Since when codes are asked for; null: they are not.
    codes_since_ms: Option<i64>,
    /// Recovery codes that are left.
    recovery_codes: i64,
    /// Passkeys can be made where this page is reached.
    passkeys_here: bool,
    passkeys: Vec<PasskeyRow>,
    sessions: Vec<OwnSession>,
}

/// The present password, for what somebody at a screen that was left open must not do.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proof {
    /// The one of now.
    #[schema(value_type = String)]
    pub(super) password: Password,
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    /// The one of now.
    #[schema(value_type = String)]
    old: Password,
    /// The one from now on: twelve characters or more, none that everybody tries.
    #[schema(value_type = String)]
    new: Password,
}

/// A secret for a program that shows codes; shown until it is confirmed.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewCodes {
    /// To type.
    secret: String,
    /// To scan.
    picture: Picture,
}

/// The code that the program shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shown {
    code: String,
}

/// Recovery codes, each good once; never shown again.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    recovery_codes: Vec<String>,
}

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(account))
        .routes(routes!(change_own_password))
        .routes(routes!(end_other_sessions))
        .routes(routes!(end_own_session))
        .routes(routes!(begin_codes))
        .routes(routes!(confirm_codes))
        .routes(routes!(end_codes))
        .routes(routes!(renew_recovery_codes))
}

/// My account: sessions, second factors, passkeys.
#[utoipa::path(get, path = "", tag = "account", responses((status = 200, body = Account)))]
pub(crate) async fn account(
    State(api): State<Api>,
    owner: Owner,
    headers: axum::http::HeaderMap,
) -> Result<Json<Account>, Refusal> {
    let totp = api.store.totp(owner.person).await?;
    let sessions = api.store.sessions_of(owner.person, api.now_ms()).await?;
    let own = |session: SessionRow| OwnSession { own: session.id == owner.session, session };
    Ok(Json(Account {
        codes_since_ms: totp.and_then(|row| row.since_ms),
        recovery_codes: api.store.recovery_codes_left(owner.person).await?,
        passkeys_here: passkeys::party(&api, &headers).is_some(),
        passkeys: api.store.passkeys(owner.person).await?,
        sessions: sessions.into_iter().map(own).collect(),
        name: owner.name,
        lacks_factor: owner.lacks_factor,
        strong: owner.strong,
    }))
}

/// Is it really the owner? The same limits as at the door, and another for the session, which goes from address to address.
pub(super) async fn prove(
    api: &Api,
    owner: &Owner,
    place: &Place,
    field: &'static str,
    tongue: Tongue,
    password: &Password,
) -> Result<(), Refusal> {
    place.may_try(api)?;
    let counted =
        api.tries.begin_account(&format!("session {}", owner.session), api.now_ms()).map_err(Refusal::from)?;
    let right = match owner.person {
        Person::User(_) => api.store.login(&owner.name, &password.0).await?.is_some(),
        Person::Member(_) => api.store.member_login(&owner.name, &password.0).await?.is_some(),
    };
    if right {
        api.tries.forgive(&counted);
        place.succeeded(api, owner.side(), &owner.name);
        return Ok(());
    }
    place.failed(api, owner.side(), &owner.name);
    let (what, remedy) = tongue.0.of(
        ("今のパスワードが違います", "もう一度入力してください"),
        ("this is not your present password", "type it again"),
    );
    Err(Refusal::invalid(field, what, remedy))
}

/// Where there is a second factor, whoever knows the password alone does not change it.
pub(super) async fn may_change_factors(api: &Api, owner: &Owner, tongue: Tongue) -> Result<(), Refusal> {
    let has_codes = api.store.totp(owner.person).await?.is_some_and(|row| row.since_ms.is_some());
    if owner.strong || !has_codes && api.store.passkeys(owner.person).await?.is_empty() {
        return Ok(());
    }
    Err(Refusal::conflict(tongue.0.of(
        "二段階認証またはパスキーでログインし直してから変更してください",
        "log in with your passkey or a code first: this session was opened with the password alone",
    )))
}

/// Another password. All other sessions end.
#[utoipa::path(post, path = "/password", tag = "account", request_body = Change, responses((status = 204)))]
pub(crate) async fn change_own_password(
    State(api): State<Api>,
    owner: Owner,
    place: Place,
    tongue: Tongue,
    Body(Change { old, new }): Body<Change>,
) -> Result<StatusCode, Refusal> {
    prove(&api, &owner, &place, "old", tongue, &old).await?;
    api.store.change_password(owner.person, &new.0, &owner.session).await?;
    api.note_of(&owner.who, "account.password", &owner.name, "").await;
    Ok(StatusCode::NO_CONTENT)
}

/// End all my sessions but this one.
#[utoipa::path(delete, path = "/sessions", tag = "account", responses((status = 204)))]
pub(crate) async fn end_other_sessions(State(api): State<Api>, owner: Owner) -> Result<StatusCode, Refusal> {
    let ended = api.store.end_sessions_of(owner.person, Some(&owner.session)).await?;
    api.note_of(&owner.who, "session.end", &owner.name, &format!("{ended} others")).await;
    Ok(StatusCode::NO_CONTENT)
}

/// End one of my sessions.
#[utoipa::path(delete, path = "/sessions/{session}", tag = "account", params(("session" = String, Path)),
    responses((status = 204)))]
pub(crate) async fn end_own_session(
    State(api): State<Api>,
    owner: Owner,
    At(session): At<String>,
) -> Result<StatusCode, Refusal> {
    api.store.end_session_of(owner.person, &session, api.now_ms()).await?;
    api.note_of(&owner.who, "session.end", &owner.name, &session).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Begin with a program that shows codes.
#[utoipa::path(post, path = "/codes", tag = "account", request_body = Proof,
    responses((status = 200, body = NewCodes)))]
pub(crate) async fn begin_codes(
    State(api): State<Api>,
    owner: Owner,
    place: Place,
    tongue: Tongue,
    Body(Proof { password }): Body<Proof>,
) -> Result<Json<NewCodes>, Refusal> {
    may_change_factors(&api, &owner, tongue).await?;
    prove(&api, &owner, &place, "password", tongue, &password).await?;
    let made = totp::secret().and_then(|secret| {
        let sealed = api.key.seal(&purpose(owner.person), &secret)?;
        let picture = qr::picture(&totp::uri(&secret, "Denwaban", &owner.name))?;
        Some((sealed, NewCodes { secret: totp::spelled(&secret), picture }))
    });
    let (sealed, new) = made.ok_or_else(|| Refusal::unavailable("no secret can be made now"))?;
    api.store.begin_totp(owner.person, &sealed).await?;
    Ok(Json(new))
}

/// Codes are asked for from now on, because the program shows the right one.
#[utoipa::path(post, path = "/codes/confirm", tag = "account", request_body = Shown,
    responses((status = 200, body = RecoveryCodes)))]
pub(crate) async fn confirm_codes(
    State(api): State<Api>,
    owner: Owner,
    place: Place,
    tongue: Tongue,
    Body(Shown { code }): Body<Shown>,
) -> Result<Json<RecoveryCodes>, Refusal> {
    place.may_try(&api)?;
    may_change_factors(&api, &owner, tongue).await?;
    let row = api.store.totp(owner.person).await?.filter(|row| row.since_ms.is_none());
    let row = row.ok_or_else(|| Refusal::conflict("nothing was begun that could be confirmed"))?;
    let secret = api.key.open(&purpose(owner.person), &row.sealed);
    let step = secret.and_then(|secret| totp::step_of(&secret, &code, api.now_ms()));
    let Some(step) = step else {
        let (what, remedy) = tongue.0.of(
            ("コードが違います", "アプリに今表示されている6桁を入力してください。端末の時計も確かめてください"),
            (
                "this is not the code",
                "type the six digits that the program shows now; look at the telephone's clock, too",
            ),
        );
        return Err(Refusal::invalid("code", what, remedy));
    };
    let recovery_codes = api.store.confirm_totp(owner.person, step, api.now_ms()).await?;
    place.succeeded(&api, owner.side(), &owner.name);
    api.store.strengthen(owner.person, &owner.session).await?;
    api.note_of(&owner.who, "account.codes", &owner.name, "").await;
    Ok(Json(RecoveryCodes { recovery_codes }))
}

/// Codes are not asked for any more.
#[utoipa::path(post, path = "/codes/end", tag = "account", request_body = Proof, responses((status = 204)))]
pub(crate) async fn end_codes(
    State(api): State<Api>,
    owner: Owner,
    place: Place,
    tongue: Tongue,
    Body(Proof { password }): Body<Proof>,
) -> Result<StatusCode, Refusal> {
    may_change_factors(&api, &owner, tongue).await?;
    prove(&api, &owner, &place, "password", tongue, &password).await?;
    api.store.end_totp(owner.person).await?;
    api.note_of(&owner.who, "account.codes.end", &owner.name, "").await;
    Ok(StatusCode::NO_CONTENT)
}

/// New recovery codes; those before are void.
#[utoipa::path(post, path = "/codes/recovery", tag = "account", request_body = Proof,
    responses((status = 200, body = RecoveryCodes)))]
pub(crate) async fn renew_recovery_codes(
    State(api): State<Api>,
    owner: Owner,
    place: Place,
    tongue: Tongue,
    Body(Proof { password }): Body<Proof>,
) -> Result<Json<RecoveryCodes>, Refusal> {
    may_change_factors(&api, &owner, tongue).await?;
    prove(&api, &owner, &place, "password", tongue, &password).await?;
    if api.store.totp(owner.person).await?.is_none_or(|row| row.since_ms.is_none()) {
        return Err(Refusal::conflict("codes are not set up, so there is nothing to recover"));
    }
    let recovery_codes = api.store.renew_recovery_codes(owner.person).await?;
    api.note_of(&owner.who, "account.recovery", &owner.name, "").await;
    Ok(Json(RecoveryCodes { recovery_codes }))
}
