//! The few BSON productions that the parser writes by itself.

/// Type bytes of the BSON specification.
pub(in crate::parse) mod kind {
    pub const DOUBLE: u8 = 0x01;
    pub const STRING: u8 = 0x02;
    pub const DOCUMENT: u8 = 0x03;
    pub const ARRAY: u8 = 0x04;
    pub const OBJECT_ID: u8 = 0x07;
    pub const BOOL: u8 = 0x08;
    pub const DATE: u8 = 0x09;
    pub const NULL: u8 = 0x0A;
    pub const INT32: u8 = 0x10;
    pub const INT64: u8 = 0x12;
    pub const DECIMAL128: u8 = 0x13;
}

/// Begins a document (or array); returns the place to hand to [`end_document`].
pub(in crate::parse) fn start_document(out: &mut Vec<u8>) -> usize {
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    at
}

/// Ends the document that began at `at` by filling in its length.
pub(in crate::parse) fn end_document(out: &mut Vec<u8>, at: usize) {
    out.push(0);
    let length = (out.len() - at) as i32;
    if let Some(place) = out.get_mut(at..at + 4) {
        place.copy_from_slice(&length.to_le_bytes());
    }
}

/// Writes type and key of an element. The key must hold no NUL.
#[inline(always)]
pub(in crate::parse) fn key(out: &mut Vec<u8>, kind: u8, key: &str) {
    out.push(kind);
    out.extend_from_slice(key.as_bytes());
    out.push(0);
}

/// Writes the value of a string element.
pub(in crate::parse) fn string(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&(text.len() as i32 + 1).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
    out.push(0);
}

/// Writes the document that stands in for a value too large to keep.
pub(in crate::parse) fn digest(out: &mut Vec<u8>, hash: &blake3::Hash, size_bytes: u64) {
    let at = start_document(out);
    key(out, kind::STRING, "digest");
    string(out, hash.to_hex().as_str());
    key(out, kind::INT64, "size_bytes");
    out.extend_from_slice(&(size_bytes as i64).to_le_bytes());
    end_document(out, at);
}

/// Writes the key of an array element.
pub(in crate::parse) fn index_key(out: &mut Vec<u8>, index: u32) {
    let mut digits = [0_u8; 10];
    let (mut at, mut rest) = (digits.len(), index);
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
    out.push(0);
}
