//! Tables for spreadsheets, which take a cell that begins like a formula for one: such cells are written behind an apostrophe, and read without it.

use std::{iter::Peekable, str::Chars};

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

/// The records of a table, as they are read. Cells are parted by what parts those of the first line: commas, semicolons (which spreadsheets
/// write where the comma is a decimal sign) or tabs. Blank lines are passed over.
pub struct Records<'t> {
    rest: Peekable<Chars<'t>>,
    line: usize,
    delimiter: char,
    unclosed: Option<usize>,
}

/// What ends a cell.
#[derive(PartialEq)]
enum End {
    Cell,
    Record,
}

impl<'t> Records<'t> {
    /// Begins to read a table.
    pub fn of(text: &'t str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let head = text.lines().next().unwrap_or_default();
        let n = |delimiter: char| head.matches(delimiter).count();
        let delimiter = [';', '\t'].into_iter().find(|other| n(*other) > n(',')).unwrap_or(',');
        Self { rest: text.chars().peekable(), line: 1, delimiter, unclosed: None }
    }

    /// The line of a quotation mark that nothing closed, once all is read.
    pub fn unclosed(&self) -> Option<usize> {
        self.unclosed
    }

    fn cell(&mut self) -> (String, End) {
        let mut cell = String::new();
        if self.rest.next_if_eq(&'"').is_some() {
            let begun = self.line;
            loop {
                match self.rest.next() {
                    None => {
                        self.unclosed = Some(begun);
                        return (cell, End::Record);
                    }
                    Some('"') if self.rest.next_if_eq(&'"').is_none() => break,
                    Some('\r') if self.rest.peek() == Some(&'\n') => {}
                    Some(c) => {
                        self.line += usize::from(c == '\n');
                        cell.push(c);
                    }
                }
            }
        }
        loop {
            match self.rest.next() {
                None => return (cell, End::Record),
                Some('\r') if self.rest.peek() == Some(&'\n') => {}
                Some('\n') => {
                    self.line += 1;
                    return (cell, End::Record);
                }
                Some(c) if c == self.delimiter => return (cell, End::Cell),
                Some(c) => cell.push(c),
            }
        }
    }
}

impl Iterator for Records<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        while self.rest.peek().is_some() {
            let (line, mut cells) = (self.line, Vec::new());
            loop {
                let (mut cell, end) = self.cell();
                if cell.starts_with('\'') && is_guarded(&cell) {
                    cell.remove(0);
                }
                if cells.len() < MAX_CELLS {
                    cells.push(cell);
                }
                if end == End::Record {
                    break;
                }
            }
            if cells.iter().any(|cell| !cell.is_empty()) {
                return Some(Record { line, cells });
            }
        }
        None
    }
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
        ] {
            assert_eq!(records(text), expected, "{text:?}");
        }
        let mut open = Records::of("a\nb,\"c\nd");
        assert_eq!(open.by_ref().count(), 2);
        assert_eq!(open.unclosed(), Some(2));
        assert_eq!(Records::of(&",a".repeat(100_000)).next().unwrap().cells.len(), MAX_CELLS);
    }
}
