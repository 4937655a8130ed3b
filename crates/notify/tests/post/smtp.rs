//! Handing mails to a mail server: envelopes, logins, refusals, silence, connections used again.

use std::sync::Arc;
use std::time::Duration;

use notify::Outcome;
use notify::mail::smtp::{Settings, Times, Tls};
use notify::mail::{Address, Letter, Sender, Smtp};
use receivers::smtp::{Fault, Options, Server};

const ID: &str = "0192f3c4-5d6e-7f80-9a1b-2c3d4e5f6071";

async fn server() -> Server {
    Server::start(Options::default()).await.unwrap()
}

fn settings(server: &Server) -> Settings {
    let short = Duration::from_millis(300);
    let times = Times { connect: short, command: short, accept: short };
    let (host, port) = (server.address().ip().to_string(), server.address().port());
    Settings { host, port, tls: Tls::None, times, ..Settings::default() }
}

fn smtp(server: &Server) -> Smtp {
    Smtp::new(settings(server)).unwrap()
}

fn sender() -> Sender {
    let [from, bounce] = ["report@house.test", "bounce@house.test"].map(|text| Address::parse(text).unwrap());
    Sender { from, name: "電話番".to_owned(), bounce: Some(bounce) }
}

async fn send(smtp: &Smtp, to: &str) -> Outcome {
    let to = Address::parse(to).unwrap();
    let letter = Letter {
        delivery: ID,
        thread: ID,
        to: &to,
        subject: "①㈱髙﨑",
        text: "hello\n.\n..\n",
        html: "<p>hello</p>",
        urgent: false,
        date_ms: 0,
    };
    smtp.send(Some(&sender().return_path(ID)), &to, &letter.write(&sender())).await
}

fn is_retry(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Retry { .. } | Outcome::Ours { .. })
}

#[tokio::test]
async fn f39_carrier_addresses_arrive_with_a_return_path_of_their_own() {
    let server = server().await;
    let smtp = smtp(&server);
    for to in ["taro..x@docomo.ne.jp", "taro.@ezweb.ne.jp", "sato@client.test", "佐藤@例え.jp"] {
        let outcome = send(&smtp, to).await;
        assert!(
            matches!(&outcome, Outcome::Accepted { remote_id } if remote_id.starts_with("250 2.0.0 taken as r")),
            "{outcome:?}"
        );
        let mail = server.take_mails().pop().unwrap();
        assert_eq!(mail.recipient(), to);
        assert_eq!(mail.from, format!("bounce+{ID}@house.test"));
        assert_eq!(mail.message_id(), format!("{ID}@house.test"));
        assert!(String::from_utf8_lossy(&mail.data).contains("multipart/alternative"));
    }
    assert_eq!(server.connections(), 1, "one connection, one transaction a recipient");
}

