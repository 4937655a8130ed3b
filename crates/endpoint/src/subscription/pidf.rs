//! `application/pidf+xml` (RFC 3863) with what the person does (RFC 4479, RFC 4480).

use super::xml::escape;
use crate::presence::Presence;

/// Reasons that mean a meal, in the words that operators use.
const MEALS: [&str; 9] = ["昼食", "昼休", "食事", "ランチ", "夕食", "lunch", "meal", "dinner", "breakfast"];

/// `open` means that the operator is at work: whoever is away for a meal comes back. `closed` is who has gone home.
pub(super) fn document(entity: &str, presence: &Presence) -> String {
    let (basic, activity, note) = match presence {
        Presence::LoggedOut => ("closed", "", ""),
        Presence::Ready => ("open", "", ""),
        Presence::Busy => ("open", "<rpid:on-the-phone/>", ""),
        Presence::WorkingAfterCall => ("open", "<rpid:busy/>", ""),
        Presence::NotReady { reason } if is_meal(reason) => ("open", "<rpid:meal/>", reason.as_str()),
        Presence::NotReady { reason } => ("open", "<rpid:away/>", reason.as_str()),
    };
    let entity = escape(entity);
    let note = escape(note);
    // The person's own note comes after the activities, the document's note after the tuple (the schemas' order).
    let (own, common) = match note.as_str() {
        "" => (String::new(), String::new()),
        note => (format!("<dm:note>{note}</dm:note>"), format!("<note>{note}</note>\r\n")),
    };
    let activities = match activity {
        "" => String::new(),
        activity => format!("<rpid:activities>{activity}</rpid:activities>"),
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" \
         xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" \
         entity=\"{entity}\">\r\n<tuple id=\"desk\"><status><basic>{basic}</basic></status>\
         <contact>{entity}</contact></tuple>\r\n{common}<dm:person id=\"operator\">{activities}{own}</dm:person>\r\n\
         </presence>\r\n"
    )
}

fn is_meal(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    MEALS.iter().any(|meal| reason.contains(meal))
}
