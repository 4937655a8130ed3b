//! RTP packets: read without copying, written as a 12-byte header. RFC 3550 §5.1.

use std::fmt;
use std::ops::Range;

/// Bytes of the header that we write: no CSRC, no extension.
pub const HEADER_BYTES: usize = 12;

/// Largest packet that we receive: more than any 8 kHz voice packet, less than a jumbo frame.
pub const PACKET_BYTES_MAX: usize = 2048;

/// Why a datagram is no RTP packet. All variants are the peer's fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PacketError {
    /// Shorter than its own header says.
    Truncated,
    /// Not version 2.
    Version(u8),
    /// The padding is longer than the payload, or zero long.
    Padding,
}

impl fmt::Display for PacketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("peer: RTP packet shorter than its header says"),
            Self::Version(version) => write!(f, "peer: RTP version {version}, not 2"),
            Self::Padding => f.write_str("peer: RTP padding does not fit the payload"),
        }
    }
}

impl std::error::Error for PacketError {}

/// The fixed fields of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Header {
    /// Beginning of a talkspurt, or a switch of source.
    pub marker: bool,
    /// 0 to 127.
    pub payload_type: u8,
    /// Counts packets.
    pub sequence: u16,
    /// Counts samples.
    pub timestamp: u32,
    /// Who sends.
    pub ssrc: u32,
}

impl Header {
    /// The 12 bytes.
    pub fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let [s0, s1] = self.sequence.to_be_bytes();
        let [t0, t1, t2, t3] = self.timestamp.to_be_bytes();
        let [r0, r1, r2, r3] = self.ssrc.to_be_bytes();
        let second = u8::from(self.marker) << 7 | self.payload_type & 0x7F;
        [0x80, second, s0, s1, t0, t1, t2, t3, r0, r1, r2, r3]
    }

    /// Writes the header over the first 12 bytes of `packet`; false if there are fewer.
    pub fn write(self, packet: &mut [u8]) -> bool {
        match packet.first_chunk_mut::<HEADER_BYTES>() {
            Some(place) => {
                *place = self.to_bytes();
                true
            }
            None => false,
        }
    }
}

/// A received packet: its header, and where in the datagram its parts lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packet<'a> {
    /// The fixed fields.
    pub header: Header,
    /// Contributing sources, four bytes each.
    csrcs: &'a [u8],
    /// Profile-defined number and body of the header extension.
    pub extension: Option<(u16, &'a [u8])>,
    /// The payload, without padding.
    pub payload: &'a [u8],
    /// Offset of the payload in the datagram.
    payload_at: usize,
}

impl<'a> Packet<'a> {
    /// Reads a datagram.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, PacketError> {
        let (fixed, rest) = datagram.split_first_chunk::<HEADER_BYTES>().ok_or(PacketError::Truncated)?;
        let [first, second, s0, s1, t0, t1, t2, t3, r0, r1, r2, r3] = *fixed;
        if first >> 6 != 2 {
            return Err(PacketError::Version(first >> 6));
        }
        let header = Header {
            marker: second & 0x80 != 0,
            payload_type: second & 0x7F,
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: u32::from_be_bytes([r0, r1, r2, r3]),
        };
        let (csrcs, mut rest) = rest.split_at_checked(usize::from(first & 0x0F) * 4).ok_or(PacketError::Truncated)?;
        let mut extension = None;
        if first & 0x10 != 0 {
            let (&[p0, p1, l0, l1], body) = rest.split_first_chunk::<4>().ok_or(PacketError::Truncated)?;
            let words = usize::from(u16::from_be_bytes([l0, l1]));
            let (body, after) = body.split_at_checked(words * 4).ok_or(PacketError::Truncated)?;
            extension = Some((u16::from_be_bytes([p0, p1]), body));
            rest = after;
        }
        let payload_at = datagram.len() - rest.len();
        let padding = match (first & 0x20 != 0, rest.last()) {
            (true, Some(&bytes)) if bytes > 0 => usize::from(bytes),
            (true, Some(_) | None) => return Err(PacketError::Padding),
            (false, Some(_) | None) => 0,
        };
        let length = rest.len().checked_sub(padding).ok_or(PacketError::Padding)?;
        let payload = rest.get(..length).ok_or(PacketError::Padding)?;
        Ok(Self { header, csrcs, extension, payload, payload_at })
    }

    /// Contributing sources.
    pub fn csrcs(&self) -> impl Iterator<Item = u32> + use<'a> {
        self.csrcs.chunks_exact(4).filter_map(|bytes| Some(u32::from_be_bytes(bytes.try_into().ok()?)))
    }

    /// Where the payload lies in the datagram. There are always [`HEADER_BYTES`] or more before it, so that a relay can
    /// put its own header there and send from the same buffer.
    pub fn payload_range(&self) -> Range<usize> {
        self.payload_at..self.payload_at + self.payload.len()
    }
}

