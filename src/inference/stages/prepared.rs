//! A query, taken apart once for all stages; what only later stages need is made when they ask.

use std::cell::{Cell, OnceCell, RefCell};

use super::super::{
    Index, Query,
    entry::{Entry, Item, UNKNOWN, fold_code, is_plain, items_into, literal, value_runs},
    keyword::Finding,
    measure::{Characters, Weighted},
    recalled::Signature,
    terms::Terms,
    text::{ExactKey, Kind, Scan},
    vocabulary::WordId,
};

/// Misspelt words looked for in a query.
const MAX_TYPOS: usize = 16;

/// What a word of the details (after the first line) counts beside one of the first line.
const DETAIL: f32 = 0.5;

/// A query as the stages see it.
pub struct Prepared<'a> {
    pub query: &'a Query<'a>,
    pub code: Option<Box<str>>,
    /// Whether nothing but the best entry is asked for.
    pub is_brief: bool,
    index: &'a Index,
    parts: OnceCell<Box<Parts>>,
}

thread_local! {
    /// Room that one query leaves to the next.
    static ROOM: Cell<Option<Box<Parts>>> = const { Cell::new(None) };
}

/// What looking closely needs.
#[derive(Default)]
pub struct Parts {
    pub scan: Scan,
    /// The word of each token; [`UNKNOWN`] for one that the knowledge base has not.
    pub ids: Vec<WordId>,
    /// Tokens that were read as another word.
    pub typos: Vec<(usize, WordId)>,
    /// The tokens as they are compared, and the place of each among the tokens.
    pub items: Vec<Weighted>,
    placed: Vec<(Item, usize)>,
    /// The items of the first line.
    pub head: usize,
    pub characters: Characters,
    /// Room for the tokens of an entry that is looked at.
    pub tokens: RefCell<Vec<Weighted>>,
    pub shape: Option<u64>,
}

impl<'a> Prepared<'a> {
    pub fn new(index: &'a Index, query: &'a Query<'a>) -> Self {
        let code = query.code.and_then(fold_code);
        Self { query, code, is_brief: false, index, parts: OnceCell::new() }
    }

    /// The same, of which nothing but the best entry is asked for. Meaning ranks all that words found, so that it needs them all.
    pub fn brief(index: &'a Index, query: &'a Query<'a>) -> Self {
        let mut prepared = Self::new(index, query);
        prepared.is_brief = query.meaning.is_none();
        prepared
    }

    pub fn parts(&self) -> &Parts {
        self.parts.get_or_init(|| {
            let mut parts = ROOM.take().unwrap_or_default();
            parts.read(self.index, self.query.text);
            parts
        })
    }

    pub fn is_blank(&self) -> bool {
        self.code.is_none() && ExactKey::new(self.query.text).is_none()
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

impl Drop for Prepared<'_> {
    fn drop(&mut self) {
        if let Some(parts) = self.parts.take() {
            ROOM.set(Some(parts));
        }
    }
}

impl Parts {
    /// Takes a text apart in the room that the last one had.
    fn read(&mut self, index: &Index, text: &str) {
        self.scan.read(text);
        self.find_words(index);
        let scan = &self.scan;
        self.placed.clear();
        items_into(scan, |place, _| self.ids.get(place).copied().unwrap_or(UNKNOWN), &mut self.placed);
        self.head = self.placed.partition_point(|(_, place)| *place < scan.head);
        self.items.clear();
        self.items.extend(index.weighted(self.placed.iter().map(|(item, _)| *item)));
        self.characters.read(&scan.folded, scan.folded_head);
        self.shape = scan.shape();
    }

    /// Finds the word of each token; where phrases are stated, a value may be one, too.
    fn find_words(&mut self, index: &Index) {
        let (vocabulary, has_stated) = (index.vocabulary(), index.has_stated());
        self.ids.clear();
        self.typos.clear();
        for (position, token) in self.scan.tokens.iter().enumerate() {
            let find = || vocabulary.find(token.hash, self.scan.stem_bytes(token));
            let mut id = if has_stated || token.kind == Kind::Word { find() } else { None };
            if id.is_none()
                && token.kind == Kind::Word
                && !token.soft
                && self.typos.len() < MAX_TYPOS
                && let Some(meant) = vocabulary.nearest(self.scan.stem(token))
            {
                id = Some(meant);
                self.typos.push((position, meant));
            }
            self.ids.push(id.unwrap_or(UNKNOWN));
        }
    }

    /// All on which it depends what is near and how its tokens stand to an entry's: of values, those that entries have.
    pub fn signature(&self, index: &Index, text: &str) -> Signature {
        let stated: &[WordId] = if index.has_stated() { &self.ids } else { &[] };
        let mut signature = Vec::with_capacity(6 + 2 * self.scan.tokens.len() + stated.len());
        // One that no entry has says nothing.
        let shape = self.shape.filter(|shape| !index.same_shape(*shape).is_empty());
        let is_parted = u32::from(self.characters.has_details()) | (u32::from(shape.is_some()) << 1);
        let shape = shape.unwrap_or_default();
        signature.extend([self.items.len() as u32, self.scan.tokens.len() as u32, self.head as u32]);
        signature.extend([is_parted, shape as u32, (shape >> 32) as u32]);
        let mut runs = value_runs(&self.scan, &self.placed);
        for Weighted { item, .. } in &self.items {
            let form = item.kind as u32 | (u32::from(item.soft) << 2);
            match item.kind {
                Kind::Word => signature.extend([form, item.key]),
                Kind::Placeholder => signature.push(form),
                Kind::Value => {
                    let Some((_, _, run)) = runs.next() else { continue };
                    signature.extend([form, run.len() as u32]);
                    let start = signature.len();
                    let known = (0..).zip(run).filter(|(_, token)| index.digits().has_value(token));
                    known.for_each(|(place, token)| signature.extend([place, literal(token)]));
                    // Whether they are looked for one by one.
                    if run.len() > 1 && signature.len() > start {
                        signature.push(u32::from(is_plain(text, run)));
                    }
                }
            }
        }
        signature.extend_from_slice(stated);
        signature
    }

    /// The place of an item among the tokens.
    pub fn place(&self, item: usize) -> Option<usize> {
        self.placed.get(item).map(|(_, place)| *place)
    }

    /// The tokens that entries have, with what they count: those of the details less than those of the first line.
    pub fn terms<'a>(&self, index: &'a Index, text: &str) -> Terms<'a> {
        let mut terms = Terms::with_room(self.scan.tokens.len());
        let mut add = |place: usize, kind: Kind, key: u32| {
            if let Some(mut term) = index.term(kind, key) {
                term.weight *= if place < self.head { 1.0 } else { DETAIL };
                terms.add(place, term);
            }
        };
        let words = self.items.iter().enumerate().filter(|(_, token)| token.item.kind == Kind::Word);
        words.for_each(|(place, token)| add(place, Kind::Word, token.item.key));
        // Of a run each value by itself, unless they identify a customer, a card or a session together.
        for (place, key, run) in value_runs(&self.scan, &self.placed) {
            match run {
                [_] => add(place, Kind::Value, key),
                _ if is_plain(text, run) => run.iter().for_each(|token| add(place, Kind::Value, literal(token))),
                _ => {}
            }
        }
        terms
    }
}
