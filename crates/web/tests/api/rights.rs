//! Every route with every role, and that the API's description of itself has exactly these routes.

use std::collections::BTreeSet;

use crate::common::{House, in_hand};
use serde_json::{Value, json};
use store::{Role, TrunkForm};
use switch::desk::{CallNow, OperatorNow, SupervisorNow};
use switch::{CallId, Command, OperatorId, SuperviseMode};

/// A call of operator 1, one of operator 2, one of the past.
const OWN: u64 = 11;
const OTHERS: u64 = 12;
const PAST: u64 = 13;

/// Method, route, a request to it, its body; statuses for nobody, an operator, a supervisor, an administrator.
type Line = (&'static str, &'static str, String, Option<Value>, [u16; 4]);

fn calls_in_hand() -> Vec<Line> {
    let mut lines = Vec::new();
    for (route, body) in [
        ("/calls/{call}/hold", Some(json!({"on": true}))),
        ("/calls/{call}/mute", Some(json!({"on": false}))),
        ("/calls/{call}/recording/pause", Some(json!({"on": true}))),
        ("/calls/{call}/transfer", Some(json!({"mode": "attended", "urgent": true}))),
        ("/calls/{call}/transfer/complete", None),
        ("/calls/{call}/transfer/cancel", None),
        ("/calls/{call}/hangup", None),
    ] {
        let at = |call: u64| route.replace("{call}", &CallId(call).to_string());
        lines.push(("POST", route, at(OWN), body.clone(), [401, 202, 202, 202]));
        lines.push(("POST", route, at(OTHERS), body, [401, 404, 202, 202]));
    }
    let supervise = format!("/calls/{}/supervise", CallId(OTHERS));
    let listen = |operator: Option<i64>| Some(json!({"mode": "listen", "operator": operator}));
    lines.extend([
        // These logins have no phone but the operator's own; another's only an administrator may have called.
        ("POST", "/calls/{call}/supervise", supervise.clone(), listen(None), [401, 403, 422, 422]),
        ("POST", "/calls/{call}/supervise", supervise.clone(), listen(Some(1)), [401, 403, 403, 202]),
        ("DELETE", "/calls/{call}/supervise", supervise, None, [401, 403, 404, 404]),
    ]);
    lines
}

/// Rows that are there; the next of each table is one more.
#[derive(Clone, Copy, Default)]
struct Rows {
    own: i64,
    other: i64,
    customer: i64,
    trunk: i64,
    user: i64,
}

/// Of the draft that the past call has.
fn reports() -> Vec<Line> {
    let draft = store::report_id_of_call(CallId(PAST));
    let at = |rest: &str| format!("/reports/{draft}{rest}");
    let in_hand = |call: u64| format!("/calls/{}/report", CallId(call));
    let take = Some(json!({"take": true}));
    vec![
        ("POST", "/calls/{call}/report", in_hand(OWN), take.clone(), [401, 200, 200, 200]),
        ("POST", "/calls/{call}/report", in_hand(OTHERS), take.clone(), [401, 404, 200, 200]),
        ("GET", "/reports", "/reports".into(), None, [401, 403, 200, 200]),
        ("GET", "/reports/unfinished", "/reports/unfinished".into(), None, [401, 200, 200, 200]),
        ("GET", "/reports/export", "/reports/export".into(), None, [401, 403, 200, 200]),
        ("GET", "/reports/{id}", at(""), None, [401, 200, 200, 200]),
        ("GET", "/reports/{id}/sheet", at("/sheet"), None, [401, 200, 200, 200]),
        // Whoever writes has it for a minute.
        (
            "PATCH",
            "/reports/{id}",
            at(""),
            Some(json!({"edits": [{"key": "name", "value": {"said": "佐藤"}}]})),
            [401, 200, 409, 409],
        ),
        ("POST", "/reports/{id}/open", at("/open"), take.clone(), [401, 200, 200, 200]),
        ("POST", "/reports/{id}/lock", at("/lock"), take, [401, 200, 200, 200]),
        ("DELETE", "/reports/{id}/lock", at("/lock"), None, [401, 204, 204, 204]),
        ("POST", "/reports/{id}/faq", at("/faq"), Some(json!({"entry": 0})), [401, 422, 422, 422]),
        ("GET", "/reports/{id}/preview", at("/preview"), None, [401, 200, 200, 200]),
        ("POST", "/reports/{id}/send", at("/send"), Some(json!({})), [401, 422, 422, 422]),
        ("POST", "/reports/{id}/waive", at("/waive"), Some(json!({"reason": " "})), [401, 422, 422, 422]),
        ("POST", "/reports/{id}/correct", at("/correct"), None, [401, 409, 409, 409]),
        ("GET", "/reports/{id}/written", at("/written"), None, [401, 403, 200, 200]),
        // A draft goes to nobody; and the firm has no such recipient.
        (
            "POST",
            "/reports/{id}/deliveries",
            at("/deliveries"),
            Some(json!({"recipient": "nobody"})),
            [401, 403, 422, 422],
        ),
        // Nor does a firm dispute a draft.
        (
            "POST",
            "/reports/{id}/disputes",
            at("/disputes"),
            Some(json!({"field": "callback", "words": "末尾が違う"})),
            [401, 403, 422, 422],
        ),
        ("GET", "/tasks", "/tasks".into(), None, [401, 403, 200, 200]),
        ("POST", "/tasks/{id}", "/tasks/1".into(), Some(json!({"end": "done"})), [401, 403, 404, 404]),
        ("POST", "/deliveries/{id}/resend", "/deliveries/none/resend".into(), None, [401, 403, 404, 404]),
        ("GET", "/reconciliations", "/reconciliations".into(), None, [401, 403, 200, 200]),
        (
            "POST",
            "/reconciliations",
            "/reconciliations".into(),
            Some(json!({"from_ms": 0, "to_ms": 1})),
            [401, 403, 200, 200],
        ),
        ("GET", "/proof", "/proof?from_ms=0&to_ms=1".into(), None, [401, 403, 200, 200]),
        ("GET", "/proof/export", "/proof/export?from_ms=0&to_ms=1".into(), None, [401, 403, 200, 200]),
        ("GET", "/counters/export", "/counters/export?month=2025-11".into(), None, [401, 403, 200, 200]),
    ]
}

