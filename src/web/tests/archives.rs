//! Archives of several files: sent in a form, posted to the API; each file has its result, and the audit log knows who sent it.

use std::io::{Cursor, Write};

use super::*;
use crate::{domain::AuditAction, store::AuditPage};

const LOG: &[u8] = include_bytes!("../../../tests/fixtures/hostile.log");

/// A `.zip` with a log, a log that is none, a compressed log, an archive.
fn an_archive() -> Vec<u8> {
    let mut inner = zip::ZipWriter::new(Cursor::new(Vec::new()));
    inner.start_file("deep.log", zip::write::SimpleFileOptions::default()).unwrap();
    let inner = inner.finish().unwrap().into_inner();
    let gzipped = {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&[LOG, b"\n\n"].concat()).unwrap();
        encoder.finish().unwrap()
    };
    let files: [(&str, &[u8]); 4] =
        [("k01/<b>day.log", LOG), ("readme.txt", b"no log at all\n"), ("day2.log.gz", &gzipped), ("old.zip", &inner)];
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn multipart_of(name: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!(
        "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{CSRF}\r\n--b\r\nContent-Disposition: form-data; name=\"branch\"\r\n\r\nK01\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
    );
    [head.as_bytes(), bytes, b"\r\n--b--\r\n"].concat()
}

impl Pages {
    /// Sends a file in a form and waits until it is read; where the page of the upload is.
    pub(super) fn uploaded(&self, cookie: &str, name: &str, bytes: &[u8]) -> String {
        let headers = [("Cookie", cookie), ("Content-Type", "multipart/form-data; boundary=b")];
        let answer = http::exchange(&self.address, &http::request("POST", "/upload", &headers, &multipart_of(name, bytes)));
        assert_eq!(answer.status, 303, "{}", answer.head);
        let address = answer.header("Location").to_owned();
        while !self.get(cookie, &format!("{address}/progress")).body.contains("\"done\":true") {
            std::thread::sleep(Duration::from_millis(20));
        }
        address
    }

    /// Who uploaded what, the latest first.
    fn uploads_noted(&self) -> Vec<(String, String)> {
        let page = AuditPage { action: Some(AuditAction::FileUpload), limit: 100, ..AuditPage::default() };
        let entries = self.runtime.block_on(self.services.store.list_audit_entries(&page)).unwrap();
        entries.into_iter().map(|entry| (entry.actor, entry.after.map(|name| name.to_string()).unwrap_or_default())).collect()
    }
}

#[test]
fn each_file_of_an_archive_has_its_result_and_the_others_their_reason() {
    let pages = Pages::empty(|_| ());
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let address = pages.uploaded(&analyst, "may.zip", &an_archive());
    let page = pages.get(&analyst, &address).body;
    assert_eq!(page.matches("href=\"/files/").count(), 3, "{page}");
    assert!(page.contains("may.zip/k01/&#60;b&#62;day.log") && !page.contains("<b>day"), "{page}");
    assert!(page.contains("may.zip/old.zip") && page.contains("an archive itself"), "{page}");
    let files = pages.runtime.block_on(pages.services.store.list_log_files(None, 10)).unwrap();
    let mut names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["may.zip/day2.log.gz", "may.zip/k01/<b>day.log", "may.zip/readme.txt"]);
    let noted = pages.uploads_noted();
    assert!(noted.len() == 3 && noted.iter().all(|(actor, name)| actor == "analyst" && name.contains("may.zip/")), "{noted:?}");
    // The same again is known, file by file.
    let again = pages.uploaded(&analyst, "may.zip", &an_archive());
    assert_eq!(pages.get(&analyst, &again).body.matches("?again=1").count(), 3);
    assert!(std::fs::read_dir(pages.services.spool_dir()).unwrap().next().is_none(), "nothing is left on disk");
}

#[test]
fn an_archive_of_one_file_leads_to_it_and_an_empty_one_says_so() {
    let pages = Pages::empty(|_| ());
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("only.log", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(LOG).unwrap();
    let address = pages.uploaded(&analyst, "one.zip", &zip.finish().unwrap().into_inner());
    let answer = pages.get(&analyst, &address);
    assert!(answer.status == 303 && answer.header("Location").starts_with("/files/"), "{}", answer.head);
    let empty = zip::ZipWriter::new(Cursor::new(Vec::new())).finish().unwrap().into_inner();
    let address = pages.uploaded(&analyst, "empty.zip", &empty);
    assert!(pages.get(&analyst, &address).body.contains("the archive holds no file"));
}

#[test]
fn the_api_takes_archives_too() {
    let pages = Pages::empty(|config| config.archive.max_entries = 3);
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let headers = [("Cookie", analyst.as_str()), ("X-CSRF-Token", CSRF), ("Content-Type", "application/octet-stream")];
    let post = |bytes: &[u8]| {
        let answer = http::exchange(&pages.address, &http::request("POST", "/api/v1/files?branch=K01&name=may.zip", &headers, bytes));
        let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{}{}", answer.head, answer.body));
        (answer.status, body)
    };
    let (status, body) = post(&an_archive());
    assert_eq!((status, body["files"].as_array().unwrap().len(), body["again"].as_bool()), (201, 3, Some(false)), "{body}");
    assert_eq!(body["refused"][0]["name"], "may.zip/old.zip");
    assert!(body["refused"][0]["reason"].as_str().unwrap().contains("more entries"), "{body}");
    let (status, body) = post(LOG);
    // It was in the archive.
    assert_eq!((status, body["again"].as_bool(), body["files"].as_array().unwrap().len()), (200, Some(true), 0), "{body}");
    assert_eq!(body["file"]["name"], "may.zip/k01/<b>day.log");
}
