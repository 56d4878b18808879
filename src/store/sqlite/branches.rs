//! Branches.

use async_trait::async_trait;

use super::{SqliteStore, encode, execute, select, select_one};
use crate::{
    domain::{Branch, BranchCode},
    store::{BranchStore, Result},
};

#[async_trait]
impl BranchStore for SqliteStore {
    async fn save_branch(&self, branch: &Branch) -> Result<()> {
        let (code, doc) = (branch.code.to_string(), encode("Branch", branch)?);
        self.write(move |tx| execute(tx, "INSERT OR REPLACE INTO \"Branch\" (_id, doc) VALUES (?1, ?2)", (code, doc)).map(drop)).await
    }

    async fn find_branch(&self, code: &BranchCode) -> Result<Option<Branch>> {
        let code = code.to_string();
        self.read(move |tx| select_one(tx, "Branch", "SELECT doc FROM \"Branch\" WHERE _id = ?1", [code])).await
    }

    async fn list_branches(&self) -> Result<Vec<Branch>> {
        self.read(|tx| select(tx, "Branch", "SELECT doc FROM \"Branch\" ORDER BY _id", [])).await
    }
}
