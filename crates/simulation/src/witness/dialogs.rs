//! Dialogs as they show on the wire.

use std::collections::BTreeSet;
use std::time::Duration;

/// One dialog.
#[derive(Debug, Default)]
pub(super) struct Dialog {
    /// The last CSeq of the switch.
    pub(super) cseq: u32,
    /// A 2xx to its first INVITE has reached the switch, or left it.
    pub(super) confirmed: bool,
    /// A 2xx has come to an INVITE that may have failed on its way: the switch may want the dialog, or not.
    pub(super) may_be: bool,
    /// The switch has sent BYE.
    pub(super) we_said_bye: bool,
    /// The switch has accepted a BYE.
    pub(super) they_said_bye: bool,
    /// The party has said 481, or nothing for 64*T1: it knows no such dialog.
    pub(super) denied: bool,
    /// Its stream has died: nobody can say goodbye.
    pub(super) excused: bool,
    /// Its streams, one after the other; 0 is none.
    pub(super) connections: BTreeSet<u64>,
    /// The switch's 2xx to the first INVITE waits for its ACK since then.
    pub(super) unacked_since: Option<Duration>,
    /// The party has used it: it knows it, ACK or not.
    pub(super) known_there: bool,
    /// Its end was agreed on: a BYE and its answer.
    pub(super) closed: bool,
    /// CSeq of 2xx whose ACK has reached the switch.
    pub(super) acked: Vec<u32>,
}

impl Dialog {
    /// Somebody has ended it.
    pub(super) fn is_over(&self) -> bool {
        self.we_said_bye || self.they_said_bye || self.denied
    }
}
