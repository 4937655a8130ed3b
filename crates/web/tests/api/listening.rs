//! The link by which a firm hears its own calls (F43, F52, R18), over real HTTP: whoever has it, as the plan says, and nobody else's.

use crate::common::{House, NOW, Said};
use report::{Channel, Content, Policy, Profile, render};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{NewDelivery, Role, Sending, Writer};
use switch::media::Recording;
use switch::{CallId, CallRecord, CallState};

/// A call's id begins with its time.
const CALL: u64 = ((NOW as u64 - 9_200) << 20) + 21;
const HOUR_MS: i64 = 3_600_000;
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const SITE: &str = "https://desk.example.jp";

/// A firm that has ordered recordings, and one that is another.
struct Firm {
    house: House,
    customer: i64,
    other: i64,
    operator: String,
    admin: String,
    hanako: i64,
}

fn sound() -> Vec<u8> {
    (0..100_000u32).map(|place| place.to_le_bytes()[0] ^ place.to_le_bytes()[1]).collect()
}

fn plan(listening: Value) -> Value {
    let place = |id: &str| json!({"id": id, "channel": {"type": "email", "address": format!("{id}@sakura.example")}});
    json!({"notice_only": true, "recipients": [place("sato"), place("office")],
        "rules": [{"to": [{"who": {"recipient": "sato"}}]}], "listening": listening})
}

impl Firm {
    fn new(listening: Value) -> Firm {
        let house = House::reached_at(SITE);
        let hanako = house.operator("101", "花子");
        let customer = house.customer("sakura", "さくら歯科", "03-1234-5678");
        let other = house.customer("momo", "もも", "03-1234-5679");
        let operator = house.logged_in("hanako", Role::Operator, Some(hanako));
        let admin = house.logged_in("root", Role::Admin, None);
        let firm = Firm { house, customer, other, operator, admin, hanako };
        firm.order(0, plan(listening));
        firm
    }

    fn order(&self, revision: i64, profile: Value) {
        let path = format!("/customers/{}/profile", self.customer);
        let put =
            self.house.ask("PUT", &path, Some(&self.admin), Some(json!({"revision": revision, "profile": profile})));
        assert_eq!(put.status, 200, "{}", put.text());
    }

    /// A call that hanako answered, with its recording or (`None`) without; its report.
    fn call(&self, id: u64, recording: Option<&str>, change: impl FnOnce(&mut CallRecord)) -> String {
        let bytes = sound();
        if let Some(path) = recording {
            std::fs::write(self.house.recordings().join(path), &bytes).unwrap();
        }
        self.house.call(id, |call| {
            call.customer = Some(self.customer);
            call.customer_name = "さくら歯科".into();
            call.operator = Some(self.hanako);
            call.arrived_ms = NOW - 9_200;
            call.answered_ms = Some(NOW - 5_000);
            let (samples, bytes) = (8000, bytes.len() as u64);
            call.recording = recording.map(|path| Recording {
                path: path.into(),
                samples,
                sha256: "ab".repeat(32),
                bytes,
                ..Recording::default()
            });
            change(call);
        });
        store::report_id_of_call(CallId(id))
    }

    /// Sends a report whose link has this token; its delivery.
    fn sent(&self, report: &str, token: &str, sent_ms: i64) -> String {
        let writer = Writer { login: "hanako".into(), name: "花子".into(), operator: Some(self.hanako) };
        let row = self.house.wait(self.house.store.report(report)).unwrap();
        let link = Some(format!("{SITE}/l/{token}"));
        let delivery = NewDelivery {
            id: store::new_id(NOW).unwrap(),
            recipient: "sato".into(),
            channel: Channel::Email { address: "sato@sakura.example".into() },
            reason: "named".into(),
            content: Content { listen: true, link, ..Content::default() },
            urgent: false,
            seen_hash: None,
            listen_hash: Some(Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()),
        };
        let sending = Sending {
            revision: row.revision,
            policy: Policy::NoticeOnly,
            deliveries: vec![delivery],
            digest_due_ms: None,
            ladder: None,
            tasks: vec![],
        };
        let sent = self.house.wait(self.house.store.send_report(report, &sending, &writer, sent_ms)).unwrap();
        sent.deliveries[0].id.clone()
    }

    fn page(&self, token: &str) -> Said {
        self.house.send("GET", &format!("//l/{token}"), &[], None)
    }

    fn play(&self, token: &str, range: &str) -> Said {
        self.house.send("GET", &format!("//l/{token}/recording"), &[("range", range)], None)
    }

    fn plays(&self, call: u64) -> Vec<String> {
        let lines = self.house.wait(self.house.store.audit(Some(&CallId(call).to_string()), None, 100)).unwrap();
        lines.into_iter().map(|line| format!("{} {} {}", line.who, line.what, line.detail)).collect()
    }

