//! Bodies that never end: whoever sends one loses the connection, whatever address it was sent to.

use std::io::{Read, Write};

use super::*;

/// Sends on and on, whatever is answered, until the connection is gone; what was answered.
fn send_for_ever(pages: &Pages, path: &str, headers: &str, first: &str, trickles: bool) -> String {
    let mut stream = http::connect(&pages.address);
    let head =
        format!("POST {path} HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n{headers}\r\n\r\n{:x}\r\n{first}\r\n", first.len());
    stream.write_all(head.as_bytes()).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let size = if trickles { 1 } else { 10_000 };
    let piece = format!("{size:x}\r\n{}\r\n", "x".repeat(size));
    let sending = std::thread::spawn(move || {
        while writer.write_all(piece.as_bytes()).is_ok() {
            if trickles {
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    });
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    sending.join().unwrap();
    String::from_utf8_lossy(&said).into_owned()
}

#[test]
fn a_chunked_body_that_never_ends_loses_its_connection_everywhere() {
    let pages = Pages::empty(|config| {
        config.server.patience_seconds = 1;
        config.server.max_upload_bytes = 1 << 20;
    });
    let cookie = format!("Cookie: {}\r\n", pages.sign_in("analyst", Role::ExpertAnalyst, &[]));
    let form = "Content-Type: application/x-www-form-urlencoded";
    let upload = format!("{cookie}Content-Type: multipart/form-data; boundary=b");
    let field = format!(
        "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{CSRF}\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"day.log\"\r\n\r\n"
    );
    for (path, headers, first) in [
        ("/sign-in", form.to_owned(), "name="),
        ("/preferences", format!("{cookie}{form}"), "csrf="),
        ("/upload", upload, &field),
        ("/api/v1/match", "Content-Type: application/json".to_owned(), "\""),
        ("/api/v1/files?branch=K01", format!("{cookie}x-csrf-token: {CSRF}"), "x"),
        ("/gelf", format!("Authorization: Bearer {}", pages.key("K01")), "{"),
        ("/nowhere", form.to_owned(), "a="),
    ] {
        for trickles in [true, false] {
            let said = send_for_ever(&pages, path, &headers, first, trickles);
            assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{path}: {said}");
        }
    }
}
