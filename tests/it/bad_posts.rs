//! What no program of a branch should send and some do, at the doors of a real server, on both stores: it is taken or kept in quarantine,
//! no neighbour is lost, and no line takes more memory than it may.
//!
//! `LOGHELPER_TEST_LINE_MB` makes the longest line as long as one likes.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use crate::{
    poster::{Office, post_until_taken, records, send},
    support::{Place, mongodb_uri},
};

/// Records and lines around each bad one.
const NEIGHBOURS: usize = 2000;
/// What a server may need more for a line, in MiB: bodies are looked at up to 16 MiB, in several forms at a time.
const LINE_ROOM_MIB: u64 = 300;

impl Office<'_> {
    /// Sends a body to this path; the status.
    fn send(&self, path: &str, kind: &str, body: &[u8]) -> u16 {
        send(&self.server.address, path, &self.key, &[("Content-Type", kind)], body).expect("an answer").0
    }

    /// Posts to the branch's own address; new Logs and pieces in quarantine.
    fn posted(&self, kind: &str, body: &[u8]) -> (i64, i64) {
        let (status, said) =
            send(&self.server.address, "/api/v1/branches/K1/logs", &self.key, &[("Content-Type", kind)], body).expect("an answer");
        assert_eq!(status, 200, "{said}");
        counts(&serde_json::from_str(&said).unwrap())
    }

    fn logs(&self, filter: &str) -> Vec<Value> {
        self.place.ok(&["query", filter, "--limit", "1000000"])
    }
}

fn counts(said: &Value) -> (i64, i64) {
    (said["new"].as_i64().unwrap(), said["quarantined"].as_i64().unwrap())
}

fn exchange(id: &str, date: &str, end: &str) -> String {
    format!(
        "=> Bars at {date}: from 10.7.73.12; RequestType = POST;{end}Input = {{\"message_id\":\"{id}\"}}{end}\
         <= Bars at {date}: to 10.7.73.12{end}Output = {{\"status\":\"OK\",\"message_id\":\"{id}\"}}{end}"
    )
}

/// Bodies of each door in which one entry among many is none, each with what door and case are called.
fn one_among_many() -> Vec<(String, &'static str, &'static str, Vec<u8>)> {
    let mut bodies = Vec::new();
    let mut add = |path, kind, name: String, entries: Vec<String>, bad: &str, (before, between, after): (&str, &str, &str)| {
        let mut entries = entries;
        entries.insert(NEIGHBOURS / 2, bad.to_owned());
        bodies.push((name, path, kind, [before, &entries.join(between), after].concat().into_bytes()));
    };
    let each = |entry: &dyn Fn(usize) -> String| (0..NEIGHBOURS).map(entry).collect::<Vec<_>>();
    let own = "/api/v1/branches/K1/logs";
    for (n, bad) in ["no record at all", "=> Bars at 99/99/9999: from\nInput = {\"a\":", "\u{FFFD}\u{1}\u{7F}"].into_iter().enumerate() {
        let entries = each(&|m| String::from_utf8(records((n * 10_000 + m) as u64..(n * 10_000 + m) as u64 + 1, true, true)).unwrap());
        add(own, "text/plain", format!("records {n}"), entries, &format!("{bad}\n"), ("", "", ""));
    }
    for (n, bad) in ["{\"message\":\"open}", "nonsense", "[1]", "5", "{\"message\":"].into_iter().enumerate() {
        let entries = || each(&|m| format!("{{\"message\":\"event lines-{n}-{m}\"}}"));
        add(own, "application/x-ndjson", format!("lines-{n}"), entries(), bad, ("", "\n", "\n"));
        let array = entries().into_iter().map(|entry| entry.replace("lines-", "array-")).collect();
        add(own, "application/json", format!("array-{n}"), array, bad, ("[", ",\n", "]"));
    }
    let broken =
        ["{\"message\":\"open}", "{\"message\":", "{\"message\":\"cut\",\"of\":[{\"x\":1},{\"x\":2},", "nonsense", "\"open", "x\"}"];
    for (n, bad) in broken.into_iter().enumerate() {
        let entries = each(&|m| format!("{{\"message\":\"event one-line-{n}-{m}\",\"of\":[{{\"x\":1}},{{\"x\":2}}]}}"));
        add(own, "application/json", format!("one-line-{n}"), entries, bad, ("[", ",", "]"));
    }
    for (n, bad) in ["\"none\"", "[\"5\"]", "null", "[\"1700000000000000000\",{}]"].into_iter().enumerate() {
        let entries = each(&|m| json!([(1_700_000_000_000_000_000 + m as u64).to_string(), format!("event loki-{n}-{m}")]).to_string());
        let around = ("{\"streams\":[{\"stream\":{\"job\":\"bars\"},\"values\":[", ",", "]}]}");
        add("/loki/api/v1/push", "application/json", format!("loki-{n}"), entries, bad, around);
    }
    for (n, bad) in ["\"none\"", "5", "null", "{\"body\":5}", "{\"attributes\":5}"].into_iter().enumerate() {
        let nanos = |m: usize| (1_700_000_000_000_000_000 + m as u64).to_string();
        let entries = each(&|m| json!({ "timeUnixNano": nanos(m), "body": { "stringValue": format!("event otlp-{n}-{m}") } }).to_string());
        let around = ("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[", ",", "]}]}]}");
        add("/v1/logs", "application/json", format!("otlp-{n}"), entries, bad, around);
    }
    for (n, bad) in ["{\"create\":{}}\n{\"message\":", "{\"create\":{}}\nnonsense", "{\"create\":{}}\n[1]"].into_iter().enumerate() {
        let entries = each(&|m| format!("{{\"create\":{{}}}}\n{{\"message\":\"event bulk-{n}-{m}\"}}"));
        add("/_bulk", "application/x-ndjson", format!("bulk-{n}"), entries, bad, ("", "\n", "\n"));
    }
    for (n, bad) in ["nonsense", "{\"a\":", "[1]"].into_iter().enumerate() {
        let message = |m| json!({ "version": "1.1", "host": "gate", "short_message": format!("event gelf-{n}-{m}") }).to_string();
        add("/gelf", "application/json", format!("gelf-{n}"), each(&message), bad, ("", "\n", "\n"));
    }
    bodies
}

