//! What is sent: one mail for one recipient (RFC 5322), the same bytes at every attempt.

use mail_builder::MessageBuilder;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::MimePart;

use super::address::Address;

/// Who writes.
#[derive(Clone, Debug)]
pub struct Sender {
    /// Address in From, the one that recipients let through their filters.
    pub from: Address,
    /// Name beside it.
    pub name: String,
    /// Mailbox that bounces come back to: `bounce@…` gets them as `bounce+DELIVERY@…`. `None`: they go to `from`.
    pub bounce: Option<Address>,
}

impl Sender {
    /// The return path of one delivery: its id is in it, so that a bounce says whose it is (VERP).
    pub fn return_path(&self, delivery: &str) -> Address {
        let of = |bounce: &Address| Address::new(&format!("{}+{delivery}", bounce.local()), bounce.domain()).ok();
        self.bounce.as_ref().and_then(of).unwrap_or_else(|| self.from.clone())
    }

    /// The Message-ID of one delivery, without `<>`. Always the same: a mail that comes twice is known by it.
    pub fn message_id(&self, delivery: &str) -> String {
        format!("{delivery}@{}", self.from.domain())
    }
}

/// One mail.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// The delivery's id.
    pub delivery: &'a str,
    /// The first report of the conversation that this one belongs to: itself, or what it follows up. Mail programs show all
    /// of them together.
    pub thread: &'a str,
    /// To whom.
    pub to: &'a Address,
    /// Subject, urgency first.
    pub subject: &'a str,
    /// Plain text.
    pub text: &'a str,
    /// The same as HTML.
    pub html: &'a str,
    /// Marked as important.
    pub urgent: bool,
    /// When the report was sent, in unix milliseconds.
    pub date_ms: i64,
}

impl Letter<'_> {
    /// The mail as bytes: header, plain text, HTML.
    pub fn write(&self, sender: &Sender) -> Vec<u8> {
        let boundary = self.boundary();
        let alternative = ContentType::new("multipart/alternative").attribute("boundary", boundary);
        let parts = vec![
            MimePart::new("text/plain; charset=utf-8", lines(self.text)),
            MimePart::new("text/html; charset=utf-8", lines(self.html)),
        ];
        let to = self.to.to_string();
        let from = sender.from.to_string();
        let mut mail = MessageBuilder::new()
            .date(Date::new(self.date_ms.div_euclid(1000)))
            .from((one_line(&sender.name), from))
            .to(to)
            .subject(one_line(self.subject))
            .message_id(sender.message_id(self.delivery))
            .references(format!("report.{}@{}", self.thread, sender.from.domain()))
            // Nobody's holiday note should answer it (RFC 3834).
            .header("Auto-Submitted", Raw::new("auto-generated"));
        if self.urgent {
            mail = mail.header("X-Priority", Raw::new("1")).header("Importance", Raw::new("high"));
        }
        mail.body(MimePart::new(alternative, parts)).write_to_vec().unwrap_or_default()
    }

    /// The same at all attempts, and in neither part: nobody who knows it can end a part with it (R19).
    fn boundary(&self) -> String {
        let of = |number: u32| format!("=_{}_{number}", self.delivery);
        let is_free = |boundary: &String| !self.text.contains(boundary) && !self.html.contains(boundary);
        (0..).map(of).find(is_free).unwrap_or_default()
    }
}

/// Control characters have no business in a header (R19); the builder encodes the rest.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect::<String>().trim().to_owned()
}

/// Line ends as mail has them.
fn lines(text: &str) -> String {
    text.lines().fold(String::with_capacity(text.len() + 16), |whole, line| whole + line + "\r\n")
}

#[cfg(test)]
mod tests {
    use mail_parser::{MessageParser, MimeHeaders};

    use super::*;

    const ID: &str = "0192f3c4-5d6e-7f80-9a1b-2c3d4e5f6071";

    fn sender() -> Sender {
        Sender {
            from: Address::parse("report@denwaban.example.jp").unwrap(),
            name: "電話番 さくら歯科係".to_owned(),
            bounce: Some(Address::parse("bounce@denwaban.example.jp").unwrap()),
        }
    }

