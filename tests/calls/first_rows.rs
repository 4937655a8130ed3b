//! An empty house becomes one that answers, by its page alone: a firm with its number, an operator with a telephone, a trunk, logins; a
//! call to that number rings that operator. And two administrators do not undo each other's work.

use serde_json::{Value, json};
use sip::message::Method;

use super::barriers::has_no_barrier;
use super::pages::Desk;
use crate::support::house::House;
use crate::support::peer::{Peer, sdp};
use crate::support::ports;

/// The first row of this kind.
fn first(house: &House, path: &str) -> Value {
    house.get(path)[0].clone()
}

fn save(desk: &mut Desk) {
    desk.click("#setup-form button.main");
    desk.until_text("#setup-said", "Saved");
}

/// To this tab, and what is there on it.
fn tab(desk: &mut Desk, code: &str, there: &str) {
    desk.click(&format!("#setup-tab-{code}"));
    desk.until(there, &format!("document.querySelector('{there}') != null"));
}

/// Everything that a call needs; gives the firm.
pub fn a_house_is_made(house: &House, desk: &mut Desk) -> i64 {
    desk.until("the directory", "document.querySelector('#setup-new') != null");
    desk.click("#setup summary");
    let firm = a_firm(house, desk);
    numbers(house, desk, firm);
    let mut phone = an_operator(house, desk);
    let mut carrier = a_trunk(house, desk);
    let invite = carrier.invite("0355500101", "09011112222", &sdp(40_000));
    let ring = phone.wait_request(&Method::Invite);
    phone.reply(&ring, 180, None);
    desk.until_text("#now-calls", "さくら歯科");
    carrier.response(180, "INVITE");
    carrier.cancel(&invite);
    carrier.response(487, "INVITE");
    let cancelled = phone.wait_request(&Method::Cancel);
    phone.reply(&cancelled, 200, None);
    phone.reply(&ring, 487, None);
    logins(house, desk, firm);
    two_administrators(house, desk, firm);
    firm
}

fn a_firm(house: &House, desk: &mut Desk) -> i64 {
    desk.write("[name=new-name]", "さくら歯科");
    desk.write("[name=new-code]", "sakura");
    desk.write("[name=new-dids]", "abc");
    desk.click("#setup-new button.main");
    desk.until_text("#setup-said", "is no telephone number");
    assert_eq!(desk.0.evaluate("document.querySelector('[name=new-name]').value"), "さくら歯科", "what is typed stays");
    desk.write("[name=new-dids]", "03-5550-0101");
    desk.click("#setup-new button.main");
    desk.until("its form", "document.querySelector('#setup-form [name=greeting]') != null");
    desk.write("#setup-form [name=greeting]", "さくら歯科でございます。");
    desk.write("#setup-form [name=reading]", "さくらしか");
    desk.write("#setup-form [name=transfer]", "always");
    desk.click("#target-add");
    desk.write("[name=target-name]", "院長");
    desk.write("[name=target-number]", "090-1234-5678");
    save(desk);
    let row = first(house, "/customers");
    assert_eq!((&row["code"], &row["dids"]), (&json!("sakura"), &json!(["81355500101"])), "{row}");
    assert_eq!((&row["reading"], &row["transfer"]), (&json!("さくらしか"), &json!("always")));
    assert_eq!(row["targets"], json!([{ "name": "院長", "number": "819012345678", "ring_seconds": 30 }]));
    // One of the firm's own people logs in to its page; the password is shown once.
    desk.write("[name=new-member-login]", "sato@sakura.example");
    desk.write("[name=new-member-name]", "佐藤");
    desk.click("#member-add button");
    desk.until("the password", "document.querySelector('#member-password')?.textContent.length > 11");
    desk.write("[name=firm-days]", "90");
    desk.click("#firm-days-set");
    desk.until_text("#setup-said", "Retention changed");
    // Found by a part of its number, and not by another.
    desk.write("[name=setup-find]", "5550-0102");
    desk.until_text("#setup-list", "Nothing found");
    desk.write("[name=setup-find]", "5550-0101");
    desk.until_text("#setup-list", "さくら歯科");
    row["id"].as_i64().expect("an id")
}

fn numbers(house: &House, desk: &mut Desk, firm: i64) {
    tab(desk, "numbers", "#did-remove-81355500101");
    desk.write("[name=did-number]", "03-5550-0102");
    desk.write("[name=did-firm]", &firm.to_string());
    desk.click("#did-add button");
    desk.until("the number", "document.querySelector('#did-remove-81355500102') != null");
    desk.write("[name=check-number]", "03-5550-0102");
    desk.click("#did-check button");
    desk.until_text("#did-checked", "さくら歯科でございます。");
    has_no_barrier(desk, "numbers");
    desk.click("#did-remove-81355500102");
    desk.until_text("#did-list", "is さくら歯科's no more");
    desk.click("#did-remove-81355500102-sure");
    desk.until("it is gone", "document.querySelector('#did-remove-81355500102') === null");
    assert_eq!(first(house, "/customers")["dids"], json!(["81355500101"]));
}

