//! What the stand-ins take as credentials. They are nobody's: every copy of this program has the same ones.

/// Chatwork's `x-chatworktoken`.
pub const CHATWORK_TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// Slack's bot token.
pub const SLACK_TOKEN: &str = "xoxb-000000000000-not-a-secret";
/// The last part of Slack's webhook address: `/services/T00000000/B00000000/` and this.
pub const SLACK_WEBHOOK: &str = "notasecretnotasecretnota";
/// `key` and `token` in Google Chat's webhook address.
pub const GOOGLE_KEY: &str = "not-a-key";
/// See [`GOOGLE_KEY`].
pub const GOOGLE_TOKEN: &str = "not-a-token";
/// `sig` in the address of a Teams workflow.
pub const TEAMS_SIGNATURE: &str = "not-a-signature";
/// The LINE WORKS app.
pub const LINE_WORKS_CLIENT: &str = "standin-client";
/// Its secret.
pub const LINE_WORKS_SECRET: &str = "standin-secret";
/// Its service account.
pub const LINE_WORKS_ACCOUNT: &str = "abcde.serviceaccount@standin";
/// Its private key (PKCS #8, PEM), made for this stand-in.
pub const LINE_WORKS_KEY: &str = include_str!("line_works_key.pem");
/// LINE's channel access token.
pub const LINE_TOKEN: &str = "standin-line-token";
/// The token in Discord's webhook address.
pub const DISCORD_TOKEN: &str = "standin-discord-token";
/// The generic webhook's secret (Standard Webhooks).
pub const WEBHOOK_SECRET: &str = "whsec_c3RhbmQtaW4td2ViaG9vay1zZWNyZXQ=";
