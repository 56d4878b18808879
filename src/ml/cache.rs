//! Keys and values of the tokens of one text read so far, of one layer. The memory grows with the tokens, to what the text may have at most;
//! a prefix can be kept and the rest forgotten.

use candle_core::{DType, Device, Tensor};

use super::{error::Error, shape::Shape};

/// Tokens by which the memory grows at least.
const STEP: usize = 256;

/// Keys and values.
pub(super) struct Cache {
    n_tokens: usize,
    room: usize,
    limit: usize,
    n_heads: usize,
    head_dim: usize,
    device: Device,
    stored: Option<(Tensor, Tensor)>,
}

impl Cache {
    /// Of a text of so many tokens at most.
    pub(super) fn new(shape: &Shape, limit: usize, device: &Device) -> Self {
        let (n_heads, head_dim) = (shape.n_kv_heads, shape.head_dim);
        Self { n_tokens: 0, room: 0, limit, n_heads, head_dim, device: device.clone(), stored: None }
    }

    /// Keeps the first tokens only.
    pub(super) fn truncate(&mut self, n_tokens: usize) {
        self.n_tokens = self.n_tokens.min(n_tokens);
    }

    /// Adds tokens (`heads × tokens × width`) and gives all there are.
    pub(super) fn extend(&mut self, keys: &Tensor, values: &Tensor) -> Result<(Tensor, Tensor), Error> {
        let n_new = keys.dim(1)?;
        let n_all = self.n_tokens + n_new;
        // What is stored stays so until all has gone well: without memory for more, the tokens of before are there and are counted.
        let (room, (all_keys, all_values)) = match &self.stored {
            Some(stored) if n_all <= self.room => (self.room, stored.clone()),
            smaller => {
                // Half as much again: what was copied is copied a few times at most, and little lies idle.
                let room = (n_all + n_all / 2).next_multiple_of(STEP).min(self.limit).max(n_all);
                (room, self.moved(smaller.as_ref(), room)?)
            }
        };
        all_keys.slice_set(&keys.contiguous()?, 1, self.n_tokens)?;
        all_values.slice_set(&values.contiguous()?, 1, self.n_tokens)?;
        (self.n_tokens, self.room) = (n_all, room);
        let all = (all_keys.narrow(1, 0, n_all)?, all_values.narrow(1, 0, n_all)?);
        self.stored = Some((all_keys, all_values));
        Ok(all)
    }

    /// The first tokens (`heads × tokens × width`); nothing where there are none.
    pub(super) fn first(&self, n_tokens: usize) -> Result<Option<(Tensor, Tensor)>, Error> {
        let n_tokens = n_tokens.min(self.n_tokens);
        Ok(match &self.stored {
            Some((keys, values)) if n_tokens > 0 => Some((keys.narrow(1, 0, n_tokens)?, values.narrow(1, 0, n_tokens)?)),
            _ => None,
        })
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> u64 {
        let tokens = if self.stored.is_some() { self.room } else { 0 };
        (2 * tokens * self.n_heads * self.head_dim * size_of::<f32>()) as u64
    }

    /// What is stored, in larger memory.
    fn moved(&self, smaller: Option<&(Tensor, Tensor)>, room: usize) -> Result<(Tensor, Tensor), Error> {
        let form = (self.n_heads, room, self.head_dim);
        let keys = Tensor::zeros(form, DType::F32, &self.device)?;
        let values = Tensor::zeros(form, DType::F32, &self.device)?;
        if let Some((old_keys, old_values)) = smaller.filter(|_| self.n_tokens > 0) {
            keys.slice_set(&old_keys.narrow(1, 0, self.n_tokens)?.contiguous()?, 1, 0)?;
            values.slice_set(&old_values.narrow(1, 0, self.n_tokens)?.contiguous()?, 1, 0)?;
        }
        Ok((keys, values))
    }
}
