//! How a report will look to each who gets it, before it goes.

use report::{Channel, Content, Language, Why, render};
use serde::Serialize;
use store::Composed;
use utoipa::ToSchema;

use super::progress::label;

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
