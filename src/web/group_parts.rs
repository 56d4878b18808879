//! What the page of a group shows beside the group itself, all of it read at once.

use super::{
    activity, around,
    examples::{self, Exchange},
    session::Frame,
    suggestion_panel::{self, Panel},
};
use crate::{
    domain::{Activity, GroupRule, Log, LogError, StatusError, Times, User},
    store::{self, ScopedStore},
    usecase::{
        Services,
        diagnose::{self, Match, Unexplained},
        regroup::Rule,
        regroup_plan,
        values::{self, Sample},
    },
};

/// Entries of the stream on a page.
const ACTIVITIES: usize = 200;

/// The parts.
pub(super) struct Parts {
    /// One Log to show.
    pub(super) example: Option<Log>,
    /// The known errors nearest to it.
    pub(super) near: Vec<Match>,
    pub(super) panel: Panel,
    pub(super) around: Option<around::View>,
    pub(super) statuses: Vec<StatusError>,
    /// What its latest Logs say.
    pub(super) sample: Sample,
    pub(super) times: Times,
    pub(super) activities: Vec<Activity>,
    /// There are more of them.
    pub(super) more_activities: bool,
    /// The rules about groups, where the stream may name one.
    pub(super) rules: Vec<(GroupRule, Rule)>,
    /// For who may ask somebody to deal with it.
    pub(super) people: Vec<User>,
    pub(super) exchanges: Vec<Exchange>,
}

/// Reads the parts.
pub(super) async fn read(
    services: &Services,
    frame: &Frame,
    reads: &ScopedStore,
    group: &LogError,
    asked: &around::Asked,
) -> store::Result<Parts> {
    let store = services.store.as_ref();
    let by_example = async {
        let example = reads.find_log(&group.example_log_id).await?;
        let near = async {
            let near = diagnose::nearest_in_meaning(services, Unexplained::of_group(group, example.as_ref())).await;
            let panel = suggestion_panel::panel(services, frame, group, example.as_ref(), &near).await?;
            Ok((near, panel))
        };
        let ((near, panel), around) = tokio::try_join!(near, around::happened(reads, group.id, example.as_ref(), asked))?;
        Ok((example, near, panel, around))
    };
    let stream = async {
        let activities = store.list_activities(&group.id, ACTIVITIES + 1).await?;
        let names_rules = activities.iter().any(activity::makes_rules);
        let rules = if names_rules { regroup_plan::rules(services).await? } else { Vec::new() };
        Ok((activities, rules))
    };
    let samples = async {
        let sample = values::sample(services, group.id).await?;
        let exchanges = examples::exchanges(services, frame, group, &sample).await?;
        Ok((sample, exchanges))
    };
    let people = async { if frame.may_explain() { store.list_users().await } else { Ok(Vec::new()) } };
    let ((example, near, panel, around), (sample, exchanges), times, (mut activities, rules), people, statuses) =
        tokio::try_join!(by_example, samples, store.find_times(&group.id), stream, people, store.list_status_errors(),)?;
    let more_activities = activities.len() > ACTIVITIES;
    activities.truncate(ACTIVITIES);
    let around = around.map(|around| around.view(frame, group.id, &sample.latest)).transpose()?;
    Ok(Parts { example, near, panel, around, statuses, sample, times, activities, more_activities, rules, people, exchanges })
}
