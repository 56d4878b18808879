//! The tokens of a model: text to tokens, tokens to bytes.
//!
//! Text is tokenised by a tokenizer that was never told of special tokens, so whatever a log line holds, it becomes ordinary tokens:
//! `<|im_end|>` in a message is ten characters, not the end of a turn. Special tokens are had by name, by the one who builds a chat.
//! Two kinds are known: the merged bytes of GPT-2 and most others, and SentencePiece's pieces of the older Llama family.

use std::collections::{HashMap, HashSet};

use candle_core::quantized::{gguf_file::Value, tokenizer::TokenizerFromGguf};
use tokenizers::Tokenizer;

use super::{bytes::bytes_of, error::Error, gguf::Gguf, gguf::whole, pieces::Pieces};

/// Kinds of tokens that are not text: unknown, control, defined by the user, unused.
const NOT_TEXT: [u64; 4] = [2, 3, 4, 5];

/// Names of tokens that end a reply.
const ENDS: [&str; 5] = ["<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end_of_text|>", "</s>"];

/// The kind of a token that stands for one byte.
const BYTE: u64 = 6;

/// What cuts text into tokens.
enum Cutter {
    Bytes(Box<Tokenizer>),
    Pieces(Pieces),
}

/// The tokens.
pub struct Vocabulary {
    cutter: Cutter,
    bytes: Vec<Vec<u8>>,
    special: HashMap<String, u32>,
    is_special: Vec<bool>,
    ends: Vec<u32>,
}

impl Vocabulary {
    /// Of the file's own head; of the `tokenizer.json` beside the file where the head has none.
    ///
    /// # Errors
    /// When there is neither, or it is not of the byte-level kind.
    pub fn of(gguf: &mut Gguf, n_tokens: usize) -> Result<Self, Error> {
        if gguf.list("tokenizer.ggml.tokens").is_some() {
            let has_pieces = gguf.text("tokenizer.ggml.model") == Some("llama");
            return if has_pieces { Self::of_pieces(gguf, n_tokens) } else { Self::of_head(gguf, n_tokens) };
        }
        let stem = gguf.path().with_extension("tokenizer.json");
        let plain = gguf.path().with_file_name("tokenizer.json");
        let beside = [stem, plain].into_iter().find(|path| path.is_file());
        let path = beside.ok_or_else(|| Error::Tokenizer("the file holds none, and there is no `tokenizer.json` beside it".to_owned()))?;
        let text = std::fs::read(&path).map_err(|source| Error::Read { path, source })?;
        let mut made = Self::of_json(&text, n_tokens)?;
        made.end_with(gguf.whole("tokenizer.ggml.eos_token_id"))?;
        Ok(made)
    }

    fn of_head(gguf: &mut Gguf, n_tokens: usize) -> Result<Self, Error> {
        let tokens: Vec<String> = gguf
            .list("tokenizer.ggml.tokens")
            .unwrap_or_default()
            .iter()
            .map(|token| token.to_string().cloned())
            .collect::<Result<_, _>>()?;
        let kinds: Vec<u64> =
            gguf.list("tokenizer.ggml.token_type").unwrap_or_default().iter().map(|kind| whole(kind).unwrap_or(1)).collect();
        let end = gguf.whole("tokenizer.ggml.eos_token_id");
        // What the library would make special tokens of is taken out of the head before it looks.
        let told = |key: &String| key.starts_with("tokenizer.ggml.") && (key.ends_with("token_type") || key.ends_with("_token_id"));
        let keys: Vec<String> = gguf.content.metadata.keys().filter(|key| told(key)).cloned().collect();
        let mut hidden: Vec<(String, Value)> = keys.into_iter().filter_map(|key| gguf.content.metadata.remove_entry(&key)).collect();
        // The library knows these ways to split words by another name; by one it does not know it would put a space before each text.
        let key = "tokenizer.ggml.pre";
        let known = match gguf.text(key) {
            Some("llama-bpe") => Some("llama3"),
            Some("deepseek-r1-qwen") => Some("qwen2"),
            _ => None,
        };
        let replaced = known.and_then(|name| gguf.content.metadata.insert(key.to_owned(), Value::String(name.to_owned())));
        hidden.extend(replaced.map(|old| (key.to_owned(), old)));
        let tokenizer = Tokenizer::from_gguf(&gguf.content).map_err(|error| Error::Tokenizer(error.to_string()));
        gguf.content.metadata.extend(hidden);
        let bytes = |index: usize, token: &str| bytes_of(token).filter(|_| !kinds.get(index).is_some_and(|kind| NOT_TEXT.contains(kind)));
        let named = tokens.into_iter().enumerate().map(|(index, token)| (index, bytes(index, &token), token));
        let mut made = Self::new(Cutter::bytes(tokenizer?)?, named, n_tokens)?;
        made.end_with(end)?;
        Ok(made)
    }

