//! The part of the Logs page where one says what is wanted: the filter as text, with what is wrong in it pointed at, and the same filter
//! in the builder. A script asks for this part alone while a person writes.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::{
    asking,
    builder::{self, Builder, Line},
    error::{PageError, page},
    escape::restored,
    field,
    session::{Frame, Viewer},
    told,
    view::{Asked, RANGES, View},
};
use crate::{
    domain::{LogQuery, PropertyType},
    query::Filter,
    usecase::Services,
};

/// Properties that a field suggests.
const SUGGESTED: usize = 300;
/// Characters of a filter that are shown on each side of what is wrong.
const AROUND: usize = 60;

/// A row of the builder with what it offers.
pub(super) struct FormRow {
    pub(super) index: usize,
    pub(super) row: builder::Row,
    /// Operators, and whether it is the one.
    pub(super) operators: Vec<(String, bool)>,
    /// Values that were seen.
    pub(super) values: Vec<String>,
    pub(super) needs_value: bool,
}

/// A piece of the builder.
pub(super) enum Piece {
    Open(usize, Vec<(&'static str, bool)>),
    Row(FormRow),
    Close(usize),
}

/// What is wrong with a filter, and where.
pub(super) struct Pointed {
    pub(super) what: String,
    /// Characters before it, counted from 1.
    pub(super) column: usize,
    pub(super) before: String,
    pub(super) there: String,
    pub(super) after: String,
}

/// The part of the page.
pub(super) struct Asking {
    pub(super) view: View,
    pub(super) problem: Option<Pointed>,
    /// `None` where the builder cannot show the filter.
    pub(super) pieces: Option<Vec<Piece>>,
    /// Whether the builder is unfolded.
    pub(super) is_building: bool,
    pub(super) ranges: Vec<(&'static str, bool)>,
    pub(super) from: String,
    pub(super) to: String,
    /// Properties that a field suggests.
    pub(super) paths: Vec<String>,
    /// The filter, where it is one.
    pub(super) filter: Option<Filter>,
}

impl Asking {
    /// Reads what was asked, from the text or, where the form of the builder was sent, from the builder.
    pub(super) fn of(frame: &Frame, mut view: View, fields: &[(String, String)], properties: &[LogQuery], with_examples: bool) -> Self {
        let find =
            |path: &str| properties.binary_search_by(|property| property.path.as_str().cmp(path)).ok().and_then(|at| properties.get(at));
        let types = |path: &str| -> Vec<PropertyType> { find(path).map(|property| property.types.clone()).unwrap_or_default() };
        let sent = Builder::read(fields);
        let is_building = sent.is_some();
        view.filter = restored(&view.filter);
        let (filter, problem) = match &sent {
            Some(builder) => match builder.filter(&types) {
                Ok(filter) => {
                    view.filter = filter.to_string();
                    (Some(filter), None)
                }
                Err(error) => {
                    let what = told::filter(frame, &error);
                    (None, Some(Pointed { what, column: 0, before: String::new(), there: String::new(), after: String::new() }))
                }
            },
            None => match Filter::located(&view.filter) {
                Ok(filter) => (Some(filter), None),
                Err((error, at)) => (None, Some(pointed(&view.filter, at, told::filter(frame, &error)))),
            },
        };
        let builder = match (sent, &filter) {
            (Some(builder), _) => Some(builder),
            (None, Some(filter)) => Builder::of(filter, &types),
            (None, None) => None,
        };
        let pieces = builder.map(|builder| {
            let row = |index: usize, row: builder::Row| {
                let known = find(&row.path);
                let operators = field::operators(known.map_or(&[], |known| known.types.as_slice()), &row.operator);
                Piece::Row(FormRow {
                    index,
                    operators: operators.into_iter().map(|word| (word.clone(), word == row.operator)).collect(),
                    values: known.filter(|_| with_examples).map(|known| known.examples.clone()).unwrap_or_default(),
                    needs_value: !row.operator.ends_with("exists"),
                    row,
                })
            };
            let piece = |line| match line {
                Line::Open(depth, join) => Piece::Open(depth, builder::Join::EACH.map(|each| (each.word(), each == join)).to_vec()),
                Line::Row(index, line) => row(index, line),
                Line::Close(depth) => Piece::Close(depth),
            };
            builder.lines().into_iter().map(piece).collect()
        });
        let mut commonest: Vec<&LogQuery> = properties.iter().collect();
        commonest.sort_by_key(|property| std::cmp::Reverse(property.count));
        Self {
            problem,
            pieces,
            is_building,
            ranges: RANGES.iter().map(|(word, _)| (*word, *word == view.range)).collect(),
            from: view.field(&view.from),
            to: view.field(&view.to),
            paths: commonest.into_iter().take(SUGGESTED).map(|property| property.path.clone()).collect(),
            filter,
            view,
        }
    }

    /// Fields that the builder's form carries along.
    pub(super) fn carried(&self) -> Vec<(&'static str, String)> {
        let columns = self.view.columns_text();
        let view = &self.view;
        let all = [("range", &view.range), ("from", &view.from), ("to", &view.to), ("columns", &columns), ("view", &view.saved)];
        all.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.clone())).collect()
    }
}

impl Frame {
    /// A relative time range.
    pub(super) fn range(&self, word: &str) -> String {
        self.t(&format!("range.{word}"))
    }

    /// What events share with a Log.
    pub(super) fn shared(&self, word: &str) -> String {
        self.t(&format!("around.{word}"))
    }

    /// How the conditions of a group are joined.
    pub(super) fn join(&self, word: &str) -> String {
        self.t(&format!("builder.join.{word}"))
    }
}

/// A text cut around the byte at which something is wrong.
fn pointed(text: &str, at: usize, what: String) -> Pointed {
    let at = text.floor_char_boundary(at);
    let (before, rest) = text.split_at(at);
    let end =
        rest.char_indices().skip(1).find(|(_, c)| c.is_whitespace() || matches!(c, '(' | ')' | ',')).map_or(rest.len(), |(end, _)| end);
    let (there, after) = rest.split_at(end);
    let skipped = before.chars().count().saturating_sub(AROUND);
    let mut shown: String = before.chars().skip(skipped).collect();
    if skipped > 0 {
        shown.insert(0, '…');
    }
    let cut = |text: &str| text.chars().take(AROUND).collect::<String>();
    Pointed { what, column: before.chars().count() + 1, before: shown, there: cut(there), after: cut(after) }
}

#[derive(Template)]
#[template(path = "asking.html")]
struct Fragment {
    frame: Frame,
    asking: Asking,
}

/// `GET /logs/asking`; whoever is signed in. The part alone, for the script.
pub(super) async fn show(
    viewer: Viewer,
    services: web::Data<Services>,
    asked: web::Query<Asked>,
    fields: web::Query<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    let properties = viewer.reads(&services).list_log_queries().await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    let asking = Asking::of(&viewer.frame, View::of(&asked), &fields, &properties, viewer.branches().is_none());
    let template = Fragment { frame: viewer.frame, asking };
    page(&template.frame, &template)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_cut_out_of_its_text() {
        for (text, at, column, there) in [
            ("branch = ", 8, 9, " "),
            ("a = 1 and ї ~ 2", 13, 13, "~"),
            ("a = 1", 5, 6, ""),
            ("a = 1", 50, 6, ""),
            (&format!("{}(x", "ї".repeat(100)), 200, 101, "(x"),
        ] {
            let found = pointed(text, at, String::new());
            assert_eq!((found.column, found.there.as_str()), (column, there), "{text}");
            assert!(found.before.chars().count() <= AROUND + 1);
        }
    }
}
