//! The two stages of posts: one gathers and reads, the other writes; and what keeps them going. Where one of them panics, whoever waits
//! for it hears that the post was interrupted, which may be sent again, and both begin anew.

use std::{
    future::Future,
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{
    sync::{Mutex, mpsc},
    task::JoinError,
};

use super::{
    Queued, Shared,
    read::{self, Batch},
};
use crate::parse::Memory;

/// Posts and bytes that are written together.
const MAX_POSTS: usize = 1000;
const MAX_BYTES: usize = 4 << 20;
/// Pause after counting that panicked.
const PAUSE: Duration = Duration::from_secs(1);

/// Keeps both stages going until the way in is closed and all that waits is done.
pub(super) async fn keep_going<W: Future<Output = ()> + Send + 'static>(
    shared: Arc<Shared>,
    waiting: mpsc::Receiver<Queued>,
    write: impl Fn(Arc<Shared>, mpsc::Receiver<Batch>) -> W,
) {
    let waiting = Arc::new(Mutex::new(waiting));
    loop {
        let (batches, ready) = mpsc::channel(1);
        let reading = tokio::spawn(gather(shared.clone(), waiting.clone(), batches));
        let writing = tokio::spawn(write(shared.clone(), ready));
        // Each of them ends when the other has.
        let (read, written) = tokio::join!(reading, writing);
        match read.and(written) {
            // What it had in hand may be stored and not counted.
            Err(error) if begins_anew(&error) => {
                let open = shared.streams.lock().await.list(|_| true);
                shared.unsettled().unsure.extend(open.iter().map(|stream| stream.id));
            }
            _ => return,
        }
    }
}

