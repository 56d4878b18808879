//! The walk over one JSON text.
//!
//! Choices that JSON leaves open: of equal keys in one object the last value counts, at the first one's place; a value
//! that is no object becomes `{value: …}`; control characters other than line breaks may stand in strings; NUL in a key
//! and half surrogate pairs become U+FFFD.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use super::{
    dedupe::dedupe,
    number::{self, Number},
    string::{self, Escape},
    write::{self, kind},
};
use crate::{
    domain::ProblemKind,
    parse::{Limits, half::Remark},
};

/// Members of one object that are compared with each other on the way; larger objects are looked through afterwards.
const MEMBERS_COMPARED: usize = 48;

/// Why there is no document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::parse) enum Stop {
    /// The text ends before the value does.
    Incomplete,
    /// It is not JSON from this place on.
    Fault { at: usize, reason: &'static str },
    /// It is nested too deep here.
    TooDeep { at: usize },
}

/// What pairing needs of a body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::parse) struct Found {
    /// `message_id` of the body.
    pub message_id: Option<String>,
    /// `sessionid`, `sessionId` or `session_id` of the body, or `RESULT.sessionId`.
    pub session: Option<String>,
}

/// A value that [`Found`] waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Nothing,
    MessageId,
    Session,
    Result,
}

/// An object or array that is being written.
struct Frame {
    /// Where its BSON length goes.
    start: usize,
    /// Whether it is an array.
    array: bool,
    /// Whether its strings are kept as digests.
    blanked: bool,
    /// Whether it is the `RESULT` of a response.
    result: bool,
    /// Members so far.
    n_members: u32,
    /// Where the hashes of its keys begin.
    hashes_from: usize,
}

/// What must come next.
#[derive(Clone, Copy)]
enum Next {
    /// A value whose type byte goes to this place.
    Value { type_at: usize, blanked: bool },
    /// A key, or the end of an object that has no member yet.
    FirstKey,
    /// A key.
    Key,
    /// A value, or the end of an array that has no element yet.
    FirstItem,
    /// A comma, or the end of the container.
    Comma,
}

/// Turns JSON texts into BSON documents, reusing its buffers.
pub(in crate::parse) struct Transcoder {
    max_value_bytes: usize,
    max_depth: usize,
    blanked_keys: Vec<String>,
    out: Vec<u8>,
    frames: Vec<Frame>,
    hashes: Vec<u32>,
    repeated_keys: bool,
    wanted: Wanted,
    found: Found,
    remarks: Vec<Remark>,
}

impl Transcoder {
    pub(in crate::parse) fn new(limits: &Limits) -> Self {
        Self {
            max_value_bytes: limits.max_value_bytes,
            max_depth: limits.max_depth.max(1),
            blanked_keys: limits.blanked_keys.clone(),
            out: Vec::with_capacity(4096),
            frames: Vec::new(),
            hashes: Vec::new(),
            repeated_keys: false,
            wanted: Wanted::Nothing,
            found: Found::default(),
            remarks: Vec::new(),
        }
    }

    /// Turns the value that begins at `from` (white space aside) into a document; returns the place after it. `last`
    /// says that no text follows the given one.
    ///
    /// # Errors
    /// When there is no whole value; what was noted up to that place can still be taken.
    pub(in crate::parse) fn transcode(&mut self, text: &[u8], from: usize, last: bool) -> Result<usize, Stop> {
        self.out.clear();
        self.frames.clear();
        self.hashes.clear();
        self.remarks.clear();
        self.repeated_keys = false;
        self.wanted = Wanted::Nothing;
        self.found = Found::default();
        let start = skip_space(text, from);
        let end = match text.get(start) {
            None => return Err(Stop::Incomplete),
            Some(b'{') => {
                self.open(false, false, false);
                self.walk(text, start + 1, Next::FirstKey, last)?
            }
            Some(_) => {
                let root = write::start_document(&mut self.out);
                let type_at = self.out.len();
                write::key(&mut self.out, 0, "value");
                let end = self.walk(text, start, Next::Value { type_at, blanked: false }, last)?;
                write::end_document(&mut self.out, root);
                end
            }
        };
        if self.repeated_keys
            && let Some(unique) = dedupe(&self.out)
        {
            self.out = unique;
            let text = "an object has a key more than once: the last value is kept".to_owned();
            self.remarks.push(Remark { at: start, kind: ProblemKind::RepeatedKey, text });
        }
        Ok(end)
    }

    /// The document of the last success.
    pub(in crate::parse) fn document(&self) -> &[u8] {
        &self.out
    }

    /// What was noted on the last walk.
    pub(in crate::parse) fn take_found(&mut self) -> Found {
        std::mem::take(&mut self.found)
    }

    /// What was remarked on the last walk; places are relative to the text.
    pub(in crate::parse) fn take_remarks(&mut self) -> Vec<Remark> {
        std::mem::take(&mut self.remarks)
    }

