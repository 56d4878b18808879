//! What a view of the queue asks of the store.

use bson::DateTime;

use super::{Facet, NOBODY, View};
use crate::{
    domain::{DAY_MS, GroupState},
    query::Filter,
    store::{Queue, Result, Unwanted, Whose},
    usecase::{Services, views},
};

/// Words of a search that are looked for.
const MAX_WORDS: usize = 8;

impl View {
    /// What the Logs have to satisfy; anything where nothing is said.
    pub fn log_filter(&self) -> Filter {
        self.logs.parse().unwrap_or(Filter::All)
    }

    /// What is asked of the store, once the groups of the Logs are looked up.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn asked(&self, services: &Services, me: &str, limit: usize, now: DateTime) -> Result<Queue> {
        let among = match self.log_filter() {
            Filter::All => None,
            filter => Some(services.queue_among(&filter).await?.value.groups.clone()),
        };
        Ok(Queue { among, ..self.queue(me, limit, now) })
    }

    /// What is asked of the store, whatever the Logs are.
    pub fn queue(&self, me: &str, limit: usize, now: DateTime) -> Queue {
        let (state, review, whose) = match self.tab() {
            "new" => (Some(GroupState::Unknown), Some(false), Whose::Nobody),
            "review" => (Some(GroupState::Unknown), Some(true), Whose::Any),
            "mine" => (Some(GroupState::Unknown), None, Whose::Person(me.to_owned())),
            "ignored" => (Some(GroupState::Ignored), None, Whose::Any),
            "known" => (Some(GroupState::Known), None, Whose::Any),
            "all" => (None, None, Whose::Any),
            _ => (Some(GroupState::Unknown), None, Whose::Any),
        };
        let whose = match self.wanted(Facet::Assignee) {
            name if name.is_empty() || whose != Whose::Any => whose,
            NOBODY => Whose::Nobody,
            name => Whose::Person(name.to_owned()),
        };
        let left_out = |facet| self.without.iter().filter(move |(of, _)| *of == facet).map(|(_, value)| value.as_str());
        let next_day = |day: DateTime| DateTime::from_millis(day.timestamp_millis() + DAY_MS);
        Queue {
            state,
            review,
            whose,
            branch: self.wanted(Facet::Branch).parse().ok(),
            among: None,
            method: Some(self.wanted(Facet::Method).to_owned()).filter(|method| !method.is_empty()),
            without: Unwanted {
                branches: left_out(Facet::Branch).filter_map(|code| code.parse().ok()).collect(),
                methods: left_out(Facet::Method).map(str::to_owned).collect(),
                assignees: left_out(Facet::Assignee).map(|name| (name != NOBODY).then(|| name.to_owned())).collect(),
            },
            words: self.search.split_whitespace().take(MAX_WORDS).map(str::to_owned).collect(),
            since: self.seen_since(now).max(moment(&self.from)),
            before: moment(&self.to).map(next_day),
            order: self.order(),
            after: None,
            limit,
        }
    }

    /// The first moment of the time up to now; in whole minutes, so that who looks twice asks for the same.
    fn seen_since(&self, now: DateTime) -> Option<DateTime> {
        let (_, seconds) = views::RANGES.into_iter().find(|(word, _)| *word == self.seen)?;
        let minute = now.timestamp_millis().div_euclid(60_000) * 60_000;
        Some(DateTime::from_millis(minute.saturating_sub(seconds * 1000)))
    }
}

/// A moment of the address.
fn moment(text: &str) -> Option<DateTime> {
    views::moment(text).map(DateTime::from_millis)
}