/// What operators have to know about a firm.
fn firms(customer: i64) -> Vec<Line> {
    let at = |rest: &str| format!("/customers/{customer}/{rest}");
    let nobody = Some(json!({"person": "nobody", "from_ms": 0, "until_ms": 1, "away": "out"}));
    let profile = Some(json!({"revision": 0, "profile": {}}));
    let thought = nobody.clone();
    vec![
        ("GET", "/customers/{id}/profile", at("profile"), None, [401, 403, 200, 200]),
        ("PUT", "/customers/{id}/profile", at("profile"), profile, [401, 403, 403, 200]),
        ("GET", "/customers/{id}/people", at("people"), None, [401, 200, 200, 200]),
        ("PUT", "/customers/{id}/people", at("people"), Some(json!({"people": []})), [401, 403, 200, 200]),
        ("GET", "/customers/{id}/schedules", at("schedules"), None, [401, 200, 200, 200]),
        ("POST", "/customers/{id}/schedules", at("schedules"), nobody, [401, 403, 422, 422]),
        ("DELETE", "/customers/{id}/schedules/{entry}", at("schedules/1"), None, [401, 403, 404, 404]),
        ("GET", "/customers/{id}/notes", at("notes"), None, [401, 200, 200, 200]),
        ("POST", "/customers/{id}/notes", at("notes"), Some(json!({"text": "院長は不在"})), [401, 403, 200, 200]),
        ("DELETE", "/customers/{id}/notes/{note}", at("notes/1"), None, [401, 403, 204, 204]),
        ("GET", "/customers/{id}/manuals", at("manuals"), None, [401, 200, 200, 200]),
        ("POST", "/customers/{id}/manuals", at("manuals"), Some(json!({"text": "新しい手順"})), [401, 403, 201, 201]),
        ("GET", "/customers/{id}/manuals/readers", at("manuals/readers"), None, [401, 403, 200, 200]),
        ("POST", "/customers/{id}/profile/try", at("profile/try"), Some(json!({})), [401, 403, 200, 200]),
        ("POST", "/customers/{id}/schedules/sentence", at("schedules/sentence"), thought, [401, 403, 422, 422]),
        ("GET", "/manuals/unread", "/manuals/unread".into(), None, [401, 200, 200, 200]),
        // Supervisor and administrator are no operators here.
        (
            "POST",
            "/customers/{id}/manuals/{version}/acknowledge",
            at("manuals/1/acknowledge"),
            None,
            [401, 204, 422, 422],
        ),
        ("POST", "/customers/{id}/reports", at("reports"), Some(json!({})), [401, 201, 201, 201]),
        ("POST", "/customers/{id}/test-report", at("test-report"), None, [401, 403, 422, 422]),
        ("GET", "/customers/{id}/counters", at("counters?month=2025-11"), None, [401, 403, 200, 200]),
    ]
}

