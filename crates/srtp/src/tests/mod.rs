//! Known answers, what a network does to packets, and what it must not do to us.

mod known_answers;
mod order;
mod properties;
mod refusals;
mod sources;

use crate::{Context, Suite};

/// Bytes written in hex, with any space between.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|letter| letter.to_digit(16)).collect();
    digits.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

/// A context whose key is known to all tests.
fn context(suite: Suite) -> Context {
    let key: Vec<u8> = (1..=suite.key_salt_bytes()).map(|byte| byte as u8).collect();
    Context::new(suite, &key).unwrap()
}

/// An RTP packet: PCMU, 20 ms.
fn rtp(ssrc: u32, sequence: u16) -> Vec<u8> {
    let mut packet = vec![0x80, 0];
    packet.extend(sequence.to_be_bytes());
    packet.extend((u32::from(sequence) * 160).to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend((0..160).map(|n| (n as u8) ^ sequence as u8));
    packet
}

/// A receiver report without blocks.
fn rtcp(ssrc: u32) -> Vec<u8> {
    let mut packet = vec![0x80, 201, 0, 1];
    packet.extend(ssrc.to_be_bytes());
    packet.extend([0x81, 203, 0, 1]);
    packet.extend(ssrc.to_be_bytes());
    packet
}

/// What `packet` becomes.
fn sealed(context: &mut Context, packet: &[u8]) -> Vec<u8> {
    let mut buffer = packet.to_vec();
    buffer.resize(packet.len() + crate::OVERHEAD_MAX, 0xEE);
    let length = context.protect(&mut buffer, packet.len()).unwrap();
    buffer.truncate(length);
    buffer
}

/// What an RTCP `packet` becomes.
fn sealed_rtcp(context: &mut Context, packet: &[u8]) -> Vec<u8> {
    let mut buffer = packet.to_vec();
    buffer.resize(packet.len() + crate::OVERHEAD_MAX, 0xEE);
    let length = context.protect_rtcp(&mut buffer, packet.len()).unwrap();
    buffer.truncate(length);
    buffer
}

/// What a received packet holds.
fn opened(context: &mut Context, packet: &[u8]) -> Result<Vec<u8>, crate::UnprotectError> {
    let mut buffer = packet.to_vec();
    let length = context.unprotect(&mut buffer)?;
    buffer.truncate(length);
    Ok(buffer)
}

/// What a received RTCP packet holds.
fn opened_rtcp(context: &mut Context, packet: &[u8]) -> Result<Vec<u8>, crate::UnprotectError> {
    let mut buffer = packet.to_vec();
    let length = context.unprotect_rtcp(&mut buffer)?;
    buffer.truncate(length);
    Ok(buffer)
}
