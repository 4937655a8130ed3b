//! The table of SSRCs.

use crate::tests::{context, opened, opened_rtcp, rtcp, rtp, sealed, sealed_rtcp};
use crate::{Context, ProtectError, RETIRED_MAX, SSRC_MAX, Suite, UnprotectError};

const SUITE: Suite = Suite::AesCm128HmacSha1_80;

/// A packet of any SSRC, from a sender who has sent nothing before.
fn fresh(ssrc: u32, sequence: u16) -> Vec<u8> {
    sealed(&mut context(SUITE), &rtp(ssrc, sequence))
}

/// A receiver that heard the streams 1 to [`SSRC_MAX`].
fn full() -> Context {
    let mut there = context(SUITE);
    for ssrc in 1..=SSRC_MAX as u32 {
        opened(&mut there, &fresh(ssrc, 10)).unwrap();
    }
    there
}

#[test]
fn r13_nothing_is_remembered_of_a_packet_that_is_not_authentic() {
    for suite in Suite::ALL {
        let mut there = context(suite);
        for ssrc in 0..2_000 {
            let mut forged = rtp(ssrc, 1);
            forged.extend([0; 16]);
            assert_eq!(opened(&mut there, &forged), Err(UnprotectError::Authentication));
            let mut forged = rtcp(ssrc);
            forged.extend([0x80; 20]);
            assert_eq!(opened_rtcp(&mut there, &forged), Err(UnprotectError::Authentication));
        }
        assert_eq!(there.streams().count(), (0, 0));
    }
}

#[test]
fn r13_a_forged_packet_does_not_move_the_window() {
    let mut here = context(SUITE);
    let mut there = context(SUITE);
    opened(&mut there, &sealed(&mut here, &rtp(1, 10))).unwrap();
    for sequence in (11..30_000).step_by(7) {
        let mut forged = rtp(1, sequence);
        forged.extend([0; 10]);
        assert_eq!(opened(&mut there, &forged), Err(UnprotectError::Authentication));
    }
    opened(&mut there, &sealed(&mut here, &rtp(1, 11))).unwrap();
}

#[test]
fn an_authentic_newcomer_takes_the_place_of_the_longest_silent() {
    let mut there = full();
    opened(&mut there, &fresh(1, 11)).unwrap();
    opened(&mut there, &fresh(9, 1)).unwrap();
    assert_eq!(there.streams().count(), (SSRC_MAX, 1));
    // 2 went; what was recorded of it is refused still, and it goes on from where it was.
    assert_eq!(opened(&mut there, &fresh(2, 10)), Err(UnprotectError::Replayed));
    assert_eq!(opened(&mut there, &fresh(2, 9)), Err(UnprotectError::Replayed), "what came late is lost");
    assert_eq!(there.streams().count(), (SSRC_MAX, 1));
    opened(&mut there, &fresh(2, 11)).unwrap();
    assert_eq!(there.streams().count(), (SSRC_MAX, 1), "it changed places with 3");
    assert_eq!(opened(&mut there, &fresh(3, 10)), Err(UnprotectError::Replayed));
    assert_eq!(opened(&mut there, &fresh(1, 11)), Err(UnprotectError::Replayed));
}

#[test]
fn rtcp_of_a_stream_that_made_room_is_remembered_too() {
    let mut here = context(SUITE);
    let mut there = context(SUITE);
    let reports: Vec<_> = (0..2).map(|_| sealed_rtcp(&mut here, &rtcp(77))).collect();
    opened_rtcp(&mut there, &reports[0]).unwrap();
    for ssrc in 1..=SSRC_MAX as u32 {
        opened(&mut there, &fresh(ssrc, 10)).unwrap();
    }
    assert_eq!(there.streams().count(), (SSRC_MAX, 1));
    assert_eq!(opened_rtcp(&mut there, &reports[0]), Err(UnprotectError::Replayed));
    opened_rtcp(&mut there, &reports[1]).unwrap();
}

#[test]
fn the_table_is_bounded_and_those_who_speak_stay() {
    let mut there = full();
    let most = (SSRC_MAX + RETIRED_MAX) as u32;
    for ssrc in 5..=most {
        opened(&mut there, &fresh(1, 10 + ssrc as u16)).unwrap();
        opened(&mut there, &fresh(ssrc, 1)).unwrap();
    }
    assert_eq!(there.streams().count(), (SSRC_MAX, RETIRED_MAX));
    assert_eq!(opened(&mut there, &fresh(most + 1, 1)), Err(UnprotectError::TooManySources));
    assert_eq!(
        opened_rtcp(&mut there, &sealed_rtcp(&mut context(SUITE), &rtcp(most + 2))),
        Err(UnprotectError::TooManySources)
    );
    opened(&mut there, &fresh(1, 1_000)).unwrap();
    opened(&mut there, &fresh(most, 2)).unwrap();
    opened(&mut there, &fresh(2, 11)).unwrap();
    for ssrc in 2..=most {
        assert!(opened(&mut there, &fresh(ssrc, 1)).is_err(), "{ssrc} counts twice");
    }
}

#[test]
fn a_sender_forgets_nothing() {
    let mut here = context(SUITE);
    let most = (SSRC_MAX + RETIRED_MAX) as u32;
    let mut there: Vec<Context> = (0..=most).map(|_| context(SUITE)).collect();
    for round in 0..3u16 {
        for ssrc in 1..=most {
            let there = &mut there[ssrc as usize];
            // Past a roll-over, so that whoever lost count would use the first key stream again.
            opened(there, &sealed(&mut here, &rtp(ssrc, 32_000u16.wrapping_add(round * 25_000)))).unwrap();
            opened_rtcp(there, &sealed_rtcp(&mut here, &rtcp(ssrc))).unwrap();
        }
    }
    for ssrc in 1..=most {
        let mut buffer = rtp(ssrc, 16_464);
        let length = buffer.len();
        buffer.resize(300, 0);
        assert_eq!(here.protect(&mut buffer, length), Err(ProtectError::Repeated), "{ssrc}");
    }
    let mut buffer = rtp(99, 5);
    buffer.resize(300, 0);
    assert_eq!(here.protect(&mut buffer, 172), Err(ProtectError::TooManySources));
    assert_eq!(here.protect_rtcp(&mut buffer, 172), Err(ProtectError::TooManySources));
    assert_eq!(buffer[..172], rtp(99, 5), "and nothing was encrypted");
}
