//! Recordings by dialling in with a PIN (F52), over the wire: who keys the right one hears the call, who keys a wrong one nothing of it, and
//! nobody another firm's.

use std::time::Duration;

use serde_json::{Value, json};

use super::post::configuration;
use crate::support::audio::{CALLER_HZ, MOBILE_HZ, OPERATOR_2_HZ, OPERATOR_HZ, seconds_of, seconds_with, story};
use crate::support::baresip::{Baresip, write_tone_for};
use crate::support::house::{House, SOON};
use crate::support::mail_server::MailServer;
use crate::support::{pause, ports, until};

const LINE: &str = "0399990000";
/// "Wrong", "nothing to be heard"; every other prompt is missing: a short tone of the house's own.
const WRONG_HZ: f32 = OPERATOR_2_HZ;
const NOTHING_HZ: f32 = CALLER_HZ;
/// Keys are pressed by people.
const KEY: Duration = Duration::from_millis(350);

struct Scene {
    house: House,
    mobile: Baresip,
    _server: MailServer,
}

impl Scene {
    /// Two firms that may hear their calls. The first one has had a call, whose report was sent.
    fn set() -> (Scene, i64, i64) {
        let server = MailServer::start();
        let mail = configuration(&server, "required", server.smtp, false);
        let mut house = House::start_with(&mail);
        let prompts = house.root.path().join("prompts/dial-in/ja");
        std::fs::create_dir_all(&prompts).expect("a folder");
        write_tone_for(&prompts.join("wrong.wav"), WRONG_HZ, 1.0);
        write_tone_for(&prompts.join("nothing.wav"), NOTHING_HZ, 1.0);
        // Prompts are read at the start.
        house.kill_and_restart();
        let firms = [("sakura", "0355500101"), ("other", "0355500102")].map(|(code, did)| {
            let firm = house.firm(code, code, did, json!({}));
            let profile = json!({
                "recipients": [{"id": "office", "channel": {"type": "email", "address": format!("{code}@client.test")}}],
                "rules": [{"to": [{"who": "everyone"}]}],
                "listening": {"on": true, "hours": 24},
            });
            let put = json!({"revision": 0, "profile": profile});
            let (status, answer) = house.ask("PUT", &format!("/customers/{firm}/profile"), Some(&put));
            assert_eq!(status, 200, "{answer}");
            firm
        });
        house.cli(&["settings", "set", "recordings_line", LINE]);
        assert_eq!(house.cli(&["did", "check", LINE, "--json"])["recordings_line"], true);
        let operator = house.operator("101", 0);
        let port = ports::free_block(2);
        house.trunk("carrier", port, json!({}));
        let mut phone = house.phone(&operator, OPERATOR_HZ, true);
        let mobile = house.outside("09055500101", port, MOBILE_HZ, false);
        let mut scene = Scene { house, mobile, _server: server };
        scene.call_with_a_report();
        // Nobody of the house is rung by what follows.
        phone.kill();
        (scene, firms[0], firms[1])
    }

    fn call_with_a_report(&mut self) {
        self.mobile.command("dial", &format!("sip:0355500101@{}", self.house.sip));
        self.mobile.wait("CALL_ESTABLISHED");
        let call = self.house.until_call("established");
        pause(Duration::from_secs(4));
        let sheet = self.house.post(&format!("/calls/{call}/report"), json!({}));
        let report = sheet["report"]["id"].as_str().expect("a report").to_owned();
        self.mobile.command("hangup", "");
        self.mobile.wait("CALL_CLOSED");
        let said = |key: &str, text: &str| json!({"key": key, "value": {"said": text}});
        let edits = json!({"edits": [
            said("company", "□□商事"), said("name", "高橋"), said("business", "ご連絡"), said("desired", "message_only"),
            said("callback", "090-1234-5678"),
        ]});
        let (status, answer) = self.house.ask("PATCH", &format!("/reports/{report}"), Some(&edits));
        assert_eq!(status, 200, "{answer}");
        self.house.post(&format!("/reports/{report}/send"), json!({}));
        self.house.finished(1);
    }

    fn new_pin(&self, firm: &str) -> String {
        self.house.cli(&["client", "pin", firm, "--new", "--json"])["pin"].as_str().expect("a PIN").to_owned()
    }

