//! The ladder of an urgent report over the wire (X05): the firm's mobile is called, hears what it is about, and its 1
//! confirms the report; a phone that is not picked up is passed over.

use std::time::Duration;

use serde_json::{Value, json};

use super::post::configuration;
use crate::support::audio::{MOBILE_HZ, OPERATOR_2_HZ, OPERATOR_HZ, seconds_of, story};
use crate::support::baresip::{Baresip, write_tone_for};
use crate::support::house::{House, SOON};
use crate::support::mail_server::MailServer;
use crate::support::{pause, ports, until};

/// The notice, spoken or recorded.
const NOTICE_HZ: f32 = OPERATOR_2_HZ;
const MOBILE: &str = "09055500101";

/// A firm whose mobile is called one second after the mail with an urgent report has left; an operator's phone; that mobile, at which
/// the firm's callers are, too.
struct Scene {
    house: House,
    mobile: Baresip,
    _phone: Baresip,
    _server: MailServer,
}

impl Scene {
    /// `has_voice`: the notice is spoken for the firm; else it is a recording of the house's own.
    fn set(mobile_answers: bool, has_voice: bool) -> Scene {
        let server = MailServer::start();
        // Whoever speaks is quick, and can be told from everybody else by ear.
        let speech = "[speech]\ncache = \"{folder}/speech\"\nprompts = \"{folder}/prompts\"\n\
                      command = [\"cp\", \"{folder}/spoken.wav\", \"{out}\"]\n";
        let mail = configuration(&server, "required", server.smtp, false);
        let mut house = House::start_with(&if has_voice { mail + speech } else { mail });
        write_tone_for(&house.root.path().join("spoken.wav"), NOTICE_HZ, 3.0);
        if !has_voice {
            let prompts = house.root.path().join("prompts");
            std::fs::create_dir_all(&prompts).expect("a folder");
            write_tone_for(&prompts.join("notice.wav"), NOTICE_HZ, 3.0);
            // Prompts are read at the start.
            house.kill_and_restart();
        }
        let firm = house.firm("sakura", "さくら歯科", "0355500101", json!({ "reading": "さくらしか" }));
        let profile = json!({
            "recipients": [{"id": "office", "channel": {"type": "email", "address": "office@client.test"}}],
            "rules": [{"to": [{"who": "everyone"}]}],
            "ladder": [{"after_seconds": 1, "to": {"phone": MOBILE}}, {"after_seconds": 2, "to": "supervisor"}],
        });
        let put = json!({"revision": 0, "profile": profile});
        let (status, answer) = house.ask("PUT", &format!("/customers/{firm}/profile"), Some(&put));
        assert_eq!(status, 200, "{answer}");
        let operator = house.operator("101", 0);
        let port = ports::free_block(2);
        house.trunk("carrier", port, json!({}));
        let phone = house.phone(&operator, OPERATOR_HZ, true);
        let mobile = house.outside(MOBILE, port, MOBILE_HZ, mobile_answers);
        Scene { house, mobile, _phone: phone, _server: server }
    }

    /// A caller's call is answered, its report is written while they talk, and sent as urgent. Its id.
    fn urgent_report(&mut self) -> String {
        self.mobile.command("dial", &format!("sip:0355500101@{}", self.house.sip));
        self.mobile.wait("CALL_ESTABLISHED");
        let call = self.house.until_call("established");
        let sheet = self.house.post(&format!("/calls/{call}/report"), json!({}));
        let report = sheet["report"]["id"].as_str().expect("a report").to_owned();
        self.mobile.command("hangup", "");
        self.mobile.wait("CALL_CLOSED");
        let said = |key: &str, text: &str| json!({"key": key, "value": {"said": text}});
        let edits = json!({"edits": [
            said("company", "□□商事"), said("name", "高橋"), said("business", "至急のご連絡"), said("desired", "call_back"),
            said("callback", "090-1234-5678"), said("urgency", "urgent"),
        ]});
        let (status, answer) = self.house.ask("PATCH", &format!("/reports/{report}"), Some(&edits));
        assert_eq!(status, 200, "{answer}");
        self.house.post(&format!("/reports/{report}/send"), json!({}));
        report
    }

    fn tasks(&self, report: &str) -> Vec<Value> {
        let tasks = self.house.get("/tasks").as_array().cloned().unwrap_or_default();
        tasks.into_iter().filter(|task| task["report"] == report && task["kind"] == "unread").collect()
    }
}

#[test]
fn x05_the_mobile_is_called_hears_the_notice_and_its_1_confirms_the_report() {
    let mut scene = Scene::set(true, true);
    let report = scene.urgent_report();
    scene.mobile.wait_for("CALL_ESTABLISHED", SOON).expect("the mobile is called");
    // "1" before anything is said would be no confirmation of what was heard.
    pause(Duration::from_millis(6_000));
    scene.mobile.command("sndcode", "1");
    until("the report is seen", SOON, || {
        (!scene.house.get(&format!("/reports/{report}"))["seen_ms"].is_null()).then_some(())
    });
    scene.mobile.wait_for("CALL_CLOSED", SOON).expect("thanks, and goodbye");
    let heard = scene.mobile.heard().pop().expect("the notice");
    let seconds = seconds_of(&heard, NOTICE_HZ);
    assert!(seconds > 2.0, "the notice: {seconds} s in {:?}", story(&heard, 3));
    assert!(scene.tasks(&report).is_empty(), "nobody climbs on");
    scene.house.assert_idle();
    let calls = scene.house.get("/calls?limit=10");
    assert_eq!(calls["calls"].as_array().map(Vec::len), Some(1), "a notice is nobody's call: {calls}");
}

#[test]
fn x05_without_a_voice_a_recorded_notice_is_played_again_and_again_and_a_mailbox_confirms_nothing() {
    let mut scene = Scene::set(true, false);
    let report = scene.urgent_report();
    scene.mobile.wait_for("CALL_ESTABLISHED", SOON).expect("the mobile is called");
    scene.mobile.wait_for("CALL_CLOSED", Duration::from_secs(60)).expect("a mailbox is left");
    let heard = scene.mobile.heard().pop().expect("the notice");
    let seconds = seconds_of(&heard, NOTICE_HZ);
    assert!((7.0..9.5).contains(&seconds), "three times three seconds: {seconds}, {:?}", story(&heard, 3));
    until("the supervisor has a task", SOON, || Some(scene.tasks(&report)).filter(|tasks| tasks.len() == 1));
    assert!(scene.house.get(&format!("/reports/{report}"))["seen_ms"].is_null());
    scene.house.assert_idle();
}

#[test]
fn x05_a_phone_that_declines_is_passed_over_for_the_next_rung() {
    let mut scene = Scene::set(false, false);
    let report = scene.urgent_report();
    scene.mobile.wait_for("CALL_INCOMING", SOON).expect("the mobile is called");
    assert!(scene.tasks(&report).is_empty(), "one rung at a time");
    scene.mobile.command("hangup", "");
    until("the supervisor has a task", SOON, || Some(scene.tasks(&report)).filter(|tasks| tasks.len() == 1));
    let found = scene.house.get(&format!("/reports/{report}"));
    assert!(found["seen_ms"].is_null(), "nobody has confirmed it: {found}");
    scene.house.assert_idle();
}
