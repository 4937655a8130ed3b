//! A firm's settings tried before they are saved: who would get a report and how it would look, and what is said of somebody who is
//! away.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use report::schedule::{self, Away, Entry, Now};
use report::{
    Assurance, Content, Desired, Draft, Finished, Kind, Language, Policy, Profile, Urgency, Value, assure, choose, key,
};
use serde::{Deserialize, Serialize};
use store::Composed;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Said;
use super::compose::{Looks, looks};
use super::progress::label;
use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::extract::{At, Body};
use crate::rights::Act;
use crate::tongue::Tongue;

/// The number that stands in examples everywhere.
const SAMPLE_NUMBER: &str = "0312345678";
/// What a sample report is called: no report has this id.
const SAMPLE_ID: &str = "sample";

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(try_profile)).routes(routes!(sentence))
}

/// A sample report, and the profile that it is tried with.
#[derive(Deserialize, Default, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Trying {
    /// One that is not saved yet; masked secrets are those of the saved one. None: the saved one.
    profile: Option<Profile>,
    /// What sort of call.
    kind: Kind,
    /// How urgent.
    urgency: Urgency,
    /// Whom the caller asked for: an id of the roster, or a name.
    person: Option<String>,
    /// When the call came, unix ms: now.
    at_ms: Option<i64>,
}

/// What would become of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Tried {
    policy: Policy,
    /// Those who would get it, in order, and how each would see it.
    recipients: Vec<Looks>,
    /// Names of those whom the rules choose beyond the plan's number (F31), who get nothing.
    beyond_plan: Vec<String>,
}

/// Who would get such a report by these settings, and how it would look to each: nothing is saved, nothing is sent.
#[utoipa::path(post, path = "/customers/{id}/profile/try", tag = "firms", request_body = Trying, params(("id" = i64, Path)),
    responses((status = 200, body = Tried)))]
pub(crate) async fn try_profile(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(customer): At<i64>,
    Body(trying): Body<Trying>,
) -> Result<Json<Tried>, Refusal> {
    login.may(Act::TendFirms)?;
    let saved = api.store.profile(customer).await.said(tongue.0)?.profile;
    let profile = match &trying.profile {
        Some(given) => given.with_secrets_of(&saved).checked().said(tongue.0)?,
        None => saved,
    };
    let firm = api.store.customer(customer).await.said(tongue.0)?.form.name;
    let at_ms = trying.at_ms.unwrap_or_else(|| api.now_ms());
    let draft = sample(&trying, profile.language);
    let chosen = choose(&profile, &draft, at_ms);
    let content = content(&profile, &draft, chosen.policy, &firm, at_ms);
    let beyond_plan = chosen.beyond_plan.iter().map(|id| label(&profile, id)).collect();
    let composed = Composed { profile, chosen, content };
    let recipients = looks(&composed, tongue.0);
    Ok(Json(Tried { policy: composed.chosen.policy, recipients, beyond_plan }))
}

/// A report such as many are, in the firm's language.
fn sample(trying: &Trying, language: Language) -> Draft {
    let mut said = BTreeMap::from([
        (key::COMPANY, language.of("株式会社サンプル商事", "Sample Trading")),
        (key::NAME, language.of("山本 一郎", "Ichiro Yamamoto")),
        (key::BUSINESS, language.of("先日の見積もりの件で確認したい", "A question about the quotation")),
        (key::DESIRED, Desired::CallBack.code()),
        (key::CALLBACK, SAMPLE_NUMBER),
        (key::READ_BACK, key::YES),
        (key::URGENCY, trying.urgency.code()),
    ]);
    said.extend(trying.person.as_deref().filter(|name| !name.trim().is_empty()).map(|name| (key::PERSON, name)));
    let answers = said.into_iter().map(|(key, text)| (key.to_owned(), Value::said(text))).collect();
    Draft { kind: trying.kind, answers }
}

fn content(profile: &Profile, draft: &Draft, policy: Policy, firm: &str, at_ms: i64) -> Content {
    let assurance: Assurance = assure(SAMPLE_NUMBER, SAMPLE_NUMBER.parse().ok(), &[], true);
    Content::of(&Finished {
        report: SAMPLE_ID,
        firm,
        profile,
        draft,
        policy,
        received_ms: at_ms,
        operator: profile.language.of("鈴木", "Suzuki"),
        caller: SAMPLE_NUMBER.parse().ok(),
        new_caller: false,
        assurance: Some(&assurance),
        follows: None,
        test: true,
        listen: profile.listening.on,
    })
}

/// An absence that nobody has saved yet.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Thought {
    /// Whose, by id.
    person: String,
    from_ms: i64,
    until_ms: i64,
    away: Away,
}

/// What operators would say of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sentence {
    /// The moment for which it is said: now, or when the absence begins if that is later.
    at_ms: i64,
    /// None: they are back by now.
    said: Option<Now>,
}

/// What operators would say of somebody, were this in the schedule: nothing is saved.
#[utoipa::path(post, path = "/customers/{id}/schedules/sentence", tag = "firms", request_body = Thought,
    params(("id" = i64, Path)), responses((status = 200, body = Sentence)))]
pub(crate) async fn sentence(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(customer): At<i64>,
    Body(Thought { person, from_ms, until_ms, away }): Body<Thought>,
) -> Result<Json<Sentence>, Refusal> {
    login.may(Act::TendFirms)?;
    let profile = api.store.profile(customer).await.said(tongue.0)?.profile;
    let Some(who) = profile.person(&person) else {
        let (what, remedy) = tongue.0.of(
            ("名簿にない人です", "名簿から選んでください"),
            ("nobody of the roster has this id", "choose somebody of the roster"),
        );
        return Err(Refusal::invalid("person", what, remedy));
    };
    let at_ms = api.now_ms().max(from_ms);
    let entry = Entry { id: 0, person, from_ms, until_ms, away, note: String::new() };
    Ok(Json(Sentence { at_ms, said: schedule::now(who, &[entry], at_ms, profile.language) }))
}
