//! One connection: greeting, commands, mails.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::{Fault, MAIL_BYTES_MAX, Mail, RECIPIENTS_MAX, Shared, auth, path};

/// Longest line of a command that is read (RFC 5321 section 4.5.3.1.4 has 512; SMTPUTF8 and AUTH need more).
const LINE_BYTES_MAX: u64 = 12_288;

/// A connection's end is no error of anybody.
struct Over;

/// What a command did to the connection.
enum Next {
    Reply(u16, &'static str),
    Lines(&'static [&'static str]),
    /// Everything is said.
    Done,
    Quit,
    Over,
}

struct Talk<'a> {
    stream: BufReader<TcpStream>,
    shared: &'a Shared,
    greeted: bool,
    login: String,
    from: Option<(String, String)>,
    to: Vec<String>,
    /// Of the last recipient named: what happens to the mail after its last line.
    fault: Fault,
    mails: usize,
}

/// Speaks with one sender until it goes.
pub async fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut talk = Talk {
        stream: BufReader::new(stream),
        shared,
        greeted: false,
        login: String::new(),
        from: None,
        to: Vec::new(),
        fault: Fault::None,
        mails: 0,
    };
    let everybody = shared.state().everybody;
    match everybody {
        Fault::Drop => return Ok(()),
        Fault::Hang => return hang().await,
        Fault::Code(code) => return talk.say(code, "not now").await,
        Fault::None | Fault::DataCode(_) | Fault::DataHang | Fault::DropAfterData => {}
    }
    talk.say(220, "receivers.test ESMTP").await?;
    while let Some(line) = talk.line().await? {
        match talk.command(&line).await? {
            Next::Reply(code, text) => talk.say(code, text).await?,
            Next::Lines(lines) => talk.lines(lines).await?,
            Next::Done => {}
            Next::Quit => return talk.say(221, "bye").await,
            Next::Over => return Ok(()),
        }
    }
    Ok(())
}

async fn hang() -> io::Result<()> {
    std::future::pending::<io::Result<()>>().await
}

