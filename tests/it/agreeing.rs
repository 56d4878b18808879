//! Several processes that learn groups from messages at one moment put every message where one alone would have put it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use loghelper::{
    config::Config,
    domain::{Fault, GroupId, GroupPattern, GroupStep, Verdict},
    inference::group::Grouper,
    parse::FormatChoice,
    query::Filter,
    store::{LogPage, SharedStore, mongo::MongoStore, sqlite::SqliteStore},
    usecase::{
        Services,
        ingest::posts::{Post, PostError, Posts},
    },
};

use crate::support::{Place, mongodb_uri};

/// Templates, and the words that each of them is met with: more than it takes to open a place.
const TEMPLATES: usize = 200;
const WORDS: usize = 24;
/// Words of a place until any is accepted there.
const DIVERSE: usize = 16;

/// A word of no language, so that nothing but the miner joins messages that differ in it.
fn word(n: usize) -> String {
    const SYLLABLES: [&str; 8] = ["ka", "ri", "su", "to", "ne", "po", "vi", "lu"];
    [n / 64 % 8, n / 8 % 8, n % 8].map(|n| SYLLABLES[n]).concat()
}

/// What fails: of this template, with this word.
fn text(template: usize, n: usize) -> String {
    // Each template has two words of its own, so that no place between templates becomes open.
    format!("{} {} stopped {} early", word(template), word(300 + n), word(511 - template))
}

/// A post with a record of each text.
pub fn records(texts: &[String]) -> Vec<u8> {
    let record = |text: &String| {
        let id = text.replace(' ', "-");
        format!(
            "=> BarsScheduler at 5/8/2016 7:17:45 AM: from 10.7.73.12; RequestType = POST; ContentType = application/json; charset=\"UTF-8\";\nInput = {{\"method\":\"Sign\",\"message_id\":\"{id}\"}}\n<= BarsScheduler at 5/8/2016 7:17:45 AM: to 10.7.73.12\nOutput = {{\"status\":\"ERROR\",\"error\":\"{text}\",\"message_id\":\"{id}\"}}\n"
        )
    };
    texts.iter().map(record).collect::<String>().into_bytes()
}

/// The texts that each of two processes gets: of each template every other.
pub fn interleaved() -> [Vec<String>; 2] {
    let mut halves = [Vec::new(), Vec::new()];
    for n in 0..WORDS {
        for template in 0..TEMPLATES {
            halves[(template + n) % 2].push(text(template, n));
        }
    }
    halves
}

async fn open(store: SharedStore, place: &Place) -> Arc<Services> {
    Arc::new(Services::open(store, Config::in_dir(place.folder.path()).into()).await.unwrap())
}

/// Another handle of the place's store, as another process has it.
async fn handle(place: &Place) -> SharedStore {
    let store: SharedStore = match &place.store {
        Some(uri) => Arc::new(MongoStore::connect(uri, Duration::from_secs(30)).await.unwrap()),
        None => Arc::new(SqliteStore::open(&place.folder.path().join("loghelper.db"), Duration::from_secs(30)).unwrap()),
    };
    store.migrate().await.unwrap();
    store
}

