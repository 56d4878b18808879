//! JSON text to BSON bytes in one pass, without a tree in between.
//!
//! `transcode` walks the text with an explicit stack and writes the elements of the document as it goes; on the way it
//! notes the few values that pairing needs. Whatever the text, it neither recurses nor fails to end.

mod dedupe;
mod keys;
mod number;
mod string;
#[cfg(test)]
mod tests;
mod transcode;
mod write;

pub(super) use transcode::skip_space;
pub(super) use transcode::{Found, Stop, Transcoder};
pub(super) use write::{digest as write_digest, end_document, key, kind, start_document, string as write_string};
