//! What the list of addresses is made of: who may use one, what it takes and what it gives.

use actix_web::{Route, guard::GuardContext, http::Method};
use serde_json::Value;

use super::schema::{Definitions, Schema};
use crate::domain::{Role, TokenScope};

/// Who may use an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody.
    Public,
    /// A branch with its ingestion key, which the handler checks.
    IngestionKey,
    /// A person of at least this role: signed in, or by a token with this scope.
    Person(Role, TokenScope),
    /// A person of at least this role, signed in.
    Session(Role),
    /// Whatever runs on this machine, or an administrator.
    Loopback,
}

/// Makes a schema, defining the shapes that it refers to.
type Describe = fn(&mut Definitions) -> Value;

/// One address and what answers there.
pub(crate) struct Address {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    /// What it does, in a sentence.
    pub(crate) summary: &'static str,
    /// Status of its answer.
    pub(crate) status: u16,
    pub(super) query: Option<Describe>,
    pub(super) body: Option<Describe>,
    pub(super) answer: Option<Describe>,
    /// Media types of the file that it answers with, where that is no JSON.
    pub(super) files: &'static [&'static str],
    /// It takes bytes of any kind.
    pub(super) streams: bool,
    /// It tells, where that is preferred, by these events how far its answer is.
    pub(super) events: Option<&'static str>,
    /// It hands work to a queue that may be full.
    pub(super) queues: bool,
    /// Which requests it answers, where others have the same path; what the first address of a path says counts for all of it.
    pub(super) only: Option<fn(&GuardContext<'_>) -> bool>,
    pub(super) handler: fn() -> Route,
}

impl Address {
    pub(super) const fn new(method: Method, path: &'static str, access: Access, handler: fn() -> Route) -> Self {
        Self {
            method,
            path,
            access,
            summary: "",
            status: 200,
            query: None,
            body: None,
            answer: None,
            files: &[],
            streams: false,
            events: None,
            queues: false,
            only: None,
            handler,
        }
    }

    pub(super) const fn says(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    pub(super) const fn asks<T: Schema>(mut self) -> Self {
        self.query = Some(T::schema);
        self
    }

    pub(super) const fn takes<T: Schema>(mut self) -> Self {
        self.body = Some(T::schema);
        self
    }

    pub(super) const fn streams(mut self) -> Self {
        self.streams = true;
        self
    }

    pub(super) const fn tells(mut self, events: &'static str) -> Self {
        self.events = Some(events);
        self
    }

    pub(super) const fn queues(mut self) -> Self {
        self.queues = true;
        self
    }

    pub(super) const fn only_for(mut self, asks: fn(&GuardContext<'_>) -> bool) -> Self {
        self.only = Some(asks);
        self
    }

    pub(super) const fn gives<T: Schema>(mut self) -> Self {
        self.answer = Some(T::schema);
        self
    }

    pub(super) const fn gives_file(mut self, kinds: &'static [&'static str]) -> Self {
        self.files = kinds;
        self
    }

    pub(super) const fn makes<T: Schema>(mut self) -> Self {
        self.status = 201;
        self.answer = Some(T::schema);
        self
    }

    pub(super) const fn gives_nothing(mut self) -> Self {
        self.status = 204;
        self
    }
}

pub(super) const fn get(path: &'static str, access: Access, handler: fn() -> Route) -> Address {
    Address::new(Method::GET, path, access, handler)
}

pub(super) const fn post(path: &'static str, access: Access, handler: fn() -> Route) -> Address {
    Address::new(Method::POST, path, access, handler)
}

pub(super) const fn put(path: &'static str, access: Access, handler: fn() -> Route) -> Address {
    Address::new(Method::PUT, path, access, handler)
}

pub(super) const fn delete(path: &'static str, access: Access, handler: fn() -> Route) -> Address {
    Address::new(Method::DELETE, path, access, handler)
}
