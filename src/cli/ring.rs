//! `denwaban call ring`: one test call from outside into the running switch, over SIP and RTP as a carrier would bring it.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use endpoint::Trunk;
use serde::Serialize;
use sip::flow::Protocol;
use store::{CallQuery, Store};

use super::Context;
use super::check::ask::{Peer, ask};
use crate::phone::speech::Speaker;
use crate::phone::{Identity, Phone, Sight, Wish};
use crate::trouble::{Exit, Trouble, Troubles};
use crate::{addresses, clock, startup, words};

/// What the caller says when there is no file.
const SENTENCE: &str = "もしもし。これは試験の通話です。聞こえましたら、そのままお切りください。";
/// Pitch of the caller who has no speech command.
const PITCH_HZ: f32 = 130.0;
/// How often it is looked what the phone sees.
const LOOK: Duration = Duration::from_millis(10);
/// The switch answers an INVITE at once; this long a silence is none at all.
const SILENCE_MAX: Duration = Duration::from_secs(4);
/// After the last word the caller listens for so long.
const LISTEN: Duration = Duration::from_secs(2);
/// The goodbye has this long.
const GOODBYE_MAX: Duration = Duration::from_secs(2);
/// The call's record is looked for this long: it is written when somebody answers.
const RECORD_MAX: Duration = Duration::from_secs(2);
const RECORD_LOOK: Duration = Duration::from_millis(200);
/// A frame of 20 ms whose mean square is above this was heard.
const HEARD_SQUARE: i64 = 100 * 100;

/// Arguments of `call ring`.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// The number that is called, as the firm forwards to it
    number: String,
    /// Number that the caller shows
    #[arg(long, value_name = "NUMBER", default_value = "0355500000")]
    from: String,
    /// What the caller says (WAV); otherwise a sentence is spoken
    #[arg(long, value_name = "FILE")]
    wav: Option<PathBuf>,
    /// Hang up so many seconds after the answer; otherwise when everything is said
    #[arg(long)]
    seconds: Option<u64>,
    /// Give up after so many seconds of ringing
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    patience: u64,
}

/// What was seen of the call.
#[derive(Serialize, Default, Debug)]
struct Seen {
    number: String,
    from: String,
    trunk: String,
    ringing_ms: Option<u128>,
    answered_ms: Option<u128>,
    answered_by: Option<String>,
    call: Option<String>,
    /// How long something was to be heard.
    heard_ms: u64,
    /// Status that refused the call.
    refused: Option<u16>,
    /// `we_hung_up`, `they_hung_up`, `refused`, `gave_up`.
    ending: &'static str,
}

/// Places the call and follows it.
pub async fn run(context: &Context, store: &Store, arguments: Arguments) -> Result<(), Troubles> {
    let number: String = arguments.number.chars().filter(|letter| !matches!(letter, '-' | ' ' | '(' | ')')).collect();
    if number.is_empty() || !number.trim_start_matches('+').chars().all(|digit| digit.is_ascii_digit()) {
        let what = words::RING_NO_NUMBER.with(&[&arguments.number]);
        return Err(Trouble::new(Exit::Usage, "", what, words::RING_NO_NUMBER_REMEDY.text()).into());
    }
    let switch = switch(context).await?;
    let look_up = |row: &store::TrunkRow| Err(words::UNRESOLVED.with(&[&row.form.host]));
    let directory = store.load_directory(&context.config().sip.realm, look_up).await?.directory;
    let (trunk, local) = way_in(&directory.trunks, switch.ip()).ok_or_else(|| {
        let remedy = words::RING_NO_TRUNK_REMEDY.with(&[&switch.ip()]);
        Trouble::new(Exit::Config, "", words::RING_NO_TRUNK.with(&[&switch.ip()]), remedy)
    })?;
    let speech = speech(context, arguments.wav.as_deref())?;
    let identity = Identity {
        user: arguments.from.clone(),
        local,
        switch,
        password: None,
        realm: context.config().sip.realm.clone(),
    };
    let phone = Phone::start(identity).map_err(|error| {
        Trouble::new(Exit::Unavailable, local.to_string(), error.to_string(), words::CANNOT_LISTEN_REMEDY.text())
    })?;
    let seen = Seen { number, from: arguments.from.clone(), trunk, ..Seen::default() };
    let mut caller = Caller { context, store, phone, seen, begun: clock::now(), begun_ms: clock::unix_ms() };
    caller.call(&arguments, speech).await;
    let seen = caller.seen;
    if context.out.is_json() {
        context.out.one(&seen, String::new);
    }
    let failed = |what: String| Err(Trouble::new(Exit::Failed, "", what, words::RING_FAILED_REMEDY.text()).into());
    match (seen.answered_ms, seen.refused) {
        (Some(_), _) => Ok(()),
        (None, Some(status)) => failed(words::RING_REFUSED.with(&[&status])),
        (None, None) => failed(words::RING_NOT_ANSWERED.with(&[&arguments.patience])),
    }
}