fn neighbours_are_kept(place: &Place) {
    let office = Office::new(place);
    let mut expected = 0;
    for (name, path, kind, body) in one_among_many() {
        // Sent twice, as a client does that did not hear the answer.
        for _ in 0..2 {
            let status = office.send(path, kind, &body);
            assert!(matches!(status, 200 | 202 | 204), "{name}: {status}");
        }
        expected += NEIGHBOURS;
    }
    let logs = office.logs("");
    let whole = logs.iter().filter(|log| log["state"] == "complete" && log["message_id"].is_string()).count();
    let events = logs.iter().filter(|log| log.to_string().contains("\"event ")).count();
    assert_eq!(whole + events, expected, "{whole} exchanges, {events} events");
    // Of the bad ones some are read as events all the same.
    assert!(logs.len() - expected < one_among_many().len(), "{} others", logs.len() - expected);
}

fn lines_end_as_they_like(place: &Place) {
    let office = Office::new(place);
    let ends = ["\n", "\r\n", "\r", "\r\r\n"];
    let end = |n: usize| ends[n % ends.len()];
    let all = |entry: &dyn Fn(usize) -> String| (0..40).map(entry).collect::<String>().into_bytes();
    let text = "text/plain";
    for (name, kind, body, expected) in [
        ("records", text, all(&|n| exchange(&format!("ends-{n}"), "5/8/2016 7:17:45 AM", end(n))), (40, 0)),
        ("lines of a logger", text, all(&|n| format!("2024-01-01 00:00:{n:02},000 ERROR [main] a.B: failed {n}{}", end(n))), (40, 0)),
        ("objects", "application/x-ndjson", all(&|n| format!("{{\"message\":\"object {n}\"}}{}", end(n))), (40, 0)),
        ("objects whose kind nobody says", text, all(&|n| format!("{{\"message\":\"another {n}\"}}{}", end(n))), (40, 0)),
        ("one kind of end", text, all(&|n| format!("2024-01-02 00:00:{n:02},000 ERROR [main] a.B: failed {n}\r")), (40, 0)),
        (
            "records behind other lines",
            text,
            all(&|n| format!("# note {n}{}{}", end(n), exchange(&format!("behind-{n}"), "5/8/2016 7:17:45 AM", end(n + 1)))),
            // After a carriage return a note is the end of the record's own line, and stands among the Log's problems.
            (40, 30),
        ),
    ] {
        let found = office.posted(kind, &body);
        assert_eq!(found, expected, "{name}");
        assert_eq!(office.posted(kind, &body).0, 0, "{name}, again");
    }
    assert!(office.logs("message_id != null").iter().all(|log| log["state"] == "complete"));
}

