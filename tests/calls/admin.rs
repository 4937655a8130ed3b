//! The administration in a real browser: a prompt is uploaded and heard by a caller, things are kept and held, a backup is made and
//! checked, and every tab is open to all.

use serde_json::json;

use super::barriers::is_open_to_all;
use super::pages::Desk;
use crate::databases::Postgres;
use crate::support::house::{House, SOON};
use crate::support::until;

/// Chooses a WAV file of one second of a tone, as a person would.
const CHOOSE: &str = "{ const bytes = new ArrayBuffer(44 + 16000), view = new DataView(bytes);
    const text = (at, letters) => [...letters].forEach((letter, n) => view.setUint8(at + n, letter.charCodeAt(0)));
    text(0, 'RIFF'); view.setUint32(4, 36 + 16000, true); text(8, 'WAVEfmt ');
    view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true); view.setUint32(24, 8000, true);
    view.setUint32(28, 16000, true); view.setUint16(32, 2, true); view.setUint16(34, 16, true); text(36, 'data'); view.setUint32(40, 16000, true);
    for (let n = 0; n < 8000; n += 1) view.setInt16(44 + 2 * n, 8000 * Math.sin(n * 2 * Math.PI * 425 / 8000), true);
    const chosen = new DataTransfer(); chosen.items.add(new File([NAME === 'bad.wav' ? new Uint8Array([73, 68, 51, 4]) : bytes], NAME, { type: 'audio/wav' }));
    const place = document.querySelector('[name=prompt-file]'); place.files = chosen.files;
    place.dispatchEvent(new Event('change', { bubbles: true })); NAME }";

fn choose(desk: &mut Desk, name: &str) {
    desk.0.evaluate(&CHOOSE.replace("NAME", &json!(name).to_string()));
}

fn open(desk: &mut Desk, tab: &str, there: &str) {
    desk.click(&format!("#admin-tab-{tab}"));
    desk.until(&format!("the tab {tab}"), &format!("document.querySelector('#admin-panel-{tab} {there}') != null"));
}

/// The network is cut, the server dies and comes back, the session ends, a firm's form is open, too: what was typed stays.
fn whatever_happens(desk: &mut Desk, house: &mut House) {
    let typed = "['settings-confirm', 'settings-open-reports', 'team'].map((name) => document.querySelector(`[name=${name}]`)?.value).join()";
    let firm = house.get("/customers")[0]["id"].as_i64().expect("a firm");
    desk.edit("firm", firm);
    desk.write("#setup-form [name=team]", "夜間");
    let all = "25,3,夜間";
    desk.offline(true);
    desk.click("#settings-save");
    desk.until_text("#admin-said", "cannot be reached");
    desk.click("#setup-form button.main");
    desk.until_text("#setup-said", "cannot be reached");
    desk.offline(false);
    desk.until("it is connected again", "document.getElementById('cut-off').hidden");
    assert_eq!(desk.0.evaluate(typed), all, "after a cut network");
    house.kill();
    desk.until("the page says so", "document.getElementById('cut-off').hidden === false");
    house.restart();
    desk.until("it is connected again", "document.getElementById('cut-off').hidden");
    assert_eq!(desk.0.evaluate(typed), all, "after a restart");
    desk.0.ask("Network.clearBrowserCookies", json!({}));
    desk.click("#settings-save");
    desk.log_in("hanako");
    desk.until("what was typed", &format!("{typed} === '{all}'"));
    desk.click("#setup-form button.main");
    desk.until_text("#setup-said", "Saved");
    assert_eq!(house.get(&format!("/customers/{firm}"))["team"], "夜間");
}

