//! Reports by mail, with a real mail server: Exim takes them over TLS with a login and sends back what it cannot deliver, and the
//! bounces are read by IMAP from Dovecot.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use mail_parser::{Message, MessageParser, MimeHeaders};
use serde_json::{Value, json};

use crate::support::house::{House, SOON};
use crate::support::mail_server::{LOGIN, MailServer};
use crate::support::until;

/// A bounce is told within a minute (F39).
const MINUTE: Duration = Duration::from_secs(60);

/// `[mail]` of a house that sends by this server, and reads bounces if asked.
pub fn configuration(server: &MailServer, tls: &str, port: u16, reads_bounces: bool) -> String {
    let ((user, password), roots) = (LOGIN, server.certificate());
    let imap = format!(
        "imap_server = \"localhost\"\nimap_port = {}\nimap_user = \"{user}\"\nimap_password = \"{password}\"\n",
        server.imaps
    );
    format!(
        "[mail]\nserver = \"localhost\"\nport = {port}\ntls = \"{tls}\"\nuser = \"{user}\"\npassword = \"{password}\"\n\
         roots = \"{}\"\nfrom = \"report@house.test\"\nfrom_name = \"電話番\"\nbounce = \"bounce@house.test\"\n{}",
        roots.display(),
        if reads_bounces { imap } else { String::new() }
    )
}

/// A firm whose reports go to these addresses; its id.
fn firm(house: &House, addresses: &[&str]) -> i64 {
    let id = house.firm("sakura", "さくら歯科 ①㈱髙﨑", "0355500101", json!({}));
    let recipients: Vec<Value> = (0..)
        .zip(addresses)
        .map(|(place, address)| json!({"id": format!("to{place}"), "channel": {"type": "email", "address": address}}))
        .collect();
    let profile = json!({"revision": 0, "profile": {"recipients": recipients}});
    let (status, answer) = house.ask("PUT", &format!("/customers/{id}/profile"), Some(&profile));
    assert_eq!(status, 200, "{answer}");
    id
}

/// Sends a trial to all of the firm's places; the report.
fn send(house: &House, firm: i64) -> String {
    let (status, sent) = house.ask("POST", &format!("/customers/{firm}/test-report"), None);
    assert_eq!(status, 200, "{sent}");
    sent["report"].as_str().expect("a report").to_owned()
}

/// Sends a report that somebody has written: a trial goes no other way when it comes back.
fn send_written(house: &House, firm: i64) -> String {
    let said = |key: &str, text: &str| json!({"key": key, "value": {"said": text}});
    let edits = json!({"edits": [
        said("company", "①㈱髙﨑"), said("name", "佐藤"), said("business", "納期について"), said("desired", "call_back"),
        said("callback", "03-1234-5678"),
    ]});
    let (status, begun) = house.ask("POST", &format!("/customers/{firm}/reports"), Some(&edits));
    assert!(matches!(status, 200 | 201), "{begun}");
    let report = begun["report"]["id"].as_str().or(begun["id"].as_str()).expect("a report").to_owned();
    let (status, sent) = house.ask("POST", &format!("/reports/{report}/send"), Some(&json!({})));
    assert_eq!(status, 200, "{sent}");
    report
}

/// The deliveries of a report, once `holds` does of them.
fn deliveries(house: &House, report: &str, limit: Duration, holds: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    until("the deliveries", limit, || {
        let found = house.get(&format!("/reports/{report}"));
        let rows = found["deliveries"].as_array().cloned().unwrap_or_default();
        holds(&rows).then_some(rows)
    })
}

fn state<'a>(rows: &'a [Value], recipient: &str) -> &'a str {
    rows.iter().find(|row| row["recipient"] == recipient).and_then(|row| row["state"].as_str()).unwrap_or_default()
}

fn all_accepted(rows: &[Value]) -> bool {
    rows.iter().all(|row| row["state"] == "accepted")
}

#[test]
fn f31_f36_three_recipients_of_whom_two_have_carriers_old_addresses_have_a_mail_each() {
    let server = MailServer::start();
    let house = House::start_with(&configuration(&server, "required", server.smtp, false));
    let addresses = ["sato@sakura.example", "taro..x@docomo.ne.jp", "taro.@ezweb.ne.jp"];
    let report = send(&house, firm(&house, &addresses));
    let rows = deliveries(&house, &report, SOON, all_accepted);
    assert_eq!(rows.len(), 3);
    for row in &rows {
        assert!(row["remote_id"].as_str().is_some_and(|id| id.starts_with("250 OK id=")), "the evidence (F40): {row}");
    }
    let kept = until("three mails", SOON, || Some(server.kept("inbox")).filter(|kept| kept.len() == 3));
    let mut to: Vec<String> = kept.iter().map(|mail| mail.envelope_to.clone()).collect();
    to.sort();
    assert_eq!(to, ["\"taro.\"@ezweb.ne.jp", "\"taro..x\"@docomo.ne.jp", "sato@sakura.example"]);
    for mail in &kept {
        look_at(&MessageParser::default().parse(&mail.bytes).expect("a mail"), &rows);
    }
    let log = server.log();
    assert_eq!(log.matches("A=plain:denwaban").count(), 3, "logged in: {log}");
    assert_eq!(log.matches("P=esmtpsa").count(), 3, "over TLS: {log}");
}

