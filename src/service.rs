//! Telling systemd how we are (`sd_notify`): a datagram to the socket it names, or nothing when nobody asks.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Tells the service manager, if there is one. States: `READY=1`, `RELOADING=1`, `STOPPING=1`, `STATUS=…`.
pub fn notify(state: &str) {
    if let Some(name) = std::env::var_os("NOTIFY_SOCKET")
        && let Some(name) = name.to_str()
    {
        // Whoever does not listen misses nothing: the switch runs all the same.
        let _ = send(name, state);
    }
}

fn send(name: &str, state: &str) -> std::io::Result<usize> {
    // An abstract socket is written with an at sign.
    let address = match name.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(name)?,
    };
    UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_reach_the_socket_by_path_and_by_abstract_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let by_path = UnixDatagram::bind(&path).unwrap();
        send(path.to_str().unwrap(), "READY=1").unwrap();
        let name = format!("denwaban-test-{}", std::process::id());
        let by_name = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        send(&format!("@{name}"), "READY=1").unwrap();
        for socket in [by_path, by_name] {
            let mut buffer = [0; 32];
            let length = socket.recv(&mut buffer).unwrap();
            assert_eq!(&buffer[..length], b"READY=1");
        }
    }
}
