//! `denwaban client`: client firms.

mod calendar;
mod known;
mod members;
mod onboard;
mod options;
mod orders;
mod pin;
mod show;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use store::{CustomerForm, CustomerRow, ImportError};

use super::Context;
use super::files::read;
use super::output::yes;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;
pub use calendar::Now;
use options::Options;
pub use options::language;
pub use show::plan_text;
use show::{describe, plus, policy_text};

/// What can be done with client firms.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// A new firm
    #[command(
        after_help = "Example:\n  denwaban client add --code sakura-dental --name さくら歯科 --reading さくらしか \\\n    \
        --greeting \"お電話ありがとうございます。さくら歯科でございます。\" --did 0312345678 \\\n    \
        --target \"院長 佐藤=09012345678\" --transfer urgent_only"
    )]
    Add(Box<Add>),
    /// Other values for a firm; what is not given stays
    #[command(after_help = "Examples:\n  denwaban client set sakura-dental --plan widening \\\n    \
        --steps 0:best1,1:best3,2:everyone,2.5:supervisors,2.5:managers\n  \
        denwaban client set sakura-dental --team a --tell position --callback on --abandoned call_back")]
    Set(Box<Set>),
    /// When a firm is open, and what callers hear when it is not; without options it shows it
    #[command(
        after_help = "Examples:\n  denwaban client calendar sakura-dental --hours \"mon-fri 9:00-12:00,13:00-18:00; sat 9:00-12:00\" \\\n    \
        --holidays on --closed \"2026-12-29..2027-01-03 年末年始のため、1月4日までお休みをいただいております。\"\n  \
        denwaban client calendar sakura-dental --closed \"08-13..08-16\" --when-closed message_box\n  \
        denwaban client calendar sakura-dental --remove \"08-13..08-16\""
    )]
    Calendar(Box<calendar::Arguments>),
    /// All firms
    #[command(after_help = "Example:\n  denwaban client list")]
    List,
    /// Every firm's recipients, and what came of the last delivery to each
    #[command(after_help = "Example:\n  denwaban client channels --failing")]
    Channels(orders::Channels),
    /// Everything about one firm
    #[command(after_help = "Example:\n  denwaban client show sakura-dental")]
    Show {
        /// The firm's code
        code: String,
    },
    /// Firms out of a CSV file: all of them, or none if a row is wrong
    #[command(after_help = "Example:\n  denwaban client export > clients.csv\n  denwaban client import clients.csv")]
    Import {
        /// The file, UTF-8; `-` is standard input
        file: PathBuf,
    },
    /// All firms as CSV
    #[command(after_help = "Example:\n  denwaban client export > clients.csv")]
    Export,
    /// What a firm has ordered: form, people, where its reports go and by which rules, as JSON; --try tells what would become of a call
    #[command(after_help = "Examples:\n  denwaban client profile sakura-dental > sakura.json\n  \
        denwaban client profile sakura-dental --set sakura.json\n  \
        denwaban client profile sakura-dental --try complaint --urgency urgent --person sato --at 2026-11-23T21:00")]
    Profile(orders::Profile),
    /// Send a report marked as a trial to every place of a firm, and tell whether each took it
    #[command(after_help = "Example:\n  denwaban client test-report sakura-dental")]
    TestReport(orders::Trial),
    /// The three proofs of a new firm: a call arrives, it is greeted right, mail arrives; without options it shows them
    #[command(after_help = "Examples:\n  denwaban client onboard sakura-dental --begin --route --call --mail\n  \
        denwaban client onboard sakura-dental --greeting right --of 1M834JBP05PQR --until 8 --arrived sato-mail\n  \
        denwaban --json client onboard sakura-dental > evidence.json")]
    Onboard(onboard::Onboard),
    /// How the firm was identified; without options it shows the records
    #[command(
        after_help = "Example:\n  denwaban client identity sakura-dental --document 登記事項証明書 --reference 2026-11-01 \\\n    \
        --representative \"佐藤 花子\" --method online --on 2026-11-22"
    )]
    Identity(onboard::Identity),
    /// The firm's people, whom callers ask for; without options it shows them
    #[command(
        after_help = "Examples:\n  denwaban client person sakura-dental --add sato --name \"佐藤 花子\" --kana \"さとう はなこ\" --title 院長\n  \
        denwaban client person sakura-dental --remove sato"
    )]
    Person(known::Person),
    /// Where the firm's people are; without options it shows the next two weeks
    #[command(after_help = "Examples:\n  denwaban client schedule sakura-dental --person sato --away out \\\n    \
        --from 2026-11-21T13:00 --until 2026-11-21T16:00 --note 大阪\n  denwaban client schedule sakura-dental --person sato --away meeting \\\n    \
        --from 2026-11-21T13:00 --until 2026-11-21T15:00 --edit 12\n  \
        denwaban client schedule sakura-dental --person sato --away out \\\n    \
        --from 2026-11-21T13:00 --until 2026-11-21T16:00 --dry-run\n  denwaban client schedule sakura-dental --remove 12")]
    Schedule(known::Schedule),
    /// Instructions for operators that hold for a while; without options it shows them
    #[command(
        after_help = "Examples:\n  denwaban client note sakura-dental --add \"高橋様には見積書は送付済みとお伝えする\" \\\n    \
        --until 2026-11-30 --name 高橋\n  denwaban client note sakura-dental --add 折返しは午後に --about-person sato --about-kind inquiry\n  \
        denwaban client note sakura-dental --add 折返しは夕方に --edit 7\n  denwaban client note sakura-dental --end 7"
    )]
    Note(known::Note),
    /// The firm's manual in its versions; operators have to acknowledge a new one
    #[command(after_help = "Examples:\n  denwaban client manual sakura-dental\n  \
        denwaban client manual sakura-dental --write manual.txt --changes \"折返しは当日中と案内\" --from 2026-12-01\n  \
        denwaban client manual sakura-dental --readers")]
    Manual(known::Manual),
    /// The firm's own people who log in to my page
    #[command(subcommand)]
    Member(members::Verb),
    /// The firm's PIN for hearing its recordings by telephone: whether it has one; a new one, which is printed once; none
    #[command(after_help = "Examples:\n  denwaban settings set recordings_line 0399990000\n  \
        denwaban client pin sakura-dental --new\n  denwaban client pin sakura-dental --remove")]
    Pin(pin::Arguments),
    /// End a firm; its calls and recordings stay
    #[command(after_help = "Example:\n  denwaban client remove sakura-dental")]
    Remove {
        /// The firm's code
        code: String,
    },
}

