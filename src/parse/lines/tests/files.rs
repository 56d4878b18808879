//! Whole files of lines.

use super::*;
use crate::{
    domain::{LogState, ProblemKind},
    parse::Whole,
};

#[test]
fn traces_belong_to_the_event_before_them() {
    for trace in [
        "java.io.IOException: x\n\tat a.B.c(B.java:1)\nCaused by: java.net.SocketException: y\n\t... 3 more",
        "System.InvalidOperationException: x\n   at Bank.Pay.Run() in C:\\Pay.cs:line 17\n--- End of stack trace from previous location ---\n   at Z()",
        "Traceback (most recent call last):\n  File \"pay.py\", line 5, in run\n    raise ValueError(\"x\")\nValueError: x",
        "panic: runtime error: index out of range [5]\n\ngoroutine 1 [running]:\nmain.pay(0xc00001, {0x1, 0x2})\n\t/srv/pay.go:17 +0x1d\nexit status 2",
        "PHP Stack trace:\n#0 /srv/pay.php(12): pay()\n#1 {main}\n  thrown in /srv/pay.php on line 12",
    ] {
        let text = format!("2021-10-18 18:01:47,978 ERROR [main] a.B: failed\n{trace}\n2021-10-18 18:01:48,000 INFO [main] a.B: done\n");
        let Read { logs, foreign, report } = file(&text);
        assert_eq!((report.format.as_str(), report.counts.records, report.counts.foreign_lines), ("log4j", 2, 0), "{foreign:?}");
        let stack = logs[0].request.as_ref().unwrap().get_str("stack").unwrap().to_owned();
        assert_eq!(stack, trace.replace("\n\n", "\n"));
        assert_eq!(logs[0].fault.as_ref().unwrap().message, "failed");
    }
}

#[test]
fn foreign_lines_stand_apart_and_neighbours_together() {
    let event = "2021-10-18 18:01:48,000 INFO [main] a.B: done\r\n";
    let chatter = "chatter one\r\n\r\n\tindented\r\nchatter two\r\n";
    let text = format!("{event}{chatter}{event}{event}last");
    let Read { logs, foreign, report } = file(&text);
    assert_eq!((logs.len(), report.counts.foreign_lines), (3, 4));
    assert_ne!(logs[1].id, logs[2].id);
    let [first, last] = &foreign[..] else { panic!("{foreign:?}") };
    assert_eq!((first.offset as usize, first.raw.as_slice()), (event.len(), chatter.as_bytes()));
    assert_eq!((last.offset as usize, last.raw.as_slice(), last.size_bytes), (text.len() - 4, &b"last"[..], 4));
}

#[test]
fn a_long_stretch_of_foreign_lines_is_cut_in_pieces() {
    let chatter = "chatter that is of no format\n".repeat(10_000);
    let options = Options { format: parse::FormatChoice::Lines(Format::Go), ..options() };
    let Read { foreign, report, .. } = file_with(chatter.as_bytes(), &options);
    assert_eq!(report.counts.foreign_lines, 10_000);
    assert!((4..8).contains(&foreign.len()) && foreign.iter().all(|piece| piece.raw.len() <= 64 << 10));
    assert_eq!(foreign.iter().flat_map(|piece| piece.raw.clone()).collect::<Vec<_>>(), chatter.as_bytes());
}

#[test]
fn a_file_of_no_known_format_is_refused_with_what_is_known() {
    for text in ["134681 node-246 unix.hw state.off 1077804742 1 a disk is off\n".repeat(5), "Dear all,\nsee you\n".to_owned()] {
        let Read { logs, report, .. } = file(&text);
        assert_eq!((logs.len(), report.whole), (0, Whole::NotALog));
        let note = &report.notes[0].text;
        assert!(note.contains("bars, jsonl, syslog") && note.contains("configuration"), "{note}");
    }
    let options = Options { format: parse::FormatChoice::Lines(Format::Syslog), ..options() };
    assert!(file_with(b"chatter\n", &options).report.notes[0].text.contains("the format `syslog`"));
    assert_eq!(file_with(b"\r\n \n", &options).report.whole, Whole::Empty);
}

#[test]
fn a_day_without_year_is_the_last_one_before_the_file_came() {
    for (received, expected) in [("2024-01-02T00:00:00Z", "2023-12-31T23:00:00Z"), ("2024-12-31T10:00:00Z", "2024-12-31T23:00:00Z")] {
        let received = Some(bson::DateTime::parse_rfc3339_str(received).unwrap());
        let read = file_with(b"Dec 31 23:00:00 desk till[1]: closed\n", &Options { received, ..options() });
        assert_eq!(read.logs[0].request_date.unwrap().try_to_rfc3339_string().unwrap(), expected);
    }
    assert_eq!(file("Dec 31 23:00:00 desk till[1]: closed\n").logs[0].request_date, None);
}

