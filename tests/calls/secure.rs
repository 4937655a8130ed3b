//! SIP over TLS and secure WebSocket with the certificate that is made at the first start; the command line's own socket; and
//! what never reaches a log.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};
use sip::digest::{Algorithm, Challenge, Secret, Signed, answer, ha1};
use sip::message::{Message, Method};
use tungstenite::client::IntoClientRequest;

use crate::support::house::{House, Operator, SOON};
use crate::support::{ports, until};

/// An encrypted stream to this address, whose certificate must be the one that the house made, for 127.0.0.1.
fn dial(house: &House, address: &str) -> StreamOwned<ClientConnection, TcpStream> {
    let certificate =
        CertificateDer::from_pem_file(house.root.path().join("tls/certificate.pem")).expect("its certificate");
    let mut roots = RootCertStore::empty();
    roots.add(certificate).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1").expect("a name");
    let stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(SOON)).expect("a timeout");
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).expect("a client"), stream)
}

fn options(transport: &str, branch: u32) -> String {
    format!(
        "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{transport} 127.0.0.1:9;branch=z9hG4bK{branch};rport\r\nMax-Forwards: 70\r\n\
         From: <sip:test@127.0.0.1>;tag={branch}\r\nTo: <sip:127.0.0.1>\r\nCall-ID: secure-{branch}\r\nCSeq: 1 OPTIONS\r\n\
         Content-Length: 0\r\n\r\n"
    )
}

#[test]
fn serve_speaks_tls_and_secure_websocket_with_the_certificate_that_it_made() {
    let house = House::start();
    let mut tls = dial(&house, &house.tls);
    tls.write_all(options("TLS", 1).as_bytes()).expect("sent");
    let mut answer = [0; 2048];
    let length = tls.read(&mut answer).expect("an answer");
    assert!(answer[..length].starts_with(b"SIP/2.0 200 "), "{}", String::from_utf8_lossy(&answer[..length]));

    let mut request = format!("wss://{}/", house.wss).into_client_request().expect("a request");
    request.headers_mut().insert("Sec-WebSocket-Protocol", "sip".parse().expect("a header"));
    let (mut socket, upgraded) = tungstenite::client(request, dial(&house, &house.wss)).expect("a WebSocket");
    assert_eq!(upgraded.headers()["sec-websocket-protocol"], "sip");
    socket.send(options("WSS", 2).into()).expect("sent");
    let answer = socket.read().expect("an answer").into_data();
    assert!(answer.starts_with(b"SIP/2.0 200 "), "{}", String::from_utf8_lossy(&answer));

    // `check` finds its own switch on every port, and knows the certificate.
    let (findings, _) = cli(&house, &["check"]);
    let of = |what: &str| -> Vec<Value> {
        let findings = findings.as_array().cloned().unwrap_or_default();
        findings.into_iter().filter(|line| line["what"] == what).collect()
    };
    assert!(of("port").iter().all(|line| line["verdict"] == "OK"), "{findings}");
    assert!(of("port").iter().any(|line| line["detail"].to_string().contains(&house.wss)), "{findings}");
    assert!(of("certificate").iter().any(|line| line["verdict"] == "OK"), "{findings}");
}

#[test]
fn a_certificate_that_changes_is_used_without_a_restart() {
    let house = House::start();
    let shown = |house: &House| {
        let mut stream = dial(house, &house.tls);
        stream.write_all(options("TLS", 3).as_bytes()).ok()?;
        stream.read_exact(&mut [0; 16]).ok()?;
        stream.conn.peer_certificates().map(|chain| chain[0].to_vec())
    };
    let before = shown(&house).expect("a certificate");
    std::fs::remove_file(house.root.path().join("tls/certificate.pem")).expect("removed");
    // The next look at the files makes another.
    let after = until("another certificate", SOON * 4, || {
        if !house.root.path().join("tls/certificate.pem").exists() {
            return None;
        }
        shown(&house).filter(|shown| *shown != before)
    });
    assert_ne!(after, before);
}

