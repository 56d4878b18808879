//! Makes the half of an exchange from a record: names shared, date in UTC, body as BSON, fingerprint, problems.

use std::io::{self, Read};

use compact_str::CompactString;
use memchr::memmem;
use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_64_with_seed};

use super::{
    oversized,
    record::{Body, Record},
    repair::repair,
};
use crate::{
    domain::{Problem, ProblemKind, Stretch},
    parse::{
        Foreign, Options,
        date::{BadDate, Dates, Zone},
        half::{Half, Remark},
        input::Window,
        json::{self, Found, Transcoder},
        options::FUTURE,
        origin::{Origin, Origins},
        recent::Recent,
    },
};

/// Records within which identical ones are numbered, so that each has a fingerprint of its own.
const RECORDS_REMEMBERED: usize = 32 << 10;

/// Text that is part of nothing is noted up to this length.
const NOTED: usize = 400;

/// Builds the halves of one file.
pub(super) struct Builder {
    origins: Origins,
    dates: Dates,
    prints: Recent,
    stretch: Option<Stretch>,
    max_stored_bytes: usize,
    /// The latest date that a record can have.
    latest_ms: i64,
    /// Records that were read as windows-1251 although the file's start did not show it.
    pub n_as_1251: u64,
}

/// A half and what of its record goes to quarantine.
pub(super) struct Built {
    pub half: Box<Half>,
    pub quarantine: Vec<Foreign>,
}

/// The body of a half while it is made.
#[derive(Default)]
struct Content {
    document: Option<Vec<u8>>,
    found: Found,
    remarks: Vec<Remark>,
    print: u64,
}

impl Builder {
    pub(super) fn new(dates: Dates, origins: Origins, options: &Options) -> Self {
        let (max_stored_bytes, latest_ms) = (options.limits.max_stored_bytes, options.latest_ms());
        let (prints, stretch) = (Recent::new(RECORDS_REMEMBERED), options.stretch.clone());
        Self { origins, dates, prints, stretch, max_stored_bytes, latest_ms, n_as_1251: 0 }
    }

    /// What it learnt.
    pub(super) fn end(self) -> (Zone, Origins) {
        (self.dates.into_zone(), self.origins)
    }

    /// The half that a record at the start of the window makes.
    pub(super) fn half<R: Read>(&mut self, record: &Record<'_>, window: &Window<'_, R>, transcoder: &mut Transcoder) -> Built {
        let view = window.view();
        let mut content = Content { print: print(view, record), ..Content::default() };
        let mut quarantine = Vec::new();
        match record.body {
            Body::Missing | Body::Oversized { .. } => content.remark(record.header_len, ProblemKind::MissingBody, "the header has no body"),
            Body::Whole { from, to } => self.whole(window, (from, to), transcoder, &mut content),
            Body::Damaged { from, to, fault, reason } => {
                content.remark(fault, ProblemKind::MalformedBody, reason);
                self.raw(window, (from, to), transcoder, &mut content);
            }
            Body::Cut { from, to, fault } => {
                content.remark(fault, ProblemKind::CutRecord, "the record ends in the middle of its body");
                self.raw(window, (from, to), transcoder, &mut content);
            }
            Body::TooDeep { from, to, fault } => {
                content.remark(fault, ProblemKind::TooDeep, "the body is nested deeper than is stored");
                self.raw(window, (from, to), transcoder, &mut content);
            }
        }
        if let Some(from) = record.header.odd_at {
            quarantine.extend(left_over(window, (from, record.header_len), "the header line holds other text", &mut content));
        }
        if let Some(place) = record.trailing {
            quarantine.extend(left_over(window, place, "text follows the body", &mut content));
        }
        if let Some(size) = content.document.as_ref().map(Vec::len).filter(|&size| size > self.max_stored_bytes)
            && let Body::Whole { from, to } | Body::Damaged { from, to, .. } | Body::Cut { from, to, .. } | Body::TooDeep { from, to, .. } =
                record.body
        {
            let text = view.get(from..to).unwrap_or_default();
            content.document = Some(digest(&blake3::hash(text), text.len() as u64));
            content.remark(from, ProblemKind::Oversized, &format!("the body takes {size} bytes and is kept as digest and size"));
            quarantine.push(Foreign {
                offset: window.offset_of(from),
                size_bytes: window.offset_of(to) - window.offset_of(from),
                raw: window.source(from, to.min(from + (1 << 20))),
                kind: ProblemKind::Oversized,
                reason: format!("a body of {} bytes", text.len()),
            });
        }
        Built { half: self.assemble(record, window, content), quarantine }
    }

