//! Prompts from files, from a command, from nothing.

use super::own::Source;
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
    assert_eq!(built_in::all().map(|(name, _)| name), built_in::NAMES);
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

fn own(folder: &Path) -> Prompts {
    let script = "cat > /dev/null; cp \"$0\" \"$1\"";
    let voice = folder.join("voice.wav");
    write_wav(&voice, 16_000, 1, 16, 700.0);
    let config = PromptsConfig {
        folder: Some(folder.join("prompts")),
        cache: Some(folder.join("cache")),
        command: vec!["/bin/sh".into(), "-c".into(), script.into(), voice.display().to_string(), "{out}".into()],
    };
    Prompts::open(config).unwrap()
}

#[test]
fn what_a_house_has_recorded_is_played_listed_renamed_removed_and_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let prompts = own(folder.path());
    prompts.speak("customer/1/name", "さくら歯科").unwrap();
    let file = folder.path().join("in.wav");
    write_wav(&file, 44_100, 2, 16, 1000.0);
    let note =
        Note {
            label: "院長の声".into(), source: Source::Recorded, by: "hanako".into(), at_ms: 7, ..Note::default()
        };
    let kept = prompts.keep("customer/1/name", &fs::read(&file).unwrap(), note.clone()).unwrap();
    assert_eq!((kept.origin, kept.length_ms, kept.note.as_ref()), (Origin::Own, Some(1000), Some(&note)));
    assert_eq!((kept.words.as_deref(), kept.has_fallback), (Some("さくら歯科"), true));
    assert!(power(&heard(&prompts, "customer/1/name")[400..7600], 1000.0) > 1e7);
    assert_eq!(prompts.list(Some(1)), [kept]);
    assert!(prompts.list(None).iter().all(|prompt| prompt.origin == Origin::BuiltIn));
    // What comes back is a WAV file of it.
    let again = wav::decode(&prompts.wav("customer/1/name").unwrap()).unwrap();
    assert_eq!(again.len(), 8000);
    // Another process has it, and its note, and does not speak over it.
    let next = own(folder.path());
    next.speak("customer/1/name", "さくら歯科").unwrap();
    assert_eq!(next.one("customer/1/name").unwrap().note.unwrap().label, "院長の声");
    // Typed words become a file like any other; hold music is built in again when one's own is gone.
    let typed = Note { source: Source::Typed, text: "お待ちください".into(), ..Note::default() };
    next.keep_words("hold-music", typed).unwrap();
    assert!(power(&heard(&next, "hold-music")[400..7600], 700.0) > 1e7);
    assert!(matches!(next.rename("hold-music", "customer/1/name", ""), Err(PromptError::Taken(_))));
    let renamed = next.rename("hold-music", "our-music", "本社").unwrap();
    assert_eq!((renamed.name.as_str(), renamed.note.unwrap().text.as_str()), ("our-music", "お待ちください"));
    assert!(next.samples("hold-music").unwrap() > 8 * 8000, "the built-in melody");
    next.remove("our-music").unwrap();
    assert!(!next.contains("our-music") && next.one("our-music").is_none());
    assert!(matches!(next.remove("our-music"), Err(PromptError::Unknown(_))));
    next.remove("customer/1/name").unwrap();
    wait_for(&next, "customer/1/name");
    assert!(power(&heard(&next, "customer/1/name")[400..7600], 700.0) > 1e7, "spoken again");
}

#[test]
fn r18_a_prompts_name_leads_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let prompts = own(folder.path());
    let file = fs::read(folder.path().join("voice.wav")).unwrap();
    for evil in ["", "/", "../a", "a/../b", "/etc/passwd", "a//b", "A", "a.b", "a\0", "a/b/c/d/e", "-a", "名前", ".a"]
    {
        let refused = prompts.keep(evil, &file, Note::default());
        assert!(matches!(refused, Err(PromptError::BadName(_))), "{evil}");
        assert!(matches!(prompts.remove(evil), Err(PromptError::BadName(_))), "{evil}");
    }
    assert!(!folder.path().join("prompts").exists());
}

#[test]
fn what_is_no_wav_is_named_and_telephone_wav_is_taken() {
    for (bytes, named) in [
        (&b"ID3\x04"[..], "MP3"),
        (b"OggS\0\x02", "Ogg"),
        (b"\0\0\0\x20ftypM4A ", "M4A"),
        (b"\x1a\x45\xdf\xa3", "WebM"),
        (b"<!doctype html>", "web page"),
        (b"hello", "no WAV"),
        (b"", "no WAV"),
    ] {
        let why = wav::decode(bytes).unwrap_err();
        assert!(why.contains(named), "{why}");
    }
    let tone: Vec<i16> = rtp::tone::sine(1000.0, 8000.0, 8000);
    for (tag, encode) in [(6_u16, g711::a_encode as fn(i16) -> u8), (7, g711::mu_encode)] {
        let data: Vec<u8> = tone.iter().map(|&sample| encode(sample)).collect();
        let mut file = b"RIFF\0\0\0\0WAVEfmt \x12\0\0\0".to_vec();
        file.extend(tag.to_le_bytes());
        file.extend([1, 0, 0x40, 0x1f, 0, 0, 0x40, 0x1f, 0, 0, 1, 0, 8, 0, 0, 0]);
        // A chunk that says nothing, of odd length, and its pad.
        file.extend(b"note\x03\0\0\0abc\0data");
        file.extend(8000_u32.to_le_bytes());
        file.extend(data);
        let samples: Vec<f32> = wav::decode(&file).unwrap().into_iter().map(f32::from).collect();
        assert_eq!(samples.len(), 8000);
        assert!(power(&samples[400..7600], 1000.0) > 0.95 * power_of(&samples[400..7600]), "format {tag}");
    }
    let spec =
        hound::WavSpec { channels: 1, sample_rate: 2000, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut slow = std::io::Cursor::new(Vec::new());
    hound::WavWriter::new(&mut slow, spec).unwrap().finalize().unwrap();
    assert!(wav::decode(slow.get_ref()).unwrap_err().contains("2000 Hz"));
    // What is too long is refused by its header, before anything is decoded: there is nothing behind this one.
    let mut long =
        b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data".to_vec();
    long.extend((600 * 8_000_u32).to_le_bytes());
    assert!(wav::decode(&long).unwrap_err().contains("longer than 600 s"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.wav");
    std::fs::File::create(&path).unwrap().set_len((256 << 20) + 1).unwrap();
    assert!(wav::read(&path).unwrap_err().to_string().contains("larger than 256 MB"));
}