    /// Of a head whose vocabulary are pieces with scores.
    fn of_pieces(gguf: &Gguf, n_tokens: usize) -> Result<Self, Error> {
        let list = |name: &str| gguf.list(name).unwrap_or_default();
        let scores = list("tokenizer.ggml.scores").iter().map(|score| score.to_f32().unwrap_or_default());
        let kinds = list("tokenizer.ggml.token_type").iter().map(|kind| whole(kind).unwrap_or(1));
        let rows = list("tokenizer.ggml.tokens").iter().zip(scores).zip(kinds).enumerate();
        let (mut known, mut singles, mut named) = (HashMap::new(), HashMap::new(), Vec::new());
        for (index, ((token, score), kind)) in rows.take(n_tokens) {
            let (token, id) = (token.to_string()?.clone(), u32::try_from(index).unwrap_or(u32::MAX));
            let bytes = match kind {
                BYTE => Pieces::byte_of(&token).map(|byte| {
                    singles.insert(byte, id);
                    vec![byte]
                }),
                kind if NOT_TEXT.contains(&kind) => None,
                _ => {
                    known.insert(token.clone(), (id, score));
                    Some(Pieces::bytes_of(&token))
                }
            };
            named.push((index, bytes, token));
        }
        let begins_with_space = gguf.flag("tokenizer.ggml.add_space_prefix").unwrap_or(true);
        let mut made = Self::new(Cutter::Pieces(Pieces::new(known, singles, begins_with_space)), named.into_iter(), n_tokens)?;
        made.end_with(gguf.whole("tokenizer.ggml.eos_token_id"))?;
        Ok(made)
    }

    /// Of the text of a `tokenizer.json`.
    fn of_json(text: &[u8], n_tokens: usize) -> Result<Self, Error> {
        let wrong = |error: &dyn std::fmt::Display| Error::Tokenizer(error.to_string());
        let mut json: serde_json::Value = serde_json::from_slice(text).map_err(|error| wrong(&error))?;
        let added = json.get_mut("added_tokens").map(serde_json::Value::take).unwrap_or_default();
        let Some(object) = json.as_object_mut() else { return Err(Error::Tokenizer("`tokenizer.json` is no object".to_owned())) };
        object.remove("added_tokens");
        object.remove("post_processor");
        let tokenizer = Tokenizer::from_bytes(json.to_string()).map_err(|error| wrong(&error))?;
        let special = added.as_array().into_iter().flatten().filter_map(|token| {
            let id = usize::try_from(token.get("id")?.as_u64()?).ok()?;
            Some((id, None, token.get("content")?.as_str()?.to_owned()))
        });
        let plain = tokenizer.get_vocab(false).into_iter().map(|(token, id)| (id as usize, bytes_of(&token), token)).collect::<Vec<_>>();
        Self::new(Cutter::bytes(tokenizer)?, plain.into_iter().chain(special), n_tokens)
    }

