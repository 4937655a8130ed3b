//! `denwaban demo`: the whole product on this computer, without a phone, a trunk or a cloud. It starts the very house that
//! `serve` starts, on a folder of its own, and plugs simulated phones into it from outside: nothing of the demo is inside the
//! switch.

mod outbox;
mod sample;
mod stage;
mod story;

use std::io::BufRead;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use tokio::sync::mpsc;

use crate::startup::{self, House};
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words::Language;
use outbox::Outbox;
use stage::Stage;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Arguments of `demo`.
#[derive(clap::Args, Clone, Debug)]
#[command(
    after_help = "Examples:\n  denwaban demo            play a call, then wait: the pages show it, Enter plays another, q ends\n  \
    denwaban demo --script   play the whole story without a person; exit code 0 says that everything was heard"
)]
pub struct Arguments {
    /// Play the story once, check all of it, and end with 0 or say what failed
    #[arg(long)]
    script: bool,
    /// Keep the folder with the database and the recordings
    #[arg(long)]
    keep: bool,
    /// Port of the pages; 0: any (the default with --script)
    #[arg(long)]
    web_port: Option<u16>,
}

/// Two languages for one sentence.
pub(crate) fn say(english: &str, japanese: &str) -> String {
    match Language::current() {
        Language::English => english.to_owned(),
        Language::Japanese => japanese.to_owned(),
    }
}

/// Runs the demo.
pub fn run(arguments: &Arguments) -> Result<(), Troubles> {
    let folder = tempfile::Builder::new().prefix("denwaban-demo-").tempdir().map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(failed)?;
    let played = runtime.block_on(perform(arguments, folder.path().to_owned()));
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    if arguments.keep || (arguments.script && played.is_err()) {
        let kept = folder.keep();
        println(&say(&format!("  kept: {}", kept.display()), &format!("  保存先: {}", kept.display())));
    }
    played
}

async fn perform(arguments: &Arguments, folder: PathBuf) -> Result<(), Troubles> {
    let outbox = Outbox::open(!arguments.script).await?;
    let mut config = stage::config(&folder, arguments)?;
    outbox.connect(&mut config);
    let house = startup::open(&config).await?;
    let outcome = show(arguments, &config, &house, &outbox).await;
    house.close().await;
    outcome
}

async fn show(
    arguments: &Arguments,
    config: &crate::config::Config,
    house: &House,
    outbox: &Outbox,
) -> Result<(), Troubles> {
    let stage = Stage::set(config, house).await?;
    banner(arguments, house, &stage, outbox);
    play(&stage, config, outbox).await?;
    if arguments.script {
        println(&say("everything was heard, recorded and found", "すべて聞こえ、録音され、見つかりました"));
        return Ok(());
    }
    println(&say(
        "\n  The recording is on the page above. Enter: another call.  q, then Enter: quit.",
        "\n  録音は上のページで聞けます。Enter: もう一度かける　q と Enter: 終了",
    ));
    let mut keys = keys();
    loop {
        tokio::select! {
            line = keys.recv() => match line.as_deref() {
                None | Some("q") => return Ok(()),
                Some(_) => play(&stage, config, outbox).await?,
            },
            _ = tokio::signal::ctrl_c() => return Ok(()),
        }
    }
}

/// Plays the story on a thread of its own: its phones live in real time.
async fn play(stage: &Stage, config: &crate::config::Config, outbox: &Outbox) -> Result<(), Troubles> {
    let cast = stage.cast();
    let told = tokio::task::spawn_blocking(move || story::play(&cast)).await;
    let call = told.map_err(|panic| Trouble::new(Exit::Software, "demo", panic.to_string(), ""))?.map_err(|step| {
        let what = say(&format!("the demo's story failed: {step}"), &format!("デモの途中で失敗しました: {step}"));
        Trouble::new(Exit::Failed, "demo", what, "")
    })?;
    let failed = |why| Trouble::new(Exit::Failed, "demo", why, "");
    let call = stage.check_record(&call).await.map_err(failed)?;
    outbox.report(config, call).await.map_err(failed)?;
    Ok(())
}

/// Lines from the keyboard. `None` once it is closed or was never there: then the demo waits for a signal.
fn keys() -> mpsc::Receiver<String> {
    const LINES_MAX: usize = 4;
    let (lines, read) = mpsc::channel(LINES_MAX);
    // A thread, because reading a terminal cannot be given up; it ends with the process.
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if lines.blocking_send(line.trim().to_owned()).is_err() {
                return;
            }
        }
        // No keyboard (a service, a container): stay, until a signal ends us.
        loop {
            std::thread::park();
        }
    });
    read
}

fn banner(arguments: &Arguments, house: &House, stage: &Stage, outbox: &Outbox) {
    let sip = house.locals.first().map(|(_, address)| address.to_string()).unwrap_or_default();
    println(&format!(
        "\n  denwaban {}  {}",
        env!("CARGO_PKG_VERSION"),
        say(
            "demo: everything stays on this computer (127.0.0.1), data in a temporary folder (removed at the end; --keep)",
            "デモ: すべてこのコンピューター内（127.0.0.1）で動きます。データは一時フォルダー（終了時に削除、--keep で保存）",
        )
    ));
    println(&format!("  SIP {sip}   {} {}", say("client firms", "契約企業"), sample::FIRMS.len()));
    if let Some(url) = stage.url() {
        println(&format!("\n  {}  {url}", say("administrator's page", "管理者ページ")));
    }
    let about = say("where the firms' mails and chats arrive", "契約企業に届くメールとチャット");
    println(&format!("  {}  {}  ({about})\n", say("outbox", "送信箱"), outbox.url()));
    if !arguments.script && !stage.speaks() {
        println(&say(
            "  (no speech synthesiser is installed: the phones hum instead of speaking)",
            "  （音声合成がないため、電話機は話す代わりに音を出します）",
        ));
    }
}

/// What a person reads.
#[expect(clippy::print_stdout, reason = "the demo talks to a person")]
pub(crate) fn println(text: &str) {
    println!("{text}");
}

fn failed(error: std::io::Error) -> Trouble {
    Trouble::new(Exit::Unavailable, "demo", error.to_string(), "")
}
