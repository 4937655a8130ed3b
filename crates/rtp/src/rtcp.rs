//! RTCP: sender and receiver reports, source description, goodbye. RFC 3550 §6.

use crate::statistics::LossReport;

/// Largest compound packet that we write.
pub const COMPOUND_BYTES_MAX: usize = 128;
/// Longest canonical name that we write; longer ones are cut.
pub const CNAME_BYTES_MAX: usize = 48;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;
const ITEM_CNAME: u8 = 1;

/// A report block: what its sender knows of the stream `ssrc`. §6.4.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    /// Of whose stream it tells.
    pub ssrc: u32,
    /// Loss and jitter.
    pub loss: LossReport,
    /// Middle 32 bits of the NTP time in the last sender report; 0: none came.
    pub last_sender_report: u32,
    /// Time since it came, in 1/65536 s.
    pub delay_since: u32,
}

/// What a sender says of itself. §6.4.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SenderInfo {
    /// NTP time: seconds since 1900 in the upper half, fraction in the lower.
    pub ntp: u64,
    /// The same instant in timestamps of the stream.
    pub timestamp: u32,
    /// Packets sent so far.
    pub packets: u32,
    /// Payload bytes sent so far.
    pub bytes: u32,
}

/// One packet of a compound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rtcp<'a> {
    /// SR or RR: `sender` is what makes it an SR.
    Report {
        /// Who reports.
        ssrc: u32,
        /// What it sends, if it sends.
        sender: Option<SenderInfo>,
        /// What it hears.
        blocks: Blocks<'a>,
    },
    /// SDES: the canonical name of its first chunk.
    Description {
        /// Whose.
        ssrc: u32,
        /// CNAME, as sent.
        cname: &'a [u8],
    },
    /// BYE. It ends nothing here: SIP ends calls (R12).
    Goodbye {
        /// Who leaves.
        ssrc: u32,
    },
    /// Any other type: application, feedback, extended report.
    Other(u8),
}

/// The report blocks of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Blocks<'a>(&'a [u8]);

const BLOCK_BYTES: usize = 24;

impl Blocks<'_> {
    /// Block by block.
    pub fn iter(&self) -> impl Iterator<Item = Block> {
        self.0.chunks_exact(BLOCK_BYTES).filter_map(|chunk| {
            let mut words = Words(chunk);
            let ssrc = words.next()?;
            let loss = words.next()?;
            let highest = words.next()?;
            let jitter = words.next()?;
            let cumulative_lost = (loss << 8).cast_signed() >> 8;
            let fraction_lost = (loss >> 24) as u8;
            let loss = LossReport { fraction_lost, cumulative_lost, highest, jitter };
            Some(Block { ssrc, loss, last_sender_report: words.next()?, delay_since: words.next()? })
        })
    }
}

/// 32-bit words in network order.
struct Words<'a>(&'a [u8]);

impl Iterator for Words<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (word, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*word))
    }
}

/// Reads the packets of a compound; ends silently where the bytes make no sense any more.
pub fn parse(datagram: &[u8]) -> impl Iterator<Item = Rtcp<'_>> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        let (&[first, kind, l0, l1], body) = rest.split_first_chunk::<4>()?;
        let words = usize::from(u16::from_be_bytes([l0, l1]));
        let (body, after) = body.split_at_checked(words * 4).filter(|_| first >> 6 == 2)?;
        rest = after;
        read(first & 0x1F, kind, body)
    })
}

fn read(count: u8, kind: u8, body: &[u8]) -> Option<Rtcp<'_>> {
    let mut words = Words(body);
    match kind {
        SENDER_REPORT | RECEIVER_REPORT => {
            let ssrc = words.next()?;
            let mut sender = None;
            if kind == SENDER_REPORT {
                let ntp = u64::from(words.next()?) << 32 | u64::from(words.next()?);
                let (timestamp, packets, bytes) = (words.next()?, words.next()?, words.next()?);
                sender = Some(SenderInfo { ntp, timestamp, packets, bytes });
            }
            let blocks = words.0.get(..usize::from(count) * BLOCK_BYTES)?;
            Some(Rtcp::Report { ssrc, sender, blocks: Blocks(blocks) })
        }
        SOURCE_DESCRIPTION if count > 0 => {
            let ssrc = words.next()?;
            Some(Rtcp::Description { ssrc, cname: cname(words.0) })
        }
        GOODBYE if count > 0 => Some(Rtcp::Goodbye { ssrc: words.next()? }),
        SOURCE_DESCRIPTION | GOODBYE | 0..=199 | 204..=255 => Some(Rtcp::Other(kind)),
    }
}

/// The CNAME among the items of a chunk; empty if there is none.
fn cname(mut items: &[u8]) -> &[u8] {
    while let Some((&[item, length], rest)) = items.split_first_chunk::<2>() {
        let Some((text, after)) = rest.split_at_checked(usize::from(length)).filter(|_| item != 0) else { break };
        if item == ITEM_CNAME {
            return text;
        }
        items = after;
    }
    &[]
}

/// A compound packet ready to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Compound {
    bytes: [u8; COMPOUND_BYTES_MAX],
    length: usize,
}

