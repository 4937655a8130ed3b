//! Reading a service's answer: what the status means, and when it wants to be asked again.

use jiff::fmt::rfc2822;

use super::http::Response;
use crate::Outcome;

/// Characters of a service's words that are kept for the supervisor.
const WHY_MAX: usize = 300;

/// What an answer other than the expected one means, for every service alike: the server's trouble and "too many" pass, a
/// refusal stays. `said` is what the service says about it, in its own words.
pub(crate) fn otherwise(response: &Response, said: &str, now_ms: i64) -> Outcome {
    let why = if said.trim().is_empty() { format!("HTTP {}", response.status) } else { why(response.status, said) };
    if passes(response.status) {
        Outcome::Retry { after_ms: after_ms(response, now_ms), why }
    } else {
        Outcome::Permanent { why }
    }
}

/// An answer that is not of this service at all: a gateway's page, a captive network. Somebody between us and the service
/// spoke; whether the service has the posting, nobody knows.
pub(crate) fn strange(response: &Response) -> Outcome {
    Outcome::retry(format!(
        "HTTP {} with an answer that is not of this service: {}",
        response.status,
        clean(&response.body)
    ))
}

/// Whether a status is one that passes.
fn passes(status: u16) -> bool {
    matches!(status, 408 | 421 | 425 | 429) || status >= 500
}

/// `HTTP 404: no_service`, clean and short.
pub(crate) fn why(status: u16, said: &str) -> String {
    format!("HTTP {status}: {}", clean(said))
}

/// One line of readable characters.
pub(crate) fn clean(text: &str) -> String {
    let printable = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    printable.take(WHY_MAX).collect::<String>().trim().to_owned()
}

/// When the service wants to be asked again, in milliseconds from now, by whichever way it says so.
pub(crate) fn after_ms(response: &Response, now_ms: i64) -> Option<i64> {
    if let Some(after) = response.header("retry-after").and_then(|text| retry_after(text, now_ms)) {
        return Some(after);
    }
    if response.status != 429 && response.header("x-ratelimit-remaining") != Some("0") {
        return None;
    }
    let after = ["x-ratelimit-reset-after", "ratelimit-reset"];
    let seconds = after.iter().find_map(|name| response.header(name)).and_then(decimal);
    // Chatwork and Discord name the moment, in unix seconds.
    let reset = || response.header("x-ratelimit-reset").and_then(decimal).map(|at_ms| at_ms - now_ms);
    seconds.or_else(reset).map(|ms| ms.max(0))
}

/// `Retry-After` (RFC 9110 §10.2.3): seconds, here also with decimals as Discord writes them, or a date.
fn retry_after(text: &str, now_ms: i64) -> Option<i64> {
    decimal(text).or_else(|| {
        let date = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        Some((date.as_millisecond() - now_ms).max(0))
    })
}

/// Seconds, perhaps with a fraction, in milliseconds.
fn decimal(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let milli: String = fraction.chars().chain("000".chars()).take(3).collect();
    whole.parse::<i64>().ok()?.checked_mul(1_000)?.checked_add(milli.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    /// 2026-11-22 09:00:00 UTC.
    const NOW: i64 = 1_795_338_000_000;

    fn answer(status: u16, lines: &[(&'static str, &str)]) -> Response {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"));
        }
        Response { status, headers, body: String::new() }
    }

    /// Status, header lines, and the wait that they mean.
    type Case<'a> = (u16, &'a [(&'static str, &'a str)], Option<i64>);

    #[test]
    fn r25_every_way_of_saying_when_to_come_again_is_understood() {
        let cases: &[Case<'_>] = &[
            (429, &[("retry-after", "30")], Some(30_000)),
            (503, &[("retry-after", "2")], Some(2_000)),
            (429, &[("retry-after", "0.35")], Some(350)),
            (429, &[("retry-after", "Sun, 22 Nov 2026 09:02:00 GMT")], Some(120_000)),
            (429, &[("retry-after", "Sun, 22 Nov 2026 08:00:00 GMT")], Some(0)),
            (429, &[("retry-after", "soon"), ("x-ratelimit-reset-after", "1.57")], Some(1_570)),
            (429, &[("x-ratelimit-reset", "1795338060")], Some(60_000)),
            (429, &[("ratelimit-reset", "12")], Some(12_000)),
            (200, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795338010.5")], Some(10_500)),
            (200, &[("x-ratelimit-remaining", "7"), ("x-ratelimit-reset", "1795338010")], None),
            (500, &[], None),
            (429, &[("retry-after", "-5")], None),
            (429, &[("retry-after", "99999999999999999999")], None),
        ];
        for (status, lines, expected) in cases {
            assert_eq!(after_ms(&answer(*status, lines), NOW), *expected, "{status} {lines:?}");
        }
    }

    #[test]
    fn what_passes_is_tried_again_and_what_stays_is_not() {
        for status in [408, 425, 429, 500, 502, 503, 504, 521] {
            assert!(matches!(otherwise(&answer(status, &[]), "", NOW), Outcome::Retry { .. }), "{status}");
        }
        for status in [301, 302, 307, 400, 401, 403, 404, 405, 410, 413] {
            assert!(matches!(otherwise(&answer(status, &[]), "", NOW), Outcome::Permanent { .. }), "{status}");
        }
    }

    #[test]
    fn r20_a_services_words_are_one_short_clean_line() {
        let said = format!("no\r\n\u{1b}[31m{}", "x".repeat(1_000));
        let Outcome::Permanent { why } = otherwise(&answer(400, &[]), &said, NOW) else { panic!("400 stays") };
        assert!(!why.contains(['\r', '\n', '\u{1b}']));
        assert!(why.chars().count() < WHY_MAX + 20);
    }
}
