//! JSON text ─► BSON bytes in one pass, without a tree in between.
//!
//! What the record needs to know of its body (message id, session, own timestamp) is picked up on the way. Values that are
//! too large or secret are replaced by a digest and their size; a body that is too deep or no JSON is reported with its place.

use crate::parse::Limits;

/// Why a text could not be converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The text ends inside the body; more of it may help.
    Incomplete,
    /// Not JSON at this place.
    Malformed(usize),
    /// Nested deeper than the limit at this place.
    TooDeep(usize),
}

/// A converted body.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Converted {
    /// The BSON document.
    pub(super) document: Vec<u8>,
    /// Bytes of text it took.
    pub(super) length: usize,
    /// What was picked up.
    pub(super) found: Found,
}

/// What a body says of its exchange.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Found {
    /// `message_id` of the body.
    pub(super) message_id: Option<String>,
    /// Session id of the body or of its result.
    pub(super) session: Option<String>,
    /// `current_timestamp` of the body.
    pub(super) current_timestamp: Option<String>,
    /// Values that were cut to a digest, with their places in the text.
    pub(super) cut_values: Vec<usize>,
}

const DOUBLE: u8 = 0x01;
const STRING: u8 = 0x02;
const DOCUMENT: u8 = 0x03;
const ARRAY: u8 = 0x04;
const BOOL: u8 = 0x08;
const NULL: u8 = 0x0A;
const INT32: u8 = 0x10;
const INT64: u8 = 0x12;
const DECIMAL128: u8 = 0x13;

/// Converts the JSON value at the start of `text`; what follows it is left alone. A value that is no object is wrapped as `{value: …}`.
pub(super) fn convert(text: &str, limits: &Limits) -> Result<Converted, Fault> {
    let mut writer = Writer {
        text,
        bytes: text.as_bytes(),
        at: 0,
        out: Vec::with_capacity(text.len().min(4096) + 64),
        limits,
        found: Found::default(),
        scratch: String::new(),
    };
    writer.body()?;
    Ok(Converted { document: writer.out, length: writer.at, found: writer.found })
}

/// A document or list that is being written.
struct Frame {
    /// Where its length goes.
    begin: usize,
    /// Next index, for a list.
    index: Option<u32>,
}

struct Writer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    out: Vec<u8>,
    limits: &'a Limits,
    found: Found,
    /// The last text read that had escapes.
    scratch: String,
}

/// A text as it stands, or with its escapes resolved in `Writer::scratch`.
#[derive(Clone, Copy)]
enum Read {
    Plain(usize, usize),
    Scratch,
}

impl<'a> Writer<'a> {
    fn peek(&self) -> Result<u8, Fault> {
        self.bytes.get(self.at).copied().ok_or(Fault::Incomplete)
    }

