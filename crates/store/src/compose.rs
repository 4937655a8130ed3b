//! From a draft to what goes out: who gets it by the firm's rules, what each of them is told, and what else has to be done. The desk
//! sends what people have written, and the house what nobody has to write (F04, F43): both by this one way.

use number::Number;
use report::ladder::Ladder;
use report::{
    Assurance, Channel, Chosen, Content, Finished, Language, Line, Policy, Profile, Urgency, Why, assure, choose,
    japan, key,
};

use crate::database::Store;
use crate::error::StoreError;
use crate::outbox::NewDelivery;
use crate::report::{EarlierReport, Origin, ReportRow, Sending};
use crate::row::word;
use crate::task::{NewTask, TaskKind};
use crate::uuid::new_id;

/// How far back a caller's earlier reports are looked at.
const EARLIER_MS: i64 = 183 * japan::DAY_MS;
/// So many of them, and the report itself.
const EARLIER_MAX: u32 = 6;
/// Key of the line that says why a call has no more than a notice.
const NOBODY: &str = "nobody";

/// Makes a new link: the link, and the SHA-256 (hexadecimal) of the token in it. `None`: there are no links.
pub type MakeLink<'a> = &'a (dyn Fn() -> Option<(String, String)> + Send + Sync);

/// Makes the links of a delivery.
#[derive(Clone, Copy)]
pub struct MakeLinks<'a> {
    /// Where it is confirmed.
    pub seen: MakeLink<'a>,
    /// Where its call's recording is heard (F43, F52).
    pub listen: MakeLink<'a>,
}

/// A report that could go now.
#[derive(Clone, PartialEq, Debug)]
pub struct Composed {
    /// What the firm has ordered.
    pub profile: Profile,
    /// Who gets it, and what becomes of it.
    pub chosen: Chosen,
    /// What is told.
    pub content: Content,
}

impl ReportRow {
    /// The number that called.
    pub fn caller_number(&self) -> Option<Number> {
        Number::parse(&format!("+{}", self.caller), number::JAPAN).ok()
    }

    /// What is known of the number that the caller left to be called back. `earlier`: [`Store::earlier_numbers`].
    pub fn callback(&self, earlier: &[Number]) -> Option<Assurance> {
        let said = self.draft.said(key::CALLBACK)?;
        Some(assure(said, self.caller_number(), earlier, self.draft.read_back()))
    }
}

impl Store {
    /// A firm's profile; of a call to an unknown number, the one of nobody in particular.
    ///
    /// # Errors
    /// As [`Store::profile`].
    pub async fn profile_of(&self, customer: Option<i64>) -> Result<Profile, StoreError> {
        match customer {
            Some(customer) => Ok(self.profile(customer).await?.profile),
            None => Ok(Profile::default()),
        }
    }

    /// This caller's reports to this firm in the half year before, newest first: found by the number that calls, and by the one
    /// that was left.
    ///
    /// # Errors
    /// What the database says.
    pub async fn earlier_of(&self, report: &ReportRow) -> Result<Vec<EarlierReport>, StoreError> {
        let Some(customer) = report.customer else { return Ok(Vec::new()) };
        let e164 = format!("+{}", report.caller);
        let mut numbers: Vec<&str> = Vec::new();
        numbers.extend(Some(e164.as_str()).filter(|_| !report.caller.is_empty()));
        numbers.extend(report.draft.said(key::CALLBACK));
        let since_ms = report.created_ms.saturating_sub(EARLIER_MS);
        // One more than wanted: this report itself is among them.
        let found = self.earlier_reports(customer, &numbers, since_ms, EARLIER_MAX).await?;
        Ok(found.into_iter().filter(|before| before.report.id != report.id).collect())
    }

    /// Numbers that this caller has left with this firm before: what was typed now is compared with them.
    ///
    /// # Errors
    /// What the database says.
    pub async fn earlier_numbers(&self, report: &ReportRow) -> Result<Vec<Number>, StoreError> {
        let earlier = self.earlier_of(report).await?;
        Ok(earlier.iter().filter_map(|before| before.report.draft.said(key::CALLBACK)?.parse().ok()).collect())
    }

    /// Has this number never called this firm before (F06)? A caller who tells no number is not called new.
    ///
    /// # Errors
    /// What the database says.
    pub async fn is_new_caller(&self, report: &ReportRow) -> Result<bool, StoreError> {
        match (report.customer, report.call) {
            (Some(customer), Some(call)) if !report.caller.is_empty() => {
                Ok(!self.is_known_caller(customer, &report.caller, call).await?)
            }
            (Some(_) | None, Some(_) | None) => Ok(false),
        }
    }

    /// What this draft would be, sent now.
    ///
    /// # Errors
    /// As [`Store::profile`].
    pub async fn compose(&self, report: &ReportRow) -> Result<Composed, StoreError> {
        let profile = self.profile_of(report.customer).await?;
        let assurance = report.callback(&self.earlier_numbers(report).await?);
        // A report that was begun by hand, or corrects another, has no call of its own to have a time.
        let mut chosen = choose(&profile, &report.draft, report.created_ms);
        // Nobody has spoken with this caller: more than that the call came cannot be told.
        if report.origin == Origin::Abandoned && chosen.policy == Policy::Send {
            chosen.policy = Policy::NoticeOnly;
        }
        if let Some(before) = report.follows.as_deref() {
            self.those_who_had_it(before, &profile, &mut chosen).await?;
        }
        let mut content = Content::of(&Finished {
            report: &report.id,
            firm: &report.customer_name,
            profile: &profile,
            draft: &report.draft,
            policy: chosen.policy,
            received_ms: report.created_ms,
            operator: &report.operator_name,
            caller: report.caller_number(),
            new_caller: self.is_new_caller(report).await?,
            assurance: assurance.as_ref(),
            follows: report.follows.as_deref(),
            test: false,
            listen: self.has_sound(report, &profile).await?,
        });
        if let Some(first) = self.first_of(report).await? {
            content.thread = Some(first);
        }
        if content.notice_only {
            content.lines.extend(nobody(report.origin, profile.language));
        }
        Ok(Composed { profile, chosen, content })
    }
}

