//! Groups that were set aside for a while come back: judged when Logs have been counted, by what the Logs say.

use bson::DateTime;

use crate::{
    domain::{Activity, Deed, GroupId, GroupState, LogError, Standing, Triage},
    store::{self, Store},
    usecase::Services,
};

/// Takes up again those of the groups whose time aside is over; whoever is second finds nothing to do.
pub(in crate::usecase) async fn reopen(services: &Services, ids: &[GroupId], now: DateTime) -> store::Result<()> {
    let store = services.store.as_ref();
    for group in store.find_log_errors(ids).await?.iter().filter(|group| group.state == GroupState::Ignored) {
        reopen_one(store, group, now).await?;
    }
    Ok(())
}

async fn reopen_one(store: &dyn Store, group: &LogError, now: DateTime) -> store::Result<()> {
    let Some(ignored) = &group.triage.ignored else { return Ok(()) };
    if !ignored.is_over(group, &store.find_times(&group.id).await?) {
        return Ok(());
    }
    // The note comes first: it names the moment since which the group was aside, so that a second attempt repeats it and nothing else.
    let back = Activity::of_itself(group.id, now, ignored.at, Deed::Reopened(Some(ignored.until)));
    store.insert_activities(&[back]).await?;
    let triage = Triage { ignored: None, review: true, ..group.triage.clone() };
    store.change_standing(&group.id, &group.standing(), &Standing { state: GroupState::Unknown, triage }).await?;
    Ok(())
}