impl Talk<'_> {
    /// A line without its end; `None` at the end of the connection, or of our patience with it.
    async fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        let read = (&mut self.stream).take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await?;
        if read == 0 || !line.ends_with(b"\r\n") {
            return Ok(None);
        }
        line.truncate(line.len() - 2);
        Ok(String::from_utf8(line).ok())
    }

    async fn say(&mut self, code: u16, text: &str) -> io::Result<()> {
        self.stream.get_mut().write_all(format!("{code} {text}\r\n").as_bytes()).await
    }

    async fn lines(&mut self, lines: &[&str]) -> io::Result<()> {
        let mut text = String::new();
        for (place, line) in lines.iter().enumerate() {
            let mark = if place + 1 == lines.len() { ' ' } else { '-' };
            text.push_str(&format!("250{mark}{line}\r\n"));
        }
        self.stream.get_mut().write_all(text.as_bytes()).await
    }

    async fn command(&mut self, line: &str) -> io::Result<Next> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        Ok(match verb.to_ascii_uppercase().as_str() {
            "EHLO" if !rest.trim().is_empty() => self.hello(),
            "HELO" if !rest.trim().is_empty() => {
                self.greeted = true;
                Next::Reply(250, "receivers.test")
            }
            "EHLO" | "HELO" => Next::Reply(501, "who are you?"),
            "AUTH" => return self.log_in(rest).await,
            "MAIL" => self.mail(rest),
            "RCPT" => return self.recipient(rest).await,
            "DATA" => return self.data().await,
            "RSET" => {
                self.reset();
                Next::Reply(250, "as if nothing had been")
            }
            "NOOP" => Next::Reply(250, "here"),
            "QUIT" => Next::Quit,
            "VRFY" => Next::Reply(252, "try and see"),
            _ => Next::Reply(500, "what?"),
        })
    }

    fn hello(&mut self) -> Next {
        self.greeted = true;
        self.reset();
        const OPEN: &[&str] = &["receivers.test", "PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 10485760"];
        const LOGIN: &[&str] =
            &["receivers.test", "PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 10485760", "AUTH PLAIN LOGIN"];
        Next::Lines(if self.shared.options.login.is_some() { LOGIN } else { OPEN })
    }

    fn reset(&mut self) {
        self.from = None;
        self.to.clear();
        self.fault = Fault::None;
    }

    async fn log_in(&mut self, rest: &str) -> io::Result<Next> {
        let Some(wanted) = self.shared.options.login.clone() else {
            return Ok(Next::Reply(502, "nobody logs in here"));
        };
        let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        let given = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" if initial.is_empty() => match self.ask("").await? {
                Ok(line) => auth::plain(&line),
                Err(Over) => return Ok(Next::Over),
            },
            "PLAIN" => auth::plain(initial),
            "LOGIN" => {
                let (Ok(user), Ok(password)) = (self.ask("VXNlcm5hbWU6").await?, self.ask("UGFzc3dvcmQ6").await?)
                else {
                    return Ok(Next::Over);
                };
                auth::text(&user).zip(auth::text(&password))
            }
            _ => return Ok(Next::Reply(504, "PLAIN or LOGIN")),
        };
        Ok(match given {
            Some(given) if given == wanted => {
                self.login = given.0;
                Next::Reply(235, "2.7.0 welcome")
            }
            Some(_) => Next::Reply(535, "5.7.8 wrong user or password"),
            None => Next::Reply(501, "5.5.2 that is no answer"),
        })
    }

    /// One question of AUTH.
    async fn ask(&mut self, prompt: &str) -> io::Result<Result<String, Over>> {
        self.say(334, prompt).await?;
        Ok(self.line().await?.ok_or(Over))
    }

    fn mail(&mut self, rest: &str) -> Next {
        if !self.greeted {
            return Next::Reply(503, "who are you?");
        }
        if self.shared.options.login.is_some() && self.login.is_empty() {
            return Next::Reply(530, "5.7.0 log in first");
        }
        if self.from.is_some() {
            return Next::Reply(503, "one mail after the other");
        }
        let Some((path, parameters)) = argument(rest, "FROM:") else { return Next::Reply(501, "5.1.7 bad sender") };
        if !path.is_ascii() && !parameters.to_ascii_uppercase().contains("SMTPUTF8") {
            return Next::Reply(553, "5.6.7 SMTPUTF8 was not asked for");
        }
        self.from = Some((path.to_owned(), parameters.to_owned()));
        Next::Reply(250, "2.1.0 sender fine")
    }

    async fn recipient(&mut self, rest: &str) -> io::Result<Next> {
        let Some((_, parameters)) = &self.from else { return Ok(Next::Reply(503, "who writes?")) };
        let Some((path, _)) = argument(rest, "TO:").filter(|(path, _)| !path.is_empty()) else {
            return Ok(Next::Reply(501, "5.1.3 bad recipient"));
        };
        if !path.is_ascii() && !parameters.to_ascii_uppercase().contains("SMTPUTF8") {
            return Ok(Next::Reply(553, "5.6.7 SMTPUTF8 was not asked for"));
        }
        if self.to.len() >= RECIPIENTS_MAX {
            return Ok(Next::Reply(452, "4.5.3 too many recipients"));
        }
        let fault = self.shared.fault_of(&path::unquoted(path));
        match fault {
            Fault::Code(code) if code >= 500 => return Ok(Next::Reply(code, "5.1.1 no such mailbox here")),
            Fault::Code(code) => return Ok(Next::Reply(code, "4.2.0 try again later")),
            Fault::Hang => {
                hang().await?;
            }
            Fault::Drop => return Ok(Next::Over),
            Fault::None => {}
            Fault::DataCode(_) | Fault::DataHang | Fault::DropAfterData => self.fault = fault,
        }
        self.to.push(path.to_owned());
        Ok(Next::Reply(250, "2.1.5 recipient fine"))
    }

    async fn data(&mut self) -> io::Result<Next> {
        if self.to.is_empty() {
            return Ok(Next::Reply(503, "to whom?"));
        }
        self.say(354, "go on, end with a dot").await?;
        let Some(data) = self.body().await? else { return Ok(Next::Over) };
        let fault = self.fault;
        let (from, parameters) = self.from.take().unwrap_or_default();
        let to = std::mem::take(&mut self.to);
        self.reset();
        if data.len() > MAIL_BYTES_MAX {
            return Ok(Next::Reply(552, "5.3.4 too big"));
        }
        if !data.is_ascii() && !parameters.to_ascii_uppercase().contains("BODY=8BITMIME") {
            return Ok(Next::Reply(554, "5.6.3 8BITMIME was not asked for"));
        }
        match fault {
            Fault::DataCode(code) => return Ok(Next::Reply(code, "as you were told")),
            Fault::DataHang => hang().await?,
            Fault::None | Fault::Code(_) | Fault::Hang | Fault::DropAfterData | Fault::Drop => {}
        }
        self.mails += 1;
        let answered = fault != Fault::DropAfterData;
        let (login, on_connection) = (self.login.clone(), self.mails);
        let at_ms = crate::clock::unix_ms();
        self.shared.keep(Mail { from, to, parameters, data, login, answered, on_connection, at_ms });
        if !answered {
            return Ok(Next::Over);
        }
        let id = self.shared.count.borrow().to_owned();
        self.say(250, &format!("2.0.0 taken as r{id:06}")).await?;
        Ok(Next::Done)
    }

    /// The mail up to its dot; `None` if the sender goes before. What is too long is read and thrown away.
    async fn body(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut data = Vec::new();
        let mut line = Vec::new();
        loop {
            line.clear();
            if (&mut self.stream).take(MAIL_BYTES_MAX as u64).read_until(b'\n', &mut line).await? == 0 {
                return Ok(None);
            }
            if line == b".\r\n" {
                return Ok(Some(data));
            }
            let line = if line.first() == Some(&b'.') { line.get(1..).unwrap_or_default() } else { &line };
            if data.len() <= MAIL_BYTES_MAX {
                data.extend_from_slice(line);
            }
        }
    }
}

/// `FROM:<path> parameters`.
fn argument<'a>(rest: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let (head, tail) = (rest.get(..name.len())?, rest.get(name.len()..)?);
    if head.eq_ignore_ascii_case(name) { path::split(tail) } else { None }
}
