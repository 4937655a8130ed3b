//! Where the fuzzer begins: the corpora of the tests, and stories from a seed.

use std::fs;
use std::path::{Path, PathBuf};

/// Writes the seeds of a target into the folder that `FUZZ_SEEDS` names, if it is set (see `scripts/fuzz`).
pub fn write(target: &str) {
    let Some(folder) = std::env::var_os("FUZZ_SEEDS").map(PathBuf::from) else { return };
    fs::create_dir_all(&folder).unwrap();
    for (name, bytes) in of(target, Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()) {
        fs::write(folder.join(name), bytes).unwrap();
    }
}

/// One target's seeds, by name. `root` is the folder of the whole project.
pub fn of(target: &str, root: &Path) -> Vec<(String, Vec<u8>)> {
    let messages = || ["rfc4475", "rfc5118-wire", "rfc3261-sec24"].into_iter().flat_map(|folder| files(root, folder));
    let seeds: Vec<(String, Vec<u8>)> = match target {
        "message" => messages().chain(named(&MULTIPART)).collect(),
        "framing" => messages().map(|(name, bytes)| (name, [b"\x00\x40", &bytes[..], b"\r\n\r\n"].concat())).collect(),
        "sdp" => {
            let bodies = messages().filter_map(|(name, bytes)| {
                let at = bytes.windows(4).position(|four| four == b"v=0\r")?;
                Some((name, bytes[at..].to_vec()))
            });
            bodies.chain(named(&SDP)).collect()
        }
        "digest" => named(&DIGEST).collect(),
        "telephone" => named(&NUMBERS).collect(),
        "rtp" | "rtcp" | "srtp" => vectors(root),
        "ice" => STUN.iter().zip(1..).map(|(text, number)| (format!("rfc5769-{number}"), unhex(text))).collect(),
        "switchboard" => super::switchboard::STORIES
            .iter()
            .zip(1..)
            .map(|(story, number)| (format!("story-{number}"), story.concat()))
            .collect(),
        _ => Vec::new(),
    };
    seeds.into_iter().chain(stories(target)).collect()
}

/// Bytes from a seed: for targets that read choices, a story each.
fn stories(target: &str) -> impl Iterator<Item = (String, Vec<u8>)> {
    let count = if matches!(target, "transactions" | "switchboard" | "rtp" | "rtcp" | "srtp" | "ice") { 24 } else { 0 };
    (1..=count).map(|seed: u64| {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let length = 32 << (seed % 5);
        (format!("seed-{seed}"), (0..length).map(|_| random.byte()).collect())
    })
}

/// xorshift64*: good enough to make a mess, and the same everywhere.
pub struct Random(pub u64);

impl Random {
    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 56) as u8
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        let number = (0..4).fold(0_usize, |number, _| number << 8 | usize::from(self.byte()));
        number % limit.max(1)
    }
}

fn files(root: &Path, folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder: PathBuf = root.join("tests/corpus").join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|extension| extension != "md"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

/// The packets of RFC 7714, which are written in hex.
fn vectors(root: &Path) -> Vec<(String, Vec<u8>)> {
    let is_hex =
        |word: &&str| word.len() >= 24 && word.len().is_multiple_of(2) && word.bytes().all(|b| b.is_ascii_hexdigit());
    files(root, "rfc7714")
        .into_iter()
        .flat_map(|(name, bytes)| {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let packets: Vec<_> = text.split_whitespace().filter(is_hex).map(unhex).collect();
            packets.into_iter().zip(1..).map(move |(packet, number)| (format!("{name}-{number}"), packet))
        })
        .collect()
}

fn unhex(word: &str) -> Vec<u8> {
    word.as_bytes()
        .chunks_exact(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

fn named<'a>(texts: &'a [&'a str]) -> impl Iterator<Item = (String, Vec<u8>)> + 'a {
    texts.iter().zip(1..).map(|(text, number)| (format!("text-{number}"), text.as_bytes().to_vec()))
}

const SDP: [&str; 5] = [
    "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0 8 101\r\n\
     a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n",
    "v=0\r\no=- 1 2 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0\r\n",
    "v=0\r\no=- 1 1 IN IP6 2001:db8::9\r\ns=-\r\nt=0 0\r\nm=video 30000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n\
     m=audio 20000 RTP/SAVP 8\r\nc=IN IP6 2001:db8::9\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n\
     m=audio 20002 RTP/AVP 8\r\nc=IN IP6 2001:db8::9\r\na=rtcp:20009 IN IP6 2001:db8::a\r\na=inactive\r\n",
    "v=0\no=x 1 1 IN IP4 pc.example\ns= \nc=IN IP4 224.2.1.1/127\nt=0 0\nm=audio 49170/2 RTP/AVP 3\n",
    "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\n\
     a=mid:0\r\na=rtcp-mux\r\na=setup:actpass\r\na=ice-ufrag:x\r\na=rtpmap:111 opus/48000/2\r\n",
];

const MULTIPART: [&str; 1] = [
    "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n\
     To: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nContent-Type: multipart/mixed;boundary=\"x\"\r\nContent-Length: 92\r\n\
     \r\n--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n--x\r\nContent-Disposition: render\r\n\r\n\r\n--x--\r\n",
];

const DIGEST: [&str; 5] = [
    "Digest realm=\"denwaban\", nonce=\"abc\", algorithm=MD5, qop=\"auth,auth-int\", opaque=\"\", stale=FALSE",
    "Digest realm=\"a \\\"b\\\" c\", nonce=\"x\", algorithm=SHA-256-sess, qop=\"auth-int\", domain=\"sip:a\"",
    "Digest nonce=x,realm=y",
    "Digest username=\"hanako\", realm=\"denwaban\", nonce=\"abc\", uri=\"sip:denwaban\", \
     response=\"0123456789abcdef0123456789abcdef\", algorithm=MD5, cnonce=\"c\", opaque=\"\", qop=auth, nc=00000001",
    "Digest username=\"hanako\", realm=\"denwaban\", nonce=\"abc\", uri=\"*\", response=\"00\"",
];

const NUMBERS: [&str; 11] = [
    "010 1 860 055 0123",
    "0312345678",
    "+81 (0)3-1234-5678",
    "184 090-1234-5678",
    "tel:+81312345678;phone-context=+81;npdi;rn=+81501111",
    "０９０－１２３４－５６７８",
    "010 1 415 555 0123",
    "0091-20-5551234",
    "Anonymous<anonymous@anonymous.invalid",
    "0570000111;user=phone",
    "02001234567890",
];

/// RFC 5769, sections 2.1 to 2.3, and a check as Chromium writes it.
const STUN: [&str; 4] = [
    "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff80290008932ff9b151263b36\
     000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf",
    "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643000800142b91f599fd9e90c3\
     8c7489f92af9ba53f06be7d780280004c07d4c96",
    "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9\
     00080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c",
    "000100482112a442b7e7a701bc34d686fa87dfae000600096576746a3a68367659000000c05700040001000a802a00080000000000000001\
     00250000002400046e7f1eff000800140000000000000000000000000000000000000000",
];
