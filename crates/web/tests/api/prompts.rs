//! Prompts: listed, heard, uploaded, typed, renamed and removed by administrators, and by nobody else.

use crate::common::House;
use serde_json::{Value, json};
use store::Role;

/// A second of a tone at 8 kHz, as a WAV file.
fn tone() -> Vec<u8> {
    let samples = (0..8000_i32).flat_map(|n| (i16::try_from((n % 16 - 8) * 1000).unwrap()).to_le_bytes());
    let data: Vec<u8> = samples.collect();
    let mut file = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data".to_vec();
    file.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
    file.extend(data);
    let size = u32::try_from(file.len() - 8).unwrap().to_le_bytes();
    file[4..8].copy_from_slice(&size);
    file
}

struct Desk {
    house: House,
    token: String,
}

impl Desk {
    /// With a voice that says everything in the same second of sound, or without one.
    fn new(voice: bool) -> Desk {
        let house = House::with_prompts(&tone(), voice);
        let token = house.logged_in("admin", Role::Admin, None);
        Desk { house, token }
    }

    fn put(&self, path: &str, body: &[u8]) -> crate::common::Said {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "audio/wav"), ("accept-language", "ja")];
        self.house.send("PUT", path, &headers, Some(body.to_vec()))
    }

    fn of(&self, whose: &str, name: &str) -> Value {
        let library = self.house.get(&format!("/prompts{whose}"), &self.token).json();
        library["prompts"].as_array().unwrap().iter().find(|row| row["name"] == name).cloned().unwrap_or(Value::Null)
    }
}

#[test]
fn a_prompt_is_uploaded_heard_renamed_and_removed_and_what_was_before_comes_back() {
    let desk = Desk::new(true);
    let before = desk.of("", "hold-music");
    assert_eq!((&before["origin"], &before["used_by"]), (&json!("built_in"), &json!(["hold_music"])));
    let kept = desk.put("/prompts/hold-music?label=%E6%9C%AC%E7%A4%BE&recorded=true", &tone()).json();
    assert_eq!((&kept["origin"], &kept["source"], &kept["label"]), (&json!("own"), &json!("recorded"), &json!("本社")));
    assert_eq!((&kept["length_ms"], &kept["by"], &kept["has_fallback"]), (&json!(1000), &json!("admin"), &json!(true)));
    let heard = desk.house.get("/prompts/hold-music", &desk.token);
    assert_eq!((heard.status, heard.header("content-type")), (200, "audio/wav"));
    assert_eq!(heard.bytes.len(), 44 + 16_000);
    // Under a name of its own it can be chosen in the settings, and then it cannot be taken away.
    let body = json!({"name": "our-music", "label": "本社"});
    let renamed = desk.house.ask("PUT", "/prompts/hold-music/name", Some(&desk.token), Some(body));
    assert_eq!(renamed.json()["name"], "our-music", "{}", renamed.text());
    assert_eq!(desk.of("", "hold-music")["origin"], "built_in");
    let mut settings = desk.house.get("/settings", &desk.token).json();
    settings["hold_music"] = json!("our-music");
    assert_eq!(desk.house.ask("PUT", "/settings", Some(&desk.token), Some(settings)).status, 200);
    let refused = desk.house.ask("DELETE", "/prompts/our-music", Some(&desk.token), None);
    refused.is_refusal(409, "conflict", None);
    assert!(refused.json()["what"].as_str().unwrap().contains("hold music"), "{}", refused.text());
    let settings = json!({});
    assert_eq!(desk.house.ask("PUT", "/settings", Some(&desk.token), Some(settings)).status, 200);
    assert_eq!(desk.house.ask("DELETE", "/prompts/our-music", Some(&desk.token), None).status, 204);
    desk.house.ask("DELETE", "/prompts/our-music", Some(&desk.token), None).is_refusal(404, "not_found", None);
    desk.house.get("/prompts/our-music", &desk.token).is_refusal(404, "not_found", None);
    let audit = desk.house.wait(desk.house.store.audit(None, None, 20)).unwrap();
    let done: Vec<&str> =
        audit.iter().rev().map(|line| line.what.as_str()).filter(|what| what.starts_with("prompt")).collect();
    assert_eq!(done, ["prompt.keep", "prompt.rename", "prompt.remove"]);
}

#[test]
fn what_is_typed_is_heard_before_it_is_kept() {
    let desk = Desk::new(true);
    let say = |text: &str| desk.house.post("/speech", &desk.token, json!({"text": text}));
    assert_eq!(say("お待ちください").bytes.len(), 44 + 16_000);
    say("  ").is_refusal(422, "invalid", Some("file"));
    say(&"あ".repeat(2000)).is_refusal(422, "invalid", Some("text"));
    let path = "/prompts/customer%2F7%2Fannouncement";
    let words = json!({"text": "ただいま混み合っております", "label": "案内"});
    let kept = desk.house.ask("PUT", &format!("{path}/words"), Some(&desk.token), Some(words)).json();
    assert_eq!((&kept["name"], &kept["source"]), (&json!("customer/7/announcement"), &json!("typed")));
    assert_eq!(desk.of("?customer=7", "customer/7/announcement")["text"], "ただいま混み合っております");
    assert_eq!(desk.of("", "customer/7/announcement"), Value::Null, "a firm's is not the house's");
    // Without a voice nothing is spoken, and what callers would miss stays.
    let silent = Desk::new(false);
    assert_eq!(silent.house.get("/prompts", &silent.token).json()["voice"], false);
    silent.house.post("/speech", &silent.token, json!({"text": "a"})).is_refusal(409, "conflict", None);
}

#[test]
fn r18_what_is_no_sound_no_name_or_too_large_is_refused_and_says_why() {
    let desk = Desk::new(true);
    let mp3 = desk.put("/prompts/our-music", b"ID3\x04 and so on");
    mp3.is_refusal(422, "invalid", Some("file"));
    assert!(mp3.json()["what"].as_str().unwrap().contains("MP3"), "{}", mp3.text());
    desk.put("/prompts/our-music", b"").is_refusal(422, "invalid", Some("file"));
    for evil in ["..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "A", "a%00b", "%E5%90%8D", "a%2F..%2Fb"] {
        desk.put(&format!("/prompts/{evil}"), &tone()).is_refusal(422, "invalid", Some("name"));
        assert_eq!(desk.house.get(&format!("/prompts/{evil}"), &desk.token).status, 404, "{evil}");
    }
    desk.put("/prompts/our-music", &vec![0; (32 << 20) + 1]).is_refusal(413, "too_large", None);
    assert_eq!(desk.of("", "our-music"), Value::Null);
}

#[test]
fn prompts_are_the_administrators() {
    let desk = Desk::new(true);
    for role in [Role::Supervisor, Role::Operator] {
        let operator = (role == Role::Operator).then(|| desk.house.operator("101", "佐藤"));
        let token = desk.house.logged_in(&format!("{role:?}"), role, operator);
        for (method, path, body) in [
            ("GET", "/prompts", None),
            ("GET", "/prompts/hold-music", None),
            ("DELETE", "/prompts/hold-music", None),
            ("POST", "/speech", Some(json!({"text": "a"}))),
            ("PUT", "/prompts/a/words", Some(json!({"text": "a"}))),
            ("PUT", "/prompts/a/name", Some(json!({"name": "b"}))),
        ] {
            desk.house.ask(method, path, Some(&token), body).is_refusal(403, "forbidden", None);
        }
    }
    desk.house.send("PUT", "/prompts/a", &[], Some(tone())).is_refusal(401, "unauthorized", None);
}