    fn closed(&self, token: &str, status: u16) {
        for said in [self.page(token), self.play(token, "bytes=0-")] {
            assert_eq!(said.status, status, "{}", said.text());
            assert!(
                !said.text().contains("<audio") && said.header("content-type").starts_with("text/html"),
                "{}",
                said.text()
            );
        }
    }
}

#[test]
fn f43_a_notices_link_plays_the_call_to_the_firm_at_any_time_and_each_sitting_is_logged() {
    let firm = Firm::new(json!({"on": true, "hours": 24}));
    let report = firm.call(CALL, Some("a.wav"), |_| ());
    let sent = firm.house.ask("POST", &format!("/reports/{report}/send"), Some(&firm.operator), Some(json!({})));
    assert_eq!(sent.status, 200, "{}", sent.text());
    let job = firm.house.wait(firm.house.store.lease_deliveries(NOW, 30_000, 10)).unwrap().remove(0);
    let link = job.content.link.clone().unwrap();
    let token = link.strip_prefix(&format!("{SITE}/l/")).unwrap();
    assert!(
        render::mail(&job.content).text.contains(&format!("録音を聞く: {link}")),
        "{}",
        render::mail(&job.content).text
    );
    // What is kept to be sent on to others, or to be looked at, has no token in it.
    assert_eq!(firm.house.wait(firm.house.store.delivery_content(&job.id)).unwrap().link, None);

    let page = firm.page(token);
    assert_eq!((page.status, page.header("x-robots-tag")), (200, "noindex, nofollow"));
    assert!(
        page.header("content-security-policy").starts_with("default-src 'none'; style-src 'self'; media-src 'self'")
    );
    assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("private, no-store", "no-referrer"));
    let html = page.text();
    assert!(html.contains("lang=\"ja\"") && html.contains(&format!("src=\"/l/{token}/recording\"")), "{html}");
    assert!(!html.contains("9012345678") && !html.contains("090-1234"), "{html}");
    assert_eq!(firm.house.send("HEAD", &format!("//l/{token}/recording"), &[], None).status, 200);
    assert_eq!(
        firm.plays(CALL),
        Vec::<String>::new(),
        "a mail scanner fetches the page, and nobody has heard anything"
    );

    let whole = firm.play(token, "bytes=0-");
    assert_eq!(
        (whole.status, whole.header("content-type"), whole.header("cache-control")),
        (206, "audio/wav", "private, no-store")
    );
    assert!(whole.bytes == sound());
    assert!(firm.play(token, "bytes=40000-49999").bytes == sound()[40_000..50_000]);
    assert_eq!(firm.play(token, "bytes=0-").status, 206);
    assert_eq!(
        firm.plays(CALL),
        [format!("link {} recording.play customer {}, sato: a.wav", job.id, firm.customer)],
        "one sitting"
    );
    let row = firm.house.wait(firm.house.store.delivery(&job.id)).unwrap();
    assert_eq!(row.listens, 1);
    // Delivered: the link goes on opening it, and what is sent again has one of its own.
    firm.house.wait(firm.house.store.delivery_accepted(&job.id, job.attempt, "250", NOW)).unwrap();
    assert_eq!(firm.page(token).status, 200);
    let again = firm.house.ask("POST", &format!("/deliveries/{}/resend", job.id), Some(&firm.admin), None);
    assert_eq!(again.status, 200, "{}", again.text());
    let job = firm.house.wait(firm.house.store.lease_deliveries(NOW, 30_000, 10)).unwrap().remove(0);
    let second = job.content.link.unwrap();
    assert_ne!(second, link);
    assert_eq!(firm.page(second.strip_prefix(&format!("{SITE}/l/")).unwrap()).status, 200);
}

#[test]
fn r18_a_link_opens_the_firms_own_call_alone_and_only_while_the_firm_may() {
    let firm = Firm::new(json!({"on": true}));
    let report = firm.call(CALL, Some("a.wav"), |_| ());
    let delivery = firm.sent(&report, TOKEN, NOW);
    assert_eq!(firm.page(TOKEN).status, 200);
    // The recipient leaves the firm, the firm its plan: closed, and open again when that was a mistake.
    let without = json!({"recipients": [{"id": "office", "channel": {"type": "email", "address": "office@sakura.example"}}], "listening": {"on": true}});
    firm.order(1, without);
    firm.closed(TOKEN, 404);
    firm.order(2, plan(json!({"on": false})));
    firm.closed(TOKEN, 404);
    firm.order(3, plan(json!({"on": true})));
    assert_eq!(firm.play(TOKEN, "bytes=0-9").status, 206);
    // It came back: whoever reads that mailbox is not the recipient.
    firm.house.wait(firm.house.store.bounced(&delivery, "5.1.1", &[], NOW)).unwrap();
    firm.closed(TOKEN, 404);
    // A call that turns out to be another firm's.
    let (other, token) = (CALL + 1, "fedcba9876543210fedcba9876543210");
    let report = firm.call(other, Some("b.wav"), |_| ());
    firm.sent(&report, token, NOW);
    assert_eq!(firm.page(token).status, 200);
    firm.call(other, Some("b.wav"), |call| (call.revision, call.customer) = (7, Some(firm.other)));
    firm.closed(token, 404);
    assert_eq!(firm.plays(other), Vec::<String>::new());
    // A path that leads elsewhere gives nothing, whatever the row says.
    let (outside, token) = (CALL + 2, "00112233445566778899aabbccddeeff");
    let report = firm.call(outside, None, |call| {
        call.recording =
            Some(Recording { path: "../denwaban.db".into(), sha256: "ab".repeat(32), ..Recording::default() });
    });
    firm.sent(&report, token, NOW);
    assert_eq!(firm.play(token, "bytes=0-").status, 404);
}

