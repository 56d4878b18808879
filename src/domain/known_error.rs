//! KnownError and Answer: what the knowledge base knows, and the remedies.

use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::{AnswerId, GroupId, KnownErrorId, StatusCode, Tenure};

/// The life of an entry, after the known-error databases of ITIL. Only `Approved` and `Fixed` entries match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LifeCycle {
    /// Being written.
    Draft,
    /// Waits for a reviewer.
    Review,
    /// In force.
    #[default]
    Approved,
    /// Its cause was removed; seeing it again is a regression.
    Fixed,
    /// No longer used.
    Retired,
}

impl LifeCycle {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Review => "review",
            Self::Approved => "approved",
            Self::Fixed => "fixed",
            Self::Retired => "retired",
        }
    }

    /// Whether errors are matched against an entry in this state.
    pub fn matches(self) -> bool {
        matches!(self, Self::Approved | Self::Fixed)
    }
}

/// An error that the knowledge base knows: how it is recognised and what it means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnownError {
    /// Its identifier.
    #[serde(rename = "_id")]
    pub id: KnownErrorId,
    /// A short name.
    pub title: String,
    /// A short name in Ukrainian.
    #[serde(default)]
    pub title_uk: Option<String>,
    /// The text by which it is recognised; empty where key words do that.
    pub text: String,
    /// Words and phrases most of which mark it.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// Words and phrases any one of which marks it.
    #[serde(default)]
    pub keywords_any: Vec<String>,
    /// Words and phrases all of which must be there.
    #[serde(default)]
    pub keywords_all: Vec<String>,
    /// Words and phrases none of which may be there.
    #[serde(default)]
    pub keywords_none: Vec<String>,
    /// The server's code for it.
    #[serde(default)]
    pub code: Option<String>,
    /// A regular expression (linear time) by which it is recognised.
    #[serde(default)]
    pub regex: Option<String>,
    /// A filter (see `query`) that the Log must satisfy.
    #[serde(default)]
    pub conditions: Option<String>,
    /// Its status.
    #[serde(default)]
    pub status: Option<StatusCode>,
    /// Where it stands in its life.
    #[serde(default)]
    pub state: LifeCycle,
    /// Who is responsible for it, and when it holds.
    #[serde(default)]
    pub tenure: Tenure,
    /// Number of its latest version, which has to be named by whoever changes it.
    #[serde(default)]
    pub version: i64,
    /// The stored Logs have not all been judged by its latest version; whoever finds this set finishes the work.
    #[serde(default)]
    pub rejudge_pending: bool,
    /// The group of unknown errors it was made from.
    #[serde(default)]
    pub from_group: Option<GroupId>,
    /// Who approved it.
    pub approved_by: String,
    /// When.
    pub approved_at: DateTime,
    /// Last change.
    pub updated_at: DateTime,
    /// Number of Logs that carry it; recounted from the Logs.
    #[serde(default)]
    pub count: i64,
    /// Date of the latest Log that carries it.
    #[serde(default)]
    pub last_seen: Option<DateTime>,
}

impl KnownError {
    /// Whether it was seen again after its cause was removed, by the dates of the events themselves: a Log that arrives late is no
    /// regression.
    pub fn regressed(&self) -> bool {
        self.regressed_when(self.last_seen)
    }

    /// As [`Self::regressed`], if it was last seen then.
    pub fn regressed_when(&self, last_seen: Option<DateTime>) -> bool {
        self.state == LifeCycle::Fixed && last_seen.zip(self.tenure.fixed_at).is_some_and(|(seen, fixed)| seen > fixed)
    }
}

/// A remedy for a known error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// From the known error and the text.
    #[serde(rename = "_id")]
    pub id: AnswerId,
    /// The known error it answers.
    pub known_error_id: KnownErrorId,
    /// Place among the answers as written, from 0; answers that worked more often are shown first.
    pub position: i32,
    /// What to do.
    pub text: String,
    /// The same in Ukrainian.
    #[serde(default)]
    pub text_uk: Option<String>,
    /// How often it was said to have worked.
    #[serde(default)]
    pub n_worked: i64,
    /// How often it was said not to have worked.
    #[serde(default)]
    pub n_failed: i64,
    /// Who wrote it.
    pub author: String,
    /// When.
    pub created_at: DateTime,
}

impl Answer {
    /// The identifier of an answer with this text.
    pub fn id_for(known_error: &KnownErrorId, text: &str) -> AnswerId {
        AnswerId::from_content(&[known_error.as_str().as_bytes(), text.as_bytes()])
    }

    /// How often it works at least, with 97.5 % certainty: the lower bound of the score interval for a share (E. B. Wilson, "Probable
    /// inference, the law of succession, and statistical inference", JASA 22 (1927), 209-212). One that worked once is not placed before one
    /// that worked 90 times of 100.
    pub fn success(&self) -> f64 {
        let (worked, failed) = (self.n_worked.max(0) as f64, self.n_failed.max(0) as f64);
        let n = worked + failed;
        if n == 0.0 {
            return 0.0;
        }
        let (share, z2) = (worked / n, Z * Z);
        let middle = share + z2 / (2.0 * n);
        let spread = Z * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
        ((middle - spread) / (1.0 + z2 / n)).max(0.0)
    }

    /// Sorts answers: what worked best first, then what failed least, then as they were written.
    pub fn sort_by_success(answers: &mut [Self]) {
        answers.sort_by(|a, b| {
            let rest = || (a.n_failed, a.position).cmp(&(b.n_failed, b.position));
            b.success().total_cmp(&a.success()).then_with(rest)
        });
    }
}

/// Standard deviations of a two-sided interval of 95 %.
const Z: f64 = 1.96;

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(position: i32, n_worked: i64, n_failed: i64) -> Answer {
        let known_error_id = KnownErrorId("k".into());
        let (id, now) = (Answer::id_for(&known_error_id, "t"), DateTime::from_millis(0));
        Answer { id, known_error_id, position, text: "t".into(), text_uk: None, n_worked, n_failed, author: "a".into(), created_at: now }
    }

    #[test]
    fn the_bound_is_wilsons() {
        // Reference: statsmodels.stats.proportion.proportion_confint(worked, n, method="wilson")[0], z rounded to 1.96.
        for (worked, failed, bound) in [(0, 0, 0.0), (0, 5, 0.0), (1, 0, 0.2065), (9, 1, 0.5958), (90, 10, 0.8256)] {
            let found = answer(0, worked, failed).success();
            assert!((found - bound).abs() < 5e-4, "{worked} of {}: {found}", worked + failed);
        }
    }

    #[test]
    fn answers_stand_in_the_order_of_what_worked() {
        let mut answers = [answer(0, 0, 3), answer(1, 0, 0), answer(2, 1, 0), answer(3, 90, 10), answer(4, 0, 0)];
        Answer::sort_by_success(&mut answers);
        assert_eq!(answers.map(|answer| answer.position), [3, 2, 1, 4, 0]);
    }
}
