//! A look at a JSON object: whether it says when, how bad, who and what. Its text stays as it is.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::parse::lines::{DATES, LEVELS, MESSAGES, SERVERS};

/// What an object has.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) is_empty: bool,
    pub(super) has_date: bool,
    pub(super) has_level: bool,
    pub(super) has_server: bool,
    /// It has a request or a response.
    pub(super) is_exchange: bool,
    /// Its message, where that is a text: a line that a shipper wrapped, perhaps.
    pub(super) message: Option<String>,
}

impl Object {
    /// Looks at the object that a text is, if it is one as a whole.
    pub(super) fn of(text: &str) -> Option<Self> {
        text.trim_start().starts_with('{').then(|| serde_json::from_str(text).ok())?
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Object, A::Error> {
        let mut object = Object { is_empty: true, ..Object::default() };
        while let Some(name) = members.next_key::<String>()? {
            let is_one_of = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(&name));
            object.is_empty = false;
            object.has_date |= is_one_of(&DATES) || name.ends_with("_date") || name.ends_with("Date");
            object.has_level |= is_one_of(&LEVELS);
            object.has_server |= is_one_of(&SERVERS);
            object.is_exchange |= matches!(name.as_str(), "request" | "response");
            if is_one_of(&MESSAGES) {
                let Text(message) = members.next_value()?;
                object.message = object.message.or(message);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(object)
    }
}

/// The text that a value is; none where it is something else.
struct Text(Option<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Self)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<String>, E> {
        Ok(Some(text.to_owned()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Option<String>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<String>, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_known_by_its_members() {
        let none = Object::default;
        for (text, expected) in [
            ("{}", Some(Object { is_empty: true, ..none() })),
            ("{\"a\":[{\"time\":1}]}", Some(none())),
            ("{\"Time\":1,\"LEVEL\":2,\"host\":null}", Some(Object { has_date: true, has_level: true, has_server: true, ..none() })),
            ("{\"request\":{},\"request_date\":1}", Some(Object { is_exchange: true, has_date: true, ..none() })),
            ("{\"message\":{\"a\":1},\"msg\":[1],\"text\":null}", Some(none())),
            ("{\"a\":1,\"message\":\"plain\",\"log\":\"b\"}", Some(Object { message: Some("plain".to_owned()), ..none() })),
            ("{\"a\":1", None),
            ("{\"a\":1}x", None),
            ("[1]", None),
            ("text", None),
        ] {
            assert_eq!(Object::of(text), expected, "{text}");
        }
    }
}
