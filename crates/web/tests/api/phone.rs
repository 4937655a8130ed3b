//! The socket of the telephone in the operator's page: who gets one, and when it ends.

use std::net::TcpStream;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::common::{House, NOW};
use store::{Door, Entrance, Person, Role};
use tungstenite::client::IntoClientRequest;
use tungstenite::{Error, HandshakeError, WebSocket};

/// Longer than anything here takes on the slowest machine.
const DEADLINE: Duration = Duration::from_secs(60);

fn ask(house: &House, headers: &[(&'static str, &str)]) -> Result<WebSocket<TcpStream>, u16> {
    let mut request = format!("ws://{}/api/v1/phone", house.address).into_client_request().unwrap();
    for &(name, value) in headers {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    let stream = TcpStream::connect(house.address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    match tungstenite::client(request, stream) {
        Ok((socket, answer)) => {
            assert_eq!(answer.headers()["sec-websocket-protocol"], "sip");
            Ok(socket)
        }
        Err(HandshakeError::Failure(Error::Http(answer))) => Err(answer.status().as_u16()),
        Err(other) => panic!("{other}"),
    }
}

fn cookie(token: &str) -> String {
    format!("denwaban={token}")
}

#[test]
fn an_operators_own_page_gets_a_socket_and_nobody_else_does() {
    let house = House::new();
    let hanako = house.operator("101", "花子");
    let operator = cookie(&house.logged_in("hanako", Role::Operator, Some(hanako)));
    let admin = cookie(&house.logged_in("boss", Role::Admin, None));
    let own = format!("http://{}", house.address);
    let sip = ("sec-websocket-protocol", "sip");

    assert_eq!(ask(&house, &[sip]).err(), Some(401), "who is that?");
    assert_eq!(ask(&house, &[sip, ("cookie", "denwaban=guess")]).err(), Some(401));
    assert_eq!(ask(&house, &[sip, ("cookie", &admin)]).err(), Some(403), "no operator, no telephone");
    assert_eq!(ask(&house, &[("cookie", &operator)]).err(), Some(400), "no SIP");
    let strange = [sip, ("cookie", operator.as_str()), ("origin", "https://evil.example")];
    assert_eq!(ask(&house, &strange).err(), Some(403), "another site's page, with our cookie");
    assert!(house.switchboard.phones.lock().unwrap().is_empty());
    let account = house.get("/phone/account", operator.strip_prefix("denwaban=").unwrap()).json();
    assert_eq!(account, serde_json::json!({ "user": "101", "domain": "denwaban" }), "and no password");

    let _socket = ask(&house, &[sip, ("cookie", &operator), ("origin", &own)]).unwrap();
    let line = given(&house);
    assert_eq!((line.operator, line.socket.is_secure), (hanako, false));
    assert!(line.socket.remote.ip().is_loopback());
    // Behind a proxy of this machine, which ends TLS.
    let host = house.address.to_string();
    let proxied =
        [sip, ("cookie", operator.as_str()), ("origin", &format!("https://{host}")), ("x-forwarded-for", "192.0.2.9")];
    let _other = ask(&house, &proxied).unwrap();
    let line = given(&house);
    assert_eq!((line.socket.remote.ip(), line.socket.is_secure), ("192.0.2.9".parse().unwrap(), true));
}

/// The line that the switch was given last.
fn given(house: &House) -> web::PhoneLine {
    let line = async {
        loop {
            if let Some(line) = house.switchboard.phones.lock().unwrap().pop() {
                return line;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    house.wait(async { tokio::time::timeout(DEADLINE, line).await }).unwrap()
}

/// Whether the web server has the socket ended, by itself.
fn is_ended(house: &House, line: web::PhoneLine) -> bool {
    house.wait(async { tokio::time::timeout(DEADLINE, line.socket.over).await }).is_ok()
}

#[test]
fn the_socket_ends_with_its_session_and_when_the_login_is_another_operators() {
    let house = House::looking_often();
    let (hanako, taro) = (house.operator("101", "花子"), house.operator("102", "太郎"));
    let user = house.user("hanako", Role::Operator, Some(hanako));
    let token = house.session(user);
    let headers = [("sec-websocket-protocol", "sip"), ("cookie", &*cookie(&token))];

    let _socket = ask(&house, &headers).unwrap();
    let mut line = given(&house);
    let still = house.wait(async { tokio::time::timeout(Duration::from_millis(100), &mut line.socket.over).await });
    assert!(still.is_err(), "as long as the session is good");
    let demand = |roles: &[Role]| house.wait(house.store.save_door(&Door { second_factor: roles.to_vec() })).unwrap();
    demand(&[Role::Operator]);
    let still = house.wait(async { tokio::time::timeout(Duration::from_millis(100), &mut line.socket.over).await });
    assert!(still.is_err(), "a second factor is demanded of the next one");
    assert_eq!(ask(&house, &headers).err(), Some(403));
    demand(&[]);
    house.wait(house.store.close_session(&token, NOW)).unwrap();
    assert!(is_ended(&house, line), "logged out, or revoked");

    let token = house.session(user);
    let headers = [("sec-websocket-protocol", "sip"), ("cookie", &*cookie(&token))];
    let _socket = ask(&house, &headers).unwrap();
    let line = given(&house);
    let mut form = house.wait(house.store.users()).unwrap().into_iter().find(|one| one.id == user).unwrap().form;
    form.operator_id = Some(taro);
    house.wait(house.store.update_user(user, &form)).unwrap();
    assert!(is_ended(&house, line), "the login is Taro's now");
}

/// The clock of the next test alone.
static CLOCK: AtomicI64 = AtomicI64::new(NOW);

/// Two hours after every session of the tests has ended by its time.
const LATER: i64 = NOW + 3 * 3_600_000;

#[test]
fn a_telephone_whose_session_ends_by_its_time_is_left_to_the_switch_until_somebody_ends_the_session() {
    let house = House::with(|api| {
        api.phone_look = Duration::from_millis(10);
        api.clock = || CLOCK.load(Ordering::SeqCst);
    });
    let (hanako, taro) = (house.operator("101", "花子"), house.operator("102", "太郎"));
    let user = house.user("hanako", Role::Operator, Some(hanako));
    let another = house.user("boss", Role::Admin, None);
    let lapses = |line: &mut web::PhoneLine| {
        let told = async {
            loop {
                if house.switchboard.lapsed.lock().unwrap().contains(&line.id) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        house.wait(async { tokio::time::timeout(DEADLINE, told).await }).unwrap();
        let still = house.wait(async { tokio::time::timeout(Duration::from_millis(100), &mut line.socket.over).await });
        assert!(still.is_err(), "the switch closes it when the talk is over");
    };
    for end in ["log out", "an administrator", "another's login", "the user ends"] {
        CLOCK.store(NOW, Ordering::SeqCst);
        let token = house.session(user);
        let headers = [("sec-websocket-protocol", "sip"), ("cookie", &*cookie(&token))];
        let _socket = ask(&house, &headers).unwrap();
        let mut line = given(&house);
        CLOCK.store(LATER, Ordering::SeqCst);
        lapses(&mut line);
        assert_eq!(ask(&house, &headers).err(), Some(401), "no other socket: {end}");
        // Somebody's login does not take away what is known of it.
        house.wait(house.store.open_session(another, LATER, &Entrance::lasting(Duration::from_secs(9)))).unwrap();
        lapses(&mut line);
        match end {
            "log out" => assert_eq!(house.ask("POST", "/logout", Some(&token), None).status, 204),
            "an administrator" => drop(house.wait(house.store.end_sessions_of(Person::User(user), None)).unwrap()),
            "another's login" => {
                let mut form =
                    house.wait(house.store.users()).unwrap().into_iter().find(|one| one.id == user).unwrap().form;
                form.operator_id = Some(taro);
                house.wait(house.store.update_user(user, &form)).unwrap();
                assert!(is_ended(&house, line), "{end}");
                form.operator_id = Some(hanako);
                house.wait(house.store.update_user(user, &form)).unwrap();
                continue;
            }
            _ => house.wait(house.store.deactivate_user(user)).unwrap(),
        }
        assert!(is_ended(&house, line), "{end}");
    }
}

#[test]
fn one_operator_has_a_few_sockets_and_a_place_is_free_again_when_one_is_gone() {
    let house = House::new();
    let hanako = house.operator("101", "花子");
    let operator = cookie(&house.logged_in("hanako", Role::Operator, Some(hanako)));
    let headers = [("sec-websocket-protocol", "sip"), ("cookie", operator.as_str())];
    let open: Vec<_> = (0..4).map(|_| (ask(&house, &headers).unwrap(), given(&house))).collect();
    assert_eq!(ask(&house, &headers).err(), Some(429));
    drop(open);
    let freed = (0..600).any(|_| {
        house.wait(async { tokio::time::sleep(Duration::from_millis(100)).await });
        ask(&house, &headers).is_ok()
    });
    assert!(freed);
}
