//! A message that came by itself, to an address where nothing is answered. Nobody sends it again, so that two alike are two: the
//! moment of arrival, which the caller makes different for each, tells them apart.

use super::json;

/// A message as it came.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// The address that sent it.
    pub sender: &'a str,
    /// When, in nanoseconds since 1970.
    pub received: i64,
    /// Its bytes.
    pub bytes: &'a [u8],
}

impl Arrival<'_> {
    /// What is known of it beside its bytes, as members of an object.
    pub(super) fn members(&self) -> String {
        let mut members = String::new();
        if let Ok(moment) = jiff::Timestamp::from_nanosecond(self.received.into()) {
            json::add(&mut members, "received_at", &json::quoted(&moment.to_string()));
        }
        json::add(&mut members, "sender", &json::quoted(self.sender));
        members
    }
}
