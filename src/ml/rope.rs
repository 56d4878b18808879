//! Angles of positions, in full precision, for as many positions as were needed so far. Tables of half precision lose the place of a
//! token after a few hundred positions, and tables of a whole context of 40,960 would be made for prompts of 500.

use candle_core::{Device, Tensor};
use candle_nn::rotary_emb;

use super::{
    error::Error,
    layer::Place,
    shape::{Pairs, Shape},
};

/// Positions by which the tables grow at least.
const STEP: usize = 256;

/// The tables.
pub(super) struct Rope {
    steps: Vec<f32>,
    pairs: Pairs,
    device: Device,
    n_ready: usize,
    tables: Option<(Tensor, Tensor)>,
}

impl Rope {
    /// No tables yet. `factors` slow down some of the angles, where the file has such.
    pub(super) fn new(shape: &Shape, factors: Option<&[f32]>, device: &Device) -> Self {
        let dim = shape.head_dim;
        let step = |pair: usize| {
            let plain = (1.0 / shape.rope_base.powf((2 * pair) as f64 / dim as f64)) as f32;
            plain / factors.and_then(|factors| factors.get(pair)).copied().unwrap_or(1.0)
        };
        Self { steps: (0..dim / 2).map(step).collect(), pairs: shape.pairs, device: device.clone(), n_ready: 0, tables: None }
    }

    /// Cosines and sines of the positions of tokens, those of one place after those of another.
    pub(super) fn at(&mut self, places: &[Place]) -> Result<(Tensor, Tensor), Error> {
        let end = places.iter().map(|place| place.offset + place.n_tokens).max().unwrap_or_default();
        let (cos, sin) = match self.tables.take() {
            Some(tables) if end <= self.n_ready => tables,
            _ => self.made(end)?,
        };
        let rows = |table: &Tensor| -> Result<Tensor, Error> {
            let parts = places.iter().map(|place| table.narrow(0, place.offset, place.n_tokens)).collect::<Result<Vec<_>, _>>()?;
            Ok(Tensor::cat(&parts, 0)?)
        };
        let found = (rows(&cos)?, rows(&sin)?);
        self.tables = Some((cos, sin));
        Ok(found)
    }

    /// Tables for so many positions at least.
    fn made(&mut self, end: usize) -> Result<(Tensor, Tensor), Error> {
        let ready = end.next_power_of_two().max(STEP);
        let angles: Vec<f32> = (0..ready).flat_map(|position| self.steps.iter().map(move |step| position as f32 * step)).collect();
        let form = (ready, self.steps.len());
        let cos = Tensor::from_vec(angles.iter().map(|angle| angle.cos()).collect::<Vec<f32>>(), form, &self.device)?;
        let sin = Tensor::from_vec(angles.iter().map(|angle| angle.sin()).collect::<Vec<f32>>(), form, &self.device)?;
        self.n_ready = ready;
        Ok((cos, sin))
    }

    /// Turns heads (`heads × tokens × width`).
    pub(super) fn turn(&self, heads: &Tensor, (cos, sin): &(Tensor, Tensor)) -> Result<Tensor, Error> {
        let heads = heads.unsqueeze(0)?;
        let turned = match self.pairs {
            Pairs::Halves => rotary_emb::rope(&heads, cos, sin)?,
            Pairs::Neighbours => rotary_emb::rope_i(&heads, cos, sin)?,
        };
        Ok(turned.squeeze(0)?)
    }
}
