//! Recordings that a killed process left behind are made whole at the next start (R27).

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Component, Path, PathBuf};

use switch::media::Recording;

use super::finish::{heard_whole, save_peaks};
use super::marks::{Marks, Told};
use super::scan::scan;
use super::wav_file::{FRAME_BYTES, FRAMES_MAX, HEADER_BYTES, header, sync_folder_of};

/// Folders within folders that are searched.
const DEPTH_MAX: usize = 8;

/// A recording of a process that died.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Repaired {
    /// Path without extension: the `stem` of the order that began it.
    pub stem: String,
    /// What there is of it, with the gaps and pauses that had been marked.
    pub recording: Recording,
}

/// Makes every `.wav.part` below `recordings` a complete `.wav`: to be called at start, before any call. The length is
/// the file's own, whatever the header says. A file that cannot be repaired is logged and left as it is.
pub fn repair(recordings: &Path) -> io::Result<Vec<Repaired>> {
    let mut parts = Vec::new();
    find(recordings, DEPTH_MAX, &mut parts)?;
    parts.sort();
    let mut repaired = Vec::new();
    for part in parts {
        match repair_one(recordings, &part) {
            Ok(one) => repaired.push(one),
            Err(error) => tracing::error!(path = %part.display(), %error, "a recording cannot be repaired"),
        }
    }
    Ok(repaired)
}

/// The complete recordings of these stems, as far as they are there: those that a process finished, and died before it could
/// say so. A stem that does not lie below the folder is not looked for.
pub fn finished(recordings: &Path, stems: &[String]) -> Vec<Repaired> {
    let plain = |stem: &&String| Path::new(stem).components().all(|part| matches!(part, Component::Normal(_)));
    let one = |stem: &String| {
        let path = format!("{stem}.wav");
        recordings.join(&path).exists().then(|| read(recordings, stem, path)).and_then(Result::ok)
    };
    stems.iter().filter(plain).filter_map(one).collect()
}

fn find(folder: &Path, depth: usize, parts: &mut Vec<PathBuf>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        // The entry's own type: links are not followed.
        let kind = entry.file_type()?;
        let path = entry.path();
        if kind.is_dir() && depth > 0 {
            find(&path, depth - 1, parts)?;
        } else if kind.is_file()
            && path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.ends_with(".wav.part"))
        {
            parts.push(path);
        }
    }
    Ok(())
}

fn repair_one(recordings: &Path, part: &Path) -> io::Result<Repaired> {
    let whole = part.with_extension("");
    if whole.exists() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "a finished recording has the same name"));
    }
    let file = OpenOptions::new().read(true).write(true).open(part)?;
    let samples = (file.metadata()?.len().saturating_sub(HEADER_BYTES) / FRAME_BYTES).min(FRAMES_MAX);
    let bytes = HEADER_BYTES + samples * FRAME_BYTES;
    file.set_len(bytes)?;
    file.write_all_at(&header(samples), 0)?;
    file.sync_all()?;
    fs::rename(part, &whole)?;
    sync_folder_of(&whole)?;
    let path = whole.strip_prefix(recordings).unwrap_or(&whole).to_string_lossy().into_owned();
    let stem = path.strip_suffix(".wav").unwrap_or(&path).to_owned();
    read(recordings, &stem, path)
}

/// What a whole file holds, with its marks; its waveform is made.
fn read(recordings: &Path, stem: &str, path: String) -> io::Result<Repaired> {
    let found = scan(&recordings.join(&path))?;
    let samples = (found.bytes - HEADER_BYTES) / FRAME_BYTES;
    let mut marks = Marks::load(recordings, stem);
    marks.end(samples);
    let told = marks.told();
    let first_speech_ms = heard_whole(found.first_speech_ms, &told);
    let Told { gaps, pauses } = told;
    let peaks = save_peaks(recordings, stem, &found.peaks);
    let fault = String::new();
    let (sha256, bytes) = (found.sha256, found.bytes);
    let recording = Recording { path, samples, sha256, bytes, gaps, pauses, peaks, first_speech_ms, fault };
    Ok(Repaired { stem: stem.to_owned(), recording })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r27_a_recording_that_was_finished_and_not_told_is_found_by_its_stem_and_nothing_outside_is() {
        let folder = tempfile::tempdir().unwrap();
        let recordings = folder.path().join("recordings");
        fs::create_dir_all(recordings.join("2026")).unwrap();
        fs::write(recordings.join("2026/a.wav"), [header(2).as_slice(), &[0; 8]].concat()).unwrap();
        fs::write(folder.path().join("secret.wav"), [0; 100]).unwrap();
        let stems = ["2026/a", "2026/missing", "../secret", "/etc/passwd"].map(str::to_owned);
        let found = finished(&recordings, &stems);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].recording.path.as_str(), found[0].recording.samples), ("2026/a.wav", 2));
        assert_eq!(found[0].recording.peaks.as_deref(), Some("2026/a.peaks.json"));
    }
}
