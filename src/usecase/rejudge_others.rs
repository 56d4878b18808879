//! A known error has changed: Logs that other known errors had are its, where the knowledge base of now says so.

use std::collections::BTreeSet;

use bson::RawDocumentBuf;

use super::{Services, rejudge_known::PAGE};
use crate::{
    domain::{Fault, KnownError, KnownErrorId, LogId, Verdict},
    query::{Filter, Operator, Test, Value},
    store::{self, LogPage, VerdictChange},
};

/// Gives a known error the Logs of others that are its now; how many.
pub(super) async fn take(services: &Services, entry: &KnownError) -> store::Result<u64> {
    let store = services.store.as_ref();
    let (known, mut losers, mut n_taken, mut after) = (all_known(), BTreeSet::new(), 0, None);
    loop {
        let page = store.list_logs(&LogPage { filter: &known, limit: PAGE, after, scan_limit: usize::MAX }).await?;
        let changes: Vec<VerdictChange> = page.logs.iter().filter_map(|log| taken(services, entry, log)).collect();
        n_taken += store.change_verdicts(&changes).await?;
        losers.extend(changes.into_iter().filter_map(|change| change.was));
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    store.recount_known_errors(&Vec::<KnownErrorId>::from_iter(losers)).await?;
    Ok(n_taken)
}

/// The change of a Log of another known error that is the entry's now.
fn taken(services: &Services, entry: &KnownError, log: &RawDocumentBuf) -> Option<VerdictChange> {
    let verdict = log.get_document("verdict").ok()?;
    let was = verdict.get_str("known_error_id").ok().filter(|known| *known != entry.id.as_str())?;
    let (message, code) = Fault::of(log)?;
    let known = services.knowledge.recognise_often(message, code.as_deref(), || Some(log))?;
    let before: Verdict = bson::deserialize_from_slice(verdict.as_bytes()).ok()?;
    let id = LogId(log.get_object_id("_id").ok()?);
    (known.id == entry.id).then(|| VerdictChange {
        log: id,
        was: Some(KnownErrorId(was.to_owned())),
        verdict: Verdict { known_error_id: Some(known.id), group_id: before.group_id, method: Some(known.method), score: known.score },
    })
}

/// Logs whose error somebody knows.
fn all_known() -> Filter {
    match "verdict.known_error_id".parse() {
        Ok(path) => Filter::Test(Test { path, operator: Operator::Exists, value: Value::Null }),
        Err(_) => Filter::Not(Box::new(Filter::All)),
    }
}
