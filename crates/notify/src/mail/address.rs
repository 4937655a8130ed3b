//! Mail addresses as SMTP and a mail's header want them written.
//!
//! Japanese carriers gave out addresses that RFC 5321 calls none (`taro..x@docomo.ne.jp`, `taro.@ezweb.ne.jp`), and people
//! have kept them. With the local part in quotes they are what the standard allows, and real servers take them.

use std::fmt;

/// Longest local part (RFC 5321 section 4.5.3.1.1).
const LOCAL_BYTES_MAX: usize = 64;
/// Longest domain (section 4.5.3.1.2).
const DOMAIN_BYTES_MAX: usize = 255;
/// Longest label of a domain (RFC 1035 section 2.3.4).
const LABEL_BYTES_MAX: usize = 63;

/// A mail address, taken apart. Printed, its local part is quoted where it has to be.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Address {
    /// Without quotes.
    local: String,
    domain: String,
}

/// What is wrong with an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadAddress {
    /// There is no `@` with something on both sides.
    NoAt,
    /// Something before the `@` that cannot be in any address: a control character, a space, or too much of it.
    Local,
    /// What follows the `@` is no domain.
    Domain,
}

impl fmt::Display for BadAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadAddress::NoAt => "it is no address: NAME@DOMAIN",
            BadAddress::Local => "what is before the @ cannot be in an address",
            BadAddress::Domain => "what follows the @ is no domain",
        })
    }
}

impl std::error::Error for BadAddress {}

impl Address {
    /// Takes an address apart as a person writes it, with or without quotes.
    ///
    /// # Errors
    /// [`BadAddress`].
    pub fn parse(text: &str) -> Result<Address, BadAddress> {
        let (local, domain) = text.trim().rsplit_once('@').ok_or(BadAddress::NoAt)?;
        if local.is_empty() || domain.is_empty() {
            return Err(BadAddress::NoAt);
        }
        let quoted = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let local = quoted.map_or_else(|| local.to_owned(), unescaped);
        Address::new(&local, domain)
    }

    /// An address of its two halves, the local part without quotes.
    ///
    /// # Errors
    /// [`BadAddress`].
    pub fn new(local: &str, domain: &str) -> Result<Address, BadAddress> {
        let odd = |letter: char| letter.is_control() || letter.is_whitespace();
        if local.is_empty() || local.len() > LOCAL_BYTES_MAX || local.contains(odd) || local.contains(['<', '>', '@']) {
            return Err(BadAddress::Local);
        }
        if domain.len() > DOMAIN_BYTES_MAX || !domain.split('.').all(is_label) {
            return Err(BadAddress::Domain);
        }
        Ok(Address { local: local.to_owned(), domain: domain.to_lowercase() })
    }

    /// What is before the `@`, without quotes.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// What follows the `@`, in small letters.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Whether it takes SMTPUTF8 (RFC 6531) to name it.
    pub fn is_international(&self) -> bool {
        !(self.local.is_ascii() && self.domain.is_ascii())
    }

    /// The local part as SMTP wants it: in quotes unless it is a dot-string.
    fn written_local(&self) -> String {
        if is_dot_string(&self.local) {
            return self.local.clone();
        }
        let mut quoted = String::with_capacity(self.local.len() + 2);
        quoted.push('"');
        for letter in self.local.chars() {
            if matches!(letter, '"' | '\\') {
                quoted.push('\\');
            }
            quoted.push(letter);
        }
        quoted.push('"');
        quoted
    }

    /// For lettre, which writes into RCPT what it is given.
    pub(super) fn for_smtp(&self) -> lettre::Address {
        lettre::Address::new_dangerous(self.written_local(), &self.domain)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.written_local(), self.domain)
    }
}

fn unescaped(quoted: &str) -> String {
    let mut plain = String::with_capacity(quoted.len());
    let mut letters = quoted.chars();
    while let Some(letter) = letters.next() {
        plain.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    plain
}

fn is_label(label: &str) -> bool {
    let fine = |letter: char| {
        letter.is_ascii_alphanumeric() || letter == '-' || (!letter.is_ascii() && letter.is_alphanumeric())
    };
    !label.is_empty() && label.len() <= LABEL_BYTES_MAX && label.chars().all(fine)
}

/// RFC 5321 section 4.1.2 with the letters of RFC 6531 section 3.3.
fn is_dot_string(local: &str) -> bool {
    let is_text =
        |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(letter) || !letter.is_ascii();
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_carriers_are_quoted_where_the_standard_wants_it() {
        for (written, printed) in [
            ("sato@sakura.example.jp", "sato@sakura.example.jp"),
            ("taro..x@docomo.ne.jp", "\"taro..x\"@docomo.ne.jp"),
            ("taro.@ezweb.ne.jp", "\"taro.\"@ezweb.ne.jp"),
            (".taro@ezweb.ne.jp", "\".taro\"@ezweb.ne.jp"),
            ("\"taro.\"@EZweb.ne.jp", "\"taro.\"@ezweb.ne.jp"),
            ("ta(ro)@ezweb.ne.jp", "\"ta(ro)\"@ezweb.ne.jp"),
            ("a\"b\\c@d.test", "\"a\\\"b\\\\c\"@d.test"),
            (" a+b/c_d@d.test ", "a+b/c_d@d.test"),
            ("佐藤@例え.jp", "佐藤@例え.jp"),
        ] {
            let address = Address::parse(written).unwrap();
            assert_eq!(address.to_string(), printed);
            assert_eq!(Address::parse(printed).unwrap(), address, "printed, it reads as the same");
        }
        assert!(Address::parse("佐藤@例え.jp").unwrap().is_international());
    }

    #[test]
    fn r19_what_could_break_out_of_a_line_is_no_address() {
        for bad in ["", "@", "a@", "@b.test", "sato"] {
            assert_eq!(Address::parse(bad), Err(BadAddress::NoAt), "{bad:?}");
        }
        for bad in
            ["a\r\nRCPT TO:<x@y.test@b.test", "a\0b@c.test", "a b@c.test", "a>b@c.test", "a@b@c.test", "\"\"@c.test"]
        {
            assert_eq!(Address::parse(bad), Err(BadAddress::Local), "{bad:?}");
        }
        assert_eq!(Address::parse(&format!("{}@c.test", "a".repeat(65))), Err(BadAddress::Local));
        for bad in ["a@b\r\nDATA", "a@b..test", "a@.test", "a@b_c.test", "a@b>c", "a@[127.0.0.1]"] {
            assert_eq!(Address::parse(bad), Err(BadAddress::Domain), "{bad:?}");
        }
    }
}