#[test]
fn f52_a_link_lasts_as_long_and_as_often_as_the_plan_says() {
    let firm = Firm::new(json!({"on": true, "hours": 24, "times_max": 1}));
    let report = firm.call(CALL, Some("a.wav"), |_| ());
    firm.sent(&report, TOKEN, NOW - 24 * HOUR_MS + 1);
    let hash = Sha256::digest(TOKEN.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let listen = firm.house.wait(firm.house.store.listen_page(&hash)).unwrap().unwrap();
    assert_eq!(firm.page(TOKEN).status, 200);
    assert!(firm.house.wait(firm.house.store.note_listen(&listen, NOW)).unwrap());
    assert!(!firm.house.wait(firm.house.store.note_listen(&listen, NOW)).unwrap(), "once");
    firm.closed(TOKEN, 410);
    assert_eq!(firm.plays(CALL).len(), 1);
    let (late, token) = (CALL + 1, "fedcba9876543210fedcba9876543210");
    let report = firm.call(late, Some("b.wav"), |_| ());
    firm.sent(&report, token, NOW - 24 * HOUR_MS);
    firm.closed(token, 410);
    assert_eq!(firm.plays(late), Vec::<String>::new());
}

#[test]
fn f43_what_cannot_be_heard_says_so_and_has_no_link_where_nothing_was_recorded() {
    let firm = Firm::new(json!({"on": true}));
    // The record has not come to its end yet: the recording is being finished.
    let report = firm.call(CALL, None, |call| (call.state, call.ended_ms) = (CallState::Established, None));
    firm.sent(&report, TOKEN, NOW);
    assert!(firm.page(TOKEN).text().contains("準備しています"), "{}", firm.page(TOKEN).text());
    firm.call(CALL, None, |call| (call.revision, call.no_recording) = (5, "not_wanted".into()));
    assert!(firm.page(TOKEN).text().contains("録音はありません"), "{}", firm.page(TOKEN).text());
    let composed = |report: &str| {
        let row = firm.house.wait(firm.house.store.report(report)).unwrap();
        firm.house.wait(firm.house.store.compose(&row)).unwrap().content
    };
    assert!(!composed(&report).listen, "nothing was recorded");
    let heard = firm.call(CALL + 1, Some("b.wav"), |_| ());
    assert!(composed(&heard).listen);
    // A correction is about the same call.
    firm.sent(&heard, "fedcba9876543210fedcba9876543210", NOW);
    let writer = Writer { login: "hanako".into(), name: "花子".into(), operator: Some(firm.hanako) };
    let follow = firm.house.wait(firm.house.store.correct_report(&heard, &writer, NOW)).unwrap();
    assert!(composed(&follow.id).listen);
    assert!(!Profile::default().listening.on, "nobody hears what was not ordered");
}

#[test]
fn r18_links_that_are_none_tell_nothing_and_are_slowed_down() {
    let firm = Firm::new(json!({"on": true}));
    for token in ["00000000000000000000000000000000", "x", "..%2f..%2fetc", "0123%00"] {
        firm.closed(token, 404);
    }
    for _ in 0..40 {
        firm.page("00000000000000000000000000000000");
    }
    firm.closed("00000000000000000000000000000000", 429);
    // Nothing can be changed there.
    assert_eq!(firm.house.send("POST", &format!("//l/{TOKEN}"), &[], None).status, 405);
}

#[test]
fn f52_a_plan_that_cannot_be_is_refused_by_its_field() {
    let firm = Firm::new(json!({"on": true}));
    let path = format!("/customers/{}/profile", firm.customer);
    for (listening, field) in [
        (json!({"hours": 0}), "listening.hours"),
        (json!({"hours": 5000}), "listening.hours"),
        (json!({"times_max": 2000}), "listening.times_max"),
    ] {
        let put =
            firm.house.ask("PUT", &path, Some(&firm.admin), Some(json!({"revision": 1, "profile": plan(listening)})));
        assert_eq!(put.status, 422, "{}", put.text());
        assert!(put.json()["field"].as_str().unwrap().ends_with(field), "{}", put.text());
    }
}
