//! Drafts from a server that speaks the OpenAI protocol: ollama, vLLM, llama.cpp, or one far away. Off unless it is configured.
//!
//! Requests wait in a bounded queue and are sent by threads of their own, so that an analyst does not wait behind one draft made ahead.
//! A reply streams; whoever drops it, or the deadline, closes the connection, which is how such servers are told to stop. The server
//! is not trusted: its stream is bounded in every direction, redirects are not followed, the key goes to the configured address alone.

mod address;
mod authority;
mod call;
mod length;
mod outlet;
mod queue;
mod stream;
mod thinking;
mod watch;
mod wire;

use std::{
    sync::{Arc, Mutex, PoisonError, atomic::AtomicUsize},
    thread,
    time::{Duration, Instant},
};

use secrecy::SecretString;
use ureq::tls::TlsConfig;

use crate::{
    config::LlmConfig,
    suggest::{AT, Backend, Drafting, Fault, ModelState, Request},
};
use address::Address;
use queue::Queue;

/// Requests on the way at once where nothing is configured: one for a person, one made ahead.
const WORKERS: usize = 2;
/// As many as may be configured: each has a thread.
const MOST_WORKERS: usize = 64;
/// How long a server that could not be reached is left alone.
const REST: Duration = Duration::from_secs(15);

/// What the threads share.
struct Shared {
    address: Address,
    model: String,
    key: SecretString,
    /// Whose certificates are believed.
    tls: TlsConfig,
    queue: Queue,
    /// How much of the protocol the server has, as far as is known: a place in [`wire::FORMS`].
    form: AtomicUsize,
    /// When it could not be reached, and what the attempt said.
    unreachable: Mutex<Option<(Instant, String)>>,
}

/// The backend.
struct OpenAi {
    shared: Arc<Shared>,
}

/// A backend that cannot work as it is configured.
struct Misconfigured {
    reason: String,
    remedy: String,
}

/// Starts the backend that the configuration names. One that cannot work says so by its state.
pub fn start(config: &LlmConfig) -> Arc<dyn Backend> {
    let absent = |reason: String, remedy: &str| Arc::new(Misconfigured { reason, remedy: remedy.to_owned() });
    let address = match Address::parse(&config.url) {
        Ok(address) => address,
        Err(reason) => return absent(reason, "set `llm.url` to the server's address, such as `http://127.0.0.1:11434/v1`"),
    };
    if config.model.trim().is_empty() {
        return absent("no model is named".into(), "set `llm.model` to the name the server has for it");
    }
    let tls = match authority::believed(config.ca_file.as_deref()) {
        Ok(tls) => tls,
        Err(reason) => return absent(reason, "set `llm.ca_file` to a file of certificates in PEM form, or leave it out"),
    };
    let shared = Arc::new(Shared {
        address,
        model: config.model.trim().to_owned(),
        key: config.key.clone(),
        tls,
        queue: Queue::new(config.queue),
        form: AtomicUsize::new(0),
        unreachable: Mutex::new(None),
    });
    let spawn = |name: &str, work: fn(&Shared)| {
        let shared = shared.clone();
        thread::Builder::new().name(name.to_owned()).spawn(move || work(&shared))
    };
    let n_workers = if config.streams > 0 { config.streams.min(MOST_WORKERS) } else { WORKERS };
    let threads = (0..n_workers).map(|_| spawn("llm-http", call::work)).chain(std::iter::once(spawn("llm-watch", watch::watch)));
    match threads.collect::<Result<Vec<_>, _>>() {
        Ok(_) => Arc::new(OpenAi { shared }),
        Err(error) => {
            shared.queue.close();
            absent(format!("no thread could be started: {error}"), "give this process more threads, and restart it")
        }
    }
}

impl Shared {
    fn reached(&self, failure: Option<String>) {
        *self.unreachable.lock().unwrap_or_else(PoisonError::into_inner) = failure.map(|failure| (Instant::now(), failure));
    }
}

impl Backend for OpenAi {
    fn name(&self) -> String {
        format!("{}{AT}{}", self.shared.model, self.shared.address.shown())
    }

    fn is_remote(&self) -> bool {
        !self.shared.address.is_here()
    }

    fn state(&self) -> ModelState {
        match &*self.shared.unreachable.lock().unwrap_or_else(PoisonError::into_inner) {
            Some((when, reason)) if when.elapsed() < REST => ModelState::Absent {
                reason: reason.clone(),
                remedy: format!("start the server at {}, or mend `llm.url`; it is tried again by itself", self.shared.address.shown()),
            },
            _ => ModelState::Ready,
        }
    }

    fn waiting(&self) -> usize {
        self.shared.queue.len()
    }

    fn submit(&self, request: Request) -> Result<Drafting, Fault> {
        if let ModelState::Absent { reason, .. } = self.state() {
            return Err(Fault::Absent(reason));
        }
        Ok(Drafting { events: self.shared.queue.push(request, |deadline| call::agent(deadline, &self.shared.tls))? })
    }
}

impl Drop for OpenAi {
    fn drop(&mut self) {
        self.shared.queue.close();
    }
}

impl Backend for Misconfigured {
    fn name(&self) -> String {
        "http".into()
    }

    fn is_remote(&self) -> bool {
        false
    }

    fn state(&self) -> ModelState {
        ModelState::Absent { reason: self.reason.clone(), remedy: self.remedy.clone() }
    }

    fn waiting(&self) -> usize {
        0
    }

    fn submit(&self, _: Request) -> Result<Drafting, Fault> {
        Err(Fault::Absent(self.reason.clone()))
    }
}

#[cfg(test)]
mod tests;
