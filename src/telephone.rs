//! Spoken notices for those who look after reports (X05): an urgent report that nobody has seen is told to a mobile, in words made for
//! it, over the switch. "Press 1 to confirm."

use std::pin::Pin;
use std::time::Duration;

use media::Prompts;
use notify::chores::{Caller, Spoken, SpokenCall};
use store::Store;
use switch::media::Prompt;
use switch::{Command, CustomerId, Event, Heard, Notice};
use tokio::sync::broadcast::error::RecvError;
use web::{Switchboard, Unanswered};

use crate::engine::EngineHandle;

/// Speaking the words takes no longer; else there is nothing to say.
const SPEAK_MAX: Duration = Duration::from_secs(15);
/// How often it is looked whether they are there.
const LOOK: Duration = Duration::from_millis(100);
/// The key that confirms.
const KEY: char = '1';

/// Calls people.
#[derive(Clone)]
pub struct Telephone {
    store: Store,
    engine: EngineHandle,
    prompts: Prompts,
}

impl Telephone {
    /// Over this switch, with these words.
    pub fn new(store: Store, engine: EngineHandle, prompts: Prompts) -> Self {
        Self { store, engine, prompts }
    }

    async fn tell(self, call: SpokenCall) -> Spoken {
        let name = format!("notice/{}", call.report);
        let spoken = self.call(&call, &name).await;
        self.prompts.forget(|other| other == name);
        match spoken {
            Ok(Heard::Confirmed) => Spoken::Confirmed,
            Ok(outcome) => Spoken::Unconfirmed(outcome.word().to_owned()),
            Err(why) => Spoken::Unconfirmed(why),
        }
    }

    async fn call(&self, call: &SpokenCall, name: &str) -> Result<Heard, String> {
        let customer = call.customer.ok_or("the report is of no firm")?;
        let firm = self.store.customer(customer).await.map_err(|error| error.to_string())?.form;
        let firm = if firm.reading.is_empty() { firm.name } else { firm.reading };
        self.prompts.speak(name, &words(&firm)).map_err(|error| error.to_string())?;
        self.prompts.warm(name);
        tokio::time::timeout(SPEAK_MAX, self.is_spoken(name)).await.map_err(|_| "the notice cannot be spoken")?;
        // Before the command: what is told at once must not be missed.
        let mut events = self.engine.subscribe();
        let notice = Notice {
            id: call.report.clone(),
            customer: CustomerId(customer),
            number: call.number.clone(),
            prompt: Prompt::named(name),
            key: KEY,
        };
        self.engine.command(Command::NotifyCall(notice)).await.map_err(|error| match error {
            Unanswered::Busy => "the switch does not answer".to_owned(),
            Unanswered::Refused(why) => format!("not called: {why:?}"),
        })?;
        loop {
            match events.recv().await {
                Ok(stamped) => match stamped.event.of_switch() {
                    Some(Event::Notified { id, outcome }) if *id == call.report => return Ok(*outcome),
                    Some(_) | None => {}
                },
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Err("the switch has stopped".to_owned()),
            }
        }
    }

    async fn is_spoken(&self, name: &str) {
        while !self.prompts.contains(name) {
            tokio::time::sleep(LOOK).await;
        }
    }
}

impl Caller for Telephone {
    fn call(&self, call: SpokenCall) -> Pin<Box<dyn Future<Output = Spoken> + Send>> {
        Box::pin(self.clone().tell(call))
    }
}

/// What is said. The report itself is not: whoever picks up may be anybody.
fn words(firm: &str) -> String {
    format!(
        "こちらは、{firm}の電話受付です。至急ご確認いただきたい受電報告がございます。報告の内容は、メールまたはチャットでご覧ください。ご確認いただける場合は、数字の1を押してください。"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x05_the_firm_is_named_and_nothing_of_the_report_is_said() {
        let words = words("さくらしか");
        assert!(words.contains("さくらしか") && words.contains("数字の1"));
        assert!(words.len() < media::TEXT_BYTES_MAX);
    }
}