/// The running switch's socket.
async fn switch(context: &Context) -> Result<SocketAddr, Troubles> {
    let udp = context.config().sip.udp.iter().map(|socket| addresses::reachable(*socket));
    let mut udp: Vec<SocketAddr> = udp.collect();
    udp.sort_by_key(|socket| !socket.ip().is_loopback());
    let Some(address) = udp.first().copied() else {
        return Err(Trouble::new(Exit::Config, "sip.udp", words::NO_LISTENER.text(), "").into());
    };
    match ask(&[Peer { protocol: Protocol::Udp, address }], &[]).await.pop() {
        Some(Ok(_)) => Ok(address),
        Some(Err(_)) | None => {
            let what = words::RING_NO_SWITCH.with(&[&address]);
            Err(Trouble::new(Exit::Unavailable, "", what, words::CHECK_RUNNING_REMEDY.text()).into())
        }
    }
}

/// The trunk that the switch takes a caller at `ip` for, and from which socket: its own port, if it counts.
fn way_in(trunks: &[Trunk], ip: IpAddr) -> Option<(String, SocketAddr)> {
    let inside = |trunk: &&Trunk| {
        let block =
            |(address, prefix): &(IpAddr, u8)| transport::Network { address: *address, prefix: *prefix }.contains(ip);
        trunk.hops.iter().any(|hop| hop.address.ip().to_canonical() == ip)
            || (!trunk.match_port && trunk.sources.iter().any(block))
    };
    // One that is for exactly this is better than one that other calls come in by, too.
    let trunk = trunks.iter().filter(inside).min_by_key(|trunk| !trunk.match_port)?;
    let its_port = trunk.hops.iter().find(|hop| hop.address.ip().to_canonical() == ip).map(|hop| hop.address.port());
    let port = its_port.filter(|_| trunk.match_port).unwrap_or(0);
    Some((trunk.name.clone(), SocketAddr::new(ip, port)))
}

/// What the caller says.
fn speech(context: &Context, wav: Option<&Path>) -> Result<Arc<[i16]>, Trouble> {
    match wav {
        Some(file) => media::read_wav(file).map(Into::into).map_err(|error| {
            let place = file.display().to_string();
            Trouble::new(Exit::Data, place, error.to_string(), words::RING_WAV_REMEDY.text())
        }),
        None => {
            let folder = tempfile::tempdir();
            let folder = folder.map_err(|error| Trouble::new(Exit::Unavailable, "", error.to_string(), ""))?;
            let speech = startup::speech(context.config());
            Ok(Speaker::new(&speech, folder.path()).speak(SENTENCE, PITCH_HZ))
        }
    }
}

/// The call under way.
struct Caller<'a> {
    context: &'a Context,
    store: &'a Store,
    phone: Phone,
    seen: Seen,
    begun: Instant,
    begun_ms: i64,
}