    fn walk(&mut self, text: &[u8], mut at: usize, mut next: Next, last: bool) -> Result<usize, Stop> {
        loop {
            at = skip_space(text, at);
            let Some(&byte) = text.get(at) else { return Err(Stop::Incomplete) };
            (at, next) = match (next, byte) {
                (Next::Value { type_at, blanked }, _) => self.value(text, at, byte, type_at, blanked, last)?,
                (Next::Comma, b',') => match self.frames.last() {
                    Some(frame) if frame.array => (at + 1, self.item()),
                    _ => (at + 1, Next::Key),
                },
                (Next::FirstKey | Next::Key, b'"') => self.member(text, at)?,
                (Next::FirstKey | Next::Comma, b'}') if self.in_array() == Some(false) => (at + 1, self.close()),
                (Next::FirstItem | Next::Comma, b']') if self.in_array() == Some(true) => (at + 1, self.close()),
                (Next::FirstItem, _) => (at, self.item()),
                (Next::FirstKey | Next::Key, _) => return Err(Stop::Fault { at, reason: "a key in quotes is expected" }),
                (Next::Comma, _) => return Err(Stop::Fault { at, reason: "a comma or the end of the object or list is expected" }),
            };
            if matches!(next, Next::Comma) && self.frames.is_empty() {
                return Ok(at);
            }
        }
    }

    fn in_array(&self) -> Option<bool> {
        self.frames.last().map(|frame| frame.array)
    }

    fn open(&mut self, array: bool, blanked: bool, result: bool) {
        let start = write::start_document(&mut self.out);
        self.frames.push(Frame { start, array, blanked, result, n_members: 0, hashes_from: self.hashes.len() });
    }

    fn close(&mut self) -> Next {
        if let Some(frame) = self.frames.pop() {
            write::end_document(&mut self.out, frame.start);
            self.hashes.truncate(frame.hashes_from);
        }
        Next::Comma
    }

    /// Begins the next element of the innermost array.
    fn item(&mut self) -> Next {
        let type_at = self.out.len();
        self.out.push(0);
        self.wanted = Wanted::Nothing;
        let Some(frame) = self.frames.last_mut() else { return Next::Comma };
        write::index_key(&mut self.out, frame.n_members);
        frame.n_members += 1;
        Next::Value { type_at, blanked: frame.blanked }
    }

    /// Reads the key whose opening quote is at `at`, and the colon.
    fn member(&mut self, text: &[u8], at: usize) -> Result<(usize, Next), Stop> {
        let type_at = self.out.len();
        self.out.push(0);
        let key_at = self.out.len();
        let end = self.string(text, at + 1, true)?;
        self.wanted = self.wanted_by(key_at);
        let key = self.out.get(key_at..).unwrap_or_default();
        let hash = short_hash(key);
        let listed = self.blanked_keys.iter().any(|blanked| blanked.as_bytes() == key);
        self.out.push(0);
        let Some(frame) = self.frames.last_mut() else { return Err(Stop::Incomplete) };
        let blanked = frame.blanked || listed;
        frame.n_members += 1;
        let known = self.hashes.get(frame.hashes_from..).unwrap_or_default();
        if known.len() >= MEMBERS_COMPARED || known.contains(&hash) {
            self.repeated_keys = true;
        } else {
            self.hashes.push(hash);
        }
        let colon = skip_space(text, end);
        match text.get(colon) {
            Some(b':') => Ok((colon + 1, Next::Value { type_at, blanked })),
            None => Err(Stop::Incomplete),
            Some(_) => Err(Stop::Fault { at: colon, reason: "a colon is expected" }),
        }
    }

    /// Which of the noted values the key at `key_at` announces.
    fn wanted_by(&self, key_at: usize) -> Wanted {
        let key = self.out.get(key_at..).unwrap_or_default();
        let session = || matches!(key, b"sessionid" | b"sessionId" | b"session_id");
        match (self.frames.len(), self.frames.last()) {
            (1, _) => match key {
                b"message_id" => Wanted::MessageId,
                b"RESULT" => Wanted::Result,
                _ if session() => Wanted::Session,
                _ => Wanted::Nothing,
            },
            (2, Some(frame)) if frame.result && self.found.session.is_none() && session() => Wanted::Session,
            _ => Wanted::Nothing,
        }
    }

