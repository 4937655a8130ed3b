//! Who may do what: the only place that knows.

use store::{MemberRole, Role};

/// Something that may be allowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// See calls and operators as they are now, and the event stream.
    Watch,
    /// Find calls of the past, read their story.
    FindCalls,
    /// Hear a recording.
    Listen,
    /// Hold, transfer, hang up a call of one's own.
    HandleOwnCall,
    /// The same for anyone's call.
    HandleAnyCall,
    /// Listen to a call as a supervisor, whisper to its operator, join it; and see who does.
    Supervise,
    /// Have another person's phone called to a call: it answers by itself, and opens a microphone.
    SuperviseForAnother,
    /// Write a report, one's own or a draft that another has left; read what is needed for it.
    WriteReports,
    /// Find anybody's reports, see what was not delivered, send again, see and finish supervisors' tasks, take the proof away.
    TendReports,
    /// What operators have to know about a firm: its profile (to read, without its secrets), people's schedules, notes, manuals.
    TendFirms,
    /// Set one's own state.
    SetOwnState,
    /// Set anyone's state.
    SetAnyState,
    /// Read firms, numbers, operators.
    ReadDirectory,
    /// See which sources are not listened to, and have them listened to again.
    Forgive,
    /// See how the house is: disk, database, trunks, certificate.
    SeeHealth,
    /// Change firms, numbers, operators, trunks, users; read trunks.
    Administer,
}

/// May this role do this?
pub fn may(role: Role, act: Act) -> bool {
    match act {
        Act::Watch | Act::HandleOwnCall | Act::SetOwnState | Act::ReadDirectory | Act::WriteReports => true,
        Act::FindCalls
        | Act::Listen
        | Act::HandleAnyCall
        | Act::SetAnyState
        | Act::Forgive
        | Act::Supervise
        | Act::TendReports
        | Act::TendFirms
        | Act::SeeHealth => role != Role::Operator,
        Act::Administer | Act::SuperviseForAnother => role == Role::Admin,
    }
}

/// Something that may be allowed to a client firm's own people, about their firm alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MyAct {
    /// See reports, schedules, notes, who else logs in.
    Read,
    /// Deal with reports, say that one is wrong, keep schedules and notes.
    Handle,
    /// Manage the firm's logins.
    Manage,
}

/// May a member of this role do this?
pub fn member_may(role: MemberRole, act: MyAct) -> bool {
    match act {
        MyAct::Read => true,
        MyAct::Handle => role != MemberRole::Reader,
        MyAct::Manage => role == MemberRole::Owner,
    }
}
