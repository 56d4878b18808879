//! Batches whose groups all processes agree on: what others learnt first is taken over, and the unknown errors of a batch are grouped again,
//! before anything of it is stored.

use std::{collections::BTreeSet, future::Future, time::Duration};

use super::reader::{self, Batch, Finding};
use crate::{
    domain::{EncodedLog, ErrorCode, Fault, KnownErrorId, LogError, LogFileId, Method, Verdict},
    store,
    usecase::{
        Services,
        groups::agree::{ATTEMPTS, disagreed},
    },
};

/// What was found in a file is to be changed by this.
#[derive(Default)]
pub(super) struct Amended {
    groups: Vec<LogError>,
    known: BTreeSet<KnownErrorId>,
    /// Errors that are known now and were not, less those that were.
    n_known: i64,
}

/// A batch that is to be agreed on.
pub(super) struct Open<'b> {
    /// The file or stream that its Logs are of.
    pub(super) file: LogFileId,
    /// Its Logs and groups, changed where others had learnt something first.
    pub(super) batch: &'b mut Batch,
    /// What that changes of what was found, also where the batch cannot be agreed on in the end.
    pub(super) amended: Amended,
}

impl<'b> Open<'b> {
    pub(super) fn new(file: LogFileId, batch: &'b mut Batch) -> Self {
        Self { file, batch, amended: Amended::default() }
    }
}

impl Amended {
    /// Takes over what another batch of the file came to.
    pub(super) fn add(&mut self, other: Self) {
        self.groups.extend(other.groups);
        self.known.extend(other.known);
        self.n_known += other.n_known;
    }

    /// Changes it. Groups that are none any more stay: they are passed over when they are to be stored.
    pub(super) fn apply(self, finding: &mut Finding) {
        for group in self.groups {
            finding.groups.entry(group.id).or_insert(group);
        }
        finding.known.extend(self.known);
        finding.errors_known += self.n_known;
        finding.errors_unknown -= self.n_known;
    }
}

