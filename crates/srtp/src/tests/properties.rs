//! Whatever is sent arrives as it was, once; whatever else comes is refused.

use std::collections::HashSet;

use hmac::{Hmac, Mac};
use proptest::collection::vec;
use proptest::prelude::*;
use sha1::Sha1;

use crate::mac::HmacSha1;
use crate::tests::{context, opened, opened_rtcp, rtcp, rtp, sealed, sealed_rtcp};
use crate::{Suite, UnprotectError, WINDOW};

fn suites() -> impl Strategy<Value = Suite> {
    proptest::sample::select(Suite::ALL.to_vec())
}

/// What RFC 3711 §3.3.1 says, word for word.
fn as_the_rfc_has_it(newest: u64, sequence: u16) -> i64 {
    let (roc, s_l, seq) = ((newest >> 16) as i64, (newest & 0xFFFF) as i64, i64::from(sequence));
    let v = if s_l < 32_768 {
        if seq - s_l > 32_768 { roc - 1 } else { roc }
    } else if s_l - 32_768 > seq {
        roc + 1
    } else {
        roc
    };
    seq + v * 65_536
}

proptest! {
    #[test]
    fn what_is_sent_arrives(suite in suites(), ssrc: u32, sequence: u16, payload in vec(any::<u8>(), 0..400)) {
        let mut packet = rtp(ssrc, sequence)[..12].to_vec();
        packet.extend(payload);
        let protected = sealed(&mut context(suite), &packet);
        prop_assert_eq!(opened(&mut context(suite), &protected), Ok(packet));
    }

    #[test]
    fn what_is_reported_arrives(suite in suites(), ssrc: u32, body in vec(any::<u8>(), 0..400)) {
        let mut packet = rtcp(ssrc)[..8].to_vec();
        packet.extend(body);
        let protected = sealed_rtcp(&mut context(suite), &packet);
        prop_assert_eq!(opened_rtcp(&mut context(suite), &protected), Ok(packet));
    }

    #[test]
    fn nothing_at_random_is_authentic(suite in suites(), mut bytes in vec(any::<u8>(), 0..200), is_rtp: bool) {
        if is_rtp && let Some(first) = bytes.first_mut() {
            *first = *first & 0x3F | 0x80;
        }
        let mut there = context(suite);
        prop_assert!(opened(&mut there, &bytes).is_err());
        prop_assert!(opened_rtcp(&mut there, &bytes).is_err());
        prop_assert_eq!(there.streams().count(), (0, 0));
    }

    #[test]
    fn rfc2104_the_tag_is_that_of_everybody_else(key: [u8; 20], text in vec(any::<u8>(), 0..300), behind: [u8; 4]) {
        let mut theirs = <Hmac<Sha1> as hmac::KeyInit>::new_from_slice(&key).unwrap();
        theirs.update(&text);
        theirs.update(&behind);
        let mut tag = [0; 20];
        let ours = HmacSha1::new(&key);
        ours.sign(&text, behind, &mut tag);
        prop_assert_eq!(&tag[..], &theirs.finalize().into_bytes()[..]);
        for length in [4, 10, 20] {
            prop_assert!(ours.is_right(&text, behind, &tag[..length]));
        }
        for bit in 0..80 {
            let mut other = tag;
            other[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!ours.is_right(&text, behind, &other[..10]));
        }
        prop_assert!(!ours.is_right(&text, behind, &[0; 21]));
    }

    #[test]
    fn rfc3711_3_3_1_the_index_is_guessed_as_written(newest in 0_u64..1 << 48, sequence: u16) {
        let wanted = as_the_rfc_has_it(newest, sequence);
        let found = crate::window::Window::begun(newest).index(sequence);
        if wanted < 0 {
            prop_assert_eq!(found, Err(crate::window::Stale::Old));
        } else if wanted >= 1 << 48 {
            prop_assert_eq!(found, Err(crate::window::Stale::Past));
        } else {
            prop_assert_eq!(found, Ok(wanted as u64));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn in_any_order_each_packet_counts_once(
        first in 60_000_u64..70_000,
        order in vec(0_u64..300, 1..400),
    ) {
        let suite = Suite::AesCm128HmacSha1_32;
        let (mut here, mut there) = (context(suite), context(suite));
        // Both have followed the stream from its beginning, a packet in a thousand.
        for number in (first % 1_000..first).step_by(1_000) {
            opened(&mut there, &sealed(&mut here, &rtp(1, number as u16))).unwrap();
        }
        let packets: Vec<_> = (0..300).map(|n| sealed(&mut here, &rtp(1, (first + n) as u16))).collect();
        let (mut heard, mut newest) = (HashSet::new(), 0);
        for number in order {
            let wanted = if number + WINDOW <= newest {
                Err(UnprotectError::TooOld)
            } else if !heard.insert(number) {
                Err(UnprotectError::Replayed)
            } else {
                Ok(rtp(1, (first + number) as u16))
            };
            prop_assert_eq!(opened(&mut there, &packets[number as usize]), wanted);
            newest = newest.max(number);
        }
    }
}
