//! Everything that goes into the switch and comes out of it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use acd::{CallId, OperatorId};
use bytes::Bytes;
use serde::Serialize;
use sip::flow::Flow;
use sip::framing::FramingFault;

use crate::desk::{Command, CommandError, Reply};
use crate::dial_in;
use crate::directory::Directory;
use crate::media;
use crate::past::Past;
use crate::promise::{Figures, Visit};
use crate::record::{CallRecord, Tried};
use crate::waiting::AbandonedPolicy;

/// One thing that happened outside.
#[derive(Clone, Debug)]
pub enum Input {
    /// A SIP packet.
    Packet { flow: Flow, bytes: Bytes },
    /// The head of a message on a stream where nobody can tell where it ends; the stream is about to be closed.
    Unframed { flow: Flow, head: Bytes, fault: FramingFault },
    /// A stream connection is gone.
    FlowClosed { flow: Flow },
    /// The peer of this stream proved by certificate that it is each of these host names; before the stream's first packet.
    Certified { flow: Flow, names: Vec<String> },
    /// At the other end of this stream is this operator: the web server knows by their login. Before the stream's first packet.
    Vouched { flow: Flow, operator: OperatorId },
    /// The time of the login that opened this stream is over: who talks there talks on, nothing else begins. May be told again.
    Lapsed { flow: Flow },
    /// A packet could not be sent.
    TransportFailed { flow: Flow },
    /// From the voice path.
    Media(media::Event),
    /// Answer to what a caller of the recordings line needs.
    DialIn { line: CallId, number: u64, answer: dial_in::Answer },
    /// From a desk.
    Command { number: u64, command: Command },
    /// A new snapshot of the directory.
    Directory(Arc<Directory>),
    /// The wall clock, told at start and every few seconds.
    WallClock { unix_ms: i64 },
    /// Visits of today that an earlier process has seen the end of: the promise's figures go on from there. Once, at the start.
    Today(Vec<Visit>),
    /// What is known of callers from before this process, in parts, while calls are taken already.
    Past(Past),
    /// The report of this call is sent, or there will be none (F38).
    ReportDone { call: CallId },
    /// The reports that are not done, and the operators who took the calls: all of them, as the database has them, told at the start
    /// and every now and then.
    OpenReports(Vec<(CallId, OperatorId)>),
    /// The recordings' disk has become scarce, or is no longer (R22).
    Disk { free_percent: u8, scarce: bool },
    /// Take no new calls (503 with Retry-After); calls in progress go on.
    Drain,
    /// Of a hundred new calls take so many, the others get 503 with Retry-After (R45). A hundred: all, as at the start.
    Overload { admitted_percent: u8 },
    /// Mend what [`crate::Switch::audit`] finds broken.
    Repair,
}

/// One thing to do, in the domain's words.
#[derive(Clone, Debug)]
pub enum Output {
    /// Put these bytes on the wire.
    Transmit { flow: Flow, bytes: Bytes },
    /// Close this stream, when what was to be sent is sent.
    Close { flow: Flow },
    /// For the voice path.
    Media(media::Order),
    /// For desks, logs and supervisors.
    Event(Event),
    /// To be kept.
    Record(Box<CallRecord>),
    /// A caller of the recordings line needs this: answered as [`Input::DialIn`] of the same line and number.
    DialIn { line: CallId, number: u64, ask: dial_in::Ask },
    /// Answer to a command.
    Done { number: u64, result: Result<Reply, CommandError> },
}

/// What [`Event::CallChanged`] says of a supervisor on the call: called, heard in this way from now on, gone.
pub const SUPERVISION: [&str; 3] = ["supervisor_called", "supervised", "supervision_ended"];

