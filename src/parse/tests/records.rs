//! The record format with everything that real files do to it.

use bson::{DateTime, bson, doc};

use super::*;
use crate::domain::{ErrorCode, Fault, GroupId, Log, Method, Verdict, log_id};

#[test]
fn the_papers_example_gives_exactly_its_log() {
    let mut options = options();
    options.timezone = jiff::tz::TimeZone::get("Europe/Kyiv").unwrap();
    let logs = logs_with(EXAMPLE, &options);
    let [log] = logs.as_slice() else { panic!("{} logs", logs.len()) };
    let date = DateTime::parse_rfc3339_str("2016-05-08T04:17:45Z").unwrap();
    let id = log_id("K01", "BarsScheduler", "BARS-MESS-6735248");
    assert_eq!(
        document(log),
        doc! {
            "_id": id.0,
            "branch": "K01",
            "log_file_id": options.log_file_id.0,
            "server": "BarsScheduler",
            "message_id": "BARS-MESS-6735248",
            "state": "complete",
            "remote_ip": "10.7.73.12",
            "request_type": "POST",
            "content_type": "application/json",
            "charset": "UTF-8",
            "request_date": date,
            "request": {
                "sessionid": "slxctezudkzyv0di3ymysxyd ",
                "method": "CloseSession",
                "params": null,
                "message_id": "BARS-MESS-6735248",
            },
            "response_date": date,
            "response": {
                "status": "OK",
                "RESULT": { "sessionId": "slxctezudkzyv0di3ymysxyd" },
                "message_id": "BARS-MESS-6735248",
                "responce_id": "1",
                "current_timestamp": "2016-05-08T07:17:45",
            },
            "duration_ms": 0_i64,
            "error": null,
            "problems": [],
            "verdict": null,
            "date": date,
            "session_key": "slxctezudkzyv0di3ymysxyd",
            "pairing_key": null,
            "halves": { "request": log.halves.request.unwrap(), "response": log.halves.response.unwrap() },
        }
    );
}

#[test]
fn the_encoded_document_is_the_documented_log() {
    let [log] = logs(EXAMPLE).try_into().unwrap();
    let fault = Fault { code: Some(ErrorCode::Number(7)), message: "no".to_owned(), detail: Some(bson!({ "a": [1, "b"] })) };
    let group_id = Some(GroupId::from_content(&[b"g"]));
    let verdict = Verdict { known_error_id: None, group_id, method: Some(Method::Keyword), score: 0.5 };
    let options = options();
    let encoded = log.encode(&options.branch, &options.log_file_id, Some(&fault), Some(&verdict)).unwrap();
    let read: Log = bson::deserialize_from_slice(encoded.bytes()).unwrap();
    assert_eq!((read.id, read.error.as_ref(), read.verdict.as_ref()), (log.id, Some(&fault), Some(&verdict)));
    assert_eq!(bson::serialize_to_vec(&read).unwrap(), encoded.bytes());
}

#[test]
fn bodies_are_read_whatever_their_layout() {
    let header = "=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1";
    for (text, body) in [
        (format!("{header};\nInput = {{\"a\":1}}"), doc! { "a": 1 }),
        (format!("{header};\r\nInput = {{\"a\":1}}\r\n"), doc! { "a": 1 }),
        (format!("\u{feff}{header};\n\n\nInput={{\"a\":1}}\n"), doc! { "a": 1 }),
        (format!("{header}; Input = {{\"a\":1}}\n"), doc! { "a": 1 }),
        (format!("{header} Input = {{\"a\":1}}\n"), doc! { "a": 1 }),
        (format!("{header};\nInput = \n{{\n  \"a\" : [ 1 ,\r\n 2.5 ] ,\n \"b\": {{ }} }}\n\n"), doc! { "a": [1, 2.5], "b": {} }),
        (format!("{header};\nInput = [1, true]\n"), doc! { "value": [1, true] }),
        (format!("{header};\nInput = null"), doc! { "value": null }),
        (format!("{header};\nInput = 12"), doc! { "value": 12 }),
        (
            format!("{header};\nInput = {{\"a\":\"x => S at 1/1/2016 1:00: from 10.0.0.1; }} {{ \\\" \\\\\",\"b\":\"<= \"}}\n"),
            doc! { "a": "x => S at 1/1/2016 1:00: from 10.0.0.1; } { \" \\", "b": "<= " },
        ),
    ] {
        let (pieces, report) = pieces(&text);
        let [Piece::Log(log)] = pieces.as_slice() else { panic!("{text}: {pieces:?}") };
        assert_eq!(Document::try_from(log.request_document().unwrap()).unwrap(), body, "{text}");
        let kinds: Vec<_> = log.problems.iter().map(|problem| problem.kind).collect();
        assert_eq!(
            (kinds.as_slice(), report.counts.malformed, report.counts.foreign_lines),
            ([ProblemKind::NoMessageId].as_slice(), 0, 0),
            "{text}"
        );
    }
}

