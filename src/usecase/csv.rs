//! Tables for spreadsheets, which take a cell that begins like a formula for one: such cells begin with an apostrophe.

/// What begins a formula, or is passed over before one; the full-width signs are taken for the others by spreadsheets of the Far East.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}'];

/// A line of cells.
pub fn line<T: AsRef<str>>(cells: impl IntoIterator<Item = T>) -> String {
    let quoted = |cell: T| {
        let guard = if cell.as_ref().starts_with(FORMULA) { "'" } else { "" };
        format!("\"{guard}{}\"", cell.as_ref().replace('"', "\"\""))
    };
    cells.into_iter().map(quoted).collect::<Vec<_>>().join(",") + "\r\n"
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
}
