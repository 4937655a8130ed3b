//! Dialogs, RFC 3261 §12: what two sides must remember of each other to send requests inside a call.
//!
//! A dialog here is only the memory. Whether it is early or confirmed, when the call ends, and what is to be said in it is the
//! leg's business; requests come out as [`MessageBuilder`]s for the leg to complete.

use crate::flow::Flow;
use crate::message::{HeaderError, Message, MessageBuilder, Method, Name, NameAddr, Refusal, Scheme, Uri};
use bytes::Bytes;

#[cfg(test)]
mod tests;

/// How many proxies may stand between the two sides; more is an attack or a loop.
pub const ROUTES_MAX: usize = 32;

/// §8.1.1.5: sequence numbers stay below 2^31.
pub const CSEQ_MAX: u32 = (1 << 31) - 1;

/// Names a dialog (§12): on the other side the two tags change places.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DialogId {
    /// The Call-ID.
    pub call_id: String,
    /// Our tag.
    pub local_tag: String,
    /// The other side's; empty for a peer of RFC 2543, which has none.
    pub remote_tag: String,
}

impl DialogId {
    /// The dialog that a received request is meant for: the tag of its To is ours. `None`: it is outside any dialog, or
    /// unreadable.
    #[must_use]
    pub fn of_request(request: &Message) -> Option<Self> {
        let (from, to) = (request.from().ok()?, request.to().ok()?);
        Some(Self {
            call_id: request.call_id().ok()?.to_owned(),
            local_tag: to.tag()?.to_owned(),
            remote_tag: from.tag().unwrap_or_default().to_owned(),
        })
    }

    /// The dialog that a received response belongs to or makes: the tag of its From is ours. `None`: unreadable.
    ///
    /// Several responses to one INVITE may make several dialogs, which differ in the remote tag (§12.1.2, forks).
    #[must_use]
    pub fn of_response(response: &Message) -> Option<Self> {
        let (from, to) = (response.from().ok()?, response.to().ok()?);
        Some(Self {
            call_id: response.call_id().ok()?.to_owned(),
            local_tag: from.tag()?.to_owned(),
            remote_tag: to.tag().unwrap_or_default().to_owned(),
        })
    }
}

/// One proxy on the way: a value of the route set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The value as it came, parameters included (§16.12 forbids to change it).
    pub value: Bytes,
    /// Its address.
    pub uri: Uri,
}

impl Route {
    /// §19.1.1: a proxy that leaves the Request-URI alone says `lr`; one that does not is of RFC 2543, and strict.
    #[must_use]
    pub fn is_loose(&self) -> bool {
        self.uri.param("lr").is_some()
    }
}

/// Why there is no dialog. The peer's fault in every case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialogError {
    /// A header that a dialog needs is missing or malformed.
    Header(HeaderError),
    /// The INVITE has no SIP address to send requests to (§8.1.1.8).
    NoContact,
    /// More than [`ROUTES_MAX`] proxies want to stay on the way.
    TooManyRoutes,
}

impl From<HeaderError> for DialogError {
    fn from(error: HeaderError) -> Self {
        Self::Header(error)
    }
}

impl From<DialogError> for Refusal {
    /// How to answer a request that makes no dialog.
    fn from(error: DialogError) -> Self {
        let reason = match error {
            DialogError::Header(_) => "Malformed Header",
            DialogError::NoContact => "Missing Contact",
            DialogError::TooManyRoutes => "Too Many Record-Routes",
        };
        Self { status: 400, reason }
    }
}

/// What one side knows of a dialog (§12).
#[derive(Clone, Debug)]
pub struct Dialog {
    /// Its name.
    pub id: DialogId,
    /// Our address with our tag, exactly as it stood in the message that made the dialog: the From of our requests.
    pub local_uri: Bytes,
    /// The other side's address with its tag, as exactly: the To of our requests.
    pub remote_uri: Bytes,
    /// Where the other side wants requests: its last Contact.
    pub remote_target: Uri,
    /// The proxies to go through, the next one first.
    pub route_set: Vec<Route>,
    /// The number of our last request; 0 before the first.
    pub local_cseq: u32,
    /// The number of the other side's last request.
    pub remote_cseq: Option<u32>,
    /// §12.1: made over TLS towards a `sips:` address, so all of it must stay encrypted.
    pub secure: bool,
    /// The way on which it was made, and on which it goes on.
    pub flow: Flow,
}