impl Caller<'_> {
    async fn call(&mut self, arguments: &Arguments, speech: Arc<[i16]>) {
        self.phone.wish(Wish::Dial(self.seen.number.clone()));
        self.tell(&words::RING_CALLING.with(&[&self.seen.number, &self.seen.from, &self.seen.trunk]));
        let said = LISTEN + Duration::from_millis(u64::try_from(speech.len()).unwrap_or(0).div_euclid(8));
        let talk = arguments.seconds.map_or(said, Duration::from_secs);
        let mut until = self.begun + SILENCE_MAX;
        let interrupted = tokio::signal::ctrl_c();
        tokio::pin!(interrupted);
        loop {
            tokio::select! {
                _ = &mut interrupted => return self.goodbye().await,
                () = tokio::time::sleep(LOOK) => {}
            }
            match self.phone.look() {
                Some(Sight::Ringback) if self.seen.ringing_ms.is_none() => {
                    self.seen.ringing_ms = Some(self.elapsed());
                    until = self.begun + Duration::from_secs(arguments.patience);
                    self.tell(&words::RING_RINGING.with(&[&self.elapsed()]));
                }
                Some(Sight::Talking) if self.seen.answered_ms.is_none() => {
                    self.seen.answered_ms = Some(self.elapsed());
                    self.phone.wish(Wish::Say(speech.clone()));
                    until = clock::now() + talk;
                    self.answered().await;
                }
                Some(Sight::Refused(status)) => {
                    self.seen.refused = Some(status);
                    self.seen.ending = "refused";
                    return;
                }
                Some(Sight::Over) => {
                    self.seen.ending = "they_hung_up";
                    return self.over(words::RING_THEY_HUNG_UP);
                }
                Some(Sight::Ringback | Sight::Talking | Sight::Registered | Sight::Rings { .. }) => {}
                None if clock::now() >= until => return self.goodbye().await,
                None => {}
            }
        }
    }

    /// Who it was stands in the call's record, soon.
    async fn answered(&mut self) {
        let query = CallQuery { from_ms: Some(self.begun_ms), limit: Some(10), ..CallQuery::default() };
        let deadline = clock::now() + RECORD_MAX;
        let ours: String = self.seen.from.chars().filter(char::is_ascii_digit).skip(1).collect();
        while clock::now() < deadline && self.seen.call.is_none() {
            if let Ok(page) = self.store.find_calls(&query).await {
                let call = page.calls.into_iter().find(|call| {
                    call.answered_ms.is_some() && !call.operator_name.is_empty() && call.caller.ends_with(&ours)
                });
                if let Some(call) = call {
                    self.seen.answered_by = Some(call.operator_name);
                    self.seen.call = Some(call.call.to_string());
                    break;
                }
            }
            tokio::time::sleep(RECORD_LOOK).await;
        }
        let after = self.seen.answered_ms.unwrap_or_default();
        match (&self.seen.answered_by, &self.seen.call) {
            (Some(name), Some(call)) => self.tell(&words::RING_ANSWERED_BY.with(&[name, &after, call])),
            (Some(_) | None, Some(_) | None) => self.tell(&words::RING_ANSWERED.with(&[&after])),
        }
    }

    async fn goodbye(&mut self) {
        self.phone.wish(Wish::HangUp);
        let deadline = clock::now() + GOODBYE_MAX;
        while clock::now() < deadline {
            match self.phone.look() {
                Some(Sight::Over | Sight::Refused(_)) => break,
                Some(Sight::Ringback | Sight::Talking | Sight::Registered | Sight::Rings { .. }) | None => {
                    tokio::time::sleep(LOOK).await;
                }
            }
        }
        self.seen.ending = if self.seen.answered_ms.is_some() { "we_hung_up" } else { "gave_up" };
        self.over(words::RING_WE_HUNG_UP);
    }

    fn over(&mut self, how: words::Words) {
        let heard = self.phone.take_heard();
        let loud = |frame: &&[i16]| {
            let square: i64 = frame.iter().map(|sample| i64::from(*sample) * i64::from(*sample)).sum();
            square > HEARD_SQUARE * i64::try_from(rtp::FRAME).unwrap_or(i64::MAX)
        };
        let frames = heard.chunks_exact(rtp::FRAME).filter(loud).count();
        self.seen.heard_ms = u64::try_from(frames).unwrap_or(0) * 20;
        if self.seen.answered_ms.is_some() {
            let seconds = format!("{:.1}", self.seen.heard_ms as f64 / 1000.0);
            self.tell(&words::RING_HEARD.with(&[&seconds]));
        }
        self.tell(&how.with(&[&self.elapsed()]));
    }

    fn elapsed(&self) -> u128 {
        clock::now().saturating_duration_since(self.begun).as_millis()
    }

    /// For people, as it happens; programs get it all at the end.
    fn tell(&self, text: &str) {
        if !self.context.out.is_json() {
            self.context.out.text(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use store::TrunkForm;

    use super::*;

    /// Trunks as the switch would load them.
    async fn loaded(forms: &[TrunkForm]) -> Vec<Trunk> {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("a.db").display())).await.unwrap();
        for form in forms {
            store.create_trunk(form).await.unwrap();
        }
        let look_up = |_: &store::TrunkRow| Err(String::new());
        let trunks = store.load_directory("test", look_up).await.unwrap().directory.trunks.clone();
        store.close().await;
        trunks
    }

    #[tokio::test]
    async fn a_test_call_comes_in_by_the_trunk_that_the_switch_takes_it_for() {
        let form = |name: &str, host: &str| TrunkForm { name: name.into(), host: host.into(), ..TrunkForm::default() };
        let here: IpAddr = "127.0.0.1".parse().unwrap();
        let outside = form("outside", "192.0.2.1:5060");
        assert_eq!(way_in(&loaded(std::slice::from_ref(&outside)).await, here), None);
        let block = TrunkForm { sources: vec!["127.0.0.0/8".into()], ..form("block", "192.0.2.2:5060") };
        let by_block = loaded(&[outside.clone(), block.clone()]).await;
        assert_eq!(way_in(&by_block, here), Some(("block".to_owned(), SocketAddr::new(here, 0))));
        let exact = TrunkForm { match_port: true, ..form("test", "127.0.0.1:5099") };
        let both = loaded(&[outside, block, exact]).await;
        assert_eq!(way_in(&both, here), Some(("test".to_owned(), SocketAddr::new(here, 5099))));
    }
}
