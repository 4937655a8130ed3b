//! Logs to stderr: one line an event, the same dotted field names everywhere, no control characters, personal data by rule.
//!
//! WARN means "would I wake someone at three in the morning". A failure is logged once, where it is handled.

use std::fmt;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use tracing_subscriber::EnvFilter;

/// Whether personal data may be written. One switch for the whole process, set once at start.
static PERSONAL_DATA: AtomicBool = AtomicBool::new(false);

/// A number or name of a person outside (SECURITY: R20): printed, or withheld, as the configuration says.
pub struct Pii<T>(pub T);

impl<T: fmt::Display> fmt::Display for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if PERSONAL_DATA.load(Ordering::Relaxed) { self.0.fmt(f) } else { f.write_str("[withheld]") }
    }
}

/// What of the log is wanted: a level, or directives of `tracing-subscriber`.
pub fn filter(level: &str) -> Result<EnvFilter, String> {
    if level.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    // A lone word that is no level would be taken for the name of a module, and silence everything.
    let lone_word = level.chars().all(char::is_alphanumeric);
    if lone_word && level.parse::<tracing::Level>().is_err() && level != "off" {
        return Err("no such level".to_owned());
    }
    EnvFilter::try_new(level).map_err(|error| error.to_string())
}

/// Starts logging. Called once; a second call changes only what may be shown.
pub fn start(level: &str, personal_data: bool) -> Result<(), String> {
    PERSONAL_DATA.store(personal_data, Ordering::Relaxed);
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter(level)?)
        .with_ansi(false)
        .with_target(false)
        .with_writer(|| Plain(io::stderr()));
    let _ = subscriber.try_init(); // another one is there already: tests, the demo
    Ok(())
}

/// Threads without which calls have no voice or no recording.
const VOICE_THREADS: [&str; 3] = ["media-", "recorder", "finisher"];

static VOICE_DIED: AtomicBool = AtomicBool::new(false);

/// Notices a panic of a voice thread: it would leave calls mute, and only a new start mends that (crash-only).
pub fn watch_voice() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().name().is_some_and(is_voice) {
            VOICE_DIED.store(true, Ordering::Relaxed);
        }
        usual(panic);
    }));
}

/// Whether a voice thread has died.
pub fn voice_died() -> bool {
    VOICE_DIED.load(Ordering::Relaxed)
}

fn is_voice(thread: &str) -> bool {
    VOICE_THREADS.iter().any(|name| thread.starts_with(name))
}

/// Writes lines without control characters: a caller's name must not move an administrator's cursor.
struct Plain<W>(W);

impl<W: Write> Write for Plain<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let (text, end) = match line {
            [text @ .., b'\n'] => (text, &b"\n"[..]),
            text => (text, &b""[..]),
        };
        if text.iter().any(|byte| byte.is_ascii_control() || *byte == 0xc2) {
            let mut escaped = String::with_capacity(text.len() + 16);
            for letter in String::from_utf8_lossy(text).chars() {
                if letter.is_control() {
                    escaped.extend(letter.escape_default());
                } else {
                    escaped.push(letter);
                }
            }
            self.0.write_all(escaped.as_bytes())?;
        } else {
            self.0.write_all(text)?;
        }
        self.0.write_all(end)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_a_voice_thread_is_noticed_and_another_is_not() {
        assert!(is_voice("media-0") && is_voice("recorder") && is_voice("finisher"));
        assert!(!is_voice("engine") && !is_voice("tokio-runtime-worker"));
    }

    #[test]
    fn r20_no_control_character_reaches_the_terminal() {
        let mut written = Vec::new();
        let line = "caller=\u{1b}[2J\u{7}\r\nfake line \u{9b}31m さくら\n";
        Plain(&mut written).write_all(line.as_bytes()).unwrap();
        let text = String::from_utf8(written).unwrap();
        assert_eq!(text, "caller=\\u{1b}[2J\\u{7}\\r\\nfake line \\u{9b}31m さくら\n");
    }

    #[test]
    fn levels_and_directives_are_known_and_slips_are_not() {
        for good in ["info", "debug", "off", "info,transport=trace", "denwaban=debug"] {
            assert!(filter(good).is_ok(), "{good}");
        }
        for bad in ["", "loud", "inof", "info,=,"] {
            assert!(filter(bad).is_err(), "{bad}");
        }
    }
}
