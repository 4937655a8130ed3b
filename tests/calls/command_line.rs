//! Everything that the page does, the command line does, against the running switch: a call in hand, its report, what the firm says
//! against it, quality, tasks, operators, the audit log; read as programs read it.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::reporting::Mailbox;
use crate::support::house::{House, Operator, SOON};
use crate::support::peer::{Peer, sdp};
use crate::support::robots::{Habit, Robots};
use crate::support::{ports, until};

/// What a verb prints with `--json`, what it complains of, and its exit code.
fn said(house: &House, arguments: &[&str]) -> (Value, Value, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_denwaban"))
        .args(["--config", "denwaban.toml", "--json"])
        .args(arguments)
        .current_dir(house.root.path())
        .env("LANG", "C.UTF-8")
        .output()
        .expect("denwaban runs");
    let read = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    };
    (read(&output.stdout), read(&output.stderr), output.status.code().unwrap_or(-1))
}

/// What a verb prints that must work.
fn cli(house: &House, arguments: &[&str]) -> Value {
    let (value, error, code) = said(house, arguments);
    assert_eq!(code, 0, "{arguments:?}: {value} {error}");
    value
}

fn all(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no {key}: {value}"))
}

/// A house whose firm gets its reports by mail, with somebody who logs in to its page.
fn scene(mailbox: &Mailbox) -> (House, Operator) {
    let house = House::start_with(&mailbox.configuration());
    let firm = house.firm("sakura", "さくら歯科", "0355500101", json!({ "ring_seconds": 60 }));
    let profile = json!({
        "people": [{ "id": "sato", "name": "佐藤 花子", "kana": "さとう はなこ", "title": "院長" }],
        "recipients": [{ "id": "office", "label": "受付", "channel": { "type": "email", "address": "office@sakura.example" } }],
    });
    let put = json!({ "revision": 0, "profile": profile });
    assert_eq!(house.ask("PUT", &format!("/customers/{firm}/profile"), Some(&put)).0, 200);
    let operator = house.operator("101", 0);
    (house, operator)
}

/// `denwaban call follow`, until this is dropped.
struct Follower(Child);

impl Follower {
    fn start(house: &House) -> Follower {
        let told = std::fs::File::create(house.root.path().join("events.jsonl")).expect("a file");
        let follow = ["--config", "denwaban.toml", "--json", "call", "follow", "--after", "0"];
        let command = Command::new(env!("CARGO_BIN_EXE_denwaban"))
            .args(follow)
            .current_dir(house.root.path())
            .stdin(Stdio::null())
            .stdout(told)
            .spawn();
        Follower(command.expect("denwaban runs"))
    }

