//! Who may do what: the only place that knows.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a login is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Admin,
    /// Sees and hears every call, moves operators; changes no settings.
    Supervisor,
    /// Sees what goes on, and acts on the calls in his or her own hands.
    Operator,
}

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
    /// Set one's own state.
    SetOwnState,
    /// Set anyone's state.
    SetAnyState,
    /// Read firms, numbers, operators.
    ReadDirectory,
    /// Change firms, numbers, operators, trunks, users; read trunks.
    Administer,
}

impl Role {
    /// By its name in the database.
    pub fn parse(name: &str) -> Option<Role> {
        match name {
            "admin" => Some(Role::Admin),
            "supervisor" => Some(Role::Supervisor),
            "operator" => Some(Role::Operator),
            _ => None,
        }
    }

    /// May this role do this?
    pub fn may(self, act: Act) -> bool {
        match act {
            Act::Watch | Act::HandleOwnCall | Act::SetOwnState | Act::ReadDirectory => true,
            Act::FindCalls | Act::Listen | Act::HandleAnyCall | Act::SetAnyState => self != Role::Operator,
            Act::Administer => self == Role::Admin,
        }
    }
}
