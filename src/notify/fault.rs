//! Why a message was not taken, in sentences of our own: pages tell them in the reader's language. What a receiver or a mail server says
//! stays as it came.

use std::{error::Error, io};

use super::body::one_line;

/// Longest text of somebody else's that is told, in characters.
const TOLD: usize = 300;

/// What went wrong on the way to a receiver.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// This program ended.
    #[error("the attempt was interrupted")]
    Interrupted,
    /// The subscription was ended.
    #[error("nobody is subscribed any more")]
    Nobody,
    /// The name leads where webhooks may not go.
    #[error("the host is at an address that webhooks may not go to")]
    Address,
    /// Nobody listens there.
    #[error("the connection is refused")]
    Refused,
    /// It ended too early, or did not come about.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// Nothing was answered.
    #[error("no answer came in time")]
    Late,
    /// No connection stood.
    #[error("no connection came about in time")]
    Connect,
    /// The name leads nowhere.
    #[error("the host is not known")]
    UnknownHost,
    /// The other side does not prove who it is, or does not encrypt.
    #[error("no safe connection came about: {0}")]
    Tls(String),
    /// The receiver sends elsewhere.
    #[error("{0}: redirects are not followed")]
    Redirect(String),
    /// The mail server does not take it.
    #[error("the mail server answered {0}")]
    Answered(String),
    /// Some addresses, each with what is wrong with it.
    #[error("not every address took it: {0}")]
    Addresses(String),
    /// The configured sender is none.
    #[error("`notify.smtp.from` is no address: {0}")]
    From(String),
}

impl Fault {
    /// What kept a request from its answer.
    pub(super) fn of_request(error: &ureq::Error) -> Self {
        use ureq::{Error, Timeout};
        match error {
            Error::Timeout(Timeout::Resolve | Timeout::Connect) => Self::Connect,
            Error::Timeout(_) => Self::Late,
            Error::HostNotFound => Self::UnknownHost,
            Error::Io(error) => Self::of_connection(error),
            Error::Tls(_) | Error::Rustls(_) | Error::TlsRequired => Self::Tls(brief(error)),
            // Our own word, from the resolver.
            Error::Other(own) if own.is::<Self>() => Self::Address,
            error => Self::Broken(brief(error)),
        }
    }

    /// What kept a letter from being taken.
    pub(super) fn of_mail(error: &lettre::transport::smtp::Error) -> Self {
        match error.status() {
            Some(code) => {
                let said = error.source().map(ToString::to_string).unwrap_or_default();
                Self::Answered(one_line(&format!("{code}: {said}")).chars().take(TOLD).collect())
            }
            None if error.is_timeout() => Self::Late,
            None if error.is_tls() => Self::Tls(brief(error)),
            None => causes(error)
                .find_map(|cause| cause.downcast_ref::<io::Error>())
                .map_or_else(|| Self::Broken(brief(error)), Self::of_connection),
        }
    }

    fn of_connection(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::Late,
            _ => Self::Broken(brief(error)),
        }
    }
}

/// What caused an error, and what caused that.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

/// An error and what caused it, on one line.
fn brief(error: &(dyn Error + 'static)) -> String {
    let mut said = error.to_string();
    for cause in causes(error) {
        let text = cause.to_string();
        if !said.contains(&text) {
            said = format!("{said}: {text}");
        }
    }
    one_line(&said).chars().take(TOLD).collect()
}

#[cfg(test)]
impl Fault {
    /// One of each.
    pub(crate) fn samples() -> Vec<Self> {
        let said = || "<b>said</b>".to_owned();
        let with = [Self::Addresses, Self::Broken, Self::Tls, Self::Redirect, Self::Answered, Self::From].map(|fault| fault(said()));
        let without = [Self::Interrupted, Self::Nobody, Self::Address, Self::Refused, Self::Late, Self::Connect, Self::UnknownHost];
        with.into_iter().chain(without).collect()
    }
}
