//! `denwaban check`: is everything as it must be, and if not, what to do?

pub(super) mod ask;
mod house;
mod machine;
mod mail;
mod peers;

use serde::Serialize;

use super::Context;
use super::output::padded;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words::{self, Words};

/// Columns of a line's name.
const NAME_COLUMNS: usize = 14;

/// Arguments of `check`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  denwaban check\n  denwaban --config /etc/denwaban/denwaban.toml check --json\n  \
    denwaban check --running\n  denwaban check --house\n\n\
    Trunks are asked by an OPTIONS. It may be run while the switch runs, too.\n\
    Ends with 0 when nothing failed, 1 when something did.")]
pub struct Arguments {
    /// Ask the running switch whether it answers (for health checks)
    #[arg(long)]
    running: bool,
    /// Ask the running switch how it finds itself, since when it runs, and how its trunks are
    #[arg(long, conflicts_with = "running")]
    house: bool,
}

/// One line of the answer.
#[derive(Serialize, PartialEq, Eq, Debug)]
struct Finding {
    verdict: Verdict,
    what: What,
    /// The same in words.
    name: &'static str,
    detail: String,
    remedy: String,
}

#[derive(Serialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "UPPERCASE")]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

/// What a line is about.
#[derive(Serialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
enum What {
    Configuration,
    Folder,
    Disk,
    #[serde(rename = "open files")]
    OpenFiles,
    Address,
    Certificate,
    Port,
    Speech,
    Database,
    Directory,
    Trunk,
    Sip,
    Web,
    Mail,
    Bounces,
}

impl What {
    fn name(self) -> Words {
        match self {
            Self::Configuration => words::CHECK_CONFIGURATION,
            Self::Folder => words::CHECK_FOLDER,
            Self::Disk => words::CHECK_DISK,
            Self::OpenFiles => words::CHECK_OPEN_FILES,
            Self::Address => words::CHECK_ADDRESS,
            Self::Certificate => words::CHECK_CERTIFICATES,
            Self::Port => words::CHECK_PORT,
            Self::Speech => words::CHECK_SPEECH,
            Self::Database => words::CHECK_DATABASE,
            Self::Directory => words::CHECK_DIRECTORY,
            Self::Trunk => words::CHECK_TRUNK,
            Self::Sip => words::CHECK_SIP,
            Self::Web => words::CHECK_WEB,
            Self::Mail => words::CHECK_MAIL,
            Self::Bounces => words::CHECK_BOUNCES,
        }
    }
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn ok(&mut self, what: What, detail: impl Into<String>) {
        self.add(Verdict::Ok, what, detail, words::NOTHING);
    }

    fn warn(&mut self, what: What, detail: impl Into<String>, remedy: Words) {
        self.add(Verdict::Warn, what, detail, remedy);
    }

    fn fail(&mut self, what: What, detail: impl Into<String>, remedy: Words) {
        self.add(Verdict::Fail, what, detail, remedy);
    }

    fn add(&mut self, verdict: Verdict, what: What, detail: impl Into<String>, remedy: Words) {
        self.with_remedy(verdict, what, detail, remedy.text());
    }

    fn with_remedy(&mut self, verdict: Verdict, what: What, detail: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Finding { verdict, what, name: what.name().text(), detail: detail.into(), remedy: remedy.into() });
    }
}

/// Looks at everything.
pub fn run(context: &Context, arguments: &Arguments) -> Result<(), Troubles> {
    if arguments.house {
        return super::with_runtime(house::house(context));
    }
    let mut findings = Findings::default();
    let config = context.config();
    super::with_runtime(async {
        if arguments.running {
            peers::running(config, &mut findings).await;
            return Ok(());
        }
        let file = context.loaded.file.as_ref().map(|file| file.display().to_string());
        findings.ok(What::Configuration, file.unwrap_or_else(|| words::DEFAULTS.text().to_owned()));
        for warning in &context.loaded.warnings {
            findings.warn(What::Configuration, warning, words::NOTHING);
        }
        machine::folders(config, &mut findings);
        machine::open_files(config, &mut findings);
        machine::addresses(config, &mut findings);
        machine::certificates(config, &mut findings);
        machine::ports(config, &mut findings).await;
        machine::speech(config, &mut findings);
        mail::mail(config, &mut findings).await;
        peers::database(context, &mut findings).await
    })?;
    report(context, &findings.0)
}

fn report(context: &Context, findings: &[Finding]) -> Result<(), Troubles> {
    context.out.one(&findings, || text(findings));
    let failed = findings.iter().filter(|finding| finding.verdict == Verdict::Fail).count();
    if failed == 0 {
        return Ok(());
    }
    Err(Trouble::new(Exit::Failed, "", words::CHECKS_FAILED.with(&[&failed, &findings.len()]), "").into())
}

fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let verdict = match finding.verdict {
            Verdict::Ok => "OK  ",
            Verdict::Warn => "WARN",
            Verdict::Fail => "FAIL",
        };
        let name = padded(finding.what.name().text(), NAME_COLUMNS);
        text.push_str(&format!("{verdict}  {name} {}\n", finding.detail));
        if !finding.remedy.is_empty() {
            text.push_str(&format!("      {} {}\n", words::REMEDY, finding.remedy));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_verdict_subject_detail_and_remedy() {
        let mut findings = Findings::default();
        findings.ok(What::Disk, "free");
        findings.warn(What::Trunk, "silent", words::TWICE_REMEDY);
        let text = text(&findings.0);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("OK    ") && lines[0].ends_with(" free"), "{text}");
        assert!(lines[1].starts_with("WARN  ") && lines[2].trim_start().starts_with('→'), "{text}");
        let json = serde_json::to_value(&findings.0).unwrap();
        assert_eq!(json[1]["verdict"], "WARN");
        assert_eq!(json[1]["what"], "trunk");
    }
}
