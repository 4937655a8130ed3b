//! What comes back to the return path: whose it is, and whether it says that a report did not arrive.
//!
//! Whose: the address that it came to has the delivery's id (VERP), and if a server rewrote that, the Message-ID of our own
//! mail, which bounces quote. What: a delivery status notification (RFC 3464) says it field by field; other servers, those of
//! Japanese carriers among them, write a letter, which is read with care, because holiday notes come to the same address.

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};

use super::letter::Sender;

/// More of a mail is not read: bounces quote the mail that they are about, and ours is small.
pub const BOUNCE_BYTES_MAX: usize = 256 << 10;
/// Letters of the server's words that are kept.
const WORDS_MAX: usize = 300;

/// What a mail to the return path says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Returned {
    /// It did not arrive, and will not.
    Failed {
        /// The delivery's id.
        delivery: String,
        /// Status and words, on one line: `5.1.1 no such mailbox`.
        why: String,
    },
    /// It has not arrived yet; the server goes on trying.
    Delayed {
        /// The delivery's id.
        delivery: String,
        /// As above.
        why: String,
    },
    /// Of one of our mails, but nothing that is wrong with it: a holiday note, a confirmation.
    Other {
        /// The delivery's id.
        delivery: String,
    },
    /// Not about any mail of ours.
    Unknown,
}

/// Reads a mail. `addressed` are the envelope's recipients, if whoever hands it over knows them.
pub fn read(mail: &[u8], addressed: &[&str], sender: &Sender) -> Returned {
    let mail = mail.get(..BOUNCE_BYTES_MAX).unwrap_or(mail);
    let Some(parsed) = MessageParser::default().parse(mail) else { return Returned::Unknown };
    let Some(delivery) = whose(&parsed, mail, addressed, sender) else { return Returned::Unknown };
    match verdict(&parsed) {
        Verdict::Failed(why) => Returned::Failed { delivery, why },
        Verdict::Delayed(why) => Returned::Delayed { delivery, why },
        Verdict::Other => Returned::Other { delivery },
    }
}

/// The delivery that a mail is about.
fn whose(parsed: &Message<'_>, raw: &[u8], addressed: &[&str], sender: &Sender) -> Option<String> {
    let of_header = ["Delivered-To", "Envelope-To", "X-Original-To", "X-Envelope-To", "To", "Original-Recipient"];
    let headers = of_header.iter().filter_map(|name| parsed.header_raw(*name));
    let by_address = addressed.iter().copied().chain(headers).find_map(|text| in_return_path(text, sender));
    // Nobody but a mail about ours has this text in it: our domain and an id that nobody can guess.
    by_address.or_else(|| in_message_id(&String::from_utf8_lossy(raw), sender))
}

/// The id in `bounce+ID@domain`, wherever in the text.
fn in_return_path(text: &str, sender: &Sender) -> Option<String> {
    let bounce = sender.bounce.as_ref()?;
    let (before, after) = (format!("{}+", bounce.local()), format!("@{}", bounce.domain()));
    between(text, &before, &after)
}

/// The id in `<ID@domain>`, wherever in the text.
fn in_message_id(text: &str, sender: &Sender) -> Option<String> {
    between(text, "<", &format!("@{}>", sender.from.domain()))
}

/// A UUID between two texts, in whatever case a server wrote them.
fn between(text: &str, before: &str, after: &str) -> Option<String> {
    const ID_BYTES: usize = 36;
    let text = text.to_ascii_lowercase();
    let (before, after) = (before.to_ascii_lowercase(), after.to_ascii_lowercase());
    text.match_indices(&before).find_map(|(place, _)| {
        let rest = text.get(place + before.len()..)?;
        let id = rest.get(..ID_BYTES)?;
        let is_id = id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        (is_id && rest.get(ID_BYTES..)?.starts_with(&after)).then(|| id.to_owned())
    })
}

enum Verdict {
    Failed(String),
    Delayed(String),
    Other,
}

fn verdict(mail: &Message<'_>) -> Verdict {
    if let Some(fields) = mail.parts.iter().find_map(status_fields) {
        return of_status(&fields, &mail.body_text(0).unwrap_or_default());
    }
    if !is_from_a_server(mail) {
        return Verdict::Other;
    }
    let subject = mail.subject().unwrap_or_default().to_lowercase();
    let why = words(mail);
    if ["delayed", "delay", "warning", "遅延"].iter().any(|word| subject.contains(word)) {
        Verdict::Delayed(why)
    } else {
        Verdict::Failed(why)
    }
}

