//! Packets late, twice, lost, and past the end of the sequence numbers.

use crate::tests::{context, opened, opened_rtcp, rtcp, rtp, sealed, sealed_rtcp};
use crate::window::Window;
use crate::{Context, ProtectError, Suite, UnprotectError, WINDOW};

const SSRC: u32 = 0xCAFE_BABE;
const ANY: Suite = Suite::AesCm128HmacSha1_80;

/// A sender that stands before the packet with this index.
fn at(suite: Suite, index: u64) -> Context {
    let mut context = context(suite);
    let mut stream = context.streams().known(SSRC);
    stream.rtp = Some(Window::begun(index - 1));
    stream.rtcp = Some(Window::begun(index - 1));
    assert!(context.streams().keep(stream));
    context
}

#[test]
fn r13_a_packet_counts_once() {
    for suite in Suite::ALL {
        let (mut here, mut there) = (context(suite), context(suite));
        let packets: Vec<_> = (0..3).map(|n| sealed(&mut here, &rtp(SSRC, n))).collect();
        for packet in [&packets[0], &packets[2], &packets[1]] {
            assert!(opened(&mut there, packet).is_ok());
        }
        for packet in &packets {
            assert_eq!(opened(&mut there, packet), Err(UnprotectError::Replayed));
        }
    }
}

#[test]
fn late_packets_are_taken_as_far_as_the_window() {
    let (mut here, mut there) = (context(ANY), context(ANY));
    let packets: Vec<_> = (0..=WINDOW as u16 + 1).map(|n| sealed(&mut here, &rtp(SSRC, n))).collect();
    assert!(opened(&mut there, packets.last().unwrap()).is_ok());
    assert_eq!(opened(&mut there, &packets[0]), Err(UnprotectError::TooOld));
    assert_eq!(opened(&mut there, &packets[1]), Err(UnprotectError::TooOld));
    assert!(opened(&mut there, &packets[2]).is_ok());
    assert_eq!(opened(&mut there, &packets[2]), Err(UnprotectError::Replayed));
}

#[test]
fn rfc3711_3_3_1_sequence_numbers_roll_over_with_packets_lost_and_late() {
    for suite in Suite::ALL {
        let (mut here, mut there) = (at(suite, 65_530), context(suite));
        let packets: Vec<_> = (65_530..65_560_u32).map(|n| sealed(&mut here, &rtp(SSRC, n as u16))).collect();
        assert!(opened(&mut there, &packets[0]).is_ok());
        // Everything about the roll-over is lost or late.
        for late in [12, 3, 9, 5, 6, 29, 7] {
            assert_eq!(opened(&mut there, &packets[late]), Ok(rtp(SSRC, (65_530 + late) as u16)), "{suite:?} {late}");
        }
        assert_eq!(opened(&mut there, &packets[5]), Err(UnprotectError::Replayed));
    }
}

#[test]
fn the_roll_over_counter_is_authenticated() {
    let (mut here, mut there) = (at(ANY, 65_536 + 100), context(ANY));
    // The same sequence number, from an hour ago: nobody knows its roll-over counter but the tag.
    let packet = sealed(&mut here, &rtp(SSRC, 100));
    assert_eq!(opened(&mut there, &packet), Err(UnprotectError::Authentication));
    assert_eq!(there.streams().count(), (0, 0));
}

#[test]
fn three_hours_of_packets_stay_in_step() {
    let (mut here, mut there) = (context(Suite::AeadAes128Gcm), context(Suite::AeadAes128Gcm));
    for number in (0..9 * 65_536_u32).step_by(1_000) {
        let packet = rtp(SSRC, number as u16);
        let protected = sealed(&mut here, &packet);
        assert_eq!(opened(&mut there, &protected), Ok(packet));
    }
}

#[test]
fn nothing_is_before_the_first_index() {
    let (mut here, mut there) = (context(ANY), context(ANY));
    let first = sealed(&mut here, &rtp(SSRC, 3));
    assert!(opened(&mut there, &first).is_ok());
    assert_eq!(opened(&mut there, &rtp(SSRC, 65_533)), Err(UnprotectError::TooOld));
    let mut buffer = rtp(SSRC, 65_533);
    buffer.resize(300, 0);
    assert_eq!(here.protect(&mut buffer, 172), Err(ProtectError::TooOld));
}

#[test]
fn rfc3711_9_2_a_key_protects_no_more_than_it_may() {
    let (mut here, mut there) = (at(ANY, (1 << 48) - 2), at(ANY, (1 << 48) - 2));
    for sequence in [0xFFFE, 0xFFFF] {
        let packet = sealed(&mut here, &rtp(SSRC, sequence));
        assert!(opened(&mut there, &packet).is_ok());
    }
    let mut buffer = rtp(SSRC, 0);
    buffer.resize(300, 0);
    assert_eq!(here.protect(&mut buffer, 172), Err(ProtectError::Exhausted));
    assert_eq!(there.unprotect(&mut buffer[..182]), Err(UnprotectError::Exhausted));

    let (mut here, mut there) = (at(ANY, (1 << 31) - 1), at(ANY, (1 << 31) - 1));
    let packet = sealed_rtcp(&mut here, &rtcp(SSRC));
    assert!(opened_rtcp(&mut there, &packet).is_ok());
    let mut buffer = rtcp(SSRC);
    buffer.resize(300, 0);
    assert_eq!(here.protect_rtcp(&mut buffer, 16), Err(ProtectError::Exhausted));
}

#[test]
fn what_is_sent_has_a_number_of_its_own() {
    let mut here = context(Suite::AeadAes256Gcm);
    let mut other = rtp(SSRC, 7);
    other.resize(300, 0);
    sealed(&mut here, &rtp(SSRC, 7));
    other[20] ^= 1;
    assert_eq!(here.protect(&mut other, 172), Err(ProtectError::Repeated), "two texts under one key stream");
    sealed(&mut here, &rtp(SSRC, 6));
    sealed(&mut here, &rtp(SSRC, 8));
}

#[test]
fn rtcp_packets_are_numbered_apart_and_count_once() {
    for suite in Suite::ALL {
        let (mut here, mut there) = (context(suite), context(suite));
        let voice = sealed(&mut here, &rtp(SSRC, 40_000));
        let reports: Vec<_> = (0..4).map(|_| sealed_rtcp(&mut here, &rtcp(SSRC))).collect();
        for report in [&reports[0], &reports[3], &reports[1]] {
            assert_eq!(opened_rtcp(&mut there, report), Ok(rtcp(SSRC)), "{suite:?}");
            assert_eq!(opened_rtcp(&mut there, report), Err(UnprotectError::Replayed));
        }
        assert!(opened(&mut there, &voice).is_ok());
        assert_ne!(reports[0], reports[1], "each has its own key stream");
    }
}
