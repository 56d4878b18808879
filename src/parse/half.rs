//! Half of an exchange: one record with its body converted.

use bson::{DateTime, RawDocumentBuf};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::header::Side;
use crate::domain::Problem;

/// One record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Half {
    /// Place in the order of records.
    pub(super) seq: i64,
    pub(super) side: Side,
    pub(super) server: String,
    pub(super) remote_ip: String,
    pub(super) request_type: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) charset: Option<String>,
    pub(super) date: Option<DateTime>,
    pub(super) body: Option<RawDocumentBuf>,
    pub(super) message_id: Option<String>,
    pub(super) session: Option<String>,
    /// 64 bits of BLAKE3 over the record's text and its ordinal among identical records.
    pub(super) print: i64,
    pub(super) problems: Vec<Problem>,
    /// Header date or body is damaged.
    pub(super) damaged: bool,
}

impl Half {
    /// Memory that it takes while it waits.
    pub(super) fn size(&self) -> usize {
        let body = self.body.as_ref().map_or(0, |body| body.as_bytes().len());
        body + self.server.len() + self.message_id.as_ref().map_or(0, String::len) * 2 + self.problems.len() * 96 + 320
    }

    /// The key under which it meets its partner; `None` for a damaged half whose ids cannot be known.
    pub(super) fn key(&self) -> Option<String> {
        match &self.message_id {
            Some(id) => Some(format!("{}\0{id}", self.server)),
            None if self.damaged => None,
            None => Some(format!("{}\0\0{}", self.server, self.remote_ip)),
        }
    }
}

/// Fingerprint of a record's text.
pub(super) fn print(text: &str, ordinal: u32) -> i64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(text.trim().as_bytes());
    if ordinal > 0 {
        hasher.update(&ordinal.to_le_bytes());
    }
    let mut bytes = [0; 8];
    hasher.finalize_xof().fill(&mut bytes);
    i64::from_le_bytes(bytes)
}

/// How often a key was seen among the last ones; memory is bounded by forgetting the oldest.
#[derive(Debug, Default)]
pub(super) struct Recent {
    counts: FxHashMap<u64, u32>,
    order: std::collections::VecDeque<u64>,
}

impl Recent {
    const KEPT: usize = 1 << 17;

    /// Times it was seen before; counts this one.
    pub(super) fn seen(&mut self, key: u64) -> u32 {
        if self.order.len() >= Self::KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            if let Some(count) = self.counts.get_mut(&oldest).filter(|count| **count > 1) {
                *count -= 1;
            } else {
                self.counts.remove(&oldest);
            }
        }
        self.order.push_back(key);
        let count = self.counts.entry(key).or_default();
        *count += 1;
        *count - 1
    }
}
