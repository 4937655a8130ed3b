//! Everything that the API does, the command line does: for each route the verb, or why there is none. A route without either fails
//! here; so does a verb that cannot be said, and an example in the help that is none.

use std::collections::BTreeSet;

use clap::{Command, CommandFactory};

use super::Arguments;

/// Routes below `/api/v1`, and the verb that does the same.
const VERBS: &[(&str, &str)] = &[
    ("GET /alarms", "alarm list"),
    ("GET /audit", "audit list"),
    ("GET /audit/export", "audit list --csv"),
    ("GET /backups", "backup list"),
    ("POST /backups", "backup create"),
    ("DELETE /bans", "ban clear --all"),
    ("GET /bans", "ban list"),
    ("GET /bans/by-hand", "ban list"),
    ("POST /bans/by-hand", "ban add 203.0.113.66 --why scans"),
    ("DELETE /bans/by-hand/{id}", "ban lift 203.0.113.0/24"),
    ("DELETE /bans/{address}", "ban clear 203.0.113.66"),
    ("GET /calls", "call list"),
    ("GET /calls/export", "call list --csv"),
    ("GET /calls/{call}", "call show 01K3ABCDEFGHJ"),
    ("POST /calls/{call}/hangup", "call hangup 01K3ABCDEFGHJ"),
    ("POST /calls/{call}/hold", "call hold 01K3ABCDEFGHJ"),
    ("POST /calls/{call}/mute", "call mute 01K3ABCDEFGHJ"),
    ("GET /calls/{call}/recording", "rec export 01K3ABCDEFGHJ call.wav"),
    ("GET /calls/{call}/recording/clip", "rec export 01K3ABCDEFGHJ clip.wav --from 1 --to 9"),
    ("POST /calls/{call}/recording/pause", "call pause 01K3ABCDEFGHJ"),
    ("GET /calls/{call}/recording/peaks", "rec peaks 01K3ABCDEFGHJ"),
    ("POST /calls/{call}/report", "report sheet --call 01K3ABCDEFGHJ"),
    ("DELETE /calls/{call}/supervise", "call supervise 01K3ABCDEFGHJ --stop"),
    ("POST /calls/{call}/supervise", "call supervise 01K3ABCDEFGHJ --by 201"),
    ("GET /calls/{call}/trace", "call trace 01K3ABCDEFGHJ"),
    ("POST /calls/{call}/transfer", "call transfer 01K3ABCDEFGHJ"),
    ("POST /calls/{call}/transfer/cancel", "call transfer 01K3ABCDEFGHJ --cancel"),
    ("POST /calls/{call}/transfer/complete", "call transfer 01K3ABCDEFGHJ --complete"),
    ("GET /channels", "client channels"),
    ("GET /counters/export", "report counters --month 2026-11"),
    ("GET /customers", "client list"),
    ("POST /customers", "client add --code a --name A"),
    ("GET /customers/export", "client export"),
    ("POST /customers/import", "client import firms.csv"),
    ("DELETE /customers/{id}", "client remove a"),
    ("GET /customers/{id}", "client show a"),
    ("PUT /customers/{id}", "client set a --name B"),
    ("GET /customers/{id}/certificate", "certificate a --month 2026-11"),
    ("GET /customers/{id}/certificate/export", "certificate a --month 2026-11 --csv"),
    ("GET /customers/{id}/counters", "report counters --month 2026-11 --client a"),
    ("DELETE /customers/{id}/dial-in", "client pin a --remove"),
    ("GET /customers/{id}/dial-in", "client pin a"),
    ("GET /customers/{id}/identity", "client identity a"),
    ("POST /customers/{id}/identity", "client identity a --document b --representative c --on 2026-11-22"),
    ("GET /customers/{id}/manuals", "client manual a"),
    ("POST /customers/{id}/manuals", "client manual a --write manual.txt"),
    ("GET /customers/{id}/manuals/readers", "client manual a --readers"),
    ("POST /customers/{id}/manuals/{version}/acknowledge", "operator manuals 101 --read a 3"),
    ("GET /customers/{id}/members", "client member list a"),
    ("POST /customers/{id}/members", "client member add a sato@a.example --name Sato"),
    ("PUT /customers/{id}/members/{member}", "client member set a sato@a.example --role owner"),
    ("DELETE /customers/{id}/members/{member}", "client member remove a sato@a.example"),
    ("POST /customers/{id}/members/{member}/password", "client member password a sato@a.example"),
    ("DELETE /customers/{id}/members/{member}/second-factor", "client member second-factor a sato@a.example"),
    ("GET /customers/{id}/notes", "client note a"),
    ("POST /customers/{id}/notes", "client note a --add later"),
    ("DELETE /customers/{id}/notes/{note}", "client note a --end 7"),
    ("GET /customers/{id}/onboardings", "client onboard a"),
    ("POST /customers/{id}/onboardings", "client onboard a --begin"),
    ("GET /customers/{id}/people", "client person a"),
    ("PUT /customers/{id}/people", "client person a --remove sato"),
    ("GET /customers/{id}/profile", "client profile a"),
    ("PUT /customers/{id}/profile", "client profile a --set a.json"),
    ("POST /customers/{id}/profile/try", "client profile a --try message"),
    ("POST /customers/{id}/reports", "report begin --client a"),
    ("GET /customers/{id}/schedules", "client schedule a"),
    (
        "POST /customers/{id}/schedules",
        "client schedule a --person b --away out --from 2026-11-21T13:00 --until 2026-11-21T16:00",
    ),
    (
        "POST /customers/{id}/schedules/sentence",
        "client schedule a --person b --away out --from 2026-11-21T13:00 --until 2026-11-21T16:00 --dry-run",
    ),
    ("DELETE /customers/{id}/schedules/{entry}", "client schedule a --remove 12"),
    ("POST /customers/{id}/test-report", "client test-report a"),
    ("POST /deliveries/{id}/resend", "report resend 0198"),
    ("GET /dids", "did list"),
    ("POST /dids", "did add 0312345678 a"),
    ("DELETE /dids/{number}", "did remove 0312345678"),
    ("GET /dids/{number}", "did check 0312345678"),
    ("GET /dids/{number}/check", "did check 0312345678"),
    ("GET /displays", "wall list"),
    ("POST /displays", "wall add A"),
    ("DELETE /displays/{id}", "wall revoke 2"),
    ("GET /disputes", "dispute list"),
    ("GET /disputes/counts", "dispute counts --from 2026-11-01 --to 2026-12-01"),
    ("GET /disputes/counts/export", "dispute counts --from 2026-11-01 --to 2026-12-01 --csv"),
    ("GET /disputes/{id}", "dispute show 12"),
    ("POST /disputes/{id}", "dispute decide 12 --cause correct"),
    ("POST /disputes/{id}/answer", "dispute answer 12 --cause correct"),
    ("GET /door", "user second-factor"),
    ("PUT /door", "user second-factor --demand admin,supervisor"),
    ("GET /events", "call follow"),
    ("GET /feedback", "feedback list"),
    ("POST /feedback/{id}", "feedback answer 3 --answer thanks"),
    ("GET /health", "check --house"),
    ("GET /health/trunks", "trunk health"),
    ("GET /holds", "rec hold list"),
    ("POST /holds", "rec hold add --client a --why lawsuit"),
    ("DELETE /holds/{id}", "rec hold end 3"),
    ("GET /keeping", "rec keep"),
    ("PUT /keeping/{customer}", "rec keep --client a --days 90"),
    ("GET /manuals/unread", "operator manuals 101"),
    ("GET /not-ready-reasons", "operator reasons"),
    ("GET /now", "call now"),
    ("GET /onboardings", "client onboard a"),
    ("GET /onboardings/{id}", "client onboard a"),
    ("POST /onboardings/{id}/call", "client onboard a --call"),
    ("POST /onboardings/{id}/greeting", "client onboard a --greeting right --of 1M834JBP05PQR --until 8"),
    ("POST /onboardings/{id}/mail", "client onboard a --mail"),
    ("POST /onboardings/{id}/mail/arrived", "client onboard a --arrived sato-mail"),
    ("POST /onboardings/{id}/route", "client onboard a --route"),
    ("GET /openapi.json", "api GET /openapi.json"),
    ("GET /operators", "operator list"),
    ("POST /operators", "operator add --login 101 --name A"),
    ("GET /operators/figures", "operator figures --from 2026-11-01 --to 2026-12-01"),
    ("GET /operators/figures/export", "operator figures --from 2026-11-01 --to 2026-12-01 --csv"),
    ("DELETE /operators/{id}", "operator remove 101"),
    ("GET /operators/{id}", "operator show 101"),
    ("PUT /operators/{id}", "operator set 101 --name B"),
    ("POST /operators/{id}/password", "operator password 101"),
    ("GET /operators/{id}/softphone", "operator softphone 101"),
    ("POST /operators/{id}/state", "operator pause 101 --reason lunch"),
    ("POST /operators/{id}/wrap-up/finish", "operator finish 101"),
    ("GET /promise", "promise"),
    ("GET /prompts", "prompt list"),
    ("DELETE /prompts/{name}", "prompt remove hold-music"),
    ("GET /prompts/{name}", "prompt export hold-music music.wav"),
    ("PUT /prompts/{name}", "prompt add hold-music music.wav"),
    ("PUT /prompts/{name}/name", "prompt rename a b"),
    ("PUT /prompts/{name}/words", "prompt say a words"),
    ("GET /proof", "report proof --from 2026-11-01 --to 2026-12-01 --json"),
    ("GET /proof/export", "report proof --from 2026-11-01 --to 2026-12-01"),
    ("GET /purges", "rec purge --ledger 20"),
    ("POST /purges", "rec purge"),
    ("GET /quality/criteria", "quality criteria"),
    ("PUT /quality/criteria", "quality criteria --set criteria.json"),
    ("POST /quality/draws", "quality draw --week 2026-11-16 --per-operator 3"),
    ("GET /quality/samples", "quality list"),
    ("POST /quality/samples", "quality choose 01K3ABCDEFGHJ --why complaint"),
    ("PUT /quality/samples/{id}/sheet", "quality score 7 --set sheet.json"),
    ("GET /reconciliations", "report proofs"),
    ("POST /reconciliations", "report reconcile --from 2026-11-01 --to 2026-12-01"),
    ("GET /reports", "report list"),
    ("GET /reports/export", "report list --csv"),
    ("GET /reports/unfinished", "report list --unfinished"),
    ("GET /reports/{id}", "report show 0198"),
    ("PATCH /reports/{id}", "report edit 0198 --set business=b"),
    ("DELETE /reports/{id}/clip", "dispute clip-end 0198"),
    ("POST /reports/{id}/correct", "report correct 0198"),
    ("POST /reports/{id}/deliveries", "report send-to 0198 chief-mail"),
    ("POST /reports/{id}/disputes", "dispute open 0198 --field callback --words wrong"),
    ("POST /reports/{id}/faq", "report edit 0198 --faq 0"),
    ("DELETE /reports/{id}/lock", "report unlock 0198"),
    ("POST /reports/{id}/lock", "report unlock 0198 --take"),
    ("POST /reports/{id}/open", "report sheet 0198 --take"),
    ("GET /reports/{id}/preview", "report preview 0198"),
    ("POST /reports/{id}/send", "report send 0198"),
    ("GET /reports/{id}/sheet", "report sheet 0198"),
    ("POST /reports/{id}/waive", "report waive 0198 --reason silent"),
    ("GET /reports/{id}/written", "report show 0198 --written"),
    ("GET /settings", "settings get"),
    ("PUT /settings", "settings set hold_music our-music"),
    ("POST /speech", "prompt hear words busy.wav"),
    ("GET /staffing", "staffing"),
    ("GET /tasks", "report tasks"),
    ("POST /tasks/{id}", "report task 12 --done"),
    ("GET /trunks", "trunk list"),
    ("POST /trunks", "trunk add --name carrier --host 192.0.2.1"),
    ("DELETE /trunks/{id}", "trunk remove carrier"),
    ("GET /trunks/{id}", "trunk show carrier"),
    ("PUT /trunks/{id}", "trunk edit carrier --host 192.0.2.2"),
    ("GET /users", "user list"),
    ("POST /users", "user add tanaka --role supervisor"),
    ("PUT /users/{id}", "user set tanaka --role supervisor"),
    ("DELETE /users/{id}", "user remove tanaka"),
    ("POST /users/{id}/link", "user link tanaka"),
    ("POST /users/{id}/password", "user password tanaka"),
    ("DELETE /users/{id}/second-factor", "user totp tanaka --reset"),
    ("DELETE /users/{id}/sessions", "user sessions tanaka --end"),
    ("GET /users/{id}/sessions", "user sessions tanaka"),
    ("DELETE /users/{id}/sessions/{session}", "user sessions tanaka --end-one 0a1b"),
];

