//! What a desk (or the API, or a feature code) may ask of the switch.

use std::net::IpAddr;

use acd::{CallId, OperatorId};
use serde::{Deserialize, Serialize};

use crate::directory::CustomerId;
use crate::media;
use crate::promise::{Counters, Today};
use crate::record::CallState;
use crate::usage::Cap;

/// A command of a person at a desk. The answer comes as `Output::Done` with the same number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// Ready for calls, or not (with a reason).
    SetOperatorState { operator: OperatorId, ready: bool, reason: String },
    /// Whether the report of the operator's newest call is still being written: an open one makes the wrap-up longer.
    ReportOpen { operator: OperatorId, open: bool },
    /// Wrap-up is over early.
    FinishWrapUp { operator: OperatorId },
    /// Put the caller on hold (music), or take back.
    Hold { call: CallId, on: bool },
    /// The caller no longer hears the operator (who still hears the caller), or again.
    Mute { call: CallId, on: bool },
    /// Keep nothing of what is said now in the recording (a card number), or again. Ends by itself after five minutes, when the
    /// operator leaves, and with the call.
    PauseRecording { call: CallId, on: bool },
    /// On to the client firm's person (取次).
    Transfer { call: CallId, transfer: Transfer },
    /// Join caller and the person who was called, and leave.
    CompleteTransfer { call: CallId },
    /// Give up the transfer: back to the caller.
    CancelTransfer { call: CallId },
    /// End the call for everyone.
    Hangup { call: CallId },
    /// A supervisor's own phone is called, and hears this call; or, if it hears it already, in another way.
    Supervise { call: CallId, supervisor: OperatorId, mode: SuperviseMode },
    /// The supervisor has heard enough.
    StopSupervising { call: CallId, supervisor: OperatorId },
    /// Call a phone of a firm and say something to whoever picks up, who confirms it with a key (X05). Once it is
    /// accepted, [`crate::Event::Notified`] tells how it ended.
    NotifyCall(Notice),
    /// How far the recording of this call has come, by its own clock: when a field of its report is written (X01).
    RecordingClock { call: CallId },
    /// A list of calls and operators as they are now.
    Snapshot,
    /// Today's figures of the promise, with those of so many firms, the worst first.
    Today { firms: usize },
    /// What would become of a call to this number, in any spelling.
    Route { number: String },
    /// Each trunk with its registration.
    Trunks,
    /// Sources that are not listened to now (R01).
    Bans,
    /// Listen to this source again; `None`: to all of them.
    ClearBans { source: Option<IpAddr> },
}

/// A spoken notice to be delivered by telephone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// Whoever asks knows it again by this. Two of one id at the same time are not begun.
    pub id: String,
    /// The firm.
    pub customer: CustomerId,
    /// Number to call, any spelling: a target of the firm, or one of its [`crate::Customer::notice_phones`] (R03).
    pub number: String,
    /// What is said, as a prompt's name: it must be spoken before.
    pub prompt: media::Prompt,
    /// The key that confirms it.
    pub key: char,
}

/// How a caller is to be passed on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// Attended: the operator announces, then completes. Confirmed: the person presses 1.
    pub mode: TransferMode,
    /// Number to call (any spelling); must be registered for this firm. `None`: the firm's targets, in order.
    pub to: Option<String>,
    /// The operator says that it is urgent (policy `UrgentOnly`).
    #[serde(default)]
    pub urgent: bool,
    /// Why, for a transfer that the policy does not allow by itself.
    #[serde(default)]
    pub reason: Option<String>,
}

/// The two ways of passing a caller on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TransferMode {
    /// The operator speaks with the person first.
    Attended,
    /// The person confirms with a key; the operator need not stay.
    Confirmed,
}

/// What a supervisor does on a call, beside hearing everybody who is on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SuperviseMode {
    /// Nobody hears the supervisor.
    Listen,
    /// The operator alone does.
    Whisper,
    /// Everybody does.
    Join,
}

impl SuperviseMode {
    /// Word for events and records.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Listen => "listen",
            Self::Whisper => "whisper",
            Self::Join => "join",
        }
    }
}

