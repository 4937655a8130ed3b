//! Nobody is kept out: axe-core looks at every page as it is in use, in both languages, in light and in dark.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::pages::Desk;
use super::pictures;
use super::reporting::Scene;
use crate::support::house::House;
use crate::support::peer::sdp;
use crate::support::robots::Habit;

/// Looks at the page as it stands; what is wrong, as `rule: element`.
const LOOK: &str = "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.flatMap(({ id, help, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html.slice(0, 200)} ${failureSummary.slice(0, 200)}`)))";
/// Whoever moves by the keyboard sees where, and comes to everything in the order in which it is read.
const LOST: &str = "[...document.querySelectorAll('[tabindex]')].filter((one) => one.tabIndex > 0).map(({ outerHTML }) => outerHTML.slice(0, 120))";

fn axe() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/jssip/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&file).unwrap_or_else(|e| {
        panic!("axe-core is not installed ({e}): run ./test, which puts it into {}", file.display())
    })
}

/// Nothing stands in anybody's way on this page as it is.
pub fn has_no_barrier(desk: &mut Desk, what: &str) {
    let language = desk.0.evaluate("document.documentElement.lang");
    pictures::take(desk, what, language.as_str().unwrap_or_default());
    desk.0.evaluate(&format!("{}; typeof axe", axe()));
    assert_eq!(desk.0.evaluate(LOOK), json!([]), "{what}");
    assert_eq!(desk.0.evaluate(LOST), json!([]), "{what}");
}

/// Nothing stands in anybody's way on this page, whatever the language and whether it is light or dark.
pub fn is_open_to_all(desk: &mut Desk, what: &str) {
    desk.0.evaluate(&format!("{}; typeof axe", axe()));
    for _ in 0..2 {
        let language = desk.0.evaluate("document.documentElement.lang");
        assert!(language == "ja" || language == "en", "{what}: the page does not say in which language it is");
        pictures::take(desk, what, language.as_str().unwrap_or_default());
        // The colours are the same in both languages.
        for scheme in if language == "en" { &["light", "dark"][..] } else { &["light"] } {
            let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
            desk.0.ask("Emulation.setEmulatedMedia", features);
            let found: Value = desk.0.evaluate(LOOK);
            assert_eq!(found, json!([]), "{what} in {language}, {scheme}");
            assert_eq!(desk.0.evaluate(LOST), json!([]), "{what}");
        }
        desk.click("#language");
    }
}

#[test]
fn no_barrier_stands_on_the_operators_page_while_it_rings_while_the_report_is_written_and_afterwards() {
    let mut scene = Scene::with_wrap_up(1);
    scene.ordered();
    scene.robots.learns("101", Habit::Answers(Duration::from_secs(25)));
    is_open_to_all(&mut scene.desk, "an operator's desk");
    scene.carrier.invite("0355500101", "09011112222", &sdp(40_000));
    scene.desk.until_text(".report-firm", "さくら歯科");
    is_open_to_all(&mut scene.desk, "a call that rings");
    let answer = scene.carrier.response(200, "INVITE");
    let dialog = scene.carrier.caller_dialog(&answer);
    scene.carrier.ack(&dialog);
    scene.desk.until("the form", "document.getElementById('report-field-name') != null");
    scene.field("callback", "090-1111-222");
    scene.saved();
    is_open_to_all(&mut scene.desk, "a report");
    // What is missing is said beside the fields, and the reason is asked for.
    scene.desk.click("#report-send");
    scene.desk.until("what is missing", "document.querySelector('#report-fields .error:not(:empty)') != null");
    scene.desk.click("#report-waive");
    is_open_to_all(&mut scene.desk, "a report that is not whole");
    scene.hang_up(dialog);
    scene.desk.click("#report-close");
    scene.desk.until("the lists", "document.querySelector('#report-drafts button') != null");
    is_open_to_all(&mut scene.desk, "the lists");
}

#[test]
fn no_barrier_stands_on_the_pages_of_supervisors_and_administrators_and_at_the_door() {
    let house = House::start();
    let firm = house.firm("sakura", "さくら歯科", "0355500101", json!({ "ring_seconds": 60 }));
    let operator = house.operator_with("201", json!({ "tier": "supervisor" }));
    let mut desk = Desk::open(&house, "admin");
    desk.edit("firm", firm);
    is_open_to_all(&mut desk, "a firm's form");
    desk.edit("operator", operator.id);
    is_open_to_all(&mut desk, "an operator's form");
    // A firm's report settings, tab after tab.
    super::office::settings(&mut desk, firm);
    let tabs = "[...document.querySelectorAll('#profile [role=tab]')].map(({ id }) => id)";
    let tabs: Vec<String> = serde_json::from_value(desk.0.evaluate(tabs)).expect("tabs");
    assert!(tabs.len() > 3, "{tabs:?}");
    for tab in tabs {
        desk.click(&format!("#{tab}"));
        is_open_to_all(&mut desk, &tab);
    }
    desk.0.evaluate("for (const one of document.querySelectorAll('details')) one.open = true; 1");
    is_open_to_all(&mut desk, "everything unfolded");
    desk.click("#logout");
    desk.until("the door", "document.getElementById('login').hidden === false");
    is_open_to_all(&mut desk, "the login");
}
