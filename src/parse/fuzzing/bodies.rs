//! Bodies of requests: what they are wrapped in, and arrays of objects.

use std::io::BufReader;

use super::{
    super::{
        Format, FormatChoice, Piece,
        envelope::{Coding, EnvelopeError, unwrap},
        object_lines::ObjectLines,
        objects::{AGAIN, Found, Objects},
    },
    InPieces, gzip, holds, kept, looks_compressed, mark, pieces_as, split, zstd,
};
use crate::domain::ProblemKind;

/// No body becomes larger than this.
const LIMIT: u64 = 1 << 20;

/// What a body becomes that is compressed as its first bytes say.
pub(in crate::parse) fn unwrapped(body: &[u8], json: bool, limit: u64) -> Result<Vec<u8>, EnvelopeError> {
    let mut out = Vec::new();
    let size = unwrap(body, Coding::of(body), json, limit, &mut out)?;
    assert_eq!(size, out.len() as u64);
    assert!(size <= limit && (looks_compressed(body) || out.len() == body.len()));
    assert!(Coding::of(&out) == Coding::Identity, "it is packed once more");
    Ok(out)
}

/// A body in its envelope: compressed or not, of JSON or not.
pub(super) fn envelope(input: &[u8]) {
    let Some(([way, length], body)) = split(input) else { return };
    let json = way % 2 == 1;
    let whole = unwrapped(body, json, LIMIT);
    let pieces = BufReader::with_capacity(1 + usize::from(length), InPieces::new(body, vec![usize::from(length), 7]));
    let mut out = Vec::new();
    let in_pieces = unwrap(pieces, Coding::of(body), json, LIMIT, &mut out).map(|_| out);
    assert_eq!(in_pieces.as_ref().ok(), whole.as_ref().ok(), "in pieces it is another");
    if looks_compressed(body) {
        return;
    }
    let (first, second) = body.split_at(usize::from(length) * body.len() / 256);
    let packed = match way / 2 % 4 {
        0 => gzip(body),
        1 => zstd(body),
        2 => [gzip(first), gzip(second)].concat(),
        _ => [zstd(first), zstd(second)].concat(),
    };
    assert_eq!(unwrapped(&packed, json, LIMIT).ok(), whole.ok(), "packed it is another");
    assert!(unwrapped(&gzip(&packed), json, LIMIT).is_err());
}

/// What is found in a text that comes in pieces of this size: places of objects, with what stands between them; and looks that were taken.
pub(in crate::parse) fn objects_in_pieces(text: &[u8], size: usize) -> (Vec<(usize, usize)>, usize) {
    let (mut objects, mut all, mut gone, mut seen) = (Objects::default(), Vec::new(), 0, 0);
    loop {
        let last = seen >= text.len();
        match objects.next(&text[gone..seen.min(text.len())], last) {
            Found::Object { from, to, .. } => all.push((gone + from, gone + to)),
            Found::Mark(_) => {}
            Found::More { done, .. } if last => {
                assert_eq!(gone + done, text.len());
                return (all, objects.n_looks);
            }
            Found::More { done, .. } => {
                objects.forget(done);
                gone += done;
                seen += size;
            }
        }
    }
}

/// Objects are found at the same places however a text comes, one behind the other, and in linear time.
pub(in crate::parse) fn objects_are_the_same_in_pieces(text: &[u8], size: usize) {
    let (all, n_looks) = objects_in_pieces(text, usize::MAX / 2);
    assert_eq!(objects_in_pieces(text, size).0, all);
    assert!(n_looks <= (1 + AGAIN) * text.len());
    let mut end = 0;
    for (from, to) in all {
        assert!(from >= end && to > from);
        end = to;
    }
}

/// The lines of a text that comes in pieces of this size.
pub(in crate::parse) fn lines_in_pieces(text: &[u8], size: usize) -> Vec<u8> {
    let (mut lines, mut held, mut out) = (ObjectLines::default(), Vec::new(), Vec::new());
    let mut pieces = text.chunks(size.max(1)).peekable();
    while let Some(piece) = pieces.next() {
        held.extend_from_slice(piece);
        let n = lines.change(&mut held, pieces.peek().is_none());
        out.extend(held.drain(..n));
    }
    assert!(held.is_empty());
    out
}

/// Of a text that was made one of lines, nothing was changed but what stands between objects.
pub(in crate::parse) fn only_what_parts_was_changed(lines: &[u8], text: &[u8]) {
    let parts = |byte: u8| matches!(byte, b' ' | b'\n' | b'\r' | b',' | b'[' | b']');
    assert_eq!(lines.len(), text.len());
    assert!(lines.iter().zip(text).all(|(new, old)| new == old || (parts(*new) && parts(*old))));
}

/// What a body of JSON gives.
pub(in crate::parse) fn pieces_of_json(body: &[u8]) -> Vec<Piece> {
    pieces_as(&unwrapped(body, true, u64::MAX).unwrap(), FormatChoice::Lines(Format::Jsonl))
}

/// An array of objects, all in one line or not: the same however it comes, and nothing is lost of what stands beside a broken one.
pub(super) fn array(input: &[u8]) {
    let Some(([size], text)) = split(input) else { return };
    let size = 1 + usize::from(size);
    objects_are_the_same_in_pieces(text, size);
    let lines = lines_in_pieces(text, usize::MAX);
    assert_eq!(lines_in_pieces(text, size), lines, "in pieces of {size}");
    only_what_parts_was_changed(&lines, text);
    let body =
        [format!("[{{\"message\":\"{}\"}},", mark(1)).as_bytes(), text, format!(",{{\"message\":\"{}\"}}]", mark(2)).as_bytes()].concat();
    let pieces = pieces_of_json(&body);
    // Two objects that became one may have a key twice, of which the last is kept; and what is no text at all is kept otherwise.
    let repeats =
        |piece: &Piece| matches!(piece, Piece::Log(log) if log.problems.iter().any(|problem| problem.kind == ProblemKind::RepeatedKey));
    if str::from_utf8(&body).is_ok() && !body.contains(&0) && !pieces.iter().any(repeats) {
        let kept = kept(&pieces);
        assert!(holds(&kept, &mark(1)) && holds(&kept, &mark(2)), "{} is lost of {}", mark(1), body.escape_ascii());
    }
}
