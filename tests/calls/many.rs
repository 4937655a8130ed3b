//! Many calls at once: the right name a thousand times.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;

use crate::support::house::House;
use crate::support::ports;
use crate::support::sipp::{Run, Sipp};

const FIRMS: usize = 200;
const CALLS: usize = 1000;
const OPERATORS: usize = 40;

#[test]
fn f01_a_thousand_interleaved_calls_to_two_hundred_numbers_show_the_right_firm_each_time() {
    let house = House::alone();
    let csv = (0..FIRMS).map(|n| format!("firm-{n},Firm {n:03},,,,0355{n:06},,never,,longest_idle,10,0,false"));
    let head = "code,name,reading,greeting,manual,dids,targets,transfer,needs,plan,ring_seconds,priority,whisper";
    let file = house.root.path().join("firms.csv");
    std::fs::write(&file, format!("{head}\n{}\n", csv.collect::<Vec<_>>().join("\n"))).expect("a CSV file");
    house.cli(&["client", "import", file.to_str().expect("a path"), "--json"]);
    let phones = ports::free_block(2);
    let registering = ports::free_block(2);
    let mut accounts = Vec::new();
    for n in 0..OPERATORS {
        let operator = house.operator(&format!("{}", 200 + n), 0);
        let (user, password) = (&operator.login, &operator.password);
        accounts.push(format!("{user};[authentication username={user} password={password}];{phones}"));
    }
    let carrier = ports::free_block(2);
    house.trunk("carrier", carrier, json!({}));
    let run = |scenario, port, fields| Run {
        scenario,
        server: &house.sip,
        from: "127.0.0.1",
        port,
        fields,
        calls: 0,
        rate: 50,
        more: &[],
    };
    let answering = Sipp::start(house.root.path(), &run("phones", phones, &[]));
    let register = Run { calls: OPERATORS as u32, ..run("register", registering, &accounts) };
    Sipp::start(house.root.path(), &register).finish(Duration::from_secs(60));
    // Every call has a caller's number of its own, from which the right firm follows.
    let calls: Vec<String> = (0..CALLS).map(|n| format!("0355{:06};0901{n:07}", n % FIRMS)).collect();
    let calling = Run { calls: CALLS as u32, rate: 40, more: &["-l", "60"], ..run("caller", carrier, &calls) };
    Sipp::start(house.root.path(), &calling).finish(Duration::from_secs(180));

    let mut shown: HashMap<String, String> = HashMap::new();
    for line in answering.logs().lines().filter(|line| line.starts_with("INVITE from")) {
        let firm = line.split('"').nth(1).unwrap_or_default().to_owned();
        let caller = line.split("sip:").nth(1).and_then(|rest| rest.split('@').next()).unwrap_or_default().to_owned();
        if let Some(before) = shown.insert(caller.clone(), firm.clone()) {
            assert_eq!(before, firm, "{caller} was shown twice, under different names");
        }
    }
    for n in 0..CALLS {
        let caller = format!("0901{n:07}");
        assert_eq!(
            shown.get(&caller).map(String::as_str),
            Some(format!("Firm {:03}", n % FIRMS).as_str()),
            "call {n} from {caller}"
        );
    }
    house.assert_idle();
}