#[test]
fn damage_is_kept_with_its_place_and_the_rest_goes_on() {
    let header = "=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1; RequestType = POST;";
    let whole = response("z");
    // The caret marks the place at fault.
    for (damaged, kind, raw, n_foreign) in [
        ("Input = {\"message_id\":\"m\",\"a\":^tru}\n", ProblemKind::MalformedBody, "{\"message_id\":\"m\",\"a\":tru}", 0),
        ("Input = {\"message_id\":\"m\",\"a\":\"x^\n", ProblemKind::CutRecord, "{\"message_id\":\"m\",\"a\":\"x", 0),
        ("Input = {\"message_id\":\"m\",\"a\":\"x^\nforeign\n\nlines\n", ProblemKind::CutRecord, "{\"message_id\":\"m\",\"a\":\"x", 2),
        (
            "Input = {\"message_id\":\"m\",\"a\":\"x<= S at 5/8/2016 7:17:46 AM: to 10.0.0.1^\n",
            ProblemKind::CutRecord,
            "{\"message_id\":\"m\",\"a\":\"x",
            0,
        ),
        ("Input = {\"message_id\":\"m\",\n\"a\":[1,\n^", ProblemKind::CutRecord, "{\"message_id\":\"m\",\n\"a\":[1,", 0),
        ("Input = {\"message_id\":\"m\",\n\"a\":[1,\n^foreign\n", ProblemKind::CutRecord, "{\"message_id\":\"m\",\n\"a\":[1,", 1),
        ("Input = {^a:1, \"message_id\":\"m\"}\n", ProblemKind::MalformedBody, "{a:1, \"message_id\":\"m\"}", 0),
    ] {
        let at = damaged.find('^').unwrap();
        let damaged = damaged.replace('^', "");
        let whole = if damaged.contains("<=") { whole.split_once('\n').unwrap().1 } else { &whole };
        let text = format!("{header}\n{damaged}{whole}");
        let (pieces, report) = pieces(&text);
        let logs: Vec<_> = pieces.iter().filter_map(|piece| if let Piece::Log(log) = piece { Some(log) } else { None }).collect();
        let [one, other] = logs.as_slice() else { panic!("{text}: {logs:?}") };
        let expected = Problem { offset: (header.len() + 1 + at) as i64, kind, text: one.problems[0].text.clone() };
        assert_eq!(one.problems, [expected], "{text}");
        assert_eq!(one.request_document().unwrap().get_str("raw").unwrap(), raw, "{text}");
        assert_eq!(one.message_id.as_deref(), Some("m"), "{text}");
        assert_eq!((other.message_id.as_deref(), other.problems.len()), (Some("z"), 0), "{text}");
        assert_eq!((report.counts.foreign_lines, report.counts.malformed), (n_foreign, 1), "{text}");
    }
}

#[test]
fn headers_without_body_and_headers_cut_by_headers_are_records() {
    let whole = request("z");
    for (text, n_records, n_foreign) in [
        ("=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1\n", 1, 0),
        ("=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1; RequestType = PO", 1, 0),
        ("=> S at 5/8/2016 7:17:45 AM: from 10.", 1, 0),
        ("=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1\nInput =\n", 1, 0),
        ("=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1\nInp", 1, 1),
        ("=> S at 5/8/20", 0, 1),
        ("=> ", 0, 1),
    ] {
        let (_, report) = pieces(format!("{text}{whole}"));
        assert_eq!((report.counts.records, report.counts.foreign_lines), (n_records + 1, n_foreign), "{text}");
        assert_eq!(report.counts.malformed, n_records, "{text}");
    }
}

