//! Bad input through the program: what is said of it, what is stored, what is kept in quarantine; on both stores.

use std::{io::Write, path::Path};

use crate::support::{Place, mongodb_uri};

/// As many Logs as could be read of a file that was cut off.
const SOME: usize = usize::MAX;

/// An exchange in the branch format.
fn exchange(id: &str) -> String {
    format!(
        "=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1; RequestType = POST;\nInput = {{\"message_id\":\"{id}\"}}\n\
         <= S at 5/8/2016 7:17:46 AM: to 10.0.0.1\nOutput = {{\"status\":\"OK\",\"message_id\":\"{id}\"}}\n"
    )
}

/// An exchange whose request has this body, and a good one behind it.
fn with_body(body: &str) -> Vec<u8> {
    let begin = "=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1;\nInput = ";
    let end = "\n<= S at 5/8/2016 7:17:46 AM: to 10.0.0.1\nOutput = {\"status\":\"OK\",\"message_id\":\"bad\"}\n";
    [begin, body, end, &exchange("good")].concat().into_bytes()
}

/// A file, and what is to become of it.
struct Case {
    name: &'static str,
    bytes: Vec<u8>,
    code: i32,
    /// What is said with the file's name and the offset at which this stands; without one, with whatever offset it has.
    said: Vec<(Option<usize>, String)>,
    n_logs: usize,
    /// Offset, size and kept bytes of pieces in quarantine.
    pieces: Vec<(i64, i64, usize)>,
}

impl Case {
    fn new(name: &'static str, bytes: impl Into<Vec<u8>>, n_logs: usize) -> Self {
        Self { name, bytes: bytes.into(), code: 0, said: Vec::new(), n_logs, pieces: Vec::new() }
    }

    fn fails(self) -> Self {
        Self { code: 1, ..self }
    }

    /// With what is at the offset where this text stands first.
    fn at(mut self, token: &str, text: &str) -> Self {
        let offset = self.bytes.windows(token.len()).position(|window| window == token.as_bytes()).unwrap();
        self.said.push((Some(offset), text.to_owned()));
        self
    }

    fn at_offset(mut self, offset: usize, text: &str) -> Self {
        self.said.push((Some(offset), text.to_owned()));
        self
    }

    fn somewhere(mut self, text: &str) -> Self {
        self.said.push((None, text.to_owned()));
        self
    }

    fn keeps(mut self, offset: i64, size: i64, n_kept: usize) -> Self {
        self.pieces.push((offset, size, n_kept));
        self
    }
}

fn cases() -> Vec<Case> {
    let prose = "Dear all,\nsee you tomorrow\n";
    let noise = |n: u32| (n.wrapping_mul(2_654_435_761) >> 13) as u8;
    let (binary, codes): (Vec<u8>, Vec<u8>) = (0..200_000).map(|n| (noise(n), noise(n) % 31)).unzip();
    // A piece has as many bytes as make 64 KiB of text in the encoding that the file seems to have.
    let text = encoding_rs::WINDOWS_1251.decode(&binary).0;
    let n_kept = text.char_indices().take_while(|(at, c)| at + c.len_utf8() <= 64 << 10).count();
    let many: String = (0..5000).map(|n| exchange(&format!("m{n}"))).collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(many.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let large = "x".repeat(2 << 20);
    let list = format!("{{\"message_id\":\"bad\",\"list\":[{}1]}}", "\"some text in the list\",".repeat((2 << 20) / 24));
    let nested = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let alone = "=> S at 5/8/2016 7:20:00 AM: from 10.0.0.9;\nInput = {\"method\":\"A\"}\n";
    let by_order = "=> S at 5/8/2016 7:20:00 AM: from 10.0.0.9;\nInput = {\"method\":\"A\"}\n<= S at 5/8/2016 7:20:01 AM: to 10.0.0.9\nOutput = {\"status\":\"OK\"}\n";
    let text = "Рахунок не знайдено ".repeat(20);
    let whole = String::from_utf8(with_body(&format!("{{\"text\":\"{text}@\",\"message_id\":\"bad\"}}"))).unwrap();
    let (before, after) = whole.split_once('@').unwrap();
    let broken = [before.as_bytes(), b"\xFF", after.as_bytes()].concat();
    let broken_at = broken.iter().position(|byte| *byte == 0xFF).unwrap();
    vec![
        Case::new("prose.txt", prose, 0)
            .fails()
            .at_offset(prose.len(), "no record of a known format")
            .at_offset(0, "lines that belong to no record")
            .keeps(0, 27, 27),
        Case::new("empty.log", "", 0).at_offset(0, "the file is empty"),
        Case::new("binary.bin", binary, 0).fails().at_offset(0, "the file is binary, not a log").keeps(0, 200_000, n_kept),
        Case::new("codes.bin", codes, 0).fails().at_offset(0, "the file is binary, not a log").keeps(0, 200_000, 64 << 10),
        Case::new("cut.log.gz", &gzip[..gzip.len() / 2], SOME).fails().somewhere("the compressed input ends too early"),
        Case::new("bytes.log", broken, 2).at_offset(broken_at, "bytes that are not of the file's encoding were replaced"),
        Case::new("value.log", with_body(&format!("{{\"scan\":\"{large}\",\"message_id\":\"bad\"}}")), 2)
            .somewhere("a value of 2097152 bytes is kept as digest and size"),
        Case::new("list.log", with_body(&list), 2),
        Case::new("deep.log", with_body(&nested), 3).somewhere("the body is nested deeper than is stored"),
        Case::new("alone.log", exchange("good") + alone, 2)
            .at("=> S at 5/8/2016 7:20", "no message id: no other half could be paired with it by session and order"),
        Case::new("order.log", exchange("good") + by_order, 2)
            .at("=> S at 5/8/2016 7:20", "no message id: request and response were paired by session and order"),
        Case::new("dates.log", exchange("good") + &exchange("bad").replacen("5/8/2016", "2/30/2016", 1), 2)
            .at("2/30/2016", "the date `2/30/2016 7:17:45 AM` does not exist"),
    ]
}

/// The program's code and what it said of a file.
fn ingest(place: &Place, branch: &str, path: &Path) -> (Option<i32>, String, serde_json::Value) {
    let output = place.command(&["ingest", "--branch", branch, "--json", path.to_str().unwrap()]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), said, serde_json::from_slice(&output.stdout).unwrap())
}

