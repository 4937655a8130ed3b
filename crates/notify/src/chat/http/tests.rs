//! The client against a server of TLS, and against name servers that lie.

use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

/// A name that leads to `addresses`, whatever is asked; and how often it was asked.
fn names(addresses: &[&str]) -> (Lookup, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let addresses: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
    let count = asked.clone();
    let lookup: Lookup = Arc::new(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        let addresses = addresses.clone();
        Box::pin(async move { Ok(addresses) })
    });
    (lookup, asked)
}

fn settings(roots: RootCertStore, lookup: Lookup) -> Settings {
    Settings { connect: Duration::from_secs(10), total: Duration::from_secs(10), roots, lookup }
}

fn posting(url: &str) -> Request {
    Request::json(url.to_owned(), guard::WEBHOOK, &serde_json::json!({}))
}

/// A server of https for `hook.test` that answers `answer`; its port, and the authority to trust.
async fn https(answer: &'static str) -> (u16, RootCertStore) {
    let certified = rcgen::generate_simple_self_signed(["hook.test".to_owned()]).unwrap();
    let chain = vec![certified.cert.der().clone()];
    let mut roots = RootCertStore::empty();
    roots.add(certified.cert.der().clone()).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut request = vec![0; 4_096];
                if stream.read(&mut request).await.is_ok() {
                    let _ = stream.write_all(answer.as_bytes()).await;
                    let _ = stream.shutdown().await;
                }
            });
        }
    });
    (port, roots)
}

#[tokio::test]
async fn r21_https_is_spoken_with_whom_the_certificate_names_and_nobody_else() {
    let (port, roots) = https("HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nok").await;
    let origin = format!("https://hook.test:{port}");
    let http = Http::new(vec![origin.clone()], settings(roots.clone(), names(&["127.0.0.1"]).0)).unwrap();
    let response = http.post(posting(&format!("{origin}/x"))).await.unwrap();
    assert_eq!((response.status, response.body.as_str()), (201, "ok"));

    // Another name for the same server: its certificate does not say so.
    let other = format!("https://other.test:{port}");
    let http = Http::new(vec![other.clone()], settings(roots, names(&["127.0.0.1"]).0)).unwrap();
    let failure = http.post(posting(&other)).await.unwrap_err();
    assert!(matches!(&failure, Failure::Connect(why) if why.contains("certificate")), "{failure:?}");

    // An authority that nobody trusts.
    let http = Http::new(vec![origin.clone()], settings(RootCertStore::empty(), names(&["127.0.0.1"]).0)).unwrap();
    let failure = http.post(posting(&origin)).await.unwrap_err();
    assert!(matches!(&failure, Failure::Connect(why) if why.contains("certificate")), "{failure:?}");
}

#[tokio::test]
async fn r21_a_name_that_leads_into_a_private_network_is_not_followed() {
    let private = ["127.0.0.1", "10.0.0.5", "169.254.169.254", "::1", "::ffff:192.168.0.1", "fd00::1"];
    for address in private {
        // Also when it hides among addresses of the internet.
        for addresses in [&[address][..], &["1.1.1.1", address][..]] {
            let (lookup, asked) = names(addresses);
            let http = Http::new(Vec::new(), settings(RootCertStore::empty(), lookup)).unwrap();
            let failure = http.post(posting("https://hook.example.com/x")).await.unwrap_err();
            assert_eq!(failure, Failure::Refused(Refusal::Private(address.parse().unwrap())), "{addresses:?}");
            assert_eq!(asked.load(Ordering::SeqCst), 1);
        }
    }
}

/// A name that is good when it is checked and private when it is connected to gains nothing: it is asked once, and the
/// connection is made to the answer that was checked.
#[tokio::test]
async fn r21_rebinding_gains_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let lookup: Lookup = Arc::new(move |_| {
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        // An address of the internet that nobody answers at, then ours.
        let address: IpAddr = if first { "192.31.196.1".parse().unwrap() } else { "127.0.0.1".parse().unwrap() };
        Box::pin(async move { Ok(vec![address]) })
    });
    let hasty = Settings { connect: Duration::from_millis(200), ..settings(RootCertStore::empty(), lookup) };
    let http = Http::new(Vec::new(), hasty).unwrap();
    let failure = http.post(posting(&format!("https://hook.example.com:{port}/x"))).await.unwrap_err();
    assert!(matches!(failure, Failure::Connect(_)), "{failure:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 1, "one question, one answer, one place to connect to");
    let knocked = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(knocked.is_err(), "somebody connected to the private address");
}

#[tokio::test]
async fn r21_an_answer_without_end_has_one() {
    let endless = "HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n";
    let text: &'static str = Box::leak(format!("{endless}{}", "x".repeat(200_000)).into_boxed_str());
    let (port, roots) = https(text).await;
    let origin = format!("https://hook.test:{port}");
    let http = Http::new(vec![origin.clone()], settings(roots, names(&["127.0.0.1"]).0)).unwrap();
    let response = http.post(posting(&origin)).await.unwrap();
    assert_eq!(response.body.len(), ANSWER_MAX);
}

#[tokio::test]
async fn r21_a_redirect_is_an_answer_and_not_followed() {
    let (port, roots) =
        https("HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n").await;
    let origin = format!("https://hook.test:{port}");
    let (lookup, asked) = names(&["127.0.0.1"]);
    let http = Http::new(vec![origin.clone()], settings(roots, lookup)).unwrap();
    let response = http.post(posting(&origin)).await.unwrap();
    assert_eq!((response.status, asked.load(Ordering::SeqCst)), (302, 1));
}

#[tokio::test]
async fn r19_a_token_with_a_line_break_never_becomes_a_header() {
    let http = Http::new(vec!["http://127.0.0.1:9".into()], settings(RootCertStore::empty(), names(&[]).0)).unwrap();
    let request = posting("http://127.0.0.1:9/").with("x-chatworktoken", "a\r\nx-evil: 1".into());
    assert_eq!(http.post(request).await.unwrap_err(), Failure::Header("x-chatworktoken"));
}
