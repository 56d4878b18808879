//! Tests over models whose weights are chance: the numbers, the traps of other implementations, the grammar, the thread.

mod files;
mod grammar;
mod parity;
mod pull;
mod thread;
mod traps;
mod writing;

use std::path::PathBuf;

use candle_core::Device;
use tempfile::TempDir;

use super::{
    Gguf, Network, Vocabulary,
    chat::Chat,
    random::{Mix, Recipe},
    writer::Writer,
};

/// A folder with a model file in it.
pub(super) fn file(recipe: &Recipe) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    recipe.write(&path).unwrap();
    (folder, path)
}

pub(super) fn network(recipe: &Recipe) -> Network {
    let (_folder, path) = file(recipe);
    Network::load(&mut Gguf::open(&path).unwrap(), recipe.context, &Device::Cpu).unwrap()
}

pub(super) fn vocabulary(recipe: &Recipe) -> Vocabulary {
    let (_folder, path) = file(recipe);
    Vocabulary::of(&mut Gguf::open(&path).unwrap(), recipe.vocabulary).unwrap()
}

pub(super) fn writer(recipe: &Recipe) -> Writer {
    Writer::new(Box::new(network(recipe)), vocabulary(recipe), Chat::Turns { unthinking: true }).unwrap()
}

/// Quantized, with matrices large enough for the kernels of quantized numbers.
pub(super) fn quantized(mix: Mix) -> Recipe {
    Recipe { hidden: 256, wide: 512, n_heads: 4, n_kv_heads: 2, head_dim: 64, mix, ..Recipe::tiny("qwen3", 7) }
}