/// The supervisor's desk.
#[allow(clippy::too_many_lines, reason = "it is a table")]
fn desk(customer: i64) -> Vec<Line> {
    let past = |rest: &str| format!("/calls/{}{rest}", CallId(PAST));
    vec![
        (
            "GET",
            "/calls/{call}/recording/clip",
            past("/recording/clip?from_ms=0&until_ms=1000"),
            None,
            [401, 403, 200, 200],
        ),
        (
            "GET",
            "/customers/{id}/certificate/export",
            format!("/customers/{customer}/certificate/export?month=2025-11"),
            None,
            [401, 403, 200, 200],
        ),
        (
            "GET",
            "/disputes/counts/export",
            "/disputes/counts/export?from_ms=0&to_ms=1".into(),
            None,
            [401, 403, 200, 200],
        ),
        ("GET", "/disputes/{id}", "/disputes/1".into(), None, [401, 403, 404, 404]),
        (
            "POST",
            "/disputes/{id}/answer",
            "/disputes/1/answer".into(),
            Some(json!({"cause": "correct"})),
            [401, 403, 404, 404],
        ),
        ("DELETE", "/reports/{id}/clip", "/reports/1/clip".into(), None, [401, 403, 404, 404]),
        ("GET", "/operators/figures", "/operators/figures?from_ms=0&to_ms=1".into(), None, [401, 403, 200, 200]),
        (
            "GET",
            "/operators/figures/export",
            "/operators/figures/export?from_ms=0&to_ms=1".into(),
            None,
            [401, 403, 200, 200],
        ),
        ("GET", "/feedback", "/feedback".into(), None, [401, 403, 200, 200]),
        ("GET", "/feedback/mine", "/feedback/mine".into(), None, [401, 200, 200, 200]),
        ("POST", "/feedback/mine", "/feedback/mine".into(), Some(json!({"ids": [1]})), [401, 204, 204, 204]),
        ("POST", "/feedback/{id}", "/feedback/1".into(), Some(json!({"answer": "x"})), [401, 403, 404, 404]),
        ("GET", "/quality/criteria", "/quality/criteria".into(), None, [401, 200, 200, 200]),
        ("PUT", "/quality/criteria", "/quality/criteria".into(), Some(json!({"criteria": []})), [401, 403, 422, 422]),
        ("GET", "/quality/samples", "/quality/samples".into(), None, [401, 403, 200, 200]),
        (
            "POST",
            "/quality/samples",
            "/quality/samples".into(),
            Some(json!({"call": "x", "why": "y"})),
            [401, 403, 404, 404],
        ),
        (
            "POST",
            "/quality/draws",
            "/quality/draws".into(),
            Some(json!({"week": "2025-11-10", "per_operator": 2})),
            [401, 403, 200, 200],
        ),
        (
            "PUT",
            "/quality/samples/{id}/sheet",
            "/quality/samples/9/sheet".into(),
            Some(json!({"marks": [{"code": "greeting", "points": 5}]})),
            [401, 403, 404, 404],
        ),
        ("GET", "/quality/mine", "/quality/mine".into(), None, [401, 200, 200, 200]),
        ("GET", "/wall", "/wall".into(), None, [401; 4]),
        ("GET", "/displays", "/displays".into(), None, [401, 403, 403, 200]),
        ("POST", "/displays", "/displays".into(), Some(json!({"name": "壁"})), [401, 403, 403, 201]),
        ("DELETE", "/displays/{id}", "/displays/1".into(), None, [401, 403, 403, 200]),
    ]
}

/// A new firm's proofs.
fn onboarding(customer: i64) -> Vec<Line> {
    let at = |rest: &str| format!("/customers/{customer}/{rest}");
    let of = |rest: &str| format!("/onboardings/1{rest}");
    let empty = || Some(json!({}));
    let heard = Some(json!({"call": "01K3ABCDEFGHJ", "right": true, "until_ms": 8000}));
    let person = Some(json!({"document": "登記事項証明書", "representative": "佐藤", "checked_on": "2025-11-20"}));
    vec![
        ("GET", "/onboardings", "/onboardings".into(), None, [401, 403, 200, 200]),
        ("GET", "/onboardings/mine", "/onboardings/mine".into(), None, [401, 200, 200, 200]),
        ("GET", "/customers/{id}/onboardings", at("onboardings"), None, [401, 403, 200, 200]),
        ("POST", "/customers/{id}/onboardings", at("onboardings"), None, [401, 403, 201, 201]),
        ("GET", "/onboardings/{id}", of(""), None, [401, 403, 200, 200]),
        ("POST", "/onboardings/{id}/route", of("/route"), None, [401, 403, 200, 200]),
        ("POST", "/onboardings/{id}/call", of("/call"), empty(), [401, 403, 404, 404]),
        ("POST", "/onboardings/{id}/greeting", of("/greeting"), heard, [401, 404, 422, 422]),
        // This firm has no recipients.
        ("POST", "/onboardings/{id}/mail", of("/mail"), None, [401, 403, 422, 422]),
        (
            "POST",
            "/onboardings/{id}/mail/arrived",
            of("/mail/arrived"),
            Some(json!({"recipient": "a", "arrived": true})),
            [401, 403, 422, 422],
        ),
        ("GET", "/customers/{id}/identity", at("identity"), None, [401, 403, 200, 200]),
        ("POST", "/customers/{id}/identity", at("identity"), person, [401, 403, 403, 201]),
    ]
}

