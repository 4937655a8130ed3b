//! My page: what a client firm's own people see and do (F55 to F60, X04). A member's session is no user's, and a user's none of a
//! member's: they have different tables, cookies and extractors, so that no route can take the one for the other. The firm is always
//! the session's; nothing that a request says can name another.

mod dial_in;
mod disputes;
mod feedback;
mod keeping;
mod login;
mod orders;
mod people;
mod reports;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Serialize;
use store::{MemberRole, MemberRow};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::api::Api;
use crate::door::cookie::Side;
use crate::error::Refusal;
use crate::rights::{self, MyAct};

pub(crate) use dial_in::desk_routes as dial_in_routes;
pub(crate) use disputes::tell as tell_dispute;
pub(crate) use login::{MyLogin, enter};
pub(crate) use people::admin_routes;

/// What the house's desks have of it.
pub(crate) fn desk_routes() -> OpenApiRouter<Api> {
    disputes::desk_routes().merge(feedback::desk_routes())
}

/// Routes below `/api/v1/my`.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().nest(
        "/my",
        OpenApiRouter::new()
            .merge(login::routes())
            .merge(reports::routes())
            .merge(disputes::routes())
            .merge(dial_in::routes())
            .merge(feedback::routes())
            .merge(keeping::routes())
            .merge(orders::routes())
            .merge(people::routes()),
    )
}

/// Somebody of a client firm who is logged in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Member {
    /// Member's row.
    pub id: i64,
    /// The firm: whatever this member asks is about it.
    pub customer: i64,
    /// What was typed to log in.
    pub login: String,
    /// What colleagues read.
    pub name: String,
    /// What the member may do.
    pub role: MemberRole,
}

impl Member {
    /// Refuses with 403 what the role may not do.
    fn may(&self, act: MyAct) -> Result<(), Refusal> {
        if rights::member_may(self.role, act) { Ok(()) } else { Err(Refusal::forbidden()) }
    }

    /// As in the audit log, where a firm's people cannot be mistaken for the house's.
    pub(crate) fn who(&self) -> String {
        format!("customer {}: {}", self.customer, self.login)
    }
}

impl From<MemberRow> for Member {
    fn from(row: MemberRow) -> Self {
        Member { id: row.id, customer: row.customer, login: row.form.login, name: row.form.name, role: row.form.role }
    }
}

impl FromRequestParts<Api> for Member {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Refusal> {
        let token = Side::Firm.token(&parts.headers, api.secure_cookies).ok_or_else(Refusal::unauthorized)?;
        let visit = api.store.member_visit(&token, api.now_ms()).await?.ok_or_else(Refusal::unauthorized)?;
        if visit.lacks_factor { Err(Refusal::second_factor_needed()) } else { Ok(visit.who.into()) }
    }
}

/// A line in the audit log. That it cannot be written now stops nobody; it is logged.
async fn note(api: &Api, member: &Member, what: &'static str, about: &str) {
    if let Err(error) = api.store.note(api.now_ms(), &member.who(), what, about, "").await {
        tracing::warn!(%error, what, "the audit log was not written");
    }
}
