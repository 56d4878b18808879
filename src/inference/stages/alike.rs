//! Likeness: the same fixed words with other variables, or enough key words in common.
//!
//! The few entries that share the shape, the rarest words or a stated phrase are measured against the query one by one.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::domain::Method;

use super::{
    super::{
        Features,
        candidates::candidates,
        entry::{Entry, Item, UNKNOWN},
        keyword::Finding,
        measure::{Line, Weighted, align, features, filled, in_place, probability, with_characters},
        recalled::{Aligned, Nearest, Tokens},
        relevance::Relevance,
    },
    Admissible, Found, Index, OTHER_CODE, Prepared,
};

/// Entries of one shape that are all measured; of more, only those that the candidates name.
const MAX_SAME_SHAPE: usize = 32;

/// Entries found by a stated phrase that are measured, and lists walked to find them.
const MAX_STATED: usize = 32;
const MAX_STATED_POSTINGS: usize = 100_000;

/// How much an equal code adds, and the status's phrases.
const SAME_CODE: f64 = 0.5;
const STATUS: f64 = 0.15;

/// The score from which on an entry of the same fixed words is no longer compared with others.
const SURE: f64 = 0.9;

/// The part of the best relevance below which an entry is not measured.
const LIKELY: f64 = 0.7;

/// How sure a text with its placeholders filled in can be, and what its words take of the doubt.
const FILLED: f64 = 0.99;
const DOUBT: f64 = 0.08;

/// More than the rounding of a logarithm of odds, so that no entry is left out that is as sure as another.
const ROUNDING: f64 = 1e-6;

/// Hints that likeness says nothing about are ordered by relevance: below this score that counts more.
const RELEVANCE: f64 = 0.2;

/// An entry worth measuring.
#[derive(Debug, Clone, Copy)]
pub struct Near {
    pub slot: u32,
    pub relevance: f64,
    /// Nothing but its text, as it is written, speaks for it.
    is_text_alone: bool,
    /// It has the query's fixed words in their order.
    has_shape: bool,
}

impl Near {
    fn new(index: &Index, shape: Option<u64>, slot: u32, relevance: f64) -> Self {
        let entry = index.entry(slot);
        let has_shape = shape.is_some() && entry.is_some_and(|entry| entry.shape == shape);
        Self { slot, relevance, is_text_alone: entry.is_some_and(Entry::is_text_alone), has_shape }
    }
}

/// The entries of the same fixed words in the same order that are sure: where there are some, no other is sought.
pub fn same_words(index: &Index, prepared: &Prepared, admissible: Admissible) -> Vec<Found> {
    let slots =
        prepared.parts().shape.map(|shape| index.same_shape(shape)).filter(|slots| slots.len() <= MAX_SAME_SHAPE).unwrap_or_default();
    if slots.is_empty() || !stated(index, prepared).is_empty() {
        return Vec::new();
    }
    let entries = slots.iter().filter_map(|slot| Some((*slot, index.entry(*slot)?)));
    let admitted = entries.filter(|(_, entry)| !entry.is_conditional() || admissible(&entry.id));
    let found = admitted.filter_map(|(slot, entry)| {
        let stated = prepared.judge(entry);
        let near = Near::new(index, prepared.parts().shape, slot, 0.0);
        if stated.excluded { None } else { judge(index, prepared, near, entry, None, &stated, Bar::NONE) }
    });
    found.filter(|found| found.score >= SURE).collect()
}

/// The entries like the query, each with its probability; of a brief query, those that are not the best may have none.
pub fn alike(index: &Index, prepared: &Prepared, admissible: Admissible) -> Vec<Found> {
    those_alike(index, prepared, admissible, LIKELY)
}

/// The same, where also what is hardly relevant is measured: a runner-up has to be told how far it is behind.
pub fn each(index: &Index, prepared: &Prepared, admissible: Admissible) -> Vec<Found> {
    those_alike(index, prepared, admissible, 0.0)
}