    fn skip_blanks(&mut self) -> Result<u8, Fault> {
        loop {
            match self.peek()? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                // A no-break space, as editors leave it.
                0xC2 if self.bytes.get(self.at + 1) == Some(&0xA0) => self.at += 2,
                byte => return Ok(byte),
            }
        }
    }

    fn body(&mut self) -> Result<(), Fault> {
        let mut frames: Vec<Frame> = Vec::with_capacity(16);
        if self.skip_blanks()? == b'{' {
            self.at += 1;
            self.open(&mut frames, None);
        } else {
            let begin = self.out.len();
            self.out.extend([0; 4]);
            let kind_at = self.element(b"value");
            if self.value(kind_at, &mut frames, b"value", 0)? && self.skip_end() {
                return Err(Fault::Incomplete);
            }
            if !frames.is_empty() {
                self.members(&mut frames)?;
            }
            self.close(begin);
            return Ok(());
        }
        self.members(&mut frames)
    }

    /// A bare number at the very end of the text may go on in the next block.
    fn skip_end(&self) -> bool {
        self.at >= self.bytes.len() && self.bytes.last().is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'))
    }

    /// Writes members of the open documents and lists until all are closed.
    fn members(&mut self, frames: &mut Vec<Frame>) -> Result<(), Fault> {
        let mut first = true;
        while let Some(frame) = frames.last_mut() {
            let closer = if frame.index.is_some() { b']' } else { b'}' };
            let byte = self.skip_blanks()?;
            if byte == closer {
                self.at += 1;
                let begin = frame.begin;
                frames.pop();
                self.close(begin);
                first = false;
                continue;
            }
            if !first {
                if byte != b',' {
                    return Err(Fault::Malformed(self.at));
                }
                self.at += 1;
                // A comma before the closing bracket, as hand-written servers leave it, is tolerated.
                if self.skip_blanks()? == closer {
                    continue;
                }
            }
            let depth = frames.len();
            let opened = match frames.last_mut().and_then(|frame| frame.index.as_mut()) {
                Some(index) => {
                    let mut digits = [0_u8; 10];
                    let key = decimal(*index, &mut digits);
                    *index += 1;
                    let kind_at = self.element(key);
                    !self.value(kind_at, frames, b"", depth)?
                }
                None => {
                    if self.peek()? != b'"' {
                        return Err(Fault::Malformed(self.at));
                    }
                    let key = self.string()?;
                    let kind_at = self.out.len();
                    self.out.push(0);
                    let (begin, end) = self.push_key(key);
                    if self.skip_blanks()? != b':' {
                        return Err(Fault::Malformed(self.at));
                    }
                    self.at += 1;
                    let mut name = [0_u8; 24];
                    let length = (end - begin).min(name.len());
                    if let (Some(to), Some(from)) = (name.get_mut(..length), self.out.get(begin..begin + length)) {
                        to.copy_from_slice(from);
                    }
                    !self.value(kind_at, frames, name.get(..length).unwrap_or_default(), depth)?
                }
            };
            first = opened;
        }
        Ok(())
    }

    /// Begins an element with this name; its kind is written later.
    fn element(&mut self, key: &[u8]) -> usize {
        let kind_at = self.out.len();
        self.out.push(0);
        self.out.extend_from_slice(key);
        self.out.push(0);
        kind_at
    }

    fn push_key(&mut self, key: Read) -> (usize, usize) {
        let begin = self.out.len();
        let text: &[u8] = match key {
            Read::Plain(from, to) => self.bytes.get(from..to).unwrap_or_default(),
            Read::Scratch => self.scratch.as_bytes(),
        };
        // A zero byte would end the name.
        if memchr::memchr(0, text).is_some() {
            self.out.extend(text.iter().map(|byte| if *byte == 0 { b' ' } else { *byte }));
        } else {
            self.out.extend_from_slice(text);
        }
        let end = self.out.len();
        self.out.push(0);
        (begin, end)
    }

    fn set_kind(&mut self, kind_at: usize, kind: u8) {
        if let Some(place) = self.out.get_mut(kind_at) {
            *place = kind;
        }
    }

    fn open(&mut self, frames: &mut Vec<Frame>, index: Option<u32>) {
        frames.push(Frame { begin: self.out.len(), index });
        self.out.extend([0; 4]);
    }

    fn close(&mut self, begin: usize) {
        self.out.push(0);
        let length = u32::try_from(self.out.len() - begin).unwrap_or(u32::MAX);
        if let Some(place) = self.out.get_mut(begin..begin + 4) {
            place.copy_from_slice(&length.to_le_bytes());
        }
    }

    /// Writes a value; false when it opened a document or list whose members follow.
    fn value(&mut self, kind_at: usize, frames: &mut Vec<Frame>, key: &[u8], depth: usize) -> Result<bool, Fault> {
        let byte = self.skip_blanks()?;
        let place = self.at;
        match byte {
            b'{' | b'[' => {
                if frames.len() >= self.limits.max_depth {
                    return Err(Fault::TooDeep(place));
                }
                self.at += 1;
                self.set_kind(kind_at, if byte == b'{' { DOCUMENT } else { ARRAY });
                self.open(frames, (byte == b'[').then_some(0));
                return Ok(false);
            }
            b'"' => {
                let read = self.string()?;
                self.text_value(kind_at, read, key, depth, place);
            }
            b't' => self.word(b"true", kind_at, BOOL, &[1])?,
            b'f' => self.word(b"false", kind_at, BOOL, &[0])?,
            b'n' => self.word(b"null", kind_at, NULL, &[])?,
            b'-' | b'0'..=b'9' => self.number(kind_at, key, depth)?,
            _ => return Err(Fault::Malformed(place)),
        }
        Ok(true)
    }

    fn word(&mut self, word: &[u8], kind_at: usize, kind: u8, value: &[u8]) -> Result<(), Fault> {
        for (index, expected) in word.iter().enumerate() {
            match self.bytes.get(self.at + index) {
                Some(byte) if byte == expected => {}
                Some(_) => return Err(Fault::Malformed(self.at)),
                None => return Err(Fault::Incomplete),
            }
        }
        self.at += word.len();
        self.set_kind(kind_at, kind);
        self.out.extend_from_slice(value);
        Ok(())
    }

    fn text_value(&mut self, kind_at: usize, read: Read, key: &[u8], depth: usize, place: usize) {
        let text: &str = match read {
            Read::Plain(from, to) => self.text.get(from..to).unwrap_or_default(),
            Read::Scratch => &self.scratch,
        };
        let blanked = self.limits.blanked_keys.iter().any(|blanked| blanked.as_bytes() == key);
        if text.len() > self.limits.max_value_bytes || (blanked && !text.is_empty()) {
            let digest = blake3::hash(text.as_bytes()).to_hex();
            let size = text.len() as i64;
            self.found.cut_values.push(place);
            self.set_kind(kind_at, DOCUMENT);
            let begin = self.out.len();
            self.out.extend([0; 4]);
            let inner = self.element(b"digest");
            self.set_kind(inner, STRING);
            push_string(&mut self.out, &digest);
            let inner = self.element(b"size_bytes");
            self.set_kind(inner, INT64);
            self.out.extend(size.to_le_bytes());
            self.close(begin);
            return;
        }
        match key {
            b"message_id" if depth <= 1 => self.found.message_id = Some(text.trim().to_owned()),
            b"sessionid" | b"sessionId" | b"session_id" if depth <= 2 && self.found.session.is_none() => {
                self.found.session = Some(text.trim().to_owned());
            }
            b"current_timestamp" if depth <= 1 => self.found.current_timestamp = Some(text.to_owned()),
            _ => {}
        }
        self.set_kind(kind_at, STRING);
        match read {
            Read::Plain(from, to) => push_string(&mut self.out, self.text.get(from..to).unwrap_or_default()),
            Read::Scratch => push_string(&mut self.out, &self.scratch),
        }
    }

    /// Reads the string that begins here.
    fn string(&mut self) -> Result<Read, Fault> {
        let from = self.at + 1;
        let rest = self.bytes.get(from..).ok_or(Fault::Incomplete)?;
        let mut at = from + memchr::memchr3(b'"', b'\\', b'\n', rest).ok_or(Fault::Incomplete)?;
        match self.bytes.get(at) {
            Some(b'"') => {
                self.at = at + 1;
                return Ok(Read::Plain(from, at));
            }
            // A string never goes over a line end: the record was cut, or the text is no JSON.
            Some(b'\n') => return Err(Fault::Malformed(at)),
            _ => {}
        }
        self.scratch.clear();
        self.scratch.push_str(self.text.get(from..at).unwrap_or_default());
        loop {
            match self.bytes.get(at) {
                None => return Err(Fault::Incomplete),
                Some(b'"') => {
                    self.at = at + 1;
                    return Ok(Read::Scratch);
                }
                Some(b'\n') => return Err(Fault::Malformed(at)),
                Some(b'\\') => at = self.escape(at)?,
                Some(_) => {
                    let rest = self.bytes.get(at..).unwrap_or_default();
                    let next = at + memchr::memchr3(b'"', b'\\', b'\n', rest).ok_or(Fault::Incomplete)?;
                    self.scratch.push_str(self.text.get(at..next).unwrap_or_default());
                    at = next;
                }
            }
        }
    }

    /// Resolves the escape at `at`; the place after it.
    fn escape(&mut self, at: usize) -> Result<usize, Fault> {
        let c = match self.bytes.get(at + 1).ok_or(Fault::Incomplete)? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{C}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.hex(at + 2)?;
                if !(0xD800..0xDC00).contains(&unit) {
                    self.scratch.push(char::from_u32(unit).unwrap_or('\u{FFFD}'));
                    return Ok(at + 6);
                }
                if self.bytes.get(at + 6) == Some(&b'\\') && self.bytes.get(at + 7) == Some(&b'u') {
                    let low = self.hex(at + 8)?;
                    if (0xDC00..0xE000).contains(&low) {
                        self.scratch.push(char::from_u32(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)).unwrap_or('\u{FFFD}'));
                        return Ok(at + 12);
                    }
                }
                self.scratch.push('\u{FFFD}');
                return Ok(at + 6);
            }
            _ => return Err(Fault::Malformed(at)),
        };
        self.scratch.push(c);
        Ok(at + 2)
    }

    fn hex(&self, at: usize) -> Result<u32, Fault> {
        let digits = self.bytes.get(at..at + 4).ok_or(Fault::Incomplete)?;
        digits.iter().try_fold(0, |value, digit| Some(value * 16 + char::from(*digit).to_digit(16)?)).ok_or(Fault::Malformed(at))
    }

    fn number(&mut self, kind_at: usize, key: &[u8], depth: usize) -> Result<(), Fault> {
        let begin = self.at;
        let rest = self.bytes.get(begin..).unwrap_or_default();
        let length = rest.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')).unwrap_or(rest.len());
        if length == rest.len() && depth > 0 {
            return Err(Fault::Incomplete);
        }
        let text = self.text.get(begin..begin + length).unwrap_or_default();
        self.at += length;
        if key == b"message_id" && depth <= 1 {
            self.found.message_id = Some(text.to_owned());
        }
        if let Ok(number) = text.parse::<i32>() {
            self.set_kind(kind_at, INT32);
            self.out.extend(number.to_le_bytes());
        } else if let Ok(number) = text.parse::<i64>() {
            self.set_kind(kind_at, INT64);
            self.out.extend(number.to_le_bytes());
        } else if !text.contains(['.', 'e', 'E'])
            && text.len() <= 35
            && let Ok(number) = text.parse::<bson::Decimal128>()
        {
            self.set_kind(kind_at, DECIMAL128);
            self.out.extend(number.bytes());
        } else {
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite()).ok_or(Fault::Malformed(begin))?;
            self.set_kind(kind_at, DOUBLE);
            self.out.extend(number.to_le_bytes());
        }
        Ok(())
    }
}

