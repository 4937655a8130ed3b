//! A browser as an operator's phone: JsSIP in Chromium over secure WebSocket, its voice encrypted, against a carrier that has
//! nothing but plain G.711.

use crate::support::audio::{CALLER_HZ, OPERATOR_HZ};
use crate::support::browser::Browser;
use crate::support::house::House;

#[test]
fn a_browser_registers_and_is_shown_who_calls_for_which_firm() {
    let (house, operator, trunk) = House::small();
    let mut browser = Browser::start(&house, &operator, OPERATOR_HZ);
    let mut caller = house.outside("09011112222", trunk, CALLER_HZ, true);
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    let incoming = browser.wait("incoming");
    assert_eq!((&incoming["name"], &incoming["number"]), (&"さくら歯科".into(), &"09011112222".into()), "{incoming}");
    caller.command("hangup", "");
    browser.wait("failed");
    house.assert_idle();
}