/// Gives the operator's telephone, registered with what the page has shown.
fn an_operator(house: &House, desk: &mut Desk) -> Peer {
    tab(desk, "operator", "[name=new-login]");
    desk.write("[name=new-name]", "佐藤花子");
    desk.write("[name=new-login]", "101");
    desk.click("#setup-new button.main");
    let password = desk.until("the password", "document.querySelector('#sip-password')?.textContent");
    desk.until_text("#softphone", &house.sip);
    desk.write("#setup-form [name=skill-name]", "医療");
    save(desk);
    let row = first(house, "/operators");
    assert_eq!((&row["login"], &row["skills"]), (&json!("101"), &json!([["医療", 50]])), "{row}");
    let mut phone = Peer::bind(0, &house.sip);
    phone.register("101", password.as_str().expect("a password"));
    house.until_operator(row["id"].as_i64().expect("an id"), "ready");
    phone
}

fn a_trunk(house: &House, desk: &mut Desk) -> Peer {
    let port = ports::free_block(2);
    tab(desk, "trunk", "[name=new-host]");
    desk.write("[name=new-name]", "hikari");
    desk.write("[name=new-host]", &format!("127.0.0.1:{port}"));
    desk.click("#setup-new button.main");
    desk.until("its form", "document.querySelector('#setup-form [name=caller_id]') != null");
    desk.until_text("#trunk-warning", "until it has registered anew");
    desk.click("#setup-form [name=match_port]");
    desk.write("#setup-form [name=caller_id]", "0355500000");
    desk.write("#setup-form [name=user]", "0355500000");
    desk.write("#setup-form [name=probe_seconds]", "");
    desk.write("#setup-form [name=session_expires_seconds]", "");
    // A user needs a password; which is kept, and never comes back.
    desk.click("#setup-form button.main");
    desk.until_text("#setup-said", "there is a user but no password");
    desk.write("#setup-form [name=password]", "seven quiet lanterns");
    save(desk);
    assert_eq!(desk.0.evaluate("document.querySelector('#setup-form [name=password]').value"), "");
    desk.write("#setup-form [name=calls_max]", "4");
    save(desk);
    let row = first(house, "/trunks");
    assert_eq!((&row["has_password"], &row["calls_max"], &row["match_port"]), (&json!(true), &json!(4), &json!(true)));
    assert!(!row.to_string().contains("lanterns"), "{row}");
    has_no_barrier(desk, "a trunk's form");
    Peer::bind(port, &house.sip)
}

fn logins(house: &House, desk: &mut Desk, firm: i64) {
    tab(desk, "users", "#user-add");
    let operator = first(house, "/operators")["id"].clone();
    desk.write("[name=user-name]", "sato");
    desk.write("[name=new-user-operator]", &operator.to_string());
    desk.click("#user-add button.main");
    desk.until_text("#user-link", "/join#");
    let users = house.get("/users");
    let sato = users.as_array().expect("users").iter().find(|user| user["name"] == "sato").cloned();
    let sato = sato.expect("the new login");
    assert_eq!((&sato["role"], &sato["operator_id"]), (&json!("operator"), &operator));
    has_no_barrier(desk, "logins");
    desk.click(&format!("#user-end-{}", sato["id"]));
    desk.click(&format!("#user-end-{}-sure", sato["id"]));
    desk.until("it has ended", &format!("document.querySelector('#user-end-{}') === null", sato["id"]));
    let members = house.get(&format!("/customers/{firm}/members"));
    assert_eq!((&members[0]["role"], members[0]["active"].as_bool()), (&json!("owner"), Some(true)));
}

fn two_administrators(house: &House, desk: &mut Desk, firm: i64) {
    desk.edit("firm", firm);
    desk.write("#setup-form [name=reading]", "さくらしかいいん");
    let path = format!("/customers/{firm}");
    let mut form = house.get(&path);
    form["manual"] = json!("急患は院長へ");
    let form: serde_json::Map<String, Value> = form
        .as_object()
        .expect("a row")
        .clone()
        .into_iter()
        .filter(|(key, _)| key != "id" && key != "active")
        .collect();
    assert_eq!(house.ask("PUT", &path, Some(&Value::Object(form))).0, 200);
    desk.click("#setup-form button.main");
    desk.until_text("#setup-conflict", "somebody else has changed it meanwhile");
    assert_eq!(desk.0.evaluate("document.querySelector('#setup-form [name=reading]').value"), "さくらしかいいん");
    assert_eq!(house.get(&path)["manual"], "急患は院長へ", "the other's work stands");
    // To another row only after it was asked.
    desk.click("#setup-tab-operator");
    desk.until_text("#setup-later", "unsaved changes");
    desk.click("#setup-stay");
    desk.until(
        "the form is there still",
        "document.querySelector('#setup-later').hidden && document.querySelector('#setup-form') != null",
    );
    desk.click("#setup-theirs");
    desk.until("what the other wrote", "document.querySelector('#setup-form [name=manual]')?.value === '急患は院長へ'");
    desk.write("#setup-form [name=reading]", "さくらしか いいん");
    save(desk);
    let row = house.get(&path);
    assert_eq!((&row["reading"], &row["manual"]), (&json!("さくらしか いいん"), &json!("急患は院長へ")));
    desk.click("#setup-close");
}
