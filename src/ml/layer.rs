//! One layer of a decoder: attention over what was read, then the feed-forward half. One form serves qwen3 (norms of the heads),
//! qwen2 (biases) and llama (neighbours are paired): what a file has is what is done.

use candle_core::{Device, Tensor};
use candle_nn::ops;

use super::{
    attention,
    cache::Cache,
    error::Error,
    gguf::Gguf,
    kernels,
    packed::Arena,
    rope::Rope,
    shape::Shape,
    weight::{Weight, bytes_of, together, vector},
};

/// Weights and memory of a layer.
pub(super) struct Layer {
    attention_norm: Tensor,
    query: Weight,
    key: Weight,
    value: Weight,
    output: Weight,
    head_norms: Option<(Tensor, Tensor)>,
    forward_norm: Tensor,
    gate: Weight,
    up: Weight,
    down: Weight,
    /// One for each text.
    caches: Vec<Cache>,
}

/// Texts that are under way side by side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Texts {
    /// How many, one at least.
    pub(super) n: usize,
    /// Tokens of each at most.
    pub(super) limit: usize,
}

/// Where tokens stand that are read at once: those of one text.
pub(super) struct Place {
    /// Which text.
    pub(super) stream: usize,
    /// Tokens before them.
    pub(super) offset: usize,
    /// How many they are.
    pub(super) n_tokens: usize,
}

impl Layer {
    pub(super) fn read(
        gguf: &mut Gguf,
        arena: &mut Arena,
        index: usize,
        shape: &Shape,
        texts: Texts,
        device: &Device,
    ) -> Result<Self, Error> {
        let name = |part: &str| format!("blk.{index}.{part}");
        let (hidden, asking, asked) = (shape.hidden, shape.n_heads * shape.head_dim, shape.n_kv_heads * shape.head_dim);
        let Some(&[wide, _]) = gguf.dims(&name("ffn_gate.weight")) else {
            return Err(Error::Head(format!("there is no tensor `{}`", name("ffn_gate.weight"))));
        };
        let head_norms = match gguf.has(&name("attn_q_norm.weight")) {
            false => None,
            true => Some((
                vector(gguf, &name("attn_q_norm.weight"), shape.head_dim, device)?,
                vector(gguf, &name("attn_k_norm.weight"), shape.head_dim, device)?,
            )),
        };
        Ok(Self {
            attention_norm: vector(gguf, &name("attn_norm.weight"), hidden, device)?,
            query: Weight::read(gguf, arena, &name("attn_q"), (asking, hidden), device)?,
            key: Weight::read(gguf, arena, &name("attn_k"), (asked, hidden), device)?,
            value: Weight::read(gguf, arena, &name("attn_v"), (asked, hidden), device)?,
            output: Weight::read(gguf, arena, &name("attn_output"), (hidden, asking), device)?,
            head_norms,
            forward_norm: vector(gguf, &name("ffn_norm.weight"), hidden, device)?,
            gate: Weight::read(gguf, arena, &name("ffn_gate"), (wide, hidden), device)?,
            up: Weight::read(gguf, arena, &name("ffn_up"), (wide, hidden), device)?,
            down: Weight::read(gguf, arena, &name("ffn_down"), (hidden, wide), device)?,
            caches: (0..texts.n).map(|_| Cache::new(shape, texts.limit, device)).collect(),
        })
    }

    /// Forgets all but the first tokens of a text.
    pub(super) fn truncate(&mut self, stream: usize, n_tokens: usize) {
        if let Some(cache) = self.caches.get_mut(stream) {
            cache.truncate(n_tokens);
        }
    }

    /// Copies the first tokens of a text into another one, which is empty.
    pub(super) fn adopt(&mut self, stream: usize, from: usize, n_tokens: usize) -> Result<(), Error> {
        let Some((keys, values)) = self.caches.get(from).and_then(|cache| cache.first(n_tokens).transpose()).transpose()? else {
            return Ok(());
        };
        match self.caches.get_mut(stream) {
            Some(cache) => cache.extend(&keys, &values).map(drop),
            None => Ok(()),
        }
    }

    /// Bytes of keys and values.
    pub(super) fn context_bytes(&self) -> u64 {
        self.caches.iter().map(Cache::bytes).sum()
    }

