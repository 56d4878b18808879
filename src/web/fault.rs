//! What the parser says about a file or a piece of it, in the reader's language.
//!
//! The parser tells in English, as it is stored. Each of its sentences stands in the message files; what varies in one is `{x}`.

use super::i18n::Language;

/// The sentences.
const SENTENCES: [&str; 51] = [
    "fault.binary",
    "fault.empty",
    "fault.no_record",
    "fault.no_lines",
    "fault.format",
    "fault.no_object",
    "fault.long_line",
    "fault.long_object",
    "fault.line_end",
    "fault.replaced",
    "fault.no_body",
    "fault.cut",
    "fault.deep",
    "fault.header",
    "fault.header_text",
    "fault.trailing",
    "fault.trailing_text",
    "fault.body",
    "fault.body_digest",
    "fault.body_takes",
    "fault.value_digest",
    "fault.date",
    "fault.no_day",
    "fault.by_order",
    "fault.by_order_batches",
    "fault.alone",
    "fault.repeated_key",
    "fault.future_date",
    "fault.surrogate",
    "fault.comma",
    "fault.key",
    "fault.colon",
    "fault.number",
    "fault.value",
    "fault.escape",
    "fault.line_break",
    "fault.compression",
    "fault.no_known",
    "fault.short_input",
    "fault.archive.empty",
    "fault.archive.encrypted",
    "fault.archive.method",
    "fault.archive.nested",
    "fault.archive.no_file",
    "fault.archive.damaged",
    "fault.archive.many",
    "fault.archive.large",
    "fault.archive.bomb",
    "fault.bomb",
    "fault.program",
    "fault.undecoded",
];

/// The sentence in this language; as it came, where it is none of ours.
pub(super) fn told(language: Language, text: &str) -> String {
    told_by(&SENTENCES, language, text)
}

/// The one of these sentences that a text is, in this language; as it came, where it is none of them.
pub(super) fn told_by(sentences: &[&str], language: Language, text: &str) -> String {
    let said = |key: &str| {
        let english = Language::English.text(key);
        match english.split_once("{x}") {
            None => (english == text).then(|| language.text(key)),
            Some((before, after)) => {
                let x = text.strip_prefix(before)?.strip_suffix(after)?;
                Some(language.fill(key, &[("x", x)]))
            }
        }
    };
    sentences.iter().copied().find_map(said).unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::LogFileId,
        parse::{self, Options, Piece},
    };

    #[test]
    fn what_the_parser_says_is_told_in_ukrainian() {
        for (text, expected) in [
            ("the file is empty", "файл порожній"),
            ("the line is not of the format `{x}`", "рядок не відповідає формату `{x}`"),
            ("text follows the body", "після тіла є ще текст"),
            ("text follows the body: `<b>`", "після тіла є ще текст: `<b>`"),
            ("something new", "something new"),
            ("", ""),
        ] {
            assert_eq!(told(Language::Ukrainian, text), expected);
            assert_eq!(told(Language::English, text), text);
        }
    }

    #[test]
    fn its_sentences_are_the_parsers() {
        let cut = "08.05.2016 07:17:45,123 [1.2.3.4] Input = {\"a\"";
        for bytes in ["", "no log at all\n", "\0\0\0\0", "{\"level\":\"ERROR\",\"msg\":\"x\"}\n{broken\n", cut] {
            let options = Options::new("K01".parse().unwrap(), LogFileId::from_content(&[]));
            let mut said = Vec::new();
            let mut sink = |piece| {
                match piece {
                    Piece::Quarantine(foreign) => said.push(foreign.reason),
                    Piece::Log(log) => said.extend(log.problems.into_iter().map(|problem| problem.text)),
                }
                Ok::<_, std::io::Error>(())
            };
            let report = parse::parse(bytes.as_bytes(), &options, &mut sink, &|_| ()).unwrap();
            for text in said.into_iter().chain(report.notes.into_iter().map(|note| note.text)) {
                assert_ne!(told(Language::Ukrainian, &text), text, "{bytes}");
            }
        }
    }
}
