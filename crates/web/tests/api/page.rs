//! The page's files: the words that it needs in both languages, and that nothing from outside can become HTML.

use std::collections::BTreeSet;

use crate::common::House;
use serde_json::Value;

const APP: &str = include_str!("../../page/app.js");
const HTML: &str = include_str!("../../page/index.html");
const MY_HTML: &str = include_str!("../../page/my.html");
/// What a call's timeline can tell is private to the switch, so its source is read.
const FACTS: &str = include_str!("../../../switch/src/call/record.rs");

/// A part of the page: its words, the scripts that ask for them as `W.…`, `W().…` or `words.…`, and how they are called there.
struct Part {
    words: &'static str,
    scripts: &'static [(&'static str, &'static str)],
    asks: &'static [&'static str],
}

const PAGE: Part = Part {
    words: include_str!("../../page/words.js"),
    scripts: &[
        ("/app.js", APP),
        ("/find.js", include_str!("../../page/find.js")),
        ("/call.js", include_str!("../../page/call.js")),
        ("/wallboard.js", include_str!("../../page/wallboard.js")),
    ],
    asks: &["W.", "W()."],
};
const QUEUE: Part = Part {
    words: include_str!("../../page/queue-words.js"),
    scripts: &[("/queue.js", include_str!("../../page/queue.js"))],
    asks: &["W().", "words."],
};
/// For administrators alone.
const SETUP: Part = Part {
    words: include_str!("../../page/setup-words.js"),
    scripts: &[
        ("/setup.js", include_str!("../../page/setup.js")),
        ("/firm.js", include_str!("../../page/firm.js")),
        ("/calendar.js", include_str!("../../page/calendar.js")),
        ("/operator.js", include_str!("../../page/operator.js")),
        ("/form.js", include_str!("../../page/form.js")),
    ],
    asks: &["W().", "W.", "words."],
};
/// Firms, numbers, operators, trunks, logins, for the same.
const DIRECTORY: Part = Part {
    words: include_str!("../../page/directory-words.js"),
    scripts: &[
        ("/setup.js", include_str!("../../page/setup.js")),
        ("/directory-forms.js", include_str!("../../page/directory-forms.js")),
        ("/directory-numbers.js", include_str!("../../page/directory-numbers.js")),
        ("/directory-people.js", include_str!("../../page/directory-people.js")),
    ],
    asks: &["G()."],
};
/// A report's form, and the lists beside it.
const REPORT: Part = Part {
    words: include_str!("../../page/report-words.js"),
    scripts: &[
        ("/report.js", include_str!("../../page/report.js")),
        ("/report-fields.js", include_str!("../../page/report-fields.js")),
        ("/report-hand.js", include_str!("../../page/report-hand.js")),
        ("/report-sides.js", include_str!("../../page/report-sides.js")),
        ("/report-lists.js", include_str!("../../page/report-lists.js")),
        ("/saver.js", include_str!("../../page/saver.js")),
    ],
    asks: &["R()."],
};
/// A firm's report settings, for supervisors and administrators.
const PROFILE: Part = Part {
    words: include_str!("../../page/profile-words.js"),
    scripts: &[
        ("/profile.js", include_str!("../../page/profile.js")),
        ("/profile-places.js", include_str!("../../page/profile-places.js")),
        ("/profile-talk.js", include_str!("../../page/profile-talk.js")),
        ("/profile-day.js", include_str!("../../page/profile-day.js")),
        ("/profile-try.js", include_str!("../../page/profile-try.js")),
        ("/bound.js", include_str!("../../page/bound.js")),
        ("/office.js", include_str!("../../page/office.js")),
    ],
    asks: &["P().", "words()."],
};
/// Past reports, figures and proofs, for the same.
const PAST: Part = Part {
    words: include_str!("../../page/past-words.js"),
    scripts: &[
        ("/past.js", include_str!("../../page/past.js")),
        ("/past-figures.js", include_str!("../../page/past-figures.js")),
    ],
    asks: &["B()."],
};
/// How the channels are called, in whichever part.
const CHANNELS: Part = Part { words: include_str!("../../page/channel-words.js"), scripts: &[], asks: &[] };
/// The telephone in the page, for operators.
const PHONE: Part = Part {
    words: include_str!("../../page/phone-words.js"),
    scripts: &[
        ("/phone.js", include_str!("../../page/phone.js")),
        ("/phone-keys.js", include_str!("../../page/phone-keys.js")),
        ("/phone-sound.js", include_str!("../../page/phone-sound.js")),
    ],
    asks: &["T()."],
};
/// The dispute desk, for supervisors.
const DISPUTES: Part = Part {
    words: include_str!("../../page/disputes-words.js"),
    scripts: &[
        ("/disputes.js", include_str!("../../page/disputes.js")),
        ("/disputes-case.js", include_str!("../../page/disputes-case.js")),
    ],
    asks: &["D()."],
};
/// Operators' figures, for the same.
const OPERATORS: Part = Part {
    words: include_str!("../../page/operators-words.js"),
    scripts: &[("/operators.js", include_str!("../../page/operators.js"))],
    asks: &["O()."],
};
/// Listening for quality, for supervisors; and an operator's own scores.
const QUALITY: Part = Part {
    words: include_str!("../../page/quality-words.js"),
    scripts: &[
        ("/quality.js", include_str!("../../page/quality.js")),
        ("/quality-mine.js", include_str!("../../page/quality-mine.js")),
    ],
    asks: &["Q()."],
};
/// A screen on a wall.
const WALL: Part = Part {
    words: include_str!("../../page/wall-words.js"),
    scripts: &[("/wall.js", include_str!("../../page/wall.js"))],
    asks: &["W."],
};
/// A client firm's own page.
const MY: Part = Part {
    words: include_str!("../../page/my-words.js"),
    scripts: &[
        ("/my.js", include_str!("../../page/my.js")),
        ("/my-feedback.js", include_str!("../../page/my-feedback.js")),
        ("/my-keeping.js", include_str!("../../page/my-keeping.js")),
        ("/my-orders.js", include_str!("../../page/my-orders.js")),
    ],
    asks: &["W().", "W."],
};
/// The administration, and what supervisors may see of it.
const ADMIN: Part = Part {
    words: include_str!("../../page/admin-words.js"),
    scripts: &[
        ("/admin.js", include_str!("../../page/admin.js")),
        ("/admin-audit.js", include_str!("../../page/admin-audit.js")),
        ("/admin-backups.js", include_str!("../../page/admin-backups.js")),
        ("/admin-bans.js", include_str!("../../page/admin-bans.js")),
        ("/admin-health.js", include_str!("../../page/admin-health.js")),
        ("/admin-channels.js", include_str!("../../page/admin-channels.js")),
        ("/admin-keeping.js", include_str!("../../page/admin-keeping.js")),
        ("/admin-prompts.js", include_str!("../../page/admin-prompts.js")),
        ("/admin-settings.js", include_str!("../../page/admin-settings.js")),
    ],
    asks: &["A()."],
};
/// A new firm's proofs.
const ONBOARDING: Part = Part {
    words: include_str!("../../page/onboarding-words.js"),
    scripts: &[
        ("/onboarding.js", include_str!("../../page/onboarding.js")),
        ("/onboarding-proofs.js", include_str!("../../page/onboarding-proofs.js")),
    ],
    asks: &["N()."],
};
/// What waits for an operator's own word.
const OWN: Part = Part {
    words: include_str!("../../page/own-words.js"),
    scripts: &[
        ("/own.js", include_str!("../../page/own.js")),
        ("/feedback.js", include_str!("../../page/feedback.js")),
    ],
    asks: &["O()."],
};
/// At the door of both pages.
const DOOR: Part = Part {
    words: include_str!("../../page/door-words.js"),
    scripts: &[
        ("/door.js", include_str!("../../page/door.js")),
        ("/passkey.js", include_str!("../../page/passkey.js")),
    ],
    asks: &["T()."],
};
/// Everybody's account, and the page behind a one-time link.
const ACCOUNT: Part = Part {
    words: include_str!("../../page/account-words.js"),
    scripts: &[
        ("/account.js", include_str!("../../page/account.js")),
        ("/account-users.js", include_str!("../../page/account-users.js")),
        ("/join.js", include_str!("../../page/join.js")),
    ],
    asks: &["W()."],
};
const PARTS: [&Part; 18] = [
    &DIRECTORY,
    &ONBOARDING,
    &OWN,
    &DOOR,
    &ACCOUNT,
    &PAGE,
    &QUEUE,
    &SETUP,
    &REPORT,
    &PROFILE,
    &PAST,
    &PHONE,
    &DISPUTES,
    &OPERATORS,
    &QUALITY,
    &WALL,
    &ADMIN,
    &MY,
];

