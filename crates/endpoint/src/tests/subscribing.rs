//! SUBSCRIBE and NOTIFY: who may, how long, how often, and when it is over (RFC 6665).

use super::*;

/// A phone that watches somebody.
pub(super) struct Watcher {
    pub side: Side,
    pub flow: Flow,
    event: &'static str,
}

impl Watcher {
    pub fn new(flow: Flow, user: &str, watched: &str, event: &'static str) -> Self {
        let address = flow.remote.to_string();
        let mut side = Side::new(&address, user, REALM, &format!("{watched}@{REALM}"));
        side.remote = format!("<sip:{watched}@{REALM}>");
        side.call_id = format!("watch-{user}-{watched}-{}", event.replace(';', "-"));
        side.transport = flow.protocol.as_str();
        Self { side, flow, event }
    }

    /// One SUBSCRIBE with these headers, challenged if need be; the final response.
    pub fn ask(&mut self, house: &mut House, extra: &str) -> Message {
        let address = self.flow.remote.to_string();
        let extra = format!("Event: {}\r\n{extra}", self.event);
        let first = self.side.request("SUBSCRIBE", &extra, "");
        house.hear_flow(self.flow, first.as_str());
        let answer = house.to(&address);
        if answer.status() != Some(401) {
            return answer;
        }
        let user = answer.from().unwrap().uri.user().unwrap().into_owned();
        let authorization = authorize(&answer, &user, "secret", &Method::Subscribe, &self.side.target);
        let again = self.side.request("SUBSCRIBE", &format!("{extra}Authorization: {authorization}\r\n"), "");
        house.hear_flow(self.flow, again.as_str());
        house.to(&address)
    }

    /// The same, granted; the first NOTIFY.
    pub fn watch(&mut self, house: &mut House, expires_s: u32) -> Message {
        let ok = self.ask(house, &format!("Expires: {expires_s}\r\n"));
        assert_eq!(ok.status(), Some(200), "{ok:?}");
        self.side.learn(&ok);
        self.notified(house)
    }

    /// The next NOTIFY, not yet answered.
    #[track_caller]
    pub fn notified(&mut self, house: &mut House) -> Message {
        let notify = house.request(&self.flow.remote.to_string(), Method::Notify);
        let (event, _) = self.event.split_once(';').unwrap_or((self.event, ""));
        assert_eq!(notify.event().unwrap().unwrap().package, event);
        assert_eq!(notify.call_id().unwrap(), self.side.call_id);
        notify
    }

    pub fn answer(&mut self, house: &mut House, notify: &Message, status: u16) {
        house.hear_flow(self.flow, reply(notify, status, "", &[], ""));
    }

    /// The next NOTIFY, answered.
    #[track_caller]
    pub fn told(&mut self, house: &mut House) -> Message {
        let notify = self.notified(house);
        self.answer(house, &notify, 200);
        notify
    }
}

pub(super) fn body(message: &Message) -> String {
    String::from_utf8(message.body().to_vec()).unwrap()
}

fn standing(notify: &Message) -> (String, Option<u32>, Option<String>) {
    let standing = notify.subscription_state().unwrap();
    (standing.state, standing.expires, standing.reason)
}

fn over(reason: &str) -> (String, Option<u32>, Option<String>) {
    ("terminated".to_owned(), None, Some(reason.to_owned()))
}

#[test]
fn the_lamp_of_a_phone_says_that_callers_wait() {
    let mut house = House::new();
    let mut phone = Watcher::new(udp(PHONE), "101", "101", "message-summary");
    let ok = phone.ask(&mut house, "Accept: application/simple-message-summary\r\n");
    assert_eq!((ok.status(), ok.expires().unwrap()), (Some(200), Some(3600)), "without Expires: the package's own");
    assert_eq!(text(&ok, Name::AllowEvents), "dialog, presence, message-summary, refer");
    phone.side.learn(&ok);
    let first = phone.told(&mut house);
    assert_eq!(standing(&first), ("active".to_owned(), Some(3600), None));
    assert_eq!(text(&first, Name::ContentType), "application/simple-message-summary");
    assert_eq!(
        body(&first),
        "Messages-Waiting: no\r\nMessage-Account: sip:101@denwaban.test\r\nVoice-Message: 0/0\r\n"
    );
    house.after(seconds(10));
    house.endpoint.set_waiting(house.now, 3);
    house.drain();
    let waiting = phone.told(&mut house);
    assert!(body(&waiting).starts_with("Messages-Waiting: yes\r\n"));
    assert!(body(&waiting).ends_with("Voice-Message: 3/0\r\n"));
    assert_eq!(waiting.cseq().unwrap().number, first.cseq().unwrap().number + 1);
    // The same again is no news.
    house.endpoint.set_waiting(house.now, 3);
    house.drain();
    house.after(seconds(60));
    house.silent();
}