/// The entries like the query; those of less than this part of the best relevance are hints at most.
fn those_alike(index: &Index, prepared: &Prepared, admissible: Admissible, likely: f64) -> Vec<Found> {
    let find = || {
        let mut nearest = nearest(index, prepared);
        nearest.sort_by(|a, b| b.relevance.total_cmp(&a.relevance));
        Nearest::new(nearest)
    };
    // Who asks for reasons asks once.
    let nearest = if prepared.is_brief {
        index.recalled().of(prepared.parts().signature(index, prepared.query.text), find)
    } else {
        Arc::new(find())
    };
    let mut found = Vec::new();
    let (mut least, mut most, mut to_reach) = (None, 0.0_f64, f64::NEG_INFINITY);
    for (near, aligned) in nearest.each() {
        let is_less_relevant = prepared.is_brief && RELEVANCE * near.relevance < most;
        let is_hint = || !near.has_shape && least.is_some_and(|least| near.relevance < least);
        // Neither its text nor its relevance comes up to what was found.
        if is_less_relevant && near.is_text_alone && (is_hint() || is_below(aligned, to_reach)) {
            continue;
        }
        let entry = index.entry(near.slot).filter(|entry| !entry.is_conditional() || admissible(&entry.id));
        let Some((entry, stated)) = entry.map(|entry| (entry, prepared.judge(entry))).filter(|(_, stated)| !stated.excluded) else {
            continue;
        };
        let least = *least.get_or_insert(likely * near.relevance);
        let bar = Bar { relevance: least, logit: if is_less_relevant { to_reach } else { f64::NEG_INFINITY } };
        if let Some(judged) = judge(index, prepared, near, entry, Some(aligned), &stated, bar) {
            if judged.order > most {
                (most, to_reach) = (judged.order, logit_to_reach(judged.order));
            }
            found.push(judged);
        }
    }
    found
}

/// What an entry must reach to be worth measuring.
#[derive(Debug, Clone, Copy)]
struct Bar {
    /// Below this relevance it is a hint at most.
    relevance: f64,
    /// The logarithm of odds that it would have to reach to be as sure as another entry.
    logit: f64,
}

impl Bar {
    /// Anything reaches it.
    const NONE: Self = Self { relevance: 0.0, logit: f64::NEG_INFINITY };
}

/// The logarithm of odds by which an entry is as sure as one of this score.
fn logit_to_reach(score: f64) -> f64 {
    if score > 0.0 { (score / (1.0 - score)).ln() - ROUNDING } else { f64::NEG_INFINITY }
}

/// Whether the tokens were measured, and say that the logarithm of odds is below this.
fn is_below(aligned: &Aligned, least: f64) -> bool {
    aligned.get().is_some_and(|aligned| aligned.iter().all(|tokens| tokens.most < least))
}

/// The slots worth measuring, each once.
pub fn nearest(index: &Index, prepared: &Prepared) -> Vec<Near> {
    let parts = prepared.parts();
    let terms = parts.terms(index, prepared.query.text);
    let relevance = Relevance::new(index, &terms, parts.items.len());
    let candidates = candidates(index, &terms, &relevance);
    let mut near: Vec<Near> = candidates.into_iter().map(|(slot, relevance)| Near::new(index, parts.shape, slot, relevance)).collect();
    let same_shape = parts.shape.map(|shape| index.same_shape(shape)).filter(|slots| slots.len() <= MAX_SAME_SHAPE);
    for slot in same_shape.unwrap_or_default().iter().copied().chain(stated(index, prepared)) {
        if near.iter().all(|near| near.slot != slot) {
            near.push(Near::new(index, parts.shape, slot, relevance.of(slot)));
        }
    }
    near
}

/// The entries that most of the query's words lead to as the first words of stated phrases.
fn stated(index: &Index, prepared: &Prepared) -> Vec<u32> {
    if !index.has_stated() {
        return Vec::new();
    }
    let mut leads = prepared.parts().ids.clone();
    leads.sort_unstable();
    leads.dedup();
    leads.retain(|lead| !index.with_phrase(*lead).is_empty());
    leads.sort_by_key(|lead| (index.with_phrase(*lead).len(), index.vocabulary().stem(*lead)));
    let mut hits: FxHashMap<u32, u32> = FxHashMap::default();
    let mut walked = 0;
    for lead in leads {
        let slots = index.with_phrase(lead);
        walked += slots.len();
        if walked > MAX_STATED_POSTINGS {
            break;
        }
        slots.iter().for_each(|slot| *hits.entry(*slot).or_default() += 1);
    }
    let mut hits: Vec<(u32, u32)> = hits.into_iter().collect();
    if hits.len() > MAX_STATED {
        hits.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| index.id(a.0).cmp(&index.id(b.0))));
        hits.truncate(MAX_STATED);
    }
    hits.into_iter().map(|(slot, _)| slot).collect()
}

/// The entry's tokens with what they count.
pub fn weighted(index: &Index, entry: &Entry) -> Vec<Weighted> {
    index.weighted(entry.items.iter().copied()).collect()
}

