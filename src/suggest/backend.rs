//! The seam to a language model: a request goes in, events come out until it is done, failed or no longer wanted.

use std::time::Duration;

use tokio::sync::mpsc;

use super::Figures;

/// What a model reads, and the form of what it may write.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// The task and its rules: the part that stays the same from one request to the next, so that its work can be kept.
    pub system: String,
    /// The evidence, masked.
    pub user: String,
    /// JSON schema that the reply satisfies; free text where there is none.
    pub schema: Option<serde_json::Value>,
    /// Tokens of a reply at most.
    pub max_tokens: u32,
}

/// Who waits. An analyst goes before the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Nobody: drafts made ahead.
    Background,
    /// A person in front of a page.
    Analyst,
}

/// One reply wanted.
#[derive(Debug, Clone)]
pub struct Request {
    /// What is asked.
    pub prompt: Prompt,
    /// Who waits for it.
    pub priority: Priority,
    /// From its start to the last token; then it fails with [`Fault::Deadline`]. Time in a queue does not count.
    pub deadline: Duration,
    /// Chance, for the same reply to the same request.
    pub seed: u64,
}

/// What happens to a request, in this order: `Queued` any number of times, `Started`, `Text` any number of times, then `Done` or
/// `Failed` as the last.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// It waits, with so many before it.
    Queued {
        /// Requests before it, the one under way among them.
        ahead: usize,
    },
    /// The model reads the prompt.
    Started,
    /// The next piece of the reply.
    Text(String),
    /// The reply is whole.
    Done(Usage),
    /// There is no (whole) reply.
    Failed(Fault),
}

/// What a reply cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// Of these, tokens whose work was kept from an earlier request.
    pub reused_tokens: u32,
    /// Tokens written.
    pub reply_tokens: u32,
    /// Time from start to the first token.
    pub prefill: Duration,
    /// Time from the first token to the last.
    pub decode: Duration,
}

/// Why there is no reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is no model: none configured, weights missing, too large for memory, or its thread ended.
    #[error("no model: {0}")]
    Absent(String),
    /// Too many wait already.
    #[error("{0} requests wait already")]
    Overloaded(usize),
    /// The deadline passed.
    #[error("the deadline passed")]
    Deadline,
    /// The prompt does not fit.
    #[error("the prompt has {tokens} tokens, {limit} fit")]
    TooLong {
        /// Tokens of the prompt.
        tokens: usize,
        /// Tokens that fit beside the reply.
        limit: usize,
    },
    /// The prompt does not fit, and nobody said by how much.
    #[error("the prompt is too long for the model: {0}")]
    Uncounted(String),
    /// The model or its server broke off or spoke nonsense.
    #[error("{0}")]
    Broken(String),
}

/// How a backend is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelState {
    /// It takes requests.
    Ready,
    /// It is being loaded; requests wait.
    Loading,
    /// It takes none: the reason, and what to do about it.
    Absent {
        /// Why.
        reason: String,
        /// What helps.
        remedy: String,
    },
}

/// A reply under way. Dropping it cancels the request at the next token.
#[derive(Debug)]
pub struct Drafting {
    /// What happens to it.
    pub events: mpsc::Receiver<Event>,
}

/// What stands behind the name of a model that runs in this process.
pub const IN_PROCESS: &str = " (in this process)";

/// What stands between the name of a model on a server and the server's address.
pub const AT: &str = " at ";

/// Something that writes text. Calls return at once; the work is done on the backend's own thread or task.
pub trait Backend: Send + Sync {
    /// What is shown on drafts: the model's name and where it runs.
    fn name(&self) -> String;

    /// Whether what it is asked leaves this machine.
    fn is_remote(&self) -> bool;

    /// How it is now.
    fn state(&self) -> ModelState;

    /// Requests that wait or are under way.
    fn waiting(&self) -> usize;

    /// What it has done and takes; `None` where that is done elsewhere.
    fn figures(&self) -> Option<Figures> {
        None
    }

    /// Hands in a request.
    ///
    /// # Errors
    /// [`Fault::Absent`] or [`Fault::Overloaded`], at once.
    fn submit(&self, request: Request) -> Result<Drafting, Fault>;
}