/// What desks, logs and supervisors see. Serialised as JSON with a `kind`.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A call came in.
    CallArrived {
        call: String,
        customer: Option<i64>,
        customer_name: String,
        did: String,
        caller: String,
        withheld: String,
    },
    /// The operator's screen: which firm, what to say.
    ScreenPop {
        call: String,
        operator: i64,
        customer: Option<i64>,
        customer_name: String,
        reading: String,
        /// What to say first at this time of day (F07), and how that is read; the latter may be empty.
        greeting: String,
        greeting_reading: String,
        manual: String,
        caller: String,
        withheld: String,
        waited_ms: i64,
        /// The caller is not on the line: whoever answers hears ringing until the caller is there.
        callback: bool,
        /// The firm is closed now: its words for that, which callers may be told. Empty: it is open.
        closed: String,
        /// The same number has called this firm before, in the last 24 hours (F09).
        earlier: Option<Earlier>,
        /// This number has never called this firm, as far as is remembered (F06). Not said of a caller without a number, nor before
        /// what earlier processes knew has been loaded.
        is_new: bool,
        /// Calls of this number to this firm in the last 24 hours, with this one; 0: the number is not known.
        visits: u32,
    },
    /// A caller has left a message in a firm's message box: on the call's recording, from there to there, milliseconds.
    MessageLeft { call: String, customer: Option<i64>, customer_name: String, caller: String, from_ms: i64, to_ms: i64 },
    /// The offer to this operator is over without an answer.
    PopClosed { call: String, operator: i64, why: String },
    /// An operator's answer is about to be connected (W14). Told before the caller gets our 200, so that whoever listens may have
    /// done with it, say, what the desk needs, by the first word; nothing waits for them.
    PreConnect { call: String, operator: i64, customer: Option<i64>, customer_name: String },
    /// A person answered.
    CallAnswered { call: String, operator: i64, wait_ms: i64 },
    /// Hold, resume, mute, transfer steps; "widened": more phones may ring, `detail` says whose ("best_3", "suited",
    /// "everyone", "supervisors", "managers") and why ("step" of the firm's plan, "promise" in danger).
    CallChanged { call: String, what: String, detail: String },
    /// A transfer failed; the caller is back (F42). `number`, `name`, `why`: the last one who was tried, and what became of it;
    /// `tried`: all of them, in order. [`crate::record::why_not_reached`] has the words.
    TransferFailed { call: String, number: String, name: String, why: String, tried: Vec<Tried> },
    /// A spoken notice ([`crate::Command::NotifyCall`]) has come to its end: told once for each that was begun.
    Notified { id: String, outcome: Heard },
    /// The call is over.
    CallEnded { call: String, ending: String, talk_ms: i64, wait_ms: i64, answered: bool },
    /// An operator's state.
    OperatorState { operator: i64, state: String, reason: String },
    /// A trunk's state.
    TrunkState { trunk: i64, up: bool, why: String },
    /// Today's figures, or who waits, have changed: told at once, and then once a second at most.
    Promise { from_ms: i64, total: Figures, waiting: usize, longest_waiting_ms: i64 },
    /// Somebody should look at this.
    Alarm(Alarm),
}

/// What became of a spoken notice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Heard {
    /// The key was pressed: a person has heard it.
    Confirmed,
    /// Somebody, or a mailbox, picked up, and no key was pressed.
    NotConfirmed,
    /// Engaged, or declined.
    Busy,
    /// It rang for its time.
    NoAnswer,
    /// It could not be called, or nothing could be said.
    Failed,
}

impl Heard {
    /// Word for logs and rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::NotConfirmed => "not_confirmed",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Failed => "failed",
        }
    }
}

/// Earlier calls of the same number to the same firm, in the last 24 hours (F09).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Earlier {
    /// How many.
    pub calls: u32,
    /// When the last one came, unix milliseconds.
    pub last_ms: i64,
    /// The last one, as 13 characters.
    pub last_call: String,
}

