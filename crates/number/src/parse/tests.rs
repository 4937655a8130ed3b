//! The parser, by a table of what people and carriers write.

use super::*;
use crate::Kind::{FixedLine, International, Mobile, Navi, Pager, Premium, TollFree, Unassigned, VoIp};
use proptest::prelude::*;

#[test]
fn numbers_are_read_shown_and_sorted() {
    for (text, e164, display, kind) in [
        ("0312345678", "+81312345678", "03-1234-5678", FixedLine),
        ("+81312345678", "+81312345678", "03-1234-5678", FixedLine),
        ("81312345678", "+81312345678", "03-1234-5678", FixedLine),
        ("+81 (0)3-1234-5678", "+81312345678", "03-1234-5678", FixedLine),
        ("tel:+81-3-1234-5678", "+81312345678", "03-1234-5678", FixedLine),
        ("TEL:0312345678;phone-context=+81", "+81312345678", "03-1234-5678", FixedLine),
        ("0312345678;user=phone", "+81312345678", "03-1234-5678", FixedLine),
        ("+81312345678;cpc=ordinary", "+81312345678", "03-1234-5678", FixedLine),
        ("0312345678;npdi;rn=+81399990000", "+81312345678", "03-1234-5678", FixedLine),
        ("1840312345678", "+81312345678", "03-1234-5678", FixedLine),
        ("186-03-1234-5678", "+81312345678", "03-1234-5678", FixedLine),
        ("184+81312345678", "+81312345678", "03-1234-5678", FixedLine),
        ("０３－１２３４－５６７８", "+81312345678", "03-1234-5678", FixedLine),
        ("０３ー１２３４ー５６７８", "+81312345678", "03-1234-5678", FixedLine),
        ("（０３）１２３４－５６７８", "+81312345678", "03-1234-5678", FixedLine),
        ("＋８１　３−１２３４−５６７８", "+81312345678", "03-1234-5678", FixedLine),
        (" 03.1234.5678 ", "+81312345678", "03-1234-5678", FixedLine),
        ("0661234567", "+81661234567", "06-6123-4567", FixedLine),
        ("0422221234", "+81422221234", "0422-22-1234", FixedLine),
        ("0427123456", "+81427123456", "042-712-3456", FixedLine),
        ("0467221234", "+81467221234", "0467-22-1234", FixedLine),
        ("0499212345", "+81499212345", "04992-1-2345", FixedLine),
        ("0120511139", "+81120511139", "0120-511-139", TollFree),
        ("08001234567", "+818001234567", "0800-123-4567", TollFree),
        ("05012345678", "+815012345678", "050-1234-5678", VoIp),
        ("8150 1234 5678", "+815012345678", "050-1234-5678", VoIp),
        ("06012345678", "+816012345678", "060-1234-5678", Mobile),
        ("07012345678", "+817012345678", "070-1234-5678", Mobile),
        ("08012345678", "+818012345678", "080-1234-5678", Mobile),
        ("09012345678", "+819012345678", "090-1234-5678", Mobile),
        ("0570000111", "+81570000111", "0570-000-111", Navi),
        ("0990123456", "+81990123456", "0990-123-456", Premium),
        ("02012345678", "+812012345678", "020-1234-5678", Pager),
        ("02041234567", "+812041234567", "020-4123-4567", Pager),
        ("02001234567890", "+812001234567890", "0200-12345-67890", Pager),
        ("09002345678", "+819002345678", "090-0234-5678", Unassigned),
        ("0400123456", "+81400123456", "0400-12-3456", Unassigned),
        ("+14155550123", "+14155550123", "+1 4155550123", International),
        ("01014155550123", "+14155550123", "+1 4155550123", International),
        ("+442071838750", "+442071838750", "+44 2071838750", International),
        ("+85212345678", "+85212345678", "+852 12345678", International),
        ("010-81-3-1234-5678", "+81312345678", "03-1234-5678", FixedLine),
    ] {
        let number = Number::parse(text, JAPAN).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!((number.e164().as_str(), number.display().as_str(), number.kind()), (e164, display, kind), "{text}");
        assert_eq!(number.national().parse(), Ok(number), "{text}");
        assert_eq!(number.e164().parse(), Ok(number), "{text}");
    }
}

#[test]
fn other_texts_are_refused_by_name() {
    for (text, error) in [
        ("", NumberError::Empty),
        (";user=phone", NumberError::Empty),
        ("+", NumberError::Empty),
        ("anonymous", NumberError::Character('a')),
        ("sip:0312345678", NumberError::Character('s')),
        ("tel：0312345678", NumberError::Character('t')),
        ("03+12345678", NumberError::Character('+')),
        ("++81312345678", NumberError::Character('+')),
        ("03-1234-5678#1", NumberError::Character('#')),
        ("101", NumberError::Short),
        ("110", NumberError::Short),
        ("104", NumberError::Short),
        ("184", NumberError::Short),
        ("184119", NumberError::Short),
        ("12345", NumberError::Short),
        ("03-1234-567", NumberError::Length(9)),
        ("031234567890", NumberError::Length(12)),
        ("0901234567", NumberError::Length(10)),
        ("0600123456", NumberError::Length(10)),
        ("0800123456", NumberError::Length(10)),
        ("01205111390", NumberError::Length(11)),
        ("312345678", NumberError::Length(9)),
        ("8131234567", NumberError::Length(10)),
        ("14155550123", NumberError::Length(11)),
        ("+81 10 401 1401", NumberError::Length(10)),
        ("+123", NumberError::Length(3)),
        ("+1234567890123456", NumberError::Length(16)),
        ("+0312345678", NumberError::Length(10)),
        ("0091205551234", NumberError::CarrierPrefix),
        ("0033010441234567", NumberError::CarrierPrefix),
        ("000000000000000000000000000000", NumberError::Length(25)),
    ] {
        assert_eq!(Number::parse(text, JAPAN), Err(error), "{text:?}");
    }
}

#[test]
fn the_caller_id_prefix_is_told() {
    let prefix = |text| read(text, JAPAN).unwrap().prefix;
    assert_eq!(prefix("1840312345678"), Some(CallerIdPrefix::Withhold));
    assert_eq!(prefix("186-090-1234-5678"), Some(CallerIdPrefix::Show));
    assert_eq!(prefix("0312345678"), None);
    assert_eq!(prefix("184+81312345678"), Some(CallerIdPrefix::Withhold));
    // Found by fuzzing: Connecticut's numbers were none.
    assert_eq!(prefix("+1 860 555 0123"), None);
    assert_eq!(Number::parse("+1 840 555 0123", JAPAN).unwrap().e164(), "+18405550123");
}

#[test]
fn another_country_can_be_at_home() {
    let number = Number::parse("030 123456", 49).unwrap();
    assert_eq!((number.e164().as_str(), number.kind()), ("+4930123456", International));
    assert_eq!(Number::parse("4930123456", 49), Ok(number));
    assert_eq!(Number::parse("+81312345678", 49).unwrap().display(), "03-1234-5678");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_a_number_or_an_error(text in "\\PC{0,40}|[+0-9０-９ーtel:;()-]{0,30}", country in 1..=999_u16) {
        if let Ok(number) = Number::parse(&text, country) {
            prop_assert_eq!(number.e164().parse::<Number>().ok(), Some(number));
            prop_assert!(!number.display().is_empty());
            let _ = number.kind();
        }
    }
}
