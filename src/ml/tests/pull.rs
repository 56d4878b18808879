//! Fetching, against a server of sockets that breaks off in the middle, serves ranges, or does not.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    sync::{Arc, Mutex},
    thread,
};

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::super::pull::{Pin, PullError, Pulled, pull, recorded};

/// How the server behaves.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Manner {
    /// Sends at most so many bytes a connection, and knows ranges.
    Cuts(usize),
    /// The same, and knows no ranges.
    CutsWholly(usize),
    /// Sends at most so many bytes a connection, knows ranges, and has another file at the second connection.
    Changes(usize),
    /// Answers with this status.
    Says(u16),
}

/// The file that is served.
fn content(length: usize) -> Vec<u8> {
    b"GGUF".iter().copied().chain((0..length as u32 - 4).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)).collect()
}

/// Starts a server of this file; gives its address and the ranges that were asked for.
fn server(file: Vec<u8>, manner: Manner) -> (String, Arc<Mutex<Vec<Option<usize>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/model.gguf", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    thread::spawn(move || {
        for (turn, stream) in listener.incoming().map_while(Result::ok).enumerate() {
            let (from, tag) = ask(&stream);
            seen.lock().unwrap().push(from);
            let _ = match manner {
                Manner::Changes(most) if turn == 0 => answer(stream, &vec![9; file.len()], from, Manner::Cuts(most), "\"old\""),
                // The tag that is asked for is not that of the file: no part of it is sent.
                Manner::Changes(_) if tag.as_deref() == Some("\"old\"") => answer(stream, &file, None, Manner::Cuts(usize::MAX), "\"new\""),
                _ => answer(stream, &file, from, manner, "W/\"weak\""),
            };
        }
    });
    (address, asked)
}

/// Reads a request; the first byte it wants, and of which file.
fn ask(stream: &TcpStream) -> (Option<usize>, Option<String>) {
    let (mut from, mut tag) = (None, None);
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        if line.is_empty() {
            break;
        }
        if let Some(range) = line.to_ascii_lowercase().strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse().ok();
        }
        if let Some(wanted) = line.to_ascii_lowercase().strip_prefix("if-range: ") {
            tag = Some(wanted.to_owned());
        }
    }
    (from, tag)
}

