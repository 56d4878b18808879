//! Model files whose weights are chance: for tests and for measuring speed where no weights can be had. The same recipe writes the
//! same numbers everywhere, so a reference can be computed elsewhere from the recipe alone.

use std::{fs::File, io::BufWriter, path::Path};

use candle_core::{
    Device, Tensor,
    quantized::{GgmlDType, QTensor, gguf_file, gguf_file::Value},
};

use super::{
    bytes::character_of,
    error::Error,
    gguf::Stored,
    need::{Need, Terms},
    shape::{Pairs, Shape},
};

/// Pairs that the vocabulary merges, each after those it is made of.
const MERGES: [(&str, &str); 8] = [("Ġ", "t"), ("e", "r"), ("o", "r"), ("er", "r"), ("err", "or"), ("{", "\""), ("\"", ":"), ("i", "n")];

/// Special tokens, at the end of the vocabulary, and their kinds.
const SPECIAL: [(&str, i32); 5] = [("<|endoftext|>", 3), ("<|im_start|>", 3), ("<|im_end|>", 3), ("<think>", 4), ("</think>", 4)];

/// Base of the angles.
const ROPE_BASE: f32 = 1_000_000.0;
/// Smallest denominator of the norms.
const EPSILON: f32 = 1e-6;

/// How the numbers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    /// As they are.
    F32,
    /// 8 bits a number.
    Q8,
    /// 4 bits a number, 6 where it matters most: the usual mix `Q4_K_M`.
    Q4,
}

/// What to write.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// `qwen3`, `qwen2` or `llama`.
    pub architecture: &'static str,
    /// Layers.
    pub n_layers: usize,
    /// Width.
    pub hidden: usize,
    /// Width of the feed-forward half.
    pub wide: usize,
    /// Heads that ask.
    pub n_heads: usize,
    /// Heads that are asked.
    pub n_kv_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// Tokens of the context.
    pub context: usize,
    /// Tokens of the vocabulary.
    pub vocabulary: usize,
    /// Kind of numbers.
    pub mix: Mix,
    /// Chance.
    pub seed: u64,
}

impl Recipe {
    /// A model of a few kilobytes.
    pub fn tiny(architecture: &'static str, seed: u64) -> Self {
        let (n_layers, hidden, wide, n_heads, n_kv_heads, head_dim) = (2, 64, 96, 4, 2, 16);
        Self { architecture, n_layers, hidden, wide, n_heads, n_kv_heads, head_dim, context: 512, vocabulary: 288, mix: Mix::F32, seed }
    }

    /// The form of Qwen3-0.6B.
    pub fn qwen3_0_6b(mix: Mix) -> Self {
        Self { n_layers: 28, hidden: 1024, wide: 3072, n_heads: 16, n_kv_heads: 8, ..Self::qwen3(mix) }
    }

    /// The form of Qwen3-1.7B.
    pub fn qwen3_1_7b(mix: Mix) -> Self {
        Self { n_layers: 28, hidden: 2048, wide: 6144, n_heads: 16, n_kv_heads: 8, ..Self::qwen3(mix) }
    }

    /// The form of Qwen3-4B.
    pub fn qwen3_4b(mix: Mix) -> Self {
        Self { n_layers: 36, hidden: 2560, wide: 9728, n_heads: 32, n_kv_heads: 8, ..Self::qwen3(mix) }
    }

    fn qwen3(mix: Mix) -> Self {
        Self { head_dim: 128, context: 40_960, vocabulary: 151_936, mix, ..Self::tiny("qwen3", 1) }
    }

    /// Weights there are, norms aside.
    pub fn n_weights(&self) -> u64 {
        let layer = 2 * (self.n_heads + self.n_kv_heads) * self.head_dim * self.hidden + 3 * self.hidden * self.wide;
        (self.vocabulary * self.hidden + self.n_layers * layer) as u64
    }

