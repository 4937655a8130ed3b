//! One reading of a finished recording: its hash, its waveform, and how much of it is not silence.
//!
//! The waveform (peaks) has the shape that audiowaveform writes and wavesurfer reads: per point the least and the greatest
//! sample of each channel, as 8 bits.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::speech::Speech;
use super::wav_file::{FRAME_BYTES, HEADER_BYTES, header};

/// Points of a waveform at most: of a call of a quarter of an hour there is one for every 100 ms, of longer ones fewer.
pub const PEAKS_MAX: u64 = 10_000;
/// Samples of a point: 100 ms, and its doubles.
const POINT_SAMPLES: u64 = 800;
/// Bytes read at a time: whole samples of both channels.
const CHUNK_BYTES: usize = 64 * 1024;

/// What a reading found.
#[derive(Debug)]
pub struct Scan {
    /// SHA-256 of the whole file, lower-case hex.
    pub sha256: String,
    /// Bytes.
    pub bytes: u64,
    /// The header is that of a recording of as many samples as the file has.
    pub header_is_right: bool,
    /// Samples (of both channels together one) that are not silence.
    pub sounding: u64,
    /// When our side first speaks, milliseconds.
    pub first_speech_ms: Option<u32>,
    /// The waveform.
    pub peaks: Peaks,
}

/// A waveform.
#[derive(Debug, Serialize)]
pub struct Peaks {
    version: u8,
    channels: u8,
    sample_rate: u32,
    samples_per_pixel: u64,
    bits: u8,
    length: usize,
    /// Per point: least and greatest of the left channel, then of the right.
    data: Vec<i8>,
}

/// Reads a whole file.
pub fn scan(path: &Path) -> io::Result<Scan> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut head = [0; HEADER_BYTES as usize];
    file.read_exact(&mut head)?;
    hash.update(head);
    let frames = file.metadata()?.len().saturating_sub(HEADER_BYTES) / FRAME_BYTES;
    let mut wave = Wave::new(frames);
    let mut bytes = HEADER_BYTES;
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = fill(&mut file, &mut chunk)?;
        let part = chunk.get(..read).unwrap_or_default();
        if part.is_empty() {
            break;
        }
        bytes += part.len() as u64;
        hash.update(part);
        wave.hear(part);
    }
    let right = header(frames);
    let first_speech_ms = wave.speech.begins_ms();
    let (peaks, sounding) = wave.end();
    Ok(Scan {
        sha256: crate::hex(&hash.finalize()),
        bytes,
        header_is_right: head == right && bytes == HEADER_BYTES + frames * FRAME_BYTES,
        sounding,
        first_speech_ms,
        peaks,
    })
}

/// Fills the buffer as far as the file goes, so that no sample is cut.
fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    loop {
        match file.read(buffer.get_mut(filled..).unwrap_or_default()) {
            Ok(0) => return Ok(filled),
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// A waveform being drawn.
struct Wave {
    per_point: u64,
    in_point: u64,
    /// Least and greatest, left and right.
    point: [i16; 4],
    data: Vec<i8>,
    sounding: u64,
    /// Our side's.
    speech: Speech,
}

impl Wave {
    fn new(frames: u64) -> Self {
        let mut per_point = POINT_SAMPLES;
        while frames.div_ceil(per_point) > PEAKS_MAX {
            per_point *= 2;
        }
        let points = usize::try_from(frames.div_ceil(per_point)).unwrap_or(0);
        Self {
            per_point,
            in_point: 0,
            point: [0; 4],
            data: Vec::with_capacity(points * 4),
            sounding: 0,
            speech: Speech::default(),
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        let (frames, _) = bytes.as_chunks::<{ FRAME_BYTES as usize }>();
        for &[l0, l1, r0, r1] in frames {
            let (left, right) = (i16::from_le_bytes([l0, l1]), i16::from_le_bytes([r0, r1]));
            self.sounding += u64::from(left != 0 || right != 0);
            let [left_least, left_most, right_least, right_most] = self.point;
            self.point = [left_least.min(left), left_most.max(left), right_least.min(right), right_most.max(right)];
            self.speech.hear(right);
            self.in_point += 1;
            if self.in_point == self.per_point {
                self.close_point();
            }
        }
    }

    fn close_point(&mut self) {
        self.data.extend(self.point.map(|sample| (sample >> 8) as i8));
        (self.point, self.in_point) = ([0; 4], 0);
    }

    fn end(mut self) -> (Peaks, u64) {
        if self.in_point > 0 {
            self.close_point();
        }
        let peaks = Peaks {
            version: 2,
            channels: 2,
            sample_rate: rtp::SAMPLE_RATE,
            samples_per_pixel: self.per_point,
            bits: 8,
            length: self.data.len() / 4,
            data: self.data,
        };
        (peaks, self.sounding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(frames: &[[i16; 2]]) -> tempfile::NamedTempFile {
        let samples = frames.iter().flatten().flat_map(|sample| sample.to_le_bytes());
        let file = tempfile::NamedTempFile::new().unwrap();
        let bytes: Vec<u8> = header(frames.len() as u64).into_iter().chain(samples).collect();
        std::fs::write(file.path(), bytes).unwrap();
        file
    }

    #[test]
    fn the_waveform_has_a_point_for_every_100_ms_and_the_rest() {
        let mut frames = vec![[0, 0]; 2000];
        frames[799] = [i16::MAX, -300];
        frames[800] = [i16::MIN, 0];
        frames[1999] = [0, 512];
        let file = file(&frames);
        let scan = scan(file.path()).unwrap();
        assert_eq!((scan.bytes, scan.sounding, scan.header_is_right), (8044, 3, true));
        let peaks = serde_json::to_value(&scan.peaks).unwrap();
        assert_eq!(
            peaks,
            serde_json::json!({
                "version": 2, "channels": 2, "sample_rate": 8000, "samples_per_pixel": 800, "bits": 8, "length": 3,
                "data": [0, 127, -2, 0, -128, 0, 0, 0, 0, 0, 0, 2],
            })
        );
        assert_eq!(scan.sha256, crate::hex(&Sha256::digest(std::fs::read(file.path()).unwrap())));
    }

    #[test]
    fn a_long_call_has_no_more_points_than_may_be() {
        let wave = |minutes: u64| Wave::new(minutes * 60 * 8000).per_point;
        assert_eq!([wave(16), wave(17), wave(34), wave(37 * 60)], [800, 1600, 3200, 204_800]);
    }

    #[test]
    fn w11_a_header_that_lies_is_found() {
        let file = file(&[[1, 1]; 100]);
        let bytes = std::fs::read(file.path()).unwrap();
        std::fs::write(file.path(), [header(99).as_slice(), &bytes[44..]].concat()).unwrap();
        assert!(!scan(file.path()).unwrap().header_is_right);
        std::fs::write(file.path(), &bytes[..bytes.len() - 1]).unwrap();
        assert!(!scan(file.path()).unwrap().header_is_right);
    }
}