/// A firm's own people are none of the house's, nor the house's people a firm's; disputes and logins are looked after here.
fn my_page(customer: i64) -> Vec<Line> {
    let mut lines: Vec<Line> = [
        ("GET", "/my/me"),
        ("GET", "/my/door"),
        ("PUT", "/my/door"),
        ("GET", "/my/orders"),
        ("PUT", "/my/orders"),
        ("GET", "/my/dial-in"),
        ("PUT", "/my/dial-in"),
        ("DELETE", "/my/dial-in"),
        ("GET", "/my/reports"),
        ("GET", "/my/reports/export"),
        ("GET", "/my/reports/{id}"),
        ("GET", "/my/reports/{id}/recording"),
        ("POST", "/my/reports/{id}/handling"),
        ("POST", "/my/reports/{id}/disputes"),
        ("POST", "/my/reports/{id}/feedback"),
        ("GET", "/my/schedules"),
        ("POST", "/my/schedules"),
        ("DELETE", "/my/schedules/{entry}"),
        ("GET", "/my/notes"),
        ("POST", "/my/notes"),
        ("DELETE", "/my/notes/{note}"),
        ("GET", "/my/members"),
        ("POST", "/my/members"),
        ("PUT", "/my/members/{id}"),
        ("DELETE", "/my/members/{id}"),
        ("POST", "/my/members/{id}/password"),
        ("POST", "/my/password"),
    ]
    .into_iter()
    .map(|(method, route)| {
        let path = ["{id}", "{entry}", "{note}"].iter().fold(route.to_owned(), |path, place| path.replace(place, "1"));
        (method, route, path, (method != "GET").then(|| json!({})), [401; 4])
    })
    .collect();
    let dial_in = || format!("/customers/{customer}/dial-in");
    lines.push(("GET", "/customers/{id}/dial-in", dial_in(), None, [401, 403, 200, 200]));
    lines.push(("DELETE", "/customers/{id}/dial-in", dial_in(), None, [401, 403, 404, 404]));
    let at = |rest: &str| format!("/customers/{customer}/members{rest}");
    let member = Some(json!({"login": "sato@sakura.example", "name": "佐藤", "role": "owner"}));
    let changed = member.clone();
    lines.extend([
        ("POST", "/my/login", "/my/login".into(), Some(json!({})), [422; 4]),
        ("POST", "/my/logout", "/my/logout".into(), None, [204; 4]),
        ("GET", "/customers/{id}/members", at(""), None, [401, 403, 403, 200]),
        ("POST", "/customers/{id}/members", at(""), member, [401, 403, 403, 201]),
        ("POST", "/customers/{id}/members/{member}/password", at("/1/password"), None, [401, 403, 403, 200]),
        ("PUT", "/customers/{id}/members/{member}", at("/9"), changed, [401, 403, 403, 404]),
        ("DELETE", "/customers/{id}/members/{member}", at("/9"), None, [401, 403, 403, 404]),
        (
            "DELETE",
            "/customers/{id}/members/{member}/second-factor",
            at("/1/second-factor"),
            None,
            [401, 403, 403, 204],
        ),
        ("GET", "/disputes", "/disputes".into(), None, [401, 403, 200, 200]),
        ("GET", "/disputes/counts", "/disputes/counts?from_ms=0&to_ms=1".into(), None, [401, 403, 200, 200]),
        ("POST", "/disputes/{id}", "/disputes/1".into(), Some(json!({"cause": "correct"})), [401, 403, 404, 404]),
    ]);
    lines
}

/// Everybody's own account, and the door: whoever stands before it is nobody yet.
fn accounts() -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (method, route, path, refused) in [
        ("GET", "", "", 200),
        ("POST", "/password", "/password", 422),
        ("DELETE", "/sessions", "/sessions", 204),
        ("DELETE", "/sessions/{session}", "/sessions/0", 404),
        ("POST", "/codes", "/codes", 422),
        ("POST", "/codes/confirm", "/codes/confirm", 422),
        ("POST", "/codes/end", "/codes/end", 422),
        ("POST", "/codes/recovery", "/codes/recovery", 422),
        ("POST", "/passkeys/begin", "/passkeys/begin", 422),
        ("POST", "/passkeys", "/passkeys", 422),
        ("PUT", "/passkeys/{id}", "/passkeys/1", 422),
        ("POST", "/passkeys/{id}/remove", "/passkeys/1/remove", 422),
    ] {
        let body = matches!(method, "POST" | "PUT").then(|| json!({}));
        let routes = [format!("/account{route}"), format!("/my/account{route}")].map(|route| &*route.leak());
        lines.push((method, routes[0], format!("/account{path}"), body.clone(), [401, refused, refused, refused]));
        // A user's session is none of a firm's.
        lines.push((method, routes[1], format!("/my/account{path}"), body, [401; 4]));
    }
    for route in ["/login/passkey", "/my/login/passkey", "/join/look", "/join"] {
        lines.push(("POST", route, route.into(), Some(json!({})), [422; 4]));
    }
    // At a bare address there are none.
    lines.push(("POST", "/login/passkey/begin", "/login/passkey/begin".into(), None, [409; 4]));
    lines
}

/// What administrators do about other people's logins.
fn doors(user: i64) -> Vec<Line> {
    let at = |rest: &str| format!("/users/{user}/{rest}");
    vec![
        ("GET", "/door", "/door".into(), None, [401, 403, 403, 200]),
        ("PUT", "/door", "/door".into(), Some(json!({"second_factor": []})), [401, 403, 403, 200]),
        ("GET", "/users/{id}/sessions", at("sessions"), None, [401, 403, 403, 200]),
        ("DELETE", "/users/{id}/sessions", at("sessions"), None, [401, 403, 403, 204]),
        ("DELETE", "/users/{id}/sessions/{session}", at("sessions/0"), None, [401, 403, 403, 404]),
        ("POST", "/users/{id}/link", at("link"), None, [401, 403, 403, 200]),
        ("DELETE", "/users/{id}/second-factor", at("second-factor"), None, [401, 403, 403, 204]),
    ]
}

