//! (being written)

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Where prompts come from.
#[derive(Clone, Debug, Default)]
pub struct PromptsConfig {
    /// Folder of WAV files: `customer/12/name.wav` is the prompt `customer/12/name`. `None`: built-in prompts only.
    pub folder: Option<PathBuf>,
    /// Folder where spoken texts are kept, so that a text is synthesised once. `None`: nothing can be spoken.
    pub cache: Option<PathBuf>,
    /// Command that speaks: program and arguments. `{out}` stands for the WAV file to write; the text replaces `{text}`,
    /// or is given on standard input when no argument holds `{text}`. Empty: nothing can be spoken.
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
    /// Too many texts wait to be spoken.
    Full,
}

impl fmt::Display for PromptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(path, error) => write!(f, "prompt {}: {error}", path.display()),
            Self::NotWav(path, why) => write!(f, "prompt {}: {why}", path.display()),
            Self::NoVoice => f.write_str("no speech command is configured"),
            Self::Full => f.write_str("too many texts wait to be spoken"),
        }
    }
}

impl std::error::Error for PromptError {}

/// The prompt library: cheap to clone, shared by all. Built in, without any file: `ringback`, `hold-music`, `beep`,
/// `silence`.
#[derive(Clone, Debug, Default)]
pub struct Prompts {}

impl Prompts {
    /// Loads every WAV file of the folder, and starts the thread that speaks. A file that cannot be read is logged and
    /// left out: one bad file must not keep a switchboard from starting.
    pub fn open(config: PromptsConfig) -> io::Result<Self> {
        let _ = config;
        Ok(Self {})
    }

    /// Whether this prompt can be played now.
    pub fn contains(&self, name: &str) -> bool {
        let _ = name;
        false
    }

    /// Loads (or replaces) a prompt from a WAV file.
    pub fn load(&self, name: &str, path: &Path) -> Result<(), PromptError> {
        let _ = (name, path);
        Ok(())
    }

    /// Adds (or replaces) a prompt from samples at 8 kHz.
    pub fn insert(&self, name: &str, samples: &[i16]) {
        let _ = (name, samples);
    }

    /// Has `text` spoken in the background and kept as the prompt `name`; at once if the same text was spoken before.
    pub fn speak(&self, name: &str, text: &str) -> Result<(), PromptError> {
        let _ = (name, text);
        Ok(())
    }
}