/// What a command gave.
#[derive(Clone, PartialEq, Debug)]
pub enum Reply {
    /// Done, or begun: events tell the rest.
    Accepted,
    /// Answer to `Snapshot`.
    Snapshot(Box<Snapshot>),
    /// Answer to `Today`.
    Today(Box<Today>),
    /// Answer to `RecordingClock`: milliseconds since the recording began, on the recording's own clock (R26). `None`: none runs.
    RecordingClock(Option<i64>),
    /// Answer to `Trunks`.
    Trunks(Vec<TrunkHealth>),
    /// Answer to `Route`.
    Route(Box<RouteNow>),
    /// Answer to `Bans`, and to `ClearBans` those that are listened to again. By address.
    Bans(Vec<BanNow>),
}

/// Why a command was refused. Nothing has changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CommandError {
    /// No such call now.
    UnknownCall,
    /// No such operator.
    UnknownOperator,
    /// Not possible in this state (says which).
    WrongState(CallState),
    /// The firm's policy does not allow it.
    PolicyForbids,
    /// The operator cannot become ready: so many reports of theirs are not done, and only so many may be (F38).
    ReportsOpen { open: u32, max: u32 },
    /// The number is not registered for this firm (R03).
    NotRegistered,
    /// The firm has nobody to be called.
    NoTarget,
    /// No trunk is up.
    NoTrunk,
    /// The firm's outgoing calls have used what they may (R03).
    OverLimit(Cap),
    /// This supervisor cannot hear this call.
    CannotSupervise(Obstacle),
    /// Such a notice is being spoken already, as many as may be are, or the house is closing: later.
    NotNow,
}

/// Why somebody cannot supervise a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Obstacle {
    /// No phone of theirs is registered.
    NoPhone,
    /// They are in a call, or supervise another.
    Busy,
    /// Somebody else supervises it.
    Another,
    /// They do not supervise it: there is nothing to stop.
    NotThere,
    /// No RTP port is free.
    NoPort,
}

/// Calls and operators as they are now.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Snapshot {
    /// Calls not yet cleared, oldest first.
    pub calls: Vec<CallNow>,
    /// Operators by id.
    pub operators: Vec<OperatorNow>,
    /// Trunks.
    pub trunks: Vec<TrunkNow>,
    /// Callers who wait, in order of service: as many as are told, [`WAITING_MAX`].
    pub waiting: Vec<WaitingNow>,
    /// Today's figures of the promise, without those of firms (`Today` has them).
    pub today: Today,
    /// What has happened since the process began.
    #[serde(skip)]
    pub counters: Counters,
}

/// Callers told of in a snapshot; more wait than any screen shows.
pub const WAITING_MAX: usize = 200;

/// A caller who waits, as it is now.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct WaitingNow {
    /// 13 characters.
    pub call: String,
    /// Firm.
    pub customer: Option<i64>,
    /// Firm's name.
    pub customer_name: String,
    /// Caller, or why there is no number.
    pub caller: String,
    /// Place among those who wait, from 1.
    pub position: usize,
    /// Higher goes first.
    pub priority: u8,
    /// Since the first 180, or since the caller is without an operator again, milliseconds.
    pub waiting_ms: i64,
    /// The same in whole rings of three seconds.
    pub rings: i64,
    /// A person had answered already, and is gone.
    pub again: bool,
    /// Not on the line: the caller is called back in this turn.
    pub away: bool,
    /// Operators whose phones are called now.
    pub ringing: Vec<i64>,
}

