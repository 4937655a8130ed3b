//! Texts spoken by a command, one after the other, on a thread of their own, and kept on disk.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use sha2::{Digest, Sha256};

use super::shelf::Shelf;
use super::{Asset, PromptError, wav};
use crate::clock;

/// A command that has not ended by then is killed.
const SECONDS_MAX: u64 = 30;

/// Starts the thread; it ends when the shelf is closed.
pub(super) fn start(command: Vec<String>, cache: PathBuf, shelf: Arc<Shelf>) -> io::Result<()> {
    thread::Builder::new().name("speech".into()).spawn(move || run(&command, &cache, &shelf))?;
    Ok(())
}

fn run(command: &[String], cache: &Path, shelf: &Shelf) {
    // Speech can wait, voices cannot.
    let _ = rustix::process::nice(10);
    while let Some((name, text)) = shelf.next() {
        match spoken(command, cache, &text) {
            Ok(samples) => shelf.put_spoken(name, text, Asset::new(&samples)),
            Err(error) => tracing::warn!(prompt = &*name, %error, "a text cannot be spoken"),
        }
    }
}

/// The samples of a text, for somebody who waits for them: on a thread of its own, behind the voices.
pub(super) fn aside(command: &[String], cache: &Path, text: &str) -> Result<Vec<i16>, PromptError> {
    let failed = |why: &str| PromptError::Read(cache.to_owned(), io::Error::other(why));
    thread::scope(|scope| {
        let work = || {
            let _ = rustix::process::nice(10);
            spoken(command, cache, text)
        };
        let thread = thread::Builder::new().name("speech-aside".into()).spawn_scoped(scope, work);
        match thread.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(samples)) => samples,
            Ok(Err(_)) => Err(failed("the voice broke off")),
            Err(error) => Err(PromptError::Read(cache.to_owned(), error)),
        }
    })
}

/// The samples of a text: from the cache, or spoken now.
fn spoken(command: &[String], cache: &Path, text: &str) -> Result<Vec<i16>, PromptError> {
    let path = cache.join(format!("{}.wav", key(command, text)));
    if let Ok(samples) = wav::read(&path) {
        return Ok(samples);
    }
    let part = path.with_extension(format!("{:?}.part.wav", thread::current().id()));
    let made = synthesise(command, text, &part);
    let samples = made.map_err(|error| PromptError::Read(part.clone(), error)).and_then(|()| wav::read(&part));
    match samples {
        Ok(samples) => {
            if let Err(error) = fs::rename(&part, &path) {
                tracing::warn!(path = %path.display(), %error, "a spoken text cannot be kept");
            }
            Ok(samples)
        }
        Err(error) => {
            let _ = fs::remove_file(&part);
            Err(error)
        }
    }
}

/// Names a text by what is said and by whom: another voice makes another file.
fn key(command: &[String], text: &str) -> String {
    let mut hash = Sha256::new();
    for part in command.iter().map(String::as_str).chain([text]) {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    crate::hex(&hash.finalize())
}

fn synthesise(command: &[String], text: &str, out: &Path) -> io::Result<()> {
    let Some((program, arguments)) = command.split_first() else { return Err(io::ErrorKind::NotFound.into()) };
    let (mut to_file, mut by_argument) = (false, false);
    let out_text = out.to_string_lossy();
    let arguments: Vec<String> = arguments
        .iter()
        .map(|argument| {
            to_file |= argument.contains("{out}");
            by_argument |= argument.contains("{text}");
            // The text last: braces in it are only text.
            argument.replace("{out}", &out_text).replace("{text}", text)
        })
        .collect();
    let output = if to_file { Stdio::null() } else { File::create(out)?.into() };
    let input = if by_argument { Stdio::null() } else { Stdio::piped() };
    let mut child = Command::new(program).args(arguments).stdin(input).stdout(output).stderr(Stdio::null()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that does not read is found out by its exit code.
        let _ = stdin.write_all(text.as_bytes());
    }
    ended(child)
}

/// Waits for the command, but not for ever.
fn ended(mut child: Child) -> io::Result<()> {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
        let limit = clock::timespec(SECONDS_MAX * 1000 * clock::MILLISECOND);
        if poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], Some(&limit))? == 0 {
            child.kill()?;
        }
    }
    let status = child.wait()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("the speech command failed: {status}"))) }
}