#[test]
fn an_administrator_looks_after_prompts_keeping_backups_and_the_rest_in_both_languages() {
    let mut house = House::start_with("[backup]\nfolder = \"{folder}/backups\"\nrecordings = true");
    let mut desk = Desk::open(&house, "admin");
    let firm = super::first_rows::a_house_is_made(&house, &mut desk);
    desk.until("the administration", "document.querySelector('#admin summary') != null");
    desk.click("#admin summary");
    desk.until("health", "document.querySelector('#admin-panel-health #health-worst') != null");
    desk.until_text("#admin-panel-health", "SQLite");
    is_open_to_all(&mut desk, "health");

    // A prompt: what is no sound is named, what is one is taken.
    open(&mut desk, "prompts", "[data-prompt=hold-music]");
    desk.click("[data-prompt=hold-music]");
    choose(&mut desk, "bad.wav");
    desk.until_text("#admin-said", "MP3");
    desk.write("[name=prompt-label]", "本社の曲");
    choose(&mut desk, "music.wav");
    desk.until_text("#admin-said", "Saved");
    let library = house.get("/prompts");
    let music = library["prompts"].as_array().expect("prompts").iter().find(|row| row["name"] == "hold-music");
    let music = music.expect("hold music");
    assert_eq!(
        (&music["origin"], &music["label"], &music["length_ms"]),
        (&json!("own"), &json!("本社の曲"), &json!(1000))
    );
    is_open_to_all(&mut desk, "prompts");
    desk.click("[data-removes=hold-music]");
    desk.until("the built-in music", "document.querySelector('[data-removes=hold-music]') === null");

    open(&mut desk, "settings", "[name=settings-confirm]");
    desk.write("[name=settings-confirm]", "25");
    desk.write("[name=settings-open-reports]", "3");
    whatever_happens(&mut desk, &mut house);
    // Another tab has changed something else meanwhile: both are kept.
    let mut theirs = house.get("/settings");
    theirs["call_seconds_max"] = json!(7_200);
    assert_eq!(house.ask("PUT", "/settings", Some(&theirs)).0, 200);
    desk.click("#settings-save");
    desk.until_text("#admin-said", "Saved");
    let settings = house.get("/settings");
    let now = ["confirm_seconds", "open_reports_max", "call_seconds_max"].map(|name| settings[name].as_i64());
    assert_eq!(now, [Some(25), Some(3), Some(7_200)], "{settings}");
    is_open_to_all(&mut desk, "settings");

    open(&mut desk, "keeping", "#keeping-waiting");
    desk.write("[name=keeping-house]", "90");
    desk.click("#keeping-house-set");
    desk.until_text("#admin-said", "Retention changed");
    desk.write("[name=hold-kind]", "customer");
    desk.write("[name=hold-which]", &firm.to_string());
    desk.write("[name=hold-why]", "lawsuit");
    desk.click("#hold-set");
    desk.until_text("#admin-panel-keeping", "lawsuit");
    assert_eq!((&house.get("/keeping")["days"], &house.get("/holds")[0]["customer"]), (&json!(90), &json!(firm)));
    is_open_to_all(&mut desk, "keeping");

    open(&mut desk, "backups", "#backup-now");
    desk.click("#backup-now");
    desk.until_text("#admin-panel-backups table", "Verified");
    let made = until("the backup", SOON, || house.get("/backups")["backups"].get(0).cloned());
    let checked = house.cli(&["backup", "verify", made["file"].as_str().expect("a file"), "--json"]);
    assert_eq!(checked["has_recordings"], true, "{checked}");
    is_open_to_all(&mut desk, "backups");

    open(&mut desk, "audit", "#audit-search");
    desk.write("[name=audit-what]", "prompt");
    desk.click("#audit-search");
    desk.until_text("#admin-panel-audit", "prompt.remove");
    is_open_to_all(&mut desk, "the audit log");
    open(&mut desk, "channels", "#channels-refresh");
    is_open_to_all(&mut desk, "channels");
    assert!(desk.0.complaints().iter().all(|said| said.contains("422")), "{:?}", desk.0.complaints());
}

#[test]
fn a_house_on_postgresql_is_backed_up_and_brought_back() {
    let server = Postgres::new(false);
    let url = server.url("postgres");
    let database = format!("[database]\nurl = \"{url}\"\njournal = \"{{folder}}/journal\"\n");
    let mut house = House::start_with(&format!("{database}[backup]\nfolder = \"{{folder}}/backups\"\n"));
    house.firm("sakura", "さくら歯科", "0355500101", json!({}));
    let made = house.cli(&["backup", "create", "--json"]);
    assert_eq!(made["manifest"]["backend"], "postgres", "{made}");
    house.firm("later", "あとの会社", "0355500102", json!({}));
    // What the page does, the command line does.
    assert_eq!(house.cli(&["settings", "set", "open_reports_max", "3", "--json"]), json!(3));
    assert_eq!(house.cli(&["settings", "get", "--json"])["open_reports_max"], 3);
    assert_eq!(
        house.cli(&["rec", "keep", "--client", "sakura", "--days", "90", "--json"])["retentions"][0]["days"],
        90
    );
    let held = house.cli(&["rec", "hold", "add", "--client", "sakura", "--why", "lawsuit", "--json"]);
    assert_eq!(held[0]["held_by"], "command line", "{held}");
    assert_eq!(house.cli(&["rec", "purge", "--dry-run", "--json"])["waiting"]["calls"], 0);
    assert_eq!(house.cli(&["rec", "purge", "--verify", "--json"])["broken"], json!(null));
    let music = house.root.path().join("music.wav");
    crate::support::baresip::write_tone(&music, 425.0);
    let kept = house.cli(&["prompt", "add", "our-music", &music.display().to_string(), "--label", "本社", "--json"]);
    assert_eq!((&kept["origin"], &kept["label"]), (&json!("own"), &json!("本社")));
    house.cli(&["prompt", "rename", "our-music", "other-music", "--json"]);
    assert!(house.cli(&["prompt", "list", "--json"]).to_string().contains("other-music"));
    assert_eq!(house.cli(&["prompt", "remove", "other-music", "--json"])["removed"], "other-music");
    // The switch holds its journal: nothing is brought back under it.
    house.kill();
    let file = made["file"].as_str().expect("a file");
    let restored = house.cli(&["backup", "restore", file, "--force", "--json"]);
    assert_eq!(restored["made_ms"], made["manifest"]["made_ms"], "{restored}");
    let firms = house.cli(&["client", "list", "--json"]).to_string();
    assert!(firms.contains("sakura") && !firms.contains("later"), "{firms}");
    // What was there is aside, and in no backup that is made afterwards.
    assert!(restored["aside"][0].as_str().is_some_and(|name| name.starts_with("before_")), "{restored}");
    let again = house.cli(&["backup", "create", "--json"]);
    let file = again["file"].as_str().expect("a file");
    assert_eq!(house.cli(&["backup", "restore", file, "--force", "--json"])["aside"].as_array().map(Vec::len), Some(1));
}