/// A call as it is now.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CallNow {
    /// 13 characters.
    pub call: String,
    /// State.
    pub state: CallState,
    /// Firm.
    pub customer: Option<i64>,
    /// Firm's name.
    pub customer_name: String,
    /// Caller, or why there is no number.
    pub caller: String,
    /// Operator.
    pub operator: Option<i64>,
    /// Unix ms.
    pub arrived_ms: i64,
    /// Transfer under way: "attended", "confirmed", "bridged", or empty.
    pub transfer: String,
    /// Name of the person over there who is rung, or has picked up, while the transfer is under way; else empty.
    pub target: String,
    /// While no person is on the line: "ringing", "announced" (music), "callback", "calling_back", "message", "closed"; else empty.
    pub waiting: String,
    /// Who supervises it.
    pub supervisor: Option<SupervisorNow>,
    /// The caller does not hear the operator.
    pub muted: bool,
    /// Its recording is paused.
    pub recording_paused: bool,
    /// How long its recording has been running, milliseconds, by the monotonic clock (R26): the recording's own time of this
    /// snapshot. Nothing: there is none.
    pub recording_ms: Option<i64>,
    /// Parties of whom nothing is heard although something should be (R33): "caller", "operator", "target".
    pub silent: Vec<String>,
}

/// A supervisor on a call, as it is now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SupervisorNow {
    /// The supervisor's row as an operator.
    pub operator: i64,
    /// Name.
    pub name: String,
    /// What the supervisor does.
    pub mode: SuperviseMode,
    /// The supervisor's phone has answered.
    pub on_the_line: bool,
}

/// An operator as he or she is now.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OperatorNow {
    /// Row id.
    pub operator: i64,
    /// Name.
    pub name: String,
    /// CSTA state word.
    pub state: String,
    /// Reason of NotReady.
    pub reason: String,
    /// A phone is registered.
    pub reachable: bool,
    /// Milliseconds in this state.
    pub for_ms: i64,
    /// "operator", "supervisor" or "manager": the latter two ring only when the operators do not suffice.
    pub tier: String,
    /// Names of teams.
    pub teams: Vec<String>,
    /// Milliseconds until the wrap-up is over at the latest; nothing outside of one.
    pub wrap_up_left_ms: Option<i64>,
    /// Whether the report of the last call is still being written.
    pub report_open: bool,
    /// How many reports of calls that the operator took are not done.
    pub reports_open: u32,
    /// Calls answered today (in Japan).
    pub calls_today: u32,
    /// Milliseconds talked today, in talks that are over.
    pub talk_today_ms: i64,
    /// The call that is offered, or in which the operator talks.
    pub call: Option<String>,
}

/// A trunk as it is now.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TrunkNow {
    /// Row id.
    pub trunk: i64,
    /// Name.
    pub name: String,
    /// Usable.
    pub up: bool,
    /// Since when it is not, unix ms, once that was told as an alarm (`trunk_down`).
    pub down_since_ms: Option<i64>,
}

/// A trunk for those who look after it. Times are unix ms.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TrunkHealth {
    /// Row id.
    pub trunk: i64,
    /// Name.
    pub name: String,
    /// Usable.
    pub up: bool,
    /// Since when it is so.
    pub since_ms: i64,
    /// Why it is so, for people.
    pub why: String,
    /// How it is registered: "asking", "registered", "refused", "unanswered", "expired"; "none": it does not register.
    pub registration: String,
    /// Since when.
    pub registration_since_ms: Option<i64>,
    /// Until when the carrier has taken it.
    pub registered_until_ms: Option<i64>,
    /// Status of the carrier's last answer; 408: none came.
    pub answer: Option<u16>,
    /// When it came.
    pub answer_ms: Option<i64>,
    /// Calls that we make over it now.
    pub outgoing: u16,
}

/// What would become of a call to a number, as the switch's own directory says (F61).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RouteNow {
    /// Whose number it is; `None`: nobody's.
    pub customer: Option<i64>,
    /// The firm's name.
    pub customer_name: String,
    /// What the operator would be told to say at this hour.
    pub greeting: String,
    /// The firm is open at this hour.
    pub open: bool,
}

/// A source that is not listened to for a while, as it is now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct BanNow {
    /// Whose packets are dropped unread.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub source: IpAddr,
    /// Why, a word for programs: "passwords", "scanning", "malformed".
    pub reason: String,
    /// Failures that led to it.
    pub failures: u32,
    /// When it is listened to again by itself, unix ms.
    pub until_ms: i64,
}
