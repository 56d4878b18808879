//! What was taken from a text and what was put into it, word by word.

/// A piece of two texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// In both.
    Same(String),
    /// Only in the old one.
    Removed(String),
    /// Only in the new one.
    Added(String),
}

/// Cells of the table in which the longest common sequence is looked for; texts that would need more are shown as replaced.
const MAX_CELLS: usize = 1 << 22;

/// The new text against the old one.
pub fn compare(old: &str, new: &str) -> Vec<Piece> {
    let (old, new) = (words(old), words(new));
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (old.get(start..).unwrap_or_default(), new.get(start..).unwrap_or_default());
    let end = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_middle, tail) = old_rest.split_at(old_rest.len() - end);
    let new_middle = new_rest.get(..new_rest.len() - end).unwrap_or_default();
    let mut pieces = Vec::new();
    for word in old.iter().take(start) {
        push(&mut pieces, Piece::Same((*word).to_owned()));
    }
    middle(old_middle, new_middle, &mut pieces);
    for word in tail {
        push(&mut pieces, Piece::Same((*word).to_owned()));
    }
    pieces
}

/// Words, each with the blanks behind it; marks are words of their own.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let letters =
            if first.is_alphanumeric() { rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len()) } else { first.len_utf8() };
        let behind = rest.get(letters..).unwrap_or_default();
        let end = letters + (behind.len() - behind.trim_start().len());
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after;
    }
    words
}

/// The part in which the texts differ, by the longest common sequence of words.
fn middle(old: &[&str], new: &[&str], pieces: &mut Vec<Piece>) {
    let width = new.len() + 1;
    let mut lengths = vec![0_u32; width];
    let mut table = Vec::new();
    if (old.len() + 1).saturating_mul(width) <= MAX_CELLS {
        table.push(lengths.clone());
        for word in old {
            let mut left = 0;
            let above = std::mem::take(&mut lengths);
            lengths = Vec::with_capacity(width);
            lengths.push(0);
            for (column, other) in new.iter().enumerate() {
                let (diagonal, up) = (above.get(column).copied().unwrap_or(0), above.get(column + 1).copied().unwrap_or(0));
                left = if word == other { diagonal + 1 } else { left.max(up) };
                lengths.push(left);
            }
            table.push(lengths.clone());
        }
    }
    let at = |row: usize, column: usize| table.get(row).and_then(|row: &Vec<u32>| row.get(column)).copied().unwrap_or(0);
    let (mut row, mut column, mut found) = (old.len(), new.len(), Vec::new());
    while row > 0 || column > 0 {
        let (a, b) = (row.checked_sub(1).and_then(|row| old.get(row)), column.checked_sub(1).and_then(|column| new.get(column)));
        match (a, b) {
            (Some(word), Some(other)) if word == other && !table.is_empty() => {
                found.push(Piece::Same((*word).to_owned()));
                (row, column) = (row - 1, column - 1);
            }
            (_, Some(word)) if row == 0 || at(row, column - 1) >= at(row - 1, column) => {
                found.push(Piece::Added((*word).to_owned()));
                column -= 1;
            }
            (Some(word), _) => {
                found.push(Piece::Removed((*word).to_owned()));
                row -= 1;
            }
            (None, _) => break,
        }
    }
    for piece in found.into_iter().rev() {
        push(pieces, piece);
    }
}

/// Adds a piece, to the last one where that is of its kind.
fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    match (pieces.last_mut(), piece) {
        (Some(Piece::Same(text)), Piece::Same(more))
        | (Some(Piece::Removed(text)), Piece::Removed(more))
        | (Some(Piece::Added(text)), Piece::Added(more)) => text.push_str(&more),
        (_, piece) => pieces.push(piece),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(old: &str, new: &str) -> String {
        let show = |piece| match piece {
            Piece::Same(text) => text,
            Piece::Removed(text) => format!("[-{text}-]"),
            Piece::Added(text) => format!("[+{text}+]"),
        };
        compare(old, new).into_iter().map(show).collect()
    }

    #[test]
    fn words_are_compared() {
        for (old, new, expected) in [
            ("", "", ""),
            ("", "a b", "[+a b+]"),
            ("a b", "", "[-a b-]"),
            ("wait a minute", "wait a second", "wait a [-minute-][+second+]"),
            ("рахунок не знайдено", "рахунок 5 не знайдено", "рахунок [+5 +]не знайдено"),
            ("a, b", "a; b", "a[-, -][+; +]b"),
            ("x one y two z", "x y z", "x [-one -]y [-two -]z"),
        ] {
            assert_eq!(shown(old, new), expected, "{old} → {new}");
        }
    }

    #[test]
    fn long_texts_that_share_nothing_are_replaced_as_a_whole() {
        let (old, new) = ("a ".repeat(10_000), "b ".repeat(10_000));
        assert_eq!(compare(&old, &new), [Piece::Removed(old.clone()), Piece::Added(new.clone())]);
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_from_the_pieces(old in "[ab ,\nє]{0,30}", new in "[ab ,\nє]{0,30}") {
            let (mut a, mut b) = (String::new(), String::new());
            for piece in compare(&old, &new) {
                match piece {
                    Piece::Same(text) => { a.push_str(&text); b.push_str(&text); }
                    Piece::Removed(text) => a.push_str(&text),
                    Piece::Added(text) => b.push_str(&text),
                }
            }
            prop_assert_eq!((a, b), (old, new));
        }
    }
}