/// The text of a `message/delivery-status` part.
fn status_fields(part: &mail_parser::MessagePart<'_>) -> Option<String> {
    let kind = part.content_type()?;
    let is_status = kind.c_type.eq_ignore_ascii_case("message")
        && kind.subtype().is_some_and(|subtype| subtype.to_ascii_lowercase().ends_with("delivery-status"));
    if !is_status {
        return None;
    }
    match &part.body {
        PartType::Text(text) => Some(text.to_string()),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        PartType::Message(inner) => Some(String::from_utf8_lossy(&inner.raw_message).into_owned()),
        PartType::Html(_) | PartType::Multipart(_) => None,
    }
}

/// RFC 3464 section 2.3: one mail of ours has one recipient, so one `Action` is the verdict.
fn of_status(fields: &str, letter: &str) -> Verdict {
    let fields = unfolded(fields);
    let field = |name: &str| {
        fields.lines().find_map(|line| {
            let (head, value) = line.split_once(':')?;
            head.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    // `smtp; 550 5.1.1 no such mailbox`
    let told = field("Diagnostic-Code")
        .map(|code| code.split_once(';').map_or(code.clone(), |(_, told)| told.trim().to_owned()));
    let recipient = field("Final-Recipient").unwrap_or_default();
    let told = told.or_else(|| said_of(&recipient, letter));
    let status = field("Status").unwrap_or_default();
    let why = one_line(&match told {
        Some(told) if told.contains(&status) => told,
        Some(told) => format!("{status} {told}"),
        None => status.clone(),
    });
    match field("Action").unwrap_or_default().to_ascii_lowercase().as_str() {
        "failed" => Verdict::Failed(why),
        "delayed" => Verdict::Delayed(why),
        // Some leave it out; the status says it, too (RFC 3463 section 3.1).
        "" if status.starts_with('5') => Verdict::Failed(why),
        "" if status.starts_with('4') => Verdict::Delayed(why),
        _ => Verdict::Other,
    }
}

/// Some (Exim) say why in the letter for people alone: in the line below the recipient's address.
fn said_of(recipient: &str, letter: &str) -> Option<String> {
    let address = recipient.rsplit(';').next().map(str::trim).filter(|address| !address.is_empty())?;
    let mut lines = letter.lines().map(str::trim).skip_while(|line| line.trim_matches(['<', '>', ':']) != address);
    lines.nth(1).filter(|line| !line.is_empty()).map(str::to_owned)
}

/// A field that goes on in the next line is one line (RFC 5322 section 2.2.3).
fn unfolded(fields: &str) -> String {
    let text = fields.replace("\r\n", "\n");
    text.replace("\n ", " ").replace("\n\t", " ")
}

/// Whether a mail server wrote it, not a person's mail program. Both write to the return path, and both as `<>`; servers call
/// themselves by names that nobody else has.
fn is_from_a_server(mail: &Message<'_>) -> bool {
    if mail.header_raw("X-Failed-Recipients").is_some() {
        return true;
    }
    let from = mail.from().and_then(|from| from.first()).and_then(|from| from.address()).unwrap_or_default();
    let local = from.split('@').next().unwrap_or_default().to_ascii_lowercase();
    ["mailer-daemon", "mailer_daemon", "postmaster", "mail-daemon", "mailerdaemon", "mdaemon"].contains(&local.as_str())
}

/// The line of a letter that has a code in it (`550 5.1.1 …`, `Unknown user`), or its subject.
fn words(mail: &Message<'_>) -> String {
    let body = mail.body_text(0).unwrap_or_default();
    let told = body.lines().map(str::trim).find(|line| has_code(line));
    one_line(told.unwrap_or_else(|| mail.subject().unwrap_or("returned")))
}

/// `550 …`, `5.1.1 …`, `#5.1.1`, also in the middle of a line.
fn has_code(line: &str) -> bool {
    line.split(|letter: char| !(letter.is_ascii_digit() || letter == '.')).any(|word| {
        let digits = word.bytes().all(|byte| byte.is_ascii_digit());
        let first = word.starts_with('4') || word.starts_with('5');
        let enhanced = word.splitn(3, '.').count() == 3 && word.split('.').all(|part| (1..=3).contains(&part.len()));
        first && ((word.len() == 3 && digits) || enhanced)
    })
}

fn one_line(text: &str) -> String {
    let plain = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    plain.take(WORDS_MAX).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests;
