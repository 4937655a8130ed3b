//! The corpora, which stand in the root's `tests/corpus`, and messages of our own.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::path::PathBuf;

use bytes::Bytes;
use sip::message::Message;

/// A file of the corpus.
pub fn corpus(path: &str) -> Bytes {
    let file = folder(path);
    Bytes::from(std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display())))
}

/// Every file of one folder of the corpus, by name.
pub fn corpus_folder(name: &str) -> Vec<(String, Bytes)> {
    let mut files: Vec<_> = std::fs::read_dir(folder(name))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|file| file != "EXPECTED.md")
        .map(|file| (file.clone(), corpus(&format!("{name}/{file}"))))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{name} is empty");
    files
}

/// Every SIP message of the corpus and of [`phones`].
pub fn every_message() -> Vec<(String, Bytes)> {
    let corpora = ["rfc4475", "rfc5118-wire", "rfc3261-sec24"].into_iter().flat_map(corpus_folder);
    corpora.chain(phones().into_iter().map(|(name, bytes)| (name.to_owned(), bytes))).collect()
}

pub fn parse(bytes: impl Into<Bytes>) -> Message {
    Message::parse(bytes.into()).unwrap()
}

fn folder(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpus")).join(path)
}

/// What Japanese trunks and common phones send (JAPAN, PHONES), addresses and numbers made up.
pub fn phones() -> Vec<(&'static str, Bytes)> {
    vec![
        ("a carrier's INVITE", Bytes::from_static(CARRIER_INVITE)),
        ("a gateway's INVITE with a Shift_JIS name", Bytes::from_static(SHIFT_JIS_INVITE)),
        ("a browser phone's REGISTER", Bytes::from_static(BROWSER_REGISTER)),
        ("a softphone's BYE", Bytes::from_static(SOFTPHONE_BYE)),
        ("a trunk's forwarded INVITE", Bytes::from_static(FORWARDED_INVITE)),
        ("a phone's REFER with Replaces", Bytes::from_static(ATTENDED_REFER)),
    ]
}

pub const CARRIER_INVITE: &[u8] = b"INVITE sip:x7fq2@192.0.2.77:5060 SIP/2.0\r\n\
v: SIP/2.0/UDP 203.0.113.5:5060;branch=z9hG4bKnashds8\r\n\
Record-Route: <sip:203.0.113.5:5060;lr>\r\n\
f: \"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=ngn1\r\n\
t: <sip:0312345678@ntt-east.ne.jp>\r\n\
i: 4d2-99@203.0.113.5\r\n\
CSeq: 1 INVITE\r\n\
Max-Forwards: 60\r\n\
m: <sip:203.0.113.5:5060;transport=udp>\r\n\
k: timer,100rel\r\n\
x: 300;refresher=uac\r\n\
Min-SE: 300\r\n\
Allow: INVITE,ACK,BYE,CANCEL,PRACK,UPDATE\r\n\
P-Called-Party-ID: <sip:0312345678@ntt-east.ne.jp;user=phone>\r\n\
P-Asserted-Identity: <tel:+81901112222;cpc=ordinary>, <sip:+819011112222@ntt-east.ne.jp;user=phone>\r\n\
Privacy: id;header\r\n\
c: application/sdp\r\n\
l: 5\r\n\
\r\n\
v=0\r\n";

/// The name is さくら歯科 in Shift_JIS with ソ, whose second byte is a backslash, at its end.
pub const SHIFT_JIS_INVITE: &[u8] = b"INVITE sip:0312345678@192.0.2.77 SIP/2.0\r\n\
Via: SIP/2.0/UDP 198.51.100.9:5060;branch=z9hG4bK77;rport\r\n\
From: \"\x82\xb3\x82\xad\x82\xe7\x8e\x95\x89\xc8\x83\x5c\" <sip:0611112222@198.51.100.9>;tag=1\r\n\
To: <sip:0312345678@192.0.2.77>\r\n\
Call-ID: sjis-1\r\n\
CSeq: 102 INVITE\r\n\
Max-Forwards: 70\r\n\
Contact: \"\x83\x5c\" <sip:0611112222@198.51.100.9:5060>, \"b\" <sip:b@198.51.100.9>\r\n\
Content-Length: 0\r\n\
\r\n";

