//! Calls of the past and the present: find them, read their story.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::{CallQuery, CallSummary, Cursor};
use switch::{CallId, CallRecord};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::export;
use crate::extract::{Asked, At};
use crate::reports::ANYWHERE_MS;
use crate::rights::Act;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(find)).merge(export::routes()).routes(routes!(one)).routes(routes!(trace))
}

/// Which calls. Everything that is given must hold; what is empty is not given.
#[derive(Deserialize, Default, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Client firm.
    customer: Option<i64>,
    /// The caller's number in any spelling, or its last digits; of calls of the last six months, any four or more digits of it.
    caller: Option<String>,
    /// Operator who answered.
    operator: Option<i64>,
    /// Dialled number in any spelling.
    did: Option<String>,
    /// Arrived at or after, unix ms.
    from_ms: Option<i64>,
    /// Arrived before, unix ms.
    to_ms: Option<i64>,
    /// Part of the firm's or the operator's name; width, kana and case do not matter.
    text: Option<String>,
    /// Answered by a person, or not.
    answered: Option<bool>,
    /// Calls on a page: 50, at most 500.
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

impl TryFrom<Filter> for CallQuery {
    type Error = Refusal;

    fn try_from(filter: Filter) -> Result<CallQuery, Refusal> {
        let Filter { customer, caller, operator, did, from_ms, to_ms, text, answered, limit, cursor } = filter;
        let parsed = |text: String| {
            text.parse::<Cursor>().map_err(|why| {
                Refusal::invalid("cursor", format!("{text:?} is none: {why}"), "give the `next` of the page before")
            })
        };
        let cursor = cursor.filter(|text| !text.is_empty()).map(parsed).transpose()?;
        let anywhere_since_ms = None;
        Ok(CallQuery {
            customer,
            caller,
            anywhere_since_ms,
            operator,
            from_ms,
            to_ms,
            did,
            text,
            answered,
            limit,
            cursor,
        })
    }
}

/// A page of calls, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Page {
    calls: Vec<Listed>,
    /// Give it as `cursor` for the next page; none: this was the last.
    #[schema(value_type = Option<String>)]
    next: Option<Cursor>,
}

/// A call in a list, with its caller as people write numbers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Listed {
    #[serde(flatten)]
    call: CallSummary,
    caller_display: String,
    did_display: String,
}

/// A whole call, with its caller as people write numbers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Whole {
    #[serde(flatten)]
    call: CallRecord,
    caller_display: String,
    did_display: String,
}

/// Find calls, newest first.
#[utoipa::path(get, path = "/calls", tag = "calls", params(Filter), responses((status = 200, body = Page)))]
pub(crate) async fn find(
    State(api): State<Api>,
    login: Login,
    Asked(filter): Asked<Filter>,
) -> Result<Json<Page>, Refusal> {
    login.may(Act::FindCalls)?;
    let anywhere_since_ms = Some(api.now_ms() - ANYWHERE_MS);
    let page = api.store.find_calls(&CallQuery { anywhere_since_ms, ..filter.try_into()? }).await?;
    let listed =
        |call: CallSummary| Listed { caller_display: display(&call.caller), did_display: display(&call.did), call };
    Ok(Json(Page { calls: page.calls.into_iter().map(listed).collect(), next: page.next }))
}

/// One call with its legs and its story.
#[utoipa::path(get, path = "/calls/{call}", tag = "calls", params(("call" = String, Path, description = "13 characters")),
    responses((status = 200, body = Whole)))]
pub(crate) async fn one(State(api): State<Api>, login: Login, At(call): At<String>) -> Result<Json<Whole>, Refusal> {
    login.may(Act::FindCalls)?;
    let call = api.store.call(id(&call)?).await?;
    Ok(Json(Whole { caller_display: display(&call.caller), did_display: display(&call.did), call }))
}

/// The call's SIP ladder as text.
#[utoipa::path(get, path = "/calls/{call}/trace", tag = "calls", params(("call" = String, Path, description = "13 characters")),
    responses((status = 200, content_type = "text/plain", body = String)))]
pub(crate) async fn trace(State(api): State<Api>, login: Login, At(call): At<String>) -> Result<String, Refusal> {
    login.may(Act::FindCalls)?;
    Ok(switch::ladder::draw(&api.store.call(id(&call)?).await?, false))
}

pub(crate) fn id(text: &str) -> Result<CallId, Refusal> {
    text.parse().map_err(|_| Refusal::not_found("there is no such call"))
}

/// A number as people write it: 090-1234-5678.
pub(crate) fn display(e164: &str) -> String {
    number::Number::parse(&format!("+{e164}"), number::JAPAN)
        .map(number::Number::display)
        .unwrap_or_else(|_| e164.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_shown_as_people_write_numbers() {
        assert_eq!(display("819012345678"), "090-1234-5678");
        assert_eq!(display(""), "");
    }
}
