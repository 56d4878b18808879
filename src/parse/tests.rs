//! The branch format: what each irregularity becomes.

use std::io;

use bson::{Bson, doc};
use proptest::prelude::*;

use super::{Options, Piece, Report, Whole, parse};
use crate::domain::{DateOrder, Log, LogFileId, ProblemKind};

struct Parsed {
    logs: Vec<Log>,
    quarantine: Vec<super::Foreign>,
    report: Report,
}

fn options() -> Options {
    Options::new("K01".parse().unwrap(), LogFileId::from_content(&[b"test"]))
}

fn read(bytes: &[u8], options: &Options) -> Parsed {
    let (mut logs, mut quarantine) = (Vec::new(), Vec::new());
    let mut sink = |piece| {
        match piece {
            Piece::Log(log) => logs.push(bson::deserialize_from_slice(log.encode(None, None).bytes()).unwrap()),
            Piece::Quarantine(foreign) => quarantine.push(foreign),
        }
        Ok::<(), io::Error>(())
    };
    let report = parse(bytes, options, &mut sink, &mut |_| {}).unwrap();
    Parsed { logs, quarantine, report }
}

fn parsed(text: &str) -> Parsed {
    read(text.as_bytes(), &options())
}

const REQUEST: &str =
    "=> BarsScheduler at 5/8/2016 7:17:45 AM: from 10.7.73.12; RequestType = POST; ContentType = application/json; charset=\"UTF-8\";";
const RESPONSE: &str = "<= BarsScheduler at 5/8/2016 7:17:46 AM: to 10.7.73.12";

fn exchange(id: &str) -> String {
    format!("{REQUEST}\nInput = {{\"message_id\":\"{id}\"}}\n{RESPONSE}\nOutput = {{\"status\":\"OK\",\"message_id\":\"{id}\"}}\n")
}

fn kinds(log: &Log) -> Vec<ProblemKind> {
    log.problems.iter().map(|problem| problem.kind).collect()
}

#[test]
fn the_papers_example_gives_exactly_its_log() {
    let text = concat!(
        "=> BarsScheduler at 5/8/2016 7:17:45 AM: from 10.7.73.12; RequestType = POST; ContentType = application/json; charset=\"UTF-8\";\n",
        "Input = {\"sessionid\":\"slxctezudkzyv0di3ymysxyd \",\"method\":\"CloseSession\",\"params\": null,\"message_id\":\"BARS-MESS-6735248\"}\n",
        "<= BarsScheduler at 5/8/2016 7:17:45 AM: to 10.7.73.12\n",
        "Output = {\"status\":\"OK\",\"RESULT\":{\"sessionId\": \"slxctezudkzyv0di3ymysxyd\"},\"message_id\":\"BARS-MESS-6735248\",\"responce_id\":\"1\",\"current_timestamp\":\"2016-05-08T07:17:45\"}\n",
    );
    let Parsed { logs, quarantine, report } = parsed(text);
    assert_eq!((logs.len(), quarantine.len()), (1, 0));
    let stored = bson::serialize_to_document(&logs[0]).unwrap();
    let date = bson::DateTime::parse_rfc3339_str("2016-05-08T07:17:45Z").unwrap();
    for (field, expected) in [
        ("branch", Bson::from("K01")),
        ("server", "BarsScheduler".into()),
        ("message_id", "BARS-MESS-6735248".into()),
        ("state", "complete".into()),
        ("remote_ip", "10.7.73.12".into()),
        ("request_type", "POST".into()),
        ("content_type", "application/json".into()),
        ("charset", "UTF-8".into()),
        ("request_date", date.into()),
        ("request", doc! {"sessionid":"slxctezudkzyv0di3ymysxyd ","method":"CloseSession","params":null,"message_id":"BARS-MESS-6735248"}.into()),
        ("response_date", date.into()),
        (
            "response",
            doc! {"status":"OK","RESULT":{"sessionId":"slxctezudkzyv0di3ymysxyd"},"message_id":"BARS-MESS-6735248","responce_id":"1","current_timestamp":"2016-05-08T07:17:45"}
                .into(),
        ),
        ("duration_ms", 0_i64.into()),
        ("error", Bson::Null),
        ("problems", Bson::Array(vec![])),
    ] {
        assert_eq!(stored.get(field), Some(&expected), "{field}");
    }
    assert_eq!((report.counts.records, report.counts.logs, report.counts.complete, report.whole), (2, 1, 1, Whole::Good));
}

