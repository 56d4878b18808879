//! Whose things somebody sees: those of all branches, or of some.

use crate::{
    domain::BranchCode,
    query::{Filter, Operator, Test, Value},
};

/// The branches that somebody sees.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// All of them, those too that are not registered yet.
    All,
    /// These and no others.
    Branches(Vec<BranchCode>),
}

impl Scope {
    /// Whether a branch is seen.
    pub fn holds(&self, branch: &BranchCode) -> bool {
        self.branches().is_none_or(|branches| branches.contains(branch))
    }

    /// The branches; `None` is all.
    pub fn branches(&self) -> Option<&[BranchCode]> {
        match self {
            Self::All => None,
            Self::Branches(branches) => Some(branches),
        }
    }

    /// A filter and, besides, that the Log is of a branch that is seen.
    pub fn within(&self, filter: Filter) -> Filter {
        let Some(branches) = self.branches() else { return filter };
        let nothing = || Filter::Not(Box::new(Filter::All));
        let Ok(path) = "branch".parse() else { return nothing() };
        let text = |branch: &BranchCode| Value::Text(branch.to_string());
        let own = match branches {
            [] => nothing(),
            // An equality can lead an index, a list cannot.
            [branch] => Filter::Test(Test { path, operator: Operator::Equal, value: text(branch) }),
            branches => Filter::Test(Test { path, operator: Operator::In, value: Value::List(branches.iter().map(text).collect()) }),
        };
        if filter == Filter::All { own } else { Filter::And(vec![own, filter]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_narrowed_to_the_branches_that_are_seen() {
        let some = |codes: &[&str]| Scope::Branches(codes.iter().map(|code| code.parse().unwrap()).collect());
        for (scope, filter, expected) in [
            (Scope::All, "", ""),
            (Scope::All, "server = S", "server = S"),
            (some(&["K01"]), "", "branch = K01"),
            (some(&["K01"]), "branch = L02 or server = S", "branch = K01 and (branch = L02 or server = S)"),
            (some(&["K01", "L02"]), "server = S", "branch in (K01, L02) and server = S"),
        ] {
            let (filter, expected): (Filter, Filter) = (filter.parse().unwrap(), expected.parse().unwrap());
            assert_eq!(scope.within(filter).to_string(), expected.to_string());
        }
        assert_eq!(some(&[]).within(Filter::All), Filter::Not(Box::new(Filter::All)));
        assert!(!some(&[]).holds(&"K01".parse().unwrap()) && Scope::All.holds(&"K01".parse().unwrap()));
    }
}