#[test]
fn the_queue_is_told_to_every_lamp_of_it_and_to_nothing_else() {
    let mut house = House::new();
    let mut lamps = [(PHONE, "101"), (TABLET, "102")]
        .map(|(remote, user)| Watcher::new(udp(remote), user, "101", "message-summary"));
    for lamp in &mut lamps {
        let first = lamp.watch(&mut house, 600);
        lamp.answer(&mut house, &first, 200);
    }
    let mut other = Watcher::new(udp(PHONE), "101", "102", "presence");
    let first = other.watch(&mut house, 600);
    other.answer(&mut house, &first, 200);
    house.after(seconds(6));
    house.endpoint.set_waiting(house.now, 2);
    house.drain();
    for lamp in &mut lamps {
        assert!(body(&lamp.told(&mut house)).ends_with("Voice-Message: 2/0\r\n"));
    }
    house.silent();
    // One that is over is told no more.
    let [gone, left] = &mut lamps;
    assert_eq!(gone.ask(&mut house, "Expires: 0\r\n").status(), Some(200));
    gone.told(&mut house);
    house.after(seconds(6));
    house.endpoint.set_waiting(house.now, 3);
    house.drain();
    left.told(&mut house);
    house.silent();
}

#[test]
fn r04_a_strangers_subscribe_is_challenged_and_leaves_nothing() {
    for event in ["message-summary", "dialog", "presence", "no-such-thing"] {
        let mut house = House::new();
        let mut side = Side::new(STRANGER, "101", REALM, &format!("102@{REALM}"));
        let subscribe = side.request("SUBSCRIBE", &format!("Event: {event}\r\nExpires: 600\r\n"), "");
        house.hear(STRANGER, subscribe.as_str());
        let challenge = house.response(STRANGER, 401);
        assert!(!challenge.has(Name::Contact), "no dialog");
        let authorization = authorize(&challenge, "101", "guess", &Method::Subscribe, &side.target);
        let extra = format!("Event: {event}\r\nExpires: 600\r\nAuthorization: {authorization}\r\n");
        let again = side.request("SUBSCRIBE", &extra, "");
        house.hear(STRANGER, again.as_str());
        house.response(STRANGER, 401);
        house.silent();
        assert_eq!(house.endpoint.subscription_count(), 0);
        house.assert_idle();
        assert_eq!(house.endpoint.poll_timeout(), None);
    }
    // A carrier has no phones here.
    let mut house = House::new();
    let mut carrier = Side::new(CARRIER, "101", REALM, &format!("102@{REALM}"));
    let subscribe = carrier.request("SUBSCRIBE", "Event: dialog\r\n", "");
    house.hear(CARRIER, subscribe.as_str());
    house.response(CARRIER, 403);
    assert_eq!(house.endpoint.subscription_count(), 0);
}

