//! Messages that came by themselves, to an address where nothing is answered: they take the way of posts.

use std::{net::IpAddr, sync::Arc};

use bson::DateTime;

use super::{
    poison,
    posts::{Post, PostError, Posts},
    settings::Settings,
};
use crate::{
    domain::{BranchCode, ProblemKind},
    parse::{
        FormatChoice,
        shipped::{Arrival, Parcel, Shipment, Syslog, Undecodable, gelf_message},
    },
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
    let branch = services.branch(&mailbox.branch).await.map_err(|error| PostError::Store(Arc::new(error)))?;
    let settings = Settings::of(&branch).map_err(|error| PostError::Branch(mailbox.branch.clone(), error.to_string()))?;
    let Settings { timezone, encoding } = settings;
    let limits = services.config.parse.limits.clone();
    let (kind, messages) = (mailbox.kind, messages.clone());
    let decoding = tokio::task::spawn_blocking(move || {
        let mut syslog = Syslog::new(&timezone, encoding, DateTime::now(), &limits);
        decode(messages.get(from..).unwrap_or_default(), |arrival, shipment| {
            #[cfg(test)]
            poison::sabotage_decoder(arrival.bytes);
            match kind {
                Kind::Syslog => syslog.add(arrival, shipment),
                Kind::Gelf => gelf_message(arrival, shipment),
            }
        })
    });
    let Decoded { parcels, unread, n_taken } = decoding.await.map_err(|error| PostError::Interrupted(error.to_string()))?;
    let post = |format, body| Post { branch: mailbox.branch.clone(), sender: mailbox.name.clone(), body, format, stretch: None };
    for Parcel { format, body } in parcels {
        posts.take(post(format, body)).await?;
    }
    for body in unread {
        posts.quarantine(post(FormatChoice::Auto, body), ProblemKind::ProgramFault).await?;
    }
    Ok(n_taken)
}

/// What was made of messages.
struct Decoded {
    parcels: Vec<Parcel>,
    /// Messages on which the program fails.
    unread: Vec<Vec<u8>>,
    /// How many were taken, of the first ones.
    n_taken: usize,
}

/// As many of the messages as there is room for, one at least.
fn decode(messages: &[Message], mut add: impl FnMut(&Arrival<'_>, &mut Shipment) -> Result<(), Undecodable>) -> Decoded {
    let mut shipment = Shipment::new(LIMIT);
    let (mut unread, mut n_taken) = (Vec::new(), 0);
    for message in messages {
        let sender = message.sender.to_string();
        let arrival = Arrival { sender: &sender, received: message.received, bytes: &message.bytes };
        match poison::caught(|| add(&arrival, &mut shipment)) {
            Some(Err(_)) if n_taken > 0 => break,
            Some(_) => {}
            None => unread.push(message.bytes.clone()),
        }
        n_taken += 1;
    }
    Decoded { parcels: shipment.into_parcels(), unread, n_taken }
}
