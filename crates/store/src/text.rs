//! Text as it is stored and as it is compared.

use std::borrow::Cow;

pub use report::text::fold;
use unicode_normalization::UnicodeNormalization;

/// Several fields folded for one search column; a search never matches across two of them.
pub(crate) fn fold_fields(fields: &[&str]) -> String {
    let folded: Vec<String> = fields.iter().map(|field| fold(field)).collect();
    folded.join("\n")
}

/// `%text%` for `LIKE … ESCAPE '\'`, folded.
pub(crate) fn like_pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in fold(text).chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// ASCII digits of a text, full-width ones included.
pub(crate) fn digits(text: &str) -> String {
    text.nfkc().filter(char::is_ascii_digit).collect()
}

pub(crate) fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}

/// PostgreSQL cannot hold NUL in TEXT, and a peer on the network can send one.
pub(crate) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f57_width_kana_case_and_space_fold_away() {
        for text in ["さくら歯科", "サクラ　歯科", "ｻｸﾗ 歯科", "さくら 歯科"] {
            assert_eq!(fold(text), "さくら歯科");
        }
        assert_eq!(fold("ＡＢＣ商事"), "abc商事");
        assert_eq!(fold("ｶﾞｽ"), "がす");
        assert_eq!(fold("ヴィラ"), fold("ゔぃら"));
    }

    #[test]
    fn wildcards_of_a_search_are_letters() {
        assert_eq!(like_pattern("100%_\\"), "%100\\%\\_\\\\%");
    }

    #[test]
    fn digits_of_any_width() {
        assert_eq!(digits("０９０-1234−5678"), "09012345678");
    }
}
