//! One source after another into a mix, turn by turn.

use super::*;

const A: LegId = LegId(1);
const B: LegId = LegId(2);

/// A packet of which every sample is `level`.
fn says(mixer: &mut Mixer, of: LegId, timestamp: u32, level: i16) {
    mixer.hear(of, 7, timestamp, [level; FRAME].into_iter());
}

fn frame(n: u32) -> u32 {
    (u32::MAX - 1000).wrapping_add(n * FRAME as u32)
}

/// The level of a turn, which must be the same all through.
fn level(mixer: &mut Mixer) -> i16 {
    let turn = mixer.turn();
    assert!(turn.iter().all(|sample| *sample == turn[0]), "{turn:?}");
    turn[0]
}

#[test]
fn the_sum_of_all_is_heard_two_frames_later_and_cut_off_where_it_is_too_loud() {
    let mut mixer = Mixer::new(&[A, B, A], None);
    assert_eq!(mixer.sources().collect::<Vec<_>>(), [A, B]);
    let mut heard = Vec::new();
    for n in 0..6 {
        says(&mut mixer, A, frame(n), 1000 * n as i16);
        says(&mut mixer, B, 5000 + n * 160, if n == 5 { 30_000 } else { 7 });
        says(&mut mixer, LegId(9), 0, 500);
        heard.push(level(&mut mixer));
    }
    says(&mut mixer, A, frame(6), 0);
    heard.extend((0..4).map(|_| level(&mut mixer)));
    assert_eq!(heard, [0, 0, 7, 1007, 2007, 3007, 4007, i16::MAX, 0, 0]);
}

#[test]
fn order_and_doubles_do_not_matter_the_late_are_dropped_and_a_lost_frame_is_silence() {
    let mut mixer = Mixer::new(&[A], None);
    let mut heard = Vec::new();
    let comes: [&[u32]; 8] = [&[0], &[2, 1, 1], &[], &[5], &[5], &[6], &[7, 3], &[8]];
    for packets in comes {
        for &n in packets {
            says(&mut mixer, A, frame(n), n as i16 + 1);
        }
        heard.push(level(&mut mixer));
    }
    // 4 was lost, 3 came when it was over.
    assert_eq!(heard, [0, 0, 1, 2, 3, 0, 0, 6]);
}

#[test]
fn a_pause_ends_and_nothing_of_before_it_is_heard_again() {
    let mut mixer = Mixer::new(&[A], None);
    for n in 0..3 {
        says(&mut mixer, A, frame(n), 5);
    }
    let heard: Vec<i16> = (0..8).map(|_| level(&mut mixer)).collect();
    assert_eq!(heard, [0, 0, 5, 5, 5, 0, 0, 0]);
    says(&mut mixer, A, frame(1), 5);
    assert_eq!((0..4).map(|_| level(&mut mixer)).max(), Some(0), "what comes too late is not heard");
    says(&mut mixer, A, frame(90), 6);
    assert_eq!((0..4).map(|_| level(&mut mixer)).collect::<Vec<_>>(), [0, 0, 6, 0]);
}

#[test]
fn w09_another_ssrc_and_a_clock_that_jumps_begin_anew() {
    let mut mixer = Mixer::new(&[A], None);
    for n in 0..5 {
        says(&mut mixer, A, frame(n), 5);
        mixer.turn();
    }
    mixer.hear(A, 99, 77, [8; FRAME].into_iter());
    assert_eq!((0..3).map(|_| level(&mut mixer)).collect::<Vec<_>>(), [0, 0, 8]);
    for jump in [77 + 50_000, 77] {
        mixer.hear(A, 99, jump, [9; FRAME].into_iter());
        assert_eq!((0..4).map(|_| level(&mut mixer)).collect::<Vec<_>>(), [0, 0, 9, 0], "{jump}");
    }
}

#[test]
fn packets_of_any_length_are_heard_without_a_gap() {
    for length in [80usize, 160, 240, 480, 800, 1440] {
        let mut mixer = Mixer::new(&[A], None);
        let (mut sent, mut silent) = (0usize, 0);
        for turn in 1..400usize {
            // Whoever packs long frames sends them when they are full.
            while sent + length <= turn * FRAME + length {
                mixer.hear(A, 7, sent as u32, std::iter::repeat_n(100i16, length));
                sent += length;
            }
            let heard = mixer.turn();
            silent += usize::from(turn > 4 && heard.contains(&0));
        }
        assert_eq!(silent, 0, "{length}");
    }
}

#[test]
fn what_is_ordered_anew_goes_on_without_a_gap() {
    let mut mixer = Mixer::new(&[A], None);
    for n in 0..10 {
        says(&mut mixer, A, frame(n), 5);
        mixer.turn();
    }
    let mut mixer = Mixer::new(&[B, A], Some(mixer));
    says(&mut mixer, A, frame(10), 5);
    assert_eq!(level(&mut mixer), 5);
    mixer.leave(A);
    assert!(!mixer.hears(A) && mixer.hears(B));
    assert_eq!(level(&mut mixer), 0);
}

/// Six minutes of a source whose clock is wrong by `ppm`, saying `speech` for a second and nothing for the next: the longest
/// and the shortest time in samples that anything waited, and how many frames of speech were not heard as they were said.
fn minutes(ppm: i64, speech: i16, silence: i16) -> (u32, u32, usize) {
    let mut mixer = Mixer::new(&[A], None);
    let (mut sent, mut most, mut least, mut spoken, mut heard) = (0u32, 0, u32::MAX, 0, 0);
    for turn in 1..18_000i64 {
        let due = turn * 160 * (1_000_000 + ppm) / 1_000_000;
        while i64::from(sent) + 160 <= due {
            let level = if sent / 8000 % 2 == 0 { speech } else { silence };
            spoken += usize::from(level == speech);
            says(&mut mixer, A, sent, level);
            sent += 160;
        }
        if turn > 10 {
            let waits = mixer.ears[0].waiting();
            (most, least) = (most.max(waits), least.min(waits));
        }
        heard += mixer.turn().iter().filter(|sample| **sample == speech).count();
    }
    (least, most, (spoken * FRAME).abs_diff(heard).div_ceil(FRAME))
}

#[test]
fn a_clock_that_is_wrong_neither_fills_nor_empties_the_ring_and_costs_no_speech() {
    for ppm in [-3000, -300, 0, 300, 3000] {
        let (least, most, lost) = minutes(ppm, 8000, 20);
        assert!(least > 0 && most <= 5 * FRAME as u32 + 160, "{ppm}: {least} to {most}");
        // What is still on its way at the end.
        assert!(lost <= 4, "{ppm}: {lost} frames");
    }
}

#[test]
fn who_never_falls_silent_is_followed_too() {
    for ppm in [-3000, 3000] {
        let (_, most, lost) = minutes(ppm, 8000, 8000);
        assert!(most <= FAR_AHEAD + 320, "{ppm}: {most}");
        // That are 54 frames; one that runs dry also fills its ring again.
        assert!(lost <= 60, "{ppm}: {lost} frames");
    }
}
