//! The server against a client that writes lines: what RFC 5321 asks, and each fault.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::*;

/// A client in the simplest form: lines out, lines in.
struct Client(BufReader<TcpStream>);

impl Client {
    async fn connect(server: &Server) -> Client {
        Client(BufReader::new(TcpStream::connect(server.address()).await.unwrap()))
    }

    /// The next reply's last line; empty at the end of the connection.
    async fn reply(&mut self) -> String {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            if line.as_bytes().get(3) != Some(&b'-') {
                return line.trim_end().to_owned();
            }
        }
    }

    async fn say(&mut self, line: &str) -> String {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
        self.reply().await
    }

    /// Each line with the code that it is to be answered with.
    async fn play(&mut self, lines: &[(&str, &str)]) {
        for (line, code) in lines {
            let reply = self.say(line).await;
            assert!(reply.starts_with(code), "{line:?}: {reply:?} instead of {code}");
        }
    }
}

async fn server() -> Server {
    Server::start(Options::default()).await.unwrap()
}

#[tokio::test]
async fn a_mail_is_kept_with_its_envelope_and_its_dots_are_unstuffed() {
    let server = server().await;
    let mut client = Client::connect(&server).await;
    assert!(client.reply().await.starts_with("220 "));
    client
        .play(&[
            ("EHLO house.test", "250 "),
            ("MAIL FROM:<bounce+1@house.test> BODY=8BITMIME", "250 "),
            ("RCPT TO:<\"taro.\"@ezweb.ne.jp>", "250 "),
            ("DATA", "354 "),
            ("Message-ID: <1@house.test>\r\n\r\n..dots\r\n...\r\nさくら\r\n.", "250 2.0.0 taken as r000001"),
            ("QUIT", "221 "),
        ])
        .await;
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(String::from_utf8_lossy(&mails[0].data), "Message-ID: <1@house.test>\r\n\r\n.dots\r\n..\r\nさくら\r\n");
    assert_eq!((mails[0].from.as_str(), mails[0].to[0].as_str()), ("bounce+1@house.test", "\"taro.\"@ezweb.ne.jp"));
    assert_eq!(
        (mails[0].recipient(), mails[0].message_id()),
        ("taro.@ezweb.ne.jp".to_owned(), "1@house.test".to_owned())
    );
    assert!(mails[0].answered);
}

