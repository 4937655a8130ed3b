//! What to ask the DNS about a SIP host, and in which order to try the answers (RFC 3263 section 4, RFC 2782). Pure.

use std::net::{IpAddr, SocketAddr};

use sip::flow::Protocol;

/// Records of one answer that are looked at.
pub const RECORDS_MAX: usize = 32;
/// Services (kinds of SRV record) that are followed.
pub const SERVICES_MAX: usize = 6;
/// Addresses of one host that are tried.
pub const ADDRESSES_MAX: usize = 8;
/// Addresses that are tried in all.
pub const HOPS_MAX: usize = 16;

/// What to do first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Plan {
    /// Nothing: the host is an address.
    Known(Protocol, SocketAddr),
    /// Ask for the host's addresses: the port is written.
    Host(Protocol, u16),
    /// Ask for these services: the protocol is written.
    Services(Vec<Service>),
    /// Ask for NAPTR records of the host: nothing is written.
    Naptr,
}

/// Something to ask SRV records of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Service {
    /// What is spoken there.
    pub protocol: Protocol,
    /// The name of the records: `_sip._udp.carrier.example`.
    pub name: String,
}

/// A NAPTR record (RFC 3403 section 4).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Naptr {
    /// Lower first.
    pub order: u16,
    /// Lower first among those of one order.
    pub preference: u16,
    /// `s`: the replacement is the name of SRV records.
    pub flags: String,
    /// `SIP+D2U`, `SIP+D2T`, `SIPS+D2T`.
    pub service: String,
    /// Whether there is a regular expression; no SIP record has one.
    pub regexp: bool,
    /// A name.
    pub replacement: String,
}

/// An SRV record (RFC 2782).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Srv {
    /// Lower first.
    pub priority: u16,
    /// Among those of one priority, how often it comes first.
    pub weight: u16,
    /// A port.
    pub port: u16,
    /// A host; `.`: the service is decidedly not offered.
    pub target: String,
}

/// A host whose addresses are to be tried.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// What is spoken there.
    pub protocol: Protocol,
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Target {
    /// A target.
    pub fn new(protocol: Protocol, host: &str, port: u16) -> Self {
        Self { protocol, host: host.to_owned(), port }
    }
}

/// How to find a host, from what is written of it (RFC 3263 sections 4.1, 4.2). Without a protocol, an address or a written
/// port means UDP.
pub fn plan(host: &str, port: Option<u16>, protocol: Option<Protocol>) -> Plan {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let spoken = protocol.unwrap_or(Protocol::Udp);
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Plan::Known(spoken, SocketAddr::new(ip, port.unwrap_or(spoken.default_port())));
    }
    match (port, protocol) {
        (Some(port), _) => Plan::Host(spoken, port),
        (None, Some(protocol)) => Plan::Services(service(protocol, host).into_iter().collect()),
        (None, None) => Plan::Naptr,
    }
}

/// Which services to ask for, in order, given a host's NAPTR records. Those of SIP over UDP, TCP and TLS count; WebSocket and
/// SCTP cannot be dialled. If none counts: all that we speak, in the order in which RFC 3263 lets a `sip` URI choose.
pub fn services(host: &str, mut records: Vec<Naptr>) -> Vec<Service> {
    records.sort_by_key(|record| (record.order, record.preference));
    let mut found: Vec<Service> = Vec::new();
    for record in records {
        let service = record.service.to_ascii_uppercase();
        let protocol = match service.as_str() {
            "SIP+D2U" => Protocol::Udp,
            "SIP+D2T" => Protocol::Tcp,
            "SIPS+D2T" => Protocol::Tls,
            _ => continue,
        };
        let leads_to_srv = record.flags.eq_ignore_ascii_case("s") && !record.regexp && record.replacement != ".";
        let service = Service { protocol, name: record.replacement };
        if leads_to_srv && found.len() < SERVICES_MAX && !found.contains(&service) {
            found.push(service);
        }
    }
    if found.is_empty() {
        found.extend([Protocol::Udp, Protocol::Tcp, Protocol::Tls].into_iter().filter_map(|one| service(one, host)));
    }
    found
}

