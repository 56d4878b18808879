//! In which time zone a person reads the dates of Logs: UTC, the branch's own, or the browser's. UTC is always told beside it.

use bson::DateTime;
use jiff::{Timestamp, tz::TimeZone};
use rustc_hash::FxHashMap;

use super::session::Frame;
use crate::{
    domain::BranchCode,
    store::{Result, ScopedStore},
};

/// A date for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shown {
    /// In the zone that the person chose.
    pub(super) text: String,
    /// In UTC, for the hover.
    pub(super) utc: String,
}

/// Tells dates in the zone that a person chose.
pub(super) enum Clock {
    Utc,
    /// Each branch's own.
    OfBranch(FxHashMap<BranchCode, TimeZone>),
    Named(TimeZone),
}

/// Whether a text names a zone that can be chosen.
pub(super) fn is_choice(text: &str) -> bool {
    text == "utc" || text == "branch" || text.len() <= 64 && TimeZone::get(text).is_ok()
}

impl Frame {
    /// The head of a column of dates of Logs, with the zone.
    pub(super) fn date_head(&self) -> String {
        let zone = if self.zone == "branch" { self.t("zone.branch") } else { self.zone.clone() };
        if self.in_utc() { self.t("date") } else { self.say("date.zone", &[("zone", &zone)]) }
    }
}

impl Clock {
    /// The clock of a person.
    pub(super) async fn of(frame: &Frame, reads: &ScopedStore) -> Result<Self> {
        Ok(match frame.zone.as_str() {
            "branch" => {
                let branches = reads.list_branches().await?;
                let zone = |name: &str| TimeZone::get(name).unwrap_or(TimeZone::UTC);
                Self::OfBranch(branches.into_iter().map(|branch| (branch.code, zone(&branch.timezone))).collect())
            }
            "" | "utc" => Self::Utc,
            name => TimeZone::get(name).map_or(Self::Utc, Self::Named),
        })
    }

    /// A date of a Log of this branch.
    pub(super) fn tell(&self, date: Option<&DateTime>, branch: &BranchCode) -> Shown {
        let Some(moment) = date.and_then(|date| Timestamp::from_millisecond(date.timestamp_millis()).ok()) else {
            return Shown { text: "—".to_owned(), utc: String::new() };
        };
        let utc = moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        let zone = match self {
            Self::Utc => None,
            Self::OfBranch(zones) => zones.get(branch),
            Self::Named(zone) => Some(zone),
        };
        let text = match zone {
            Some(zone) => moment.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
            None => moment.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        };
        Shown { text, utc }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_told_in_the_zone_that_was_chosen() {
        let date = DateTime::from_millis(1_462_691_865_000);
        let (kyiv, other): (BranchCode, BranchCode) = ("K01".parse().unwrap(), "X".parse().unwrap());
        let zone = TimeZone::get("Europe/Kyiv").unwrap();
        let of_branch = Clock::OfBranch(FxHashMap::from_iter([(kyiv.clone(), zone.clone())]));
        for (clock, branch, expected) in [
            (&Clock::Utc, &kyiv, "2016-05-08 07:17:45"),
            (&of_branch, &kyiv, "2016-05-08 10:17:45"),
            (&of_branch, &other, "2016-05-08 07:17:45"),
            (&Clock::Named(zone), &other, "2016-05-08 10:17:45"),
        ] {
            let shown = clock.tell(Some(&date), branch);
            assert_eq!((shown.text.as_str(), shown.utc.as_str()), (expected, "2016-05-08 07:17:45 UTC"));
        }
        assert_eq!(Clock::Utc.tell(None, &kyiv).text, "—");
        assert_eq!(Clock::Utc.tell(Some(&DateTime::MAX), &kyiv).text, "—");
    }

    #[test]
    fn only_zones_are_chosen() {
        for (text, expected) in
            [("utc", true), ("branch", true), ("Europe/Kyiv", true), ("Mars", false), ("../etc/passwd", false), ("", false)]
        {
            assert_eq!(is_choice(text), expected, "{text}");
        }
    }
}
