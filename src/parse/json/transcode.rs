//! The walk over one JSON text.
//!
//! Choices that JSON leaves open: of equal keys in one object the last value counts, at the first one's place; a value
//! that is no object becomes `{value: …}`; control characters other than line breaks may stand in strings; NUL in a key
//! and half surrogate pairs become U+FFFD.

use compact_str::CompactString;

use super::{
    dedupe::dedupe,
    keys::{Key, Keys, Meaning},
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

/// The walk ended early; why, [`Transcoder::stop`] says, which is [`Stop::Incomplete`] unless said otherwise. It takes no room beside
/// what a step of the walk returns, which so stays in registers.
struct Halted;

/// What pairing needs of a body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::parse) struct Found {
    /// `message_id` of the body.
    pub message_id: Option<CompactString>,
    /// `sessionid`, `sessionId` or `session_id` of the body, or `RESULT.sessionId`.
    pub session: Option<CompactString>,
}

impl Found {
    /// Keeps a value that is wanted; an empty one is none.
    #[inline]
    fn note(&mut self, wanted: Wanted, content: &[u8]) {
        if !matches!(wanted, Wanted::MessageId | Wanted::Session) {
            return;
        }
        self.keep(wanted, content);
    }

    fn keep(&mut self, wanted: Wanted, content: &[u8]) {
        let place = match wanted {
            Wanted::MessageId => &mut self.message_id,
            Wanted::Session => &mut self.session,
            Wanted::Nothing | Wanted::Result => return,
        };
        let value = std::str::from_utf8(content.trim_ascii()).unwrap_or_default();
        if !value.is_empty() {
            *place = Some(value.into());
        }
    }
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
    /// Elements of an array so far.
    n_items: u32,
    /// Where the hashes of its keys begin.
    hashes_from: usize,
    /// A bit for each of them, by which most new ones show that they are new.
    hashes_seen: u64,
}

/// Where in the innermost object or array the walk is.
#[derive(Clone, Copy)]
enum Place {
    /// Behind its opening bracket.
    Start,
    /// Behind a member or element.
    AfterItem,
}

/// Turns JSON texts into BSON documents, reusing its buffers.
pub(in crate::parse) struct Transcoder {
    max_value_bytes: usize,
    max_depth: usize,
    keys: Keys,
    out: Vec<u8>,
    frames: Vec<Frame>,
    hashes: Vec<u32>,
    repeated_keys: bool,
    wanted: Wanted,
    found: Found,
    remarks: Vec<Remark>,
    /// Why the walk ended early.
    stop: Stop,
}

impl Transcoder {
    pub(in crate::parse) fn new(limits: &Limits) -> Self {
        Self {
            max_value_bytes: limits.max_value_bytes,
            max_depth: limits.max_depth.max(1),
            keys: Keys::new(&limits.blanked_keys),
            out: Vec::with_capacity(4096),
            frames: Vec::new(),
            hashes: Vec::new(),
            repeated_keys: false,
            wanted: Wanted::Nothing,
            found: Found::default(),
            remarks: Vec::new(),
            stop: Stop::Incomplete,
        }
    }

    /// Whether it keeps these limits, and still learns keys.
    pub(in crate::parse) fn serves(&self, limits: &Limits) -> bool {
        self.max_value_bytes == limits.max_value_bytes
            && self.max_depth == limits.max_depth.max(1)
            && self.keys.serves(&limits.blanked_keys)
    }

    /// Memory that it keeps for the next text, apart from that of its keys.
    pub(in crate::parse) fn size_bytes(&self) -> usize {
        self.out.capacity() + size_of::<Frame>() * self.frames.capacity() + size_of::<u32>() * self.hashes.capacity()
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
        self.keys.start();
        self.repeated_keys = false;
        self.wanted = Wanted::Nothing;
        self.found = Found::default();
        self.stop = Stop::Incomplete;
        self.root(text, skip_space(text, from), last).map_err(|Halted| self.stop)
    }