    /// It follows still, and has told this of the call.
    fn has_told(&mut self, house: &House, call: &str, event: &str) {
        until(&format!("{event} is told"), SOON, || {
            let told = std::fs::read_to_string(house.root.path().join("events.jsonl")).ok()?;
            let mut events = told.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            events.find(|one| one["event"]["kind"] == event && one["event"]["call"] == call)
        });
        assert_eq!(self.0.try_wait().expect("a child").map(|status| status.code()), None, "it has ended");
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A call is seen, held, muted and ended from the command line. Its 13 characters.
fn call_in_hand(house: &House, carrier: &mut Peer) -> String {
    assert_eq!(cli(house, &["call", "now"])["calls"], json!([]));
    carrier.invite("0355500101", "09011112222", &sdp(40_000));
    let answer = carrier.response(200, "INVITE");
    let dialog = carrier.caller_dialog(&answer);
    carrier.ack(&dialog);
    let call = house.until_call("established");
    let now = cli(house, &["call", "now"]);
    assert_eq!(
        (text(&now["calls"][0], "call"), &now["calls"][0]["caller_display"]),
        (call.as_str(), &json!("090-1111-2222"))
    );

    assert_eq!(cli(house, &["call", "hold", &call]), json!({ "call": call, "told": "hold" }));
    house.until_call("held");
    cli(house, &["call", "hold", &call, "--off"]);
    house.until_call("established");
    let muted = |is: bool| {
        until("it is muted, or not", SOON, || (cli(house, &["call", "now"])["calls"][0]["muted"] == is).then_some(()));
    };
    cli(house, &["call", "mute", &call]);
    muted(true);
    cli(house, &["call", "mute", &call, "--off"]);
    muted(false);
    // A refusal keeps the switch's words, and its exit code: nothing is being transferred.
    let (_, error, code) = said(house, &["call", "transfer", &call, "--complete"]);
    assert!(code == 1 && !text(&error["errors"][0], "what").is_empty(), "{code} {error}");
    cli(house, &["call", "hangup", &call]);
    carrier.wait_request(&sip::message::Method::Bye);
    house.finished(1);
    let (_, error, code) = said(house, &["call", "hangup", &call]);
    assert!(matches!(code, 1 | 66), "it is over: {code} {error}");
    call
}

/// The call's report is found, written, looked at and sent.
fn written_and_sent(house: &House, call: &str) -> String {
    let unfinished = until("its draft", SOON, || {
        let drafts = cli(house, &["report", "list", "--unfinished"]);
        drafts.as_array().and_then(|all| all.iter().find(|one| one["call"] == call).cloned())
    });
    let report = text(&unfinished, "id").to_owned();
    assert_eq!(cli(house, &["report", "sheet", &report])["report"]["id"], report.as_str());
    // What is refused keeps nobody waiting: the draft is let go.
    assert_eq!(said(house, &["report", "edit", &report, "--take", "--set", "no-such-field=x"]).2, 65);
    assert_eq!(cli(house, &["report", "show", &report])["lock"], Value::Null);
    let progress = cli(house, &["report", "edit", &report, "--set", "company=□□商事", "--unheard", "name"]);
    assert!(all(&progress["missing"]).iter().any(|one| one["key"] == "business"), "{progress}");
    let rest = [
        "--set",
        "business=納期",
        "--set",
        "desired=call_back",
        "--set",
        "callback=090-1111-2222",
        "--set",
        "read_back=yes",
    ];
    let progress = cli(house, &[&["report", "edit", &report][..], &rest].concat());
    assert_eq!(progress["missing"], json!([]), "{progress}");
    let preview = cli(house, &["report", "preview", &report]);
    assert!(text(&preview["recipients"][0], "text").contains("納期"), "{preview}");
    assert_eq!(all(&cli(house, &["report", "send", &report])["deliveries"]).len(), 1);
    let written = cli(house, &["report", "show", &report, "--written"]);
    assert!(text(&written, "text").contains("□□商事") && !all(&written["audit"]).is_empty(), "{written}");
    let found = cli(house, &["report", "list", "--operator", "101", "--origin", "answered", "--seen", "no"]);
    assert_eq!(text(&all(&found)[0], "id"), report);
    assert_eq!(cli(house, &["report", "list", "--seen", "yes"]), json!([]));
    let csv = cli(house, &["report", "list", "--client", "sakura", "--csv"]);
    assert!(csv.as_str().is_some_and(|csv| csv.contains("report,call,received,") && csv.contains("納期")), "{csv}");
    report
}

/// The firm says that the number is wrong, and has its answer; the task that came of it is done with.
fn disputed_and_answered(house: &House, report: &str) {
    let login = "hanako@sakura.example";
    let made = cli(house, &["client", "member", "add", "sakura", login, "--name", "佐藤 花子"]);
    let member = house.post("/my/login", json!({ "login": login, "password": text(&made, "password") }));
    let doubt = json!({ "field": "callback", "words": "正しくは 090-1111-2223 です" });
    let route = format!("/my/reports/{report}/disputes");
    let (status, answer) = house.ask_as(text(&member, "token"), "POST", &route, Some(&doubt));
    assert_eq!(status, 201, "{answer}");

    let open = cli(house, &["dispute", "list", "--open", "--client", "sakura"]);
    let dispute = all(&open)[0]["id"].to_string();
    assert_eq!(text(&all(&open)[0], "report"), report);
    assert_eq!(cli(house, &["dispute", "show", &dispute])["proposed"], "090-1111-2223");
    let tasks = cli(house, &["report", "tasks"]);
    let task = all(&tasks).iter().find(|task| task["kind"] == "disputed").unwrap_or_else(|| panic!("no task: {tasks}"));
    assert_eq!(task["customer_name"], "さくら歯科");

    let answer =
        ["dispute", "answer", &dispute, "--cause", "misheard", "--value", "090-1111-2223", "--answer", "失礼しました"];
    let told = cli(house, &answer);
    assert!(told["deliveries"] == 1 && told["dispute"]["cause"] == "misheard", "{told}");
    let (_, error, code) = said(house, &answer);
    assert_eq!((code, error["errors"][0]["what"].is_string()), (1, true), "it is decided: {error}");
    assert_eq!(cli(house, &["dispute", "list", "--open"]), json!([]));
    let counts = cli(house, &["dispute", "counts", "--from", "2020-01-01", "--to", "2100-01-01"]);
    assert!(all(&counts).iter().any(|one| one["cause"] == "misheard" && one["count"] == 1), "{counts}");
    // Its task has ended with it; to say so again changes nothing.
    assert_eq!(cli(house, &["report", "task", &task["id"].to_string(), "--done"])["now"], false);
    let proof = cli(house, &["report", "reconcile", "--from", "2020-01-01", "--to", "2100-01-01"]);
    assert_eq!(cli(house, &["report", "proofs", "--limit", "1"])["proofs"][0]["hash"], proof["hash"]);
    // What a firm says by telephone is a dispute, too; of a field that is none it is told at once.
    let by_telephone = ["dispute", "open", report, "--words", "高橋ではなく髙橋です", "--field"];
    let (_, error, code) = said(house, &[&by_telephone[..], &["nmae"]].concat());
    assert_eq!((code, &error["errors"][0]["what"]), (65, &json!("this report has no field \"nmae\"")), "{error}");
    let made = cli(house, &[&by_telephone[..], &["name"]].concat());
    assert_eq!((text(&made, "report"), text(&made, "field")), (report, "name"), "{made}");
    let made = made["id"].to_string();
    assert_eq!(all(&cli(house, &["dispute", "list", "--open"])).len(), 1);
    let decided = cli(house, &["dispute", "decide", &made, "--cause", "correct", "--answer", "電話でお伝えしました"]);
    assert_eq!(decided["cause"], "correct", "{decided}");
}

/// The firm praises whoever took the call, and has its answer.
fn praised_and_answered(house: &House, report: &str) {
    let set = ["client", "member", "set", "sakura", "hanako@sakura.example", "--role", "owner"];
    assert_eq!(cli(house, &set)["role"], "owner");
    let password = cli(house, &["client", "member", "password", "sakura", "hanako@sakura.example"]);
    let login = json!({ "login": "hanako@sakura.example", "password": text(&password, "password") });
    let token = house.post("/my/login", login);
    let praise = json!({ "kind": "praise", "words": "とても丁寧でした" });
    let route = format!("/my/reports/{report}/feedback");
    let (status, answer) = house.ask_as(text(&token, "token"), "POST", &route, Some(&praise));
    assert_eq!(status, 201, "{answer}");
    let open = cli(house, &["feedback", "list", "--open", "--client", "sakura", "--operator", "101"]);
    let id = all(&open)[0]["id"].to_string();
    assert_eq!(text(&cli(house, &["feedback", "read", &id]), "words"), "とても丁寧でした");
    assert_eq!(said(house, &["feedback", "read", "999"]).2, 66);
    assert_eq!(said(house, &["feedback", "answer", &id, "--answer", " "]).2, 65);
    cli(house, &["feedback", "answer", &id, "--answer", "ありがとうございます"]);
    assert_eq!(cli(house, &["feedback", "list", "--open"]), json!([]));
    assert_eq!(all(&cli(house, &["feedback", "list", "--answered", "--report", report])).len(), 1);
}

/// A login gets another role; one that has ended stays so.
fn logins(house: &House) {
    cli(house, &["user", "add", "tanaka", "--role", "supervisor"]);
    let row = cli(house, &["user", "set", "tanaka", "--role", "operator", "--operator", "101"]);
    assert!(row["role"] == "operator" && row["operator_id"].is_i64(), "{row}");
    assert_eq!(said(house, &["user", "set", "tanaka", "--no-operator"]).2, 65, "an operator's login needs one");
    assert_eq!(cli(house, &["user", "set", "tanaka", "--role", "admin", "--no-operator"])["operator_id"], Value::Null);
    cli(house, &["user", "remove", "tanaka"]);
    assert_eq!(said(house, &["user", "set", "tanaka", "--role", "admin"]).2, 65);
    let users = cli(house, &["user", "list"]);
    assert!(all(&users).iter().any(|one| one["name"] == "tanaka" && one["active"] == false), "{users}");
}

/// Calls are drawn, chosen, scored.
fn scored(house: &House, call: &str) {
    let criteria = cli(house, &["quality", "criteria"]);
    let code = text(&all(&criteria)[0], "code").to_owned();
    let lots = cli(house, &["quality", "draw", "--week", "2024-01-08", "--per-operator", "3"]);
    assert!(!text(&lots, "seed").is_empty() && lots["of"] == 0, "nobody called then: {lots}");
    let (_, error, code_of) = said(house, &["quality", "draw", "--week", "2024-01-09", "--per-operator", "3"]);
    assert_eq!((code_of, text(&error["errors"][0], "where")), (65, "week"), "no Monday: {error}");
    let sample = cli(house, &["quality", "choose", call, "--why", "ご指摘のあった通話"])["id"].to_string();
    let sheet = json!({ "marks": [{ "code": code, "points": 4 }], "comment": "丁寧" });
    std::fs::write(house.root.path().join("sheet.json"), sheet.to_string()).expect("a sheet");
    assert_eq!(cli(house, &["quality", "score", &sample, "--set", "sheet.json"])["percent"], 80);
    let scored = cli(house, &["quality", "list", "--operator", "101", "--scored", "yes"]);
    assert_eq!((text(&all(&scored)[0], "call"), &scored[0]["why"]), (call, &json!("ご指摘のあった通話")));
}

/// An operator goes and comes, and has read a manual.
fn at_the_desk(house: &House, operator: &Operator) {
    cli(house, &["operator", "pause", "101", "--reason", "lunch"]);
    house.until_operator(operator.id, "not_ready");
    assert!(all(&cli(house, &["call", "now"])["operators"]).iter().any(|one| one["reason"] == "lunch"));
    cli(house, &["operator", "ready", "101"]);
    house.until_operator(operator.id, "ready");
    std::fs::write(house.root.path().join("manual.txt"), "折返しは当日中").expect("a manual");
    let version = cli(house, &["client", "manual", "sakura", "--write", "manual.txt"])["version"].to_string();
    let unread = cli(house, &["operator", "manuals", "101"]);
    assert_eq!((all(&unread).len(), text(&unread[0], "customer_name")), (1, "さくら歯科"));
    cli(house, &["operator", "manuals", "101", "--read", "sakura", &version]);
    assert_eq!(cli(house, &["operator", "manuals", "101"]), json!([]));
    assert_eq!(text(&all(&cli(house, &["client", "manual", "sakura", "--readers"]))[0], "name"), "Operator 101");
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(9))).date();
    let [from, to] = [-1, 2].map(|days| today.saturating_add(jiff::Span::new().days(days)).to_string());
    let figures = cli(house, &["operator", "figures", "--from", &from, "--to", &to, "--by", "month"]);
    assert!(all(&figures).iter().any(|one| one["calls"] == 1), "{figures}");
}

