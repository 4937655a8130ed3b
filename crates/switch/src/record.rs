//! What is kept of a call: the call record (CDR), its legs, and its timeline.
//!
//! A record is a snapshot of the whole call with a `revision`: the store keeps the highest, so that writing one twice, or
//! after a crash, changes nothing (exactly once by `call` and `revision`).

use acd::CallId;
use serde::{Deserialize, Serialize};

use crate::detail::Detail;
use crate::media::{Recording, Statistics};

/// Snapshot of a call. Times are unix milliseconds; `None`: has not happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CallRecord {
    /// The call, as 13 characters.
    #[serde(with = "call_id_text")]
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub call: CallId,
    /// Grows with each snapshot of this call.
    pub revision: u32,
    /// Where the call stands.
    pub state: CallState,
    /// Client firm; `None`: unknown number.
    pub customer: Option<i64>,
    /// Firm's name at the time of the call.
    pub customer_name: String,
    /// Dialled number, E.164 digits, or the raw text that was in no table.
    pub did: String,
    /// Number that the firm's line was dialled on, if the carrier says (Diversion).
    pub diverted_from: String,
    /// Caller, E.164 digits; empty when withheld or not a number.
    pub caller: String,
    /// Why there is no caller number ("anonymous", "payphone", "unavailable", "interaction"), or empty.
    pub withheld: String,
    /// Trunk row, if it came over one.
    pub trunk: Option<i64>,
    /// Operator who answered.
    pub operator: Option<i64>,
    /// Operator's name.
    pub operator_name: String,
    /// INVITE.
    pub arrived_ms: i64,
    /// Our first 180.
    pub ringing_ms: Option<i64>,
    /// Our 200 without a person: an announcement began, or the message box.
    pub announced_ms: Option<i64>,
    /// A person answered; with our 200, if nothing was announced before.
    pub answered_ms: Option<i64>,
    /// The operator's first words to the caller, as the recording has them; `None`: not known.
    #[serde(default)]
    pub first_speech_ms: Option<i64>,
    /// Caller joined with the client firm's person.
    pub bridged_ms: Option<i64>,
    /// The end.
    pub ended_ms: Option<i64>,
    /// Milliseconds from a person's answer to the end, by the monotonic clock (R26).
    pub talk_ms: i64,
    /// Milliseconds from our first 180 to a person's answer, or to the end if nobody answered.
    pub wait_ms: i64,
    /// How it ended.
    pub ending: String,
    /// Legs in the order in which they began.
    pub legs: Vec<LegRecord>,
    /// Recording, when finished.
    pub recording: Option<Recording>,
    /// "none, because …" when there is no recording.
    pub no_recording: String,
    /// Path stem of the recording while it is being made (for repair after a crash).
    pub recording_stem: String,
    /// What happened, in order. Only what is new since the last revision.
    pub events: Vec<TimelineEvent>,
}

impl CallRecord {
    /// The record of a call that came then, before anything else is known of it.
    pub fn blank(call: CallId, arrived_ms: i64) -> Self {
        Self {
            call,
            revision: 0,
            state: CallState::Queued,
            customer: None,
            customer_name: String::new(),
            did: String::new(),
            diverted_from: String::new(),
            caller: String::new(),
            withheld: String::new(),
            trunk: None,
            operator: None,
            operator_name: String::new(),
            arrived_ms,
            ringing_ms: Some(arrived_ms),
            announced_ms: None,
            answered_ms: None,
            first_speech_ms: None,
            bridged_ms: None,
            ended_ms: None,
            talk_ms: 0,
            wait_ms: 0,
            ending: String::new(),
            legs: Vec::new(),
            recording: None,
            no_recording: String::new(),
            recording_stem: String::new(),
            events: Vec::new(),
        }
    }

    /// Milliseconds from our 200 to the end: what the recording is long. 0 for a call that is not over, or was never taken.
    pub fn connected_ms(&self) -> i64 {
        let begin = self.announced_ms.or(self.answered_ms);
        begin.zip(self.ended_ms).map_or(0, |(begin, end)| end.saturating_sub(begin).max(0))
    }

    /// When the recording began: our 200 to the caller.
    pub fn recording_began_ms(&self) -> Option<i64> {
        self.announced_ms.or(self.answered_ms)
    }

