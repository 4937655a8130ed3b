//! A firm's roster, the places where its reports go, and the rules that choose among them: kept by the firm itself (F20, F32). The
//! rest of its profile is the house's, and a firm sees none of it here.

use axum::Json;
use axum::extract::State;
use report::{Channel, Person, Problem, Profile, Recipient, Rule};
use serde::{Deserialize, Serialize};
use store::{ProfileRow, StoreError};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Member;
use crate::api::Api;
use crate::error::Refusal;
use crate::extract::Body;
use crate::reports::{Said, save_profile_of};
use crate::rights::MyAct;
use crate::tongue::Tongue;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(my_orders, save_my_orders))
}

/// What a firm has ordered about its people and its reports.
#[derive(Serialize, ToSchema)]
pub(crate) struct MyOrders {
    /// Grows with each change of the firm's profile.
    revision: i64,
    /// The roster, top first.
    people: Vec<Person>,
    /// Secrets are masked.
    recipients: Vec<Recipient>,
    /// Read from the first to the last.
    rules: Vec<Rule>,
    /// So many get one report at most, by the firm's plan (F31).
    recipients_max: u8,
}

impl MyOrders {
    fn of(row: &ProfileRow) -> MyOrders {
        let Profile { people, recipients, rules, recipients_max, .. } = row.profile.masked();
        MyOrders { revision: row.revision, people, recipients, rules, recipients_max }
    }
}

/// The same, changed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MyOrdering {
    /// The revision that it changes: somebody else's change in between is not overwritten.
    revision: i64,
    people: Vec<Person>,
    /// New ones are mail addresses: chats and telephones need what only the house has, their ways come back as they were sent.
    recipients: Vec<Recipient>,
    rules: Vec<Rule>,
}

/// The firm's roster, places and rules.
#[utoipa::path(get, path = "/orders", tag = "my page", responses((status = 200, body = MyOrders)))]
pub(crate) async fn my_orders(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
) -> Result<Json<MyOrders>, Refusal> {
    member.may(MyAct::Manage)?;
    Ok(Json(MyOrders::of(&api.store.profile(member.customer).await.said(tongue.0)?)))
}

/// Changes them, from the next report on. What is wrong is told field by field, and nothing is saved then.
#[utoipa::path(put, path = "/orders", tag = "my page", request_body = MyOrdering, responses((status = 200, body = MyOrders)))]
pub(crate) async fn save_my_orders(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
    Body(MyOrdering { revision, people, recipients, rules }): Body<MyOrdering>,
) -> Result<Json<MyOrders>, Refusal> {
    member.may(MyAct::Manage)?;
    let before = api.store.profile(member.customer).await.said(tongue.0)?.profile;
    let profile = Profile { people, recipients, rules, ..before.clone() }.with_secrets_of(&before);
    let beyond = beyond_mail(&before, &profile);
    if !beyond.is_empty() {
        return Err(StoreError::Unfit(beyond)).said(tongue.0);
    }
    let row = save_profile_of(&api, &member.who(), tongue, member.customer, revision, &profile).await?;
    Ok(Json(MyOrders::of(&row)))
}

/// Places other than mail that are new or lead elsewhere: whoever holds a firm's login makes us call neither hosts nor telephones.
fn beyond_mail(before: &Profile, after: &Profile) -> Vec<Problem> {
    let is_beyond = |recipient: &Recipient| {
        let known = before.recipient(&recipient.id).is_some_and(|old| old.channel == recipient.channel);
        !known && !matches!(recipient.channel, Channel::Email { .. })
    };
    let places = after.recipients.iter().enumerate().filter(|(_, recipient)| is_beyond(recipient));
    let problem = |(place, _)| {
        Problem::new(
            format!("recipients[{place}].channel"),
            ("チャットや電話の送り先は、こちらの画面では変更できません", "ご契約の窓口へお知らせください"),
            ("a chat or a telephone cannot be set up or changed here", "ask the answering service to do it"),
        )
    };
    places.map(problem).collect()
}
