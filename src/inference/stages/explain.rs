//! The reasons of a match, found again from the query and the entry: only the few that are named pay for them.

use crate::domain::Method;

use super::{
    super::{
        Reason,
        entry::Entry,
        measure::align,
        text::{Kind, Token},
    },
    Found, Index, Prepared, THRESHOLD, alike, described,
};

/// Words and values named.
const N_WORDS: usize = 6;

/// Why the entry was found.
pub fn reasons(index: &Index, prepared: &Prepared, found: &Found, entry: &Entry) -> Vec<Reason> {
    let mut reasons = Vec::new();
    match found.method {
        Method::Exact => reasons.push(Reason::SameText),
        Method::Regex => reasons.extend(entry.regex.as_ref().map(|regex| Reason::Pattern(regex.as_str().to_owned()))),
        Method::Template => reasons.push(Reason::SameWords { variables: variables(prepared) }),
        Method::Keyword => {
            words(index, prepared, entry, &mut reasons);
            let described = described::words(index, prepared, found.slot, N_WORDS);
            if found.score < THRESHOLD && !described.is_empty() {
                reasons.push(Reason::Described(described));
            }
        }
        Method::Semantic => reasons.extend(meaning(index, prepared, found, entry)),
        Method::Code | Method::Approved => {}
    }
    if found.method != Method::Exact
        && let Some(stated) = &entry.stated
    {
        reasons.extend(stated.reasons(&prepared.parts().ids));
    }
    if prepared.has_code_of(entry) {
        reasons.extend(entry.code.as_ref().map(|code| Reason::SameCode(code.to_string())));
    }
    if entry.is_conditional() {
        reasons.push(Reason::Condition);
    }
    reasons
}

/// The text of a token.
fn written<'a>(prepared: &Prepared<'a>, token: &Token) -> Option<&'a str> {
    prepared.query.text.get(token.at.0 as usize..token.at.1 as usize)
}

fn variables(prepared: &Prepared) -> Vec<String> {
    let masked = prepared.parts().scan.tokens.iter().filter(|token| token.kind == Kind::Value || token.soft);
    masked.filter_map(|token| written(prepared, token)).take(N_WORDS).map(str::to_owned).collect()
}

/// How near the meanings are, and the words that both have.
fn meaning(index: &Index, prepared: &Prepared, found: &Found, entry: &Entry) -> Option<Reason> {
    let aim = index.meanings().aim(prepared.query.meaning?)?;
    let cosine = f64::from(index.meanings().cosine(&aim, found.slot)?);
    let mut said = Vec::new();
    words(index, prepared, entry, &mut said);
    let shared = said.into_iter().find_map(|reason| if let Reason::KeyWords(words) = reason { Some(words) } else { None });
    Some(Reason::Meaning { cosine, shared: shared.into_iter().flatten().map(|(word, _)| word).collect() })
}

/// The words in common by weight, the words read as others, the words the entry has not.
fn words(index: &Index, prepared: &Prepared, entry: &Entry, reasons: &mut Vec<Reason>) {
    let parts = prepared.parts();
    let tokens = alike::weighted(index, entry);
    let found = align(&parts.items, &tokens);
    let token = |item: usize| parts.place(item).and_then(|place| parts.scan.tokens.get(place));
    let total = found.total[0].max(f32::MIN_POSITIVE);
    let mut common: Vec<(&str, f64)> = Vec::new();
    for (query, known) in found.pairs.iter() {
        let Some((entry, token)) = tokens.get(known).zip(token(query)) else { continue };
        if parts.items.get(query).is_none_or(|query| query.item.kind != Kind::Word || query.item.key != entry.item.key) {
            continue;
        }
        if let (Kind::Word, Some(word)) = (entry.item.kind, written(prepared, token)) {
            common.push((word, f64::from(entry.weight / total)));
        }
    }
    common.sort_by(|a, b| b.1.total_cmp(&a.1));
    common.truncate(N_WORDS);
    if !common.is_empty() {
        reasons.push(Reason::KeyWords(common.into_iter().map(|(word, weight)| (word.to_owned(), weight)).collect()));
    }
    for (place, meant) in &parts.typos {
        let is_in_entry = tokens.iter().any(|known| known.item.kind == Kind::Word && known.item.key == *meant);
        if let (true, Some(word)) = (is_in_entry, parts.scan.tokens.get(*place).and_then(|token| written(prepared, token))) {
            reasons.push(Reason::Typo { written: word.to_owned(), read_as: index.vocabulary().stem(*meant).to_owned() });
        }
    }
    let is_foreign = |item: &usize| {
        let word = parts.items.get(*item).filter(|token| token.item.kind == Kind::Word && !token.item.soft);
        word.is_some_and(|word| tokens.iter().all(|known| known.item.kind != Kind::Word || known.item.key != word.item.key))
    };
    let foreign: Vec<String> = (0..parts.items.len())
        .filter(is_foreign)
        .filter_map(token)
        .filter_map(|token| written(prepared, token))
        .take(N_WORDS)
        .map(str::to_owned)
        .collect();
    if !foreign.is_empty() {
        reasons.push(Reason::Foreign(foreign));
    }
}
