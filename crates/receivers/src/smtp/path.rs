//! Paths of MAIL and RCPT (RFC 5321 section 4.1.2).

/// Longest path (section 4.5.3.1.3).
pub const PATH_BYTES_MAX: usize = 256;

/// Splits `<path> parameters`. `None`: that is no path. Accepts UTF-8 (RFC 6531).
pub fn split(text: &str) -> Option<(&str, &str)> {
    let inner = text.trim_start().strip_prefix('<')?;
    let end = end_of_path(inner)?;
    let (path, rest) = (inner.get(..end)?, inner.get(end + 1..)?);
    (path.len() <= PATH_BYTES_MAX && (path.is_empty() || is_mailbox(path))).then_some((path, rest.trim()))
}

/// Where the closing `>` is: not the one inside quotes.
fn end_of_path(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (place, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '>' if !quoted => return Some(place),
            _ => {}
        }
    }
    None
}

/// Whether the local part is a dot-string or a quoted string, and the domain is one. This is what real servers insist on:
/// `taro..x@docomo.ne.jp` is none without quotes.
fn is_mailbox(path: &str) -> bool {
    let Some((local, domain)) = path.rsplit_once('@') else { return false };
    let is_label = |label: &str| {
        let fine = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || !letter.is_ascii();
        !label.is_empty() && label.len() <= 63 && label.chars().all(fine)
    };
    local.len() <= 64 && (is_dot_string(local) || is_quoted(local)) && domain.split('.').all(is_label)
}

fn is_dot_string(local: &str) -> bool {
    let is_text =
        |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(letter) || !letter.is_ascii();
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_text))
}

fn is_quoted(local: &str) -> bool {
    let Some(inner) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return false };
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.next().is_none_or(char::is_control) => return false,
            '\\' => {}
            '"' => return false,
            letter if letter.is_control() => return false,
            _ => {}
        }
    }
    true
}

/// The mailbox that a path means: without quotes and backslashes.
pub fn unquoted(path: &str) -> String {
    let Some((local, domain)) = path.rsplit_once('@') else { return path.to_owned() };
    let Some(inner) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return path.to_owned() };
    let mut plain = String::with_capacity(path.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        plain.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    plain + "@" + domain
}
