//! `denwaban call now`, `hold`, `mute`, `transfer` and `hangup`: calls in hand.

use acd::CallId;
use serde_json::{Value, json};

use super::super::Context;
use super::super::api::{ask, list};
use super::super::rows::{self, Is};
use crate::trouble::Troubles;
use crate::words::{self, Words};

/// Arguments of `call hold` and `call mute`.
#[derive(clap::Args, Debug)]
pub struct Switched {
    /// The call's 13 characters
    id: CallId,
    /// Not any more
    #[arg(long)]
    off: bool,
}

/// Arguments of `call transfer`.
#[derive(clap::Args, Debug)]
pub struct Transfer {
    /// The call's 13 characters
    id: CallId,
    /// The person confirms with a key; the operator need not stay. Without it the operator speaks with the person first
    #[arg(long)]
    confirmed: bool,
    /// To this number of the firm's; without it: to the firm's people in their order
    #[arg(long, value_name = "NUMBER")]
    to: Option<String>,
    /// It is urgent
    #[arg(long)]
    urgent: bool,
    /// Why, if the firm's policy does not allow it by itself
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Join caller and person now, and let the operator go
    #[arg(long, conflicts_with_all = ["confirmed", "to", "urgent", "reason"])]
    complete: bool,
    /// Give it up: back to the caller
    #[arg(long, conflicts_with_all = ["confirmed", "to", "urgent", "reason", "complete"])]
    cancel: bool,
}

/// Puts a caller on hold, or takes the caller back.
pub async fn hold(context: &Context, Switched { id, off }: Switched) -> Result<(), Troubles> {
    let said = if off { words::HELD_NO_MORE } else { words::HELD };
    tell(context, id, "hold", &json!({ "on": !off }), said).await
}

/// The caller no longer hears the operator, or again.
pub async fn mute(context: &Context, Switched { id, off }: Switched) -> Result<(), Troubles> {
    let said = if off { words::MUTED_NO_MORE } else { words::MUTED };
    tell(context, id, "mute", &json!({ "on": !off }), said).await
}

/// On to the firm's person.
pub async fn transfer(context: &Context, arguments: Transfer) -> Result<(), Troubles> {
    let Transfer { id, confirmed, to, urgent, reason, complete, cancel } = arguments;
    if complete {
        return tell(context, id, "transfer/complete", &Value::Null, words::TRANSFER_COMPLETED).await;
    }
    if cancel {
        return tell(context, id, "transfer/cancel", &Value::Null, words::TRANSFER_CANCELLED).await;
    }
    let mode = if confirmed { "confirmed" } else { "attended" };
    let body = json!({ "mode": mode, "to": to, "urgent": urgent, "reason": reason });
    tell(context, id, "transfer", &body, words::TRANSFER_BEGUN).await
}

/// Ends a call for everyone.
pub async fn hangup(context: &Context, id: CallId) -> Result<(), Troubles> {
    tell(context, id, "hangup", &Value::Null, words::HUNG_UP).await
}

async fn tell(context: &Context, id: CallId, what: &str, body: &Value, said: Words) -> Result<(), Troubles> {
    let body = Some(body).filter(|body| !body.is_null());
    ask(context, "POST", &format!("/calls/{id}/{what}"), body).await?;
    context.out.one(&json!({ "call": id.to_string(), "told": what }), || said.with(&[&id]));
    Ok(())
}

/// Calls, callers who wait, operators and trunks as they are now.
pub async fn now(context: &Context) -> Result<(), Troubles> {
    let now = ask(context, "GET", "/now", None).await?;
    context.out.one(&now, || describe(&now));
    Ok(())
}

fn describe(now: &Value) -> String {
    let calls = [
        (words::CALL, "/call", Is::Plain),
        (words::ARRIVED, "/arrived_ms", Is::Time),
        (words::FIRM, "/customer_name", Is::Plain),
        (words::CALLER, "/caller_display", Is::Plain),
        (words::OPERATOR, "/operator", Is::Plain),
        (words::STATE, "/state", Is::Plain),
        (words::TRANSFER, "/transfer", Is::Plain),
    ];
    let waiting = [
        (words::PLACE, "/position", Is::Plain),
        (words::CALL, "/call", Is::Plain),
        (words::FIRM, "/customer_name", Is::Plain),
        (words::CALLER, "/caller_display", Is::Plain),
        (words::WAIT, "/waiting_ms", Is::Length),
    ];
    let operators = [
        (words::ID, "/operator", Is::Plain),
        (words::NAME, "/name", Is::Plain),
        (words::STATE, "/state", Is::Plain),
        (words::WHY, "/reason", Is::Plain),
        (words::SINCE, "/for_ms", Is::Length),
        (words::CALL, "/call", Is::Plain),
    ];
    let trunks = [(words::NAME, "/name", Is::Plain), (words::USABLE, "/up", Is::Plain)];
    let parts = [
        (words::CALLS_NOW, list(now, "calls"), &calls[..]),
        (words::WAITING, list(now, "waiting"), &waiting[..]),
        (words::OPERATORS, list(now, "operators"), &operators[..]),
        (words::TRUNKS, list(now, "trunks"), &trunks[..]),
    ];
    let parts = parts.into_iter().filter(|(_, rows, _)| !rows.is_empty());
    let parts: Vec<String> =
        parts.map(|(head, rows, columns)| format!("{head}\n{}", rows::text(rows, columns))).collect();
    if parts.is_empty() { words::NOTHING_NOW.text().to_owned() } else { parts.join("\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_now_is_told_and_what_there_is_not_is_left_out() {
        let now = json!({
            "calls": [{ "call": "01K3ABCDEFGHJ", "arrived_ms": 1_795_186_800_000_i64, "customer_name": "さくら歯科",
                "caller_display": "090-1111-2222", "operator": 3, "state": "connected", "transfer": "" }],
            "waiting": [], "operators": [{ "operator": 3, "name": "山田", "state": "busy", "reason": "", "for_ms": 1500 }],
            "trunks": [],
        });
        let text = describe(&now);
        for part in ["01K3ABCDEFGHJ", "さくら歯科", "090-1111-2222", "山田", "1.5"] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(!text.contains(words::TRUNKS.text()), "{text}");
        assert_eq!(describe(&json!({})), words::NOTHING_NOW.text());
    }
}
