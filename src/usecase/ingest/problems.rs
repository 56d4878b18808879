//! What is wrong with the records of a file, for whoever sent it: the first of it in the file's order, and how much there is.

use crate::domain::Problem;

/// So many are told.
const TOLD: usize = 20;

/// Problems of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    first: Vec<Problem>,
    n_all: u64,
}

impl Problems {
    /// The first ones, by their place in the file.
    pub fn first(&self) -> &[Problem] {
        &self.first
    }

    /// How many more there are.
    pub fn n_more(&self) -> u64 {
        self.n_all.saturating_sub(self.first.len() as u64)
    }

    /// Takes one; Logs come out when they are complete, so that their problems do not come in order.
    pub(super) fn add(&mut self, offset: i64, problem: impl FnOnce() -> Problem) {
        self.n_all += 1;
        let place = self.first.partition_point(|known| known.offset <= offset);
        if place < TOLD {
            self.first.insert(place, problem());
            self.first.truncate(TOLD);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ProblemKind;

    #[test]
    fn the_first_of_the_file_are_told_and_the_others_counted() {
        let mut problems = Problems::default();
        for offset in (0..50).rev().chain([7, 60]) {
            problems.add(offset, || Problem { offset, kind: ProblemKind::BadDate, text: String::new() });
        }
        let offsets: Vec<i64> = problems.first().iter().map(|problem| problem.offset).collect();
        assert_eq!(offsets, (0..=7).chain(7..19).collect::<Vec<_>>());
        assert_eq!(problems.n_more(), 32);
    }
}