/// Routes that begin so have no verb, and why.
const NONE: &[(&str, &str)] = &[
    ("/account", "one's own password, codes, passkeys and sessions: whoever they are of does it, with a login"),
    ("/my/", "a firm's own page: its people do it, with their login; the house's side of each is a verb"),
    ("/login", "a session is of a browser or of a program with a login: the socket needs none"),
    ("/logout", "as the login"),
    ("/me", "as the login"),
    ("/join", "a link's own page: its address is the secret"),
    ("/phone", "a browser's own telephone: its account, and where it registers"),
    ("/wall", "what a screen on a wall shows, by its own link; the same is in `promise` and `call now`"),
    ("/quality/mine", "an operator's own scores: to see them marks them as read; `quality list --operator` does not"),
    (
        "/feedback/mine",
        "what firms said of an operator's own calls, on the own desk, which notes what was seen; `feedback list` has all",
    ),
    ("/onboardings/mine", "what an operator confirms on the own desk; `client onboard --greeting` does it for all"),
    ("/operators/{id}/report-open", "a desk says by itself that a form is open there"),
];

/// Every route of the API, as `GET /calls`.
fn routes() -> BTreeSet<String> {
    let described = serde_json::to_value(web::openapi::description()).unwrap();
    let mut routes = BTreeSet::new();
    for (path, item) in described["paths"].as_object().unwrap() {
        let below = path.strip_prefix("/api/v1").unwrap();
        let methods = ["get", "put", "post", "delete", "patch"].into_iter().filter(|method| item.get(method).is_some());
        routes.extend(methods.map(|method| format!("{} {below}", method.to_uppercase())));
    }
    routes
}

