//! Tones through the codecs, loss, and anything at all as a packet.

use super::*;
use proptest::prelude::*;
use std::f64::consts::TAU;

pub fn sine(hz: f64, rate: f64, amplitude: f64, length: usize) -> Vec<i16> {
    (0..length).map(|n| (amplitude * (TAU * hz * n as f64 / rate).sin()) as i16).collect()
}

/// Mean-square power at one frequency, by correlation: a pure tone of amplitude A has A²/2.
pub fn power(samples: &[f32], hz: f64, rate: f64) -> f32 {
    let (mut re, mut im) = (0f64, 0f64);
    for (n, &sample) in samples.iter().enumerate() {
        let phase = TAU * hz * n as f64 / rate;
        re += f64::from(sample) * phase.cos();
        im += f64::from(sample) * phase.sin();
    }
    (2.0 * (re * re + im * im) / (samples.len() * samples.len()) as f64) as f32
}

const KINDS: [Kind; 2] = [Kind::G722, Kind::Opus];

fn encoded(kind: Kind, samples: &[i16]) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(kind).unwrap();
    encoder.expect_loss(20);
    let mut bytes = [0; PAYLOAD_MAX];
    let frames = samples.chunks_exact(FRAME);
    frames
        .map(|frame| {
            let length = encoder.encode(frame.try_into().unwrap(), &mut bytes);
            assert!(length > 0);
            bytes[..length].to_vec()
        })
        .collect()
}

fn decoded(kind: Kind, packets: &[Vec<u8>]) -> Vec<f32> {
    let mut decoder = Decoder::new(kind).unwrap();
    let mut out = [0; SAMPLES_MAX];
    let mut all = Vec::new();
    for packet in packets {
        let length = decoder.decode(packet, &mut out);
        assert_eq!(Some(length), kind.duration(packet));
        all.extend(out[..length].iter().map(|&sample| f32::from(sample)));
    }
    all
}

#[test]
fn tones_come_back_at_their_pitch_and_level() {
    for kind in KINDS {
        for hz in [300.0, 700.0, 1100.0, 2000.0, 3000.0] {
            let heard = decoded(kind, &encoded(kind, &sine(hz, 8000.0, 8000.0, 16_000)));
            assert_eq!(heard.len(), 16_000);
            let part = &heard[4000..12_000];
            let level = 10.0 * (power(part, hz, 8000.0) / 3.2e7).log10();
            let total = part.iter().map(|sample| sample * sample).sum::<f32>() / part.len() as f32;
            let rest = 10.0 * (power(part, hz, 8000.0) / total).log10();
            // Opus is made for voices: it is exact about pitch, not about a lone tone's level.
            let most = if kind == Kind::G722 { 0.5 } else { 3.0 };
            assert!(level.abs() < most, "{kind:?} {hz} Hz: {level} dB");
            assert!(rest > -1.0, "{kind:?} {hz} Hz: {rest} dB of all");
        }
    }
}

#[test]
fn silence_stays_silence() {
    for kind in KINDS {
        let heard = decoded(kind, &encoded(kind, &[0; 8000]));
        assert!(heard.iter().all(|sample| sample.abs() < 16.0), "{kind:?}");
    }
}

/// Where a click comes out: nothing is more than 20 ms late.
#[test]
fn the_delay_is_short() {
    for kind in KINDS {
        let mut samples = vec![0i16; 16_000];
        samples[8000..8400].copy_from_slice(&sine(500.0, 8000.0, 12_000.0, 400));
        let heard = decoded(kind, &encoded(kind, &samples));
        let begin = heard.iter().position(|sample| sample.abs() > 2000.0).unwrap();
        assert!((8000..8160).contains(&begin), "{kind:?}: {begin}");
    }
}

#[test]
fn a_lost_packet_is_concealed_and_the_next_is_heard_well() {
    for kind in KINDS {
        let packets = encoded(kind, &sine(440.0, 8000.0, 8000.0, 16_000));
        let mut decoder = Decoder::new(kind).unwrap();
        let mut out = [0; SAMPLES_MAX];
        let mut all: Vec<f32> = Vec::new();
        for (n, packet) in packets.iter().enumerate() {
            let length = match n % 10 {
                // Lost, with the packet after it at hand or not.
                9 if n % 20 == 9 => decoder.conceal(packets.get(n + 1).map(Vec::as_slice), FRAME, &mut out),
                9 => decoder.conceal(None, FRAME, &mut out),
                _ => decoder.decode(packet, &mut out),
            };
            assert_eq!(length, FRAME);
            all.extend(out[..length].iter().map(|&sample| f32::from(sample)));
        }
        let part = &all[4000..12_000];
        let total = part.iter().map(|sample| sample * sample).sum::<f32>() / part.len() as f32;
        let share = power(part, 440.0, 8000.0) / total;
        // What Opus makes up, and repeats in fewer bits, is rougher than a period that is played again.
        let least = if kind == Kind::G722 { 0.8 } else { 0.6 };
        assert!(share > least && total > 1e7, "{kind:?}: {share} of {total}");
    }
}