    /// The form that a file of this recipe says it has.
    pub fn shape(&self) -> Shape {
        Shape {
            architecture: self.architecture.to_owned(),
            n_layers: self.n_layers,
            hidden: self.hidden,
            n_heads: self.n_heads,
            n_kv_heads: self.n_kv_heads,
            head_dim: self.head_dim,
            context: self.context,
            rope_base: ROPE_BASE.into(),
            pairs: if self.architecture == "llama" { Pairs::Neighbours } else { Pairs::Halves },
            epsilon: EPSILON,
            vocabulary: self.vocabulary,
        }
    }

    /// What such a model takes of memory.
    pub fn need(&self, terms: &Terms) -> Need {
        Need::of(&self.plan().iter().map(Planned::stored).collect::<Vec<_>>(), &self.shape(), terms)
    }

    /// About how many bytes the file has.
    pub fn about_bytes(&self) -> u64 {
        self.plan().iter().filter_map(|planned| planned.stored().bytes()).sum()
    }

    /// Writes the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let tensors =
            self.plan().into_iter().map(|planned| Ok((self.tensor(&planned)?, planned.name))).collect::<Result<Vec<_>, Error>>()?;
        let head = self.head();
        let head: Vec<(&str, &Value)> = head.iter().map(|(key, value)| (key.as_str(), value)).collect();
        let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(tensor, name)| (name.as_str(), tensor)).collect();
        let file = File::create(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        Ok(gguf_file::write(&mut BufWriter::new(file), &head, &tensors)?)
    }

    /// All tensors of the file.
    fn plan(&self) -> Vec<Planned> {
        let mut plan = vec![self.matrix("token_embd.weight".to_owned(), self.vocabulary, self.hidden)];
        for layer in 0..self.n_layers {
            self.plan_layer(layer, &mut plan);
        }
        plan.push(vector("output_norm.weight".to_owned(), self.hidden, 1.0));
        plan
    }

    fn plan_layer(&self, layer: usize, plan: &mut Vec<Planned>) {
        let (asking, asked) = (self.n_heads * self.head_dim, self.n_kv_heads * self.head_dim);
        let matrices = [
            ("attn_q", asking, self.hidden),
            ("attn_k", asked, self.hidden),
            ("attn_v", asked, self.hidden),
            ("attn_output", self.hidden, asking),
            ("ffn_gate", self.wide, self.hidden),
            ("ffn_up", self.wide, self.hidden),
            ("ffn_down", self.hidden, self.wide),
        ];
        for (part, rows, columns) in matrices {
            plan.push(self.matrix(format!("blk.{layer}.{part}.weight"), rows, columns));
            if self.architecture == "qwen2" && ["attn_q", "attn_k", "attn_v"].contains(&part) {
                plan.push(vector(format!("blk.{layer}.{part}.bias"), rows, 0.0));
            }
        }
        let mut norms = vec![("attn_norm", self.hidden), ("ffn_norm", self.hidden)];
        if self.architecture == "qwen3" {
            norms.extend([("attn_q_norm", self.head_dim), ("attn_k_norm", self.head_dim)]);
        }
        plan.extend(norms.into_iter().map(|(part, length)| vector(format!("blk.{layer}.{part}.weight"), length, 1.0)));
    }

    fn matrix(&self, name: String, rows: usize, columns: usize) -> Planned {
        Planned { kind: self.kind(&name), name, dims: vec![rows, columns], around: 0.0 }
    }

    /// The usual mix keeps the embedding, and half of the values and of the last matrices, at 6 bits.
    fn kind(&self, name: &str) -> GgmlDType {
        let even = name.split('.').nth(1).and_then(|layer| layer.parse::<usize>().ok()).is_some_and(|layer| layer.is_multiple_of(2));
        let matters = name.starts_with("token_embd") || (even && (name.contains("attn_v") || name.contains("ffn_down")));
        match self.mix {
            Mix::F32 => GgmlDType::F32,
            Mix::Q8 => GgmlDType::Q8_0,
            Mix::Q4 if matters => GgmlDType::Q6K,
            Mix::Q4 => GgmlDType::Q4K,
        }
    }

    fn tensor(&self, planned: &Planned) -> Result<QTensor, Error> {
        let numbers = self.numbers(&planned.name, planned.dims.iter().product(), planned.around);
        Ok(QTensor::quantize(&Tensor::from_vec(numbers, planned.dims.as_slice(), &Device::Cpu)?, planned.kind)?)
    }

    /// Even chance in a sixteenth to each side, by name and place: SplitMix64 seeded by FNV-1a of the name.
    fn numbers(&self, name: &str, n: usize, around: f32) -> Vec<f32> {
        let seed =
            name.bytes().fold(0xcbf2_9ce4_8422_2325_u64 ^ self.seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let number = |place: u64| {
            let mut z = seed.wrapping_add(place.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            around + ((z >> 40) as f32 / 16_777_216.0 - 0.5) * 0.125
        };
        (0..n as u64).map(number).collect()
    }

    fn head(&self) -> Vec<(String, Value)> {
        let whole = |n: usize| Value::U32(u32::try_from(n).unwrap_or(u32::MAX));
        let own = [
            ("block_count", whole(self.n_layers)),
            ("embedding_length", whole(self.hidden)),
            ("feed_forward_length", whole(self.wide)),
            ("attention.head_count", whole(self.n_heads)),
            ("attention.head_count_kv", whole(self.n_kv_heads)),
            ("attention.key_length", whole(self.head_dim)),
            ("attention.value_length", whole(self.head_dim)),
            ("rope.dimension_count", whole(self.head_dim)),
            ("context_length", whole(self.context)),
            ("vocab_size", whole(self.vocabulary)),
            ("rope.freq_base", Value::F32(ROPE_BASE)),
            ("attention.layer_norm_rms_epsilon", Value::F32(EPSILON)),
        ];
        let (tokens, kinds) = self.tokens();
        let end = whole(tokens.len() + 2 - SPECIAL.len());
        let merges = MERGES.iter().map(|(left, right)| Value::String(format!("{left} {right}"))).collect();
        let shared = [
            ("general.architecture", Value::String(self.architecture.to_owned())),
            ("general.name", Value::String(format!("chance in the form of {}", self.architecture))),
            ("tokenizer.ggml.model", Value::String("gpt2".to_owned())),
            ("tokenizer.ggml.pre", Value::String("qwen2".to_owned())),
            ("tokenizer.ggml.tokens", Value::Array(tokens.into_iter().map(Value::String).collect())),
            ("tokenizer.ggml.token_type", Value::Array(kinds.into_iter().map(Value::I32).collect())),
            ("tokenizer.ggml.merges", Value::Array(merges)),
            ("tokenizer.ggml.eos_token_id", end),
        ];
        let own = own.into_iter().map(|(key, value)| (format!("{}.{key}", self.architecture), value));
        own.chain(shared.into_iter().map(|(key, value)| (key.to_owned(), value))).collect()
    }

    /// All bytes, what the pairs merge to, words to fill up with, special tokens.
    fn tokens(&self) -> (Vec<String>, Vec<i32>) {
        let bytes = (0..=255).map(|byte| character_of(byte).to_string());
        let merged = MERGES.iter().map(|(left, right)| format!("{left}{right}"));
        let n_fill = self.vocabulary.saturating_sub(256 + MERGES.len() + SPECIAL.len());
        let fill = (0..n_fill).map(|n| format!("Ġ{n:x}.Word"));
        let plain: Vec<String> = bytes.chain(merged).chain(fill).collect();
        let kinds = std::iter::repeat_n(1, plain.len()).chain(SPECIAL.iter().map(|(_, kind)| *kind)).collect();
        (plain.into_iter().chain(SPECIAL.iter().map(|(name, _)| (*name).to_owned())).collect(), kinds)
    }
}

/// A tensor that is to be written.
struct Planned {
    name: String,
    dims: Vec<usize>,
    kind: GgmlDType,
    /// In the middle of its numbers.
    around: f32,
}

impl Planned {
    fn stored(&self) -> Stored<'_> {
        Stored { name: &self.name, kind: self.kind, dims: &self.dims }
    }
}

fn vector(name: String, length: usize, around: f32) -> Planned {
    Planned { name, dims: vec![length], kind: GgmlDType::F32, around }
}