/// The administration. This house has no library of prompts, and nobody looks after it.
fn administration() -> Vec<Line> {
    let words = Some(json!({"text": "a"}));
    vec![
        ("GET", "/prompts", "/prompts".into(), None, [401, 403, 403, 503]),
        ("GET", "/prompts/{name}", "/prompts/hold-music".into(), None, [401, 403, 403, 503]),
        ("PUT", "/prompts/{name}", "/prompts/a".into(), words.clone(), [401, 403, 403, 503]),
        ("DELETE", "/prompts/{name}", "/prompts/a".into(), None, [401, 403, 403, 503]),
        ("PUT", "/prompts/{name}/words", "/prompts/a/words".into(), words.clone(), [401, 403, 403, 503]),
        ("PUT", "/prompts/{name}/name", "/prompts/a/name".into(), Some(json!({"name": "b"})), [401, 403, 403, 503]),
        ("POST", "/speech", "/speech".into(), words, [401, 403, 403, 503]),
        ("GET", "/keeping", "/keeping".into(), None, [401, 403, 403, 200]),
        ("PUT", "/keeping/{customer}", "/keeping/0".into(), Some(json!({"days": null})), [401, 403, 403, 204]),
        ("GET", "/holds", "/holds".into(), None, [401, 403, 403, 200]),
        ("POST", "/holds", "/holds".into(), Some(json!({"why": "x"})), [401, 403, 403, 422]),
        ("DELETE", "/holds/{id}", "/holds/999".into(), None, [401, 403, 403, 404]),
        ("GET", "/purges", "/purges".into(), None, [401, 403, 403, 200]),
        ("POST", "/purges", "/purges".into(), None, [401, 403, 403, 200]),
        ("GET", "/audit", "/audit".into(), None, [401, 403, 403, 200]),
        ("GET", "/audit/export", "/audit/export".into(), None, [401, 403, 403, 200]),
        ("GET", "/channels", "/channels".into(), None, [401, 403, 200, 200]),
        ("GET", "/health", "/health".into(), None, [401, 403, 503, 503]),
        ("GET", "/health/trunks", "/health/trunks".into(), None, [401, 403, 200, 200]),
        ("GET", "/backups", "/backups".into(), None, [401, 403, 403, 503]),
        ("POST", "/backups", "/backups".into(), None, [401, 403, 403, 503]),
    ]
}

