//! Replies that satisfy a JSON schema: before each token, all tokens that would leave the schema are taken away. White space is
//! compact, so that a reply cannot spend its tokens on nothing.

use std::sync::Arc;

use llguidance::{
    Matcher, ParserFactory,
    api::TopLevelGrammar,
    toktrie::{ApproximateTokEnv, TokEnv, TokRxInfo, TokTrie},
};
use serde_json::{Value, json};

use super::{error::Error, vocabulary::Vocabulary};

/// Makes grammars for one vocabulary.
pub struct Grammars {
    factory: ParserFactory,
    n_tokens: usize,
}

impl Grammars {
    /// The tree of the vocabulary's bytes is built here, once.
    ///
    /// # Errors
    /// When the vocabulary has no end or too many tokens.
    pub fn new(vocabulary: &Vocabulary) -> Result<Self, Error> {
        let size = u32::try_from(vocabulary.len()).map_err(|_| Error::Tokenizer("too many tokens".to_owned()))?;
        let mut words: Vec<Vec<u8>> = (0..size).map(|token| vocabulary.bytes(token).to_vec()).collect();
        for (name, token) in vocabulary.specials() {
            if let Some(word) = words.get_mut(token as usize) {
                *word = [&[TokTrie::SPECIAL_TOKEN_MARKER], name.as_bytes()].concat();
            }
        }
        let trie = TokTrie::from(&TokRxInfo::new(size, vocabulary.end()), &words);
        let tokens: TokEnv = Arc::new(ApproximateTokEnv::new(trie));
        let mut factory = ParserFactory::new_simple(&tokens).map_err(|error| Error::Grammar(error.to_string()))?;
        factory.quiet();
        Ok(Self { factory, n_tokens: words.len() })
    }

    /// The grammar of a schema.
    ///
    /// # Errors
    /// When the schema cannot be one.
    pub fn of(&self, schema: &Value) -> Result<Grammar, Error> {
        let mut schema = schema.clone();
        let Some(object) = schema.as_object_mut() else { return Err(Error::Grammar("a schema is an object".to_owned())) };
        object.insert("x-guidance".to_owned(), json!({"whitespace_flexible": false, "item_separator": ",", "key_separator": ":"}));
        let parser = self.factory.create_parser(TopLevelGrammar::from_json_schema(schema));
        let mut matcher = Matcher::new(parser);
        matcher.compute_mask().map_err(|error| Error::Grammar(error.to_string()))?;
        Ok(Grammar { matcher, n_tokens: self.n_tokens })
    }
}

/// A reply under way.
pub struct Grammar {
    matcher: Matcher,
    n_tokens: usize,
}

impl Grammar {
    /// Takes away the tokens that cannot come next.
    ///
    /// # Errors
    /// When none can.
    pub fn restrict(&mut self, logits: &mut [f32]) -> Result<(), Error> {
        let mask = self.matcher.compute_mask_or_eos().map_err(|error| Error::Grammar(error.to_string()))?;
        let mut any = false;
        for (token, logit) in logits.iter_mut().enumerate() {
            let allowed = token < self.n_tokens && mask.get(token);
            any |= allowed;
            if !allowed {
                *logit = f32::NEG_INFINITY;
            }
        }
        if any { Ok(()) } else { Err(Error::Grammar("no token can come next".to_owned())) }
    }

    /// Goes on with this token.
    ///
    /// # Errors
    /// When it could not come.
    pub fn accept(&mut self, token: u32) -> Result<(), Error> {
        self.matcher.consume_token(token).map_err(|error| Error::Grammar(error.to_string()))
    }

    /// Whether the reply is whole and nothing more can come.
    pub fn is_done(&self) -> bool {
        self.matcher.is_stopped()
    }
}
