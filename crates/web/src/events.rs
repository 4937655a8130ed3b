//! The event stream: one WebSocket for every desk. `?after=SEQ` resumes without a gap as long as the events are remembered.

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::rights::Act;
use crate::switchboard::Stamped;

pub(crate) fn routes() -> Router<Api> {
    Router::new().route("/events", get(events))
}

/// Where to begin.
#[derive(Deserialize)]
pub(crate) struct From {
    /// Last number that was seen; none: only what happens from now on.
    after: Option<u64>,
}

async fn events(
    State(api): State<Api>,
    login: Login,
    Query(from): Query<From>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Refusal> {
    login.may(Act::Watch)?;
    Ok(upgrade.on_upgrade(move |socket| stream(api, socket, from.after)))
}

async fn stream(api: Api, mut socket: WebSocket, after: Option<u64>) {
    let mut live = api.switchboard.subscribe();
    let mut last = after.unwrap_or(0);
    if let Some(after) = after {
        for event in api.switchboard.history(after) {
            last = event.seq;
            if send(&mut socket, &event).await.is_err() {
                return;
            }
        }
    }
    loop {
        tokio::select! {
            event = live.recv() => match event {
                // What history has already given comes again on the live stream.
                Ok(event) if event.seq <= last => {}
                Ok(event) => {
                    last = event.seq;
                    if send(&mut socket, &event).await.is_err() {
                        return;
                    }
                }
                Err(RecvError::Lagged(_)) => {
                    for event in api.switchboard.history(last) {
                        last = event.seq;
                        if send(&mut socket, &event).await.is_err() {
                            return;
                        }
                    }
                }
                Err(RecvError::Closed) => return,
            },
            // We expect nothing from a desk here but pongs and its close.
            said = socket.recv() => if !matches!(said, Some(Ok(_))) {
                return;
            },
        }
    }
}

async fn send(socket: &mut WebSocket, event: &Stamped) -> Result<(), axum::Error> {
    match serde_json::to_string(event) {
        Ok(text) => socket.send(Message::text(text)).await,
        Err(_) => Ok(()),
    }
}
