//! Against a DNS server on loopback that knows a few names.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hickory_resolver::proto::op::{Message, MessageType, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, NAPTR, SRV};
use tokio::net::UdpSocket;

use super::*;

const TTL: u32 = 300;
/// Long for an answer by loopback, short for none.
const PATIENCE: Duration = Duration::from_millis(500);

/// The records of a little world.
#[derive(Default)]
struct Zone {
    records: HashMap<(String, RecordType), Vec<Record>>,
    /// Questions of this kind are not answered.
    mute: Option<RecordType>,
    /// Questions of this kind are refused.
    broken: Option<RecordType>,
}

impl Zone {
    fn with(mut self, name: &str, ttl: u32, data: RData) -> Self {
        let record = Record::from_rdata(Name::from_ascii(name).unwrap(), ttl, data);
        self.records.entry((name.to_owned(), record.record_type())).or_default().push(record);
        self
    }

    fn a(self, name: &str, address: [u8; 4]) -> Self {
        self.with(name, TTL, RData::A(A::from(std::net::Ipv4Addr::from(address))))
    }

    fn srv(self, name: &str, priority: u16, port: u16, target: &str) -> Self {
        self.with(name, TTL, RData::SRV(SRV::new(priority, 0, port, Name::from_ascii(target).unwrap())))
    }

    fn naptr(self, name: &str, order: u16, service: &str, replacement: &str) -> Self {
        let replacement = Name::from_ascii(replacement).unwrap();
        let bytes = |text: &str| text.as_bytes().to_vec().into_boxed_slice();
        self.with(name, TTL, RData::NAPTR(NAPTR::new(order, 1, bytes("s"), bytes(service), bytes(""), replacement)))
    }

    fn answer(&self, question: &[u8]) -> Option<Vec<u8>> {
        let question = Message::from_vec(question).unwrap();
        let query = question.queries.first().unwrap().clone();
        if self.mute == Some(query.query_type) {
            return None;
        }
        let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
        assert_eq!(answer.metadata.message_type, MessageType::Response);
        let name = query.name.to_ascii().to_ascii_lowercase();
        let known = self.records.keys().any(|(known, _)| *known == name);
        if self.broken == Some(query.query_type) {
            answer.metadata.response_code = ResponseCode::Refused;
        } else if !known {
            answer.metadata.response_code = ResponseCode::NXDomain;
        }
        answer.add_answers(self.records.get(&(name, query.query_type)).cloned().unwrap_or_default());
        answer.add_query(query);
        Some(answer.to_vec().unwrap())
    }
}

/// A resolver that asks a server that knows this zone, and how often it has asked.
async fn asking(zone: Zone) -> (Resolver, Arc<AtomicUsize>) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    tokio::spawn(async move {
        let mut buffer = vec![0; 4_096];
        loop {
            let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
            counter.fetch_add(1, Ordering::Relaxed);
            if let Some(answer) = zone.answer(&buffer[..length]) {
                socket.send_to(&answer, from).await.unwrap();
            }
        }
    });
    (Resolver::asking_for(PATIENCE, &[address]).unwrap(), asked)
}

fn hops(resolved: &Resolved) -> Vec<String> {
    resolved.hops.iter().map(|(protocol, address)| format!("{protocol} {address}")).collect()
}

fn carrier() -> Zone {
    Zone::default()
        .naptr("carrier.example.", 20, "SIP+D2U", "_sip._udp.carrier.example.")
        .naptr("carrier.example.", 10, "SIPS+D2T", "_sips._tcp.carrier.example.")
        .srv("_sips._tcp.carrier.example.", 1, 5061, "east.carrier.example.")
        .srv("_sip._udp.carrier.example.", 2, 5062, "west.carrier.example.")
        .srv("_sip._udp.carrier.example.", 1, 5060, "east.carrier.example.")
        .a("east.carrier.example.", [192, 0, 2, 1])
        .a("west.carrier.example.", [192, 0, 2, 2])
        .with(
            "west.carrier.example.",
            90,
            RData::AAAA(AAAA::from("2001:db8::2".parse::<std::net::Ipv6Addr>().unwrap())),
        )
        .a("carrier.example.", [192, 0, 2, 99])
}

#[tokio::test]
async fn naptr_leads_to_srv_and_srv_to_addresses() {
    let (resolver, _) = asking(carrier()).await;
    let resolved = resolver.trunk("carrier.example", None, None).await.unwrap();
    let expected = ["TLS 192.0.2.1:5061", "UDP 192.0.2.1:5060", "UDP 192.0.2.2:5062", "UDP [2001:db8::2]:5062"];
    assert_eq!(hops(&resolved), expected);
    assert_eq!(resolved.ttl, Duration::from_secs(90), "the shortest of all");
    assert!(resolved.sure);
}