    /// Of all tokens with the bytes that they stand for; special ones stand for none.
    fn new(cutter: Cutter, named: impl Iterator<Item = (usize, Option<Vec<u8>>, String)>, n_tokens: usize) -> Result<Self, Error> {
        let (bytes, is_special) = (vec![Vec::new(); n_tokens], vec![false; n_tokens]);
        let mut made = Self { cutter, bytes, special: HashMap::new(), is_special, ends: Vec::new() };
        let mut single = HashSet::new();
        for (index, text, token) in named {
            let (Some(bytes), Some(is_special)) = (made.bytes.get_mut(index), made.is_special.get_mut(index)) else { continue };
            match text {
                Some(text) => {
                    single.extend(text.first().filter(|_| text.len() == 1).copied());
                    *bytes = text;
                }
                None => {
                    *is_special = true;
                    made.special.insert(token, u32::try_from(index).unwrap_or(u32::MAX));
                }
            }
        }
        if single.len() < 256 {
            return Err(Error::Tokenizer("only vocabularies that have every byte are known here".to_owned()));
        }
        made.ends = ENDS.iter().filter_map(|name| made.special(name)).collect();
        Ok(made)
    }

    /// Adds the end that the head names; there must be one in the end.
    fn end_with(&mut self, named: Option<u64>) -> Result<(), Error> {
        if let Some(end) = named.and_then(|end| u32::try_from(end).ok()).filter(|end| (*end as usize) < self.bytes.len()) {
            self.ends.retain(|other| *other != end);
            self.ends.insert(0, end);
        }
        if self.ends.is_empty() { Err(Error::Tokenizer("no token ends a reply".to_owned())) } else { Ok(()) }
    }

    /// Tokens there are.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The special token of this name.
    pub fn special(&self, name: &str) -> Option<u32> {
        self.special.get(name).copied()
    }

    /// Names of special tokens.
    pub fn specials(&self) -> impl Iterator<Item = (&str, u32)> {
        self.special.iter().map(|(name, id)| (name.as_str(), *id))
    }

    /// The token that ends a reply.
    pub fn end(&self) -> u32 {
        self.ends.first().copied().unwrap_or_default()
    }

    /// Whether this token ends a reply.
    pub fn is_end(&self, token: u32) -> bool {
        self.ends.contains(&token)
    }

    /// What a token says; nothing for special ones.
    pub fn bytes(&self, token: u32) -> &[u8] {
        self.bytes.get(token as usize).map_or(&[], Vec::as_slice)
    }

    /// As the text of a `tokenizer.json`.
    #[cfg(test)]
    pub(super) fn to_json(&self) -> String {
        let Cutter::Bytes(tokenizer) = &self.cutter else { panic!("pieces have no such form") };
        let mut json: serde_json::Value = serde_json::from_str(&tokenizer.to_string(false).unwrap()).unwrap();
        let special: Vec<&String> = self.special.keys().collect();
        let vocabulary = json["model"]["vocab"].as_object_mut().unwrap();
        vocabulary.retain(|token, _| !special.contains(&token));
        let added = self.special.iter().map(|(name, id)| serde_json::json!({"id": id, "content": name, "special": true}));
        json["added_tokens"] = added.collect();
        json.to_string()
    }

    /// Tokens of a text, none of them special.
    ///
    /// # Errors
    /// When the tokenizer gives up on it.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, Error> {
        let is_text = |token: &u32| self.is_special.get(*token as usize) == Some(&false);
        let found = match &self.cutter {
            Cutter::Bytes(tokenizer) => {
                tokenizer.encode_fast(text, false).map_err(|error| Error::Tokenizer(error.to_string()))?.get_ids().to_vec()
            }
            Cutter::Pieces(pieces) => pieces.encode(text),
        };
        Ok(found.into_iter().filter(is_text).collect())
    }
}

impl Cutter {
    /// Padding and cutting belong to training.
    fn bytes(mut tokenizer: Tokenizer) -> Result<Self, Error> {
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|error| Error::Tokenizer(error.to_string()))?;
        Ok(Self::Bytes(Box::new(tokenizer)))
    }
}
