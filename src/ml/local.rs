//! The language model of this process, behind the seam: a bounded queue before one thread.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use candle_core::Device;
use tokio::sync::mpsc;

use super::{
    Error, Gguf, Network, Shape, Vocabulary, catalogue,
    chat::Chat,
    memory,
    need::{self, Held, Need, Terms},
    queue::{Job, Line},
    thread::{Shared, run, watch},
    writer::Writer,
};
use crate::{
    config::LlmConfig,
    suggest::{Backend, Drafting, Fault, Figures, IN_PROCESS, ModelState, Request},
};

/// Events of a request beside its tokens: its places in the queue, its start.
const BESIDE_TOKENS: usize = 64;

/// How long after its deadline a reply may still take.
const GRACE: Duration = Duration::from_secs(20);

/// Replies side by side where nothing is configured. On the processor, products bound each row more than reading the weights does: two
/// are for a person who comes while a draft is made ahead.
const STREAMS: usize = 2;
/// The same on a graphics processor.
const STREAMS_ON_GRAPHICS: usize = 8;

/// What a model may take.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Tokens of prompt and reply together.
    pub context: usize,
    /// Tokens of a reply at most.
    pub max_tokens: u32,
    /// Requests that may wait.
    pub queue: usize,
    /// Replies written side by side at most, as many as pay where the model runs where 0; fewer where memory does not hold so many contexts.
    pub streams: usize,
    /// Bytes that are free where the model runs, if it shall not be asked when the model is loaded.
    pub free_memory: Option<u64>,
    /// Whether everything else in this program keeps off the model's processors while it writes.
    pub apart: bool,
    /// How long after its deadline a reply may still take before the model counts as hanging.
    pub grace: Duration,
}

impl Limits {
    /// Those of the configuration.
    pub fn of(config: &LlmConfig) -> Self {
        Self {
            context: config.context,
            max_tokens: config.max_tokens,
            queue: config.queue,
            streams: config.streams,
            free_memory: None,
            // A model on a graphics processor leaves the others alone.
            apart: config.apart && !(cfg!(feature = "cuda") && device().is_cuda()),
            grace: GRACE,
        }
    }
}

/// A model on a thread of its own.
pub struct LocalModel {
    name: String,
    limits: Limits,
    shared: Arc<Shared>,
}

impl LocalModel {
    /// Starts the model of the configuration; the call returns at once. Without weights, or where they do not load, the state says
    /// why and what to do.
    pub fn start(config: &LlmConfig, data_dir: &Path) -> Self {
        let limits = Limits::of(config);
        match catalogue::locate(&config.model, data_dir, limits.context, Site::here) {
            Ok(file) => Self::of_file(file, limits),
            Err(error) => Self::absent(&error, limits),
        }
    }

    /// Starts the model of a file.
    pub fn of_file(file: PathBuf, limits: Limits) -> Self {
        let name = file.file_stem().map_or_else(|| "model".to_owned(), |stem| stem.to_string_lossy().into_owned());
        let within = limits.clone();
        Self::with(name, limits, move || load(&file, &within))
    }

    fn absent(error: &Error, limits: Limits) -> Self {
        let state = ModelState::Absent { reason: error.chain(), remedy: error.remedy() };
        let shared = Arc::new(Shared::new(state, limits.grace));
        Self { name: "no model".to_owned(), limits, shared }
    }

    pub(super) fn with(name: String, limits: Limits, load: impl FnMut() -> Result<Writer, Error> + Send + 'static) -> Self {
        let shared = Arc::new(Shared::new(ModelState::Loading, limits.grace));
        let (model, watcher, apart) = (shared.clone(), shared.clone(), limits.apart);
        let started = thread::Builder::new()
            .name("model".to_owned())
            .spawn(move || run(&model, apart, load))
            .and_then(|_| thread::Builder::new().name("model-watch".to_owned()).spawn(move || watch(&watcher)));
        if let Err(source) = started {
            shared.close();
            return Self::absent(&Error::Read { path: PathBuf::from("a thread for the model"), source }, limits);
        }
        Self { name, limits, shared }
    }
}

