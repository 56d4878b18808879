//! A query, taken apart once for all stages; what only later stages need is made when they ask.

use std::cell::OnceCell;

use super::super::{
    Index, Query,
    entry::{Entry, UNKNOWN, fold_code, items},
    keyword::{self, Finding},
    measure::{Texts, Weighted},
    text::{ExactKey, Kind, Scan, exact_key},
    vocabulary::WordId,
};

/// Misspelt words looked for in a query.
const MAX_TYPOS: usize = 16;

/// A query as the stages see it.
pub struct Prepared<'a> {
    pub query: &'a Query<'a>,
    pub exact: Option<ExactKey>,
    pub code: Option<Box<str>>,
    index: &'a Index,
    parts: OnceCell<Parts>,
}

/// What looking closely needs.
pub struct Parts {
    pub scan: Scan,
    /// The word of each token; [`UNKNOWN`] for one that the knowledge base has not.
    pub ids: Vec<WordId>,
    /// Tokens that were read as another word.
    pub typos: Vec<(usize, WordId)>,
    /// The tokens as they are compared, and the place of each among the tokens.
    pub items: Vec<Weighted>,
    pub places: Vec<usize>,
    /// The items of the first line.
    pub head: usize,
    pub texts: Texts,
    /// The same of the first line, where it is not all.
    pub head_texts: Option<Texts>,
    pub shape: Option<u64>,
}

impl<'a> Prepared<'a> {
    pub fn new(index: &'a Index, query: &'a Query<'a>) -> Self {
        let code = query.code.and_then(fold_code);
        Self { query, exact: exact_key(query.text), code, index, parts: OnceCell::new() }
    }

    pub fn parts(&self) -> &Parts {
        self.parts.get_or_init(|| Parts::new(self.index, self.query.text))
    }

    pub fn is_blank(&self) -> bool {
        self.exact.is_none() && self.code.is_none()
    }

    /// Whether the entry names the query's code.
    pub fn has_code_of(&self, entry: &Entry) -> bool {
        self.code.is_some() && self.code == entry.code
    }

    /// Whether the entry names another code than the query's.
    pub fn contradicts(&self, entry: &Entry) -> bool {
        self.code.is_some() && entry.code.is_some() && self.code != entry.code
    }

    /// What the entry's stated key words say.
    pub fn judge(&self, entry: &Entry) -> Finding {
        entry.stated.as_ref().map(|stated| stated.judge(&self.parts().ids, entry.items.is_empty())).unwrap_or_default()
    }
}

impl Parts {
    fn new(index: &Index, text: &str) -> Self {
        let vocabulary = index.vocabulary();
        let scan = Scan::new(text);
        let mut ids = keyword::ids(&scan, |stem| vocabulary.find(stem).unwrap_or(UNKNOWN));
        let mut typos = Vec::new();
        for (position, token) in scan.tokens.iter().enumerate() {
            if ids[position] == UNKNOWN
                && token.kind == Kind::Word
                && !token.soft
                && typos.len() < MAX_TYPOS
                && let Some(meant) = vocabulary.nearest(scan.stem(token))
            {
                ids[position] = meant;
                typos.push((position, meant));
            }
        }
        let mut position = 0;
        let words: Vec<WordId> = scan.tokens.iter().zip(&ids).filter(|(token, _)| token.kind == Kind::Word).map(|(_, id)| *id).collect();
        let items = items(&scan, |_| {
            position += 1;
            words.get(position - 1).copied().unwrap_or(UNKNOWN)
        });
        let head = items.partition_point(|(_, place)| *place < scan.head);
        let places = items.iter().map(|(_, place)| *place).collect();
        let items = items.into_iter().map(|(item, _)| Weighted { item, weight: index.word_weight(item.key) }).collect();
        let first_line = scan.folded.get(..scan.folded_head).filter(|line| line.len() < scan.folded.len());
        let head_texts = first_line.map(Texts::new);
        Self { ids, typos, items, places, head, texts: Texts::new(&scan.folded), head_texts, shape: scan.shape(), scan }
    }
}
