//! The recordings line's other side (F52): who may hear what is asked of the database, words are spoken, and pieces of recordings read from
//! the disk, while the switch leads the caller. What cannot be noted in the audit log is not played.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use media::Prompts;
use store::{DialedIn, Store, StoreError, Try, by_telephone};
use switch::CallId;
use switch::dial_in::{Answer, Ask, Tongue, introduction};
use switch::media::Prompt;
use tokio::sync::mpsc;

use crate::clock;
use crate::engine::EngineHandle;

/// Questions that wait: a few for each caller of the line.
const QUESTIONS_MAX: usize = 256;
/// A recording comes in pieces of this length.
const PIECE_MS: u64 = 30_000;
/// The newest sounds of a call that are kept: what is heard, what comes next, and one that was just left.
const KEPT_SOUNDS: u64 = 3;
/// Between two parts of an introduction, samples of silence.
const PAUSE: usize = 800;

/// A question of the switch.
pub struct Asked {
    line: CallId,
    number: u64,
    ask: Ask,
}

/// Where the engine puts them; it never waits.
#[derive(Clone)]
pub struct Questions(mpsc::Sender<Asked>);

/// The questions' two ends.
pub fn questions() -> (Questions, mpsc::Receiver<Asked>) {
    let (sender, receiver) = mpsc::channel(QUESTIONS_MAX);
    (Questions(sender), receiver)
}

impl Questions {
    /// Takes one. With too many waiting it is lost, and the caller hears that nothing can be had now.
    pub fn ask(&self, line: CallId, number: u64, ask: Ask) {
        if self.0.try_send(Asked { line, number, ask }).is_err() {
            tracing::warn!("the recordings line asks more than can be answered");
        }
    }
}

/// Answers them.
#[derive(Clone)]
pub struct Keeper {
    store: Store,
    prompts: Prompts,
    recordings: PathBuf,
    engine: EngineHandle,
    /// Callers who are there; of those who were let in, since when their firm has the PIN that they keyed.
    lines: Arc<Mutex<HashMap<CallId, Option<i64>>>>,
}

impl Keeper {
    /// From this database, with these words and recordings.
    pub fn new(store: &Store, prompts: &Prompts, recordings: &Path, engine: &EngineHandle) -> Self {
        let (store, prompts, engine) = (store.clone(), prompts.clone(), engine.clone());
        Self { store, prompts, recordings: recordings.to_owned(), engine, lines: Arc::default() }
    }

    /// Answers for ever. Nobody waits for anybody else.
    pub async fn follow(self, mut asked: mpsc::Receiver<Asked>) {
        while let Some(Asked { line, number, ask }) = asked.recv().await {
            if ask == Ask::Close {
                self.lines().remove(&line);
                self.prompts.take_back(|name| of_line(name, line).is_some());
                continue;
            }
            self.lines().entry(line).or_default();
            let keeper = self.clone();
            tokio::spawn(async move {
                let answer = keeper.answer(line, number, ask).await.unwrap_or_else(|error| {
                    tracing::warn!(%error, "the recordings line has no answer");
                    Answer::Unavailable
                });
                keeper.engine.dial_in(line, number, answer).await;
            });
        }
    }

    async fn answer(&self, line: CallId, number: u64, ask: Ask) -> Result<Answer, StoreError> {
        match ask {
            Ask::Open { code, pin, caller } => {
                let keyed = Try { code: &code.0, pin: &pin.0, caller: &caller };
                Ok(match self.store.try_dial_in(keyed, clock::unix_ms()).await? {
                    DialedIn::In { customer, pin_set_ms, language, recordings } => {
                        // Whoever has hung up meanwhile is not put back.
                        if let Some(entered) = self.lines().get_mut(&line) {
                            *entered = Some(pin_set_ms);
                        }
                        let tongue = match language {
                            report::Language::Ja => Tongue::Japanese,
                            report::Language::En => Tongue::English,
                        };
                        Answer::Opened { customer, tongue, recordings }
                    }
                    DialedIn::Refused { locked } => Answer::Refused { locked },
                })
            }
            Ask::Introduce { tongue, place, count, recording } => {
                Ok(self.introduce((line, number), introduction(tongue, place, count, recording)).await)
            }
            Ask::Piece { customer, call, caller, from_ms } => {
                self.piece((line, number), (customer, call), &caller, from_ms).await
            }
            Ask::Close => Ok(Answer::NotThere),
        }
    }