/// Whether a datagram on an RTP port is RTCP: packet types 192 to 223 (RFC 5761 §4).
pub fn is_rtcp(datagram: &[u8]) -> bool {
    matches!(datagram, [first, 192..=223, ..] if first >> 6 == 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_csrcs_extension_and_padding() {
        let mut datagram = vec![0xB2, 0x80, 0, 7, 0, 0, 0, 160, 1, 2, 3, 4];
        datagram.extend([0, 0, 0, 9, 0, 0, 0, 10]);
        datagram.extend([0xBE, 0xDE, 0, 1, 0xAA, 0xBB, 0xCC, 0xDD]);
        datagram.extend([1, 2, 3, 0, 2]);
        let packet = Packet::parse(&datagram).unwrap();
        assert_eq!(packet.csrcs().collect::<Vec<_>>(), [9, 10]);
        assert_eq!(packet.extension, Some((0xBEDE, &[0xAA, 0xBB, 0xCC, 0xDD][..])));
        assert_eq!(packet.payload, [1, 2, 3]);
        assert_eq!(packet.payload_range(), 28..31);
        assert_eq!(
            packet.header,
            Header { marker: true, payload_type: 0, sequence: 7, timestamp: 160, ssrc: 0x0102_0304 }
        );
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let good = Header::default().to_bytes();
        assert_eq!(Packet::parse(&good[..11]), Err(PacketError::Truncated));
        assert_eq!(Packet::parse(&[0x40; 12]), Err(PacketError::Version(1)));
        let mut many_csrcs = good;
        many_csrcs[0] |= 15;
        assert_eq!(Packet::parse(&many_csrcs), Err(PacketError::Truncated));
        let mut padded = good.to_vec();
        padded[0] |= 0x20;
        assert_eq!(Packet::parse(&padded), Err(PacketError::Padding));
        padded.extend([5, 6, 7, 9]);
        assert_eq!(Packet::parse(&padded), Err(PacketError::Padding));
        padded.extend([0]);
        assert_eq!(Packet::parse(&padded), Err(PacketError::Padding));
        let mut extended = good.to_vec();
        extended[0] |= 0x10;
        extended.extend([0, 0, 0xFF, 0xFF, 1]);
        assert_eq!(Packet::parse(&extended), Err(PacketError::Truncated));
    }

    #[test]
    fn rtcp_is_told_from_rtp() {
        assert!(is_rtcp(&[0x81, 200, 0, 6]));
        assert!(!is_rtcp(&[0x80, 0, 0, 6]));
        assert!(!is_rtcp(&[0x80]));
    }

    proptest! {
        #[test]
        fn r12_random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(packet) = Packet::parse(&bytes) {
                prop_assert!(packet.payload_range().start >= HEADER_BYTES);
                prop_assert_eq!(&bytes[packet.payload_range()], packet.payload);
                prop_assert!(packet.csrcs().count() <= 15);
            }
        }

        #[test]
        fn what_is_written_is_read(marker: bool, payload_type in 0u8..128, sequence: u16, timestamp: u32, ssrc: u32) {
            let header = Header { marker, payload_type, sequence, timestamp, ssrc };
            prop_assert_eq!(Packet::parse(&header.to_bytes()).unwrap().header, header);
        }
    }
}
