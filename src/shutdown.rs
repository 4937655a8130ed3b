//! How the process ends, and what the signals mean: SIGTERM and SIGINT drain (a second one ends at once), SIGHUP loads the
//! directory again.

use std::time::Duration;

use switch::{Command, Reply};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until, timeout_at};
use web::Switchboard;

use crate::engine::EngineHandle;
use crate::service;

/// After the calls were ended: for BYEs to be answered and recordings to be finished.
const GOODBYE_MAX: Duration = Duration::from_secs(5);

/// The signals that mean something to us.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Listens from now on. Must be called before the first signal matters, inside the runtime.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Until someone wants us to end; meanwhile SIGHUP means "load again".
    pub async fn wait(&mut self, engine: &EngineHandle) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hang_up.recv() => {
                    tracing::info!("SIGHUP: the directory is loaded again");
                    engine.directory_changed().await;
                }
            }
        }
    }

    async fn again(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Takes no new calls, lets those in progress end by themselves for a while, then ends them. A second signal ends the
    /// waiting. The engine has stopped taking calls when this returns, and has said goodbye to every caller.
    pub async fn drain(&mut self, engine: &EngineHandle, patience: Duration) {
        service::notify("STOPPING=1");
        engine.drain().await;
        let calls = engine.statistics().borrow().calls;
        tracing::info!(calls, patience_seconds = patience.as_secs(), "no new calls; a second signal ends at once");
        let until = Instant::now() + patience;
        tokio::select! {
            () = idle(engine) => return,
            () = sleep_until(until) => tracing::warn!("the time for calls to end is over: they are ended"),
            () = self.again() => tracing::warn!("second signal: calls are ended"),
        }
        hang_up_all(engine).await;
        let goodbye = Instant::now() + GOODBYE_MAX;
        tokio::select! {
            _ = timeout_at(goodbye, idle(engine)) => {}
            () = self.again() => {}
        }
    }
}

/// Until nothing is left of any call.
async fn idle(engine: &EngineHandle) {
    let mut statistics = engine.statistics();
    statistics.mark_unchanged(); // the next figure, not the last one: the order to drain came after it
    while statistics.changed().await.is_ok() {
        if statistics.borrow_and_update().idle {
            return;
        }
    }
}

async fn hang_up_all(engine: &EngineHandle) {
    let Ok(Reply::Snapshot(snapshot)) = engine.command(Command::Snapshot).await else { return };
    for call in snapshot.calls {
        if let Ok(call) = call.call.parse() {
            // A call that has ended by itself meanwhile is refused, and that is well.
            let _ = engine.command(Command::Hangup { call }).await;
        }
    }
}
