//! What is no packet, or not for us.

use crate::tests::{context, opened, opened_rtcp, rtcp, rtp, sealed, sealed_rtcp};
use crate::{Context, KeyError, OVERHEAD_MAX, ProtectError, Suite, UnprotectError};

#[test]
fn any_bit_that_changes_on_the_way_is_noticed() {
    for suite in Suite::ALL {
        let mut here = context(suite);
        let (voice, report) = (sealed(&mut here, &rtp(1, 2)), sealed_rtcp(&mut here, &rtcp(1)));
        let mut there = context(suite);
        for bit in 0..voice.len() * 8 {
            let mut changed = voice.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(opened(&mut there, &changed).is_err(), "{suite:?} {bit}");
        }
        for bit in 0..report.len() * 8 {
            let mut changed = report.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(opened_rtcp(&mut there, &changed).is_err(), "{suite:?} {bit}");
        }
        assert_eq!(there.streams().count(), (0, 0));
        assert_eq!(opened(&mut there, &voice), Ok(rtp(1, 2)));
        assert_eq!(opened_rtcp(&mut there, &report), Ok(rtcp(1)));
    }
}

#[test]
fn what_is_cut_short_is_refused() {
    for suite in Suite::ALL {
        let mut here = context(suite);
        let (voice, report) = (sealed(&mut here, &rtp(1, 2)), sealed_rtcp(&mut here, &rtcp(1)));
        for length in 0..voice.len() {
            assert!(opened(&mut context(suite), &voice[..length]).is_err());
            assert!(opened_rtcp(&mut context(suite), &voice[..length]).is_err());
        }
        for length in 0..report.len() {
            assert!(opened_rtcp(&mut context(suite), &report[..length]).is_err());
            assert!(opened(&mut context(suite), &report[..length]).is_err());
        }
    }
}

#[test]
fn rtp_and_rtcp_have_keys_of_their_own() {
    for suite in Suite::ALL {
        let mut here = context(suite);
        let (voice, report) = (sealed(&mut here, &rtp(1, 2)), sealed_rtcp(&mut here, &rtcp(1)));
        assert!(opened_rtcp(&mut context(suite), &voice).is_err());
        assert!(opened(&mut context(suite), &report).is_err());
    }
}

#[test]
fn another_key_opens_nothing() {
    for suite in Suite::ALL {
        for changed in 0..suite.key_salt_bytes() {
            let mut key: Vec<u8> = (1..=suite.key_salt_bytes()).map(|byte| byte as u8).collect();
            key[changed] ^= 0x10;
            let mut other = Context::new(suite, &key).unwrap();
            let voice = sealed(&mut context(suite), &rtp(1, 2));
            assert_eq!(opened(&mut other, &voice), Err(UnprotectError::Authentication), "{suite:?} {changed}");
        }
    }
}

#[test]
fn rtcp_that_says_it_is_not_encrypted_was_never_agreed_upon() {
    for suite in Suite::ALL {
        let mut report = sealed_rtcp(&mut context(suite), &rtcp(1));
        let flag = match suite {
            Suite::AesCm128HmacSha1_80 | Suite::AesCm128HmacSha1_32 => report.len() - 14,
            Suite::AeadAes128Gcm | Suite::AeadAes256Gcm => report.len() - 4,
        };
        report[flag] &= 0x7F;
        assert_eq!(opened_rtcp(&mut context(suite), &report), Err(UnprotectError::Unencrypted));
    }
}

#[test]
fn headers_with_sources_and_extensions_stay_readable() {
    // Two contributing sources; an extension of one word; a payload of four bytes.
    let mut packet = rtp(1, 2)[..12].to_vec();
    packet[0] |= 0x12;
    packet.extend([[1; 4], [2; 4], [0xBE, 0xDE, 0, 1], [9; 4], [5; 4]].concat());
    for suite in Suite::ALL {
        let protected = sealed(&mut context(suite), &packet);
        assert_eq!(protected[..28], packet[..28], "{suite:?}");
        assert_ne!(protected[28..32], packet[28..32], "{suite:?}");
        assert_eq!(opened(&mut context(suite), &protected), Ok(packet.clone()));
    }
}

#[test]
fn packets_that_are_none_are_not_sent() {
    let mut here = context(Suite::AeadAes256Gcm);
    let mut packet = rtp(1, 2);
    packet.resize(172 + OVERHEAD_MAX, 0);
    packet[0] = 0x40;
    assert_eq!(here.protect(&mut packet, 172), Err(ProtectError::Malformed), "version 1");
    packet[0] = 0x90;
    packet[14..16].fill(0xFF);
    assert_eq!(here.protect(&mut packet, 172), Err(ProtectError::Malformed), "an extension longer than the packet");
    assert_eq!(here.protect(&mut packet, 11), Err(ProtectError::Malformed));
    assert_eq!(here.protect_rtcp(&mut packet, 7), Err(ProtectError::Malformed));
    assert_eq!(here.streams().count(), (0, 0));
}

#[test]
fn a_packet_without_room_for_its_tag_is_not_half_sent() {
    for suite in Suite::ALL {
        let mut here = context(suite);
        let mut packet = rtp(1, 2);
        assert_eq!(here.protect(&mut packet, 172), Err(ProtectError::Room));
        assert_eq!(here.protect(&mut packet, 173), Err(ProtectError::Room));
        assert_eq!(packet, rtp(1, 2));
        packet.resize(172 + OVERHEAD_MAX, 0);
        assert!(here.protect(&mut packet, 172).is_ok(), "its number is still unused");
        let mut report = rtcp(1);
        assert_eq!(here.protect_rtcp(&mut report, 16), Err(ProtectError::Room));
        assert_eq!(report, rtcp(1));
    }
}

#[test]
fn the_longest_datagram_fits_the_counter() {
    for suite in Suite::ALL {
        let mut packet = rtp(1, 2);
        packet.resize(65_535 - OVERHEAD_MAX, 7);
        let protected = sealed(&mut context(suite), &packet);
        assert_eq!(opened(&mut context(suite), &protected), Ok(packet));
        let mut longer = rtp(1, 2);
        longer.resize(65_556, 7);
        assert_eq!(opened(&mut context(suite), &longer), Err(UnprotectError::Malformed));
    }
}

#[test]
fn keys_are_of_their_suites_length() {
    for suite in Suite::ALL {
        let wanted = suite.key_salt_bytes();
        for given in [0, 1, wanted - 1, wanted + 1, 64] {
            assert_eq!(Context::new(suite, &vec![0; given]).unwrap_err(), KeyError { wanted, given });
        }
        assert_eq!(Suite::of_dtls_profile(suite.dtls_profile()), Some(suite));
    }
    // NULL encryption is none of ours (RFC 5764 §4.1.2).
    assert_eq!((Suite::of_dtls_profile(5), Suite::of_dtls_profile(6)), (None, None));
    assert_eq!(Suite::ALL.map(Suite::key_salt_bytes), [44, 28, 30, 30]);
}

#[test]
fn no_key_is_ever_printed() {
    let context = Context::new(Suite::AesCm128HmacSha1_80, &[0xA7; 30]).unwrap();
    assert_eq!(format!("{context:?}"), "Context { suite: AesCm128HmacSha1_80, .. }");
    let (client, _) = crate::dtls_keys(Suite::AesCm128HmacSha1_80, &[0xA7; 60]).unwrap();
    assert_eq!(format!("{client:?}"), "KeySalt(hidden)");
}