/// Arguments of `client add`.
#[derive(clap::Args, Debug)]
pub struct Add {
    /// Short name in ASCII, for files and URLs
    #[arg(long)]
    code: String,
    /// Name as the operator says it
    #[arg(long)]
    name: String,
    #[command(flatten)]
    options: Options,
}

/// Arguments of `client set`; what is not given stays.
#[derive(clap::Args, Debug)]
pub struct Set {
    /// The firm's code
    code: String,
    /// Name as the operator says it
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    options: Options,
}

/// Does it.
pub async fn run(context: &Context, verb: Verb) -> Result<(), Troubles> {
    let store = context.store().await?;
    match verb {
        Verb::Add(add) => {
            let Add { code, name, options } = *add;
            let form = CustomerForm { code, name, ..CustomerForm::default() };
            let customer = store.create_customer(&options.change(form)?).await?;
            context.out.one(&customer, || describe(&customer));
        }
        Verb::Set(set) => {
            let Set { code, name, options } = *set;
            let before = active(&store, &code).await?;
            let form = CustomerForm { name: name.unwrap_or(before.form.name), ..before.form };
            let customer = store.update_customer(before.id, &options.change(form)?).await?;
            context.out.one(&customer, || describe(&customer));
        }
        Verb::Calendar(arguments) => calendar::run(context, &store, *arguments).await?,
        Verb::List => list(context, &store).await?,
        Verb::Show { code } => {
            let customer = store.customer_by_code(&code).await?;
            context.out.one(&customer, || describe(&customer));
        }
        Verb::Import { file } => {
            let text = read(&file)?;
            let imported = store.import_customers(&text).await.map_err(|error| import_troubles(&file, error))?;
            context.out.one(&imported, || words::IMPORTED.with(&[&imported.created, &imported.updated]));
        }
        Verb::Channels(arguments) => orders::channels(context, arguments).await?,
        Verb::Profile(arguments) => orders::profile(context, arguments).await?,
        Verb::TestReport(arguments) => orders::trial(context, arguments).await?,
        Verb::Onboard(arguments) => onboard::onboard(context, arguments).await?,
        Verb::Identity(arguments) => onboard::identity(context, arguments).await?,
        Verb::Person(arguments) => known::person(context, arguments).await?,
        Verb::Schedule(arguments) => known::schedule(context, arguments).await?,
        Verb::Note(arguments) => known::note(context, arguments).await?,
        Verb::Manual(arguments) => known::manual(context, arguments).await?,
        Verb::Member(verb) => members::run(context, verb).await?,
        Verb::Pin(arguments) => pin::run(context, &store, arguments).await?,
        Verb::Export => context.out.bytes(store.export_customers().await?.as_bytes()),
        Verb::Remove { code } => {
            let customer = store.customer_by_code(&code).await?;
            store.deactivate_customer(customer.id).await?;
            context.out.one(&serde_json::json!({ "removed": code }), || words::FIRM_ENDED.with(&[&code]));
        }
    }
    Ok(())
}

async fn list(context: &Context, store: &store::Store) -> Result<(), Troubles> {
    let customers = store.customers().await?;
    let columns =
        [words::ID, words::CODE, words::NAME, words::NUMBERS, words::PLAN, words::TEAM, words::TRANSFER, words::ACTIVE];
    context.out.list(&customers, &columns, |row| {
        vec![
            row.id.to_string(),
            row.form.code.clone(),
            row.form.name.clone(),
            plus(&row.form.dids),
            row.form.plan.as_str().to_owned(),
            row.form.team.clone(),
            policy_text(&row.form.transfer),
            yes(row.active),
        ]
    });
    Ok(())
}

/// Every wrong row with its place; nothing was written.
fn import_troubles(file: &Path, error: ImportError) -> Troubles {
    match error {
        ImportError::Store(error) => error.into(),
        ImportError::Rows(rows) => Troubles(
            rows.into_iter()
                .map(|row| {
                    let column = if row.column.is_empty() { String::new() } else { format!(": {}", row.column) };
                    let place = format!("{}:{}{column}", file.display(), row.line);
                    Trouble::new(Exit::Data, place, row.what, row.remedy)
                })
                .collect(),
        ),
    }
}

/// A firm that may be changed: with new values the store would bring back one that was ended, of which nobody asked.
async fn active(store: &store::Store, code: &str) -> Result<CustomerRow, Troubles> {
    let customer = store.customer_by_code(code).await?;
    if customer.active {
        return Ok(customer);
    }
    let what = words::FIRM_IS_ENDED.with(&[&code]);
    Err(Trouble::new(Exit::Data, "", what, words::FIRM_IS_ENDED_REMEDY.text()).into())
}