#[allow(clippy::too_many_lines, reason = "it is a table")]
fn everything(rows: Rows) -> Vec<Line> {
    let past = |rest: &str| format!("/calls/{}{rest}", CallId(PAST));
    let customer = json!({"code": "new", "name": "新規"});
    let operator = |login: &str| Some(json!({"login": login, "name": "次郎"}));
    let trunk = Some(json!({"name": "hikari", "host": "192.0.2.1"}));
    let renamed = Some(json!({"name": "new", "role": "supervisor"}));
    let ready = Some(json!({"ready": false, "reason": "昼食"}));
    let mut lines: Vec<Line> = vec![
        ("GET", "/openapi.json", "/openapi.json".into(), None, [200, 200, 200, 200]),
        ("POST", "/login", "/login".into(), Some(json!({})), [422, 422, 422, 422]),
        ("GET", "/me", "/me".into(), None, [401, 200, 200, 200]),
        ("GET", "/events", "/events".into(), None, [401, 400, 400, 400]),
        ("GET", "/phone", "/phone".into(), None, [401, 400, 403, 403]),
        ("GET", "/phone/account", "/phone/account".into(), None, [401, 200, 403, 403]),
        ("GET", "/now", "/now".into(), None, [401, 200, 200, 200]),
        ("GET", "/calls", "/calls".into(), None, [401, 403, 200, 200]),
        ("GET", "/calls/export", "/calls/export".into(), None, [401, 403, 200, 200]),
        ("GET", "/promise", "/promise".into(), None, [401, 403, 200, 200]),
        ("GET", "/staffing", "/staffing".into(), None, [401, 403, 200, 200]),
        ("GET", "/alarms", "/alarms".into(), None, [401, 200, 200, 200]),
        ("GET", "/calls/{call}", past(""), None, [401, 403, 200, 200]),
        ("GET", "/calls/{call}/trace", past("/trace"), None, [401, 403, 200, 200]),
        ("GET", "/calls/{call}/recording", past("/recording"), None, [401, 403, 200, 200]),
        ("GET", "/calls/{call}/recording/peaks", past("/recording/peaks"), None, [401, 403, 200, 200]),
        ("GET", "/bans", "/bans".into(), None, [401, 403, 200, 200]),
        ("DELETE", "/bans/{address}", "/bans/2001:db8::66".into(), None, [401, 403, 200, 200]),
        ("DELETE", "/bans", "/bans".into(), None, [401, 403, 200, 200]),
        (
            "POST",
            "/operators/{id}/state",
            format!("/operators/{}/state", rows.own),
            ready.clone(),
            [401, 202, 202, 202],
        ),
        ("POST", "/operators/{id}/state", format!("/operators/{}/state", rows.other), ready, [401, 403, 202, 202]),
        (
            "POST",
            "/operators/{id}/wrap-up/finish",
            format!("/operators/{}/wrap-up/finish", rows.own),
            None,
            [401, 202, 202, 202],
        ),
        (
            "POST",
            "/operators/{id}/wrap-up/finish",
            format!("/operators/{}/wrap-up/finish", rows.other),
            None,
            [401, 403, 202, 202],
        ),
        (
            "POST",
            "/operators/{id}/report-open",
            format!("/operators/{}/report-open", rows.own),
            Some(json!({"on": true})),
            [401, 202, 202, 202],
        ),
        (
            "POST",
            "/operators/{id}/report-open",
            format!("/operators/{}/report-open", rows.other),
            Some(json!({"on": true})),
            [401, 403, 202, 202],
        ),
        ("GET", "/bans/by-hand", "/bans/by-hand".into(), None, [401, 403, 200, 200]),
        (
            "POST",
            "/bans/by-hand",
            "/bans/by-hand".into(),
            Some(json!({"network": "198.51.100.0/24", "reason": "scans"})),
            [401, 403, 403, 201],
        ),
        ("DELETE", "/bans/by-hand/{id}", "/bans/by-hand/1".into(), None, [401, 403, 403, 200]),
        ("GET", "/customers", "/customers".into(), None, [401, 200, 200, 200]),
        (
            "GET",
            "/customers/{id}/certificate",
            format!("/customers/{}/certificate?month=2025-11", rows.customer),
            None,
            [401, 403, 200, 200],
        ),
        ("GET", "/customers/{id}", format!("/customers/{}", rows.customer), None, [401, 200, 200, 200]),
        ("POST", "/customers", "/customers".into(), Some(customer.clone()), [401, 403, 403, 201]),
        ("PUT", "/customers/{id}", format!("/customers/{}", rows.customer + 1), Some(customer), [401, 403, 403, 200]),
        ("GET", "/customers/export", "/customers/export".into(), None, [401, 403, 403, 200]),
        ("POST", "/customers/import", "/customers/import".into(), None, [401, 403, 403, 422]),
        ("GET", "/dids", "/dids".into(), None, [401, 200, 200, 200]),
        ("GET", "/dids/{number}", "/dids/03-1234-5678".into(), None, [401, 200, 200, 200]),
        ("GET", "/dids/{number}/check", "/dids/03-1234-5678/check?at_ms=0".into(), None, [401, 200, 200, 200]),
        (
            "POST",
            "/dids",
            "/dids".into(),
            Some(json!({"number": "0312345679", "customer": rows.customer})),
            [401, 403, 403, 201],
        ),
        ("DELETE", "/dids/{number}", "/dids/03-1234-5679".into(), None, [401, 403, 403, 204]),
        ("DELETE", "/customers/{id}", format!("/customers/{}", rows.customer + 1), None, [401, 403, 403, 204]),
        ("GET", "/operators", "/operators".into(), None, [401, 200, 200, 200]),
        ("GET", "/operators/{id}", format!("/operators/{}", rows.own), None, [401, 403, 403, 200]),
        ("POST", "/operators", "/operators".into(), operator("103"), [401, 403, 403, 201]),
        ("PUT", "/operators/{id}", format!("/operators/{}", rows.other + 1), operator("103"), [401, 403, 403, 200]),
        (
            "POST",
            "/operators/{id}/password",
            format!("/operators/{}/password", rows.other + 1),
            None,
            [401, 403, 403, 200],
        ),
        ("DELETE", "/operators/{id}", format!("/operators/{}", rows.other + 1), None, [401, 403, 403, 204]),
        ("GET", "/operators/{id}/softphone", format!("/operators/{}/softphone", rows.own), None, [401, 403, 403, 409]),
        ("GET", "/trunks", "/trunks".into(), None, [401, 403, 403, 200]),
        ("GET", "/trunks/{id}", format!("/trunks/{}", rows.trunk), None, [401, 403, 403, 200]),
        ("POST", "/trunks", "/trunks".into(), trunk.clone(), [401, 403, 403, 201]),
        ("PUT", "/trunks/{id}", format!("/trunks/{}", rows.trunk + 1), trunk, [401, 403, 403, 200]),
        ("DELETE", "/trunks/{id}", format!("/trunks/{}", rows.trunk + 1), None, [401, 403, 403, 204]),
        ("GET", "/not-ready-reasons", "/not-ready-reasons".into(), None, [401, 200, 200, 200]),
        ("GET", "/settings", "/settings".into(), None, [401, 403, 403, 200]),
        ("PUT", "/settings", "/settings".into(), Some(json!({"confirm_seconds": 20})), [401, 403, 403, 200]),
        ("GET", "/users", "/users".into(), None, [401, 403, 403, 200]),
        ("POST", "/users", "/users".into(), Some(json!({"name": "new", "role": "supervisor"})), [401, 403, 403, 201]),
        ("PUT", "/users/{id}", format!("/users/{}", rows.user + 1), renamed, [401, 403, 403, 200]),
        ("POST", "/users/{id}/password", format!("/users/{}/password", rows.user + 1), None, [401, 403, 403, 200]),
    ];
    lines.extend(doors(rows.user + 1));
    lines.push(("DELETE", "/users/{id}", format!("/users/{}", rows.user + 1), None, [401, 403, 403, 204]));
    lines.extend(accounts());
    lines.extend(calls_in_hand());
    lines.extend(reports());
    lines.extend(administration());
    lines.extend(firms(rows.customer));
    lines.extend(my_page(rows.customer));
    lines.extend(desk(rows.customer));
    lines.extend(onboarding(rows.customer));
    // Last, because it ends the sessions.
    lines.push(("POST", "/logout", "/logout".into(), None, [204, 204, 204, 204]));
    lines
}

