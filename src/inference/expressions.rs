//! The regular expressions of all entries: which of a thousand are worth trying on a text.
//!
//! Of most expressions something is known that every text they match has: runs of characters, in whatever case. Four neighbours of
//! these are noted, those that fewest others have; a text is cut into all its fours, and only expressions that are noted under one of
//! them are tried. An expression without such a run is always tried.

use std::cmp::Reverse;

use regex_syntax::hir::{Class, Hir, HirKind};
use rustc_hash::FxHashMap;

/// Characters of a run that are noted.
const WINDOW: usize = 4;

/// Characters that one place may have and still be one character in different cases.
const MAX_CASES: usize = 8;

type Window = [char; WINDOW];

/// Where each expression is noted, by the slot of its entry.
#[derive(Debug, Clone, Default)]
pub struct Expressions {
    by_window: FxHashMap<Window, Vec<u32>>,
    always: Vec<u32>,
    /// The windows with all digits alike, and how many expressions are noted under each.
    masked: FxHashMap<Window, u32>,
    windows: FxHashMap<u32, Vec<Window>>,
}

impl Expressions {
    /// Notes an expression.
    pub fn insert(&mut self, slot: u32, pattern: &str) {
        let choices = regex_syntax::parse(pattern).ok().and_then(|hir| choices(&hir)).unwrap_or_default();
        if choices.is_empty() {
            self.always.push(slot);
            return;
        }
        let n_noted = |window: &Window| self.by_window.get(window).map_or(0, Vec::len);
        // Of equal ones the last: what tells messages of one program apart, a number or a code, stands at the end more often.
        let rarest =
            |runs: &Vec<Vec<char>>| runs.iter().flat_map(|run| windows(run.iter().copied())).max_by_key(|window| Reverse(n_noted(window)));
        let chosen: Vec<Window> = choices.iter().filter_map(rarest).collect();
        for window in &chosen {
            self.by_window.entry(*window).or_default().push(slot);
            *self.masked.entry(window.map(mask)).or_default() += 1;
        }
        self.windows.insert(slot, chosen);
    }

    /// Forgets the expression of a slot, if it has one.
    pub fn remove(&mut self, slot: u32) {
        self.always.retain(|listed| *listed != slot);
        for window in self.windows.remove(&slot).unwrap_or_default() {
            if let Some(n_noted) = self.masked.get_mut(&window.map(mask)) {
                *n_noted = n_noted.saturating_sub(1);
                if *n_noted == 0 {
                    self.masked.remove(&window.map(mask));
                }
            }
            if let Some(slots) = self.by_window.get_mut(&window) {
                slots.retain(|listed| *listed != slot);
                if slots.is_empty() {
                    self.by_window.remove(&window);
                }
            }
        }
    }

    /// The slots whose expression may match a text, each once.
    pub fn candidates(&self, text: &str) -> Vec<u32> {
        let mut slots = self.always.clone();
        if !self.by_window.is_empty() {
            let noted = windows(text.chars().map(fold)).filter_map(|window| self.by_window.get(&window));
            slots.extend(noted.flatten());
        }
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    /// Whether one may match a text, whatever digits it has in the places of its own.
    pub fn may_match(&self, text: &str) -> bool {
        let mut windows = windows(text.chars().map(|c| mask(fold(c))));
        !self.always.is_empty() || (!self.masked.is_empty() && windows.any(|window| self.masked.contains_key(&window)))
    }

    /// Bytes on the heap, roughly.
    pub fn memory_bytes(&self) -> usize {
        let noted: usize = self.windows.values().map(|windows| windows.len() * (size_of::<Window>() + size_of::<u32>())).sum();
        noted
            + self.by_window.capacity() * (size_of::<Window>() + size_of::<Vec<u32>>())
            + self.masked.capacity() * 20
            + self.windows.capacity() * 32
    }
}

/// The fours of neighbouring characters.
fn windows(mut text: impl Iterator<Item = char>) -> impl Iterator<Item = Window> {
    let mut window = ['\0'; WINDOW];
    let mut n_seen = 0;
    std::iter::from_fn(move || {
        loop {
            window.rotate_left(1);
            window[WINDOW - 1] = text.next()?;
            n_seen += 1;
            if n_seen >= WINDOW {
                return Some(window);
            }
        }
    })
}

/// A character, the same whatever digit it is.
fn mask(c: char) -> char {
    if c.is_ascii_digit() { '0' } else { c }
}

/// A character, the same in whatever case it stands: expressions take `K` for the sign of Kelvin, too.
fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let upper = only(c.to_uppercase(), c);
    only(upper.to_lowercase(), upper)
}