impl Dialog {
    /// §12.1.1: the dialog that we make by answering `invite` with `local_tag` in the To.
    ///
    /// Our From will be the INVITE's To byte for byte, with our tag: Japanese carriers compare them (JAPAN.md).
    pub fn as_uas(invite: &Message, local_tag: &str, flow: Flow) -> Result<Self, DialogError> {
        let (from, to) = (invite.from()?, invite.to()?);
        let (id, local_uri) = match to.tag() {
            Some(tag) => (tag.to_owned(), value(invite, Name::To)),
            None => {
                let tagged = [&value(invite, Name::To), &b";tag="[..], local_tag.as_bytes()].concat();
                (local_tag.to_owned(), Bytes::from(tagged))
            }
        };
        Ok(Self {
            id: DialogId {
                call_id: invite.call_id()?.to_owned(),
                local_tag: id,
                remote_tag: from.tag().unwrap_or_default().to_owned(),
            },
            local_uri,
            remote_uri: value(invite, Name::From),
            remote_target: contact(invite)?.ok_or(DialogError::NoContact)?,
            route_set: record_routes(invite)?,
            local_cseq: 0,
            remote_cseq: Some(invite.cseq()?.number),
            secure: is_secure(invite, flow),
            flow,
        })
    }

    /// §12.1.2: the dialog that `response`, 101 to 299, makes of our `invite`.
    ///
    /// A response without Contact is broken, but the call may be up: requests then go where the INVITE went.
    pub fn as_uac(invite: &Message, response: &Message, flow: Flow) -> Result<Self, DialogError> {
        let (from, to) = (response.from()?, response.to()?);
        let first_target = || invite.target().map_err(|_| DialogError::NoContact);
        Ok(Self {
            id: DialogId {
                call_id: response.call_id()?.to_owned(),
                local_tag: from.tag().unwrap_or_default().to_owned(),
                remote_tag: to.tag().unwrap_or_default().to_owned(),
            },
            local_uri: value(invite, Name::From),
            remote_uri: value(response, Name::To),
            remote_target: contact(response)?.map_or_else(first_target, Ok)?,
            route_set: reversed_record_routes(response)?,
            local_cseq: invite.cseq()?.number,
            remote_cseq: None,
            secure: is_secure(invite, flow),
            flow,
        })
    }

    /// §13.2.2.4: a 2xx confirms an early dialog: its routes and its Contact replace those of the provisional response.
    pub fn confirm(&mut self, response: &Message) -> Result<(), DialogError> {
        self.route_set = reversed_record_routes(response)?;
        self.refresh_target(response);
        Ok(())
    }

    /// §12.2.1.1: our next request in the dialog: next CSeq, route set, Max-Forwards. `via` is the whole value of the Via, with
    /// its branch; `contact` the whole value of the Contact, for requests that need one.
    pub fn request(&mut self, method: &Method, via: &str, contact: Option<&str>) -> MessageBuilder {
        self.local_cseq = self.local_cseq.saturating_add(1).min(CSEQ_MAX);
        let builder = self.frame(method, self.local_cseq, via);
        match contact {
            Some(contact) => builder.header(Name::Contact, contact),
            None => builder,
        }
    }

    /// §13.2.2.4: the ACK to a 2xx, with the number of the INVITE it acknowledges.
    pub fn ack(&self, invite_cseq: u32, via: &str) -> MessageBuilder {
        self.frame(&Method::Ack, invite_cseq, via)
    }

