//! A half of an exchange as pairing holds it, and what was remarked on its record.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::scan::header::Side;
use crate::domain::{Problem, ProblemKind};

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
    pub server: Arc<str>,
    pub message_id: Option<String>,
    pub session: Option<String>,
    /// Milliseconds since 1970 (UTC).
    pub date: Option<i64>,
    pub ip: Option<String>,
    pub request_type: Option<Arc<str>>,
    pub content_type: Option<Arc<str>>,
    pub charset: Option<Arc<str>>,
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
    pub(super) fn client(&self) -> Option<&String> {
        self.ip.as_ref().or(self.session.as_ref()).filter(|_| !self.lost_its_body())
    }

    /// About how much memory it takes.
    pub(super) fn size(&self) -> usize {
        let texts = [&self.message_id, &self.session, &self.ip].into_iter().flatten().map(String::capacity).sum::<usize>();
        let problems = self.problems.iter().map(|problem| size_of::<Problem>() + problem.text.capacity()).sum::<usize>();
        size_of::<Self>() + texts + problems + self.body.as_ref().map_or(0, Vec::capacity)
    }
}

/// Keeps one copy of the few texts that many records share, by the bytes they were read from.
#[derive(Default)]
pub(super) struct Names(FxHashMap<Box<[u8]>, Arc<str>>);

/// More different names than this are no names.
const NAMES_KEPT: usize = 1024;

impl Names {
    /// The text of these bytes, which `read` makes of them when they are new.
    pub(super) fn get(&mut self, name: &[u8], read: impl FnOnce(&[u8]) -> Arc<str>) -> Arc<str> {
        if let Some(known) = self.0.get(name) {
            return known.clone();
        }
        let text = read(name);
        if self.0.len() < NAMES_KEPT {
            self.0.insert(name.into(), text.clone());
        }
        text
    }
}
