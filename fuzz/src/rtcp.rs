//! RTCP: compounds that come, and that what we write is read as it was meant.

use super::choices::Choices;
use rtp::rtcp::{self, Block, CNAME_BYTES_MAX, COMPOUND_BYTES_MAX, Compound, Rtcp, SenderInfo};
use rtp::statistics::LossReport;

/// The target.
pub fn run(bytes: &[u8]) {
    compound(bytes);
    written(&mut Choices::new(bytes));
}

fn compound(bytes: &[u8]) {
    let mut packets = 0;
    for part in rtcp::parse(bytes) {
        packets += 1;
        match part {
            Rtcp::Report { blocks, .. } => assert!(blocks.iter().count() <= 31),
            Rtcp::Description { cname, .. } => assert!(cname.len() <= 255),
            Rtcp::Goodbye { .. } | Rtcp::Other(_) => {}
        }
    }
    assert!(packets <= bytes.len() / 4, "each has a header at least");
}

fn written(choices: &mut Choices<'_>) {
    let (ssrc, goodbye) = (choices.long(), choices.coin());
    let sender = choices.coin().then(|| SenderInfo {
        ntp: u64::from(choices.long()) << 32 | u64::from(choices.long()),
        timestamp: choices.long(),
        packets: choices.long(),
        bytes: choices.long(),
    });
    let block = choices.coin().then(|| Block {
        ssrc: choices.long(),
        loss: LossReport {
            fraction_lost: choices.byte(),
            cumulative_lost: choices.long().cast_signed() >> 8,
            highest: choices.long(),
            jitter: choices.long(),
        },
        last_sender_report: choices.long(),
        delay_since: choices.long(),
    });
    let cname = String::from_utf8_lossy(choices.rest());
    let compound = Compound::report(ssrc, sender, block, &cname, goodbye);
    let bytes = compound.as_bytes();
    assert!(bytes.len() <= COMPOUND_BYTES_MAX && bytes.len().is_multiple_of(4));
    let parts: Vec<_> = rtcp::parse(bytes).collect();
    let [
        Rtcp::Report { ssrc: reporter, sender: told, blocks },
        Rtcp::Description { ssrc: named, cname: name },
        rest @ ..,
    ] = &parts[..]
    else {
        panic!("{parts:?}")
    };
    assert_eq!((*reporter, *told, blocks.iter().next(), *named), (ssrc, sender, block, ssrc));
    assert_eq!(*name, &cname.as_bytes()[..cname.len().min(CNAME_BYTES_MAX)]);
    let last: &[Rtcp<'_>] = if goodbye { &[Rtcp::Goodbye { ssrc }] } else { &[] };
    assert_eq!(rest, last);
}
