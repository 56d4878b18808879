//! Doors for log shippers that speak a protocol of their own, so that they work as they are: one file a protocol.
//!
//! `carry` receives, has it decoded by `parse::shipped` and written, as posts of branches
//! are. A door answers as the clients of its protocol expect: what they send again and what they throw away hangs on the status alone
//! (`deploy/shippers/README.md` has the table).

mod carry;
mod elastic;
mod gelf;
mod loki;
mod otlp;
mod plain;

pub(in crate::api) use elastic::{
    bulk as elastic_bulk, health as elastic_health, is_client as is_elastic_client, license as elastic_license, root as elastic_root,
};
pub(in crate::api) use gelf::message as gelf_message;
pub(in crate::api) use loki::{push as loki_push, ready as loki_ready};
pub(in crate::api) use otlp::logs as otlp_logs;

use super::{
    Gate, admit, body, sender,
    store::{self, SMALL_UNWRAPPED},
};
