//! What is kept, in SQLite or PostgreSQL behind one API, and the journal in front of it.
//!
//! [`Store`] speaks the domain's words: customers and their numbers, operators, trunks, settings, calls, recordings, web
//! users, the audit log. Nothing at call time waits for it: the switch works on the snapshot that
//! [`Store::load_directory`] gives, and hands its call records to the [`Journal`], which never blocks.
//!
//! # One set of SQL for two databases
//! Everything goes through sqlx's `Any` driver with `$1` placeholders and columns of BIGINT and TEXT alone, which both
//! databases understand alike; the few statements that differ (pragmas, how a transaction begins, the lock around
//! migrations) are in `database` and `migrate`. The other shape, one pool or one crate per database, would have every
//! statement twice and every row mapping twice, and two things that are written twice drift apart. What it costs: no
//! booleans, no JSON operators, no compile-time checked queries. The conformance suite (`tests/conformance.rs`) runs
//! every verb against both.
//!
//! Every verb that changes something is one transaction. Time is an argument (`now_ms`, unix milliseconds).

mod account;
mod audit;
mod backup;
mod billing;
mod call;
mod check;
mod clip;
mod compose;
mod customer;
mod database;
mod dial_in;
mod did;
mod digest;
mod directory;
mod display;
mod dispute;
mod door;
mod error;
mod feedback;
mod figures;
mod fill;
mod grams;
mod handling;
mod identity;
mod import;
mod interrupted;
mod invitation;
pub mod journal;
mod keeping;
mod known;
mod ladder;
mod manual;
mod member;
mod migrate;
mod note;
mod onboarding;
mod operator;
mod outbox;
mod passkey;
mod password;
mod person;
mod plan;
mod profile;
mod quality;
mod reconcile;
mod report;
mod row;
mod schedule;
mod search;
mod secret;
mod seen;
mod session;
mod settings;
mod shut;
mod task;
mod text;
mod totp;
mod trunk;
mod user;
mod uuid;
mod visitor;
mod visits;

pub use account::Account;
pub use audit::{AuditEntry, AuditQuery};
pub use backup::KeptRecording;
pub use billing::{Counts, Month};
pub use call::RecordingTimes;
pub use check::LANGUAGE;
pub use clip::{CLIP_MS, Clip, NewClip};
pub use compose::{Composed, MakeLink, MakeLinks, delivery};
pub use customer::{CustomerForm, CustomerRow};
pub use database::{Backend, Store};
pub use dial_in::{DialIn, DialedIn, Try, by_telephone};
pub use did::DidRow;
pub use digest::DueDigest;
pub use directory::{DirectoryProblem, Loaded};
pub use display::DisplayRow;
pub use dispute::{ANSWER_MS, Cause, DisputeCount, DisputeQuery, DisputeRow, NewDispute, Verdict};
pub use door::Door;
pub use error::{Conflict, Problem, StoreError};
pub use feedback::{FeedbackKind, FeedbackQuery, FeedbackRow, NewFeedback};
pub use figures::{By, Figures, OperatorFigures};
pub use fill::Filling;
pub use handling::{Handling, HandlingRow, MyReport, MyReportPage, visible_from_ms};
pub use identity::{IdentityForm, IdentityMethod, IdentityRow};
pub use import::{CUSTOMER_COLUMNS, ImportError, Imported, RowError};
pub use interrupted::Interrupted;
pub use invitation::Invited;
pub use journal::Journal;
pub use keeping::{DueCase, HOUSE, HoldRow, NewHold, PURGE_MAX, PurgeRow, Purged, Retention, Waiting};
pub use ladder::DueLadder;
pub use manual::{InForce, NewManual, Reader};
pub use member::{MemberForm, MemberRole, MemberRow};
pub use migrate::newest as newest_schema;
pub use onboarding::{
    CallProof, Changed, FirmStanding, GreetingHeard, GreetingProof, Heard, MailProof, MailedTo, Onboarding, RouteProof,
    Standing, Written,
};
pub use operator::{OperatorForm, OperatorRow};
pub use outbox::{
    AttemptRow, ChannelRow, DeliveryQuery, DeliveryRow, DeliveryState, Ended, Job, Kinds, LEASE_MAX, Late, Listen,
    NewDelivery, Outbox, Returned, Seen, Settled,
};
pub use passkey::{NewPasskey, PASSKEYS_MAX, PasskeyRow};
pub use person::Person;
pub use plan::{Plan, Step, steps_from, steps_text};
pub use profile::ProfileRow;
pub use quality::{Criterion, Drawn, Mark, PER_OPERATOR_MAX, POINTS_MAX, SampleQuery, SampleRow, Sheet, Week};
pub use reconcile::{OVERDUE_MS, ProofRow, Reconciliation};
pub use report::{
    CallFacts, DueByThemselves, EarlierReport, LOCK_MS, Lock, Origin, ReportCursor, ReportPage, ReportQuery, ReportRow,
    ReportState, Sending, Sent, StoredEdit, Writer,
};
pub use row::{from_word, word};
pub use search::{CallPage, CallQuery, CallSummary, Cursor};
pub use secret::{Password, Token, hex};
pub use seen::state_of;
pub use session::{Entrance, SessionRow, Visit};
pub use shut::{NewShut, ShutRow};
pub use task::{NewTask, TaskEnd, TaskKind, TaskRow};
pub use text::fold;
pub use totp::TotpRow;
pub use trunk::{RegistrationForm, TrunkCounts, TrunkForm, TrunkRow};
pub use user::{Role, UserForm, UserRow};
pub use uuid::{new_id, report_id_of_call};
pub use visitor::{CallersPage, PromisedCallBack, RECENT_MAX, RecentCaller};
pub use visits::WANTED_PERCENT;
