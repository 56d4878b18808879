//! Dates of record headers: read by hand, brought to UTC through a cached offset.

mod civil;
mod order;
mod zone;

pub(super) use civil::{BadDate, Civil, read};
pub(super) use order::detect;
pub(super) use zone::Zone;

use crate::domain::DateOrder;

/// Reads the dates of one file.
pub(super) struct Dates {
    order: DateOrder,
    zone: Zone,
    /// The last date read: many records share a second.
    last: (Vec<u8>, i64),
}

impl Dates {
    pub(super) fn new(order: DateOrder, zone: Zone) -> Self {
        Self { order, zone, last: (Vec::new(), 0) }
    }

    /// The zone, with what it remembers.
    pub(super) fn into_zone(self) -> Zone {
        self.zone
    }

    /// Milliseconds since 1970 (UTC) of a date as written.
    pub(super) fn utc_ms(&mut self, text: &[u8]) -> Result<i64, BadDate> {
        if self.last.0 == text && !text.is_empty() {
            return Ok(self.last.1);
        }
        let Civil { seconds, millis, offset_seconds } = read(text, self.order)?;
        let utc = match offset_seconds {
            Some(offset) => seconds - offset,
            None => self.zone.utc(seconds).ok_or(BadDate::NoSuchDay)?,
        };
        let ms = utc * 1000 + millis;
        self.last.0.clear();
        self.last.0.extend_from_slice(text);
        self.last.1 = ms;
        Ok(ms)
    }
}
