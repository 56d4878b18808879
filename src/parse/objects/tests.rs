//! Arrays in which something is cut, glued or broken.

use proptest::{collection::vec, prelude::*, sample::Index};

use super::*;
use crate::parse::fuzzing::bodies::{objects_are_the_same_in_pieces, objects_in_pieces as found};

fn texts(text: &str) -> Vec<&str> {
    let all = found(text.as_bytes(), usize::MAX / 2).0;
    for size in [1, 2, 7] {
        assert_eq!(found(text.as_bytes(), size).0, all, "{text} in pieces of {size}");
    }
    all.into_iter().map(|(from, to)| &text[from..to]).collect()
}

#[test]
fn what_is_broken_in_an_array_of_one_line_spoils_no_neighbour() {
    let (a, b, c) = ("{\"id\":1,\"t\":\"x\"}", "{\"id\":2,\"of\":[{\"x\":1},{\"x\":2}]}", "{\"id\":3}");
    for broken in [
        // Cut in a string, in a key, in a number, behind a colon, a comma, a bracket; and nothing but its end.
        "{\"id\":9,\"t\":\"op",
        "{\"id\":9,\"t",
        "{\"i",
        "{\"id\":9",
        "{\"id\":",
        "{\"id\":9,",
        "{",
        "{\"id\":9,\"of\":[",
        "{\"id\":9,\"of\":[{\"x\":1},",
        "{\"id\":9,\"of\":[{\"x\":1},{\"x",
        "{\"id\":9,\"of\":[{\"x\":1},{\"x\":2}",
        "9,\"t\":\"x\"}",
        "\"x\"}",
        "x\"}",
        ",\"of\":[{\"x\":1},{\"x\":2}]}",
        "}",
        // Broken in the middle.
        "{\"id\":9,nonsense,\"of\":[{\"x\":1},{\"x\":2},{\"x\":3}],\"y\":{\"z\":[]}}",
        "{\"id\":9,\"of\":[{\"x\":1},{\"x\":2},{\"x\":3}],nonsense}",
        "{\"id\" 9,\"of\":{\"x\":1}}",
        "{\"id\":9,\"t\":\"a\nb\",\"of\":[{\"x\":1},{\"x\":2}]}",
        "{\"id\":9]",
        "nonsense",
        "\"open",
        "\"a\"\"b\"",
    ] {
        for between in [",", ", ", ",\n", ""] {
            let text = format!("[{a},{b}{between}{broken}{between}{c},{b},{a}]");
            assert_eq!(texts(&text), [a, b, c, b, a], "{text}");
        }
        // The first and the last.
        let text = format!("[{broken},{c},{b}]");
        assert_eq!(texts(&text), [c, b], "{text}");
        let text = format!("[{a},{b},{broken}");
        assert_eq!(texts(&text), [a, b], "{text}");
    }
}

#[test]
fn neighbours_of_other_kinds_are_known_by_where_they_stand() {
    for (text, expected) in [
        ("[{\"a\":1},{\"b\":nope nope,\"of\":[{\"x\":1},{\"x\":2}]},{\"c\":3},{\"d\":4}]", vec!["{\"a\":1}", "{\"c\":3}", "{\"d\":4}"]),
        ("[{\"a\":1},{\"b\":\"open},{\"c\":3},{\"d\":4}]", vec!["{\"a\":1}", "{\"c\":3}", "{\"d\":4}"]),
        ("[{\"a\":1},{\"b\":2,{\"c\":3},{\"d\":4}]", vec!["{\"a\":1}", "{\"c\":3}", "{\"d\":4}"]),
        ("[{\"a\":1},{\"b\":{\"x\":[1,{\"c\":3},{\"d\":4},nope 5]", vec!["{\"a\":1}", "{\"c\":3}", "{\"d\":4}"]),
        // Braces in strings are none.
        ("[{\"a\":\"},{\\\"b\\\":2},{\"},{\"c\":3}]", vec!["{\"a\":\"},{\\\"b\\\":2},{\"}", "{\"c\":3}"]),
        // What is cut off at the end may be all that it seems: its parts are no neighbours.
        ("[{\"a\":1},{\"b\":[{\"x\":1},{\"x\":2},{\"x\":3},", vec!["{\"a\":1}"]),
        // Objects within others are theirs.
        ("[{\"a\":{\"a\":1}},{\"a\":[{\"a\":2},{\"a\":3}],nope 4},{\"a\":5}]", vec!["{\"a\":{\"a\":1}}", "{\"a\":5}"]),
    ] {
        assert_eq!(texts(text), expected, "{text}");
    }
}

#[test]
fn a_line_is_taken_apart_where_objects_are_known() {
    for (line, known, expected) in [
        ("{\"a\":1}{\"a\":2}", None, vec!["{\"a\":1}", "{\"a\":2}"]),
        ("{\"a\":1,\"b\":\"cu{\"a\":2}", None, vec!["{\"a\":2}"]),
        (" {\"a\":1} and text", None, vec!["{\"a\":1}"]),
        ("cut\"}{\"a\":2}", Some("a"), vec!["{\"a\":2}"]),
        ("cut\"}{\"a\":2}", None, vec![]),
        ("{\"a\":1,\"of\":{\"x\":1},nope}", Some("a"), vec![]),
        ("2024 ERROR {\"x\":1}", Some("a"), vec![]),
    ] {
        let parts = of_line(line.as_bytes(), known.map(str::as_bytes));
        assert_eq!(parts.into_iter().map(|(from, to)| &line[from..to]).collect::<Vec<_>>(), expected, "{line}");
    }
}

