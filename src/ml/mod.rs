//! Models in this process: the only room that knows candle. Each runs on a thread of its own behind a bounded queue.
//!
//! Replies are written side by side, a token of each at a time. A file becomes a [`Gguf`], that a [`Network`] and a [`Vocabulary`], these a [`LocalModel`] behind the seam of `suggest`. Weights
//! stay as they stand in the file; nothing here knows what the prompts are about.

pub mod alone;
mod attention;
mod bytes;
mod cache;
pub mod catalogue;
mod cgroup;
mod chat;
mod counters;
pub mod embedder;
mod error;
mod gguf;
mod grammar;
mod kernels;
mod layer;
mod local;
pub mod measure;
pub mod memory;
pub mod need;
mod network;
pub mod openai;
mod packed;
mod pieces;
pub mod pins;
mod processors;
pub mod pull;
mod queue;
pub mod random;
mod rope;
mod rounds;
mod sampler;
mod shape;
mod team;
#[cfg(test)]
mod tests;
mod text;
mod thread;
pub mod threads;
pub mod trial;
mod vocabulary;
mod weight;
mod writer;

use std::{path::Path, sync::Arc};

pub use error::Error;
pub use gguf::{Gguf, Stored};
pub use grammar::{Grammar, Grammars};
pub use local::{Limits, LocalModel, Site};
pub use network::{Network, Piece, TextModel};
pub use shape::Shape;
pub use vocabulary::Vocabulary;

use crate::config::LlmConfig;

/// The model of the configuration, on its thread. Returns at once: what is wrong is said by its state.
pub fn start(config: &LlmConfig, data_dir: &Path) -> Arc<LocalModel> {
    Arc::new(LocalModel::start(config, data_dir))
}
