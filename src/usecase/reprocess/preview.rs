//! What reading a file again would change: it is read, and nothing is stored.

use std::collections::HashMap;

use bson::{RawBsonRef, RawDocument, RawDocumentBuf, oid::ObjectId};

use super::{Refused, allowed};
use crate::{
    domain::{EncodedLog, LogFile, LogFileId, LogSource, Merged, merge_halves},
    parse::FormatChoice,
    store,
    usecase::{IngestError, IngestRequest, Services},
};

/// What is not compared: what a file says of itself, and what was made of the Log since.
const NOT_COMPARED: [&str; 8] = ["log_file_id", "verdict", "problems", "pairing_key", "_id", "halves", "completion", "meets"];
/// What differs where another file gave the other half.
const OF_BOTH: [&str; 3] = ["state", "duration_ms", "date"];

/// What a file is read as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Its format.
    pub format: String,
    /// Its encoding.
    pub encoding: String,
    /// Records.
    pub records: i64,
    /// Logs that they make.
    pub logs: i64,
    /// Logs with both halves.
    pub complete: i64,
    /// Damaged records.
    pub malformed: i64,
    /// Pieces in quarantine.
    pub quarantined: i64,
    /// Errors that the knowledge base knows.
    pub errors_known: i64,
    /// Errors that it does not know.
    pub errors_unknown: i64,
    /// Groups that these are in.
    pub groups: i64,
}

/// What would change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// As it was read.
    pub before: Reading,
    /// As it would be read.
    pub after: Reading,
    /// Logs that arise anew.
    pub n_new: i64,
    /// Logs that say something else.
    pub n_changed: i64,
    /// Logs that stay as they are.
    pub n_same: i64,
    /// Logs of this file that no longer arise; they go, unless another file gave them too.
    pub n_gone: i64,
}

impl Reading {
    fn of(file: &LogFile) -> Self {
        let (counts, outcome) = (&file.counts, &file.outcome);
        Self {
            format: file.format.clone(),
            encoding: file.encoding.clone(),
            records: counts.records,
            logs: counts.logs,
            complete: counts.complete,
            malformed: counts.malformed,
            quarantined: outcome.quarantined,
            errors_known: outcome.errors_known,
            errors_unknown: outcome.errors_unknown,
            groups: outcome.groups_new + outcome.groups_seen,
        }
    }
}

/// Reads a file again without storing anything.
///
/// # Errors
/// When the store or the disk fails.
pub async fn preview(services: &Services, id: &LogFileId, format: FormatChoice) -> Result<Result<Preview, Refused>, IngestError> {
    let file = match allowed(services, id).await? {
        Ok(file) => file,
        Err(refused) => return Ok(Err(refused)),
    };
    let in_store = |source| IngestError::Store { name: file.name.clone(), source };
    let raw = services.raw_of(id).await.map_err(|error| IngestError::Raw { name: file.name.clone(), reason: format!("{error:#}") })?;
    let Some(raw) = raw else { return Ok(Err(Refused::NotKept)) };
    let request = IngestRequest {
        branch: file.branch.clone(),
        name: file.name.clone(),
        path: raw.path().to_owned(),
        format,
        uploaded_by: file.uploaded_by.clone(),
    };
    let mut preview = Preview { before: Reading::of(&file), ..Preview::default() };
    let mut reading = services.begin_trial(&request, &file).await?;
    let (mut n_quarantined, mut n_own) = (0, 0);
    while let Some(batch) = reading.batches.recv().await {
        n_quarantined += batch.quarantine.len();
        n_own += compare(services, id, &batch.logs, &mut preview).await.map_err(in_store)?;
    }
    let finding = reading.end(&request.name).await?;
    let counts = finding.report.counts;
    preview.after = Reading {
        format: finding.report.format.clone(),
        encoding: finding.report.encoding.to_owned(),
        records: counts.records,
        logs: counts.logs,
        complete: counts.complete,
        malformed: counts.malformed,
        quarantined: i64::try_from(n_quarantined).unwrap_or(i64::MAX),
        errors_known: finding.errors_known,
        errors_unknown: finding.errors_unknown,
        groups: i64::try_from(finding.groups.len()).unwrap_or(i64::MAX),
    };
    preview.n_gone = (services.store.count_log_file(id).await.map_err(in_store)? - n_own).max(0);
    Ok(Ok(preview))
}

