//! The product with an embedding model: words and meaning together. The model is looked for in the folder that `LOGHELPER_EMBEDDER` names.

use std::path::Path;

use loghelper::{
    inference::{
        Query,
        semantic::{Vector, asked, passages},
    },
    ml::embedder::SentenceModel,
};

use crate::engine::{Engine, LogHelper, id};

/// The product and its model.
pub struct Meaning {
    words: LogHelper,
    model: SentenceModel,
}

impl Meaning {
    /// Whether there is a model.
    pub fn is_there() -> bool {
        std::env::var_os("LOGHELPER_EMBEDDER").is_some()
    }

    pub fn boxed(texts: &[&str]) -> Box<dyn Engine> {
        let folder = std::env::var_os("LOGHELPER_EMBEDDER").expect("asked before");
        let model = SentenceModel::load(Path::new(&folder)).expect("a model");
        let mut words = LogHelper::new(texts);
        let pieces: Vec<Vec<String>> = texts.iter().map(|text| cut(text)).collect();
        let all: Vec<&str> = pieces.iter().flatten().map(String::as_str).collect();
        let mut vectors = model.embed(&all).expect("vectors").into_iter();
        for (position, pieces) in pieces.iter().enumerate() {
            let of_entry: Vec<Vector> = vectors.by_ref().take(pieces.len()).filter_map(|vector| Vector::new(&vector)).collect();
            words.0.set_meaning(&id(position), &of_entry);
        }
        Box::new(Self { words, model })
    }
}

/// The passages of a text: each after its first line.
fn cut(text: &str) -> Vec<String> {
    text.split_once('\n').map_or_else(|| passages(text, ""), |(title, body)| passages(title, body))
}

impl Engine for Meaning {
    fn name(&self) -> &'static str {
        "loghelper with an embedding model"
    }

    fn ranking(&self, text: &str, n: usize) -> Vec<(usize, f64)> {
        let texts = asked(text);
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let meaning = Vector::between(&self.model.embed(&texts).expect("vectors"));
        let verdict = self.words.0.classify(&Query { text, code: None, meaning: meaning.as_ref() });
        verdict.ranking().take(n).filter_map(|found| Some((found.id.as_str().parse().ok()?, found.score))).collect()
    }

    fn describe(&mut self, position: usize, text: &str) -> bool {
        let pieces = cut(text);
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        let vectors = self.model.embed(&pieces).expect("vectors");
        let vectors: Vec<Vector> = vectors.iter().filter_map(|vector| Vector::new(vector)).collect();
        self.words.0.set_meaning(&id(position), &vectors);
        self.words.0.describe(&id(position), text)
    }
}
