//! Archives: none harms, and none brings more than it may.

use std::{
    fs::File,
    io::{Cursor, Write},
};

use tempfile::NamedTempFile;
use zip::write::SimpleFileOptions;

use super::{
    super::archive::{Bounds, Entry, Kind, unpack},
    gzip, split, zstd,
};

const BOUNDS: Bounds = Bounds { max_entries: 6, max_bytes: 40_000 };

/// A file of these bytes.
pub(in crate::parse) fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// An archive of files with these names.
pub(in crate::parse) fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in entries {
        zip.start_file(*name, SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated)).unwrap();
        zip.write_all(text).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// An archive of files with these names.
pub(in crate::parse) fn tar_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, text) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        // As a hostile archive has it: the crate's own way refuses such names.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        tar.append(&header, *text).unwrap();
    }
    tar.into_inner().unwrap()
}

/// Unpacks what may be an archive, and looks whether the bounds were kept.
pub(in crate::parse) fn unpack_within(bytes: &[u8]) {
    let file = file_of(bytes);
    let Some(kind) = Kind::of(&file).unwrap() else { return };
    let (mut n_entries, mut n_bytes) = (0, 0);
    let mut sink = |entry: Entry| {
        n_entries += 1;
        assert!(entry.read_bytes <= bytes.len() as u64);
        if let Ok(content) = entry.content {
            n_bytes += content.as_file().metadata()?.len();
        }
        Ok(())
    };
    unpack(file, kind, BOUNDS, &mut NamedTempFile::new, &mut sink).unwrap();
    // One more says that there was no room, and one that the rest is damaged.
    assert!(n_entries <= BOUNDS.max_entries + 2 && n_bytes <= BOUNDS.max_bytes, "{n_entries} entries, {n_bytes} bytes");
}

/// An archive as it is, or compressed as a whole; of a tar archive the sums of its headers are made right, or chance would never get past
/// them.
pub(super) fn archive(input: &[u8]) {
    let Some(([way], bytes)) = split(input) else { return };
    let mut bytes = bytes.to_vec();
    if way & 4 != 0 {
        bytes.chunks_exact_mut(512).for_each(set_sum);
    }
    match way % 4 {
        0 | 3 => unpack_within(&bytes),
        1 => unpack_within(&gzip(&bytes)),
        _ => unpack_within(&zstd(&bytes)),
    }
}

/// Writes the sum of a block that is a header by what stands at its end.
fn set_sum(block: &mut [u8]) {
    if block[257..].starts_with(b"ustar") {
        block[148..156].fill(b' ');
        let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}