    async fn introduce(&self, sound: (CallId, u64), parts: Vec<String>) -> Answer {
        let prompts = self.prompts.clone();
        let spoken = tokio::task::spawn_blocking(move || {
            let mut samples = Vec::new();
            for part in parts {
                samples.extend(prompts.spoken(&part)?);
                samples.resize(samples.len() + PAUSE, 0);
            }
            Ok::<_, media::PromptError>(samples)
        });
        match spoken.await {
            Ok(Ok(samples)) => self.lend(sound, &samples).map_or(Answer::NotThere, Answer::Introduction),
            Ok(Err(media::PromptError::NoVoice)) | Err(_) => Answer::NotThere,
            Ok(Err(error)) => {
                tracing::warn!(%error, "a recording cannot be introduced");
                Answer::NotThere
            }
        }
    }

    /// A piece, if the firm may hear the call still. One from the beginning is a playback, in the audit log before it is heard (R18).
    async fn piece(
        &self,
        sound: (CallId, u64),
        (customer, call): (i64, CallId),
        caller: &str,
        from_ms: u64,
    ) -> Result<Answer, StoreError> {
        let now_ms = clock::unix_ms();
        let Some(pin_set_ms) = self.lines().get(&sound.0).copied().flatten() else { return Ok(Answer::NotThere) };
        if !self.store.may_dial_in(customer, pin_set_ms, call, now_ms).await? {
            return Ok(Answer::NotThere);
        }
        let recording = match self.store.recording(call).await {
            Ok(recording) => recording,
            // Purged meanwhile.
            Err(StoreError::Missing { .. }) => return Ok(Answer::NotThere),
            Err(error) => return Err(error),
        };
        let Some(path) = below(&self.recordings, &recording.path) else { return Ok(Answer::NotThere) };
        let read = tokio::task::spawn_blocking(move || media::excerpt(&path, from_ms, PIECE_MS)).await;
        let excerpt = match read {
            Ok(Ok(excerpt)) => excerpt,
            Ok(Err(error)) => {
                tracing::warn!(%call, %error, "a recording cannot be read");
                return Ok(Answer::NotThere);
            }
            Err(_) => return Ok(Answer::NotThere),
        };
        if from_ms == 0 {
            let who = format!("customer {customer}, {}", by_telephone(caller));
            self.store.note_playback(now_ms, &who, call).await?;
        }
        let length_ms = excerpt.samples.len() as u64 / 8;
        let prompt = self.lend(sound, &excerpt.samples);
        Ok(prompt.map_or(Answer::Unavailable, |prompt| Answer::Piece { prompt, length_ms, whole_ms: excerpt.whole_ms }))
    }

    /// Lays a sound where the voice path finds it, unless the caller has gone.
    fn lend(&self, (line, number): (CallId, u64), samples: &[i16]) -> Option<Prompt> {
        let name = format!("dial-in/{line}/{number}");
        self.prompts.take_back(|old| of_line(old, line).is_some_and(|old| old + KEPT_SOUNDS <= number));
        // The table is held: a caller who leaves now finds the sound and takes it away.
        let lines = self.lines();
        let is_lent = lines.contains_key(&line) && self.prompts.lend(&name, samples);
        is_lent.then(|| Prompt::named(&name))
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, HashMap<CallId, Option<i64>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number of a sound of this caller.
fn of_line(name: &str, line: CallId) -> Option<u64> {
    name.strip_prefix("dial-in/")?.strip_prefix(&line.to_string())?.strip_prefix('/')?.parse().ok()
}

/// A path of the database below the recordings' folder: plain names only (R18).
fn below(folder: &Path, path: &str) -> Option<PathBuf> {
    let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    (plain && path.ends_with(".wav")).then(|| folder.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r18_only_recordings_are_read_and_a_callers_sounds_are_the_callers() {
        let folder = Path::new("/recordings");
        assert_eq!(below(folder, "2026/a.wav"), Some(PathBuf::from("/recordings/2026/a.wav")));
        for evil in ["../a.wav", "/etc/a.wav", "2026/../../a.wav", "a.txt", ""] {
            assert_eq!(below(folder, evil), None, "{evil}");
        }
        let line = CallId::new(1_795_253_100_000, 7);
        assert_eq!(of_line(&format!("dial-in/{line}/12"), line), Some(12));
        assert_eq!(of_line(&format!("dial-in/{line}/12"), CallId(7)), None);
        assert_eq!(of_line("dial-in/ja/code", line), None);
    }
}
