//! `denwaban serve`.

use std::time::Duration;

use super::Context;
use crate::demo::println;
use crate::links;
use crate::service;
use crate::shutdown::Signals;
use crate::startup::{self, House};
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// How often it is looked whether the engine is alive.
const LIFE_SIGN: Duration = Duration::from_millis(500);

/// Arguments of `serve`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  denwaban --config /etc/denwaban/denwaban.toml serve\n\n\
    SIGTERM takes no new calls and waits for those in progress; a second one ends at once. SIGHUP loads the directory again.")]
pub struct Arguments {}

/// Runs until a signal.
pub fn run(context: &Context, _: &Arguments) -> Result<(), Troubles> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Trouble::new(Exit::Unavailable, "", error.to_string(), ""))?;
    let ended = runtime.block_on(serve(context));
    // A name look-up or a prompt being spoken must not hold up the end.
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

async fn serve(context: &Context) -> Result<(), Troubles> {
    let trouble = |error: std::io::Error| Trouble::new(Exit::Software, "", error.to_string(), "");
    let mut signals = Signals::listen().map_err(trouble)?;
    crate::telemetry::watch_voice();
    let house = startup::open(context.config()).await?;
    announce(context, &house);
    invite(context, &house).await;
    service::notify("READY=1");
    let died = tokio::select! {
        () = signals.wait(&house.engine) => false,
        () = death(&house) => true,
    };
    if !died {
        let patience = Duration::from_secs(u64::from(context.config().shutdown.drain_seconds));
        signals.drain(&house.engine, patience).await;
    }
    house.close().await;
    if died {
        return Err(Trouble::new(
            Exit::Software,
            "",
            "the engine or a voice thread has died",
            "its panic is in the log above: please report it",
        )
        .into());
    }
    tracing::info!("stopped");
    Ok(())
}

async fn death(house: &House) {
    let mut looks = tokio::time::interval(LIFE_SIGN);
    while !house.dead() {
        looks.tick().await;
    }
}

/// As long as nobody can administer the house, whoever starts it is told how to. On stdout and not in the log, which is kept.
async fn invite(context: &Context, house: &House) {
    match links::first(context.config(), &house.store).await {
        Ok(None) => {}
        Ok(Some(link)) => {
            println(&format!("\n{}\n\n  {link}\n\n{}\n", words::FIRST_LINK, words::FIRST_LINK_AGAIN));
        }
        Err(error) => tracing::warn!(%error, "whether there is an administrator is not known"),
    }
}

fn announce(context: &Context, house: &House) {
    match &context.loaded.file {
        Some(file) => tracing::info!(file = %file.display(), "configuration"),
        None => tracing::info!("no configuration file: defaults"),
    }
    for (protocol, local) in &house.locals {
        tracing::info!(%protocol, address = %local, "SIP");
    }
    for local in &house.web {
        tracing::info!(url = %format!("http://{local}"), "web");
    }
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "ready");
}
