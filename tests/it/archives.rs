//! Archives and reading again from the command line, on both stores.

use std::io::Write;

use serde_json::Value;

use crate::support::{Place, mongodb_uri};

fn exchange(id: &str, error: &str) -> String {
    format!(
        "=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1;\nInput = {{\"method\":\"A\",\"message_id\":\"{id}\"}}\n<= S at 5/8/2016 7:17:46 AM: to 10.0.0.1\nOutput = {{\"status\":\"ERROR\",\"error\":\"{error}\",\"message_id\":\"{id}\"}}\n"
    )
}

/// `.tar.gz` of files.
fn tarball(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        tar.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

fn an_archive_is_ingested_and_its_files_are_read_again(place: &Place) {
    let folder = place.folder.path();
    let archive = folder.join("may.tgz");
    let nested = String::from_utf8(b"PK\x05\x06".iter().copied().chain([0; 18]).collect()).unwrap();
    let files = [("a/1.log", exchange("m1", "Till closed")), ("a/2.log", exchange("m2", "Till closed")), ("b.zip", nested)];
    std::fs::write(&archive, tarball(&files.each_ref().map(|(name, text)| (*name, text.as_str())))).unwrap();
    let output = place.command(&["ingest", "--branch", "K1", "--json", archive.to_str().unwrap()]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("may.tgz/b.zip") && told.contains("archive itself"), "{told}");
    let done: Vec<Value> = String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(done.iter().map(|file| file["file"].as_str().unwrap()).collect::<Vec<_>>(), ["may.tgz/a/1.log", "may.tgz/a/2.log"]);
    let before = place.state();
    let id = done[0]["log_file_id"].as_str().unwrap();
    let preview = place.ok(&["reprocess", "--preview", "--json", id]).remove(0);
    assert_eq!((&preview["same"], &preview["new"], &preview["gone"]), (&1.into(), &0.into(), &0.into()), "{preview}");
    assert_eq!(place.ok(&["reprocess", "--json", id]).remove(0)["new_logs"], 1);
    assert_eq!(place.state(), before);
    // The branch's clock is another one from now on.
    place.ok(&["branch", "add", "K1", "--timezone", "Europe/Kyiv"]);
    let preview = place.ok(&["reprocess", "--preview", "--json", id]).remove(0);
    assert_eq!((&preview["changed"], &preview["same"]), (&1.into(), &0.into()), "{preview}");
    place.ok(&["reprocess", id]);
    let dates: Vec<Value> = place.ok(&["query", "message_id = m1"]).iter().map(|log| log["request_date"]["$date"].clone()).collect();
    assert_eq!(dates, ["2016-05-08T04:17:45Z"]);
    let refused = place.command(&["reprocess", "000000000000000000000000"]).output().unwrap();
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("no such file"));
}

#[test]
fn an_archive_is_ingested_and_read_again_in_sqlite() {
    an_archive_is_ingested_and_its_files_are_read_again(&Place::new(None));
}

#[test]
fn an_archive_is_ingested_and_read_again_in_mongodb() {
    let Some(uri) = mongodb_uri() else { return };
    an_archive_is_ingested_and_its_files_are_read_again(&Place::new(Some(uri)));
}

#[test]
fn a_bomb_is_stopped_and_what_stands_before_it_is_ingested() {
    let place = Place::new(None);
    let archive = place.folder.path().join("bomb.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&archive).unwrap());
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    zip.start_file("good.log", options).unwrap();
    zip.write_all(exchange("m1", "Till closed").as_bytes()).unwrap();
    zip.start_file("zeros.log", options).unwrap();
    for _ in 0..64 {
        zip.write_all(&[0; 1 << 20]).unwrap();
    }
    zip.start_file("later.log", options).unwrap();
    zip.write_all(exchange("m2", "Till closed").as_bytes()).unwrap();
    zip.finish().unwrap();
    let output = place.command(&["ingest", "--branch", "K1", "--json", archive.to_str().unwrap()]).output().unwrap();
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("times larger"));
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 1);
    assert_eq!(place.ok(&["query", ""]).len(), 1);
}