fn cli(house: &House, arguments: &[&str]) -> (Value, bool) {
    let output = Command::new(env!("CARGO_BIN_EXE_denwaban"))
        .args(["--config", "denwaban.toml", "--json"])
        .args(arguments)
        .current_dir(house.root.path())
        .env("LANG", "C.UTF-8")
        .output()
        .expect("denwaban");
    (serde_json::from_slice(&output.stdout).unwrap_or_default(), output.status.success())
}

/// A phone that registers by hand.
struct Phone {
    socket: UdpSocket,
    house: String,
    count: u32,
}

impl Phone {
    fn at(house: &House) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        socket.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
        Self { socket, house: house.sip.clone(), count: 0 }
    }

    fn say(&mut self, user: &str, authorization: &str) -> Message {
        self.count += 1;
        let local = self.socket.local_addr().expect("an address");
        let request = format!(
            "REGISTER sip:denwaban SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bKr{0};rport\r\nMax-Forwards: 70\r\n\
             From: <sip:{user}@denwaban>;tag=r\r\nTo: <sip:{user}@denwaban>\r\nCall-ID: register@{local}\r\nCSeq: {0} REGISTER\r\n\
             Contact: <sip:{user}@{local}>\r\n{authorization}Content-Length: 0\r\n\r\n",
            self.count
        );
        self.socket.send_to(request.as_bytes(), &self.house).expect("sent");
        let mut buffer = vec![0; 4096];
        let (length, _) = self.socket.recv_from(&mut buffer).expect("an answer");
        Message::parse(Bytes::copy_from_slice(&buffer[..length])).expect("a message")
    }

    /// The status, and what was sent as Authorization.
    fn register(&mut self, user: &str, password: &str) -> (u16, String) {
        let challenged = self.say(user, "");
        let (_, challenge) = Challenge::all(&challenged).next().expect("a challenge");
        let signed = Signed { method: &Method::Register, uri: "sip:denwaban", body: b"" };
        let credentials = answer(&challenge, user, &Secret::Password(password), signed, "c0ffee", 1).to_string();
        let answer = self.say(user, &format!("Authorization: {credentials}\r\n"));
        (answer.status().expect("a status"), credentials)
    }
}

#[test]
fn r01_whoever_guesses_is_banned_and_the_command_line_forgives_him() {
    let house = House::start();
    let Operator { login, .. } = house.operator("101", 0);
    let mut phone = Phone::at(&house);
    for guess in 0..20 {
        phone.register(&login, &format!("guess {guess}"));
    }
    let (bans, well) = cli(&house, &["ban", "list"]);
    assert!(well && bans[0]["source"] == "127.0.0.1" && bans[0]["reason"] == "passwords", "{bans}");
    // The end of a ban is told by the wall clock, whose milliseconds are not those of the next question.
    let told = house.get("/bans");
    let same = |field: &str| told[0][field] == bans[0][field];
    assert!(told.as_array().is_some_and(|all| all.len() == 1) && same("source") && same("reason"), "{told}");
    let apart_ms = told[0]["until_ms"].as_i64().unwrap_or(0) - bans[0]["until_ms"].as_i64().unwrap_or(i64::MAX);
    assert!(apart_ms.abs() < 1_000, "{told} {bans}");
    let (_, well) = cli(&house, &["ban", "clear", "192.0.2.1"]);
    assert!(!well, "nobody of that address is banned");
    let (cleared, well) = cli(&house, &["ban", "clear", "127.0.0.1"]);
    assert!(well && cleared[0]["source"] == "127.0.0.1", "{cleared}");
    assert_eq!(phone.say(&login, "").status(), Some(401), "he is listened to again");
    assert_eq!(cli(&house, &["ban", "list"]).0, json!([]));
}

