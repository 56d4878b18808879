//! What a model takes of memory, reckoned from its form: before it is loaded, since a process that takes more than there is does not fail,
//! it is killed, and the product with it; and before it is fetched.

use candle_core::{Device, quantized::GgmlDType};

use super::{gguf::Stored, packed, shape::Shape, writer::PIECE};

/// Of the vocabulary: what cuts text into tokens, and the tree by which a grammar is followed, whatever their number.
const VOCABULARY: u64 = 48 << 20;
/// The same, a token.
const A_TOKEN: u64 = 640;
/// What the libraries of a graphics processor take for themselves once they compute. Assumed, not measured.
const LIBRARIES: u64 = 512 << 20;

/// How weights are held where a model runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// In the memory of a graphics processor, as they stand in the file.
    Graphics,
    /// In memory, for the processor.
    Processor {
        /// Matrices of 4 and 6 bits a number are laid anew, and are held in that form alone.
        packs: bool,
        /// The library keeps some of the others a second time, in a form in which they are multiplied: those of 8 bits a number.
        repeats: bool,
    },
}

impl Held {
    /// For a model on this device.
    pub(super) fn on(device: &Device) -> Self {
        match device.is_cpu() {
            true => Self::Processor { packs: packed::serves(), repeats: repeats() },
            false => Self::Graphics,
        }
    }
}

/// Whether the library (candle 0.11, `quantized/repack`) has such forms for this processor.
pub(super) fn repeats() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        let wide = std::arch::is_x86_feature_detected!("avx512f") && std::arch::is_x86_feature_detected!("avx512vnni");
        wide || std::arch::is_x86_feature_detected!("avxvnni")
    }
    #[cfg(not(target_arch = "x86_64"))]
    cfg!(target_arch = "aarch64")
}

/// Bytes of the form in which the library keeps a matrix a second time, where it does.
pub(super) fn again(kind: GgmlDType, dims: &[usize], bytes: u64) -> u64 {
    let is_even = matches!(dims, [rows, columns] if rows.is_multiple_of(16) && columns.is_multiple_of(256));
    match kind {
        GgmlDType::Q8_0 if is_even => bytes,
        // There all kinds of few bits have one, of about the same size.
        GgmlDType::Q4_0 | GgmlDType::Q4K | GgmlDType::Q5K | GgmlDType::Q6K if cfg!(target_arch = "aarch64") => bytes,
        _ => 0,
    }
}

/// On what the need of a model depends, beside its form.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Where it runs.
    pub held: Held,
    /// Tokens of a text at most.
    pub context: usize,
    /// Texts side by side.
    pub n_streams: usize,
}

/// Bytes that a model takes where it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// Its weights, in all forms in which they are held.
    pub weights: u64,
    /// Keys and values of full texts.
    pub context: u64,
    /// Numbers under way, when a piece of a prompt is read at the end of a full text.
    pub work: u64,
    /// Beside: its vocabulary; on a graphics processor what the libraries take.
    pub beside: u64,
}

impl Need {
    /// Of a model of these tensors and this form.
    pub fn of(tensors: &[Stored], shape: &Shape, terms: &Terms) -> Self {
        let limit = terms.context.min(shape.context) as u64;
        let n_streams = terms.n_streams.max(1) as u64;
        let a_text = shape.kv_bytes_per_token().saturating_mul(limit);
        // While a text grows, its keys and values of one layer are there twice.
        let context = a_text.saturating_mul(n_streams).saturating_add(a_text / shape.n_layers.max(1) as u64);
        let is_graphics = terms.held == Held::Graphics;
        Self {
            weights: weights(tensors, terms.held),
            context,
            work: work(tensors, shape, limit, n_streams, is_graphics),
            beside: if is_graphics { LIBRARIES } else { VOCABULARY + A_TOKEN * shape.vocabulary as u64 },
        }
    }

