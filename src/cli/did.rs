//! `denwaban did`: numbers that client firms forward to.

use clap::Subcommand;
use report::Profile;
use store::StoreError;

use super::Context;
use super::call::moment;
use super::customer::{Now, plan_text};
use super::output::{fields, seconds, yes};
use crate::clock;
use crate::trouble::Troubles;
use crate::words;

/// What can be done with numbers.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Give a number to a firm
    #[command(after_help = "Example:\n  denwaban did add 0312345678 sakura-dental")]
    Add {
        /// The number, in any spelling
        number: String,
        /// The firm's code
        code: String,
    },
    /// All numbers
    #[command(after_help = "Example:\n  denwaban did list")]
    List,
    /// Whose number is it, and how is it answered, now or at any time?
    #[command(after_help = "Examples:\n  denwaban did check 03-1234-5678\n  \
        denwaban did check 03-1234-5678 --at \"2026-12-29 18:05\"")]
    Check {
        /// The number, in any spelling
        number: String,
        /// At this time, in Japan's time; otherwise now
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
    /// Take a number away from its firm
    #[command(after_help = "Example:\n  denwaban did remove 0312345678")]
    Remove {
        /// The number, in any spelling
        number: String,
    },
}

/// Does it.
pub async fn run(context: &Context, verb: Verb) -> Result<(), Troubles> {
    let store = context.store().await?;
    match verb {
        Verb::Add { number, code } => {
            let customer = store.customer_by_code(&code).await?;
            let did = store.add_did(&number, customer.id).await?;
            context.out.one(&did, || format!("+{} → {} ({})", did.number, did.name, did.code));
        }
        Verb::List => {
            let dids = store.dids().await?;
            context.out.list(&dids, &[words::NUMBER, words::CODE, words::NAME, words::ACTIVE], |did| {
                vec![format!("+{}", did.number), did.code.clone(), did.name.clone(), yes(did.active)]
            });
        }
        Verb::Check { number, at } => {
            let at = at.map_or_else(|| Ok(clock::unix_ms()), |text| moment("--at", &text))?;
            check(context, &store, &number, at).await?;
        }
        Verb::Remove { number } => {
            store.remove_did(&number).await?;
            context.out.one(&serde_json::json!({ "removed": number }), || words::NOBODYS.with(&[&number]));
        }
    }
    Ok(())
}

async fn check(context: &Context, store: &store::Store, number: &str, at: i64) -> Result<(), Troubles> {
    let did = match store.did(number).await {
        Ok(did) if did.active => did,
        Ok(_) | Err(StoreError::Missing { .. }) => {
            let settings = store.settings().await?;
            let asked = number::Number::parse(number, number::JAPAN).map(|number| number.digits().to_string());
            if asked.is_ok_and(|digits| digits == settings.recordings_line) {
                let answer = serde_json::json!({ "known": true, "recordings_line": true });
                context.out.one(&answer, || words::IS_RECORDINGS_LINE.text().to_owned());
                return Ok(());
            }
            let answer = serde_json::json!({ "known": false, "greeting": settings.default_greeting });
            context.out.one(&answer, || words::UNKNOWN_NUMBER.with(&[&settings.default_greeting]));
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let customer = store.customer(did.customer).await?;
    let now = Now::of(&customer.form.calendar, &customer.form.name, at);
    let profile = store.profile(customer.id).await?.profile;
    let told = greeting(&profile, &customer.form.greeting, &store.settings().await?.default_greeting, at);
    let answer = serde_json::json!({ "known": true, "did": did, "customer": customer, "now": now, "greeting": told });
    context.out.one(&answer, || {
        let form = &customer.form;
        let mut rows = vec![
            (words::NUMBER, format!("+{}", did.number)),
            (words::FIRM, format!("{} ({})", form.name, form.code)),
            (words::GREETING, told),
            (words::ROUTE, plan_text(form)),
            (words::TEAM, form.team.clone()),
            (words::RING, seconds(form.ring_seconds)),
            (words::NEEDS, form.needs.join(" ")),
        ];
        rows.extend(now.rows());
        fields(&rows)
    });
    Ok(())
}

/// What the operator says first at that time, as the switch tells it: the greeting of these hours, that of all hours, the firm's own, the
/// house's.
fn greeting(profile: &Profile, own: &str, of_house: &str, at: i64) -> String {
    let said = profile.greeting(at).map_or(own, |greeting| &greeting.text);
    if said.is_empty() { of_house.to_owned() } else { said.to_owned() }
}

#[cfg(test)]
mod tests {
    use report::{Greeting, Hours};

    use super::*;

    #[test]
    fn f07_the_greeting_that_is_told_is_that_of_the_hour() {
        // 2026-11-22 00:00 in Japan.
        const MIDNIGHT: i64 = 1_795_273_200_000;
        let hour = |hour: i64| MIDNIGHT + hour * 3_600_000;
        let of = |text: &str, hours: Option<Hours>| Greeting { text: text.to_owned(), reading: String::new(), hours };
        let evening = Hours { from: "17:00".to_owned(), until: "22:00".to_owned() };
        let greetings = vec![of("今晩は", Some(evening)), of("お電話ありがとうございます", None)];
        let profile = Profile { greetings, ..Profile::default() };
        assert_eq!(greeting(&profile, "firm", "house", hour(18)), "今晩は");
        assert_eq!(greeting(&profile, "firm", "house", hour(9)), "お電話ありがとうございます");
        let none = Profile::default();
        assert_eq!(
            (greeting(&none, "firm", "house", hour(9)), greeting(&none, "", "house", hour(9))),
            ("firm".to_owned(), "house".to_owned())
        );
    }
}
