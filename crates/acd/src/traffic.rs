//! Days of calls: how plans are compared.

mod random;

pub use random::Random;
