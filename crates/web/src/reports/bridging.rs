//! Putting a caller through, as an operator has to know of it before a key is pressed: whom it would ring, and what the firm wants
//! (F18, F44, F45). The switch judges by itself what it does.

use number::Number;
use report::Profile;
use serde::Serialize;
use store::CustomerForm;
use switch::{Target, TransferPolicy};
use utoipa::ToSchema;

/// What an operator has to know before a caller is put through.
#[derive(Serialize, ToSchema)]
pub(crate) struct Bridging {
    /// The firm has it in its plan; if not, nobody is rung.
    bridge: bool,
    /// Which calls the firm wants put through.
    transfer: Wanted,
    /// Who is rung, in this order.
    targets: Vec<Target>,
}

/// Which calls a firm wants put through, said of one caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = WantedThrough)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wanted {
    /// None.
    Never,
    /// Urgent ones.
    UrgentOnly,
    /// Those of listed callers, and this is one of them.
    ListedCaller,
    /// Those of listed callers, and this is none of them.
    OtherCaller,
    /// All.
    Always,
}

impl Bridging {
    /// Of this firm and this caller's E.164 digits.
    pub(super) fn of(form: &CustomerForm, profile: &Profile, caller: &str) -> Bridging {
        let bridge = profile.features.bridge;
        let targets = if bridge { form.targets.clone() } else { Vec::new() };
        let transfer = if bridge { wanted(&form.transfer, caller) } else { Wanted::Never };
        Bridging { bridge, transfer, targets }
    }

    /// Of a call whose firm nobody knows: there is nobody to be rung.
    pub(super) fn unknown() -> Bridging {
        Bridging { bridge: true, transfer: Wanted::Never, targets: Vec::new() }
    }
}

fn wanted(policy: &TransferPolicy, caller: &str) -> Wanted {
    let number = |digits: &str| Number::parse(&format!("+{digits}"), number::JAPAN).ok();
    match policy {
        TransferPolicy::Never => Wanted::Never,
        TransferPolicy::UrgentOnly => Wanted::UrgentOnly,
        TransferPolicy::ListedCallers(listed) => {
            let is_listed = number(caller).is_some_and(|caller| listed.iter().any(|one| number(one) == Some(caller)));
            if is_listed { Wanted::ListedCaller } else { Wanted::OtherCaller }
        }
        TransferPolicy::Always => Wanted::Always,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f45_what_the_firm_wants_is_said_of_this_caller() {
        let listed = TransferPolicy::ListedCallers(vec!["819011112222".into()]);
        for (policy, caller, expected) in [
            (&TransferPolicy::Never, "819011112222", Wanted::Never),
            (&TransferPolicy::UrgentOnly, "819011112222", Wanted::UrgentOnly),
            (&TransferPolicy::Always, "", Wanted::Always),
            (&listed, "819011112222", Wanted::ListedCaller),
            (&listed, "819033334444", Wanted::OtherCaller),
            (&listed, "", Wanted::OtherCaller),
        ] {
            assert_eq!(wanted(policy, caller), expected, "{policy:?} {caller}");
        }
    }

    #[test]
    fn f18_a_firm_without_it_has_nobody_rung() {
        let target = Target { name: "院長".into(), number: "819055500101".into(), ring_seconds: 20 };
        let form = CustomerForm { transfer: TransferPolicy::Always, targets: vec![target], ..CustomerForm::default() };
        let mut profile = Profile::default();
        let told = Bridging::of(&form, &profile, "");
        assert!(told.bridge && told.targets == form.targets && told.transfer == Wanted::Always);
        profile.features.bridge = false;
        let told = Bridging::of(&form, &profile, "");
        assert!(!told.bridge && told.targets.is_empty() && told.transfer == Wanted::Never);
    }
}
