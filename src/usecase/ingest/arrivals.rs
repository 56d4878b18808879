//! Messages that came by themselves, to an address where nothing is answered: they take the way of posts.

use std::{net::IpAddr, sync::Arc};

use bson::DateTime;
use jiff::tz::TimeZone;

use super::posts::{Post, PostError, Posts};
use crate::{
    domain::BranchCode,
    parse::shipped::{Arrival, Parcel, Shipment, Syslog, Undecodable, gelf_message},
    usecase::Services,
};

/// Most that is made of messages at a time, in bytes.
const LIMIT: usize = 16 << 20;

/// What the messages of an address are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Syslog.
    Syslog,
    /// GELF.
    Gelf,
}

/// A message as it came.
#[derive(Debug)]
pub struct Message {
    /// The address that sent it.
    pub sender: IpAddr,
    /// When, in nanoseconds since 1970; no two of an address at once.
    pub received: i64,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Where messages come to.
#[derive(Debug)]
pub struct Mailbox {
    /// The branch whose they are.
    pub branch: BranchCode,
    /// Its name in the ledger.
    pub name: String,
    /// What they are.
    pub kind: Kind,
}

/// Has messages written from the first of them on; how many were, all of which are on disk when this returns.
///
/// # Errors
/// When they are not, or not certainly: taking them again does no harm.
pub async fn take(
    services: &Services,
    posts: &Posts,
    mailbox: &Mailbox,
    messages: &Arc<[Message]>,
    from: usize,
) -> Result<usize, PostError> {
    let unreadable = |reason: String| PostError::Branch(mailbox.branch.clone(), reason);
    let branch = services.branch(&mailbox.branch).await.map_err(|error| PostError::Store(Arc::new(error)))?;
    let timezone = TimeZone::get(&branch.timezone).map_err(|error| unreadable(error.to_string()))?;
    let encoding = branch.encoding.as_deref().and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()));
    let limits = services.config.parse.limits.clone();
    let (kind, messages) = (mailbox.kind, messages.clone());
    let decoding = tokio::task::spawn_blocking(move || {
        let mut syslog = Syslog::new(&timezone, encoding, DateTime::now(), &limits);
        decode(messages.get(from..).unwrap_or_default(), |arrival, shipment| match kind {
            Kind::Syslog => syslog.add(arrival, shipment),
            Kind::Gelf => gelf_message(arrival, shipment),
        })
    });
    let (parcels, n_taken) = decoding.await.map_err(|error| PostError::Interrupted(error.to_string()))?;
    for Parcel { format, body } in parcels {
        posts.take(Post { branch: mailbox.branch.clone(), sender: mailbox.name.clone(), body, format, stretch: None }).await?;
    }
    Ok(n_taken)
}

/// As many of the messages as there is room for, one at least.
fn decode(messages: &[Message], mut add: impl FnMut(&Arrival<'_>, &mut Shipment) -> Result<(), Undecodable>) -> (Vec<Parcel>, usize) {
    let mut shipment = Shipment::new(LIMIT);
    let mut n_taken = 0;
    for message in messages {
        let sender = message.sender.to_string();
        let arrival = Arrival { sender: &sender, received: message.received, bytes: &message.bytes };
        if add(&arrival, &mut shipment).is_err() && n_taken > 0 {
            break;
        }
        n_taken += 1;
    }
    (shipment.into_parcels(), n_taken)
}
