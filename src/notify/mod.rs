//! What a branch is told, as a message: written in its language, signed, handed to a mail server or to a program of the branch.
//!
//! ```text
//! Delivery ─► letter (subject, text, HTML │ JSON) ─► mail (SMTP) │ hook (HTTPS, signed)
//! ```
//!
//! A letter says the same whenever it is written, so that a second copy can be recognised by its id. What comes from logs is text and
//! nothing else: it is escaped in HTML and cannot reach a header. The room knows no store.

mod body;
mod fault;
mod guard;
mod hook;
mod html;
mod letter;
mod mail;
mod sign;
mod when;
mod words;

use crate::{
    config::NotifyConfig,
    domain::{Channel, Delivery, Subscription},
};

pub use fault::Fault;
pub use sign::{SIGNATURE, signature};
pub use when::{is_due, pause};

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Taken,
    /// Not now: it may be taken later.
    Later(String),
    /// It will never be taken.
    Refused(String),
}

/// Sends a message; this blocks for up to half a minute.
pub fn send(config: &NotifyConfig, subscription: &Subscription, delivery: &Delivery) -> Outcome {
    let letter = letter::Letter::new(config, subscription, delivery);
    match &subscription.channel {
        Channel::Mail { addresses } => mail::send(&config.smtp, addresses, &letter),
        Channel::Webhook { url, secret } => hook::send(config, url, secret, &letter),
    }
}

/// Why a channel cannot work with this configuration, if it cannot.
pub fn lacks(config: &NotifyConfig, channel: &Channel) -> Option<Lack> {
    match channel {
        Channel::Mail { .. } if config.smtp.host.is_empty() => Some(Lack::MailServer),
        Channel::Webhook { url, .. } if guard::permission(config, &url.host()).is_none() => Some(Lack::Host(url.host())),
        _ => None,
    }
}

/// What the configuration lacks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lack {
    /// No mail server is named.
    #[error("no mail server is configured (`notify.smtp.host`)")]
    MailServer,
    /// The host is not among those that webhooks may go to.
    #[error("`{0}` is not among the hosts that webhooks may go to (`notify.webhook_hosts`)")]
    Host(String),
}
