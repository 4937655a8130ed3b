//! A growing WAV file: PCM, 16 bit, 8 kHz, two channels, right after every write.
//!
//! Written by position: what could not be written stays a hole, which reads as silence, and what comes after it lies
//! where it belongs. (`hound` reads it in the tests; it cannot go on after a failed write, nor leave a hole.)

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes before the first sample.
pub const HEADER_BYTES: u64 = 44;
/// Bytes of one sample of both channels.
pub const FRAME_BYTES: u64 = 4;
/// Longest recording whose sizes fit the header's 32 bits: 37 hours.
pub const FRAMES_MAX: u64 = (u32::MAX as u64 - 36) / FRAME_BYTES;

/// The header of a file with so many samples per channel.
pub fn header(frames: u64) -> [u8; 44] {
    let data = u32::try_from(frames.min(FRAMES_MAX) * FRAME_BYTES).unwrap_or(u32::MAX - 36);
    let mut header = *b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0\x40\x1f\0\0\0\x7d\0\0\x04\0\x10\0data\0\0\0\0";
    for (at, size) in [(4, data + 36), (40, data)] {
        if let Some(place) = header.get_mut(at..at + 4) {
            place.copy_from_slice(&size.to_le_bytes());
        }
    }
    header
}

/// The path of a recording that is being made.
pub fn part_path(folder: &Path, stem: &str) -> PathBuf {
    folder.join(format!("{stem}.wav.part"))
}

/// How bytes get onto a disk: the place where tests have one that is full or stands still.
pub trait Disk: std::fmt::Debug + Send + Sync {
    /// Writes all of them at this place of the file, or fails.
    fn write_at(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()>;
}

/// The disk there is.
#[derive(Debug)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn write_at(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        file.write_all_at(bytes, at)
    }
}

/// A file being written.
#[derive(Debug)]
pub struct WavFile {
    path: PathBuf,
    disk: Arc<dyn Disk>,
    file: Option<File>,
}

/// Bytes of silence written at a time.
const SILENCE: [u8; 4096] = [0; 4096];

impl WavFile {
    /// The recording `stem`; the file is made by the first write that can.
    pub fn new(folder: &Path, stem: &str, disk: Arc<dyn Disk>) -> Self {
        Self { path: part_path(folder, stem), disk, file: None }
    }

    /// Writes samples of both channels, as little-endian bytes, from sample `at`, and then the header.
    pub fn write(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let disk = Arc::clone(&self.disk);
        let file = self.open()?;
        disk.write_at(file, bytes, HEADER_BYTES + at * FRAME_BYTES)?;
        disk.write_at(file, &header(at + bytes.len() as u64 / FRAME_BYTES), 0)
    }

    /// Makes silence of samples that were written already.
    pub fn blank(&mut self, from: u64, to: u64) -> io::Result<()> {
        let disk = Arc::clone(&self.disk);
        let file = self.open()?;
        let (mut at, end) = (HEADER_BYTES + from * FRAME_BYTES, HEADER_BYTES + to * FRAME_BYTES);
        while at < end {
            let count = usize::try_from(end - at).map_or(SILENCE.len(), |left| left.min(SILENCE.len()));
            disk.write_at(file, SILENCE.get(..count).unwrap_or(&SILENCE), at)?;
            at += count as u64;
        }
        Ok(())
    }

    /// The file's length becomes exactly so many samples.
    pub fn set_frames(&mut self, frames: u64) -> io::Result<&File> {
        let disk = Arc::clone(&self.disk);
        let file = self.open()?;
        file.set_len(HEADER_BYTES + frames * FRAME_BYTES)?;
        disk.write_at(file, &header(frames), 0)?;
        Ok(file)
    }

    /// Another handle, to flush by.
    pub fn handle(&self) -> Option<File> {
        self.file.as_ref()?.try_clone().ok()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn open(&mut self) -> io::Result<&File> {
        if self.file.is_none() {
            if let Some(folder) = self.path.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut options = OpenOptions::new();
            // What people say on the telephone is not for everyone on the machine.
            options.read(true).write(true).create(true).truncate(true).mode(0o640);
            let file = options.open(&self.path)?;
            self.disk.write_at(&file, &header(0), 0)?;
            self.file = Some(file);
        }
        self.file.as_ref().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// Makes the names in a file's folder safe on the disk.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
