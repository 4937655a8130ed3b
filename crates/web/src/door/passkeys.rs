//! Passkeys over the API: made, named and removed by their owner; a login with one takes no name and no password.

use axum::Json;
use axum::extract::State;
use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode};
use axum_extra::extract::CookieJar;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{NewPasskey, PasskeyRow, Person};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::account::{Owner, Proof, may_change_factors, prove};
use super::challenge;
use super::passkey::{self, ALGORITHMS, Fault, Party};
use super::peer::Place;
use crate::api::Api;
use crate::auth::{self, LoggedIn};
use crate::error::Refusal;
use crate::extract::{At, Body};
use crate::my::{self, MyLogin};
use crate::tongue::Tongue;

/// What a challenge for logging in is for.
const LOGIN: &str = "passkey login";

/// What the browser makes a passkey from.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasskeyWanted {
    /// base64url
    challenge: String,
    /// The name below which the page is.
    rp_id: String,
    /// Whose it is, in letters that say nothing; base64url.
    user_id: String,
    user_name: String,
    /// Those that there are: the same device makes no second one. base64url
    known: Vec<String>,
    /// COSE algorithms that are taken.
    algorithms: Vec<i64>,
}

/// What the browser has made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeyMade {
    /// What its owner calls it.
    name: String,
    /// `clientDataJSON`, base64url
    client_data: String,
    /// `attestationObject`, base64url
    attestation: String,
}

/// Another name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeyName {
    name: String,
}

/// What the browser signs to log in.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasskeyAsked {
    /// base64url
    challenge: String,
    rp_id: String,
}

/// What it has signed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeySigned {
    /// base64url, as all of these
    credential: String,
    client_data: String,
    authenticator_data: String,
    signature: String,
}

/// Below an account.
pub(crate) fn own_routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(begin_passkey))
        .routes(routes!(add_passkey))
        .routes(routes!(rename_passkey))
        .routes(routes!(remove_passkey))
}

/// At the door.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(ask_passkey)).routes(routes!(passkey_login)).routes(routes!(my_passkey_login))
}

/// As what a browser knows us: the configured address, or this machine's own for trying out. `None`: by a name that nobody has
/// configured, or a bare address, which passkeys cannot be made for.
pub(super) fn party(api: &Api, headers: &HeaderMap) -> Option<Party> {
    let host = headers.get(HOST)?.to_str().ok()?;
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let id = name.to_ascii_lowercase();
    if id == "localhost" {
        let scheme = if api.secure_cookies { "https" } else { "http" };
        return Some(Party { id, origin: format!("{scheme}://{host}") });
    }
    let (_, configured) = api.public_url.split_once("://")?;
    let is_address = id.parse::<std::net::IpAddr>().is_ok() || id.starts_with('[');
    (configured == host && !is_address).then(|| Party { id, origin: api.public_url.clone() })
}

fn need_party(api: &Api, headers: &HeaderMap, tongue: Tongue) -> Result<Party, Refusal> {
    let (what, remedy) = tongue.0.of(
        ("このアドレスではパスキーを使えません", "設定 [web] public_url のアドレスで開いてください"),
        ("passkeys do not work at this address", "open the page at the address in [web] public_url"),
    );
    party(api, headers).ok_or_else(|| Refusal { remedy: Some(remedy.into()), ..Refusal::conflict(what) })
}

fn fault(fault: Fault) -> Refusal {
    tracing::info!(?fault, "a passkey was not taken");
    Refusal::invalid("client_data", "the passkey cannot be taken", "begin again, with a device that verifies its owner")
}

fn purpose(person: Person) -> String {
    format!("passkey {person:?}")
}

fn no_secret() -> Refusal {
    Refusal::unavailable("no challenge can be made now")
}

/// Begin to make a passkey.
#[utoipa::path(post, path = "/passkeys/begin", tag = "account", request_body = Proof,
    responses((status = 200, body = PasskeyWanted)))]
