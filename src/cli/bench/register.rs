//! Registrations: REGISTER, the challenge, REGISTER with its answer, 200.

use std::io;

use serde::Serialize;

use super::bare;
use super::stage::Stage;
use crate::clock;

/// Phones that register.
const PHONES: usize = 1_000;
/// Times that each of them does.
const ROUNDS: u32 = 10;

/// One measurement.
#[derive(Serialize)]
pub struct Row {
    bench: &'static str,
    /// Registrations made: each is two requests and two responses.
    pub registrations: usize,
    /// How many were carried a second, with the phones on the same machine.
    pub registrations_per_second: f64,
    /// Processor time of the engine's thread for one.
    pub cpu_us_per_registration: f64,
    /// The same for a loop that only moves as many packets of the same sizes.
    pub bare_cpu_us_per_registration: f64,
}

/// Makes the registrations.
pub fn measure() -> io::Result<Row> {
    let mut stage = Stage::new(PHONES)?;
    let before = stage.mark(true)?;
    let began = clock::now();
    for round in 1..=ROUNDS {
        stage.register(PHONES, round)?;
    }
    let elapsed = began.elapsed();
    let after = stage.mark(true)?;
    stage.stop();
    let registrations = PHONES * ROUNDS as usize;
    Ok(Row {
        bench: "register",
        registrations,
        registrations_per_second: registrations as f64 / elapsed.as_secs_f64(),
        cpu_us_per_registration: after.cpu_us(&before, registrations),
        bare_cpu_us_per_registration: bare::measure(after.traffic(&before, registrations), registrations)?,
    })
}