#[test]
fn what_cannot_be_granted_is_refused_with_the_reason() {
    let mut house = House::new();
    let mut refused = |watched: &str, event: &'static str, extra: &str| {
        let mut phone = Watcher::new(udp(PHONE), "101", watched, event);
        phone.side.call_id = format!("refused-{}-{}", event.len(), extra.len());
        let answer = phone.ask(&mut house, extra);
        assert_eq!(house.endpoint.subscription_count(), 0);
        answer
    };
    let bad = refused("102", "winfo", "");
    assert_eq!((bad.status(), text(&bad, Name::AllowEvents).contains("dialog")), (Some(489), true));
    assert_eq!(refused("102", "presence.winfo", "").status(), Some(489));
    let brief = refused("102", "dialog", "Expires: 59\r\n");
    assert_eq!((brief.status(), text(&brief, Name::MinExpires).as_str()), (Some(423), "60"));
    assert_eq!(refused("117", "dialog", "").status(), Some(404));
    assert_eq!(refused("102", "dialog", "Accept: application/pidf+xml\r\n").status(), Some(406));
    assert_eq!(refused("102", "dialog", "Expires: soon\r\n").status(), Some(400));
    assert_eq!(refused("102", "dialog;id=\"a b\"", "").status(), Some(400));
    house.assert_idle();
}

#[test]
fn a_subscription_is_renewed_shortened_and_ended_by_its_phone() {
    let mut house = House::new();
    let mut phone = Watcher::new(udp(PHONE), "101", "102", "presence;id=7");
    let first = phone.watch(&mut house, 99_999);
    assert_eq!(standing(&first), ("active".to_owned(), Some(3600), None), "shortened");
    assert_eq!(first.event().unwrap().unwrap().id.as_deref(), Some("7"));
    phone.answer(&mut house, &first, 200);
    house.after(seconds(3000));
    let ok = phone.ask(&mut house, "Expires: 600\r\n");
    assert_eq!((ok.status(), ok.expires().unwrap()), (Some(200), Some(600)));
    // Each SUBSCRIBE is owed a NOTIFY, though nothing has changed.
    assert_eq!(standing(&phone.told(&mut house)), ("active".to_owned(), Some(600), None));
    // Too short a renewal, another event: the subscription goes on.
    assert_eq!(phone.ask(&mut house, "Expires: 5\r\n").status(), Some(423));
    phone.event = "dialog";
    assert_eq!(phone.ask(&mut house, "Expires: 600\r\n").status(), Some(489));
    phone.event = "presence;id=7";
    assert_eq!(house.endpoint.subscription_count(), 1);
    let ok = phone.ask(&mut house, "Expires: 0\r\n");
    assert_eq!((ok.status(), ok.expires().unwrap()), (Some(200), Some(0)));
    let last = phone.told(&mut house);
    assert_eq!(standing(&last), over("timeout"));
    assert!(!last.body().is_empty(), "the last state");
    assert_eq!(phone.ask(&mut house, "Expires: 600\r\n").status(), Some(481));
    assert_eq!(house.endpoint.subscription_count(), 0);
    house.assert_idle();
    assert_eq!(house.endpoint.poll_timeout(), None);
}

#[test]
fn a_mere_question_is_answered_and_forgotten() {
    let mut house = House::new();
    let mut phone = Watcher::new(udp(PHONE), "101", "102", "presence");
    house.endpoint.set_presence(house.now, TARO, Presence::Ready);
    let answer = phone.watch(&mut house, 0);
    assert_eq!(standing(&answer), over("timeout"));
    assert!(body(&answer).contains("<basic>open</basic>"));
    assert_eq!(house.endpoint.subscription_count(), 0);
    house.assert_idle();
}

#[test]
fn a_subscription_that_nobody_renews_runs_out() {
    let mut house = House::new();
    let mut phone = Watcher::new(udp(PHONE), "101", "102", "dialog");
    let first = phone.watch(&mut house, 60);
    phone.answer(&mut house, &first, 200);
    house.after(seconds(59));
    house.silent();
    house.after(seconds(2));
    assert_eq!(standing(&phone.told(&mut house)), over("timeout"));
    assert_eq!(house.endpoint.subscription_count(), 0);
    house.assert_idle();
}