impl Compound {
    /// A report (SR if `sender`, else RR) with one block or none, and the CNAME; `goodbye` adds a BYE.
    pub fn report(ssrc: u32, sender: Option<SenderInfo>, block: Option<Block>, cname: &str, goodbye: bool) -> Self {
        let mut compound = Self { bytes: [0; COMPOUND_BYTES_MAX], length: 0 };
        compound.push_report(ssrc, sender, block);
        compound.push_cname(ssrc, cname);
        if goodbye {
            let start = compound.length;
            compound.push(&[0x81, GOODBYE, 0, 0]);
            compound.push_word(ssrc);
            compound.close(start);
        }
        compound
    }

    /// What to send.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }

    fn push_report(&mut self, ssrc: u32, sender: Option<SenderInfo>, block: Option<Block>) {
        let start = self.length;
        let kind = if sender.is_some() { SENDER_REPORT } else { RECEIVER_REPORT };
        self.push(&[0x80 | u8::from(block.is_some()), kind, 0, 0]);
        self.push_word(ssrc);
        if let Some(sender) = sender {
            self.push(&sender.ntp.to_be_bytes());
            for word in [sender.timestamp, sender.packets, sender.bytes] {
                self.push_word(word);
            }
        }
        if let Some(block) = block {
            let lost = block.loss.cumulative_lost.cast_unsigned() & 0xFF_FFFF;
            self.push_word(block.ssrc);
            self.push_word(u32::from(block.loss.fraction_lost) << 24 | lost);
            for word in [block.loss.highest, block.loss.jitter, block.last_sender_report, block.delay_since] {
                self.push_word(word);
            }
        }
        self.close(start);
    }

    fn push_cname(&mut self, ssrc: u32, cname: &str) {
        let start = self.length;
        let text = cname.as_bytes();
        let text = text.get(..CNAME_BYTES_MAX).unwrap_or(text);
        self.push(&[0x81, SOURCE_DESCRIPTION, 0, 0]);
        self.push_word(ssrc);
        self.push(&[ITEM_CNAME, text.len() as u8]);
        self.push(text);
        // The list ends with one to four zero bytes, up to the next word.
        let end = [0u8; 4];
        self.push(end.get(..4 - self.length % 4).unwrap_or(&end));
        self.close(start);
    }

    fn push(&mut self, bytes: &[u8]) {
        if let Some(place) = self.bytes.get_mut(self.length..self.length + bytes.len()) {
            place.copy_from_slice(bytes);
            self.length += bytes.len();
        }
    }

    fn push_word(&mut self, word: u32) {
        self.push(&word.to_be_bytes());
    }

    /// Fills in the length of the packet that began at `start`: words after the first.
    fn close(&mut self, start: usize) {
        let words = (self.length - start) / 4;
        let [l0, l1] = (words.saturating_sub(1) as u16).to_be_bytes();
        if let Some([_, _, place0, place1]) = self.bytes.get_mut(start..start + 4) {
            (*place0, *place1) = (l0, l1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SENDER: SenderInfo = SenderInfo { ntp: 0x0102_0304_0506_0708, timestamp: 160, packets: 50, bytes: 8000 };
    const BLOCK: Block = Block {
        ssrc: 77,
        loss: LossReport { fraction_lost: 3, cumulative_lost: -2, highest: 0x1_0005, jitter: 12 },
        last_sender_report: 9,
        delay_since: 65_536,
    };

    #[test]
    fn what_is_written_is_read() {
        for (sender, block, goodbye) in
            [(Some(SENDER), Some(BLOCK), true), (None, Some(BLOCK), false), (None, None, true)]
        {
            let compound = Compound::report(5, sender, block, "leg5@denwaban", goodbye);
            assert_eq!(compound.as_bytes().len() % 4, 0);
            let packets: Vec<_> = parse(compound.as_bytes()).collect();
            let Rtcp::Report { ssrc: 5, sender: read, blocks } = packets[0] else { panic!("{packets:?}") };
            assert_eq!((read, blocks.iter().next()), (sender, block));
            assert_eq!(packets[1], Rtcp::Description { ssrc: 5, cname: b"leg5@denwaban" });
            assert_eq!(packets.get(2), goodbye.then_some(&Rtcp::Goodbye { ssrc: 5 }));
        }
    }

    #[test]
    fn every_length_of_name_fits_its_words() {
        for length in 0..60 {
            let name = "x".repeat(length);
            let compound = Compound::report(5, Some(SENDER), Some(BLOCK), &name, true);
            let packets: Vec<_> = parse(compound.as_bytes()).collect();
            assert_eq!(packets.len(), 3, "{length}");
            assert_eq!(packets[1], Rtcp::Description { ssrc: 5, cname: &name.as_bytes()[..length.min(48)] });
        }
    }

    proptest! {
        #[test]
        fn r12_random_bytes_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200), kind in 198u8..206) {
            if let [first, second, ..] = bytes.as_mut_slice() {
                *first = 0x80 | *first & 0x1F;
                *second = kind;
            }
            for packet in parse(&bytes) {
                if let Rtcp::Report { blocks, .. } = packet {
                    prop_assert!(blocks.iter().count() <= 31);
                }
            }
        }
    }
}
