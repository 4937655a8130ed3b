//! How the house is, and its backups, over the API: who may see what.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::common::{House, NOW};
use report::Language;
use serde_json::json;
use store::Role;
use web::{Asking, Backups, Caretaker, Finding};

/// One finding, in the asker's language; one backup at a time.
#[derive(Default)]
struct Care(AtomicU32);

impl Caretaker for Care {
    fn check(&self, language: Language) -> Asking<Result<Vec<Finding>, String>> {
        let name = if language == Language::Ja { "ディスク" } else { "disk" };
        let [verdict, what, detail, remedy] = ["WARN", "disk", "9 %", "make room"].map(str::to_owned);
        let found = Finding { verdict, what, name: name.to_owned(), detail, remedy };
        // What the store finds it says in English.
        let [verdict, what, detail, remedy] = ["FAIL", "directory", "operator 7: it is empty", ""].map(str::to_owned);
        let directory = Finding { verdict, name: what.clone(), what, detail, remedy };
        Box::pin(std::future::ready(Ok(vec![found, directory])))
    }

    fn backups(&self) -> Asking<Backups> {
        let busy = self.0.load(Ordering::SeqCst) > 0;
        Box::pin(std::future::ready(Backups { daily: true, busy, backups: json!([]), ..Backups::default() }))
    }

    fn back_up(&self) -> bool {
        self.0.fetch_add(1, Ordering::SeqCst) == 0
    }
}

#[test]
fn health_is_for_supervisors_and_backups_for_administrators() {
    let house = House::with_caretaker(Arc::new(Care::default()));
    let admin = house.logged_in("admin", Role::Admin, None);
    let supervisor = house.logged_in("hanako", Role::Supervisor, None);
    let operator = house.operator("101", "佐藤");
    let operator = house.logged_in("sato", Role::Operator, Some(operator));
    let health = house.get("/health", &supervisor).json();
    assert_eq!((&health["findings"][0]["verdict"], &health["findings"][0]["name"]), (&json!("WARN"), &json!("disk")));
    assert_eq!((&health["now_ms"], &health["trunks"]), (&json!(crate::common::NOW), &json!([])));
    let bearer = format!("Bearer {supervisor}");
    let headers = [("authorization", bearer.as_str()), ("accept-language", "ja")];
    let japanese = house.send("GET", "/health", &headers, None).json();
    assert_eq!(japanese["findings"][0]["name"], "ディスク");
    assert_eq!(japanese["findings"][1]["detail"], "operator 7: 空欄です");
    house.get("/health", &operator).is_refusal(403, "forbidden", None);
    for token in [&supervisor, &operator] {
        house.get("/backups", token).is_refusal(403, "forbidden", None);
        house.ask("POST", "/backups", Some(token), None).is_refusal(403, "forbidden", None);
    }
    assert_eq!(house.get("/backups", &admin).json()["busy"], false);
    assert_eq!(house.ask("POST", "/backups", Some(&admin), None).status, 202);
    assert_eq!(house.get("/backups", &admin).json()["busy"], true);
    house.ask("POST", "/backups", Some(&admin), None).is_refusal(409, "conflict", None);
    let log = house.wait(house.store.audit(None, None, 10)).unwrap();
    assert_eq!(log.iter().filter(|line| line.what == "backup.create").count(), 1);
    // Without anybody around the pages, as in a test of the API.
    let alone = House::new();
    let admin = alone.logged_in("admin", Role::Admin, None);
    alone.get("/health", &admin).is_refusal(503, "unavailable", None);
}

#[test]
fn each_trunk_tells_its_registration_and_the_calls_of_today() {
    let house = House::new();
    let supervisor = house.logged_in("shunin", Role::Supervisor, None);
    *house.switchboard.trunks.lock().unwrap() = vec![switch::desk::TrunkHealth {
        trunk: 3,
        name: "ひかり".into(),
        up: false,
        since_ms: NOW - 60_000,
        why: "registration refused with 403".into(),
        registration: "refused".into(),
        registration_since_ms: Some(NOW - 60_000),
        registered_until_ms: None,
        answer: Some(403),
        answer_ms: Some(NOW - 1_000),
        outgoing: 1,
    }];
    let by = |id: u64, change: fn(&mut switch::CallRecord)| {
        house.call((u64::try_from(NOW).unwrap() << 20) + id, |call| {
            call.trunk = Some(3);
            change(call);
        });
    };
    by(1, |_| {});
    by(2, |call| (call.answered_ms, call.ending) = (None, "caller_hung_up".into()));
    by(3, |call| (call.answered_ms, call.ending) = (None, "caller_hung_up".into()));
    // Yesterday's are none of today's.
    by(4, |call| call.arrived_ms = NOW - 86_400_000);
    let told = house.get("/health/trunks", &supervisor).json();
    let today = json!({"trunk": 3, "calls": 3, "open": 0, "answered": 1, "unanswered": {"caller_hung_up": 2}});
    assert_eq!(
        (&told[0]["registration"], &told[0]["answer"], &told[0]["today"]),
        (&json!("refused"), &json!(403), &today),
        "{told}"
    );
}