    /// The half of a record whose body is too large to look at; lets go of the body.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub(super) fn oversized<R: Read>(&mut self, built: Built, window: &mut Window<'_, R>, found: Found) -> io::Result<Built> {
        let Built { mut half, mut quarantine } = built;
        let offset = window.offset_of(0);
        let drained = oversized::drain(window)?;
        half.problems.retain(|problem| problem.kind != ProblemKind::MissingBody);
        half.message_id = found.message_id.or_else(|| salvage(&drained.tail, b"\"message_id\""));
        half.session = found.session;
        half.body = Some(digest(&drained.hash, drained.size_bytes));
        let text = format!("the body of {} bytes is kept as digest and size", drained.size_bytes);
        half.problems.push(Problem { offset: offset as i64, kind: ProblemKind::Oversized, text: text.clone() });
        if drained.cut {
            let text = "the record ends in the middle of its body".to_owned();
            half.problems.push(Problem { offset: window.offset_of(0) as i64, kind: ProblemKind::CutRecord, text });
        }
        let mut hasher = Xxh3::new();
        hasher.update(&half.print.to_le_bytes());
        hasher.update(drained.hash.as_bytes());
        half.print = self.known_by(hasher.digest(), offset, half.message_id.is_some());
        let charset = window.charset();
        quarantine.push(Foreign {
            offset,
            size_bytes: window.offset_of(0) - offset,
            raw: charset.source(&drained.start),
            kind: ProblemKind::Oversized,
            reason: text,
        });
        Ok(Built { half, quarantine })
    }

    fn assemble<R: Read>(&mut self, record: &Record<'_>, window: &Window<'_, R>, mut content: Content) -> Box<Half> {
        let header = &record.header;
        let date = match self.dates.utc_ms(header.date) {
            Ok(date) => {
                if date > self.latest_ms {
                    content.remark(header.date_at, ProblemKind::FutureDate, FUTURE);
                }
                Some(date)
            }
            Err(why) => {
                let text = String::from_utf8_lossy(header.date);
                let why = match why {
                    BadDate::Unreadable => "cannot be read",
                    BadDate::NoSuchDay => "does not exist",
                };
                content.remark(header.date_at, ProblemKind::BadDate, &format!("the date `{text}` {why}"));
                None
            }
        };
        let parts = [Some(header.server), header.request_type, header.content_type, header.charset];
        let origin = self.origins.get(header.side, parts, |[server, values @ ..]| {
            let server = repair(server.unwrap_or_default(), window.charset()).text.into_owned();
            Origin::new(server, values.map(|value| value.map(|value| String::from_utf8_lossy(value).into_owned())))
        });
        let (offset, has_id) = (window.offset_of(0), content.found.message_id.is_some());
        let print = match record.body {
            // There is more to come of it.
            Body::Oversized { .. } => content.print.cast_signed(),
            _ => self.known_by(content.print, offset, has_id),
        };
        let problem = |remark: Remark| Problem { offset: window.offset_of(remark.at) as i64, kind: remark.kind, text: remark.text };
        Box::new(Half {
            side: header.side,
            offset,
            origin,
            message_id: content.found.message_id,
            session: content.found.session,
            date,
            ip: std::str::from_utf8(header.ip).ok().map(CompactString::from),
            body: content.document,
            problems: content.remarks.into_iter().map(problem).collect(),
            print,
        })
    }

    /// The fingerprint of a record: its digest and its place, where that is known and it has no message id. Then it is the same in whatever
    /// pieces its source is sent, and another than that of a record which says the same elsewhere. Else its digest and its number among
    /// equal ones of this input.
    fn known_by(&mut self, print: u64, offset: u64, has_id: bool) -> i64 {
        match &self.stretch {
            Some(stretch) if !has_id => {
                let of_place = xxh3_64_with_seed(stretch.source.as_bytes(), stretch.place(offset).cast_unsigned());
                print.wrapping_add(of_place).cast_signed()
            }
            _ => self.numbered(print),
        }
    }

    /// The digest, or that of the digest and a number when the same record occurred before.
    fn numbered(&mut self, print: u64) -> i64 {
        match self.prints.count(print) {
            0 => print as i64,
            n_before => xxh3_64_with_seed(&print.to_le_bytes(), n_before.into()) as i64,
        }
    }

    /// Takes the document that the transcoder made, unless the text was of another encoding.
    fn whole<R: Read>(&mut self, window: &Window<'_, R>, (from, to): (usize, usize), transcoder: &mut Transcoder, content: &mut Content) {
        let body = window.view().get(from..to).unwrap_or_default();
        let mut shift = 0;
        if simdutf8::basic::from_utf8(body).is_err() {
            let text = self.repaired(window, (from, to), content);
            // The bytes that were replaced stand inside strings, so the text still reads as JSON.
            if transcoder.transcode(text.as_bytes(), 0, true).is_err() {
                content.document = Some(raw_document(&text));
                return;
            }
            shift = from;
        }
        content.document = Some(transcoder.take_document());
        content.take_noted(transcoder, shift);
    }

    /// Keeps the text of a body that has no document.
    fn raw<R: Read>(&mut self, window: &Window<'_, R>, (from, to): (usize, usize), transcoder: &mut Transcoder, content: &mut Content) {
        let text = self.repaired(window, (from, to), content);
        content.take_noted(transcoder, 0);
        content.found.message_id = content.found.message_id.take().or_else(|| salvage(text.as_bytes(), b"\"message_id\""));
        content.document = Some(raw_document(text.trim_end_matches(['\r', '\n'])));
    }

    fn repaired<'w, R: Read>(
        &mut self,
        window: &'w Window<'_, R>,
        (from, to): (usize, usize),
        content: &mut Content,
    ) -> std::borrow::Cow<'w, str> {
        let repaired = repair(window.view().get(from..to).unwrap_or_default(), window.charset());
        self.n_as_1251 += u64::from(repaired.as_1251);
        if let Some(at) = repaired.replaced_at {
            content.remark(from + at, ProblemKind::BadEncoding, "bytes that are not of the file's encoding were replaced");
        }
        repaired.text
    }
}

