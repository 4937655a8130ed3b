//! Pictures of the pages for the documentation, taken by the tests that look for barriers if anybody asks for them: `scripts/pictures`.

use std::path::Path;

use serde_json::json;

use super::pages::Desk;

/// The folder for them, where they are wanted. It does not begin as settings of the house do.
const FOLDER: &str = "PAGE_PICTURES";
/// What the tests call a page as it stands; the picture's name; the part of the page that is shown, or all of the screen.
const WANTED: &[(&str, &str, &str)] = &[
    ("the door", "door", ""),
    ("a call that rings", "operator-ringing", ""),
    ("a report while it is written", "operator-report", ""),
    ("the lists", "operator-lists", ""),
    ("a report of the past", "supervisor-report", "#past"),
    ("a dispute", "supervisor-dispute", "#disputes"),
    ("a score sheet", "supervisor-quality", "#quality"),
    ("the wall", "wall", ""),
    ("my page", "my-page-list", ""),
    ("a report with its recording on my page", "my-page-report", ""),
    ("what is disputed on my page", "my-page-dispute", "#list .dispute"),
    ("my page's schedule", "my-page-schedule", ""),
    ("where reports go on my page", "my-page-places", ""),
    ("a firm's form", "administrator-firm", "#setup"),
    ("health", "administrator-health", "#admin"),
    ("prompts", "administrator-prompts", "#admin"),
    ("settings", "administrator-settings", "#admin"),
    ("keeping", "administrator-keeping", "#admin"),
    ("backups", "administrator-backups", "#admin"),
    ("the audit log", "administrator-audit", "#admin"),
    ("codes being set up", "account-codes", "#codes"),
    ("an account with everything", "account", ""),
];
/// An operator's desk; a picture of a part is not higher.
const SCREEN: (i64, i64) = (1366, 768);
const TELEPHONE: (i64, i64) = (390, 780);
/// Nothing that keeps to the screen's end stands before what is shown.
const TALL: (i64, i64) = (1366, 2400);
const HEIGHT_MAX: f64 = 1000.0;
/// Where a house of the tests lives is nobody's business.
const NO_PATHS: &str = "(() => { const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replace(/\\/\\S*?\\.tmp\\w+/g, '/var/lib/denwaban'); })(), 1";

/// The page has been drawn as it is now.
const DRAWN: &str = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))";

/// A picture of the page as it stands, in light colours: `operator-ringing.ja.webp`.
pub fn take(desk: &mut Desk, what: &str, language: &str) {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let Some((_, name, part)) = WANTED.iter().find(|(wanted, ..)| *wanted == what) else { return };
    std::fs::create_dir_all(&folder).expect("a folder for pictures");
    let is_narrow = name.starts_with("my-page");
    let (width, height) = if is_narrow {
        TELEPHONE
    } else if part.is_empty() {
        SCREEN
    } else {
        TALL
    };
    let light = json!({ "features": [{ "name": "prefers-color-scheme", "value": "light" }] });
    desk.0.ask("Emulation.setEmulatedMedia", light);
    let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_narrow });
    desk.0.ask("Emulation.setDeviceMetricsOverride", metrics);
    desk.0.evaluate(NO_PATHS);
    desk.0.evaluate(DRAWN);
    let mut wanted = json!({ "format": "webp", "quality": 80 });
    if is_narrow && !part.is_empty() {
        desk.0.evaluate(&format!("document.querySelector('{part}').scrollIntoView({{ block: 'center' }}), 1"));
    } else if !part.is_empty() {
        let place = desk.0.evaluate(&format!(
            "(({{ x, y, width, height }}) => [x + scrollX, y + scrollY, width, height])(document.querySelector('{part}').getBoundingClientRect())"
        ));
        let [x, y, width, height] = [0, 1, 2, 3].map(|n| place[n].as_f64().expect("a place"));
        wanted["captureBeyondViewport"] = json!(true);
        wanted["clip"] = json!({ "x": x, "y": y, "width": width, "height": height.min(HEIGHT_MAX), "scale": 1 });
    }
    desk.0.shot_of(&Path::new(&folder).join(format!("{name}.{language}.webp")), &wanted);
    if !is_narrow {
        desk.0.ask("Emulation.clearDeviceMetricsOverride", json!({}));
        desk.0.evaluate(DRAWN);
    }
}