/// The Logs whose text has this, and how many of them say that their date lies ahead.
fn dated(office: &Office<'_>, text: &str) -> (usize, usize) {
    let logs = office.logs("");
    let found: Vec<&Value> = logs.iter().filter(|log| log.to_string().contains(text)).collect();
    let ahead = |log: &&&Value| log["problems"].as_array().is_some_and(|all| all.iter().any(|one| one["kind"] == "future_date"));
    (found.len(), found.iter().filter(ahead).count())
}

fn clocks_go_wrong(place: &Place) {
    let office = Office::new(place);
    for (n, (date, is_ahead)) in [
        ("1/1/1901 1:00:00 AM", false),
        ("1/1/1970 1:00:00 AM", false),
        ("5/8/2099 1:00:00 AM", true),
        ("12/30/9999 1:00:00 PM", true),
        // No such years, and one whose end no store knows: taken without a date.
        ("12/31/9999 11:59:59 PM", false),
        ("1/1/0001 1:00:00 AM", false),
        ("1/1/99999 1:00:00 AM", false),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("clock-{n}-");
        let near = |m: u32| exchange(&format!("{id}{m}"), "5/8/2016 7:17:45 AM", "\n");
        let body = near(1) + &exchange(&format!("{id}2"), date, "\n") + &near(3);
        assert_eq!(office.posted("text/plain", body.as_bytes()), (3, 0), "{date}");
        assert_eq!(dated(&office, &id), (3, usize::from(is_ahead)), "{date}");
    }
    // Moments that protocols write as numbers, of which some do not fit.
    for (n, nanos) in ["0", "-1", "4000000000000000000", "9223372036854775807", "-9223372036854775808", "18446744073709551615", "9e99"]
        .into_iter()
        .enumerate()
    {
        let near = "1700000000000000000";
        let own = format!(
            "{{\"message\":\"own-{n}.\"}}\n{{\"time\":{nanos},\"message\":\"own-{n}.\"}}\n{{\"time\":\"9999-12-31T23:59:59Z\",\"message\":\"own-{n}.\"}}\n"
        );
        let loki = json!({ "streams": [{ "stream": { "job": "a" }, "values": [
            [near, format!("loki-{n}.")], [nanos, format!("loki-{n}.")], ["1700000000000000001", format!("loki-{n}.")],
        ] }] });
        let record = |nanos: &str| json!({ "timeUnixNano": nanos, "body": { "stringValue": format!("otlp-{n}.") } });
        let otlp =
            json!({ "resourceLogs": [{ "scopeLogs": [{ "logRecords": [record(near), record(nanos), record("1700000000000000001")] }] }] });
        let document = |time: &str| format!("{{\"create\":{{}}}}\n{{\"@timestamp\":{time},\"message\":\"bulk-{n}.\"}}\n");
        let bulk = document("1700000000000") + &document(nanos) + &document("1700000000001");
        let message = |time: &str| format!("{{\"version\":\"1.1\",\"host\":\"h\",\"short_message\":\"gelf-{n}.\",\"timestamp\":{time}}}\n");
        let gelf = message("1700000000") + &message(nanos) + &message("1700000001");
        let (object, lines) = ("application/json", "application/x-ndjson");
        for (name, path, kind, body) in [
            ("own", "/api/v1/branches/K1/logs", lines, own),
            ("loki", "/loki/api/v1/push", object, loki.to_string()),
            ("otlp", "/v1/logs", object, otlp.to_string()),
            ("bulk", "/_bulk", lines, bulk),
            ("gelf", "/gelf", object, gelf),
        ] {
            assert!(matches!(office.send(path, kind, body.as_bytes()), 200 | 202 | 204), "{name} {nanos}");
            assert_eq!(dated(&office, &format!("{name}-{n}.")).0, 3, "{name} {nanos}");
        }
    }
}

/// A part of a line of which no two halves are alike, so that it is no bomb where it is compressed.
fn noise() -> Vec<u8> {
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b'a' + (state >> 28) as u8
    };
    (0..16 << 10).map(|_| next()).collect()
}

/// A body in chunks, of any size.
struct Chunked(TcpStream);

