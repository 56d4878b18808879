//! Which values the variables of a group take, in bounded room.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{kind::Kind, variables::Variable};

/// At most this many values of a variable are counted at a time.
const MAX_VALUES: usize = 64;
/// At most this many variables are told apart.
const MAX_VARIABLES: usize = 400;
/// Longer values are counted by their beginning.
const MAX_VALUE_BYTES: usize = 200;

/// The values of a group's variables, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distribution {
    variables: BTreeMap<String, Values>,
}

/// The values of one variable. Space-saving (Metwally et al., ICDT 2005): frequent ones are never missed, and a count is too high by
/// the value's `surplus` at most.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Values {
    seen: u64,
    /// The least and the greatest of the numbers among them, as they were written.
    range: Option<(String, String)>,
    kinds: BTreeMap<Kind, u64>,
    counts: Vec<Counted>,
}

/// A value and how often it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The value.
    pub value: String,
    /// How often at most.
    pub count: u64,
    /// How many of them may have been other values.
    pub surplus: u64,
}

impl Distribution {
    /// Counts the variables of a message.
    pub fn add(&mut self, variables: &[Variable<'_>]) {
        for variable in variables {
            if self.variables.len() >= MAX_VARIABLES && !self.variables.contains_key(&variable.name) {
                continue;
            }
            self.variables.entry(variable.name.clone()).or_default().add(variable.kind, variable.value);
        }
    }

    /// The variables by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Values)> {
        self.variables.iter().map(|(name, values)| (name.as_str(), values))
    }

    /// The values of a variable.
    pub fn get(&self, name: &str) -> Option<&Values> {
        self.variables.get(name)
    }
}

impl Values {
    fn add(&mut self, kind: Kind, value: &str) {
        let value = value.get(..value.floor_char_boundary(MAX_VALUE_BYTES)).unwrap_or(value);
        self.seen += 1;
        self.widen(value);
        *self.kinds.entry(kind).or_default() += 1;
        if let Some(counted) = self.counts.iter_mut().find(|counted| counted.value == value) {
            counted.count += 1;
        } else if self.counts.len() < MAX_VALUES {
            self.counts.push(Counted { value: value.to_owned(), count: 1, surplus: 0 });
        } else if let Some(rarest) = self.counts.iter_mut().min_by_key(|counted| counted.count) {
            *rarest = Counted { value: value.to_owned(), count: rarest.count + 1, surplus: rarest.count };
        }
    }

    fn widen(&mut self, value: &str) {
        let Some(n) = number(value) else { return };
        match &mut self.range {
            None => self.range = Some((value.to_owned(), value.to_owned())),
            Some((least, _)) if number(least).is_some_and(|least| n < least) => value.clone_into(least),
            Some((_, greatest)) if number(greatest).is_some_and(|greatest| n > greatest) => value.clone_into(greatest),
            Some(_) => {}
        }
    }

    /// The least and the greatest of the numbers among them, as they were written.
    pub fn range(&self) -> Option<(&str, &str)> {
        self.range.as_ref().map(|(least, greatest)| (least.as_str(), greatest.as_str()))
    }

    /// How many different values there are, and whether there may be more than are told apart.
    pub fn distinct(&self) -> (usize, bool) {
        (self.counts.len(), self.counts.iter().any(|counted| counted.surplus > 0))
    }

    /// How many values were seen.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// The most frequent kind, the first of equals.
    pub fn kind(&self) -> Kind {
        self.kinds.iter().rev().max_by_key(|(_, count)| **count).map_or(Kind::Word, |(kind, _)| *kind)
    }

    /// Values, the most frequent first.
    pub fn top(&self) -> Vec<&Counted> {
        let mut top: Vec<&Counted> = self.counts.iter().collect();
        top.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        top
    }
}

/// The number that a value is: digits with a sign, a decimal point or comma, and blanks between thousands.
fn number(value: &str) -> Option<f64> {
    let plain: String = value.chars().filter(|c| !matches!(c, ' ' | '\u{A0}' | '\u{202F}')).collect();
    let looks_so = plain.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | ','));
    looks_so.then(|| plain.replace(',', ".").parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{Distribution, Kind, MAX_VALUES, Variable};

    fn add(distribution: &mut Distribution, value: &str) {
        distribution.add(&[Variable { place: 0, name: "code".to_owned(), kind: Kind::Number, value }]);
    }

    #[test]
    fn frequent_values_are_found_among_many_rare_ones() {
        let mut distribution = Distribution::default();
        for n in 0..10_000 {
            add(&mut distribution, &n.to_string());
            add(&mut distribution, "often");
        }
        let values = distribution.get("code").unwrap();
        let top = values.top();
        assert_eq!((values.seen(), values.kind(), top.len()), (20_000, Kind::Number, MAX_VALUES));
        assert_eq!((top[0].value.as_str(), top[0].count, top[0].surplus), ("often", 10_000, 0));
    }

    #[test]
    fn numbers_have_a_range_and_rare_values_are_not_forgotten_silently() {
        let mut distribution = Distribution::default();
        for value in ["12", "-3,5", "1 200.25", "none", "7"] {
            add(&mut distribution, value);
        }
        let values = distribution.get("code").unwrap();
        assert_eq!((values.range(), values.distinct()), (Some(("-3,5", "1 200.25")), (5, false)));
        for n in 0..100 {
            add(&mut distribution, &format!("w{n}"));
        }
        assert_eq!(distribution.get("code").unwrap().distinct(), (MAX_VALUES, true));
    }

    #[test]
    fn a_distribution_survives_storage() {
        let mut distribution = Distribution::default();
        add(&mut distribution, "403");
        let stored = serde_json::to_string(&distribution).unwrap();
        assert_eq!(serde_json::from_str::<Distribution>(&stored).unwrap(), distribution);
    }
}
