//! TCP connections from any loopback address, and what comes back over them.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, SockRef, Socket, Type};

/// Connect from this address: another machine, as far as the switch can see.
pub fn connect_from(local: &str, switch: &str) -> TcpStream {
    try_connect_from(local, switch).expect("connected")
}

/// The same where it may be refused.
pub fn try_connect_from(local: &str, switch: &str) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    let local: SocketAddr = format!("{local}:0").parse().expect("an address");
    socket.bind(&local.into())?;
    let switch: SocketAddr = switch.parse().expect("an address");
    socket.connect_timeout(&switch.into(), Duration::from_secs(10))?;
    Ok(socket.into())
}

/// Closing it sends a RST.
pub fn reset_on_close(stream: &TcpStream) {
    SockRef::from(stream).set_linger(Some(Duration::ZERO)).expect("a linger of nothing");
}

/// The first line that comes within this time, answers to our pings aside; `None` if nothing does, or the end.
pub fn first_line(stream: &mut TcpStream, limit: Duration) -> Option<String> {
    let line = |text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        text.trim_start().split_once("\r\n").map(|(line, _)| line.to_owned())
    };
    let mut text = Vec::new();
    read_until(stream, limit, &mut text, |text| line(text).is_some());
    line(&text)
}

/// Whether the other side closes within this time. What it says before is read and thrown away.
pub fn is_closed_within(stream: &mut TcpStream, limit: Duration) -> bool {
    read_until(stream, limit, &mut Vec::new(), |_| false)
}

/// Whether the other side has closed it already.
pub fn is_closed(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).expect("a mode");
    match stream.peek(&mut [0]) {
        Ok(length) => length == 0,
        Err(e) => e.kind() != std::io::ErrorKind::WouldBlock,
    }
}

/// Reads until it is enough, the time is over (false), or the stream ends (true).
fn read_until(stream: &mut TcpStream, limit: Duration, text: &mut Vec<u8>, enough: impl Fn(&[u8]) -> bool) -> bool {
    let deadline = Instant::now() + limit;
    stream.set_read_timeout(Some(Duration::from_millis(50))).expect("a time-out");
    let mut chunk = [0; 4096];
    while Instant::now() < deadline && !enough(text) {
        match stream.read(&mut chunk) {
            Ok(0) => return true,
            Ok(length) => text.extend_from_slice(&chunk[..length]),
            Err(e) if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
            Err(_) => return true,
        }
    }
    false
}
