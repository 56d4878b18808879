//! Suggestions for unknown errors: what a model is asked, and what is made of what it says.
//!
//! A [`Backend`] is the seam between this room and whatever writes text: a model in this process, a server that speaks the
//! OpenAI protocol, or nothing at all. What it says is untrusted: it becomes a draft or nothing, and only `review` promotes a draft.

mod backend;
mod embedder;

pub use backend::{Backend, Drafting, Event, Fault, ModelState, Priority, Prompt, Request, Usage};
pub use embedder::{Embedder, NoEmbedder};
