//! Drafts made ahead: for groups of unknown errors that nobody asked about yet, the most frequent first, a few at a time, within the
//! budget of a day, in the configured language, and only where a model runs on its own and something near is known.

use bson::DateTime;

use super::{gather, prepare, settle};
use crate::{
    domain::{DAY_MS, GroupState, LogError, Suggestion, SuggestionState},
    store::{self, Queue, QueueCursor, QueueOrder, SuggestionPlace, SuggestionQueue},
    suggest::Evidence,
    usecase::Services,
};

/// Groups looked at in one step.
const LOOKED_AT: usize = 10;
/// Drafts made ahead that may wait.
const WAITING: usize = 3;

/// Which groups come next.
#[derive(Default)]
pub(super) struct Plan {
    after: Option<QueueCursor>,
    /// Up to which draft was looked for those that became of no use.
    swept: Option<SuggestionPlace>,
}

impl Plan {
    /// Settles what became of no use, looks at the next groups, and asks for drafts of those that have none for what is known of them now.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn step(&mut self, services: &Services, now: DateTime) -> store::Result<()> {
        self.swept = settle::sweep(services, self.swept, now).await?;
        let mut room = room(services, now).await?;
        if room == 0 {
            return Ok(());
        }
        let queue = Queue { state: Some(GroupState::Unknown), after: self.after, limit: LOOKED_AT, ..Queue::default() };
        let groups = services.store.list_queue(&queue).await?;
        self.after = groups.last().filter(|_| groups.len() == LOOKED_AT).map(|last| QueueOrder::Count.place(last));
        for group in groups {
            if room == 0 {
                break;
            }
            if let Some(wanted) = wanted(services, &group, now).await?
                && services.store.insert_suggestion(&wanted).await?
            {
                room -= 1;
                services.drafts.wake();
            }
        }
        Ok(())
    }
}

/// How many may be asked for now.
async fn room(services: &Services, now: DateTime) -> store::Result<usize> {
    let budget = i64::from(services.config.llm.drafts_per_day);
    if budget == 0 || !services.drafts.has_model() {
        return Ok(0);
    }
    let since = DateTime::from_millis(now.timestamp_millis().saturating_sub(DAY_MS));
    let left = budget - services.store.count_made_ahead(since).await?;
    let queue = SuggestionQueue { state: SuggestionState::Queued, after: None, limit: WAITING };
    let waiting = services.store.list_suggestions_in(&queue).await?;
    Ok(usize::try_from(left).unwrap_or_default().min(WAITING.saturating_sub(waiting.len())))
}

/// The draft that a group lacks.
async fn wanted(services: &Services, group: &LogError, now: DateTime) -> store::Result<Option<Suggestion>> {
    let language = services.config.llm.language.code();
    let mut evidence = gather::of_group(services, group, "", language).await?;
    if !prepare::carries(&evidence) {
        return Ok(None);
    }
    let earlier = services.store.list_suggestions(&group.id, gather::EARLIER).await?;
    evidence.rejected = gather::rejected(&earlier);
    let fingerprint = evidence.fingerprint();
    // What people asked for is theirs, in their language and with what they added; but what is known may have changed since.
    let is_of_now = |other: &Suggestion| match other.language == language {
        true if other.continues.is_some() => true,
        true => other.fingerprint == Evidence { context: other.context.clone(), ..evidence.clone() }.fingerprint(),
        false => other.urgent,
    };
    Ok((!earlier.iter().any(is_of_now)).then(|| Suggestion::asked(group.id, &fingerprint, language, 0, "", now)))
}
