//! Shapes of JSON: one text declares the struct, how it is read and written, and its schema for the OpenAPI document.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use bson::DateTime;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::{Value, json};

/// Schemas by the name of their shape.
pub(crate) type Definitions = BTreeMap<&'static str, Value>;

/// What has a JSON Schema.
pub(crate) trait Schema {
    /// Whether it may be left out.
    const OPTIONAL: bool = false;

    /// Its schema; shapes define themselves in `definitions` and are referred to.
    fn schema(definitions: &mut Definitions) -> Value;
}

/// Declares shapes. Where the domain has a type of the same name, `Shape` stands behind it in the code and not in the document.
macro_rules! shape {
    ($($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $about:literal])+ $field:ident: $type:ty,)+ })+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields, remote = "Self")]
        pub(crate) struct $name {
            $($(#[doc = $about])+ pub(crate) $field: $type,)+
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_map($crate::api::schema::Members(std::marker::PhantomData))
            }
        }

        impl $crate::api::schema::FromMembers for $name {
            fn from_members<'de, A: serde::de::MapAccess<'de>>(members: A) -> Result<Self, A::Error> {
                Self::deserialize(serde::de::value::MapAccessDeserializer::new(members))
            }
        }

        impl $crate::api::schema::Schema for $name {
            fn schema(definitions: &mut $crate::api::schema::Definitions) -> serde_json::Value {
                use $crate::api::schema::Field;
                let name = stringify!($name).trim_end_matches("Shape");
                if !definitions.contains_key(name) {
                    // There already when a field refers to its own shape.
                    definitions.insert(name, serde_json::Value::Null);
                    let fields = [$(Field::new::<$type>(stringify!($field), concat!($($about),+), definitions)),+];
                    definitions.insert(name, $crate::api::schema::object(concat!($($doc),+), &fields));
                }
                serde_json::json!({ "$ref": format!("#/components/schemas/{name}") })
            }
        }
    )+};
}
pub(crate) use shape;

/// What is read from the members of an object; what serde derives would take a list for an object whose fields are in order.
pub(crate) trait FromMembers: Sized {
    /// Reads it.
    fn from_members<'de, A: MapAccess<'de>>(members: A) -> Result<Self, A::Error>;
}

/// Reads an object and nothing else.
pub(crate) struct Members<T>(pub(crate) PhantomData<T>);

impl<'de, T: FromMembers> Visitor<'de> for Members<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::from_members(members)
    }
}

/// A field of a shape.
pub(crate) struct Field {
    name: &'static str,
    about: &'static str,
    required: bool,
    schema: Value,
}

impl Field {
    /// A field of this type.
    pub(crate) fn new<T: Schema>(name: &'static str, about: &'static str, definitions: &mut Definitions) -> Self {
        Self { name, about: about.trim(), required: !T::OPTIONAL, schema: T::schema(definitions) }
    }

    fn described(&self) -> Value {
        let mut schema = self.schema.clone();
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".to_owned(), self.about.into());
        }
        schema
    }
}

/// The schema of an object of these fields and no others.
pub(crate) fn object(about: &str, fields: &[Field]) -> Value {
    let properties: serde_json::Map<String, Value> = fields.iter().map(|field| (field.name.to_owned(), field.described())).collect();
    let required: Vec<&str> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    json!({
        "type": "object", "description": about.trim(), "properties": properties, "required": required, "additionalProperties": false,
    })
}

/// The schema of a text that is one of these values.
pub(crate) fn one_of(values: &[impl Serialize]) -> Value {
    json!({ "type": "string", "enum": values })
}

macro_rules! plain {
    ($($type:ty => $schema:tt),+ $(,)?) => {
        $(impl Schema for $type {
            fn schema(_: &mut Definitions) -> Value {
                json!($schema)
            }
        })+
    };
}

plain! {
    String => { "type": "string" },
    bool => { "type": "boolean" },
    f64 => { "type": "number", "format": "double" },
    i32 => { "type": "integer", "format": "int32", "minimum": (i32::MIN), "maximum": (i32::MAX) },
    i64 => { "type": "integer", "format": "int64", "minimum": (i64::MIN), "maximum": (i64::MAX) },
    u32 => { "type": "integer", "format": "int64", "minimum": 0, "maximum": (u32::MAX) },
    Value => {},
    Moment => { "type": "string", "format": "date-time" },
}

impl<T: Schema> Schema for Vec<T> {
    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "type": "array", "items": T::schema(definitions) })
    }
}

impl<T: Schema> Schema for Option<T> {
    const OPTIONAL: bool = true;

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [T::schema(definitions), { "type": "null" }] })
    }
}

/// A moment in UTC, as RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) DateTime);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A damaged record may bear a date that no calendar has; the nearest that one has stands for it.
        let ms = self.0.timestamp_millis();
        let edge = if ms < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        serializer.collect_str(&jiff::Timestamp::from_millisecond(ms).unwrap_or(edge))
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let moment: jiff::Timestamp = text.parse().map_err(|_| D::Error::custom("not a moment such as 2016-05-08T04:17:45Z"))?;
        Ok(Self(DateTime::from_millis(moment.as_millisecond())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    shape! {
        /// A thing.
        Thing {
            /// Its name,
            /// in words.
            name: String,
            /// What it is made of.
            parts: Option<Vec<Thing>>,
        }
    }

    #[test]
    fn a_shape_reads_writes_and_describes_the_same() {
        let mut definitions = Definitions::new();
        assert_eq!(Thing::schema(&mut definitions), json!({ "$ref": "#/components/schemas/Thing" }));
        let schema = &definitions["Thing"];
        assert_eq!((&schema["required"], &schema["properties"]["name"]["description"]), (&json!(["name"]), &json!("Its name, in words.")));
        let thing: Thing = serde_json::from_value(json!({ "name": "a" })).unwrap();
        assert_eq!(serde_json::to_value(thing).unwrap(), json!({ "name": "a", "parts": null }));
        for wrong in [json!({ "name": "a", "size": 1 }), json!("a"), json!(["a", null]), json!({ "name": "a", "parts": [["b", null]] })] {
            assert!(serde_json::from_value::<Thing>(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn moments_are_rfc_3339_and_impossible_ones_do_no_harm() {
        let written = |ms| serde_json::to_value(Moment(DateTime::from_millis(ms))).unwrap();
        assert_eq!(written(1_462_680_000_000), json!("2016-05-08T04:00:00Z"));
        assert!(written(i64::MIN).is_string() && written(i64::MAX).is_string());
        assert_eq!(serde_json::from_value::<Moment>(json!("2016-05-08T07:00:00+03:00")).unwrap().0.timestamp_millis(), 1_462_680_000_000);
    }
}
