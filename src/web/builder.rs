//! The query builder: a filter as rows and groups of a form, and back. Text and builder are two views of one filter.
//!
//! The form is a stream of fields in the order of the page: `g` opens a group and says how its conditions are joined, `p`, `o`, `v` are
//! property, operator and value of a condition, `e` closes the group. A button sends `do`, and because it is sent where it stands, what
//! it asks for happens at that place of the stream; so the builder works without script.

use super::field::{DENIED, shown, value};
use crate::{
    domain::PropertyType,
    query::{Filter, FilterError, Operator, Test},
};

/// Deepest nesting that is shown.
const MAX_DEPTH: usize = 5;
/// Most conditions that are shown.
const MAX_ROWS: usize = 60;
/// How the conditions of a group are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    /// All of them hold.
    All,
    /// At least one holds.
    Any,
    /// Not all of them hold.
    NotAll,
    /// None holds.
    None,
}

impl Join {
    pub(super) const EACH: [Self; 4] = [Self::All, Self::Any, Self::NotAll, Self::None];

    /// The word in the form.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Any => "any",
            Self::NotAll => "not_all",
            Self::None => "none",
        }
    }

    fn of(word: &str) -> Self {
        Self::EACH.into_iter().find(|join| join.word() == word).unwrap_or(Self::All)
    }
}

/// A condition as it stands in the form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Row {
    pub(super) path: String,
    /// An operator's word, `not ` before it where it is denied.
    pub(super) operator: String,
    pub(super) value: String,
}

/// A part of a group.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    Row(Row),
    Group(Group),
}

/// Conditions joined in one way.
#[derive(Debug, Clone, PartialEq)]
struct Group {
    join: Join,
    parts: Vec<Part>,
    removed: bool,
}

impl Group {
    fn new(join: Join) -> Self {
        Self { join, parts: Vec::new(), removed: false }
    }
}

/// A piece of the form, in order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Line {
    /// A group begins; the number is how deep it stands, 0 for the whole.
    Open(usize, Join),
    /// A condition, counted from 0 over the whole form.
    Row(usize, Row),
    /// A group ends.
    Close(usize),
}

/// A filter as a form.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Builder {
    whole: Group,
}

/// Types that were seen of a property; none where it was not seen.
pub(super) type Types<'a> = &'a dyn Fn(&str) -> Vec<PropertyType>;

impl Builder {
    /// The builder's view of a filter; `None` where it has none, because the filter is too deep, too long or has a value that no field
    /// can hold.
    pub(super) fn of(filter: &Filter, types: Types<'_>) -> Option<Self> {
        let mut left = MAX_ROWS;
        let whole = match filter {
            Filter::All => Group::new(Join::All),
            filter => match part(filter, types, 0, &mut left)? {
                Part::Group(group) => group,
                row => Group { parts: vec![row], ..Group::new(Join::All) },
            },
        };
        Some(Self { whole })
    }

    /// What a form sent; `None` where it sent no builder. Fields out of order are passed over.
    pub(super) fn read(fields: &[(String, String)]) -> Option<Self> {
        let mut open: Vec<Group> = Vec::new();
        let mut whole = None;
        let mut n_rows = 0;
        for (name, value) in fields {
            if name == "g" && open.len() < MAX_DEPTH && (whole.is_none() && open.is_empty() || !open.is_empty()) {
                open.push(Group::new(Join::of(value)));
                continue;
            }
            let Some(group) = open.last_mut() else { continue };
            match (name.as_str(), value.as_str()) {
                ("p", path) if n_rows < MAX_ROWS => {
                    n_rows += 1;
                    group.parts.push(Part::Row(Row { path: path.trim().to_owned(), ..Row::default() }));
                }
                ("o", word) => {
                    if let Some(Part::Row(row)) = group.parts.last_mut() {
                        word.clone_into(&mut row.operator);
                    }
                }
                ("v", text) => {
                    if let Some(Part::Row(row)) = group.parts.last_mut() {
                        row.value = super::escape::restored(text);
                    }
                }
                ("do", "remove") => drop(group.parts.pop()),
                ("do", "remove_group") => group.removed = true,
                ("do", "add") => group.parts.push(Part::Row(Row::default())),
                ("do", "group") => {
                    group.parts.push(Part::Group(Group { parts: vec![Part::Row(Row::default())], ..Group::new(Join::Any) }));
                }
                ("e", _) => close(&mut open, &mut whole),
                _ => {}
            }
        }
        while !open.is_empty() {
            close(&mut open, &mut whole);
        }
        whole.map(|whole| Self { whole })
    }

