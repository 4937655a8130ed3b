//! Whatever comes.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::stun::{Key, Message};
use crate::tests::{Check, LOCAL_PASSWORD, ask, lite, peer};
use crate::{REPLY_BYTES_MAX, Verdict, is_stun};

proptest! {
    #[test]
    fn random_bytes_are_never_answered(mut bytes in vec(any::<u8>(), 0..200), is_dressed_up: bool) {
        if is_dressed_up && bytes.len() >= 20 {
            bytes.truncate(bytes.len() / 4 * 4);
            let length = (bytes.len() - 20) as u16;
            bytes[..4].copy_from_slice(&[0, 1, (length >> 8) as u8, length as u8]);
            bytes[4..8].copy_from_slice(&[0x21, 0x12, 0xA4, 0x42]);
            prop_assert!(is_stun(&bytes));
        }
        let mut out = [0; REPLY_BYTES_MAX];
        prop_assert_eq!(lite().handle(0, peer(66), &bytes, &mut out), Verdict::Ignore);
    }

    #[test]
    fn attributes_are_read_as_they_were_written(
        username in "[a-zA-Z0-9+/]{4,256}:[a-zA-Z0-9+/]{4,256}",
        password in "[a-zA-Z0-9+/]{22,256}",
        priority: u32,
        nominates: bool,
        value in vec(any::<u8>(), 0..60),
        kind in 0x8000_u16..0x8028,
    ) {
        let extra = Some((kind, &value[..]));
        let username = username.get(..username.len().min(400)).unwrap();
        let bytes = Check { username, password: &password, priority, nominates, extra, ..Check::default() }.bytes();
        let read = Message::parse(&bytes).unwrap();
        prop_assert_eq!(read.username, Some(username.as_bytes()));
        prop_assert_eq!((read.priority, read.use_candidate, read.unknown), (Some(priority), nominates, [0; 4]));
        prop_assert!(read.fingerprint && read.is_signed_with(&Key::new(&password)));
        prop_assert!(!read.is_signed_with(&Key::new(LOCAL_PASSWORD)));
    }

    #[test]
    fn whatever_is_answered_is_short_and_signed(kinds in vec(any::<u16>(), 0..2), value in vec(any::<u8>(), 0..40)) {
        let mut lite = lite();
        for (kind, transaction) in kinds.into_iter().zip(1..) {
            let extra = Some((kind, &value[..]));
            // `ask` looks at the answer.
            let bytes = Check { transaction, extra, ..Check::default() }.bytes();
            if Message::parse(&bytes).is_ok() {
                ask(&mut lite, 0, peer(1), &bytes);
            }
        }
    }
}
