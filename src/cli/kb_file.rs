//! Files of a knowledge base: one JSON document, or a table of known errors.

use std::{collections::HashMap, io::Read, path::Path};

use anyhow::{Context, Result};

use super::input;
use crate::{
    domain::{Answer, KnownErrorId},
    store::Store,
    usecase::{
        knowledge_base::{self, Document},
        known_csv,
    },
};

/// What a file says, as far as it is good.
pub(super) struct Checked {
    pub(super) document: Document,
    pub(super) faults: Vec<Fault>,
}

/// What is wrong with a file.
pub(super) struct Fault {
    pub(super) text: String,
    /// It concerns a row of a table; the others are good without it.
    pub(super) of_row: bool,
}

/// Reads a file that is to come into the knowledge base `stored`, where there is one.
pub(super) fn read(path: &Path, stored: Option<&Document>) -> Result<Checked> {
    let mut text = Vec::new();
    input::plain(path)?.read_to_end(&mut text).with_context(|| format!("cannot read {}", input::name(path)))?;
    if knowledge_base::is_document(&text) {
        let document: Document = serde_json::from_slice(&text).with_context(|| format!("{} is no knowledge base", input::name(path)))?;
        let statuses: Vec<_> = stored.into_iter().flat_map(|stored| stored.statuses.iter().map(|status| status.to_document())).collect();
        let faults = knowledge_base::check(&document, &statuses).into_iter();
        return Ok(Checked { faults: faults.map(|text| Fault { text, of_row: false }).collect(), document });
    }
    let text = String::from_utf8(text).with_context(|| format!("{} is no knowledge base", input::name(path)))?;
    let table = known_csv::read(&text, stored);
    let faults = table.bad.iter().map(|(line, fault)| Fault { text: format!("line {line}: {fault}"), of_row: true });
    Ok(Checked { faults: faults.collect(), document: table.document })
}

/// The store's knowledge base as it is written to a file of this name.
pub(super) async fn written(store: &dyn Store, path: &Path) -> Result<Vec<u8>> {
    if path.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("csv")) {
        let mut text = serde_json::to_vec_pretty(&knowledge_base::export(store).await?)?;
        text.push(b'\n');
        return Ok(text);
    }
    let mut answers: HashMap<KnownErrorId, Vec<Answer>> = HashMap::new();
    for answer in store.list_answers(None).await? {
        answers.entry(answer.known_error_id.clone()).or_default().push(answer);
    }
    let entries = store.list_known_errors().await?;
    let table = known_csv::table(&entries, |entry| answers.get(&entry.id).cloned().unwrap_or_default());
    Ok(format!("\u{feff}{table}").into_bytes())
}