#[test]
fn hostile_bytes_are_looked_at_a_few_times_each() {
    for (part, n) in [
        ("{", 1_000_000),
        ("[", 1_000_000),
        ("{\"", 500_000),
        ("{\"a\":", 300_000),
        ("{\"a\":[", 300_000),
        ("{\"a\":[1,", 200_000),
        (",{\"a\":[{},", 200_000),
        ("{\"a\":{},", 200_000),
        ("[{\"a\":\"},", 200_000),
        ("{\"a\":1},{\"b\":{\"c\":1},nope", 100_000),
        ("{\"a\":nope nope},{\"b\":1},", 100_000),
        ("x,{\"b\":1},{\"c\":\"", 100_000),
        ("{}\"", 300_000),
        ("{  \"a\"  :  {", 100_000),
    ] {
        for begin in ["", "[", "[{\"a\":1},{\"a\":[", "[{\"q\":nope nope,"] {
            let text = [begin, &part.repeat(n)].concat();
            for size in [64 << 10, usize::MAX / 2] {
                let (_, n_looks) = found(text.as_bytes(), size);
                assert!(n_looks <= (1 + AGAIN) * text.len(), "{begin}{part}: {n_looks} looks at {} bytes", text.len());
            }
        }
    }
}

#[test]
fn what_is_waited_for_is_bounded() {
    let begin = "[{\"a\":1},{\"a\":[";
    let text = [begin.as_bytes(), &b"{\"x\":1},".repeat(3 << 20), b"{\"a\":2}]},{\"a\":3}]"].concat();
    let (mut objects, mut gone, mut n_held, mut all) = (Objects::default(), 0, 0, Vec::new());
    for seen in (0..text.len()).step_by(1 << 20).chain([text.len()]) {
        loop {
            match objects.next(&text[gone..seen], seen == text.len()) {
                Found::Object { from, to, .. } => all.push(String::from_utf8_lossy(&text[gone + from..gone + to]).into_owned()),
                Found::Mark(_) => {}
                Found::More { done, .. } => {
                    objects.forget(done);
                    gone += done;
                    n_held = n_held.max(seen - gone);
                    break;
                }
            }
        }
    }
    assert!(n_held <= HELD + LOOK + GAP + (1 << 20), "{n_held}");
    assert_eq!((all.first().map(String::as_str), all.last().map(String::as_str)), (Some("{\"a\":1}"), Some("{\"a\":3}")));
}

/// Elements with one first key, as a program writes them; and what stands in them.
fn elements() -> impl Strategy<Value = Vec<String>> {
    let value = prop_oneof![
        Just("1".to_owned()),
        Just("\"text of \\\"words\\\" {and} [braces], and more\"".to_owned()),
        Just("[{\"x\":1},{\"x\":[2]}]".to_owned()),
        Just("{\"y\":{\"z\":null}}".to_owned()),
        Just("[]".to_owned()),
        Just("\"\"".to_owned()),
    ];
    vec(vec(value, 0..4), 3..12).prop_map(|all| {
        let members = |values: Vec<String>| values.iter().enumerate().map(|(n, value)| format!(",\"k{n}\":{value}")).collect::<String>();
        all.into_iter().enumerate().map(|(n, values)| format!("{{\"id\":{n}{}}}", members(values))).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(512)))]

    #[test]
    fn whatever_is_cut_out_all_that_is_whole_is_found(elements in elements(), from: Index, n in 0..80_usize, size in 1..200_usize) {
        let text = format!("[{}]", elements.join(","));
        let from = from.index(text.len());
        let to = (from + n).min(text.len());
        let damaged = [&text[..from], &text[to..]].concat();
        let found: Vec<_> = found(damaged.as_bytes(), size).0.into_iter().map(|(from, to)| damaged[from..to].to_owned()).collect();
        let mut at = 1;
        for element in &elements {
            let end = at + element.len();
            if end <= from || at >= to {
                prop_assert!(found.contains(element), "{} of {} is lost: {:?}", element, damaged, found);
            }
            at = end + 1;
        }
        // What else is found is what two cut ones make together, and what was left of what they held.
        prop_assert!(found.iter().filter(|found| found.starts_with("{\"id\"") && !elements.contains(found)).count() <= 1, "{:?} of {}", found, damaged);
    }

    #[test]
    fn pieces_of_any_size_give_the_same(elements in elements(), places in vec((any::<Index>(), prop::sample::select(b"{}[]\",:\\\n x0".to_vec())), 0..6), size in 1..300_usize) {
        let mut text = format!("[{}]", elements.join(",")).into_bytes();
        for (place, byte) in places {
            let place = place.index(text.len());
            text[place] = byte;
        }
        objects_are_the_same_in_pieces(&text, size);
    }
}
