//! Tests over models whose weights are chance: the numbers, the traps of other implementations, the grammar, the thread.

mod files;
mod grammar;
mod older_llama;
mod parity;
mod pull;
mod side_by_side;
mod thread;
mod traps;
mod writing;

use std::path::PathBuf;

use candle_core::Device;
use pulp::Arch;
use tempfile::TempDir;

use super::{
    Gguf, Network, Vocabulary,
    alone::Alone,
    chat::Chat,
    random::{Mix, Recipe},
    writer::{Step, Stop, Writer},
};
use crate::suggest::{Prompt, Usage};

/// The instructions that this processor has, the plain ones first: what is chosen at run time is tried with each.
pub(super) fn widths() -> Vec<Arch> {
    #[cfg(target_arch = "x86_64")]
    {
        use pulp::x86::{V3, V4};
        let found = [("AVX2", V3::try_new().map(Arch::V3)), ("AVX-512", V4::try_new().map(Arch::V4))];
        for (name, _) in found.iter().filter(|(_, found)| found.is_none()) {
            eprintln!("skipped: this processor has no {name}");
        }
        std::iter::once(Arch::Scalar).chain(found.into_iter().filter_map(|(_, found)| found)).collect()
    }
    #[cfg(not(target_arch = "x86_64"))]
    vec![Arch::Scalar, Arch::new()]
}

#[test]
fn the_widest_instructions_are_chosen() {
    let widest = widths().pop().map(|arch| std::mem::discriminant(&arch));
    assert_eq!(Some(std::mem::discriminant(&Arch::new())), widest);
}

/// A folder with a model file in it.
pub(super) fn file(recipe: &Recipe) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    recipe.write(&path).unwrap();
    (folder, path)
}

/// A model for so many texts side by side.
pub(super) fn network_of(recipe: &Recipe, n_streams: usize) -> Network {
    let (_folder, path) = file(recipe);
    Network::load(&mut Gguf::open(&path).unwrap(), recipe.context, n_streams, &Device::Cpu).unwrap()
}

pub(super) fn network(recipe: &Recipe) -> Alone {
    Alone(network_of(recipe, 1))
}

pub(super) fn vocabulary(recipe: &Recipe) -> Vocabulary {
    let (_folder, path) = file(recipe);
    Vocabulary::of(&mut Gguf::open(&path).unwrap(), recipe.vocabulary).unwrap()
}

pub(super) fn writer(recipe: &Recipe) -> Writer {
    writer_of(recipe, 1)
}

/// A writer of so many replies side by side.
pub(super) fn writer_of(recipe: &Recipe, n_streams: usize) -> Writer {
    Writer::new(Box::new(network_of(recipe, n_streams)), vocabulary(recipe), Chat::Turns { unthinking: true }).unwrap()
}

/// Writes one reply from beginning to end. `on_text` is called after each piece of the prompt and each token, and says whether to go on.
pub(super) fn write(
    writer: &mut Writer,
    prompt: &Prompt,
    seed: u64,
    mut on_text: impl FnMut(String) -> Result<(), Stop>,
) -> Result<Usage, Stop> {
    let mut text = writer.begin(prompt, seed, &[])?;
    while !text.is_read() {
        on_text(String::new())?;
        writer.read_on(&mut text, true)?;
    }
    loop {
        match writer.write(&mut [&mut text])?.remove(0)? {
            Step::Said(said) => on_text(said)?,
            Step::Whole(said, usage) => return on_text(said).map(|()| usage),
        }
    }
}

/// Quantized, with matrices large enough for the kernels of quantized numbers.
pub(super) fn quantized(mix: Mix) -> Recipe {
    Recipe { hidden: 256, wide: 512, n_heads: 4, n_kv_heads: 2, head_dim: 64, mix, ..Recipe::tiny("qwen3", 7) }
}