    /// The filter that the form says; rows without a property say nothing.
    ///
    /// # Errors
    /// When an operator and a value do not go together.
    pub(super) fn filter(&self, types: Types<'_>) -> Result<Filter, FilterError> {
        Ok(group_filter(&self.whole, types)?.unwrap_or(Filter::All))
    }

    /// The form, piece by piece.
    pub(super) fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        write(&self.whole, 0, &mut lines, &mut 0);
        lines
    }
}

fn close(open: &mut Vec<Group>, whole: &mut Option<Group>) {
    let Some(group) = open.pop() else { return };
    match open.last_mut() {
        Some(_) if group.removed => {}
        Some(outer) => outer.parts.push(Part::Group(group)),
        None => *whole = Some(group),
    }
}

fn write(group: &Group, depth: usize, lines: &mut Vec<Line>, n_rows: &mut usize) {
    lines.push(Line::Open(depth, group.join));
    for part in &group.parts {
        match part {
            Part::Row(row) => {
                lines.push(Line::Row(*n_rows, row.clone()));
                *n_rows += 1;
            }
            Part::Group(inner) => write(inner, depth + 1, lines, n_rows),
        }
    }
    lines.push(Line::Close(depth));
}

fn part(filter: &Filter, types: Types<'_>, depth: usize, left: &mut usize) -> Option<Part> {
    let (join, parts) = match filter {
        Filter::All => (Join::All, &[][..]),
        Filter::And(parts) => (Join::All, parts.as_slice()),
        Filter::Or(parts) => (Join::Any, parts.as_slice()),
        Filter::Test(test) => return row(test, false, types, left),
        Filter::Not(inner) => match inner.as_ref() {
            Filter::Test(test) if DENIED.contains(&test.operator) => return row(test, true, types, left),
            Filter::And(parts) => (Join::NotAll, parts.as_slice()),
            Filter::Or(parts) => (Join::None, parts.as_slice()),
            inner => (Join::None, std::slice::from_ref(inner)),
        },
    };
    if depth + 1 >= MAX_DEPTH {
        return None;
    }
    let parts = parts.iter().map(|inner| part(inner, types, depth + 1, left)).collect::<Option<Vec<_>>>()?;
    Some(Part::Group(Group { parts, ..Group::new(join) }))
}

fn row(test: &Test, denied: bool, types: Types<'_>, left: &mut usize) -> Option<Part> {
    *left = left.checked_sub(1)?;
    let value = shown(test, &types(test.path.as_str()))?;
    let word = test.operator.word();
    let operator = if denied { format!("not {word}") } else { word.to_owned() };
    Some(Part::Row(Row { path: test.path.as_str().to_owned(), operator, value }))
}

fn group_filter(group: &Group, types: Types<'_>) -> Result<Option<Filter>, FilterError> {
    let mut parts = Vec::new();
    for part in &group.parts {
        match part {
            Part::Row(row) if row.path.is_empty() => {}
            Part::Row(row) => parts.push(row_filter(row, types)?),
            Part::Group(inner) => parts.extend(group_filter(inner, types)?),
        }
    }
    let not = |filter| Filter::Not(Box::new(filter));
    Ok(match (group.join, parts.len()) {
        (_, 0) => None,
        (Join::All | Join::Any, 1) => parts.pop(),
        (Join::NotAll | Join::None, 1) => parts.pop().map(not),
        (Join::All, _) => Some(Filter::And(parts)),
        (Join::Any, _) => Some(Filter::Or(parts)),
        (Join::NotAll, _) => Some(not(Filter::And(parts))),
        (Join::None, _) => Some(not(Filter::Or(parts))),
    })
}

