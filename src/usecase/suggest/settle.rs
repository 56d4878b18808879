//! What an approval makes of the drafts of its group: the nearest to what was approved was taken, as it was or edited; the others are of
//! no use any more.

use bson::DateTime;

use crate::{
    domain::{GroupId, KnownErrorId, Suggestion, SuggestionId, SuggestionState},
    store::{self, SuggestionPlace, SuggestionQueue},
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
    let drafts = services.store.list_suggestions(group, LOOKED_AT).await?;
    let taken = taken_from(&drafts, answers);
    for was in drafts {
        let state = was.state;
        let is = match state {
            SuggestionState::Done if taken == Some(was.id) => decided(was.clone(), known, answers, by, now),
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
/// knowledge from elsewhere. It looks at some behind that place; where it has to go on is what it says.
///
/// # Errors
/// When the store fails.
pub(super) async fn sweep(services: &Services, after: Option<SuggestionPlace>, now: DateTime) -> store::Result<Option<SuggestionPlace>> {
    let queue = SuggestionQueue { state: SuggestionState::Done, after, limit: LOOKED_AT };
    let waiting = services.store.list_suggestions_in(&queue).await?;
    let last = waiting.last().filter(|_| waiting.len() == LOOKED_AT).map(SuggestionPlace::of);
    for draft in waiting {
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
    Ok(last)
}

/// The draft that the answers were made of: there may be one in each language. Of equals the latest.
fn taken_from(drafts: &[Suggestion], answers: &[String]) -> Option<SuggestionId> {
    let done = drafts.iter().filter(|draft| draft.state == SuggestionState::Done);
    done.min_by(|a, b| share_changed(a, answers).total_cmp(&share_changed(b, answers))).map(|draft| draft.id)
}

/// The share of a draft that was changed.
fn share_changed(draft: &Suggestion, answers: &[String]) -> f64 {
    let text = draft.proposal.as_ref().map(|proposal| proposal.answer()).unwrap_or_default();
    let whole = answers.join("\n\n");
    // A draft may have become one answer of several.
    answers.iter().chain([&whole]).map(|answer| changed(&text, answer)).fold(1.0, f64::min)
}

/// What became of the draft that the analyst had before them.
fn decided(draft: Suggestion, known: &KnownErrorId, answers: &[String], by: &str, now: DateTime) -> Suggestion {
    let share = share_changed(&draft, answers);
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
    fn of_drafts_in_two_languages_the_one_that_was_used_is_taken() {
        let draft = |language: &str, cause: &str, state| {
            let asked = Suggestion::asked(GroupId::from_content(&[b"g"]), "f", language, 0, "olena", DateTime::from_millis(1));
            Suggestion { proposal: Some(Proposal { cause: cause.into(), ..Proposal::default() }), state, ..asked }
        };
        let english = draft("en", "The gateway is closed.", SuggestionState::Done);
        let ukrainian = draft("uk", "Шлюз закрито.", SuggestionState::Done);
        let failed = draft("uk", "Шлюз закрито.", SuggestionState::Failed);
        for (answer, drafts, taken) in [
            ("Шлюз закрито!", [&english, &ukrainian], Some(ukrainian.id)),
            ("The gateway is closed.", [&ukrainian, &english], Some(english.id)),
            ("QQQ", [&english, &ukrainian], Some(english.id)),
            ("Шлюз закрито.", [&failed, &failed], None),
        ] {
            assert_eq!(taken_from(&drafts.map(Clone::clone), &[answer.to_owned()]), taken, "{answer}");
        }
    }

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