    /// The recording is complete: what is kept of it, and when the operator first spoke in it.
    pub(crate) fn recorded(&mut self, recording: Recording) {
        // Without an answer nobody can have spoken: what is heard on our side is then no operator.
        let began_ms = self.answered_ms.and_then(|_| self.recording_began_ms());
        let spoke = recording.first_speech_ms.zip(began_ms);
        self.first_speech_ms = spoke.map(|(offset_ms, began_ms)| began_ms.saturating_add(i64::from(offset_ms)));
        self.recording = Some(recording);
        self.no_recording.clear();
    }
}

/// Where a call stands, in CSTA's words.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// Waiting for an operator, nobody rings.
    Queued,
    /// At least one operator's phone rings.
    Delivered,
    /// Caller and a person talk.
    Established,
    /// The caller is on hold.
    Held,
    /// Over.
    Cleared,
    /// The process died during the call; closed at the next start.
    Interrupted,
}

/// One leg of a call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LegRecord {
    /// Number of the leg within the call, from 0.
    pub index: u32,
    /// "caller", "operator", "target", "supervisor".
    pub role: String,
    /// Who: a number, or an operator's account.
    pub party: String,
    /// SIP Call-ID.
    pub sip_call_id: String,
    /// INVITE sent or received.
    pub started_ms: i64,
    /// 200.
    pub answered_ms: Option<i64>,
    /// The end.
    pub ended_ms: Option<i64>,
    /// Final status for a leg that was not answered, 0 otherwise.
    pub status: u16,
    /// How it ended.
    pub ending: String,
    /// RTP figures, once closed.
    pub statistics: Option<Statistics>,
}

/// Somebody of the client firm who was called for a caller, and not reached (F42).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Tried {
    /// Who.
    pub name: String,
    /// E.164 digits.
    pub number: String,
    /// Why not: a word of [`why_not_reached`].
    pub why: String,
}

/// Why somebody was not reached, in Japanese and English, for a report: "busy", "no_answer", "rejected", "redirected",
/// "not_confirmed", "hung_up", and what is our fault or the network's, which is nothing that a client firm need read more of.
pub fn why_not_reached(why: &str) -> [&'static str; 2] {
    match why {
        "busy" => ["話し中でした", "the line was busy"],
        "no_answer" => ["応答がありませんでした", "there was no answer"],
        "rejected" => ["着信を拒否されました", "the call was declined"],
        "redirected" => {
            ["別の番号へ転送される設定のため、おつなぎできませんでした", "the phone forwards calls to another number"]
        }
        "not_confirmed" => [
            "応答後の確認操作がなく、おつなぎしませんでした",
            "it was picked up, and nobody pressed the key to take the call",
        ],
        "hung_up" | "we_hung_up" => {
            ["お話しの後、おつなぎに至りませんでした", "it was answered, and the call was not taken"]
        }
        "cancelled" => ["オペレーターが取次を取りやめました", "the operator gave up the transfer"],
        "calls_at_once" | "calls_per_minute" | "talk_per_day" => {
            ["発信の上限に達していました", "the limit of outgoing calls was reached"]
        }
        "no_target" | "not_dialable" => {
            ["おつなぎできる連絡先がありませんでした", "there was nobody who could be called"]
        }
        _ => ["電波の届かない所にあるか、回線の都合でつながりませんでした", "the phone could not be reached"],
    }
}

/// The kind of the events that hold a SIP message.
pub const SIP: &str = "sip";

/// One line of a call's story.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TimelineEvent {
    /// Number within the call, from 0, without gaps.
    pub index: u32,
    /// Milliseconds since the call arrived, by the monotonic clock.
    pub offset_ms: i64,
    /// What: `arrived`, `ringing`, `offered`, `answered`, `held`, `resumed`, `target_called`, `bridged`, `sip`, … (the names of `call::record::Fact`).
    pub kind: String,
    /// Details, an object in JSON: for `sip`, direction, peer and the message.
    #[cfg_attr(feature = "schema", schema(value_type = serde_json::Value))]
    pub detail: Detail,
}

mod call_id_text {
    use acd::CallId;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(id: &CallId, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(id)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<CallId, D::Error> {
        String::deserialize(d)?.parse().map_err(|_| serde::de::Error::custom("not a call id"))
    }
}
