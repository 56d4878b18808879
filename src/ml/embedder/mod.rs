//! Embedding models of BERT's layout (all-MiniLM-L6-v2 and its multilingual kin): texts to vectors of length 1, near where meanings are.
//!
//! [`LocalEmbedder`] owns a thread that loads the files and then serves a bounded queue, people before the background. What is wrong
//! with the files is a state with a reason and a remedy, never an error of the program.

mod cache;
mod files;
mod model;
mod queue;
#[cfg(test)]
mod tests;
mod thread;

pub use files::{LoadError, folder};
pub use model::SentenceModel;
pub use thread::LocalEmbedder;
