//! Vectors of known errors follow the knowledge base, on both stores, with a model that counts letters.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use bson::DateTime;
use loghelper::{
    config::Config,
    domain::{KnownErrorId, LifeCycle, Method},
    store::SharedStore,
    suggest::{Embedder, Fault, ModelState, Priority},
    usecase::{
        Services, diagnose,
        knowledge_base::{self, Document},
        meanings,
    },
};

use crate::support::{mongodb, sqlite};

contract! {
    known_errors_get_vectors_and_are_found_by_meaning,
    another_process_takes_over_what_was_made,
    vectors_follow_what_known_errors_say,
    a_model_that_fails_leaves_the_words,
    an_absent_model_changes_nothing,
}

const NOW: DateTime = DateTime::from_millis(1_000_000);

/// Means by a text what letters it has.
#[derive(Default)]
struct Letters {
    n_texts: AtomicUsize,
    fails: AtomicBool,
}

#[async_trait]
impl Embedder for Letters {
    fn state(&self) -> ModelState {
        ModelState::Ready
    }

    fn model(&self) -> Option<String> {
        Some("letters".into())
    }

    async fn embed(&self, texts: Vec<String>, _: Priority) -> Result<Vec<Vec<f32>>, Fault> {
        if self.fails.load(Ordering::SeqCst) {
            return Err(Fault::Broken("it fell over".into()));
        }
        self.n_texts.fetch_add(texts.len(), Ordering::SeqCst);
        let count = |text: &String| {
            let mut counts = vec![0.1; 26];
            for letter in text.bytes().filter(u8::is_ascii_alphabetic) {
                counts[usize::from(letter.to_ascii_lowercase() - b'a')] += 1.0;
            }
            counts
        };
        Ok(texts.iter().map(count).collect())
    }
}

async fn import(services: &Services, text: &str) {
    let document: Document = serde_json::from_str(text).unwrap();
    knowledge_base::import(services, &document, "import", NOW).await.unwrap();
    services.knowledge.refresh(services.store.as_ref()).await.unwrap();
}

const KNOWN: &str = r#"{"statuses": [], "known_errors": [
    {"id": "zz", "text": "zzz zzzz zz", "answers": [{"text": "Zz."}]},
    {"id": "qq", "text": "qqq qqqq qq", "answers": [{"text": "Qq."}]}]}"#;

/// A process with this model.
async fn services(store: &SharedStore, model: &Arc<Letters>) -> Services {
    let services = Services::open(store.clone(), Config::in_dir(std::path::Path::new("unused")).into()).await.unwrap();
    services.meanings.use_model(model.clone());
    services
}

fn id(name: &str) -> KnownErrorId {
    KnownErrorId(name.into())
}

async fn nearest(services: &Services, text: &str) -> Option<(KnownErrorId, Method)> {
    diagnose::nearest_in_meaning(services, diagnose::Unexplained::of_text(text))
        .await
        .into_iter()
        .next()
        .map(|found| (found.id, found.method))
}

async fn known_errors_get_vectors_and_are_found_by_meaning(store: SharedStore) {
    let model = Arc::new(Letters::default());
    let services = services(&store, &model).await;
    import(&services, KNOWN).await;
    assert_eq!(nearest(&services, "zzzzzzzzz").await, None, "no words are shared");
    assert_eq!(meanings::catch_up(&services).await.unwrap(), 2);
    assert_eq!(nearest(&services, "zzzzzzzzz").await, Some((id("zz"), Method::Semantic)));
    assert_eq!(nearest(&services, "zzz zzzz zz").await, Some((id("zz"), Method::Exact)));
    let n_texts = model.n_texts.load(Ordering::SeqCst);
    assert_eq!(meanings::catch_up(&services).await.unwrap(), 0);
    assert_eq!(model.n_texts.load(Ordering::SeqCst), n_texts, "nothing is made twice");
}

async fn another_process_takes_over_what_was_made(store: SharedStore) {
    let model = Arc::new(Letters::default());
    let first = services(&store, &model).await;
    import(&first, KNOWN).await;
    meanings::catch_up(&first).await.unwrap();
    let n_texts = model.n_texts.load(Ordering::SeqCst);
    let second = services(&store, &model).await;
    assert_eq!(meanings::catch_up(&second).await.unwrap(), 2);
    assert_eq!(model.n_texts.load(Ordering::SeqCst), n_texts, "the model was not asked again");
    assert_eq!(nearest(&second, "qqqqqqqqq").await, Some((id("qq"), Method::Semantic)));
}

async fn vectors_follow_what_known_errors_say(store: SharedStore) {
    let model = Arc::new(Letters::default());
    let services = services(&store, &model).await;
    import(&services, KNOWN).await;
    meanings::catch_up(&services).await.unwrap();
    let before = store.find_known_error_vectors("letters", &[id("zz")]).await.unwrap();
    import(&services, &KNOWN.replace("zzz zzzz zz", "xxx xxxx xx")).await;
    assert_eq!(meanings::catch_up(&services).await.unwrap(), 1);
    assert_ne!(store.find_known_error_vectors("letters", &[id("zz")]).await.unwrap(), before);
    assert_eq!(nearest(&services, "xxxxxxxxx").await, Some((id("zz"), Method::Semantic)));

    let mut retired = store.find_known_error(&id("zz")).await.unwrap().unwrap();
    retired.state = LifeCycle::Retired;
    store.save_known_errors(&[(retired, Vec::new())]).await.unwrap();
    services.knowledge.refresh(store.as_ref()).await.unwrap();
    meanings::catch_up(&services).await.unwrap();
    assert_eq!(store.list_known_errors_with_vectors(None, 10).await.unwrap(), [id("qq")]);
    assert_eq!(nearest(&services, "xxxxxxxxx").await, None);
}

async fn a_model_that_fails_leaves_the_words(store: SharedStore) {
    let model = Arc::new(Letters::default());
    let services = services(&store, &model).await;
    import(&services, KNOWN).await;
    model.fails.store(true, Ordering::SeqCst);
    assert!(meanings::catch_up(&services).await.is_err());
    model.fails.store(false, Ordering::SeqCst);
    meanings::catch_up(&services).await.unwrap();
    model.fails.store(true, Ordering::SeqCst);
    assert_eq!(nearest(&services, "zzz zzzz zz").await, Some((id("zz"), Method::Exact)));
    assert_eq!(nearest(&services, "zzzzzzzzz").await, None);
}

async fn an_absent_model_changes_nothing(store: SharedStore) {
    let services = Services::open(store.clone(), Config::in_dir(std::path::Path::new("unused")).into()).await.unwrap();
    import(&services, KNOWN).await;
    assert_eq!(meanings::catch_up(&services).await.unwrap(), 0);
    assert!(matches!(services.meanings.state(), ModelState::Absent { .. }));
    assert_eq!(nearest(&services, "zzz zzzz zz").await, Some((id("zz"), Method::Exact)));
    assert!(store.list_known_errors_with_vectors(None, 10).await.unwrap().is_empty());
}
