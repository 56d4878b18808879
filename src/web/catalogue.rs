//! The catalogue of properties as a tree, beside the Logs: what can be asked, and what was seen there.

use super::{columns::narrowed, view::View};
use crate::{
    domain::LogQuery,
    query::{Filter, Operator, Path, Test, Value},
};

/// Properties shown at once; a search finds the others.
const SHOWN: usize = 400;

/// A property of the tree.
pub(super) struct Entry {
    /// Its last step.
    pub(super) name: String,
    pub(super) property: LogQuery,
    /// The address of the Logs asked for now that have it.
    pub(super) address: String,
    /// The address with it as a column, or without it.
    pub(super) column: String,
    pub(super) is_column: bool,
}

/// A piece of the tree, in order.
pub(super) enum Branch {
    /// A property with others below it, or a step that is none itself; the flag says whether it is unfolded.
    Open(String, Option<Entry>, bool),
    Leaf(Entry),
    Close,
}

/// The tree of the properties that hold `find`, and how many more there are. Examples come from every branch's Logs: whoever may not
/// read them all gets properties without them.
pub(super) fn tree(properties: &[LogQuery], view: &View, now: &Filter, find: &str, with_examples: bool) -> (Vec<Branch>, usize) {
    let find = find.trim().to_lowercase();
    let holds = |property: &&LogQuery| {
        let in_examples = with_examples && property.examples.iter().any(|example| example.to_lowercase().contains(&find));
        let fits = find.is_empty() || property.path.to_lowercase().contains(&find) || in_examples;
        fits && property.path.parse::<Path>().is_ok()
    };
    let mut found: Vec<(Vec<&str>, &LogQuery)> =
        properties.iter().filter(holds).map(|property| (property.path.split('.').collect(), property)).collect();
    // The commonest stay where there are too many.
    found.sort_by_key(|(_, property)| std::cmp::Reverse(property.count));
    let n_more = found.len().saturating_sub(SHOWN);
    found.truncate(SHOWN);
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    let columns = view.shown_columns();
    let mut tree = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    for (index, (steps, property)) in found.iter().enumerate() {
        let shared = open.iter().zip(steps).take_while(|(a, b)| a == b).count();
        tree.extend(open.drain(shared..).map(|_| Branch::Close));
        let Some((last, above)) = steps.split_last() else { continue };
        for step in above.get(open.len()..).unwrap_or_default() {
            tree.push(Branch::Open((*step).to_owned(), None, open.is_empty() || !find.is_empty()));
            open.push(step);
        }
        let Some(entry) = entry(property, last, view, now, &columns, with_examples) else { continue };
        let has_children = found.get(index + 1).is_some_and(|(next, _)| next.len() > steps.len() && next.starts_with(steps));
        if has_children {
            tree.push(Branch::Open(entry.name.clone(), Some(entry), !find.is_empty()));
            open.push(last);
        } else {
            tree.push(Branch::Leaf(entry));
        }
    }
    tree.extend(open.drain(..).map(|_| Branch::Close));
    (tree, n_more)
}

fn entry(property: &LogQuery, name: &str, view: &View, now: &Filter, columns: &[String], with_examples: bool) -> Option<Entry> {
    let path: Path = property.path.parse().ok()?;
    let there = Filter::Test(Test { path, operator: Operator::Exists, value: Value::Null });
    let mut property = property.clone();
    if !with_examples {
        property.examples.clear();
    }
    Some(Entry {
        name: name.to_owned(),
        address: view.asking(&narrowed(now, there)).address(),
        column: view.with_column(&property.path).address(),
        is_column: columns.contains(&property.path),
        property,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{PropertySide, PropertyType};

    fn property(path: &str) -> LogQuery {
        LogQuery {
            path: path.to_owned(),
            side: PropertySide::Request,
            types: vec![PropertyType::String],
            examples: vec!["secret".to_owned()],
            count: 1,
            open_files: vec![],
        }
    }

    fn drawn(paths: &[&str], find: &str) -> String {
        let properties: Vec<LogQuery> = paths.iter().map(|path| property(path)).collect();
        let (tree, _) = tree(&properties, &View::default(), &Filter::All, find, true);
        let piece = |branch: &Branch| match branch {
            Branch::Open(name, entry, _) => format!("{name}{}(", if entry.is_some() { "*" } else { "" }),
            Branch::Leaf(entry) => format!("{} ", entry.name),
            Branch::Close => ")".to_owned(),
        };
        tree.iter().map(piece).collect()
    }

    #[test]
    fn properties_stand_below_each_other() {
        assert_eq!(drawn(&["a.b", "a", "a-b", "a.b.c", "x.y.z", "x.y.w"], ""), "a*(b*(c ))a-b x(y(w z ))");
        assert_eq!(drawn(&["a.b", "a", "x.why"], "WHY"), "x(why )");
        assert_eq!(drawn(&["a.b", "..", ""], "secret"), "a(b )");
        assert_eq!(drawn(&[], ""), "");
    }

    #[test]
    fn a_click_on_a_property_adds_to_the_filter_and_other_branches_values_stay_hidden() {
        let now: Filter = "branch = \"K01\" or branch = \"L02\"".parse().unwrap();
        let view = View::default();
        let (tree, _) = tree(&[property("two words")], &view, &now, "", false);
        let [Branch::Leaf(entry)] = tree.as_slice() else { panic!("one leaf") };
        assert_eq!(entry.property.examples.len(), 0);
        let asked: Filter = "(branch = \"K01\" or branch = \"L02\") and `two words` exists".parse().unwrap();
        assert_eq!(entry.address, view.asking(&asked).address());
        assert!(super::tree(&[property("a")], &view, &now, "secret", false).0.is_empty());
    }
}
