//! What must hold for any bytes, a function a decoder: the tests of this room call them with what chance brings, and the program in
//! `fuzz/` with what opens new ways through the code.
//!
//! Of every input the first bytes decide how the others are read. A function panics where what it promises does not hold.

pub(in crate::parse) mod archives;
pub(in crate::parse) mod bodies;
pub(in crate::parse) mod files;
mod seeds;
pub(in crate::parse) mod shipped;
pub(in crate::parse) mod values;

use std::io::{self, Read, Write};

use super::{Error, FormatChoice, Options, PairedLog, Piece, Report, parse};
use crate::domain::LogFileId;

/// A decoder: its name, what must hold for any input, and inputs to begin with.
pub type Target = (&'static str, fn(&[u8]), fn() -> Vec<Vec<u8>>);

/// All decoders of the room.
pub const TARGETS: [Target; 20] = [
    ("branch", files::branch, seeds::branch),
    ("lines", files::lines, seeds::lines),
    ("json-lines", files::json_lines, seeds::json_lines),
    ("custom-format", files::custom_format, seeds::custom_formats),
    ("encodings", files::encodings, seeds::encodings),
    ("file", files::file, seeds::files),
    ("envelope", bodies::envelope, seeds::envelopes),
    ("array", bodies::array, seeds::arrays),
    ("archive", archives::archive, seeds::archives),
    ("loki-json", shipped::loki_json, seeds::loki_json),
    ("loki-protobuf", shipped::loki_protobuf, seeds::loki_protobuf),
    ("otlp-json", shipped::otlp_json, seeds::otlp_json),
    ("otlp-protobuf", shipped::otlp_protobuf, seeds::otlp_protobuf),
    ("bulk", shipped::bulk, seeds::bulk),
    ("gelf", shipped::gelf, seeds::gelf),
    ("gelf-chunks", shipped::gelf_chunks, seeds::gelf_chunks),
    ("syslog", shipped::syslog, seeds::syslog),
    ("frames", shipped::frames, seeds::frames),
    ("json", values::json, seeds::json),
    ("dates", values::dates, seeds::dates),
];

/// The first bytes of an input, and the others; `None` where it is shorter.
fn split<const N: usize>(input: &[u8]) -> Option<([u8; N], &[u8])> {
    input.split_first_chunk().map(|(first, rest)| (*first, rest))
}

/// Of a branch, everything detected.
pub(in crate::parse) fn options() -> Options {
    Options::new("K01".parse().unwrap(), LogFileId::from_content(&[b"file"]))
}

/// What a file gives.
pub(in crate::parse) fn pieces_with(input: impl Read, options: &Options) -> (Vec<Piece>, Report) {
    collected(|sink| parse(input, options, sink, &|_| {}))
}

/// What is handed out, one piece after the other, and the report.
pub(in crate::parse) fn collected(
    read: impl FnOnce(&mut dyn FnMut(Piece) -> Result<(), Error>) -> Result<Report, Error>,
) -> (Vec<Piece>, Report) {
    let mut pieces = Vec::new();
    let report = read(&mut |piece| {
        pieces.push(piece);
        Ok(())
    });
    (pieces, report.unwrap())
}

/// What a text gives that is read as these choices say.
fn pieces_as(text: &[u8], format: FormatChoice) -> Vec<Piece> {
    pieces_with(text, &Options { format, ..options() }).0
}

/// The document of a Log as it is stored.
fn stored(log: &PairedLog) -> Vec<u8> {
    let options = options();
    let encoded = log.encode(&options.branch, &options.log_file_id, None, None).unwrap();
    bson::Document::try_from(encoded.document()).unwrap();
    encoded.bytes().to_vec()
}

/// Everything that is kept of a file, one after the other.
pub(in crate::parse) fn kept<'p>(pieces: impl IntoIterator<Item = &'p Piece>) -> Vec<u8> {
    let keep = |piece: &Piece| match piece {
        Piece::Log(log) => stored(log),
        Piece::Quarantine(foreign) => foreign.raw.clone(),
    };
    pieces.into_iter().map(keep).collect::<Vec<_>>().join(&b'|')
}

/// Whether bytes hold this text.
pub(in crate::parse) fn holds(bytes: &[u8], text: &str) -> bool {
    memchr::memmem::find(bytes, text.as_bytes()).is_some()
}

/// Something that is found again wherever it is kept.
pub(in crate::parse) fn mark(n: usize) -> String {
    format!("|{n:05}|")
}

/// Whether a text would be taken for a compressed one.
pub(in crate::parse) fn looks_compressed(text: &[u8]) -> bool {
    text.starts_with(b"\x1F\x8B") || text.starts_with(b"\x28\xB5\x2F\xFD")
}

/// Packs a text.
pub(in crate::parse) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Packs a text.
pub(in crate::parse) fn zstd(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 1).unwrap()
}

/// Gives its bytes in pieces of the given lengths, one after the other and again.
pub(in crate::parse) struct InPieces<'a> {
    bytes: &'a [u8],
    lengths: std::iter::Cycle<std::vec::IntoIter<usize>>,
}

impl<'a> InPieces<'a> {
    pub(in crate::parse) fn new(bytes: &'a [u8], lengths: Vec<usize>) -> Self {
        Self { bytes, lengths: lengths.into_iter().cycle() }
    }
}

impl Read for InPieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.lengths.next().unwrap_or(1).max(1).min(out.len()).min(self.bytes.len());
        let (now, later) = self.bytes.split_at(n);
        out[..n].copy_from_slice(now);
        self.bytes = later;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_promised_holds_for_all_inputs_to_begin_with() {
        for (name, check, seeds) in TARGETS {
            let seeds = seeds();
            assert!(seeds.len() > 1, "{name}");
            for seed in seeds {
                // Whole, without its choices, and cut in the middle.
                for input in [&seed[..], seed.get(1..).unwrap_or_default(), &seed[..seed.len() / 2]] {
                    check(input);
                }
            }
            check(&[]);
        }
    }
}
