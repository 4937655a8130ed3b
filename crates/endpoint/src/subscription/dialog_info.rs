//! `application/dialog-info+xml` (RFC 4235 section 4): always the full state.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::line::{Direction, Line, Stage};
use super::xml::escape;
use crate::order::LegId;

/// Dialogs that one document names. An operator has two at most in honest use (a talk and a consultation); a datagram holds no
/// endless list.
const DIALOGS_MAX: usize = 8;

/// `told`: what was told last. What has ended since is named once more, as terminated.
///
/// `own`: the watcher is the operator itself. Nobody else learns Call-ID and tags, which name the dialog to whoever would
/// speak in it; they are optional (section 4.1.1).
pub(super) fn document(
    own: bool,
    entity: &str,
    version: u32,
    lines: &BTreeMap<LegId, Line>,
    told: Option<&BTreeMap<LegId, Line>>,
) -> String {
    let entity = escape(entity);
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" \
         version=\"{version}\" state=\"full\" entity=\"{entity}\">\r\n"
    );
    for (leg, line) in lines.iter().take(DIALOGS_MAX) {
        let stage = match line.stage {
            Stage::Trying => "trying",
            Stage::Early => "early",
            Stage::Confirmed => "confirmed",
        };
        dialog(&mut xml, own, &entity, *leg, line, stage);
    }
    let ended = told.into_iter().flatten().filter(|(leg, _)| !lines.contains_key(leg));
    for (leg, line) in ended.take(DIALOGS_MAX) {
        dialog(&mut xml, own, &entity, *leg, line, "terminated");
    }
    xml.push_str("</dialog-info>\r\n");
    xml
}

fn dialog(xml: &mut String, own: bool, entity: &str, leg: LegId, line: &Line, stage: &str) {
    let direction = match line.direction {
        Direction::Initiator => "initiator",
        Direction::Recipient => "recipient",
    };
    let names = if own { names(line) } else { String::new() };
    // Writing into a String cannot fail.
    let _ = write!(
        xml,
        "<dialog id=\"{leg}\"{names} direction=\"{direction}\">\
         <state>{stage}</state><local><identity>{entity}</identity><target uri=\"{entity}\"/></local>",
    );
    if let Some(remote) = &line.remote {
        let uri = escape(&remote.uri);
        let display = match remote.display.as_str() {
            "" => String::new(),
            display => format!(" display=\"{}\"", escape(display)),
        };
        let _ = write!(xml, "<remote><identity{display}>{uri}</identity><target uri=\"{uri}\"/></remote>");
    }
    xml.push_str("</dialog>\r\n");
}

fn names(line: &Line) -> String {
    let local_tag = line.local_tag.as_deref().map(|tag| format!(" local-tag=\"{}\"", escape(tag))).unwrap_or_default();
    format!(" call-id=\"{}\"{local_tag} remote-tag=\"{}\"", escape(&line.call_id), escape(&line.remote_tag))
}
