//! What holds for all input.

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::parse::fuzzing::{InPieces, looks_compressed};

/// Well-formed and damaged text mixed.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let fragment = prop_oneof![
        4 => "[a-d]".prop_map(|id| request(&id).into_bytes()),
        4 => "[a-d]".prop_map(|id| response(&id).into_bytes()),
        2 => "[ -~\u{400}-\u{410}]{0,20}\r?\n?".prop_map(String::into_bytes),
        2 => (any::<bool>(), 0..200_usize).prop_map(|(side, n)| {
            let half = if side { request("x") } else { response("y") };
            half.as_bytes()[..n.min(half.len())].to_vec()
        }),
        1 => vec(any::<u8>(), 0..20),
        1 => Just(b"{\n\"a\": [1,\n".to_vec()),
    ];
    vec(fragment, 0..30).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn the_result_does_not_depend_on_the_blocks(bytes in fragments(), lengths in vec(1..5000_usize, 1..8)) {
        prop_assert_eq!(pieces_with(InPieces::new(&bytes, lengths), &options()), pieces(&bytes));
    }

    #[test]
    fn any_bytes_are_read_and_counted(bytes in vec(any::<u8>(), 0..2000)) {
        prop_assume!(!looks_compressed(&bytes));
        let (_, report) = pieces(&bytes);
        prop_assert_eq!(report.counts.bytes, bytes.len() as i64);
    }

    #[test]
    fn the_counts_agree_with_each_other(bytes in fragments()) {
        logs(&bytes);
    }

    #[test]
    fn no_record_is_lost_between_foreign_lines(parts in vec(("[a-z]{1,6}", "[ -;?-~]{0,30}", any::<bool>()), 0..20)) {
        let text: String = parts.iter().map(|(id, foreign, side)| {
            let half = if *side { request(id) } else { response(id) };
            format!("{half}{foreign}\n")
        }).collect();
        let (_, report) = pieces(&text);
        let n_foreign = parts.iter().filter(|(_, foreign, _)| !foreign.trim().is_empty()).count();
        prop_assert_eq!((report.counts.records, report.counts.foreign_lines), (parts.len() as i64, n_foreign as i64));
    }
}

#[test]
fn a_file_may_end_at_any_byte() {
    let text = format!("{EXAMPLE}foreign\n{}", EXAMPLE.replace(",\"", ",\n  \"").replace("6735248", "7"));
    for end in 0..=text.len() {
        let (_, report) = pieces(&text[..end]);
        let n_headers = [": from ", ": to "].iter().map(|marker| text[..end].matches(marker).count()).sum::<usize>() as i64;
        // A header that ends before its address is none yet.
        assert!((n_headers - 1..=n_headers).contains(&report.counts.records), "{end}: {report:?}");
        assert!(report.counts.malformed <= 1 && report.counts.foreign_lines <= 2, "{end}: {report:?}");
    }
}