/// Text first, then HTML; every letter of Japanese names; its number to call; an id of its own, also in the return path.
fn look_at(mail: &Message<'_>, rows: &[Value]) {
    let kinds: Vec<&str> = mail.parts.iter().filter_map(|part| part.content_type()?.subtype()).collect();
    assert_eq!(kinds, ["alternative", "plain", "html"]);
    let (text, html) = (mail.body_text(0).expect("text"), mail.body_html(0).expect("HTML"));
    assert!(text.contains("①㈱髙﨑") && html.contains("①㈱髙﨑"), "{text}");
    assert!(text.lines().any(|line| line.trim() == "03-1234-5678"), "the number alone on a line: {text}");
    assert!(html.contains("href=\"tel:+81312345678\""), "{html}");
    let from = mail.from().and_then(|from| from.first()).expect("a sender");
    assert_eq!((from.name(), from.address()), (Some("電話番"), Some("report@house.test")));
    let id = mail.message_id().and_then(|id| id.strip_suffix("@house.test")).expect("an id of ours");
    assert!(rows.iter().any(|row| row["id"] == id), "{id}");
    assert_eq!(mail.return_address(), Some(format!("bounce+{id}@house.test").as_str()));
    assert_eq!(mail.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
}

#[test]
fn f39_a_mail_that_comes_back_is_read_by_imap_within_a_minute_and_the_report_goes_another_way() {
    let server = MailServer::start();
    let house = House::start_with(&configuration(&server, "implicit", server.smtps, true));
    let firm = house.firm("sakura", "さくら歯科", "0355500101", json!({}));
    let place = |id: &str, active: bool, fallback: Option<&str>| {
        let channel = json!({"type": "email", "address": format!("{id}@client.test")});
        json!({"id": id, "active": active, "fallback": fallback, "channel": channel})
    };
    let profile =
        |office: bool| json!({"recipients": [place("gone", true, Some("office")), place("office", office, None)]});
    let put = |revision: i64, profile: Value| {
        let body = json!({"revision": revision, "profile": profile});
        let (status, answer) = house.ask("PUT", &format!("/customers/{firm}/profile"), Some(&body));
        assert_eq!(status, 200, "{answer}");
    };
    // The office is to get it only because the other one does not.
    put(0, profile(false));
    let report = send_written(&house, firm);
    put(1, profile(true));
    let rows = deliveries(&house, &report, MINUTE, |rows| {
        state(rows, "gone") == "bounced" && state(rows, "office") == "accepted"
    });
    let gone = rows.iter().find(|row| row["recipient"] == "gone").expect("a row");
    assert!(gone["error"].as_str().is_some_and(|why| why.contains("this mailbox was closed")), "{gone}");
    let tasks = house.get("/tasks");
    assert!(tasks.as_array().is_some_and(|tasks| tasks.iter().any(|task| task["kind"] == "bounced")), "{tasks}");
    until("the report at the office", SOON, || Some(server.kept("inbox")).filter(|kept| kept.len() == 1));
}

#[test]
fn f39_a_mail_server_can_hand_bounces_over_by_a_pipe() {
    let server = MailServer::start();
    let house = House::start_with(&configuration(&server, "required", server.smtp, false));
    let report = send(&house, firm(&house, &["gone@client.test"]));
    deliveries(&house, &report, SOON, all_accepted);
    let bounce = until("a bounce", SOON, || server.kept("bounce").pop());
    let piped = |mail: &[u8]| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_denwaban"))
            .arg("--config")
            .arg(house.root.path().join("denwaban.toml"))
            .args(["bounce", "--json"])
            .env("RECIPIENT", &bounce.envelope_to)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("denwaban");
        child.stdin.take().expect("a pipe").write_all(mail).expect("taken");
        let output = child.wait_with_output().expect("an end");
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")
    };
    assert_eq!(piped(b"Subject: lunch?\r\n\r\n")["verdict"], "other", "to the return path, and no bounce");
    let told = piped(&bounce.bytes);
    assert_eq!(told["verdict"], "failed");
    assert!(told["why"].as_str().is_some_and(|why| why.contains("this mailbox was closed")), "{told}");
    deliveries(&house, &report, SOON, |rows| state(rows, "to0") == "bounced");
}

#[test]
fn f31_one_refused_and_one_put_off_keep_the_third_from_nothing() {
    let server = MailServer::start();
    let house = House::start_with(&configuration(&server, "required", server.smtp, false));
    let report = send(&house, firm(&house, &["refused@client.test", "later@client.test", "well@client.test"]));
    let rows = deliveries(&house, &report, SOON, |rows| {
        state(rows, "to0") == "dead" && state(rows, "to1") == "retry" && state(rows, "to2") == "accepted"
    });
    let dead = rows.iter().find(|row| row["recipient"] == "to0").expect("a row");
    assert_eq!(dead["error"], "550 no such mailbox");
}

#[test]
fn check_says_whether_mails_can_leave_and_come_back() {
    let server = MailServer::start();
    let house = House::start_with(&configuration(&server, "required", server.smtp, true));
    let findings = house.cli(&["check", "--json"]);
    let of = |what: &str| {
        let found = findings.as_array().and_then(|all| all.iter().find(|finding| finding["what"] == what)).cloned();
        found.unwrap_or_default()
    };
    assert_eq!(of("mail")["verdict"], "OK", "{findings}");
    assert_eq!(of("bounces")["verdict"], "OK", "{findings}");
}