    /// §12.2.2: a request of the other side in the dialog. An older one than the last is refused with 500; INVITE and UPDATE
    /// may bring a new Contact.
    pub fn receive(&mut self, request: &Message) -> Result<(), Refusal> {
        let cseq = request.cseq().map_err(DialogError::Header)?;
        // §13.2.2.4, §9.1: ACK and CANCEL bear the number of their INVITE, after which other requests may have come.
        if cseq.method == Method::Ack || cseq.method == Method::Cancel {
            return Ok(());
        }
        if self.remote_cseq.is_some_and(|last| cseq.number < last) {
            return Err(Refusal { status: 500, reason: "CSeq Out Of Order" });
        }
        self.remote_cseq = Some(cseq.number);
        if cseq.method == Method::Invite || cseq.method == Method::Update {
            self.refresh_target(request);
        }
        Ok(())
    }

    /// §12.2.1.2: the Contact of a 2xx to our INVITE or UPDATE (or of such a request) becomes the new target. A message without
    /// a usable one changes nothing.
    pub fn refresh_target(&mut self, message: &Message) {
        if let Ok(Some(target)) = contact(message) {
            self.remote_target = target;
        }
    }

    /// Where our next request goes first: the first proxy, or the other side itself.
    #[must_use]
    pub fn next_hop(&self) -> &Uri {
        self.route_set.first().map_or(&self.remote_target, |route| &route.uri)
    }

    fn frame(&self, method: &Method, number: u32, via: &str) -> MessageBuilder {
        let target = self.remote_target.without_headers();
        let mut builder = match self.route_set.split_first() {
            // §12.2.1.1: a strict router wants its own address as Request-URI, and the target as the last Route.
            Some((first, _)) if !first.is_loose() => MessageBuilder::request(method, first.uri.without_headers().raw()),
            Some(_) | None => MessageBuilder::request(method, target.raw()),
        };
        builder = builder.header(Name::Via, via).header(Name::MaxForwards, "70");
        builder = match self.route_set.split_first() {
            Some((first, rest)) if !first.is_loose() => {
                let last = [&b"<"[..], target.raw(), b">"].concat();
                rest.iter()
                    .fold(builder, |builder, route| builder.header(Name::Route, &route.value))
                    .header(Name::Route, last)
            }
            Some(_) | None => {
                self.route_set.iter().fold(builder, |builder, route| builder.header(Name::Route, &route.value))
            }
        };
        builder
            .header(Name::From, &self.local_uri)
            .header(Name::To, &self.remote_uri)
            .header(Name::CallId, &self.id.call_id)
            .header(Name::CSeq, format!("{number} {method}"))
    }
}

/// A header's value as it came, unfolded. The caller has read the header before, so it is there.
fn value(message: &Message, name: Name) -> Bytes {
    message.header(name).map(|value| Bytes::copy_from_slice(&value)).unwrap_or_default()
}

/// The first Contact, if it is one that requests can go to.
fn contact(message: &Message) -> Result<Option<Uri>, HeaderError> {
    Ok(message.contacts()?.into_iter().next().map(|contact| contact.uri).filter(Uri::is_sip))
}

fn record_routes(message: &Message) -> Result<Vec<Route>, DialogError> {
    let mut routes = Vec::new();
    for (value, address) in message.values(Name::RecordRoute).zip(message.record_routes()?) {
        if routes.len() == ROUTES_MAX {
            return Err(DialogError::TooManyRoutes);
        }
        let NameAddr { uri, .. } = address;
        routes.push(Route { value: Bytes::copy_from_slice(&value), uri });
    }
    Ok(routes)
}

/// §12.1.2: seen from the caller the proxies stand in reverse order.
fn reversed_record_routes(response: &Message) -> Result<Vec<Route>, DialogError> {
    let mut routes = record_routes(response)?;
    routes.reverse();
    Ok(routes)
}

fn is_secure(invite: &Message, flow: Flow) -> bool {
    flow.protocol.is_secure() && invite.target().is_ok_and(|target| target.scheme() == Scheme::Sips)
}