impl Services {
    /// Sees to it that all processes agree on the groups of these batches.
    ///
    /// # Errors
    /// When the store does not answer for longer than it is waited for, or others are faster again and again. What was changed up to then
    /// stays changed.
    pub(super) async fn agree_on(&self, batches: &mut [Open<'_>], patience: Duration) -> store::Result<()> {
        self.agree_by(batches, |turn| self.groups.agree(self.store.as_ref(), turn, patience)).await
    }

    /// The same, asking this whether all agree on what was grouped since a turn.
    async fn agree_by<F: Future<Output = store::Result<bool>>>(
        &self,
        batches: &mut [Open<'_>],
        agree: impl Fn(u64) -> F,
    ) -> store::Result<()> {
        for _ in 0..ATTEMPTS {
            let Some(turn) = batches.iter().filter_map(|open| open.batch.turn).min() else { return Ok(()) };
            if agree(turn).await? {
                return Ok(());
            }
            batches.iter_mut().for_each(|open| self.group_again(open));
        }
        Err(disagreed())
    }

    /// Groups the unknown errors of a batch as if they came now, unless nothing was taken back since they did.
    fn group_again(&self, Open { file, batch, amended }: &mut Open<'_>) {
        if batch.turn.is_none_or(|turn| turn == self.groups.turn()) {
            return;
        }
        (batch.turn, amended.groups) = (None, Vec::new());
        let mut seen = BTreeSet::new();
        for log in &mut batch.logs {
            let Some((message, before)) = unknown(log) else { continue };
            let group = self.groups.assign(message);
            batch.turn.get_or_insert(group.turn);
            if seen.insert(group.id) {
                let begun = LogError::begun(group.id, String::new(), String::new(), message.to_owned(), (*file, log.id()));
                amended.groups.push(LogError { code: code(log), ..begun });
            }
            if before.group_id == Some(group.id) {
                continue;
            }
            let verdict = reader::verdict_of(&self.groups, group.id, |known| self.knowledge.holds(known, log.document()));
            amended.n_known += i64::from(verdict.known_error_id.is_some()) - i64::from(before.known_error_id.is_some());
            amended.known.extend(verdict.known_error_id.clone());
            *log = EncodedLog::with_verdict(log.document(), &verdict);
        }
        // Whose news the groups are cannot be told any more; those that are stored already stay as they are.
        batch.groups.clone_from(&amended.groups);
    }
}

/// The message of an error that was grouped, and what was said of it.
fn unknown(log: &EncodedLog) -> Option<(&str, Verdict)> {
    let verdict: Verdict = bson::deserialize_from_slice(log.document().get_document("verdict").ok()?.as_bytes()).ok()?;
    let is_grouped = verdict.group_id.is_some() && matches!(verdict.method, None | Some(Method::Approved));
    is_grouped.then_some((Fault::of(log.document())?.0, verdict))
}

/// The code of a Log's error.
fn code(log: &EncodedLog) -> Option<ErrorCode> {
    let fault: Fault = bson::deserialize_from_slice(log.document().get_document("error").ok()?.as_bytes()).ok()?;
    fault.code
}

#[cfg(test)]
mod tests {
    use std::{
        path::Path,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        time::Duration,
    };

    use bson::{DateTime, rawdoc};

    use super::*;
    use crate::{
        config::Config,
        domain::{GroupId, StatusCode, StatusError},
        parse::FormatChoice,
        query::Filter,
        store::{AdminStore, LogPage, SharedStore, sqlite::SqliteStore},
        usecase::{
            approve::{Approval, StatusChoice, Ways, approve},
            ingest::posts::{Post, Posted, Posts},
        },
    };

    async fn open(store: &SharedStore, folder: &Path) -> Arc<Services> {
        Arc::new(Services::open(store.clone(), Arc::new(Config::in_dir(folder))).await.unwrap())
    }

    fn text(n: usize) -> String {
        const SYLLABLES: [&str; 8] = ["ka", "ri", "su", "to", "ne", "po", "vi", "lu"];
        format!("plug-in {}{} stopped early", SYLLABLES[n / 8], SYLLABLES[n % 8])
    }

    async fn post(posts: &Posts, n: usize) -> Posted {
        let body = format!(
            "=> BarsScheduler at 5/8/2016 7:17:45 AM: from 10.7.73.12; RequestType = POST; ContentType = application/json; charset=\"UTF-8\";\nInput = {{\"method\":\"Sign\",\"message_id\":\"M-{n}\"}}\n<= BarsScheduler at 5/8/2016 7:17:45 AM: to 10.7.73.12\nOutput = {{\"status\":\"ERROR\",\"error\":\"{}\",\"message_id\":\"M-{n}\"}}\n",
            text(n)
        );
        let post = Post {
            branch: "K1".parse().unwrap(),
            sender: "test".to_owned(),
            body: body.into_bytes(),
            format: FormatChoice::Auto,
            stretch: None,
        };
        posts.take(post).await.unwrap()
    }

    /// The groups that the Logs bear, and those that are documents.
    async fn groups(store: &SharedStore) -> (Vec<GroupId>, Vec<LogError>) {
        let page = LogPage { filter: &Filter::All, limit: 100, after: None, scan_limit: usize::MAX };
        let logs = store.list_logs(&page).await.unwrap().logs;
        let bears = |log: &bson::RawDocumentBuf| GroupId(log.get_document("verdict").unwrap().get_object_id("group_id").unwrap());
        (logs.iter().map(bears).collect(), store.list_log_errors(None, 100).await.unwrap())
    }

    #[tokio::test]
    async fn what_was_changed_before_agreeing_failed_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("test.db"), Duration::from_secs(5)).unwrap();
        store.migrate().await.unwrap();
        let store: SharedStore = Arc::new(store);
        let (one, two) = (open(&store, folder.path()).await, open(&store, folder.path()).await);
        // Others open a place that this process puts into a group of its own.
        let first = (0..17).map(|n| one.groups.assign(&text(n)).id).collect::<Vec<_>>()[0];
        assert!(one.groups.agree(store.as_ref(), 0, Duration::ZERO).await.unwrap());
        let tentative = two.groups.assign(&text(20));
        let verdict = |group: GroupId| Verdict { known_error_id: None, group_id: Some(group), method: None, score: 0.0 };
        let log = rawdoc! {
            "_id": bson::oid::ObjectId::from_bytes([1; 12]), "error": { "code": null, "message": text(20), "detail": null },
            "verdict": verdict(tentative.id).encode(),
        };
        let logs = vec![EncodedLog::from_document(log).unwrap()];
        let mut batch = Batch::default();
        (batch.logs, batch.turn) = (logs, Some(tentative.turn));
        let mut open = Open::new(LogFileId::from_content(&[b"f"]), &mut batch);
        let n_asked = AtomicUsize::new(0);
        let (asked, groups, steps) = (&n_asked, &two.groups, store.as_ref());
        let agree = |turn| async move {
            match asked.fetch_add(1, Ordering::Relaxed) {
                0 => groups.agree(steps, turn, Duration::ZERO).await,
                _ => Err(disagreed()),
            }
        };
        let agreed = two.agree_by(std::slice::from_mut(&mut open), agree);
        assert!(agreed.await.is_err());
        assert_eq!(open.amended.groups.iter().map(|group| group.id).collect::<Vec<_>>(), [first]);
        let stored = batch.logs[0].document().get_document("verdict").unwrap().get_object_id("group_id").unwrap();
        assert_eq!((GroupId(stored), batch.groups.len()), (first, 1));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn two_that_learn_at_one_moment_learn_as_one() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("test.db"), Duration::from_secs(5)).unwrap();
        store.migrate().await.unwrap();
        let store: SharedStore = Arc::new(store);
        let (one, two) = (open(&store, folder.path()).await, open(&store, folder.path()).await);
        let (posts, other_posts) = (Posts::start(one.clone()).unwrap(), Posts::start(two.clone()).unwrap());
        let every_other = async |posts: &Posts, from: usize| {
            for n in (from..64).step_by(2) {
                post(posts, n).await;
            }
            posts.close().await.unwrap();
        };
        tokio::join!(every_other(&posts, 0), every_other(&other_posts, 1));
        let (borne, documents) = groups(&store).await;
        let mut different = borne.clone();
        different.sort();
        different.dedup();
        // As many as one alone has before the place is open, and one of them takes all others.
        assert_eq!((borne.len(), different.len(), documents.len()), (64, 16, 16));
        assert_eq!(documents.iter().filter(|group| group.template.contains("<*>")).count(), 1);
        let later = open(&store, folder.path()).await;
        for services in [&one, &two, &later] {
            services.groups.refresh(store.as_ref()).await.unwrap();
            let page = LogPage { filter: &Filter::All, limit: 100, after: None, scan_limit: usize::MAX };
            for log in store.list_logs(&page).await.unwrap().logs {
                let found = services.groups.find(Fault::of(&log).unwrap().0);
                assert_eq!(found, Some(GroupId(log.get_document("verdict").unwrap().get_object_id("group_id").unwrap())));
            }
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_error_is_stored_in_the_group_that_others_opened_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("test.db"), Duration::from_secs(5)).unwrap();
        store.migrate().await.unwrap();
        let store: SharedStore = Arc::new(store);
        let (one, two) = (open(&store, folder.path()).await, open(&store, folder.path()).await);
        let posts = Posts::start(two.clone()).unwrap();
        let first = (0..17).map(|n| one.groups.assign(&text(n)).id).collect::<Vec<_>>()[0];
        assert!(one.groups.agree(store.as_ref(), 0, Duration::ZERO).await.unwrap());

