//! The command line, as scripts use it.

use std::{
    fs,
    io::{self, BufRead, Write},
    process::Stdio,
};

use loghelper::{
    domain::log_id,
    sample::{self, Plan},
};
use serde_json::Value;

use crate::support::{SEED, loghelper, ndjson, ok, run, samples};

const EXAMPLE: &str = concat!(
    "=> BarsScheduler at 5/8/2016 7:17:45 AM: from 10.7.73.12; RequestType = POST; ContentType = application/json; charset=\"UTF-8\";\n",
    "Input = {\"sessionid\":\"slxctezudkzyv0di3ymysxyd \",\"method\":\"CloseSession\",\"params\": null,\"message_id\":\"BARS-MESS-6735248\"}\n",
    "<= BarsScheduler at 5/8/2016 7:17:45 AM: to 10.7.73.12\n",
    "Output = {\"status\":\"OK\",\"RESULT\":{\"sessionId\": \"slxctezudkzyv0di3ymysxyd\"},\"message_id\":\"BARS-MESS-6735248\",\"responce_id\":\"1\",\"current_timestamp\":\"2016-05-08T07:17:45\"}\n",
);

fn piped(data: &std::path::Path, words: &[&str], input: &str) -> std::process::Output {
    piped_bytes(data, words, input.as_bytes())
}

fn piped_bytes(data: &std::path::Path, words: &[&str], input: &[u8]) -> std::process::Output {
    let mut child = loghelper(data).args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn parse_prints_the_documented_shape_and_the_summary() {
    let folder = tempfile::tempdir().unwrap();
    let summary = folder.path().join("s.json");
    let output = piped(folder.path(), &["parse", "--summary", summary.to_str().unwrap(), "-"], EXAMPLE);
    assert!(output.status.success());
    // Dates without a zone are UTC where nothing else is said, and the server is the program that the header names.
    let id = log_id("local", "BarsScheduler", "BARS-MESS-6735248");
    let expected = format!(
        concat!(
            r#"{{"_id":{{"$oid":"{id}"}},"branch":"local","log_file_id":{{"$oid":"FILE"}},"server":"BarsScheduler","#,
            r#""message_id":"BARS-MESS-6735248","state":"complete","remote_ip":"10.7.73.12","request_type":"POST","#,
            r#""content_type":"application/json","charset":"UTF-8","request_date":{{"$date":"2016-05-08T07:17:45Z"}},"#,
            r#""request":{{"sessionid":"slxctezudkzyv0di3ymysxyd ","method":"CloseSession","params":null,"message_id":"BARS-MESS-6735248"}},"#,
            r#""response_date":{{"$date":"2016-05-08T07:17:45Z"}},"response":{{"status":"OK","RESULT":{{"sessionId":"slxctezudkzyv0di3ymysxyd"}},"#,
            r#""message_id":"BARS-MESS-6735248","responce_id":"1","current_timestamp":"2016-05-08T07:17:45"}},"#,
            r#""duration_ms":0,"error":null,"problems":[]}}"#,
        ),
        id = id
    );
    let printed = String::from_utf8(output.stdout).unwrap();
    let file = ndjson(&printed)[0]["log_file_id"]["$oid"].as_str().unwrap().to_owned();
    assert_eq!(printed.trim_end(), expected.replace("FILE", &file));
    let in_kyiv = piped(folder.path(), &["parse", "--timezone", "Europe/Kyiv", "-"], EXAMPLE);
    assert_eq!(ndjson(&String::from_utf8(in_kyiv.stdout).unwrap())[0]["request_date"]["$date"], "2016-05-08T04:17:45Z");
    let counts: Value = serde_json::from_str(&fs::read_to_string(summary).unwrap()).unwrap();
    for (field, n) in [
        ("records", 2),
        ("logs", 1),
        ("complete", 1),
        ("request_only", 0),
        ("response_only", 0),
        ("malformed", 0),
        ("foreign_lines", 0),
        ("errors", 0),
    ] {
        assert_eq!(counts[field], n, "{field}");
    }
    assert_eq!(counts["bytes"], EXAMPLE.len());
}

#[test]
fn bad_files_are_named_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let good = write("good.log", EXAMPLE.as_bytes());
    for (name, bytes, message) in [
        ("prose.txt", &b"Dear all,\nsee you tomorrow\n"[..], "not a log"),
        ("binary.bin", b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x03\x00\x3e\x00\x01\x00", "binary"),
        ("cut.gz", &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 75, 76], "ends too early"),
    ] {
        let bad = write(name, bytes);
        let output = run(folder.path(), &["ingest", "--branch", "K1", "--json", &bad, &good]);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(errors.contains(name) && errors.contains(message), "{name}: {errors}");
        assert_eq!(ndjson(&String::from_utf8(output.stdout).unwrap()).len(), 2, "{name}: the good file goes on");
    }
    let empty = write("empty.log", b"");
    let output = run(folder.path(), &["ingest", "--branch", "K1", &empty]);
    assert!(output.status.success() && String::from_utf8_lossy(&output.stderr).contains("empty"));
    assert_eq!(run(folder.path(), &["ingest", "nowhere.log"]).status.code(), Some(1));
    assert_eq!(run(folder.path(), &["ingest"]).status.code(), Some(2));
    assert_eq!(run(folder.path(), &["agent", "--branch", "K01"]).status.code(), Some(2));
    let sends = ["agent", "--server", "ftp://x", "--branch", "K01", "--key-file", "key", "--watch", "."];
    assert_eq!(run(folder.path(), &sends).status.code(), Some(2));
    assert_eq!(run(folder.path(), &["agent", "status"]).status.code(), Some(1));
    assert_eq!(ndjson(&ok(folder.path(), &["query", ""])).len(), 1);
}

