//! Input that is hostile, broken or no log at all.

use std::io::Write;

use super::*;
use crate::parse::fuzzing::files::records_in_blocks;

fn with_body(body: &str) -> String {
    format!("=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1;\nInput = {body}\n{}", response("z"))
}

#[test]
fn a_file_that_is_no_log_is_told() {
    for (bytes, whole) in [
        (b"".to_vec(), Whole::Empty),
        (b"\r\n \n".to_vec(), Whole::Empty),
        (b"\xEF\xBB\xBF".to_vec(), Whole::Empty),
        (b"just\nsome text\n".to_vec(), Whole::NotALog),
        ((0..=255_u8).cycle().take(100_000).collect(), Whole::Binary),
        (vec![0; 100_000], Whole::Binary),
    ] {
        let (_, report) = pieces(&bytes);
        assert_eq!((report.whole, report.counts.records, report.counts.bytes), (whole, 0, bytes.len() as i64));
        assert_eq!(report.notes.len(), 1);
    }
}

#[test]
fn a_truncated_gzip_gives_what_it_holds() {
    let text: String = (0..5000).map(|n| request(&n.to_string())).collect();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    let compressed = encoder.finish().unwrap();
    let (_, report) = pieces(&compressed);
    assert_eq!((report.whole, report.counts.records), (Whole::Ok, 5000));
    let (_, report) = pieces(&compressed[..compressed.len() / 2]);
    assert!(report.whole == Whole::Truncated && (1000..5000).contains(&report.counts.records));
    assert_eq!(report.notes[0].kind, ProblemKind::TruncatedInput);
}

#[test]
fn hundred_thousand_levels_are_kept_as_text() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let body = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        let [log, next] = logs(with_body(&body)).try_into().unwrap();
        assert_eq!((kinds(&log), kinds(&next)), (vec![ProblemKind::TooDeep], vec![]));
        assert_eq!(log.request_document().unwrap().get_str("raw").unwrap().len(), body.len());
    }
}

#[test]
fn large_values_are_kept_as_digest_and_size() {
    let large = "x".repeat(100_000);
    let body =
        format!("{{\"binary_data\":\"abc\",\"list\":{{\"binary_data\":[\"abc\",null]}},\"large\":\"{large}\",\"message_id\":\"m\"}}");
    let [log, _] = logs(with_body(&body)).try_into().unwrap();
    let request = log.request_document().unwrap();
    let digest = |key: &str| {
        (request.get_document(key).unwrap().get_str("digest").unwrap(), request.get_document(key).unwrap().get_i64("size_bytes").unwrap())
    };
    let hex = |text: &str| blake3::hash(text.as_bytes()).to_hex().to_string();
    assert_eq!(digest("binary_data"), (hex("abc").as_str(), 3));
    assert_eq!(digest("large"), (hex(&large).as_str(), 100_000));
    assert!(request.get_document("list").unwrap().get_array("binary_data").unwrap().get_document(0).is_ok());
    assert_eq!((kinds(&log), log.message_id.as_deref()), (vec![ProblemKind::Oversized], Some("m")));
}

#[test]
fn two_megabytes_are_a_body_and_twenty_are_a_digest() {
    let list = |n: usize| format!("{{\"message_id\":\"m\",\"list\":[{}{{}}]}}", "\"some text in the list\",".repeat(n / 24));
    let [log, _] = logs(with_body(&list(2 << 20))).try_into().unwrap();
    assert_eq!((kinds(&log), log.request_document().unwrap().get_array("list").is_ok()), (vec![], true));
    for size in [10 << 20, 20 << 20] {
        let body = list(size);
        let (pieces, report) = pieces(with_body(&body));
        let [Piece::Quarantine(kept), Piece::Log(log), Piece::Log(next)] = pieces.as_slice() else { panic!("{} pieces", pieces.len()) };
        let problems = (kinds(log), kinds(next));
        assert_eq!(problems, (vec![ProblemKind::Oversized], vec![]));
        assert_eq!((log.message_id.as_deref(), next.message_id.as_deref()), (Some("m"), Some("z")));
        let request = log.request_document().unwrap();
        assert_eq!(request.get_i64("size_bytes").unwrap(), body.len() as i64);
        assert_eq!(request.get_str("digest").unwrap(), blake3::hash(body.as_bytes()).to_hex().as_str());
        assert_eq!((kept.size_bytes, kept.raw.as_slice()), (body.len() as u64, &body.as_bytes()[..1 << 20]));
        assert_eq!(report.counts.malformed, 0);
    }
}

