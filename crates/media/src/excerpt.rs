//! A part of a recording for one ear: both channels together, at 8 kHz. A recording can have hours; only what is asked for is read.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::recorder::{FRAME_BYTES, HEADER_BYTES, header};

/// Samples in a millisecond.
const PER_MS: u64 = (rtp::SAMPLE_RATE / 1000) as u64;
/// Longest excerpt.
const LENGTH_MS_MAX: u64 = 60_000;

/// What was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Excerpt {
    /// Mono, 8 kHz.
    pub samples: Vec<i16>,
    /// How long the whole recording is, milliseconds.
    pub whole_ms: u64,
}

/// The part of a recording of ours that begins there and is so long (a minute at most), or what there is of it.
///
/// # Errors
/// What the disk says, and `InvalidData` of a file that is no recording of ours.
pub fn excerpt(path: &Path, from_ms: u64, length_ms: u64) -> io::Result<Excerpt> {
    let file = File::open(path)?;
    let mut found = [0; HEADER_BYTES as usize];
    file.read_exact_at(&mut found, 0)?;
    let ours = header(0);
    // All but the two sizes, which grow.
    let is_ours =
        found.iter().zip(&ours).enumerate().all(|(at, (one, other))| matches!(at, 4..8 | 40..44) || one == other);
    if !is_ours {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no recording of ours"));
    }
    let frames = file.metadata()?.len().saturating_sub(HEADER_BYTES) / FRAME_BYTES;
    let first = from_ms.saturating_mul(PER_MS).min(frames);
    let count = (length_ms.min(LENGTH_MS_MAX) * PER_MS).min(frames - first);
    let mut bytes = vec![0; usize::try_from(count * FRAME_BYTES).unwrap_or(0)];
    file.read_exact_at(&mut bytes, HEADER_BYTES + first * FRAME_BYTES)?;
    let samples = bytes.chunks_exact(FRAME_BYTES as usize).map(mixed).collect();
    Ok(Excerpt { samples, whole_ms: frames / PER_MS })
}

/// One sample of both channels, together.
fn mixed(frame: &[u8]) -> i16 {
    match frame {
        [a, b, c, d] => i16::from_le_bytes([*a, *b]).saturating_add(i16::from_le_bytes([*c, *d])),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f52_a_part_of_a_recording_has_both_channels_and_the_right_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        let frames = 8_000u32 * 3;
        let mut bytes = header(u64::from(frames)).to_vec();
        for n in 0..frames {
            bytes.extend(i16::try_from(n / 8).unwrap().to_le_bytes());
            bytes.extend((if n < 8_000 { 1i16 } else { i16::MAX }).to_le_bytes());
        }
        std::fs::write(&path, &bytes).unwrap();
        let part = excerpt(&path, 500, 250).unwrap();
        assert_eq!((part.samples.len(), part.whole_ms), (2_000, 3_000));
        assert_eq!((part.samples[0], part.samples[1_999]), (501, 750));
        assert_eq!(excerpt(&path, 2_000, 1).unwrap().samples, [i16::MAX; 8], "loud together is loud, not torn");
        assert_eq!(excerpt(&path, 2_900, 60_000).unwrap().samples.len(), 800);
        assert!(excerpt(&path, 9_000, 1_000).unwrap().samples.is_empty());
        std::fs::write(&path, vec![7; 5_000]).unwrap();
        assert_eq!(excerpt(&path, 0, 1_000).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