#[test]
fn words_that_mean_nothing_are_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    for words in [
        &["ingest"][..],
        &["nonsense"],
        &["query"],
        &["query", "branch ="],
        &["query", "", "--limit", "some"],
        &["query", "", "--store", "redis://s3cret@x"],
        &["query", "", "--store", "sqlite:"],
        &["ingest", "--format", "nonsense", "x.log"],
        &["parse", "--format", "nonsense", "x.log"],
        &["reprocess", "--format", "nonsense", "0123456789abcdef01234567"],
        &["parse", "--timezone", "Europe/Kyev", "x.log"],
        &["parse", "--encoding", "koi9", "x.log"],
        &["branch", "add", "K01", "--timezone", "Europe/Kyev"],
        &["branch", "add", "K01", "--encoding", "koi9"],
        &["branch", "add", "K01", "--date-order", "sideways"],
        &["user", "add", "x", "--role", "king"],
        &["errors", "list", "--state", "lost"],
        &["errors", "show", "no-id"],
        &["kb", "preview", "--condition", "branch ="],
        &["kb", "preview", "--regex", "("],
        &["match", "--kb", "-", "-"],
    ] {
        let output = run(folder.path(), words);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.starts_with("error: ") && output.stdout.is_empty(), "{words:?}: {said}");
        assert!(!said.contains("s3cret"), "{said}");
    }
    assert!(!folder.path().join("loghelper.db").exists(), "a store was opened");
}

/// The text as it is, and as gzip and Zstandard have it.
fn codings(text: &str) -> [Vec<u8>; 3] {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    [text.as_bytes().to_vec(), gzip.finish().unwrap(), zstd::encode_all(text.as_bytes(), 1).unwrap()]
}

#[test]
fn every_command_that_reads_takes_files_standard_input_and_compressed_forms_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let seed = fs::read_to_string(SEED).unwrap();
    let texts = "Account 26001 not found\r\nsomething else\n";
    let file = data.join("input");
    let file = file.to_str().unwrap();
    for (words, input) in [
        (&["parse"][..], EXAMPLE),
        (&["ingest", "--json"], EXAMPLE),
        (&["match", "--kb", SEED], texts),
        (&["group"], texts),
        (&["group", "--at-once"], texts),
        (&["kb", "check"], &seed),
        (&["kb", "import"], &seed),
    ] {
        let mut printed = Vec::new();
        for coded in codings(input) {
            fs::write(file, &coded).unwrap();
            printed.push(ok(data, &[words, &[file]].concat()));
            let output = piped_bytes(data, &[words, &["-"]].concat(), &coded);
            assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
            printed.push(String::from_utf8(output.stdout).unwrap());
        }
        assert!(printed.iter().all(|text| text.lines().count() == printed[0].lines().count() && !text.is_empty()), "{printed:#?}");
    }
    let [_, kb, _] = codings(&seed);
    let compressed = data.join("kb.json.gz");
    fs::write(&compressed, &kb).unwrap();
    let verdicts = piped(data, &["match", "--kb", compressed.to_str().unwrap()], texts);
    assert_eq!(ndjson(&String::from_utf8(verdicts.stdout).unwrap()).len(), 2);
    // What is cut off is told, with the name of the input.
    fs::write(&compressed, &kb[..kb.len() / 2]).unwrap();
    for words in [&["kb", "check"][..], &["group"], &["match", "--kb"]] {
        let output = run(data, &[words, &[compressed.to_str().unwrap()]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && said.contains("kb.json.gz") && said.contains("ends too early"), "{words:?}: {said}");
    }
}

