//! `denwaban call`: calls of the past and of now.

mod follow;
mod hand;

use acd::CallId;
use clap::Subcommand;
use store::CallQuery;
use switch::media::Statistics;
use switch::record::SIP;
use switch::{CallRecord, ladder};

use super::Context;
use super::api::escaped;
use super::output::{fields, table};
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// So far back digits are looked for in the middle of callers' numbers.
const HALF_A_YEAR_MS: i64 = 183 * 86_400_000;

/// What can be asked about calls.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Call a number as a caller from outside would: a test of the running switch
    #[command(after_help = "Examples:\n  denwaban call ring 0312345678\n  \
        denwaban call ring 0312345678 --from 09012345678 --wav hello.wav --seconds 20\n\n\
        Ends with 0 when somebody answered. The switch must have a trunk for callers on this machine; without one the\n\
        command says how to make it.")]
    Ring(super::ring::Arguments),
    /// Find calls, newest first
    #[command(
        after_help = "Examples:\n  denwaban call list --text さくら --from 2026-11-21\n  denwaban call list --caller 5678 --answered no\n  \
        denwaban call list --from 2026-11-01 --to 2026-12-01 --csv > calls.csv"
    )]
    List(Box<Listed>),
    /// Calls in hand, callers who wait, operators and trunks as they are now
    #[command(after_help = "Examples:\n  denwaban call now\n  denwaban call now --json")]
    Now,
    /// The running switch's events as they come, one a line
    #[command(after_help = "Examples:\n  denwaban call follow\n  denwaban call follow --after 0 --count 20 --json\n\n\
        With --json each line is a JSON object, as on the API's event stream.")]
    Follow(follow::Arguments),
    /// Put the caller of a call in hand on hold, or take the caller back
    #[command(after_help = "Examples:\n  denwaban call hold 01K3ABCDEFGHJ\n  denwaban call hold 01K3ABCDEFGHJ --off")]
    Hold(hand::Switched),
    /// The caller no longer hears the operator, or again
    #[command(after_help = "Examples:\n  denwaban call mute 01K3ABCDEFGHJ\n  denwaban call mute 01K3ABCDEFGHJ --off")]
    Mute(hand::Switched),
    /// Pass a call in hand on to the firm's person
    #[command(after_help = "Examples:\n  denwaban call transfer 01K3ABCDEFGHJ --to 09012345678 --urgent\n  \
        denwaban call transfer 01K3ABCDEFGHJ --confirmed --reason 本人の希望\n  denwaban call transfer 01K3ABCDEFGHJ --complete\n  \
        denwaban call transfer 01K3ABCDEFGHJ --cancel")]
    Transfer(hand::Transfer),
    /// End a call in hand for everyone
    #[command(after_help = "Example:\n  denwaban call hangup 01K3ABCDEFGHJ")]
    Hangup {
        /// The call's 13 characters
        id: CallId,
    },
    /// A call's story: legs, timeline, recording
    #[command(after_help = "Example:\n  denwaban call show 01K3ABCDEFGHJ")]
    Show {
        /// The call's 13 characters
        id: CallId,
    },
    /// Listen to a call in hand, whisper to its operator, or join it, with a supervisor's phone
    #[command(after_help = "Examples:\n  denwaban call supervise 01K3ABCDEFGHJ --by 201\n  \
        denwaban call supervise 01K3ABCDEFGHJ --by 201 --mode whisper\n  denwaban call supervise 01K3ABCDEFGHJ --stop\n\n\
        The phone of --by is called and answers by itself. Given again, the mode changes in the middle of the call.")]
    Supervise(super::supervise::Arguments),
    /// Keep nothing of what is said now in the recording of a running call (a card number), or go on
    #[command(
        after_help = "Examples:\n  denwaban call pause 01K3ABCDEFGHJ\n  denwaban call pause 01K3ABCDEFGHJ --off\n\n\
        It ends by itself after five minutes, when the operator leaves, and with the call. Operators key *7."
    )]
    Pause {
        /// The call's 13 characters
        id: CallId,
        /// Go on recording
        #[arg(long)]
        off: bool,
    },
    /// A call's SIP messages as a ladder
    #[command(
        after_help = "Examples:\n  denwaban call trace 01K3ABCDEFGHJ\n  denwaban call trace 01K3ABCDEFGHJ --messages"
    )]
    Trace {
        /// The call's 13 characters
        id: CallId,
        /// With the whole messages
        #[arg(long)]
        messages: bool,
    },
}

