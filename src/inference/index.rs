//! The index over the knowledge base: what each stage looks entries up by. Updated in place.

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use crate::domain::KnownErrorId;

use super::{
    Rule, RuleError,
    digits::Digits,
    entry::{Entry, Item, UNKNOWN},
    expressions::Expressions,
    measure::Weighted,
    rarity::Rarities,
    recalled::Recalled,
    semantic::{Matrix, Vector},
    terms::Term,
    text::Kind,
    vocabulary::{Vocabulary, WordId},
};

/// All known errors, ready to be matched against.
#[derive(Debug, Clone, Default)]
pub struct Index {
    slots: Vec<Option<Entry>>,
    free: Vec<u32>,
    by_id: FxHashMap<KnownErrorId, u32>,
    by_text: FxHashMap<u32, Vec<u32>>,
    by_shape: FxHashMap<u64, Vec<u32>>,
    by_code: FxHashMap<Box<str>, Vec<u32>>,
    by_phrase: FxHashMap<WordId, Vec<u32>>,
    by_value: FxHashMap<u32, Vec<u32>>,
    expressions: Expressions,
    digits: Digits,
    vocabulary: Vocabulary,
    total_items: usize,
    /// Entries with stated phrases.
    n_stated: usize,
    /// The same in all copies until one of them changes it.
    meanings: Arc<Matrix>,
    /// Made when first asked for after a change.
    rarities: OnceLock<Box<Rarities>>,
    /// What was found since the last change.
    recalled: Recalled,
    /// What is written about the known errors (`description`). The same in all copies until one of them changes it.
    described: Option<Arc<Index>>,
}

impl Index {
    /// An index that knows nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of known errors.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether it knows nothing.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Bytes on the heap, roughly.
    pub fn memory_bytes(&self) -> usize {
        let entries: usize = self.entries().map(|(_, entry)| entry.memory_bytes() + entry.id.as_str().len()).sum();
        let lists = self
            .by_text
            .values()
            .chain(self.by_shape.values())
            .chain(self.by_value.values())
            .map(|slots| slots.capacity() * 4)
            .sum::<usize>();
        let maps = self.by_text.capacity() * 33
            + self.by_shape.capacity() * 33
            + self.by_value.capacity() * 33
            + self.by_id.capacity() * 33
            + self.by_phrase.capacity() * 33;
        entries
            + lists
            + maps
            + self.expressions.memory_bytes()
            + self.digits.memory_bytes()
            + self.recalled.memory_bytes()
            + self.meanings.memory_bytes()
            + self.described.as_ref().map_or(0, |described| described.memory_bytes())
            + self.slots.capacity() * size_of::<Option<Entry>>()
            + self.vocabulary.memory_bytes()
    }

    /// Adds a known error, or replaces the one of the same identifier.
    ///
    /// # Errors
    /// The rule cannot be used; the index is as it was.
    pub fn upsert(&mut self, rule: Rule) -> Result<(), RuleError> {
        let entry = self.take_apart(rule)?;
        self.insert(entry);
        Ok(())
    }

    /// Puts an entry, in the place of the one of its identifier.
    pub(super) fn insert(&mut self, entry: Entry) {
        self.take_out(&entry.id);
        self.rarities.take();
        self.recalled.clear();
        let slot = self.free.pop().unwrap_or(self.slots.len() as u32);
        self.by_id.insert(entry.id.clone(), slot);
        if let Some(key) = entry.exact {
            self.by_text.entry(key.quick).or_default().push(slot);
        }
        if let Some(shape) = entry.shape {
            self.by_shape.entry(shape).or_default().push(slot);
        }
        if let Some(code) = entry.code.clone().filter(|_| entry.is_code_only()) {
            self.by_code.entry(code).or_default().push(slot);
        }
        if let Some(regex) = &entry.regex {
            self.expressions.insert(slot, regex.as_str());
        }
        for word in leads(&entry) {
            self.by_phrase.entry(word).or_default().push(slot);
        }
        for word in entry.words() {
            self.vocabulary.post(word, slot);
        }
        for value in &entry.values {
            self.by_value.entry(*value).or_default().push(slot);
        }
        entry.stated.iter().flat_map(|stated| stated.words()).for_each(|word| self.vocabulary.state(word));
        self.total_items += entry.items.len();
        self.n_stated += usize::from(entry.stated.is_some());
        match self.slots.get_mut(slot as usize) {
            Some(place) => *place = Some(entry),
            None => self.slots.push(Some(entry)),
        }
    }

    /// A rule taken apart with this index's words.
    ///
    /// # Errors
    /// The rule cannot be used.
    pub(super) fn take_apart(&mut self, rule: Rule) -> Result<Entry, RuleError> {
        Entry::new(rule, &mut self.vocabulary, &mut self.digits)
    }

    /// Forgets a known error and what is written about it; `false` if it was not known.
    pub fn remove(&mut self, id: &KnownErrorId) -> bool {
        self.describe(id, "");
        self.take_out(id)
    }

    /// Forgets a known error but for what is written about it.
    fn take_out(&mut self, id: &KnownErrorId) -> bool {
        let Some(slot) = self.by_id.remove(id) else { return false };
        let Some(entry) = self.slots.get_mut(slot as usize).and_then(Option::take) else { return false };
        if let Some(key) = entry.exact {
            unlist(&mut self.by_text, &key.quick, slot);
        }
        if let Some(shape) = entry.shape {
            unlist(&mut self.by_shape, &shape, slot);
        }
        if let Some(code) = &entry.code {
            unlist(&mut self.by_code, code, slot);
        }
        if entry.regex.is_some() {
            self.expressions.remove(slot);
        }
        for word in leads(&entry) {
            unlist(&mut self.by_phrase, &word, slot);
        }
        for word in entry.words() {
            self.vocabulary.unpost(word, slot);
        }
        for value in &entry.values {
            unlist(&mut self.by_value, value, slot);
        }
        entry.stated.iter().flat_map(|stated| stated.words()).for_each(|word| self.vocabulary.unstate(word));
        self.total_items -= entry.items.len();
        self.n_stated -= usize::from(entry.stated.is_some());
        self.rarities.take();
        self.recalled.clear();
        // What has no vectors changes none.
        if self.meanings.has(slot) {
            Arc::make_mut(&mut self.meanings).remove(slot);
        }
        self.free.push(slot);
        true
    }

