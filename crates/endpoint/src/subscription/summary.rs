//! `application/simple-message-summary` (RFC 3842): the lamp means that callers wait.

/// New messages are callers in the queue; there are never old ones.
pub(super) fn document(account: &str, waiting: u32) -> String {
    let word = if waiting > 0 { "yes" } else { "no" };
    format!("Messages-Waiting: {word}\r\nMessage-Account: {account}\r\nVoice-Message: {waiting}/0\r\n")
}
