//! Moments in forms: as a browser's field for date and time writes them, in UTC.

use bson::DateTime;

/// A moment as the field shows it; blank where there is none.
pub(super) fn to_field(moment: Option<DateTime>) -> String {
    let moment = moment.and_then(|moment| jiff::Timestamp::from_millisecond(moment.timestamp_millis()).ok());
    moment.map(|moment| moment.strftime("%Y-%m-%dT%H:%M").to_string()).unwrap_or_default()
}

/// The moment in a field; `Ok(None)` where it is blank, the text where it is none.
pub(super) fn from_field(text: &str) -> Result<Option<DateTime>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let civil = text.parse::<jiff::civil::DateTime>().ok();
    let zoned = civil.and_then(|civil| civil.to_zoned(jiff::tz::TimeZone::UTC).ok());
    zoned.map(|zoned| Some(DateTime::from_millis(zoned.timestamp().as_millisecond()))).ok_or_else(|| text.chars().take(40).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_field_shows_is_read_back() {
        let moment = Some(DateTime::from_millis(1_462_692_420_000));
        assert_eq!(to_field(moment), "2016-05-08T07:27");
        assert_eq!(from_field(&to_field(moment)), Ok(moment));
        assert_eq!((from_field(" "), from_field("2016-05-08")), (Ok(None), Ok(Some(DateTime::from_millis(1_462_665_600_000)))));
        assert_eq!(from_field("tomorrow"), Err("tomorrow".to_owned()));
    }
}
