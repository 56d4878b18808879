//! What the audit log keeps of a change of many groups: where each stood and where it stands, and what was decided.

use bson::{Bson, Document, doc};

use super::{Decision, bulk::ForAll};
use crate::domain::{GroupChange, Standing};

/// Where the groups of a change stand, before or after it; what is usual of one is left out, so that the account of 500 groups stays small.
pub(super) fn of(changes: &[GroupChange], standing: fn(&GroupChange) -> &Standing) -> Document {
    let groups: Vec<Bson> = changes.iter().map(|change| stands(change, standing(change)).into()).collect();
    doc! { "groups": groups }
}

fn stands(change: &GroupChange, standing: &Standing) -> Document {
    let triage = &standing.triage;
    let mut told = doc! { "group": change.group.0, "state": standing.state.as_str() };
    if let Some(assignee) = &triage.assignee {
        told.insert("assignee", assignee);
    }
    if let Some(until) = triage.ignored.as_ref().and_then(|ignored| bson::serialize_to_bson(&ignored.until).ok()) {
        told.insert("ignored_until", until);
    }
    if triage.review {
        told.insert("review", true);
    }
    if let Some(into) = triage.merged_into {
        told.insert("merged_into", into.0);
    }
    told
}

/// Where the groups stand, with what was decided of them.
pub(super) fn decided(decision: &ForAll, mut after: Document) -> Document {
    let decision = match decision {
        ForAll::Each(Decision::Assign(to)) => doc! { "assign": to.as_deref() },
        ForAll::Each(Decision::Ignore(until)) => doc! { "ignore": bson::serialize_to_bson(until).unwrap_or(Bson::Null) },
        ForAll::Each(Decision::Reopen) => doc! { "reopen": true },
        ForAll::Merge(into) => doc! { "merge": into.0 },
    };
    after.insert("decision", decision);
    after
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{GroupId, GroupState, Ignored, Triage, Until};

    #[test]
    fn what_was_and_what_is_are_documents() {
        let group = GroupId::from_content(&[b"a"]);
        let standing = |state, triage| Standing { state, triage };
        let ignored = Ignored { until: Until::More(5), by: "olena".to_owned(), at: bson::DateTime::MIN, count: 1, seen: None };
        let change = GroupChange {
            group,
            was: standing(GroupState::Unknown, Triage { assignee: Some("petro".to_owned()), ..Triage::default() }),
            is: standing(GroupState::Ignored, Triage { ignored: Some(ignored), ..Triage::default() }),
        };
        let changes = [change];
        assert_eq!(of(&changes, |change| &change.was), doc! { "groups": [{ "group": group.0, "state": "unknown", "assignee": "petro" }] });
        let after = decided(&ForAll::Each(Decision::Ignore(Until::More(5))), of(&changes, |change| &change.is));
        let stands = doc! { "group": group.0, "state": "ignored", "ignored_until": { "more": 5_i64 } };
        assert_eq!(after, doc! { "groups": [stands], "decision": { "ignore": { "more": 5_i64 } } });
        let merged = decided(&ForAll::Merge(group), Document::new());
        assert_eq!(merged, doc! { "decision": { "merge": group.0 } });
    }
}
