//! `.zip`: entries in the order of the central directory; where that is missing, because the archive is cut off, those that stand whole
//! before the cut.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek},
};

// The stable reader holds the whole directory in memory, whose size is the archive's to choose; this one reads it entry by entry.
use zip::unstable::read::ZipIterable;
use zip::{
    ZipReadOptions,
    read::{Config, ZipFileEntry, read_zipfile_from_stream},
    result::ZipError,
};

use super::{Next, Refusal, Unpacker, entry::content};

/// Unpacks it.
pub(super) fn unpack(file: File, mut unpacker: Unpacker<'_>) -> io::Result<()> {
    let mut bodies = BufReader::new(file.try_clone()?);
    let mut archive = match ZipIterable::try_new(BufReader::new(file), Config::default()) {
        Ok(archive) => archive,
        Err(ZipError::Io(error)) if error.raw_os_error().is_some() => return Err(error),
        Err(_) => return unpack_stream(bodies, unpacker),
    };
    let entries = match archive.files() {
        Ok(entries) => entries,
        Err(error) => return unpacker.broke_off(&error.into()),
    };
    let mut taken = 0;
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => return unpacker.broke_off(&error.into()),
        };
        if entry.is_dir() {
            continue;
        }
        taken = u64::saturating_add(taken, entry.compressed_size());
        if one(entry, &mut bodies, taken, &mut unpacker)? == Next::Stop {
            return Ok(());
        }
    }
    Ok(())
}

fn one(entry: ZipFileEntry<'_>, bodies: &mut BufReader<File>, taken: u64, unpacker: &mut Unpacker<'_>) -> io::Result<Next> {
    let name = entry.name_raw().to_vec();
    if entry.is_symlink() {
        return unpacker.refused(&name, Refusal::NoFile, taken);
    }
    if entry.encrypted() {
        return unpacker.refused(&name, Refusal::Encrypted, taken);
    }
    bodies.rewind()?;
    match entry.with_reader(bodies, ZipReadOptions::new()) {
        Ok(mut file) => unpacker.file(&name, &mut file, |_| taken),
        Err(error) => {
            let refusal = refusal(error)?;
            unpacker.refused(&name, refusal, taken)
        }
    }
}

/// Reads entries where they stand.
fn unpack_stream(mut from: BufReader<File>, mut unpacker: Unpacker<'_>) -> io::Result<()> {
    from.rewind()?;
    let mut taken = 0_u64;
    loop {
        let mut place = from.by_ref();
        let mut entry = match read_zipfile_from_stream(&mut place) {
            Ok(Some(entry)) => entry,
            Ok(None) => break,
            Err(error) => {
                let reason = refusal(error)?.to_string();
                return unpacker.broke_off(&io::Error::other(reason));
            }
        };
        let name = entry.name_raw().to_vec();
        taken = taken.saturating_add(entry.compressed_size());
        if !entry.is_dir() && unpacker.file(&name, &mut entry, |_| taken)? == Next::Stop {
            return Ok(());
        }
    }
    unpacker.broke_off(&io::Error::other("its directory is missing: it ends too early"))
}

/// What an error of the archive means for an entry; an error of the operating system is none of its.
fn refusal(error: ZipError) -> io::Result<Refusal> {
    Ok(match error {
        ZipError::Io(error) => content::refused(error)?,
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => Refusal::Encrypted,
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => Refusal::Method,
        other => Refusal::Damaged(other.to_string()),
    })
}
