//! The life of a known error: which states follow which, and who may lead it there. What comes into force is signed.

use bson::DateTime;

use super::{DraftError, check_rule};
use crate::domain::{Answer, KnownError, LifeCycle, Role};

/// From a state to another, and the least role that may do so.
const MOVES: [(LifeCycle, LifeCycle, Role); 10] = [
    (LifeCycle::Draft, LifeCycle::Review, Role::ProgrammerDeveloper),
    (LifeCycle::Draft, LifeCycle::Retired, Role::ExpertAnalyst),
    (LifeCycle::Review, LifeCycle::Approved, Role::ExpertAnalyst),
    (LifeCycle::Review, LifeCycle::Draft, Role::ExpertAnalyst),
    (LifeCycle::Approved, LifeCycle::Fixed, Role::ExpertAnalyst),
    (LifeCycle::Approved, LifeCycle::Retired, Role::ExpertAnalyst),
    (LifeCycle::Fixed, LifeCycle::Approved, Role::ExpertAnalyst),
    (LifeCycle::Fixed, LifeCycle::Retired, Role::ExpertAnalyst),
    (LifeCycle::Review, LifeCycle::Retired, Role::ExpertAnalyst),
    // What was retired on purpose is written and reviewed anew.
    (LifeCycle::Retired, LifeCycle::Draft, Role::SystemAdministrator),
];

/// Why an entry does not go on.
#[derive(Debug, thiserror::Error)]
pub enum LifeError {
    /// The state does not follow, or not for this role.
    #[error("a {from:?} known error does not become {to:?} by a {role:?}")]
    NoMove {
        /// The state it is in.
        from: LifeCycle,
        /// The state asked for.
        to: LifeCycle,
        /// Who asked.
        role: Role,
    },
    /// It cannot come into force as it is.
    #[error(transparent)]
    Incomplete(#[from] DraftError),
}

/// The states that an entry may be led to by this role.
pub fn moves(from: LifeCycle, role: Role) -> impl Iterator<Item = LifeCycle> {
    MOVES.into_iter().filter(move |(state, _, least)| *state == from && role >= *least).map(|(_, to, _)| to)
}

/// Who leads an entry on.
#[derive(Debug, Clone, Copy)]
pub struct Reviewer<'a> {
    /// Their name.
    pub name: &'a str,
    /// What they may do.
    pub role: Role,
}

/// Leads an entry to another state; `fixed_at` says since when its cause is removed. What comes into force is checked and signed.
///
/// # Errors
/// When the state does not follow, the role may not, or the entry cannot come into force.
pub fn advance(
    entry: &KnownError,
    answers: &[Answer],
    to: LifeCycle,
    fixed_at: Option<DateTime>,
    reviewer: Reviewer<'_>,
    now: DateTime,
) -> Result<KnownError, LifeError> {
    if !moves(entry.state, reviewer.role).any(|state| state == to) {
        return Err(LifeError::NoMove { from: entry.state, to, role: reviewer.role });
    }
    let mut next = KnownError { state: to, ..entry.clone() };
    if to.matches() {
        check_rule(&next)?;
        if answers.is_empty() {
            return Err(DraftError::NoAnswer.into());
        }
        (next.approved_by, next.approved_at) = (reviewer.name.to_owned(), now);
    }
    next.tenure.merged_into = None;
    next.tenure.fixed_at = (to == LifeCycle::Fixed).then(|| fixed_at.unwrap_or(now));
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{KnownErrorId, StatusCode},
        review::{Draft, answers, on_trial},
    };

    fn entry(state: LifeCycle) -> KnownError {
        let draft = Draft { text: "Account not found".into(), status: StatusCode(1), ..Draft::default() };
        KnownError { state, ..on_trial(draft, DateTime::from_millis(0)) }
    }

    #[test]
    fn each_role_leads_an_entry_where_it_may() {
        use LifeCycle::{Approved, Draft, Fixed, Retired, Review};
        for (from, role, expected) in [
            (Draft, Role::BranchOperator, vec![]),
            (Draft, Role::ProgrammerDeveloper, vec![Review]),
            (Draft, Role::ExpertAnalyst, vec![Review, Retired]),
            (Review, Role::ProgrammerDeveloper, vec![]),
            (Review, Role::ExpertAnalyst, vec![Approved, Draft, Retired]),
            (Approved, Role::ExpertAnalyst, vec![Fixed, Retired]),
            (Fixed, Role::ExpertAnalyst, vec![Approved, Retired]),
            (Retired, Role::ExpertAnalyst, vec![]),
            (Retired, Role::SystemAdministrator, vec![Draft]),
        ] {
            assert_eq!(moves(from, role).collect::<Vec<_>>(), expected, "{from:?} {role:?}");
        }
    }

    #[test]
    fn what_comes_into_force_is_complete_and_signed() {
        let (petro, now) = (Reviewer { name: "petro", role: Role::ExpertAnalyst }, DateTime::from_millis(7));
        let review = entry(LifeCycle::Review);
        let lead = |entry: &KnownError, answers: &[Answer], to| advance(entry, answers, to, None, petro, now);
        assert!(matches!(lead(&review, &[], LifeCycle::Approved), Err(LifeError::Incomplete(DraftError::NoAnswer))));
        let remedies = answers(&KnownErrorId("k".into()), &[("Wait.".into(), None)], "olena", now);
        let blank = KnownError { text: String::new(), ..review.clone() };
        assert!(matches!(lead(&blank, &remedies, LifeCycle::Approved), Err(LifeError::Incomplete(DraftError::Rule(_)))));
        let approved = lead(&review, &remedies, LifeCycle::Approved).unwrap();
        assert_eq!((approved.approved_by.as_str(), approved.approved_at, approved.state), ("petro", now, LifeCycle::Approved));
        let fixed = advance(&approved, &remedies, LifeCycle::Fixed, Some(DateTime::from_millis(5)), petro, now).unwrap();
        assert_eq!(fixed.tenure.fixed_at, Some(DateTime::from_millis(5)));
        assert_eq!(lead(&fixed, &remedies, LifeCycle::Approved).unwrap().tenure.fixed_at, None);
        assert!(matches!(lead(&approved, &remedies, LifeCycle::Draft), Err(LifeError::NoMove { .. })));
    }

    #[test]
    fn only_what_happened_after_the_fix_is_a_regression() {
        let moment = |ms| Some(DateTime::from_millis(ms));
        let mut known = entry(LifeCycle::Fixed);
        known.tenure.fixed_at = moment(10);
        for (state, last_seen, regressed) in [
            (LifeCycle::Fixed, None, false),
            (LifeCycle::Fixed, moment(9), false),
            (LifeCycle::Fixed, moment(10), false),
            (LifeCycle::Fixed, moment(11), true),
            (LifeCycle::Approved, moment(11), false),
        ] {
            assert_eq!(KnownError { state, last_seen, ..known.clone() }.regressed(), regressed, "{state:?} {last_seen:?}");
        }
    }
}