#[tokio::test]
async fn what_is_written_is_obeyed() {
    let (resolver, asked) = asking(carrier()).await;
    let udp = resolver.trunk("carrier.example", None, Some(Protocol::Udp)).await.unwrap();
    assert_eq!(hops(&udp), ["UDP 192.0.2.1:5060", "UDP 192.0.2.2:5062", "UDP [2001:db8::2]:5062"]);
    let tcp = resolver.trunk("carrier.example", None, Some(Protocol::Tcp)).await.unwrap();
    assert_eq!(hops(&tcp), ["TCP 192.0.2.99:5060"], "no SRV of this protocol: the host itself");
    let port = resolver.trunk("carrier.example", Some(5070), Some(Protocol::Tls)).await.unwrap();
    assert_eq!(hops(&port), ["TLS 192.0.2.99:5070"]);
    let before = asked.load(Ordering::Relaxed);
    let address = resolver.trunk("[2001:db8::7]", None, None).await.unwrap();
    assert_eq!(hops(&address), ["UDP [2001:db8::7]:5060"]);
    assert_eq!(asked.load(Ordering::Relaxed), before, "an address is not asked for");
    assert_eq!(
        resolver.trunk("carrier.example", None, Some(Protocol::Wss)).await,
        Err(ResolveError::NotDialled(Protocol::Wss))
    );
}

#[tokio::test]
async fn without_naptr_what_srv_records_there_are_count() {
    let zone = Zone::default().srv("_sip._tcp.a.example.", 1, 5060, "b.example.").a("b.example.", [192, 0, 2, 3]);
    let (resolver, _) = asking(zone).await;
    assert_eq!(hops(&resolver.trunk("a.example", None, None).await.unwrap()), ["TCP 192.0.2.3:5060"]);
    let zone = Zone::default().a("a.example.", [192, 0, 2, 4]);
    let (resolver, _) = asking(zone).await;
    assert_eq!(hops(&resolver.trunk("a.example", None, None).await.unwrap()), ["UDP 192.0.2.4:5060"]);
}

#[tokio::test]
async fn a_host_that_is_not_there_is_told_from_a_dns_that_is_not() {
    let (resolver, _) = asking(Zone::default()).await;
    let missing = resolver.trunk("nobody.example", None, None).await;
    assert_eq!(missing, Err(ResolveError::NoSuchHost { host: "nobody.example".to_owned() }));
    let refusing = Zone { broken: Some(RecordType::A), ..carrier() };
    let (resolver, _) = asking(refusing).await;
    let failed = resolver.trunk("east.carrier.example", Some(5060), None).await;
    assert!(matches!(failed, Err(ResolveError::NoAnswer { .. })), "{failed:?}");
    let decided = Zone::default().srv("_sip._udp.a.example.", 0, 0, ".").a("a.example.", [192, 0, 2, 5]);
    let (resolver, _) = asking(decided).await;
    let refused = resolver.trunk("a.example", None, Some(Protocol::Udp)).await;
    assert!(matches!(refused, Err(ResolveError::NoSuchHost { .. })), "decidedly no SIP there: {refused:?}");
}

#[tokio::test]
async fn a_router_that_swallows_naptr_questions_does_not_hide_the_host() {
    let (resolver, _) = asking(Zone { mute: Some(RecordType::NAPTR), ..carrier() }).await;
    let resolved = resolver.trunk("carrier.example", None, None).await.unwrap();
    assert!(hops(&resolved).starts_with(&["UDP 192.0.2.1:5060".to_owned()]), "{resolved:?}");
    assert_eq!(resolved.ttl, TTL_MIN, "asked again soon");
    assert!(!resolved.sure, "there may be a better way than this one");
    let (resolver, _) = asking(Zone { mute: Some(RecordType::SRV), ..carrier() }).await;
    let resolved = resolver.trunk("carrier.example", None, Some(Protocol::Udp)).await.unwrap();
    assert!(!resolved.sure, "{resolved:?}");
}

#[tokio::test]
async fn times_to_live_have_a_floor_and_a_ceiling_and_hops_a_number() {
    for (ttl, believed) in [(0, TTL_MIN), (600, Duration::from_secs(600)), (1_000_000, TTL_MAX)] {
        let zone = Zone::default().with("a.example.", ttl, RData::A(A::new(192, 0, 2, 1)));
        let (resolver, _) = asking(zone).await;
        let resolved = resolver.trunk("a.example", Some(5060), None).await.unwrap();
        assert_eq!(resolved.ttl, believed);
    }
    let mut zone = Zone::default();
    for number in 0..30_u8 {
        let host = format!("h{number}.example.");
        zone = zone.srv("_sip._udp.a.example.", 1, 5060, &host).a(&host, [192, 0, 2, number]);
    }
    let (resolver, _) = asking(zone).await;
    let resolved = resolver.trunk("a.example", None, Some(Protocol::Udp)).await.unwrap();
    assert_eq!(resolved.hops.len(), HOPS_MAX);
}

#[tokio::test]
async fn what_is_no_name_is_said_to_be_none() {
    let (resolver, _) = asking(carrier()).await;
    let long = "x".repeat(300);
    for host in ["", "a..b", &long] {
        for (port, protocol) in [(None, None), (Some(5060), None), (None, Some(Protocol::Tls))] {
            let resolved = resolver.trunk(host, port, protocol).await;
            assert!(matches!(resolved, Err(ResolveError::NoName { .. })), "{host:?}: {resolved:?}");
        }
    }
}
