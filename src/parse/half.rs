//! A half of an exchange as pairing holds it, and what was remarked on its record. Its short texts stand in it, not in memory of their own.

use std::sync::Arc;

use compact_str::CompactString;

use super::Origin;
use crate::domain::{Problem, ProblemKind, Side};

/// Something wrong with a record, at a place of the text it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remark {
    pub at: usize,
    pub kind: ProblemKind,
    pub text: String,
}

/// One record, ready to meet its other half.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Half {
    pub side: Side,
    /// Where the record begins in the file; records are told apart and ordered by it.
    pub offset: u64,
    pub origin: Arc<Origin>,
    pub message_id: Option<CompactString>,
    pub session: Option<CompactString>,
    /// Milliseconds since 1970 (UTC).
    pub date: Option<i64>,
    pub ip: Option<CompactString>,
    /// BSON document.
    pub body: Option<Vec<u8>>,
    pub problems: Vec<Problem>,
    /// Fingerprint of the record.
    pub print: i64,
}

impl Half {
    /// Whether the body could not be read, and with it whatever ids it had.
    pub(super) fn lost_its_body(&self) -> bool {
        let lost = [ProblemKind::CutRecord, ProblemKind::MalformedBody, ProblemKind::MissingBody, ProblemKind::TooDeep];
        self.problems.iter().any(|problem| lost.contains(&problem.kind))
    }

    /// Whose half it is, where it has no message id. Answers seldom repeat the session of their request: the client's address brings both
    /// together, and sessions that contradict each other keep them apart. A damaged half may have lost its ids: it stands alone.
    pub(super) fn client(&self) -> Option<&CompactString> {
        self.ip.as_ref().or(self.session.as_ref()).filter(|_| !self.lost_its_body())
    }

    /// About how much memory it takes, by what it holds: the same half takes as much whatever was read before it.
    pub(super) fn size(&self) -> usize {
        let texts = [&self.message_id, &self.session, &self.ip]
            .into_iter()
            .flatten()
            .map(|text| if text.is_heap_allocated() { text.capacity() } else { 0 })
            .sum::<usize>();
        let problems = self.problems.iter().map(|problem| size_of::<Problem>() + problem.text.capacity()).sum::<usize>();
        size_of::<Self>() + texts + problems + self.body.as_ref().map_or(0, |body| body.len() + body.len() / 4)
    }
}
