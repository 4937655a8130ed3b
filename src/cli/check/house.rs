//! `denwaban check --house`: how the running switch finds itself.

use serde_json::Value;

use super::super::Context;
use super::super::api::{ask, list, number, text};
use super::super::call::time;
use super::super::output::{clean, fields, padded};
use super::super::rows::{self, Is};
use super::NAME_COLUMNS;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// Asks it; fails if one of its findings does.
pub async fn house(context: &Context) -> Result<(), Troubles> {
    let health = ask(context, "GET", "/health", None).await?;
    context.out.one(&health, || describe(&health));
    let findings = list(&health, "findings");
    let failed = findings.iter().filter(|finding| text(finding, "verdict") == "FAIL").count();
    if failed == 0 {
        return Ok(());
    }
    Err(Trouble::new(Exit::Failed, "", words::CHECKS_FAILED.with(&[&failed, &findings.len()]), "").into())
}

fn describe(health: &Value) -> String {
    let head = fields(&[
        (words::PROGRAM, format!("Denwaban {}", text(health, "version"))),
        (words::BEGUN, number(health, "started_ms").map(time).unwrap_or_default()),
    ]);
    let mut told = format!("{head}\n\n");
    for finding in list(health, "findings") {
        let name = padded(text(finding, "name"), NAME_COLUMNS);
        told.push_str(&format!("{:<4}  {name} {}\n", text(finding, "verdict"), clean(text(finding, "detail"))));
        if !text(finding, "remedy").is_empty() {
            told.push_str(&format!("      {} {}\n", words::REMEDY, clean(text(finding, "remedy"))));
        }
    }
    let trunks = list(health, "trunks");
    if !trunks.is_empty() {
        let columns = [(words::NAME, "/name", Is::Plain), (words::USABLE, "/up", Is::Plain)];
        told.push_str(&format!("\n{}\n{}", words::TRUNKS, rows::text(trunks, &columns)));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_houses_own_findings_are_told_with_what_to_do() {
        let health = json!({ "version": "1.2.3", "started_ms": 1_795_186_800_000_i64, "trunks": [{ "name": "hikari", "up": false }],
            "findings": [{ "verdict": "FAIL", "what": "disk", "name": "disk", "detail": "full", "remedy": "make room" }] });
        let text = describe(&health);
        for part in
            ["Denwaban 1.2.3", "2026-11-21 00:00:00", "FAIL  disk", "full", "make room", "hikari", words::NO.text()]
        {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }
}
