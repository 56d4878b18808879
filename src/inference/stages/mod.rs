//! The stages in order: the first that is sure enough decides; what the others found become hints.
//!
//! A stage is a function from the prepared query to scored entries. A further one is one more function in the list.

mod alike;
mod described;
mod exact;
mod explain;
mod meaning;
mod patterns;
mod prepared;
mod related;

use std::cmp::Reverse;

use rustc_hash::FxHashSet;

use crate::domain::{KnownErrorId, Method};

use super::{Features, Index, Match, Query, Reason, Recognised, Verdict, entry::Entry};
pub(super) use alike::Near;
use described::Described;
use prepared::Prepared;

/// The score from which on an error counts as known. Above one half, as a wrong answer costs a branch more than none.
pub const THRESHOLD: f64 = 0.6;

/// What an entry that names another code than the error's keeps of its score.
const OTHER_CODE: f64 = 0.4;

/// The score from which on an entry is an alternative to one that is known.
const POSSIBLE: f64 = 0.01;

/// Entries named beside the best, or as hints.
const N_NAMED: usize = 10;

/// Entries of these that are explained: the first, and the first of those whose text is like the error's.
const N_EXPLAINED: usize = 3;

/// Says whether the condition of a known error on the Log holds.
type Admissible<'a> = &'a dyn Fn(&KnownErrorId) -> bool;

/// An entry that a stage found.
#[derive(Debug, Clone, Copy)]
struct Found {
    slot: u32,
    method: Method,
    score: f64,
    /// What it is ranked by: the score, where that says something.
    order: f64,
}

impl Found {
    fn new(slot: u32, method: Method, score: f64) -> Self {
        Self { slot, method, score, order: score }
    }
}

type Stage = fn(&Index, &Prepared, Admissible) -> Vec<Found>;

const STAGES: [Stage; 6] = [exact::same_text, alike::same_words, patterns::regex, patterns::coded, patterns::code, alike::alike];

/// The stages that are asked for the runner-up of an entry that an earlier one found.
const OTHERS: [Stage; 3] = [patterns::regex, patterns::code, alike::each];

impl Index {
    /// Recognises an error, as if every condition held.
    pub fn classify(&self, query: &Query) -> Verdict {
        self.classify_where(query, &|_| true)
    }

    /// Recognises an error. `admissible` is asked about entries that have a condition on the Log: whether it holds.
    ///
    /// Of equal entries whose conditions hold the one that requires most facts wins.
    pub fn classify_where(&self, query: &Query, admissible: Admissible) -> Verdict {
        let prepared = Prepared::new(self, query);
        match self.decide(&prepared, admissible) {
            (found, true) => self.known(&prepared, found, admissible),
            (found, false) => self.unknown(&prepared, &found),
        }
    }

