//! The voice path on loopback, with real sockets: what is heard, what the WAV holds.

mod attacks;
mod bridge;
mod browser;
mod digits;
mod evidence;
mod house;
mod latching;
mod mixing;
mod playing;
mod protection;
mod recording;
mod transcoding;