#[test]
fn who_does_not_listen_is_not_told_any_more() {
    for status in [481, 404, 489] {
        let mut house = House::new();
        let mut phone = Watcher::new(udp(PHONE), "101", "102", "presence");
        let first = phone.watch(&mut house, 600);
        phone.answer(&mut house, &first, status);
        assert_eq!(house.endpoint.subscription_count(), 0, "{status}");
    }
    // Silence: the NOTIFY is repeated by its transaction, and then nobody is believed to be there.
    let mut house = House::new();
    let mut phone = Watcher::new(udp(PHONE), "101", "102", "presence");
    let first = phone.watch(&mut house, 600);
    house.after(seconds(10));
    assert_eq!(phone.notified(&mut house), first, "a copy");
    house.after(seconds(30));
    house.sent.clear();
    assert_eq!(house.endpoint.subscription_count(), 0);
    house.assert_idle();
    // A busy phone is told again, and not for ever.
    let mut house = House::new();
    let mut phone = Watcher::new(udp(PHONE), "101", "102", "presence");
    let mut notify = phone.watch(&mut house, 600);
    house.hear(PHONE, reply(&notify, 503, "", &[("Retry-After", "20")], ""));
    house.after(seconds(19));
    house.silent();
    for wait_s in [1, 10] {
        house.after(seconds(wait_s));
        notify = phone.notified(&mut house);
        phone.answer(&mut house, &notify, 500);
    }
    house.after(seconds(60));
    house.silent();
    assert_eq!(house.endpoint.subscription_count(), 0);
}

#[test]
fn r16_a_challenge_to_a_notify_is_never_answered() {
    let mut house = House::new();
    let mut phone = Watcher::new(udp(PHONE), "101", "102", "presence");
    let first = phone.watch(&mut house, 600);
    let challenge = [("WWW-Authenticate", "Digest realm=\"denwaban.test\", nonce=\"1\"")];
    house.hear(PHONE, reply(&first, 401, "", &challenge, ""));
    house.after(seconds(9));
    house.silent();
    house.after(seconds(2));
    let again = phone.notified(&mut house);
    assert!(!again.has(Name::Authorization));
}

#[test]
fn changes_in_quick_succession_are_told_once_as_the_newest_state() {
    let mut house = House::new();
    let mut phone = Watcher::new(udp(PHONE), "101", "101", "message-summary");
    let first = phone.watch(&mut house, 600);
    // One at a time: nothing follows before it is answered.
    for waiting in 1..=5 {
        house.endpoint.set_waiting(house.now, waiting);
        house.drain();
        house.after(ms(50));
    }
    house.silent();
    phone.answer(&mut house, &first, 200);
    // Nor before a second has gone by.
    house.silent();
    house.after(ms(700));
    house.silent();
    house.after(ms(100));
    assert!(body(&phone.told(&mut house)).ends_with("Voice-Message: 5/0\r\n"));
    // What comes and goes in between was never there.
    house.endpoint.set_waiting(house.now, 9);
    house.endpoint.set_waiting(house.now, 5);
    house.drain();
    house.after(seconds(5));
    house.silent();
}

#[test]
fn an_unsubscribe_that_crosses_a_notify_ends_after_it() {
    let mut house = House::new();
    let mut phone = Watcher::new(udp(PHONE), "101", "101", "message-summary");
    let first = phone.watch(&mut house, 600);
    phone.answer(&mut house, &first, 200);
    house.after(seconds(5));
    house.endpoint.set_waiting(house.now, 1);
    house.drain();
    let crossing = phone.notified(&mut house);
    house.endpoint.set_waiting(house.now, 2);
    house.drain();
    assert_eq!(phone.ask(&mut house, "Expires: 0\r\n").status(), Some(200));
    house.silent();
    assert_eq!(phone.ask(&mut house, "Expires: 600\r\n").status(), Some(481), "it cannot be taken back");
    phone.answer(&mut house, &crossing, 200);
    let last = phone.notified(&mut house);
    assert_eq!(standing(&last), over("timeout"));
    assert!(body(&last).ends_with("Voice-Message: 2/0\r\n"));
    assert!(last.cseq().unwrap().number > crossing.cseq().unwrap().number);
    phone.answer(&mut house, &last, 200);
    house.endpoint.set_waiting(house.now, 3);
    house.drain();
    house.after(seconds(40));
    house.silent();
    // And one whose NOTIFY in flight is refused ends without another.
    let mut phone = Watcher::new(udp(TABLET), "102", "101", "message-summary");
    let first = phone.watch(&mut house, 600);
    assert_eq!(phone.ask(&mut house, "Expires: 0\r\n").status(), Some(200));
    phone.answer(&mut house, &first, 481);
    house.silent();
    assert_eq!(house.endpoint.subscription_count(), 0);
    house.assert_idle();
}

