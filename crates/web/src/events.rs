//! The event stream: one WebSocket for every desk. `?after=SEQ` resumes without a gap as long as the events are remembered.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::{Error, Extension};
use serde::{Deserialize, Serialize};
use switch::Event;
use switch::io::SUPERVISION;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::{Local, Login, token};
use crate::error::Refusal;
use crate::extract::Asked;
use crate::news::{News, Told};
use crate::reports::pop::{self, Offer, PopSheet};
use crate::rights::Act;
use crate::switchboard::Stamped;

/// How often we ask whether the desk is still there, and whether it still may be (R29).
const PING: Duration = Duration::from_secs(15);
/// An offer is over by then: what a desk hears again after a break is painted without.
const OFFER_MS_MAX: i64 = 120_000;
/// Bytes of a desk's message: it has nothing to say here.
const MESSAGE_BYTES_MAX: usize = 1024;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(events))
}

/// Where to begin.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct From {
    /// Last number that was seen; none: only what happens from now on. One that is higher than the newest is of an earlier
    /// process: all that is remembered of this one is sent.
    after: Option<u64>,
}

/// The stream of events, as a WebSocket: one `Stamped` as JSON in each text message.
#[utoipa::path(get, path = "/events", tag = "calls in hand", params(From), responses((status = 101, description = "WebSocket")))]
pub(crate) async fn events(
    State(api): State<Api>,
    login: Login,
    Asked(from): Asked<From>,
    headers: HeaderMap,
    local: Option<Extension<Local>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Refusal> {
    login.may(Act::Watch)?;
    let upgrade = upgrade
        .map_err(|why| Refusal::malformed(format!("this is a WebSocket: {why}"), "ask for it with an upgrade"))?;
    // Who has the command line's socket open has no session that could end.
    let session = local.is_none().then(|| token(&headers, &api).unwrap_or_default());
    let desk = upgrade.max_message_size(MESSAGE_BYTES_MAX).max_frame_size(MESSAGE_BYTES_MAX);
    Ok(desk.on_upgrade(move |socket| async move {
        // However it ends, it has ended: the desk comes again with the number of its last event.
        let _ended = Stream { api, socket, session, sees: Sees::of(&login), login, last: 0 }.run(from.after).await;
    }))
}

/// What of the stream a desk may see.
#[derive(Clone, Copy)]
struct Sees {
    supervisors: bool,
    /// Why a report did not arrive: the other side's words, which are whatever it likes to say.
    failures: bool,
}

impl Sees {
    fn of(login: &Login) -> Self {
        Sees { supervisors: login.may(Act::Supervise).is_ok(), failures: login.may(Act::TendReports).is_ok() }
    }

    /// As this desk is told it; `None`: it is not.
    fn told(self, event: &Stamped) -> Option<Stamped> {
        match event.event.as_ref() {
            event if !self.supervisors && is_about_a_supervisor(event) => None,
            Told::Report(News::Delivery { why, .. }) if !self.failures && !why.is_empty() => {
                let mut told = event.event.as_ref().clone();
                if let Told::Report(News::Delivery { why, .. }) = &mut told {
                    why.clear();
                }
                Some(Stamped { event: Arc::new(told), ..event.clone() })
            }
            Told::Switch(_) | Told::Report(_) => Some(event.clone()),
        }
    }
}

/// One message: an event, and with an offer what is known of firm and caller.
#[derive(Serialize, ToSchema)]
pub(crate) struct OnTheStream {
    #[serde(flatten)]
    stamped: Stamped,
    /// Only with `screen_pop`, and only for the operator who is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    sheet: Option<PopSheet>,
}

struct Stream {
    api: Api,
    socket: WebSocket,
    session: Option<String>,
    login: Login,
    sees: Sees,
    last: u64,
}

impl Stream {
    async fn run(mut self, after: Option<u64>) -> Result<(), Error> {
        // First the live stream, then the past: what happens between the two comes twice and is told once.
        let mut live = self.api.switchboard.subscribe();
        if after.is_none() {
            self.offer().await?;
        }
        if let Some(after) = after {
            let newest = self.api.switchboard.history(0).last().map_or(0, |event| event.seq);
            self.last = if after > newest { 0 } else { after };
            self.past().await?;
        }
        let mut ping = interval_at(Instant::now() + PING, PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut answered = true;
        loop {
            tokio::select! {
                event = live.recv() => match event {
                    Ok(event) => self.tell(&event).await?,
                    Err(RecvError::Lagged(_)) => self.past().await?,
                    Err(RecvError::Closed) => return self.close(close_code::AWAY, "the switch is stopping").await,
                },
                said = self.socket.recv() => match said {
                    Some(Ok(Message::Close(_))) | None => return Ok(()),
                    Some(Ok(_)) => answered = true,
                    Some(Err(error)) => return Err(error),
                },
                _ = ping.tick() => {
                    if !answered || !self.is_logged_in().await {
                        return self.close(close_code::POLICY, "log in again").await;
                    }
                    answered = false;
                    self.socket.send(Message::Ping(Bytes::new())).await?;
                },
            }
        }
    }

    /// What rings for whoever sits here, to a desk that comes while it does: its page was loaded anew. As old as it is now.
    async fn offer(&mut self) -> Result<(), Error> {
        let history = self.api.switchboard.history(0);
        let Some((mut event, mut told)) = ringing(&history, self.login.operator) else { return Ok(()) };
        let age_ms = self.api.now_ms().saturating_sub(event.unix_ms).max(0);
        if let Told::Switch(Event::ScreenPop { waited_ms, .. }) = &mut told {
            *waited_ms = waited_ms.saturating_add(age_ms);
        }
        event.event = Arc::new(told);
        self.tell(&event).await
    }

    async fn past(&mut self) -> Result<(), Error> {
        for event in self.api.switchboard.history(self.last) {
            self.tell(&event).await?;
        }
        Ok(())
    }

    async fn tell(&mut self, event: &Stamped) -> Result<(), Error> {
        if event.seq <= self.last {
            return Ok(());
        }
        self.last = event.seq;
        let Some(told) = self.sees.told(event) else { return Ok(()) };
        let sheet = popped(&self.api, &self.login, &told).await;
        match serde_json::to_string(&OnTheStream { stamped: told, sheet }) {
            Ok(text) => self.socket.send(Message::text(text)).await,
            Err(error) => {
                tracing::warn!(%error, "an event could not be told");
                Ok(())
            }
        }
    }

    /// Is the desk still somebody's? What it may see is as its role is now. A database that is away ends no session.
    async fn is_logged_in(&mut self) -> bool {
        let Some(session) = &self.session else { return true };
        match self.api.store.session(session, self.api.now_ms()).await {
            Ok(Some(user)) => {
                self.login = user.into();
                self.sees = Sees::of(&self.login);
            }
            Ok(None) => return false,
            Err(_) => {}
        }
        true
    }

    async fn close(&mut self, code: u16, why: &'static str) -> Result<(), Error> {
        self.socket.send(Message::Close(Some(CloseFrame { code, reason: why.into() }))).await
    }
}

/// The last offer to this operator, if it still stands.
fn ringing(history: &[Stamped], operator: Option<i64>) -> Option<(Stamped, Told)> {
    let operator = operator?;
    let mut standing = None;
    for stamped in history {
        match stamped.event.of_switch() {
            Some(Event::ScreenPop { call, operator: whose, .. }) if *whose == operator => {
                standing = Some((call, stamped))
            }
            Some(Event::PopClosed { call, operator: whose, .. }) if *whose == operator => {
                standing = standing.filter(|(known, _)| *known != call);
            }
            Some(Event::CallAnswered { call, .. } | Event::CallEnded { call, .. }) => {
                standing = standing.filter(|(known, _)| *known != call);
            }
            Some(_) | None => {}
        }
    }
    standing.map(|(_, stamped)| (stamped.clone(), stamped.event.as_ref().clone()))
}

/// An offer to whoever sits here comes with all that is known of firm and caller: one message, from which the screen is painted.
async fn popped(api: &Api, login: &Login, told: &Stamped) -> Option<PopSheet> {
    let Some(Event::ScreenPop { call, operator, customer, caller, .. }) = told.event.of_switch() else {
        return None;
    };
    let is_mine = login.operator == Some(*operator);
    let is_new = api.now_ms().saturating_sub(told.unix_ms) < OFFER_MS_MAX;
    if !(is_mine && is_new) {
        return None;
    }
    pop::of(api, login, &Offer { call, customer: *customer, caller }).await
}

/// A supervisor who listens is not shown to who is listened to.
fn is_about_a_supervisor(event: &Told) -> bool {
    matches!(event, Told::Switch(Event::CallChanged { what, .. }) if SUPERVISION.contains(&what.as_str()))
}
