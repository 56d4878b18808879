//! Clients of every kind of rudeness: those that send too much, too slowly, without end, half of it or nothing at all.

use std::io::{Read, Write};

use super::{
    ingest::{counts, gzip, json, records},
    *,
};

#[test]
fn a_branch_that_sent_its_share_waits_and_others_do_not() {
    let pages = Pages::empty(|config| config.ingest.branch_bytes_per_minute = 1000);
    let (key, other) = (pages.key("K01"), pages.key("L02"));
    let body = records(0..20, true, true);
    assert_eq!(pages.send(&key, &[], body.as_bytes()).status, 200);
    let answer = pages.send(&key, &[], body.as_bytes());
    assert_eq!((answer.status, json(&answer)["code"].as_str()), (429, Some("too_many_requests")));
    assert!(answer.header("Retry-After").parse::<u32>().unwrap() > 60);
    let bearer = format!("Bearer {other}");
    let request = http::request("POST", "/api/v1/branches/L02/logs", &[("Authorization", &bearer)], body.as_bytes());
    assert_eq!(http::exchange(&pages.address, &request).status, 200);
}

#[test]
fn compressed_bodies_count_as_what_they_unpack_to() {
    let text = records(0..5000, true, true);
    let (small, large) = (gzip(&text.as_bytes()[..50_000]), gzip(text.as_bytes()));
    let json = "{\"streams\":[]}".to_owned() + &" ".repeat(50_000);
    for (path, kind, body) in [
        ("/api/v1/branches/K01/logs", "text/plain", &small),
        ("/api/v1/branches/K01/logs", "text/plain", &large),
        ("/loki/api/v1/push", "application/json", &gzip(json.as_bytes())),
    ] {
        // More than the body as it comes, and less than what is in it.
        let pages = Pages::empty(|config| config.ingest.branch_bytes_per_minute = body.len() as u64 * 2);
        let bearer = format!("Bearer {}", pages.key("K01"));
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", kind), ("Content-Encoding", "gzip")];
        let request = http::request("POST", path, &headers, body);
        let statuses = [(); 2].map(|()| http::exchange(&pages.address, &request).status);
        assert!(statuses[0] < 300 && statuses[1] == 429, "{path} {} {statuses:?}", body.len());
    }
}

#[test]
fn places_are_bounded_and_given_back() {
    let pages = Pages::empty(|config| {
        config.ingest.max_requests_per_branch = 2;
        config.server.patience_seconds = 2;
    });
    let key = pages.key("K01");
    let begin =
        format!("POST /api/v1/branches/K01/logs HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {key}\r\nContent-Length: 10\r\n\r\nhalf");
    let mut slow = Vec::new();
    while pages.send(&key, &[], b"").status != 429 {
        let mut stream = http::connect(&pages.address);
        stream.write_all(begin.as_bytes()).unwrap();
        slow.push(stream);
    }
    drop(slow);
    while pages.send(&key, &[], b"").status != 200 {
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Begins a chunked post.
fn chunked(pages: &Pages, key: &str) -> std::net::TcpStream {
    let mut stream = http::connect(&pages.address);
    let head = format!(
        "POST /api/v1/branches/K01/logs HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {key}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

fn chunk(text: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", text.len()).as_bytes(), text, b"\r\n"].concat()
}

#[test]
fn what_is_refused_or_never_ends_counts_as_sent() {
    for is_too_large in [true, false] {
        let pages = Pages::empty(|config| {
            config.ingest.branch_bytes_per_minute = 3500;
            config.server.max_upload_bytes = if is_too_large { 4000 } else { 1 << 20 };
        });
        let key = pages.key("K01");
        assert_eq!(pages.send(&key, &[], b"").status, 200);
        let mut stream = chunked(&pages, &key);
        stream.write_all(&chunk(&[b'x'; 6000])).unwrap();
        let is_noticed = |_| {
            std::thread::sleep(Duration::from_millis(10));
            pages.send(&key, &[], b"").status == 429
        };
        assert!((0..500).any(is_noticed), "{is_too_large}");
        drop(stream);
    }
}

#[test]
fn bombs_count_as_what_they_unpack_to() {
    let bomb = zstd::encode_all(vec![0; 40 << 20].as_slice(), 3).unwrap();
    for (path, kind) in [("/api/v1/branches/K01/logs", "text/plain"), ("/loki/api/v1/push", "application/json")] {
        let pages = Pages::empty(|config| config.ingest.branch_bytes_per_minute = 10 * bomb.len() as u64);
        let bearer = format!("Bearer {}", pages.key("K01"));
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", kind), ("Content-Encoding", "zstd")];
        let request = http::request("POST", path, &headers, &bomb);
        assert_eq!([(); 2].map(|()| http::exchange(&pages.address, &request).status), [413, 429], "{path}");
    }
}

#[test]
fn a_chunked_body_is_taken_when_it_ends_and_not_when_it_is_cut() {
    let pages = Pages::empty(|_| ());
    let key = pages.key("K01");
    let text = records(0..50, true, true);
    let mut stream = chunked(&pages, &key);
    for piece in text.as_bytes().chunks(997) {
        stream.write_all(&chunk(piece)).unwrap();
    }
    let mut cut = chunked(&pages, &key);
    cut.write_all(&chunk(records(100..150, true, true).as_bytes())).unwrap();
    cut.write_all(b"ffff\r\nin the middle of a ch").unwrap();
    drop(cut);
    stream.write_all(b"0\r\n\r\n").unwrap();
    assert_eq!(counts(&http::read(&mut stream))[1], 50);
    assert_eq!(pages.n_logs(""), 50);
}

#[test]
fn a_body_that_never_ends_loses_its_connection() {
    let pages = Pages::empty(|config| {
        config.server.patience_seconds = 1;
        config.server.max_upload_bytes = 1 << 20;
    });
    let key = pages.key("K01");
    for trickles in [true, false] {
        let mut stream = chunked(&pages, &key);
        let piece = if trickles { chunk(b"x") } else { chunk(&[b'x'; 10_000]) };
        let mut writer = stream.try_clone().unwrap();
        // It sends on and on, whatever it is answered, until the connection is gone.
        let sending = std::thread::spawn(move || {
            while writer.write_all(&piece).is_ok() {
                if trickles {
                    std::thread::sleep(Duration::from_millis(50));
                }
            }
        });
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said);
        sending.join().unwrap();
        let status = if trickles { "HTTP/1.1 408" } else { "HTTP/1.1 413" };
        assert!(said.is_empty() || said.starts_with(status.as_bytes()), "{}", String::from_utf8_lossy(&said));
    }
    let mut silent = chunked(&pages, &key);
    assert_eq!(http::read(&mut silent).status, 408);
    assert_eq!(pages.n_logs(""), 0);
}

#[test]
fn connections_that_say_nothing_half_a_head_or_nothing_more_are_closed() {
    let pages = Pages::empty(|config| config.server.patience_seconds = 1);
    let begins = ["", "POST /api/v1/branches/K01/logs HTTP/1.1\r\nHost", "GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n"];
    let mut streams = begins.map(|begin| {
        let mut stream = http::connect(&pages.address);
        stream.write_all(begin.as_bytes()).unwrap();
        stream
    });
    for (stream, status) in streams.iter_mut().zip(["408", "408", "200"]) {
        let mut said = String::new();
        // It ends, and not because the test waited long enough.
        stream.read_to_string(&mut said).unwrap();
        assert!(said.starts_with(&format!("HTTP/1.1 {status}")), "{said}");
    }
}