impl Part {
    fn read(&self) -> Value {
        let start = self.words.find("export const words = {").unwrap() + "export const words = ".len();
        serde_json::from_str(self.words[start..].trim_end().strip_suffix(';').unwrap()).unwrap()
    }

    fn keys(&self, language: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        keys(&self.read()[language], "", &mut found);
        found
    }

    /// Words that its scripts ask for, with the one below a group's name where it is written: `who`, `fields.steps`.
    fn asked(&self) -> BTreeSet<String> {
        let name = |text: &str| {
            text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == '.').collect::<String>()
        };
        let mut asked = BTreeSet::new();
        for (script, ask) in self.scripts.iter().flat_map(|(_, script)| self.asks.iter().map(move |ask| (script, ask)))
        {
            // `words.en` is the choice of the language.
            let names = script.split(ask).skip(1).map(name).filter(|name| !["en", "js", ""].contains(&name.as_str()));
            asked.extend(names.map(|name| name.trim_end_matches(".replace").trim_end_matches('.').to_owned()));
        }
        asked
    }
}

fn words() -> Value {
    PAGE.read()
}

/// Every key with those below it: `events.answered`.
fn keys(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    for (key, inner) in value.as_object().unwrap() {
        let path = format!("{path}{key}");
        if inner.is_object() {
            keys(inner, &format!("{path}."), found);
        } else {
            assert!(inner.as_str().is_some_and(|text| !text.is_empty()), "{path} is empty");
            found.insert(path);
        }
    }
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// What is filled in: `{caller}`.
fn places(text: &str) -> BTreeSet<String> {
    text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())).collect()
}

