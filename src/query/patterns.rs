//! Regular expressions of `matches` tests, compiled once a thread: a filter is put to one Log after the other, and compiling
//! takes longer than matching. A test itself stays plain data.

use std::cell::RefCell;

use regex::Regex;

use super::test;

/// Expressions that a thread keeps.
const KEPT: usize = 16;

thread_local! {
    static COMPILED: RefCell<Vec<(String, Regex)>> = const { RefCell::new(Vec::new()) };
}

/// The compiled expression, or `None` when it is none.
pub(super) fn compiled(pattern: &str) -> Option<Regex> {
    COMPILED.with_borrow_mut(|kept| {
        if let Some((_, regex)) = kept.iter().find(|(known, _)| known == pattern) {
            return Some(regex.clone());
        }
        let regex = test::compile(pattern).ok()?;
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push((pattern.to_owned(), regex.clone()));
        Some(regex)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_expressions_than_are_kept_all_mean_what_they_say() {
        for round in 0..2 {
            for n in 0..2 * KEPT {
                assert!(compiled(&format!("^x{n}$")).unwrap().is_match(&format!("x{n}")), "{round} {n}");
            }
        }
        assert!(compiled("(").is_none());
    }
}
