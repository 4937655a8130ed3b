//! The house that is simulated: firms, operators, trunks, and the switch's own addresses.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use acd::{OperatorId, RingPlan};
use endpoint::{Account, AccountId, DigestPolicy, Extractor, Hop, Listener, Trunk, TrunkId};
use sip::digest::{Algorithm, ha1};
use sip::flow::Protocol;
use switch::calendar::{Calendar, Closed, Hours, Time, Week};
use switch::directory::{Customer, CustomerId, Directory, Operator, Settings, Target, TransferPolicy};
use switch::{AbandonedPolicy, Tell, WaitingPolicy};

use crate::chance::Chance;

/// Our address, for every transport.
pub const HOUSE: &str = "192.0.2.1:5060";
/// Digest realm.
pub const REALM: &str = "house.test";
/// Every phone's password.
pub const PASSWORD: &str = "secret";
/// Where our voice ports are.
pub const RTP_PORTS: std::ops::RangeInclusive<u16> = 40_000..=40_399;
/// Numbers that firms forward to, and one that is nobody's.
pub const DIALLED: [&str; 4] = ["0312345678", "0312340000", "0311110000", "0399999999"];
/// Numbers of the firms' people.
pub const MOBILES: [&str; 2] = ["09011112222", "08033334444"];
/// Operators, by row.
pub const OPERATORS: [&str; 3] = ["hanako", "taro", "jiro"];
/// No call is longer, whatever happens: so that every history ends.
pub const CALL_SECONDS_MAX: u32 = 240;

/// An address that is written here.
///
/// Never `None` for the constants of this crate; a wrong one would be seen at once, as a history in which nothing happens.
pub fn address(text: &str) -> SocketAddr {
    text.parse().unwrap_or_else(|_| SocketAddr::from(([0, 0, 0, 0], 0)))
}

/// The switch's sockets.
pub fn listeners() -> Vec<Listener> {
    let local = address(HOUSE);
    [Protocol::Udp, Protocol::Tcp].map(|protocol| Listener { protocol, local, public: local }).to_vec()
}

/// Where a carrier is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Carrier {
    /// What it speaks.
    pub protocol: Protocol,
    /// Its proxy.
    pub address: SocketAddr,
}

/// Firms, operators and these trunks.
pub fn directory(carriers: &[Carrier], chance: &mut Chance) -> Directory {
    let customers = [
        Customer {
            abandoned: AbandonedPolicy::CallBack,
            waiting: waiting(15, Tell::Nothing),
            ..customer(1, "sakura-dental", "さくら歯科", TransferPolicy::Always, RingPlan::RingAll)
        },
        Customer {
            waiting: WaitingPolicy { callback: true, ..waiting(2, Tell::Position) },
            ..customer(2, "yamada-law", "山田法律事務所", TransferPolicy::Never, RingPlan::LongestIdle)
        },
        Customer {
            waiting: WaitingPolicy { message_after_seconds: Some(6), ..waiting(4, Tell::ExpectedWait) },
            calendar: Arc::new(calendar(chance)),
            ..customer(3, "kita-denki", "北電気", TransferPolicy::UrgentOnly, RingPlan::LongestIdle)
        },
    ];
    let operators = OPERATORS.iter().zip(1..).map(|(name, id)| {
        let operator = operator(name, id, chance);
        (operator.id, Arc::new(operator))
    });
    let operators = operators.collect();
    let trunks = carriers.iter().zip(1..).map(|(carrier, id)| trunk(id, *carrier, chance)).collect();
    Directory {
        customers: customers.into_iter().map(|customer| (customer.id, Arc::new(customer))).collect(),
        dids: DIALLED
            .iter()
            .zip(1..=3)
            .filter_map(|(did, customer)| Some((did.parse().ok()?, CustomerId(customer))))
            .collect(),
        operators,
        trunks,
        settings: Settings { call_seconds_max: CALL_SECONDS_MAX, ..Settings::default() },
        shut: Vec::new(),
    }
}

/// Open at all times, or closed on the day of the history in one of the ways there are.
fn calendar(chance: &mut Chance) -> Calendar {
    let when_closed = chance.of(Closed::AnswerAsUsual, &[Closed::Announce, Closed::MessageBox]);
    let open_on = Hours::new(Time::START, Time::END).filter(|_| chance.percent(15));
    let week = Week { mon: open_on.into_iter().collect(), ..Week::default() };
    Calendar { week, when_closed, ..Calendar::default() }
}

/// Announced after so long, and told of the turn.
fn waiting(announce_after: u16, tell: Tell) -> WaitingPolicy {
    WaitingPolicy { announce_after_seconds: Some(announce_after), tell, every_seconds: 10, ..WaitingPolicy::default() }
}

fn operator(name: &str, id: i64, chance: &mut Chance) -> Operator {
    let user = user(id);
    let hash = |algorithm| ha1(&user, REALM, PASSWORD, algorithm).as_hex().to_owned();
    Operator {
        id: OperatorId(id),
        account: Account {
            id: AccountId(id),
            ha1_md5: hash(Algorithm::Md5),
            ha1_sha256: hash(Algorithm::Sha256),
            user,
            digest: chance.of(DigestPolicy::Md5, &[DigestPolicy::Sha256, DigestPolicy::Both]),
        },
        name: name.to_owned(),
        skills: Vec::new(),
        wrap_up: chance.between_ms(0, 8_000),
        srtp: switch::SrtpPolicy::Preferred,
        ready_on_register: true,
        tier: acd::Tier::Operator,
        teams: Vec::new(),
        rank: 0,
        customers: Default::default(),
        unread: Default::default(),
        wrap_up_max: Duration::ZERO,
    }
}

/// An operator's account name.
pub fn user(operator: i64) -> String {
    format!("{}", 100 + operator)
}

fn customer(id: i64, code: &str, name: &str, transfer: TransferPolicy, plan: RingPlan) -> Customer {
    let [first, second] = MOBILES;
    let target = |name: &str, number: &str| Target {
        name: name.to_owned(),
        number: number.strip_prefix('0').map(|rest| format!("81{rest}")).unwrap_or_default(),
        ring_seconds: 15,
    };
    Customer {
        id: CustomerId(id),
        code: code.to_owned(),
        name: name.to_owned(),
        reading: String::new(),
        greeting: format!("{name}でございます"),
        manual: String::new(),
        needs: Vec::new(),
        plan: Arc::new(plan),
        ring: Duration::from_secs(9),
        priority: 0,
        transfer,
        targets: vec![target("院長", first), target("受付", second)],
        greetings: Vec::new(),
        notice_phones: Vec::new(),
        whisper: true,
        waiting: WaitingPolicy::ringing_only(),
        abandoned: AbandonedPolicy::Report,
        team: None,
        calendar: Arc::default(),
    }
}

fn trunk(id: i64, carrier: Carrier, chance: &mut Chance) -> Trunk {
    let hop = Hop { protocol: carrier.protocol, address: carrier.address };
    Trunk {
        provider: "carrier".to_owned(),
        priority: u16::try_from(id).unwrap_or(1),
        extractors: vec![Extractor::To, Extractor::RequestUri],
        caller_id: "0398765432".to_owned(),
        compact: chance.percent(30),
        session_expires: chance.percent(60).then_some(Duration::from_secs(90)),
        probe: chance.percent(30).then_some(Duration::from_secs(30)),
        plain_pcmu: chance.percent(20),
        ..Trunk::new(TrunkId(id), format!("trunk {id}"), hop)
    }
}
