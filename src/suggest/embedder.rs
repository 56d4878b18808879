//! The seam to an embedding model: texts go in, directions in a space of meaning come out, near to each other where texts mean the same.
//!
//! Pure rooms never call it: whoever does passes them vectors.

use async_trait::async_trait;

use super::{Fault, ModelState, Priority};

/// Something that places texts in a space of meaning. Calls wait for the model's own thread.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// How it is now.
    fn state(&self) -> ModelState;

    /// What its weights are called by: vectors of two models have nothing to do with each other. `None` until it is ready.
    fn model(&self) -> Option<String>;

    /// A vector of length 1 for each text, in their order.
    ///
    /// # Errors
    /// [`Fault::Absent`] and [`Fault::Overloaded`] at once, [`Fault::Broken`] when the model fails.
    async fn embed(&self, texts: Vec<String>, priority: Priority) -> Result<Vec<Vec<f32>>, Fault>;
}

/// No embedding model: everything works by words alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEmbedder;

#[async_trait]
impl Embedder for NoEmbedder {
    fn state(&self) -> ModelState {
        ModelState::Absent {
            reason: "no embedding model is used here".into(),
            remedy: "run `loghelper model pull all-MiniLM-L6-v2`, or name its folder as `llm.embedder`".into(),
        }
    }

    fn model(&self) -> Option<String> {
        None
    }

    async fn embed(&self, _: Vec<String>, _: Priority) -> Result<Vec<Vec<f32>>, Fault> {
        Err(Fault::Absent("no embedding model is used here".into()))
    }
}
