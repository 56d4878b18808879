//! The thread of an embedding model: it loads, then serves until its owner is gone. A model that panics is told as absent.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Arc, Mutex, PoisonError, RwLock},
    thread,
};

use async_trait::async_trait;
use tokio::sync::oneshot;

use super::{
    SentenceModel,
    cache::Cache,
    files,
    model::BATCH,
    queue::{Job, Queue},
};
use crate::{
    config::LlmConfig,
    suggest::{Embedder, Fault, ModelState, Priority},
};

/// Texts of one job at most: whoever makes vectors ahead must not keep people waiting for long.
const MAX_TEXTS: usize = BATCH;

/// Makes a vector of each text.
type Embed = Box<dyn Fn(&[&str]) -> Result<Vec<Vec<f32>>, Fault>>;

/// An embedding model in this process.
pub struct LocalEmbedder {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Queue,
    state: RwLock<State>,
    cache: Mutex<Cache>,
}

struct State {
    shown: ModelState,
    model: Option<String>,
}

impl LocalEmbedder {
    /// Begins to load the model that the configuration names; returns at once.
    pub fn start(config: &LlmConfig, data_dir: &Path) -> Self {
        let folder = files::folder(config, data_dir);
        Self::start_with(config.queue, move || match SentenceModel::load(&folder) {
            Ok(model) => Ok((model.id().to_owned(), Box::new(move |texts: &[&str]| model.embed(texts)) as Embed)),
            Err(error) => Err(ModelState::Absent { reason: error.to_string(), remedy: remedy(&folder) }),
        })
    }

    /// The same over anything that loads.
    pub(super) fn start_with(bound: usize, load: impl FnOnce() -> Result<(String, Embed), ModelState> + Send + 'static) -> Self {
        let state = RwLock::new(State { shown: ModelState::Loading, model: None });
        let shared = Arc::new(Shared { queue: Queue::new(bound), state, cache: Mutex::default() });
        let of_thread = shared.clone();
        let started = thread::Builder::new().name("embedder".into()).spawn(move || of_thread.run(load));
        if let Err(error) = started {
            shared.end(failed(&error.to_string()));
        }
        Self { shared }
    }
}

impl Drop for LocalEmbedder {
    fn drop(&mut self) {
        self.shared.queue.close("the program ends");
    }
}

impl Shared {
    fn run(&self, load: impl FnOnce() -> Result<(String, Embed), ModelState>) {
        let loaded = catch_unwind(AssertUnwindSafe(load)).unwrap_or_else(|panic| Err(failed(&told(panic.as_ref()))));
        let embed = match loaded {
            Ok((id, embed)) => {
                tracing::info!(model = %id, "the embedding model is ready");
                self.set(State { shown: ModelState::Ready, model: Some(id) });
                embed
            }
            Err(state) => return self.end(state),
        };
        while let Some(Job { texts, reply }) = self.queue.pop() {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            match catch_unwind(AssertUnwindSafe(|| embed(&texts))) {
                Ok(vectors) => drop(reply.send(vectors)),
                Err(panic) => {
                    let why = told(panic.as_ref());
                    let _gone = reply.send(Err(Fault::Broken(why.clone())));
                    return self.end(failed(&why));
                }
            }
        }
    }

    fn end(&self, state: ModelState) {
        let ModelState::Absent { reason, remedy } = &state else { return };
        tracing::info!(reason, remedy, "there is no embedding model: errors are recognised by their words alone");
        let why = reason.clone();
        self.set(State { shown: state, model: None });
        self.queue.close(&why);
    }

    fn set(&self, state: State) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
    }

    fn remembered(&self, text: &str) -> Option<Arc<[f32]>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).find(text)
    }
}

#[async_trait]
impl Embedder for LocalEmbedder {
    fn state(&self) -> ModelState {
        self.shared.state.read().unwrap_or_else(PoisonError::into_inner).shown.clone()
    }

    fn model(&self) -> Option<String> {
        self.shared.state.read().unwrap_or_else(PoisonError::into_inner).model.clone()
    }

    async fn embed(&self, texts: Vec<String>, priority: Priority) -> Result<Vec<Vec<f32>>, Fault> {
        if let ModelState::Absent { reason, .. } = self.state() {
            return Err(Fault::Absent(reason));
        }
        let mut vectors: Vec<Option<Vec<f32>>> = texts.iter().map(|text| Some(self.shared.remembered(text)?.to_vec())).collect();
        let missing: Vec<String> = texts.into_iter().zip(&vectors).filter(|(_, found)| found.is_none()).map(|(text, _)| text).collect();
        let mut made = Vec::with_capacity(missing.len());
        for texts in missing.chunks(MAX_TEXTS) {
            let (reply, receiver) = oneshot::channel();
            self.shared.queue.push(Job { texts: texts.to_vec(), reply }, priority)?;
            made.extend(receiver.await.map_err(|_| Fault::Broken("the embedding model ended".into()))??);
        }
        if priority == Priority::Analyst {
            let mut cache = self.shared.cache.lock().unwrap_or_else(PoisonError::into_inner);
            missing.into_iter().zip(&made).for_each(|(text, vector)| cache.keep(text, vector.as_slice().into()));
        }
        let mut made = made.into_iter();
        vectors.iter_mut().filter(|found| found.is_none()).for_each(|found| *found = made.next());
        vectors.into_iter().map(|found| found.ok_or_else(|| Fault::Broken("a vector is missing".into()))).collect()
    }
}

fn remedy(folder: &Path) -> String {
    format!(
        "run `loghelper model pull all-MiniLM-L6-v2`, or put `model.safetensors`, `tokenizer.json` and `config.json` of such a model into \
         `{}` and start again",
        folder.display()
    )
}

fn failed(why: &str) -> ModelState {
    ModelState::Absent { reason: format!("the embedding model failed: {why}"), remedy: "start the program again".into() }
}

/// What a panic said.
fn told(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("it gave no reason").to_owned()
}
