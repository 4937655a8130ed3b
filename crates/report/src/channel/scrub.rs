//! What others say of a channel, without its secrets (R20): a service that refuses often repeats what it was asked.

use super::{Channel, MASK};

/// Characters of a secret, from which on it is looked for: less is a word.
const SECRET_FROM: usize = 8;
/// The same of a part of a secret: a folder or a value of a URL, a line of a key. Shorter ones are words of its address.
const PART_FROM: usize = 12;

impl Channel {
    /// `said` with `••••` wherever a secret of this channel stands in it: whole, or the path, query or token of its URL, or a line of
    /// its key. `also`: secrets that go with it, as an access token that was made of them.
    pub fn scrub(&self, said: &str, also: &[&str]) -> String {
        let mut parts: Vec<String> = also.iter().map(|&secret| secret.to_owned()).collect();
        for secret in self.clone().secrets() {
            add_parts(&mut parts, secret);
        }
        parts.retain(|part| part.chars().count() >= SECRET_FROM);
        // The longest first: of a part that stands in another, nothing is left over.
        parts.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        parts.dedup();
        parts.iter().fold(said.to_owned(), |said, part| said.replace(part.as_str(), MASK))
    }
}

/// The secret, and what of it may stand alone.
fn add_parts(parts: &mut Vec<String>, secret: &str) {
    parts.push(secret.to_owned());
    let rest = secret.split_once("://").map(|(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    let pieces = rest.unwrap_or(secret).split(['/', '?', '&', '=', '#', '\n']);
    for piece in pieces.filter(|piece| piece.chars().count() >= PART_FROM && !piece.starts_with("-----")) {
        parts.push(piece.to_owned());
        parts.push(decoded(piece));
    }
    if let Some(path) = rest.filter(|path| path.chars().count() >= PART_FROM) {
        parts.push(path.to_owned());
        parts.extend(path.split_once('?').map(|(_, query)| query.to_owned()));
    }
}

/// Without its percent signs (RFC 3986 section 2.1): services show what they have read.
fn decoded(piece: &str) -> String {
    let mut bytes = Vec::with_capacity(piece.len());
    let mut rest = piece;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let code = after.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(code.unwrap_or(b'%'));
        rest = if code.is_some() { after.get(2..).unwrap_or("") } else { after };
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r20_no_part_of_a_secret_url_is_left_in_what_a_service_says() {
        let channel = Channel::Teams {
            url: "https://prod-1.japaneast.logic.azure.com/workflows/0123456789abcdef/triggers/manual/paths/invoke?sv=1.0&sig=\
                  Abc%2Fdefghijklmnop"
                .into(),
        };
        for said in [
            "no https://prod-1.japaneast.logic.azure.com/workflows/0123456789abcdef/triggers/manual/paths/invoke?sv=1.0&sig=\
             Abc%2Fdefghijklmnop here",
            "POST /workflows/0123456789abcdef/triggers/manual/paths/invoke?sv=1.0&sig=Abc%2Fdefghijklmnop",
            "unknown workflow 0123456789abcdef",
            "sig: Abc/defghijklmnop",
            r#"{"uri":"https:\/\/prod-1\/workflows\/0123456789abcdef\/x?sig=Abc%2Fdefghijklmnop"}"#,
        ] {
            let scrubbed = channel.scrub(said, &[]);
            assert!(scrubbed.contains(MASK), "{scrubbed}");
            assert!(!scrubbed.contains("0123456789abcdef") && !scrubbed.contains("defghijklmnop"), "{scrubbed}");
        }
        assert_eq!(channel.scrub("the workflow's trigger is disabled", &[]), "the workflow's trigger is disabled");
    }

    #[test]
    fn r20_tokens_keys_and_what_was_made_of_them_are_gone_and_words_stay() {
        let channel = Channel::LineWorks {
            client_id: "client".into(),
            client_secret: "s3cr3t-s3cr3t".into(),
            service_account: "account".into(),
            private_key: "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----".into(),
            bot: "1".into(),
            channel: Some("room".into()),
            user: None,
        };
        let said = "client s3cr3t-s3cr3t MIIEvQIBADANBg Bearer kAccessToken PRIVATE KEY";
        assert_eq!(channel.scrub(said, &["kAccessToken"]), "client •••• •••• Bearer •••• PRIVATE KEY");
    }
}
