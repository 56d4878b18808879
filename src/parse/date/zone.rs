//! From the clock on the wall to UTC. Asking the zone rules takes longer than reading a record's header, so the offset
//! of each hour that lies within one offset is remembered.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// Hours remembered; neighbouring hours take neighbouring places.
const PLACES: usize = 64;

/// A time zone with a memory.
pub(in crate::parse) struct Zone {
    timezone: TimeZone,
    /// Apart, as it is large and the zone is handed about.
    offsets: Box<[Option<(i64, i64)>; PLACES]>,
}

impl Zone {
    pub(in crate::parse) fn new(timezone: TimeZone) -> Self {
        Self { timezone, offsets: Box::new([None; PLACES]) }
    }

    /// Whether it is the memory of this zone.
    pub(in crate::parse) fn is_of(&self, timezone: &TimeZone) -> bool {
        self.timezone == *timezone
    }

    /// UTC of a local time, both in seconds since 1970. In the hour that a clock change leaves out or repeats, jiff's
    /// "compatible" rule decides (as in RFC 5545).
    pub(in crate::parse) fn utc(&mut self, local: i64) -> Option<i64> {
        let hour = local.div_euclid(3600);
        let place = hour.rem_euclid(PLACES as i64) as usize;
        if let Some(&Some((known, offset))) = self.offsets.get(place)
            && known == hour
        {
            return Some(local - offset);
        }
        let first = self.offset(hour * 3600);
        if let Some(offset) = first
            && first == self.offset(hour * 3600 + 3599)
            && let Some(entry) = self.offsets.get_mut(place)
        {
            *entry = Some((hour, offset));
            return Some(local - offset);
        }
        self.timezone.to_timestamp(datetime(local)?).ok().map(Timestamp::as_second)
    }

    /// The offset at a local time that occurs exactly once.
    fn offset(&self, local: i64) -> Option<i64> {
        let ambiguous = self.timezone.to_ambiguous_timestamp(datetime(local)?);
        if ambiguous.is_ambiguous() { None } else { ambiguous.unambiguous().ok().map(|utc| local - utc.as_second()) }
    }
}

fn datetime(local: i64) -> Option<DateTime> {
    Timestamp::from_second(local).ok().map(|digits| TimeZone::UTC.to_datetime(digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_changes_follow_the_compatible_rule() {
        let mut kyiv = Zone::new(TimeZone::get("Europe/Kyiv").unwrap());
        for (local, expected) in [
            ("2016-05-08T07:17:45", "2016-05-08T04:17:45Z"),
            ("2016-01-08T07:17:45", "2016-01-08T05:17:45Z"),
            ("2016-03-27T02:59:59", "2016-03-27T00:59:59Z"),
            ("2016-03-27T03:30:00", "2016-03-27T01:30:00Z"),
            ("2016-03-27T04:00:00", "2016-03-27T01:00:00Z"),
            ("2016-10-30T03:30:00", "2016-10-30T00:30:00Z"),
            ("2016-10-30T04:00:00", "2016-10-30T02:00:00Z"),
        ] {
            let digits = TimeZone::UTC.to_timestamp(local.parse().unwrap()).unwrap().as_second();
            for _ in 0..2 {
                let utc = Timestamp::from_second(kyiv.utc(digits).unwrap()).unwrap();
                assert_eq!(utc.to_string(), expected, "{local}");
            }
        }
    }
}
