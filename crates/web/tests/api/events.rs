//! The event stream over a real WebSocket.

use std::net::TcpStream;
use std::time::Duration;

use crate::common::House;
use serde_json::{Value, json};
use store::Role;
use switch::{Alarm, Event};
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::client::Request;
use tungstenite::{Error, HandshakeError, Message, WebSocket};

fn request(house: &House, query: &str, headers: &[(&'static str, &str)]) -> Request {
    let mut request = format!("ws://{}/api/v1/events{query}", house.address).into_client_request().unwrap();
    for &(name, value) in headers {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    request
}

fn connect(house: &House, request: Request) -> Result<WebSocket<TcpStream>, u16> {
    let stream = TcpStream::connect(house.address).unwrap();
    // What does not come is a failure, not a wait without end.
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    match tungstenite::client(request, stream) {
        Ok((socket, _)) => Ok(socket),
        Err(HandshakeError::Failure(Error::Http(answer))) => Err(answer.status().as_u16()),
        Err(other) => panic!("{other}"),
    }
}

fn desk(house: &House, query: &str, token: &str) -> WebSocket<TcpStream> {
    connect(house, request(house, query, &[("authorization", &format!("Bearer {token}"))])).unwrap()
}

/// A desk without a past, once it hears what happens.
fn hears(house: &House, token: &str) -> WebSocket<TcpStream> {
    let before = house.switchboard.live.receiver_count();
    let desk = desk(house, "", token);
    house.wait(async {
        let listens = async {
            while house.switchboard.live.receiver_count() <= before {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), listens).await.unwrap();
    });
    desk
}

fn next(socket: &mut WebSocket<TcpStream>) -> Value {
    loop {
        if let Message::Text(text) = socket.read().unwrap() {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

fn numbers(socket: &mut WebSocket<TcpStream>, count: usize) -> Vec<u64> {
    (0..count).map(|_| next(socket)["seq"].as_u64().unwrap()).collect()
}

/// An operator has the firm's sheet open; the firm's day changes. (2 s: what F20 promises; here it is one request.)
#[test]
fn f20_a_changed_schedule_is_on_an_open_sheet_within_two_seconds() {
    let house = House::new();
    let hanako = house.operator("101", "花子");
    let operator = house.logged_in("hanako", Role::Operator, Some(hanako));
    let supervisor = house.logged_in("shunin", Role::Supervisor, None);
    let admin = house.logged_in("root", Role::Admin, None);
    let customer = house.customer("sakura", "さくら歯科", "03-1234-5678");
    let people =
        json!({"revision": 0, "profile": {"people": [{"id": "sato", "name": "佐藤 花子", "kana": "さとう はなこ"}]}});
    assert_eq!(house.ask("PUT", &format!("/customers/{customer}/profile"), Some(&admin), Some(people)).status, 200);
    let call = house.call(7 << 20, |call| (call.customer, call.operator) = (Some(customer), Some(hanako)));
    let open = house.post(&format!("/calls/{call}/report"), &operator, json!({})).json();
    let report = open["report"]["id"].as_str().unwrap();
    let newest = house.switchboard.remembered.lock().unwrap().last().map_or(0, |event| event.seq);
    let mut desk = desk(&house, &format!("?after={newest}"), &operator);
    desk.get_mut().set_read_timeout(Some(std::time::Duration::from_secs(2))).unwrap();
    let sentence =
        || house.get(&format!("/reports/{report}/sheet"), &operator).json()["people"][0]["now"]["sentence"].clone();
    assert_eq!(sentence(), Value::Null);
    let mut told = |seq: u64| {
        let event = next(&mut desk);
        assert_eq!(event["event"], json!({"kind": "firm_changed", "customer": customer, "what": "schedules"}), "{seq}");
    };
    let entry = json!({"person": "sato", "from_ms": crate::common::NOW - 1000, "until_ms": crate::common::NOW + 3_600_000, "away": "out"});
    let made = house.post(&format!("/customers/{customer}/schedules"), &supervisor, entry);
    assert_eq!(made.status, 200, "{}", made.text());
    told(1);
    // What the page asks for when it is told so.
    assert!(sentence().as_str().is_some_and(|said| said.contains("戻る予定")), "{}", sentence());
    let entry = format!("/customers/{customer}/schedules/{}", made.json()["id"]);
    assert_eq!(house.ask("DELETE", &entry, Some(&supervisor), None).status, 204);
    told(2);
    assert_eq!(sentence(), Value::Null);
}

#[test]
fn who_is_listened_to_is_not_told() {
    let house = House::new();
    let operator = house.logged_in("hanako", Role::Operator, Some(house.operator("101", "花子")));
    let supervisor = house.logged_in("shunin", Role::Supervisor, None);
    let (mut hanako, mut shunin) = (desk(&house, "?after=0", &operator), desk(&house, "?after=0", &supervisor));
    for (seq, what) in (1..).zip(switch::io::SUPERVISION) {
        let event = Event::CallChanged { call: "call".into(), what: what.into(), detail: "listen".into() };
        house.switchboard.tells(seq, event);
    }
    house.switchboard.happens(4);
    assert_eq!(numbers(&mut shunin, 4), [1, 2, 3, 4]);
    assert_eq!(numbers(&mut hanako, 1), [4]);
}

#[test]
fn r20_why_a_report_did_not_arrive_is_told_to_those_who_look_after_it() {
    let house = House::new();
    let operator = house.logged_in("hanako", Role::Operator, Some(house.operator("101", "花子")));
    let supervisor = house.logged_in("shunin", Role::Supervisor, None);
    let (mut hanako, mut shunin) = (desk(&house, "?after=0", &operator), desk(&house, "?after=0", &supervisor));
    let news = web::News::Delivery {
        delivery: "d".into(),
        report: "r".into(),
        customer: Some(1),
        recipient: "office".into(),
        state: "dead".into(),
        why: "HTTP 404: whatever a service says".into(),
    };
    house.switchboard.tells(1, news);
    let (told, whole) = (next(&mut hanako), next(&mut shunin));
    assert_eq!((&told["event"]["state"], &told["event"]["why"]), (&json!("dead"), &json!("")));
    assert_eq!((&told["seq"], &whole["event"]["why"]), (&json!(1), &json!("HTTP 404: whatever a service says")));
}

#[test]
fn f07_f09_an_offer_comes_with_what_is_known_of_firm_and_caller_to_the_operator_who_is_called_and_to_nobody_else() {
    let house = House::new();
    let firm = house.customer("sakura", "さくら歯科", "0355500101");
    let (hanako, taro) = (house.operator("101", "花子"), house.operator("102", "太郎"));
    let (one, other) =
        (house.logged_in("hanako", Role::Operator, Some(hanako)), house.logged_in("taro", Role::Operator, Some(taro)));
    let visit = |id: u64, answered: bool| {
        house.call(id, |call| {
            call.customer = Some(firm);
            call.operator = Some(taro).filter(|_| answered);
            call.operator_name = "太郎".into();
            call.answered_ms = call.answered_ms.filter(|_| answered);
        })
    };
    let caller = crate::common::ended(1).caller;
    for id in 1..=4 {
        visit(id, id % 2 == 0);
    }
    let offer = |id: u64, to: i64| Event::ScreenPop {
        call: switch::CallId(id).to_string(),
        operator: to,
        customer: Some(firm),
        customer_name: "さくら歯科".into(),
        reading: String::new(),
        greeting: String::new(),
        greeting_reading: String::new(),
        manual: String::new(),
        caller: caller.clone(),
        withheld: String::new(),
        waited_ms: 0,
        callback: false,
        closed: String::new(),
        earlier: None,
        is_new: false,
        visits: 5,
    };
    let (mut called, mut colleague) = (desk(&house, "?after=0", &one), desk(&house, "?after=0", &other));
    house.switchboard.tells(1, offer(5, hanako));
    let (told, overheard) = (next(&mut called), next(&mut colleague));
    assert_eq!((&told["event"]["kind"], &told["seq"]), (&json!("screen_pop"), &json!(1)));
    assert_eq!(overheard["sheet"], Value::Null);
    let sheet = &told["sheet"];
    assert_eq!(sheet["new_caller"], false, "{told}");
    // Whom a transfer would ring, before anybody answers.
    assert_eq!(
        (&sheet["bridge"], &sheet["transfer"], &sheet["targets"]),
        (&json!(true), &json!("never"), &json!([])),
        "{sheet}"
    );
    // The last three, newest first; of an answered one there is a report.
    let earlier = sheet["earlier"].as_array().unwrap();
    let answered: Vec<_> = earlier.iter().map(|call| &call["answered"]).collect();
    assert_eq!(answered, [&json!(true), &json!(false), &json!(true)], "{sheet}");
    assert!(earlier.iter().all(|call| call["answered"] == false || call["report"]["id"].is_string()), "{sheet}");
    // A firm that does not exist any more, or none at all: the offer comes all the same.
    house.switchboard.tells(2, Event::TrunkState { trunk: 1, up: true, why: String::new() });
    assert_eq!(next(&mut called)["sheet"], Value::Null);
    // A page that is loaded anew while it rings is told so at once; nobody else's is, and nobody's when it rings no more.
    let mut reloaded = desk(&house, "", &one);
    let again = next(&mut reloaded);
    assert_eq!(
        (&again["event"]["kind"], &again["sheet"]["new_caller"]),
        (&json!("screen_pop"), &json!(false)),
        "{again}"
    );
    let closed = Event::PopClosed { call: switch::CallId(5).to_string(), operator: hanako, why: "answered".into() };
    let mut overhearing = hears(&house, &other);
    house.switchboard.tells(3, closed);
    assert_eq!(next(&mut overhearing)["seq"], 3);
    let mut quiet = hears(&house, &one);
    house.switchboard.tells(4, Event::TrunkState { trunk: 1, up: false, why: String::new() });
    assert_eq!(next(&mut quiet)["seq"], 4);
    // Whoever leaves is counted, too: all of them stay until the last has listened.
    drop([called, colleague, reloaded, overhearing]);
}

#[test]
fn who_is_no_supervisor_any_more_is_told_no_longer() {
    let house = House::new();
    let user = house.user("shunin", Role::Supervisor, None);
    let mut desk = desk(&house, "?after=0", &house.session(user));
    let supervised = || Event::CallChanged { call: "call".into(), what: "supervised".into(), detail: "listen".into() };
    house.switchboard.tells(1, supervised());
    assert_eq!(numbers(&mut desk, 1), [1]);
    let operator_id = Some(house.operator("101", "花子"));
    let form = store::UserForm { name: "shunin".into(), role: Role::Operator, operator_id };
    house.wait(house.store.update_user(user, &form)).unwrap();
    // With every ping the role is looked at.
    while !matches!(desk.read().unwrap(), Message::Ping(_)) {}
    house.switchboard.tells(2, supervised());
    house.switchboard.happens(3);
    assert_eq!(numbers(&mut desk, 1), [3]);
}

#[test]
fn a_desk_sees_what_happens_and_resumes_without_gap_or_double() {
    let house = House::new();
    let token = house.logged_in("hanako", Role::Operator, Some(house.operator("101", "花子")));
    (1..=3).for_each(|seq| house.switchboard.happens(seq));
    let mut from_the_start = desk(&house, "?after=0", &token);
    let first = next(&mut from_the_start);
    assert_eq!((&first["seq"], &first["event"]["kind"]), (&1.into(), &"call_changed".into()));
    assert_eq!(numbers(&mut from_the_start, 2), [2, 3]);
    house.switchboard.happens(4);
    assert_eq!(numbers(&mut from_the_start, 1), [4]);
    drop(from_the_start);

    // More than the live stream holds happens while the desk is away, and while it comes back.
    (5..=20).for_each(|seq| house.switchboard.happens(seq));
    let mut again = desk(&house, "?after=4", &token);
    (21..=60).for_each(|seq| house.switchboard.happens(seq));
    assert_eq!(numbers(&mut again, 56), (5..=60).collect::<Vec<_>>());
}

#[test]
fn an_alarm_is_told_with_its_name_and_its_fields() {
    let house = House::new();
    let token = house.logged_in("root", Role::Admin, None);
    let alarms = [Alarm::NoPort, Alarm::OneWayAudio { call: "c".into(), leg: "caller".into() }];
    for (seq, alarm) in (1..).zip(alarms) {
        house.switchboard.tells(seq, Event::Alarm(alarm));
    }
    let mut desk = desk(&house, "?after=0", &token);
    assert_eq!(next(&mut desk)["event"], json!({"kind": "alarm", "alarm": "no_port"}));
    assert_eq!(
        next(&mut desk)["event"],
        json!({"kind": "alarm", "alarm": "one_way_audio", "call": "c", "leg": "caller"})
    );
}

#[test]
fn a_number_of_an_earlier_process_gets_all_that_this_one_remembers() {
    let house = House::new();
    let token = house.logged_in("root", Role::Admin, None);
    (1..=2).for_each(|seq| house.switchboard.happens(seq));
    let mut desk = desk(&house, "?after=900", &token);
    assert_eq!(numbers(&mut desk, 2), [1, 2]);
    house.switchboard.happens(3);
    assert_eq!(numbers(&mut desk, 1), [3]);
}

#[test]
fn the_stream_is_for_those_who_are_logged_in_and_for_our_own_pages() {
    let house = House::new();
    let user = house.user("root", Role::Admin, None);
    let cookie = format!("denwaban={}", house.session(user));
    let own = format!("http://{}", house.address);
    let refused =
        |query: &str, headers: &[(&'static str, &str)]| connect(&house, request(&house, query, headers)).err();
    assert_eq!(refused("", &[]), Some(401));
    assert_eq!(refused("", &[("cookie", &cookie), ("origin", "https://evil.example")]), Some(403));
    assert_eq!(refused("", &[("cookie", &cookie), ("sec-fetch-site", "cross-site")]), Some(403));
    assert_eq!(refused("?after=x", &[("cookie", &cookie)]), Some(422));
    assert_eq!(refused("", &[("cookie", &cookie), ("origin", &own)]), None);
    house.get("/events", &house.session(user)).is_refusal(400, "malformed", None);
}

#[test]
fn a_desk_that_talks_too_much_is_let_go() {
    let house = House::new();
    let token = house.logged_in("root", Role::Admin, None);
    let mut desk = desk(&house, "", &token);
    desk.send(Message::text("x".repeat(100_000))).unwrap();
    assert!(desk.read().map_or(true, |message| message.is_close()));
}
