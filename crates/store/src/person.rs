//! Somebody who logs in, on either side of the house: what both sides have alike is written once.

/// Whose session, second factor or passkey.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Person {
    /// One of the house's: a row of users.
    User(i64),
    /// One of a client firm's: a row of members.
    Member(i64),
}

impl Person {
    /// The row's id.
    pub fn id(self) -> i64 {
        match self {
            Person::User(id) | Person::Member(id) => id,
        }
    }

    /// As in the tables that both sides share.
    pub(crate) fn side(self) -> &'static str {
        match self {
            Person::User(_) => "user",
            Person::Member(_) => "member",
        }
    }

    pub(crate) fn of(side: &str, id: i64) -> Option<Person> {
        match side {
            "user" => Some(Person::User(id)),
            "member" => Some(Person::Member(id)),
            _ => None,
        }
    }

    /// The table of this side's sessions, and the column that says whose they are.
    pub(crate) fn sessions(self) -> (&'static str, &'static str) {
        match self {
            Person::User(_) => ("sessions", "user_id"),
            Person::Member(_) => ("member_sessions", "member"),
        }
    }
}