    fn value(&mut self, text: &[u8], at: usize, byte: u8, type_at: usize, blanked: bool, last: bool) -> Result<(usize, Next), Stop> {
        let (kind, end) = match byte {
            b'"' => self.string_value(text, at, blanked)?,
            b'{' | b'[' => {
                if self.frames.len() >= self.max_depth {
                    return Err(Stop::TooDeep { at });
                }
                let array = byte == b'[';
                self.set_kind(type_at, if array { kind::ARRAY } else { kind::DOCUMENT });
                let result = self.wanted == Wanted::Result;
                self.open(array, blanked, result && !array);
                return Ok((at + 1, if array { Next::FirstItem } else { Next::FirstKey }));
            }
            b'-' | b'0'..=b'9' => {
                let value_at = self.out.len();
                match number::number(text, at, last, &mut self.out) {
                    Number::Written(kind, end) => {
                        if self.wanted != Wanted::Nothing {
                            self.note(text.get(at..end).unwrap_or_default().to_vec());
                        }
                        (kind, end)
                    }
                    Number::Open => {
                        self.out.truncate(value_at);
                        return Err(Stop::Incomplete);
                    }
                    Number::Fault(at) => return Err(Stop::Fault { at, reason: "a number is expected" }),
                }
            }
            b't' => {
                self.out.push(1);
                (kind::BOOL, literal(text, at, b"true")?)
            }
            b'f' => {
                self.out.push(0);
                (kind::BOOL, literal(text, at, b"false")?)
            }
            b'n' => (kind::NULL, literal(text, at, b"null")?),
            _ => return Err(Stop::Fault { at, reason: "a value is expected" }),
        };
        self.set_kind(type_at, kind);
        Ok((end, Next::Comma))
    }

    fn set_kind(&mut self, type_at: usize, kind: u8) {
        if let Some(place) = self.out.get_mut(type_at) {
            *place = kind;
        }
    }

    /// Reads the string value whose opening quote is at `at`.
    fn string_value(&mut self, text: &[u8], at: usize, blanked: bool) -> Result<(u8, usize), Stop> {
        let length_at = self.out.len();
        self.out.extend_from_slice(&[0; 4]);
        let content_at = self.out.len();
        let end = self.string(text, at + 1, false)?;
        let size = self.out.len() - content_at;
        let oversized = size > self.max_value_bytes;
        if oversized || (blanked && size > 0) {
            let hash = blake3::hash(self.out.get(content_at..).unwrap_or_default());
            self.out.truncate(length_at);
            write::digest(&mut self.out, &hash, size as u64);
            if oversized && !blanked {
                let text = format!("a value of {size} bytes is kept as digest and size");
                self.remarks.push(Remark { at, kind: ProblemKind::Oversized, text });
            }
            return Ok((kind::DOCUMENT, end));
        }
        if matches!(self.wanted, Wanted::MessageId | Wanted::Session) {
            let content = self.out.get(content_at..).unwrap_or_default().to_vec();
            self.note(content);
        }
        self.out.push(0);
        if let Some(place) = self.out.get_mut(length_at..content_at) {
            place.copy_from_slice(&(size as i32 + 1).to_le_bytes());
        }
        Ok((kind::STRING, end))
    }

    /// Keeps a noted value; an empty one is none.
    fn note(&mut self, content: Vec<u8>) {
        let Ok(mut value) = String::from_utf8(content) else { return };
        if value.trim().len() != value.len() {
            value = value.trim().to_owned();
        }
        if value.is_empty() {
            return;
        }
        match self.wanted {
            Wanted::MessageId => self.found.message_id = Some(value),
            Wanted::Session => self.found.session = Some(value),
            Wanted::Nothing | Wanted::Result => {}
        }
    }

    /// Copies the string whose first byte is at `from`, escapes resolved; returns the place after the closing quote.
    fn string(&mut self, text: &[u8], mut from: usize, is_key: bool) -> Result<usize, Stop> {
        loop {
            let end = string::copy_plain(text, from, &mut self.out);
            let (c, after) = match text.get(end) {
                Some(b'"') => return Ok(end + 1),
                Some(b'\\') => match string::escape(text, end) {
                    Escape::Char(c, after) => (c, after),
                    Escape::Broken(after) => {
                        let text = "half of a surrogate pair was replaced".to_owned();
                        self.remarks.push(Remark { at: end, kind: ProblemKind::BadEncoding, text });
                        (char::REPLACEMENT_CHARACTER, after)
                    }
                    Escape::Open => return Err(Stop::Incomplete),
                    Escape::Fault => return Err(Stop::Fault { at: end, reason: "no such escape sequence" }),
                },
                Some(b'\n' | b'\r') => return Err(Stop::Fault { at: end, reason: "a line break inside a string" }),
                Some(&control) => (control as char, end + 1),
                None => return Err(Stop::Incomplete),
            };
            let c = if is_key && c == '\0' { char::REPLACEMENT_CHARACTER } else { c };
            self.out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            from = after;
        }
    }
}

/// The place of the first byte at or after `at` that is no JSON white space.
pub(in crate::parse) fn skip_space(text: &[u8], mut at: usize) -> usize {
    while matches!(text.get(at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
        at += 1;
    }
    at
}

fn literal(text: &[u8], at: usize, word: &[u8]) -> Result<usize, Stop> {
    let rest = text.get(at..).unwrap_or_default();
    if rest.starts_with(word) {
        Ok(at + word.len())
    } else if word.starts_with(rest) {
        Err(Stop::Incomplete)
    } else {
        Err(Stop::Fault { at, reason: "a value is expected" })
    }
}

/// Tells keys apart well enough to look for repeated ones; two keys of one hash only cost a second look.
fn short_hash(key: &[u8]) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(key);
    (hasher.finish() >> 16) as u32
}
