//! Text that came from outside: made harmless (R19, R20), compared, shortened.

use unicode_normalization::UnicodeNormalization;

/// Katakana ァ..ヶ and hiragana ぁ..ゖ are the same table, this far apart.
const KATAKANA_TO_HIRAGANA: u32 = 0x60;

/// Text of several lines without what can do harm: CR and CRLF become LF, a tab a space; other control characters, characters
/// that turn the direction of writing, and invisible ones are dropped.
pub fn prose(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => {
                if characters.peek() == Some(&'\n') {
                    characters.next();
                }
                clean.push('\n');
            }
            '\n' | '\u{2028}' | '\u{2029}' | '\u{85}' | '\u{b}' | '\u{c}' => clean.push('\n'),
            '\t' => clean.push(' '),
            _ if is_harmful(character) => {}
            _ => clean.push(character),
        }
    }
    clean
}

/// The same in one line: a line break is a space. Trimmed.
pub fn line(text: &str) -> String {
    let clean = prose(text);
    let parts: Vec<&str> = clean.split('\n').map(str::trim).filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// Nothing that anybody could read: white space and invisible characters alone.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|character| character.is_whitespace() || is_harmful(character) || is_hollow(character))
}

/// Control characters, those that turn the direction of writing (U+202E and its kin), zero-width ones, tags.
fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Letters without a shape of their own: joiners and fillers. Of use inside a word, blank alone.
fn is_hollow(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180e}'
        | '\u{200c}' | '\u{200d}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}'
        | '\u{e0100}'..='\u{e01ef}')
}

/// Shapes in which names are written and the one under which they are looked for: whoever hears たかはし does not see the ladder.
const VARIANTS: [(&str, char); 32] = [
    ("髙", '高'),
    ("﨑碕嵜", '崎'),
    ("邊邉", '辺'),
    ("齋齊斉", '斎'),
    ("濵濱", '浜'),
    ("澤", '沢'),
    ("廣", '広'),
    ("嶋嶌", '島'),
    ("國", '国'),
    ("櫻", '桜'),
    ("德", '徳'),
    ("栁", '柳'),
    ("淸", '清'),
    ("𠮷", '吉'),
    ("惠", '恵'),
    ("瀨", '瀬'),
    ("眞", '真'),
    ("藏", '蔵'),
    ("曾", '曽'),
    ("靜", '静'),
    ("榮", '栄'),
    ("條", '条'),
    ("學", '学'),
    ("龍", '竜'),
    ("圓", '円'),
    ("關", '関'),
    ("寬", '寛'),
    ("薗", '園'),
    ("冨", '富'),
    ("桒", '桑'),
    ("舘", '館'),
    ("鷗", '鴎'),
];

/// A text as names are compared: full and half width alike (NFKC), katakana as hiragana, small letters, no white space, and one shape
/// for the characters of names that have several: 髙橋 is found as 高橋, 渡邉 as 渡辺.
///
/// `ｻｸﾗ 歯科`, `さくら歯科` and `サクラ　歯科` fold to the same.
pub fn fold(text: &str) -> String {
    text.nfkc()
        .flat_map(char::to_lowercase)
        .filter(|character| !character.is_whitespace() && !is_harmful(*character))
        .map(|character| match character {
            'ァ'..='ヶ' => char::from_u32(u32::from(character) - KATAKANA_TO_HIRAGANA).unwrap_or(character),
            kana @ 'ぁ'..='ゖ' => kana,
            other if other.is_ascii() => other,
            other => VARIANTS.iter().find(|(shapes, _)| shapes.contains(other)).map_or(other, |(_, usual)| *usual),
        })
        .collect()
}

/// The first `chars_max` characters; what was cut ends in `…`, which counts.
pub fn head(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let mut head: String = text.chars().take(chars_max.saturating_sub(1)).collect();
    head.push('…');
    head
}

/// A cell of a CSV file that no spreadsheet takes for a formula: an apostrophe before `=`, `+`, `-`, `@` and their full-width
/// twins (R19). Quoting is the writer's.
pub fn csv_cell(text: &str) -> String {
    let clean = prose(text);
    let begins = clean.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
        || text.starts_with(['\t', '\r', '\n']);
    if begins { format!("'{clean}") } else { clean }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r19_line_breaks_and_control_characters_do_not_survive_in_a_line() {
        assert_eq!(line("佐藤\r\nBcc: x@example.com"), "佐藤 Bcc: x@example.com");
        assert_eq!(line("\u{202e}gpj.exe\u{202c}\u{0}\u{1b}[31m"), "gpj.exe[31m");
        assert_eq!(line("a\u{2028}b\u{85}c\u{b}d"), "a b c d");
        assert_eq!(prose("a\r\nb\rc\td"), "a\nb\nc d");
    }

    #[test]
    fn f10_what_nobody_can_read_is_blank() {
        for blank in ["", " ", "　", "\n\t", "\u{200b}", "\u{3164}", "\u{feff}\u{2060}", "\u{2800}", "\u{200d}\u{fe0f}"]
        {
            assert!(is_blank(blank), "{blank:?}");
        }
        assert!(!is_blank("。"));
        assert!(!is_blank("0"));
    }

    #[test]
    fn f57_width_kana_case_and_space_fold_away() {
        for text in ["さくら歯科", "サクラ　歯科", "ｻｸﾗ 歯科", "さくら 歯科"] {
            assert_eq!(fold(text), "さくら歯科");
        }
        for (written, heard) in
            [("髙橋", "高橋"), ("山﨑", "山崎"), ("渡邉", "渡辺"), ("齋藤", "斉藤"), ("𠮷野家", "吉野家")]
        {
            assert_eq!(fold(written), fold(heard), "{written}");
        }
        // Another name stays another name.
        assert_ne!(fold("高島"), fold("高嶺"));
        assert_eq!(fold("ＡＢＣ商事"), "abc商事");
    }

    #[test]
    fn r19_no_cell_is_a_formula() {
        for (text, cell) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("+81312345678", "'+81312345678"),
            ("-1+1", "'-1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "' =1"),
            ("\r=1", "'\n=1"),
            ("＝1", "'＝1"),
            ("03-1234-5678", "03-1234-5678"),
            ("佐藤", "佐藤"),
        ] {
            assert_eq!(csv_cell(text), cell);
        }
    }

    #[test]
    fn a_head_is_as_long_as_was_asked() {
        assert_eq!(head("株式会社さくら", 4), "株式会…");
        assert_eq!(head("さくら", 3), "さくら");
        assert_eq!(head("さくら", 0), "…");
    }
}
