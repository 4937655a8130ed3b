//! linphonec as the operator's phone.

use std::time::Duration;

use serde_json::json;

use crate::support::audio::{CALLER_HZ, Heard, OPERATOR_HZ, assert_in_order, seconds_of, story};
use crate::support::house::House;
use crate::support::linphone::Linphone;
use crate::support::{pause, ports};

const A_WHILE: Duration = Duration::from_millis(3000);

#[test]
fn a_linphone_with_sha_256_registers_with_its_instance_answers_holds_resumes_and_hangs_up() {
    let house = House::start();
    house.firm("sakura", "さくら歯科", "0355500101", json!({}));
    let operator = house.operator_with("101", json!({ "digest": "sha256" }));
    let trunk = ports::free_block(2);
    house.trunk("carrier", trunk, json!({}));
    let mut phone = Linphone::start(&house, &operator, OPERATOR_HZ);
    let mut caller = house.outside("09011112222", trunk, CALLER_HZ, true);
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    phone.wait("Receiving new incoming call");
    caller.wait("CALL_RINGING");
    phone.order("answer");
    caller.wait("CALL_ESTABLISHED");
    house.until_call("established");
    pause(A_WHILE);
    phone.order("pause");
    house.until_call("held");
    pause(A_WHILE);
    phone.order("resume");
    house.until_call("established");
    pause(A_WHILE);
    phone.order("terminate all");
    house.assert_idle();
    caller.wait("CALL_CLOSED");
    house.finished(1);
    let heard = story(&caller.heard()[0], 5);
    let wanted = [Heard::Tone(OPERATOR_HZ), Heard::Other, Heard::Tone(OPERATOR_HZ)];
    assert_in_order(&heard, &wanted, "the caller");
    assert!(seconds_of(&phone.heard(), CALLER_HZ) > 1.0, "the operator hears the caller");
    let messages = phone.messages();
    assert!(messages.contains("algorithm=SHA-256"), "signed with SHA-256");
    assert!(messages.contains("+sip.instance"), "a phone with an instance");
}
