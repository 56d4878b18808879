//! What a branch's settings say of how its files are read, or why they cannot be used: then nothing that it sends can be taken.

use encoding_rs::Encoding;
use jiff::tz::TimeZone;

use crate::domain::Branch;

/// What is wrong with a branch's settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// There is no such time zone.
    #[error("there is no time zone `{0}`")]
    Timezone(String),
    /// There is no such encoding.
    #[error("there is no encoding `{0}`")]
    Encoding(String),
}

/// How a branch's servers write.
pub(super) struct Settings {
    pub(super) timezone: TimeZone,
    /// `None` to find out.
    pub(super) encoding: Option<&'static Encoding>,
}

impl Settings {
    pub(super) fn of(branch: &Branch) -> Result<Self, Unusable> {
        let encoding = match &branch.encoding {
            Some(label) => Some(Encoding::for_label(label.as_bytes()).ok_or_else(|| Unusable::Encoding(label.clone()))?),
            None => None,
        };
        // The error names the name as well, and where it was looked for.
        let timezone = TimeZone::get(&branch.timezone).ok().ok_or_else(|| Unusable::Timezone(branch.timezone.clone()))?;
        Ok(Self { timezone, encoding })
    }
}

/// What is wrong with a branch's settings, if anything.
pub fn unusable(branch: &Branch) -> Option<Unusable> {
    Settings::of(branch).err()
}

#[cfg(test)]
mod tests {
    use bson::DateTime;

    use super::*;
    use crate::domain::DateOrder;

    #[test]
    fn what_is_wrong_is_named() {
        for (timezone, encoding, expected) in [
            ("Europe/Kyiv", None, None),
            ("UTC", Some("windows-1251"), None),
            ("Europe/Kyjiv", None, Some(Unusable::Timezone("Europe/Kyjiv".to_owned()))),
            ("", None, Some(Unusable::Timezone(String::new()))),
            ("UTC", Some("cp-none"), Some(Unusable::Encoding("cp-none".to_owned()))),
        ] {
            let branch = Branch {
                code: "K01".parse().unwrap(),
                name: String::new(),
                timezone: timezone.to_owned(),
                encoding: encoding.map(str::to_owned),
                date_order: DateOrder::Detect,
                created_at: DateTime::MIN,
            };
            assert_eq!(unusable(&branch), expected, "{timezone} {encoding:?}");
        }
    }
}
