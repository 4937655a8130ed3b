//! Stand-ins for what receives reports: a mail server and the chat services. They check what they get against the services'
//! documentation and can be told to fail. For the demo, the benchmarks and the tests; nothing of the product depends on them.

mod clock;
pub mod http;
pub mod outbox;
pub mod smtp;
