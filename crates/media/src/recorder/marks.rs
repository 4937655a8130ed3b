//! What a recording lacks: gaps, where nothing could be kept, and pauses, where nothing was to be kept.
//!
//! They are kept in a small file beside the recording, written whenever they change, so that a recording that is repaired
//! after a crash still says where it is not whole. A recording that lacks nothing has no such file.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::wav_file::FRAMES_MAX;

/// Gaps, and pauses, listed of one recording. A further gap lengthens the one before it: better too much is said to be missing
/// than too little. A further pause is kept to, but not listed: nothing that was to be kept becomes silence for it.
pub const MARKS_MAX: usize = 1000;
/// Pauses that are not listed and not yet written.
const UNLISTED_MAX: usize = 64;
/// Bytes of a side file that is read: twice what [`MARKS_MAX`] can need.
const FILE_BYTES_MAX: u64 = 256 * 1024;

/// Spans in samples, from and until, each list in order and without overlaps.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Marks {
    gaps: Vec<(u64, u64)>,
    pauses: Vec<(u64, u64)>,
    /// Since when the recording is paused now.
    paused_since: Option<u64>,
    /// The last pauses beyond [`MARKS_MAX`], exactly, for what is still to be written.
    #[serde(skip)]
    unlisted: VecDeque<(u64, u64)>,
}

/// The same as it is told: (offset, length) in milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Told {
    pub gaps: Vec<(u32, u32)>,
    pub pauses: Vec<(u32, u32)>,
}

impl Marks {
    /// Nothing of this span could be kept. Gaps are told late, and not always in order.
    pub fn gap(&mut self, from: u64, to: u64) {
        if !add(&mut self.gaps, from, to) {
            lengthen(&mut self.gaps, from, to);
        }
    }

    /// Nothing is to be kept from `at` on, or it is again. Switching on twice is once.
    pub fn pause(&mut self, on: bool, at: u64) {
        match (on, self.paused_since) {
            (true, None) => self.paused_since = Some(at),
            (false, Some(since)) => {
                self.paused_since = None;
                if !add(&mut self.pauses, since, at) {
                    self.pause_unlisted(since, at);
                }
            }
            (true, Some(_)) | (false, None) => {}
        }
    }

    /// Whether a further pause would be silence that is not listed.
    pub fn are_pauses_full(&self) -> bool {
        self.pauses.len() >= MARKS_MAX
    }

    /// The two oldest become one if there are too many: they are written long since, unless somebody pauses a hundred times a
    /// second, and then too much is left out rather than too little.
    fn pause_unlisted(&mut self, since: u64, until: u64) {
        if self.unlisted.len() >= UNLISTED_MAX
            && let Some((oldest, _)) = self.unlisted.pop_front()
            && let Some(second) = self.unlisted.front_mut()
        {
            second.0 = oldest;
        }
        self.unlisted.push_back((since, until));
    }

    /// Paused spans within `from..to`, which nobody has asked for yet: what is asked for goes forward.
    pub fn paused(&self, from: u64, to: u64) -> impl Iterator<Item = (u64, u64)> {
        let now = self.paused_since.map(|since| (since, u64::MAX));
        let spans = self.pauses.iter().chain(&self.unlisted).copied().chain(now);
        spans.map(move |(since, until)| (since.max(from), until.min(to))).filter(|(since, until)| since < until)
    }

    /// The recording is over at `frames`: an open pause ends, and nothing is marked beyond.
    pub fn end(&mut self, frames: u64) {
        self.pause(false, frames);
        for list in [&mut self.gaps, &mut self.pauses] {
            list.retain(|(from, _)| *from < frames);
            if let Some((_, to)) = list.last_mut() {
                *to = (*to).min(frames);
            }
        }
    }

    /// In milliseconds.
    pub fn told(&self) -> Told {
        let told = |list: &[(u64, u64)]| list.iter().map(|&(from, to)| milliseconds(from, to)).collect();
        Told { gaps: told(&self.gaps), pauses: told(&self.pauses) }
    }

    /// Whether anything is marked.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Writes them beside the recording `stem`, whole or not at all. They are not waited for: [`flush`] does.
    pub fn save(&self, folder: &Path, stem: &str) -> io::Result<()> {
        self.write(&path(folder, stem), |_| Ok(()))
    }

    /// The same, and they are on the disk before they have their name: that may take long.
    pub fn save_and_flush(&self, folder: &Path, stem: &str) -> io::Result<()> {
        self.write(&path(folder, stem), File::sync_all)
    }

