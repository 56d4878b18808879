//! Logs by branch and by what is known of their error: the table `StateCount`, changed in the transaction of each change of Logs.
//!
//! Triggers would do it too, and did, for twice the price of the insertion itself: SQLite keeps a journal of its own for every statement
//! that may start one.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row};

use super::{execute, fault};
use crate::store::Result;

/// What is known of a Log's error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// There is none.
    Normal,
    Yes,
    No,
}

impl Known {
    pub(super) fn of(has_error: bool, is_known: bool) -> Self {
        match (has_error, is_known) {
            (false, _) => Self::Normal,
            (true, true) => Self::Yes,
            (true, false) => Self::No,
        }
    }

    /// Reads it off two columns: whether there is an error, and the known error.
    pub(super) fn read(row: &Row<'_>, has_error: usize, known_error_id: usize) -> rusqlite::Result<Self> {
        Ok(Self::of(row.get(has_error)?, row.get_ref(known_error_id)? != rusqlite::types::ValueRef::Null))
    }
}

/// By how much each branch's counts change: normal, known, unknown.
#[derive(Debug, Default)]
pub(super) struct Counts(BTreeMap<String, [i64; 3]>);

impl Counts {
    pub(super) fn add(&mut self, branch: &str, known: Known) {
        self.change(branch, known, 1);
    }

    pub(super) fn remove(&mut self, branch: &str, known: Known) {
        self.change(branch, known, -1);
    }

    fn change(&mut self, branch: &str, known: Known, by: i64) {
        // A batch is of one branch, or of few.
        if !self.0.contains_key(branch) {
            self.0.insert(branch.to_owned(), [0; 3]);
        }
        if let Some([normal, yes, no]) = self.0.get_mut(branch) {
            *match known {
                Known::Normal => normal,
                Known::Yes => yes,
                Known::No => no,
            } += by;
        }
    }

    fn write(self, connection: &Connection) -> Result<()> {
        let sql = "INSERT INTO \"StateCount\" (branch, normal, known, unknown) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (branch) DO UPDATE
            SET normal = normal + excluded.normal, known = known + excluded.known, unknown = unknown + excluded.unknown";
        for (branch, [normal, yes, no]) in self.0.into_iter().filter(|(_, by)| *by != [0; 3]) {
            execute(connection, sql, (branch, normal, yes, no))?;
        }
        Ok(())
    }
}

/// Changes Logs and counts, which `change` is given to note what it does.
pub(super) fn counted<T>(connection: &Connection, change: impl FnOnce(&mut Counts) -> Result<T>) -> Result<T> {
    let mut counts = Counts::default();
    let done = change(&mut counts)?;
    counts.write(connection)?;
    Ok(done)
}

/// Deletes a Log.
pub(super) fn delete(connection: &Connection, counts: &mut Counts, id: &[u8; 12]) -> Result<()> {
    let sql = "DELETE FROM \"Log\" WHERE _id = ?1 RETURNING branch, has_error, known_error_id";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let mut rows = statement.query([id]).map_err(fault)?;
    while let Some(row) = rows.next().map_err(fault)? {
        let (branch, known) = row.get_ref(0).and_then(|branch| Ok((branch.as_str()?, Known::read(row, 1, 2)?))).map_err(fault)?;
        counts.remove(branch, known);
    }
    Ok(())
}
