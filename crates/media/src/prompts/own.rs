//! What a house has recorded, or typed and had spoken, itself: WAV files in the prompts' folder, each with a note beside it
//! (`customer/12/name.json`) that says where it came from. A file takes the place of the words that would be spoken under its name.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::{Asset, PromptError, Prompts, TEXT_BYTES_MAX, built_in, speak, wav};

/// Longest file that is taken: three minutes of a compact disc's sound.
pub const WAV_BYTES_MAX: usize = 32 << 20;
/// Characters of one part of a name.
const PART_CHARS_MAX: usize = 40;
/// Parts of a name.
const PARTS_MAX: usize = 4;
/// Characters of a note's label.
const LABEL_CHARS_MAX: usize = 100;

/// How a prompt of one's own was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A file.
    #[default]
    Uploaded,
    /// Into a microphone, on the page.
    Recorded,
    /// Words that were spoken by the voice.
    Typed,
}

/// What is known of a prompt of one's own.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Note {
    /// What people call it; may be empty.
    pub label: String,
    /// How it was made.
    pub source: Source,
    /// The words that were typed; else empty.
    pub text: String,
    /// Who made it.
    pub by: String,
    /// When, unix milliseconds.
    pub at_ms: i64,
}

/// Where a prompt comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A file of one's own.
    Own,
    /// The voice.
    Spoken,
    /// The program itself.
    BuiltIn,
    /// Nowhere yet: there are words, and nobody has spoken them.
    Missing,
}

/// One prompt of the library.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// Its name: `hold-music`, `customer/12/announcement`.
    pub name: String,
    /// Where it comes from.
    pub origin: Origin,
    /// How long it is, milliseconds; `None`: it is not in memory now.
    pub length_ms: Option<u64>,
    /// What is said under this name where no file is.
    pub words: Option<String>,
    /// Something else is played when the file is removed: the voice speaks, or it is built in.
    pub has_fallback: bool,
    /// Of one's own alone.
    pub note: Option<Note>,
}

impl Prompts {
    /// Whether words can be spoken here.
    pub fn has_voice(&self) -> bool {
        self.inner.voice.is_some()
    }

    /// The prompts of a firm, or of the house, by name.
    pub fn list(&self, customer: Option<i64>) -> Vec<Listed> {
        let prefix = customer.map(|customer| format!("customer/{customer}/"));
        let is_wanted = |name: &str| match &prefix {
            Some(prefix) => name.starts_with(prefix.as_str()),
            None => !name.starts_with("customer/"),
        };
        let names = self.inner.shelf.names(is_wanted);
        names.into_iter().map(|(name, words)| self.listed(&name, words.as_deref())).collect()
    }

    /// One prompt of the list; `None`: nobody knows it.
    pub fn one(&self, name: &str) -> Option<Listed> {
        let names = self.inner.shelf.names(|known| known == name);
        names.into_iter().next().map(|(name, words)| self.listed(&name, words.as_deref()))
    }

    fn listed(&self, name: &str, words: Option<&str>) -> Listed {
        let note = self.path(name).ok().filter(|path| path.is_file()).map(|path| note_of(&path));
        let is_built_in = built_in::NAMES.contains(&name);
        let origin = match (&note, words) {
            (Some(_), _) => Origin::Own,
            (None, Some(_)) if self.has_voice() || self.contains(name) => Origin::Spoken,
            (None, Some(_)) => Origin::Missing,
            (None, None) if is_built_in => Origin::BuiltIn,
            (None, None) => Origin::Own,
        };
        Listed {
            name: name.to_owned(),
            origin,
            length_ms: self.samples(name).map(|samples| samples as u64 * 1000 / u64::from(rtp::SAMPLE_RATE)),
            words: words.map(str::to_owned),
            has_fallback: is_built_in || (words.is_some() && self.has_voice()),
            note,
        }
    }

    /// The prompt as a WAV file; `None`: it cannot be played now (if it can be spoken, it soon can).
    pub fn wav(&self, name: &str) -> Option<Vec<u8>> {
        let asset = self.inner.shelf.take(name)?;
        let samples: Vec<i16> = asset.mu.iter().map(|&byte| rtp::g711::mu_decode(byte)).collect();
        wav::encode(&samples).ok()
    }

    /// Speaks a text as a WAV file, for somebody who wants to hear it. Blocks for as long as that takes.
    ///
    /// # Errors
    /// Without a voice, of a text too long or empty, and what the voice says.
    pub fn say(&self, text: &str) -> Result<Vec<u8>, PromptError> {
        wav::encode(&self.spoken(text)?).map_err(PromptError::NotAudio)
    }

    /// Keeps a WAV file under this name, and plays it from now on. Gives the row of the list.
    ///
    /// # Errors
    /// A name that is none, a file that is no sound, a disk that takes nothing.
    pub fn keep(&self, name: &str, file: &[u8], note: Note) -> Result<Listed, PromptError> {
        self.path(name)?;
        let samples = wav::decode(file).map_err(PromptError::NotAudio)?;
        self.keep_samples(name, &samples, note)
    }