    fn write(&self, path: &Path, flush: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
        let new = path.with_extension("json.new");
        // They tell what was not to be heard, and are for whom the recording is for.
        let mut file = File::options().write(true).create(true).truncate(true).mode(0o640).open(&new)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        flush(&file)?;
        fs::rename(new, path)
    }

    /// Reads what is beside the recording `stem`; none, and so for a file that makes no sense, which is logged.
    pub fn load(folder: &Path, stem: &str) -> Self {
        let path = path(folder, stem);
        let read = || -> io::Result<Option<Self>> {
            let found = match fs::metadata(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                found => found?,
            };
            if found.len() > FILE_BYTES_MAX {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            Ok(Some(serde_json::from_slice(&fs::read(&path)?)?))
        };
        match read() {
            Ok(marks) => marks.unwrap_or_default().in_order(),
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "the marked gaps of a recording cannot be read");
                Self::default()
            }
        }
    }

    /// Whatever a file says, what is worked with is in order and bounded.
    fn in_order(self) -> Self {
        let mut marks = Self { paused_since: self.paused_since, ..Self::default() };
        for (list, into) in [(self.gaps, &mut marks.gaps), (self.pauses, &mut marks.pauses)] {
            let mut list: Vec<_> = list.into_iter().filter(|(_, to)| *to <= FRAMES_MAX).collect();
            list.sort_unstable();
            for (from, to) in list {
                // No file of ours has more.
                add(into, from, to);
            }
        }
        marks
    }
}

/// Where the marks of a recording are.
pub fn path(folder: &Path, stem: &str) -> PathBuf {
    folder.join(format!("{stem}.marks.json"))
}

/// Puts on the disk what was saved beside the recording whose file is `part`, if anything was.
pub fn flush(part: &Path) -> io::Result<()> {
    match File::open(part.with_extension("").with_extension("marks.json")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        file => file?.sync_all(),
    }
}

/// Puts a span where it belongs, one with those that it touches; false if it touches none and there are too many.
fn add(list: &mut Vec<(u64, u64)>, from: u64, to: u64) -> bool {
    if from >= to {
        return true;
    }
    let first = list.partition_point(|(_, until)| *until < from);
    let after = list.partition_point(|(since, _)| *since <= to).max(first);
    let touched = list.get(first..after).unwrap_or_default();
    if touched.is_empty() && list.len() >= MARKS_MAX {
        return false;
    }
    let since = touched.first().map_or(from, |(since, _)| from.min(*since));
    let until = touched.last().map_or(to, |(_, until)| to.max(*until));
    list.splice(first..after, [(since, until)]);
    true
}

/// The span before this one, or else the one after it, reaches as far as it.
fn lengthen(list: &mut [(u64, u64)], from: u64, to: u64) {
    let after = list.partition_point(|(since, _)| *since <= to);
    if let Some(before) = after.checked_sub(1).and_then(|before| list.get_mut(before)) {
        before.1 = before.1.max(to);
    } else if let Some(first) = list.first_mut() {
        first.0 = first.0.min(from);
    }
}