pub const BROWSER_REGISTER: &[u8] = b"REGISTER sip:desk.example.jp SIP/2.0\r\n\
Via: SIP/2.0/WSS hk3v9a.invalid;branch=z9hG4bK8231045\r\n\
Max-Forwards: 69\r\n\
To: <sip:hanako@desk.example.jp>\r\n\
From: \"\xe8\x8a\xb1\xe5\xad\x90\" <sip:hanako@desk.example.jp>;tag=uk3jh2\r\n\
Call-ID: 7c6q0p2\r\n\
CSeq: 1 REGISTER\r\n\
Contact: <sip:k2j@hk3v9a.invalid;transport=ws>;+sip.ice;reg-id=1;+sip.instance=\"<urn:uuid:5d8c0c2a-92ff-4a17-a9f1-6ee0b7a7a0f8>\";expires=600\r\n\
Expires: 600\r\n\
Allow: INVITE,ACK,CANCEL,BYE,UPDATE,MESSAGE,OPTIONS,REFER,INFO,NOTIFY\r\n\
Supported: path,gruu,outbound\r\n\
User-Agent: JsSIP 3.13.8\r\n\
Content-Length: 0\r\n\
\r\n";

pub const SOFTPHONE_BYE: &[u8] = b"BYE sip:192.0.2.77:5060;transport=tcp SIP/2.0\r\n\
Via: SIP/2.0/TCP [2001:db8::9]:41234;branch=z9hG4bK.q;alias;rport\r\n\
From: hanako <sip:hanako@desk.example.jp>;tag=a\r\n\
To: sip:0312345678@desk.example.jp;tag=b\r\n\
Call-ID: ~Lk\r\n\
CSeq: 22 BYE\r\n\
Reason: SIP ;cause=200 ;text=\"Call completed; elsewhere\", Q.850;cause=16\r\n\
\r\n";

pub const FORWARDED_INVITE: &[u8] = b"INVITE tel:+81312345678;phone-context=+81;npdi;rn=+81501111 SIP/2.0\r\n\
Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKa, SIP/2.0/UDP 198.51.100.8;branch=z9hG4bKb\r\n\
From: <sip:09011112222@198.51.100.7;user=phone>;tag=z\r\n\
To: <tel:0312345678>\r\n\
Call-ID: d1\r\n\
CSeq: 1 INVITE\r\n\
Diversion: <sip:0335556666@198.51.100.7>;reason=unconditional;counter=1,\r\n\
\x20<sip:0344445555@198.51.100.7>;reason=\"no-answer\"\r\n\
History-Info: <sip:0335556666@198.51.100.7?Reason=SIP%3Bcause%3D302>;index=1\r\n\
X-Carrier : \r\n\
Contact: <sip:198.51.100.7>\r\n\
Content-Length:0\r\n\
\r\n";

pub const ATTENDED_REFER: &[u8] = b"REFER sip:desk@192.0.2.77 SIP/2.0\r\n\
Via: SIP/2.0/UDP 198.51.100.20:5060;branch=z9hG4bKref;rport\r\n\
From: <sip:hanako@desk.example.jp>;tag=h\r\n\
To: <sip:desk@192.0.2.77>;tag=d\r\n\
Call-ID: ref-1\r\n\
CSeq: 3 REFER\r\n\
Refer-To: <sip:taro@desk.example.jp?Replaces=abc%40192.0.2.77%3Bto-tag%3D11%3Bfrom-tag%3D22>\r\n\
Contact: <sip:hanako@198.51.100.20>\r\n\
Content-Length: 0\r\n\
\r\n";
