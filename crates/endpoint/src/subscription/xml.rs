//! Text inside XML.

/// Text as the content of an element or of a quoted attribute: nothing in it can end either (R19). What XML 1.0 cannot hold at
/// all is left out (section 2.2: control characters, U+FFFE, U+FFFF).
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\u{FFFE}' | '\u{FFFF}' => {}
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r19_nothing_escapes_from_an_element_or_an_attribute() {
        assert_eq!(escape(r#"</a b="'&>"#), "&lt;/a b=&quot;&apos;&amp;&gt;");
        assert_eq!(escape("さくら\u{0}\r\n\u{1b}\u{fffe}歯科"), "さくら歯科");
        assert_eq!(escape("]]>"), "]]&gt;");
    }
}
