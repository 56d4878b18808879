//! Arrays of objects, all in one line, as a body of JSON brings them: what is broken in them goes to quarantine, and nothing else.

use proptest::{collection::vec, prelude::*, sample::Index};

use super::*;
use crate::parse::fuzzing::{bodies::pieces_of_json as pieces_of, holds, kept, mark};

#[test]
fn one_bad_element_is_kept_as_it_came_and_its_neighbours_are_logs() {
    let element = |n: usize| format!("{{\"message\":\"m{n}\",\"of\":[{{\"x\":{n}}}]}}");
    for bad in [
        "{\"message\":\"open}",
        "{\"message\":\"open",
        "{\"message\":5,\"of\":[{\"x\":1},{\"x\":2},",
        "{\"message\":nope nope,\"of\":[{\"x\":1},{\"x\":2},{\"x\":3}]}",
        "{\"message\":\"\\x\"}",
        "cut off\"}",
        "nonsense",
        "}",
    ] {
        for (before, after) in [(",", ","), ("", ","), (",", ""), ("", "")] {
            let begin = format!("[{},{}{before}", element(0), element(1));
            let body = format!("{begin}{bad}{after}{},{}]", element(2), element(3));
            let found = pieces_of(body.as_bytes());
            let logs: Vec<_> = found
                .iter()
                .filter_map(|piece| if let Piece::Log(log) = piece { log.request_document()?.get_str("message").ok() } else { None })
                .collect();
            assert_eq!(logs, ["m0", "m1", "m2", "m3"], "{body}");
            let kept: Vec<_> =
                found.iter().filter_map(|piece| if let Piece::Quarantine(kept) = piece { Some(kept) } else { None }).collect();
            let [kept] = kept.as_slice() else { panic!("{body}: {kept:?}") };
            let raw = String::from_utf8_lossy(&kept.raw);
            assert_eq!((kept.offset as usize, raw.trim_end().trim_end_matches(',')), (begin.len(), bad.trim_end_matches(',')), "{body}");
            assert!(!kept.reason.is_empty());
        }
    }
}

#[test]
fn what_was_cut_and_glued_in_a_file_of_objects_is_taken_apart() {
    let text =
        "{\"message\":\"a\"}\n{\"message\":\"cu{\"message\":\"b\"}\n{\"message\":\"c\"}{\"message\":\"d\"}\n{\"message\":\"e\"} and more\n";
    let (found, report) = pieces_with(text.as_bytes(), &Options { format: FormatChoice::Lines(Format::Jsonl), ..options() });
    assert_eq!((report.counts.logs, report.counts.foreign_lines), (5, 2));
    let kept = |piece: &Piece| match piece {
        Piece::Quarantine(kept) => Some((kept.offset as usize, String::from_utf8_lossy(&kept.raw).into_owned())),
        Piece::Log(_) => None,
    };
    let kept: Vec<_> = found.iter().filter_map(kept).collect();
    let place = |part: &str| text.find(part).unwrap();
    assert_eq!(kept, [(place("{\"message\":\"cu"), "{\"message\":\"cu".to_owned()), (place(" and more"), " and more\n".to_owned())]);
}

proptest! {
    #[test]
    fn nothing_is_lost_of_a_damaged_array(
        sizes in vec(0..3_usize, 1..10),
        damages in vec((any::<Index>(), 0..40_usize, prop::sample::select(vec!["", "{", "}", "\"", ",", "[", "]", "\n", "\\", "{\"", "nope"])), 0..4),
    ) {
        let element = |(n, size): (usize, &usize)| {
            let more = (0..*size).map(|m| format!(",\"k{m}\":[{{\"x\":\"{}\"}},{m}]", mark(1000 * (m + 1) + n))).collect::<String>();
            format!("{{\"message\":\"{}\"{more}}}", mark(n))
        };
        let mut body = format!("[{}]", sizes.iter().enumerate().map(element).collect::<Vec<_>>().join(","));
        for (place, n, new) in damages {
            let from = place.index(body.len());
            let to = (from + n).min(body.len());
            body.replace_range(from..to, new);
            prop_assume!(!body.is_empty());
        }
        let found = pieces_of(body.as_bytes());
        // Two objects that became one may have a key twice, of which the last is kept.
        let repeats = |piece: &Piece| matches!(piece, Piece::Log(log) if kinds(log).contains(&ProblemKind::RepeatedKey));
        prop_assume!(!found.iter().any(repeats));
        let kept = kept(&found);
        for mark in (0..4000).map(mark).filter(|mark| body.contains(mark.as_str())) {
            prop_assert!(holds(&kept, &mark), "{} is lost of {}", mark, body);
        }
    }
}
