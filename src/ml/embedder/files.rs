//! The files of an embedding model: where they are, whether they belong together, and what they are called by.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use candle_transformers::models::bert::Config;
use tokenizers::{PaddingParams, PaddingStrategy, Tokenizer, TruncationParams};

use crate::config::LlmConfig;

/// Tokens of a text that are read: the model was trained with no more.
const MAX_TOKENS: usize = 256;

/// Bytes of the largest weights, and of the largest other file, that are read.
const MAX_WEIGHTS: u64 = 4 << 30;
const MAX_OTHER: u64 = 64 << 20;

/// Layers, heads and widths beyond these are no sentence model.
const MAX_WIDTH: usize = 16_384;

/// The folder of a pulled model.
const PULLED: &str = "models/all-MiniLM-L6-v2";

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file cannot be read.
    #[error("`{}` cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is larger than any sentence model's.
    #[error("`{}` is too large for a sentence model", .0.display())]
    TooLarge(PathBuf),
    /// A file is cut, or something else than its name says.
    #[error("`{}` is cut or of another kind: {reason}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What was wrong.
        reason: String,
    },
    /// The files do not belong together.
    #[error("the files in `{}` do not belong together: {reason}", path.display())]
    Mismatch {
        /// The folder.
        path: PathBuf,
        /// What was wrong.
        reason: String,
    },
}

/// What a folder holds.
pub struct Files {
    pub config: Config,
    pub tokenizer: Tokenizer,
    pub weights: Vec<u8>,
    /// A digest of all of it.
    pub id: String,
}

/// The folder that the configuration names, or that of a pulled model.
pub fn folder(config: &LlmConfig, data_dir: &Path) -> PathBuf {
    if config.embedder.trim().is_empty() { data_dir.join(PULLED) } else { PathBuf::from(config.embedder.trim()) }
}

impl Files {
    /// Reads a folder.
    ///
    /// # Errors
    /// A file is missing, too large or not what its name says.
    pub fn read(folder: &Path) -> Result<Self, LoadError> {
        let file = |name: &str| folder.join(name);
        let config = read(&file("config.json"), MAX_OTHER)?;
        let tokenizer = read(&file("tokenizer.json"), MAX_OTHER)?;
        let weights = read(&file("model.safetensors"), MAX_WEIGHTS)?;
        let mut digest = blake3::Hasher::new();
        for part in [&config, &tokenizer, &weights] {
            digest.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        let id = digest.finalize().to_hex().chars().take(16).collect();
        let config: Config =
            serde_json::from_slice(&config).map_err(|error| LoadError::Foreign { path: file("config.json"), reason: error.to_string() })?;
        let mismatch = |reason: &str| LoadError::Mismatch { path: folder.to_owned(), reason: reason.into() };
        check(&config).map_err(mismatch)?;
        let mut tokenizer = Tokenizer::from_bytes(&tokenizer)
            .map_err(|error| LoadError::Foreign { path: file("tokenizer.json"), reason: error.to_string() })?;
        if tokenizer.get_vocab_size(true) > config.vocab_size {
            return Err(mismatch("the tokenizer has more words than the model"));
        }
        let truncation = TruncationParams { max_length: MAX_TOKENS.min(config.max_position_embeddings), ..TruncationParams::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(|error| mismatch(&error.to_string()))?;
        // The file pads every text to 128: what is padded costs as much as what is read.
        let kept = tokenizer.get_padding().cloned().unwrap_or_default();
        let padding =
            PaddingParams { strategy: PaddingStrategy::BatchLongest, pad_to_multiple_of: None, pad_id: config.pad_token_id as u32, ..kept };
        tokenizer.with_padding(Some(padding));
        Ok(Self { config, tokenizer, weights, id })
    }
}

fn read(path: &Path, most: u64) -> Result<Vec<u8>, LoadError> {
    let unreadable = |source| LoadError::Unreadable { path: path.to_owned(), source };
    let file = fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > most { Err(LoadError::TooLarge(path.to_owned())) } else { Ok(bytes) }
}

/// Sizes with which the arithmetic of the model is sound.
fn check(config: &Config) -> Result<(), &'static str> {
    let widths = [config.hidden_size, config.intermediate_size, config.num_attention_heads, config.num_hidden_layers];
    if config.model_type.as_deref().is_some_and(|kind| kind != "bert") {
        return Err("the model is not of BERT's layout");
    }
    if widths.iter().any(|width| !(1..=MAX_WIDTH).contains(width)) || !config.hidden_size.is_multiple_of(config.num_attention_heads) {
        return Err("the widths in `config.json` are no sentence model's");
    }
    if config.max_position_embeddings < 8 || config.type_vocab_size == 0 || config.pad_token_id >= config.vocab_size {
        return Err("the vocabulary or the positions in `config.json` are no sentence model's");
    }
    Ok(())
}
