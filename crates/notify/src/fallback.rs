//! Where a report goes when a delivery of it is late, dead or sent back (F39).

use report::{Channel, Profile, Recipient};

/// The recipient that gets it instead: the one that the firm has named; else another channel of the same person; else another
/// one of the firm's. Nobody who has it already (`had`, recipients' ids), and no other place in the same room. `None`: there is
/// nobody left.
pub fn choose<'a>(profile: &'a Profile, failed: &str, had: &[String]) -> Option<&'a Recipient> {
    let gone = profile.recipient(failed);
    let rooms: Vec<String> = had.iter().filter_map(|id| profile.recipient(id)).map(|had| had.channel.room()).collect();
    let can = |recipient: &&Recipient| {
        recipient.active
            && recipient.id != failed
            && recipient.channel.is_written()
            && !had.contains(&recipient.id)
            && !rooms.contains(&recipient.channel.room())
    };
    let named = gone.and_then(|gone| gone.fallback.as_deref()).and_then(|id| profile.recipient(id)).filter(can);
    let candidates = || profile.recipients.iter().filter(can);
    // What failed by mail rather goes by chat, and the other way round.
    let other_way = |recipient: &&Recipient| gone.is_none_or(|gone| differs(&gone.channel, &recipient.channel));
    let person = gone.and_then(|gone| gone.person.as_deref());
    let same_person = |recipient: &&Recipient| person.is_some() && recipient.person.as_deref() == person;
    let of_firm = |recipient: &&Recipient| recipient.person.is_none();
    named
        .or_else(|| candidates().filter(same_person).find(other_way))
        .or_else(|| candidates().find(same_person))
        .or_else(|| candidates().filter(of_firm).find(other_way))
        .or_else(|| candidates().find(other_way))
        .or_else(|| candidates().next())
}

/// The same for one that is only late, and may still come: what could help is another server, a mail's instead of a chat's or the
/// other way round. It is the named one's, the same person's or the firm's own place: nobody else's affairs go to a person because a
/// server is slow.
pub fn choose_late<'a>(profile: &'a Profile, late: &str, had: &[String]) -> Option<&'a Recipient> {
    let of = profile.recipient(late)?;
    let fits = |other: &&Recipient| {
        let is_theirs = other.person.is_none() || other.person == of.person || of.fallback.as_ref() == Some(&other.id);
        is_theirs && differs(&of.channel, &other.channel)
    };
    let known: Vec<Recipient> =
        profile.recipients.iter().filter(|other| other.id == late || fits(other)).cloned().collect();
    let narrowed = Profile { recipients: known, ..Profile::default() };
    let id = choose(&narrowed, late, had)?.id.clone();
    profile.recipient(&id)
}

fn differs(one: &Channel, other: &Channel) -> bool {
    one.kind() != other.kind()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(id: &str, person: Option<&str>) -> Recipient {
        Recipient {
            id: id.to_owned(),
            label: String::new(),
            person: person.map(str::to_owned),
            channel: Channel::Email { address: format!("{id}@firm.test") },
            active: true,
            fallback: None,
        }
    }

    fn chat(id: &str, person: Option<&str>) -> Recipient {
        let channel = Channel::Line { to: id.to_owned(), token: "t".to_owned() };
        Recipient { channel, ..mail(id, person) }
    }

    fn chosen(recipients: Vec<Recipient>, failed: &str, had: &[&str]) -> Option<String> {
        let profile = Profile { recipients, ..Profile::default() };
        let had: Vec<String> = had.iter().map(|id| (*id).to_owned()).collect();
        choose(&profile, failed, &had).map(|recipient| recipient.id.clone())
    }

    #[test]
    fn f39_the_named_one_then_the_same_person_then_the_firm() {
        let sato = || vec![mail("sato", Some("sato")), mail("sato2", Some("sato")), chat("sato-line", Some("sato"))];
        let some = |id: &str| Some(id.to_owned());
        assert_eq!(chosen(sato(), "sato", &["sato"]), some("sato-line"), "the other way first");
        assert_eq!(chosen(sato(), "sato", &["sato", "sato-line"]), some("sato2"));
        assert_eq!(chosen(sato(), "sato", &["sato", "sato2", "sato-line"]), None);
        let mut named = sato();
        named[0].fallback = some("office");
        named.push(mail("office", None));
        assert_eq!(chosen(named.clone(), "sato", &["sato"]), some("office"));
        named[3].active = false;
        assert_eq!(chosen(named, "sato", &["sato"]), some("sato-line"), "one that is not in use is nobody");
        let firm = || {
            vec![mail("sato", Some("sato")), mail("suzuki", Some("suzuki")), mail("office", None), chat("room", None)]
        };
        assert_eq!(chosen(firm(), "sato", &["sato"]), some("room"));
        assert_eq!(chosen(firm(), "sato", &["sato", "room"]), some("suzuki"), "then anybody of the firm's");
        assert_eq!(chosen(firm(), "room", &["room", "sato", "suzuki"]), some("office"));
        assert_eq!(chosen(firm(), "deleted", &["sato"]), some("office"));
    }

    #[test]
    fn f39_what_is_only_late_goes_by_another_server_and_to_nobody_elses_place() {
        let late = |recipients: Vec<Recipient>, had: &[&str]| {
            let profile = Profile { recipients, ..Profile::default() };
            let had: Vec<String> = had.iter().map(|id| (*id).to_owned()).collect();
            choose_late(&profile, "sato", &had).map(|recipient| recipient.id.clone())
        };
        let sato = || mail("sato", Some("sato"));
        let suzuki = || chat("suzuki", Some("suzuki"));
        assert_eq!(late(vec![sato(), mail("sato2", Some("sato")), mail("office", None), suzuki()], &["sato"]), None);
        assert_eq!(late(vec![sato(), suzuki(), chat("room", None)], &["sato"]), Some("room".to_owned()));
        assert_eq!(
            late(vec![sato(), chat("line", Some("sato")), chat("room", None)], &["sato"]),
            Some("line".to_owned())
        );
        assert_eq!(late(vec![sato(), chat("room", None)], &["sato", "room"]), None, "it has it");
        let named = Recipient { fallback: Some("suzuki".to_owned()), ..sato() };
        assert_eq!(late(vec![named, suzuki()], &["sato"]), Some("suzuki".to_owned()), "the firm wants it so");
    }

    #[test]
    fn f39_the_same_place_under_another_name_is_no_other_place() {
        let mut twin = mail("twin", None);
        twin.channel = Channel::Email { address: "SATO@firm.test".to_owned() };
        let phone = Recipient { channel: Channel::Phone { number: "0312345678".to_owned() }, ..mail("phone", None) };
        assert_eq!(chosen(vec![mail("sato", None), twin, phone], "sato", &["sato"]), None);
    }
}
