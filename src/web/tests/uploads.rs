//! Clients that send too much, too slowly or not to the end: they get an answer, and nothing of theirs is kept.

use std::{fs, io::Write};

use super::*;
use crate::{query::Filter, store::LogPage};

impl Pages {
    /// What an upload may have left: files in the spool folder, files and Logs in the store.
    fn left(&self) -> (usize, usize, usize) {
        let spooled = fs::read_dir(self.services.spool_dir()).map_or(0, Iterator::count);
        self.runtime.block_on(async {
            let files = self.services.store.list_log_files(None, 10).await.unwrap().len();
            let page = LogPage { filter: &Filter::All, limit: 10, after: None, scan_limit: 10 };
            let logs = self.services.store.list_logs(&page).await.unwrap().logs.len();
            (spooled, files, logs)
        })
    }

    /// Waits until the spool folder is empty: a connection that was cut is noticed in the server's own time.
    fn settled(&self) -> (usize, usize, usize) {
        for _ in 0..500 {
            if self.left().0 == 0 {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.left()
    }
}

fn upload_headers(cookie: &str) -> [(&str, &str); 2] {
    [("Cookie", cookie), ("Content-Type", "multipart/form-data; boundary=b")]
}

#[test]
fn a_form_of_two_megabytes_is_too_large() {
    let pages = Pages::empty(|_| ());
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let huge = "x".repeat(2 << 20);
    for path in ["/logs/save", "/sign-in", "/errors/0123456789abcdef/approve", "/preferences"] {
        let answer = pages.post(&analyst, path, &[("csrf", CSRF), ("name", &huge), ("filter", &huge), ("answers", &huge)]);
        assert_eq!(answer.status, 413, "{path}: {}", answer.head);
        assert!(answer.body.contains("<nav"), "{path}: the page has the menu");
    }
}

#[test]
fn a_file_larger_than_the_limit_is_refused_and_nothing_is_kept() {
    let pages = Pages::empty(|config| config.server.max_upload_bytes = 200_000);
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let body = http::multipart(&[("csrf", CSRF), ("branch", "K01")], &vec![b'x'; 2 << 20]);
    let announced = http::request("POST", "/upload", &upload_headers(&analyst), &body);
    assert_eq!(http::exchange(&pages.address, &announced).status, 413);
    // Sent in pieces of no stated sum, the limit is met on the way.
    let mut stream = http::connect(&pages.address);
    let head = format!(
        "POST /upload HTTP/1.1\r\nHost: test\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nCookie: {analyst}\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    for piece in body.chunks(50_000) {
        let sent = write!(stream, "{:x}\r\n", piece.len()).and_then(|()| stream.write_all(piece)).and_then(|()| stream.write_all(b"\r\n"));
        if sent.is_err() {
            break;
        }
    }
    assert_eq!(http::read(&mut stream).status, 413);
    assert_eq!(pages.settled(), (0, 0, 0));
}

#[test]
fn a_client_that_trickles_and_stops_is_answered_and_nothing_is_kept() {
    let pages = Pages::empty(|config| config.server.patience_seconds = 1);
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let body = http::multipart(&[("csrf", CSRF), ("branch", "K01")], &vec![b'x'; 100_000]);
    let request = http::request("POST", "/upload", &upload_headers(&analyst), &body);
    let mut stream = http::connect(&pages.address);
    // All up to the file at once, then a few bytes of it, then nothing.
    let begin = request.len() - 100_000;
    stream.write_all(&request[..begin]).unwrap();
    for byte in &request[begin..begin + 5] {
        stream.write_all(&[*byte]).unwrap();
        std::thread::sleep(Duration::from_millis(20));
    }
    let answer = http::read(&mut stream);
    assert_eq!(answer.status, 408, "{}", answer.head);
    assert_eq!(pages.settled(), (0, 0, 0));
}

#[test]
fn a_form_that_never_ends_is_answered_too() {
    let pages = Pages::empty(|config| config.server.patience_seconds = 1);
    let request = http::request("POST", "/sign-in", &[("Content-Type", "application/x-www-form-urlencoded")], b"name=a&password=b");
    let mut stream = http::connect(&pages.address);
    stream.write_all(&request[..request.len() - 1]).unwrap();
    assert_eq!(http::read(&mut stream).status, 408);
}

#[test]
fn an_upload_that_is_cut_off_leaves_nothing() {
    let pages = Pages::empty(|_| ());
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let body = http::multipart(&[("csrf", CSRF), ("branch", "K01")], &vec![b'x'; 100_000]);
    let request = http::request("POST", "/upload", &upload_headers(&analyst), &body);
    let mut stream = http::connect(&pages.address);
    stream.write_all(&request[..request.len() - 1000]).unwrap();
    while pages.left().0 == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(stream);
    assert_eq!(pages.settled(), (0, 0, 0));
}

#[test]
fn a_file_that_is_taken_back_leaves_no_log_and_no_count_and_may_come_again() {
    let hostile = Hostile::new();
    let pages = &hostile.pages;
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let asked = pages.get(&analyst, &format!("/files/{}/delete", hostile.file));
    assert!(asked.status == 200 && asked.body.contains("<form method=\"post\""));
    assert_eq!(pages.post(&analyst, &format!("/files/{}/delete", hostile.file), &[("csrf", CSRF)]).status, 303);
    assert_eq!(pages.left(), (0, 0, 0));
    let store = &pages.services.store;
    let counts = pages.runtime.block_on(async {
        let groups: i64 = store.list_log_errors(None, 100).await.unwrap().iter().map(|group| group.count).sum();
        let known: i64 = store.list_known_errors().await.unwrap().iter().map(|entry| entry.count).sum();
        (groups, known)
    });
    assert_eq!(counts, (0, 0));
    let body = http::multipart(
        &[("csrf", CSRF), ("branch", "K01")],
        &fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/hostile.log")).unwrap(),
    );
    let answer = http::exchange(&pages.address, &http::request("POST", "/upload", &upload_headers(&analyst), &body));
    let token = answer.header("Location").to_owned();
    while !pages.get(&analyst, &format!("{token}/progress")).body.contains("\"done\":true") {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(pages.left().2 > 0);
}

#[test]
fn several_files_are_taken_at_once_and_each_has_its_result() {
    let pages = Pages::empty(|_| ());
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let log = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/hostile.log")).unwrap();
    let mut body = http::multipart(&[("csrf", CSRF), ("branch", "K01")], &log);
    body.truncate(body.len() - "--b--\r\n".len());
    body.extend_from_slice(
        b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"<b>two.log\"\r\n\r\nno log at all\n\r\n--b--\r\n",
    );
    let answer = http::exchange(&pages.address, &http::request("POST", "/upload", &upload_headers(&analyst), &body));
    assert_eq!(answer.status, 303, "{}", answer.head);
    let address = answer.header("Location").to_owned();
    while !pages.get(&analyst, &format!("{address}/progress")).body.contains("\"done\":true") {
        std::thread::sleep(Duration::from_millis(20));
    }
    let page = pages.get(&analyst, &address);
    assert_eq!((page.status, page.body.matches("href=\"/files/").count()), (200, 2), "{}", page.body);
    assert!(!page.body.contains("<b>two"));
    let other = pages.sign_in("other", Role::ExpertAnalyst, &[]);
    assert_eq!(pages.get(&other, &address).status, 404);
    assert_eq!(pages.left().1, 2);
}