/// Posts texts, a few at a time.
async fn post(posts: &Posts, texts: &[String]) {
    for few in texts.chunks(25) {
        loop {
            let body = records(few);
            let post = Post { branch: "K1".parse().unwrap(), sender: "test".to_owned(), body, format: FormatChoice::Auto, stretch: None };
            match posts.take(post).await {
                Ok(posted) => break assert_eq!(posted.errors_unknown, few.len() as i64),
                Err(PostError::Store(error)) if error.is_transient() => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// The group that each stored error bears.
async fn stored(store: &SharedStore) -> BTreeMap<String, GroupId> {
    let (mut groups, mut after) = (BTreeMap::new(), None);
    loop {
        let page = store.list_logs(&LogPage { filter: &Filter::All, limit: 1000, after, scan_limit: usize::MAX }).await.unwrap();
        for log in &page.logs {
            let verdict: Verdict = bson::deserialize_from_slice(log.get_document("verdict").unwrap().as_bytes()).unwrap();
            groups.insert(Fault::of(log).unwrap().0.to_owned(), verdict.group_id.unwrap());
        }
        let Some(next) = page.next else { return groups };
        after = Some(next);
    }
}

/// What holds of a store that processes filled with the interleaved texts at one time.
pub async fn check(place: &Place, processes: &[Arc<Services>]) {
    let store = handle(place).await;
    let stored = stored(&store).await;
    assert_eq!(stored.len(), TEMPLATES * WORDS);

    let mut alone = Grouper::new();
    interleaved().iter().flatten().for_each(|text| _ = alone.assign(text));
    assert_eq!(alone.len(), TEMPLATES * DIVERSE);
    let groups: BTreeSet<GroupId> = stored.values().copied().collect();
    assert_eq!(groups.len(), alone.len());

    // Each is there as a document, none that was taken back, and of each template one takes whatever comes.
    let documents = store.list_log_errors(None, usize::MAX).await.unwrap();
    assert_eq!(documents.iter().map(|group| group.id).collect::<BTreeSet<_>>(), groups);
    assert!(documents.iter().all(|group| group.count > 0));
    let open: BTreeMap<&str, usize> =
        documents.iter().filter(|group| group.template.contains("<*>")).fold(BTreeMap::new(), |mut open, group| {
            *open.entry(group.template.split(' ').next().unwrap()).or_default() += 1;
            open
        });
    assert_eq!(open.len(), TEMPLATES);
    assert!(open.values().all(|n| *n == 1), "{open:?}");

    // Whoever reads the store, then or from now on, says the same of every message.
    let later = open_later(place).await;
    for services in processes.iter().chain([&later]) {
        services.groups.refresh(store.as_ref()).await.unwrap();
        for (text, group) in &stored {
            assert_eq!(services.groups.find(text), Some(*group), "{text}");
        }
    }
}

async fn open_later(place: &Place) -> Arc<Services> {
    open(handle(place).await, place).await
}

async fn two_processes_learn_at_one_moment(place: &Place) {
    let (one, two) = (open_later(place).await, open_later(place).await);
    let (posts_of_one, posts_of_two) = (Posts::start(one.clone()).unwrap(), Posts::start(two.clone()).unwrap());
    let [first, second] = interleaved();
    tokio::join!(post(&posts_of_one, &first), post(&posts_of_two, &second));
    posts_of_one.close().await.unwrap();
    posts_of_two.close().await.unwrap();
    check(place, &[one, two]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_learn_as_one_on_sqlite() {
    two_processes_learn_at_one_moment(&Place::new(None)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_learn_as_one_on_mongodb() {
    let Some(uri) = mongodb_uri() else { return };
    two_processes_learn_at_one_moment(&Place::new(Some(uri))).await;
}

/// A process that was killed after it had told what it learnt, and before it stored anything of it.
async fn what_was_told_by_one_that_was_killed_is_found_again(place: &Place) {
    let services = open_later(place).await;
    let posts = Posts::start(services.clone()).unwrap();
    let texts: Vec<String> = (0..WORDS).map(|n| text(0, n)).collect();
    post(&posts, &texts[..DIVERSE - 1]).await;

    let mut killed = Grouper::new();
    let ids: Vec<GroupId> = texts.iter().map(|text| killed.assign(text).id).collect();
    let steps = services.store.list_group_steps(0, usize::MAX).await.unwrap();
    let n_told: usize = steps.iter().map(|step| step.patterns.len()).sum();
    let untold = killed.untold(usize::MAX, usize::MAX).into_iter().skip(n_told);
    let patterns: Vec<GroupPattern> = untold.map(|(group, pattern)| GroupPattern { group, pattern }).collect();
    assert_eq!(patterns.len(), 2, "a group was begun, and a place opened");
    let step = GroupStep { number: steps.len() as i64 + 1, patterns };
    assert!(services.store.insert_group_step(&step).await.unwrap());
    // Whoever starts next sees to it that the group says of itself what was learnt of it.
    let next = open_later(place).await;
    let group = next.store.find_log_error(&ids[0]).await.unwrap().unwrap();
    assert!(group.template.contains("<*>"), "{}", group.template);

    // It comes again, to one that did not know of it.
    post(&posts, &texts).await;
    posts.close().await.unwrap();
    let stored = stored(&services.store).await;
    let expected: BTreeMap<String, GroupId> = texts.iter().cloned().zip(ids).collect();
    assert_eq!(stored, expected);
    assert_eq!(next.store.list_log_errors(None, usize::MAX).await.unwrap().len(), DIVERSE);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_told_is_found_again_on_sqlite() {
    what_was_told_by_one_that_was_killed_is_found_again(&Place::new(None)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_told_is_found_again_on_mongodb() {
    let Some(uri) = mongodb_uri() else { return };
    what_was_told_by_one_that_was_killed_is_found_again(&Place::new(Some(uri))).await;
}