/// The only one of some characters; another where they are several.
fn only(mut cases: impl Iterator<Item = char>, otherwise: char) -> char {
    let first = cases.next();
    if cases.next().is_some() { otherwise } else { first.unwrap_or(otherwise) }
}

/// The runs that each text matching the expression has; of one that offers a choice, those of each. `None` where there are none.
fn choices(hir: &Hir) -> Option<Vec<Vec<Vec<char>>>> {
    match hir.kind() {
        HirKind::Capture(capture) => choices(&capture.sub),
        HirKind::Alternation(parts) => {
            let each: Option<Vec<_>> = parts.iter().map(choices).collect();
            Some(each?.into_iter().flatten().collect())
        }
        _ => {
            let mut runs = Runs::default();
            runs.read(hir);
            runs.end();
            (!runs.found.is_empty()).then(|| vec![runs.found])
        }
    }
}

/// Runs while an expression is read.
#[derive(Default)]
struct Runs {
    run: Vec<char>,
    found: Vec<Vec<char>>,
}

impl Runs {
    fn end(&mut self) {
        let run = std::mem::take(&mut self.run);
        if run.len() >= WINDOW {
            self.found.push(run);
        }
    }

    /// Reads on; how deep expressions are nested is bounded by their parser.
    fn read(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(text) => self.run.extend(text.chars().map(fold)),
                Err(_) => self.end(),
            },
            HirKind::Class(class) => match one_character(class) {
                Some(c) => self.run.push(c),
                None => self.end(),
            },
            HirKind::Capture(capture) => self.read(&capture.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.read(part)),
            HirKind::Repetition(repetition) if repetition.min > 0 => {
                self.read(&repetition.sub);
                self.end();
            }
            HirKind::Repetition(_) | HirKind::Alternation(_) => self.end(),
        }
    }
}

/// The character that a class stands for, if it is one in different cases.
fn one_character(class: &Class) -> Option<char> {
    let Class::Unicode(class) = class else { return None };
    let mut cases = class.iter().flat_map(|range| range.start()..=range.end()).map(fold);
    let first = cases.next()?;
    let is_one = cases.by_ref().take(MAX_CASES).all(|c| c == first);
    (is_one && cases.next().is_none()).then_some(first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::inference::fuzzing;

    fn noted(patterns: &[&str]) -> Expressions {
        let mut expressions = Expressions::default();
        (0..).zip(patterns).for_each(|(slot, pattern)| expressions.insert(slot, pattern));
        expressions
    }

    #[test]
    fn what_can_match_is_tried_and_little_else() {
        let expressions = noted(&[
            r"(?i)code\s*=\s*77\b",
            r"рахунок \d+ заблоковано",
            r"^(error|failure): .* gateway$",
            r"(?:timed out)|(?:no answer)",
            r"\d+",
            r"(?i)СИСТЕМУ|kelvin",
        ]);
        for (text, expected) in [
            ("CODE = 77", &[0, 4][..]),
            ("Рахунок 5 заблоковано", &[1, 4]),
            ("error: no gateway", &[2, 4]),
            ("it timed out", &[3, 4]),
            ("there is no answer", &[3, 4]),
            ("систему \u{212a}ELVIN", &[4, 5]),
            ("nothing of the kind", &[4]),
            ("", &[4]),
        ] {
            assert_eq!(expressions.candidates(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_forgotten_is_not_tried() {
        let mut expressions = noted(&["gateway", "gateway|terminal", "."]);
        (0..3).for_each(|slot| expressions.remove(slot));
        assert!(expressions.candidates("gateway terminal").is_empty() && expressions.by_window.is_empty());
    }

    proptest! {
        #[test]
        fn nothing_that_matches_is_left_out(
            pattern in "(\\(\\?i\\))?\\^?[aбSk]{1,5}(\\.\\*|[0-9]\\+|\\\\b|\\(bc\\|kБ\\)\\+|\\(sk\\)\\{2\\})?[aбSk]{0,5}\\$?(\\|[aбSk]{3,6})?",
            texts in prop::collection::vec("[aAбБsSſkKK1 \u{1c80}в]{0,14}", 1..40),
        ) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            fuzzing::nothing_that_matches_is_left_out(&pattern, &texts);
        }
    }
}
