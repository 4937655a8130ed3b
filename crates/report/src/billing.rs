//! How reports are counted for a firm's bill (F60): every report is of one class, and recipients beyond the usual three count by
//! themselves (F31).

use crate::answer::Draft;
use crate::kind::{Desired, Kind};
use crate::profile::{Profile, RECIPIENTS_DEFAULT};

/// A report like any other.
pub const STANDARD: &str = "standard";
/// About a booking.
pub const BOOKING: &str = "booking";
/// A complaint, or an emergency.
pub const COMPLAINT: &str = "complaint";
/// The caller was put through.
pub const BRIDGED: &str = "bridged";
/// Sales calls, wrong numbers, silence (F27).
pub const NOISE: &str = "noise";
/// A recipient beyond the usual number.
pub const EXTRA_RECIPIENT: &str = "extra_recipient";
/// A report by telephone (F35).
pub const CALL_OUT: &str = "call_out";

/// Characters of a class.
pub const CLASS_CHARS_MAX: usize = 40;

/// What a class is called by default on a bill: small letters, digits, `_`.
pub fn is_class(text: &str) -> bool {
    crate::key::is_key(text)
}

/// The class of a report: the firm's own for its kind, else the usual one.
pub fn class<'a>(profile: &'a Profile, draft: &Draft) -> &'a str {
    if let Some(own) = profile.billing.classes.get(&draft.kind) {
        return own;
    }
    match draft.kind {
        Kind::Sales | Kind::WrongNumber | Kind::Silent => NOISE,
        Kind::Message
        | Kind::Inquiry
        | Kind::BookingNew
        | Kind::BookingChange
        | Kind::BookingCancel
        | Kind::Complaint
            if draft.desired() == Some(Desired::Bridged) =>
        {
            BRIDGED
        }
        Kind::BookingNew | Kind::BookingChange | Kind::BookingCancel => BOOKING,
        Kind::Complaint => COMPLAINT,
        Kind::Message | Kind::Inquiry => STANDARD,
    }
}

/// Recipients of one report that count by themselves: those beyond the usual number (F31).
pub fn extra_recipients(recipients: usize) -> u64 {
    u64::try_from(recipients.saturating_sub(usize::from(RECIPIENTS_DEFAULT))).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Value;
    use crate::key;

    fn draft(kind: Kind) -> Draft {
        Draft { kind, ..Draft::default() }
    }

    #[test]
    fn f60_every_kind_has_a_class() {
        let profile = Profile::default();
        let classes: Vec<&str> = Kind::ALL.iter().map(|kind| class(&profile, &draft(*kind))).collect();
        assert_eq!(classes, [STANDARD, STANDARD, BOOKING, BOOKING, BOOKING, COMPLAINT, NOISE, NOISE, NOISE]);
        assert!(classes.into_iter().chain([BRIDGED, EXTRA_RECIPIENT, CALL_OUT]).all(is_class));
    }

    #[test]
    fn f60_a_firm_has_its_own_classes() {
        let mut profile = Profile::default();
        profile.billing.classes.insert(Kind::Sales, "free".to_owned());
        assert_eq!(class(&profile, &draft(Kind::Sales)), "free");
        assert_eq!(class(&profile, &draft(Kind::Silent)), NOISE);
    }

    #[test]
    fn f60_putting_through_counts_by_itself() {
        let mut draft = draft(Kind::Inquiry);
        draft.set(key::DESIRED, Some(&Value::said("bridged"))).unwrap();
        assert_eq!(class(&Profile::default(), &draft), BRIDGED);
        draft.kind = Kind::Sales;
        assert_eq!(class(&Profile::default(), &draft), NOISE);
    }

    #[test]
    fn f31_the_fourth_recipient_counts() {
        assert_eq!([0, 1, 3, 4, 10].map(extra_recipients), [0, 0, 0, 1, 7]);
    }
}
