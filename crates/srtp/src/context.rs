//! One direction of one leg.

use std::fmt;

use crate::cipher::{Cipher, ENCRYPTED, INDEX_BYTES, Position, RTCP_HEADER_BYTES};
use crate::keys::Master;
use crate::streams::Streams;
use crate::window::{Stale, Window};
use crate::{KeyError, PACKET_BYTES_MAX, ProtectError, Suite, UnprotectError};

/// The last index of an RTCP packet: there are 31 bits (RFC 3711 §9.2).
const RTCP_INDEX_MAX: u64 = (1 << 31) - 1;
/// The fixed header of RTP (RFC 3550 §5.1).
const RTP_HEADER_BYTES: usize = 12;

/// Everything that protects the packets that are sent under one master key, or opens those that are received: one for each
/// direction. About two kilobytes: keep it in a box.
pub struct Context {
    suite: Suite,
    rtp: Cipher,
    rtcp: Cipher,
    streams: Streams,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("suite", &self.suite).finish_non_exhaustive()
    }
}

impl Context {
    /// A context from a master key and its salt, one behind the other ([`Suite::key_salt_bytes`] bytes). The session keys are
    /// derived here, once.
    ///
    /// Roll-over counters begin at 0, so a sender should choose its first sequence number below 2^15 (RFC 3711 §3.3.1): if the
    /// first packets before a roll-over are lost, the receiver never finds in.
    pub fn new(suite: Suite, key_and_salt: &[u8]) -> Result<Self, KeyError> {
        let master = Master::new(suite, key_and_salt)?;
        let (rtp, rtcp) = (Cipher::rtp(suite, &master)?, Cipher::rtcp(suite, &master)?);
        Ok(Self { suite, rtp, rtcp, streams: Streams::default() })
    }

    /// How it protects.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// Encrypts the RTP packet in the first `length` bytes of `packet` in place and puts its tag behind it. Gives the
    /// new length, at most [`crate::OVERHEAD_MAX`] more.
    ///
    /// After an error the packet must not be sent; it may be half encrypted.
    pub fn protect(&mut self, packet: &mut [u8], length: usize) -> Result<usize, ProtectError> {
        let header = packet.get(..length).ok_or(ProtectError::Room)?;
        let RtpHeader { ssrc, sequence, bytes } = RtpHeader::of(header).ok_or(ProtectError::Malformed)?;
        let mut stream = self.streams.known(ssrc);
        let mut window = stream.rtp;
        let index = take(&mut window, sequence).map_err(ours)?;
        stream.rtp = window;
        let sealed = length + self.rtp.tag_bytes();
        let packet = packet.get_mut(..sealed).ok_or(ProtectError::Room)?;
        // Remembered before it is used: an index that may have been used is never used again.
        if !self.streams.keep(stream) {
            return Err(ProtectError::TooManySources);
        }
        self.rtp.seal_rtp(Position { ssrc, index }, packet, bytes)?;
        Ok(sealed)
    }

    /// Decrypts an SRTP packet in place, if it is authentic and new, and gives its length.
    ///
    /// After an error the packet's contents are unspecified, and nothing was remembered of it.
    pub fn unprotect(&mut self, packet: &mut [u8]) -> Result<usize, UnprotectError> {
        let RtpHeader { ssrc, sequence, bytes } = RtpHeader::of(packet).ok_or(UnprotectError::Malformed)?;
        let mut stream = self.streams.known(ssrc);
        let index = take(&mut stream.rtp, sequence).map_err(theirs)?;
        if !self.streams.takes(ssrc) {
            return Err(UnprotectError::TooManySources);
        }
        let length = self.rtp.open_rtp(Position { ssrc, index }, packet, bytes)?;
        self.streams.keep(stream);
        Ok(length)
    }