#[tokio::test]
async fn what_a_real_server_refuses_is_refused() {
    let server = server().await;
    let mut client = Client::connect(&server).await;
    client.reply().await;
    client
        .play(&[
            ("MAIL FROM:<a@house.test>", "503 "),
            ("EHLO", "501 "),
            ("EHLO house.test", "250 "),
            ("RCPT TO:<a@b.test>", "503 "),
            ("MAIL FROM:a@house.test", "501 "),
            ("MAIL FROM:<a@house.test>", "250 "),
            ("MAIL FROM:<a@house.test>", "503 "),
            ("DATA", "503 "),
            // Without quotes these are no mailboxes.
            ("RCPT TO:<taro..x@docomo.ne.jp>", "501 "),
            ("RCPT TO:<taro.@ezweb.ne.jp>", "501 "),
            ("RCPT TO:<a@b c.test>", "501 "),
            ("RCPT TO:<a@b..test>", "501 "),
            ("RCPT TO:<>", "501 "),
            ("RCPT TO:<さくら@b.test>", "553 "),
            ("RCPT TO:<\"a>b\\\"c\"@b.test>", "250 "),
            ("RSET", "250 "),
            ("MAIL FROM:<> SMTPUTF8", "250 "),
            ("RCPT TO:<さくら@b.test>", "250 "),
            ("DATA", "354 "),
            ("Subject: 8-bit without having asked: 髙\r\n.", "554 "),
            ("HELP", "500 "),
        ])
        .await;
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn whoever_must_log_in_must() {
    let login = Some(("house".to_owned(), "pass word".to_owned()));
    let server = Server::start(Options { login, ..Options::default() }).await.unwrap();
    let mut client = Client::connect(&server).await;
    client.reply().await;
    client
        .play(&[
            ("EHLO house.test", "250 AUTH PLAIN LOGIN"),
            ("MAIL FROM:<a@house.test>", "530 "),
            ("AUTH PLAIN AGhvdXNlAHdyb25n", "535 "),
            ("AUTH PLAIN %%%", "501 "),
            ("AUTH CRAM-MD5", "504 "),
            ("AUTH PLAIN AGhvdXNlAHBhc3Mgd29yZA==", "235 "),
            ("MAIL FROM:<a@house.test>", "250 "),
        ])
        .await;
    let mut client = Client::connect(&server).await;
    client.reply().await;
    client
        .play(&[
            ("EHLO house.test", "250 "),
            ("AUTH LOGIN", "334 VXNlcm5hbWU6"),
            ("aG91c2U=", "334 UGFzc3dvcmQ6"),
            ("cGFzcyB3b3Jk", "235 "),
        ])
        .await;
}

const MAIL: &[(&str, &str)] = &[("EHLO house.test", "250 "), ("MAIL FROM:<a@house.test>", "250 ")];

#[tokio::test]
async fn faults_are_of_one_recipient_of_everybody_or_of_a_script() {
    let server = server().await;
    server.fail_for("gone@b.test", Fault::Code(550));
    server.fail_for("Later@b.test", Fault::Code(451));
    server.fail_for("spam@b.test", Fault::DataCode(554));
    server.fail_for("drop@b.test", Fault::Drop);
    server.fail_for("lost@b.test", Fault::DropAfterData);
    server.script(Arc::new(|recipient, before| match recipient {
        "flaky@b.test" if before % 2 == 0 => Fault::Code(450),
        _ => Fault::None,
    }));
    let mut client = Client::connect(&server).await;
    client.reply().await;
    client.play(MAIL).await;
    client
        .play(&[
            ("RCPT TO:<gone@b.test>", "550 "),
            ("RCPT TO:<later@b.test>", "451 "),
            ("RCPT TO:<flaky@b.test>", "450 "),
            ("RCPT TO:<flaky@b.test>", "250 "),
            ("RSET", "250 "),
            ("MAIL FROM:<a@house.test>", "250 "),
            ("RCPT TO:<spam@b.test>", "250 "),
            ("DATA", "354 "),
            (".", "554 "),
            ("MAIL FROM:<a@house.test>", "250 "),
            ("RCPT TO:<drop@b.test>", ""),
        ])
        .await;
    assert_eq!(client.reply().await, "", "the connection is over");
    let mut client = Client::connect(&server).await;
    client.reply().await;
    client.play(MAIL).await;
    client.play(&[("RCPT TO:<lost@b.test>", "250 "), ("DATA", "354 ")]).await;
    assert_eq!(client.say("Message-ID: <1@house.test>\r\n\r\n.").await, "");
    assert_eq!(server.mails().iter().map(|mail| mail.answered).collect::<Vec<_>>(), [false]);
    server.fail(Fault::Code(421));
    assert!(Client::connect(&server).await.reply().await.starts_with("421 "));
    server.fail(Fault::Drop);
    assert_eq!(Client::connect(&server).await.reply().await, "");
    server.fail(Fault::None);
    assert!(Client::connect(&server).await.reply().await.starts_with("220 "));
}

#[tokio::test]
async fn one_that_hangs_keeps_nobody_else_waiting() {
    let server = server().await;
    server.fail_for("hang@b.test", Fault::Hang);
    let mut hanging = Client::connect(&server).await;
    hanging.reply().await;
    hanging.play(MAIL).await;
    hanging.0.get_mut().write_all(b"RCPT TO:<hang@b.test>\r\n").await.unwrap();
    let mut client = Client::connect(&server).await;
    client.reply().await;
    client.play(MAIL).await;
    client.play(&[("RCPT TO:<a@b.test>", "250 "), ("DATA", "354 "), ("\r\nhello\r\n.", "250 ")]).await;
    server.wait_for(1).await;
    assert_eq!(server.connections(), 2);
}
