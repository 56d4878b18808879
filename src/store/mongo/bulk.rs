//! Many writes in as few raw commands as they fit in: documents go as they are encoded, and each refusal is told of by its place.

use bson::{Bson, RawArrayBuf, RawBsonRef, RawDocumentBuf, cstr, raw::CStr};

use super::{MongoStore, fault, refused, unacknowledged};
use crate::store::Result;

/// Statements and bytes of one command; MongoDB takes 100,000 and 48 MB.
const MAX_STATEMENTS: usize = 5000;
const MAX_BYTES: usize = 40 << 20;

/// Statements on their way to the collection `Log`.
pub(super) struct Bulk<'s> {
    store: &'s MongoStore,
    /// `insert` or `update`, and what its statements are called.
    command: &'static CStr,
    field: &'static CStr,
    /// Codes by which a statement may be refused without the whole being a failure.
    expected: &'static [i32],
    statements: RawArrayBuf,
    n: usize,
    size: usize,
    /// Place of the first statement of the command being filled.
    begin: usize,
    refused: Vec<usize>,
}

impl<'s> Bulk<'s> {
    pub(super) fn new(store: &'s MongoStore, command: &'static CStr, field: &'static CStr, expected: &'static [i32]) -> Self {
        Self { store, command, field, expected, statements: RawArrayBuf::new(), n: 0, size: 0, begin: 0, refused: Vec::new() }
    }

    /// Adds a statement; commands that are full are sent.
    pub(super) async fn add(&mut self, statement: RawBsonRef<'_>) -> Result<()> {
        let length = statement.as_document().map_or(0, |statement| statement.as_bytes().len());
        if self.n == MAX_STATEMENTS || (self.n > 0 && self.size + length > MAX_BYTES) {
            self.send().await?;
        }
        self.statements.push(statement);
        (self.n, self.size) = (self.n + 1, self.size + length);
        Ok(())
    }

    /// Sends the rest; the places of the statements that were refused by an expected code.
    pub(super) async fn finish(mut self) -> Result<Vec<usize>> {
        self.send().await?;
        Ok(self.refused)
    }

    async fn send(&mut self) -> Result<()> {
        if self.n == 0 {
            return Ok(());
        }
        let mut command = RawDocumentBuf::new();
        command.append(self.command, "Log");
        command.append(cstr!("ordered"), false);
        command.append(cstr!("writeConcern"), bson::rawdoc! { "w": "majority", "j": true });
        command.append(self.field, std::mem::take(&mut self.statements));
        let reply = self.store.database.run_raw_command(command).await.map_err(fault)?;
        for error in reply.get_array("writeErrors").into_iter().flatten().filter_map(Bson::as_document) {
            let code = error.get_i32("code").unwrap_or_default();
            if !self.expected.contains(&code) {
                return Err(refused(code, error.get_str("errmsg").unwrap_or("a Log was refused")));
            }
            self.refused.push(self.begin + usize::try_from(error.get_i32("index").unwrap_or_default()).unwrap_or_default());
        }
        if let Ok(concern) = reply.get_document("writeConcernError") {
            return Err(unacknowledged(concern));
        }
        self.begin += std::mem::take(&mut self.n);
        self.size = 0;
        Ok(())
    }
}
