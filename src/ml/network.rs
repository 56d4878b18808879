//! A decoder over quantized weights: tokens of several texts in, the weight of each possible next token of each text out.
//!
//! Rows of all texts go through the weights together, so that these are read from memory once; only attention is done text by text.
//! Rows of the embedding are made numbers when they are looked up, and the same matrix is the head where the file has no other: the
//! largest matrix of a small model stays small. Only the last token of a piece goes through the head.

use std::sync::Arc;

use candle_core::{Device, Tensor, quantized::QTensor};
use candle_nn::ops;

use super::{
    error::Error,
    gguf::Gguf,
    layer::{Layer, Place, Texts},
    need,
    packed::Arena,
    rope::Rope,
    shape::Shape,
    weight::{Weight, bytes_of, matrix, vector},
};

/// Tokens to be read on in one of the texts.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'t> {
    /// Which text.
    pub stream: usize,
    /// What follows in it.
    pub tokens: &'t [u32],
}

/// Something that reads tokens of several texts side by side and weighs the next of each. The seam at which tests put in a model of
/// their own.
pub trait TextModel: Send {
    /// Texts that can be under way at once, at least one; they are numbered from 0.
    fn n_streams(&self) -> usize;

    /// Tokens that fit into each.
    fn limit(&self) -> usize;

    /// Tokens of a text that were read and not forgotten.
    fn n_read(&self, stream: usize) -> usize;

    /// Forgets all but the first tokens of a text.
    fn truncate(&mut self, stream: usize, n_tokens: usize);

    /// Has a text begin as another one does, with what was read of its first tokens; what it held is forgotten.
    ///
    /// # Errors
    /// When the computation fails.
    fn adopt(&mut self, stream: usize, from: usize, n_tokens: usize) -> Result<(), Error>;

    /// Reads on in each of these texts, of which none is named twice.
    ///
    /// # Errors
    /// When tokens do not fit, or the computation fails; then nothing was read.
    fn read(&mut self, pieces: &[Piece]) -> Result<(), Error>;

    /// Weighs what comes after the token read last, in each of these texts; there is one in each.
    ///
    /// # Errors
    /// When the computation fails.
    fn weigh(&mut self, streams: &[usize]) -> Result<Vec<Vec<f32>>, Error>;

    /// About how many bytes of memory it takes: its weights, and what it holds of what was read.
    fn bytes(&self) -> u64;
}

/// A model of a file.
pub struct Network {
    shape: Shape,
    /// Of which rows are looked up; nothing where the head has them.
    embedding: Option<Arc<QTensor>>,
    layers: Vec<Layer>,
    norm: Tensor,
    head: Weight,
    rope: Rope,
    device: Device,
    limit: usize,
    streams: Vec<Stream>,
    weight_bytes: u64,
}

/// How far a text was read.
#[derive(Clone, Default)]
struct Stream {
    n_read: usize,
    /// What the layers made of its last token.
    last: Option<Tensor>,
}

