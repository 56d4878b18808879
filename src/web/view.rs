//! What a person looks at in the Logs: filter, columns, time range, saved view. All of it stands in the address.

use bson::DateTime;
use serde::Deserialize;

use super::escape::percent;
pub(super) use crate::usecase::views::RANGES;
use crate::{
    domain::QueryConfig,
    query::{Filter, Path},
    usecase::views::{self, moment},
};

/// Columns where none are chosen.
pub(super) const COLUMNS: [&str; 7] = ["date", "branch", "server", "request.method", "state", "duration_ms", "error"];
/// Most columns.
const MAX_COLUMNS: usize = 20;

/// The address as it was asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Asked {
    pub(super) filter: Option<String>,
    #[serde(default)]
    pub(super) range: String,
    #[serde(default)]
    pub(super) from: String,
    #[serde(default)]
    pub(super) to: String,
    #[serde(default)]
    pub(super) columns: String,
    /// A saved view.
    #[serde(default)]
    pub(super) view: String,
    /// Properties to find in the catalogue.
    #[serde(default)]
    pub(super) find: String,
    pub(super) after: Option<String>,
    /// Whether the chart looks further.
    pub(super) deep: Option<String>,
}

/// What is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct View {
    pub(super) filter: String,
    /// One of [`RANGES`], or blank.
    pub(super) range: String,
    /// The first moment, where no relative range is chosen.
    pub(super) from: String,
    /// The moment behind the last.
    pub(super) to: String,
    /// Paths, or none for the usual ones.
    pub(super) columns: Vec<String>,
    /// The saved view that this one began as.
    pub(super) saved: String,
}

impl View {
    /// The view that an address asks for.
    pub(super) fn of(asked: &Asked) -> Self {
        let is_range = RANGES.iter().any(|(word, _)| *word == asked.range);
        Self {
            filter: asked.filter.clone().unwrap_or_default(),
            range: if is_range { asked.range.clone() } else { String::new() },
            from: if is_range { String::new() } else { asked.from.trim().to_owned() },
            to: if is_range { String::new() } else { asked.to.trim().to_owned() },
            columns: columns(&asked.columns),
            saved: asked.view.clone(),
        }
    }

    /// A saved view as it was saved.
    pub(super) fn saved(config: &QueryConfig) -> Self {
        let (from, to) = config.range.split_once('/').unwrap_or_default();
        let range = if from.is_empty() && to.is_empty() && !config.range.contains('/') { config.range.as_str() } else { "" };
        Self {
            filter: config.filter.clone(),
            range: range.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            columns: config.columns.clone(),
            saved: config.id.to_string(),
        }
    }

    /// The time range as it is saved: a relative one, or `from/to`.
    pub(super) fn range_text(&self) -> String {
        if self.from.is_empty() && self.to.is_empty() { self.range.clone() } else { format!("{}/{}", self.from, self.to) }
    }

    /// Its address.
    pub(super) fn address(&self) -> String {
        self.address_at("/logs")
    }