/// Arguments of `call list`.
#[derive(clap::Args, Debug)]
pub struct Listed {
    #[command(flatten)]
    list: List,
    /// All of them as a file for spreadsheets, from the running switch
    #[arg(long)]
    csv: bool,
}

/// Which calls; `rec find` takes the same.
#[derive(clap::Args, Debug, Default)]
pub struct List {
    /// The firm's code
    #[arg(long, value_name = "CODE")]
    client: Option<String>,
    /// The operator's login
    #[arg(long, value_name = "LOGIN")]
    operator: Option<String>,
    /// Caller's number, or its last digits
    #[arg(long)]
    caller: Option<String>,
    /// Dialled number
    #[arg(long)]
    did: Option<String>,
    /// From this day or time on (2026-11-21, 2026-11-21T18:00)
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Until before this day or time
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Part of the firm's or the operator's name
    #[arg(long)]
    text: Option<String>,
    /// yes or no
    #[arg(long, value_parser = ["yes", "no"])]
    answered: Option<String>,
    /// How many
    #[arg(long, default_value_t = 50)]
    limit: u32,
}

/// Does it.
pub async fn run(context: &Context, verb: Verb) -> Result<(), Troubles> {
    match verb {
        Verb::Pause { id, off } => pause(context, id, !off).await,
        Verb::Now => hand::now(context).await,
        Verb::Follow(arguments) => follow::run(context, arguments),
        Verb::Hold(switched) => hand::hold(context, switched).await,
        Verb::Mute(switched) => hand::mute(context, switched).await,
        Verb::Transfer(arguments) => hand::transfer(context, arguments).await,
        Verb::Hangup { id } => hand::hangup(context, id).await,
        Verb::Ring(arguments) => super::ring::run(context, &context.store().await?, arguments).await,
        Verb::Supervise(arguments) => super::supervise::run(context, &context.store().await?, arguments).await,
        Verb::List(listed) => find(context, *listed).await,
        Verb::Show { id } => {
            let call = context.store().await?.call(id).await?;
            context.out.one(&call, || story(&call));
            Ok(())
        }
        Verb::Trace { id, messages } => trace(context, id, messages).await,
    }
}

/// The same conditions as the API has them.
fn asked(query: &CallQuery) -> Vec<String> {
    let CallQuery { customer, caller, operator, from_ms, to_ms, did, text, answered, .. } = query;
    let numbers = [("customer", customer), ("operator", operator), ("from_ms", from_ms), ("to_ms", to_ms)];
    let numbers = numbers.into_iter().filter_map(|(name, given)| given.map(|given| format!("{name}={given}")));
    let texts = [("caller", caller), ("did", did), ("text", text)];
    let texts = texts.into_iter().filter_map(|(name, given)| Some(format!("{name}={}", escaped(given.as_deref()?))));
    numbers.chain(texts).chain(answered.map(|answered| format!("answered={answered}"))).collect()
}

async fn find(context: &Context, Listed { list, csv }: Listed) -> Result<(), Troubles> {
    let store = context.store().await?;
    let query = query(&store, list).await?;
    if csv {
        return super::report::csv(context, &format!("/calls/export?{}", asked(&query).join("&"))).await;
    }
    let page = store.find_calls(&query).await?;
    let columns = [
        words::CALL,
        words::ARRIVED,
        words::FIRM,
        words::CALLER,
        words::OPERATOR,
        words::STATE,
        words::WAIT,
        words::TALK,
        words::ENDING,
    ];
    context.out.list(&page.calls, &columns, |call| {
        vec![
            call.call.to_string(),
            time(call.arrived_ms),
            call.customer_name.clone(),
            if call.caller.is_empty() { call.withheld.clone() } else { format!("+{}", call.caller) },
            call.operator_name.clone(),
            word(&call.state),
            seconds(call.wait_ms),
            seconds(call.talk_ms),
            call.ending.clone(),
        ]
    });
    Ok(())
}

