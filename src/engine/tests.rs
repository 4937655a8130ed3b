//! The real loop on a loopback socket, with hands that only count.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use sip::flow::Protocol;
use switch::media::Order;
use switch::{CallId, CallRecord};
use web::{Switchboard, Unanswered};

use super::*;

/// Nothing to do with either hand.
struct Idle;

impl Hands for Idle {
    fn media(&mut self, _: Order) -> bool {
        true
    }

    fn record(&mut self, _: Box<CallRecord>) -> bool {
        true
    }

    fn finish(self: Box<Self>) {}
}

fn engine() -> (EngineHandle, SocketAddr, std::thread::JoinHandle<()>) {
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let (_, inbox) = media_events();
    let setup = Setup {
        transport: transport::Config { udp: vec![SocketAddr::new(loopback, 0)], ..transport::Config::default() },
        switch: move |locals: &[(Protocol, SocketAddr)]| {
            let (protocol, local) = locals[0];
            let listeners = vec![endpoint::Listener { protocol, local, public: local }];
            switch::Config::new(endpoint::Config::new("test", listeners), vec![loopback], 20_000..=20_010)
        },
        seed: [7; 32],
        media: inbox,
        sheds: true,
        hands: Box::new(Idle),
    };
    let started = start(setup).map_err(|_| "no engine").unwrap();
    (started.handle, started.locals[0].1, started.thread)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn packets_are_answered_and_commands_too() {
    let (handle, address, thread) = engine();
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let local = peer.local_addr().unwrap();
    let options = format!(
        "OPTIONS sip:{address} SIP/2.0\r\nVia: SIP/2.0/UDP {local};rport;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n\
         From: <sip:a@{local}>;tag=1\r\nTo: <sip:{address}>\r\nCall-ID: 1@test\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    );
    peer.send_to(options.as_bytes(), address).unwrap();
    let mut answer = [0; 4096];
    let (length, from) = peer.recv_from(&mut answer).unwrap();
    assert_eq!(from, address);
    assert!(answer[..length].starts_with(b"SIP/2.0 200 "), "{}", String::from_utf8_lossy(&answer[..length]));
    runtime().block_on(async {
        assert!(matches!(handle.command(Command::Snapshot).await, Ok(Reply::Snapshot(_))));
        let unknown = handle.command(Command::Hangup { call: CallId(1) }).await;
        assert_eq!(unknown, Err(Unanswered::Refused(CommandError::UnknownCall)));
        handle.stop().await;
    });
    thread.join().unwrap();
    let after = runtime().block_on(handle.command(Command::Snapshot));
    assert_eq!(after, Err(Unanswered::Busy));
}

#[test]
fn figures_come_every_second_and_an_idle_engine_uses_next_to_nothing() {
    let (handle, _, thread) = engine();
    let mut statistics = handle.statistics();
    let (first, second) = runtime().block_on(async {
        let mut figures = Vec::new();
        for _ in 0..3 {
            statistics.changed().await.unwrap();
            figures.push(*statistics.borrow_and_update());
        }
        handle.stop().await;
        (figures[1], figures[2])
    });
    thread.join().unwrap();
    assert!(second.idle && second.inputs > first.inputs);
    assert!(second.cpu_us - first.cpu_us < 50_000, "{} µs in an idle second", second.cpu_us - first.cpu_us);
}

#[test]
fn an_address_that_is_taken_is_said() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (_, inbox) = media_events();
    let local = taken.local_addr().unwrap();
    let setup = Setup {
        transport: transport::Config { udp: vec![local], ..transport::Config::default() },
        switch: |_: &[(Protocol, SocketAddr)]| {
            switch::Config::new(endpoint::Config::new("test", Vec::new()), Vec::<IpAddr>::new(), 20_000..=20_010)
        },
        seed: [7; 32],
        media: inbox,
        sheds: true,
        hands: Box::new(Idle),
    };
    match start(setup) {
        Err(StartError::Bind(error)) => assert_eq!(error.address, local),
        Err(StartError::System(error)) => panic!("{error}"),
        Ok(_) => panic!("two sockets on one address"),
    }
}
