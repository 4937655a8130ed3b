//! A thread beside the engine's for the streams. A TLS handshake is up to a millisecond of arithmetic: a thousand phones that
//! come back after an outage must not make the engine late by a second, and nobody who pours rubbish into a stream may take
//! time from anyone but other streams. The engine sees whole messages only, by a bounded queue.

use std::future::Future;
use std::io;

use tokio::runtime::{Builder, Runtime};

/// The thread, as soon as there is something for it to do.
#[derive(Default)]
pub(crate) struct Beside {
    runtime: Option<Runtime>,
}

impl Beside {
    /// Makes the thread, unless there is one.
    pub(crate) fn start(&mut self) -> io::Result<&Runtime> {
        let runtime = match self.runtime.take() {
            Some(runtime) => runtime,
            None => Builder::new_multi_thread().worker_threads(1).thread_name("sip-streams").enable_all().build()?,
        };
        Ok(self.runtime.insert(runtime))
    }

    /// Runs a stream's task there. `false`: the system gives us no thread.
    pub(crate) fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) -> bool {
        match self.start() {
            Ok(runtime) => {
                runtime.spawn(task);
                true
            }
            Err(error) => {
                tracing::error!(%error, "no thread for streams");
                false
            }
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // A runtime may not be waited for inside another one.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
