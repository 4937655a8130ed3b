//! RFC 3711 appendix B, RFC 7714 §16 and §17, and the packets of libsrtp's own tests (`test/srtp_driver.c`).

use crate::cipher::{Cipher, Counter, Gcm, Position};
use crate::keys::{Label, Master};
use crate::tests::{hex, opened, opened_rtcp, sealed, sealed_rtcp};
use crate::{Context, Suite, dtls_keys};

/// Master key and salt of RFC 3711 §B.3, which libsrtp uses as well.
const MASTER: &str = "E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6";

#[test]
fn rfc3711_b2_key_stream_of_aes_cm() {
    let counter = Counter::of(&hex("2B7E151628AED2A6ABF7158809CF4F3C"), &hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"), &[0; 20]);
    let mut stream = vec![0; 0xFF02 * 16];
    counter.apply(Position { ssrc: 0, index: 0 }, &mut stream);
    let block = |n: usize| stream[n * 16..][..16].to_vec();
    assert_eq!(block(0), hex("E03EAD0935C95E80E166B16DD92B4EB4"));
    assert_eq!(block(1), hex("D23513162B02D0F72A43A2FE4A5F97AB"));
    assert_eq!(block(2), hex("41E95B3BB0A2E8DD477901E4FCA894C0"));
    assert_eq!(block(0xFEFF), hex("EC8CDF7398607CB0F2D21675EA9EA1E4"));
    assert_eq!(block(0xFF00), hex("362B7C3C6773516318A077D7FC5073AE"));
    assert_eq!(block(0xFF01), hex("6A2CC3787889374FBEB4C81B17BA6C44"));
}

#[test]
fn rfc3711_b3_key_derivation() {
    let master = Master::new(Suite::AesCm128HmacSha1_80, &hex(MASTER)).unwrap();
    assert_eq!(master.derive::<16>(Label::Rtp).to_vec(), hex("C61E7A93744F39EE10734AFE3FF7A087"));
    assert_eq!(master.derive::<14>(Label::RtpSalt).to_vec(), hex("30CBBC08863D8C85D49DB34A9AE1"));
    let long = "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCEE049646C43D9327AD175578EF72270986371C10C9A369AC2F94A\
                8C5FBCDDDC256D6E919A48B610EF17C2041E4740 35766B68642C59BBFC2F34DB60DBDFB2DC68";
    let wanted = hex(long);
    assert_eq!(master.derive::<94>(Label::RtpAuthentication).to_vec(), wanted[..94]);
}

#[test]
fn libsrtp_aes_cm_packets() {
    let packet = hex("800f1234 decafbad cafebabe abababab abababab abababab abababab");
    let protected = hex("800f1234 decafbad cafebabe 4e55dc4c e79978d8 8ca4d215 949d2402 b78d6acc 99ea179b8dbb");
    let report = hex("81c8000b cafebabe abababab abababab abababab abababab");
    let hidden = hex("81c8000b cafebabe 7128035b e487b9bd bef89041 f977a5a8 80000001 993e08cd54d6c1230798");
    check(Suite::AesCm128HmacSha1_80, &hex(MASTER), [packet, protected], [report, hidden]);
}

#[test]
fn libsrtp_short_tags_are_the_long_ones_cut_short() {
    let mut context = Context::new(Suite::AesCm128HmacSha1_32, &hex(MASTER)).unwrap();
    let packet = hex("800f1234 decafbad cafebabe abababab abababab abababab abababab");
    let protected = hex("800f1234 decafbad cafebabe 4e55dc4c e79978d8 8ca4d215 949d2402 b78d6acc");
    assert_eq!(sealed(&mut context, &packet), protected);
    let report = hex("81c8000b cafebabe abababab abababab abababab abababab");
    let hidden = hex("81c8000b cafebabe 7128035b e487b9bd bef89041 f977a5a8 80000001 993e08cd54d6c1230798");
    assert_eq!(sealed_rtcp(&mut context, &report), hidden);
}

#[test]
fn libsrtp_aes_gcm_packets() {
    let packet = hex("800f1234 decafbad cafebabe abababab abababab abababab abababab");
    let protected =
        "800f1234 decafbad cafebabe c5002ede 04cfdd2e b91159e0 880aa06e d2976826 f796b201 df3131a1 27e8a392";
    let report = hex("81c8000b cafebabe abababab abababab abababab abababab");
    let hidden = "81c8000b cafebabe c98b8b5d f0392a55 852b6c21 ac8e7025 c52c6fbe a2b3b446 ea31123b a88ce61e 80000001";
    let key = hex("000102030405060708090a0b0c0d0e0f a0a1a2a3a4a5a6a7a8a9aaab");
    check(Suite::AeadAes128Gcm, &key, [packet, hex(protected)], [report, hex(hidden)]);
}

/// Both directions of one RTP and one RTCP packet.
fn check(suite: Suite, key: &[u8], [packet, protected]: [Vec<u8>; 2], [report, hidden]: [Vec<u8>; 2]) {
    let (mut here, mut there) = (Context::new(suite, key).unwrap(), Context::new(suite, key).unwrap());
    assert_eq!(sealed(&mut here, &packet), protected);
    assert_eq!(sealed_rtcp(&mut here, &report), hidden);
    assert_eq!(opened(&mut there, &protected), Ok(packet));
    assert_eq!(opened_rtcp(&mut there, &hidden), Ok(report));
}

/// RFC 7714's packet, salt and keys.
const GALLIA: &str =
    "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573";
const QUID: &str = "51756964 2070726f 2071756f";
const GALLIA_AT: Position = Position { ssrc: 0x5501_A0B2, index: 0xF17B };

/// The `number` first bytes 00 01 02 …
fn key(number: u8) -> Vec<u8> {
    (0..number).collect()
}

fn gcm(key_bytes: u8) -> Gcm {
    let mut salt = hex(QUID);
    salt.resize(14, 0);
    Gcm::new(&key(key_bytes), salt[..].try_into().unwrap()).unwrap()
}

#[test]
fn rfc7714_16_rtp() {
    let answers = [
        (
            16,
            "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833899d \
              7f27beb1 6a9152cf 765ee439 0cce",
        ),
        (
            32,
            "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b7aa3 \
              db36dfff d6b0f9bb 7878d7a7 6c13",
        ),
    ];
    for (bytes, answer) in answers {
        let cipher = Cipher::Gcm(Box::new(gcm(bytes)));
        let mut packet = hex(GALLIA);
        packet.extend([0; 16]);
        cipher.seal_rtp(GALLIA_AT, &mut packet, 12).unwrap();
        assert_eq!(packet, hex(answer), "{bytes}");
        assert_eq!(cipher.open_rtp(GALLIA_AT, &mut packet, 12), Ok(50));
        assert_eq!(packet[..50], hex(GALLIA));
    }
}

#[test]
fn rfc7714_17_rtcp() {
    let clear = "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef";
    let at = Position { ssrc: 0x4D61_7273, index: 0x5D4 };
    let answers = [
        (
            16,
            "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b \
              c84aa458 96cf4d2f c5abf872 45d9eade 800005d4",
        ),
        (
            32,
            "81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be 8415f658 c61de047 6f1b6fad \
              1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4",
        ),
    ];
    for (bytes, answer) in answers {
        let cipher = Cipher::Gcm(Box::new(gcm(bytes)));
        let mut packet = hex(clear);
        let length = packet.len();
        packet.extend([0; 20]);
        cipher.seal_rtcp(at, &mut packet).unwrap();
        assert_eq!(packet, hex(answer), "{bytes}");
        assert_eq!(cipher.rtcp_word(&packet), Some(0x8000_05D4));
        assert_eq!(cipher.open_rtcp(at, &mut packet), Ok(length));
        assert_eq!(packet[..length], hex(clear));
    }
}

#[test]
fn rfc5764_4_2_keys_come_before_salts_and_the_client_before_the_server() {
    for suite in Suite::ALL {
        let (key, salt) = (suite.key_bytes(), suite.salt_bytes());
        let parts = [(1, key), (2, key), (3, salt), (4, salt)];
        let exported: Vec<u8> = parts.into_iter().flat_map(|(byte, times)| vec![byte; times]).collect();
        assert_eq!(exported.len(), suite.exported_bytes());
        let (client, server) = dtls_keys(suite, &exported).unwrap();
        assert_eq!(client.as_ref(), [vec![1; key], vec![3; salt]].concat());
        assert_eq!(server.as_ref(), [vec![2; key], vec![4; salt]].concat());
        assert!(dtls_keys(suite, &exported[1..]).is_err());
        assert!(Context::new(suite, client.as_ref()).is_ok());
    }
}
