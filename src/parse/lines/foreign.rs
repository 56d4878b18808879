//! Lines that no Log can hold, gathered so that neighbours of one kind make one piece.

use crate::{domain::ProblemKind, parse::Foreign};

/// A piece grows up to this size.
const LONGEST: usize = 64 << 10;

/// Pieces in the making.
#[derive(Default)]
pub(super) struct Gathered {
    open: Option<Foreign>,
}

impl Gathered {
    /// Adds bytes of the file; gives the pieces that can no longer grow.
    pub(super) fn add(&mut self, offset: u64, raw: &[u8], kind: ProblemKind, reason: &str) -> Vec<Foreign> {
        let mut done = Vec::new();
        for (index, part) in raw.chunks(LONGEST).enumerate() {
            if self.open.as_ref().is_some_and(|piece| piece.kind != kind || piece.raw.len() + part.len() > LONGEST) {
                done.extend(self.open.take());
            }
            let offset = offset + (index * LONGEST) as u64;
            let piece =
                self.open.get_or_insert_with(|| Foreign { offset, size_bytes: 0, raw: Vec::new(), kind, reason: reason.to_owned() });
            piece.size_bytes += part.len() as u64;
            piece.raw.extend_from_slice(part);
        }
        done
    }

    /// Adds white space between two lines, so that a piece is one stretch of the file.
    pub(super) fn add_blank(&mut self, raw: &[u8]) -> Vec<Foreign> {
        let Some(open) = &self.open else { return Vec::new() };
        let (end, kind, reason) = (open.offset + open.size_bytes, open.kind, open.reason.clone());
        self.add(end, raw, kind, &reason)
    }

    /// The piece that ends here.
    pub(super) fn end(&mut self) -> Option<Foreign> {
        self.open.take()
    }
}
