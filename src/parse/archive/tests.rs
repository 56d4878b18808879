use super::*;
use crate::parse::fuzzing::{
    archives::{file_of, tar_of, zip_of},
    gzip,
};

const BOUNDS: Bounds = Bounds { max_entries: 100, max_bytes: 1 << 30 };

/// Names with what came of each: the text, or the refusal.
type Unpacked = Vec<(String, Result<Vec<u8>, Refusal>)>;

fn unpacked(bytes: &[u8], bounds: Bounds) -> Unpacked {
    let file = file_of(bytes);
    let kind = Kind::of(&file).unwrap().expect("an archive");
    let (mut found, mut before) = (Vec::new(), 0);
    let mut sink = |Entry { name, content, read_bytes }: Entry| {
        assert!(read_bytes >= before && read_bytes <= bytes.len() as u64);
        before = read_bytes;
        found.push((name, content.map(|file| std::fs::read(file.path()).unwrap())));
        Ok(())
    };
    unpack(file, kind, bounds, &mut NamedTempFile::new, &mut sink).unwrap();
    found
}

fn names(found: &Unpacked) -> Vec<&str> {
    found.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn every_kind_gives_its_files_in_order_and_names_are_data() {
    let entries: [(&str, &[u8]); 4] =
        [("a.log", b"first"), ("day/../../etc/passwd", b"second"), ("/abs\\b.log", b""), ("c\n\u{1b}.log", &[b'x'; 100_000])];
    let tar = tar_of(&entries);
    for archive in [zip_of(&entries), tar.clone(), gzip(&tar), zstd::encode_all(tar.as_slice(), 1).unwrap()] {
        let found = unpacked(&archive, BOUNDS);
        assert_eq!(names(&found), ["a.log", "day/../../etc/passwd", "/abs/b.log", "c\u{FFFD}\u{FFFD}.log"]);
        for ((_, text), (_, expected)) in found.into_iter().zip(entries) {
            assert_eq!(text.unwrap(), expected);
        }
    }
}

#[test]
fn what_is_no_archive_is_none() {
    let log = b"=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1;\nInput = {}\n".repeat(20);
    for bytes in [b"".to_vec(), log.clone(), gzip(&log), zstd::encode_all(log.as_slice(), 1).unwrap(), vec![0; 2000], b"PK".to_vec()] {
        assert_eq!(Kind::of(&file_of(&bytes)).unwrap(), None);
    }
}

#[test]
fn an_archive_in_an_archive_is_refused_and_a_compressed_log_is_not() {
    let inner = tar_of(&[("deep.log", b"x")]);
    let (zip, tgz, log) = (zip_of(&[("deep.log", b"x")]), gzip(&inner), gzip(b"a log"));
    let entries: [(&str, &[u8]); 4] = [("a.zip", &zip), ("b.tgz", &tgz), ("c.log.gz", &log), ("d", &inner)];
    for archive in [zip_of(&entries), tar_of(&entries)] {
        let found = unpacked(&archive, BOUNDS);
        let nested: Vec<bool> = found.iter().map(|(_, content)| *content == Err(Refusal::Nested)).collect();
        assert_eq!(nested, [true, true, false, true]);
    }
}

#[test]
fn a_damaged_entry_is_named_and_its_neighbours_are_whole() {
    let noise: Vec<u8> = (0..50_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let mut archive = zip_of(&[("a.log", b"first"), ("b.log", &noise), ("c.log", b"third")]);
    let place = archive.len() / 2;
    archive[place] ^= 0xFF;
    let found = unpacked(&archive, BOUNDS);
    assert_eq!(names(&found), ["a.log", "b.log", "c.log"]);
    let good: Vec<bool> = found.iter().map(|(_, content)| content.is_ok()).collect();
    assert_eq!(good, [true, false, true]);
}

#[test]
fn an_archive_that_is_cut_gives_what_stands_before_the_cut() {
    let noise: Vec<u8> = (0..50_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let entries: [(&str, &[u8]); 3] = [("a.log", b"first"), ("b.log", &noise), ("c.log", b"third")];
    let tar = tar_of(&entries);
    for archive in [zip_of(&entries), tar.clone(), gzip(&tar), zstd::encode_all(tar.as_slice(), 1).unwrap()] {
        let found = unpacked(&archive[..archive.len() / 2], BOUNDS);
        assert_eq!(found[0], ("a.log".to_owned(), Ok(b"first".to_vec())));
        assert!(found[1..].iter().all(|(_, content)| matches!(content, Err(Refusal::Damaged(_)))), "{found:?}");
        assert!(found.len() > 1, "the loss is told");
    }
}

#[test]
fn bounds_hold_while_an_archive_unfolds() {
    let zeros = vec![0; 1 << 20];
    let entries: Vec<(String, &[u8])> = (0..40).map(|n| (format!("{n}.log"), zeros.as_slice())).collect();
    let entries: Vec<(&str, &[u8])> = entries.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    let tar = tar_of(&entries);
    let zip = zip_of(&entries);
    for archive in [&zip, &gzip(&tar), &tar] {
        let few = unpacked(archive, Bounds { max_entries: 3, ..BOUNDS });
        assert_eq!((few.len(), &few[3].1), (4, &Err(Refusal::TooMany(3))));
        let small = unpacked(archive, Bounds { max_bytes: 5 << 19, ..BOUNDS });
        assert_eq!((small.len(), &small[2].1), (3, &Err(Refusal::TooLarge(5 << 19))));
    }
    for bomb in [&zip, &gzip(&tar)] {
        let found = unpacked(bomb, BOUNDS);
        assert_eq!(found.last().unwrap().1, Err(Refusal::Bomb));
        assert!(found.len() < 30, "it was stopped on the way: {}", found.len());
    }
}

#[test]
fn endless_headers_take_no_memory() {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_size(1 << 40);
    header.set_cksum();
    let archive = gzip(&[header.as_bytes().as_slice(), &vec![b'a'; 8 << 20]].concat());
    let found = unpacked(&archive, BOUNDS);
    assert_eq!(found, [(String::new(), Err(Refusal::Damaged("its headers are too long".to_owned())))]);
}

#[test]
fn links_and_litter_are_no_files() {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    tar.append_link(&mut header, "link.log", "/etc/passwd").unwrap();
    let mut header = tar::Header::new_gnu();
    header.set_size(1);
    tar.append_data(&mut header, "__MACOSX/._a.log", &b"x"[..]).unwrap();
    assert_eq!(unpacked(&tar.into_inner().unwrap(), BOUNDS), [("link.log".to_owned(), Err(Refusal::NoFile))]);
}