#[test]
fn both_languages_have_the_same_words_with_the_same_places() {
    for part in PARTS {
        assert_eq!(part.keys("ja"), part.keys("en"));
        for key in part.keys("ja") {
            let text = |language: &str| {
                let words = part.read()[language].clone();
                key.split('.').try_fold(words, |inner, name| inner.get(name).cloned())
            };
            // A key with a dot in it is looked up by nobody here.
            let Some((japanese, english)) = text("ja").zip(text("en")) else { continue };
            assert_eq!(places(japanese.as_str().unwrap()), places(english.as_str().unwrap()), "{key}");
        }
    }
}

#[test]
fn every_fact_of_a_calls_story_has_a_word() {
    let body = FACTS.split("enum Fact {").nth(1).unwrap().split("\n}").next().unwrap();
    let variant = |line: &str| {
        let name: String = line.strip_prefix("    ")?.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
        name.starts_with(|c: char| c.is_ascii_uppercase()).then(|| snake_case(&name))
    };
    let mut facts: BTreeSet<_> = body.lines().filter_map(variant).collect();
    assert!(facts.len() > 20 && facts.contains("target_confirmed"), "{facts:?}");
    // The store adds this one when it closes the calls of a process that has died; messages are not facts.
    facts.extend(["interrupted".into(), "sip".into()]);
    let told: BTreeSet<_> = words()["ja"]["events"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(told, facts);
}

#[test]
fn every_alarm_and_every_state_has_its_words() {
    let description = serde_json::to_value(web::openapi::description()).unwrap();
    let schemas = &description["components"]["schemas"];
    let variants = schemas["Alarm"]["oneOf"].as_array().unwrap();
    let mut alarms = BTreeSet::new();
    for variant in variants {
        let name = variant["properties"]["alarm"]["enum"][0].as_str().unwrap();
        alarms.insert(name.to_owned());
        let fields: BTreeSet<_> =
            variant["properties"].as_object().unwrap().keys().map(|field| format!("{{{field}}}")).collect();
        let text =
            words()["en"]["alarmWords"][name].as_str().unwrap_or_else(|| panic!("{name} has no words")).to_owned();
        for place in text.split('{').skip(1).map(|rest| format!("{{{}}}", rest.split('}').next().unwrap())) {
            assert!(fields.contains(&place), "{name}: there is no {place} in {fields:?}");
        }
    }
    let told: BTreeSet<_> = words()["en"]["alarmWords"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(told, alarms);
    let walls: BTreeSet<_> = WALL.read()["en"]["alarmNames"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(walls, alarms, "on the wall");
    let states: BTreeSet<_> =
        schemas["CallState"]["enum"].as_array().unwrap().iter().map(|s| s.as_str().unwrap().to_owned()).collect();
    let told: BTreeSet<_> = words()["en"]["states"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(told, states);
}

#[test]
fn every_word_that_the_page_asks_for_is_there() {
    for (html, part) in [(HTML, &PAGE), (MY_HTML, &MY)] {
        let words = part.keys("en");
        let asked_by_html = html.split("data-word=\"").chain(html.split("data-label=\"")).skip(1);
        for name in asked_by_html.filter_map(|rest| rest.split('"').next()).filter(|name| !name.contains('<')) {
            assert!(words.contains(name), "{:?} asks for {name}", part.scripts[0].0);
        }
    }
    for part in PARTS {
        let words = part.keys("en");
        let asked = part.asked();
        assert!(asked.len() > 5, "{asked:?}");
        for name in asked {
            let is_group = words.iter().any(|word| word.starts_with(&format!("{name}.")));
            assert!(words.contains(&name) || is_group, "{:?} asks for {name}", part.scripts[0].0);
        }
    }
}

#[test]
fn every_choice_of_a_form_has_its_word() {
    let description = serde_json::to_value(web::openapi::description()).unwrap();
    let schemas = &description["components"]["schemas"];
    let words = SETUP.read()["en"].clone();
    for (schema, group) in
        [("Plan", "plans"), ("Tell", "tells"), ("AbandonedPolicy", "abandonedPolicies"), ("Closed", "closedThen")]
    {
        // One with documented variants is a choice of constants.
        let known: BTreeSet<String> = match schemas[schema]["enum"].as_array() {
            Some(list) => list.iter().map(|word| word.as_str().unwrap().to_owned()).collect(),
            None => schemas[schema]["oneOf"]
                .as_array()
                .unwrap_or_else(|| panic!("{schema}: {}", schemas[schema]))
                .iter()
                .map(|variant| variant["enum"][0].as_str().or(variant["const"].as_str()).unwrap().to_owned())
                .collect(),
        };
        let told: BTreeSet<String> = words[group].as_object().unwrap().keys().cloned().collect();
        assert_eq!(told, known, "{schema}");
    }
}

#[test]
fn every_state_of_a_report_and_of_a_delivery_has_its_word() {
    let description = serde_json::to_value(web::openapi::description()).unwrap();
    let words = REPORT.read()["ja"].clone();
    for (schema, group, more) in [
        ("DeliveryState", "deliveryStates", ["late", "seen"].as_slice()),
        ("TaskKind", "taskSorts", &[]),
        ("ReportState", "reportStates", &[]),
        ("ReportPolicy", "policies", &[]),
        ("NumberBadge", "badges", &[]),
    ] {
        let known = &description["components"]["schemas"][schema];
        let listed = known["enum"].as_array().cloned().unwrap_or_else(|| {
            let variants = known["oneOf"].as_array().unwrap_or_else(|| panic!("{schema}: {known}"));
            variants.iter().map(|one| one["enum"].get(0).unwrap_or(&one["const"]).clone()).collect()
        });
        let mut states: BTreeSet<String> = listed.iter().map(|state| state.as_str().unwrap().to_owned()).collect();
        states.extend(more.iter().map(|state| (*state).to_owned()));
        let told: BTreeSet<String> = words[group].as_object().unwrap().keys().cloned().collect();
        assert_eq!(told, states, "{group}");
    }
}

/// The words of a schema that is a choice.
fn choices(schema: &str) -> BTreeSet<String> {
    let description = serde_json::to_value(web::openapi::description()).unwrap();
    let known = &description["components"]["schemas"][schema];
    let listed = known["enum"].as_array().cloned().unwrap_or_else(|| {
        let variants = known["oneOf"].as_array().unwrap_or_else(|| panic!("{schema}: {known}"));
        variants.iter().map(|one| one["enum"].get(0).unwrap_or(&one["const"]).clone()).collect()
    });
    listed.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_choice_of_a_firms_settings_and_of_past_reports_has_its_word() {
    let told = |part: &Part, group: &str| -> BTreeSet<String> {
        part.read()["ja"][group].as_object().unwrap_or_else(|| panic!("{group}")).keys().cloned().collect()
    };
    for (part, schema, group) in [
        (&PROFILE, "ReportKind", "kinds"),
        (&PROFILE, "Urgency", "urgencies"),
        (&PROFILE, "ReportPolicy", "policies"),
        (&PROFILE, "Away", "away"),
        (&PROFILE, "Treatment", "treatments"),
        (&PROFILE, "RuleBy", "by"),
        (&PROFILE, "FieldNeed", "needs"),
        (&PROFILE, "DeliveryState", "trialStates"),
        (&PAST, "ReportKind", "kinds"),
        (&PAST, "Urgency", "urgencies"),
        (&PAST, "ReportState", "states"),
        (&PAST, "DeliveryState", "deliveryStates"),
        (&PAST, "TaskKind", "taskSorts"),
    ] {
        assert_eq!(told(part, group), choices(schema), "{group}");
    }
    // Every channel has a word, and each of its fields a name.
    let description = serde_json::to_value(web::openapi::description()).unwrap();
    let mut channels = BTreeSet::new();
    for channel in description["components"]["schemas"]["ReportChannel"]["oneOf"].as_array().unwrap() {
        let kind = &channel["properties"]["type"];
        let kind = kind["enum"].get(0).unwrap_or(&kind["const"]).as_str().unwrap().to_owned();
        let mut fields: BTreeSet<String> = channel["properties"].as_object().unwrap().keys().cloned().collect();
        fields.remove("type");
        let named = PROFILE.read()["en"]["channelFields"][&kind].as_object().unwrap().keys().cloned().collect();
        assert_eq!(fields, named, "{kind}");
        channels.insert(kind);
    }
    assert_eq!(told(&PROFILE, "channels"), channels);
    let words = CHANNELS.read();
    for language in ["ja", "en"] {
        assert_eq!(words[language].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>(), channels);
    }
    // Every part of the document has a name, for whoever is told that somebody else has changed it.
    let profile = &description["components"]["schemas"]["CustomerProfile"]["properties"];
    let parts: BTreeSet<String> = profile.as_object().unwrap().keys().cloned().collect();
    assert_eq!(told(&PROFILE, "parts"), parts);
}

#[test]
fn r19_what_comes_from_outside_is_put_on_the_page_as_text() {
    for way in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
        "setHTML",
        "DOMParser",
        "srcdoc",
    ] {
        for (name, script) in PARTS.iter().flat_map(|part| part.scripts) {
            assert!(!script.contains(way), "{name} uses {way}");
        }
    }
    for inline in ["onclick=", "onload=", "onerror=", "style=", "javascript:", "<style", "http://", "https://"] {
        assert!(!HTML.contains(inline), "index.html holds {inline}");
        assert!(!MY_HTML.contains(inline), "my.html holds {inline}");
    }
}

/// The files that everybody loads, and those that an administrator loads besides.
const EVERYBODYS: &[&str] = &[
    "//",
    "//app.js",
    "//dom.js",
    "//door.js",
    "//door-words.js",
    "//passkey.js",
    "//wallboard.js",
    "//queue.js",
    "//words.js",
    "//queue-words.js",
    "//channel-words.js",
    "//style.css",
];
const ADMINISTRATORS: &[&str] = &[
    "//setup.js",
    "//directory-forms.js",
    "//directory-numbers.js",
    "//directory-people.js",
    "//directory-words.js",
    "//firm.js",
    "//calendar.js",
    "//operator.js",
    "//form.js",
    "//setup-words.js",
];

/// What supervisors load besides.
const SUPERVISORS: &[&str] = &[
    "//find.js",
    "//call.js",
    "//office.js",
    "//office.css",
    "//bound.js",
    "//form.js",
    "//profile.js",
    "//profile-places.js",
    "//profile-talk.js",
    "//profile-day.js",
    "//profile-try.js",
    "//profile-words.js",
    "//past.js",
    "//past-figures.js",
    "//past-words.js",
    "//disputes.js",
    "//disputes-words.js",
];

/// The administration, of which supervisors see a part.
const ADMINISTRATION: &[&str] = &[
    "//admin.js",
    "//admin-audit.js",
    "//admin-backups.js",
    "//admin-bans.js",
    "//admin-channels.js",
    "//admin-health.js",
    "//admin-keeping.js",
    "//admin-prompts.js",
    "//admin-recorder.js",
    "//admin-settings.js",
    "//admin-words.js",
];

/// The report's part, which everybody loads, too.
const REPORTS: &[&str] = &[
    "//report.js",
    "//report-fields.js",
    "//report-sides.js",
    "//report-lists.js",
    "//saver.js",
    "//report-words.js",
    "//report-hand.js",
];

/// What an operator's browser fetches for the telephone in the page.
const PHONES: &[&str] = &["//phone.js", "//phone-keys.js", "//phone-sound.js", "//phone-words.js", "//vendor/jssip.js"];

/// The wizard for a new firm.
const ONBOARDINGS: &[&str] =
    &["//onboarding.js", "//onboarding-proofs.js", "//onboarding-words.js", "//setup-words.js"];

/// What waits for an operator's own word: small, for it is fetched beside the desk.
const OWNS: &[&str] = &["//own.js", "//own-words.js", "//feedback.js"];

/// The supervisor's desk: disputes beside the waveform, quality, operators' figures.
const DESK: &[&str] = &[
    "//disputes-case.js",
    "//wave.js",
    "//operators.js",
    "//operators-words.js",
    "//quality.js",
    "//quality-mine.js",
    "//quality-words.js",
];

/// A screen on a wall.
const WALLS: &[&str] = &["//wall", "//dom.js", "//wall.js", "//wall-words.js", "//wall.css"];

/// A client firm's own page: on a telephone, and so the smallest.
const MYS: &[&str] = &[
    "//my",
    "//dom.js",
    "//door.js",
    "//door-words.js",
    "//passkey.js",
    "//my.js",
    "//my-feedback.js",
    "//my-keeping.js",
    "//my-orders.js",
    "//my-words.js",
    "//my.css",
];

/// Everybody's account, on a telephone, too.
const ACCOUNTS: &[&str] = &[
    "//account",
    "//my/account",
    "//join",
    "//account.css",
    "//dom.js",
    "//form.js",
    "//account.js",
    "//account-users.js",
    "//account-words.js",
    "//join.js",
    "//passkey.js",
];

/// These files, and those that their scripts import, and so on.
fn loaded(house: &House, begin: &[&str]) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = begin.iter().map(|one| (*one).to_owned()).collect();
    let mut to_look_at: Vec<String> = found.iter().cloned().collect();
    while let Some(path) = to_look_at.pop() {
        let said = house.send("GET", &path, &[], None);
        let text = String::from_utf8_lossy(&said.bytes).into_owned();
        for file in text.split("from \"/").skip(1).filter_map(|rest| rest.split('"').next()) {
            if found.insert(format!("//{file}")) {
                to_look_at.push(format!("//{file}"));
            }
        }
    }
    found
}

/// A file as it is served, closed; bytes that cross the network.
fn served(house: &House, path: &str) -> usize {
    let kind = match path.rsplit_once('.') {
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        _ => "text/html; charset=utf-8",
    };
    let said = house.send("GET", path, &[], None);
    assert_eq!((said.status, said.header("content-type")), (200, kind), "{path}");
    assert_eq!(said.header("x-content-type-options"), "nosniff", "{path}");
    let policy = said.header("content-security-policy");
    assert!(policy.starts_with("default-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    let packed = house.send("GET", path, &[("accept-encoding", "br;q=0, gzip")], None);
    assert_eq!((packed.status, packed.header("content-encoding")), (200, "gzip"), "{path}");
    assert_eq!(packed.header("vary"), "accept-encoding");
    let length = packed.header("content-length").parse::<usize>().unwrap();
    assert!(length < said.bytes.len() && said.header("content-encoding").is_empty(), "{path}");
    length
}

#[test]
fn the_page_is_served_closed_and_small() {
    let house = House::new();
    let served = |files: &[&str]| files.iter().map(|path| served(&house, path)).sum::<usize>();
    // Most of it is JsSIP, which is fetched when the telephone is switched on.
    let operators =
        loaded(&house, &["//", "//style.css", "//app.js", "//phone.js", "//vendor/jssip.js", "//quality-mine.js"]);
    let operators: Vec<&str> = operators.iter().map(String::as_str).collect();
    let all = served(&operators);
    println!("an operator's browser loads {all} bytes");
    assert!(all < 120_000, "an operator loads {all} bytes: {operators:?}");
    served(&[EVERYBODYS, REPORTS, PHONES].concat());
    let accounts = served(ACCOUNTS);
    assert!(accounts < 30_000, "{accounts}");
    let (desk, walls) = (served(DESK), served(WALLS));
    assert!(desk < 20_000, "{desk}");
    assert!(walls < 8_000, "{walls}");
    let mys = loaded(&house, &["//my", "//my.css", "//my.js"]);
    let mys = served(
        &mys.iter()
            .map(String::as_str)
            .chain(MYS.iter().copied())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>(),
    );
    assert!(mys < 40_000, "a client firm loads {mys} bytes");
    let (supervisors, administrators) = (served(SUPERVISORS), served(ADMINISTRATORS));
    assert!(supervisors < 60_000, "{supervisors}");
    assert!(administrators < 60_000, "{administrators}");
    let (onboardings, owns) = (served(ONBOARDINGS), served(OWNS));
    assert!(onboardings < 20_000 && owns < 6_000, "{onboardings}, {owns}");
    let administration = served(ADMINISTRATION);
    assert!(administration < 60_000, "{administration}");
    let imported = PARTS.iter().flat_map(|part| part.scripts).flat_map(|(_, script)| script.split("from \"/").skip(1));
    for file in imported.filter_map(|rest| rest.split('"').next()) {
        let path = format!("//{file}");
        assert!(
            [
                EVERYBODYS,
                ADMINISTRATORS,
                REPORTS,
                SUPERVISORS,
                ADMINISTRATION,
                PHONES,
                DESK,
                WALLS,
                MYS,
                ACCOUNTS,
                ONBOARDINGS,
                OWNS
            ]
            .concat()
            .contains(&path.as_str()),
            "{file} is loaded and not looked at"
        );
    }
}

#[test]
fn a_browser_that_has_a_file_of_the_page_gets_it_once() {
    let house = House::new();
    let first = house.send("GET", "//my.js", &[], None);
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("W/\"") && tag.len() > 10, "{tag}");
    for known in [tag.clone(), format!("\"another\", {tag}")] {
        let again = house.send("GET", "//my.js", &[("if-none-match", &known)], None);
        assert_eq!((again.status, again.bytes.len()), (304, 0));
        assert_eq!(again.header("etag"), tag);
    }
    let other = house.send("GET", "//my.js", &[("if-none-match", "W/\"0\""), ("accept-encoding", "gzip;q=0")], None);
    assert_eq!((other.status, other.header("content-encoding"), &other.bytes), (200, "", &first.bytes));
    assert_ne!(house.send("GET", "//app.js", &[], None).header("etag"), tag);
}