async fn check(place: &Place) {
    place.ok(&["migrate"]);
    for (number, case) in cases().into_iter().enumerate() {
        let (name, branch) = (case.name, format!("B{number}"));
        let path = place.folder.path().join(name);
        std::fs::write(&path, &case.bytes).unwrap();
        let (code, said, summary) = ingest(place, &branch, &path);
        assert_eq!(code, Some(case.code), "{name}: {said}");
        for (offset, text) in &case.said {
            let begin = format!("loghelper: {name}: offset {}", offset.map(|offset| format!("{offset}: ")).unwrap_or_default());
            assert!(said.lines().any(|line| line.starts_with(&begin) && line.contains(text)), "{begin}… {text}: {said}");
        }
        let n_logs = place.ok(&["query", &format!("branch = {branch}")]).len();
        assert_eq!(n_logs as i64, summary["logs"].as_i64().unwrap(), "{name}");
        if case.n_logs == SOME {
            assert!((1000..5000).contains(&n_logs), "{name}: {n_logs}");
            continue;
        }
        assert_eq!((n_logs, said.lines().count()), (case.n_logs, case.said.len()), "{name}: {said}");
        let store = place.open().await;
        let file = summary["log_file_id"].as_str().unwrap().parse().unwrap();
        let pieces = store.list_quarantined(&file, 100).await.unwrap();
        let found: Vec<_> = pieces.iter().map(|piece| (piece.offset, piece.size_bytes, piece.raw.bytes.len())).collect();
        assert_eq!(found, case.pieces, "{name}");
        for piece in &pieces {
            let at = usize::try_from(piece.offset).unwrap();
            assert!(case.bytes[at..].starts_with(&piece.raw.bytes), "{name}: the bytes are those of the file");
        }
        // Where quarantine has a part, the whole is kept beside it.
        assert_eq!(store.has_cut_quarantined(&file).await.unwrap(), name.ends_with(".bin"));
        assert!(store.find_raw(&file).await.unwrap().is_some(), "{name}");
    }
}

/// A branch whose encoding is not that of its file, a file that comes again, and more problems than are told.
fn check_others(place: &Place) {
    let write = |name: &str, bytes: &[u8]| {
        let path = place.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    place.ok(&["branch", "add", "W1", "--encoding", "UTF-16LE"]);
    let text = exchange("some");
    let (code, said, summary) = ingest(place, "W1", &write("wrong.log", text.as_bytes()));
    assert_eq!((code, summary["logs"].as_i64()), (Some(1), Some(0)), "{said}");
    assert!(
        said.contains(&format!("wrong.log: offset {}: no record of a known format", text.len())) && said.contains("UTF-16LE"),
        "{said}"
    );
    ingest(place, "D1", &write("first.log", text.as_bytes()));
    let (code, said, summary) = ingest(place, "D1", &write("second.log", text.as_bytes()));
    assert_eq!((code, summary["again"].as_bool()), (Some(0), Some(true)));
    assert!(said.contains("second.log: offset 0: the same bytes were ingested before, as `first.log`"), "{said}");
    let many: String =
        (0..25).map(|n| format!("=> S at 5/8/2016 7:{:02}:00 AM: from 10.0.1.{n};\nInput = {{\"n\":{n}}}\n", n + 10)).collect();
    let (code, said, _) = ingest(place, "M1", &write("many.log", many.as_bytes()));
    assert_eq!((code, said.lines().count()), (Some(0), 21), "{said}");
    let (_, hint) = said.lines().last().unwrap().split_once("and 5 more; see `loghelper query '").unwrap();
    assert_eq!(place.ok(&["query", hint.split_once('\'').unwrap().0]).len(), 25);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_told_and_kept_in_sqlite() {
    let place = Place::new(None);
    check(&place).await;
    check_others(&place);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_told_and_kept_in_mongodb() {
    let Some(uri) = mongodb_uri() else { return };
    let place = Place::new(Some(uri));
    check(&place).await;
    check_others(&place);
}
