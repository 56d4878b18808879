//! Files of models, fetched: begun again where they broke off, checked before they are put in their place. Whoever looks into the
//! folder sees a whole file or none.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use sha2::{Digest, Sha256};
use ureq::http::{Response, StatusCode, header};

/// Times that a transfer which gets nowhere is tried.
const TRIES: usize = 4;

/// Why a file was not fetched.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The server cannot be reached or breaks off again and again. What was fetched is kept.
    #[error("{url}: the transfer broke off after {bytes} bytes; the same command goes on from there")]
    Broken {
        /// Where from.
        url: String,
        /// Bytes that are kept.
        bytes: u64,
        /// The last cause.
        #[source]
        source: io::Error,
    },
    /// The server says no.
    #[error("{url}: the server answers {status}")]
    Refused {
        /// Where from.
        url: String,
        /// Its answer.
        status: u16,
    },
    /// The file is another than was pinned: it shows before it is fetched.
    #[error("{url}: the server has a file of {found} bytes, not the one of {wanted} that is known here")]
    Length {
        /// Where from.
        url: String,
        /// What was pinned.
        wanted: u64,
        /// What the server says.
        found: u64,
    },
    /// The file is another than was pinned.
    #[error("the file has the SHA-256 {found}, not {wanted}; it was thrown away")]
    Digest {
        /// What was pinned.
        wanted: String,
        /// What came.
        found: String,
    },
    /// A page or another file came instead of a model.
    #[error("{0} is no model file; it was thrown away")]
    NoModel(String),
    /// The folder cannot be written.
    #[error("{}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// What a file has to be.
#[derive(Debug, Clone, Copy)]
pub struct Pin<'a> {
    /// Its SHA-256.
    pub sha256: &'a str,
    /// Its length, where it is known.
    pub bytes: Option<u64>,
}

/// A file in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// Bytes it has.
    pub bytes: u64,
    /// SHA-256, in small hexadecimal digits.
    pub sha256: String,
    /// Bytes that had not to be fetched again.
    pub kept: u64,
}

/// How one transfer ended.
enum End {
    Whole,
    Cut(io::Error),
}

/// Fetches a file. `on_bytes` hears how many bytes there are, and of how many.
///
/// # Errors
/// When the server or the disk says no, or the file is not the one that was pinned.
pub fn pull(url: &str, target: &Path, pin: Pin<'_>, mut on_bytes: impl FnMut(u64, Option<u64>)) -> Result<Pulled, PullError> {
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(|source| PullError::Disk { path: folder.to_owned(), source })?;
    }
    let part = with_suffix(target, ".part");
    let disk = |source| PullError::Disk { path: part.clone(), source };
    let begun = length(&part);
    let mut fruitless = 0;
    loop {
        let before = length(&part);
        let cause = match transfer(url, &part, pin.bytes, &mut on_bytes)? {
            End::Whole => break,
            End::Cut(cause) => cause,
        };
        fruitless = if length(&part) > before { 0 } else { fruitless + 1 };
        if fruitless == TRIES {
            return Err(PullError::Broken { url: url.to_owned(), bytes: length(&part), source: cause });
        }
    }
    forget_tag(&part);
    let found = digest(&part).map_err(disk)?;
    if !found.eq_ignore_ascii_case(pin.sha256) {
        fs::remove_file(&part).map_err(disk)?;
        return Err(PullError::Digest { wanted: pin.sha256.to_ascii_lowercase(), found });
    }
    if target.extension().is_some_and(|extension| extension == "gguf") && !is_gguf(&part).map_err(disk)? {
        fs::remove_file(&part).map_err(disk)?;
        return Err(PullError::NoModel(url.to_owned()));
    }
    let bytes = length(&part);
    File::open(&part).and_then(|file| file.sync_all()).map_err(disk)?;
    fs::rename(&part, target).map_err(disk)?;
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    fs::write(with_suffix(target, ".sha256"), format!("{found}  {name}\n")).map_err(disk)?;
    Ok(Pulled { bytes, sha256: found, kept: begun.min(bytes) })
}

/// The digest that a file had when it was pulled.
pub fn recorded(target: &Path) -> Option<String> {
    fs::read_to_string(with_suffix(target, ".sha256")).ok()?.split_whitespace().next().map(str::to_owned)
}

