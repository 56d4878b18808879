//! The knowledge base as a table for spreadsheets: written for whoever reads it there, and read again row by row. A row that cannot be taken is
//! named by its line with the reason, and the others are good; what a table has no column for stays as it is stored.

use std::collections::HashMap;

use bson::DateTime;

use super::{
    csv::{self, Record, Records},
    knowledge_base::{AnswerEntry, Document, KnownErrorEntry},
};
use crate::{
    domain::{Answer, KnownError, KnownErrorId, LifeCycle, StatusCode},
    review::{self, DraftError},
};

/// Names of the columns. Those that [`is_told_only`] are not read.
const COLUMNS: [&str; 18] = [
    "id",
    "title",
    "title_uk",
    "state",
    "status",
    "text",
    "keywords",
    "keywords_any",
    "keywords_all",
    "keywords_none",
    "code",
    "regex",
    "conditions",
    "owner",
    "count",
    "last_seen",
    "answers",
    "answers_uk",
];

/// Rows that are read.
const MAX_ROWS: usize = 100_000;

/// Between answers of a cell, where one of them has a blank line or is one of two languages.
const RULE: &str = "---";

/// Whether a column says what is counted or decided elsewhere.
fn is_told_only(column: &str) -> bool {
    ["owner", "count", "last_seen"].contains(&column)
}

/// The table; `answers` gives those of an entry.
pub fn table(entries: &[KnownError], answers: impl Fn(&KnownError) -> Vec<Answer>) -> String {
    let mut text = csv::line(COLUMNS);
    for entry in entries {
        let plain = |value: &Option<String>| value.clone().unwrap_or_default();
        let given = answers(entry);
        let ukrainian: Vec<String> = given.iter().map(|answer| plain(&answer.text_uk)).collect();
        let english: Vec<String> = given.into_iter().map(|answer| answer.text).collect();
        let cells = [
            entry.id.to_string(),
            entry.title.clone(),
            plain(&entry.title_uk),
            entry.state.as_str().to_owned(),
            entry.status.map(|code| code.to_string()).unwrap_or_default(),
            entry.text.clone(),
            words_cell(&entry.keywords),
            words_cell(&entry.keywords_any),
            words_cell(&entry.keywords_all),
            words_cell(&entry.keywords_none),
            plain(&entry.code),
            plain(&entry.regex),
            plain(&entry.conditions),
            plain(&entry.tenure.owner),
            entry.count.to_string(),
            entry.last_seen.and_then(|seen: DateTime| seen.try_to_rfc3339_string().ok()).unwrap_or_default(),
            answers_cell(&english),
            if ukrainian.iter().all(String::is_empty) { String::new() } else { ruled(&ukrainian) },
        ];
        text.push_str(&csv::line(cells));
    }
    text
}

/// Words of a cell: parted by semicolons, or a line each where a word has one itself.
fn words_cell(words: &[String]) -> String {
    if words.iter().any(|word| word.contains(';')) { words.join("\n") + "\n" } else { words.join("; ") }
}

fn words_of(cell: &str) -> Vec<String> {
    let delimiter = if cell.contains('\n') { '\n' } else { ';' };
    cell.split(delimiter).map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

/// Answers of a cell: parted by blank lines, or by rules where one of them has a blank line itself.
fn answers_cell(answers: &[String]) -> String {
    let is_plain = |answer: &String| !answer.contains("\n\n") && answer.trim() == answer && !is_ruled(answer);
    if answers.iter().all(is_plain) { answers.join("\n\n") } else { ruled(answers) }
}

/// Texts each with a rule below it; a line of theirs that looks like a rule stands behind a backslash.
fn ruled(texts: &[String]) -> String {
    let line = |line: &str| if line.trim_start_matches('\\') == RULE { format!("\\{line}") } else { line.to_owned() };
    let text = |text: &String| text.split('\n').map(line).collect::<Vec<_>>().join("\n");
    texts.iter().map(|one| format!("{}\n{RULE}\n", text(one))).collect()
}

fn is_ruled(cell: &str) -> bool {
    cell.split('\n').any(|line| line == RULE)
}

fn texts_of(cell: &str) -> Vec<String> {
    if !is_ruled(cell) {
        return cell.split("\n\n").map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect();
    }
    let (mut texts, mut open) = (Vec::new(), Vec::new());
    for line in cell.split('\n') {
        match line.strip_prefix('\\').filter(|line| line.trim_start_matches('\\') == RULE) {
            Some(escaped) => open.push(escaped),
            None if line == RULE => texts.push(std::mem::take(&mut open).join("\n")),
            None => open.push(line),
        }
    }
    let last = open.join("\n");
    texts.extend(Some(last).filter(|last| !last.trim().is_empty()));
    texts
}

/// Why a row of a table, or a column, is not taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RowFault {
    /// The first line names no column that is known.
    #[error("the first line names no column of a knowledge base")]
    NoHead,
    /// A column is not known; it is passed over.
    #[error("there is no column `{0}`; it is passed over")]
    Column(String),
    /// There are more rows than are read.
    #[error("a table has at most {MAX_ROWS} rows; those from here on are passed over")]
    TooMany,
    /// A quotation mark is never closed.
    #[error("the quotation mark is never closed; the row is passed over")]
    Unclosed,
    /// It is no state.
    #[error("state: `{0}` is none")]
    State(String),
    /// It is no status.
    #[error("status: there is no status `{0}`")]
    Status(String),
    /// A row above has the same identifier or text.
    #[error("line {0} has the same id or text")]
    Twice(usize),
    /// It cannot be matched.
    #[error(transparent)]
    Rule(#[from] DraftError),
}

/// What a table says.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// The good rows.
    pub document: Document,
    /// The others, each with its line, in their order.
    pub bad: Vec<(usize, RowFault)>,
}