/// Keeps one of those that count going, as long as posts may come.
pub(super) async fn keep_counting<C: Future<Output = ()> + Send + 'static>(shared: Weak<Shared>, count: impl Fn(Weak<Shared>) -> C) {
    while let Err(error) = tokio::spawn(count(shared.clone())).await {
        if !begins_anew(&error) {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whether a stage that ended so is to begin anew: not where the program ends.
fn begins_anew(error: &JoinError) -> bool {
    if error.is_panic() {
        tracing::error!(%error, "a stage that writes posts panicked, and begins anew: this is a bug");
    }
    error.is_panic()
}

/// Takes what waits, as much as is written together, and has it read.
async fn gather(shared: Arc<Shared>, waiting: Arc<Mutex<mpsc::Receiver<Queued>>>, batches: mpsc::Sender<Batch>) {
    let (mut waiting, mut memory) = (waiting.lock().await, Memory::default());
    while let Ok(place) = batches.reserve().await {
        let first = tokio::select! {
            () = batches.closed() => return,
            first = waiting.recv() => first,
        };
        let Some(first) = first else { return };
        let mut size = first.post.body.len();
        let mut posts = vec![first];
        while posts.len() < MAX_POSTS
            && size < MAX_BYTES
            && let Ok(next) = waiting.try_recv()
        {
            size += next.post.body.len();
            posts.push(next);
        }
        if let Some(batch) = read::read(&shared, posts, &mut memory).await {
            place.send(batch);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use bson::DateTime;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::{
        config::Config,
        domain::{FileOutcome, FileState, Ledger, LedgerCounts, LogFile, ParseCounts},
        parse::FormatChoice,
        store::{AdminStore, SharedStore, sqlite::SqliteStore},
        usecase::{
            Services,
            ingest::posts::{Post, PostError, Posted, Posts, commit::Committer},
        },
    };

    pub(in crate::usecase::ingest::posts) async fn services(folder: &std::path::Path) -> Arc<Services> {
        let mut config = Config::in_dir(folder);
        config.ingest.left_behind_seconds = 0;
        let store = SqliteStore::open(&folder.join("test.db"), Duration::from_secs(5)).unwrap();
        store.migrate().await.unwrap();
        let store: SharedStore = Arc::new(store);
        Arc::new(Services::open(store, Arc::new(config)).await.unwrap())
    }

    fn post(n: u32) -> Post {
        post_of(format!("{{\"time\":\"2024-01-01T00:00:00Z\",\"message\":\"line {n}\"}}\n").into_bytes())
    }

    pub(in crate::usecase::ingest::posts) fn post_of(body: Vec<u8>) -> Post {
        Post { branch: "K1".parse().unwrap(), sender: "test".to_owned(), body, format: FormatChoice::Auto, stretch: None }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_writer_that_panics_interrupts_what_it_holds_and_begins_anew() {
        static LIVES: AtomicU32 = AtomicU32::new(0);
        let folder = tempfile::tempdir().unwrap();
        let posts = Posts::start_with(services(folder.path()).await, |shared, mut ready| async move {
            match LIVES.fetch_add(1, Ordering::Relaxed) {
                // In the middle of a batch, and before there is one.
                0 => drop(ready.recv().await.map(|_| panic!("sabotage"))),
                1 => panic!("sabotage"),
                _ => Committer::new(shared).run(ready).await,
            }
        });
        let posts = posts.unwrap();
        assert!(matches!(posts.take(post(1)).await, Err(PostError::Interrupted(_))));
        let mut n_interrupted = 0;
        loop {
            match posts.take(post(1)).await {
                Ok(posted) => break assert_eq!((posted.new, posted.already_known), (1, 0)),
                Err(PostError::Interrupted(_)) if n_interrupted < 3 => n_interrupted += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(posts.take(post(1)).await.unwrap().already_known, 1);
        assert_eq!(LIVES.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn what_waits_is_bounded_in_bytes_and_what_was_written_makes_room() {
        let folder = tempfile::tempdir().unwrap();
        let (queue, mut waiting) = mpsc::channel(9);
        let shared = Arc::new(Shared::new(services(folder.path()).await).unwrap());
        let posts = Posts { queue, room: Arc::new(Semaphore::new(10)), shared };
        let mut writing = Vec::new();
        for n in [4, 0, 6] {
            let mut taken = Box::pin(posts.take(post_of(vec![b'x'; n])));
            tokio::select! {
                biased;
                done = &mut taken => panic!("nobody wrote it: {done:?}"),
                () = std::future::ready(()) => writing.push(taken),
            }
        }
        assert!(matches!(posts.take(post_of(vec![b'x'])).await, Err(PostError::Full)));
        waiting.recv().await.unwrap().waiter.tell(Ok(Posted::default()));
        writing.remove(0).await.unwrap();
        assert!(matches!(posts.take(post_of(vec![b'x'; 5])).await, Err(PostError::Full)));
        drop(waiting);
        // There is room, and nobody who writes.
        assert!(matches!(posts.take(post_of(vec![b'x'; 4])).await, Err(PostError::Interrupted(_))));
    }

    /// What the ledger counts, without what was sent and what came again: these are counted when they come.
    async fn counted(services: &Services) -> [i64; 5] {
        let days = services.store.sum_ledger(None, DateTime::from_millis(0)).await.unwrap().days;
        let of = |day: &LedgerCounts| [day.parsed - day.duplicate, day.paired, day.quarantined, day.known, day.unknown];
        days.values().map(of).fold([0; 5], |sum, day| std::array::from_fn(|n| sum[n] + day[n]))
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_read_before_its_stream_was_closed_and_is_written_afterwards_is_counted_with_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let services = services(folder.path()).await;
        let posts = Posts::start(services.clone()).unwrap();
        for n in 1..4 {
            posts.take(post(n)).await.unwrap();
            // As at midnight.
            posts.close().await.unwrap();
        }
        assert_eq!(counted(&services).await[0], 3);
        let files = services.store.list_log_files(None, 10).await.unwrap();
        assert_eq!(files.iter().map(|file| file.state).collect::<Vec<_>>(), [FileState::Done]);
    }

    #[tokio::test]
    async fn what_is_to_be_counted_anew_ends_at_once_and_is_closed_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let services = services(folder.path()).await;
        let shared = Shared::new(services.clone()).unwrap();
        let (branch, now) = ("K1".parse().unwrap(), DateTime::now());
        let id = {
            let mut streams = shared.streams.lock().await;
            let id = streams.id(&branch, "test", Ledger::day_of(now));
            let begun = streams.begun(Ledger::day_of(now), now, [(id, &branch, "test")].into_iter());
            shared.services.store.save_log_files(&begun).await.unwrap();
            streams.keep(begun);
            id
        };
        let state = async || shared.services.store.find_log_file(&id).await.unwrap().unwrap().state;
        shared.unsettled().unsure.insert(id);
        shared.close_streams(|_| true).await.unwrap();
        assert_eq!(state().await, FileState::Processing);
        shared.settle().await.unwrap();
        shared.count_doubted().await.unwrap();
        assert_eq!(state().await, FileState::Done);
        assert_ne!(shared.streams.lock().await.id(&branch, "test", Ledger::day_of(now)), id);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn days_are_counted_alike_whether_the_store_says_what_it_took_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let services = services(folder.path()).await;
        let posts = Posts::start(services.clone()).unwrap();
        for n in 1..=3 {
            posts.take(post(n)).await.unwrap();
            let open = posts.shared.streams.lock().await.list(|_| true);
            posts.shared.unsettled().unsure.extend(open.iter().map(|stream| stream.id));
            posts.shared.count_doubted().await.unwrap();
        }
        assert_eq!(posts.take(post(1)).await.unwrap().already_known, 1);
        posts.close().await.unwrap();
        assert_eq!(counted(&services).await[0], 3);
        let files = services.store.list_log_files(None, 10).await.unwrap();
        assert_eq!(files.len(), 4);
        assert!(files.iter().all(|file| file.state == FileState::Done && file.is_stream()));
    }

    fn request(n: u32) -> String {
        format!("=> Bars at 5/8/2016 7:17:45 AM: from 10.0.0.1;\nInput = {{\"message_id\":\"m{n}\"}}\n")
    }

    /// A response with an error.
    fn response(n: u32) -> String {
        format!(
            "<= Bars at 5/8/2016 7:17:45 AM: to 10.0.0.1\nOutput = {{\"status\":\"ERROR\",\"error\":\"no vault\",\"message_id\":\"m{n}\"}}\n"
        )
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_response_that_comes_before_its_whole_exchange_is_counted_as_if_that_had_come_at_once() {
        let mut ledgers = Vec::new();
        for bodies in [vec![request(1) + &response(1)], vec![response(1), request(1) + &response(1)], vec![response(1), request(1)]] {
            let folder = tempfile::tempdir().unwrap();
            let services = services(folder.path()).await;
            let posts = Posts::start(services.clone()).unwrap();
            for body in bodies {
                posts.take(post_of(body.into_bytes())).await.unwrap();
            }
            let on_the_way = counted(&services).await;
            // As if it were not known what was stored.
            let open = posts.shared.streams.lock().await.list(|_| true);
            posts.shared.unsettled().unsure.extend(open.iter().map(|stream| stream.id));
            posts.close().await.unwrap();
            ledgers.push((on_the_way[1..].to_vec(), counted(&services).await[1..].to_vec()));
        }
        let clean = vec![1, 0, 0, 1];
        assert_eq!(ledgers, vec![(clean.clone(), clean); 3]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_a_server_wrote_and_did_not_count_before_it_died_is_counted_by_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let services = services(folder.path()).await;
        let posts = Posts::start(services.clone()).unwrap();
        // Halves in both orders, one that waits, one that comes whole, and what is no record.
        for body in [
            request(1),
            response(1),
            response(2),
            request(2),
            request(3),
            request(4) + &response(4),
            request(5) + "\n\nnonsense\n",
            // What came comes again with its other half.
            response(6),
            request(6) + &response(6),
        ] {
            posts.take(post_of(body.into_bytes())).await.unwrap();
        }
        // Events, one of which is an error.
        posts.take(post(1)).await.unwrap();
        let error = "{\"time\":\"2024-01-01T00:00:00Z\",\"level\":\"error\",\"message\":\"no vault\"}\n";
        posts.take(post_of(error.as_bytes().to_vec())).await.unwrap();
        posts.close().await.unwrap();
        drop(posts);
        let expected = counted(&services).await;
        assert_eq!((expected[0], expected[1], expected[2] > 0, expected[3] + expected[4]), (6 + 3 + 2, 4 + 2, true, 4 + 1));
        // As the record is while the first Logs are written.
        let now = DateTime::from_millis(DateTime::now().timestamp_millis() - 1000);
        for file in services.store.list_log_files(None, 10).await.unwrap() {
            let (counts, outcome) = (ParseCounts::default(), FileOutcome::default());
            let begun = LogFile { counts, outcome, state: FileState::Processing, finished_at: Some(now), ..file };
            services.store.save_log_file(&begun).await.unwrap();
        }
        assert_eq!(counted(&services).await, [0; 5]);
        let posts = Posts::start(services.clone()).unwrap();
        while counted(&services).await != expected {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // It comes again, as its sender heard nothing.
        posts.take(post_of(response(1).into_bytes())).await.unwrap();
        posts.close().await.unwrap();
        assert_eq!(counted(&services).await, expected);
    }
}
