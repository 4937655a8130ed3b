//! What a carrier is told of a call that we pass on: Diversion (RFC 5806) and History-Info (RFC 7044).
//!
//! Both name the firm's number that was dialled, never the caller: who withholds a number is not given away by the way
//! the call has come.

use sip::message::Name;

use crate::order::Redirected;
use crate::trunk::RedirectionHeaders;

/// A person chose where the call goes: "deflection" of RFC 5806 section 9, and its cause in RFC 4458 section 5.
const REASON: &str = "deflection";
const CAUSE: u16 = 480;

/// The headers of a call to `target` (a URI) that was dialled as `dialled` (a URI).
pub(super) fn headers(
    wanted: RedirectionHeaders,
    redirected: &Redirected,
    dialled: &str,
    target: &str,
) -> Vec<(Name, String)> {
    let mut headers = Vec::new();
    if wanted.diversion {
        let count = redirected.before.saturating_add(1);
        headers.push((Name::Diversion, format!("<{dialled}>;reason={REASON};counter={count};privacy=off")));
    }
    if wanted.history_info {
        // Section 10.1.2: "mp" says that the second was made of the first, by choice and not by routing.
        let history = format!("<{dialled}>;index=1, <{target};cause={CAUSE}>;index=1.1;mp=1");
        headers.push((Name::HistoryInfo, history));
    }
    headers
}
