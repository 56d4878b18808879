//! What an approval makes of the drafts of its group: the latest was taken, as it was or edited; the others are of no use any more.

use bson::DateTime;

use crate::{
    domain::{GroupId, KnownErrorId, Suggestion, SuggestionState},
    store::{self, SuggestionQueue},
    suggest::distance::{Taken, taken},
    usecase::{
        Services,
        audit::{self, AuditAction, Deed},
    },
};

/// Suggestions of a group that are looked at.
const LOOKED_AT: usize = 50;
/// An approved text of which more than this was changed is the analyst's own: the draft was turned down.
const OWN: f64 = 0.8;

/// Notes what became of the drafts of a group that was explained by these answers.
///
/// # Errors
/// When the store fails.
pub async fn approved(
    services: &Services,
    group: &GroupId,
    known: &KnownErrorId,
    answers: &[String],
    by: &str,
    now: DateTime,
) -> store::Result<()> {
    let mut latest = true;
    for was in services.store.list_suggestions(group, LOOKED_AT).await? {
        let state = was.state;
        let is = match state {
            SuggestionState::Done if latest => {
                latest = false;
                decided(was.clone(), known, answers, by, now)
            }
            SuggestionState::Done | SuggestionState::Queued | SuggestionState::Drafting => {
                Suggestion { decided_by: by.to_owned(), ..was.clone().settled(SuggestionState::Cancelled, "", now) }
            }
            _ => continue,
        };
        if !services.store.update_suggestion(&is, state, None).await? {
            continue;
        }
        services.drafts.stop(&is.id);
        let action = match is.state {
            SuggestionState::Approved => AuditAction::SuggestionApprove,
            SuggestionState::Rejected => AuditAction::SuggestionReject,
            _ => continue,
        };
        audit::record(services, Deed::new(action, is.id).by(by).before(&was.proposal).after(&answers)).await?;
    }
    Ok(())
}

/// Settles the drafts of groups that were explained without a word of it to them: by a process that ended before it could say so, or by
/// knowledge from elsewhere.
///
/// # Errors
/// When the store fails.
pub(super) async fn sweep(services: &Services, now: DateTime) -> store::Result<()> {
    let waiting = SuggestionQueue { state: SuggestionState::Done, limit: LOOKED_AT };
    for draft in services.store.list_suggestions_in(&waiting).await? {
        let Some(group) = services.store.find_log_error(&draft.group).await? else { continue };
        let Some(known) = group.known_error_id else { continue };
        match services.store.find_known_error(&known).await?.filter(|entry| entry.from_group == Some(group.id)) {
            Some(entry) => {
                let answers = services.store.list_answers(Some(&known)).await?.into_iter().map(|answer| answer.text);
                approved(services, &group.id, &known, &answers.collect::<Vec<_>>(), &entry.approved_by, now).await?;
            }
            None => {
                let cancelled = draft.settled(SuggestionState::Cancelled, "", now);
                services.store.update_suggestion(&cancelled, SuggestionState::Done, None).await?;
            }
        }
    }
    Ok(())
}

/// What became of the draft that the analyst had before them.
fn decided(draft: Suggestion, known: &KnownErrorId, answers: &[String], by: &str, now: DateTime) -> Suggestion {
    let text = draft.proposal.as_ref().map(|proposal| proposal.answer()).unwrap_or_default();
    let whole = answers.join("\n\n");
    // A draft may have become one answer of several.
    let share = answers.iter().chain([&whole]).map(|answer| changed(&text, answer)).fold(1.0, f64::min);
    let state = if share > OWN { SuggestionState::Rejected } else { SuggestionState::Approved };
    let known_error_id = Some(known.clone());
    Suggestion { decided_by: by.to_owned(), edit_distance: Some(share), known_error_id, ..draft.settled(state, "", now) }
}

/// The share of the text that was changed.
fn changed(draft: &str, approved: &str) -> f64 {
    match taken(draft, approved) {
        Taken::AsItWas => 0.0,
        Taken::Edited { share, .. } => share,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Proposal;

    #[test]
    fn a_draft_is_taken_edited_or_turned_down() {
        let proposal = Proposal { cause: "The gateway is closed.".into(), steps: vec!["Wait a minute.".into()], ..Proposal::default() };
        let asked = Suggestion::asked(GroupId::from_content(&[b"g"]), "f", "en", 0, "olena", DateTime::from_millis(1));
        let draft = Suggestion { proposal: Some(proposal), state: SuggestionState::Done, ..asked };
        for (answers, state, edited) in [
            (&["The gateway is closed.\nWait a minute."][..], SuggestionState::Approved, false),
            (&["The gateway is closed. Wait  a minute.", "Or call."], SuggestionState::Approved, false),
            (&["The gateway is closed.\nWait two minutes."], SuggestionState::Approved, true),
            (&["Ні."], SuggestionState::Rejected, true),
        ] {
            let answers: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
            let found = decided(draft.clone(), &KnownErrorId("k".into()), &answers, "petro", DateTime::from_millis(2));
            assert_eq!((found.state, found.is_edited()), (state, edited), "{answers:?}");
        }
    }
}