fn push_string(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u32 + 1).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
    out.push(0);
}

/// The digits of a number.
fn decimal(mut number: u32, digits: &mut [u8; 10]) -> &[u8] {
    let mut at = digits.len();
    loop {
        at -= 1;
        if let Some(place) = digits.get_mut(at) {
            *place = b'0' + (number % 10) as u8;
        }
        number /= 10;
        if number == 0 || at == 0 {
            return digits.get(at..).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use bson::{RawDocumentBuf, rawdoc};
    use proptest::prelude::*;

    use super::*;

    fn document(text: &str) -> RawDocumentBuf {
        RawDocumentBuf::from_bytes(convert(text, &Limits::default()).unwrap_or_else(|fault| panic!("{text}: {fault:?}")).document).unwrap()
    }

    #[test]
    fn values_keep_their_types() {
        for (text, expected) in [
            ("{}", rawdoc! {}),
            (
                r#"{"a":1,"b":-2147483649,"c":1.5,"d":true,"e":false,"f":null}"#,
                rawdoc! {"a":1,"b":-2147483649_i64,"c":1.5,"d":true,"e":false,"f":null},
            ),
            (r#" { "a" : [ 1 , [ ] , { "b" : "x" } ] } "#, rawdoc! {"a":[1, [], {"b":"x"}]}),
            (r#"{"a":"\"\\\/\n\t\u0457\ud83d\ude00\ud83d"}"#, rawdoc! {"a":"\"\\/\n\tї😀\u{FFFD}"}),
            (r#"{"a":"=> S at 1/1/2016: from 1 {[\" "}"#, rawdoc! {"a":"=> S at 1/1/2016: from 1 {[\" "}),
            ("[1,2]", rawdoc! {"value":[1,2]}),
            ("null", rawdoc! {"value":null}),
            ("5 ", rawdoc! {"value":5}),
            (r#"{"a":1,}"#, rawdoc! {"a":1}),
            ("{\"a\u{0}b\":1}", rawdoc! {"a b":1}),
            (r#"{"$where":{"$gt":1}}"#, rawdoc! {"$where":{"$gt":1}}),
        ] {
            assert_eq!(document(text), expected, "{text}");
        }
        let big = document(r#"{"a":12345678901234567890123,"b":1e400}"#.replace(",\"b\":1e400", "").as_str());
        assert_eq!(
            bson::RawBson::from(big.get("a").unwrap().unwrap()),
            bson::RawBson::Decimal128("12345678901234567890123".parse().unwrap())
        );
    }

    #[test]
    fn faults_are_told_with_their_place() {
        for (text, fault) in [
            (r#"{"a":1"#, Fault::Incomplete),
            (r#"{"a":"x"#, Fault::Incomplete),
            (r#"{"a":tru"#, Fault::Incomplete),
            (r#"{"a":12"#, Fault::Incomplete),
            (r#"{"a" 1}"#, Fault::Malformed(5)),
            (r#"{"a":bad}"#, Fault::Malformed(5)),
            ("{\"a\":\"x\ny\"}", Fault::Malformed(7)),
            (r#"{"a":1e999}"#, Fault::Malformed(5)),
            (r#"{a:1}"#, Fault::Malformed(1)),
        ] {
            assert_eq!(convert(text, &Limits::default()).unwrap_err(), fault, "{text}");
        }
        let deep = "{\"a\":".repeat(100_000);
        assert!(matches!(convert(&deep, &Limits::default()), Err(Fault::TooDeep(_))));
    }

    #[test]
    fn ids_are_picked_up_and_blobs_are_cut() {
        let limits = Limits::default();
        let text = format!(
            r#"{{"message_id":"M-1","sessionid":"s ","binary_data":"QUJD","big":"{}"}} tail"#,
            "x".repeat(limits.max_value_bytes + 1)
        );
        let converted = convert(&text, &limits).unwrap();
        assert_eq!((converted.found.message_id.as_deref(), converted.found.session.as_deref()), (Some("M-1"), Some("s")));
        assert_eq!(converted.found.cut_values.len(), 2);
        assert_eq!(&text[converted.length..], " tail");
        let document = RawDocumentBuf::from_bytes(converted.document).unwrap();
        assert_eq!(document.get_document("big").unwrap().get_i64("size_bytes").unwrap(), limits.max_value_bytes as i64 + 1);
        let nested = convert(r#"{"RESULT":{"sessionId":"abc"},"message_id":7}"#, &limits).unwrap().found;
        assert_eq!((nested.session.as_deref(), nested.message_id.as_deref()), (Some("abc"), Some("7")));
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json(text in r#"\{("[a-z]{1,3}":(0|-?[1-9][0-9]{0,11}|"[^"\\\n]{0,6}"|\[(1|"x"|null)(,true)?\]|\{\}),){0,4}"z":null\}"#) {
            let reference: serde_json::Value = match serde_json::from_str(&text) { Ok(value) => value, Err(_) => return Ok(()) };
            // Names may repeat in the text; a tree keeps the last of them, bytes keep all.
            let converted = document(&text);
            for (name, value) in reference.as_object().unwrap() {
                let found = converted.iter().flatten().filter(|(key, _)| key.as_str() == name).last().unwrap().1;
                let found = bson::Bson::try_from(bson::RawBson::from(found)).unwrap().into_relaxed_extjson();
                prop_assert_eq!(&found, value);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "[\\[\\]{}\":,0-9a-z\\\\\n ]{0,60}") {
            if let Ok(converted) = convert(&text, &Limits::default()) {
                prop_assert!(RawDocumentBuf::from_bytes(converted.document).is_ok());
            }
        }
    }
}
