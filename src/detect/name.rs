//! Names of members, equal whatever their case and with or without `_` and `-`.

use rustc_hash::FxHashMap;

use super::Settings;

/// A longer name of a body's member is none of the rules'.
const LONGEST: usize = 64;

/// What a member of a scope may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Error,
    ErrorText,
    ErrorCode,
    Success,
    Failure,
    Text,
    Code,
    Status,
}

/// The roles of each name, with its rank among the names of that role.
#[derive(Debug, Clone)]
pub(super) struct Table(FxHashMap<Box<[u8]>, Vec<(Role, usize)>>);

impl Table {
    pub(super) fn of(settings: &Settings) -> Self {
        let mut table = FxHashMap::<Box<[u8]>, Vec<_>>::default();
        for (role, names) in [
            (Role::Error, &settings.errors),
            (Role::ErrorText, &settings.error_texts),
            (Role::ErrorCode, &settings.error_codes),
            (Role::Success, &settings.success),
            (Role::Failure, &settings.failure),
            (Role::Text, &settings.texts),
            (Role::Code, &settings.codes),
            (Role::Status, &settings.status),
        ] {
            for (rank, name) in names.iter().enumerate() {
                table.entry(letters(name).collect()).or_default().push((role, rank));
            }
        }
        Self(table)
    }

    /// What a member of this name may be.
    pub(super) fn roles(&self, name: &str) -> &[(Role, usize)] {
        let mut key = [0; LONGEST];
        let mut length = 0;
        for letter in letters(name) {
            let Some(place) = key.get_mut(length) else { return &[] };
            *place = letter;
            length += 1;
        }
        self.0.get(key.get(..length).unwrap_or_default()).map_or(&[], Vec::as_slice)
    }
}

/// The bytes of a name that count.
fn letters(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().filter(|byte| !matches!(byte, b'_' | b'-')).map(|byte| byte.to_ascii_lowercase())
}

/// Whether two names are the same.
pub(super) fn same(one: &str, other: &str) -> bool {
    letters(one).eq(letters(other))
}

/// The place of a name among others.
pub(super) fn rank(names: &[String], name: &str) -> Option<usize> {
    names.iter().position(|known| same(known, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_separators_do_not_matter() {
        for (one, other, expected) in [
            ("error_code", "errorCode", true),
            ("error_code", "ERROR-CODE", true),
            ("error_code", "_errorcode", true),
            ("error_code", "error_codes", false),
            ("помилка", "помилка", true),
        ] {
            assert_eq!(same(one, other), expected, "{one} {other}");
            let table = Table::of(&Settings { error_codes: vec![one.to_owned()], ..Settings::default() });
            assert_eq!(table.roles(other) == [(Role::ErrorCode, 0)], expected, "{one} {other}");
        }
        assert!(Table::of(&Settings::default()).roles(&"e".repeat(5000)).is_empty());
    }
}