/// Compares Logs with those that are stored; how many of these name the file.
async fn compare(services: &Services, file: &LogFileId, logs: &[EncodedLog], preview: &mut Preview) -> store::Result<i64> {
    // An exchange may stand under its own id or, where that was taken, under that of a later one, or of one beside that.
    let ids_of = |log: &EncodedLog| {
        let later = log.as_later();
        [log.id(), later.id(), later.as_beside().id()]
    };
    let ids: Vec<_> = logs.iter().flat_map(ids_of).collect();
    let stored = services.store.find_logs(&ids).await?;
    let stored: HashMap<ObjectId, &RawDocumentBuf> = stored.iter().filter_map(|log| Some((log.get_object_id("_id").ok()?, log))).collect();
    let mut n_own = 0;
    for log in logs {
        let there = ids_of(log).into_iter().filter_map(|id| stored.get(&id.0).copied());
        match there.map(|there| (there, merge_halves(there, log.document()))).find(|(_, merged)| *merged != Merged::Occupied) {
            None => preview.n_new += 1,
            Some((there, merged)) => {
                n_own += i64::from(LogSource::owner(there).is_some_and(|owner| owner.file == *file));
                let is_same = merged == Merged::AlreadyThere && says_the_same(log.document(), there);
                if is_same {
                    preview.n_same += 1;
                } else {
                    preview.n_changed += 1;
                }
            }
        }
    }
    Ok(n_own)
}

/// Whether what a Log says stands in the stored one, which may have a half more.
fn says_the_same(log: &RawDocument, stored: &RawDocument) -> bool {
    let is_whole = log.get_str("state").ok() == stored.get_str("state").ok();
    log.iter().flatten().all(|(name, value)| {
        let name = name.as_str();
        let is_compared = !NOT_COMPARED.contains(&name) && (is_whole || !OF_BOTH.contains(&name));
        let is_said = is_whole || value != RawBsonRef::Null;
        !is_compared || !is_said || stored.get(name).ok().flatten() == Some(value)
    })
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use bson::{RawBson, rawdoc};

    use super::*;
    use crate::{
        config::Config,
        store::{AdminStore, SharedStore, sqlite::SqliteStore},
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_only_looked_at_teaches_nobody_and_takes_nothing_back() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("test.db"), Duration::from_secs(5)).unwrap();
        store.migrate().await.unwrap();
        let store: SharedStore = Arc::new(store);
        // By whoever reads it first, its error is none.
        let mut lenient = Config::in_dir(folder.path());
        lenient.detect = serde_json::from_str(r#"{"ok": ["OK", "ERROR"], "errors": ["fault"]}"#).unwrap();
        let first = Services::open(store.clone(), Arc::new(lenient)).await.unwrap();
        let path = folder.path().join("day.log");
        let text = "=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1;\nInput = {\"message_id\":\"m\"}\n<= S at 5/8/2016 7:17:45 AM: to 10.0.0.1\nOutput = {\"status\":\"ERROR\",\"error\":\"no vault\",\"message_id\":\"m\"}\n";
        std::fs::write(&path, text).unwrap();
        let request = IngestRequest {
            branch: "K1".parse().unwrap(),
            name: "day.log".to_owned(),
            path,
            format: FormatChoice::Auto,
            uploaded_by: "olena".to_owned(),
        };
        let file = first.ingest_file(request, Arc::new(|_| ())).await.unwrap().file;

        let services = Services::open(store.clone(), Arc::new(Config::in_dir(folder.path()))).await.unwrap();
        // Others are just about to store what they grouped.
        let grouped = services.groups.assign("plug-in is missing");
        let told = preview(&services, &file.id, FormatChoice::Auto).await.unwrap().unwrap();
        assert_eq!((told.before.groups, told.after.groups, told.after.errors_unknown), (0, 1, 1), "{told:?}");
        assert!(services.groups.agree(store.as_ref(), grouped.turn, Duration::ZERO).await.unwrap());
        let steps = store.list_group_steps(0, usize::MAX).await.unwrap();
        assert_eq!(steps.iter().flat_map(|step| &step.patterns).map(|pattern| pattern.group).collect::<Vec<_>>(), [grouped.id]);
    }

    #[test]
    fn a_log_is_the_same_where_all_it_says_stands_in_the_stored_one() {
        let log = |date: i64, response: RawBson, state: &str| rawdoc! { "state": state, "date": date, "request": { "n": 1 }, "response": response, "verdict": date };
        let answer = || RawBson::Document(rawdoc! { "ok": 1 });
        for (one, other, expected) in [
            (log(1, answer(), "complete"), log(1, answer(), "complete"), true),
            (log(1, answer(), "complete"), log(2, answer(), "complete"), false),
            (log(1, RawBson::Null, "request_only"), log(2, answer(), "complete"), true),
            (log(1, answer(), "complete"), log(1, RawBson::Null, "request_only"), false),
        ] {
            assert_eq!(says_the_same(&one, &other), expected, "{one:?} {other:?}");
        }
    }
}
