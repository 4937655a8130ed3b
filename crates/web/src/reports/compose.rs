//! From a draft to what goes out: who gets it by the firm's rules, what each of them is told, and what else has to be done.

use report::ladder::Ladder;
use report::{Channel, Chosen, Content, Finished, Language, Policy, Profile, Urgency, Why, choose, japan, render};
use serde::Serialize;
use store::{NewDelivery, NewTask, ReportRow, Sending, StoreError, TaskKind, word};
use utoipa::ToSchema;

use super::progress::{callback, caller, earlier_numbers, label};
use super::sheet::{is_new, profile};
use crate::api::Api;
use crate::seen::SeenLinks;

/// A report that could go now.
pub(super) struct Composed {
    pub(super) profile: Profile,
    pub(super) chosen: Chosen,
    pub(super) content: Content,
}

/// How a report will look to one who gets it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Looks {
    /// The firm's recipient, by id.
    pub(crate) id: String,
    /// Name.
    pub(crate) label: String,
    /// The channel's word.
    pub(crate) channel: &'static str,
    /// Why, in words.
    pub(crate) why: String,
    /// Of a mail.
    pub(crate) subject: Option<String>,
    /// The text.
    pub(crate) text: String,
}

/// What this draft would be, sent now.
pub(super) async fn compose(api: &Api, report: &ReportRow) -> Result<Composed, StoreError> {
    let profile = profile(api, report.customer).await?;
    let assurance = callback(report, &earlier_numbers(api, report).await?);
    // A report that was begun by hand, or corrects another, has no call of its own to have a time.
    let chosen = choose(&profile, &report.draft, report.created_ms);
    let content = Content::of(&Finished {
        report: &report.id,
        firm: &report.customer_name,
        profile: &profile,
        draft: &report.draft,
        policy: chosen.policy,
        received_ms: report.created_ms,
        operator: &report.operator_name,
        caller: caller(report),
        new_caller: is_new(api, report).await?,
        assurance: assurance.as_ref(),
        follows: report.follows.as_deref(),
        test: false,
        // A firm has no page of its own yet where it could be looked at.
        link: None,
    });
    Ok(Composed { profile, chosen, content })
}

/// The same as the store sends it: a row for each recipient, and whatever else has to be done.
pub(super) fn sending(api: &Api, report: &ReportRow, composed: &Composed) -> Result<Sending, StoreError> {
    let Composed { profile, chosen, content } = composed;
    let links = SeenLinks::below(&api.public_url);
    let now_ms = api.now_ms();
    let sends = matches!(chosen.policy, Policy::Send | Policy::NoticeOnly);
    let mut deliveries = Vec::new();
    for (id, why) in chosen.recipients.iter().filter(|_| sends) {
        if let Some(recipient) = profile.recipient(id) {
            deliveries.push(delivery(&links, id, &recipient.channel, &reason(*why), content, now_ms)?);
        }
    }
    let urgent = content.urgency == Urgency::Urgent;
    let tasks = tasks(report, composed, sends && deliveries.is_empty());
    Ok(Sending {
        revision: report.revision,
        policy: chosen.policy,
        ladder: (urgent && sends).then(|| Ladder::new(&profile.ladder)).filter(|ladder| !ladder.rungs.is_empty()),
        digest_due_ms: (chosen.policy == Policy::Digest).then(|| digest_due_ms(profile.digest_hour, now_ms)),
        deliveries,
        tasks,
    })
}

/// A delivery with an id and a confirmation link of its own.
pub(super) fn delivery(
    links: &SeenLinks,
    recipient: &str,
    channel: &Channel,
    reason: &str,
    content: &Content,
    now_ms: i64,
) -> Result<NewDelivery, StoreError> {
    let urgent = content.urgency == Urgency::Urgent;
    let (seen_link, seen_hash) = links.make().unzip();
    Ok(NewDelivery {
        id: store::new_id(now_ms)?,
        recipient: recipient.to_owned(),
        channel: channel.clone(),
        reason: reason.to_owned(),
        content: Content { seen_link, ..content.clone() },
        urgent,
        seen_hash,
    })
}

