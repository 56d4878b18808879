//! Inputs: files, `-` for standard input.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::parse::{CustomFormat, FormatChoice};

/// Opens a file, or standard input for `-`.
pub(super) fn open(path: &Path) -> Result<Box<dyn Read>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        anyhow::bail!("{} is a folder, not a file", path.display());
    }
    Ok(Box::new(file))
}

/// Lines of standard input; invalid bytes are replaced.
pub(super) fn stdin_lines() -> impl Iterator<Item = io::Result<String>> {
    let mut input = BufReader::with_capacity(1 << 16, io::stdin());
    std::iter::from_fn(move || {
        let mut line = Vec::new();
        match input.read_until(b'\n', &mut line) {
            Ok(0) => None,
            Ok(_) => {
                while line.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
                    line.pop();
                }
                Some(Ok(String::from_utf8_lossy(&line).into_owned()))
            }
            Err(error) => Some(Err(error)),
        }
    })
}

/// The file of a path; standard input goes to a temporary file first, which lives as long as what is returned.
pub(super) fn on_disk(path: &Path) -> Result<(PathBuf, Option<tempfile::NamedTempFile>)> {
    if path != Path::new("-") {
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
            None => FormatChoice::Lines(name.parse()?),
        },
    })
}
