//! The bounce mailbox over a connection of its own: a mail that cannot be fetched keeps no other from being read (F39).

use std::sync::{Arc, Mutex};

use notify::mail::mailbox::{Mailbox, Settings};
use notify::mail::smtp::Tls;
use notify::mail::{Address, Sender};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const MAIL: &str = "Subject: a newsletter\r\n\r\nNothing of ours.\r\n";

/// As much of an IMAP server as it takes: two mails, and whoever fetches the first loses the connection.
async fn serve(stream: TcpStream, fetched: Arc<Mutex<Vec<u32>>>) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"* OK ready\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let (tag, command) = line.split_once(' ').unwrap();
        let told = if command.starts_with("CAPABILITY") {
            "* CAPABILITY IMAP4rev1\r\n".to_owned()
        } else if command.starts_with("SELECT") {
            "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n".to_owned()
        } else if let Some(after) = command.strip_prefix("UID SEARCH UNSEEN UID ") {
            let first: u32 = after.trim_end_matches(":*").parse().unwrap();
            format!("* SEARCH{}\r\n", (first..=2).map(|uid| format!(" {uid}")).collect::<String>())
        } else if let Some(rest) = command.strip_prefix("UID FETCH ") {
            let uid: u32 = rest.split(' ').next().unwrap().parse().unwrap();
            fetched.lock().unwrap().push(uid);
            if uid == 1 {
                return Ok(());
            }
            format!("* 2 FETCH (UID 2 BODY[]<0> {{{}}}\r\n{MAIL})\r\n", MAIL.len())
        } else {
            String::new()
        };
        writer.write_all(format!("{told}{tag} OK done\r\n").as_bytes()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn f39_a_mail_that_cannot_be_read_keeps_no_other_from_being_read() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let fetched: Arc<Mutex<Vec<u32>>> = Arc::default();
    let seen = Arc::clone(&fetched);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // It ends as the test wants it to.
            let _ended = serve(stream, Arc::clone(&seen)).await;
        }
    });
    let [from, bounce] = ["report@house.test", "bounce@house.test"].map(|text| Address::parse(text).unwrap());
    let sender = Sender { from, name: "電話番".to_owned(), bounce: Some(bounce) };
    let (host, folder) = ("127.0.0.1".to_owned(), "INBOX".to_owned());
    let (user, password) = ("bounce".to_owned(), "secret".to_owned());
    let mut mailbox =
        Mailbox::new(Settings { host, port, tls: Tls::None, user, password, folder, roots: None }, sender);
    for _ in 0..3 {
        assert!(mailbox.look(|_| async { true }).await.is_err());
    }
    assert_eq!(mailbox.look(|_| async { true }).await.unwrap(), 0, "the second one is about nothing of ours");
    assert_eq!(*fetched.lock().unwrap(), [1, 1, 1, 2]);
}
