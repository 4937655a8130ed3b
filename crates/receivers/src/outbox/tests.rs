//! The page's server, asked over a socket as a browser would.

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::http::known;

struct House {
    outbox: Outbox,
    services: Services,
    mails: Arc<smtp::Server>,
}

async fn house() -> House {
    let services = Services::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    let mails = Arc::new(smtp::Server::start(smtp::Options::default()).await.unwrap());
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let outbox = Outbox::start(address, services.clone(), mails.clone()).await.unwrap();
    House { outbox, services, mails }
}

/// Sends `lines` and an empty one and `body`; the whole answer.
async fn ask(address: SocketAddr, lines: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request = format!("{lines}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

impl House {
    async fn get(&self, path: &str) -> String {
        let host = self.outbox.address;
        ask(host, &format!("GET {path} HTTP/1.1\r\nhost: {host}"), "").await
    }

    async fn entries(&self) -> Value {
        let answer = self.get("/outbox/entries").await;
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    async fn post_to_chatwork(&self, body: &str) {
        let (address, token) = (self.services.address(), known::CHATWORK_TOKEN);
        let body: String = form_urlencoded::Serializer::new(String::new()).append_pair("body", body).finish();
        let kind = "application/x-www-form-urlencoded";
        let lines = format!(
            "POST /v2/rooms/1/messages HTTP/1.1\r\nhost: {address}\r\nx-chatworktoken: {token}\r\ncontent-type: {kind}"
        );
        ask(address, &lines, &body).await;
    }

    async fn send_mail(&self, data: &str) {
        let mut stream = TcpStream::connect(self.mails.address()).await.unwrap();
        let talk = format!(
            "EHLO a\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<sato@sakura.example>\r\nDATA\r\n{data}\r\n.\r\nQUIT\r\n"
        );
        stream.write_all(talk.as_bytes()).await.unwrap();
        stream.read_to_end(&mut Vec::new()).await.unwrap();
    }
}

#[tokio::test]
async fn what_was_received_is_shown_newest_first_and_as_it_came() {
    let house = house().await;
    house.post_to_chatwork("[info][title]first[/title]<b>words</b>[/info]").await;
    let mail = "Subject: second\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n\
                --x\r\nContent-Type: text/plain\r\n\r\nplain\r\n--x\r\nContent-Type: text/html\r\n\r\n\
                <script>alert(1)</script><p>rich</p>\r\n--x--";
    house.send_mail(mail).await;
    let shown = house.entries().await;
    let entries = shown["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    // Both may have come in the same millisecond.
    let find = |service: &str| entries.iter().find(|entry| entry["service"] == service).unwrap();
    let (mail, chat) = (find("mail"), find("chatwork"));
    assert!(mail["at_ms"].as_i64() >= chat["at_ms"].as_i64());
    assert_eq!((mail["subject"].as_str(), mail["to"].as_str()), (Some("second"), Some("sato@sakura.example")));
    assert!(mail["text"].as_str().unwrap().contains("plain"));
    assert_eq!(chat["text"], "[info][title]first[/title]<b>words</b>[/info]");
    assert!(!chat["raw"].as_str().unwrap().contains(known::CHATWORK_TOKEN), "credentials are not shown");
    // R19: the mail's HTML cannot do anything.
    let html = house.get(mail["html"].as_str().unwrap()).await;
    assert!(html.contains("<p>rich</p>"));
    assert!(html.contains("content-security-policy: sandbox; default-src 'none'"), "{html}");
}

#[tokio::test]
async fn a_destination_fails_when_it_is_switched_off_and_works_again() {
    let house = house().await;
    let host = house.outbox.address;
    let switch = |fault: &'static str| async move {
        let lines = format!("POST /outbox/fault HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json");
        ask(host, &lines, &json!({ "service": "chatwork", "fault": fault }).to_string()).await
    };
    assert!(switch("broken").await.starts_with("HTTP/1.1 204"));
    house.post_to_chatwork("one").await;
    assert!(house.services.shown(Service::Chatwork).is_empty());
    let listed = house.entries().await;
    assert!(listed["services"].as_array().unwrap().contains(&json!({ "name": "chatwork", "fault": "broken" })));
    assert_eq!(listed["entries"][0]["verdict"], "failed");
    assert!(switch("none").await.starts_with("HTTP/1.1 204"));
    house.post_to_chatwork("two").await;
    assert_eq!(house.services.shown(Service::Chatwork).len(), 1);
    assert!(switch("explodes").await.starts_with("HTTP/1.1 400"));
}

#[tokio::test]
async fn only_this_machines_own_pages_are_answered() {
    let house = house().await;
    assert!(house.get("/outbox").await.starts_with("HTTP/1.1 200"));
    let address = house.outbox.address;
    for host in ["evil.example", "evil.example:80", &format!("evil.example:{}", address.port()), "127.0.0.1"] {
        let answer = ask(address, &format!("GET /outbox/entries HTTP/1.1\r\nhost: {host}"), "").await;
        assert!(answer.starts_with("HTTP/1.1 421"), "{host}: {answer}");
    }
    // A form of another page cannot switch anything: it cannot send JSON without being asked for leave.
    let lines = format!("POST /outbox/fault HTTP/1.1\r\nhost: {address}\r\ncontent-type: text/plain");
    let answer = ask(address, &lines, r#"{"service":"mail","fault":"broken"}"#).await;
    assert!(answer.starts_with("HTTP/1.1 415"), "{answer}");
}
