//! HMAC-SHA1 (RFC 2104) as SRTP uses it: one key for many packets, each with four bytes behind it that are not sent.
//!
//! What the key adds to each hash is computed once, so a packet costs its own blocks and one more; and the text is hashed where it lies.

use sha1::block_api::compress;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::keys::AUTHENTICATION_KEY_BYTES;

/// Bytes of a SHA-1 block.
const BLOCK: usize = 64;
/// Bytes of a whole tag.
const HASH_BYTES: usize = 20;
/// Where SHA-1 begins (FIPS 180-4 §5.3.1).
const BEGIN: [u32; 5] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];

/// A key at work: SHA-1 after the key's block, for the text and for the hash of the text.
pub struct HmacSha1 {
    inner: Zeroizing<[u32; 5]>,
    outer: Zeroizing<[u32; 5]>,
}

impl HmacSha1 {
    /// Takes the key in.
    pub fn new(key: &[u8; AUTHENTICATION_KEY_BYTES]) -> Self {
        let after = |pad: u8| {
            let mut block = Zeroizing::new([pad; BLOCK]);
            block.iter_mut().zip(key).for_each(|(to, from)| *to ^= from);
            let mut state = Zeroizing::new(BEGIN);
            compress(&mut state, std::slice::from_ref(&*block));
            state
        };
        Self { inner: after(0x36), outer: after(0x5C) }
    }

    /// Writes as much of the tag of `text` and `behind` as `tag` holds.
    pub fn sign(&self, text: &[u8], behind: [u8; 4], tag: &mut [u8]) {
        if let Some(hash) = self.hash(text, behind).get(..tag.len()) {
            tag.copy_from_slice(hash);
        }
    }

    /// Whether `tag` is the beginning of the right one, in a time that does not tell how much of it is right.
    pub fn is_right(&self, text: &[u8], behind: [u8; 4], tag: &[u8]) -> bool {
        self.hash(text, behind).get(..tag.len()).is_some_and(|right| right.ct_eq(tag).into())
    }

    fn hash(&self, text: &[u8], behind: [u8; 4]) -> [u8; HASH_BYTES] {
        let mut state = *self.inner;
        let (blocks, rest) = text.as_chunks::<BLOCK>();
        compress(&mut state, blocks);
        // What is left, what is behind, a one, zeros, and how many bits that was.
        let mut end = [0; 2 * BLOCK];
        put(&mut end, 0, rest);
        put(&mut end, rest.len(), &behind);
        put(&mut end, rest.len() + behind.len(), &[0x80]);
        let bits = (BLOCK + text.len() + behind.len()) as u64 * 8;
        let length = if rest.len() + behind.len() + 9 > BLOCK { 2 * BLOCK } else { BLOCK };
        put(&mut end, length - 8, &bits.to_be_bytes());
        let (end, _) = end.split_at(length);
        compress(&mut state, end.as_chunks::<BLOCK>().0);

        let mut block = [0; BLOCK];
        put(&mut block, 0, &bytes_of(state));
        put(&mut block, HASH_BYTES, &[0x80]);
        put(&mut block, BLOCK - 8, &((BLOCK + HASH_BYTES) as u64 * 8).to_be_bytes());
        let mut state = *self.outer;
        compress(&mut state, std::slice::from_ref(&block));
        bytes_of(state)
    }
}

fn put(block: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = block.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

fn bytes_of(state: [u32; 5]) -> [u8; HASH_BYTES] {
    let mut bytes = [0; HASH_BYTES];
    for (place, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *place = word.to_be_bytes();
    }
    bytes
}
