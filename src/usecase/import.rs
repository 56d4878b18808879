//! Importing a knowledge base: what a document would change, said before it does, and the change itself, kept as versions.

use std::collections::{BTreeMap, HashMap};

use bson::DateTime;

use super::{
    Services,
    audit::{self, AuditAction, Deed},
    four_eyes,
    knowledge_base::Document,
    revise,
};
use crate::{
    domain::{Answer, Change, KnownError, KnownErrorId, KnownErrorVersion, StatusCode},
    review,
    store::{self, Store},
};

/// Known errors saved at once.
const AT_ONCE: usize = 500;

/// What becomes of an entry of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It is not there yet.
    New,
    /// These fields of it differ.
    Changed(Vec<&'static str>),
    /// It is there as it is.
    Same,
}

/// An entry of the document, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned<Id> {
    /// Its identifier.
    pub id: Id,
    /// Its title.
    pub title: String,
    /// What becomes of it.
    pub step: Step,
}

/// What a document changes, in its order; what it does not name stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Statuses.
    pub statuses: Vec<Planned<StatusCode>>,
    /// Known errors.
    pub known_errors: Vec<Planned<KnownErrorId>>,
}

/// An entry as the store would have it.
struct Difference {
    before: Option<(KnownError, Vec<Answer>)>,
    after: (KnownError, Vec<Answer>),
    step: Step,
}

/// Says what importing a document would change.
///
/// # Errors
/// When the store fails.
pub async fn plan(store: &dyn Store, document: &Document, now: DateTime) -> store::Result<Plan> {
    let known = store.list_status_errors().await?;
    let status = |entry: &super::knowledge_base::StatusEntry| {
        let after = entry.to_document();
        let step = match known.iter().find(|status| status.code == after.code) {
            None => Step::New,
            Some(before) => {
                let fields = [
                    ("title", before.title != after.title || before.title_uk != after.title_uk),
                    ("parent", before.parent != after.parent),
                    ("keywords", before.keywords != after.keywords),
                    ("colour", before.colour != after.colour),
                    ("retired", before.retired != after.retired),
                    ("meaning", before.meaning != after.meaning || before.meaning_uk != after.meaning_uk),
                ];
                let differing: Vec<_> = fields.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect();
                if differing.is_empty() { Step::Same } else { Step::Changed(differing) }
            }
        };
        Planned { id: after.code, title: after.title, step }
    };
    let named = |change: &Difference| {
        let (entry, _) = &change.after;
        Planned { id: entry.id.clone(), title: entry.title.clone(), step: change.step.clone() }
    };
    let known_errors = changes(store, document, "", now).await?.iter().map(named).collect();
    Ok(Plan { statuses: document.statuses.iter().map(status).collect(), known_errors })
}

/// Saves the document's statuses and known errors; entries with the same id are replaced by a new version, others stay. What it changed.
///
/// # Errors
/// When the store fails.
pub async fn import(services: &Services, document: &Document, by: &str, now: DateTime) -> store::Result<Plan> {
    let store = services.store.as_ref();
    let plan = plan(store, document, now).await?;
    for (status, _) in document.statuses.iter().zip(&plan.statuses).filter(|(_, planned)| planned.step != Step::Same) {
        store.save_status_error(&status.to_document()).await?;
    }
    let (mut fresh, mut changed) = (Vec::new(), Vec::new());
    for change in changes(store, document, by, now).await? {
        match (change.step, change.before) {
            (Step::Changed(_), Some(before)) => {
                let (entry, answers) = change.after;
                let entry = four_eyes::held(services, &before.0, entry);
                changed.push((before, (entry, answers)));
            }
            (Step::New, _) => {
                let (entry, answers) = change.after;
                fresh.push((four_eyes::held(services, &entry.clone(), entry), answers));
            }
            _ => {}
        }
    }
    for chunk in fresh.chunks(AT_ONCE) {
        revise::keep_new(store, chunk.to_vec(), Change::Imported, by, now).await?;
    }
    for chunk in changed.chunks(AT_ONCE) {
        replace(store, chunk, by, now).await?;
    }
    let n = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let counts = bson::doc! { "statuses": n(plan.statuses.len()), "known_errors": n(plan.known_errors.len()) };
    audit::record(services, Deed::new(AuditAction::KnowledgeImport, "knowledge").after(&counts)).await?;
    Ok(plan)
}

type Entry = (KnownError, Vec<Answer>);

/// Makes the next version of each.
async fn replace(store: &dyn Store, changed: &[(Entry, Entry)], by: &str, now: DateTime) -> store::Result<()> {
    let found = |(before, answers): &Entry| {
        KnownErrorVersion::of(before.clone(), answers.clone(), Change::Found, &before.approved_by, before.updated_at)
    };
    let found: Vec<_> = changed.iter().map(|(before, _)| found(before)).collect();
    store.insert_known_error_versions(&found).await?;
    let made = |(_, (after, answers)): &(Entry, Entry)| KnownErrorVersion::of(after.clone(), answers.clone(), Change::Imported, by, now);
    let made: Vec<_> = changed.iter().map(made).collect();
    store.insert_known_error_versions(&made).await?;
    // The numbers that others took in the meantime are theirs: each entry is brought in line with its latest version.
    for version in made {
        revise::load(store, &version.known_error_id).await?;
    }
    Ok(())
}

/// The document's known errors beside the stored ones.
async fn changes(store: &dyn Store, document: &Document, by: &str, now: DateTime) -> store::Result<Vec<Difference>> {
    let mut stored: HashMap<KnownErrorId, KnownError> =
        store.list_known_errors().await?.into_iter().map(|entry| (entry.id.clone(), entry)).collect();
    let mut answers: BTreeMap<KnownErrorId, Vec<Answer>> = BTreeMap::new();
    for answer in store.list_answers(None).await? {
        answers.entry(answer.known_error_id.clone()).or_default().push(answer);
    }
    let change = |entry: &super::knowledge_base::KnownErrorEntry| {
        let (entry, given) = entry.to_documents(by, now);
        let Some(before) = stored.remove(&entry.id) else {
            return Difference { before: None, after: (entry, given), step: Step::New };
        };
        let old = answers.remove(&entry.id).unwrap_or_default();
        let given: Vec<Answer> = given
            .into_iter()
            .map(|answer| match old.iter().find(|old| old.id == answer.id) {
                Some(kept) => Answer { position: answer.position, text_uk: answer.text_uk, ..kept.clone() },
                None => answer,
            })
            .collect();
        let after = KnownError {
            tenure: before.tenure.clone(),
            version: before.version + 1,
            rejudge_pending: true,
            from_group: before.from_group,
            ..entry
        };
        let as_version =
            |entry: &KnownError, answers: &[Answer]| KnownErrorVersion::of(entry.clone(), answers.to_vec(), Change::Imported, by, now);
        let fields: Vec<_> = review::diff(&as_version(&before, &old), &as_version(&after, &given)).iter().map(|diff| diff.field).collect();
        let step = if fields.is_empty() { Step::Same } else { Step::Changed(fields) };
        Difference { before: Some((before, old)), after: (after, given), step }
    };
    Ok(document.known_errors.iter().map(change).collect())
}
