//! Bounces as servers write them. Written for these tests after the formats that the servers use; the names are invented.

use super::super::Address;
use super::*;

const ID: &str = "0192f3c4-5d6e-7f80-9a1b-2c3d4e5f6071";

fn sender() -> Sender {
    let [from, bounce] =
        ["report@house.example.jp", "bounce@house.example.jp"].map(|text| Address::parse(text).unwrap());
    Sender { from, name: String::new(), bounce: Some(bounce) }
}

fn read_text(text: &str) -> Returned {
    let text = text.replace("{ID}", ID).replace('\n', "\r\n");
    read(text.as_bytes(), &[], &sender())
}

fn failed(why: &str) -> Returned {
    Returned::Failed { delivery: ID.to_owned(), why: why.to_owned() }
}

/// Postfix, Exim and most others: RFC 3464.
fn notification(to: &str, fields: &str, quoted: &str) -> String {
    format!(
        "Return-Path: <>\nFrom: Mail Delivery System <Mailer-Daemon@mx.client.test>\nTo: {to}\nSubject: Mail delivery failed\n\
         Auto-Submitted: auto-replied\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\nMIME-Version: 1.0\n\n\
         --b\nContent-Type: text/plain\n\nThis message was created automatically.\n\n--b\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; mx.client.test\n\n{fields}\n--b\nContent-Type: message/rfc822\n\n{quoted}\n\nhello\n\n--b--\n"
    )
}

const FAILED: &str = "Action: failed\nFinal-Recipient: rfc822;sato@client.test\nStatus: 5.1.1\n\
    Diagnostic-Code: smtp; 550 5.1.1 <sato@client.test>:\n Recipient address rejected\n";

#[test]
fn f39_a_notification_says_whose_it_is_and_why() {
    let of_ours = "Message-ID: <{ID}@house.example.jp>\nSubject: s";
    let told = failed("550 5.1.1 <sato@client.test>: Recipient address rejected");
    assert_eq!(read_text(&notification("bounce+{ID}@house.example.jp", FAILED, "Subject: s")), told);
    assert_eq!(read_text(&notification("<BOUNCE+{ID}@House.Example.JP>", FAILED, "Subject: s")), told);
    // The address was rewritten; the mail that it quotes is ours.
    assert_eq!(read_text(&notification("report@house.example.jp", FAILED, of_ours)), told);
    // The envelope alone knows it.
    let text = notification("undisclosed", FAILED, "Subject: s").replace('\n', "\r\n");
    assert_eq!(read(text.as_bytes(), &[&format!("bounce+{ID}@house.example.jp")], &sender()), told);
    // Of somebody else.
    assert_eq!(
        read_text(&notification("bounce+{ID}@other.test", FAILED, "Message-ID: <{ID}@other.test>")),
        Returned::Unknown
    );
    assert_eq!(read_text(&notification("bounce+1@house.example.jp", FAILED, "Subject: s")), Returned::Unknown);
}

#[test]
fn f39_what_a_notification_says_is_believed() {
    let to = "bounce+{ID}@house.example.jp";
    let delivery = ID.to_owned();
    let cases = [
        ("Action: delayed\nStatus: 4.4.1\n", Returned::Delayed { delivery: delivery.clone(), why: "4.4.1".to_owned() }),
        ("Action: delivered\nStatus: 2.0.0\n", Returned::Other { delivery: delivery.clone() }),
        ("Action: relayed\nStatus: 2.0.0\n", Returned::Other { delivery }),
        ("Status: 5.2.2\nDiagnostic-Code: X-Exchange; mailbox full\n", failed("5.2.2 mailbox full")),
        ("action:FAILED\nstatus:5.0.0\n", failed("5.0.0")),
    ];
    for (fields, told) in cases {
        assert_eq!(read_text(&notification(to, fields, "Subject: s")), told, "{fields}");
    }
}

#[test]
fn f39_a_reason_that_stands_in_the_letter_alone_is_found() {
    let text = notification(
        "bounce+{ID}@house.example.jp",
        "Action: failed\nFinal-Recipient: rfc822;gone@client.test\nStatus: 5.0.0\n",
        "x: y",
    );
    let letter = "A message could not be delivered:\n\n  gone@client.test\n    this mailbox was closed\n";
    assert_eq!(
        read_text(&text.replace("This message was created automatically.\n", letter)),
        failed("5.0.0 this mailbox was closed")
    );
    assert_eq!(read_text(&text), failed("5.0.0"));
}

#[test]
fn f39_letters_of_carriers_servers_are_bounces() {
    let letter = |from: &str, subject: &str, body: &str| {
        read_text(&format!("From: {from}\nTo: bounce+{{ID}}@house.example.jp\nSubject: {subject}\n\n{body}\n"))
    };
    assert_eq!(
        letter(
            "Mail Administrator <Postmaster@ezweb.ne.jp>",
            "Mail System Error - Returned Mail",
            "The user(s) account is disabled.\n\n<taro.@ezweb.ne.jp>: 550 <taro.@ezweb.ne.jp>: User unknown"
        ),
        failed("<taro.@ezweb.ne.jp>: 550 <taro.@ezweb.ne.jp>: User unknown")
    );
    assert_eq!(
        letter("MAILER-DAEMON@docomo.ne.jp", "Returned mail: see transcript", "unknown user"),
        failed("Returned mail: see transcript")
    );
    // qmail: the subject in ISO-2022-JP would be as good.
    assert_eq!(
        letter("MAILER-DAEMON@old.test", "failure notice", "Sorry, no mailbox here by that name. (#5.1.1)"),
        failed("Sorry, no mailbox here by that name. (#5.1.1)")
    );
    let delayed = letter("Mailer-Daemon@mx.test", "Warning: message delayed 24 hours", "no action is required");
    assert!(matches!(delayed, Returned::Delayed { .. }), "{delayed:?}");
}

#[test]
fn f39_a_holiday_note_is_no_bounce() {
    for (from, subject) in [
        ("佐藤 <sato@client.test>", "不在のお知らせ: 550 名の会議に出席中"),
        ("sato@client.test", "Automatic reply: returned mail"),
        ("sato@client.test", "Re: 【至急】"),
    ] {
        let text = format!(
            "Return-Path: <>\nFrom: {from}\nTo: bounce+{{ID}}@house.example.jp\nSubject: {subject}\nAuto-Submitted: auto-replied\n\n5.1.1\n"
        );
        assert_eq!(read_text(&text), Returned::Other { delivery: ID.to_owned() }, "{subject}");
    }
}

#[test]
fn r19_whatever_comes_is_read_without_harm() {
    for text in [
        "",
        "\n",
        "\u{0}",
        "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n",
    ] {
        assert_eq!(read_text(text), Returned::Unknown, "{text:?}");
    }
    let nested = "Content-Type: multipart/mixed; boundary=b\n\n--b\n".repeat(2000);
    assert_eq!(read_text(&nested), Returned::Unknown);
    let big = format!(
        "To: bounce+{{ID}}@house.example.jp\nFrom: postmaster@x.test\nSubject: s\n\n{}",
        "5.1.1 x ".repeat(200_000)
    );
    let Returned::Failed { why, .. } = read_text(&big) else { panic!("no bounce") };
    assert!(why.chars().count() <= 300, "{}", why.len());
    let escape = notification(
        "bounce+{ID}@house.example.jp",
        "Action: failed\nDiagnostic-Code: smtp; 550 \u{1b}[2Jgone\n",
        "x: y",
    );
    assert_eq!(read_text(&escape), failed("550  [2Jgone"));
}