fn has_none(route: &str) -> bool {
    route.split_once(' ').is_some_and(|(_, path)| NONE.iter().any(|(start, _)| path.starts_with(start)))
}

/// A line as a shell reads it: words, of which some are quoted. Ends where something is done with what is printed.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in line.chars() {
        match (quote, letter) {
            (Some(end), _) if letter == end => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, '>' | '<' | '|') => break,
            (_, _) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

fn said(line: &str) -> Result<(), String> {
    Arguments::command().try_get_matches_from(words(line)).map(drop).map_err(|error| format!("{line}\n{error}"))
}

#[test]
fn every_route_of_the_api_has_a_verb_or_a_reason_why_it_has_none() {
    let routes = routes();
    assert!(routes.len() > 150, "the description is not the API's: {routes:?}");
    let known: BTreeSet<&str> = VERBS.iter().map(|(route, _)| *route).collect();
    assert_eq!(known.len(), VERBS.len(), "a route is here twice");
    let lacking: Vec<_> = routes.iter().filter(|route| !known.contains(route.as_str()) && !has_none(route)).collect();
    assert!(lacking.is_empty(), "no verb, and no reason: {lacking:#?}");
    let gone: Vec<_> = known.iter().filter(|route| !routes.contains(**route) || has_none(route)).collect();
    assert!(gone.is_empty(), "no route of the API any more, or one with a reason: {gone:#?}");
    for (start, why) in NONE {
        let meant = routes.iter().any(|route| route.split_once(' ').is_some_and(|(_, path)| path.starts_with(start)));
        assert!(meant && !why.is_empty(), "{start} is no route's beginning any more");
    }
    let odd: Vec<_> = VERBS.iter().filter_map(|(_, verb)| said(&format!("denwaban {verb}")).err()).collect();
    assert!(odd.is_empty(), "{}", odd.join("\n"));
}

