//! Each line format by its definition, and their detection.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::{Context, CustomFormat, Event, Format, detect};

fn read(format: &Format, line: &str) -> Event {
    let context = Context { timezone: TimeZone::UTC, year: 2024 };
    format.read(line, &context).unwrap_or_else(|| panic!("{}: {line}", format.name()))
}

#[test]
fn lines_are_found_to_be_of_their_format_and_read() {
    let custom = Format::Custom(Arc::new(CustomFormat::new("mine", r"^(?<date>\S+)\|(?<level>\w+)\|(?<message>.*)$", None).unwrap()));
    for (format, line, date, level, server, message) in [
        (
            Format::Jsonl,
            r#"{"ts":"2024-05-01T10:00:00Z","level":"error","service":"pay","msg":"no account"}"#,
            "2024-05-01T10:00:00Z",
            "error",
            "pay",
            "no account",
        ),
        (
            Format::Syslog,
            "<34>Oct 11 22:14:15 mymachine su[12]: 'su root' failed",
            "2024-10-11T22:14:15Z",
            "crit",
            "mymachine",
            "'su root' failed",
        ),
        (
            Format::Syslog,
            r#"<165>1 2003-10-11T22:14:15.003Z host app - ID47 [ex@1 a="]"] An event"#,
            "2003-10-11T22:14:15.003Z",
            "notice",
            "host",
            "An event",
        ),
        (
            Format::Log4j,
            "081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 for block blk_3 terminating",
            "2008-11-09T20:36:15Z",
            "INFO",
            "dfs.DataNode$PacketResponder",
            "PacketResponder 1 for block blk_3 terminating",
        ),
        (
            Format::Log4j,
            "17/06/09 20:10:40 ERROR executor.Executor: Exception in task 1.0",
            "2017-06-09T20:10:40Z",
            "ERROR",
            "executor.Executor",
            "Exception in task 1.0",
        ),
        (
            Format::Log4j,
            "2015-10-18 18:01:47,978 INFO [main] org.apache.hadoop.MRAppMaster: Created",
            "2015-10-18T18:01:47.978Z",
            "INFO",
            "org.apache.hadoop.MRAppMaster",
            "Created",
        ),
        (
            Format::Bgl,
            "APPREAD 1117838570 2005.06.03 R02-M1 2005-06-03-15.42.50.675872 R02-M1 RAS KERNEL FATAL ciod: failed",
            "2005-06-03T22:42:50.675Z",
            "FATAL",
            "R02-M1",
            "ciod: failed",
        ),
        (Format::Go, "[ERROR][server.go:72] 2023/05/11 00:08:24 cannot dial", "2023-05-11T00:08:24Z", "ERROR", "server.go", "cannot dial"),
        (custom, "2024-01-02T03:04:05Z|ERR|boom", "2024-01-02T03:04:05Z", "ERR", "", "boom"),
    ] {
        let own = match &format {
            Format::Custom(custom) => vec![custom.clone()],
            _ => vec![],
        };
        assert_eq!(
            detect(&[line, "\tat stack.Trace(1)"], &own).map(|found| found.name().to_owned()).as_deref(),
            Some(format.name()),
            "{line}"
        );
        let event = read(&format, line);
        assert_eq!(event.date.map(|date| date.try_to_rfc3339_string().unwrap()).as_deref(), Some(date), "{line}");
        assert_eq!(event.level.as_deref(), Some(level), "{line}");
        assert_eq!(event.server.as_deref().unwrap_or_default(), server, "{line}");
        assert_eq!(event.message, message, "{line}");
    }
}

#[test]
fn prose_is_of_no_format() {
    assert!(detect(&["Dear all,", "the meeting is at 10:00", "see you"], &[]).is_none());
    assert!(detect(&[], &[]).is_none());
    assert!(CustomFormat::new("bad", "(", None).unwrap_err().to_string().contains("bad"));
    assert!(CustomFormat::new("bad", "x", None).is_err());
}

#[test]
fn errors_are_told_by_their_level() {
    for (line, is_error) in [("[ERROR][a.go:1] 2023/05/11 00:08:24 x", true), ("[INFO][a.go:1] 2023/05/11 00:08:24 x", false)] {
        assert_eq!(read(&Format::Go, line).fault().is_some(), is_error);
    }
}

#[test]
fn operators_in_json_are_data() {
    let event = read(&Format::Jsonl, r#"{"msg":"x","$where":{"$date":5,"$oid":"zz"}}"#);
    let inner = event.fields.get_document("$where").unwrap();
    assert_eq!(inner.get_i32("$date").unwrap(), 5);
}
