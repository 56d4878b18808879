//! Noting what a branch had for the first time, or suddenly far more often.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use bson::DateTime;

use super::rates::Rates;
use crate::{
    domain::{BranchCode, GroupState, KnownErrorId, LogError, Notice, Subject},
    store::{self, Queue, QueueCursor, QueueOrder},
    usecase::Services,
};

/// Groups of one step of the sweep.
const SWEPT: usize = 500;
/// Known errors whose answers are asked for at once.
const ASKED: usize = 100;
/// Subjects that may be found to rise in one look, of each kind: those seen last.
const RISING: usize = 500;

/// Notes the known errors that a branch has and was never told of. One without answers waits until it has one.
pub(super) async fn note_known(services: &Services, branch: &BranchCode, rates: &mut Rates) -> store::Result<()> {
    let store = services.store.as_ref();
    let subjects: Vec<Subject> = store.list_known_of_branch(branch).await?.into_iter().map(Subject::Known).collect();
    let fresh = unnoted(services, branch, subjects).await?;
    let mut told = Vec::new();
    for chunk in fresh.chunks(ASKED) {
        let ids = chunk.iter().filter_map(|subject| if let Subject::Known(id) = subject { Some(id) } else { None });
        told.extend(services.teller.adviser.told(services, ids).await?);
    }
    told.retain(|known| !known.answers.is_empty());
    if told.is_empty() {
        return Ok(());
    }
    let last_seen = last_seen(services).await?;
    let mut notices = Vec::new();
    for known in told {
        let last = last_seen.get(&known.known_error_id).copied();
        let subject = Subject::Known(known.known_error_id);
        let per_hour = rates.at(services, &subject, last, branch).await?;
        notices.push(Notice::new(branch, subject, 0, per_hour, rates.to));
    }
    store.insert_notices(branch, &notices).await
}

/// Notes which of these groups branches have and were never told of.
pub(super) async fn note_groups(
    services: &Services,
    branches: &BTreeSet<BranchCode>,
    groups: &[LogError],
    rates: &mut Rates,
) -> store::Result<()> {
    let mut had: BTreeMap<&BranchCode, Vec<Subject>> = BTreeMap::new();
    let mut last_seen = HashMap::new();
    for group in groups.iter().filter(|group| group.state == GroupState::Unknown && group.triage.merged_into.is_none()) {
        last_seen.insert(Subject::Group(group.id), group.last_seen);
        for count in group.branches.iter().filter(|count| count.count > 0) {
            if let Some(branch) = branches.get(&count.branch) {
                had.entry(branch).or_default().push(Subject::Group(group.id));
            }
        }
    }
    for (branch, subjects) in had {
        let mut notices = Vec::new();
        for subject in unnoted(services, branch, subjects).await? {
            let last = last_seen.get(&subject).copied().flatten();
            let per_hour = rates.at(services, &subject, last, branch).await?;
            notices.push(Notice::new(branch, subject, 0, per_hour, rates.to));
        }
        services.store.insert_notices(branch, &notices).await?;
    }
    Ok(())
}

/// The next groups of an endless sweep through all that are unknown: it finds what servers that died did not look at.
pub(super) async fn sweep(services: &Services, after: Option<QueueCursor>) -> store::Result<(Vec<LogError>, Option<QueueCursor>)> {
    let order = QueueOrder::FirstSeen;
    let queue = Queue { state: Some(GroupState::Unknown), order, after, limit: SWEPT, ..Queue::default() };
    let groups = services.store.list_queue(&queue).await?;
    let next = groups.last().filter(|_| groups.len() == SWEPT).map(|last| order.place(last));
    Ok((groups, next))
}

/// Notes what of that which branches were told has become far more frequent.
pub(super) async fn note_rises(services: &Services, branches: &BTreeSet<BranchCode>, rates: &mut Rates) -> store::Result<()> {
    let mut recent: Vec<(Subject, DateTime)> = last_seen(services).await?.into_iter().map(|(id, at)| (Subject::Known(id), at)).collect();
    recent.retain(|(_, at)| *at >= rates.from);
    recent.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
    recent.truncate(RISING);
    let order = QueueOrder::LastSeen;
    let queue = Queue { state: Some(GroupState::Unknown), since: Some(rates.from), order, limit: RISING, ..Queue::default() };
    let groups = services.store.list_queue(&queue).await?;
    recent.extend(groups.iter().filter_map(|group| Some((Subject::Group(group.id), group.last_seen?))));
    let mut often: BTreeMap<BranchCode, HashMap<String, (Subject, i64)>> = BTreeMap::new();
    for (subject, last) in recent {
        for (branch, n) in rates.of(services, &subject, Some(last)).await? {
            if *n >= Notice::LEAST_RISE && branches.contains(branch) {
                often.entry(branch.clone()).or_default().insert(subject.key(), (subject.clone(), *n));
            }
        }
    }
    for (branch, counts) in often {
        let subjects: Vec<Subject> = counts.values().map(|(subject, _)| subject.clone()).collect();
        let noted = services.store.find_notices(&branch, &subjects).await?;
        let risen = |notice: &Notice| counts.get(&notice.key).and_then(|(_, n)| notice.risen(*n, rates.to));
        let notices: Vec<Notice> = noted.iter().filter_map(risen).collect();
        services.store.insert_notices(&branch, &notices).await?;
    }
    Ok(())
}

/// Notes everything that a branch has: whoever subscribes now is told what comes after it.
pub(super) async fn note_all(services: &Services, branch: &BranchCode, now: DateTime) -> store::Result<()> {
    let mut rates = Rates::new(now);
    note_known(services, branch, &mut rates).await?;
    let branches = BTreeSet::from([branch.clone()]);
    let mut after = None;
    loop {
        let (groups, next) = sweep(services, after).await?;
        note_groups(services, &branches, &groups, &mut rates).await?;
        if next.is_none() {
            return Ok(());
        }
        after = next;
    }
}

/// Those of which a branch was never told, each once.
async fn unnoted(services: &Services, branch: &BranchCode, subjects: Vec<Subject>) -> store::Result<Vec<Subject>> {
    if subjects.is_empty() {
        return Ok(subjects);
    }
    let noted = services.store.find_notices(branch, &subjects).await?;
    let mut seen: HashSet<String> = noted.into_iter().map(|notice| notice.key).collect();
    Ok(subjects.into_iter().filter(|subject| seen.insert(subject.key())).collect())
}

/// When known errors were seen last.
async fn last_seen(services: &Services) -> store::Result<HashMap<KnownErrorId, DateTime>> {
    let counts = services.store.list_known_error_counts().await?;
    Ok(counts.into_iter().filter_map(|count| Some((count.id, count.last_seen?))).collect())
}
