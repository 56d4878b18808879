//! What log shippers send, in the protocols that they speak, to what the parser reads: one file a protocol turns bytes into [`Event`]s,
//! and a [`Shipment`] turns these into text in the branch format or into lines of JSON.
//!
//! Decoders know no connection and no store. Only an envelope that cannot be opened is an error; a record in it that cannot be read is
//! handed on as it is, for the quarantine. What comes out is bounded, however little went in: see [`Undecodable::TooLarge`].

mod arrival;
mod bulk;
mod chunks;
mod event;
mod frames;
mod gelf;
mod json;
mod labels;
mod loki;
mod object;
mod otlp;
mod otlp_json;
mod shipment;
mod snappy;
mod syslog;
#[cfg(test)]
mod tests;
mod told;
mod wire;

pub use arrival::Arrival;
pub use bulk::{Action, Item, bulk};
pub use chunks::{Chunks, Datagram};
pub use event::Event;
pub use frames::{Frames, Framing};
pub use gelf::{http as gelf_http, message as gelf_message};
pub use loki::{json as loki_json, protobuf as loki_protobuf};
pub use otlp::{TAKEN as OTLP_TAKEN, protobuf as otlp_protobuf, status as otlp_status};
pub use otlp_json::json as otlp_json;
pub use shipment::{Parcel, Shipment};
pub use snappy::unpack as unpack_snappy;
pub use syslog::Syslog;

/// Why an envelope cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undecodable {
    /// It is not what it says it is, or ends too early.
    #[error("the body cannot be decoded: {0}")]
    Damaged(&'static str),
    /// What is in it takes more than this many bytes.
    #[error("what is in the body takes more than {0} bytes")]
    TooLarge(usize),
}