/// RFC 6716 §2.1.7: the encoder repeats a frame in the next packet, and that is better than what can be made up: the tone
/// changes exactly in the frame that is lost.
#[test]
fn opus_repeats_what_was_lost_in_the_next_packet() {
    let mut samples = sine(500.0, 8000.0, 8000.0, 8000);
    samples.extend(sine(1200.0, 8000.0, 8000.0, 8000));
    let packets = encoded(Kind::Opus, &samples);
    let heard = |with_next: bool| {
        let mut decoder = Decoder::new(Kind::Opus).unwrap();
        let mut out = [0; SAMPLES_MAX];
        for packet in &packets[..51] {
            decoder.decode(packet, &mut out);
        }
        let next = with_next.then(|| packets[52].as_slice());
        let length = decoder.conceal(next, FRAME, &mut out);
        let frame: Vec<f32> = out[..length].iter().map(|&sample| f32::from(sample)).collect();
        frame
    };
    let (repeated, made_up) = (heard(true), heard(false));
    assert_eq!((repeated.len(), made_up.len()), (FRAME, FRAME));
    assert_ne!(repeated, made_up);
    assert!(power(&repeated, 1200.0, 8000.0) > 4e6, "{}", power(&repeated, 1200.0, 8000.0));
}

#[test]
fn opus_packets_of_every_length_are_measured_as_the_library_does() {
    let mut decoder = Decoder::new(Kind::Opus).unwrap();
    let mut out = [0; SAMPLES_MAX];
    for toc in 0..=255u8 {
        for second in [1u8, 2, 3, 6, 12, 48, 0] {
            let packet = [toc, second, 0, 0];
            let theirs = opus::packet::get_nb_samples(&packet, SAMPLE_RATE).ok().filter(|&samples| samples > 0);
            assert_eq!(Kind::Opus.duration(&packet), theirs, "{toc:#x} {second}");
            let length = decoder.decode(&packet, &mut out);
            assert!(length == 0 || Some(length) == theirs);
        }
    }
    assert_eq!(Kind::Opus.duration(&[]), None);
    assert_eq!(Kind::G722.duration(&[0; 961]), None);
    assert_eq!(Kind::G722.duration(&[]), None);
}

#[test]
fn frames_of_60_and_120_ms_are_decoded_whole() {
    for frames in [3usize, 6] {
        let packets: Vec<Vec<u8>> = {
            let samples = sine(700.0, 8000.0, 8000.0, 16_000);
            let singles = encoded(Kind::Opus, &samples);
            let mut joined = Vec::new();
            for group in singles.chunks_exact(frames) {
                let mut repacketizer = opus::Repacketizer::new().unwrap();
                let parts: Vec<&[u8]> = group.iter().map(Vec::as_slice).collect();
                let mut out = [0; 2000];
                // Frames of other configurations cannot be joined.
                if let Ok(length) = repacketizer.combine(&parts, &mut out) {
                    joined.push(out[..length].to_vec());
                }
            }
            joined
        };
        assert!(packets.len() > 10);
        let heard = decoded(Kind::Opus, &packets);
        assert_eq!(heard.len(), packets.len() * frames * FRAME);
        let part = &heard[heard.len() - 4000..];
        assert!(power(part, 700.0, 8000.0) > 1.2e7);
    }
}

#[test]
fn another_stream_begins_clean() {
    for kind in KINDS {
        let packets = encoded(kind, &sine(700.0, 8000.0, 8000.0, 8000));
        let mut decoder = Decoder::new(kind).unwrap();
        let mut out = [0; SAMPLES_MAX];
        for packet in &packets {
            decoder.decode(packet, &mut out);
        }
        decoder.reset();
        let mut fresh = Decoder::new(kind).unwrap();
        let mut expected = [0; SAMPLES_MAX];
        for packet in &packets {
            assert_eq!(decoder.decode(packet, &mut out), fresh.decode(packet, &mut expected));
            assert_eq!(out, expected, "{kind:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Packets of rubbish between good ones: nothing panics, nothing grows, and good ones are still heard.
    #[test]
    fn anything_may_come(rubbish in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..1500), 1..20), lost in 0usize..5000) {
        for kind in KINDS {
            let mut decoder = Decoder::new(kind).unwrap();
            let mut out = [0; SAMPLES_MAX];
            for packet in &rubbish {
                prop_assert!(decoder.decode(packet, &mut out) <= SAMPLES_MAX);
                prop_assert!(decoder.conceal(Some(packet), lost, &mut out) <= SAMPLES_MAX);
                prop_assert!(decoder.conceal(None, lost, &mut out) <= SAMPLES_MAX);
            }
            let packets = encoded(kind, &sine(700.0, 8000.0, 8000.0, 3200));
            let mut all = Vec::new();
            for packet in &packets {
                let length = decoder.decode(packet, &mut out);
                all.extend(out[..length].iter().map(|&sample| f32::from(sample)));
            }
            prop_assert_eq!(all.len(), 3200);
            prop_assert!(power(&all[1600..], 700.0, 8000.0) > 1e7);
        }
    }

    #[test]
    fn any_samples_are_encoded(frames in prop::collection::vec(any::<i16>(), 160..1600), room in 0usize..400) {
        for kind in KINDS {
            let mut encoder = Encoder::new(kind).unwrap();
            let mut out = vec![0; room];
            for frame in frames.chunks_exact(FRAME) {
                let length = encoder.encode(frame.try_into().unwrap(), &mut out);
                prop_assert!(length <= room.min(PAYLOAD_MAX));
            }
        }
    }
}