impl Write for Chunked {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !bytes.is_empty() {
            write!(self.0, "{:x}\r\n", bytes.len())?;
            self.0.write_all(bytes)?;
            self.0.write_all(b"\r\n")?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Office<'_> {
    /// Posts what is written, as it is written; new Logs and pieces in quarantine.
    fn stream(&self, headers: &str, write: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> (i64, i64) {
        let stream = TcpStream::connect(&self.server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(600))).unwrap();
        let mut body = Chunked(stream);
        let head = format!(
            "POST /api/v1/branches/K1/logs HTTP/1.1\r\nHost: test\r\nConnection: close\r\nAuthorization: Bearer {}\r\n{headers}Transfer-Encoding: chunked\r\n\r\n",
            self.key
        );
        body.0.write_all(head.as_bytes()).unwrap();
        write(&mut body).unwrap();
        body.0.write_all(b"0\r\n\r\n").unwrap();
        let mut said = String::new();
        body.0.read_to_string(&mut said).unwrap();
        let (head, body) = said.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{said}");
        counts(&serde_json::from_str(body).unwrap())
    }
}

fn lines_without_end(place: &Place) {
    let megabytes: u64 = std::env::var("LOGHELPER_TEST_LINE_MB").ok().and_then(|value| value.parse().ok()).unwrap_or(330);
    assert!(megabytes > LINE_ROOM_MIB, "a shorter line says nothing of memory");
    let office = Office::new(place);
    post_until_taken(&office.server.address, "K1", &office.key, b"{\"message\":\"first\"}\n");
    let before = office.server.peak_mib();
    let noise = noise();
    let line = |out: &mut dyn Write, before: &str, after: &str| {
        out.write_all(before.as_bytes())?;
        (0..megabytes * 64).try_for_each(|_| out.write_all(&noise))?;
        out.write_all(after.as_bytes())
    };
    let near = |id: &str| exchange(id, "5/8/2016 7:17:45 AM", "\n");
    let text = |out: &mut dyn Write| line(out, &near("text-1"), &format!("\n{}", near("text-2")));
    let packed = |out: &mut dyn Write| {
        let mut gzip = GzEncoder::new(out, Compression::fast());
        line(&mut gzip, &near("gzip-1"), &format!("\n{}", near("gzip-2")))?;
        gzip.finish().map(drop)
    };
    let array = |out: &mut dyn Write| line(out, "[{\"message\":\"array-1\"},{\"message\":\"", "\"},{\"message\":\"array-2\"}]");
    let body = |out: &mut dyn Write| {
        let header = "=> Bars at 5/8/2016 7:17:45 AM: from 10.7.73.12; RequestType = POST;\nInput = {\"message_id\":\"body-3\",\"scan\":\"";
        line(out, &(near("body-1") + header), &format!("\"}}\n{}", near("body-2")))
    };
    for (headers, write, n_new) in [
        ("", &text as &dyn Fn(&mut dyn Write) -> io::Result<()>, 2),
        ("Content-Encoding: gzip\r\n", &packed, 2),
        ("Content-Type: application/json\r\n", &array, 2),
        ("", &body, 3),
    ] {
        let (found, kept) = office.stream(headers, write);
        assert!(found == n_new && kept > 0, "{headers} {found} {kept}");
        let more = office.server.peak_mib() - before;
        assert!(more < LINE_ROOM_MIB, "{headers} a line of {megabytes} MiB took {more} MiB");
    }
    assert_eq!(office.logs("").len(), 1 + 2 + 2 + 2 + 3);
}

macro_rules! on_both_stores {
    ($($test:ident, $in_sqlite:ident, $in_mongodb:ident;)*) => {$(
        #[test]
        fn $in_sqlite() {
            $test(&Place::new(None));
        }

        #[test]
        fn $in_mongodb() {
            let Some(uri) = mongodb_uri() else { return };
            $test(&Place::new(Some(uri)));
        }
    )*};
}

on_both_stores! {
    neighbours_are_kept, one_bad_entry_among_thousands_harms_none_at_any_door_in_sqlite, one_bad_entry_among_thousands_harms_none_at_any_door_in_mongodb;
    lines_end_as_they_like, lines_of_one_post_end_in_any_way_in_sqlite, lines_of_one_post_end_in_any_way_in_mongodb;
    clocks_go_wrong, clocks_that_are_decades_off_lose_nothing_in_sqlite, clocks_that_are_decades_off_lose_nothing_in_mongodb;
    lines_without_end, a_line_of_any_length_takes_little_memory_in_sqlite, a_line_of_any_length_takes_little_memory_in_mongodb;
}