#[test]
fn counts_of_irregular_files() {
    let one = exchange("1");
    for (name, text, records, complete, request_only, response_only, malformed, foreign) in [
        (
            "interleaved",
            format!(
                "{REQUEST}\nInput = {{\"message_id\":\"1\"}}\n{REQUEST}\nInput = {{\"message_id\":\"2\"}}\n{RESPONSE}\nOutput = {{\"message_id\":\"2\"}}\n{RESPONSE}\nOutput = {{\"message_id\":\"1\"}}"
            ),
            4,
            2,
            0,
            0,
            0,
            0,
        ),
        (
            "response first",
            format!("{RESPONSE}\nOutput = {{\"message_id\":\"1\"}}\n{REQUEST}\nInput = {{\"message_id\":\"1\"}}\n"),
            2,
            1,
            0,
            0,
            0,
            0,
        ),
        (
            "same line",
            format!("{REQUEST} Input = {{\"message_id\":\"1\"}}\n{RESPONSE} Output = {{\"message_id\":\"1\"}}\n"),
            2,
            1,
            0,
            0,
            0,
            0,
        ),
        ("crlf and pretty", exchange("1").replace('{', "{\n  ").replace('\n', "\r\n"), 2, 1, 0, 0, 0, 0),
        ("foreign lines", format!("banner\n{one}\n\nstack\n  at x\n{}", exchange("2")), 4, 2, 0, 0, 0, 3),
        ("foreign line before the body", one.replace("\nInput", "\nstray\nInput"), 2, 1, 0, 0, 0, 1),
        ("missing body", format!("{REQUEST}\n{one}"), 3, 1, 1, 0, 1, 0),
        ("cut record", format!("{REQUEST}\nInput = {{\"a\":\"b\n{one}"), 3, 1, 1, 0, 1, 0),
        ("cut and glued", format!("{REQUEST}\nInput = {{\"a\":\"b{one}"), 3, 1, 1, 0, 1, 0),
        ("cut, then a trace", format!("{REQUEST}\nInput = {{\"a\":\"b\nServer restarted\n{one}"), 3, 1, 1, 0, 1, 1),
        ("bad body", one.replace("\"OK\"", "OK"), 2, 1, 0, 0, 1, 0),
        ("marker in a string", one.replace("OK", &REQUEST.replace('"', "\\\"")), 2, 1, 0, 0, 0, 0),
        ("no such day", one.replace("5/8/2016 7:17:46", "2/30/2016 7:17:46"), 2, 1, 0, 0, 1, 0),
        ("missing half", format!("{one}{RESPONSE}\nOutput = {{\"message_id\":\"9\"}}\n"), 3, 1, 0, 1, 0, 0),
        ("no message id", one.replace("\"message_id\":\"1\"", "\"x\":1"), 2, 1, 0, 0, 0, 0),
        ("reused id", format!("{one}{one}"), 4, 2, 0, 0, 0, 0),
        ("two responses", format!("{one}{RESPONSE}\nOutput = {{\"n\":2,\"message_id\":\"1\"}}\n"), 3, 1, 0, 1, 0, 0),
        ("end of file inside", one.trim_end().trim_end_matches('}').to_owned(), 2, 1, 0, 0, 1, 0),
    ] {
        let counts = parsed(&text).report.counts;
        let expected = (records, complete, request_only, response_only, malformed, foreign);
        let found = (counts.records, counts.complete, counts.request_only, counts.response_only, counts.malformed, counts.foreign_lines);
        assert_eq!(found, expected, "{name}: {text}");
        assert_eq!(counts.bytes, text.len() as i64, "{name}");
    }
}

#[test]
fn problems_name_kind_and_place() {
    let body = "{\"status\":OK,\"message_id\":\"1\"}";
    let text = format!("{RESPONSE}\nOutput = {body} tail\n");
    let log = &parsed(&text).logs[0];
    assert_eq!(kinds(log), [ProblemKind::MalformedBody, ProblemKind::TrailingText]);
    assert_eq!(log.problems[0].offset as usize, text.find("OK,").unwrap());
    assert_eq!(log.message_id.as_deref(), Some("1"));
    assert_eq!(log.response, Some(bson::RawBson::Document(bson::rawdoc! { "raw": body })));

    let deep = format!("{REQUEST}\nInput = {}\n{}", "[".repeat(100_000), exchange("1"));
    let result = parsed(&deep);
    assert_eq!((result.report.counts.complete, result.report.counts.malformed), (1, 1));

    let order = parsed(&exchange("1").replace("\"message_id\":\"1\"", "\"x\":1"));
    assert_eq!(kinds(&order.logs[0]), [ProblemKind::PairedByOrder]);

    let reused = parsed(&format!("{0}{0}", exchange("1")));
    assert_ne!(reused.logs[0].id, reused.logs[1].id);
}

#[test]
fn encodings_and_date_orders_give_the_same_log() {
    let text = exchange("1").replace("\"OK\"", "\"Рахунок не знайдено\"");
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let reference = parsed(&text).logs;
    for bytes in [
        format!("\u{FEFF}{text}").into_bytes(),
        utf16(&text),
        utf16(&format!("\u{FEFF}{text}")),
        encoding_rs::WINDOWS_1251.encode(&text).0.into_owned(),
        text.replace("5/8/2016 7:17:45 AM", "08.05.2016 7:17:45").replace("5/8/2016 7:17:46 AM", "08.05.2016 7:17:46").into_bytes(),
    ] {
        let result = read(&bytes, &options());
        assert_eq!(result.logs.len(), 1);
        assert_eq!(result.logs[0].response, reference[0].response);
        assert_eq!(result.logs[0].request_date, reference[0].request_date);
    }
    let day_first = Options { date_order: DateOrder::DayFirst, ..options() };
    let date = read(text.as_bytes(), &day_first).logs[0].request_date.unwrap();
    assert_eq!(date.try_to_rfc3339_string().unwrap(), "2016-08-05T07:17:45Z");
}

