//! The door: one-time links, sessions, codes, passkeys, limits behind proxies, and the headers of every answer.

use std::time::Duration;

use crate::common::{House, NOW, PASSWORD, Said};
use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{MemberForm, MemberRole, Person, Role};

/// The code that a program shows so many half minutes from now.
fn code(secret: &str, steps: i64) -> String {
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret);
    let tag = hmac::sign(&key, &(NOW / 30_000 + steps).to_be_bytes());
    let tag = tag.as_ref();
    let place = usize::from(tag[19] & 15);
    let number = u32::from_be_bytes(tag[place..place + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

fn login(house: &House, name: &str, code: Option<&str>) -> Said {
    house.ask("POST", "/login", None, Some(json!({"name": name, "password": PASSWORD, "code": code})))
}

fn token(said: &Said) -> String {
    assert_eq!(said.status, 200, "{}", said.text());
    said.json()["token"].as_str().unwrap().to_owned()
}

/// Sets codes up; gives the secret and the recovery codes.
fn set_up(house: &House, side: &str, token: &str) -> (String, Vec<String>) {
    let begun = house.post(&format!("{side}/codes"), token, json!({"password": PASSWORD}));
    assert_eq!(begun.status, 200, "{}", begun.text());
    let secret = begun.json()["secret"].as_str().unwrap().to_owned();
    assert!(begun.json()["picture"]["path"].as_str().unwrap().starts_with("M0 0h7v1h-7z"));
    house.post(&format!("{side}/codes/confirm"), token, json!({"code": code(&secret, 5)})).is_refusal(
        422,
        "invalid",
        Some("code"),
    );
    let confirmed = house.post(&format!("{side}/codes/confirm"), token, json!({"code": code(&secret, -1)}));
    assert_eq!(confirmed.status, 200, "{}", confirmed.text());
    let codes = confirmed.json()["recovery_codes"].as_array().unwrap().clone();
    (secret, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect())
}

#[test]
fn the_first_administrator_comes_in_by_a_link_and_there_is_no_default_password() {
    let house = House::new();
    for password in ["", "admin", "password", "denwaban", "changeme"] {
        let said = house.ask("POST", "/login", None, Some(json!({"name": "admin", "password": password})));
        said.is_refusal(401, "unauthorized", None);
    }
    let link = house.wait(house.store.invite_first(NOW, Duration::from_secs(1800))).unwrap().unwrap();
    let secret = link.as_str();
    assert_eq!(house.ask("POST", "/join/look", None, Some(json!({"secret": secret}))).json(), json!({"name": null}));
    let join = |name: &str, password: &str| {
        house.ask("POST", "/join", None, Some(json!({"secret": secret, "name": name, "password": password})))
    };
    for weak in ["short", "password2026", "hanakohanako1", "123456789012", "P@ssw0rd-2026"] {
        join("hanako", weak).is_refusal(422, "invalid", Some("password"));
    }
    join("", PASSWORD).is_refusal(422, "invalid", Some("name"));
    assert_eq!(join("hanako", PASSWORD).json(), json!({"name": "hanako"}));
    join("evil", PASSWORD).is_refusal(404, "not_found", None);
    let session = token(&login(&house, "hanako", None));
    assert_eq!(house.get("/me", &session).json()["role"], "admin");
    house.ask("POST", "/join/look", None, Some(json!({"secret": secret}))).is_refusal(404, "not_found", None);

    // An administrator sends somebody a link.
    let id = house.user("suzuki", Role::Supervisor, None);
    let link = house.ask("POST", &format!("/users/{id}/link"), Some(&session), None).json();
    assert_eq!(link["until_ms"], NOW + 1_800_000);
    let secret = link["path"].as_str().unwrap().strip_prefix("/join#").unwrap().to_owned();
    let looked = house.ask("POST", "/join/look", None, Some(json!({"secret": secret})));
    assert_eq!(looked.json()["name"], "suzuki");
    let set = house.ask("POST", "/join", None, Some(json!({"secret": secret, "password": "another fjord lantern"})));
    assert_eq!(set.status, 200, "{}", set.text());
    login(&house, "suzuki", None).is_refusal(401, "unauthorized", None);
}

#[test]
fn sessions_are_seen_and_ended_by_their_owner_and_by_an_administrator() {
    let house = House::new();
    let id = house.user("hanako", Role::Supervisor, None);
    let browser = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0";
    let body = json!({"name": "hanako", "password": PASSWORD}).to_string().into_bytes();
    let headers = [("user-agent", browser), ("content-type", "application/json"), ("x-forwarded-for", "198.51.100.7")];
    let first = token(&house.send("POST", "/login", &headers, Some(body)));
    let second = token(&login(&house, "hanako", None));
    let account = house.get("/account", &first).json();
    let sessions = account["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let own = sessions.iter().find(|one| one["own"] == true).unwrap();
    assert_eq!((&own["device"], &own["address"]), (&json!("Firefox, Windows"), &json!("198.51.100.7")));
    let other = sessions.iter().find(|one| one["own"] == false).unwrap()["id"].as_str().unwrap().to_owned();

    let stranger = house.logged_in("sato", Role::Operator, Some(house.operator("101", "花子")));
    house.ask("DELETE", &format!("/account/sessions/{other}"), Some(&stranger), None).is_refusal(
        404,
        "not_found",
        None,
    );
    assert_eq!(house.ask("DELETE", &format!("/account/sessions/{other}"), Some(&first), None).status, 204);
    house.get("/me", &second).is_refusal(401, "unauthorized", None);

    // Another password ends all others, and needs the present one.
    let third = token(&login(&house, "hanako", None));
    let change = |old: &str, new: &str| house.post("/account/password", &first, json!({"old": old, "new": new}));
    change("wrong", "another fjord lantern").is_refusal(422, "invalid", Some("old"));
    change(PASSWORD, "denwaban2026").is_refusal(422, "invalid", Some("password"));
    assert_eq!(change(PASSWORD, "another fjord lantern").status, 204);
    assert_eq!((house.get("/me", &first).status, house.get("/me", &third).status), (200, 401));

    let admin = house.logged_in("root", Role::Admin, None);
    let seen = house.get(&format!("/users/{id}/sessions"), &admin).json();
    assert_eq!((seen["sessions"].as_array().unwrap().len(), &seen["codes_since_ms"]), (1, &Value::Null));
    assert_eq!(house.ask("DELETE", &format!("/users/{id}/sessions"), Some(&admin), None).status, 204);
    house.get("/me", &first).is_refusal(401, "unauthorized", None);
    let log = house.wait(house.store.audit(None, None, 100)).unwrap();
    for what in ["login", "session.end", "account.password"] {
        assert!(log.iter().any(|line| line.what == what), "{what}: {log:?}");
    }
}

#[test]
fn a_code_is_asked_for_after_the_password_and_taken_once() {
    let house = House::new();
    let id = house.user("hanako", Role::Supervisor, None);
    let session = token(&login(&house, "hanako", None));
    house.post("/account/codes", &session, json!({"password": "wrong"})).is_refusal(422, "invalid", Some("password"));
    let (secret, recovery) = set_up(&house, "/account", &session);
    assert_eq!(recovery.len(), 10);
    let kept = house.wait(house.store.totp(Person::User(id))).unwrap().unwrap();
    assert!(!kept.sealed.contains(&secret), "the database alone is not enough");

    login(&house, "hanako", None).is_refusal(401, "code_needed", None);
    let wrong = json!({"name": "hanako", "password": "wrong", "code": code(&secret, 0)});
    house.ask("POST", "/login", None, Some(wrong)).is_refusal(401, "unauthorized", None);
    login(&house, "hanako", Some("000000")).is_refusal(401, "unauthorized", None);
    login(&house, "hanako", Some(&code(&secret, -1))).is_refusal(401, "unauthorized", None);
    let strong = token(&login(&house, "hanako", Some(&code(&secret, 0))));
    login(&house, "hanako", Some(&code(&secret, 0))).is_refusal(401, "unauthorized", None);
    token(&login(&house, "hanako", Some(&recovery[3].to_uppercase())));
    login(&house, "hanako", Some(&recovery[3])).is_refusal(401, "unauthorized", None);
    let account = house.get("/account", &strong).json();
    assert_eq!((&account["strong"], &account["recovery_codes"]), (&json!(true), &json!(9)));

    // Whoever knows the password alone takes nothing away.
    let weak = house.session(id);
    for route in ["/account/codes", "/account/codes/end", "/account/codes/recovery"] {
        house.post(route, &weak, json!({"password": PASSWORD})).is_refusal(409, "conflict", None);
    }
    assert_eq!(house.post("/account/codes/end", &strong, json!({"password": PASSWORD})).status, 204);
    token(&login(&house, "hanako", None));

    // The telephone is lost.
    set_up(&house, "/account", &strong);
    let admin = house.logged_in("root", Role::Admin, None);
    assert_eq!(house.ask("DELETE", &format!("/users/{id}/second-factor"), Some(&admin), None).status, 204);
    house.get("/me", &strong).is_refusal(401, "unauthorized", None);
    token(&login(&house, "hanako", None));
}

#[test]
fn a_role_that_needs_a_second_factor_reaches_the_account_alone_without_one() {
    let house = House::new();
    house.user("root", Role::Admin, None);
    house.user("hanako", Role::Supervisor, None);
    let admin = token(&login(&house, "root", None));
    let other = token(&login(&house, "hanako", None));
    let demand = json!({"second_factor": ["admin"]});
    assert_eq!(house.ask("PUT", "/door", Some(&admin), Some(demand)).status, 200);
    for path in ["/me", "/users", "/calls", "/now", "/events", "/door"] {
        house.get(path, &admin).is_refusal(403, "second_factor_needed", None);
    }
    assert_eq!(house.get("/account", &admin).json()["lacks_factor"], true);
    assert_eq!(house.get("/me", &other).status, 200, "not demanded of supervisors");
    set_up(&house, "/account", &admin);
    assert_eq!(house.get("/me", &admin).status, 200);
    assert_eq!(house.get("/door", &admin).json(), json!({"second_factor": ["admin"]}));
}

#[test]
fn f55_a_firms_member_has_an_account_of_the_same_kind() {
    let house = House::new();
    let customer = house.customer("sakura", "さくら歯科", "03-1234-5678");
    let form = MemberForm { login: "sato@sakura.example".into(), name: "佐藤".into(), role: MemberRole::Reader };
    house.wait(house.store.create_member(customer, &form, Some(PASSWORD), "root", NOW)).unwrap();
    let login = |code: Option<&str>| {
        let body = json!({"login": "sato@sakura.example", "password": PASSWORD, "code": code});
        house.ask("POST", "/my/login", None, Some(body))
    };
    let session = token(&login(None));
    let (secret, _) = set_up(&house, "/my/account", &session);
    login(None).is_refusal(401, "code_needed", None);
    token(&login(Some(&code(&secret, 1))));
    assert_eq!(house.get("/my/account", &session).json()["sessions"].as_array().unwrap().len(), 2);
    assert_eq!(house.ask("DELETE", "/my/account/sessions", Some(&session), None).status, 204);
    assert_eq!(house.get("/my/account", &session).json()["sessions"].as_array().unwrap().len(), 1);
    house.get("/account", &session).is_refusal(401, "unauthorized", None);
}

/// A device with one key.
struct Device {
    pair: EcdsaKeyPair,
    random: SystemRandom,
    origin: String,
}

impl Device {
    fn new(origin: &str) -> Device {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &random).unwrap();
        Device { pair, random, origin: origin.to_owned() }
    }

    fn client_data(&self, kind: &str, challenge: &Value) -> Vec<u8> {
        json!({"type": kind, "challenge": challenge, "origin": self.origin}).to_string().into_bytes()
    }

    fn data(&self, asked: &Value, flags: u8, uses: u32) -> Vec<u8> {
        let id = asked["rp_id"].as_str().unwrap();
        [Sha256::digest(id).as_slice(), &[flags], &uses.to_be_bytes()].concat()
    }

    fn make(&self, asked: &Value) -> Value {
        let point = self.pair.public_key().as_ref();
        let key =
            [b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20".as_slice(), &point[1..33], b"\x22\x58\x20", &point[33..]];
        let data = [self.data(asked, 0x45, 0), [0; 16].to_vec(), vec![0, 2], b"id".to_vec(), key.concat()].concat();
        let head = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".as_slice();
        let attestation = [head, &[u8::try_from(data.len()).unwrap()], &data].concat();
        let client_data = self.client_data("webauthn.create", &asked["challenge"]);
        json!({"name": "電話", "client_data": BASE64URL_NOPAD.encode(&client_data), "attestation": BASE64URL_NOPAD.encode(&attestation)})
    }

    fn sign(&self, asked: &Value, uses: u32) -> Value {
        let client_data = self.client_data("webauthn.get", &asked["challenge"]);
        let data = self.data(asked, 0x05, uses);
        let signed = [data.as_slice(), &Sha256::digest(&client_data)].concat();
        let signature = self.pair.sign(&self.random, &signed).unwrap();
        json!({
            "credential": BASE64URL_NOPAD.encode(b"id"),
            "client_data": BASE64URL_NOPAD.encode(&client_data),
            "authenticator_data": BASE64URL_NOPAD.encode(&data),
            "signature": BASE64URL_NOPAD.encode(signature.as_ref()),
        })
    }
}

#[test]
fn a_passkey_logs_in_without_a_password_and_nothing_is_taken_twice() {
    let house = House::reached_at("https://desk.example.jp");
    let id = house.user("hanako", Role::Supervisor, None);
    let session = token(&login(&house, "hanako", None));
    let ask = |path: &str, token: Option<&str>, body: Value| {
        let bearer = token.map(|token| format!("Bearer {token}")).unwrap_or_default();
        let headers = [("host", "desk.example.jp"), ("content-type", "application/json"), ("authorization", &bearer)];
        let headers = if bearer.is_empty() { &headers[..2] } else { &headers[..] };
        house.send("POST", path, headers, Some(body.to_string().into_bytes()))
    };
    // By another name there are none.
    house.post("/account/passkeys/begin", &session, json!({"password": PASSWORD})).is_refusal(409, "conflict", None);
    let asked = ask("/account/passkeys/begin", Some(&session), json!({"password": PASSWORD})).json();
    assert_eq!((&asked["rp_id"], &asked["known"]), (&json!("desk.example.jp"), &json!([])));
    let device = Device::new("https://desk.example.jp");
    let elsewhere = Device::new("https://desk.example.jp.evil.example").make(&asked);
    ask("/account/passkeys", Some(&session), elsewhere).is_refusal(422, "invalid", Some("client_data"));
    let asked = ask("/account/passkeys/begin", Some(&session), json!({"password": PASSWORD})).json();
    let made = ask("/account/passkeys", Some(&session), device.make(&asked));
    assert_eq!(made.status, 201, "{}", made.text());
    ask("/account/passkeys", Some(&session), device.make(&asked)).is_refusal(422, "invalid", Some("client_data"));

    let begin = || ask("/login/passkey/begin", None, json!({})).json();
    let asked = begin();
    let signed = device.sign(&asked, 1);
    let strong = token(&ask("/login/passkey", None, signed.clone()));
    assert_eq!(house.get("/account", &strong).json()["strong"], true);
    ask("/login/passkey", None, signed).is_refusal(401, "unauthorized", None);
    ask("/login/passkey", None, device.sign(&begin(), 1)).is_refusal(401, "unauthorized", None);
    ask("/login/passkey", None, Device::new("https://desk.example.jp").sign(&begin(), 5)).is_refusal(
        401,
        "unauthorized",
        None,
    );
    let for_making = ask("/account/passkeys/begin", Some(&strong), json!({"password": PASSWORD})).json();
    ask("/login/passkey", None, device.sign(&for_making, 6)).is_refusal(401, "unauthorized", None);
    ask("/my/login/passkey", None, device.sign(&begin(), 7)).is_refusal(401, "unauthorized", None);
    token(&ask("/login/passkey", None, device.sign(&begin(), 8)));

    // Whoever knows the password alone neither adds one nor takes it away.
    let weak = house.session(id);
    ask("/account/passkeys/begin", Some(&weak), json!({"password": PASSWORD})).is_refusal(409, "conflict", None);
    let row = made.json()["id"].as_i64().unwrap();
    let remove = |session: &str, password: &str| {
        house.post(&format!("/account/passkeys/{row}/remove"), session, json!({"password": password}))
    };
    remove(&weak, PASSWORD).is_refusal(409, "conflict", None);
    let renamed = house.ask("PUT", &format!("/account/passkeys/{row}"), Some(&strong), Some(json!({"name": "鍵"})));
    assert_eq!(renamed.status, 204);
    assert_eq!(house.get("/account", &strong).json()["passkeys"][0]["name"], "鍵");
    remove(&strong, "guess").is_refusal(422, "invalid", Some("password"));
    assert_eq!(remove(&strong, PASSWORD).status, 204);
    ask("/login/passkey", None, device.sign(&begin(), 9)).is_refusal(401, "unauthorized", None);
}

#[test]
fn r01_a_stranger_who_knows_a_name_keeps_nobody_out() {
    let house = House::new();
    house.user("hanako", Role::Supervisor, None);
    let from = |address: &str, password: &str| {
        let body = json!({"name": "hanako", "password": password}).to_string().into_bytes();
        house.send("POST", "/login", &[("content-type", "application/json"), ("x-forwarded-for", address)], Some(body))
    };
    token(&from("198.51.100.7", PASSWORD));
    // Three addresses, ten guesses each: then strangers wait, wherever they are.
    for place in 0..30 {
        from(&format!("203.0.113.{}", place / 10), "guess").is_refusal(401, "unauthorized", None);
    }
    let said = from("203.0.113.99", "guess");
    said.is_refusal(429, "too_many", None);
    assert_eq!(said.header("retry-after"), "60");
    token(&from("198.51.100.7", PASSWORD));
    // A proxy that nobody trusts is not asked from where people come.
    let house = House::with(|api| api.proxies = web::Proxies::parse(&["192.0.2.1"]).unwrap());
    for place in 0..10 {
        let body = json!({"name": "a", "password": "b"}).to_string().into_bytes();
        let address = format!("203.0.113.{place}");
        let headers = [("content-type", "application/json"), ("x-forwarded-for", address.as_str())];
        house.send("POST", "/login", &headers, Some(body)).is_refusal(401, "unauthorized", None);
    }
    login(&house, "a", None).is_refusal(429, "too_many", None);
}

#[test]
fn r01_codes_are_not_guessed_from_many_addresses_and_the_owner_is_not_kept_out_for_long() {
    let house = House::new();
    let id = house.user("hanako", Role::Supervisor, None);
    let (secret, _) = set_up(&house, "/account", &house.session(id));
    let from = |address: &str, code: &str| {
        let body = json!({"name": "hanako", "password": PASSWORD, "code": code}).to_string().into_bytes();
        house.send("POST", "/login", &[("content-type", "application/json"), ("x-forwarded-for", address)], Some(body))
    };
    // Logins with the right one between them take nothing back.
    token(&from("198.51.100.7", &code(&secret, 0)));
    for place in 0..5 {
        from(&format!("203.0.113.{place}"), "000000").is_refusal(401, "unauthorized", None);
    }
    for address in ["203.0.113.99", "198.51.100.7"] {
        let said = from(address, &code(&secret, 1));
        said.is_refusal(429, "too_many", None);
        assert_eq!(said.header("retry-after"), "600");
    }
}

#[test]
fn r01_whoever_can_log_in_guesses_no_more_at_others_than_a_stranger() {
    let house = House::new();
    house.user("root", Role::Admin, None);
    house.user("taro", Role::Operator, Some(house.operator("101", "太郎")));
    let guess = || house.ask("POST", "/login", None, Some(json!({"name": "root", "password": "guess"})));
    for _ in 0..9 {
        guess().is_refusal(401, "unauthorized", None);
    }
    token(&login(&house, "taro", None));
    guess().is_refusal(401, "unauthorized", None);
    guess().is_refusal(429, "too_many", None);
}

#[test]
fn r01_a_screen_that_was_left_open_is_no_place_to_guess_the_password() {
    let house = House::new();
    let id = house.user("hanako", Role::Supervisor, None);
    let bearer = format!("Bearer {}", house.session(id));
    let from = |place: usize, password: &str| {
        let address = format!("203.0.113.{place}");
        let body = json!({"password": password}).to_string().into_bytes();
        let own = ("authorization", bearer.as_str());
        let headers = [("content-type", "application/json"), ("x-forwarded-for", address.as_str()), own];
        house.send("POST", "/account/codes", &headers, Some(body))
    };
    for place in 0..30 {
        from(place, "guess").is_refusal(422, "invalid", Some("password"));
    }
    from(99, PASSWORD).is_refusal(429, "too_many", None);
}

#[test]
fn every_answer_has_the_headers_that_keep_a_browser_on_our_side() {
    let house = House::with(|api| api.secure_cookies = true);
    let admin = house.logged_in("root", Role::Admin, None);
    let call = house.recorded(7, "a.wav", b"RIFF");
    std::fs::write(house.recordings().join("a.wav"), b"RIFF").unwrap();
    let recording = format!("/calls/{call}/recording");
    for (path, status) in [
        ("//", 200),
        ("//my", 200),
        ("//account", 200),
        ("//join", 200),
        ("//app.js", 200),
        ("/me", 200),
        (recording.as_str(), 200),
        ("/nothing", 404),
        ("//nothing", 404),
        ("//r/0", 404),
        ("//metrics", 404),
    ] {
        let said = house.get(path, &admin);
        assert!(said.status == status || path == "//metrics" || path == "//r/0", "{path}: {}", said.status);
        assert_eq!(said.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(said.header("strict-transport-security"), "max-age=63072000", "{path}");
        assert_eq!(said.header("cross-origin-opener-policy"), "same-origin", "{path}");
        let permissions = said.header("permissions-policy");
        let microphone = if path == "//" { "microphone=(self)" } else { "microphone=()" };
        assert!(permissions.contains(microphone) && permissions.contains("camera=()"), "{path}: {permissions}");
        assert!(
            said.header("referrer-policy").contains("no-referrer") || said.header("referrer-policy") == "same-origin",
            "{path}"
        );
        let policy = said.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
    }
    let id = house.user("hanako", Role::Supervisor, None);
    let said = login(&house, "hanako", None);
    let cookie = said.header("set-cookie").to_owned();
    assert!(cookie.starts_with("__Host-denwaban="), "{cookie}");
    for attribute in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(attribute) && !cookie.contains("Domain"), "{cookie}");
    }
    let session = house.session(id);
    for (name, status) in [("__Host-denwaban", 200), ("denwaban", 401)] {
        let cookie = format!("{name}={session}");
        assert_eq!(house.send("GET", "/me", &[("cookie", &cookie)], None).status, status, "{name}");
    }
    // In the clear nobody is told to come back over HTTPS.
    assert_eq!(House::new().get("/nothing", "").header("strict-transport-security"), "");
}

#[test]
#[allow(clippy::disallowed_methods, reason = "waits for what is written beside the answer")]
fn failures_of_people_whom_we_know_are_in_the_audit_log_and_what_was_typed_is_nowhere() {
    let house = House::new();
    house.user("hanako", Role::Supervisor, None);
    let fail = |name: &str, password: &str| {
        house.ask("POST", "/login", None, Some(json!({"name": name, "password": password}))).is_refusal(
            401,
            "unauthorized",
            None,
        );
    };
    fail("correct-horse-in-the-wrong-field", "x");
    fail("hanako", "a-mistyped-secret");
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    let log = loop {
        let log = house.wait(house.store.audit(None, None, 100)).unwrap();
        if log.iter().any(|line| line.what == "login.failed") {
            break log;
        }
        assert!(std::time::Instant::now() < deadline, "{log:?}");
        std::thread::yield_now();
    };
    let text = format!("{log:?}");
    assert!(text.contains("hanako") && !text.contains("wrong-field") && !text.contains("mistyped"), "{text}");
}
