//! What became of the files of an archive, as the page of an upload shows it: as many as a page bears, and the numbers of all.

use super::session::Frame;
use crate::usecase::Arrived;

/// Rows of each kind that are kept.
const SHOWN: usize = 300;

/// The files of one archive.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts {
    /// The first that were ingested.
    pub(super) files: Vec<Part>,
    /// The first that were not.
    pub(super) refused: Vec<Part>,
    /// All that were ingested.
    n_files: usize,
    /// All that were not.
    n_refused: usize,
}

/// One of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    pub(super) name: String,
    /// Address of the result.
    pub(super) result: Option<String>,
    /// Why there is none, in English.
    pub(super) problem: Option<String>,
    pub(super) bytes: i64,
    pub(super) logs: i64,
    pub(super) errors: i64,
}

impl Parts {
    /// Takes note of one.
    pub(super) fn add(&mut self, arrived: &Arrived) {
        match arrived {
            Arrived::File(done) => {
                self.n_files += 1;
                let counts = done.file.counts;
                keep(&mut self.files, || Part {
                    // Content that came before bears its first name: people look for the one they sent.
                    name: done.name.clone(),
                    result: address(arrived),
                    problem: None,
                    bytes: counts.bytes,
                    logs: counts.logs,
                    errors: counts.errors,
                });
            }
            Arrived::Refused(refused) => {
                self.n_refused += 1;
                let problem = Some(refused.reason.to_string());
                keep(&mut self.refused, || Part { name: refused.name.clone(), problem, ..Part::default() });
            }
        }
    }

    /// Rows that are shown.
    pub(super) fn n_shown(&self) -> usize {
        self.files.len() + self.refused.len()
    }

    /// Whether there are more than are shown.
    pub(super) fn are_more(&self) -> bool {
        self.n_shown() < self.n_files + self.n_refused
    }

    /// How many there are.
    pub(super) fn said(&self, frame: &Frame) -> String {
        frame.say("upload.parts", &[("n", &self.n_files.to_string()), ("refused", &self.n_refused.to_string())])
    }
}

/// Where the result of a file is shown.
pub(super) fn address(arrived: &Arrived) -> Option<String> {
    match arrived {
        Arrived::File(done) => Some(format!("/files/{}{}", done.file.id, if done.again { "?again=1" } else { "" })),
        Arrived::Refused(_) => None,
    }
}

fn keep(parts: &mut Vec<Part>, part: impl FnOnce() -> Part) {
    if parts.len() < SHOWN {
        parts.push(part());
    }
}
