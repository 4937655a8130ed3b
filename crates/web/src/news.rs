//! What desks are told that the switch itself does not know: reports, their deliveries, supervisors' tasks, and changes of what
//! operators have to know about a firm. It goes into the same stream as the switch's events.
#![allow(
    missing_docs,
    reason = "the fields are the words of ReportRow, DeliveryRow and TaskRow; each variant says the rest"
)]

use serde::Serialize;
use switch::Event;
use utoipa::ToSchema;

/// An event of the stream, whoever tells it. Serialised as JSON with a `kind`.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Told {
    /// The switch.
    Switch(Event),
    /// Those who look after reports.
    Report(News),
}

impl Told {
    /// The switch's event, if it is one.
    pub fn of_switch(&self) -> Option<&Event> {
        match self {
            Told::Switch(event) => Some(event),
            Told::Report(_) => None,
        }
    }
}

impl From<Event> for Told {
    fn from(event: Event) -> Self {
        Told::Switch(event)
    }
}

impl From<News> for Told {
    fn from(news: News) -> Self {
        Told::Report(news)
    }
}

/// Something about a report. News are hints to look again: one that is lost, or told twice, does no harm.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum News {
    /// A draft has another holder, or is none any more: "opened", "locked", "unlocked", "edited", "waived", "corrected".
    ReportChanged { report: String, call: Option<String>, customer: Option<i64>, what: String, operator: Option<i64> },
    /// A report is sent, to so many recipients.
    ReportSent {
        report: String,
        call: Option<String>,
        customer: Option<i64>,
        customer_name: String,
        urgent: bool,
        deliveries: u32,
    },
    /// A delivery is in another state: "waiting", "leased", "accepted", "retry", "dead", "withdrawn", and also "late", "bounced"
    /// and "seen". `why` is what the receiving side said of a failure.
    Delivery { delivery: String, report: String, customer: Option<i64>, recipient: String, state: String, why: String },
    /// A supervisor has something to do, or somebody has done it: "made", "done".
    Task { task: String, report: Option<String>, customer: Option<i64>, what: String, sort: String },
    /// What operators have to know about a firm has changed: "profile", "schedules", "notes", "manual".
    FirmChanged { customer: i64, what: String },
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn news_and_events_of_the_switch_look_alike() {
        let news = News::FirmChanged { customer: 7, what: "schedules".into() };
        let told = serde_json::to_value(Told::from(news)).unwrap();
        assert_eq!(told, json!({"kind": "firm_changed", "customer": 7, "what": "schedules"}));
        let event = Event::TrunkState { trunk: 1, up: true, why: String::new() };
        let told = serde_json::to_value(Told::from(event)).unwrap();
        assert_eq!(told, json!({"kind": "trunk_state", "trunk": 1, "up": true, "why": ""}));
    }
}