async fn trace(context: &Context, id: CallId, messages: bool) -> Result<(), Troubles> {
    let call = context.store().await?.call(id).await?;
    let steps = ladder::steps(&call);
    if steps.is_empty() {
        let what = words::NO_TRACE.with(&[&id]);
        let remedy = words::NO_TRACE_REMEDY.text();
        return Err(Trouble::new(Exit::Missing, "", what, remedy).into());
    }
    context.out.one(&steps, || format!("{}  {}", time(call.arrived_ms), ladder::draw(&call, messages)));
    Ok(())
}

/// Asks the running switch.
async fn pause(context: &Context, id: CallId, on: bool) -> Result<(), Troubles> {
    let route = format!("/calls/{id}/recording/pause");
    super::supervise::ask(context, "POST", &route, Some(&serde_json::json!({ "on": on }))).await?;
    let said = if on { words::PAUSED } else { words::PAUSE_OVER };
    context.out.one(&serde_json::json!({ "call": id.to_string(), "paused": on }), || said.with(&[&id]));
    Ok(())
}

/// The conditions as the store wants them.
pub async fn query(store: &store::Store, list: List) -> Result<CallQuery, Troubles> {
    let customer = match &list.client {
        Some(code) => Some(store.customer_by_code(code).await?.id),
        None => None,
    };
    let operator = match &list.operator {
        Some(login) => Some(store.operator_by_login(login).await?.id),
        None => None,
    };
    Ok(CallQuery {
        customer,
        caller: list.caller,
        anywhere_since_ms: Some(crate::clock::unix_ms() - HALF_A_YEAR_MS),
        operator,
        from_ms: list.from.as_deref().map(|text| moment("--from", text)).transpose()?,
        to_ms: list.to.as_deref().map(|text| moment("--to", text)).transpose()?,
        did: list.did,
        text: list.text,
        answered: list.answered.map(|answer| answer == "yes"),
        limit: Some(list.limit),
        cursor: None,
    })
}

/// A day or a time as people here write it: Japan's, whatever this machine's clock is set to.
pub fn moment(option: &str, text: &str) -> Result<i64, Trouble> {
    let parsed = text.parse::<jiff::civil::DateTime>().or_else(|_| text.parse::<jiff::civil::Date>().map(Into::into));
    let zoned = parsed.and_then(|time: jiff::civil::DateTime| time.to_zoned(japan()));
    zoned
        .map(|time| time.timestamp().as_millisecond())
        .map_err(|_| Trouble::new(Exit::Usage, option, words::NO_TIME.with(&[&text]), words::NO_TIME_REMEDY.text()))
}

fn japan() -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::fixed(jiff::tz::offset(9)) // no summer time since 1951
}

