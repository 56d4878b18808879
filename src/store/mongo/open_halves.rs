//! Halves that wait for their partner, without their bodies: read in one query for many, and asked in order.

use std::collections::{BTreeMap, HashMap};

use bson::{DateTime, Document, RawDocument, RawDocumentBuf, doc, oid::ObjectId};
use futures_util::TryStreamExt;
use mongodb::options::Hint;

use super::{MongoStore, fault, marks::Mark};
use crate::{
    domain::{EncodedLog, LogState, belong_together},
    store::Result,
};

/// Open halves that are compared with an incoming one.
const COMPARED: usize = 64;
/// What of a Log says whether it waits, for what, and whose it is; as it is stored, in this order.
const OUTLINE: [&str; 11] =
    ["_id", "log_file_id", "message_id", "state", "request_date", "response_date", "date", "session_key", "pairing_key", "halves", "meets"];

/// The least id.
pub(super) fn least() -> ObjectId {
    ObjectId::from_bytes([0; 12])
}

/// A Log without its bodies.
pub(super) fn outline(log: &RawDocument) -> Option<EncodedLog> {
    let mut kept = RawDocumentBuf::new();
    for (name, value) in log.iter().flatten().filter(|(name, _)| OUTLINE.contains(&name.as_str())) {
        kept.append(name, value);
    }
    EncodedLog::from_document(kept).ok()
}

/// What gives outlines.
pub(super) fn projection() -> Document {
    OUTLINE.into_iter().map(|field| (field.to_owned(), 1.into())).collect()
}

/// Whether a stored Log waits for its other half, and is not on its way into another one.
pub(super) fn waits(log: &RawDocument) -> bool {
    log.get_str("state").is_ok_and(|state| state != LogState::Complete.as_str()) && Mark::of(log).is_none()
}

/// Pairing key, side, date and id: the oldest of a side comes first, and before it those without a date.
type Place = (ObjectId, &'static str, Option<DateTime>, ObjectId);

/// Outlines of halves in order.
#[derive(Default)]
pub(super) struct OpenHalves {
    halves: BTreeMap<Place, EncodedLog>,
    places: HashMap<ObjectId, Place>,
}

impl FromIterator<EncodedLog> for OpenHalves {
    fn from_iter<I: IntoIterator<Item = EncodedLog>>(halves: I) -> Self {
        let mut open = Self::default();
        halves.into_iter().for_each(|half| open.add(half));
        open
    }
}

impl OpenHalves {
    /// Takes a half in; one that has no pairing key is found by nobody.
    pub(super) fn add(&mut self, half: EncodedLog) {
        let (Some(key), id) = (half.pairing_key(), half.id().0) else { return };
        let place = (key, half.state().as_str(), half.document().get_datetime("date").ok(), id);
        self.remove(id);
        self.places.insert(id, place);
        self.halves.insert(place, half);
    }

    /// Takes out what waits no more.
    pub(super) fn remove(&mut self, id: ObjectId) {
        if let Some(place) = self.places.remove(&id) {
            self.halves.remove(&place);
        }
    }

    /// The oldest half that makes an exchange with this one.
    pub(super) fn partner_of(&self, half: &EncodedLog) -> Option<&EncodedLog> {
        let (key, wanted) = (half.pairing_key()?, opposite(half.state()).as_str());
        let (from, to) = match half.partner_window() {
            Some((from, to)) => (Some(from), Some(to)),
            None => (None, Some(DateTime::MAX)),
        };
        let last = (key, wanted, to, ObjectId::from_bytes([u8::MAX; 12]));
        let mut near = self.halves.range((key, wanted, from, least())..=last).map(|(_, other)| other).take(COMPARED);
        near.find(|other| belong_together(other.document(), half.document()))
    }
}

/// The other side's.
fn opposite(state: LogState) -> LogState {
    if state == LogState::RequestOnly { LogState::ResponseOnly } else { LogState::RequestOnly }
}

/// What asks for the partners of halves of one side; `None` where there are none of it.
fn partners<'h>(halves: impl Iterator<Item = &'h EncodedLog>, side: LogState) -> Option<Document> {
    let (mut keys, mut within) = (Vec::new(), None::<(DateTime, DateTime)>);
    for half in halves {
        keys.extend(half.pairing_key());
        if let Some((from, to)) = half.partner_window() {
            within = Some(within.map_or((from, to), |(least, greatest)| (least.min(from), greatest.max(to))));
        }
    }
    if keys.is_empty() {
        return None;
    }
    keys.sort_unstable();
    keys.dedup();
    // That it is greater than the least tells the database that the index has all of them.
    let mut wanted = doc! { "pairing_key": { "$in": keys, "$gt": least() }, "state": opposite(side).as_str() };
    if let Some((from, to)) = within {
        wanted.insert("date", doc! { "$gte": from, "$lte": to });
    }
    Some(wanted)
}