impl Store {
    /// The firm may listen to this report's call, and there is something to hear, or may be yet.
    async fn has_sound(&self, report: &ReportRow, profile: &Profile) -> Result<bool, StoreError> {
        if !profile.listening.on || report.customer.is_none() {
            return Ok(false);
        }
        match self.call_of_report(report).await? {
            Some(call) => self.may_be_heard(call).await,
            None => Ok(false),
        }
    }

    /// Whoever was told something has to be told that it was corrected, whatever the correction makes of the firm's rules (F49).
    async fn those_who_had_it(&self, before: &str, profile: &Profile, chosen: &mut Chosen) -> Result<(), StoreError> {
        let had = self.report_deliveries(before).await?;
        if had.is_empty() {
            return Ok(());
        }
        if matches!(chosen.policy, Policy::Digest | Policy::Suppress) {
            chosen.policy = Policy::Send;
            // Of a digest or of nothing: only those who know of it.
            chosen.recipients.clear();
        }
        for delivery in had {
            let is_place = profile.recipient(&delivery.recipient).is_some_and(|place| place.active);
            if is_place && !chosen.recipients.iter().any(|(id, _)| *id == delivery.recipient) {
                chosen.recipients.push((delivery.recipient, Why::Firm));
            }
        }
        Ok(())
    }
}

/// Why there is no more to tell than that the call came.
fn nobody(origin: Origin, language: Language) -> Option<Line> {
    let text = match origin {
        Origin::Abandoned => {
            language.of("応答前にお電話が切れました", "The caller hung up before anybody could answer")
        }
        Origin::MessageBox => language.of("留守番メッセージが録音されています", "The caller left a recorded message"),
        Origin::Answered | Origin::FollowUp | Origin::Digest | Origin::Manual => return None,
    };
    let label = language.of("状況", "What happened");
    Some(Line { key: NOBODY.to_owned(), label: label.to_owned(), text: text.to_owned() })
}

impl Composed {
    /// The same as [`Store::send_report`] sends it: a row for each recipient, and whatever else has to be done.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn sending(&self, report: &ReportRow, links: MakeLinks<'_>, now_ms: i64) -> Result<Sending, StoreError> {
        let Composed { profile, chosen, content } = self;
        let sends = matches!(chosen.policy, Policy::Send | Policy::NoticeOnly);
        let mut deliveries = Vec::new();
        for (id, why) in chosen.recipients.iter().filter(|_| sends) {
            if let Some(recipient) = profile.recipient(id) {
                deliveries.push(delivery(links, id, &recipient.channel, &reason(*why), content, now_ms)?);
            }
        }
        let urgent = content.urgency == Urgency::Urgent;
        Ok(Sending {
            revision: report.revision,
            policy: chosen.policy,
            ladder: (urgent && sends).then(|| Ladder::new(&profile.ladder)).filter(|ladder| !ladder.rungs.is_empty()),
            digest_due_ms: (chosen.policy == Policy::Digest).then(|| digest_due_ms(profile.digest_hour, now_ms)),
            tasks: self.tasks(report, sends && deliveries.is_empty()),
            deliveries,
        })
    }

    /// The firm is to be told by telephone, too (F35); or it has nobody whom a report could go to.
    fn tasks(&self, report: &ReportRow, nobody: bool) -> Vec<NewTask> {
        let about = |kind, detail: String| NewTask {
            customer: report.customer,
            report: Some(report.id.clone()),
            call: report.call,
            ..NewTask::new(kind, report.id.clone(), detail)
        };
        let urgent = self.content.urgency == Urgency::Urgent;
        let call_out = &self.profile.call_out;
        let wanted = call_out.on && (urgent || !call_out.urgent_only) && self.content.digest.is_none();
        let mut tasks = Vec::new();
        if wanted && matches!(self.chosen.policy, Policy::Send | Policy::NoticeOnly) {
            tasks.push(about(TaskKind::CallOut, call_out.number.clone()));
        }
        if nobody {
            tasks.push(about(TaskKind::NoRecipient, String::new()));
        }
        tasks
    }
}

/// A delivery with an id and links of its own.
///
/// # Errors
/// The system has no random numbers.
pub fn delivery(
    links: MakeLinks<'_>,
    recipient: &str,
    channel: &Channel,
    reason: &str,
    content: &Content,
    now_ms: i64,
) -> Result<NewDelivery, StoreError> {
    let (seen_link, seen_hash) = (links.seen)().unzip();
    let (link, listen_hash) = if content.listen { (links.listen)().unzip() } else { (None, None) };
    Ok(NewDelivery {
        id: new_id(now_ms)?,
        recipient: recipient.to_owned(),
        channel: channel.clone(),
        reason: reason.to_owned(),
        content: Content { seen_link, link, ..content.clone() },
        urgent: content.urgency == Urgency::Urgent,
        seen_hash,
        listen_hash,
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

/// The next time that it is this hour in Japan.
fn digest_due_ms(hour: u8, now_ms: i64) -> i64 {
    let today = japan::ms(japan::civil(now_ms).date(), u16::from(hour.min(23)) * 60);
    if today > now_ms { today } else { today.saturating_add(japan::DAY_MS) }
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