const DOOR_PASSWORD: &str = "fjord lantern oboe 88";

/// Somebody logs in, sets codes up and is sent a link: a session, a link's secret, the codes' secret, a wrong recovery code.
fn at_the_door(house: &House) -> (String, String, String, String) {
    let user = json!({ "name": "yamada", "role": "supervisor", "password": DOOR_PASSWORD });
    let id = house.post("/users", user)["id"].as_i64().expect("an id");
    let login =
        |password: &str| house.ask_as("", "POST", "/login", Some(&json!({ "name": "yamada", "password": password })));
    assert_eq!(login("a mistyped secret").0, 401);
    let session = login(DOOR_PASSWORD).1["token"].as_str().expect("a session").to_owned();
    let begin = json!({ "password": DOOR_PASSWORD });
    let (status, begun) = house.ask_as(&session, "POST", "/account/codes", Some(&begin));
    assert_eq!(status, 200, "{begun}");
    let recovery = "01234-56789-abcde-fghjk".to_owned();
    let body = json!({ "code": recovery });
    assert_eq!(house.ask_as(&session, "POST", "/account/codes/confirm", Some(&body)).0, 422);
    let link = house.post(&format!("/users/{id}/link"), json!({}))["path"].as_str().expect("a link").to_owned();
    let secret = link.split('#').nth(1).expect("a secret").to_owned();
    assert_eq!(house.ask_as("", "POST", "/join/look", Some(&json!({ "secret": secret }))).0, 200);
    (session, secret, begun["secret"].as_str().expect("a secret").to_owned(), recovery)
}

#[test]
fn r17_r20_no_secret_reaches_a_log_however_much_is_logged() {
    let house = House::start_with("[log]\nlevel = \"trace\"\n");
    let operator = house.operator("101", 0);
    let carrier = ports::free_block(2);
    house.trunk(
        "carrier",
        carrier,
        json!({ "user": "0312345678", "password": "carrier secret", "probe_seconds": 5,
            "registration": { "registrar": "sip:127.0.0.1", "aor": "sip:0312345678@127.0.0.1" } }),
    );
    let mut phone = Phone::at(&house);
    let (refused, wrong) = phone.register(&operator.login, "a wrong one");
    let (taken, right) = phone.register(&operator.login, &operator.password);
    assert_eq!((refused, taken), (401, 200));
    let mut tls = dial(&house, &house.tls);
    tls.write_all(options("TLS", 4).as_bytes()).expect("sent");
    tls.read_exact(&mut [0; 16]).expect("an answer");
    house.get("/operators");
    let response = |credentials: &str| {
        let after = credentials.split("response=\"").nth(1).expect("a response");
        after.split('"').next().expect("its end").to_owned()
    };
    let key = std::fs::read_to_string(house.root.path().join("tls/key.pem")).expect("its key");
    let ha1 = ha1(&operator.login, "denwaban", &operator.password, Algorithm::Md5).as_hex().to_owned();
    let (session, link, secret, recovery) = at_the_door(&house);
    let secrets = [
        ("a user's password", DOOR_PASSWORD.to_owned()),
        ("a user's wrong password", "a mistyped secret".to_owned()),
        ("a session", session),
        ("a one-time link", link),
        ("the secret of codes", secret),
        ("a recovery code", recovery),
        ("the operator's password", operator.password.clone()),
        ("a wrong password", "a wrong one".to_owned()),
        ("its hash", ha1),
        ("an Authorization", response(&right)),
        ("a wrong Authorization", response(&wrong)),
        ("the carrier's password", "carrier secret".to_owned()),
        ("our key", key.lines().nth(1).expect("its first line").to_owned()),
    ];
    let log = house.log();
    assert!(log.lines().count() > 20 && log.contains("TRACE"), "nothing was logged that much:\n{log}");
    for (what, secret) in secrets {
        assert!(!log.contains(&secret), "{what} is in the log");
    }
}