#[test]
fn objects_with_request_and_response_are_exchanges() {
    let text = concat!(
        r#"{"time":"2024-05-01T10:00:00Z","service":"pay","request":{"message_id":"M1","$gt":1},"response":"{\"status\":\"OK\"}","user":7}"#,
        "\n",
        r#"{"response_date":{"$date":"2024-05-01T10:00:01Z"},"response":{"n":1},"message_id":"M2","error":{"code":5,"message":"no"}}"#,
        "\n",
        r#"{"request":{"n":1},"message_id":"M2"}"#,
        "\n",
        r#"{"level":"error","msg":"rejected","request":{"a":1}}"#,
        "\n{\"cut\":\n",
    );
    let Read { logs, foreign, report } = file(text);
    let [both, answer, question, event] = &logs[..] else { panic!("{report:?}") };
    assert_eq!((both.state, both.origin.server(), both.message_id.as_deref()), (LogState::Complete, "pay", Some("M1")));
    assert_eq!(both.request.as_ref().unwrap().get_i32("$gt").unwrap(), 1);
    assert_eq!(both.request.as_ref().unwrap().get_document("line").unwrap().get_i32("user").unwrap(), 7);
    assert_eq!(both.response.as_ref().unwrap().get_str("status").unwrap(), "OK");
    assert_eq!((answer.state, answer.fault.as_ref().unwrap().message.as_str()), (LogState::ResponseOnly, "no"));
    assert_eq!(answer.response_date.unwrap().timestamp_millis(), 1_714_557_601_000);
    assert_eq!((question.state, question.id), (LogState::RequestOnly, answer.id));
    assert_eq!(event.request.as_ref().unwrap().get_document("request").unwrap().get_i32("a").unwrap(), 1);
    assert_eq!(foreign[0].kind, ProblemKind::MalformedBody);
}

#[test]
fn printed_logs_read_back_as_they_were() {
    let body =
        r#"{"message_id":"m","$date":"2024-05-01T10:00:00Z","a":{"$date":5,"$oid":"zz"},"binary_data":"abc","n":[1,4294967296,0.5,null]}"#;
    let text = format!(
        "=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1; RequestType = POST;\nInput = {body}\n\
         <= S at 5/8/2016 7:17:46 AM: to 10.0.0.1\nOutput = {{\"error\":\"no\",\"message_id\":\"m\"}}\n\
         => S at 5/8/2016 7:17:47 AM: from 10.0.0.1;\nInput = {{\"sessionid\":\"s\"\n"
    );
    let printed = |logs: &[PairedLog]| -> String {
        let options = options();
        let line = |log: &PairedLog| {
            let encoded = log.encode(&options.branch, &options.log_file_id, log.fault.as_deref(), None).unwrap();
            format!("{}\n", bson::Bson::Document(encoded.document().try_into().unwrap()).into_relaxed_extjson())
        };
        logs.iter().map(line).collect()
    };
    let first = printed(&file(&text).logs);
    let again = file(&first);
    assert_eq!((again.report.format.as_str(), again.report.counts.records, again.foreign.len()), ("jsonl", 2, 0));
    assert_eq!(printed(&again.logs), first);
}

#[test]
fn what_was_blanked_or_replaced_in_a_line_is_said() {
    let mut text = br#"{"msg":"x","binary_data":"abc"}"#.to_vec();
    text.extend_from_slice(b"\n{\"msg\":\"");
    text.extend_from_slice(&"Київ".repeat(20).into_bytes());
    text.extend_from_slice(b"\xFF\"}\n");
    let Read { logs, .. } = file(&text);
    assert_eq!(logs[0].request.as_ref().unwrap().get_document("binary_data").unwrap().get_i64("size_bytes").unwrap(), 3);
    assert_eq!((logs[1].problems[0].kind, logs[1].problems[0].offset), (ProblemKind::BadEncoding, 32 + 8 + 160));
    let cp1251 = encoding_rs::WINDOWS_1251.encode("[ERROR][a.go:1] 2023/05/11 00:08:24 немає рахунку\n").0.into_owned();
    let Read { logs, report, .. } = file(&cp1251);
    assert_eq!((report.encoding, logs[0].fault.as_ref().unwrap().message.as_str()), ("windows-1251", "немає рахунку"));
}

#[test]
fn a_line_of_megabytes_is_cut_and_its_end_kept_apart() {
    let text = format!("[ERROR][a.go:1] 2023/05/11 00:08:24 {}\n", "ї".repeat(1 << 20));
    let Read { logs, foreign, report } = file(&text);
    assert_eq!((logs[0].problems[0].kind, report.counts.foreign_lines), (ProblemKind::Oversized, 0));
    let message = logs[0].request.as_ref().unwrap().get_str("message").unwrap().len();
    let kept: usize = foreign.iter().map(|piece| piece.raw.len()).sum();
    assert_eq!((36 + message + kept, foreign[0].offset as usize), (text.len(), 36 + message));
    let Read { logs, foreign, .. } = file(format!("{{\"msg\":\"x\"}}\n{{\"msg\":\"{}\"}}\n{{\"msg\":\"y\"}}\n", "x".repeat(17 << 20)));
    assert_eq!((logs.len(), foreign[0].kind), (2, ProblemKind::Oversized));
    assert_eq!(foreign.iter().map(|piece| piece.raw.len()).sum::<usize>(), (17 << 20) + 11);
}
