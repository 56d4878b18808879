//! The variables of a group on its page: chips in the common text, and which values each of them takes.

use super::{escape::percent, logs, session::Frame};
use crate::{
    domain::GroupId,
    query::{Filter, Operator, Test, Value},
    usecase::{
        groups::Variable,
        values::{Distribution, Values},
    },
};

/// Values shown of each variable.
const TOP: usize = 10;

/// A variable with the values that it takes.
pub(super) struct Shown {
    /// Unique on the page.
    pub(super) anchor: String,
    pub(super) name: String,
    /// Kind, number of values and range in one line.
    pub(super) about: String,
    /// The most frequent values in one line.
    pub(super) usual: String,
    pub(super) place: usize,
    pub(super) top: Vec<Row>,
}

/// One value.
pub(super) struct Row {
    pub(super) value: String,
    pub(super) count: String,
    /// Where the Logs are that have it, and those that have not.
    pub(super) include: String,
    pub(super) exclude: String,
    /// Where the other groups are whose messages have it.
    pub(super) others: String,
}

/// A part of the common text.
pub(super) enum Part {
    /// The same in all messages.
    Fixed(String),
    /// A variable: its place in the list, where it is known.
    Open(Option<usize>),
}

/// The common text in parts. Variables are told apart only where the text has as many as the message.
pub(super) fn parts(template: &str, n_variables: usize) -> Vec<Part> {
    let fixed: Vec<&str> = template.split("<*>").collect();
    let is_known = fixed.len() == n_variables + 1;
    let mut parts = Vec::new();
    for (index, text) in fixed.into_iter().enumerate() {
        if let Some(variable) = index.checked_sub(1) {
            parts.push(Part::Open(is_known.then_some(variable)));
        }
        parts.push(Part::Fixed(text.to_owned()));
    }
    parts
}

/// The variables of the group's example with the values that they take in the sample.
pub(super) fn shown(frame: &Frame, group: GroupId, variables: &[Variable], sample: &Distribution) -> Vec<Shown> {
    let show = |(index, variable): (usize, &Variable)| {
        let own;
        let values = match sample.get(&variable.name) {
            Some(values) => values,
            None => {
                own = Values::default();
                &own
            }
        };
        let kind = frame.t(if values.seen() > 0 { values.kind() } else { variable.kind }.key());
        let mut top: Vec<Row> =
            values.top().into_iter().take(TOP).map(|counted| row(frame, group, &counted.value, counted.count)).collect();
        if top.is_empty() {
            top.push(row(frame, group, &variable.value, 1));
        }
        let (n, is_more) = values.distinct();
        let n = frame.number(&i64::try_from(n.max(1)).unwrap_or(i64::MAX));
        let mut about = frame.say(if is_more { "values.distinct.more" } else { "values.distinct" }, &[("kind", &kind), ("n", &n)]);
        if let Some((least, greatest)) = values.range().filter(|(least, greatest)| least != greatest) {
            about.push_str(&frame.say("values.range", &[("least", least), ("greatest", greatest)]));
        }
        let usual = top.iter().take(3).map(|row| format!("{} × {}", row.value, row.count)).collect::<Vec<_>>().join(" · ");
        Shown { anchor: format!("variable-{index}"), name: variable.name.clone(), about, usual, place: variable.place, top }
    };
    variables.iter().enumerate().map(show).collect()
}

fn row(frame: &Frame, group: GroupId, value: &str, count: u64) -> Row {
    let count = frame.number(&i64::try_from(count).unwrap_or(i64::MAX));
    let [include, exclude] = [true, false].map(|with| address(group, value, with).unwrap_or_default());
    let others = has(value).map(|has| format!("/errors?logs={}", percent(&has.to_string())));
    Row { value: value.to_owned(), count, include, exclude, others: others.unwrap_or_default() }
}

/// That a message has this value.
fn has(value: &str) -> Option<Filter> {
    let value = Value::Text(value.to_owned());
    Some(Filter::Test(Test { path: "error.message".parse().ok()?, operator: Operator::Contains, value }))
}

/// The Logs of the group whose message has this value, or has it not.
fn address(group: GroupId, value: &str, with: bool) -> Option<String> {
    let own = Filter::Test(Test { path: "verdict.group_id".parse().ok()?, operator: Operator::Equal, value: Value::Id(group.0) });
    let has = has(value)?;
    let part = if with { has } else { Filter::Not(Box::new(has)) };
    Some(logs::address(&Filter::And(vec![own, part]).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_told_apart_only_where_they_can_be() {
        let places = |template: &str, n: usize| -> Vec<Option<usize>> {
            parts(template, n).into_iter().filter_map(|part| if let Part::Open(place) = part { Some(place) } else { None }).collect()
        };
        assert_eq!(places("a <*> b <*>", 2), [Some(0), Some(1)]);
        assert_eq!(places("a <*> b <*>", 3), [None, None]);
        assert_eq!(places("plain", 0), []);
    }

    #[test]
    fn a_value_leads_to_the_logs_with_it_and_without_it_whatever_it_is() {
        let group = GroupId::from_content(&[b"g"]);
        for value in ["K01", "\" or branch exists", "\\", "<b>"] {
            for with in [true, false] {
                let address = address(group, value, with).unwrap();
                let text = address.strip_prefix("/logs?filter=").unwrap();
                let bytes: Vec<u8> = {
                    let (mut bytes, mut rest) = (Vec::new(), text.bytes());
                    while let Some(byte) = rest.next() {
                        if byte == b'%' {
                            let hex: String = rest.by_ref().take(2).map(char::from).collect();
                            bytes.push(u8::from_str_radix(&hex, 16).unwrap());
                        } else {
                            bytes.push(byte);
                        }
                    }
                    bytes
                };
                let Filter::And(parts) = String::from_utf8(bytes).unwrap().parse().unwrap() else { panic!("{address}") };
                let has = match &parts[1] {
                    Filter::Not(inner) if !with => inner.as_ref(),
                    part => part,
                };
                assert!(matches!(has, Filter::Test(test) if test.value == Value::Text(value.to_owned())), "{address}");
            }
        }
    }
}
