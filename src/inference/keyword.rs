//! The key words and phrases that an analyst stated: they count as stated, not by how rare they are.

use super::{
    Reason, Rule,
    entry::UNKNOWN,
    text::{Scan, Token},
    vocabulary::{Vocabulary, WordId},
};

/// A phrase: words that must stand side by side, in any of their forms.
#[derive(Debug, Clone)]
struct Phrase {
    words: Box<[WordId]>,
    text: Box<str>,
}

/// The stated phrases of a rule.
#[derive(Debug, Clone, Default)]
pub struct Stated {
    any: Vec<Phrase>,
    one_of: Vec<Phrase>,
    all: Vec<Phrase>,
    none: Vec<Phrase>,
    status: Vec<Phrase>,
}

/// What the stated phrases say about a query.
#[derive(Debug, Clone, Default)]
pub struct Finding {
    /// A phrase that may not be there is, or one that must be is not.
    pub excluded: bool,
    /// How probable the phrases alone make the match.
    pub score: f64,
    /// By how much the status's phrases support it, 0 to 1.
    pub support: f64,
}

impl Stated {
    /// The phrases of a rule. Those of the status decide where the rule has nothing else.
    pub fn new(rule: &Rule, vocabulary: &mut Vocabulary) -> Self {
        let mut phrases = |texts: &[String]| -> Vec<Phrase> {
            let phrases = texts.iter().map(|text| Phrase { words: phrase(&Scan::new(text), vocabulary), text: text.trim().into() });
            phrases.filter(|phrase| !phrase.words.is_empty()).collect()
        };
        let mut stated = Self {
            any: phrases(&rule.keywords.any),
            one_of: phrases(&rule.keywords.one_of),
            all: phrases(&rule.keywords.all),
            none: phrases(&rule.keywords.none),
            status: phrases(&rule.status_keywords),
        };
        if rule.text.trim().is_empty() && rule.code.is_none() && rule.regex.is_none() && !stated.can_decide() {
            stated.any = std::mem::take(&mut stated.status);
        }
        stated
    }

    pub fn is_empty(&self) -> bool {
        [&self.any, &self.one_of, &self.all, &self.none, &self.status].iter().all(|phrases| phrases.is_empty())
    }

    /// Whether there are phrases that make a match.
    pub fn can_decide(&self) -> bool {
        !self.any.is_empty() || !self.one_of.is_empty() || !self.all.is_empty()
    }

    /// The first word of each phrase that makes a match: where the rule is looked up.
    pub fn leads(&self) -> impl Iterator<Item = WordId> {
        self.any.iter().chain(&self.one_of).chain(&self.all).filter_map(|phrase| phrase.words.first().copied())
    }

    /// The words of all phrases.
    pub fn words(&self) -> impl Iterator<Item = WordId> {
        let phrases = [&self.any, &self.one_of, &self.all, &self.none, &self.status];
        phrases.into_iter().flatten().flat_map(|phrase| phrase.words.iter().copied())
    }

    /// What the phrases say; `alone` if the rule has no text to be recognised by.
    pub fn judge(&self, query: &[WordId], alone: bool) -> Finding {
        let has = |phrase: &&Phrase| phrase.is_in(query);
        if self.none.iter().any(|phrase| phrase.is_in(query)) || !self.all.iter().all(|phrase| phrase.is_in(query)) {
            return Finding { excluded: true, ..Finding::default() };
        }
        let found = self.any.iter().filter(has).count();
        let share = if self.any.is_empty() { 1.0 } else { found as f64 / self.any.len() as f64 };
        // One of these is enough, whatever else the rule has; where none is there, words that merely must be there decide nothing.
        let decisive = self.one_of.iter().filter(has).count();
        let is_missing = decisive == 0 && !self.one_of.is_empty() && self.any.is_empty();
        let (share, alone) = if decisive > 0 { (1.0, true) } else { (share, alone) };
        let others = self.one_of.iter().filter(has).chain(&self.all);
        let words: usize = self.any.iter().filter(has).chain(others).map(|phrase| phrase.words.len()).sum();
        let support = self.status.iter().filter(has).count() as f64 / self.status.len().max(1) as f64;
        let score = match words {
            0 => 0.0,
            _ if is_missing => 0.0,
            _ if share < 0.5 => 0.3 * share,
            1 if !alone => 0.35,
            1 => 0.90,
            2 if !alone => 0.75,
            _ => 0.95,
        };
        Finding { excluded: false, score: score * (0.6 + 0.4 * share), support }
    }

    /// The phrases found, as reasons.
    pub fn reasons(&self, query: &[WordId]) -> impl Iterator<Item = Reason> {
        let own = self
            .all
            .iter()
            .chain(&self.one_of)
            .chain(&self.any)
            .filter(|phrase| phrase.is_in(query))
            .map(|phrase| Reason::Phrase(phrase.text.to_string()));
        own.chain(self.status.iter().filter(|phrase| phrase.is_in(query)).map(|phrase| Reason::StatusPhrase(phrase.text.to_string())))
    }

    /// Bytes on the heap, roughly.
    pub fn memory_bytes(&self) -> usize {
        let phrases = [&self.any, &self.one_of, &self.all, &self.none, &self.status];
        phrases
            .iter()
            .flat_map(|phrases| phrases.iter())
            .map(|phrase| size_of::<Phrase>() + phrase.words.len() * 4 + phrase.text.len())
            .sum()
    }
}

impl Phrase {
    fn is_in(&self, query: &[WordId]) -> bool {
        query.windows(self.words.len()).any(|window| *window == *self.words)
    }
}

/// The numbers of a phrase's tokens, values included: an analyst may state `404`.
fn phrase(scan: &Scan, vocabulary: &mut Vocabulary) -> Box<[WordId]> {
    let id = |token: &Token| Some(scan.stem(token)).filter(|stem| !stem.is_empty()).map_or(UNKNOWN, |stem| vocabulary.intern(stem));
    scan.tokens.iter().map(id).collect()
}