    /// All together.
    pub fn all(&self) -> u64 {
        self.weights.saturating_add(self.context).saturating_add(self.work).saturating_add(self.beside)
    }
}

/// The number of texts that fit side by side into what is free, of those that are wished for; as many as are wished for where nobody knows
/// what is free.
///
/// # Errors
/// When not even one does: with what that takes, and what is free.
pub(super) fn streams(need: impl Fn(usize) -> Need, wished: usize, free: Option<u64>) -> Result<usize, (u64, u64)> {
    let wished = wished.max(1);
    let Some(free) = free else { return Ok(wished) };
    let found = (1..=wished).rev().find(|n_streams| need(*n_streams).all() <= free);
    found.ok_or_else(|| (need(1).all(), free))
}

/// Bytes of all matrices that are laid anew.
pub(super) fn packed<'f>(tensors: impl Iterator<Item = Stored<'f>>) -> u64 {
    tensors.filter_map(|tensor| packed::bytes(tensor.kind, tensor.dims)).fold(0, u64::saturating_add)
}

fn weights(tensors: &[Stored], held: Held) -> u64 {
    let has_head = tensors.iter().any(|tensor| tensor.name == "output.weight");
    tensors.iter().fold(0, |sum, tensor| {
        let bytes = tensor.bytes().unwrap_or(u64::MAX);
        let is_embedding = tensor.name == "token_embd.weight";
        // Rows of the embedding are looked up in the form of the file; where there is no other head it is multiplied, too, and where it
        // is laid anew for that, rows are looked up there.
        sum.saturating_add(match (is_embedding, is_embedding && has_head) {
            (true, true) => bytes,
            (true, false) => laid_anew(tensor, held).unwrap_or_else(|| bytes.saturating_add(multiplied(tensor, held, bytes, true))),
            (false, _) => multiplied(tensor, held, bytes, false),
        })
    })
}

/// Bytes of the forms in which a tensor is multiplied, without that of the file where it is held anyway.
fn multiplied(tensor: &Stored, held: Held, bytes: u64, is_held: bool) -> u64 {
    let numbers = tensor.numbers().unwrap_or(u64::MAX);
    let of_file = if is_held { 0 } else { bytes };
    match (tensor.dims, tensor.kind, held) {
        // Rows, and plain numbers of whatever width, are numbers of 32 bits.
        ([_], _, _) | (_, GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16, _) => numbers.saturating_mul(size_of::<f32>() as u64),
        (_, _, Held::Graphics) => of_file,
        (dims, kind, Held::Processor { repeats, .. }) => laid_anew(tensor, held).unwrap_or_else(|| {
            let again = if repeats { again(kind, dims, bytes) } else { 0 };
            of_file.saturating_add(again)
        }),
    }
}

/// Bytes of a matrix that is laid anew; nothing where it is not.
fn laid_anew(tensor: &Stored, held: Held) -> Option<u64> {
    match held {
        Held::Processor { packs: true, .. } => packed::bytes(tensor.kind, tensor.dims),
        _ => None,
    }
}

