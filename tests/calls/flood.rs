//! A flood of strangers' packets, while a call a second is answered.

use std::time::Duration;

use serde_json::json;

use crate::support::flood::Flood;
use crate::support::house::House;
use crate::support::ports;
use crate::support::siege::Siege;
use crate::support::sipp::{Run, Sipp};

const CALLS: u32 = 15;
const OPERATORS: usize = 4;

/// What the house may grow by while it lasts: each request that is answered is remembered for 32 s, in a table of
/// `sip.transactions_max` (100,000) places.
const GROWTH_MAX: usize = 192 << 20;

#[test]
fn r02_a_flood_of_junk_options_register_and_invite_costs_no_reference_call_and_no_memory() {
    let mut siege = Siege::begin_in(House::alone());
    let house = &siege.house;
    house.firm("flooded", "Flooded", "0355500155", json!({ "needs": ["flooded"], "ring_seconds": 60 }));
    let (phones, registering, carrier) = (ports::free_block(2), ports::free_block(2), ports::free_block(2));
    let accounts: Vec<String> = (0..OPERATORS)
        .map(|n| {
            let operator = house.operator_with(&format!("{}", 200 + n), json!({ "skills": [["flooded", 5]] }));
            let (user, password) = (&operator.login, &operator.password);
            format!("{user};[authentication username={user} password={password}];{phones}")
        })
        .collect();
    house.trunk("flooded", carrier, json!({}));
    let server = house.sip.clone();
    let run = |scenario, port, fields| Run {
        scenario,
        server: &server,
        from: "127.0.0.1",
        port,
        fields,
        calls: 0,
        rate: 1,
        more: &[],
    };
    let _answering = Sipp::start(house.root.path(), &run("phones", phones, &[]));
    let register = Run { calls: OPERATORS as u32, rate: 10, ..run("register", registering, &accounts) };
    Sipp::start(house.root.path(), &register).finish(Duration::from_secs(60));

    let before = house.memory();
    let flood = Flood::start(&server);
    let calls: Vec<String> = (0..CALLS).map(|n| format!("0355500155;0901{n:07}")).collect();
    let calling = Sipp::start(house.root.path(), &Run { calls: CALLS, ..run("caller", carrier, &calls) });
    // Each of them has its 180, its 200 and its BYE answered, or SIPp says so.
    calling.finish(Duration::from_secs(90));
    let during = house.memory();
    // A call with voice, too.
    siege.call(|_| ());
    let rate = flood.stop();
    println!("{rate} packets/s, memory {} -> {} MiB", before >> 20, during >> 20);
    assert!(rate > 1_000, "this was no flood: {rate} packets a second");
    assert!(during < before + GROWTH_MAX, "{} MiB -> {} MiB", before >> 20, during >> 20);
    siege.besides(CALLS as usize);
    siege.remember_memory();
    siege.stands();
}
