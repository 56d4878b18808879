//! AgentReport: what the agent of a branch says of itself.

use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::BranchCode;

/// An agent that was not heard of for so long is silent.
const SILENT_MS: i64 = 5 * 60_000;
/// One whose oldest text waits for so long is behind.
const BEHIND_SECONDS: i64 = 300;

/// How an agent is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentStanding {
    /// Everything is on its way.
    Well,
    /// Text waits for longer than it should.
    Behind,
    /// Something is wrong, as it says itself.
    Troubled,
    /// It says nothing.
    Silent,
}

impl AgentStanding {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Behind => "behind",
            Self::Troubled => "troubled",
            Self::Silent => "silent",
        }
    }
}

/// What goes wrong at the branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentTrouble {
    /// A word for programs.
    pub kind: String,
    /// In words.
    pub text: String,
    /// Since when.
    pub since: DateTime,
}

/// A file that an agent follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentFile {
    /// Its path there.
    pub path: String,
    /// Bytes in it.
    pub size_bytes: i64,
    /// Bytes not read yet.
    pub lag_bytes: i64,
    /// What is wrong with it.
    pub trouble: Option<String>,
}

/// The latest that an agent said of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentReport {
    /// Branch and agent.
    #[serde(rename = "_id")]
    pub id: String,
    /// The branch.
    pub branch: BranchCode,
    /// The name that the agent gave itself when its spool was made.
    pub agent: String,
    /// The machine's name.
    pub host: String,
    /// Version of the program.
    pub version: String,
    /// When it was started.
    pub started_at: DateTime,
    /// When the server heard it last.
    pub seen_at: DateTime,
    /// Bytes in files that were not read yet.
    pub lag_bytes: i64,
    /// How long the oldest text waits.
    pub lag_seconds: i64,
    /// Batches that wait to be sent.
    pub spool_batches: i64,
    /// Bytes of them.
    pub spool_bytes: i64,
    /// Bytes that they may have.
    pub spool_max_bytes: i64,
    /// Files that it follows; `files` has some of them.
    pub n_files: i64,
    /// Those furthest behind.
    pub files: Vec<AgentFile>,
    /// What keeps it from sending.
    pub sending: Option<AgentTrouble>,
    /// What keeps it from reading.
    pub reading: Option<AgentTrouble>,
}

impl AgentReport {
    /// Files that are kept of a report.
    pub const MAX_FILES: usize = 20;

    /// The id of a branch's agent.
    pub fn id_for(branch: &BranchCode, agent: &str) -> String {
        format!("{branch} {agent}")
    }

    /// Whether something is wrong with a file or a folder.
    pub fn has_file_trouble(&self) -> bool {
        self.files.iter().any(|file| file.trouble.is_some())
    }

    /// How the agent is at this moment.
    pub fn standing(&self, now: DateTime) -> AgentStanding {
        if now.timestamp_millis().saturating_sub(self.seen_at.timestamp_millis()) > SILENT_MS {
            AgentStanding::Silent
        } else if self.sending.is_some() || self.reading.is_some() || self.has_file_trouble() {
            AgentStanding::Troubled
        } else if self.lag_seconds > BEHIND_SECONDS {
            AgentStanding::Behind
        } else {
            AgentStanding::Well
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_weighs_more_than_trouble_and_trouble_more_than_delay() {
        let at = DateTime::from_millis;
        let trouble = || Some(AgentTrouble { kind: "disk".into(), text: "full".into(), since: at(0) });
        for (age_ms, trouble, lag_seconds, expected) in [
            (0, None, 0, AgentStanding::Well),
            (SILENT_MS, None, 300, AgentStanding::Well),
            (0, None, 301, AgentStanding::Behind),
            (0, trouble(), 301, AgentStanding::Troubled),
            (SILENT_MS + 1, trouble(), 301, AgentStanding::Silent),
        ] {
            let report = AgentReport {
                id: String::new(),
                branch: "K01".parse().unwrap(),
                agent: String::new(),
                host: String::new(),
                version: String::new(),
                started_at: at(0),
                seen_at: at(1_000_000),
                lag_bytes: 0,
                lag_seconds,
                spool_batches: 0,
                spool_bytes: 0,
                spool_max_bytes: 0,
                n_files: 0,
                files: Vec::new(),
                sending: trouble,
                reading: None,
            };
            assert_eq!(report.standing(at(1_000_000 + age_ms)), expected);
        }
    }
}
