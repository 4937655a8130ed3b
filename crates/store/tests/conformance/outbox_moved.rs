//! A recipient is reached elsewhere from now on, while its reports wait or are under way; and once more by hand (F39, X02).

use report::{Channel, Profile, Recipient};
use store::{Conflict, DeliveryState, Settled, StoreError};

use crate::on_both;
use crate::records::NOON_MS;
use crate::writing::{accept, draft, firm, hanako, lease, mail, queue};

const MINUTE: i64 = 60_000;

on_both! {
    async fn x02_what_the_old_address_takes_or_refuses_while_it_is_corrected_goes_to_the_new_one(store: Store) {
        let customer = firm(&store).await;
        let office = |address: &str| Profile {
            recipients: vec![Recipient {
                id: "sato".to_owned(),
                label: String::new(),
                person: None,
                channel: Channel::Email { address: address.to_owned() },
                active: true,
                fallback: None,
            }],
            ..Profile::default()
        };
        store.put_profile(customer, 0, &office("sato@sakura.example"), "jiro", NOON_MS).await.unwrap();
        let ids = queue(&store, customer, 2, "sato").await;
        let mut now = NOON_MS + MINUTE;
        for (place, id) in ids.iter().enumerate() {
            let old = lease(&store, now).await.remove(0);
            assert_eq!(&old.id, id);
            let address = format!("sato{place}@new.example");
            store.put_profile(customer, i64::try_from(place).unwrap() + 1, &office(&address), "jiro", now).await.unwrap();
            if place == 0 {
                assert_eq!(accept(&store, &old, now + 1).await, Settled::Done { next: true });
            } else {
                let done = store.delivery_dead(&old.id, old.attempt, "550 5.1.1", &[mail("desk", now)], now + 1).await.unwrap();
                assert_eq!(done, Settled::Done { next: true });
            }
            // Given back untried and taken again, it is still the new address's.
            let new = lease(&store, now + 1).await.remove(0);
            let back = store::Returned { id: new.id, attempt: new.attempt, next_ms: now + 1 };
            store.return_deliveries(&[back]).await.unwrap();
            let new = lease(&store, now + 1).await.remove(0);
            assert_eq!((&new.id, new.attempt, &new.channel), (id, 2, &Channel::Email { address }));
            // The old one says it once more, too late.
            assert_eq!(accept(&store, &old, now + 1).await, Settled::Stale);
            assert_eq!(store.delivery(id).await.unwrap().state, DeliveryState::Leased);
            accept(&store, &new, now + 2).await;
            assert_eq!(store.delivery(id).await.unwrap().state, DeliveryState::Accepted);
            now += MINUTE;
        }
        assert!(store.open_tasks().await.unwrap().is_empty());
    }

    async fn x02_what_the_old_address_takes_after_its_lease_does_not_count_for_the_new_one(store: Store) {
        let customer = firm(&store).await;
        let profile = |address: &str| {
            let channel = Channel::Email { address: address.to_owned() };
            let id = "sato".to_owned();
            Profile {
                recipients: vec![Recipient { id, label: String::new(), person: None, channel, active: true, fallback: None }],
                ..Profile::default()
            }
        };
        store.put_profile(customer, 0, &profile("sato@sakura.example"), "jiro", NOON_MS).await.unwrap();
        let ids = queue(&store, customer, 1, "sato").await;
        let mut now = NOON_MS + MINUTE;
        for _ in 0..4 {
            let job = lease(&store, now).await.remove(0);
            store.delivery_retry(&job.id, job.attempt, "451", now, now).await.unwrap();
        }
        let old = lease(&store, now).await.remove(0);
        now += MINUTE;
        assert!(lease(&store, now).await.is_empty(), "it rests, and nobody knows how it ended");
        store.put_profile(customer, 1, &profile("sato@new.example"), "jiro", now).await.unwrap();
        assert_eq!(accept(&store, &old, now).await, Settled::Done { next: true });
        let new = lease(&store, now).await.remove(0);
        assert_eq!((&new.id, &new.channel), (&ids[0], &Channel::Email { address: "sato@new.example".to_owned() }));
        // Moved again while it is under way: what the place of before puts off, or nobody says, does not put off the new one.
        store.put_profile(customer, 2, &profile("sato@third.example"), "jiro", now).await.unwrap();
        let put_off = store.delivery_retry(&new.id, new.attempt, "451", now + 60 * MINUTE, now).await.unwrap();
        assert_eq!(put_off, Settled::Done { next: true });
        let third = lease(&store, now).await.remove(0);
        assert_eq!(third.channel, Channel::Email { address: "sato@third.example".to_owned() });
        store.put_profile(customer, 3, &profile("sato@fourth.example"), "jiro", now).await.unwrap();
        let fourth = lease(&store, now + 30_000).await.remove(0);
        assert_eq!((&fourth.id, &fourth.channel), (&ids[0], &Channel::Email { address: "sato@fourth.example".to_owned() }));
    }

    async fn a_corrected_address_serves_what_waits(store: Store) {
        let customer = firm(&store).await;
        let chat = |token: &str, room: &str| Channel::Chatwork { room: room.to_owned(), token: token.to_owned(), mention: Vec::new() };
        let profile = |token: &str, room: &str| Profile {
            recipients: vec![Recipient { id: "office".to_owned(), label: String::new(), person: None, channel: chat(token, room), active: true, fallback: None }],
            ..Profile::default()
        };
        let old = "token-of-the-old-times-1234";
        store.put_profile(customer, 0, &profile(old, "12345"), "jiro", NOON_MS).await.unwrap();
        let report = draft(&store, customer, 1).await;
        let edited = store.edit_report(&report.id, &crate::writing::completion(&report.draft), &hanako(), NOON_MS).await.unwrap();
        let link = |token: &str| Some(format!("https://desk.example/r/{token}"));
        let content = report::Content { seen_link: link("one"), ..mail("office", NOON_MS).content };
        let delivery = store::NewDelivery { channel: chat(old, "12345"), content, ..mail("office", NOON_MS) };
        let sent = store.send_report(&report.id, &crate::writing::sending(edited.revision, vec![delivery]), &hanako(), NOON_MS).await.unwrap();
        assert!(!format!("{:?}", sent.deliveries).contains(old), "R20: what people see has no token");
        let job = lease(&store, NOON_MS).await.remove(0);
        store.delivery_retry(&job.id, 1, "401", NOON_MS + 5000, NOON_MS).await.unwrap();
        let new = "token-of-the-new-times-5678";
        store.put_profile(customer, 1, &profile(new, "67890"), "jiro", NOON_MS + 1000).await.unwrap();
        let again = lease(&store, NOON_MS + 5000).await.remove(0);
        assert_eq!((again.id.as_str(), &again.channel, again.room.as_str()), (job.id.as_str(), &chat(new, "67890"), "chatwork:67890"));
        assert_eq!(again.content.seen_link, link("one"));
        accept(&store, &again, NOON_MS + 6000).await;
        assert_eq!(store.delivery_content(&job.id).await.unwrap().seen_link, None, "x05: it has gone out, and is kept nowhere");
        // A person may send it once more.
        let seen = link("two").map(|link| (link, "hash".to_owned()));
        let more = store.resend_delivery(&job.id, "x", seen, "jiro", &|| None, NOON_MS + 6000).await.unwrap();
        assert_eq!((more.id.as_str(), more.round), ("x", 1));
        let repeated = lease(&store, NOON_MS + 6000).await.remove(0);
        let content = report::Content { seen_link: link("two"), ..again.content };
        assert_eq!((repeated.id.as_str(), &repeated.channel, &repeated.content), ("x", &chat(new, "67890"), &content));
        let error = store.resend_delivery("x", "y", None, "jiro", &|| None, NOON_MS + 6000).await.unwrap_err();
        assert_eq!(crate::fields(error), ["delivery"], "it is on its way");
        let kept = store.delivery(&job.id).await.unwrap();
        assert_eq!(kept.target, Some(chat(new, "67890").masked()));
        // And to somebody else, who had nothing yet; of a draft there is nothing to send.
        let other = store.send_also(&report.id, &mail("chief", NOON_MS), "jiro", NOON_MS + 7000).await.unwrap();
        assert_eq!((other.recipient.as_str(), other.round, &other.report), ("chief", 1, &report.id));
        assert_eq!(store.report_deliveries(&report.id).await.unwrap().len(), 3);
        let later = draft(&store, customer, 2).await;
        let refused = store.send_also(&later.id, &mail("chief", NOON_MS + 1), "jiro", NOON_MS + 7000).await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict(Conflict::NotSent { .. })), "{refused:?}");
        assert_eq!(store.report_deliveries(&later.id).await.unwrap(), []);
    }
}
