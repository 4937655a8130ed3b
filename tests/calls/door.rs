//! The door in a real browser: the first administrator comes in by the link that the house prints, sets codes and a passkey up, logs in
//! with each of them, and ends a session.

use serde_json::{Value, json};

use super::barriers::is_open_to_all;
use super::my_page::fits_a_telephone;
use super::pages::Desk;
use crate::support::chromium::Chromium;
use crate::support::house::House;

const PASSWORD: &str = "fjord lantern oboe 88";
/// What an authenticator app does with the secret on the page, and so many half minutes from now (RFC 6238).
const APP: &str = "
    const secret = document.getElementById('secret').textContent;
    const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
    const bytes = Uint8Array.from(bits.match(/.{8}/g), (byte) => parseInt(byte, 2));
    window.codeOf = async (steps) => {
      const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-1' }, false, ['sign']);
      const counter = new DataView(new ArrayBuffer(8));
      counter.setBigUint64(0, BigInt(Math.floor(Date.now() / 30000) + steps));
      const tag = new DataView(await crypto.subtle.sign('HMAC', key, counter.buffer));
      const place = tag.getUint8(19) & 15;
      return String((tag.getUint32(place) & 0x7fffffff) % 1000000).padStart(6, '0');
    };";

fn value(desk: &mut Desk, expression: &str) -> String {
    desk.0.evaluate(expression).as_str().unwrap_or_else(|| panic!("{expression} is no text")).to_owned()
}

/// Goes to a page, and waits until it is there.
fn go(desk: &mut Desk, address: &str, there: &str) {
    desk.0.evaluate(&format!("location.assign({}); 1", json!(address)));
    desk.until(address, there);
}

/// Name and password; what comes then is looked at by the caller.
fn type_in(desk: &mut Desk) {
    desk.until("the login", "document.getElementById('login')?.hidden === false");
    desk.write("#login-form [name=name]", "yamada");
    desk.write("#login-form [name=password]", PASSWORD);
    desk.click("#login-form button.main");
}

fn at_the_desk(desk: &mut Desk) {
    desk.until("the desk", "document.getElementById('desk')?.hidden === false");
}

fn account(desk: &mut Desk) {
    go(desk, "/account", "document.getElementById('sessions') != null && document.querySelector('#users td') != null");
}

fn join(desk: &mut Desk, link: &str) {
    go(desk, link, "document.querySelector('#join-form [name=name]') != null");
    assert_eq!(desk.0.evaluate("location.hash"), "", "the secret is out of the address");
    is_open_to_all(desk, "a one-time link");
    fits_a_telephone(desk, "a one-time link");
    desk.write("#join-form [name=name]", "yamada");
    desk.write("#join-form [name=password]", "half a pass");
    for words in ["パスワード", "password"] {
        desk.click("#language");
        desk.until_text("#join-form", words);
    }
    assert_eq!(
        value(desk, "[...document.querySelectorAll('#join-form input')].map(({ value }) => value).join()"),
        "yamada,half a pass,"
    );
    for (password, again, said) in [("password2026", "password2026", "hard to guess"), (PASSWORD, "fjord", "differ")] {
        desk.write("#join-form [name=password]", password);
        desk.write("#join-form [name=again]", again);
        desk.click("#join-form button");
        desk.until_text("#join-form .error", said);
    }
    desk.write("#join-form [name=again]", PASSWORD);
    desk.click("#join-form button");
    at_the_desk(desk);
    go(desk, link, "document.querySelector('#join .error')?.textContent.includes('used up')");
}

/// Words half typed outlast another language, and what else is done meanwhile.
fn what_is_typed_stays(desk: &mut Desk) {
    desk.write("#password-form [name=new]", "half a pass");
    desk.write("#user-form [name=name]", "suzu");
    desk.write("#user-form [name=role]", "admin");
    for title in ["アカウント", "Account"] {
        desk.click("#language");
        desk.until_text("#title", title);
    }
    desk.write("#codes-begin [name=password]", "wrong password");
    desk.click("#codes-begin button");
    desk.until("why not", "document.querySelector('#codes-begin .error').textContent");
    assert_eq!(value(desk, "document.querySelector('#codes-begin [name=password]').value"), "wrong password");
    desk.write("#codes-begin [name=password]", "");
    for (field, typed) in [
        ("#password-form [name=new]", "half a pass"),
        ("#user-form [name=name]", "suzu"),
        ("#user-form [name=role]", "admin"),
    ] {
        assert_eq!(value(desk, &format!("document.querySelector('{field}').value")), typed, "{field}");
    }
    assert_eq!(desk.0.evaluate("document.getElementById('user-form').checkVisibility()"), true);
    for field in ["#password-form [name=new]", "#user-form [name=name]"] {
        desk.write(field, "");
    }
}

/// Codes are set up; gives a code of the next half minute.
fn codes(desk: &mut Desk) -> String {
    desk.write("#codes-begin [name=password]", PASSWORD);
    desk.click("#codes-begin button");
    desk.until("the QR code", "document.querySelector('#qr path')?.getAttribute('d').length > 100");
    is_open_to_all(desk, "codes being set up");
    fits_a_telephone(desk, "codes being set up");
    desk.0.evaluate(APP);
    let (now, next) = (value(desk, "codeOf(0)"), value(desk, "codeOf(1)"));
    desk.write("#codes-confirm [name=code]", &now);
    desk.click("#codes-confirm button");
    desk.until("ten recovery codes", "document.querySelectorAll('#recovery li').length === 10");
    next
}

