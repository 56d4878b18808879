//! Which part of a filter an index answers, the same for both stores.
//!
//! Logs are read in the order of their dates. Each index leads with one property and goes on with the date, so a page costs what it reads
//! when the filter asks for one such property by equality; a range of dates narrows it further. The rest is tested on what the index
//! gives, and the scan limit of a page bounds how much that is.

use crate::query::{Filter, Operator, Test, Value};

/// Properties that an index leads with, the most selective first.
const LEADS: [&str; 8] =
    ["_id", "message_id", "session_key", "verdict.group_id", "verdict.known_error_id", "log_file_id", "request.method", "branch"];

/// A filter in two parts: `lead` and `dates` bound what is read, `rest` is tested on it.
#[derive(Debug, Default)]
pub(super) struct Plan<'f> {
    /// The property asked for by equality.
    pub lead: Option<&'f Test>,
    /// Bounds of the date.
    pub dates: Vec<&'f Test>,
    /// All other conditions; all of them have to hold.
    pub rest: Vec<&'f Filter>,
}

/// Divides a filter.
pub(super) fn plan(filter: &Filter) -> Plan<'_> {
    let mut conjuncts = Vec::new();
    flatten(filter, &mut conjuncts);
    let lead = conjuncts.iter().filter_map(|part| Some((rank(part)?, *part))).min_by_key(|(rank, _)| *rank).map(|(_, part)| part);
    let mut plan = Plan::default();
    for part in conjuncts {
        match part {
            Filter::Test(test) if lead.is_some_and(|lead| std::ptr::eq(lead, part)) => plan.lead = Some(test),
            Filter::Test(test) if bounds_date(test) => plan.dates.push(test),
            part => plan.rest.push(part),
        }
    }
    plan
}

/// What a plan asks of errors beside its index and dates, where nothing else is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    /// Nothing.
    Nothing,
    /// That there is one.
    Errors,
    /// That there is one, and it is known.
    Known,
    /// That there is one, and it is not.
    Unknown,
}

/// Whether indexes tell what came of the Logs that satisfy a filter, so that none of them has to be read.
pub fn is_told_by_indexes(filter: &Filter) -> bool {
    let plan = plan(filter);
    let leads = plan.lead.is_none_or(|lead| matches!(lead.path.as_str(), "branch" | "request.method"));
    leads && plan.asks_of_errors().is_some()
}

impl Plan<'_> {
    /// What is asked of errors; `None` where anything else is asked as well.
    pub(super) fn asks_of_errors(&self) -> Option<Asks> {
        let (mut errors, mut known, mut unknown) = (false, false, false);
        for part in &self.rest {
            let (inner, wanted) = match part {
                Filter::Not(inner) => (inner.as_ref(), false),
                part => (*part, true),
            };
            let Filter::Test(Test { path, operator: Operator::Exists, .. }) = inner else { return None };
            match (path.as_str(), wanted) {
                ("error", true) => errors = true,
                ("verdict.known_error_id", true) => known = true,
                ("verdict.known_error_id", false) => unknown = true,
                _ => return None,
            }
        }
        match (errors, known, unknown) {
            (false, false, false) => Some(Asks::Nothing),
            (true, false, false) => Some(Asks::Errors),
            (_, true, false) => Some(Asks::Known),
            (true, false, true) => Some(Asks::Unknown),
            _ => None,
        }
    }

    /// Whether the property is asked for outside `or` and `not`.
    pub(super) fn asks(&self, path: &str) -> bool {
        let in_rest = self.rest.iter().filter_map(|part| if let Filter::Test(test) = part { Some(test) } else { None });
        self.lead.iter().copied().chain(in_rest).any(|test| test.path.as_str() == path)
    }
}

fn flatten<'f>(filter: &'f Filter, conjuncts: &mut Vec<&'f Filter>) {
    match filter {
        Filter::All => {}
        Filter::And(parts) => parts.iter().for_each(|part| flatten(part, conjuncts)),
        other => conjuncts.push(other),
    }
}

/// The place among [`LEADS`] of a test that may lead.
fn rank(part: &Filter) -> Option<usize> {
    let Filter::Test(test) = part else { return None };
    let of_kind = match test.path.as_str() {
        "_id" | "verdict.group_id" | "log_file_id" => matches!(test.value, Value::Id(_)),
        // An index of texts leaves out the empty one.
        _ => matches!(&test.value, Value::Text(text) if !text.is_empty()),
    };
    (test.operator == Operator::Equal && of_kind).then(|| LEADS.iter().position(|lead| *lead == test.path.as_str())).flatten()
}

/// Whether the test bounds the date that Logs are ordered by.
fn bounds_date(test: &Test) -> bool {
    let ordered = matches!(test.operator, Operator::Equal | Operator::Less | Operator::AtMost | Operator::Greater | Operator::AtLeast);
    test.path.as_str() == "date" && ordered && matches!(test.value, Value::Date(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_selective_equality_leads_and_dates_bound() {
        for (text, lead, n_dates, n_rest) in [
            ("", None, 0, 0),
            ("branch = K01", Some("branch"), 0, 0),
            ("branch = K01 and message_id = m and server = S", Some("message_id"), 0, 2),
            ("branch = K01 and session_key = s", Some("session_key"), 0, 1),
            ("branch = K01 or message_id = m", None, 0, 1),
            ("branch != K01 and request.method = A", Some("request.method"), 0, 1),
            ("not (branch = K01)", None, 0, 1),
            ("date >= 2016-05-08 and date < 2016-05-09 and branch = K01", Some("branch"), 2, 0),
            ("branch = 5 and message_id = \"\"", None, 0, 2),
        ] {
            let filter: Filter = text.parse().unwrap();
            let plan = plan(&filter);
            let found = (plan.lead.map(|lead| lead.path.as_str()), plan.dates.len(), plan.rest.len());
            assert_eq!(found, (lead, n_dates, n_rest), "{text}");
        }
    }

    #[test]
    fn what_is_asked_of_errors_is_told_by_indexes() {
        for (text, asks, told) in [
            ("", Some(Asks::Nothing), true),
            ("branch = K01 and date >= 2016-05-08", Some(Asks::Nothing), true),
            ("error exists", Some(Asks::Errors), true),
            ("branch = K01 and error exists and date >= 2016-05-08", Some(Asks::Errors), true),
            ("verdict.known_error_id exists", Some(Asks::Known), true),
            ("error exists and not verdict.known_error_id exists", Some(Asks::Unknown), true),
            ("not verdict.known_error_id exists", None, false),
            ("verdict.known_error_id exists and not verdict.known_error_id exists", None, false),
            ("not error exists", None, false),
            ("error exists or verdict.known_error_id exists", None, false),
            ("error exists and error.code = 5", None, false),
            ("session_key = s", Some(Asks::Nothing), false),
        ] {
            let filter: Filter = text.parse().unwrap();
            assert_eq!((plan(&filter).asks_of_errors(), is_told_by_indexes(&filter)), (asks, told), "{text}");
        }
    }
}