    /// Calls the line and keys this.
    fn dial(&mut self, keys: &str) {
        self.mobile.command("dial", &format!("sip:{LINE}@{}", self.house.sip));
        self.mobile.wait("CALL_ESTABLISHED");
        self.keys(keys);
    }

    fn keys(&mut self, keys: &str) {
        for key in keys.chars() {
            pause(KEY);
            self.mobile.command("sndcode", &key.to_string());
        }
    }

    /// The lines of the audit log of a verb.
    fn log(&self, what: &str) -> Vec<Value> {
        let page = self.house.get(&format!("/audit?what={what}"));
        page["lines"].as_array().cloned().unwrap_or_else(|| panic!("{page}"))
    }

    /// Hangs up; what was heard.
    fn heard(&mut self) -> Vec<i16> {
        self.mobile.command("hangup", "");
        self.mobile.wait("CALL_CLOSED");
        self.mobile.heard().pop().expect("something was heard")
    }
}

#[test]
fn f52_a_firm_hears_its_call_by_telephone_and_nobody_elses_and_a_wrong_pin_hears_nothing() {
    let (mut scene, sakura, other) = Scene::set();
    let (pin, others_pin) = (scene.new_pin("sakura"), scene.new_pin("other"));

    // The right one: both parties of the call, and the log says who heard it.
    scene.dial(&format!("{sakura}#{pin}#"));
    let played = until("the recording is played", SOON, || scene.log("recording.play").pop());
    let who = played["who"].as_str().expect("somebody");
    assert!(who.contains(&format!("customer {sakura}")) && who.contains("by telephone: +819055500101"), "{played}");
    pause(Duration::from_secs(7));
    let heard = scene.heard();
    for (party, hz) in [("the caller", MOBILE_HZ), ("the operator", OPERATOR_HZ)] {
        assert!(seconds_with(&heard, hz) > 2.0, "{party}: {:?}", story(&heard, 3));
    }

    // A wrong one, an unknown code, and the other firm's PIN: all the same, and the call ends.
    scene.dial(&format!("{sakura}#604217#"));
    until("it is refused", SOON, || (scene.log("dial_in.refuse").len() == 1).then_some(()));
    pause(Duration::from_secs(2));
    scene.keys(&format!("9999#{pin}#"));
    until("it is refused", SOON, || (scene.log("dial_in.refuse").len() == 2).then_some(()));
    pause(Duration::from_secs(2));
    scene.keys(&format!("{sakura}#{others_pin}#"));
    scene.mobile.wait_for("CALL_CLOSED", SOON).expect("three tries, and it is over");
    let heard = scene.mobile.heard().pop().expect("something was heard");
    assert!(seconds_of(&heard, WRONG_HZ) > 2.0, "three times a second: {:?}", story(&heard, 3));
    assert!(seconds_with(&heard, MOBILE_HZ) + seconds_with(&heard, OPERATOR_HZ) < 0.3, "{:?}", story(&heard, 3));

    // The other firm has had no call: there is nothing to be heard.
    scene.dial(&format!("{other}#{others_pin}#"));
    scene.mobile.wait_for("CALL_CLOSED", SOON).expect("it ends by itself");
    let heard = scene.mobile.heard().pop().expect("something was heard");
    assert!(seconds_of(&heard, NOTHING_HZ) > 0.5, "{:?}", story(&heard, 3));
    assert!(seconds_with(&heard, MOBILE_HZ) + seconds_with(&heard, OPERATOR_HZ) < 0.3, "{:?}", story(&heard, 3));

    // Nothing of it is a call, has a recording or wants a report; no secret is in any log.
    assert_eq!(scene.log("recording.play").len(), 1);
    let calls = scene.house.get("/calls?limit=10");
    assert_eq!(calls["calls"].as_array().map(Vec::len), Some(1), "{calls}");
    assert_eq!(scene.house.get("/reports/unfinished").as_array().map(Vec::len), Some(0));
    let log = scene.house.log();
    assert!(!log.contains(&pin) && !log.contains(&others_pin), "a PIN in the log");
    scene.house.assert_idle();
}
