//! What this process learnt of groups becomes a step that all processes know, in one order.
//!
//! A process adds a step only after the last one that it knows. Where the store has another of that number already, it takes back what it
//! learnt, takes over what the others did, and has its messages grouped again. A process that is killed after its step leaves groups that
//! have no messages: whoever meets one puts it there.

use std::{sync::PoisonError, time::Duration};

use super::Groups;
use crate::{
    domain::{GroupPattern, GroupStep},
    store::{self, Store},
    usecase::retry,
};

/// Most groups of a step.
const STEP: usize = 1000;
/// About so many bytes of patterns are the most of a step, far below what a document may have.
const STEP_BYTES: usize = 4 << 20;
/// Steps of others that are taken over at a time: whoever starts has all there ever were before him.
const PORTION: usize = 100;
/// How often messages are grouped again until whoever sent them has to try. Each time some other process has got further, so that this many
/// are for very many processes that all meet what is new to them.
pub(in crate::usecase) const ATTEMPTS: usize = 1000;
/// Looks for a step that is taken and not to be seen yet, as a majority is just writing it, and pause between two.
const LOOKS: usize = 50;
const PAUSE: Duration = Duration::from_millis(20);

/// The error after so many attempts: trying again later may help.
pub(in crate::usecase) fn disagreed() -> store::Error {
    store::Error::Unavailable { reason: "other servers learn groups of errors faster than this one can follow".to_owned(), source: None }
}

impl Groups {
    /// Grows whenever something is taken back that was learnt.
    pub(in crate::usecase) fn turn(&self) -> u64 {
        self.grouper.lock().unwrap_or_else(PoisonError::into_inner).turn()
    }

    /// Has all processes know what this one has learnt, before what was grouped since a turn is stored. False where others had learnt
    /// something first: the messages are to be grouped again. Asks the store only where there is something to tell.
    ///
    /// # Errors
    /// When the store does not answer for longer than it is waited for, or a step is corrupt.
    pub(in crate::usecase) async fn agree(&self, store: &dyn Store, turn: u64, patience: Duration) -> store::Result<bool> {
        retry(patience, "agree on error groups", || self.agree_once(store, turn)).await
    }

    async fn agree_once(&self, store: &dyn Store, turn: u64) -> store::Result<bool> {
        let Some(mut n_left) = self.n_untold(turn) else { return Ok(false) };
        // What this process learns meanwhile is told by whoever stores that.
        while n_left > 0 {
            let mut step = self.step.lock().await;
            // Others in this process may have told it, or taken it back.
            let Some(patterns) = self.untold(turn) else { return Ok(false) };
            if patterns.is_empty() {
                return Ok(true);
            }
            let next = GroupStep { number: *step + 1, patterns };
            if !store.insert_group_step(&next).await? {
                self.follow(store, &mut step).await?;
                return Ok(false);
            }
            // While the step is held nothing is taken back, so that the first of what is untold still are these.
            self.grouper.lock().unwrap_or_else(PoisonError::into_inner).settle(next.patterns.len());
            *step = next.number;
            n_left = n_left.saturating_sub(next.patterns.len());
        }
        Ok(self.turn() == turn)
    }