#[tokio::test]
async fn f31_what_the_server_says_of_a_recipient_is_final_or_not_as_it_says() {
    let server = server().await;
    let smtp = smtp(&server);
    server.fail_for("gone@b.test", Fault::Code(550));
    server.fail_for("full@b.test", Fault::Code(452));
    server.fail_for("spam@b.test", Fault::DataCode(554));
    server.fail_for("busy@b.test", Fault::DataCode(451));
    assert_eq!(send(&smtp, "gone@b.test").await, Outcome::permanent("550 5.1.1 no such mailbox here"));
    assert_eq!(send(&smtp, "full@b.test").await, Outcome::retry("452 4.2.0 try again later"));
    assert_eq!(send(&smtp, "spam@b.test").await, Outcome::ours("554 as you were told"));
    assert_eq!(send(&smtp, "busy@b.test").await, Outcome::retry("451 as you were told"));
    assert!(matches!(send(&smtp, "well@b.test").await, Outcome::Accepted { .. }));
    assert_eq!(server.connections(), 1, "a refusal is no reason to hang up");
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn r25_what_the_server_says_of_itself_is_never_final() {
    let server = server().await;
    for fault in [Fault::Code(554), Fault::Code(421), Fault::Drop, Fault::Hang] {
        server.fail(fault);
        let outcome = send(&smtp(&server), "a@b.test").await;
        assert!(is_retry(&outcome), "{fault:?}: {outcome:?}");
    }
    server.fail(Fault::None);
    let settings = settings(&server);
    drop(server);
    let outcome = send(&Smtp::new(settings).unwrap(), "a@b.test").await;
    assert!(is_retry(&outcome), "nobody is there: {outcome:?}");
}

#[tokio::test]
async fn x02_a_connection_that_was_given_up_in_the_middle_is_never_used_again() {
    let server = server().await;
    let smtp = smtp(&server);
    assert!(matches!(send(&smtp, "a@b.test").await, Outcome::Accepted { .. }));
    for (to, fault) in [
        ("hang@b.test", Fault::Hang),
        ("silent@b.test", Fault::DataHang),
        ("lost@b.test", Fault::DropAfterData),
        ("drop@b.test", Fault::Drop),
    ] {
        server.fail_for(to, fault);
        let before = server.connections();
        assert!(is_retry(&send(&smtp, to).await), "{to}");
        assert!(matches!(send(&smtp, "a@b.test").await, Outcome::Accepted { .. }));
        assert_eq!(server.connections(), before + 1, "{to}");
    }
    // Given up by whoever asked for it, too.
    server.fail_for("slow@b.test", Fault::Hang);
    let before = server.connections();
    assert!(tokio::time::timeout(Duration::from_millis(50), send(&smtp, "slow@b.test")).await.is_err());
    assert!(matches!(send(&smtp, "a@b.test").await, Outcome::Accepted { .. }));
    assert_eq!(server.connections(), before + 1);
}

#[tokio::test]
async fn r25_an_idle_connection_that_the_server_has_closed_costs_no_attempt() {
    let server = server().await;
    let address = server.address();
    let smtp = smtp(&server);
    assert!(matches!(send(&smtp, "a@b.test").await, Outcome::Accepted { .. }));
    server.stop().await;
    let again = Server::start(Options { listen: Some(address), ..Options::default() });
    let server = tokio::time::timeout(Duration::from_secs(5), again).await.unwrap().unwrap();
    assert!(matches!(send(&smtp, "a@b.test").await, Outcome::Accepted { .. }));
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_login_is_given_and_a_wrong_one_is_our_fault_and_not_the_recipients() {
    let login = |password: &str| Some(("house".to_owned(), password.to_owned()));
    let server = Server::start(Options { login: login("pass word"), ..Options::default() }).await.unwrap();
    let with = |login| Smtp::new(Settings { login, ..settings(&server) }).unwrap();
    assert!(matches!(send(&with(login("pass word")), "a@b.test").await, Outcome::Accepted { .. }));
    assert_eq!(server.mails()[0].login, "house");
    let wrong = send(&with(login("wrong")), "a@b.test").await;
    assert_eq!(wrong, Outcome::ours("535 5.7.8 wrong user or password"));
    let none = send(&with(None), "a@b.test").await;
    assert_eq!(none, Outcome::ours("530 5.7.0 log in first"));
    assert_eq!(with(login("wrong")).greet().await, Err("535 5.7.8 wrong user or password".to_owned()));
    assert_eq!(with(login("pass word")).greet().await, Ok("receivers.test".to_owned()));
}

#[tokio::test]
async fn a_password_is_not_sent_to_a_server_without_tls() {
    let server = server().await;
    let login = Some(("house".to_owned(), "secret".to_owned()));
    for tls in [Tls::Required, Tls::Opportunistic] {
        let settings = Settings { tls, login: login.clone(), ..settings(&server) };
        let outcome = send(&Smtp::new(settings).unwrap(), "a@b.test").await;
        assert!(is_retry(&outcome), "{outcome:?}");
    }
    // Nor is a mail, if TLS is required.
    let settings = Settings { tls: Tls::Required, ..settings(&server) };
    assert!(is_retry(&send(&Smtp::new(settings).unwrap(), "a@b.test").await));
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn many_at_once_share_what_connections_there_are() {
    let server = server().await;
    let smtp = Arc::new(smtp(&server));
    let mut sending = tokio::task::JoinSet::new();
    for place in 0..40 {
        let smtp = Arc::clone(&smtp);
        sending.spawn(async move { send(&smtp, &format!("a{place}@b.test")).await });
    }
    for outcome in sending.join_all().await {
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    }
    assert_eq!(server.count(), 40);
    smtp.close().await;
}