#[test]
fn a_body_at_its_largest_size_is_the_same_in_blocks_of_any_size() {
    let mut options = Options { encoding: Some(encoding_rs::UTF_8), date_order: DateOrder::MonthFirst, ..options() };
    options.limits.max_body_bytes = 60;
    let blank = " ".repeat(50);
    let tail = "\"message_id\":\"m\"";
    for body in [
        "{\n\"a\": [1, \"x\\\"\"],\n\"b\": {\"c\": {}Input = {\n\"a\": [1, \"x\"],\n\"b\": {\"c\": {}}\n}\n\n<= S at 2016\"message\":\"x\"}}]".to_owned(),
        format!("{{\"a\":\"{}\",{tail}}}", "x".repeat(30)),
        format!("{{\"a\":\"{}\",{tail}}}", "x".repeat(200)),
        format!("{blank}{{{tail}}}"),
        format!("{blank}{blank}{{{tail}}} more"),
        format!("\n{blank}{blank}\n"),
        format!("{{\"a\":nope{blank}}} more"),
        format!("{{\"a\":nope{blank}{blank}}} more"),
        format!("{{\"a\":nope,\n=> S}}at 5/8/2016 7:17:45 AM: from 10.0.0.1\n{blank}"),
        format!("{{\"a\":nope{}=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1\n", "x".repeat(40)),
    ] {
        let text = format!("{}{}", with_body(&body), request("after"));
        let whole = records_in_blocks(text.as_bytes(), &options, 1 << 20);
        for block in 4..text.len() {
            assert_eq!(records_in_blocks(text.as_bytes(), &options, block), whole, "{text} in blocks of {block}");
        }
    }
}

#[test]
fn a_line_without_end_is_foreign_once() {
    let (pieces, report) = pieces(format!("{}\n{}", "x ".repeat(1 << 20), request("a")));
    assert_eq!((report.counts.foreign_lines, report.counts.records), (1, 1));
    let kept: usize = pieces.iter().map(|piece| if let Piece::Quarantine(piece) = piece { piece.raw.len() } else { 0 }).sum();
    assert_eq!(kept, (2 << 20) + 1);
}

#[test]
fn what_json_leaves_open_is_decided() {
    for (body, expected) in [
        (r#"{"a":1,"b":2,"a":{"c":1,"c":2}}"#, r#"{"a":{"c":2},"b":2}"#),
        (r#"{"a\u0000b":"x\u0000y"}"#, "{\"a\u{fffd}b\":\"x\\u0000y\"}"),
        (r#"{"n":[0,-1,2147483648,9223372036854775807,1.5e3]}"#, r#"{"n":[0,-1,2147483648,9223372036854775807,1500.0]}"#),
        (r#"{"n":[9223372036854775808]}"#, r#"{"n":[{"$numberDecimal":"9223372036854775808"}]}"#),
        (r#"{"n":[1e999]}"#, r#"{"n":["1e999"]}"#),
        (r#"{"e":"\ud83d\udcb6\/\b\f\n\r\t\u0404"}"#, "{\"e\":\"💶/\\b\\f\\n\\r\\tЄ\"}"),
        (r#"{"e":"\ud83d x"}"#, "{\"e\":\"\u{fffd} x\"}"),
        ("{\"tab\":\"a\tb\"}", "{\"tab\":\"a\\tb\"}"),
    ] {
        let logs = logs(with_body(body));
        let document = Document::try_from(logs[0].request_document().unwrap()).unwrap();
        assert_eq!(bson::Bson::Document(document).into_relaxed_extjson().to_string(), expected, "{body}");
    }
    for body in
        ["{\"a\":01}", "{\"a\":1.}", "{\"a\":-}", "{\"a\":\"\\x\"}", "{\"a\" 1}", "{,}", "{\"a\":1,}", "[1,]", "{\"a\":nul}", "{\"a\":1]"]
    {
        let logs = logs(with_body(body));
        assert!(matches!(kinds(&logs[0]).as_slice(), [ProblemKind::MalformedBody | ProblemKind::CutRecord]), "{body}: {:?}", logs[0]);
    }
}

#[test]
fn an_object_of_many_equal_keys_takes_linear_time() {
    let body = format!("{{{}\"z\":1}}", (0..200_000).map(|n| format!("\"k{}\":{n},", n % 100_000)).collect::<String>());
    let [log, _] = logs(with_body(&body)).try_into().unwrap();
    let request = log.request_document().unwrap();
    assert_eq!((request.iter().count(), request.get_i32("k7").unwrap()), (100_001, 100_007));
}

/// Quadratic work would take hours on these; the suite would show it.
#[test]
fn hostile_input_takes_linear_time() {
    let header = "=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1;";
    for (text, n_records) in [
        (format!("{header} Input = {{x").repeat(40_000), 40_000),
        (format!("{header} Input = {{}}").repeat(40_000), 40_000),
        (header.repeat(40_000), 40_000),
        ("=> ".repeat(500_000), 0),
        (format!("{header}\nInput = {{\"a\":\"x\n").repeat(20_000), 20_000),
        (format!("{header}\nInput = {{\"a\":\"x{}", "\n=".repeat(1_000_000)), 1),
        (format!("{header}\nInput = {}", "[".repeat(3_000_000)), 1),
        (format!("{header}\nInput = \"{}", "\\\\".repeat(1_000_000)), 1),
        (request("a").repeat(20_000), 20_000),
    ] {
        let (_, report) = pieces(&text);
        assert_eq!(report.counts.records, n_records, "{}", &text[..100]);
    }
}
