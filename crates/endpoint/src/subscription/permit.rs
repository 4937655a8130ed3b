//! Who may watch whom: the one place that decides.

use crate::account::AccountId;
use crate::registrar::Registrar;

/// Operators of a house sit in one room: each may see the lamps of all. What a caller withholds is not shown to anybody, so
/// it is no question of who watches (see the `line` module).
pub(super) fn may_watch(registrar: &Registrar, watcher: AccountId, watched: AccountId) -> bool {
    registrar.account(watcher).is_some() && registrar.account(watched).is_some()
}