/// The SRV records of a protocol at a host; `None`: nobody is dialled by it.
fn service(protocol: Protocol, host: &str) -> Option<Service> {
    let prefix = match protocol {
        Protocol::Udp => "_sip._udp",
        Protocol::Tcp => "_sip._tcp",
        Protocol::Tls => "_sips._tcp",
        Protocol::Ws | Protocol::Wss => return None,
    };
    Some(Service { protocol, name: format!("{prefix}.{host}") })
}

/// The order in which to try the targets of one service (RFC 2782): by priority, and among equals by lot, where the weight is
/// the number of a record's lots. `random`: a number from 0 to the given one, both possible.
pub fn targets(protocol: Protocol, mut records: Vec<Srv>, random: &mut dyn FnMut(u32) -> u32) -> Vec<Target> {
    records.retain(|record| record.target != ".");
    // Those without weight stand first among equals, where only a drawn 0 finds them.
    records.sort_by_key(|record| (record.priority, record.weight));
    let mut ordered = Vec::new();
    while let Some(first) = records.first() {
        let priority = first.priority;
        let equals = records.iter().take_while(|record| record.priority == priority);
        let sum = equals.clone().map(|record| u32::from(record.weight)).sum();
        let drawn = random(sum);
        let mut running = 0;
        let place = equals.clone().position(|record| {
            running += u32::from(record.weight);
            running >= drawn
        });
        let chosen = records.remove(place.unwrap_or(0));
        ordered.push(Target { protocol, host: chosen.target, port: chosen.port });
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naptr(order: u16, preference: u16, flags: &str, service: &str, replacement: &str) -> Naptr {
        Naptr {
            order,
            preference,
            flags: flags.to_owned(),
            service: service.to_owned(),
            regexp: false,
            replacement: replacement.to_owned(),
        }
    }

    fn srv(priority: u16, weight: u16, target: &str) -> Srv {
        Srv { priority, weight, port: 5060, target: target.to_owned() }
    }

    fn names(services: &[Service]) -> Vec<(Protocol, &str)> {
        services.iter().map(|service| (service.protocol, service.name.as_str())).collect()
    }

    #[test]
    fn what_is_written_decides_what_is_asked() {
        let at = |address: &str| address.parse().unwrap();
        let services = |protocol, name: &str| Plan::Services(vec![Service { protocol, name: name.to_owned() }]);
        for (host, port, protocol, expected) in [
            ("192.0.2.1", None, None, Plan::Known(Protocol::Udp, at("192.0.2.1:5060"))),
            ("192.0.2.1", None, Some(Protocol::Tls), Plan::Known(Protocol::Tls, at("192.0.2.1:5061"))),
            ("192.0.2.1", Some(5080), Some(Protocol::Tcp), Plan::Known(Protocol::Tcp, at("192.0.2.1:5080"))),
            ("[2001:db8::1]", None, None, Plan::Known(Protocol::Udp, at("[2001:db8::1]:5060"))),
            ("2001:db8::1", Some(5), None, Plan::Known(Protocol::Udp, at("[2001:db8::1]:5"))),
            ("a.example", Some(5070), None, Plan::Host(Protocol::Udp, 5070)),
            ("a.example", Some(5061), Some(Protocol::Tls), Plan::Host(Protocol::Tls, 5061)),
            ("a.example", None, Some(Protocol::Udp), services(Protocol::Udp, "_sip._udp.a.example")),
            ("a.example", None, Some(Protocol::Tcp), services(Protocol::Tcp, "_sip._tcp.a.example")),
            ("a.example", None, Some(Protocol::Tls), services(Protocol::Tls, "_sips._tcp.a.example")),
            ("a.example", None, None, Plan::Naptr),
        ] {
            assert_eq!(plan(host, port, protocol), expected, "{host} {port:?} {protocol:?}");
        }
    }

    #[test]
    fn naptr_records_are_taken_by_order_and_preference_and_only_those_that_we_speak() {
        let found = services(
            "a.example",
            vec![
                naptr(90, 50, "s", "SIP+D2T", "_sip._tcp.a.example."),
                naptr(100, 10, "s", "SIP+D2U", "_sip._udp.a.example."),
                naptr(50, 50, "S", "sips+d2t", "_sips._tcp.a.example."),
                naptr(90, 40, "s", "SIP+D2U", "_sip._udp.first.example."),
                naptr(1, 1, "s", "SIP+D2W", "_ws.a.example."),
                naptr(1, 1, "s", "SIPS+D2S", "_sctp.a.example."),
                naptr(1, 1, "u", "E2U+sip", "a.example."),
                naptr(1, 1, "a", "SIP+D2U", "a.example."),
                naptr(1, 1, "s", "SIP+D2U", "."),
                Naptr { regexp: true, ..naptr(1, 1, "s", "SIP+D2U", "x.example.") },
            ],
        );
        let expected = [
            (Protocol::Tls, "_sips._tcp.a.example."),
            (Protocol::Udp, "_sip._udp.first.example."),
            (Protocol::Tcp, "_sip._tcp.a.example."),
            (Protocol::Udp, "_sip._udp.a.example."),
        ];
        assert_eq!(names(&found), expected);
    }

    #[test]
    fn without_naptr_every_protocol_is_asked_for() {
        let expected = [
            (Protocol::Udp, "_sip._udp.a.example"),
            (Protocol::Tcp, "_sip._tcp.a.example"),
            (Protocol::Tls, "_sips._tcp.a.example"),
        ];
        assert_eq!(names(&services("a.example", Vec::new())), expected);
        assert_eq!(names(&services("a.example", vec![naptr(1, 1, "s", "SIP+D2W", "_ws.a.example.")])), expected);
    }

    #[test]
    fn no_number_of_naptr_records_is_too_many() {
        let many = (0..1_000).map(|number| naptr(number, 0, "s", "SIP+D2U", &format!("{number}.example."))).collect();
        assert_eq!(services("a.example", many).len(), SERVICES_MAX);
    }

    /// The hosts in the order in which they are tried, when these numbers are drawn.
    fn tried(records: &[Srv], draws: &[u32]) -> Vec<String> {
        let mut draws = draws.iter();
        let mut random = |most: u32| draws.next().copied().unwrap_or(0).min(most);
        targets(Protocol::Udp, records.to_vec(), &mut random).into_iter().map(|target| target.host).collect()
    }

    #[test]
    fn srv_records_are_taken_by_priority_and_then_by_lot() {
        let records = [srv(20, 100, "later"), srv(10, 60, "big"), srv(10, 20, "small"), srv(10, 0, "none")];
        // In the order none 0, small 20, big 80 of running sums.
        assert_eq!(tried(&records, &[0, 0, 0, 0]), ["none", "small", "big", "later"]);
        assert_eq!(tried(&records, &[1, 1, 1, 1]), ["small", "big", "none", "later"]);
        assert_eq!(tried(&records, &[20, 60, 0, 0]), ["small", "big", "none", "later"]);
        assert_eq!(tried(&records, &[21, 20, 0, 0]), ["big", "small", "none", "later"]);
        assert_eq!(tried(&records, &[80, 0, 20, 0]), ["big", "none", "small", "later"]);
    }

    #[test]
    fn a_record_comes_first_as_often_as_its_weight_says() {
        let records = [srv(1, 75, "three"), srv(1, 25, "one")];
        let mut state = 1_u32;
        let mut random = |most: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % (most + 1)
        };
        let first =
            (0..10_000).filter(|_| targets(Protocol::Udp, records.to_vec(), &mut random)[0].host == "three").count();
        assert!((7_200..7_800).contains(&first), "{first} of 10000");
    }

    #[test]
    fn a_service_that_is_decidedly_not_offered_has_no_target() {
        assert_eq!(tried(&[srv(0, 0, ".")], &[]), Vec::<String>::new());
    }
}
