//! The prompt library: WAV files, spoken texts, and a few sounds that need no file, all held ready in both G.711 flavours.

mod built_in;
mod own;
mod shelf;
mod speak;
mod wav;

pub use own::{Listed, Note, Origin, Source as PromptSource, WAV_BYTES_MAX};
pub use wav::read as read_wav;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rtp::g711;
use sdp::Codec;
use switch::media::Prompt;

use shelf::Shelf;
pub use shelf::TEXTS_MAX;

/// Folders within folders that are searched for prompts.
const DEPTH_MAX: usize = 8;

/// Where prompts come from.
#[derive(Clone, Debug, Default)]
pub struct PromptsConfig {
    /// Folder of WAV files: `customer/12/name.wav` is the prompt `customer/12/name`; made when the first is kept. `None`: built-in
    /// prompts only. What is there is played instead of what would be spoken under its name.
    pub folder: Option<PathBuf>,
    /// Folder where spoken texts are kept, so that a text is synthesised once. `None`: nothing can be spoken.
    pub cache: Option<PathBuf>,
    /// Command that speaks: program and arguments. `{out}` stands for the WAV file to write (without it the WAV is read
    /// from standard output); `{text}` is replaced by the text, which otherwise comes on standard input. Empty: nothing
    /// can be spoken.
    pub command: Vec<String>,
}

/// Why a prompt cannot be had.
#[derive(Debug)]
pub enum PromptError {
    /// The file cannot be read.
    Read(PathBuf, io::Error),
    /// The file is no WAV that we understand.
    NotWav(PathBuf, String),
    /// Nothing is configured that could speak.
    NoVoice,
    /// [`TEXTS_MAX`] texts are known.
    Full,
    /// The text is longer than [`TEXT_BYTES_MAX`].
    TooLong(usize),
    /// What came is no sound that we understand: why.
    NotAudio(String),
    /// No prompt can be called so.
    BadName(String),
    /// No prompt of one's own has this name.
    Unknown(String),
    /// There is one of this name already.
    Taken(String),
    /// It cannot be kept there.
    Write(PathBuf, io::Error),
    /// No folder for prompts is configured.
    NoFolder,
}

/// Spoken prompts that are kept in memory at once: the names and announcements of about a thousand firms. Of more, those that were
/// not played for longest are fetched again when they are needed.
pub const SPOKEN_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Longest text that is spoken.
pub const TEXT_BYTES_MAX: usize = 4000;

impl fmt::Display for PromptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(path, error) => write!(f, "prompt {}: {error}", path.display()),
            Self::NotWav(path, why) => write!(f, "prompt {}: {why}", path.display()),
            Self::NoVoice => f.write_str("no speech command is configured"),
            Self::Full => write!(f, "{TEXTS_MAX} texts are known; no more can be spoken"),
            Self::TooLong(bytes) => write!(f, "the text has {bytes} bytes; at most {TEXT_BYTES_MAX} are spoken"),
            Self::NotAudio(why) => f.write_str(why),
            Self::BadName(name) => write!(f, "no prompt can be called {name:?}"),
            Self::Unknown(name) => write!(f, "there is no recorded prompt {name:?}"),
            Self::Taken(name) => write!(f, "there is a recorded prompt {name:?} already"),
            Self::Write(path, error) => write!(f, "{} cannot be written: {error}", path.display()),
            Self::NoFolder => f.write_str("no folder for prompts is configured"),
        }
    }
}

impl std::error::Error for PromptError {}

/// A prompt ready to be sent, in both flavours.
#[derive(Debug)]
pub(crate) struct Asset {
    mu: Box<[u8]>,
    a: Box<[u8]>,
}

impl Asset {
    pub(crate) fn new(samples: &[i16]) -> Self {
        Self {
            mu: samples.iter().map(|&sample| g711::mu_encode(sample)).collect(),
            a: samples.iter().map(|&sample| g711::a_encode(sample)).collect(),
        }
    }

    /// Bytes that it takes.
    fn size(&self) -> usize {
        self.mu.len() + self.a.len()
    }

    /// The whole prompt as bytes of `codec`.
    pub(crate) fn bytes(&self, codec: Codec) -> &[u8] {
        match codec {
            // What is made for a codec with a memory is made as μ-law, and encoded as it is sent.
            Codec::Pcmu | Codec::G722 | Codec::Opus => &self.mu,
            Codec::Pcma => &self.a,
        }
    }
}

