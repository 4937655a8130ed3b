//! What `operator add` and `operator set` may say about an operator; what is not given stays as it is.

use store::{LANGUAGE, OperatorForm};

use crate::cli::customer::language;
use crate::trouble::{Exit, Trouble};
use crate::words;

/// How well somebody speaks a language if nothing is said about it.
const LANGUAGE_LEVEL: &str = "50";
/// The same of any other skill.
const SKILL_LEVEL: &str = "1";

/// See the module. A list that is given replaces the one before; one empty value empties it.
#[derive(clap::Args, Debug, Default)]
pub struct Options {
    /// SKILL or SKILL=LEVEL (several times for several)
    #[arg(long = "skill", value_name = "SKILL=LEVEL")]
    pub skills: Vec<String>,
    /// Language beside Japanese, CODE or CODE=LEVEL such as en=60 (several times for several)
    #[arg(long = "language", value_name = "CODE=LEVEL")]
    pub languages: Vec<String>,
    /// operator, supervisor or manager: the last two are rung only when a plan widens to them, or the promise would be broken
    #[arg(long)]
    pub tier: Option<String>,
    /// Team that the operator is in (several times for several)
    #[arg(long = "team", value_name = "TEAM")]
    pub teams: Vec<String>,
    /// Place in a top-down plan, 0 first
    #[arg(long)]
    pub rank: Option<u16>,
    /// Code of a client firm that the operator knows: preferred for its calls (several times for several)
    #[arg(long = "knows", value_name = "FIRM")]
    pub knows: Vec<String>,
    /// Seconds for the report after a call
    #[arg(long)]
    pub wrap_up_seconds: Option<u32>,
    /// Seconds up to which an unfinished report extends that
    #[arg(long, value_name = "SECONDS")]
    pub wrap_up_max: Option<u32>,
    /// md5, sha256 or both: what the softphone can
    #[arg(long)]
    pub digest: Option<String>,
    /// Whether the voice is encrypted (SRTP): off, preferred (where the phone can) or required
    #[arg(long, value_name = "POLICY")]
    pub srtp: Option<String>,
}

impl Options {
    /// The form with what was given.
    pub fn change(self, before: OperatorForm) -> Result<OperatorForm, Trouble> {
        let (languages, skills): (Vec<_>, Vec<_>) =
            before.skills.into_iter().partition(|(skill, _)| skill.starts_with(LANGUAGE));
        let mut all = match list(self.skills) {
            Some(given) => given.iter().map(|text| skill("--skill", text, SKILL_LEVEL)).collect::<Result<_, _>>()?,
            None => skills,
        };
        match list(self.languages) {
            Some(given) => {
                for text in &given {
                    let (code, level) = skill("--language", text, LANGUAGE_LEVEL)?;
                    all.push((language(&code), level));
                }
            }
            None => all.extend(languages),
        }
        Ok(OperatorForm {
            skills: all,
            tier: self.tier.unwrap_or(before.tier),
            teams: list(self.teams).unwrap_or(before.teams),
            rank: self.rank.unwrap_or(before.rank),
            knows: list(self.knows).unwrap_or(before.knows),
            wrap_up_seconds: self.wrap_up_seconds.unwrap_or(before.wrap_up_seconds),
            wrap_up_max_seconds: self.wrap_up_max.unwrap_or(before.wrap_up_max_seconds),
            digest: self.digest.unwrap_or(before.digest),
            srtp: self.srtp.unwrap_or(before.srtp),
            login: before.login,
            name: before.name,
            ready_on_register: before.ready_on_register,
        })
    }
}

/// `None`: not given. One empty value is an empty list.
fn list(given: Vec<String>) -> Option<Vec<String>> {
    let is_given = !given.is_empty();
    is_given.then(|| given.into_iter().filter(|entry| !entry.trim().is_empty()).collect())
}

fn skill(option: &str, text: &str, usual: &str) -> Result<(String, u8), Trouble> {
    let (name, level) = text.split_once('=').unwrap_or((text, usual));
    let level = level.parse().map_err(|_| {
        Trouble::new(Exit::Usage, option, words::NO_LEVEL.with(&[&level]), words::NO_LEVEL_REMEDY.text())
    })?;
    Ok((name.trim().to_owned(), level))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn what_is_not_given_stays_and_languages_are_skills_of_their_own() {
        let before = OperatorForm {
            login: "101".to_owned(),
            skills: vec![("医療".to_owned(), 5), ("lang:en".to_owned(), 80)],
            teams: strings(&["a"]),
            knows: strings(&["sakura"]),
            ..OperatorForm::default()
        };
        assert_eq!(Options::default().change(before.clone()).unwrap(), before);
        let options = Options {
            languages: strings(&["zh", "KO=30"]),
            tier: Some("supervisor".to_owned()),
            knows: strings(&[""]),
            rank: Some(3),
            wrap_up_max: Some(300),
            ..Options::default()
        };
        let after = options.change(before).unwrap();
        let skills: Vec<(&str, u8)> = after.skills.iter().map(|(skill, level)| (skill.as_str(), *level)).collect();
        assert_eq!(skills, [("医療", 5), ("lang:zh", 50), ("lang:ko", 30)]);
        assert_eq!((after.tier.as_str(), after.rank, after.wrap_up_max_seconds), ("supervisor", 3, 300));
        assert_eq!((after.teams, after.knows), (strings(&["a"]), vec![]));
        let wrong = Options { languages: strings(&["en=well"]), ..Options::default() };
        assert_eq!(wrong.change(OperatorForm::default()).unwrap_err().place, "--language");
    }
}
