//! What is known of each SSRC that the key has authenticated.
//!
//! A peer may change its SSRC in a call (music on hold, a transfer behind its own exchange), so a table that is full makes room
//! for an authentic newcomer: the stream that was silent longest goes. Forgetting it altogether would let anybody who
//! recorded its packets play them again, so its newest indices stay behind, and if it comes back, it goes on from there.
//! When there is no room for these either, newcomers are refused: a call that changes its SSRC more than
//! [`SSRC_MAX`]` + `[`RETIRED_MAX`] times under one key is no call. On the sending side it is the same: the newest
//! indices are what keeps a key stream from being used twice, and they are never forgotten.

use crate::window::Window;

/// Streams under one key at once.
pub const SSRC_MAX: usize = 4;

/// Streams that made room for others.
pub const RETIRED_MAX: usize = 32;

/// One SSRC.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    ssrc: u32,
    /// Its RTP packets.
    pub rtp: Option<Window>,
    /// Its RTCP packets.
    pub rtcp: Option<Window>,
    /// When it was last used, counted in packets.
    used: u64,
}

/// A stream that made room.
#[derive(Clone, Copy, Debug)]
struct Retired {
    ssrc: u32,
    rtp: Option<u64>,
    rtcp: Option<u32>,
}

impl Retired {
    fn again(self) -> Stream {
        let rtcp = self.rtcp.map(|index| Window::closed(index.into()));
        Stream { ssrc: self.ssrc, rtp: self.rtp.map(Window::closed), rtcp, used: 0 }
    }

    fn of(stream: Stream) -> Self {
        let rtcp = stream.rtcp.map(|window| window.newest() as u32);
        Self { ssrc: stream.ssrc, rtp: stream.rtp.map(Window::newest), rtcp }
    }
}

/// The streams of a context.
#[derive(Debug, Default)]
pub struct Streams {
    live: [Option<Stream>; SSRC_MAX],
    retired: [Option<Retired>; RETIRED_MAX],
    /// Packets that changed the table.
    packets: u64,
}

impl Streams {
    /// What is known of `ssrc`; a stream without windows if nothing is.
    pub fn known(&self, ssrc: u32) -> Stream {
        let live = self.live.iter().flatten().find(|stream| stream.ssrc == ssrc);
        let retired =
            || self.retired.iter().flatten().find(|retired| retired.ssrc == ssrc).map(|retired| retired.again());
        live.copied().or_else(retired).unwrap_or(Stream { ssrc, rtp: None, rtcp: None, used: 0 })
    }

    /// Whether [`Streams::keep`] would take a packet of `ssrc`.
    pub fn takes(&self, ssrc: u32) -> bool {
        self.live.iter().any(|place| place.is_none_or(|stream| stream.ssrc == ssrc))
            || self.retired.iter().any(|place| place.is_none_or(|retired| retired.ssrc == ssrc))
    }

    /// Remembers `stream`, of which a packet was found right or was sent. False if there is no room for it.
    pub fn keep(&mut self, mut stream: Stream) -> bool {
        self.packets += 1;
        stream.used = self.packets;
        let is_it = |place: &&mut Option<Stream>| place.is_some_and(|known| known.ssrc == stream.ssrc);
        if let Some(place) = self.live.iter_mut().find(is_it) {
            *place = Some(stream);
            return true;
        }
        if let Some(place) = self.live.iter_mut().find(|place| place.is_none()) {
            *place = Some(stream);
            return true;
        }
        let came_back = self.retired.iter().position(|place| place.is_some_and(|known| known.ssrc == stream.ssrc));
        let free = || self.retired.iter().position(Option::is_none);
        let Some(room) = came_back.or_else(free).and_then(|at| self.retired.get_mut(at)) else { return false };
        let Some(silent) = self.live.iter_mut().min_by_key(|place| place.map(|known| known.used)) else { return false };
        *room = silent.map(Retired::of);
        *silent = Some(stream);
        true
    }

    /// How many streams are known, in use and retired.
    #[cfg(test)]
    pub fn count(&self) -> (usize, usize) {
        (self.live.iter().flatten().count(), self.retired.iter().flatten().count())
    }
}