#[test]
fn lines_are_answered_as_they_come() {
    for words in [&["match", "--kb", SEED][..], &["group", "--at-once"]] {
        let folder = tempfile::tempdir().unwrap();
        let mut child = loghelper(folder.path()).args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut input, mut output) = (child.stdin.take().unwrap(), io::BufReader::new(child.stdout.take().unwrap()));
        for n in 0..3 {
            writeln!(input, "message {n} of some kind").unwrap();
            let mut line = String::new();
            output.read_line(&mut line).unwrap();
            assert!(serde_json::from_str::<Value>(&line).unwrap().is_object());
        }
        drop(input);
        assert!(child.wait().unwrap().success());
    }
}

/// Logs that the files of these plans make together: a late response joins the request of the file before.
fn n_logs(plans: Vec<Vec<Plan>>) -> i64 {
    let mut n = 0;
    for days in plans {
        let mut late = Vec::new();
        for plan in days {
            let (truth, over) = sample::generate(&plan, late, &mut io::sink()).unwrap();
            late = over;
            n += truth.logs() - truth.late;
        }
    }
    n
}

#[test]
fn the_main_job_from_end_to_end() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    ok(data, &["demo", "--no-serve"]);
    let again = run(data, &["demo", "--no-serve"]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("found the data of an earlier run"));
    assert_eq!(ndjson(&ok(data, &["query", ""])).len() as i64, n_logs(sample::demo_plans()));
    assert_eq!(ndjson(&ok(data, &["query", "branch = L02", "--limit", "7"])).len(), 7);
    let groups = ndjson(&ok(data, &["errors", "list"]));
    assert!(groups.len() > 10);
    let (id, count) = (groups[0]["id"].as_str().unwrap(), groups[0]["count"].as_u64().unwrap());
    let refused = run(data, &["errors", "approve", id, "--status", "99999", "--answer", "x"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("99999"));
    let done = ndjson(&ok(
        data,
        &["errors", "approve", id, "--new-status", "290", "--status-title", "Archive", "--parent", "200", "--answer", "Wait."],
    ));
    assert_eq!(done[0]["logs"], count);
    let known = done[0]["known_error_id"].as_str().unwrap();
    assert_eq!(ndjson(&ok(data, &["query", &format!("verdict.known_error_id = \"{known}\"")])).len() as u64, count);
    assert_eq!(ndjson(&ok(data, &["errors", "list"])).len(), groups.len() - 1);
    assert!(!run(data, &["errors", "approve", id, "--status", "100", "--answer", "x"]).status.success());

    let exported = data.join("kb.json");
    ok(data, &["kb", "export", exported.to_str().unwrap()]);
    ok(data, &["kb", "check", exported.to_str().unwrap()]);
    let other = tempfile::tempdir().unwrap();
    ok(other.path(), &["kb", "import", exported.to_str().unwrap()]);
    let message = groups[0]["message"].as_str().unwrap();
    let verdict = piped(data, &["match", "--kb", exported.to_str().unwrap()], &format!("{message}\nnothing of the kind at all\n"));
    let verdicts = ndjson(&String::from_utf8(verdict.stdout).unwrap());
    assert_eq!((verdicts[0]["verdict"].as_str(), verdicts[0]["known_error_id"].as_str()), (Some("known"), Some(known)));
    assert_eq!(verdicts[1]["verdict"], "unknown");
    for field in ["text", "method", "score", "why", "alternatives"] {
        assert!(verdicts[0].get(field).is_some(), "{field}");
    }
    let healthy = ok(data, &["doctor"]);
    assert!(healthy.contains("ok   schema") && healthy.contains("ok   no language model"), "{healthy}");
    fs::write(data.join("loghelper.toml"), "[llm]\nmodel = \"none.gguf\"\n").unwrap();
    let ill = run(data, &["doctor"]);
    assert_eq!(ill.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ill.stdout).contains("FAIL language model: no model file: none.gguf"));
    fs::write(data.join("loghelper.toml"), "[llm]\nmodell = 1\n").unwrap();
    let said = String::from_utf8_lossy(&run(data, &["doctor"]).stderr).into_owned();
    assert!(said.contains("loghelper.toml") && said.contains("modell"), "{said}");
}

#[test]
fn changing_a_branch_keeps_what_is_not_named() {
    let folder = tempfile::tempdir().unwrap();
    let add = |words: &[&str]| ndjson(&ok(folder.path(), &[&["branch", "add", "K01"], words].concat())).remove(0);
    assert_eq!(add(&[])["timezone"], "UTC");
    add(&["--name", "Kyiv", "--timezone", "Europe/Kyiv", "--encoding", "windows-1251", "--date-order", "day_first"]);
    let kept = add(&[]);
    assert_eq!((&kept["name"], &kept["timezone"]), (&"Kyiv".into(), &"Europe/Kyiv".into()));
    assert_eq!((&kept["encoding"], &kept["date_order"]), (&"windows-1251".into(), &"day_first".into()));
    assert!(add(&["--encoding", "detect"])["encoding"].is_null());
}

