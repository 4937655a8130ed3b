// How the ways on which a report goes are called, in both languages. What stands between the braces is JSON, so that a test can read it.
export const words = {
  "ja": { "email": "メール", "chatwork": "Chatwork", "slack": "Slack", "slack_webhook": "Slack", "google_chat": "Google Chat", "teams": "Microsoft Teams", "line_works": "LINE WORKS", "line": "LINE", "discord": "Discord", "webhook": "Webhook", "phone": "電話" },
  "en": { "email": "Mail", "chatwork": "Chatwork", "slack": "Slack", "slack_webhook": "Slack", "google_chat": "Google Chat", "teams": "Microsoft Teams", "line_works": "LINE WORKS", "line": "LINE", "discord": "Discord", "webhook": "Webhook", "phone": "Telephone" }
};
