//! Texts of forms.

/// The parts of a text between blank lines: several answers in one field.
pub(super) fn paragraphs(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    text.split("\n\n").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// The parts of a text between commas, semicolons and line ends: key words.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split([',', ';', '\n']).map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_hold_several_values() {
        assert_eq!(paragraphs("one\r\nstill one\r\n\r\n\r\ntwo\n"), ["one\nstill one", "two"]);
        assert_eq!(words("a b, c;\n d\n"), ["a b", "c", "d"]);
    }
}