    /// The address of something else made of the same Logs.
    pub(super) fn address_at(&self, path: &str) -> String {
        let mut address = format!("{path}?filter={}", percent(&self.filter));
        let columns = self.columns_text();
        let fields = [("range", &self.range), ("from", &self.from), ("to", &self.to), ("columns", &columns), ("view", &self.saved)];
        for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            address.push_str(&format!("&{name}={}", percent(value)));
        }
        address
    }

    /// The columns as the address says them.
    pub(super) fn columns_text(&self) -> String {
        self.columns.iter().map(|column| column.replace('\\', "\\\\").replace(',', "\\,")).collect::<Vec<_>>().join(",")
    }

    /// The same with another filter.
    pub(super) fn asking(&self, filter: &Filter) -> Self {
        Self { filter: filter.to_string(), ..self.clone() }
    }

    /// The same within other bounds of time.
    pub(super) fn between(&self, from: i64, to: i64) -> Self {
        let text = |millis| DateTime::from_millis(millis).try_to_rfc3339_string().unwrap_or_default();
        Self { range: String::new(), from: text(from), to: text(to), ..self.clone() }
    }

    /// The same with a column more, or less where it is there.
    pub(super) fn with_column(&self, path: &str) -> Self {
        let mut columns = self.shown_columns();
        match columns.iter().position(|column| column == path) {
            Some(place) => drop(columns.remove(place)),
            None => columns.push(path.to_owned()),
        }
        Self { columns: if columns == COLUMNS { Vec::new() } else { columns }, ..self.clone() }
    }

    /// Paths of the columns.
    pub(super) fn shown_columns(&self) -> Vec<String> {
        if self.columns.is_empty() { COLUMNS.map(str::to_owned).to_vec() } else { self.columns.clone() }
    }

    /// The bounds of time in milliseconds: the first moment, and the one behind the last.
    pub(super) fn bounds(&self, now: DateTime) -> (Option<i64>, Option<i64>) {
        views::bounds(&self.range_text(), now)
    }

    /// A filter within the bounds of time.
    pub(super) fn within(&self, filter: Filter, now: DateTime) -> Filter {
        views::within(filter, self.bounds(now))
    }

    /// Whether a bound of time is written that is no moment.
    pub(super) fn has_bad_bound(&self) -> bool {
        [&self.from, &self.to].into_iter().any(|text| !text.is_empty() && moment(text).is_none())
    }

    /// What a field for date and time shows for a bound.
    pub(super) fn field(&self, bound: &str) -> String {
        let Some(moment) = moment(bound).and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok()) else { return String::new() };
        moment.strftime("%Y-%m-%dT%H:%M:%S").to_string()
    }
}

/// Paths between commas; a comma of a path stands behind a backslash.
pub(super) fn columns(text: &str) -> Vec<String> {
    let mut columns = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let c = match c {
            ',' => {
                columns.push(String::new());
                continue;
            }
            '\\' => chars.next(),
            c => Some(c),
        };
        if let (Some(c), Some(column)) = (c, columns.last_mut()) {
            column.push(c);
        }
    }
    columns.retain(|column| column.parse::<Path>().is_ok());
    columns.truncate(MAX_COLUMNS);
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> View {
        View::of(&actix_web::web::Query::<Asked>::from_query(text).unwrap())
    }

    #[test]
    fn the_address_says_all_of_it() {
        for text in
            ["filter=", "filter=a%20%3D%201&range=24h&columns=date%2Crequest.a%5C%2Cb", "filter=&from=2016-05-08&to=2016-05-09&view=7"]
        {
            let view = asked(text);
            assert_eq!(view.address(), format!("/logs?{text}"));
        }
        assert_eq!(asked("columns=a\\,b,c,,$x").columns, ["a,b", "c"]);
        assert_eq!(asked("range=never&from=x").address(), "/logs?filter=&from=x");
    }

    #[test]
    fn times_bound_the_filter() {
        let now = DateTime::from_millis(1_462_752_000_000);
        for (text, expected) in [
            ("filter=", ""),
            ("range=24h", "date >= 2016-05-08T00:00:00Z and ()"),
            ("from=2016-05-08&to=2016-05-09T10:30", "date >= 2016-05-08T00:00:00Z and date < 2016-05-09T10:30:00Z and ()"),
            ("from=yesterday", ""),
        ] {
            assert_eq!(asked(text).within(Filter::All, now).to_string(), expected, "{text}");
        }
        assert!(asked("from=yesterday").has_bad_bound());
    }

    #[test]
    fn columns_come_and_go() {
        let view = asked("filter=").with_column("request.a");
        assert_eq!(view.columns.len(), COLUMNS.len() + 1);
        assert_eq!(view.with_column("request.a").columns, Vec::<String>::new());
    }
}
