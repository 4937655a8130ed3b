//! The telephone in the operator's page: a WebSocket for SIP on the site's own origin. The login that opens it says which operator is
//! at its other end, so the page knows no password, and the switch takes nothing there in another operator's name.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use serde::Serialize;
use store::{StoreError, UserRow};
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval};
use transport::{Adopted, Bytestream};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::{Login, token};
use crate::door::Peer;
use crate::error::Refusal;
use crate::rights::Act;

/// How often it is looked whether the login is still good, and still this operator's.
pub(crate) const LOOK: Duration = Duration::from_secs(5);
/// Sockets of one operator at a time: a page that is loaded again comes before its old one is noticed to be gone.
const SOCKETS_MAX: usize = 4;

/// A page that is gone is noticed by then, and its socket free for another.
const AGAIN_MS: i64 = 30_000;

/// Names a telephone among those of this process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PhoneId(pub u64);

/// An operator's own line into the switch.
pub struct PhoneLine {
    /// Which.
    pub id: PhoneId,
    /// Who is at its other end.
    pub operator: i64,
    /// What carries it.
    pub socket: Adopted,
}

/// How many sockets each operator has.
#[derive(Default)]
pub(crate) struct Sockets {
    open: Mutex<HashMap<i64, usize>>,
    last: AtomicU64,
}

impl Sockets {
    fn take(self: &Arc<Self>, operator: i64) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(operator).or_default();
        if *count >= SOCKETS_MAX {
            return None;
        }
        *count += 1;
        let id = PhoneId(self.last.fetch_add(1, Ordering::Relaxed));
        Some(Place { sockets: Arc::clone(self), operator, id })
    }
}

/// One of an operator's sockets.
struct Place {
    sockets: Arc<Sockets>,
    operator: i64,
    id: PhoneId,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.sockets.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.operator) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&self.operator);
            }
        }
    }
}

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(phone)).routes(routes!(account))
}

/// Whom the telephone in the page registers.
#[derive(Serialize, ToSchema)]
#[schema(as = PhoneAccount)]
pub(crate) struct Account {
    /// User part of the operator's address: the extension.
    user: String,
    /// Its domain.
    domain: String,
}

/// Whom the telephone in the page registers; a password is not needed there.
#[utoipa::path(get, path = "/phone/account", tag = "calls in hand",
    responses((status = 200, body = Account), (status = 403, description = "the login is no operator's")))]
pub(crate) async fn account(State(api): State<Api>, login: Login) -> Result<Json<Account>, Refusal> {
    login.may(Act::HandleOwnCall)?;
    let operator = api.store.operator(login.operator.ok_or_else(Refusal::forbidden)?).await?;
    Ok(Json(Account { user: operator.form.login, domain: api.realm }))
}

/// SIP over WebSocket (RFC 7118) for the operator who is logged in: `REGISTER` of that operator's extension needs no password, and
/// anything in the name of another is refused with 403. The socket is closed when the session ends; if that is by its time alone, a talk
/// goes on to its end, and nothing else begins.
#[utoipa::path(get, path = "/phone", tag = "calls in hand",
    responses((status = 101, description = "WebSocket with the subprotocol `sip`"), (status = 403, description = "the login is no operator's")))]
pub(crate) async fn phone(
    State(api): State<Api>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Peer(peer): Peer,
    login: Login,
    mut request: Request,
) -> Result<Response, Refusal> {
    login.may(Act::HandleOwnCall)?;
    let operator = login.operator.ok_or_else(Refusal::forbidden)?;
    let upgrade = request.extensions_mut().remove::<OnUpgrade>();
    let headers = request.headers();
    let (Ok(accept), Some(upgrade)) = (transport::agree(headers), upgrade) else {
        return Err(Refusal::malformed(
            "this is a WebSocket for SIP",
            "ask for it with an upgrade and the subprotocol sip",
        ));
    };
    let place = api.sockets.take(operator).ok_or_else(|| Refusal::too_many(AGAIN_MS))?;
    let session = token(headers, &api).unwrap_or_default();
    let remote = SocketAddr::new(peer, from.port());
    let is_secure = is_secure(headers, api.secure_cookies);
    tokio::spawn(async move {
        // A browser that changes its mind before it is answered needs no telephone.
        let Ok(upgraded) = upgrade.await else { return };
        let (over, until) = oneshot::channel();
        let stream: Box<dyn Bytestream> = Box::new(TokioIo::new(upgraded));
        let socket = Adopted { is_secure, remote, stream, over: until };
        if api.switchboard.phone(PhoneLine { id: place.id, operator, socket }) {
            hold(&api, &session, &place, over).await;
        }
        drop(place);
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let accept = HeaderValue::from_str(&accept).map_err(|_| Refusal::malformed("this is no key", "send another"))?;
    for (name, value) in [
        (header::CONNECTION, HeaderValue::from_static("upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
        (header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("sip")),
    ] {
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

/// Whether the browser came by TLS, whoever ended that; its own Via says so, too.
fn is_secure(headers: &HeaderMap, by_default: bool) -> bool {
    match headers.get(header::ORIGIN) {
        Some(origin) => origin.as_bytes().starts_with(b"https://"),
        None => by_default,
    }
}

/// Keeps the socket open as long as the session lasts and is this operator's. A database that is away ends no call, and neither does a
/// second factor that is demanded only now: that is for the next socket. A session that nothing but time has ended leaves a talk alone.
async fn hold(api: &Api, session: &str, place: &Place, mut over: oneshot::Sender<()>) {
    let mut looks = interval(api.phone_look);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = over.closed() => return,
            _ = looks.tick() => match standing(api, session, place.operator).await {
                Ok(Standing::Good) | Err(_) => {}
                Ok(Standing::Lapsed) => api.switchboard.phone_lapsed(place.id),
                Ok(Standing::Ended) => return,
            },
        }
    }
}

/// How it is with the session that opened a telephone.
enum Standing {
    Good,
    /// Its time is over.
    Lapsed,
    /// Somebody has ended it, or it is no longer this operator's.
    Ended,
}

async fn standing(api: &Api, session: &str, operator: i64) -> Result<Standing, StoreError> {
    let now_ms = api.now_ms();
    let is_theirs = |who: &UserRow| who.form.operator_id == Some(operator);
    if let Some(visit) = api.store.visit(session, now_ms).await? {
        return Ok(if is_theirs(&visit.who) { Standing::Good } else { Standing::Ended });
    }
    let lapsed = api.store.lapsed_session(session, now_ms).await?;
    Ok(if lapsed.is_some_and(|who| is_theirs(&who)) { Standing::Lapsed } else { Standing::Ended })
}