    /// What [`Self::classify_where`] says first, known or not, without reasons and hints: for whoever asks of many errors.
    pub fn recognise(&self, query: &Query, admissible: Admissible) -> Option<Recognised<'_>> {
        let prepared = Prepared::brief(self, query);
        let (found, is_known) = self.decide(&prepared, admissible);
        let best = found.first()?;
        Some(Recognised { id: self.id(best.slot)?, method: best.method, score: best.score, is_known })
    }

    /// The entries that the query is, or could be, best first, and whether the first of them is sure enough.
    fn decide(&self, prepared: &Prepared, admissible: Admissible) -> (Vec<Found>, bool) {
        let mut hints: Vec<Found> = Vec::new();
        for stage in STAGES {
            let found = self.ranked(stage(self, prepared, admissible), prepared);
            if found.first().is_some_and(|best| best.score >= THRESHOLD) {
                return (found, true);
            }
            hints.extend(found);
        }
        let described = if prepared.is_brief { None } else { Described::new(self, prepared.query) };
        if let Some(described) = &described {
            described::order(self, prepared, admissible, described, &mut hints);
        }
        let found = self.ranked(meaning::meaning(self, prepared, admissible, described.as_ref(), &hints), prepared);
        if found.first().is_some_and(|best| best.score >= THRESHOLD) {
            return (found, true);
        }
        let mut found = self.ranked(if found.is_empty() { hints } else { found }, prepared);
        if !prepared.is_brief {
            // Several stages may have found an entry: the best place stays.
            let mut seen = FxHashSet::default();
            found.retain(|found| seen.insert(found.slot));
        }
        (found, false)
    }

    /// The measurements behind the scores, for the evaluation that fits their weights.
    pub fn measure(&self, query: &Query) -> Vec<(KnownErrorId, Features)> {
        let prepared = Prepared::new(self, query);
        let slots = alike::nearest(self, &prepared).into_iter();
        slots
            .filter_map(|near| Some((near.slot, self.entry(near.slot)?)))
            .filter(|(_, entry)| !entry.items.is_empty())
            .filter_map(|(_, entry)| Some((entry.id.clone(), alike::measure(self, &prepared, entry, None, f64::NEG_INFINITY)?.1)))
            .collect()
    }

    /// The measurements behind a meaning's score, for the evaluation that fits it: relevance, cosine, and the score by words.
    pub fn measure_meaning(&self, query: &Query) -> Vec<(KnownErrorId, [f64; 3])> {
        let prepared = Prepared::new(self, query);
        let hints: Vec<Found> = STAGES.iter().flat_map(|stage| stage(self, &prepared, &|_| true)).collect();
        let by_words = |slot| hints.iter().filter(|found| found.slot == slot).map(|found| found.score).fold(0.0, f64::max);
        let measured = meaning::measure(self, &prepared, None, &hints).into_iter();
        measured.filter_map(|meant| Some((self.id(meant.slot)?.clone(), [meant.relevance, meant.cosine, by_words(meant.slot)]))).collect()
    }

    /// Best first, of a brief query the best alone; ties by condition, code and identifier, never by the order of adding.
    fn ranked(&self, mut found: Vec<Found>, prepared: &Prepared) -> Vec<Found> {
        if found.len() < 2 {
            return found;
        }
        let rank = |found: &Found| self.entry(found.slot).map(|entry| (Reverse(entry.facts), !prepared.has_code_of(entry), &entry.id));
        let order = |a: &Found, b: &Found| b.order.total_cmp(&a.order).then_with(|| rank(a).cmp(&rank(b)));
        if !prepared.is_brief {
            found.sort_by(order);
        } else if let Some(best) = found.iter().copied().min_by(order) {
            found.clear();
            found.push(best);
        }
        found
    }

    fn known(&self, prepared: &Prepared, found: Vec<Found>, admissible: Admissible) -> Verdict {
        let Some(best) = found.first().copied() else {
            return Verdict::Unknown { nearest: Vec::new(), why: Reason::NothingShared };
        };
        let others = self.others(prepared, best, found, admissible);
        let possible = others.iter().enumerate().filter(|(place, other)| *place == 0 || other.score >= POSSIBLE).map(|(_, other)| *other);
        let mut named = self.named(prepared, &std::iter::once(best).chain(possible).collect::<Vec<_>>());
        if named.is_empty() {
            return Verdict::Unknown { nearest: named, why: Reason::NothingShared };
        }
        let mut known = named.remove(0);
        if let Some(other) = others.iter().find(|other| self.is_less_specific(prepared, other, best)) {
            known.reasons.extend(self.id(other.slot).cloned().map(|id| Reason::MoreSpecific { id }));
        }
        if let Some(second) = named.first() {
            known.reasons.push(Reason::RunnerUp { id: second.id.clone(), by: (known.score - second.score).max(0.0) });
        }
        Verdict::Known { best: known, alternatives: named }
    }

    /// The other entries that it could be, best first: those that were found with the best, and what the later stages say, which were not
    /// asked to find it. None scores more than the best, which an earlier stage was surer of.
    fn others(&self, prepared: &Prepared, best: Found, found: Vec<Found>, admissible: Admissible) -> Vec<Found> {
        let mut others = found;
        if best.method != Method::Semantic {
            others.extend(OTHERS.iter().flat_map(|stage| self.ranked(stage(self, prepared, admissible), prepared)));
        }
        let mut seen = FxHashSet::from_iter([best.slot]);
        others.retain(|other| other.score > 0.0 && seen.insert(other.slot));
        others.iter_mut().for_each(|other| other.score = other.score.min(best.score));
        let mut others = self.ranked(others, prepared);
        others.sort_by(|a, b| b.score.total_cmp(&a.score));
        others
    }

    /// Whether an entry fits as well as the best one, which is chosen because it asks for more: facts of the Log, a code, or a code and a
    /// text instead of a code alone.
    fn is_less_specific(&self, prepared: &Prepared, other: &Found, best: Found) -> bool {
        let asks = |found: &Found| self.entry(found.slot).map(|entry| (entry.facts, prepared.has_code_of(entry)));
        if other.method == Method::Code && best.method != Method::Code {
            return asks(&best).is_some_and(|(_, has_code)| has_code);
        }
        other.method == best.method && other.order == best.order && asks(other) < asks(&best)
    }

    fn unknown(&self, prepared: &Prepared, found: &[Found]) -> Verdict {
        let why = match found.first() {
            Some(_) => {
                let score = found.iter().map(|found| found.score).fold(0.0, f64::max);
                Reason::BelowThreshold { score, threshold: THRESHOLD }
            }
            None if prepared.is_blank() => Reason::NoText,
            None => Reason::NothingShared,
        };
        Verdict::Unknown { nearest: self.named(prepared, found), why }
    }

    fn named(&self, prepared: &Prepared, found: &[Found]) -> Vec<Match> {
        let mut named = Vec::with_capacity(found.len().min(N_NAMED));
        let entries = found.iter().take(N_NAMED).filter_map(|found| Some((found, self.entry(found.slot)?)));
        let mut n_alike = 0;
        named.extend(entries.enumerate().map(|(place, (found, entry))| {
            let is_alike = found.score >= POSSIBLE;
            n_alike += usize::from(is_alike);
            let is_explained = place < N_EXPLAINED || (is_alike && n_alike <= N_EXPLAINED);
            let reasons = if is_explained { explain::reasons(self, prepared, found, entry) } else { Vec::new() };
            Match { id: entry.id.clone(), method: found.method, score: found.score, reasons }
        }));
        named
    }
}
