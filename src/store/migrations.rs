//! The steps of the schema: append only, and the same numbers in both stores.

/// Number and name of each step.
pub const MIGRATIONS: [(i32, &str); 19] = [
    (1, "documents"),
    (2, "indexes"),
    (3, "reading"),
    (4, "group rules"),
    (5, "triage"),
    (7, "people"),
    (8, "ingestion"),
    (9, "knowledge"),
    (10, "suggestions"),
    (11, "vectors"),
    (12, "scale"),
    (13, "workplace"),
    (14, "sources"),
    (15, "notices"),
    (16, "counts"),
    (17, "ledger"),
    (19, "queue"),
    (20, "group steps"),
    (21, "meeting"),
];

/// The step after which every group is counted anew: the latest that asks for more of one.
pub(super) const RECOUNT: i32 = 13;

/// The step after which SQLite fills columns that it adds to known errors and Logs.
pub(super) const SCALE: i32 = 12;

/// The step after which SQLite fills columns that it adds to records of files.
pub(super) const LEDGER: i32 = 17;

/// The latest step that this program knows.
pub const LATEST: i32 = MIGRATIONS[MIGRATIONS.len() - 1].0;
