//! Operators' phones that speak another language than the carrier: G.722, Opus, A-law. What each says is heard by the other, and is
//! in the recording.

use std::time::Duration;

use serde_json::json;

use super::encrypted::{each_was_heard, messages, scene, talk_around_hold};
use crate::support::audio::OPERATOR_HZ;
use crate::support::pause;
use crate::support::pjsua2::Pjsua;

const A_WHILE: Duration = Duration::from_millis(3500);

#[test]
fn a_phone_with_one_codec_alone_talks_with_a_caller_on_mu_law() {
    for (codec, module) in [("opus/48000/2", "opus"), ("G722/8000/1", "g722"), ("PCMA/8000/1", "g711")] {
        let (house, operator, mut caller) = scene(json!({}));
        let account = format!(";audio_codecs={codec}");
        let modules = if module == "g711" { vec![] } else { vec![module] };
        let mut phone = house.phone_with(&operator, OPERATOR_HZ, &account, &modules);
        caller.command("dial", &format!("sip:0355500101@{}", house.sip));
        phone.wait("CALL_INCOMING");
        phone.command("accept", "");
        phone.wait("CALL_ESTABLISHED");
        caller.wait("CALL_ESTABLISHED");
        pause(A_WHILE);
        let record = each_was_heard(&house, &mut caller, || phone.heard().concat());
        let messages = messages(&record);
        let name = codec.split('/').next().unwrap_or_default();
        assert!(messages.contains(&format!(" {name}/")), "{name} was offered:\n{messages}");
    }
}

#[test]
fn pjsua2_on_g722_talks_with_a_caller_on_mu_law_before_and_after_hold() {
    let (house, operator, mut caller) = scene(json!({}));
    let mut phone = Pjsua::start(&house, &operator, OPERATOR_HZ, json!({ "codec": "G722" }));
    talk_around_hold(&house, &mut phone, &mut caller);
}