fn reason(why: Why) -> String {
    match why {
        Why::Rule(place) => format!("rule {place}"),
        other @ (Why::Named | Why::Unnamed | Why::Unknown | Why::Ambiguous | Why::Unreachable | Why::Firm) => {
            word(&other)
        }
    }
}

/// The firm is to be told by telephone, too (F35); or it has nobody whom a report could go to.
fn tasks(report: &ReportRow, composed: &Composed, nobody: bool) -> Vec<NewTask> {
    let Composed { profile, content, .. } = composed;
    let about = |kind, detail: String| NewTask {
        customer: report.customer,
        report: Some(report.id.clone()),
        call: report.call,
        ..NewTask::new(kind, report.id.clone(), detail)
    };
    let urgent = content.urgency == Urgency::Urgent;
    let call_out = &profile.call_out;
    let wanted = call_out.on && (urgent || !call_out.urgent_only) && content.digest.is_none();
    let mut tasks = Vec::new();
    if wanted && matches!(composed.chosen.policy, Policy::Send | Policy::NoticeOnly) {
        tasks.push(about(TaskKind::CallOut, call_out.number.clone()));
    }
    if nobody {
        tasks.push(about(TaskKind::NoRecipient, String::new()));
    }
    tasks
}

/// The next time that it is this hour in Japan.
fn digest_due_ms(hour: u8, now_ms: i64) -> i64 {
    let today = japan::ms(japan::civil(now_ms).date(), u16::from(hour.min(23)) * 60);
    if today > now_ms { today } else { today.saturating_add(japan::DAY_MS) }
}

/// How each recipient will see it.
pub(super) fn looks(composed: &Composed, language: Language) -> Vec<Looks> {
    let Composed { profile, chosen, content } = composed;
    let look = |(id, why): &(String, Why)| {
        let recipient = profile.recipient(id)?;
        let (subject, text) = text(&recipient.channel, content);
        Some(Looks {
            id: id.clone(),
            label: label(profile, id),
            channel: recipient.channel.kind(),
            why: why.sentence(language),
            subject,
            text,
        })
    };
    chosen.recipients.iter().filter_map(look).collect()
}

/// What this channel makes of it.
fn text(channel: &Channel, content: &Content) -> (Option<String>, String) {
    use render::Markup;
    let (markup, mention): (Markup, &[String]) = match channel {
        Channel::Email { .. } => {
            let mail = render::mail(content);
            return (Some(mail.subject), mail.text);
        }
        Channel::Chatwork { mention, .. } => (Markup::Chatwork, mention),
        Channel::Slack { mention, .. } => (Markup::Slack, mention),
        Channel::SlackWebhook { .. } => (Markup::Slack, &[]),
        Channel::GoogleChat { .. } => (Markup::GoogleChat, &[]),
        Channel::Teams { .. } => (Markup::Teams, &[]),
        Channel::LineWorks { .. } => (Markup::LineWorks, &[]),
        Channel::Line { .. } => (Markup::Line, &[]),
        Channel::Discord { .. } => (Markup::Discord, &[]),
        // A program gets JSON, and a telephone words: this is the nearest that a person can read.
        Channel::Webhook { .. } | Channel::Phone { .. } => (Markup::Line, &[]),
    };
    (None, render::plain(content, markup, mention))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f27_a_digest_is_due_at_the_next_such_hour() {
        let evening = 1_763_717_100_000; // 2025-11-21 18:25 in Japan
        let midnight = japan::ms(japan::civil(evening).date(), 0);
        assert_eq!(digest_due_ms(19, evening), midnight + 19 * japan::HOUR_MS);
        assert_eq!(digest_due_ms(18, evening), midnight + japan::DAY_MS + 18 * japan::HOUR_MS);
    }
}
