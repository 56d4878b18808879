//! What the headers of many records have in common, read and written once.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::json::{self, kind};
use crate::domain::Side;

/// Where a record comes from and what its header says of the body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    server: String,
    values: [Option<String>; 3],
    /// The elements `request_type`, `content_type` and `charset` of a Log's document.
    elements: Vec<u8>,
}

impl Origin {
    /// With request type, content type and charset.
    pub(super) fn new(server: String, values: [Option<String>; 3]) -> Self {
        let mut elements = Vec::new();
        for (key, value) in ["request_type", "content_type", "charset"].into_iter().zip(&values) {
            match value {
                Some(value) => {
                    json::key(&mut elements, kind::STRING, key);
                    json::write_string(&mut elements, value);
                }
                None => json::key(&mut elements, kind::NULL, key),
            }
        }
        Self { server, values, elements }
    }

    /// Title of the server.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Request type, content type and charset.
    pub(super) fn values(&self) -> &[Option<String>; 3] {
        &self.values
    }

    /// The last three as elements of a document.
    pub(super) fn elements(&self) -> &[u8] {
        &self.elements
    }
}

/// The parts of a header that make an origin: server, request type, content type, charset.
pub(super) type Parts<'a> = [Option<&'a [u8]>; 4];

/// The origins met in a file.
#[derive(Default)]
pub(super) struct Origins {
    kept: FxHashMap<Box<[u8]>, Arc<Origin>>,
    /// The last one of requests and of responses: mostly the next one, too.
    last: [Option<Last>; 2],
}

/// An origin with the parts it was read from, one after the other.
struct Last {
    parts: Vec<u8>,
    lengths: [Option<usize>; 4],
    origin: Arc<Origin>,
}

impl Last {
    fn is(&self, parts: Parts<'_>) -> bool {
        let mut rest = self.parts.as_slice();
        self.lengths.iter().zip(parts).all(|(length, part)| match (length, part) {
            (Some(_), Some(part)) => rest.strip_prefix(part).is_some_and(|after| {
                rest = after;
                *length == Some(part.len())
            }),
            (length, part) => length.is_none() && part.is_none(),
        })
    }
}

/// More different ones than this are not kept.
const KEPT: usize = 1024;

impl Origins {
    /// Whether no new ones are kept any more.
    pub(super) fn is_full(&self) -> bool {
        self.kept.len() >= KEPT
    }

    /// The origin of these parts, which `read` makes of them when it is new.
    pub(super) fn get(&mut self, side: Side, parts: Parts<'_>, read: impl FnOnce(Parts<'_>) -> Origin) -> Arc<Origin> {
        let last = &mut self.last[side as usize];
        if let Some(last) = last.as_ref().filter(|last| last.is(parts)) {
            return last.origin.clone();
        }
        let mut key = Vec::new();
        for part in parts {
            key.extend_from_slice(&part.map_or(u32::MAX, |part| part.len() as u32).to_le_bytes());
            key.extend_from_slice(part.unwrap_or_default());
        }
        let origin = match self.kept.get(key.as_slice()) {
            Some(origin) => origin.clone(),
            None => Arc::new(read(parts)),
        };
        if self.kept.len() < KEPT {
            self.kept.insert(key.into(), origin.clone());
        }
        let lengths = parts.map(|part| part.map(<[u8]>::len));
        *last = Some(Last { parts: parts.into_iter().flatten().flatten().copied().collect(), lengths, origin: origin.clone() });
        origin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_apart_and_read_once() {
        let mut origins = Origins::default();
        let mut n_read = 0;
        let all: [Parts; 4] = [
            [Some(b"ab"), None, None, None],
            [Some(b"a"), Some(b"b"), None, None],
            [Some(b"a"), None, Some(b"b"), None],
            [Some(b"a"), None, Some(b""), Some(b"b")],
        ];
        for round in 0..3 {
            for parts in all {
                let text = |part: Option<&[u8]>| part.map(|part| String::from_utf8_lossy(part).into_owned());
                let side = if round == 1 { Side::Response } else { Side::Request };
                let origin = origins.get(side, parts, |[server, values @ ..]| {
                    n_read += 1;
                    Origin::new(text(server).unwrap(), values.map(text))
                });
                let [server, values @ ..] = parts;
                assert_eq!((origin.server(), origin.values()), (text(server).unwrap().as_str(), &values.map(text)));
            }
        }
        assert_eq!(n_read, 4);
    }
}