    /// Bytes of the weights.
    pub(super) fn weight_bytes(&self) -> u64 {
        let matrices = [&self.query, &self.key, &self.value, &self.output, &self.gate, &self.up, &self.down];
        let norms =
            [&self.attention_norm, &self.forward_norm].into_iter().chain(self.head_norms.iter().flat_map(|(one, other)| [one, other]));
        matrices.into_iter().map(Weight::bytes).sum::<u64>() + norms.map(bytes_of).sum::<u64>()
    }

    /// Reads tokens (`tokens × width`), those of one place after those of another.
    pub(super) fn forward(
        &mut self,
        x: &Tensor,
        shape: &Shape,
        rope: &Rope,
        places: &[Place],
        angles: &(Tensor, Tensor),
    ) -> Result<Tensor, Error> {
        let attended = self.attend(&ops::rms_norm(x, &self.attention_norm, shape.epsilon)?, shape, rope, places, angles)?;
        let x = (x + attended)?;
        let [gate, up] = together([&self.gate, &self.up], &ops::rms_norm(&x, &self.forward_norm, shape.epsilon)?)?;
        let forwarded = self.down.of(&kernels::gated(gate, &up)?)?;
        Ok((x + forwarded)?)
    }

    fn attend(&mut self, x: &Tensor, shape: &Shape, rope: &Rope, places: &[Place], angles: &(Tensor, Tensor)) -> Result<Tensor, Error> {
        let (n_tokens, head_dim) = (x.dim(0)?, shape.head_dim);
        let [query, key, value] = together([&self.query, &self.key, &self.value], x)?;
        let value = value.reshape((n_tokens, shape.n_kv_heads, head_dim))?.transpose(0, 1)?;
        let (query_norm, key_norm) = match &self.head_norms {
            Some((query_norm, key_norm)) => (Some(query_norm), Some(key_norm)),
            None => (None, None),
        };
        let turned = |heads: Tensor, n_heads: usize, norm: Option<&Tensor>| -> Result<Tensor, Error> {
            let heads = heads.reshape((n_tokens, n_heads, head_dim))?;
            let heads = match norm {
                Some(norm) => ops::rms_norm(&heads, norm, shape.epsilon)?,
                None => heads,
            };
            rope.turn(&heads.transpose(0, 1)?.contiguous()?, angles)
        };
        let query = turned(query, shape.n_heads, query_norm)?;
        let key = turned(key, shape.n_kv_heads, key_norm)?;
        let mut row = 0;
        let mut read = Vec::with_capacity(places.len());
        for place in places {
            let Some(cache) = self.caches.get_mut(place.stream) else { return Err(Error::Head("there is no such text".to_owned())) };
            // A reading that failed in a later layer has left its tokens here.
            cache.truncate(place.offset);
            read.push(cache.extend(&key.narrow(1, row, place.n_tokens)?, &value.narrow(1, row, place.n_tokens)?)?);
            row += place.n_tokens;
        }
        if x.device().is_cpu() && places.iter().all(|place| attention::serves(place.n_tokens)) {
            return self.output.of(&attention::few(&query, places, &read)?);
        }
        let mut mixed = Vec::with_capacity(places.len());
        let mut row = 0;
        for (place, (keys, values)) in places.iter().zip(&read) {
            mixed.push(look(place, shape, &query.narrow(1, row, place.n_tokens)?, keys, values)?);
            row += place.n_tokens;
        }
        self.output.of(&Tensor::cat(&mixed, 0)?)
    }
}

/// What the tokens of a place make of all that their text holds (`tokens × heads · width`).
fn look(place: &Place, shape: &Shape, query: &Tensor, keys: &Tensor, values: &Tensor) -> Result<Tensor, Error> {
    let (n_tokens, head_dim) = (place.n_tokens, shape.head_dim);
    // Heads that share keys stand one below the other: one product serves them all, and nothing is copied.
    let sharing = shape.n_heads / shape.n_kv_heads;
    let query = query.contiguous()?.reshape((shape.n_kv_heads, sharing * n_tokens, head_dim))?;
    let scores = query.matmul(&keys.t()?)?;
    let scale = 1.0 / (head_dim as f32).sqrt();
    let weights = kernels::causal_softmax(scores, scale, n_tokens, place.offset)?;
    let mixed = weights.matmul(values)?.reshape((shape.n_heads, n_tokens, head_dim))?;
    Ok(mixed.transpose(0, 1)?.contiguous()?.reshape((n_tokens, shape.n_heads * head_dim))?)
}
