//! A text of a model with the places that the evidence does not bear out.

use crate::domain::Doubt;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    /// Why it is marked, as a message key; blank where it is not.
    pub(super) doubt: &'static str,
}

/// The text in pieces; doubts whose bytes are no place in it are passed over.
pub(super) fn pieces<'a>(text: &str, doubts: impl IntoIterator<Item = &'a Doubt>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut done = 0;
    for doubt in doubts {
        let (Ok(start), Ok(end)) = (usize::try_from(doubt.start), usize::try_from(doubt.end)) else { continue };
        let (Some(before), Some(marked)) = (text.get(done..start), text.get(start..end)) else { continue };
        if !before.is_empty() {
            pieces.push(Piece { text: before.to_owned(), doubt: "" });
        }
        let doubt = if doubt.only_logs { "suggest.doubt.logs" } else { "suggest.doubt.nowhere" };
        pieces.push(Piece { text: marked.to_owned(), doubt });
        done = end;
    }
    let rest = text.get(done..).unwrap_or_default();
    if !rest.is_empty() {
        pieces.push(Piece { text: rest.to_owned(), doubt: "" });
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_lost_whatever_the_doubts_say() {
        let doubt = |start, end| Doubt { step: None, start, end, only_logs: false };
        let text = "Go to хост.example now";
        for (doubts, marked) in [
            (vec![], vec![]),
            (vec![doubt(6, 22)], vec!["хост.example"]),
            (vec![doubt(0, 2), doubt(3, 5)], vec!["Go", "to"]),
            (vec![doubt(0, 5), doubt(3, 8)], vec!["Go to"]),
            (vec![doubt(7, 9), doubt(-1, 4), doubt(5, 900), doubt(4, 2)], vec![]),
        ] {
            let found = pieces(text, &doubts);
            assert_eq!(found.iter().map(|piece| piece.text.as_str()).collect::<String>(), text);
            let found: Vec<_> = found.iter().filter(|piece| !piece.doubt.is_empty()).map(|piece| piece.text.as_str()).collect();
            assert_eq!(found, marked);
        }
    }
}
