//! The form of a decoder, read from the head of its file and checked: nothing after this divides by zero.

use super::{error::Error, gguf::Gguf};

/// How pairs of numbers are turned by position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pairs {
    /// The first half with the second half.
    Halves,
    /// Neighbours: the order in which llama files keep their rows.
    Neighbours,
}

/// Numbers of a decoder.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// `qwen3`, `qwen2` or `llama`.
    pub architecture: String,
    /// Layers.
    pub n_layers: usize,
    /// Width.
    pub hidden: usize,
    /// Heads that ask.
    pub n_heads: usize,
    /// Heads that are asked; several of those that ask share one.
    pub n_kv_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// Tokens it was trained for.
    pub context: usize,
    /// Base of the angles.
    pub rope_base: f64,
    /// What is paired.
    pub pairs: Pairs,
    /// Smallest denominator of the norms.
    pub epsilon: f32,
    /// Tokens it knows.
    pub vocabulary: usize,
}

impl Shape {
    /// Reads the head.
    ///
    /// # Errors
    /// When the kind is unknown, or a number is missing or impossible.
    pub fn of(gguf: &Gguf) -> Result<Self, Error> {
        let architecture = gguf.text("general.architecture").unwrap_or("without a name").to_owned();
        let pairs = match architecture.as_str() {
            "qwen3" | "qwen2" => Pairs::Halves,
            "llama" => Pairs::Neighbours,
            _ => return Err(Error::Architecture(architecture)),
        };
        let number = |name: &str| {
            let key = format!("{architecture}.{name}");
            let value = gguf.whole(&key).and_then(|value| usize::try_from(value).ok());
            value.filter(|value| (1..=1 << 24).contains(value)).ok_or_else(|| Error::Head(format!("`{key}` is missing or impossible")))
        };
        let n_heads = number("attention.head_count")?;
        let hidden = number("embedding_length")?;
        let vocabulary = match gguf.dims("token_embd.weight") {
            Some([rows, width]) if *width == hidden && *rows > 0 => *rows,
            _ => return Err(Error::Head("`token_embd.weight` is missing or of another width".to_owned())),
        };
        let shape = Self {
            n_layers: number("block_count")?,
            hidden,
            n_heads,
            n_kv_heads: number("attention.head_count_kv").unwrap_or(n_heads),
            head_dim: number("attention.key_length").unwrap_or(hidden / n_heads),
            context: number("context_length")?,
            rope_base: gguf.real(&format!("{architecture}.rope.freq_base")).unwrap_or(10_000.0),
            pairs,
            epsilon: gguf.real(&format!("{architecture}.attention.layer_norm_rms_epsilon")).unwrap_or(1e-6) as f32,
            vocabulary,
            architecture,
        };
        shape.check(gguf)?;
        Ok(shape)
    }

    fn check(&self, gguf: &Gguf) -> Result<(), Error> {
        let wrong = |what: String| Err(Error::Head(what));
        if self.n_layers > 1024 || !self.n_heads.is_multiple_of(self.n_kv_heads) || self.head_dim < 2 || self.head_dim % 2 == 1 {
            return wrong(format!("{} layers, {} heads over {} of {}", self.n_layers, self.n_heads, self.n_kv_heads, self.head_dim));
        }
        if !(self.rope_base.is_finite() && self.rope_base > 0.0 && self.epsilon.is_finite() && self.epsilon >= 0.0) {
            return wrong("the base of the angles or the epsilon of the norms is no positive number".to_owned());
        }
        match gguf.text(&format!("{}.rope.scaling.type", self.architecture)) {
            None | Some("none" | "") => Ok(()),
            Some(kind) => wrong(format!("stretched positions of the kind `{kind}` are not known here")),
        }
    }

    /// Bytes of keys and values a token.
    pub fn kv_bytes_per_token(&self) -> u64 {
        (self.n_layers * 2 * self.n_kv_heads * self.head_dim * size_of::<f32>()) as u64
    }
}
