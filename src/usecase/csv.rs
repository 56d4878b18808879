//! Tables for spreadsheets, which take a cell that begins like a formula for one: such cells are written behind an apostrophe, and read without it.

use std::io::{Chain, Read};

/// What begins a formula, or is passed over before one; the full-width signs are taken for the others by spreadsheets of the Far East.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}'];

/// Cells of a record that are read.
const MAX_CELLS: usize = 200;

/// Whether an apostrophe stands before a cell; also where it began with apostrophes already, so that reading takes off what writing put there.
fn is_guarded(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(FORMULA)
}

/// A line of cells.
pub fn line<T: AsRef<str>>(cells: impl IntoIterator<Item = T>) -> String {
    let quoted = |cell: T| {
        let guard = if is_guarded(cell.as_ref()) { "'" } else { "" };
        format!("\"{guard}{}\"", cell.as_ref().replace('"', "\"\""))
    };
    cells.into_iter().map(quoted).collect::<Vec<_>>().join(",") + "\r\n"
}

/// A record of a table that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The line of the file that it begins on, the first being 1.
    pub line: usize,
    /// Its cells.
    pub cells: Vec<String>,
}

/// What is read behind a table: only a quotation mark that nothing closed takes it into a cell.
const END: &str = "\nend";

/// The records of a table, as they are read. Cells are parted by what parts those of the first line: commas, semicolons (which spreadsheets
/// write where the comma is a decimal sign) or tabs. Blank lines are passed over.
pub struct Records<'t> {
    text: &'t str,
    reader: csv::Reader<Chain<&'t [u8], &'static [u8]>>,
    unclosed: Option<usize>,
}

impl<'t> Records<'t> {
    /// Begins to read a table.
    pub fn of(text: &'t str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let head = text.lines().next().unwrap_or_default();
        let n = |delimiter: u8| head.bytes().filter(|byte| *byte == delimiter).count();
        let delimiter = [b';', b'\t'].into_iter().find(|other| n(*other) > n(b',')).unwrap_or(b',');
        let mut reader = csv::ReaderBuilder::new();
        reader.delimiter(delimiter).has_headers(false).flexible(true);
        Self { text, reader: reader.from_reader(text.as_bytes().chain(END.as_bytes())), unclosed: None }
    }

    /// The line that the record begins on in which a quotation mark is never closed, once all is read.
    pub fn unclosed(&self) -> Option<usize> {
        self.unclosed
    }

    /// The line that a record begins on; `None` behind the table. To the reader, blank lines before a record belong to it.
    fn line(&self, position: &csv::Position) -> Option<usize> {
        let rest = self.text.get(usize::try_from(position.byte()).ok()?..)?;
        let own = rest.trim_start_matches(['\r', '\n']);
        let blank = rest.get(..rest.len() - own.len()).filter(|_| !own.is_empty())?;
        Some(usize::try_from(position.line()).ok()? + blank.matches('\n').count())
    }
}

impl Iterator for Records<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        let mut read = csv::StringRecord::new();
        // A text in memory, of records of any length: reading cannot fail.
        while self.reader.read_record(&mut read).unwrap_or(false) {
            let line = self.line(read.position()?)?;
            let mut cells: Vec<String> = read.iter().take(MAX_CELLS).map(plain).collect();
            let end = usize::try_from(self.reader.position().byte()).unwrap_or(usize::MAX);
            if end > self.text.len() + 1 {
                self.unclosed = Some(line);
                if let Some(last) = cells.last_mut() {
                    last.truncate(last.strip_suffix(END).map_or(last.len(), str::len));
                }
            }
            if cells.iter().any(|cell| !cell.is_empty()) {
                return Some(Record { line, cells });
            }
        }
        None
    }
}

/// A cell as it was before it was written.
fn plain(cell: &str) -> String {
    let cell = cell.strip_prefix('\'').filter(|_| is_guarded(cell)).unwrap_or(cell);
    cell.replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for begin in FORMULA {
            assert_eq!(line([format!("{begin}1+1")]), format!("\"'{begin}1+1\"\r\n"), "{begin:?}");
        }
        for (cell, expected) in [("", "\"\"\r\n"), ("plain", "\"plain\"\r\n"), ("a \"b\",\n=c", "\"a \"\"b\"\",\n=c\"\r\n")] {
            assert_eq!(line([cell]), expected);
        }
        assert_eq!(line(["a", "=b"]), "\"a\",\"'=b\"\r\n");
    }

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let texts = ["a", "", "a \"b\", c; d", "=1+1", "'=1", "''-", "it's", "'quoted'", "two\nlines\n\nfour", "\tx", "-", "є ＝x"];
        let cells: Vec<String> = texts.map(str::to_owned).to_vec();
        let table = format!("{}{}", line(&cells), line(["b"]));
        let read: Vec<Record> = Records::of(&table).collect();
        assert_eq!(read, [Record { line: 1, cells }, Record { line: 5, cells: vec!["b".to_owned()] }]);
    }

    #[test]
    fn tables_of_other_programs_are_read() {
        let records = |text: &str| Records::of(text).map(|record| (record.line, record.cells.join("|"))).collect::<Vec<_>>();
        let record = |line: usize, cells: &str| (line, cells.to_owned());
        for (text, expected) in [
            ("\u{feff}a;b\r\n1,5;2\r\n", vec![record(1, "a|b"), record(2, "1,5|2")]),
            ("a\tb\n\n  \n1\t\"2\n3\"x\n4", vec![record(1, "a|b"), record(3, "  "), record(4, "1|2\n3x"), record(6, "4")]),
            ("", vec![]),
            (",,\n\"\"\n", vec![]),
            ("a,\"b", vec![record(1, "a|b")]),
            ("a\r\n\r\n\"b\r\nc\"\r\nd", vec![record(1, "a"), record(3, "b\nc"), record(5, "d")]),
            ("end\nend\n\n", vec![record(1, "end"), record(2, "end")]),
        ] {
            assert_eq!(records(text), expected, "{text:?}");
        }
        let mut open = Records::of("a\nb,\"c\nd");
        assert_eq!(open.by_ref().count(), 2);
        assert_eq!(open.unclosed(), Some(2));
        assert_eq!(Records::of(&",a".repeat(100_000)).next().unwrap().cells.len(), MAX_CELLS);
    }
}