    /// Reads the whole value that begins at `start`.
    fn root(&mut self, text: &[u8], start: usize, last: bool) -> Result<usize, Halted> {
        let end = match text.get(start) {
            None => return Err(Halted),
            Some(b'{') => {
                self.open(false, false, false);
                self.walk(text, start + 1, Place::Start, last)?
            }
            Some(_) => {
                let root = write::start_document(&mut self.out);
                let type_at = self.out.len();
                write::key(&mut self.out, 0, "value");
                let (at, place) = self.value(text, start, type_at, false, last)?;
                let end = if self.frames.is_empty() { at } else { self.walk(text, at, place, last)? };
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

    /// Takes the document of the last success.
    pub(in crate::parse) fn take_document(&mut self) -> Vec<u8> {
        let size = self.out.len();
        // One that waits for its partner must not hold the room of a large one before it.
        if self.out.capacity() > 2 * size + 256 {
            return self.out.clone();
        }
        // Bodies that follow each other are about as long as each other.
        std::mem::replace(&mut self.out, Vec::with_capacity(size + size / 4 + 64))
    }

    /// What was noted on the last walk.
    pub(in crate::parse) fn take_found(&mut self) -> Found {
        std::mem::take(&mut self.found)
    }

    /// What was remarked on the last walk; places are relative to the text.
    pub(in crate::parse) fn take_remarks(&mut self) -> Vec<Remark> {
        std::mem::take(&mut self.remarks)
    }

    /// Goes on until what is open is closed; returns the place after it.
    fn walk(&mut self, text: &[u8], mut at: usize, mut place: Place, last: bool) -> Result<usize, Halted> {
        while let Some(&Frame { array, .. }) = self.frames.last() {
            at = skip_space(text, at);
            let Some(&byte) = text.get(at) else { return Err(Halted) };
            (at, place) = match (place, byte) {
                (_, b'}') if !array => (at + 1, self.close()),
                (_, b']') if array => (at + 1, self.close()),
                (Place::Start, _) if array => self.item(text, at, last)?,
                (Place::Start, _) => self.member(text, at, last)?,
                (Place::AfterItem, b',') if array => self.item(text, at + 1, last)?,
                (Place::AfterItem, b',') => self.member(text, skip_space(text, at + 1), last)?,
                (Place::AfterItem, _) => {
                    return self.halt(Stop::Fault { at, reason: "a comma or the end of the object or list is expected" });
                }
            };
        }
        Ok(at)
    }

    fn open(&mut self, array: bool, blanked: bool, result: bool) {
        let start = write::start_document(&mut self.out);
        self.frames.push(Frame { start, array, blanked, result, n_items: 0, hashes_from: self.hashes.len(), hashes_seen: 0 });
    }

    fn close(&mut self) -> Place {
        if let Some(frame) = self.frames.pop() {
            write::end_document(&mut self.out, frame.start);
            self.hashes.truncate(frame.hashes_from);
        }
        Place::AfterItem
    }

    /// Reads the next element of the innermost array, which begins at `at` (white space aside).
    fn item(&mut self, text: &[u8], at: usize, last: bool) -> Result<(usize, Place), Halted> {
        let type_at = self.out.len();
        self.out.push(0);
        self.wanted = Wanted::Nothing;
        let Some(frame) = self.frames.last_mut() else { return Err(Halted) };
        write::index_key(&mut self.out, frame.n_items);
        frame.n_items += 1;
        let blanked = frame.blanked;
        self.value(text, skip_space(text, at), type_at, blanked, last)
    }

    /// Reads the member whose key begins at `at`, up to its value or into it.
    fn member(&mut self, text: &[u8], at: usize, last: bool) -> Result<(usize, Place), Halted> {
        match text.get(at) {
            Some(b'"') => {}
            Some(_) => return self.halt(Stop::Fault { at, reason: "a key in quotes is expected" }),
            None => return Err(Halted),
        }
        let type_at = self.out.len();
        self.out.push(0);
        let (Key { hash, meaning, blanked: listed }, end) = match self.keys.expected(text, at + 1, &mut self.out) {
            Some(key) => key,
            None => self.new_key(text, at + 1)?,
        };
        self.wanted = if meaning == Meaning::Nothing { Wanted::Nothing } else { self.wanted_by(meaning) };
        let Some(frame) = self.frames.last_mut() else { return Err(Halted) };
        let blanked = frame.blanked || listed;
        let (bit, n_known) = (1 << (hash % 64), self.hashes.len() - frame.hashes_from);
        let is_new = frame.hashes_seen & bit == 0 || !self.hashes.iter().skip(frame.hashes_from).any(|&known| known == hash);
        frame.hashes_seen |= bit;
        if n_known < MEMBERS_COMPARED && is_new {
            self.hashes.push(hash);
        } else {
            self.repeated_keys = true;
        }
        let colon = skip_space(text, end);
        match text.get(colon) {
            Some(b':') => self.value(text, skip_space(text, colon + 1), type_at, blanked, last),
            None => Err(Halted),
            Some(_) => self.halt(Stop::Fault { at: colon, reason: "a colon is expected" }),
        }
    }

    /// Reads a key that was not expected.
    fn new_key(&mut self, text: &[u8], at: usize) -> Result<(Key, usize), Halted> {
        let key_at = self.out.len();
        let end = self.string(text, at, true)?;
        let key = self.keys.learn(self.out.get(key_at..).unwrap_or_default());
        self.out.push(0);
        Ok((key, end))
    }

    /// Which of the noted values a key announces here.
    fn wanted_by(&self, meaning: Meaning) -> Wanted {
        match (self.frames.len(), self.frames.last(), meaning) {
            (1, _, Meaning::MessageId) => Wanted::MessageId,
            (1, _, Meaning::Result) => Wanted::Result,
            (1, _, Meaning::Session) => Wanted::Session,
            (2, Some(frame), Meaning::Session) if frame.result && self.found.session.is_none() => Wanted::Session,
            _ => Wanted::Nothing,
        }
    }

    /// Reads the value that begins at `at`; its type byte goes to `type_at`. Of an object or array only the beginning is read.
    #[inline]
    fn value(&mut self, text: &[u8], at: usize, type_at: usize, blanked: bool, last: bool) -> Result<(usize, Place), Halted> {
        let Some(&byte) = text.get(at) else { return Err(Halted) };
        let (kind, end) = match byte {
            b'"' => self.string_value(text, at, blanked)?,
            b'{' | b'[' => {
                if self.frames.len() >= self.max_depth {
                    return self.halt(Stop::TooDeep { at });
                }
                let array = byte == b'[';
                self.set_kind(type_at, if array { kind::ARRAY } else { kind::DOCUMENT });
                let result = self.wanted == Wanted::Result;
                self.open(array, blanked, result && !array);
                return Ok((at + 1, Place::Start));
            }
            b'-' | b'0'..=b'9' => {
                let value_at = self.out.len();
                match number::number(text, at, last, &mut self.out) {
                    Number::Written(kind, end) => {
                        self.found.note(self.wanted, text.get(at..end).unwrap_or_default());
                        (kind, end)
                    }
                    Number::Open => {
                        self.out.truncate(value_at);
                        return Err(Halted);
                    }
                    Number::Fault(at) => return self.halt(Stop::Fault { at, reason: "a number is expected" }),
                }
            }
            b't' => {
                self.out.push(1);
                (kind::BOOL, self.literal(text, at, b"true")?)
            }
            b'f' => {
                self.out.push(0);
                (kind::BOOL, self.literal(text, at, b"false")?)
            }
            b'n' => (kind::NULL, self.literal(text, at, b"null")?),
            _ => return self.halt(Stop::Fault { at, reason: "a value is expected" }),
        };
        self.set_kind(type_at, kind);
        Ok((end, Place::AfterItem))
    }

    fn set_kind(&mut self, type_at: usize, kind: u8) {
        if let Some(place) = self.out.get_mut(type_at) {
            *place = kind;
        }
    }

    /// Reads the string value whose opening quote is at `at`.
    fn string_value(&mut self, text: &[u8], at: usize, blanked: bool) -> Result<(u8, usize), Halted> {
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
        self.found.note(self.wanted, self.out.get(content_at..).unwrap_or_default());
        self.out.push(0);
        if let Some(place) = self.out.get_mut(length_at..content_at) {
            place.copy_from_slice(&(size as i32 + 1).to_le_bytes());
        }
        Ok((kind::STRING, end))
    }

    /// Copies the string whose first byte is at `from`, escapes resolved; returns the place after the closing quote.
    fn string(&mut self, text: &[u8], mut from: usize, is_key: bool) -> Result<usize, Halted> {
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
                    Escape::Open => return Err(Halted),
                    Escape::Fault => return self.halt(Stop::Fault { at: end, reason: "no such escape sequence" }),
                },
                Some(b'\n' | b'\r') => return self.halt(Stop::Fault { at: end, reason: "a line break inside a string" }),
                Some(&control) => (control as char, end + 1),
                None => return Err(Halted),
            };
            let c = if is_key && c == '\0' { char::REPLACEMENT_CHARACTER } else { c };
            self.out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            from = after;
        }
    }

    fn literal(&mut self, text: &[u8], at: usize, word: &[u8]) -> Result<usize, Halted> {
        let rest = text.get(at..).unwrap_or_default();
        if rest.starts_with(word) {
            Ok(at + word.len())
        } else if word.starts_with(rest) {
            Err(Halted)
        } else {
            self.halt(Stop::Fault { at, reason: "a value is expected" })
        }
    }

    /// Ends the walk for this reason.
    #[cold]
    fn halt<T>(&mut self, stop: Stop) -> Result<T, Halted> {
        self.stop = stop;
        Err(Halted)
    }
}

/// The place of the first byte at or after `at` that is no JSON white space.
pub(in crate::parse) fn skip_space(text: &[u8], mut at: usize) -> usize {
    while matches!(text.get(at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
        at += 1;
    }
    at
}
