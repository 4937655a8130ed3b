//! Takes reports to the client firms: the worker of the outbox, and one file per channel.
