//! Prompts from files, from a command, from nothing.

use super::*;
use rtp::dtmf::power;

fn heard(prompts: &Prompts, name: &str) -> Vec<f32> {
    let asset = prompts.asset(name).unwrap();
    asset.mu.iter().map(|&byte| f32::from(g711::mu_decode(byte))).collect()
}

fn write_wav(path: &Path, rate: u32, channels: u16, bits: u16, hz: f64) {
    let spec =
        hound::WavSpec { channels, sample_rate: rate, bits_per_sample: bits, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    let top = f64::from(1u32 << (bits - 1)) * 0.4;
    for n in 0..rate {
        for _ in 0..channels {
            let sample = (std::f64::consts::TAU * hz * f64::from(n) / f64::from(rate)).sin() * top;
            writer.write_sample(sample as i32).unwrap();
        }
    }
    writer.finalize().unwrap();
}

#[test]
fn every_usual_rate_and_shape_sounds_the_same() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("customer/12")).unwrap();
    let shapes = [(8000, 1, 16), (8000, 2, 8), (16_000, 1, 16), (22_050, 1, 16), (44_100, 2, 16), (48_000, 2, 24)];
    for (n, (rate, channels, bits)) in shapes.into_iter().enumerate() {
        write_wav(&folder.path().join(format!("customer/12/{n}.wav")), rate, channels, bits, 1000.0);
    }
    fs::write(folder.path().join("broken.wav"), b"RIFF").unwrap();
    let prompts =
        Prompts::open(PromptsConfig { folder: Some(folder.path().into()), ..PromptsConfig::default() }).unwrap();
    for n in 0..shapes.len() {
        let samples = heard(&prompts, &format!("customer/12/{n}"));
        assert!((7990..=8000).contains(&samples.len()), "{n}: {}", samples.len());
        let (tone, total) = (power(&samples[400..7600], 1000.0), power_of(&samples[400..7600]));
        assert!((tone / 8.6e7 - 1.0).abs() < 0.05, "{n}: level {tone}");
        assert!(tone > 0.98 * total, "{n}: purity {}", tone / total);
    }
    assert!(!prompts.contains("broken"));
}

#[test]
fn what_telephones_cannot_carry_does_not_fold_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("high.wav");
    write_wav(&path, 48_000, 1, 16, 6000.0);
    let prompts = Prompts::built_in().unwrap();
    prompts.load("high", &path).unwrap();
    assert!(power_of(&heard(&prompts, "high")[400..7600]) < 1000.0);
}

fn power_of(samples: &[f32]) -> f32 {
    samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32
}

#[test]
fn the_built_in_prompts_are_what_they_should_be() {
    let prompts = Prompts::built_in().unwrap();
    assert!(power(&heard(&prompts, "beep"), 1000.0) > 1e7);
    assert!(power_of(&heard(&prompts, "silence")) == 0.0);
    assert_eq!(prompts.samples("ringback"), Some(24_000));
    let music = heard(&prompts, "hold-music");
    assert!(music.len() > 8 * 8000);
    // It never falls silent, not at the seam either, and nothing jumps there.
    let looped: Vec<f32> = music.iter().chain(&music[..8000]).copied().collect();
    assert!(looped.chunks(4000).all(|part| power_of(part) > 1e4));
    assert!((music[0] - music[music.len() - 1]).abs() < 2500.0);
    // A melody, not a tone: many pitches.
    let pitches = [349.2, 440.0, 523.3, 659.3, 329.6, 392.0, 493.9];
    assert!(pitches.iter().filter(|&&hz| power(&music, hz) > 1e3).count() >= 5);
}

#[test]
fn a_text_is_spoken_once_and_then_kept() {
    let folder = tempfile::tempdir().unwrap();
    let voice = folder.path().join("voice.wav");
    write_wav(&voice, 16_000, 1, 16, 700.0);
    let count = folder.path().join("count");
    let script = format!("cat > /dev/null; echo x >> {}; cp {} \"$1\"", count.display(), voice.display());
    let config = PromptsConfig {
        folder: None,
        cache: Some(folder.path().join("cache")),
        command: ["/bin/sh", "-c", &script, "sh", "{out}"].map(String::from).to_vec(),
    };
    for round in 0..2 {
        let prompts = Prompts::open(config.clone()).unwrap();
        prompts.speak("customer/1/name", "さくら歯科").unwrap();
        wait_for(&prompts, "customer/1/name");
        assert!(power(&heard(&prompts, "customer/1/name")[400..7600], 700.0) > 1e7, "round {round}");
    }
    assert_eq!(fs::read_to_string(&count).unwrap().lines().count(), 1);
}

#[test]
fn a_voice_that_fails_leaves_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let voice = folder.path().join("voice.wav");
    write_wav(&voice, 8000, 1, 16, 700.0);
    let script = format!("if [ \"$1\" = good ]; then cat {}; else exit 3; fi", voice.display());
    let config = PromptsConfig {
        folder: None,
        cache: Some(folder.path().join("cache")),
        command: ["/bin/sh", "-c", &script, "sh", "{text}"].map(String::from).to_vec(),
    };
    let prompts = Prompts::open(config).unwrap();
    prompts.speak("bad", "bad").unwrap();
    prompts.speak("good", "good").unwrap();
    wait_for(&prompts, "good");
    assert!(!prompts.contains("bad"));
    assert!(matches!(prompts.speak("long", &"x".repeat(5000)), Err(PromptError::TooLong(5000))));
    assert!(matches!(Prompts::built_in().unwrap().speak("a", "b"), Err(PromptError::NoVoice)));
}

fn wait_for(prompts: &Prompts, name: &str) {
    let deadline = crate::clock::now() + 20_000 * crate::clock::MILLISECOND;
    while !prompts.contains(name) {
        assert!(crate::clock::now() < deadline, "{name} never came");
        crate::clock::sleep_until(crate::clock::now() + 5 * crate::clock::MILLISECOND);
    }
}