    /// Gives a known error the vectors of its passages; `false` if it is not known. They go when it is removed or replaced.
    pub fn set_meaning(&mut self, id: &KnownErrorId, vectors: &[Vector]) -> bool {
        let Some(slot) = self.by_id.get(id) else { return false };
        Arc::make_mut(&mut self.meanings).insert(*slot, vectors);
        true
    }

    /// Whether a known error was given its vectors.
    pub fn has_meaning(&self, id: &KnownErrorId) -> bool {
        self.by_id.get(id).is_some_and(|slot| self.meanings.has(*slot))
    }

    /// Whether some known error has vectors.
    pub fn has_meanings(&self) -> bool {
        !self.meanings.is_empty()
    }

    /// Whether it knows a known error.
    pub fn knows(&self, id: &KnownErrorId) -> bool {
        self.by_id.contains_key(id)
    }

    /// Forgets all vectors: they were another model's.
    pub fn clear_meanings(&mut self) {
        self.meanings = Arc::default();
    }

    /// What is written about the known errors.
    pub(super) fn described(&self) -> Option<&Index> {
        self.described.as_deref()
    }

    pub(super) fn described_mut(&mut self) -> &mut Option<Arc<Index>> {
        &mut self.described
    }

    pub(super) fn slot(&self, id: &KnownErrorId) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    pub(super) fn meanings(&self) -> &Matrix {
        &self.meanings
    }

    pub(super) fn entry(&self, slot: u32) -> Option<&Entry> {
        self.slots.get(slot as usize)?.as_ref()
    }

    fn entries(&self) -> impl Iterator<Item = (u32, &Entry)> {
        (0..).zip(&self.slots).filter_map(|(slot, entry)| Some((slot, entry.as_ref()?)))
    }

    pub(super) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    pub(super) fn n_slots(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn id(&self, slot: u32) -> Option<&KnownErrorId> {
        self.entry(slot).map(|entry| &entry.id)
    }

    /// The entries whose text has this quick hash: hardly any other text has.
    pub(super) fn same_text(&self, quick: u32) -> &[u32] {
        self.by_text.get(&quick).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn same_shape(&self, shape: u64) -> &[u32] {
        self.by_shape.get(&shape).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn same_code(&self, code: &str) -> &[u32] {
        self.by_code.get(code).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn with_phrase(&self, lead: WordId) -> &[u32] {
        self.by_phrase.get(&lead).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn expressions(&self) -> &Expressions {
        &self.expressions
    }

    pub(super) fn recalled(&self) -> &Recalled {
        &self.recalled
    }

    pub(super) fn digits(&self) -> &Digits {
        &self.digits
    }

    /// Whether some entry has stated phrases.
    pub(super) fn has_stated(&self) -> bool {
        self.n_stated > 0
    }

    fn rarities(&self) -> &Rarities {
        self.rarities.get_or_init(|| Box::new(Rarities::new(self.len())))
    }

    /// What a word counts: the rarer, the more. A word that no entry has counts as if half an entry had it.
    pub(super) fn word_weight(&self, word: WordId) -> f32 {
        self.rarities().word(self.vocabulary.count(word))
    }

    /// Tokens with what they count: only words count by how rare they are.
    pub(super) fn weighted<'a>(&'a self, items: impl Iterator<Item = Item> + 'a) -> impl Iterator<Item = Weighted> + 'a {
        let rarities = self.rarities();
        let weight = |word| rarities.word(self.vocabulary.count(word));
        items.map(move |item| Weighted { item, weight: if item.kind == Kind::Word { weight(item.key) } else { 0.0 } })
    }

    /// A token as something to find entries by; `None` if no entry has it.
    pub(super) fn term(&self, kind: Kind, key: u32) -> Option<Term<'_>> {
        /// A value is shared by chance more often than a word is.
        const VALUE: f32 = 0.7;
        let (slots, part) = match kind {
            Kind::Word if key != UNKNOWN => (self.vocabulary.postings(key), 1.0),
            Kind::Value => (self.by_value.get(&key)?.as_slice(), VALUE),
            _ => return None,
        };
        Some(Term { kind, key, slots, weight: part * self.rarities().term(slots.len()), places: 0 })
    }

    /// The mean length of an entry.
    pub(super) fn mean_items(&self) -> f32 {
        (self.total_items as f32 / self.len().max(1) as f32).max(1.0)
    }
}

/// The words under which an entry's stated phrases are looked up, each once.
fn leads(entry: &Entry) -> Vec<WordId> {
    let mut leads: Vec<_> = entry.stated.iter().flat_map(|stated| stated.leads()).collect();
    leads.sort_unstable();
    leads.dedup();
    leads
}

/// Takes a slot off a list, and the list away with its last slot.
fn unlist<K: std::hash::Hash + Eq + Clone>(lists: &mut FxHashMap<K, Vec<u32>>, key: &K, slot: u32) {
    if let Some(slots) = lists.get_mut(key) {
        slots.retain(|listed| *listed != slot);
        if slots.is_empty() {
            lists.remove(key);
        }
    }
}
