//! A leg's dialog and what goes on in it.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use sip::dialog::Dialog;
use sip::flow::Flow;
use sip::message::{Message, Uri};
use sip::transaction::{ClientKey, ServerKey};

use crate::core::Token;
use crate::order::Reason;
use crate::registrar::is_gruu;

/// The dialog of a leg. For incoming legs it is there from the INVITE on (early), for outgoing ones from the 2xx on.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) dialog: Dialog,
    /// Our tag.
    pub(crate) tag: Token,
    /// The way to the peer.
    pub(crate) flow: Flow,
    /// A phone of ours may name itself by a GRUU; requests go to what it has registered or was called at (RFC 5627 section 5.3).
    pub(crate) at_contact: Option<Uri>,
    /// Which phone of ours it is, if it has said so (`+sip.instance`).
    pub(crate) instance: Option<String>,
    /// We made the Call-ID: decides who waits longer after glare (RFC 3261 section 14.1).
    pub(crate) caller: bool,
    /// Our last SDP: what a refresh repeats.
    pub(crate) local_sdp: Bytes,
    /// Their last SDP: the same again is a refresh.
    pub(crate) remote_sdp: Bytes,
    /// Their Allow has UPDATE: sessions can be refreshed without an offer.
    pub(crate) peer_updates: bool,
    pub(crate) timer: SessionTimer,
    /// Our 2xx without its ACK.
    pub(crate) unacked: Option<Unacked>,
    /// Number of our INVITE whose 2xx brought an offer: the ACK waits for the call logic's answer (RFC 3261 section 13.2.2.4).
    pub(crate) owed_ack: Option<u32>,
    /// Our ACK to their last 2xx, for when that 2xx comes again: CSeq number, way, message.
    pub(crate) acked: Option<(u32, Flow, Message)>,
    /// Our re-INVITE or UPDATE that is going on.
    pub(crate) ours: Option<Ours>,
    /// An offer that waits until nothing else goes on.
    pub(crate) queued: Option<Bytes>,
    /// Their re-INVITE or UPDATE that the call logic has not answered.
    pub(crate) theirs: Option<Theirs>,
    /// Their REFER.
    pub(crate) refer: Option<Subscription>,
    /// Our BYE.
    pub(crate) bye: Bye,
}

/// RFC 4028, as agreed last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SessionTimer {
    /// Session interval in seconds; 0: none.
    pub(crate) interval_s: u32,
    /// The refresher is us.
    pub(crate) we_refresh: bool,
}

/// A 2xx of ours that is repeated until its ACK comes (RFC 3261 section 13.3.1.4).
#[derive(Debug)]
pub(crate) struct Unacked {
    pub(crate) key: ServerKey,
    pub(crate) response: Message,
    /// CSeq number of the INVITE.
    pub(crate) cseq: u32,
    /// Until the next repetition.
    pub(crate) interval: Duration,
    /// It bears our offer: the ACK has the answer.
    pub(crate) wants_answer: bool,
    /// It answered the INVITE that made the dialog.
    pub(crate) initial: bool,
}

/// What our modification is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The call logic ordered it.
    Offer,
    /// To keep the session (RFC 4028).
    Refresh,
}

/// A re-INVITE or UPDATE of ours.
#[derive(Debug)]
pub(crate) struct Ours {
    pub(crate) purpose: Purpose,
    /// UPDATE without a body, instead of a re-INVITE.
    pub(crate) update: bool,
    pub(crate) body: Bytes,
    /// `None`: waiting to be sent again.
    pub(crate) key: Option<ClientKey>,
    /// CSeq number.
    pub(crate) cseq: u32,
    /// Times it was sent.
    pub(crate) attempts: u8,
}

/// A re-INVITE or UPDATE of theirs.
#[derive(Debug)]
pub(crate) struct Theirs {
    pub(crate) key: ServerKey,
    pub(crate) flow: Flow,
    pub(crate) request: Message,
}

/// A REFER and its implicit subscription (RFC 3515).
#[derive(Debug)]
pub(crate) struct Subscription {
    /// Until it is accepted or refused.
    pub(crate) pending: Option<(ServerKey, Flow, Message)>,
    /// The REFER's CSeq number: the id of the event.
    pub(crate) id: u32,
    /// It wants NOTIFYs (RFC 4488: `Refer-Sub: false` does not).
    pub(crate) notifies: bool,
}

/// Our BYE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Bye {
    /// The dialog lives, or ended without one of ours.
    No,
    /// Ordered, but RFC 3261 section 15 forbids it before the ACK to our 2xx.
    AfterAck(Option<Reason>),
    /// On its way.
    Sent,
}

impl Session {
    pub(crate) fn new(dialog: Dialog, tag: Token, flow: Flow, caller: bool) -> Self {
        Self {
            dialog,
            tag,
            flow,
            at_contact: None,
            instance: None,
            caller,
            local_sdp: Bytes::new(),
            remote_sdp: Bytes::new(),
            peer_updates: false,
            timer: SessionTimer::default(),
            unacked: None,
            owed_ack: None,
            acked: None,
            ours: None,
            queued: None,
            theirs: None,
            refer: None,
            bye: Bye::No,
        }
    }

    /// Before a request of ours: a GRUU becomes the contact behind it.
    pub(crate) fn aim(&mut self, realm: &str) {
        if let Some(contact) = self.at_contact.as_ref().filter(|_| is_gruu(&self.dialog.remote_target, realm)) {
            self.dialog.remote_target = contact.clone();
        }
    }

    /// Whether it is the phone that has just registered these contacts (URI, instance). `alone`: it may well be, because no other
    /// is there.
    pub(crate) fn is_of_device(&self, contacts: &[(Uri, Option<String>)], alone: bool) -> bool {
        let mut is_other = false;
        for (uri, instance) in contacts {
            match (&self.instance, instance) {
                (Some(ours), Some(theirs)) if ours == theirs => return true,
                (Some(_), Some(_)) => is_other = true,
                (None, _) | (_, None) if self.dialog.remote_target == *uri || self.at_contact.as_ref() == Some(uri) => {
                    return true;
                }
                (None, _) | (_, None) => {}
            }
        }
        alone && !is_other
    }

    /// Whether the peer's own Contact or Record-Route names this address.
    pub(crate) fn leads_to(&self, ip: IpAddr) -> bool {
        let routes = self.dialog.route_set.iter().map(|route| &route.uri);
        routes.chain([&self.dialog.remote_target]).any(|uri| uri.host().and_then(|host| host.ip()) == Some(ip))
    }

    /// Nothing is under way in a dialog that is over.
    pub(crate) fn is_done(&self) -> bool {
        self.bye == Bye::No
    }

    /// A new offer of ours has to wait (RFC 3261 section 14.1).
    pub(crate) fn is_busy(&self) -> bool {
        self.ours.is_some() || self.theirs.is_some() || self.unacked.is_some() || self.owed_ack.is_some()
    }
}
