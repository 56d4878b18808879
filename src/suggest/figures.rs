//! What a model in this process has done so far and what it takes, for whoever watches it.

/// The counts at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Figures {
    /// Requests that wait or are under way.
    pub waiting: u64,
    /// Whole replies.
    pub replies: u64,
    /// Requests that failed once they were taken in.
    pub failed: u64,
    /// Requests that were given up by who asked.
    pub unwanted: u64,
    /// Requests that were not taken in.
    pub refused: u64,
    /// Times the model was loaded anew after a panic.
    pub restarts: u64,
    /// Tokens of prompts of whole replies.
    pub prompt_tokens: u64,
    /// Of these, tokens whose work was kept.
    pub reused_tokens: u64,
    /// Tokens of whole replies.
    pub reply_tokens: u64,
    /// Time spent on prompts, in microseconds.
    pub prefill_micros: u64,
    /// Time spent on replies, in microseconds; of those written side by side each counts.
    pub decode_micros: u64,
    /// About how many bytes of memory it takes.
    pub bytes: u64,
    /// Tokens written a second lately, all replies together, while any was written.
    pub tokens_per_second: f64,
}