/// Reads a table. `stored` is the knowledge base that it is to come into: what the table has no column for is taken from there, and statuses are
/// looked for there; where nothing is known of that, every number is a status.
pub fn read(text: &str, stored: Option<&Document>) -> Table {
    let mut table = Table::default();
    let mut records = Records::of(text);
    let Some(head) = records.next() else { return Table { bad: vec![(1, RowFault::NoHead)], ..table } };
    let mut columns = Vec::with_capacity(head.cells.len());
    for name in &head.cells {
        let name = name.trim().to_lowercase();
        let known = COLUMNS.into_iter().find(|column| *column == name);
        if known.is_none() && !name.is_empty() {
            table.bad.push((head.line, RowFault::Column(name)));
        }
        columns.push(known);
    }
    if columns.iter().flatten().all(|column| is_told_only(column)) {
        return Table { bad: vec![(head.line, RowFault::NoHead)], ..table };
    }
    let entries = stored.map(|document| document.known_errors.iter()).into_iter().flatten();
    let entries: HashMap<&str, &KnownErrorEntry> = entries.filter_map(|entry| Some((entry.id.as_deref()?, entry))).collect();
    let has_status = |code: StatusCode| stored.is_none_or(|stored| stored.statuses.iter().any(|status| status.code == code));
    let mut lines: HashMap<KnownErrorId, usize> = HashMap::new();
    let mut n_rows = 0;
    while let Some(record) = records.next() {
        n_rows += 1;
        let line = record.line;
        let fault = if records.unclosed().is_some() {
            Err(RowFault::Unclosed)
        } else if n_rows > MAX_ROWS {
            table.bad.push((line, RowFault::TooMany));
            break;
        } else {
            entry(&columns, &record, &entries)
        };
        let checked = fault.and_then(|(id, entry)| {
            if let Some(code) = entry.status.filter(|code| !has_status(*code)) {
                return Err(RowFault::Status(code.to_string()));
            }
            review::check_rule(&entry.to_documents("", DateTime::from_millis(0)).0)?;
            match lines.get(&id) {
                Some(first) => Err(RowFault::Twice(*first)),
                None => Ok((id, entry)),
            }
        });
        match checked {
            Ok((id, entry)) => {
                lines.insert(id, line);
                table.document.known_errors.push(entry);
            }
            Err(fault) => table.bad.push((line, fault)),
        }
    }
    table
}

/// The entry of a row, which begins as it is stored.
fn entry(
    columns: &[Option<&'static str>],
    record: &Record,
    stored: &HashMap<&str, &KnownErrorEntry>,
) -> Result<(KnownErrorId, KnownErrorEntry), RowFault> {
    let fresh = filled(KnownErrorEntry::default(), columns, record)?;
    let (KnownError { id, .. }, _) = fresh.to_documents("", DateTime::from_millis(0));
    let mut entry = match stored.get(id.as_str()) {
        Some(stored) => filled((*stored).clone(), columns, record)?,
        None => fresh,
    };
    entry.id = Some(id.0.clone());
    Ok((id, entry))
}

/// An entry with what the cells say.
fn filled(mut entry: KnownErrorEntry, columns: &[Option<&'static str>], record: &Record) -> Result<KnownErrorEntry, RowFault> {
    let mut ukrainian = None;
    for (column, cell) in columns.iter().zip(record.cells.iter().map(String::as_str).chain(std::iter::repeat(""))) {
        let Some(column) = column else { continue };
        let some = || Some(cell.to_owned()).filter(|text| !text.trim().is_empty());
        match *column {
            "id" => entry.id = some().map(|id| id.trim().to_owned()),
            "title" => entry.title = some(),
            "title_uk" => entry.title_uk = some(),
            "state" => entry.state = state(cell.trim())?,
            "status" => {
                let code = |text: String| text.trim().parse().map(StatusCode).map_err(|_| RowFault::Status(text.trim().to_owned()));
                entry.status = some().map(code).transpose()?;
            }
            "text" => cell.clone_into(&mut entry.text),
            "keywords" => entry.keywords = words_of(cell),
            "keywords_any" => entry.keywords_any = words_of(cell),
            "keywords_all" => entry.keywords_all = words_of(cell),
            "keywords_none" => entry.keywords_none = words_of(cell),
            "code" => entry.code = some(),
            "regex" => entry.regex = some(),
            "conditions" => entry.conditions = some(),
            "answers" => {
                let texts = texts_of(cell);
                let kept =
                    |text: &String| entry.answers.iter().find(|answer| answer.text == *text).and_then(|answer| answer.text_uk.clone());
                entry.answers = texts.into_iter().map(|text| AnswerEntry { text_uk: kept(&text), text }).collect();
            }
            "answers_uk" => ukrainian = Some(texts_of(cell)),
            _ => {}
        }
    }
    if let Some(texts) = ukrainian {
        let texts = texts.into_iter().map(Some).chain(std::iter::repeat(None));
        for (answer, text) in entry.answers.iter_mut().zip(texts) {
            answer.text_uk = text.filter(|text| !text.trim().is_empty());
        }
    }
    Ok(entry)
}

/// The state of a word; an entry of which nothing is said is in force.
fn state(word: &str) -> Result<LifeCycle, RowFault> {
    let all = [LifeCycle::Draft, LifeCycle::Review, LifeCycle::Approved, LifeCycle::Fixed, LifeCycle::Retired];
    match word {
        "" => Ok(LifeCycle::default()),
        word => all.into_iter().find(|state| state.as_str().eq_ignore_ascii_case(word)).ok_or_else(|| RowFault::State(word.to_owned())),
    }
}

#[cfg(test)]
mod tests;
