//! Time-outs, and RTCP: RFC 3550 §6. Reports are sent and read; none of them ever ends a call (R12).

use std::net::SocketAddr;

use rtp::packet::is_rtcp;
use rtp::quality::round_trip_ms;
use rtp::rtcp::{Block, COMPOUND_BYTES_MAX, Compound, Rtcp, SenderInfo, parse};
use switch::media::Event;

use super::leg::Leg;
use super::protect::OVERHEAD_MAX;
use super::{Buffers, Worker};
use crate::clock::{self, MILLISECOND};

const SECOND: u64 = 1000 * MILLISECOND;
/// Reports go every 5 s, give or take a half (§6.2).
const REPORT_EVERY: u64 = 5 * SECOND;
/// After so much silence the peer may come from another (allowed) address.
const RELEARN_AFTER: u64 = 3 * SECOND;

impl Worker {
    /// What is due on a leg: telling of silence, opening it to another source, reports.
    pub(super) fn look_after(&mut self, index: usize, now: u64) {
        let random = u64::from(self.random());
        let Some(leg) = self.legs.get_mut(index).and_then(Option::as_deref_mut) else { return };
        if leg.media.is_none() {
            return;
        }
        leg.tend_protection(now, &mut self.handshakes);
        if now.saturating_sub(leg.watch.heard_at) >= RELEARN_AFTER && leg.latch.silent() {
            leg.disconnect();
        }
        leg.judge(now);
        if now >= leg.reports.next_at {
            leg.reports.next_at = now + REPORT_EVERY / 2 + random * 1000 % REPORT_EVERY;
            send_report(leg, now, false);
        }
        if let Some(since) = leg.watch.expected_since {
            let silent = now.saturating_sub(since.max(leg.watch.heard_at)) / SECOND;
            let due = next_alarm(leg.watch.told);
            if silent >= u64::from(due) {
                leg.watch.told = due;
                let leg = leg.id;
                self.tell(Event::Silent { leg, seconds: due });
            }
        }
    }

    /// A last report, with BYE.
    pub(super) fn say_goodbye(&mut self, index: usize, now: u64) {
        if let Some(leg) = self.leg(index)
            && leg.media.is_some()
        {
            send_report(leg, now, true);
        }
    }

    /// Reads a leg's RTCP socket.
    pub(super) fn receive_report(&mut self, index: usize, now: u64, buffers: &mut Buffers) {
        let Some(leg) = self.leg(index) else { return };
        let Ok((length, from)) = leg.rtcp.recv_from(&mut buffers.datagram) else { return };
        if leg.media.is_none() {
            return;
        }
        // Browsers have no second port.
        let allowed = leg.latch.allows(from.ip()) && !leg.protection.by_ice();
        let datagram = buffers.datagram.get_mut(..length).unwrap_or_default();
        let Some(length) = allowed.then(|| leg.protection.unprotect_rtcp(datagram)).flatten() else {
            leg.strangers += 1;
            return;
        };
        leg.hear_report(now, Some(from), datagram.get(..length).unwrap_or_default());
    }
}

impl Leg {
    /// RTCP that came on the RTP port of a leg that is not protected, if that was negotiated (RFC 5761).
    pub(super) fn hear_muxed_report(&mut self, now: u64, from: Option<SocketAddr>, datagram: &[u8]) {
        let plain = self.protection.is_plain() && self.rtcp_mux();
        if plain && is_rtcp(datagram) && from.is_none_or(|from| self.latch.allows(from.ip())) {
            self.hear_report(now, from, datagram);
        }
    }

    /// An allowed, authentic report. `from`: where reports go from now on, if that has to be learned.
    pub(super) fn hear_report(&mut self, now: u64, from: Option<SocketAddr>, datagram: &[u8]) {
        for packet in parse(datagram) {
            match packet {
                Rtcp::Report { sender, blocks, .. } => {
                    self.reports.from = from.or(self.reports.from);
                    if let Some(sender) = sender {
                        self.reports.last = Some(((sender.ntp >> 16) as u32, now));
                    }
                    let ours = self.out.ssrc();
                    if let Some(block) = blocks.iter().find(|block| block.ssrc == ours) {
                        self.reports.remote = Some((block.loss, self.out.packets));
                        let arrival = (clock::ntp() >> 16) as u32;
                        let trip = round_trip_ms(arrival, block.last_sender_report, block.delay_since);
                        self.reports.round_trip_ms = trip.or(self.reports.round_trip_ms);
                        if let Some(voice) = &mut self.voice {
                            voice.expect_loss(block.loss.fraction_lost);
                        }
                    }
                }
                Rtcp::Description { .. } | Rtcp::Goodbye { .. } | Rtcp::Other(_) => {}
            }
        }
    }

    /// Both kinds of packets go through one port (RFC 5761).
    pub(super) fn rtcp_mux(&self) -> bool {
        self.media.as_ref().is_some_and(|media| media.rtcp_mux)
    }

    /// Sends a report to where the peer wants it, protected as its voice is.
    fn send_rtcp(&mut self, compound: &Compound) {
        let Some(media) = &self.media else { return };
        let muxed = media.rtcp_mux;
        let target = if muxed { self.latch.target() } else { self.reports.from.or(Some(media.remote_rtcp)) };
        let Some(target) = target.filter(|target| !target.ip().is_unspecified() && target.port() != 0) else { return };
        let bytes = compound.as_bytes();
        let mut buffer = [0u8; COMPOUND_BYTES_MAX + OVERHEAD_MAX];
        let Some(place) = buffer.get_mut(..bytes.len()) else { return };
        place.copy_from_slice(bytes);
        let Some(length) = self.protection.protect_rtcp(&mut buffer, bytes.len()) else { return };
        let Some(packet) = buffer.get(..length) else { return };
        let _ = if muxed { self.rtp.send_to(packet, target) } else { self.rtcp.send_to(packet, target) };
    }
}

/// Told at 3 s, 5 s, then every 10 s (R33, R31).
fn next_alarm(told: u32) -> u32 {
    match told {
        0 => 3,
        1..=3 => 5,
        4..=9 => 10,
        more => more + 10,
    }
}

fn send_report(leg: &mut Leg, now: u64, goodbye: bool) {
    let sender = (leg.out.packets > 0).then(|| SenderInfo {
        ntp: clock::ntp(),
        timestamp: leg.out.timestamp_at(now),
        packets: leg.out.packets as u32,
        bytes: leg.out.bytes as u32,
    });
    let block = leg.reception.ssrc().map(|ssrc| {
        let (last_sender_report, came_at) = leg.reports.last.unwrap_or((0, now));
        let delay = u128::from(now.saturating_sub(came_at)) * 65_536 / u128::from(SECOND);
        let delay_since = u32::try_from(delay).unwrap_or(u32::MAX);
        Block { ssrc, loss: leg.reception.report(), last_sender_report, delay_since }
    });
    let compound = Compound::report(leg.out.ssrc(), sender, block, &leg.reports.cname, goodbye);
    leg.send_rtcp(&compound);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r33_silence_is_told_at_3_and_5_seconds_then_every_10() {
        let told: Vec<u32> =
            std::iter::successors(Some(next_alarm(0)), |&told| Some(next_alarm(told))).take(6).collect();
        assert_eq!(told, [3, 5, 10, 20, 30, 40]);
    }
}
