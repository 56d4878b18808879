//! A decoder over quantized weights: tokens in, the weight of each possible next token out.
//!
//! Rows of the embedding are made numbers when they are looked up, and the same matrix is the head where the file has no other: the
//! largest matrix of a small model stays small. Only the last token of a piece goes through the head.

use std::sync::Arc;

use candle_core::{Device, Tensor, quantized::QTensor};
use candle_nn::ops;

use super::{
    error::Error,
    gguf::Gguf,
    layer::{Layer, Place},
    rope::Rope,
    shape::Shape,
    weight::{Weight, matrix, vector},
};

/// Something that reads tokens and weighs the next one. The seam at which tests put in a model of their own.
pub trait TextModel: Send {
    /// Tokens read and not forgotten.
    fn n_read(&self) -> usize;

    /// Tokens that fit.
    fn limit(&self) -> usize;

    /// Forgets all but the first tokens.
    fn truncate(&mut self, n_tokens: usize);

    /// Reads on.
    ///
    /// # Errors
    /// When they do not fit, or the computation fails.
    fn read(&mut self, tokens: &[u32]) -> Result<(), Error>;

    /// Weighs what comes after the token read last; there is one.
    ///
    /// # Errors
    /// When the computation fails.
    fn weigh(&mut self) -> Result<Vec<f32>, Error>;
}

/// A model of a file.
pub struct Network {
    shape: Shape,
    embedding: Arc<QTensor>,
    layers: Vec<Layer>,
    norm: Tensor,
    head: Weight,
    rope: Rope,
    device: Device,
    limit: usize,
    n_read: usize,
    last: Option<Tensor>,
}

impl Network {
    /// Reads all weights. `limit` is the number of tokens that shall fit; what the model was trained for at most.
    ///
    /// # Errors
    /// When something is missing, of the wrong form, or cannot be read.
    pub fn load(gguf: &mut Gguf, limit: usize, device: &Device) -> Result<Self, Error> {
        let shape = Shape::of(gguf)?;
        let form = (shape.vocabulary, shape.hidden);
        let embedding = matrix(gguf, "token_embd.weight", form, device)?;
        let head = match gguf.has("output.weight") {
            true => Weight::read(gguf, "output", form, device)?,
            false => Weight::shared(embedding.clone())?,
        };
        let factors = match gguf.has("rope_freqs.weight") {
            true => Some(vector(gguf, "rope_freqs.weight", shape.head_dim / 2, &Device::Cpu)?.to_vec1::<f32>()?),
            false => None,
        };
        let layers = (0..shape.n_layers).map(|index| Layer::read(gguf, index, &shape, device)).collect::<Result<_, _>>()?;
        Ok(Self {
            norm: vector(gguf, "output_norm.weight", shape.hidden, device)?,
            rope: Rope::new(&shape, factors.as_deref(), device),
            limit: limit.min(shape.context),
            device: device.clone(),
            n_read: 0,
            last: None,
            shape,
            embedding,
            layers,
            head,
        })
    }

    /// Its form.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }
}

impl TextModel for Network {
    fn n_read(&self) -> usize {
        self.n_read
    }

    fn limit(&self) -> usize {
        self.limit
    }

    fn truncate(&mut self, n_tokens: usize) {
        if n_tokens < self.n_read {
            self.n_read = n_tokens;
            self.last = None;
            self.layers.iter_mut().for_each(|layer| layer.truncate(n_tokens));
        }
    }

    fn read(&mut self, tokens: &[u32]) -> Result<(), Error> {
        let n_all = self.n_read + tokens.len();
        if n_all > self.limit {
            return Err(Error::TooLong { tokens: n_all, limit: self.limit });
        }
        if tokens.is_empty() {
            return Ok(());
        }
        let place = Place { offset: self.n_read, angles: self.rope.at(self.n_read, tokens.len())? };
        let mut x = self.embedding.embedding(&Tensor::new(tokens, &self.device)?)?;
        for layer in &mut self.layers {
            x = layer.forward(&x, &self.shape, &self.rope, &place)?;
        }
        self.n_read = n_all;
        self.last = Some(x.narrow(0, tokens.len() - 1, 1)?.contiguous()?);
        Ok(())
    }

    fn weigh(&mut self) -> Result<Vec<f32>, Error> {
        let Some(last) = &self.last else { return Err(Error::Head("nothing was read yet".to_owned())) };
        let logits = self.head.of(&ops::rms_norm(last, &self.norm, self.shape.epsilon)?)?.squeeze(0)?.to_vec1::<f32>()?;
        if logits.iter().any(|logit| logit.is_nan()) {
            return Err(Error::NotANumber);
        }
        Ok(logits)
    }
}