fn milliseconds(from: u64, to: u64) -> (u32, u32) {
    let from_ms = from / 8;
    (u32::try_from(from_ms).unwrap_or(u32::MAX), u32::try_from(to.div_ceil(8) - from_ms).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_and_pauses_are_told_apart() {
        let mut marks = Marks::default();
        assert!(marks.is_empty());
        marks.gap(800, 1600);
        marks.gap(1600, 2400);
        marks.pause(true, 4000);
        marks.pause(true, 4100);
        assert_eq!(marks.paused(0, 10_000).collect::<Vec<_>>(), [(4000, 10_000)]);
        marks.pause(false, 8000);
        marks.pause(false, 9000);
        assert_eq!(marks.paused(0, 5000).collect::<Vec<_>>(), [(4000, 5000)]);
        assert_eq!(marks.paused(8000, 9000).count(), 0);
        marks.pause(true, 12_000);
        marks.end(16_000);
        assert_eq!(marks.told(), Told { gaps: vec![(100, 200)], pauses: vec![(500, 500), (1500, 500)] });
    }

    #[test]
    fn a_recording_that_ends_early_has_no_marks_beyond() {
        let mut marks = Marks::default();
        marks.gap(800, 24_000);
        marks.pause(true, 20_000);
        marks.end(8000);
        assert_eq!(marks.told(), Told { gaps: vec![(100, 900)], pauses: vec![] });
    }

    #[test]
    fn there_are_never_more_marks_than_may_be() {
        let mut marks = Marks::default();
        for n in 0..3000u64 {
            marks.gap(n * 100, n * 100 + 50);
        }
        assert_eq!((marks.gaps.len(), marks.gaps.last()), (MARKS_MAX, Some(&(99_900, 299_950))));
    }

    #[test]
    fn r23_a_gap_told_late_is_put_where_it_belongs() {
        let mut marks = Marks::default();
        for (from, to) in [(800, 1600), (4000, 4800), (2400, 3200), (0, 80), (3000, 3000)] {
            marks.gap(from, to);
        }
        assert_eq!(marks.gaps, [(0, 80), (800, 1600), (2400, 3200), (4000, 4800)]);
        marks.gap(1500, 4000);
        assert_eq!(marks.gaps, [(0, 80), (800, 4800)]);
        marks.gap(900, 1000);
        marks.gap(4800, 4880);
        assert_eq!(marks.gaps, [(0, 80), (800, 4880)]);
        marks.gap(40, 8000);
        assert_eq!(marks.gaps, [(0, 8000)]);
    }

    #[test]
    fn a_gap_too_many_is_within_another_wherever_it_is() {
        let mut marks = Marks::default();
        for n in 1..=MARKS_MAX as u64 {
            marks.gap(n * 100, n * 100 + 50);
        }
        marks.gap(60, 80);
        marks.gap(260, 280);
        marks.gap(350, 355);
        assert_eq!(marks.gaps.len(), MARKS_MAX);
        assert_eq!(marks.gaps.get(..4), Some(&[(60, 150), (200, 280), (300, 355), (400, 450)][..]));
    }

    #[test]
    fn a_pause_too_many_is_silence_and_what_is_between_is_not() {
        let mut marks = Marks::default();
        for n in 0..MARKS_MAX as u64 {
            assert!(!marks.are_pauses_full());
            marks.pause(true, n * 100);
            marks.pause(false, n * 100 + 50);
        }
        assert!(marks.are_pauses_full());
        let listed = marks.told().pauses;
        for n in 5000..5200 {
            marks.pause(true, n * 100);
            let at = (n - 2) * 100;
            // The pauses just over, and the one that goes on.
            let mut expected: Vec<_> = (5000.max(n - 2)..n).map(|n| (n * 100, n * 100 + 50)).collect();
            expected.push((n * 100, n * 100 + 100));
            assert_eq!(marks.paused(at, n * 100 + 100).collect::<Vec<_>>(), expected);
            marks.pause(false, n * 100 + 50);
        }
        assert_eq!(marks.paused(99_950, 500_000).count(), 0, "what is before them is kept");
        assert_eq!(marks.told().pauses, listed);
        assert_eq!(marks.unlisted.len(), UNLISTED_MAX);
    }

    #[test]
    fn marks_are_not_for_everyone_on_the_machine() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (mut marks, stem) = (Marks::default(), "03-1234.5678");
        let part = super::super::wav_file::part_path(folder.path(), stem);
        flush(&part).unwrap();
        marks.gap(800, 1600);
        for save in [Marks::save, Marks::save_and_flush] {
            save(&marks, folder.path(), stem).unwrap();
            assert_eq!(Marks::load(folder.path(), stem), marks);
            let path = path(folder.path(), stem);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o027, 0);
            flush(&part).unwrap();
            fs::remove_file(path).unwrap();
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left over");
        // It is these that are flushed: a link to itself cannot be.
        let path = path(folder.path(), stem);
        std::os::unix::fs::symlink(&path, &path).unwrap();
        flush(&part).unwrap_err();
    }

    #[test]
    fn r27_marks_come_back_from_the_disk_and_nonsense_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let mut marks = Marks::default();
        marks.gap(800, 1600);
        marks.pause(true, 4000);
        marks.save(folder.path(), "a").unwrap();
        assert_eq!(Marks::load(folder.path(), "a"), marks);
        assert_eq!(Marks::load(folder.path(), "b"), Marks::default());
        fs::write(
            path(folder.path(), "a"),
            br#"{"gaps":[[9,5],[7,8],[1,3],[2,99999999999]],"pauses":[],"paused_since":null}"#,
        )
        .unwrap();
        assert_eq!(Marks::load(folder.path(), "a").gaps, [(1, 3), (7, 8)]);
        fs::write(path(folder.path(), "a"), b"{").unwrap();
        assert_eq!(Marks::load(folder.path(), "a"), Marks::default());
    }
}
