//! What a status has to be to stand in the tree.

use super::{DraftError, check_given, check_status};
use crate::{
    domain::{KnownErrorId, StatusCode, StatusError},
    inference::{Index, Rule, RuleError},
};

/// Levels above a status; deeper trees are refused, and so are circles.
const MAX_DEPTH: usize = 16;

/// What is wrong with a status.
#[derive(Debug, thiserror::Error)]
pub enum StatusFault {
    /// Its number, title or parent.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// It would stand below itself, or too deep.
    #[error("parent: the status would stand below itself, or too deep")]
    Circle,
    /// Its colour is none.
    #[error("colour: `#rrggbb` is wanted")]
    Colour,
    /// A key word identifies a customer, a card or a session.
    #[error("keywords: {0}")]
    Keyword(RuleError),
}

/// Checks a status that takes the place of the one with its code among those that are there.
///
/// # Errors
/// When its title is blank, its parent unknown, out of use, its own descendant or too deep, its colour none, or a key word is no word.
pub fn check_status_change(status: &StatusError, known: &[StatusError]) -> Result<(), StatusFault> {
    let others: Vec<StatusError> = known.iter().filter(|other| other.code != status.code).cloned().collect();
    let parent =
        |code: StatusCode| if code == status.code { status.parent } else { others.iter().find(|other| other.code == code)?.parent };
    if status.parent == Some(status.code) {
        return Err(StatusFault::Circle);
    }
    check_status(status, &others)?;
    if let Some(code) = status.parent {
        let before = known.iter().find(|other| other.code == status.code).and_then(|status| status.parent);
        check_given(code, before, &others)?;
    }
    let mut above = status.parent;
    for _ in 0..MAX_DEPTH {
        match above {
            None => break,
            Some(code) if code == status.code => return Err(StatusFault::Circle),
            Some(code) => above = parent(code),
        }
    }
    if above.is_some() {
        return Err(StatusFault::Circle);
    }
    let is_colour = |text: &str| text.len() == 7 && text.starts_with('#') && text.bytes().skip(1).all(|byte| byte.is_ascii_hexdigit());
    if status.colour.as_deref().is_some_and(|colour| !is_colour(colour)) {
        return Err(StatusFault::Colour);
    }
    let rule = Rule { status_keywords: status.keywords.clone(), ..Rule::from_text(KnownErrorId("status".into()), "any text") };
    Index::new().upsert(rule).map_err(StatusFault::Keyword)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: i32, parent: Option<i32>) -> StatusError {
        StatusError { parent: parent.map(StatusCode), ..StatusError::new(StatusCode(code), "T") }
    }

    #[test]
    fn a_status_moves_anywhere_but_below_itself() {
        let known = [status(1, None), status(2, Some(1)), status(3, Some(2)), status(4, None)];
        for (code, parent, fits) in
            [(3, Some(4), true), (1, Some(4), true), (1, Some(3), false), (1, Some(1), false), (2, Some(9), false), (5, Some(3), true)]
        {
            assert_eq!(check_status_change(&status(code, parent), &known).is_ok(), fits, "{code} below {parent:?}");
        }
    }

    #[test]
    fn nothing_comes_to_stand_below_a_status_that_is_out_of_use() {
        let known = [StatusError { retired: true, ..status(1, None) }, status(2, Some(1)), status(3, None)];
        for (code, parent, fits) in [(2, Some(1), true), (2, Some(3), true), (3, Some(1), false), (4, Some(1), false)] {
            assert_eq!(check_status_change(&status(code, parent), &known).is_ok(), fits, "{code} below {parent:?}");
        }
    }

    #[test]
    fn colours_and_key_words_are_checked() {
        let own = |change: fn(&mut StatusError)| {
            let mut status = status(1, None);
            change(&mut status);
            check_status_change(&status, &[])
        };
        assert!(own(|status| status.colour = Some("#0f766e".into())).is_ok());
        assert!(matches!(own(|status| status.colour = Some("red".into())), Err(StatusFault::Colour)));
        assert!(matches!(own(|status| status.keywords = vec!["4149 4390 1234 5678".into()]), Err(StatusFault::Keyword(_))));
        assert!(matches!(own(|status| status.title = " ".into()), Err(StatusFault::Draft(DraftError::NoStatusTitle))));
    }
}