    fn letter<'a>(to: &'a Address, subject: &'a str, text: &'a str) -> Letter<'a> {
        let html = "<p>①㈱髙﨑</p>";
        Letter { delivery: ID, thread: "first", to, subject, text, html, urgent: false, date_ms: 1_795_000_000_000 }
    }

    #[test]
    fn a_mail_is_text_then_html_and_keeps_every_letter_of_japanese_names() {
        let to = Address::parse("taro..x@docomo.ne.jp").unwrap();
        let subject = "【至急】①㈱髙﨑 𠮷野様よりお電話(折返し希望)";
        let bytes = letter(&to, subject, "㈱髙﨑 𠮷野様\n\n090-1234-5678\n.\n").write(&sender());
        assert!(bytes.is_ascii(), "any server takes it");
        let mail = MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(mail.subject(), Some(subject));
        assert_eq!(mail.message_id(), Some(format!("{ID}@denwaban.example.jp").as_str()));
        let from = mail.from().unwrap().first().unwrap();
        assert_eq!((from.name(), from.address()), (Some("電話番 さくら歯科係"), Some("report@denwaban.example.jp")));
        assert_eq!(mail.header_raw("To").unwrap().trim(), "<\"taro..x\"@docomo.ne.jp>");
        assert_eq!(mail.header_raw("Auto-Submitted").unwrap().trim(), "auto-generated");
        assert_eq!(mail.references().as_text(), Some("report.first@denwaban.example.jp"));
        assert_eq!(mail.date().unwrap().to_timestamp(), 1_795_000_000);
        assert!(mail.header_raw("X-Priority").is_none() && mail.header_raw("List-Unsubscribe").is_none());
        let kinds: Vec<_> = mail.parts.iter().map(|part| part.content_type().unwrap().subtype().unwrap()).collect();
        assert_eq!(kinds, ["alternative", "plain", "html"]);
        assert_eq!(mail.body_text(0).unwrap(), "㈱髙﨑 𠮷野様\r\n\r\n090-1234-5678\r\n.\r\n");
        assert!(mail.body_html(0).unwrap().contains("①㈱髙﨑"));
        assert!(bytes.split(|byte| *byte == b'\n').all(|line| line.len() <= 79), "no line is too long for anybody");
    }

    #[test]
    fn an_urgent_mail_says_so_to_mail_programs() {
        let to = Address::parse("a@b.test").unwrap();
        let bytes = Letter { urgent: true, ..letter(&to, "s", "t") }.write(&sender());
        let mail = MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(mail.header_raw("X-Priority").unwrap().trim(), "1");
        assert_eq!(mail.header_raw("Importance").unwrap().trim(), "high");
    }

    #[test]
    fn r19_nothing_in_a_callers_words_becomes_a_header_or_a_part() {
        let to = Address::parse("a@b.test").unwrap();
        for evil in [
            "x\r\nBcc: evil@x.test",
            "x\nBcc: evil@x.test\n\nbody",
            "x\rBcc: evil@x.test",
            "x\u{b}\u{c}\u{85}\u{2028}Bcc: evil@x.test",
            "=?utf-8?Q?=0D=0ABcc:_evil@x.test?=",
            "\0\u{1b}[31m",
        ] {
            let text = format!("{evil}\n--=_{ID}_0\nContent-Type: text/evil\n\nevil\n.\nQUIT\n");
            let sender = Sender { name: evil.to_owned(), ..sender() };
            let bytes = letter(&to, evil, &text).write(&sender);
            let mail = MessageParser::default().parse(&bytes).unwrap();
            assert!(mail.bcc().is_none(), "{evil:?}");
            assert_eq!(mail.parts.len(), 3, "{evil:?}");
            assert_eq!(mail.to().unwrap().iter().count(), 1, "{evil:?}");
            let names: Vec<_> = mail.headers().iter().map(|header| header.name().to_owned()).collect();
            let wanted = [
                "Date",
                "From",
                "To",
                "Subject",
                "Message-ID",
                "References",
                "Auto-Submitted",
                "MIME-Version",
                "Content-Type",
            ];
            assert_eq!(names, wanted, "{evil:?}");
        }
    }

    #[test]
    fn every_attempt_is_the_same_bytes_and_every_delivery_has_a_return_path_of_its_own() {
        let to = Address::parse("a@b.test").unwrap();
        assert_eq!(letter(&to, "s", "t").write(&sender()), letter(&to, "s", "t").write(&sender()));
        assert_eq!(sender().return_path(ID).to_string(), format!("bounce+{ID}@denwaban.example.jp"));
        assert_eq!(Sender { bounce: None, ..sender() }.return_path(ID), sender().from);
    }
}
