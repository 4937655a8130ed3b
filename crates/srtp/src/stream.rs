//! The key stream of AES-CM (RFC 3711 §4.1.1), over many blocks at once.

use aes::Aes128Enc;
use aes::cipher::consts::U16;
use aes::cipher::{BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, ParBlocks};

/// Bytes of an AES block.
const BLOCK: usize = 16;
/// Fewer blocks than this go one by one.
const FEW: usize = 4;

/// XORs `body` with the key stream that begins at the counter `first`.
pub fn apply(aes: &Aes128Enc, first: [u8; BLOCK], body: &mut [u8]) {
    aes.encrypt_with_backend(Apply { counter: u128::from_be_bytes(first), body });
}

/// A processor encrypts 8 to 64 blocks in little more than the time of one, but a voice packet has ten: given these, the crate
/// would go one by one where it could have taken all at once. So the last chunk is filled up, and what is too much is left
/// unused.
struct Apply<'a> {
    counter: u128,
    body: &'a mut [u8],
}

impl BlockSizeUser for Apply<'_> {
    type BlockSize = U16;
}

impl BlockCipherEncClosure for Apply<'_> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(mut self, backend: &B) {
        let mut stream = ParBlocks::<B>::default();
        for chunk in self.body.chunks_mut(BLOCK * stream.len()) {
            let wanted = chunk.len().div_ceil(BLOCK);
            for block in stream.iter_mut().take(wanted) {
                *block = self.counter.to_be_bytes().into();
                self.counter = self.counter.wrapping_add(1);
            }
            if wanted < FEW {
                stream.iter_mut().take(wanted).for_each(|block| backend.encrypt_block_inplace(block));
            } else {
                backend.encrypt_par_blocks_inplace(&mut stream);
            }
            let (blocks, rest) = chunk.as_chunks_mut::<BLOCK>();
            let whole = blocks.len();
            for (text, key) in blocks.iter_mut().zip(&stream) {
                *text = (u128::from_ne_bytes(*text) ^ u128::from_ne_bytes((*key).into())).to_ne_bytes();
            }
            let last = stream.iter().skip(whole).flatten();
            rest.iter_mut().zip(last).for_each(|(text, key)| *text ^= key);
        }
    }
}