#[test]
fn r02_the_tables_of_subscriptions_are_limited() {
    let mut house = House::with(
        |config| {
            config.limits.subscriptions_per_account_max = 2;
            config.limits.subscriptions_max = 3;
        },
        Vec::new(),
    );
    for (user, remote, number, status) in [
        ("101", PHONE, 1, 200),
        ("101", PHONE, 2, 200),
        ("101", PHONE, 3, 503),
        ("102", TABLET, 4, 200),
        ("102", TABLET, 5, 503),
    ] {
        let mut phone = Watcher::new(udp(remote), user, "102", "presence");
        phone.side.call_id = format!("watch-{number}");
        let answer = phone.ask(&mut house, &format!("Contact: <sip:{user}@10.0.0.{number}>\r\nExpires: 600\r\n"));
        assert_eq!(answer.status(), Some(status), "{number}");
        assert_eq!(answer.has(Name::RetryAfter), status == 503);
        if status == 200 {
            phone.told(&mut house);
        }
    }
    assert_eq!(house.endpoint.subscription_count(), 3);
    assert!(house.other.contains(&Output::Alarm(Alarm::Full { table: "subscriptions", limit: 3 })));
}

#[test]
fn a_phone_that_was_started_anew_takes_the_place_of_what_it_was() {
    let few = |config: &mut Config| config.limits.subscriptions_per_account_max = 2;
    let mut house = House::with(few, Vec::new());
    let watch = |house: &mut House, flow: Flow, life: u32, event: &'static str, contact: &str, expires_s: u32| {
        let mut phone = Watcher::new(flow, "101", "102", event);
        phone.side.call_id = format!("life-{life}");
        let ok = phone.ask(house, &format!("Contact: {contact}\r\nExpires: {expires_s}\r\n"));
        if ok.status() == Some(200) {
            phone.side.learn(&ok);
            phone.told(house);
        }
        (phone, ok.status())
    };
    let named = |ip: u32, instance: u32| format!("<sip:101@10.0.0.{ip}>;+sip.instance=\"<urn:uuid:{instance}>\"");
    // It has an instance: it is the same whatever its address; without one its address counts.
    for life in 0..5 {
        let (_, status) = watch(&mut house, udp(PHONE), life, "presence", &named(life, 1), 600);
        assert_eq!((status, house.endpoint.subscription_count()), (Some(200), 1));
    }
    let (mut plain, _) = watch(&mut house, udp(TABLET), 10, "presence", "<sip:101@10.0.0.9>", 600);
    assert_eq!(house.endpoint.subscription_count(), 2);
    let moved = udp("203.0.113.6:41000");
    let (mut plain_anew, status) = watch(&mut house, moved, 11, "presence", "<sip:101@10.0.0.9>", 600);
    assert_eq!((status, house.endpoint.subscription_count()), (Some(200), 2));
    assert_eq!(plain.ask(&mut house, "Expires: 600\r\n").status(), Some(481), "the old one is gone");
    house.silent();
    // Another phone, another package, the same private address in another house: those are more than the account may have.
    for (life, flow, event, contact) in [
        (20, PHONE, "presence", named(1, 2)),
        (21, PHONE, "dialog", named(1, 1)),
        (22, STRANGER, "presence", "<sip:101@10.0.0.9>".to_owned()),
    ] {
        assert_eq!(watch(&mut house, udp(flow), life, event, &contact, 600).1, Some(503), "{life}");
    }
    assert_eq!(house.endpoint.subscription_count(), 2);
    // Each lamp is told once.
    house.after(seconds(6));
    house.endpoint.set_presence(house.now, TARO, Presence::Ready);
    house.drain();
    assert_eq!(house.to(PHONE).call_id().unwrap(), "life-4");
    plain_anew.told(&mut house);
    house.silent();
}

