//! Reports: the draft that is written during the call, who gets it, what became of it; and what an operator has to know about a
//! firm to write one. Whoever writes may write any draft (F29); what was sent, only supervisors find and see, and whoever took or
//! sent it.

mod begin;
mod bridging;
mod clock;
mod compose;
mod draft;
mod find;
mod firm;
mod open;
mod past;
pub(crate) mod pop;
mod progress;
mod refused;
mod send;
mod sheet;
mod tend;
mod tryout;
mod writer;

use report::Language;
use serde::Serialize;
use store::{ReportRow, ReportState, StoreError};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::api::Api;
use crate::auth::Login;
use crate::calls::display;
use crate::error::Refusal;
use crate::rights::Act;

pub(crate) use clock::{Recorded, heard};
pub(crate) use draft::let_go;
pub(crate) use find::ANYWHERE_MS;
pub(crate) use firm::{Absence, Instruction, save_profile_of};
pub(crate) use open::Watched;
pub(crate) use refused::{Said, refusal};
pub(crate) use send::{TrialTo, send_trial, sent as tell_sent};
pub(crate) use writer::writer;

/// Routes of everything about reports.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .merge(draft::routes())
        .merge(begin::routes())
        .merge(send::routes())
        .merge(find::routes())
        .merge(firm::routes())
        .merge(tend::routes())
        .merge(past::routes())
        .merge(tryout::routes())
}

/// A report with its caller as people write numbers, and whether the lock is the asker's.
#[derive(Serialize, ToSchema)]
pub(crate) struct Shown {
    #[serde(flatten)]
    pub(crate) report: ReportRow,
    pub(crate) caller_display: String,
    /// Who writes it now, if anybody does.
    pub(crate) holder: Option<Holder>,
}

/// Who writes a draft now.
#[derive(Serialize, ToSchema)]
pub(crate) struct Holder {
    /// Name.
    pub(crate) name: String,
    /// It is the asker.
    pub(crate) mine: bool,
}

impl Shown {
    pub(crate) fn of(report: ReportRow, login: &Login, now_ms: i64) -> Shown {
        let held = report.lock.as_ref().filter(|lock| lock.until_ms > now_ms);
        let holder = held.map(|lock| Holder { name: lock.name.clone(), mine: lock.login == login.name });
        Shown { caller_display: display(&report.caller), holder, report }
    }
}

/// The report, if whoever asks may see it. What one may not see is not there (R18).
pub(crate) async fn visible(api: &Api, login: &Login, language: Language, id: &str) -> Result<ReportRow, Refusal> {
    login.may(Act::WriteReports)?;
    let report = api.store.report(id).await.said(language)?;
    let tends = login.may(Act::TendReports).is_ok();
    let own = login.operator.is_some_and(|me| report.operator == Some(me) || report.sender == Some(me));
    if tends || own || report.state == ReportState::Draft {
        return Ok(report);
    }
    Err(StoreError::Missing { what: "report", id: id.to_owned() }).said(language)
}
