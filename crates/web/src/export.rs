//! Calls as CSV for spreadsheets. A caller chooses some of the text in it, so no cell can be a formula (R19).

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use report::text::csv_cell;
use store::{CallQuery, CallSummary};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::calls::{Filter, display};
use crate::error::Refusal;
use crate::extract::Asked;
use crate::reports::ANYWHERE_MS;
use crate::rights::Act;

/// Calls in one file.
const ROWS_MAX: usize = 20_000;
/// Calls asked of the store at once.
const PAGE_ROWS: u32 = 500;
/// Columns of a call.
const COLUMNS: [&str; 12] = [
    "call",
    "arrived",
    "customer",
    "did",
    "caller",
    "withheld",
    "operator",
    "state",
    "ending",
    "wait_seconds",
    "talk_seconds",
    "recording_seconds",
];

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(export_calls))
}

/// Calls as CSV, newest first, 20,000 at most: the same conditions as a search, Japanese time.
#[utoipa::path(get, path = "/calls/export", tag = "calls", params(Filter),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub(crate) async fn export_calls(
    State(api): State<Api>,
    login: Login,
    Asked(filter): Asked<Filter>,
) -> Result<Response, Refusal> {
    login.may(Act::FindCalls)?;
    let anywhere_since_ms = Some(api.now_ms() - ANYWHERE_MS);
    let mut query = CallQuery { limit: Some(PAGE_ROWS), anywhere_since_ms, ..filter.try_into()? };
    let mut sheet = Sheet::new(&COLUMNS)?;
    let mut rows = 0;
    loop {
        let page = api.store.find_calls(&query).await?;
        for call in page.calls.iter().take(ROWS_MAX - rows) {
            sheet.row(cells(call))?;
            rows += 1;
        }
        query.cursor = page.next;
        if query.cursor.is_none() || rows >= ROWS_MAX {
            break;
        }
    }
    api.note(&login, "call.export", &rows.to_string()).await;
    sheet.attachment("calls.csv")
}

/// A CSV file in which no cell is a formula.
pub(crate) struct Sheet(csv::Writer<Vec<u8>>);

impl Sheet {
    /// With these heads.
    pub(crate) fn new(columns: &[&str]) -> Result<Sheet, Refusal> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(columns).map_err(|_| unwritten())?;
        Ok(Sheet(writer))
    }

    /// One more row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) -> Result<(), Refusal> {
        self.0.write_record(cells.into_iter().map(|cell| csv_cell(&cell))).map_err(|_| unwritten())
    }

    /// As a file of this name.
    pub(crate) fn attachment(self, name: &str) -> Result<Response, Refusal> {
        let bytes = self.0.into_inner().map_err(|_| unwritten())?;
        let text = String::from_utf8_lossy(&bytes);
        // Spreadsheets take a file for UTF-8 only by its mark.
        Ok(attachment(name, format!("\u{feff}{text}")))
    }
}

fn unwritten() -> Refusal {
    Refusal::unavailable("the file could not be written")
}

/// An answer that a browser saves under this name.
pub(crate) fn attachment(name: &str, csv: String) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, disposition)], csv)
        .into_response()
}

fn cells(call: &CallSummary) -> [String; 12] {
    let seconds = |ms: i64| format!("{}.{}", ms / 1000, ms % 1000 / 100);
    [
        call.call.to_string(),
        japanese_time(call.arrived_ms),
        call.customer_name.clone(),
        display(&call.did),
        display(&call.caller),
        call.withheld.clone(),
        call.operator_name.clone(),
        serde_json::to_value(call.state).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default(),
        call.ending.clone(),
        seconds(call.wait_ms),
        seconds(call.talk_ms),
        call.recording_ms.map(seconds).unwrap_or_default(),
    ]
}

/// `2026-11-21 18:25:00`: Japan has no summer time.
pub(crate) fn japanese_time(unix_ms: i64) -> String {
    let zone = TimeZone::fixed(Offset::constant(9));
    match Timestamp::from_millisecond(unix_ms) {
        Ok(at) => at.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r19_no_cell_is_a_formula() {
        let evils = [
            "=cmd|' /C calc'!A0",
            "+1",
            "-1",
            "@SUM(A1)",
            "\tx",
            "\rx",
            "\n=1",
            " =1",
            "　=1",
            "＝1",
            "＋1",
            "－1",
            "＠x",
        ];
        for evil in evils {
            let mut sheet = Sheet::new(&["head"]).unwrap();
            sheet.row([evil.to_owned()]).unwrap();
            let file = String::from_utf8(sheet.0.into_inner().unwrap()).unwrap();
            let cell = file.strip_prefix("head\n").unwrap();
            assert!(cell.starts_with(['\'']) || cell.starts_with("\"'"), "{evil:?}: {cell:?}");
        }
        let mut sheet = Sheet::new(&["head"]).unwrap();
        sheet.row(["090-1234-5678".to_owned()]).unwrap();
        assert_eq!(sheet.0.into_inner().unwrap(), b"head\n090-1234-5678\n");
    }

    #[test]
    fn times_are_japanese() {
        assert_eq!(japanese_time(1_763_717_100_000), "2025-11-21 18:25:00");
    }
}