#[test]
fn a_text_without_a_log_is_matched_as_the_server_matches_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kb.json");
    let entry = |id: &str, text: &str, conditions: Option<&str>| serde_json::json!({ "id": id, "text": text, "conditions": conditions });
    let entries = [
        entry("a-plain", "Cash desk is closed", None),
        entry("b-special", "Cash desk is closed", Some("branch = K01 and server = S")),
        entry("c-special", "Printer is on fire", Some("branch = K01")),
        entry("d-wrong", "Vault is open", Some("branch =")),
    ];
    fs::write(&path, serde_json::json!({ "statuses": [], "known_errors": entries }).to_string()).unwrap();
    let said = piped(folder.path(), &["match", "--kb", path.to_str().unwrap()], "cash desk is closed\nprinter is on fire\n");
    assert!(String::from_utf8_lossy(&said.stderr).contains("known_errors[3] is left out"));
    let verdicts = ndjson(&String::from_utf8(said.stdout).unwrap());
    assert_eq!((&verdicts[0]["known_error_id"], &verdicts[0]["alternatives"]), (&"a-plain".into(), &serde_json::json!([])));
    assert_eq!(verdicts[1]["verdict"], "unknown", "{}", verdicts[1]);
    assert!(!verdicts.iter().any(|verdict| verdict["why"].to_string().contains("condition")));
}

#[test]
fn answers_name_the_nearest_of_an_unknown_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kb.json");
    let entry = |id: &str, text: &str, answer: &str| serde_json::json!({ "id": id, "text": text, "answers": [{ "text": answer }] });
    let entries = [entry("printer", "Device is not ready", "Load paper"), entry("vault", "Vault is open", "Close its door")];
    fs::write(&path, serde_json::json!({ "statuses": [], "known_errors": entries }).to_string()).unwrap();
    let said = piped(folder.path(), &["match", "--kb", path.to_str().unwrap()], "paper jam\n");
    let verdict = &ndjson(&String::from_utf8(said.stdout).unwrap())[0];
    assert_eq!((&verdict["verdict"], &verdict["alternatives"][0]["id"]), (&"unknown".into(), &"printer".into()), "{verdict}");
    assert_eq!(verdict["alternatives"].as_array().map(Vec::len), Some(1), "{verdict}");
}

#[test]
fn a_late_response_of_the_next_file_completes_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let (request, response) = EXAMPLE.split_at(EXAMPLE.find("<=").unwrap());
    for (name, text) in [("day1.log", request), ("day2.log", response)] {
        let path = data.join(name);
        fs::write(&path, text).unwrap();
        ok(data, &["ingest", "--branch", "K1", path.to_str().unwrap()]);
    }
    let logs = ndjson(&ok(data, &["query", ""]));
    assert_eq!((logs.len(), logs[0]["state"].as_str()), (1, Some("complete")));
}

#[test]
fn the_same_file_twice_leaves_the_documents_of_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    ok(data, &["kb", "import", concat!(env!("CARGO_MANIFEST_DIR"), "/seed/knowledge_base.json")]);
    for path in samples(600, data) {
        let path = path.to_str().unwrap();
        let first = ndjson(&ok(data, &["ingest", "--branch", "K1", "--json", path]));
        let second = ndjson(&ok(data, &["ingest", "--branch", "K1", "--json", path]));
        assert_eq!((first[0]["again"].as_bool(), second[0]["again"].as_bool()), (Some(false), Some(true)));
        assert_eq!(first[0]["logs"], second[0]["logs"]);
    }
}

#[test]
fn group_gives_one_group_to_variants() {
    let folder = tempfile::tempdir().unwrap();
    let input: String = (0..1000).map(|n| format!("Рахунок {} не знайдено у відділенні {}\n", 26_000_000 + n * 7, n % 13)).collect();
    let output = piped(folder.path(), &["group"], &input);
    let lines = ndjson(&String::from_utf8(output.stdout).unwrap());
    assert_eq!((lines.len(), lines[0]["line"].as_u64()), (1000, Some(1)));
    assert!(lines.iter().all(|line| line["group"] == lines[0]["group"]));
    assert_eq!(lines[0]["template"], "Рахунок <*> не знайдено у відділенні <*>");
}

#[test]
fn a_reader_that_stops_ends_the_command_in_peace() {
    let folder = tempfile::tempdir().unwrap();
    let path = samples(3000, folder.path()).remove(0);
    let mut child =
        loghelper(folder.path()).args(["parse", path.to_str().unwrap()]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_unusable_store_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let not_a_database = folder.path().join("x.db");
    fs::write(&not_a_database, "this is no database, it is a text file of some length".repeat(30)).unwrap();
    let url = format!("sqlite:{}", not_a_database.display());
    let output = run(folder.path(), &["query", "", "--store", &url]);
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("x.db"));
    let output = run(folder.path(), &["query", "", "--store", "redis://x"]);
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("redis"));
}
