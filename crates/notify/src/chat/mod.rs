//! Chat services and webhooks: one file per service.