    /// Encrypts the RTCP compound in the first `length` bytes of `packet` in place, puts its index and its tag behind it,
    /// and gives the new length, at most [`crate::OVERHEAD_MAX`] more.
    ///
    /// After an error the packet must not be sent; it may be half encrypted.
    pub fn protect_rtcp(&mut self, packet: &mut [u8], length: usize) -> Result<usize, ProtectError> {
        let ssrc = rtcp_source(packet.get(..length).ok_or(ProtectError::Room)?).ok_or(ProtectError::Malformed)?;
        let mut stream = self.streams.known(ssrc);
        // The first packet has the index 1, as everybody else's: RFC 3711 §3.4 says 0, which some take for a replay.
        let index = stream.rtcp.map_or(0, Window::newest) + 1;
        if index > RTCP_INDEX_MAX {
            return Err(ProtectError::Exhausted);
        }
        stream.rtcp = Some(Window::begun(index));
        let sealed = length + self.rtcp.tag_bytes() + INDEX_BYTES;
        let packet = packet.get_mut(..sealed).ok_or(ProtectError::Room)?;
        if !self.streams.keep(stream) {
            return Err(ProtectError::TooManySources);
        }
        self.rtcp.seal_rtcp(Position { ssrc, index }, packet)?;
        Ok(sealed)
    }

    /// Decrypts an SRTCP packet in place, if it is authentic and new, and gives its length.
    ///
    /// After an error the packet's contents are unspecified, and nothing was remembered of it.
    pub fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, UnprotectError> {
        let ssrc = rtcp_source(packet).ok_or(UnprotectError::Malformed)?;
        let word = self.rtcp.rtcp_word(packet).ok_or(UnprotectError::Malformed)?;
        if word & ENCRYPTED == 0 {
            return Err(UnprotectError::Unencrypted);
        }
        let index = u64::from(word & !ENCRYPTED);
        let mut stream = self.streams.known(ssrc);
        use_up(&mut stream.rtcp, index).map_err(theirs)?;
        if !self.streams.takes(ssrc) {
            return Err(UnprotectError::TooManySources);
        }
        let length = self.rtcp.open_rtcp(Position { ssrc, index }, packet)?;
        self.streams.keep(stream);
        Ok(length)
    }

    /// The streams that are known, in use and retired.
    #[cfg(test)]
    pub(crate) fn streams(&mut self) -> &mut Streams {
        &mut self.streams
    }
}

/// The index of a packet with this sequence number, marked as used in a window that begins with it if there is none.
fn take(window: &mut Option<Window>, sequence: u16) -> Result<u64, Stale> {
    let index = match window {
        Some(window) => window.index(sequence)?,
        None => sequence.into(),
    };
    use_up(window, index)?;
    Ok(index)
}

fn use_up(window: &mut Option<Window>, index: u64) -> Result<(), Stale> {
    match window {
        Some(window) => {
            window.check(index)?;
            window.mark(index);
        }
        None => *window = Some(Window::begun(index)),
    }
    Ok(())
}

fn ours(stale: Stale) -> ProtectError {
    match stale {
        Stale::Used => ProtectError::Repeated,
        Stale::Old => ProtectError::TooOld,
        Stale::Past => ProtectError::Exhausted,
    }
}

fn theirs(stale: Stale) -> UnprotectError {
    match stale {
        Stale::Used => UnprotectError::Replayed,
        Stale::Old => UnprotectError::TooOld,
        Stale::Past => UnprotectError::Exhausted,
    }
}

/// What SRTP reads of an RTP header.
struct RtpHeader {
    ssrc: u32,
    sequence: u16,
    /// With contributing sources and extension: what is authenticated and not encrypted.
    bytes: usize,
}

impl RtpHeader {
    fn of(packet: &[u8]) -> Option<Self> {
        let (&[first, _, s0, s1, _, _, _, _, r0, r1, r2, r3], _) = packet.split_first_chunk::<RTP_HEADER_BYTES>()?;
        if first >> 6 != 2 || packet.len() > PACKET_BYTES_MAX {
            return None;
        }
        let mut bytes = RTP_HEADER_BYTES + usize::from(first & 0x0F) * 4;
        if first & 0x10 != 0 {
            let words = packet.get(bytes + 2..bytes + 4)?.first_chunk::<2>()?;
            bytes += 4 + usize::from(u16::from_be_bytes(*words)) * 4;
        }
        let header = Self { ssrc: u32::from_be_bytes([r0, r1, r2, r3]), sequence: u16::from_be_bytes([s0, s1]), bytes };
        (bytes <= packet.len()).then_some(header)
    }
}

/// The SSRC of an RTCP compound: its first packet's sender.
fn rtcp_source(packet: &[u8]) -> Option<u32> {
    let (&[first, _, _, _, ssrc @ ..], _) = packet.split_first_chunk::<RTCP_HEADER_BYTES>()?;
    (first >> 6 == 2 && packet.len() <= PACKET_BYTES_MAX).then(|| u32::from_be_bytes(ssrc))
}