pub(crate) async fn begin_passkey(
    State(api): State<Api>,
    owner: Owner,
    place: Place,
    tongue: Tongue,
    headers: HeaderMap,
    Body(Proof { password }): Body<Proof>,
) -> Result<Json<PasskeyWanted>, Refusal> {
    let Party { id: rp_id, .. } = need_party(&api, &headers, tongue)?;
    may_change_factors(&api, &owner, tongue).await?;
    prove(&api, &owner, &place, "password", tongue, &password).await?;
    let known = api.store.passkeys(owner.person).await?;
    let challenge = challenge::make(&api.key, &purpose(owner.person), api.now_ms()).ok_or_else(no_secret)?;
    Ok(Json(PasskeyWanted {
        challenge,
        rp_id,
        user_id: BASE64URL_NOPAD.encode(&Sha256::digest(format!("denwaban {:?}", owner.person))),
        user_name: owner.name,
        known: known.into_iter().map(|row| row.credential).collect(),
        algorithms: ALGORITHMS.to_vec(),
    }))
}

/// Keep a passkey that the browser has made.
#[utoipa::path(post, path = "/passkeys", tag = "account", request_body = PasskeyMade,
    responses((status = 201, body = PasskeyRow)))]
pub(crate) async fn add_passkey(
    State(api): State<Api>,
    owner: Owner,
    tongue: Tongue,
    headers: HeaderMap,
    Body(made): Body<PasskeyMade>,
) -> Result<(StatusCode, Json<PasskeyRow>), Refusal> {
    let party = need_party(&api, &headers, tongue)?;
    may_change_factors(&api, &owner, tongue).await?;
    let decoded = |text: &str| passkey::decoded(text).ok_or_else(|| fault(Fault::Unreadable));
    let (client_data, attestation) = (decoded(&made.client_data)?, decoded(&made.attestation)?);
    answered(&api, &purpose(owner.person), &client_data)?;
    let new = passkey::made(&party, &client_data, &attestation).map_err(fault)?;
    let new = NewPasskey {
        name: made.name,
        credential: passkey::encoded(&new.credential),
        public_key: passkey::encoded(&new.public_key),
        uses: new.uses.into(),
    };
    let row = api.store.add_passkey(owner.person, &new, api.now_ms()).await?;
    api.store.strengthen(owner.person, &owner.session).await?;
    api.note_of(&owner.who, "account.passkey", &owner.name, &row.name).await;
    Ok((StatusCode::CREATED, Json(row)))
}

/// The challenge is one of ours for this purpose, and answered for the first time.
fn answered(api: &Api, purpose: &str, client_data: &[u8]) -> Result<(), Refusal> {
    let now_ms = api.now_ms();
    let challenge = passkey::challenge(client_data).ok_or_else(|| fault(Fault::Unreadable))?;
    let good = challenge::is_good(&api.key, purpose, &challenge, now_ms) && api.challenges.take(&challenge, now_ms);
    if good { Ok(()) } else { Err(fault(Fault::Elsewhere)) }
}

/// Call a passkey of mine something else.
#[utoipa::path(put, path = "/passkeys/{id}", tag = "account", request_body = PasskeyName, params(("id" = i64, Path)),
    responses((status = 204)))]
pub(crate) async fn rename_passkey(
    State(api): State<Api>,
    owner: Owner,
    At(id): At<i64>,
    Body(PasskeyName { name }): Body<PasskeyName>,
) -> Result<StatusCode, Refusal> {
    api.store.rename_passkey(owner.person, id, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove a passkey of mine.
#[utoipa::path(post, path = "/passkeys/{id}/remove", tag = "account", request_body = Proof,
    params(("id" = i64, Path)), responses((status = 204)))]
pub(crate) async fn remove_passkey(
    State(api): State<Api>,
    owner: Owner,
    place: Place,
    tongue: Tongue,
    At(id): At<i64>,
    Body(Proof { password }): Body<Proof>,
) -> Result<StatusCode, Refusal> {
    may_change_factors(&api, &owner, tongue).await?;
    prove(&api, &owner, &place, "password", tongue, &password).await?;
    api.store.remove_passkey(owner.person, id).await?;
    api.note_of(&owner.who, "account.passkey.remove", &owner.name, &id.to_string()).await;
    Ok(StatusCode::NO_CONTENT)
}

