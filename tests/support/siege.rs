//! The oracle that every attack shares: a house at work, with an operator's phone and a caller who are heard, and a passer-by who asks
//! again and again whether anybody is there. Whatever is done to the house meanwhile, they notice nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use sip::message::Method;

use super::audio::{CALLER_HZ, OPERATOR_HZ, seconds_of};
use super::baresip::Baresip;
use super::house::{House, Operator, SOON};
use super::peer::Peer;
use super::{pause, ports, until};

/// The passer-by's address: nobody else's.
const PASSER_BY: &str = "127.0.0.250";

/// Memory that may stay behind, beside a tenth of what it was: allocators keep pages, and call records were written.
const MEMORY_SLACK: usize = 24 << 20;

/// What is heard of a reference call at least, in seconds, by each side.
const HEARD_MIN: f32 = 1.0;

/// A house under attack.
pub struct Siege {
    /// The house: client firm さくら歯科 at 03-5550-0101, one operator, one trunk, and whatever the test adds.
    pub house: House,
    /// The operator whose phone answers by itself.
    pub operator: Operator,
    phone: Baresip,
    caller: Baresip,
    calls: usize,
    besides: usize,
    memory: usize,
    passer_by: PasserBy,
}

impl Siege {
    /// A house in which a call has been made already.
    pub fn begin() -> Siege {
        Self::begin_in(House::start())
    }

    /// The same in this house.
    pub fn begin_in(house: House) -> Siege {
        house.firm("sakura", "さくら歯科", "0355500101", json!({ "needs": ["sakura"] }));
        let operator = house.operator_with("101", json!({ "skills": [["sakura", 5]] }));
        let trunk = ports::free_block(2);
        house.trunk("carrier", trunk, json!({}));
        let phone = house.phone(&operator, OPERATOR_HZ, true);
        let caller = house.outside("09011112222", trunk, CALLER_HZ, true);
        let passer_by = PasserBy::start(&house.sip);
        let mut siege = Siege { house, operator, phone, caller, calls: 0, besides: 0, memory: 0, passer_by };
        siege.call(|_| ());
        siege.memory = siege.house.memory();
        siege
    }

    /// A reference call: caller, firm's number, operator, both heard, recorded, one record. `attack` happens while they talk.
    pub fn call<T>(&mut self, attack: impl FnOnce(&House) -> T) -> T {
        self.caller.command("dial", &format!("sip:0355500101@{}", self.house.sip));
        self.phone.wait("CALL_ESTABLISHED");
        self.caller.wait("CALL_ESTABLISHED");
        let found = attack(&self.house);
        pause(Duration::from_millis(3000)); // three times what must be heard: the machine may stand still for a while
        self.caller.command("hangup", "");
        self.phone.wait("CALL_CLOSED");
        self.house.until_operator(self.operator.id, "ready");
        self.calls += 1;
        let nth = self.calls - 1;
        for (who, ear, voice, own) in [
            ("the caller", &self.caller, OPERATOR_HZ, CALLER_HZ),
            ("the operator", &self.phone, CALLER_HZ, OPERATOR_HZ),
        ] {
            // The file is complete a moment after the call.
            let what = format!("{who} has heard the other for {HEARD_MIN} s in call {nth}");
            let heard =
                until(&what, SOON, || ear.heard().into_iter().nth(nth).filter(|h| seconds_of(h, voice) > HEARD_MIN));
            assert_eq!(seconds_of(&heard, own), 0.0, "{who} heard an echo in call {nth}");
        }
        found
    }

    /// The end: the house is alive, answers OPTIONS and did all the while, takes one more call, is idle, has one record and one
    /// recording for each call and no others, and has its memory back.
    pub fn stands(mut self) -> House {
        self.call(|_| ());
        self.passer_by.stop();
        self.house.assert_idle();
        let record = self.house.finished(self.calls + self.besides);
        assert!(!record["recording"].is_null(), "{record}");
        let most = self.memory + self.memory / 10 + MEMORY_SLACK;
        until(&format!("memory is back at {} MiB", most >> 20), SOON, || {
            let now = self.house.memory();
            (now <= most).then_some(()).or_else(|| {
                eprintln!("memory: {} MiB", now >> 20);
                pause(Duration::from_secs(1));
                None
            })
        });
        self.house
    }

    /// The phone of an operator who has the calls to 03-5550-0199 and no others: it sees what is sent to phones.
    pub fn witness(&self) -> Peer {
        let second = self.house.operator_with("102", json!({ "skills": [["witness", 5]] }));
        self.house.firm("witness", "Witness", "0355500199", json!({ "needs": ["witness"], "ring_seconds": 60 }));
        let mut phone = Peer::bind(0, &self.house.sip);
        phone.register(&second.login, &second.password);
        self.house.until_operator(second.id, "ready");
        phone
    }

    /// What is held now is no leak: later memory is compared with this. For attacks that make the house grow once.
    pub fn remember_memory(&mut self) {
        self.memory = self.house.memory();
    }

    /// So many calls that are not the siege's own have left a record.
    pub fn besides(&mut self, calls: usize) {
        self.besides += calls;
    }
}

/// Asks by OPTIONS without pause, as RFC 3261 17.1.2 has it: again after T1 and 2*T1 where no answer comes.
struct PasserBy {
    over: Arc<AtomicBool>,
    asks: Option<std::thread::JoinHandle<(u32, u32)>>,
}

impl PasserBy {
    fn start(switch: &str) -> PasserBy {
        let over = Arc::new(AtomicBool::new(false));
        let (until_over, switch) = (over.clone(), switch.to_owned());
        let asks = std::thread::spawn(move || {
            let mut peer = Peer::bind_at(PASSER_BY, 0, &switch);
            let (mut asked, mut answered) = (0, 0);
            while !until_over.load(Ordering::Relaxed) {
                asked += 1;
                answered += u32::from(is_there(&mut peer));
                pause(Duration::from_millis(250));
            }
            (asked, answered)
        });
        PasserBy { over, asks: Some(asks) }
    }

    fn stop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let Some(asks) = self.asks.take() else { return };
        let (asked, answered) = asks.join().expect("the passer-by");
        assert!(asked > 0 && answered == asked, "{answered} of {asked} OPTIONS were answered");
    }
}

impl Drop for PasserBy {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// Whether the house answers an OPTIONS with 200, sent up to four times.
pub fn is_there(peer: &mut Peer) -> bool {
    let options = peer.outside(&Method::Options, "house").finish();
    let call_id = options.call_id().expect("a Call-ID").to_owned();
    let begun = Instant::now();
    for wait in [500, 1000, 2000, 4000] {
        peer.send(&options);
        let fits = |m: &sip::message::Message| m.status() == Some(200) && m.call_id().is_ok_and(|id| id == call_id);
        if peer.sees(Duration::from_millis(wait), fits) {
            return true;
        }
    }
    eprintln!("no answer to OPTIONS within {:?}", begun.elapsed());
    false
}
