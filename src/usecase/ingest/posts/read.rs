//! A batch of posts ─► their Logs, on a blocking thread; each post is read by itself, so that what it repeats is seen as repeated.

use std::{collections::HashMap, sync::Arc};

use bson::DateTime;
use tokio::sync::oneshot;

use super::{
    super::reader::{self, Bounds, Finding, Judge},
    PostError, Posted, Queued, Shared,
};
use crate::{
    domain::{Branch, BranchCode, Ledger, LogFileId},
    store,
    usecase::Services,
};

/// Posts that were read.
pub(super) struct Batch {
    /// The day that they arrived, as days since 1970.
    pub(super) day: i64,
    pub(super) now: DateTime,
    /// Version of the knowledge that their errors were judged by, at least.
    pub(super) version: i64,
    pub(super) posts: Vec<ReadPost>,
}

/// A branch and what its programs send with one key on one day.
struct Sender {
    branch: Branch,
    stream: LogFileId,
}

/// A post that was read.
pub(super) struct ReadPost {
    pub(super) branch: BranchCode,
    pub(super) sender: String,
    /// What the branch's programs sent with this key on this day.
    pub(super) stream: LogFileId,
    pub(super) size_bytes: i64,
    pub(super) batch: reader::Batch,
    pub(super) finding: Finding,
    pub(super) answer: oneshot::Sender<Result<Posted, PostError>>,
}

/// Reads posts. Those that cannot be read for a reason of ours are answered here; `None` when no other is left.
pub(super) async fn read(shared: &Arc<Shared>, posts: Vec<Queued>) -> Option<Batch> {
    let now = DateTime::now();
    let day = Ledger::day_of(now);
    let version = shared.services.knowledge.version();
    let mut senders: HashMap<BranchCode, HashMap<String, Arc<Sender>>> = HashMap::new();
    let mut readable = Vec::with_capacity(posts.len());
    // A store that is away is waited for once, not once for each post.
    let mut away: Option<Arc<store::Error>> = None;
    for queued in posts {
        let (code, name) = (&queued.post.branch, &queued.post.sender);
        let known = senders.get(code).and_then(|of_branch| of_branch.get(name)).cloned();
        let sender = match (known, &away) {
            (Some(sender), _) => Ok(sender),
            (None, Some(error)) => Err(error.clone()),
            (None, None) => shared.sender(code, name, day).await.map(Arc::new).map_err(Arc::new),
        };
        let sender = match sender {
            Ok(sender) => sender,
            Err(error) => {
                away = away.or_else(|| error.is_transient().then(|| error.clone()));
                // Whoever sent it may have left meanwhile.
                _ = queued.answer.send(Err(PostError::Store(error)));
                continue;
            }
        };
        if !senders.get(code).is_some_and(|of_branch| of_branch.contains_key(name)) {
            senders.entry(code.clone()).or_default().insert(name.clone(), sender.clone());
        }
        readable.push((queued, sender));
    }
    let services = shared.services.clone();
    let reading = tokio::task::spawn_blocking(move || {
        readable.into_iter().filter_map(|(queued, sender)| one(&services, queued, &sender, now)).collect::<Vec<_>>()
    });
    // Where reading panics, the answers are dropped with it and each client hears that it was interrupted.
    let posts = reading.await.ok()?;
    (!posts.is_empty()).then_some(Batch { day, now, version, posts })
}

impl Shared {
    async fn sender(&self, code: &BranchCode, name: &str, day: i64) -> store::Result<Sender> {
        let branch = self.branch(code).await?;
        let stream = self.streams.lock().await.id(code, name, day);
        Ok(Sender { branch, stream })
    }
}

fn one(services: &Services, Queued { post, answer }: Queued, sender: &Sender, now: DateTime) -> Option<ReadPost> {
    let stream = sender.stream;
    let options = match reader::options(services, &sender.branch, stream, post.format, now) {
        Ok(options) => options,
        Err(reason) => {
            _ = answer.send(Err(PostError::Branch(post.branch, reason)));
            return None;
        }
    };
    let hash = blake3::hash(&post.body).to_hex();
    let content = LogFileId::from_content(&[post.branch.as_str().as_bytes(), hash.as_bytes()]);
    let judge = Judge::new(services, stream, content, now);
    let mut read = reader::Batch::default();
    let mut sink = |batch| {
        read = batch;
        Ok(())
    };
    let bounds = Bounds { items: usize::MAX, bytes: usize::MAX };
    match reader::read(post.body.as_slice(), &options, &services.rules, judge, &bounds, &mut |_| (), &mut sink) {
        Ok(finding) => {
            let size_bytes = i64::try_from(post.body.len()).unwrap_or(i64::MAX);
            Some(ReadPost { branch: post.branch, sender: post.sender, stream, size_bytes, batch: read, finding, answer })
        }
        Err(error) => {
            _ = answer.send(Err(PostError::Interrupted(error.to_string())));
            None
        }
    }
}