impl Content {
    fn remark(&mut self, at: usize, kind: ProblemKind, text: &str) {
        self.remarks.push(Remark { at, kind, text: text.to_owned() });
    }

    fn take_noted(&mut self, transcoder: &mut Transcoder, shift: usize) {
        self.found = transcoder.take_found();
        self.remarks.extend(transcoder.take_remarks().into_iter().map(|remark| Remark { at: remark.at + shift, ..remark }));
    }
}

/// Notes text of a record that is part of nothing; what is too long for the note is also kept as it is.
fn left_over<R: Read>(window: &Window<'_, R>, (from, to): (usize, usize), what: &str, content: &mut Content) -> Option<Foreign> {
    let repaired = repair(window.view().get(from..to).unwrap_or_default(), window.charset()).text;
    let noted = repaired.get(..repaired.floor_char_boundary(NOTED)).unwrap_or_default();
    content.remark(from, ProblemKind::TrailingText, &format!("{what}: `{noted}`"));
    let raw = (noted.len() < repaired.len()).then(|| window.source(from, to))?;
    let (offset, size_bytes) = (window.offset_of(from), raw.len() as u64);
    Some(Foreign { offset, size_bytes, raw, kind: ProblemKind::TrailingText, reason: what.to_owned() })
}

/// Digest of the record as it stands in the file, foreign lines aside. XXH3 will do: a branch that forged one would but hide a record of its
/// own, under a message id of its own.
fn print(view: &[u8], record: &Record<'_>) -> u64 {
    let (from, to) = match record.body {
        Body::Missing | Body::Oversized { .. } => (0, record.header_len),
        Body::Whole { from, to } | Body::Damaged { from, to, .. } | Body::Cut { from, to, .. } | Body::TooDeep { from, to, .. } => {
            (from, to)
        }
    };
    if record.foreign.is_none() {
        return xxh3_64(view.get(..to).unwrap_or_default());
    }
    let mut hasher = Xxh3::new();
    hasher.update(view.get(..record.header_len).unwrap_or_default());
    hasher.update(view.get(from..to).unwrap_or_default());
    hasher.digest()
}

fn raw_document(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 24);
    let at = json::start_document(&mut out);
    json::key(&mut out, json::kind::STRING, "raw");
    json::write_string(&mut out, text);
    json::end_document(&mut out, at);
    out
}

fn digest(hash: &blake3::Hash, size_bytes: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(112);
    json::write_digest(&mut out, hash, size_bytes);
    out
}

/// The string value of the first such key in a text that is not JSON as a whole.
fn salvage(text: &[u8], key: &[u8]) -> Option<CompactString> {
    let after = text.get(memmem::find(text, key)? + key.len()..)?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let value = after.strip_prefix(b"\"")?;
    let end = value.iter().take(256).position(|&b| b == b'"' || b == b'\\' || b < 0x20).filter(|&end| value.get(end) == Some(&b'"'))?;
    let value = std::str::from_utf8(value.get(..end)?).ok()?.trim();
    (!value.is_empty()).then(|| value.into())
}
