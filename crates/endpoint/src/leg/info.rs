//! Keys pressed, by INFO: `application/dtmf-relay` (`Signal=5`) and `application/dtmf` (`5`).

use sip::flow::Flow;
use sip::message::{Message, Name};
use sip::transaction::ServerKey;

use super::Leg;
use crate::core::Core;
use crate::event::LegEvent;

/// What an INFO may bring.
const KINDS: &str = "application/dtmf-relay, application/dtmf";

impl Leg {
    /// INFO came.
    pub(crate) fn receive_info(&mut self, core: &mut Core, key: ServerKey, flow: Flow, info: &Message) {
        let voice = Some(self.voice());
        let kind = info.content_type().ok().flatten();
        let is = |essence| kind.as_ref().is_some_and(|kind| kind.is(essence));
        let body = String::from_utf8_lossy(info.body());
        let digit = if is("application/dtmf-relay") {
            relayed(&body)
        } else if is("application/dtmf") {
            signal(body.trim())
        } else if info.body().is_empty() {
            // RFC 6086 allows an INFO that says nothing.
            return core.answer(voice, flow, key, info, 200);
        } else {
            let response = core.reply(info, 415, None).header(Name::Accept, KINDS).finish();
            core.respond(voice, flow, key, response);
            return;
        };
        core.answer(voice, flow, key, info, if digit.is_some() { 200 } else { 400 });
        if let Some(digit) = digit.filter(|_| !self.over) {
            core.tell(LegEvent::Digit { leg: self.id, digit });
        }
    }
}

/// `Signal= 5` of a dtmf-relay body.
fn relayed(body: &str) -> Option<char> {
    body.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        name.trim().eq_ignore_ascii_case("signal").then(|| signal(value.trim())).flatten()
    })
}

/// One key: as itself, or by its event number (10 is `*`, 11 is `#`).
fn signal(text: &str) -> Option<char> {
    match text {
        "10" => return Some('*'),
        "11" => return Some('#'),
        _ => {}
    }
    let mut keys = text.chars();
    let key = keys.next()?.to_ascii_uppercase();
    (keys.next().is_none() && matches!(key, '0'..='9' | '*' | '#' | 'A'..='D')).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_both_spellings() {
        assert_eq!(relayed("Signal=5\r\nDuration=160\r\n"), Some('5'));
        assert_eq!(relayed("duration=160\nsignal = #\n"), Some('#'));
        assert_eq!(relayed("Duration=160"), None);
        assert_eq!(signal("10"), Some('*'));
        assert_eq!(signal("d"), Some('D'));
        assert_eq!(signal("55"), None);
        assert_eq!(signal(""), None);
    }
}