#[test]
fn files_that_are_no_logs_are_told_apart() {
    for (bytes, whole) in [
        (&b""[..], Whole::Empty),
        (b"\n \r\n", Whole::Empty),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x03\x00\x3e\x00\x01\x00", Whole::Binary),
        (b"Dear colleagues,\nplease find attached.\n", Whole::NotALog),
    ] {
        let result = read(bytes, &options());
        assert_eq!((result.report.whole, result.report.notes.len()), (whole, 1), "{bytes:?}");
    }
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let text: String = (0..2000).map(|n| exchange(&n.to_string())).collect();
    io::Write::write_all(&mut gzip, text.as_bytes()).unwrap();
    let whole = gzip.finish().unwrap();
    assert_eq!(read(&whole, &options()).report.counts.complete, 2000);
    let cut = read(&whole[..whole.len() / 2], &options());
    assert_eq!(cut.report.whole, Whole::Truncated);
    assert!(cut.report.counts.complete > 100 && cut.report.notes[0].kind == ProblemKind::TruncatedInput);
    let zst = zstd::encode_all(text.as_bytes(), 1).unwrap();
    assert_eq!(read(&zst, &options()).report.counts.complete, 2000);
}

#[test]
fn halves_far_apart_meet_on_disk() {
    let n = 3000;
    let requests = (0..n).map(|n| format!("{REQUEST}\nInput = {{\"message_id\":\"{n}\"}}\n"));
    let responses = (0..n).rev().map(|n| format!("{RESPONSE}\nOutput = {{\"message_id\":\"{n}\"}}\n"));
    let text: String = requests.chain(responses).collect();
    let mut options = options();
    options.limits.pending_bytes = 64 << 10;
    let counts = read(text.as_bytes(), &options).report.counts;
    assert_eq!((counts.complete, counts.request_only, counts.response_only), (n, 0, 0));
}

#[test]
fn a_parsed_log_printed_as_json_is_read_back() {
    let log = parsed(&exchange("7")).logs.remove(0);
    let line = Bson::Document(bson::serialize_to_document(&log).unwrap()).into_relaxed_extjson().to_string();
    let again = parsed(&format!("{line}\n"));
    assert_eq!(again.report.format, "jsonl");
    assert_eq!(again.logs, [log]);
}

#[test]
fn two_megabytes_of_body_and_foreign_bytes_are_kept() {
    let big = format!("{REQUEST}\nInput = {{\"message_id\":\"1\",\"list\":[{}0]}}\n", "12345,".repeat(350_000));
    let result = parsed(&big);
    assert_eq!(result.logs.len(), 1);
    let foreign = parsed(&format!("чужий рядок\n{}", exchange("1"))).quarantine;
    assert_eq!(foreign[0].raw, "чужий рядок\n".as_bytes());
    assert_eq!((foreign[0].offset, foreign[0].size_bytes), (0, foreign[0].raw.len() as u64));
}

/// Reads a few bytes at a time.
struct Trickle<'a>(&'a [u8], usize);

impl io::Read for Trickle<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let n = self.1.min(self.0.len()).min(to.len());
        to[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read(&bytes, &options());
    }

    #[test]
    fn a_file_cut_anywhere_loses_at_most_its_last_exchange(cut in 0_usize..1000) {
        let text: String = (0..4).map(|n| exchange(&n.to_string())).collect();
        let cut = cut.min(text.len());
        let whole = text[..cut].matches("\"}\n<=").count().min(4);
        let counts = read(&text.as_bytes()[..cut], &options()).report.counts;
        prop_assert!(counts.logs as usize >= whole);
        prop_assert!(counts.complete as usize >= whole.saturating_sub(1));
        prop_assert_eq!(counts.records, (text[..cut].matches("=> Bars").filter(|_| true).count() + text[..cut].matches("<= Bars").count()) as i64
            - i64::from(text[..cut].lines().last().is_some_and(|line| (line.starts_with("=> Bars") || line.starts_with("<= Bars")) && super::header::read(line).is_none())));
    }

    #[test]
    fn foreign_lines_between_records_change_nothing_else(lines in prop::collection::vec("[a-zA-Z{}\":,0-9 ]{0,20}", 0..6)) {
        let text: String = (0..3).map(|n| format!("{}{}\n", exchange(&n.to_string()), lines.join("\n"))).collect();
        let counts = parsed(&text).report.counts;
        prop_assert_eq!((counts.records, counts.complete, counts.malformed), (6, 3, 0));
    }

    #[test]
    fn the_size_of_reads_does_not_matter(step in 1_usize..50) {
        let text: String = (0..3).map(|n| exchange(&n.to_string())).collect();
        let mut n = 0;
        let report = parse::<io::Error>(Trickle(text.as_bytes(), step), &options(), &mut |_| { n += 1; Ok(()) }, &mut |_| {}).unwrap();
        prop_assert_eq!((n, report.counts.complete), (3, 3));
    }
}