#[test]
fn a_mere_question_takes_no_subscriptions_place() {
    let mut house = House::new();
    let mut phone = Watcher::new(udp(PHONE), "101", "102", "presence");
    let first = phone.watch(&mut house, 600);
    phone.answer(&mut house, &first, 200);
    let mut question = Watcher::new(udp(PHONE), "101", "102", "presence");
    question.side.call_id = "question".to_owned();
    let answer = question.watch(&mut house, 0);
    question.answer(&mut house, &answer, 200);
    assert_eq!(house.endpoint.subscription_count(), 1);
    assert_eq!(phone.ask(&mut house, "Expires: 600\r\n").status(), Some(200));
}

#[test]
fn r29_a_subscription_waits_for_its_connection_and_goes_on_over_the_new_one() {
    let mut house = House::new();
    let old = tcp(PHONE, 9);
    let mut phone = Watcher::new(old, "101", "101", "message-summary");
    let first = phone.watch(&mut house, 600);
    phone.answer(&mut house, &first, 200);
    house.after(seconds(5));
    house.endpoint.set_waiting(house.now, 1);
    house.drain();
    let lost = phone.notified(&mut house);
    house.endpoint.flow_closed(house.now, old);
    house.drain();
    house.endpoint.set_waiting(house.now, 2);
    house.drain();
    house.after(seconds(20));
    house.silent();
    let new = tcp(PHONE, 10);
    house.register(new, "101", "<sip:101@10.0.0.5;transport=tcp>");
    let (flow, notify) = house.sent.pop_front().expect("told at once");
    assert_eq!(flow, new);
    assert!(body(&notify).ends_with("Voice-Message: 2/0\r\n"));
    assert!(notify.cseq().unwrap().number > lost.cseq().unwrap().number);
    phone.flow = new;
    phone.answer(&mut house, &notify, 200);
    // And one that does not come back is forgotten.
    house.endpoint.flow_closed(house.now, new);
    house.drain();
    house.after(seconds(59));
    assert_eq!(house.endpoint.subscription_count(), 1);
    house.after(seconds(2));
    assert_eq!(house.endpoint.subscription_count(), 0);
    house.silent();
    house.assert_idle();
}

#[test]
fn r29_a_subscription_follows_its_own_phone_and_not_another_of_the_operators() {
    let mut house = House::new();
    let old = tcp(PHONE, 9);
    let contact =
        |instance: u32| format!("<sip:101@10.0.0.{instance};transport=tcp>;+sip.instance=\"<urn:uuid:{instance}>\"");
    let mut phone = Watcher::new(old, "101", "101", "message-summary");
    let ok = phone.ask(&mut house, &format!("Contact: {}\r\nExpires: 600\r\n", contact(1)));
    phone.side.learn(&ok);
    phone.told(&mut house);
    house.after(seconds(2));
    house.endpoint.flow_closed(house.now, old);
    house.drain();
    house.endpoint.set_waiting(house.now, 4);
    house.drain();
    house.register(tcp(TABLET, 11), "101", &contact(2));
    house.silent();
    let new = tcp(PHONE, 12);
    house.register(new, "101", &contact(1));
    assert_eq!(house.sent.pop_front().unwrap().0, new);
}

#[test]
fn r30_a_renewal_from_another_address_moves_the_subscription() {
    let mut house = House::new();
    let mut phone = Watcher::new(udp(PHONE), "101", "101", "message-summary");
    let first = phone.watch(&mut house, 600);
    phone.answer(&mut house, &first, 200);
    phone.flow = udp(STRANGER);
    assert_eq!(phone.ask(&mut house, "Expires: 600\r\n").status(), Some(200));
    phone.told(&mut house);
    house.after(seconds(2));
    house.endpoint.set_waiting(house.now, 1);
    house.drain();
    phone.told(&mut house);
    house.silent();
}