impl Network {
    /// Reads all weights. `limit` is the number of tokens that shall fit into a text, what the model was trained for at most, `n_streams`
    /// the number of texts.
    ///
    /// # Errors
    /// When something is missing, of the wrong form, or cannot be read.
    pub fn load(gguf: &mut Gguf, limit: usize, n_streams: usize, device: &Device) -> Result<Self, Error> {
        let shape = Shape::of(gguf)?;
        let form = (shape.vocabulary, shape.hidden);
        let embedding = matrix(gguf, "token_embd.weight", form, device)?;
        let mut arena = Arena::new(usize::try_from(need::packed(gguf.tensors())).unwrap_or(usize::MAX));
        let head = match gguf.has("output.weight") {
            true => Weight::read(gguf, &mut arena, "output", form, device)?,
            false => Weight::shared(embedding.clone(), &mut arena)?,
        };
        let is_looked_up_there = !gguf.has("output.weight") && head.has_rows();
        let embedding = Some(embedding).filter(|_| !is_looked_up_there);
        let factors = match gguf.has("rope_freqs.weight") {
            true => Some(vector(gguf, "rope_freqs.weight", shape.head_dim / 2, &Device::Cpu)?.to_vec1::<f32>()?),
            false => None,
        };
        let texts = Texts { n: n_streams.max(1), limit: limit.min(shape.context) };
        let layer = |index| Layer::read(gguf, &mut arena, index, &shape, texts, device);
        let layers = (0..shape.n_layers).map(layer).collect::<Result<Vec<_>, _>>()?;
        arena.finish();
        let norm = vector(gguf, "output_norm.weight", shape.hidden, device)?;
        let of_layers: u64 = layers.iter().map(Layer::weight_bytes).sum();
        Ok(Self {
            weight_bytes: embedding.as_ref().map_or(0, |embedding| embedding.storage_size_in_bytes() as u64)
                + head.bytes()
                + bytes_of(&norm)
                + of_layers,
            rope: Rope::new(&shape, factors.as_deref(), device),
            norm,
            limit: texts.limit,
            device: device.clone(),
            streams: vec![Stream::default(); texts.n],
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

    /// Where a piece stands; it must fit.
    fn place(&self, piece: &Piece) -> Result<Place, Error> {
        let offset = self.n_read(piece.stream);
        let n_all = offset + piece.tokens.len();
        if n_all > self.limit {
            return Err(Error::TooLong { tokens: n_all, limit: self.limit });
        }
        Ok(Place { stream: piece.stream, offset, n_tokens: piece.tokens.len() })
    }
}

impl TextModel for Network {
    fn n_streams(&self) -> usize {
        self.streams.len()
    }

    fn limit(&self) -> usize {
        self.limit
    }

    fn n_read(&self, stream: usize) -> usize {
        self.streams.get(stream).map_or(0, |stream| stream.n_read)
    }

    fn truncate(&mut self, stream: usize, n_tokens: usize) {
        if let Some(found) = self.streams.get_mut(stream).filter(|found| n_tokens < found.n_read) {
            *found = Stream { n_read: n_tokens, last: None };
            self.layers.iter_mut().for_each(|layer| layer.truncate(stream, n_tokens));
        }
    }

    fn adopt(&mut self, stream: usize, from: usize, n_tokens: usize) -> Result<(), Error> {
        let n_tokens = n_tokens.min(self.n_read(from));
        self.truncate(stream, 0);
        for layer in &mut self.layers {
            layer.adopt(stream, from, n_tokens)?;
        }
        if let Some(found) = self.streams.get_mut(stream) {
            *found = Stream { n_read: n_tokens, last: None };
        }
        Ok(())
    }

    fn read(&mut self, pieces: &[Piece]) -> Result<(), Error> {
        let places =
            pieces.iter().filter(|piece| !piece.tokens.is_empty()).map(|piece| self.place(piece)).collect::<Result<Vec<_>, _>>()?;
        if places.is_empty() {
            return Ok(());
        }
        let tokens: Vec<u32> = pieces.iter().flat_map(|piece| piece.tokens).copied().collect();
        let angles = self.rope.at(&places)?;
        let mut x = match &self.embedding {
            Some(embedding) => embedding.embedding(&Tensor::new(tokens, &self.device)?)?,
            None => self.head.rows(&tokens)?,
        };
        for layer in &mut self.layers {
            x = layer.forward(&x, &self.shape, &self.rope, &places, &angles)?;
        }
        let mut end = 0;
        for place in &places {
            end += place.n_tokens;
            if let Some(stream) = self.streams.get_mut(place.stream) {
                *stream = Stream { n_read: place.offset + place.n_tokens, last: Some(x.narrow(0, end - 1, 1)?.contiguous()?) };
            }
        }
        Ok(())
    }

    fn weigh(&mut self, streams: &[usize]) -> Result<Vec<Vec<f32>>, Error> {
        let last = |stream: &usize| self.streams.get(*stream).and_then(|stream| stream.last.clone());
        let lasts: Option<Vec<Tensor>> = streams.iter().map(last).collect();
        let lasts = lasts.filter(|lasts| !lasts.is_empty()).ok_or_else(|| Error::Head("nothing was read yet".to_owned()))?;
        let rows = Tensor::cat(&lasts, 0)?;
        Ok(self.head.of(&ops::rms_norm(&rows, &self.norm, self.shape.epsilon)?)?.to_vec2::<f32>()?)
    }

    fn bytes(&self) -> u64 {
        self.layers.iter().map(Layer::context_bytes).fold(self.weight_bytes, u64::saturating_add)
    }
}