/// Numbers of 32 bits under way at once: of each token of a piece its rows and what it made of all tokens before it, of each text the weights
/// of its next token.
fn work(tensors: &[Stored], shape: &Shape, limit: u64, n_streams: u64, is_graphics: bool) -> u64 {
    let widest = tensors.iter().filter(|tensor| tensor.name.starts_with("blk.")).filter_map(|tensor| tensor.dims.first()).max();
    let wide = widest.copied().unwrap_or_default() as u64;
    let heads = (shape.n_heads + 2 * shape.n_kv_heads) as u64 * shape.head_dim as u64;
    let rows = 8 * shape.hidden as u64 + 4 * heads + 6 * wide;
    // Where there is no kernel of our own, scores are scaled and masked in memory of their own.
    let scores = shape.n_heads as u64 * limit * if is_graphics { 3 } else { 1 };
    let n_tokens = PIECE as u64 + n_streams;
    let numbers = n_tokens.saturating_mul(rows.saturating_add(scores)).saturating_add(4 * shape.vocabulary as u64 * n_streams);
    numbers.saturating_mul(size_of::<f32>() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::{
        Gguf, Network, Piece, TextModel,
        random::{Mix, Recipe},
        tests::{file, quantized},
    };

    /// What a model of this recipe holds when all its texts are full, counted; and what is reckoned for it.
    fn counted_and_reckoned(recipe: &Recipe, context: usize, n_streams: usize) -> (u64, Need) {
        let (_folder, path) = file(recipe);
        let mut gguf = Gguf::open(&path).unwrap();
        let need = {
            let terms = Terms { held: Held::on(&Device::Cpu), context, n_streams };
            let need = Need::of(&gguf.tensors().collect::<Vec<_>>(), &Shape::of(&gguf).unwrap(), &terms);
            assert_eq!((need, recipe.shape()), (recipe.need(&terms), Shape::of(&gguf).unwrap()), "the recipe is reckoned as its file");
            need
        };
        let mut network = Network::load(&mut gguf, context, n_streams, &Device::Cpu).unwrap();
        let weights = network.bytes();
        assert_eq!(weights, need.weights, "{:?}", recipe.mix);
        for stream in 0..n_streams {
            for tokens in vec![1; context].chunks(100) {
                network.read(&[Piece { stream, tokens }]).unwrap();
            }
        }
        (network.bytes(), need)
    }

    #[test]
    fn what_is_reckoned_is_what_is_held() {
        let recipes = ["qwen3", "qwen2", "llama"].map(|architecture| Recipe::tiny(architecture, 1));
        for recipe in recipes.into_iter().chain([Mix::F32, Mix::Q8, Mix::Q4].map(quantized)) {
            // Less than the memory of a text grows by at once, and more than once as much.
            for (context, n_streams) in [(100, 1), (400, 1), (400, 3)] {
                let (counted, need) = counted_and_reckoned(&recipe, context, n_streams);
                let a_layer = recipe.shape().kv_bytes_per_token() * context as u64 / recipe.n_layers as u64;
                assert_eq!(counted, need.weights + need.context - a_layer, "{recipe:?}, {context} tokens, {n_streams} texts");
            }
        }
    }

    #[test]
    fn weights_are_reckoned_in_the_forms_in_which_they_are_held() {
        let weights = |mix, held| {
            let recipe = Recipe::qwen3_0_6b(mix);
            (recipe.need(&Terms { held, context: 4096, n_streams: 1 }).weights as f64 / recipe.about_bytes() as f64 * 100.0).round()
        };
        let processor = |packs, repeats| Held::Processor { packs, repeats };
        // What is laid anew is 1 to 3 % larger.
        assert_eq!(weights(Mix::Q4, processor(true, true)), 102.0);
        assert_eq!(weights(Mix::Q4, processor(false, false)), 100.0);
        assert_eq!(weights(Mix::Q4, Held::Graphics), 100.0);
        assert_eq!(weights(Mix::Q8, processor(true, true)), 200.0);
        assert_eq!(weights(Mix::Q8, processor(true, false)), 100.0);
        assert_eq!(weights(Mix::Q8, Held::Graphics), 100.0);
    }

    #[test]
    fn as_many_texts_are_held_as_memory_has_room_for() {
        let recipe = Recipe::tiny("qwen3", 1);
        let need = |n_streams| recipe.need(&Terms { held: Held::on(&Device::Cpu), context: 512, n_streams });
        assert!(need(4).all() > need(1).all());
        for (free, held) in [(None, 4), (Some(u64::MAX), 4), (Some(need(3).all()), 3), (Some(need(2).all() - 1), 1)] {
            assert_eq!(streams(need, 4, free).unwrap(), held, "{free:?}");
        }
        assert_eq!(streams(need, 4, Some(need(1).all() - 1)), Err((need(1).all(), need(1).all() - 1)));
    }
}