#[test]
fn subscriptions_die_with_their_accounts() {
    let mut house = House::new();
    let mut own = Watcher::new(udp(PHONE), "101", "102", "presence");
    own.watch(&mut house, 600);
    let mut other = Watcher::new(udp(TABLET), "102", "101", "presence");
    let first = other.watch(&mut house, 600);
    other.answer(&mut house, &first, 200);
    house.after(seconds(1));
    house.sent.clear();
    // 101 is gone: may not watch, and is not there to be watched.
    house.endpoint.set_accounts(house.now, vec![account(TARO, "102")]);
    house.drain();
    let last = other.told(&mut house);
    assert_eq!(standing(&last), over("noresource"));
    assert!(last.body().is_empty());
    assert_eq!(house.endpoint.subscription_count(), 1, "the NOTIFY to 101 is still on its way");
    house.after(seconds(40));
    assert_eq!(house.endpoint.subscription_count(), 0);
    house.assert_idle();
    assert_eq!(house.endpoint.poll_timeout(), None);
}

#[test]
fn a_new_password_ends_what_the_account_watches_and_leaves_its_watchers() {
    let mut house = House::new();
    let mut phone = Watcher::new(udp(PHONE), "101", "102", "presence");
    let first = phone.watch(&mut house, 600);
    phone.answer(&mut house, &first, 200);
    let mut other = Watcher::new(udp(TABLET), "102", "101", "presence");
    let first = other.watch(&mut house, 600);
    other.answer(&mut house, &first, 200);
    let changed = Account { ha1_md5: "0".repeat(32), ..account(HANAKO, "101") };
    house.endpoint.set_accounts(house.now, vec![changed, account(TARO, "102")]);
    house.drain();
    let last = phone.told(&mut house);
    assert_eq!(standing(&last), over("deactivated"), "it may come back at once");
    assert!(last.body().is_empty(), "with another password it has to prove itself again first");
    house.silent();
    // Whoever watches it still does.
    assert_eq!(house.endpoint.subscription_count(), 1);
    house.after(seconds(6));
    house.endpoint.set_presence(house.now, HANAKO, Presence::Ready);
    house.drain();
    assert!(body(&other.told(&mut house)).contains("<basic>open</basic>"));
    // Another way to prove the same password is no other account either; another name is.
    let sha = Account { digest: DigestPolicy::Sha256, ..account(HANAKO, "101") };
    house.endpoint.set_accounts(house.now, vec![sha, account(TARO, "102")]);
    house.drain();
    house.silent();
    house.endpoint.set_accounts(house.now, vec![account(HANAKO, "111"), account(TARO, "102")]);
    house.drain();
    assert_eq!(standing(&other.told(&mut house)), over("noresource"));
}

#[test]
fn routes_and_contacts_of_a_subscription_are_used() {
    let mut house = House::new();
    let mut phone = Watcher::new(udp(PHONE), "101", "101", "message-summary");
    let edge = "Record-Route: <sip:203.0.113.5:40000;lr>\r\nContact: <sip:101@10.9.9.9:5070>\r\nExpires: 600\r\n";
    let ok = phone.ask(&mut house, edge);
    assert_eq!(text(&ok, Name::RecordRoute), "<sip:203.0.113.5:40000;lr>");
    phone.side.learn(&ok);
    let notify = phone.notified(&mut house);
    assert_eq!(notify.request_uri(), Some(&b"sip:101@10.9.9.9:5070"[..]));
    assert_eq!(text(&notify, Name::Route), "<sip:203.0.113.5:40000;lr>");
    assert_eq!(notify.from().unwrap().tag(), ok.to().unwrap().tag());
}

#[test]
fn what_we_take_is_said_to_phones() {
    let mut house = House::new();
    let mut side = Side::new(STRANGER, "x", REALM, REALM);
    let options = side.request("OPTIONS", "", "");
    house.hear(STRANGER, options.as_str());
    let ok = house.response(STRANGER, 200);
    assert_eq!(ok.allows(&Method::Subscribe), Some(true));
    assert_eq!(ok.allows(&Method::Publish), Some(false));
    assert_eq!(text(&ok, Name::AllowEvents), "dialog, presence, message-summary, refer");
    assert!(["gruu", "outbound", "path", "replaces"].iter().all(|one| ok.supports(one)));
    let publish = side.request("PUBLISH", "Event: presence\r\n", "");
    house.hear(STRANGER, publish.as_str());
    assert_eq!(house.response(STRANGER, 405).allows(&Method::Subscribe), Some(true));
}
