//! Who is in the house: firms, operators, trunks.

use std::sync::Arc;
use std::time::Duration;

use acd::{OperatorId, RingPlan};
use endpoint::{Account, AccountId, DigestPolicy, Extractor, Hop, Trunk, TrunkId};
use sip::flow::Protocol;

use super::house::OPERATORS;
use crate::directory::{Customer, CustomerId, Directory, Operator, Settings, Target, TransferPolicy};
use crate::waiting::{AbandonedPolicy, WaitingPolicy};

pub(crate) fn directory() -> Directory {
    let customers = [
        customer(1, "sakura-dental", "さくら歯科", TransferPolicy::Always),
        customer(2, "yamada-law", "山田法律事務所", TransferPolicy::Never),
    ];
    let operators = OPERATORS.iter().zip(1..).map(|(name, id)| {
        let operator = Operator {
            id: OperatorId(id),
            account: Account {
                id: AccountId(id),
                user: format!("10{id}"),
                ha1_md5: String::new(),
                ha1_sha256: String::new(),
                digest: DigestPolicy::Md5,
            },
            name: (*name).to_owned(),
            skills: Vec::new(),
            wrap_up: Duration::from_secs(20),
            srtp: crate::SrtpPolicy::Preferred,
            ready_on_register: false,
            tier: acd::Tier::Operator,
            teams: Vec::new(),
            rank: 0,
            customers: Default::default(),
            unread: Default::default(),
            wrap_up_max: Duration::ZERO,
        };
        (operator.id, Arc::new(operator))
    });
    Directory {
        customers: customers.into_iter().map(|customer| (customer.id, Arc::new(customer))).collect(),
        dids: [("0312345678", 1), ("0312340000", 2)]
            .into_iter()
            .map(|(did, customer)| (did.parse().expect("a number"), CustomerId(customer)))
            .collect(),
        operators: operators.collect(),
        trunks: vec![trunk(2, 20), trunk(1, 10)],
        settings: Settings::default(),
        shut: Vec::new(),
    }
}

pub(super) fn customer(id: i64, code: &str, name: &str, transfer: TransferPolicy) -> Customer {
    let target =
        |name: &str, number: &str| Target { name: name.to_owned(), number: number.to_owned(), ring_seconds: 20 };
    Customer {
        id: CustomerId(id),
        code: code.to_owned(),
        name: name.to_owned(),
        reading: String::new(),
        greeting: format!("{name}でございます"),
        manual: String::new(),
        needs: Vec::new(),
        plan: Arc::new(RingPlan::LongestIdle),
        ring: Duration::from_secs(9),
        priority: 0,
        transfer,
        targets: vec![target("院長", "819011112222"), target("受付", "818033334444")],
        greetings: Vec::new(),
        notice_phones: Vec::new(),
        whisper: true,
        waiting: WaitingPolicy::ringing_only(),
        abandoned: AbandonedPolicy::Report,
        team: None,
        calendar: Arc::default(),
    }
}

pub(super) fn trunk(id: i64, priority: u16) -> Trunk {
    let address = "127.0.0.1:5080".parse().expect("an address");
    Trunk {
        provider: "carrier".to_owned(),
        priority,
        extractors: vec![Extractor::To, Extractor::RequestUri, Extractor::DiversionTop],
        caller_id: "0398765432".to_owned(),
        ..Trunk::new(TrunkId(id), format!("trunk {id}"), Hop { protocol: Protocol::Udp, address })
    }
}

/// Changes the first firm.
pub(super) fn sakura(edit: impl FnOnce(&mut Customer)) -> impl FnOnce(&mut Directory) {
    |directory| {
        let customer = directory.customers.get_mut(&CustomerId(1)).expect("the firm");
        edit(Arc::make_mut(customer));
    }
}
