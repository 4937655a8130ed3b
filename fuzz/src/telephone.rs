//! Telephone numbers as callers, trunks and people write them.

use number::{JAPAN, Kind, Number, Withheld, judge, read};

/// The target.
pub fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for country in [JAPAN, 1, 44] {
        let _ = read(&text, country);
    }
    if let Ok(number) = Number::parse(&text, JAPAN) {
        assert_eq!(Number::parse(&number.e164(), JAPAN), Ok(number), "{text}");
        assert_eq!(Number::parse(&number.national(), JAPAN), Ok(number), "{text}");
        assert_eq!(Number::parse(&number.display(), JAPAN), Ok(number), "{text}: {}", number.display());
        let _ = number.kind();
    }
    if let Ok(number) = judge(&text) {
        assert!(matches!(number.kind(), Kind::FixedLine | Kind::Mobile | Kind::VoIp | Kind::TollFree), "R03: {text}");
        assert!(number.national().starts_with('0') && !number.national().starts_with("00"), "R03: {text}");
        assert_eq!(Number::parse(&text, JAPAN), Ok(number), "what is judged is what is dialled");
    }
    let (display, rest) = text.split_once('<').unwrap_or((&text, ""));
    let (user, host) = rest.split_once('@').unwrap_or((rest, ""));
    let _ = Withheld::from_header(display, user, host);
}