fn answer(mut stream: TcpStream, file: &[u8], from: Option<usize>, manner: Manner, tag: &str) -> std::io::Result<()> {
    let total = file.len();
    let (most, from) = match manner {
        Manner::Says(status) => return write!(stream, "HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        Manner::Cuts(most) | Manner::Changes(most) => (most, from),
        Manner::CutsWholly(most) => (most, None),
    };
    match from {
        Some(from) if from >= total => {
            return write!(stream, "HTTP/1.1 416 No\r\nContent-Range: bytes */{total}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
        Some(from) => {
            let (last, length) = (total - 1, total - from);
            write!(
                stream,
                "HTTP/1.1 206 Part\r\nContent-Range: bytes {from}-{last}/{total}\r\nContent-Length: {length}\r\nETag: {tag}\r\n\r\n"
            )?;
        }
        None => write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {total}\r\nETag: {tag}\r\n\r\n")?,
    }
    let rest = &file[from.unwrap_or(0)..];
    stream.write_all(&rest[..most.min(rest.len())])
}

fn target() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("some").join("model.gguf");
    (folder, target)
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn fetch(url: &str, target: &std::path::Path, wanted: &[u8]) -> Result<Pulled, PullError> {
    pull(url, target, Pin { sha256: &sha256(wanted), bytes: None }, |_, _| ())
}

#[test]
fn a_transfer_that_breaks_off_goes_on_where_it_was() {
    let file = content(300_000);
    let (url, asked) = server(file.clone(), Manner::Cuts(130_000));
    let (_folder, target) = target();
    let mut heard = Vec::new();
    let pin = Pin { sha256: &sha256(&file).to_uppercase(), bytes: Some(300_000) };
    let pulled = pull(&url, &target, pin, |bytes, total| heard.push((bytes, total))).unwrap();
    assert_eq!(pulled, Pulled { bytes: 300_000, sha256: sha256(&file), kept: 0 });
    assert_eq!(fs::read(&target).unwrap(), file);
    assert_eq!(*asked.lock().unwrap(), [None, Some(130_000), Some(260_000)]);
    assert!(heard.is_sorted() && heard.last() == Some(&(300_000, Some(300_000))));
    assert_eq!(recorded(&target), Some(sha256(&file)));
    assert_eq!(fs::read_dir(target.parent().unwrap()).unwrap().count(), 2, "the file and its digest");
}

#[test]
fn a_later_command_goes_on_where_an_earlier_one_broke_off() {
    let file = content(50_000);
    let (_folder, target) = target();
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    fs::write(target.with_extension("gguf.part"), &file[..20_000]).unwrap();
    let (url, asked) = server(file.clone(), Manner::Cuts(usize::MAX));
    assert_eq!(fetch(&url, &target, &file).unwrap().kept, 20_000);
    assert_eq!(*asked.lock().unwrap(), [Some(20_000)]);
    assert_eq!(fs::read(&target).unwrap(), file);
}

#[test]
fn a_part_that_was_whole_already_is_put_in_its_place() {
    let file = content(9_000);
    let (_folder, target) = target();
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    fs::write(target.with_extension("gguf.part"), &file).unwrap();
    let (url, _) = server(file.clone(), Manner::Cuts(usize::MAX));
    assert_eq!(fetch(&url, &target, &file).unwrap().bytes, 9_000);
}

#[test]
fn a_server_without_ranges_begins_anew() {
    let file = content(40_000);
    let (_folder, target) = target();
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    fs::write(target.with_extension("gguf.part"), vec![7; 30_000]).unwrap();
    let (url, _) = server(file.clone(), Manner::CutsWholly(usize::MAX));
    fetch(&url, &target, &file).unwrap();
    assert_eq!(fs::read(&target).unwrap(), file);
}

#[test]
fn a_file_that_changed_meanwhile_is_fetched_from_its_beginning() {
    let file = content(40_000);
    let (_folder, target) = target();
    let (url, asked) = server(file.clone(), Manner::Changes(10_000));
    fetch(&url, &target, &file).unwrap();
    assert_eq!(*asked.lock().unwrap(), [None, Some(10_000)]);
    assert_eq!(fs::read_dir(target.parent().unwrap()).unwrap().count(), 2, "the file and its digest");
}

#[test]
fn a_server_that_never_gets_further_is_given_up_and_the_part_is_kept() {
    let file = content(40_000);
    let (_folder, target) = target();
    let (url, _) = server(file.clone(), Manner::CutsWholly(10_000));
    let error = fetch(&url, &target, &file).unwrap_err();
    assert!(matches!(error, PullError::Broken { bytes: 10_000, .. }), "{error}");
    assert!(!target.exists());
}

#[test]
fn another_file_than_was_pinned_is_thrown_away() {
    let (url, _) = server(content(5_000), Manner::Cuts(usize::MAX));
    let (_folder, target) = target();
    assert!(matches!(fetch(&url, &target, &content(5_001)), Err(PullError::Digest { found, .. }) if found == sha256(&content(5_000))));
    assert_eq!(fs::read_dir(target.parent().unwrap()).unwrap().count(), 0);
}

#[test]
fn a_file_of_another_length_is_not_even_fetched() {
    let (url, _) = server(content(5_000), Manner::Cuts(usize::MAX));
    let (_folder, target) = target();
    let error = pull(&url, &target, Pin { sha256: &sha256(&content(5_000)), bytes: Some(5_001) }, |_, _| ()).unwrap_err();
    assert!(matches!(error, PullError::Length { wanted: 5_001, found: 5_000, .. }), "{error}");
    assert_eq!(fs::read_dir(target.parent().unwrap()).unwrap().count(), 0);
}

#[test]
fn a_page_instead_of_a_model_is_thrown_away() {
    let page = b"<html>Please sign in</html>";
    let (url, _) = server(page.to_vec(), Manner::Cuts(usize::MAX));
    let (_folder, target) = target();
    assert!(matches!(fetch(&url, &target, page), Err(PullError::NoModel(_))));
    assert_eq!(fs::read_dir(target.parent().unwrap()).unwrap().count(), 0);
}

#[test]
fn what_the_server_says_is_passed_on() {
    let (_folder, target) = target();
    let (url, _) = server(Vec::new(), Manner::Says(404));
    assert!(matches!(fetch(&url, &target, b""), Err(PullError::Refused { status: 404, .. })));
    let (url, _) = server(Vec::new(), Manner::Says(503));
    assert!(matches!(fetch(&url, &target, b""), Err(PullError::Broken { bytes: 0, .. })));
}
