//! What is said about a number, signal by signal, and the honest rate at which slips are found (X06).

use proptest::prelude::*;

use super::*;

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

fn plain(raw: &str) -> Assurance {
    assure(raw, None, &[], false)
}

#[test]
fn f25_any_way_of_writing_is_shown_one_way() {
    for raw in [
        "09012345678",
        "090-1234-5678",
        "０９０－１２３４－５６７８",
        "+81 90 1234 5678",
        " 090ー1234ー5678 ",
        "tel:+819012345678",
    ] {
        let assurance = plain(raw);
        assert_eq!(assurance.display, "090-1234-5678", "{raw}");
        assert_eq!(assurance.number.as_deref(), Some("+819012345678"));
        assert_eq!((assurance.signals, assurance.badge), (vec![Signal::InPlan], Badge::Plausible));
    }
    assert_eq!(plain("0467221234").display, "0467-22-1234");
    let foreign = plain("+44 20 7183 8750");
    assert_eq!((foreign.signals, foreign.badge), (vec![Signal::Foreign], Badge::Doubtful));
    let own: Number = "+44 20 7183 8750".parse().unwrap();
    assert_eq!(assure("+442071838750", Some(own), &[], false).badge, Badge::Confirmed);
    assert_eq!(assure("+442071838750", None, &[], true).badge, Badge::Confirmed);
}

#[test]
fn x06_an_extension_stays_beside_the_number() {
    for raw in ["03-1234-5678（内線12）", "03-1234-5678 内線１２", "0312345678 ext. 12", "03-1234-5678x12"] {
        let assurance = plain(raw);
        assert_eq!(assurance.display, "03-1234-5678 内線12", "{raw}");
        assert_eq!((assurance.number.as_deref(), assurance.digits), (Some("+81312345678"), 10));
    }
    assert_eq!(plain("内線12").badge, Badge::Wrong);
}

#[test]
fn x06_a_wrong_length_is_wrong_and_says_how_many_digits() {
    for (raw, digits) in [("031234567", 9), ("090123456789", 12), ("0901234567", 10), ("", 0), ("佐藤", 0), ("０３", 2)]
    {
        let assurance = plain(raw);
        assert_eq!((assurance.badge, assurance.digits), (Badge::Wrong, digits), "{raw}");
        assert_eq!((assurance.number, assurance.signals), (None, vec![Signal::WrongLength]));
        // Read back, it goes out with a warning; it never becomes a good number.
        assert_eq!(assure(raw, None, &[], true).badge, Badge::Doubtful);
    }
    assert_eq!(plain("03-1234\r\n-567\u{202e}").display, "03-1234 -567");
}

#[test]
fn x06_the_callers_own_number_speaks_for_it_and_nearly_that_against() {
    let caller = Some(number("090-1234-5678"));
    let own = assure("09012345678", caller, &[], false);
    assert_eq!((own.badge, own.note(Language::Ja)), (Badge::Confirmed, "発信番号と一致".to_owned()));
    for slip in ["09012345679", "09012354678", "09012344679"] {
        let assurance = assure(slip, caller, &[], false);
        assert_eq!(assurance.badge, Badge::Doubtful, "{slip}");
        assert!(assurance.signals.contains(&Signal::NearCaller("090-1234-5678".to_owned())));
        assert_eq!(assurance.note(Language::Ja), "要確認：発信番号とわずかに違う");
        let read_back = assure(slip, caller, &[], true);
        assert_eq!(read_back.badge, Badge::Confirmed, "read back, it is another number of theirs");
        assert_eq!(read_back.note(Language::En), "read back");
    }
    let other = assure("03-9876-5432", caller, &[], false);
    assert_eq!((other.badge, other.note(Language::Ja)), (Badge::Plausible, String::new()));
}

#[test]
fn x06_earlier_numbers_speak_too() {
    let earlier = [number("03-1234-5678"), number("090-9999-0000")];
    assert_eq!(assure("0312345678", None, &earlier, false).badge, Badge::Confirmed);
    let near = assure("0312345687", None, &earlier, false);
    assert_eq!(near.signals, [Signal::InPlan, Signal::NearEarlier("03-1234-5678".to_owned())]);
    assert_eq!(near.badge, Badge::Doubtful);
    // The same as before, but nearly the caller's own: what was before may have been the slip.
    let both = assure("0312345678", Some(number("03-1234-5687")), &earlier, false);
    assert_eq!(both.badge, Badge::Doubtful);
    assert_eq!(both.note(Language::Ja), "要確認：発信番号とわずかに違う・以前の番号と一致");
}

#[test]
fn x06_a_range_that_is_not_in_use_is_doubtful_even_when_read_back() {
    for raw in ["0900000000", "0501234", "010-1234-5678"] {
        assert_ne!(plain(raw).badge, Badge::Plausible, "{raw}");
    }
    let unassigned = plain("090-0123-4567");
    assert_eq!((unassigned.badge, unassigned.signals), (Badge::Doubtful, vec![Signal::NotInPlan]));
    assert_eq!(assure("090-0123-4567", None, &[], true).badge, Badge::Doubtful);
}

proptest! {
    #[test]
    fn r19_anything_may_be_typed(raw in "\\PC{0,60}|[0-9+０-９ー内線x\u{0}\u{202e}\r\n-]{0,40}", read_back: bool) {
        let assurance = assure(&raw, None, &[], read_back);
        prop_assert_eq!(assurance.number.is_some(), can_be_a_number(&raw));
        prop_assert!(!assurance.display.chars().any(char::is_control));
        prop_assert!(assurance.display.chars().count() <= SHOWN_CHARS_MAX + 11);
        prop_assert_eq!(assurance.badge == Badge::Wrong, assurance.number.is_none() && !read_back);
    }
}