/// The probability that the query is an entry, and the measurements behind it: of the first lines or of all of them, whichever are most
/// alike. `None` if their logarithm of odds is surely below `least`. Where the tokens were measured before, that is taken.
pub fn measure(index: &Index, prepared: &Prepared, entry: &Entry, aligned: Option<&Aligned>, least: f64) -> Option<(f64, Features)> {
    if aligned.is_some_and(|aligned| is_below(aligned, least)) {
        return None;
    }
    let parts = prepared.parts();
    let rarest = index.word_weight(UNKNOWN);
    let same_shape = parts.shape.is_some() && parts.shape == entry.shape;
    let whole = (parts.characters.whole(), parts.items.as_slice());
    let line = first_line(&parts.items, parts.head).filter(|_| parts.characters.has_details());
    let line = line.map(|items| (parts.characters.head(), items));
    let known_whole = (entry.characters.whole(), &*entry.items);
    let known_line = first_line(&entry.items, entry.head).map(|items| (entry.characters.head(), items));
    let pairs =
        [Some((whole, known_whole)), line.map(|line| (line, known_whole)), line.zip(known_line), known_line.map(|known| (whole, known))];
    let pairs = || pairs.iter().flatten();
    let align = |((_, query), (_, known)): &Pair| {
        let found = in_place(query, known).unwrap_or_else(|| {
            let mut tokens = parts.tokens.borrow_mut();
            tokens.clear();
            tokens.extend(index.weighted(known.iter().copied()));
            align(query, &tokens)
        });
        Tokens::new(features(same_shape, &found, rarest))
    };
    let aligned = aligned.map(|aligned| aligned.get_or_init(|| pairs().map(align).collect()));
    let mut best: Option<(f64, Features)> = None;
    for (place, pair) in pairs().enumerate() {
        let ((text, _), (known_text, _)) = *pair;
        let found;
        let tokens = match aligned.and_then(|aligned| aligned.get(place)) {
            Some(tokens) => tokens,
            None => {
                found = align(pair);
                &found
            }
        };
        if tokens.most < least {
            continue;
        }
        let features = with_characters(tokens.features, text.likeness(known_text));
        let probability = probability(&features);
        if best.is_none_or(|(best, _)| probability > best) {
            best = Some((probability, features));
        }
    }
    best
}

/// A query, or its first line, and an entry, or its first line: characters and tokens of each.
type Pair<'a> = ((Line<'a>, &'a [Weighted]), (Line<'a>, &'a [Item]));

/// The first line, where it is not all.
fn first_line<T>(tokens: &[T], length: usize) -> Option<&[T]> {
    tokens.get(..length).filter(|line| !line.is_empty() && line.len() < tokens.len())
}

/// How sure it is that the query, or its first line, is the entry's text with its placeholders filled in: the surer, the more words of
/// its own the text has; 0 if it is not.
fn filled_in(prepared: &Prepared, entry: &Entry) -> f64 {
    let Some(template) = &entry.template else { return 0.0 };
    let parts = prepared.parts();
    let lines = [parts.items.as_slice()].into_iter().chain(first_line(&parts.items, parts.head));
    let is_part = |line: &&[Item]| !line.is_empty() && line.len() < template.items.len();
    let texts = [&*template.items].into_iter().chain(template.items.get(..template.head).filter(is_part));
    let n_words = lines.flat_map(|line| texts.clone().filter_map(|text| filled(text, line))).max();
    n_words.map_or(0.0, |n_words| FILLED - DOUBT / (n_words as f64 + 1.0))
}

/// An entry as an answer; one that does not reach the bar is a hint at most, and not measured.
fn judge(
    index: &Index,
    prepared: &Prepared,
    near: Near,
    entry: &Entry,
    aligned: Option<&Aligned>,
    stated: &Finding,
    bar: Bar,
) -> Option<Found> {
    let Near { slot, relevance, has_shape, .. } = near;
    let filled = filled_in(prepared, entry);
    let is_hint = entry.items.is_empty() || (relevance < bar.relevance && !has_shape);
    // What else than its text speaks for it may make it surer than its text does.
    let is_text_alone = entry.stated.is_none() && !prepared.has_code_of(entry);
    let least = if is_text_alone { bar.logit } else { f64::NEG_INFINITY };
    let measured = if is_hint { None } else { measure(index, prepared, entry, aligned, least) };
    let text = measured.map_or(0.0, |(probability, _)| probability).max(filled);
    let either = |one: f64, other: f64| 1.0 - (1.0 - one) * (1.0 - other);
    let mut score = either(text, stated.score);
    score = either(score, STATUS * stated.support * score);
    if prepared.has_code_of(entry) {
        score = either(score, SAME_CODE * score);
    } else if prepared.contradicts(entry) {
        score *= OTHER_CODE;
    }
    let method = if (has_shape || filled > 0.0) && text >= stated.score { Method::Template } else { Method::Keyword };
    (score.max(relevance) > 0.0).then_some(Found { slot, method, score, order: score.max(RELEVANCE * relevance) })
}
