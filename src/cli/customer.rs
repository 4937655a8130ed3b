//! `denwaban client`: client firms.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use store::{CustomerForm, CustomerRow, ImportError};
use switch::{Target, TransferPolicy};

use super::Context;
use super::output::{fields, seconds, yes};
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

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
    /// All firms
    List,
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
    Export,
    /// End a firm; its calls and recordings stay
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
    /// Reading in kana
    #[arg(long, default_value = "")]
    reading: String,
    /// What the operator says first
    #[arg(long, default_value = "")]
    greeting: String,
    /// How to handle this firm's calls
    #[arg(long, default_value = "")]
    manual: String,
    /// Number that the firm forwards to (several times for several)
    #[arg(long = "did", value_name = "NUMBER")]
    dids: Vec<String>,
    /// Person who may be called, NAME=NUMBER (several times for several, in order)
    #[arg(long = "target", value_name = "NAME=NUMBER")]
    targets: Vec<String>,
    /// never, urgent_only or always
    #[arg(long, default_value = "never")]
    transfer: String,
    /// Skill that an operator needs (several times for several)
    #[arg(long = "needs", value_name = "SKILL")]
    needs: Vec<String>,
    /// longest_idle or ring_all
    #[arg(long, default_value = "longest_idle")]
    plan: String,
    /// Seconds that a phone rings before the next
    #[arg(long, default_value_t = CustomerForm::default().ring_seconds)]
    ring_seconds: u16,
    /// 0 is normal, 9 waits least
    #[arg(long, default_value_t = 0)]
    priority: u8,
}

/// Does it.
pub async fn run(context: &Context, verb: Verb) -> Result<(), Troubles> {
    let store = context.store().await?;
    match verb {
        Verb::Add(add) => {
            let customer = store.create_customer(&form(*add)?).await?;
            context.out.one(&customer, || describe(&customer));
        }
        Verb::List => {
            let customers = store.customers().await?;
            let columns = [words::ID, words::CODE, words::NAME, words::NUMBERS, words::TRANSFER, words::ACTIVE];
            context.out.list(&customers, &columns, |row| {
                vec![
                    row.id.to_string(),
                    row.form.code.clone(),
                    row.form.name.clone(),
                    plus(&row.form.dids),
                    policy_text(&row.form.transfer),
                    yes(row.active),
                ]
            });
        }
        Verb::Show { code } => {
            let customer = store.customer_by_code(&code).await?;
            context.out.one(&customer, || describe(&customer));
        }
        Verb::Import { file } => {
            let text = read(&file)?;
            let imported = store.import_customers(&text).await.map_err(|error| import_troubles(&file, error))?;
            context.out.one(&imported, || words::IMPORTED.with(&[&imported.created, &imported.updated]));
        }
        Verb::Export => context.out.bytes(store.export_customers().await?.as_bytes()),
        Verb::Remove { code } => {
            let customer = store.customer_by_code(&code).await?;
            store.deactivate_customer(customer.id).await?;
            context.out.one(&serde_json::json!({ "removed": code }), || words::FIRM_ENDED.with(&[&code]));
        }
    }
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

fn form(add: Add) -> Result<CustomerForm, Troubles> {
    let targets = add.targets.iter().map(|text| target(text)).collect::<Result<_, _>>()?;
    let plan = store::Plan::from_text(&add.plan).ok_or_else(|| {
        Trouble::new(Exit::Usage, "--plan", words::NO_PLAN.with(&[&add.plan]), words::NO_PLAN_REMEDY.text())
    })?;
    Ok(CustomerForm {
        code: add.code,
        name: add.name,
        reading: add.reading,
        greeting: add.greeting,
        manual: add.manual,
        needs: add.needs,
        plan,
        ring_seconds: add.ring_seconds,
        priority: add.priority,
        transfer: policy(&add.transfer)?,
        targets,
        dids: add.dids,
        ..CustomerForm::default()
    })
}

fn target(text: &str) -> Result<Target, Trouble> {
    const RING_SECONDS: u16 = 20;
    let Some((name, number)) = text.rsplit_once('=') else {
        let what = words::NO_TARGET.with(&[&text]);
        return Err(Trouble::new(Exit::Usage, "--target", what, words::NO_TARGET_REMEDY.text()));
    };
    Ok(Target { name: name.trim().to_owned(), number: number.trim().to_owned(), ring_seconds: RING_SECONDS })
}

fn policy(text: &str) -> Result<TransferPolicy, Trouble> {
    match text {
        "never" => Ok(TransferPolicy::Never),
        "urgent_only" => Ok(TransferPolicy::UrgentOnly),
        "always" => Ok(TransferPolicy::Always),
        other => {
            let what = words::NO_POLICY.with(&[&other]);
            Err(Trouble::new(Exit::Usage, "--transfer", what, words::NO_POLICY_REMEDY.text()))
        }
    }
}

/// Stored digits as people write them abroad and here.
fn plus(dids: &[String]) -> String {
    dids.iter().map(|did| format!("+{did}")).collect::<Vec<_>>().join(" ")
}

fn policy_text(policy: &TransferPolicy) -> String {
    match policy {
        TransferPolicy::Never => "never".to_owned(),
        TransferPolicy::UrgentOnly => "urgent_only".to_owned(),
        TransferPolicy::ListedCallers(callers) => words::CALLERS_LISTED.with(&[&callers.join(" ")]),
        TransferPolicy::Always => "always".to_owned(),
    }
}

fn describe(customer: &CustomerRow) -> String {
    let form = &customer.form;
    let targets: Vec<String> = form
        .targets
        .iter()
        .map(|target| format!("{} +{} ({})", target.name, target.number, seconds(target.ring_seconds)))
        .collect();
    let rows = [
        (words::ID, customer.id.to_string()),
        (words::CODE, form.code.clone()),
        (words::NAME, form.name.clone()),
        (words::READING, form.reading.clone()),
        (words::GREETING, form.greeting.clone()),
        (words::MANUAL, form.manual.clone()),
        (words::NUMBERS, plus(&form.dids)),
        (words::NEEDS, form.needs.join(" ")),
        (words::PLAN, form.plan.as_str().to_owned()),
        (words::RING, seconds(form.ring_seconds)),
        (words::PRIORITY, form.priority.to_string()),
        (words::TRANSFER, policy_text(&form.transfer)),
        (words::TARGETS, targets.join(", ")),
        (words::ACTIVE, yes(customer.active)),
    ];
    fields(&rows)
}

fn read(file: &Path) -> Result<Vec<u8>, Trouble> {
    /// Ten thousand firms with long manuals; more is another file by mistake.
    const FILE_BYTES_MAX: u64 = 64 << 20;
    let reading = |source: &mut dyn Read| {
        let mut text = Vec::new();
        source.take(FILE_BYTES_MAX).read_to_end(&mut text).map(|_| text)
    };
    let text = if file.as_os_str() == "-" {
        reading(&mut std::io::stdin().lock())
    } else {
        std::fs::File::open(file).and_then(|mut source| reading(&mut source))
    };
    text.map_err(|error| {
        Trouble::new(Exit::Missing, file.display().to_string(), error.to_string(), words::CSV_REMEDY.text())
    })
}