fn furnished() -> (House, Rows, [Option<String>; 4]) {
    let house = House::new();
    let (own, other) = (house.operator("101", "花子"), house.operator("102", "太郎"));
    let customer = house.customer("sakura", "さくら歯科", "03-1234-5678");
    let trunk = TrunkForm { name: "first".into(), host: "192.0.2.9".into(), ..TrunkForm::default() };
    let trunk = house.wait(house.store.create_trunk(&trunk)).unwrap().id;
    house.recorded(PAST, "a.wav", b"RIFF");
    std::fs::write(house.recordings().join("a.wav"), b"RIFF").unwrap();
    std::fs::write(house.recordings().join("a.peaks.json"), b"{}").unwrap();
    house.switchboard.snapshot.lock().unwrap().calls = vec![in_hand(OWN, own), in_hand(OTHERS, other)];
    *house.switchboard.bans.lock().unwrap() = vec![crate::common::ban("2001:db8::66")];
    let operator = house.logged_in("operator", Role::Operator, Some(own));
    let supervisor = house.logged_in("supervisor", Role::Supervisor, None);
    let user = house.user("admin", Role::Admin, None);
    let roles = [None, Some(operator), Some(supervisor), Some(house.session(user))];
    (house, Rows { own, other, customer, trunk, user }, roles)
}