impl MongoStore {
    /// Outlines among which the partners of these halves are; `None` where there are so many that each is better asked for by itself. Of one
    /// half they are the oldest.
    pub(super) async fn open_for(&self, halves: &[EncodedLog]) -> Result<Option<Vec<EncodedLog>>> {
        let limit = COMPARED * halves.len();
        let mut found = Vec::new();
        for side in [LogState::RequestOnly, LogState::ResponseOnly] {
            for is_dated in [true, false] {
                let of_kind = halves.iter().filter(|half| half.state() == side && half.partner_window().is_some() == is_dated);
                let Some(wanted) = partners(of_kind, side) else { continue };
                let logs = self.collection::<RawDocumentBuf>("Log");
                let mut find = logs.find(wanted).projection(projection()).hint(Hint::Name("open".to_owned()));
                find = match halves {
                    [_] => find.sort(doc! { "date": 1, "_id": 1 }).limit(i64::try_from(COMPARED).unwrap_or(i64::MAX)),
                    _ => find.limit(i64::try_from(limit + 1).unwrap_or(i64::MAX)),
                };
                let open: Vec<RawDocumentBuf> = find.await.map_err(fault)?.try_collect().await.map_err(fault)?;
                found.extend(open.into_iter().filter_map(|log| EncodedLog::from_document(log).ok()));
                if found.len() > limit {
                    return Ok(None);
                }
            }
        }
        Ok(Some(found))
    }
}

#[cfg(test)]
mod tests {
    use bson::{RawBson, rawdoc};

    use super::*;

    fn half(id: u8, key: u8, second: Option<i64>, is_request: bool, session: &str) -> EncodedLog {
        let date = second.map_or(RawBson::Null, |second| RawBson::DateTime(DateTime::from_millis(second * 1000)));
        let state = if is_request { "request_only" } else { "response_only" };
        let of = |is_it: bool| if is_it { date.clone() } else { RawBson::Null };
        let log = rawdoc! {
            "_id": ObjectId::from_bytes([id; 12]), "state": state, "request_date": of(is_request), "request": { "n": 1 },
            "response_date": of(!is_request), "date": date.clone(), "session_key": session, "pairing_key": ObjectId::from_bytes([key; 12]),
            "halves": { "request": 1_i64, "response": RawBson::Null },
        };
        outline(&log).unwrap()
    }

    #[test]
    fn an_outline_has_no_bodies() {
        let log = half(1, 1, Some(5), true, "s");
        assert_eq!(log.document().get("request").unwrap(), None);
        assert_eq!((log.state(), log.halves().request), (LogState::RequestOnly, Some(1)));
    }

    #[test]
    fn the_oldest_that_fits_is_the_partner() {
        let day = 86_400;
        let mut open = OpenHalves::default();
        for (id, key, second, session) in [
            (1, 1, Some(-2 * day), "s"),
            (2, 1, Some(7), "other"),
            (3, 1, Some(9), "s"),
            (4, 1, Some(8), "s"),
            (5, 2, Some(5), "s"),
            (6, 1, None, "s"),
        ] {
            open.add(half(id, key, second, true, session));
        }
        let found = |open: &OpenHalves, response: &EncodedLog| open.partner_of(response).map(|half| half.id().bytes()[0]);
        let response = half(9, 1, Some(10), false, "s");
        assert_eq!(found(&open, &response), Some(4));
        assert_eq!(found(&open, &half(9, 1, None, false, "s")), Some(6));
        assert_eq!(found(&open, &half(9, 3, Some(10), false, "s")), None);
        assert_eq!(found(&open, &half(9, 1, Some(10), true, "s")), None);
        open.remove(ObjectId::from_bytes([4; 12]));
        assert_eq!(found(&open, &response), Some(3));
        // One that is taken in again is there once.
        open.add(half(3, 1, Some(9), true, "s"));
        open.remove(ObjectId::from_bytes([3; 12]));
        assert_eq!(found(&open, &response), None);
    }
}