        let posted = post(&posts, 20).await;
        assert_eq!((posted.errors_known, posted.errors_unknown), (0, 1));
        posts.close().await.unwrap();
        let (borne, documents) = groups(&store).await;
        assert_eq!(borne, [first]);
        // The group that was tentative is none; the other one says what all know of it, and is counted.
        let [document] = documents.as_slice() else { panic!("{documents:?}") };
        assert_eq!((document.id, document.template.as_str(), document.count), (first, "plug-in <*> stopped early", 1));
        assert_eq!(document.message, text(20));

        // An analyst explains it, in other words; meanwhile somebody opens another place.
        let approval = Approval {
            group: first,
            status: StatusChoice::New(StatusError::new(StatusCode(5), "Plug-ins")),
            title: "Plug-in".into(),
            text: "the host has no memory left".into(),
            keywords: Vec::new(),
            answers: vec!["Restart it.".into()],
            ways: Ways::default(),
            by: "olena".into(),
        };
        let known = approve(&two, approval, DateTime::now()).await.unwrap().known_error_id;
        for n in 0..17 {
            one.groups.assign(&text(0).replace("early", &text(n)[8..12]));
        }
        assert!(one.groups.agree(store.as_ref(), one.groups.turn(), Duration::ZERO).await.unwrap());
        let other = Posts::start(two.clone()).unwrap();
        let posted = post(&other, 30).await;
        assert_eq!((posted.errors_known, posted.errors_unknown, posted.known.into_iter().collect::<Vec<_>>()), (1, 0, vec![known]));
        other.close().await.unwrap();
        assert_eq!(groups(&store).await.0, [first, first]);
    }
}
