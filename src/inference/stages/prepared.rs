//! A query, taken apart once for all stages; what only later stages need is made when they ask.

use std::cell::OnceCell;

use super::super::{
    Index, Query,
    entry::{Entry, Item, UNKNOWN, fold_code, is_plain, items, literal, value_runs},
    keyword::{self, Finding},
    measure::{Texts, Weighted},
    terms::Terms,
    text::{Kind, Normalised, Scan},
    vocabulary::WordId,
};

/// Misspelt words looked for in a query.
const MAX_TYPOS: usize = 16;

/// What a word of the details (after the first line) counts beside one of the first line.
const DETAIL: f32 = 0.5;

/// A query as the stages see it.
pub struct Prepared<'a> {
    pub query: &'a Query<'a>,
    pub exact: Option<Normalised<'a>>,
    pub code: Option<Box<str>>,
    /// Whether nothing but the best entry is asked for.
    pub is_brief: bool,
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
    placed: Vec<(Item, usize)>,
    /// The values by which entries may be found, each with the place of its item: of a run each value by itself, unless they identify a
    /// customer, a card or a session together.
    values: Vec<(usize, u32)>,
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
        Self { query, exact: Normalised::new(query.text), code, is_brief: false, index, parts: OnceCell::new() }
    }

    /// The same, of which nothing but the best entry is asked for. Meaning ranks all that words found, so that it needs them all.
    pub fn brief(index: &'a Index, query: &'a Query<'a>) -> Self {
        Self { is_brief: query.meaning.is_none(), ..Self::new(index, query) }
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
        let mut scan = Scan::new(text);
        let find = |stem: &str| vocabulary.find(stem).unwrap_or(UNKNOWN);
        let mut ids = if index.has_stated() { keyword::ids(&scan, find) } else { keyword::word_ids(&scan, find) };
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
        let mut words = scan.tokens.iter().zip(&ids).filter(|(token, _)| token.kind == Kind::Word).map(|(_, id)| *id);
        let placed = items(&scan, |_| words.next().unwrap_or(UNKNOWN));
        let mut values = Vec::new();
        for (place, key, run) in value_runs(&scan, &placed) {
            match run {
                [_] => values.push((place, key)),
                _ if is_plain(text, run) => values.extend(run.iter().map(|token| (place, literal(scan.stem(token))))),
                _ => {}
            }
        }
        let head = placed.partition_point(|(_, place)| *place < scan.head);
        let items = placed.iter().map(|(item, _)| Weighted { item: *item, weight: index.word_weight(item.key) }).collect();
        let folded = std::mem::take(&mut scan.folded);
        let head_texts = folded.get(..scan.folded_head).filter(|line| line.len() < folded.len()).map(|line| Texts::new(line.to_vec()));
        Self { ids, typos, items, placed, values, head, texts: Texts::new(folded), head_texts, shape: scan.shape(), scan }
    }

    /// The place of an item among the tokens.
    pub fn place(&self, item: usize) -> Option<usize> {
        self.placed.get(item).map(|(_, place)| *place)
    }

    /// The tokens that entries have, with what they count: those of the details less than those of the first line.
    pub fn terms<'a>(&self, index: &'a Index) -> Terms<'a> {
        let mut terms = Terms::with_room(self.scan.tokens.len());
        let words = self.items.iter().map(|token| token.item).enumerate().filter(|(_, item)| item.kind == Kind::Word);
        let words = words.map(|(place, item)| (place, item.kind, item.key));
        for (place, kind, key) in words.chain(self.values.iter().map(|(place, key)| (*place, Kind::Value, *key))) {
            if let Some(mut term) = index.term(kind, key) {
                term.weight *= if place < self.head { 1.0 } else { DETAIL };
                terms.add(place, term);
            }
        }
        terms
    }
}