impl Drop for LocalModel {
    fn drop(&mut self) {
        self.shared.close();
    }
}

impl Backend for LocalModel {
    fn name(&self) -> String {
        format!("{}{IN_PROCESS}", self.name)
    }

    fn is_remote(&self) -> bool {
        false
    }

    fn state(&self) -> ModelState {
        self.shared.lock().state.clone()
    }

    fn waiting(&self) -> usize {
        self.shared.lock().n_waiting()
    }

    fn figures(&self) -> Option<Figures> {
        Some(self.shared.counters.figures(self.waiting()))
    }

    fn submit(&self, mut request: Request) -> Result<Drafting, Fault> {
        let refused = |fault| {
            self.shared.counters.refused();
            Err(fault)
        };
        request.prompt.max_tokens = request.prompt.max_tokens.clamp(1, self.limits.max_tokens.max(1));
        let (events, receiver) = mpsc::channel(request.prompt.max_tokens as usize + BESIDE_TOKENS);
        let Ok(last) = events.clone().try_reserve_owned() else {
            return refused(Fault::Broken("a new channel has no room".to_owned()));
        };
        let mut inner = self.shared.lock();
        if let ModelState::Absent { reason, .. } = &inner.state {
            return refused(Fault::Absent(reason.clone()));
        }
        inner.queue.sweep();
        if let Err(fault) = inner.queue.push(Job::new(request, Line { events, last }), self.limits.queue.max(1)) {
            return refused(fault);
        }
        self.shared.notify(&mut inner);
        Ok(Drafting { events: receiver })
    }
}

/// Loads a file, after it was judged whether it fits.
fn load(file: &Path, limits: &Limits) -> Result<Writer, Error> {
    let mut gguf = Gguf::open(file)?;
    let shape = Shape::of(&gguf)?;
    let device = device();
    let tensors: Vec<_> = gguf.tensors().collect();
    let terms = |n_streams| Terms { held: Held::on(&device), context: limits.context, n_streams };
    let free = limits.free_memory.or_else(|| memory::free_on(&device));
    let wished = match (limits.streams, device.is_cpu()) {
        (0, true) => STREAMS,
        (0, false) => STREAMS_ON_GRAPHICS,
        (wished, _) => wished,
    };
    let found = need::streams(|n_streams| Need::of(&tensors, &shape, &terms(n_streams)), wished, free);
    let n_streams = found.map_err(|(needed, free)| Error::Memory { needed, free, is_graphics: !device.is_cpu() })?;
    let vocabulary = Vocabulary::of(&mut gguf, shape.vocabulary)?;
    let chat = Chat::of(&vocabulary, &gguf);
    let network = Network::load(&mut gguf, limits.context, n_streams, &device)?;
    Writer::new(Box::new(network), vocabulary, chat)
}

/// Where a model would run, and what is free there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site {
    /// How its weights would be held.
    pub held: Held,
    /// Bytes that are free; nothing where that is not known.
    pub free: Option<u64>,
}

impl Site {
    /// On this machine, by this program: on a graphics processor where it was built for one and finds it, else on the processor.
    pub fn here() -> Self {
        let device = device();
        Self { held: Held::on(&device), free: memory::free_on(&device) }
    }

    /// Whether that is a graphics processor.
    pub fn has_gpu(&self) -> bool {
        self.held == Held::Graphics
    }
}

/// The graphics processor where this program was built for one and there is one; the processor otherwise.
pub(super) fn device() -> Device {
    if cfg!(feature = "cuda") {
        match Device::cuda_if_available(0) {
            Ok(device) => return device,
            Err(error) => tracing::warn!(%error, "no graphics processor: the model runs on the processor"),
        }
    }
    Device::Cpu
}