/// Any route, by `denwaban api`; and who did all that.
fn whatever_else(house: &House, operator: &Operator) {
    assert_eq!(cli(house, &["api", "GET", "/me", "--for", "101"])["operator"], operator.id);
    assert_eq!(cli(house, &["api", "GET", "/api/v1/me"])["operator"], Value::Null);
    let (_, error, code) = said(house, &["api", "POST", "/quality/draws", "--body", "{\"week\": 1}"]);
    assert_eq!((code, text(&error["errors"][0], "where")), (65, "week"), "{error}");
    assert_eq!(said(house, &["api", "GET", "/no/such/route"]).2, 66);
    cli(house, &["prompt", "export", "hold-music", "music.wav"]);
    let music = std::fs::read(house.root.path().join("music.wav")).expect("a file");
    assert_eq!(music.get(..4), Some(&b"RIFF"[..]));
    assert_eq!(said(house, &["prompt", "export", "hold-music", "music.wav"]).2, 65, "nothing is written over");
    let event = cli(house, &["call", "follow", "--after", "0", "--count", "1"]);
    assert!(event["seq"].is_i64() && event["event"]["kind"].is_string(), "{event}");
    assert_eq!(cli(house, &["promise"])["total"]["answered"], 1);
    cli(house, &["alarm", "list"]);
    // A house of a test may lack this or that: what is found is told all the same.
    assert!(!all(&said(house, &["check", "--house"]).0["findings"]).is_empty());
    let audit = cli(house, &["audit", "list", "--who", "command line", "--what", "quality"]);
    assert!(!all(&audit).is_empty(), "{audit}");
    assert_eq!(cli(house, &["audit", "list", "--who", "nobody at all"]), json!([]));
}

#[test]
fn everything_that_the_page_does_the_command_line_does() {
    let mailbox = Mailbox::open();
    let (house, operator) = scene(&mailbox);
    let _robots = Robots::start(&house, &[(&operator, Habit::Answers(Duration::from_millis(300)))]);
    let port = ports::free_block(2);
    house.trunk("carrier", port, json!({}));
    let mut carrier = Peer::bind(port, &house.sip);
    let mut follower = Follower::start(&house);
    let call = call_in_hand(&house, &mut carrier);
    let report = written_and_sent(&house, &call);
    disputed_and_answered(&house, &report);
    praised_and_answered(&house, &report);
    logins(&house);
    scored(&house, &call);
    at_the_desk(&house, &operator);
    whatever_else(&house, &operator);
    follower.has_told(&house, &call, "call_answered");
    follower.has_told(&house, &call, "call_ended");
}
