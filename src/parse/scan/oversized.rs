//! A body too large to look at as a whole: followed to its end block by block, kept as digest, size and beginning.

use std::io::{self, Read};

use super::header::{self, HEADER_CAP};
use crate::parse::input::Window;

/// How much of it is kept.
const KEPT: usize = 1 << 20;
/// How much of its end is looked at for a message id.
const TAIL: usize = 4 << 10;

/// What is left of an oversized body.
pub(super) struct Drained {
    pub hash: blake3::Hash,
    pub size_bytes: u64,
    /// The first mebibyte.
    pub start: Vec<u8>,
    /// The last few kibibytes.
    pub tail: Vec<u8>,
    /// Whether another record or the end of the input came before its end.
    pub cut: bool,
}

/// Follows the body that begins at the start of the window and lets go of it.
///
/// # Errors
/// When the input cannot be read.
pub(super) fn drain<R: Read>(window: &mut Window<'_, R>) -> io::Result<Drained> {
    let mut hasher = blake3::Hasher::new();
    let mut drained = Drained { hash: hasher.finalize(), size_bytes: 0, start: Vec::new(), tail: Vec::new(), cut: false };
    let mut brackets = Brackets::default();
    loop {
        let view = window.view();
        let (n, state) = brackets.follow(view, window.is_last());
        let part = view.get(..n).unwrap_or(view);
        hasher.update(part);
        drained.size_bytes += part.len() as u64;
        let room = KEPT.saturating_sub(drained.start.len());
        drained.start.extend_from_slice(part.get(..room).unwrap_or(part));
        drained.tail.extend_from_slice(part.get(part.len().saturating_sub(TAIL)..).unwrap_or_default());
        drained.tail.drain(..drained.tail.len().saturating_sub(TAIL));
        window.consume(n);
        match state {
            State::Open if !window.is_last() => window.grow()?,
            state => {
                drained.cut = !matches!(state, State::Closed);
                break;
            }
        }
    }
    drained.hash = hasher.finalize();
    Ok(drained)
}

enum State {
    Open,
    Closed,
    Header,
}

#[derive(Default)]
struct Brackets {
    depth: u64,
    in_string: bool,
    escaped: bool,
}

impl Brackets {
    /// Follows brackets and strings through a view; returns how much of it belongs to the body.
    fn follow(&mut self, view: &[u8], last: bool) -> (usize, State) {
        for (at, &byte) in view.iter().enumerate() {
            if byte == b'\n' {
                let rest = view.get(at + 1..).unwrap_or_default();
                let seen = rest.get(..HEADER_CAP).unwrap_or(rest);
                let Some(end) = memchr::memchr(b'\n', seen).or((last || seen.len() == HEADER_CAP).then_some(seen.len())) else {
                    return (at, State::Open);
                };
                if header::read(seen.get(..end).unwrap_or_default()).is_some() {
                    return (at + 1, State::Header);
                }
                (self.in_string, self.escaped) = (false, false);
            } else if self.escaped {
                self.escaped = false;
            } else if self.in_string {
                self.escaped = byte == b'\\';
                self.in_string = byte != b'"';
            } else {
                match byte {
                    b'"' => self.in_string = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' if self.depth <= 1 => return (at + 1, State::Closed),
                    b'}' | b']' => self.depth -= 1,
                    _ => {}
                }
            }
        }
        (view.len(), State::Open)
    }
}