#[test]
fn foreign_lines_are_counted_and_kept() {
    let text = format!("one\n\n two => three\n{}{}four\n{}", request("a"), response("a"), request("b"));
    let (pieces, report) = pieces(&text);
    assert_eq!((report.counts.foreign_lines, report.counts.records, report.counts.complete), (3, 3, 1));
    let kept: Vec<_> = pieces
        .iter()
        .filter_map(|piece| if let Piece::Quarantine(piece) = piece { Some((piece.offset, piece.raw.as_slice())) } else { None })
        .collect();
    let four = text.find("four").unwrap() as u64;
    assert_eq!(kept, [(0, b"one\n\n two => three\n".as_slice()), (four, b"four\n".as_slice())]);
}

#[test]
fn text_that_is_part_of_nothing_is_noted_and_kept_when_it_is_long() {
    for n in [1, 1000] {
        let odd = format!("Inqut = {{\"a\": \"{}\"}}", "ї".repeat(n));
        let text = format!("=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1; {odd}\n{}", response("a").replace("}\n", &format!("}} {odd}\n")));
        let (pieces, report) = pieces(&text);
        assert_eq!((report.counts.records, report.counts.foreign_lines), (2, 0));
        let kept: Vec<&[u8]> = pieces
            .iter()
            .filter_map(|piece| if let Piece::Quarantine(piece) = piece { Some(piece.raw.as_slice()) } else { None })
            .collect();
        assert_eq!(kept, vec![odd.as_bytes(); if n > 1 { 2 } else { 0 }]);
        let notes: Vec<_> =
            logs(&text).iter().flat_map(|log| log.problems.clone()).filter(|p| p.kind == ProblemKind::TrailingText).collect();
        assert!(notes.len() == 2 && notes.iter().all(|note| note.text.contains("`Inqut = {\"a\": \"ї")), "{notes:?}");
    }
}

#[test]
fn a_foreign_line_may_stand_between_header_and_body() {
    let text = request("a").replace("Input", "noise\nInput");
    let (pieces, report) = pieces(&text);
    assert!(matches!(pieces.as_slice(), [Piece::Quarantine(noise), Piece::Log(log)] if noise.raw == b"noise\n" && log.problems.is_empty()));
    assert_eq!((report.counts.foreign_lines, report.counts.malformed), (1, 0));
}

#[test]
fn trailing_text_is_noted_and_a_record_in_it_is_found() {
    let [log] = logs(request("a").replace("}\n", "} rest of it\n")).try_into().unwrap();
    assert_eq!(kinds(&log), [ProblemKind::TrailingText]);
    assert!(log.problems[0].text.contains("rest of it"));
    let [log] = logs(request("a").replace("}\n", "}") + &response("a")).try_into().unwrap();
    assert_eq!((log.state, kinds(&log)), (LogState::Complete, vec![]));
}

#[test]
fn dates_that_do_not_exist_are_noted() {
    for (date, order, expected) in [
        ("2/30/2016 7:17:45 AM", DateOrder::Detect, None),
        ("yesterday", DateOrder::Detect, None),
        ("08.05.2016 7:17:45", DateOrder::Detect, Some("2016-05-08T07:17:45Z")),
        ("5/8/2016 7:17:45 PM", DateOrder::DayFirst, Some("2016-08-05T19:17:45Z")),
        ("13/8/2016 7:17:45", DateOrder::Detect, Some("2016-08-13T07:17:45Z")),
    ] {
        let text = request("a").replace("5/8/2016 7:17:45 AM", date);
        let logs = logs_with(&text, &Options { date_order: order, ..options() });
        let Some(log) = logs.first() else {
            assert_eq!(date, "yesterday");
            continue;
        };
        assert_eq!(log.request_date, expected.map(|date| DateTime::parse_rfc3339_str(date).unwrap()), "{date}");
        let problems: Vec<_> = log.problems.iter().map(|problem| (problem.kind, problem.offset)).collect();
        assert_eq!(problems, if expected.is_none() { vec![(ProblemKind::BadDate, 8)] } else { vec![] }, "{date}");
    }
}

#[test]
fn one_record_decides_the_order_of_all_dates() {
    let late = request("a").replace("5/8/2016 7:17:45 AM", "13/8/2016 7:17:45");
    let early = request("b").replace("5/8/2016 7:17:45 AM", "5/8/2016 7:17:45");
    let (pieces, report) = pieces(early + &late);
    assert_eq!(report.date_order, DateOrder::DayFirst);
    let Piece::Log(log) = &pieces[0] else { panic!() };
    assert_eq!(log.request_date, Some(DateTime::parse_rfc3339_str("2016-08-05T07:17:45Z").unwrap()));
}