#[test]
fn each_role_may_do_what_the_table_says_and_nothing_else() {
    let (house, rows, roles) = furnished();
    let mut wrong = Vec::new();
    for (method, _, path, body, statuses) in everything(rows) {
        for (token, status) in roles.iter().zip(statuses) {
            let said = house.ask(method, &path, token.as_deref(), body.clone());
            if said.status != status {
                wrong.push(format!("{method} {path}: {status} expected, {} {}", said.status, said.text()));
            }
            if said.status >= 400 {
                assert!(said.json()["error"].is_string(), "{method} {path}: {}", said.text());
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn r18_an_operator_without_a_row_has_no_call_in_hand() {
    let (house, rows, _) = furnished();
    // Nobody has answered this call, and this supervisor's login is no operator: `None` is not `None`'s.
    let mut nobodys = in_hand(77, rows.own);
    nobodys.operator = None;
    house.switchboard.snapshot.lock().unwrap().calls.push(nobodys);
    let token = house.logged_in("hanako", Role::Operator, Some(rows.other));
    let hangup = format!("/calls/{}/hangup", CallId(77));
    house.ask("POST", &hangup, Some(&token), None).is_refusal(404, "not_found", None);
    assert!(house.switchboard.commands.lock().unwrap().is_empty());
}

#[test]
fn commands_reach_the_switch_as_they_were_meant() {
    let (house, rows, [_, operator, _, _]) = furnished();
    let token = operator.unwrap();
    let call = CallId(OWN);
    house.post(&format!("/calls/{call}/hold"), &token, json!({"on": true}));
    house.post(
        &format!("/calls/{call}/transfer"),
        &token,
        json!({"mode": "confirmed", "to": "090-1111-2222", "reason": "急用"}),
    );
    house.post(&format!("/operators/{}/state", rows.own), &token, json!({"ready": false, "reason": "昼食"}));
    house.ask("POST", &format!("/calls/{call}/hangup"), Some(&token), None);
    let transfer = switch::Transfer {
        mode: switch::TransferMode::Confirmed,
        to: Some("090-1111-2222".into()),
        urgent: false,
        reason: Some("急用".into()),
    };
    assert_eq!(
        *house.switchboard.commands.lock().unwrap(),
        [
            Command::Hold { call, on: true },
            Command::Transfer { call, transfer },
            Command::SetOperatorState { operator: OperatorId(rows.own), ready: false, reason: "昼食".into() },
            Command::Hangup { call },
        ]
    );
}

#[test]
fn a_supervisor_listens_with_the_own_phone_and_only_supervisors_see_who_does() {
    let house = House::new();
    let (own, watched) = (house.operator("201", "主任"), house.operator("202", "花子"));
    let supervisor = house.logged_in("shunin", Role::Supervisor, Some(own));
    let operator = house.logged_in("hanako", Role::Operator, Some(watched));
    let call = CallId(OWN);
    let route = format!("/calls/{call}/supervise");
    for mode in ["listen", "whisper", "join"] {
        assert_eq!(house.post(&route, &supervisor, json!({"mode": mode})).status, 202);
    }
    assert_eq!(house.post(&route, &supervisor, json!({"mode": "shout"})).status, 422);
    house.ask("DELETE", &route, Some(&supervisor), None).is_refusal(404, "not_found", None);
    let visit = SupervisorNow { operator: own, name: "主任".into(), mode: SuperviseMode::Join, on_the_line: true };
    let now = CallNow { supervisor: Some(visit), ..in_hand(OWN, watched) };
    let busy = |operator: i64| OperatorNow {
        operator,
        name: String::new(),
        state: "busy".into(),
        reason: String::new(),
        reachable: true,
        for_ms: 0,
        tier: "operator".into(),
        teams: Vec::new(),
        wrap_up_left_ms: None,
        report_open: false,
        reports_open: 0,
        calls_today: 0,
        talk_today_ms: 0,
        call: Some(call.to_string()),
    };
    {
        let mut snapshot = house.switchboard.snapshot.lock().unwrap();
        (snapshot.calls, snapshot.operators) = (vec![now], vec![busy(own), busy(watched)]);
    }
    let calls = |token: &str| {
        let operators = house.get("/now", token).json()["operators"].clone();
        operators.as_array().unwrap().iter().map(|operator| operator["call"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(calls(&supervisor), [json!(call.to_string()), json!(call.to_string())]);
    assert_eq!(calls(&operator), [Value::Null, json!(call.to_string())]);
    let seen = |token: &str| house.get("/now", token).json()["calls"][0]["supervisor"].clone();
    assert_eq!(seen(&supervisor), json!({"operator": own, "name": "主任", "mode": "join", "on_the_line": true}));
    assert_eq!(seen(&operator), Value::Null);
    assert_eq!(house.ask("DELETE", &route, Some(&supervisor), None).status, 202);
    let who = OperatorId(own);
    let does = |mode| Command::Supervise { call, supervisor: who, mode };
    assert_eq!(
        *house.switchboard.commands.lock().unwrap(),
        [
            does(SuperviseMode::Listen),
            does(SuperviseMode::Whisper),
            does(SuperviseMode::Join),
            Command::StopSupervising { call, supervisor: who },
        ]
    );
}

#[test]
fn who_paused_a_recording_is_in_the_audit_log() {
    let house = House::new();
    let own = house.operator("101", "花子");
    let operator = house.logged_in("hanako", Role::Operator, Some(own));
    house.switchboard.snapshot.lock().unwrap().calls = vec![in_hand(OWN, own)];
    let pause = |call: u64, on: bool| {
        house.post(&format!("/calls/{}/recording/pause", CallId(call)), &operator, json!({"on": on})).status
    };
    assert_eq!([pause(OWN, true), pause(OWN, false), pause(OTHERS, true)], [202, 202, 404]);
    let audit = house.wait(house.store.audit(None, None, 10)).unwrap();
    let call = CallId(OWN).to_string();
    let mut noted: Vec<_> =
        audit.iter().map(|line| (line.who.as_str(), line.what.as_str(), line.about.as_str())).collect();
    noted.sort_unstable();
    assert_eq!(noted, [("hanako", "call.recording.pause", call.as_str()), ("hanako", "call.recording.resume", &call)]);
}

#[test]
fn what_the_switch_refuses_is_said_in_words() {
    let (house, _, [_, _, supervisor, _]) = furnished();
    let token = supervisor.unwrap();
    let hold = format!("/calls/{}/hold", CallId(OWN));
    for (error, status, word) in [
        (switch::CommandError::UnknownCall, 404, "not_found"),
        (switch::CommandError::WrongState(switch::CallState::Queued), 409, "conflict"),
        (switch::CommandError::PolicyForbids, 409, "conflict"),
        (switch::CommandError::NotRegistered, 409, "conflict"),
        (switch::CommandError::NoTrunk, 503, "unavailable"),
        (switch::CommandError::NotNow, 503, "unavailable"),
        (switch::CommandError::CannotSupervise(switch::Obstacle::NoPhone), 409, "conflict"),
        (switch::CommandError::CannotSupervise(switch::Obstacle::NoPort), 503, "unavailable"),
    ] {
        // A transfer that the firm's policy forbids needs a reason.
        let field = (error == switch::CommandError::PolicyForbids).then_some("reason");
        *house.switchboard.refuses.lock().unwrap() = Some(error);
        house.post(&hold, &token, json!({"on": true})).is_refusal(status, word, field);
    }
}

#[test]
fn the_description_has_exactly_the_routes_that_there_are() {
    let house = House::new();
    let said = house.ask("GET", "/openapi.json", None, None);
    let description = said.json();
    let mut described = BTreeSet::new();
    for (path, operations) in description["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            described.insert((method.to_uppercase(), path.clone()));
        }
    }
    let tested: BTreeSet<_> = everything(Rows::default())
        .into_iter()
        .map(|(method, route, ..)| (method.to_owned(), format!("/api/v1{route}")))
        .collect();
    assert_eq!(described, tested);
}

#[test]
fn the_description_refers_only_to_what_it_has() {
    let description = serde_json::to_value(web::openapi::description()).unwrap();
    let mut references = Vec::new();
    collect(&description, &mut references);
    assert!(references.len() > 50, "{}", references.len());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(description.pointer(pointer).is_some(), "{reference} is nowhere");
    }
    for (path, operations) in description["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            assert!(operation["responses"]["default"].is_object(), "{method} {path}");
            assert!(operation["summary"].is_string(), "{method} {path} says nothing");
            let names: Vec<_> =
                operation["parameters"].as_array().into_iter().flatten().map(|p| p["name"].as_str().unwrap()).collect();
            for named in path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()) {
                assert!(names.contains(&named), "{method} {path}: {names:?}");
            }
        }
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            references.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| collect(value, references));
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, references)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