/// A moment for people, in Japan's time.
pub fn time(unix_ms: i64) -> String {
    let zoned = jiff::Timestamp::from_millisecond(unix_ms).map(|at| at.to_zoned(japan()));
    zoned.map_or_else(|_| unix_ms.to_string(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

fn seconds(ms: i64) -> String {
    super::output::seconds(format!("{}.{}", ms / 1000, ms % 1000 / 100))
}

/// A state as it is written in JSON.
fn word(state: &switch::CallState) -> String {
    serde_json::to_value(state).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A mean opinion score in words, by the bounds of ITU-T G.107 Annex B for "some" and "many users dissatisfied".
fn grade(mos_x100: u16) -> String {
    let word = match mos_x100 {
        403.. => words::LINE_GOOD,
        360..=402 => words::LINE_FAIR,
        0..=359 => words::LINE_BAD,
    };
    format!("{} (MOS {}.{})", word.text(), mos_x100 / 100, mos_x100 / 10 % 10)
}

/// The recording: where, how long, what it lacks, what is wrong with it.
fn recording(call: &CallRecord) -> String {
    match &call.recording {
        Some(recording) => {
            let length = super::output::seconds(recording.samples.div_euclid(u64::from(rtp::SAMPLE_RATE)));
            let mut text = format!("{} ({length})", recording.path);
            for (words, spans) in [(words::GAPS, &recording.gaps), (words::PAUSES, &recording.pauses)] {
                if !spans.is_empty() {
                    let total: i64 = spans.iter().map(|(_, length)| i64::from(*length)).sum();
                    text.push_str(&format!(", {}", words.with(&[&spans.len(), &seconds(total)])));
                }
            }
            if !recording.fault.is_empty() {
                text.push_str(&format!(" — {}", super::output::clean(&recording.fault)));
            }
            text
        }
        None => call.no_recording.clone(),
    }
}

/// What a leg's line was like, both ways.
fn line(figures: &Statistics) -> String {
    let mut text = words::PACKETS.with(&[&figures.received, &figures.sent, &figures.lost, &(figures.jitter_us / 1000)]);
    let grades = [
        (words::HEARD, figures.mos_x100),
        (words::WORST, figures.worst_mos_x100),
        (words::HEARD_US, figures.remote_mos_x100),
    ];
    for (words, mos) in grades {
        if let Some(mos) = mos {
            text.push_str(&format!("; {}", words.with(&[&grade(mos)])));
        }
    }
    if let Some(ms) = figures.round_trip_ms {
        text.push_str(&format!("; {}", words::ROUND_TRIP.with(&[&ms])));
    }
    text
}

fn story(call: &CallRecord) -> String {
    let rows = [
        (words::CALL, call.call.to_string()),
        (words::FIRM, call.customer_name.clone()),
        (words::NUMBER, call.did.clone()),
        (words::CALLER, if call.caller.is_empty() { &call.withheld } else { &call.caller }.clone()),
        (words::OPERATOR, call.operator_name.clone()),
        (words::ARRIVED, time(call.arrived_ms)),
        (words::STATE, word(&call.state)),
        (words::WAIT, seconds(call.wait_ms)),
        (words::TALK, seconds(call.talk_ms)),
        (words::ENDING, call.ending.clone()),
        (words::RECORDING, recording(call)),
    ];
    let mut text = format!("{}\n\n{}\n", fields(&rows), words::LEGS);
    let legs: Vec<Vec<String>> = call
        .legs
        .iter()
        .map(|leg| {
            let since = |ms: i64| seconds(ms - call.arrived_ms);
            let figures = leg.statistics.as_ref().map(line).unwrap_or_default();
            vec![
                leg.index.to_string(),
                leg.role.clone(),
                leg.party.clone(),
                since(leg.started_ms),
                leg.answered_ms.map(since).unwrap_or_default(),
                leg.ended_ms.map(since).unwrap_or_default(),
                leg.ending.clone(),
                figures,
            ]
        })
        .collect();
    text.push_str(&table(
        &[
            words::PLACE,
            words::ROLE,
            words::PARTY,
            words::BEGUN,
            words::ANSWERED,
            words::ENDED,
            words::ENDING,
            words::VOICE,
        ],
        &legs,
    ));
    text.push_str(&format!("\n{}\n", words::TIMELINE));
    for event in call.events.iter().filter(|event| event.kind != SIP) {
        let detail = event.detail.json();
        let detail = if detail.is_null() { String::new() } else { detail.to_string() };
        text.push_str(&format!(
            "{:>9}  {:<14}  {}\n",
            seconds(event.offset_ms),
            event.kind,
            super::output::clean(&detail)
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_graded_in_words() {
        assert_eq!(grade(437), format!("{} (MOS 4.3)", words::LINE_GOOD.text()));
        assert_eq!(grade(402), format!("{} (MOS 4.0)", words::LINE_FAIR.text()));
        assert_eq!(grade(100), format!("{} (MOS 1.0)", words::LINE_BAD.text()));
    }

    #[test]
    fn times_are_japans() {
        assert_eq!(moment("--from", "2026-11-21").unwrap(), 1_795_186_800_000);
        assert_eq!(moment("--from", "2026-11-21T18:30").unwrap(), 1_795_186_800_000 + (18 * 60 + 30) * 60_000);
        assert_eq!(time(1_795_186_800_000), "2026-11-21 00:00:00");
        assert!(moment("--from", "yesterday").is_err());
    }
}
