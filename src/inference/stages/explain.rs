//! The reasons of a match, found again from the query and the entry: only the few that are named pay for them.

use rustc_hash::FxHashSet;

use crate::domain::Method;

use super::{
    super::{
        Reason,
        entry::{Entry, UNKNOWN},
        measure::{Weighted, align},
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
        Method::Template => reasons.push(Reason::SameWords { variables: variables(index, prepared, entry) }),
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

/// What stands in the places of values. A word that the entry has there, too, is one of the fixed words: it only looks like a value, as a
/// name does after "for".
fn variables(index: &Index, prepared: &Prepared, entry: &Entry) -> Vec<String> {
    let parts = prepared.parts();
    let items = entry.template.as_ref().map_or(&entry.items, |template| &template.items);
    let known: Vec<Weighted> = index.weighted(items.iter().copied()).collect();
    let found = align(&parts.items, &known);
    let word = |token: Option<&Weighted>| token.map(|token| token.item).filter(|item| item.kind == Kind::Word && item.key != UNKNOWN);
    let is_fixed =
        |query, place| word(parts.items.get(query)).is_some_and(|own| word(known.get(place)).is_some_and(|it| it.key == own.key));
    let fixed = found.pairs.iter().filter(|(query, place)| is_fixed(*query, *place));
    let fixed: FxHashSet<usize> = fixed.filter_map(|(query, _)| parts.place(query)).collect();
    let tokens = parts.scan.tokens.iter().enumerate();
    let masked = tokens.filter(|(place, token)| token.kind == Kind::Value || (token.soft && !fixed.contains(place)));
    masked.filter_map(|(_, token)| written(prepared, token)).take(N_WORDS).map(str::to_owned).collect()
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

#[cfg(test)]
mod tests {
    use super::super::super::{Query, Rule};
    use super::*;
    use crate::domain::KnownErrorId;

    #[test]
    fn fixed_words_in_the_place_of_a_name_are_no_values() {
        for (known, text, expected) in [
            (
                "Timeout after 7 ms while waiting for tariff engine k2",
                "Timeout after 90 ms while waiting for tariff engine k5",
                &["90", "k5"][..],
            ),
            (
                "Timeout after <*> ms while waiting for tariff engine <*>",
                "Timeout after 90 ms while waiting for tariff engine k5",
                &["90", "k5"],
            ),
            ("No terminal for user anna in branch 7", "No terminal for user petro in branch 7", &["petro", "7"]),
            ("No terminal for user anna in branch 7", "No terminal for user anna in branch 8", &["8"]),
        ] {
            let mut index = Index::new();
            index.upsert(Rule::from_text(KnownErrorId("k".into()), known)).unwrap();
            let verdict = index.classify(&Query::new(text));
            let best = verdict.known().unwrap();
            let named =
                best.reasons.iter().find_map(|reason| if let Reason::SameWords { variables } = reason { Some(variables) } else { None });
            assert_eq!(
                named.map(|named| named.iter().map(String::as_str).collect::<Vec<_>>()),
                Some(expected.to_vec()),
                "{text}: {best:?}"
            );
        }
    }
}
