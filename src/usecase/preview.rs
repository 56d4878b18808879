//! Before a rule is saved: which stored errors it would have caught, and which it would have taken from other known errors.

use std::collections::{BTreeMap, HashMap};

use bson::{DateTime, RawDocument};

use super::{Services, knowledge::rule_of};
pub use crate::review::{Draft, on_trial};
use crate::{
    domain::{Fault, GroupId, KnownError, KnownErrorId, LogId},
    inference::RuleError,
    query::{Filter, FilterError, Operator, Test, Value},
    store::{self, LogPage},
};

/// Logs read at once.
const PAGE: usize = 1000;
/// Texts whose verdict is remembered.
const REMEMBERED: usize = 100_000;
/// Examples shown.
const EXAMPLES: usize = 10;

/// What history says of a rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Preview {
    /// Errors looked at.
    pub n_errors: u64,
    /// Only errors since some moment were looked at.
    pub is_of_period: bool,
    /// There are more than were looked at.
    pub incomplete: bool,
    /// Errors that nobody knew and that the rule catches, by group, most first.
    pub unknown: Vec<(Option<GroupId>, u64)>,
    /// Errors that it takes from other known errors, most first.
    pub taken: Vec<(KnownErrorId, u64)>,
    /// Errors that it catches and that were its own already.
    pub n_own: u64,
    /// A few Logs that it catches, newest first, with their error texts.
    pub examples: Vec<(LogId, String)>,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The rule cannot be used.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// Its condition is no filter.
    #[error("the condition: {0}")]
    Condition(#[from] FilterError),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The beginning of time, for a look at all of history.
pub const ALWAYS: DateTime = DateTime::MIN;

/// The moment so many days ago; the beginning of time where no number is given.
pub fn since(days: Option<u32>, now: DateTime) -> DateTime {
    /// Milliseconds of a day.
    const DAY: i64 = 24 * 60 * 60 * 1000;
    days.map_or(ALWAYS, |days| DateTime::from_millis(now.timestamp_millis().saturating_sub(i64::from(days) * DAY)))
}

/// Judges the errors since a moment as if the entry were in the knowledge base (in the place of the one with its id); looks at no more
/// than `limit` errors, the newest.
///
/// # Errors
/// When the entry cannot be matched against or the store fails.
pub async fn preview(services: &Services, entry: &KnownError, since: DateTime, limit: u64) -> Result<Preview, PreviewError> {
    let store = services.store.as_ref();
    services.knowledge.refresh(store).await?;
    let status = entry.status.and_then(|code| services.knowledge.status(code));
    let (rule, condition) = rule_of(entry, status.as_ref())?;
    let trial = services.knowledge.with(rule, condition)?;
    let mut preview = Preview { is_of_period: since != ALWAYS, ..Preview::default() };
    let (mut unknown, mut taken) = (BTreeMap::<Option<GroupId>, u64>::new(), BTreeMap::new());
    // Whether a text with a code is the entry's, where that does not depend on the Log; errors repeat.
    let mut judged: HashMap<(String, Option<String>), bool> = HashMap::new();
    let (filter, mut after) = (errors_since(since), None);
    loop {
        let page = store.list_logs(&LogPage { filter: &filter, limit: PAGE, after, scan_limit: usize::MAX }).await?;
        for log in &page.logs {
            let Some(found) = Found::read(log) else { continue };
            preview.n_errors += 1;
            let key = (found.message.to_owned(), found.code.clone());
            let is_own = match judged.get(&key) {
                Some(is_own) => *is_own,
                None => {
                    let (is_own, depends) = trial.catches(found.message, found.code.as_deref(), log);
                    if !depends && judged.len() < REMEMBERED {
                        judged.insert(key, is_own);
                    }
                    is_own
                }
            };
            if !is_own {
                continue;
            }
            match found.known {
                Some(known) if known == entry.id.as_str() => preview.n_own += 1,
                Some(known) => *taken.entry(KnownErrorId(known.to_owned())).or_insert(0) += 1,
                None => *unknown.entry(found.group).or_default() += 1,
            }
            if preview.examples.len() < EXAMPLES {
                preview.examples.push((found.id, found.message.to_owned()));
            }
        }
        match page.next {
            Some(_) if preview.n_errors >= limit => {
                preview.incomplete = true;
                break;
            }
            Some(next) => after = Some(next),
            None => break,
        }
    }
    preview.unknown = most_first(unknown);
    preview.taken = most_first(taken);
    Ok(preview)
}

/// What a preview needs of a Log.
struct Found<'l> {
    id: LogId,
    message: &'l str,
    code: Option<String>,
    known: Option<&'l str>,
    group: Option<GroupId>,
}

impl<'l> Found<'l> {
    fn read(log: &'l RawDocument) -> Option<Self> {
        let (message, code) = Fault::of(log)?;
        let verdict = log.get_document("verdict").ok();
        Some(Self {
            id: LogId(log.get_object_id("_id").ok()?),
            message,
            code,
            known: verdict.and_then(|verdict| verdict.get_str("known_error_id").ok()),
            group: verdict.and_then(|verdict| verdict.get_object_id("group_id").ok()).map(GroupId),
        })
    }
}

/// The Logs with an error since a moment. All of history has those without a date, too, as judging anew has.
fn errors_since(since: DateTime) -> Filter {
    let test = |path: &str, operator, value| path.parse().ok().map(|path| Filter::Test(Test { path, operator, value }));
    let date = if since == ALWAYS { None } else { test("date", Operator::AtLeast, Value::Date(since)) };
    Filter::And(test("error", Operator::Exists, Value::Null).into_iter().chain(date).collect())
}

fn most_first<K: Ord>(counts: BTreeMap<K, u64>) -> Vec<(K, u64)> {
    let mut counts: Vec<(K, u64)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts
}