    /// Takes over the steps of others, one of which is there at least.
    async fn follow(&self, store: &dyn Store, step: &mut i64) -> store::Result<()> {
        for _ in 0..LOOKS {
            let before = *step;
            self.catch_up(store, step).await?;
            if *step > before {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(store::Error::Unavailable {
            reason: "a majority does not have yet what another server learnt of groups".to_owned(),
            source: None,
        })
    }

    /// Takes over the steps that others added; what this process learnt and did not tell is taken back for it.
    pub(super) async fn catch_up(&self, store: &dyn Store, step: &mut i64) -> store::Result<()> {
        loop {
            let steps = store.list_group_steps(*step, PORTION).await?;
            if steps.is_empty() {
                return Ok(());
            }
            let is_last = steps.len() < PORTION;
            self.take_over(steps, step)?;
            if is_last {
                return Ok(());
            }
        }
    }

    /// Takes over these steps, which are the next.
    fn take_over(&self, steps: Vec<GroupStep>, step: &mut i64) -> store::Result<()> {
        let mut grouper = self.grouper.lock().unwrap_or_else(PoisonError::into_inner);
        grouper.take_back();
        for next in steps {
            for GroupPattern { group, pattern } in &next.patterns {
                grouper.restore(*group, pattern).map_err(|error| store::Error::Corrupt {
                    collection: "GroupStep",
                    id: next.number.to_string(),
                    reason: error.to_string(),
                })?;
            }
            *step = next.number;
        }
        Ok(())
    }

    /// How much there is to tell; none where something was taken back since the turn.
    fn n_untold(&self, turn: u64) -> Option<usize> {
        let grouper = self.grouper.lock().unwrap_or_else(PoisonError::into_inner);
        (grouper.turn() == turn).then(|| grouper.n_untold())
    }

    /// As much of it as makes a step; none where something was taken back since the turn.
    fn untold(&self, turn: u64) -> Option<Vec<GroupPattern>> {
        let grouper = self.grouper.lock().unwrap_or_else(PoisonError::into_inner);
        let told = |(group, pattern)| GroupPattern { group, pattern };
        (grouper.turn() == turn).then(|| grouper.untold(STEP, STEP_BYTES).into_iter().map(told).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{
        store::{AdminStore, GroupStepStore, sqlite::SqliteStore},
        usecase::groups::Grouped,
    };

    fn open(folder: &Path) -> SqliteStore {
        SqliteStore::open(&folder.join("test.db"), Duration::from_secs(5)).unwrap()
    }

    fn word(n: usize) -> String {
        const SYLLABLES: [&str; 8] = ["ka", "ri", "su", "to", "ne", "po", "vi", "lu"];
        [n / 512 % 8, n / 64 % 8, n / 8 % 8, n % 8].map(|n| SYLLABLES[n]).concat()
    }

    fn text(n: usize) -> String {
        format!("plug-in {} stopped early", word(n))
    }

    #[tokio::test]
    async fn what_others_learnt_first_is_taken_over_and_messages_are_grouped_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        store.migrate().await.unwrap();
        let (one, two) = (Groups::default(), Groups::default());
        let first = (0..17).map(|n| one.assign(&text(n)).id).collect::<Vec<_>>()[0];
        assert!(one.agree(&store, 0, Duration::ZERO).await.unwrap());

        let tentative = two.assign(&text(20));
        assert!(tentative.changed && tentative.id != first);
        assert!(!two.agree(&store, tentative.turn, Duration::ZERO).await.unwrap());
        // What was grouped before that holds no more, whoever asks; what is grouped again is where all have it.
        assert!(!two.agree(&store, tentative.turn, Duration::ZERO).await.unwrap());
        let again = two.assign(&text(20));
        assert_eq!((again.id, again.changed), (first, false));
        assert!(two.agree(&store, again.turn, Duration::ZERO).await.unwrap());
        assert_eq!(store.list_group_steps(0, usize::MAX).await.unwrap().len(), 1);

        // The other one learns next, and so on.
        two.assign("something else altogether happened");
        assert!(two.agree(&store, again.turn, Duration::ZERO).await.unwrap());
        let other = "nothing of that sort was expected there";
        let turn = one.assign(other).turn;
        assert!(!one.agree(&store, turn, Duration::ZERO).await.unwrap());
        let turn = one.assign(other).turn;
        assert!(one.agree(&store, turn, Duration::ZERO).await.unwrap());
        assert_eq!(store.list_group_steps(0, usize::MAX).await.unwrap().len(), 3);
    }

    #[tokio::test]
    async fn a_step_that_was_kept_unheard_is_taken_over_as_that_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        store.migrate().await.unwrap();
        let groups = Groups::default();
        let Grouped { id, turn, .. } = groups.assign(&text(0));
        let step = GroupStep { number: 1, patterns: groups.untold(turn).unwrap() };
        assert!(store.insert_group_step(&step).await.unwrap());
        assert!(!groups.agree(&store, turn, Duration::ZERO).await.unwrap());
        let again = groups.assign(&text(0));
        assert_eq!(again.id, id);
        assert!(groups.agree(&store, again.turn, Duration::ZERO).await.unwrap());
        assert_eq!(store.list_group_steps(0, usize::MAX).await.unwrap(), [step]);
    }

    #[tokio::test]
    async fn who_learnt_nothing_asks_nobody() {
        let folder = tempfile::tempdir().unwrap();
        // Without tables it refuses whatever it is asked.
        let store = open(folder.path());
        let groups = Groups::default();
        assert!(groups.agree(&store, groups.turn(), Duration::ZERO).await.unwrap());
        let turn = groups.assign(&text(0)).turn;
        assert!(groups.agree(&store, turn, Duration::ZERO).await.is_err());
        // What could not be told is told the next time.
        store.migrate().await.unwrap();
        assert!(groups.agree(&store, turn, Duration::ZERO).await.unwrap());
        assert_eq!(store.list_group_steps(0, usize::MAX).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn much_that_was_learnt_is_several_steps() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        store.migrate().await.unwrap();
        let (one, two) = (Groups::default(), Groups::default());
        let texts: Vec<String> = (0..1500).map(|n| format!("{} went {}", word(n), word(n + 1))).collect();
        let ids: Vec<_> = texts.iter().map(|text| one.assign(text).id).collect();
        assert!(one.agree(&store, 0, Duration::ZERO).await.unwrap());
        let steps = store.list_group_steps(0, usize::MAX).await.unwrap();
        assert_eq!(steps.iter().map(|step| step.patterns.len()).collect::<Vec<_>>(), [1000, 500]);
        two.refresh(&store).await.unwrap();
        assert!(texts.iter().zip(&ids).all(|(text, id)| two.find(text) == Some(*id)));
    }

    #[tokio::test]
    async fn who_starts_takes_over_all_steps_however_many() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        store.migrate().await.unwrap();
        let (one, two) = (Groups::default(), Groups::default());
        let texts: Vec<String> = (0..2 * PORTION).map(|n| format!("{} went {}", word(n), word(n + 1))).collect();
        let mut ids = Vec::new();
        for text in &texts {
            let Grouped { id, turn, .. } = one.assign(text);
            assert!(one.agree(&store, turn, Duration::ZERO).await.unwrap());
            ids.push(id);
        }
        assert_eq!(store.list_group_steps(0, usize::MAX).await.unwrap().len(), texts.len());
        two.refresh(&store).await.unwrap();
        assert!(texts.iter().zip(&ids).all(|(text, id)| two.find(text) == Some(*id)));
        // It goes on where the last portion ended.
        let turn = two.assign("something else altogether happened").turn;
        assert!(two.agree(&store, turn, Duration::ZERO).await.unwrap());
    }

    #[tokio::test]
    async fn what_is_learnt_apart_is_told_to_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        store.migrate().await.unwrap();
        let groups = Groups::default();
        let Grouped { id, turn, .. } = groups.assign(&text(0));
        let apart = groups.apart();
        assert_eq!(apart.assign(&text(0)).id, id);
        apart.assign("something else altogether happened");
        assert_eq!(groups.find("something else altogether happened"), None);
        assert!(groups.agree(&store, turn, Duration::ZERO).await.unwrap());
        let told: Vec<_> = store.list_group_steps(0, usize::MAX).await.unwrap().into_iter().flat_map(|step| step.patterns).collect();
        assert_eq!(told.iter().map(|pattern| pattern.group).collect::<Vec<_>>(), [id]);
    }
}