/// One request, from where the last one broke off.
fn transfer(url: &str, part: &Path, wanted: Option<u64>, on_bytes: &mut impl FnMut(u64, Option<u64>)) -> Result<End, PullError> {
    let have = length(part);
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(Duration::from_secs(20)))
        .timeout_recv_response(Some(Duration::from_secs(60)))
        .build()
        .into();
    let mut request = agent.get(url).header(header::ACCEPT_ENCODING, "identity");
    if have > 0 {
        request = request.header(header::RANGE, format!("bytes={have}-"));
        // Where the server has another file by now, it sends all of it instead of a part that does not fit.
        if let Ok(tag) = fs::read_to_string(with_suffix(part, ".etag")) {
            request = request.header(header::IF_RANGE, tag);
        }
    }
    let mut response = match request.call() {
        Ok(response) => response,
        Err(error) => return Ok(End::Cut(error.into_io())),
    };
    let (from, total) = match response.status() {
        StatusCode::OK => (0, number(&response, header::CONTENT_LENGTH.as_str())),
        StatusCode::PARTIAL_CONTENT => match range(&response) {
            Some((from, total)) if from == have => (from, total),
            _ => (0, None),
        },
        // All of it is there already, or more than all: then it is another file.
        StatusCode::RANGE_NOT_SATISFIABLE if range(&response).and_then(|(_, total)| total) == Some(have) => return Ok(End::Whole),
        StatusCode::RANGE_NOT_SATISFIABLE => {
            fs::remove_file(part).map_err(|source| PullError::Disk { path: part.to_owned(), source })?;
            return Ok(End::Cut(io::Error::other("the file at the server is shorter than what was fetched")));
        }
        status if status.is_server_error() => return Ok(End::Cut(io::Error::other(status.to_string()))),
        status => return Err(PullError::Refused { url: url.to_owned(), status: status.as_u16() }),
    };
    if response.status() == StatusCode::PARTIAL_CONTENT && from != have {
        fs::remove_file(part).map_err(|source| PullError::Disk { path: part.to_owned(), source })?;
        return Ok(End::Cut(io::Error::other("the server sends another part than was asked for")));
    }
    if let (Some(wanted), Some(found)) = (wanted, total)
        && wanted != found
    {
        return Err(PullError::Length { url: url.to_owned(), wanted, found });
    }
    match response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()).filter(|tag| !tag.starts_with("W/")) {
        Some(tag) => fs::write(with_suffix(part, ".etag"), tag).map_err(|source| PullError::Disk { path: part.to_owned(), source })?,
        None => forget_tag(part),
    }
    append(&mut response.body_mut().as_reader(), part, from, total, on_bytes)
}

/// Writes what comes behind the first `from` bytes of the file.
fn append(
    body: &mut impl Read,
    part: &Path,
    from: u64,
    total: Option<u64>,
    on_bytes: &mut impl FnMut(u64, Option<u64>),
) -> Result<End, PullError> {
    let disk = |source| PullError::Disk { path: part.to_owned(), source };
    let mut file = OpenOptions::new().create(true).append(true).open(part).map_err(disk)?;
    file.set_len(from).map_err(disk)?;
    let mut have = from;
    let mut buffer = vec![0; 1 << 16];
    loop {
        on_bytes(have, total);
        let n_read = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(n_read) => n_read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Ok(End::Cut(error)),
        };
        file.write_all(buffer.get(..n_read).unwrap_or_default()).map_err(disk)?;
        have += n_read as u64;
    }
    match total {
        Some(total) if have != total => Ok(End::Cut(io::Error::new(io::ErrorKind::UnexpectedEof, format!("{have} bytes of {total}")))),
        _ => Ok(End::Whole),
    }
}

/// A number of a header.
fn number<B>(response: &Response<B>, name: &str) -> Option<u64> {
    response.headers().get(name)?.to_str().ok()?.trim().parse().ok()
}

/// `bytes FROM-TO/TOTAL` or `bytes */TOTAL`.
fn range<B>(response: &Response<B>) -> Option<(u64, Option<u64>)> {
    let text = response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    let (span, total) = text.trim().strip_prefix("bytes")?.trim().split_once('/')?;
    let from = match span.split_once('-') {
        Some((from, _)) => from.trim().parse().ok()?,
        None => 0,
    };
    Some((from, total.trim().parse().ok()))
}

/// What the server called the file that a part is of; it may not say.
fn forget_tag(part: &Path) {
    let _ = fs::remove_file(with_suffix(part, ".etag"));
}

fn digest(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            n_read => hasher.update(buffer.get(..n_read).unwrap_or_default()),
        }
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn is_gguf(path: &Path) -> io::Result<bool> {
    let mut magic = Vec::new();
    File::open(path)?.take(4).read_to_end(&mut magic)?;
    Ok(magic == b"GGUF")
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
