//! Spoken notices for those who look after reports (X05): an urgent report that nobody has seen is told to a mobile, in words made for
//! it, over the switch. "Press 1 to confirm."

use std::pin::Pin;
use std::time::Duration;

use media::Prompts;
use notify::chores::{Caller, Spoken, SpokenCall};
use switch::media::Prompt;
use switch::{Command, CustomerId, Event, Heard, Notice};
use tokio::sync::broadcast::error::RecvError;
use web::{Switchboard, Unanswered};

use crate::engine::EngineHandle;

/// Speaking the words takes no longer, also on a busy machine that has just been started; else there is nothing to say.
const SPEAK_MAX: Duration = Duration::from_secs(30);
/// How often it is looked whether they are there.
const LOOK: Duration = Duration::from_millis(100);
/// The key that confirms.
const KEY: char = '1';
/// A recorded notice for all firms, where the firm's own is not there: `notice.wav` in the folder of prompts.
const RECORDED: &str = "notice";

/// Calls people.
#[derive(Clone)]
pub struct Telephone {
    engine: EngineHandle,
    prompts: Prompts,
}

impl Telephone {
    /// Over this switch, with these words.
    pub fn new(engine: EngineHandle, prompts: Prompts) -> Self {
        Self { engine, prompts }
    }

    async fn tell(self, call: SpokenCall) -> Spoken {
        match self.call(&call).await {
            Ok(Heard::Confirmed) => Spoken::Confirmed,
            Ok(outcome) => Spoken::Unconfirmed(outcome.word().to_owned()),
            Err(why) => Spoken::Unconfirmed(why),
        }
    }

    async fn call(&self, call: &SpokenCall) -> Result<Heard, String> {
        let customer = call.customer.ok_or("the report is of no firm")?;
        let prompt = self.prompt(customer).await?;
        // Before the command: what is told at once must not be missed.
        let mut events = self.engine.subscribe();
        let notice = Notice {
            id: call.report.clone(),
            customer: CustomerId(customer),
            number: call.number.clone(),
            prompt: Prompt::named(&prompt),
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

    /// The prompt to be played, once it can be.
    async fn prompt(&self, customer: i64) -> Result<String, String> {
        let own = prompt_of(customer);
        self.prompts.warm(&own);
        let spoken = async {
            while !self.prompts.contains(&own) {
                tokio::time::sleep(LOOK).await;
            }
        };
        let patience = if self.prompts.contains(RECORDED) { LOOK } else { SPEAK_MAX };
        match tokio::time::timeout(patience, spoken).await {
            Ok(()) => Ok(own),
            Err(_) if self.prompts.contains(RECORDED) => Ok(RECORDED.to_owned()),
            Err(_) => Err("there is no voice for the notice".to_owned()),
        }
    }
}

/// The notice of a firm, spoken as soon as its ladder has a phone ([`crate::refresh`]); or a recording of that name.
pub fn prompt_of(customer: i64) -> String {
    format!("customer/{customer}/notice")
}

impl Caller for Telephone {
    fn call(&self, call: SpokenCall) -> Pin<Box<dyn Future<Output = Spoken> + Send>> {
        Box::pin(self.clone().tell(call))
    }
}

/// What is said for a firm. The report itself is not: whoever picks up may be anybody.
pub fn text(firm: &str) -> String {
    format!(
        "こちらは、{firm}の電話受付です。至急ご確認いただきたい受電報告がございます。報告の内容は、メールまたはチャットでご覧ください。ご確認いただける場合は、数字の1を押してください。"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x05_the_firm_is_named_and_nothing_of_the_report_is_said() {
        let text = text("さくらしか");
        assert!(text.contains("さくらしか") && text.contains("数字の1"));
        assert!(text.len() < media::TEXT_BYTES_MAX);
    }
}