/// The verbs that do something themselves, each with the words that lead to it.
fn leaves(command: &Command, path: &str, found: &mut Vec<(String, Command)>) {
    let path = if path.is_empty() { command.get_name().to_owned() } else { format!("{path} {}", command.get_name()) };
    if !command.has_subcommands() {
        found.push((path, command.clone()));
        return;
    }
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        leaves(below, &path, found);
    }
}

/// The lines of a help's examples: what is broken by a backslash is one; what an example is for may stand after two spaces.
fn examples(command: &Command) -> Vec<String> {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let help = help.split("\\\n").map(str::trim).collect::<Vec<_>>().join(" ");
    let lines = help.lines().map(str::trim).filter_map(|line| line.find("denwaban ").map(|at| line.split_at(at)));
    // Before the command may stand what it reads: echo … | denwaban …; a sentence that names a verb is no example.
    let lines = lines.filter(|(before, _)| before.is_empty() || before.ends_with("| "));
    lines.filter_map(|(_, line)| line.split("  ").next().map(str::to_owned)).collect()
}

#[test]
fn every_verb_has_an_example_under_its_help_and_every_example_can_be_said() {
    let mut verbs = Vec::new();
    leaves(&Arguments::command(), "", &mut verbs);
    assert!(verbs.len() > 100, "{}", verbs.len());
    let (mut without, mut odd) = (Vec::new(), Vec::new());
    for (path, command) in verbs {
        let examples = examples(&command);
        // `denwaban --config FILE check` is an example of `denwaban check`.
        let last = path.split(' ').next_back().unwrap_or_default().to_owned();
        if !examples.iter().any(|line| line.starts_with(&path) || words(line).contains(&last)) {
            without.push(path);
        }
        odd.extend(examples.iter().filter_map(|line| said(line).err()));
    }
    assert!(without.is_empty(), "no example: {without:#?}");
    assert!(odd.is_empty(), "{}", odd.join("\n"));
}
