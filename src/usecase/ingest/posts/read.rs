//! A batch of posts ─► their Logs, on a blocking thread; each post is read by itself, so that what it repeats is seen as repeated. What
//! posts have in common is found out once: the settings of a sender for a batch, memory and names for all batches.

use std::sync::Arc;

use bson::DateTime;
use rustc_hash::FxHashMap;

use super::{
    super::reader::{self, Bounds, Finding, Judge, Terms},
    PostError, Queued, Shared, Waiter,
    streams::Held,
};
use crate::{
    domain::{BranchCode, Ledger, LogFileId, Quarantined, Stretch},
    parse::{FormatChoice, Memory, Options},
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

/// What a branch's programs send with one key on one day.
struct Sender {
    stream: LogFileId,
    held: Held,
    /// How it is read, but for the format, which each post names; or what is wrong with the branch's settings.
    options: Result<Options, String>,
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
    pub(super) waiter: Waiter,
    /// Until it is written or given up.
    pub(super) _held: Held,
}

/// Reads posts. Those that cannot be read for a reason of ours are answered here; `None` when no other is left.
pub(super) async fn read(shared: &Arc<Shared>, posts: Vec<Queued>, memory: &mut Memory) -> Option<Batch> {
    let now = DateTime::now();
    let day = Ledger::day_of(now);
    let version = shared.services.knowledge.version();
    let mut senders: Vec<Sender> = Vec::new();
    let mut places: FxHashMap<BranchCode, FxHashMap<String, usize>> = FxHashMap::default();
    let mut readable = Vec::with_capacity(posts.len());
    // A store that is away is waited for once, not once for each post.
    let mut away: Option<Arc<store::Error>> = None;
    for queued in posts {
        let (code, name) = (&queued.post.branch, &queued.post.sender);
        let known = places.get(code).and_then(|of_branch| of_branch.get(name)).copied();
        let place = match (known, &away) {
            (Some(place), _) => Ok(place),
            (None, Some(error)) => Err(error.clone()),
            (None, None) => match shared.sender(code, name, day, now).await {
                Ok(sender) => {
                    senders.push(sender);
                    Ok(senders.len() - 1)
                }
                Err(error) => Err(Arc::new(error)),
            },
        };
        let place = match place {
            Ok(place) => place,
            Err(error) => {
                away = away.or_else(|| error.is_transient().then(|| error.clone()));
                queued.waiter.tell(Err(PostError::Store(error)));
                continue;
            }
        };
        if known.is_none() {
            places.entry(code.clone()).or_default().insert(name.clone(), place);
        }
        readable.push((queued, place));
    }
    let (services, mut of_thread) = (shared.services.clone(), std::mem::take(memory));
    let reading = tokio::task::spawn_blocking(move || {
        let each = |(queued, place): (Queued, usize)| one(&services, queued, senders.get_mut(place)?, now, &mut of_thread);
        let posts: Vec<ReadPost> = readable.into_iter().filter_map(each).collect();
        (posts, of_thread)
    });
    // Where reading panics, the answers are dropped with it and each client hears that it was interrupted.
    let posts;
    (posts, *memory) = reading.await.ok()?;
    (!posts.is_empty()).then_some(Batch { day, now, version, posts })
}

impl Shared {
    async fn sender(&self, code: &BranchCode, name: &str, day: i64, now: DateTime) -> store::Result<Sender> {
        let branch = self.branch(code).await?;
        let (stream, held) = self.streams.lock().await.hold(code, name, day);
        Ok(Sender { stream, held, options: reader::options(&self.services, &branch, stream, FormatChoice::Auto, now) })
    }
}

fn one(
    services: &Services,
    Queued { post, waiter }: Queued,
    Sender { stream, held, options }: &mut Sender,
    now: DateTime,
    memory: &mut Memory,
) -> Option<ReadPost> {
    let stream = *stream;
    let options = match options {
        Ok(options) => options,
        Err(reason) => {
            waiter.tell(Err(PostError::Branch(post.branch, reason.clone())));
            return None;
        }
    };
    (options.format, options.stretch) = (post.format, post.stretch);
    let judge = Judge::new(services, stream, stream, now);
    let mut read = reader::Batch::default();
    let mut sink = |batch| {
        read = batch;
        Ok(())
    };
    let bounds = Bounds { items: usize::MAX, bytes: usize::MAX };
    let terms = Terms { options, rules: &services.rules, bounds };
    match reader::read(memory, post.body.as_slice(), &terms, judge, &mut |_| (), &mut sink) {
        Ok(finding) => {
            tell_apart(&mut read.quarantine, &post.branch, &post.body, options.stretch.as_ref());
            let size_bytes = i64::try_from(post.body.len()).unwrap_or(i64::MAX);
            let (branch, sender, _held) = (post.branch, post.sender, held.clone());
            Some(ReadPost { branch, sender, stream, size_bytes, batch: read, finding, waiter, _held })
        }
        Err(error) => {
            waiter.tell(Err(PostError::Interrupted(error.to_string())));
            None
        }
    }
}

/// Gives pieces the ids that they have in this body, whichever stream it came in: sent again they are known. Most bodies have none, and need
/// not be hashed.
fn tell_apart(pieces: &mut [Quarantined], branch: &BranchCode, body: &[u8], stretch: Option<&Stretch>) {
    if pieces.is_empty() {
        return;
    }
    let content = LogFileId::of(branch, blake3::hash(body).to_hex().as_str(), stretch);
    for piece in pieces {
        piece.id = Quarantined::id_for(&content, piece.offset);
    }
}