fn row_filter(row: &Row, types: Types<'_>) -> Result<Filter, FilterError> {
    let (denied, word) = row.operator.strip_prefix("not ").map_or((false, row.operator.as_str()), |word| (true, word));
    let operator = Operator::from_word(word).unwrap_or(Operator::Equal);
    let value = value(operator, &row.value, &types(&row.path))?;
    let test = Filter::Test(Test::new(row.path.parse()?, operator, value)?);
    Ok(if denied { Filter::Not(Box::new(test)) } else { test })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(path: &str) -> Vec<PropertyType> {
        match path {
            "branch" => vec![PropertyType::String],
            "amount" => vec![PropertyType::Number],
            _ => vec![],
        }
    }

    /// The fields that a browser sends for a form.
    fn fields(builder: &Builder) -> Vec<(String, String)> {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let lines = builder.lines().into_iter().flat_map(|line| match line {
            Line::Open(_, join) => vec![field("g", join.word())],
            Line::Row(_, row) => vec![field("p", &row.path), field("o", &row.operator), field("v", &row.value)],
            Line::Close(_) => vec![field("e", "")],
        });
        lines.collect()
    }

    #[test]
    fn every_filter_that_is_shown_comes_back_from_the_form() {
        for text in [
            "",
            "branch = \"K01\"",
            "branch = \"5\" and other = \"5\" and other = 5 and other = true and other = null and branch = null",
            "amount > 50000 and date >= 2016-05-08 and date between 2016-05-08 and 2016-05-09T10:00",
            "branch in (\"K01\", \"L02\", 5) or not (a = 1 or b = 2) or not (a = 1 and b = 2)",
            "not error exists and not error.message contains \"a \\\"quoted\\\" text\" and x matches \"^ a{2} $\"",
            "not branch = K01 and (a = 1 or (b = 2 and (c = \"two\\nlines\" or d = \"\")))",
            "_id = \"070707070707070707070707\" and error.code = \"12\" and a = \" 5 \"",
            "`two words`.x = \"\\\\\"",
        ] {
            let Ok(filter) = text.parse::<Filter>() else { continue };
            let builder = Builder::of(&filter, &types).unwrap_or_else(|| panic!("{text} is not shown"));
            let again = Builder::read(&fields(&builder)).unwrap_or(builder);
            assert_eq!(again.filter(&types).unwrap(), filter, "{text}");
        }
    }

    #[test]
    fn what_no_form_can_hold_stays_text() {
        let deep = format!("{}a = 1{}", "not (b = 2 or ".repeat(9), ")".repeat(9));
        let long = vec!["a = 1"; 61].join(" or ");
        for text in [deep.as_str(), long.as_str(), "a = \"line\rend\""] {
            assert_eq!(Builder::of(&text.parse().unwrap(), &types), None, "{text}");
        }
    }

    #[test]
    fn a_button_acts_where_it_stands() {
        let read = |stream: &str| {
            let field = |part: &str| part.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
            Builder::read(&stream.split('&').filter_map(field).collect::<Vec<_>>())
        };
        for (stream, expected, unfinished) in [
            ("g=all&p=a&o==&v=1&p=b&o==&v=2&do=remove&e=", "a = 1", false),
            ("g=all&p=a&o==&v=1&do=remove&p=b&o==&v=2&e=", "b = 2", false),
            ("g=any&p=a&o==&v=1&do=add&e=", "a = 1", true),
            ("g=any&p=a&o==&v=1&do=group&e=", "a = 1", true),
            ("g=all&p=a&o==&v=1&g=any&do=remove_group&p=b&o==&v=2&e=&e=", "a = 1", false),
            ("g=none&p=a&o==&v=1&p=&o=&v=&e=", "not a = 1", true),
            ("g=all&g=all&g=all&e=&e=&e=&e=&p=c&v=1", "", false),
            ("g=all&p=a&o=in&v=x, y&p=c&o=not in&v=\"x, y\"", "a in (\"x\", \"y\") and not c in (\"x, y\")", false),
        ] {
            let builder = read(stream).unwrap();
            let lacks = builder.lines().iter().any(|line| matches!(line, Line::Row(_, row) if row.path.is_empty()));
            assert_eq!((builder.filter(&types).unwrap().to_string().as_str(), lacks), (expected, unfinished), "{stream}");
        }
        assert_eq!(read("filter=a&p=b&e="), None);
        let deep = read(&"g=all&".repeat(5000)).unwrap();
        assert!(deep.lines().len() <= 2 * MAX_DEPTH);
        assert!(read("g=all&p=a&o=between&v=1 and 2 or b = 3&e=").unwrap().filter(&types).is_err());
    }
}
