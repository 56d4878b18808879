//! Inputs: files, `-` for standard input, compressed or not.

use std::{
    fs::File,
    io::{self, BufReader, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;

use super::usage::Usage;
use crate::parse::{CustomFormat, FormatChoice, Plain};

/// Whether a path stands for standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// What messages call an input.
pub(super) fn name(path: &Path) -> String {
    if is_stdin(path) { "standard input".to_owned() } else { path.display().to_string() }
}

/// Opens a file, or standard input for `-`: its bytes as they are.
pub(super) fn open(path: &Path) -> Result<Box<dyn Read>> {
    if is_stdin(path) {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        anyhow::bail!("{} is a folder, not a file", path.display());
    }
    Ok(Box::new(file))
}

/// Opens a file, or standard input for `-`: its bytes decompressed, where they are compressed.
pub(super) fn plain(path: &Path) -> Result<BufReader<Plain<Box<dyn Read>>>> {
    let input = Plain::open(open(path)?).with_context(|| format!("cannot read {}", name(path)))?;
    Ok(BufReader::with_capacity(1 << 16, input))
}

/// A document of JSON, which should be this.
pub(super) fn json<T: DeserializeOwned>(path: &Path, what: &str) -> Result<T> {
    serde_json::from_reader(plain(path)?).with_context(|| format!("{} is no {what}", name(path)))
}

/// The file of a path; standard input goes to a temporary file first, which lives as long as what is returned.
pub(super) fn on_disk(path: &Path) -> Result<(PathBuf, Option<tempfile::NamedTempFile>)> {
    if !is_stdin(path) {
        return Ok((path.to_owned(), None));
    }
    let mut file = tempfile::NamedTempFile::new().context("cannot make a temporary file for standard input")?;
    io::copy(&mut io::stdin().lock(), &mut file).context("cannot keep standard input in a temporary file")?;
    file.flush()?;
    Ok((file.path().to_owned(), Some(file)))
}

/// The format that a name means.
pub(super) fn format(name: &str, custom: &[CustomFormat]) -> Result<FormatChoice> {
    Ok(match name {
        "auto" => FormatChoice::Auto,
        "bars" => FormatChoice::Records,
        name => match custom.iter().find(|format| format.name == name) {
            Some(format) => FormatChoice::Lines(crate::parse::Format::Custom(std::sync::Arc::new(format.clone()))),
            None => FormatChoice::Lines(name.parse().map_err(|error| Usage::of("--format", name, error))?),
        },
    })
}