/// The prompt library: cheap to clone, shared by all. Built in, without any file: `ringback`, `hold-music`, `beep`,
/// `silence`; a file of the same name takes their place.
#[derive(Clone, Debug)]
pub struct Prompts {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Shared with the thread that speaks.
    shelf: Arc<Shelf>,
    /// Where prompts of one's own are kept.
    folder: Option<PathBuf>,
    /// What speaks, and where it is kept what was spoken.
    voice: Option<(Vec<String>, PathBuf)>,
    /// One change of the folder at a time.
    changes: Mutex<()>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shelf.close();
    }
}

impl Prompts {
    /// Loads every WAV file of the folder, and starts the thread that speaks. A file that cannot be read is logged and
    /// left out: one bad file must not keep a switchboard from starting.
    pub fn open(config: PromptsConfig) -> io::Result<Self> {
        let shelf = Arc::new(Shelf::new(SPOKEN_BYTES_MAX));
        let voice = match config.cache {
            Some(cache) if !config.command.is_empty() => {
                fs::create_dir_all(&cache)?;
                speak::start(config.command.clone(), cache.clone(), Arc::clone(&shelf))?;
                Some((config.command, cache))
            }
            Some(_) | None => None,
        };
        let (folder, changes) = (config.folder, Mutex::default());
        let prompts = Self { inner: Arc::new(Inner { shelf, folder, voice, changes }) };
        for (name, samples) in built_in::all() {
            prompts.insert(name, &samples);
        }
        if let Some(folder) = prompts.inner.folder.as_ref().filter(|folder| folder.is_dir()) {
            prompts.load_folder(folder, "", DEPTH_MAX)?;
        }
        Ok(prompts)
    }

    /// The built-in prompts alone.
    pub fn built_in() -> io::Result<Self> {
        Self::open(PromptsConfig::default())
    }

    /// Whether this prompt can be played now.
    pub fn contains(&self, name: &str) -> bool {
        self.asset(name).is_some()
    }

    /// Length of a prompt in samples at 8 kHz.
    pub fn samples(&self, name: &str) -> Option<usize> {
        self.asset(name).map(|asset| asset.mu.len())
    }

    /// Loads (or replaces) a prompt from a WAV file: any rate, any number of channels, 8 to 32 bits.
    pub fn load(&self, name: &str, path: &Path) -> Result<(), PromptError> {
        let samples = wav::read(path)?;
        self.insert(name, &samples);
        Ok(())
    }

    /// Adds (or replaces) a prompt from samples at 8 kHz. Who is hearing the old one hears it to its end.
    pub fn insert(&self, name: &str, samples: &[i16]) {
        self.inner.shelf.put(name, Asset::new(samples));
    }

    /// Sound at 8 kHz for one call alone, under a name that no prompt has: it is in no list, and stays until it is taken back. False: as
    /// many as can be are there.
    pub fn lend(&self, name: &str, samples: &[i16]) -> bool {
        self.inner.shelf.lend(name, Asset::new(samples))
    }

    /// What was lent under these names is needed no longer. Who is hearing it hears it to its end.
    pub fn take_back(&self, is_done: impl Fn(&str) -> bool) {
        self.inner.shelf.take_back(is_done);
    }

    /// Makes `text` the prompt `name`. It is spoken in the background while there is room for it, else when it is first needed; a
    /// text that was spoken before comes from the cache. Until it is there, the prompt is missing (or the former one plays).
    pub fn speak(&self, name: &str, text: &str) -> Result<(), PromptError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(PromptError::TooLong(text.len()));
        }
        // Also without a voice: whoever records prompts wants to know what is to be said.
        if !self.inner.shelf.learn(name, text) {
            return Err(PromptError::Full);
        }
        if self.inner.voice.is_some() { Ok(()) } else { Err(PromptError::NoVoice) }
    }

    /// Texts whose names begin so (`customer/12/`) are about to be needed: those that are not in memory are fetched or spoken now,
    /// before all others.
    pub fn warm(&self, prefix: &str) {
        self.inner.shelf.warm(prefix);
    }

    /// Forgets what can be spoken under these names.
    pub fn forget(&self, is_gone: impl Fn(&str) -> bool) {
        self.inner.shelf.forget(is_gone);
    }

    /// For playing.
    pub(crate) fn get(&self, prompt: &Prompt) -> Option<Arc<Asset>> {
        self.inner.shelf.take(&prompt.0)
    }

    fn asset(&self, name: &str) -> Option<Arc<Asset>> {
        self.inner.shelf.look(name)
    }

    fn load_folder(&self, folder: &Path, prefix: &str, depth: usize) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
            if path.is_dir() && depth > 0 {
                self.load_folder(&path, &format!("{prefix}{stem}/"), depth - 1)?;
            } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wav"))
                && let Err(error) = self.load(&format!("{prefix}{stem}"), &path)
            {
                tracing::warn!(path = %path.display(), %error, "a prompt cannot be loaded");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
