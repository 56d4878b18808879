//! Data on standard output. Somebody who stops reading ends the command in peace.

use std::io::{self, BufWriter, StdoutLock, Write};

use bson::{Bson, RawDocument};

/// Standard output for lines of data.
pub(super) struct Lines(BufWriter<StdoutLock<'static>>);

impl Lines {
    pub(super) fn new() -> Self {
        Self(BufWriter::with_capacity(1 << 16, io::stdout().lock()))
    }

    /// Writes a value as a line of JSON.
    pub(super) fn json(&mut self, value: &impl serde::Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.0, value)?;
        self.0.write_all(b"\n")
    }

    /// Writes a document as a line of relaxed Extended JSON v2.
    pub(super) fn document(&mut self, document: &RawDocument) -> anyhow::Result<()> {
        let tree: bson::Document = bson::deserialize_from_slice(document.as_bytes())?;
        Ok(self.json(&Bson::Document(tree).into_relaxed_extjson())?)
    }

    /// Writes a line.
    pub(super) fn text(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.0, "{text}")
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Whether an error only says that nobody reads any more.
pub(super) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let io_kind = |cause: &(dyn std::error::Error + 'static)| cause.downcast_ref::<io::Error>().map(io::Error::kind);
    let json_kind =
        |cause: &(dyn std::error::Error + 'static)| cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
    error.chain().any(|cause| io_kind(cause).or_else(|| json_kind(cause)) == Some(io::ErrorKind::BrokenPipe))
}
