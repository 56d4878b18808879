//! Joining two known errors that are one: what either was recognised by, the one that stays is recognised by.

use super::Revision;
use crate::domain::{Answer, KnownError};

/// What the entry that stays is from now on. Each part is chosen so that nothing that `other` caught by it is lost: words that mark an
/// error are all of both, words that must or must not be there only those that both ask for, of conditions either has to hold.
pub fn join(entry: &KnownError, answers: &[Answer], other: &KnownError, others_answers: &[Answer]) -> Revision {
    let mut joined = Revision::of(entry, answers);
    let theirs = Revision::of(other, others_answers);
    joined.title_uk = joined.title_uk.or(theirs.title_uk);
    if joined.text.trim().is_empty() {
        joined.text = theirs.text;
    }
    joined.keywords.extend(theirs.keywords);
    joined.keywords_any.extend(theirs.keywords_any);
    joined.keywords_all.retain(|word| theirs.keywords_all.contains(word));
    joined.keywords_none.retain(|word| theirs.keywords_none.contains(word));
    joined.code = joined.code.or(theirs.code);
    joined.regex = match (joined.regex, theirs.regex) {
        (Some(one), Some(two)) if one != two => Some(format!("(?:{one})|(?:{two})")),
        (one, two) => one.or(two),
    };
    joined.conditions = match (joined.conditions, theirs.conditions) {
        (Some(one), Some(two)) if one != two => Some(format!("({one}) or ({two})")),
        (Some(one), Some(_)) => Some(one),
        _ => None,
    };
    joined.valid_from = joined.valid_from.zip(theirs.valid_from).map(|(one, two)| one.min(two));
    joined.valid_to = joined.valid_to.zip(theirs.valid_to).map(|(one, two)| one.max(two));
    joined.status = joined.status.or(theirs.status);
    joined.owner = joined.owner.or(theirs.owner);
    joined.answers.extend(theirs.answers);
    joined
}

#[cfg(test)]
mod tests {
    use bson::DateTime;

    use super::*;
    use crate::review::{Draft, answers, on_trial};

    fn known(text: &str, change: impl FnOnce(&mut KnownError)) -> KnownError {
        let mut entry = on_trial(Draft { text: text.into(), ..Draft::default() }, DateTime::from_millis(0));
        change(&mut entry);
        entry
    }

    #[test]
    fn the_one_that_stays_catches_what_either_caught() {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let one = known("one", |entry| {
            entry.keywords = list(&["a"]);
            entry.keywords_all = list(&["x", "y"]);
            (entry.regex, entry.conditions) = (Some("r1".into()), Some("branch = K01".into()));
        });
        let two = known("two", |entry| {
            entry.keywords = list(&["b"]);
            entry.keywords_all = list(&["y", "z"]);
            (entry.regex, entry.conditions) = (Some("r2".into()), Some("branch = K02 or branch = K03".into()));
            entry.tenure.valid_from = Some(DateTime::from_millis(5));
        });
        let given = |entry: &KnownError, text: &str| answers(&entry.id, &[(text.to_owned(), None)], "a", DateTime::from_millis(0));
        let joined = join(&one, &given(&one, "Wait."), &two, &given(&two, "Ask."));
        assert_eq!((joined.text.as_str(), joined.keywords, joined.keywords_all), ("one", list(&["a", "b"]), list(&["y"])));
        assert_eq!(joined.regex.as_deref(), Some("(?:r1)|(?:r2)"));
        assert_eq!(joined.conditions.as_deref(), Some("(branch = K01) or (branch = K02 or branch = K03)"));
        assert_eq!((joined.valid_from, joined.answers.len()), (None, 2));
        let anywhere = known("two", |_| ());
        assert_eq!(join(&one, &[], &anywhere, &[]).conditions, None);
    }
}
