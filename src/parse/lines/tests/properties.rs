//! What holds for all files of lines.

use proptest::{collection::vec, prelude::*};

use super::{formats::lines, *};
use crate::parse::fuzzing::{
    files::{is_accounted_for, lines_in_blocks},
    holds,
};

/// Lines of one format, with foreign ones, traces, blank ones and garbage between them.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<&str> = lines().map(|(_, line)| line).collect();
    let whole = prop::sample::select(known);
    let part = prop_oneof![
        8 => whole.clone().prop_map(|line| format!("{line}\n").into_bytes()),
        2 => (whole, any::<prop::sample::Index>()).prop_map(|(line, at)| {
            let n = at.index(line.len());
            line.as_bytes()[..n].to_vec()
        }),
        2 => prop::sample::select(vec!["\tat a.B(C.java:1)\n", "ValueError: x\r\n", "\n", " \r\n", "chatter\n", "\u{feff}\n", "main.main()\n"])
            .prop_map(|line| line.as_bytes().to_vec()),
        1 => "\\PC{0,40}\n".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..20),
    ];
    vec(part, 0..20).prop_map(|parts| parts.concat())
}

/// Everything that is kept of a file, one after the other.
fn kept(read: &Read) -> Vec<u8> {
    let options = options();
    let logs = read.logs.iter().map(|log| log.encode(&options.branch, &options.log_file_id, None, None).unwrap().bytes().to_vec());
    logs.chain(read.foreign.iter().map(|piece| piece.raw.clone())).collect::<Vec<_>>().join(&b'|')
}

proptest! {
    #[test]
    fn nothing_is_lost_of_a_line(line in 0_usize..60, at in any::<prop::sample::Index>(), received in any::<bool>()) {
        let Some((name, line)) = lines().filter(|(name, _)| *name != "mine").nth(line) else { return Ok(()) };
        let places: Vec<usize> = line.char_indices().map(|(at, _)| at).chain([line.len()]).collect();
        let marked = { let (head, tail) = line.split_at(*at.get(&places)); format!("{head}Zmark{tail}\n") };
        let received = received.then(bson::DateTime::now);
        let options = Options { format: parse::FormatChoice::Lines(name.parse().unwrap()), received, ..options() };
        let read = file_with(marked.as_bytes(), &options);
        prop_assert!(holds(&kept(&read), "Zmark"), "{}{:?}", marked, read);
    }

    #[test]
    fn no_line_makes_a_format_panic(start in 0_usize..60, keep in 0_usize..200, tail in "\\PC{0,30}") {
        let line = lines().nth(start).map(|(_, line)| line).unwrap_or_default();
        let line: String = line.chars().take(keep).chain(tail.chars()).collect();
        for format in Format::OWN {
            let _ = entry(&format, &line);
        }
    }

    #[test]
    fn blocks_of_any_size_give_the_same(bytes in text(), format in 0..Format::OWN.len(), block in 1..500_usize) {
        let options = Options { encoding: Some(encoding_rs::UTF_8), ..options() };
        let in_blocks = |block: usize| lines_in_blocks(&bytes, &Format::OWN[format], &options, block);
        prop_assert_eq!(in_blocks(block), in_blocks(1 << 20));
    }

    #[test]
    fn every_byte_of_quarantine_is_a_byte_of_the_file_and_counts_agree(bytes in text(), format in 0..Format::OWN.len()) {
        let options = Options { encoding: Some(encoding_rs::UTF_8), ..options() };
        let found = lines_in_blocks(&bytes, &Format::OWN[format], &options, 1 << 20);
        let (counts, n_logs) = (found.1.counts, found.0.iter().filter(|piece| matches!(piece, Piece::Log(_))).count());
        prop_assert_eq!((counts.records, counts.logs), (n_logs as i64, n_logs as i64));
        is_accounted_for(&bytes, &found);
    }
}
