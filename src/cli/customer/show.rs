//! A firm for people.

use store::{CustomerForm, CustomerRow, steps_text, word};
use switch::TransferPolicy;

use crate::cli::output::{fields, never_or_seconds, seconds, yes};
use crate::words;

/// Everything about a firm, a field a line.
pub fn describe(customer: &CustomerRow) -> String {
    let form = &customer.form;
    let targets: Vec<String> = form
        .targets
        .iter()
        .map(|target| format!("{} +{} ({})", target.name, target.number, seconds(target.ring_seconds)))
        .collect();
    let waiting = &form.waiting;
    let mut rows = vec![
        (words::ID, customer.id.to_string()),
        (words::CODE, form.code.clone()),
        (words::NAME, form.name.clone()),
        (words::READING, form.reading.clone()),
        (words::GREETING, form.greeting.clone()),
        (words::MANUAL, form.manual.clone()),
        (words::NUMBERS, plus(&form.dids)),
        (words::NEEDS, form.needs.join(" ")),
        (words::PLAN, plan_text(form)),
        (words::TEAM, form.team.clone()),
        (words::RING, seconds(form.ring_seconds)),
        (words::PRIORITY, form.priority.to_string()),
        (words::ANNOUNCE_AFTER, never_or_seconds(waiting.announce_after_seconds)),
        (words::ANNOUNCEMENT, waiting.announcement.clone()),
        (words::TOLD, word(&waiting.tell)),
        (words::TOLD_EVERY, seconds(waiting.every_seconds)),
        (words::CALLBACK, yes(waiting.callback)),
        (words::MESSAGE_AFTER, never_or_seconds(waiting.message_after_seconds)),
        (words::ABANDONED, word(&form.abandoned)),
    ];
    rows.extend(super::calendar::rows(&form.calendar));
    rows.extend([
        (words::TRANSFER, policy_text(&form.transfer)),
        (words::TARGETS, targets.join(", ")),
        (words::WHISPER, yes(form.whisper)),
        (words::ACTIVE, yes(customer.active)),
    ]);
    fields(&rows)
}

/// Who rings, and when.
pub fn plan_text(form: &CustomerForm) -> String {
    let plan = form.plan.as_str();
    if form.steps.is_empty() { plan.to_owned() } else { format!("{plan} {}", steps_text(&form.steps)) }
}

/// Stored digits as people write them abroad and here.
pub fn plus(dids: &[String]) -> String {
    dids.iter().map(|did| format!("+{did}")).collect::<Vec<_>>().join(" ")
}

/// The word of a policy, and whom it lists.
pub fn policy_text(policy: &TransferPolicy) -> String {
    match policy {
        TransferPolicy::Never => "never".to_owned(),
        TransferPolicy::UrgentOnly => "urgent_only".to_owned(),
        TransferPolicy::ListedCallers(callers) => words::CALLERS_LISTED.with(&[&callers.join(" ")]),
        TransferPolicy::Always => "always".to_owned(),
    }
}
