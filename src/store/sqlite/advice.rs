//! What branches were told.

use async_trait::async_trait;

use super::{SqliteStore, encode, execute, fault, select};
use crate::{
    domain::{BranchAdvice, BranchCode, KnownErrorId},
    store::{AdviceStore, Result},
};

#[async_trait]
impl AdviceStore for SqliteStore {
    async fn list_known_of_branch(&self, branch: &BranchCode) -> Result<Vec<KnownErrorId>> {
        // Each step leaps to the next known error in the index, however many Logs have it.
        let sql = "SELECT MIN(known_error_id) FROM \"Log\" INDEXED BY log_error_by_branch WHERE has_error AND branch = ?1 AND known_error_id > ?2";
        let branch = branch.to_string();
        self.read(move |tx| {
            let mut statement = tx.prepare_cached(sql).map_err(fault)?;
            let (mut found, mut last) = (Vec::new(), String::new());
            while let Some(next) = statement.query_row((&branch, &last), |row| row.get::<_, Option<String>>(0)).map_err(fault)? {
                found.push(KnownErrorId(next.clone()));
                last = next;
            }
            Ok(found)
        })
        .await
    }

    async fn insert_advice(&self, branch: &BranchCode, known_errors: &[KnownErrorId]) -> Result<()> {
        let (branch, known_errors) = (branch.clone(), known_errors.to_vec());
        self.write(move |tx| {
            let last = "SELECT COALESCE(MAX(seq), 0) FROM \"Advice\" WHERE branch = ?1";
            let mut seq: i64 = tx.query_row(last, [branch.as_str()], |row| row.get(0)).map_err(fault)?;
            for known in &known_errors {
                let advice = BranchAdvice::new(&branch, known, seq + 1);
                let sql = "INSERT INTO \"Advice\" (_id, doc, branch, seq) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (_id) DO NOTHING";
                seq += i64::from(execute(tx, sql, (&advice.id, encode("Advice", &advice)?, branch.as_str(), advice.seq))? > 0);
            }
            Ok(())
        })
        .await
    }

    async fn list_advice(&self, branch: &BranchCode, after: i64, limit: usize) -> Result<Vec<BranchAdvice>> {
        let key = (branch.to_string(), after, i64::try_from(limit).unwrap_or(i64::MAX));
        let sql = "SELECT doc FROM \"Advice\" WHERE branch = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
        self.read(move |tx| select(tx, "Advice", sql, key)).await
    }
}
