//! Operators' softphone accounts as the SIP side sees them.

/// An operator's row in the directory; the same number as `acd::OperatorId`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AccountId(pub i64);

/// What a phone must know to register.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Row id.
    pub id: AccountId,
    /// User part of the address of record, and digest user name ("101").
    pub user: String,
    /// MD5(user:realm:password) in lower-case hex: what old phones need.
    pub ha1_md5: String,
    /// SHA-256(user:realm:password) in lower-case hex.
    pub ha1_sha256: String,
    /// Which challenges are sent (PHONES.md, digest trap).
    pub digest: DigestPolicy,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("id", &self.id).field("user", &self.user).finish_non_exhaustive()
    }
}

/// Which digest challenges an account is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DigestPolicy {
    /// MD5 alone: every phone can.
    #[default]
    Md5,
    /// SHA-256 alone.
    Sha256,
    /// SHA-256 first, then MD5.
    Both,
}
