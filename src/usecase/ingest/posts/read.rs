//! A batch of posts ─► their Logs, on a blocking thread; each post is read by itself, so that what it repeats is seen as repeated. What
//! posts have in common is found out once: the settings of a sender for a batch, memory and names for all batches.

use std::sync::Arc;

use bson::DateTime;
use rustc_hash::FxHashMap;

use super::{
    super::{
        poison::{self, Place},
        problems::Problems,
        reader::{self, Bounds, Finding, Judge, Terms},
        replay,
    },
    PostError, Queued, Shared, Waiter,
    streams::Held,
};
use crate::{
    domain::{BranchCode, Ledger, LogFileId, ProblemKind, Quarantined, Stretch},
    parse::{FormatChoice, Memory, Options, Whole},
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
    // Where something else than the reading of a post panics, the answers are dropped with it and each client hears that it was interrupted.
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
    Queued { post, failed, waiter }: Queued,
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
    let finding = match failed {
        Some(_) => Ok(judge.found(poison::report(), Problems::default())),
        None => reader::read(memory, post.body.as_slice(), &terms, judge, &mut |_| (), &mut sink),
    };
    match finding {
        Ok(mut finding) => {
            let size_bytes = i64::try_from(post.body.len()).unwrap_or(i64::MAX);
            let is_again = post.sender == replay::SENDER;
            let content = || content(&post.branch, &post.body, options.stretch.as_ref(), is_again);
            if finding.report.whole == Whole::ProgramFault {
                finding.report.counts.bytes = size_bytes;
                let kind = failed.unwrap_or(ProblemKind::ProgramFault);
                let stretch = options.stretch.as_ref();
                let place = Place { branch: &post.branch, log_file_id: stream, content_id: content(), now, kind, stretch };
                read.quarantine = place.pieces(&post.body);
                let id = read.quarantine.first().map(|piece| piece.id.to_string());
                tracing::error!(branch = %post.branch, key = %post.sender, quarantine.id = id, "the program panicked on a post, which goes to quarantine: this is a bug");
            } else {
                tell_apart(&mut read.quarantine, content);
            }
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
fn tell_apart(pieces: &mut [Quarantined], content: impl Fn() -> LogFileId) {
    if pieces.is_empty() {
        return;
    }
    let content = content();
    for piece in pieces {
        piece.id = Quarantined::id_for(&content, piece.offset);
    }
}

/// By what pieces of a body are told apart. What is left of a piece that is read again is not that piece, which goes, though it begin alike.
fn content(branch: &BranchCode, body: &[u8], stretch: Option<&Stretch>, is_again: bool) -> LogFileId {
    let hash = blake3::hash(body).to_hex();
    LogFileId::of(branch, &if is_again { format!("{hash} again") } else { hash.to_string() }, stretch)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Post, Posts,
            stages::tests::{post_of, services},
        },
        *,
    };
    use crate::usecase::ingest::replay::{Replayed, replay};

    fn line(n: u32, text: &str) -> Post {
        post_of(format!("{{\"time\":\"2024-01-01T00:00:00Z\",\"message\":\"{text} {n}\"}}\n").into_bytes())
    }

    // On one thread, so that all of them wait when the first batch is gathered.
    #[tokio::test]
    async fn a_post_on_which_the_program_fails_is_kept_and_its_neighbours_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let services = services(folder.path()).await;
        let posts = Posts::start(services.clone()).unwrap();
        for round in 0..2 {
            let bodies = (0..9).map(|n| if n == 4 { line(n, poison::SABOTAGE[0]) } else { line(n, "well") });
            let done = futures_util::future::join_all(bodies.map(|post| posts.take(post))).await;
            for (n, posted) in done.into_iter().enumerate() {
                let posted = posted.unwrap();
                let expected = if n == 4 { (0, 0, 1) } else { (1 - round, round, 0) };
                assert_eq!((posted.new, posted.already_known, posted.quarantined), expected, "{n}");
            }
        }
        let pieces = services.store.list_quarantine_page(None, None, 9).await.unwrap();
        let [piece] = pieces.as_slice() else { panic!("{pieces:?}") };
        assert_eq!((piece.kind, &piece.raw.bytes), (ProblemKind::ProgramFault, &line(4, poison::SABOTAGE[0]).body));
        // It fails on it still, and it stays.
        assert_eq!(replay(&services, &posts, piece.clone()).await.unwrap(), Replayed::Unreadable);
        assert!(services.store.find_quarantined(&piece.id).await.unwrap().is_some());
        // As if it were mended.
        let mended = Quarantined { raw: bson::Binary { bytes: line(4, "well").body, ..piece.raw.clone() }, ..piece.clone() };
        let mended = Quarantined { size_bytes: mended.raw.bytes.len().try_into().unwrap(), ..mended };
        assert!(matches!(replay(&services, &posts, mended).await.unwrap(), Replayed::Done(posted) if posted.new == 1));
        assert!(services.store.find_quarantined(&piece.id).await.unwrap().is_none());
        posts.close().await.unwrap();
    }

    #[tokio::test]
    async fn what_was_read_of_a_post_before_the_program_failed_stays() {
        let folder = tempfile::tempdir().unwrap();
        let services = services(folder.path()).await;
        let posts = Posts::start(services.clone()).unwrap();
        let body = [line(1, "well").body, b"no record\n".to_vec(), line(2, poison::SABOTAGE[0]).body, line(3, "well").body].concat();
        let posted = posts.take(post_of(body.clone())).await.unwrap();
        assert_eq!((posted.received, posted.new, posted.quarantined), (1, 1, 1));
        let pieces = services.store.list_quarantine_page(None, None, 9).await.unwrap();
        assert_eq!(pieces.iter().map(|piece| piece.raw.bytes.as_slice()).collect::<Vec<_>>(), [body.as_slice()]);
        posts.close().await.unwrap();
    }

    #[test]
    fn what_is_left_of_a_piece_that_is_read_again_is_another() {
        let branch = "K1".parse().unwrap();
        let [first, again] = [false, true].map(|is_again| content(&branch, b"x", None, is_again));
        assert_ne!(first, again);
        assert_eq!(first, LogFileId::of(&branch, blake3::hash(b"x").to_hex().as_str(), None));
    }
}
