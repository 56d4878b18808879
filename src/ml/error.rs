//! Why a model cannot be loaded or does not go on, and what a person can do about it.

use std::{io, path::PathBuf};

/// Why there is no model, or no further token.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No model was pulled or named.
    #[error("no model file: {0}")]
    NoFile(String),
    /// The file system says no.
    #[error("{}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What it says.
        #[source]
        source: io::Error,
    },
    /// The file is no GGUF, or its head is damaged.
    #[error("{} is no whole GGUF file", path.display())]
    NotGguf {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: candle_core::Error,
    },
    /// The head promises more than the file holds.
    #[error("{} is cut: {found} bytes of {wanted}", path.display())]
    Cut {
        /// The file.
        path: PathBuf,
        /// Bytes there are.
        found: u64,
        /// Bytes there should be.
        wanted: u64,
    },
    /// A kind of model that this program does not know.
    #[error("models of the kind `{0}` are not known here; qwen3, qwen2 and llama are")]
    Architecture(String),
    /// The head lacks something or says something impossible.
    #[error("the model's head is wrong: {0}")]
    Head(String),
    /// There is no tokenizer of the right kind.
    #[error("tokenizer: {0}")]
    Tokenizer(String),
    /// It does not fit.
    #[error(
        "the model needs about {} MB of {}, {} MB are free",
        needed >> 20, if *is_graphics { "the graphics processor's memory" } else { "memory" }, free >> 20
    )]
    Memory {
        /// Bytes it would take.
        needed: u64,
        /// Bytes there are.
        free: u64,
        /// Of a graphics processor.
        is_graphics: bool,
    },
    /// A schema that no grammar can be made of, or a reply that left it.
    #[error("grammar: {0}")]
    Grammar(String),
    /// More tokens than the context has room for.
    #[error("{tokens} tokens, {limit} fit")]
    TooLong {
        /// Tokens there are.
        tokens: usize,
        /// Tokens that fit.
        limit: usize,
    },
    /// The numbers came out as no numbers.
    #[error("the model computes no numbers: its file is damaged")]
    NotANumber,
    /// The tensor library says no.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

impl Error {
    /// What a person can do.
    pub fn remedy(&self) -> String {
        match self {
            Self::NoFile(_) => "run `loghelper model pull`, or name a GGUF file with `llm.model`".to_owned(),
            Self::Read { .. } => "check the path and the rights of the file".to_owned(),
            Self::NotGguf { .. } | Self::Cut { .. } | Self::Head(_) | Self::NotANumber => {
                "the file is damaged: pull it again with `loghelper model pull`".to_owned()
            }
            Self::Architecture(_) => "choose a model of `loghelper model list`".to_owned(),
            Self::Tokenizer(_) => "put the model's `tokenizer.json` beside the GGUF file".to_owned(),
            Self::Memory { .. } => "choose a smaller model of `loghelper model list`, or a smaller `llm.context`".to_owned(),
            Self::Grammar(_) | Self::TooLong { .. } | Self::Tensor(_) => "run `loghelper model check`".to_owned(),
        }
    }

    /// The whole chain of causes on one line.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(next) = cause {
            text = format!("{text}: {next}");
            cause = next.source();
        }
        text
    }
}
