//! The steps of the schema: append only, and the same numbers in both stores.

/// Number and name of each step.
pub const MIGRATIONS: [(i32, &str); 5] = [(1, "documents"), (2, "indexes"), (3, "reading"), (4, "group rules"), (8, "ingestion")];

/// The latest step that this program knows.
pub const LATEST: i32 = MIGRATIONS[MIGRATIONS.len() - 1].0;
