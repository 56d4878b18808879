//! The model itself: tokens, BERT, the mean of the tokens' places, length 1. Sentence-transformers' "mean pooling, normalised".

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::BertModel;
use tokenizers::Tokenizer;

use super::{LoadError, files::Files};
use crate::suggest::Fault;

/// Texts that go through the model together.
pub const BATCH: usize = 32;

/// Bytes of a text that are split into words; what follows lies behind the last token that counts.
const MAX_BYTES: usize = 8 * 1024;

/// A loaded model.
pub struct SentenceModel {
    bert: BertModel,
    tokenizer: Tokenizer,
    id: String,
}

impl SentenceModel {
    /// Loads the model of a folder and tries it on a text.
    ///
    /// # Errors
    /// A file is missing, cut or foreign, or the files do not belong together.
    pub fn load(folder: &Path) -> Result<Self, LoadError> {
        let Files { config, tokenizer, weights, id } = Files::read(folder)?;
        let path = || folder.join("model.safetensors");
        let foreign = |path: PathBuf, reason: candle_core::Error| LoadError::Foreign { path, reason: reason.to_string() };
        let weights = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu).map_err(|error| foreign(path(), error))?;
        let bert = BertModel::load(weights, &config).map_err(|error| foreign(path(), error))?;
        let model = Self { bert, tokenizer, id };
        let tried = model.embed(&["an error"]).map_err(|fault| fault.to_string());
        let is_vector = tried.as_ref().is_ok_and(|tried| tried.iter().flatten().all(|part| part.is_finite()));
        match tried {
            Ok(_) if is_vector => Ok(model),
            Ok(_) => Err(LoadError::Mismatch { path: folder.to_owned(), reason: "a trial text came to no number".into() }),
            Err(reason) => Err(LoadError::Mismatch { path: folder.to_owned(), reason }),
        }
    }

    /// What its files are called by.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A vector of length 1 for each text.
    ///
    /// # Errors
    /// [`Fault::Broken`] when the model fails.
    pub fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Fault> {
        // Texts of one length go together, so that little is padded.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|place| texts.get(*place).map_or(0, |text| text.len()));
        let mut vectors = vec![Vec::new(); texts.len()];
        for places in order.chunks(BATCH) {
            let batch = places.iter().filter_map(|place| texts.get(*place)).map(|text| &text[..text.floor_char_boundary(MAX_BYTES)]);
            let embedded = self.embed_batch(batch.collect()).map_err(|error| Fault::Broken(error.to_string()))?;
            for (place, vector) in places.iter().zip(embedded) {
                if let Some(found) = vectors.get_mut(*place) {
                    *found = vector;
                }
            }
        }
        Ok(vectors)
    }

    fn embed_batch(&self, texts: Vec<&str>) -> candle_core::Result<Vec<Vec<f32>>> {
        let encodings = self.tokenizer.encode_batch(texts, true).map_err(candle_core::Error::wrap)?;
        let shape = (encodings.len(), encodings.first().map_or(0, |encoding| encoding.len()));
        let tensor = |part: fn(&tokenizers::Encoding) -> &[u32]| {
            Tensor::from_vec(
                encodings.iter().flat_map(|encoding| part(encoding).iter().copied()).collect::<Vec<u32>>(),
                shape,
                &Device::Cpu,
            )
        };
        let ids = tensor(|encoding| encoding.get_ids())?;
        let mask = tensor(|encoding| encoding.get_attention_mask())?;
        let hidden = self.bert.forward(&ids, &ids.zeros_like()?, Some(&mask))?;
        let counted = mask.to_dtype(DType::F32)?.unsqueeze(2)?;
        let n_tokens = counted.sum(1)?.clamp(1e-9, f64::MAX)?;
        let mean = hidden.broadcast_mul(&counted)?.sum(1)?.broadcast_div(&n_tokens)?;
        let length = mean.sqr()?.sum_keepdim(1)?.sqrt()?.clamp(1e-12, f64::MAX)?;
        mean.broadcast_div(&length)?.to_vec2()
    }
}