/// The passkey is taken away, with the password alone; then it opens the door no more.
fn without_passkey(desk: &mut Desk) {
    desk.click("#passkeys details summary");
    let form = "#passkeys details form";
    for (password, said) in [("fjord", true), (PASSWORD, false)] {
        desk.write(&format!("{form} [name=password]"), password);
        desk.click(&format!("{form} button.main"));
        if said {
            desk.until("why not", &format!("document.querySelector('{form} .error').textContent"));
        }
    }
    desk.until_text("#passkeys", "There is no passkey yet");
    go(desk, "/", "document.getElementById('desk')?.hidden === false");
    desk.click("#logout");
    desk.until("the door", "document.getElementById('login').hidden === false");
    desk.click("#login-form button[type=button]");
    desk.until("why not", "document.querySelector('#login-form .error').textContent");
    assert_eq!(desk.0.evaluate("document.getElementById('login').hidden"), false);
}

/// A device that verifies its owner by itself makes a passkey.
fn passkey(desk: &mut Desk) {
    desk.0.ask("WebAuthn.enable", json!({}));
    let options = json!({ "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
        "isUserVerified": true, "automaticPresenceSimulation": true });
    let added = desk.0.ask("WebAuthn.addVirtualAuthenticator", json!({ "options": options }));
    assert!(added["result"]["authenticatorId"].is_string(), "{added}");
    desk.write("#passkey-add [name=name]", "office computer");
    desk.write("#passkey-add [name=password]", PASSWORD);
    desk.click("#passkey-add button");
    desk.until("the passkey", "document.querySelector('#passkeys td input')?.value === 'office computer'");
}

#[test]
fn the_first_administrator_comes_in_by_a_link_and_logs_in_with_codes_and_with_a_passkey() {
    let mut house = House::start();
    let link = house.without_administrator();
    // Passkeys are made for names, not for bare addresses.
    let origin = house.http.replace("127.0.0.1", "localhost");
    let link = link.replace(&house.http, &origin);
    let chromium = Chromium::open(&house.root.path().join("desk"), &origin, &["--lang=en-GB".to_owned()]);
    let mut desk = Desk(chromium);
    desk.until("the login", "document.getElementById('login')?.hidden === false");
    is_open_to_all(&mut desk, "the door");
    join(&mut desk, &link);

    account(&mut desk);
    is_open_to_all(&mut desk, "an account");
    what_is_typed_stays(&mut desk);
    let next = codes(&mut desk);

    // Out, and in again: the password alone is not enough, nor is a wrong code.
    go(&mut desk, "/", "document.getElementById('desk')?.hidden === false");
    desk.click("#logout");
    type_in(&mut desk);
    let asked = "document.querySelector('#login-form [name=code]')?.checkVisibility()";
    desk.until("the code", asked);
    // Somebody else may have none: it is asked for again when it is needed.
    desk.write("#login-form [name=name]", "suzuki");
    assert_eq!(desk.0.evaluate(asked), false);
    type_in(&mut desk);
    desk.until("the code", asked);
    assert_eq!(desk.0.evaluate("document.activeElement.name"), "code", "it is led there");
    desk.write("#login-form [name=code]", "000000");
    desk.click("#login-form button.main");
    desk.until_text("#login-form .error", "does not open the door");
    desk.write("#login-form [name=code]", &next);
    desk.click("#login-form button.main");
    at_the_desk(&mut desk);

    account(&mut desk);
    passkey(&mut desk);
    is_open_to_all(&mut desk, "an account with everything");
    fits_a_telephone(&mut desk, "an account with everything");
    go(&mut desk, "/", "document.getElementById('desk')?.hidden === false");
    desk.click("#logout");
    desk.until("the door", "document.getElementById('login').hidden === false");
    desk.click("#login-form button[type=button]");
    at_the_desk(&mut desk);

    // Another device of the same person is ended, and knows it.
    let body = json!({ "name": "yamada", "password": PASSWORD, "code": "" });
    let refused = house.ask_as("", "POST", "/login", Some(&body));
    assert_eq!((refused.0, &refused.1["error"]), (401, &json!("code_needed")), "{}", refused.1);
    account(&mut desk);
    let shown = value(&mut desk, "document.querySelector('#codes p').textContent");
    assert!(shown.contains("10 recovery codes"), "{shown}");
    desk.click("#codes details summary");
    desk.write("#codes-renew [name=password]", PASSWORD);
    desk.click("#codes-renew button");
    desk.until("new recovery codes", "document.querySelectorAll('#recovery li').length === 10");
    let recovery = value(&mut desk, "document.querySelector('#recovery li').textContent");
    let body = json!({ "name": "yamada", "password": PASSWORD, "code": recovery });
    let (status, other) = house.ask_as("", "POST", "/login", Some(&body));
    assert_eq!(status, 200, "{other}");
    let other = other["token"].as_str().expect("a token").to_owned();
    account(&mut desk);
    let two = "document.querySelectorAll('#sessions tbody button').length === 1";
    desk.until("two sessions", two);
    desk.click("#sessions tbody button");
    desk.until("one session", "document.querySelectorAll('#sessions tbody button').length === 0");
    assert_eq!(house.ask_as(&other, "GET", "/me", None).0, 401);
    without_passkey(&mut desk);
    assert_eq!(desk.0.complaints(), &[] as &[String]);
    let secrets: [Value; 2] = [json!(PASSWORD), json!(recovery)];
    let log = house.log();
    assert!(secrets.iter().all(|secret| !log.contains(secret.as_str().unwrap_or("?"))), "a secret is in the log");
}