    /// The same with words that the voice speaks now.
    ///
    /// # Errors
    /// As [`Prompts::keep`] and [`Prompts::say`].
    pub fn keep_words(&self, name: &str, note: Note) -> Result<Listed, PromptError> {
        self.path(name)?;
        let samples = self.spoken(&note.text)?;
        self.keep_samples(name, &samples, note)
    }

    /// Gives a prompt of one's own another name and label.
    ///
    /// # Errors
    /// If it is not there, or another one has that name.
    pub fn rename(&self, name: &str, to: &str, label: &str) -> Result<Listed, PromptError> {
        let (from, target) = (self.path(name)?, self.path(to)?);
        let _turn = self.turn();
        if !from.is_file() {
            return Err(PromptError::Unknown(name.to_owned()));
        }
        let note = Note { label: label.chars().take(LABEL_CHARS_MAX).collect(), ..note_of(&from) };
        if name != to {
            if target.exists() {
                return Err(PromptError::Taken(to.to_owned()));
            }
            make_parent(&target)?;
            fs::rename(&from, &target).map_err(|error| PromptError::Write(target.clone(), error))?;
            let _ = fs::remove_file(from.with_extension("json"));
            self.load(to, &target)?;
            self.fall_back(name);
        }
        write_note(&target, &note)?;
        self.one(to).ok_or_else(|| PromptError::Unknown(to.to_owned()))
    }

    /// Removes a prompt of one's own: what is built in, or spoken, is played again.
    ///
    /// # Errors
    /// If it is not there, or the disk does not let it go.
    pub fn remove(&self, name: &str) -> Result<(), PromptError> {
        let path = self.path(name)?;
        let _turn = self.turn();
        fs::remove_file(&path).map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                PromptError::Unknown(name.to_owned())
            } else {
                PromptError::Write(path.clone(), error)
            }
        })?;
        let _ = fs::remove_file(path.with_extension("json"));
        self.fall_back(name);
        Ok(())
    }

    fn fall_back(&self, name: &str) {
        if !built_in::NAMES.contains(&name) {
            return self.inner.shelf.take_away(name);
        }
        if let Some((_, samples)) = built_in::all().iter().find(|(known, _)| *known == name) {
            self.insert(name, samples);
        }
    }

    fn keep_samples(&self, name: &str, samples: &[i16], note: Note) -> Result<Listed, PromptError> {
        if samples.is_empty() {
            return Err(PromptError::NotAudio("there is no sound in it".to_owned()));
        }
        let path = self.path(name)?;
        let file = wav::encode(samples).map_err(PromptError::NotAudio)?;
        let _turn = self.turn();
        make_parent(&path)?;
        // Whole or not at all: a name with a dot at its front is no prompt's.
        write_whole(&path, &file)?;
        let note = Note { label: note.label.chars().take(LABEL_CHARS_MAX).collect(), ..note };
        write_note(&path, &note)?;
        self.inner.shelf.put(name, Asset::new(samples));
        self.one(name).ok_or_else(|| PromptError::Unknown(name.to_owned()))
    }

    /// The samples of a text at 8 kHz, spoken now or kept from before. Blocks for as long as that takes.
    ///
    /// # Errors
    /// Without a voice, of a text too long or empty, and what the voice says.
    pub fn spoken(&self, text: &str) -> Result<Vec<i16>, PromptError> {
        let Some((command, cache)) = &self.inner.voice else { return Err(PromptError::NoVoice) };
        if text.len() > TEXT_BYTES_MAX {
            return Err(PromptError::TooLong(text.len()));
        }
        if text.trim().is_empty() {
            return Err(PromptError::NotAudio("there is no text to be spoken".to_owned()));
        }
        speak::aside(command, cache, text)
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.inner.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a prompt's file is: small letters, digits and hyphens between slashes, so that a name leads nowhere else (R18).
    fn path(&self, name: &str) -> Result<PathBuf, PromptError> {
        let is_plain = |part: &str| {
            let fits = !part.is_empty() && part.len() <= PART_CHARS_MAX && !part.starts_with('-');
            fits && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        let parts: Vec<&str> = name.split('/').collect();
        if parts.len() > PARTS_MAX || !parts.iter().all(|part| is_plain(part)) {
            return Err(PromptError::BadName(name.to_owned()));
        }
        let folder = self.inner.folder.as_ref().ok_or(PromptError::NoFolder)?;
        Ok(folder.join(format!("{name}.wav")))
    }
}

/// What is known of a file; of one that somebody has laid there by hand nothing but that it is there.
fn note_of(path: &Path) -> Note {
    let text = fs::read_to_string(path.with_extension("json")).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn write_note(path: &Path, note: &Note) -> Result<(), PromptError> {
    let json = serde_json::to_vec_pretty(note).map_err(|error| PromptError::NotAudio(error.to_string()))?;
    write_whole(&path.with_extension("json"), &json)
}

fn make_parent(path: &Path) -> Result<(), PromptError> {
    let Some(folder) = path.parent() else { return Ok(()) };
    fs::create_dir_all(folder).map_err(|error| PromptError::Write(folder.to_owned(), error))
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), PromptError> {
    let part = path.with_extension("part");
    let write = || {
        let mut file = fs::File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    write().map_err(|error| {
        let _ = fs::remove_file(&part);
        PromptError::Write(path.to_owned(), error)
    })
}