/// Something an administrator or supervisor should see. Data, worded by the reader's language.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "alarm", rename_all = "snake_case")]
pub enum Alarm {
    /// A call to a number that is in no table (F01): it was answered with the default greeting.
    UnknownNumber { call: String, candidates: Vec<String> },
    /// The caller gave up before anyone answered (F04), and what the firm wants done about it.
    Abandoned {
        call: String,
        customer: Option<i64>,
        did: String,
        caller: String,
        wait_ms: i64,
        policy: AbandonedPolicy,
    },
    /// A recording failed.
    RecordingFailed { call: String, why: String },
    /// So little of the recordings' disk is free that somebody must make room (R22).
    DiskScarce { free_percent: u8 },
    /// There is room again.
    DiskRoomy { free_percent: u8 },
    /// Nothing is heard from one party (R33).
    OneWayAudio { call: String, leg: String },
    /// It has become unlikely that this call is answered within three rings (X07, F05). Told once for each call; who is
    /// called in for it, `call_changed` tells ("widened").
    PromiseAtRisk { call: String, customer: Option<i64>, chance_percent: u8 },
    /// An operator's phone failed to answer twice.
    OperatorUnreliable { operator: i64 },
    /// So many firms want this team's operators, and it has none: their calls ring at others.
    EmptyTeam { team: String, customers: usize },
    /// An outgoing call to a number that may not be dialled was tried (R03).
    TollFraud { who: String, number: String },
    /// A firm's outgoing calls have reached a cap (R03): "calls_at_once", "calls_per_minute" or "talk_per_day".
    OverLimit { call: String, customer: i64, limit: String },
    /// Too many wrong PINs at the recordings line (R01): this firm's recordings cannot be heard by telephone for a while, or, without
    /// a firm, not from this number (which may be withheld: empty).
    PinLocked { customer: Option<i64>, caller: String },
    /// Authentication failures from one address (R01).
    AuthenticationFailures {
        #[cfg_attr(feature = "schema", schema(value_type = String))]
        source: IpAddr,
        user: String,
        failures: u32,
    },
    /// More comes in than this machine can do: a share of the new calls is refused (R45).
    OverloadBegan { admitted_percent: u8 },
    /// New calls are all taken again; so many were refused meanwhile.
    OverloadEnded { refused: u64 },
    /// A table is full.
    Full { table: String, limit: usize },
    /// Calls over a trunk go to another of its addresses than before.
    HopChanged {
        trunk: i64,
        #[cfg_attr(feature = "schema", schema(value_type = String))]
        hop: SocketAddr,
    },
    /// A trunk out there is told this address of ours (of signalling or voice), to which it cannot send.
    PrivateAddress {
        trunk: i64,
        #[cfg_attr(feature = "schema", schema(value_type = String))]
        address: IpAddr,
    },
    /// A source is not listened to for a while: "scanning" or "malformed" (wrong passwords are told of by
    /// `authentication_failures`).
    Banned {
        #[cfg_attr(feature = "schema", schema(value_type = String))]
        source: IpAddr,
        reason: String,
        failures: u32,
    },
    /// A trunk's registration was refused.
    RegistrationRefused { trunk: i64, status: u16 },
    /// A trunk cannot be used, and not for a moment only: until `trunk_up` no call comes over it, and none goes.
    TrunkDown { trunk: i64, why: String },
    /// A trunk of which that was told can be used again, after so long.
    TrunkUp { trunk: i64, down_ms: i64 },
    /// No RTP port is free.
    NoPort,
    /// An invariant was broken and repaired.
    Repaired { what: String },
}

/// The account of an operator: the ids that other floors use, in one place.
pub(crate) fn account_of(operator: OperatorId) -> endpoint::AccountId {
    endpoint::AccountId(operator.0)
}

/// The operator of an account.
pub fn operator_of(account: endpoint::AccountId) -> OperatorId {
    OperatorId(account.0)
}

/// A call's 13-character name.
pub fn call_name(call: CallId) -> String {
    call.to_string()
}