/// What a passkey has to sign to log in, for users and members alike.
#[utoipa::path(post, path = "/login/passkey/begin", tag = "login", security(()),
    responses((status = 200, body = PasskeyAsked)))]
pub(crate) async fn ask_passkey(
    State(api): State<Api>,
    tongue: Tongue,
    headers: HeaderMap,
) -> Result<Json<PasskeyAsked>, Refusal> {
    let Party { id: rp_id, .. } = need_party(&api, &headers, tongue)?;
    let challenge = challenge::make(&api.key, LOGIN, api.now_ms()).ok_or_else(no_secret)?;
    Ok(Json(PasskeyAsked { challenge, rp_id }))
}

/// Log in with a passkey.
#[utoipa::path(post, path = "/login/passkey", tag = "login", request_body = PasskeySigned, security(()),
    responses((status = 200, body = LoggedIn)))]
pub(crate) async fn passkey_login(
    State(api): State<Api>,
    place: Place,
    tongue: Tongue,
    headers: HeaderMap,
    jar: CookieJar,
    Body(signed): Body<PasskeySigned>,
) -> Result<(CookieJar, Json<LoggedIn>), Refusal> {
    let Person::User(id) = whose(&api, &place, &need_party(&api, &headers, tongue)?, &signed).await? else {
        return Err(Refusal::wrong_login());
    };
    let user = api.store.user(id).await?.ok_or_else(Refusal::wrong_login)?;
    auth::enter(&api, &place, jar, user, true).await
}

/// A client firm's member logs in with a passkey.
#[utoipa::path(post, path = "/my/login/passkey", tag = "my page", request_body = PasskeySigned, security(()),
    responses((status = 200, body = MyLogin)))]
pub(crate) async fn my_passkey_login(
    State(api): State<Api>,
    place: Place,
    tongue: Tongue,
    headers: HeaderMap,
    jar: CookieJar,
    Body(signed): Body<PasskeySigned>,
) -> Result<(CookieJar, Json<MyLogin>), Refusal> {
    let Person::Member(id) = whose(&api, &place, &need_party(&api, &headers, tongue)?, &signed).await? else {
        return Err(Refusal::wrong_login());
    };
    let member = api.store.member(id).await?.ok_or_else(Refusal::wrong_login)?;
    my::enter(&api, &place, jar, member, true, tongue).await
}

/// Who has signed. Whatever is wrong, the answer is the same; the log says more.
async fn whose(api: &Api, place: &Place, party: &Party, signed: &PasskeySigned) -> Result<Person, Refusal> {
    place.may_try(api)?;
    let wrong = |fault: Fault| {
        tracing::info!(?fault, "a login with a passkey was refused");
        Refusal::wrong_login()
    };
    let decoded = |text: &str| passkey::decoded(text).ok_or_else(|| wrong(Fault::Unreadable));
    let (client_data, data) = (decoded(&signed.client_data)?, decoded(&signed.authenticator_data)?);
    let signature = decoded(&signed.signature)?;
    let credential = signed.credential.trim_end_matches('=');
    let known = api.store.passkey(credential).await?;
    let (person, row) = known.ok_or_else(|| wrong(Fault::UnknownKey))?;
    let challenge = passkey::challenge(&client_data).ok_or_else(|| wrong(Fault::Unreadable))?;
    if !challenge::is_good(&api.key, LOGIN, &challenge, api.now_ms()) {
        return Err(wrong(Fault::Elsewhere));
    }
    let uses = passkey::used(party, &decoded(&row.public_key)?, &client_data, &data, &signature).map_err(wrong)?;
    // Only what was signed by a device of ours is remembered.
    if !api.challenges.take(&challenge, api.now_ms()) {
        return Err(wrong(Fault::Elsewhere));
    }
    if !api.store.use_passkey(row.id, uses.into(), api.now_ms()).await? {
        tracing::warn!(?person, passkey = row.id, "a passkey has been copied: its count went back");
        return Err(Refusal::wrong_login());
    }
    Ok(person)
}
