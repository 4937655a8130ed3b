//! The web floor's sockets: the JSON API and the page.

use std::net::SocketAddr;
use std::sync::Arc;

use store::Store;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use web::{Api, MetricsToken, Tickets};

use crate::clock;
use crate::config::Config;
use crate::engine::EngineHandle;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// Listens, and serves until the tasks are aborted. Gives the addresses as bound, and the one-time logins.
pub async fn open(
    config: &Config,
    store: &Store,
    engine: &EngineHandle,
    (prompts, caretaker): (&media::Prompts, Arc<dyn web::Caretaker>),
    tasks: &mut Vec<JoinHandle<()>>,
) -> Result<(Vec<SocketAddr>, Tickets), Troubles> {
    let mut bound = Vec::new();
    let (recordings, realm) = (config.recordings.folder.clone(), config.sip.realm.clone());
    let mut api = Api::new(store.clone(), Arc::new(engine.clone()), recordings, realm, clock::unix_ms);
    api.secure_cookies = config.web.https;
    // What is no network was told when the configuration was read.
    api.proxies = web::Proxies::parse(&config.web.proxies).unwrap_or_default();
    api.key = crate::house_key::open(&config.web.key);
    api.public_url = config.web.public_url.clone();
    api.allowed_origins.clone_from(&config.channels.allowed);
    api.softphone = crate::softphone::of(config);
    api.prompts = Some(prompts.clone());
    api.caretaker = Some(caretaker);
    api.metrics_token = MetricsToken::new(&config.web.metrics_token);
    let socket = &config.web.socket;
    if !socket.as_os_str().is_empty() {
        match crate::local::open(socket, api.clone()) {
            Ok(task) => tasks.push(task),
            // Nothing that a call needs.
            Err(error) => tracing::warn!(socket = %socket.display(), %error, "{}", words::SOCKET_NOT_OPEN),
        }
    }
    for address in &config.web.listen {
        let trouble = |error: std::io::Error| {
            let what = words::NO_WEB.with(&[&error]);
            Trouble::new(Exit::Unavailable, address.to_string(), what, words::CANNOT_LISTEN_REMEDY.text())
        };
        let listener = TcpListener::bind(address).await.map_err(trouble)?;
        bound.push(listener.local_addr().map_err(trouble)?);
        let site = web::router(api.clone()).into_make_service_with_connect_info::<SocketAddr>();
        tasks.push(tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, site).await {
                tracing::error!(%error, "the pages are gone: calls go on");
            }
        }));
    }
    Ok((bound, api.tickets))
}
