//! Names and faults of entries: what archives say is shown, never followed.

use std::borrow::Cow;

/// Characters of a name that are shown; the end says most.
const SHOWN: usize = 160;

/// A name as people are shown it: whatever the archive's encoding, on one line, and not endless.
pub(super) fn display_name(raw: &[u8]) -> String {
    let text = match str::from_utf8(raw) {
        Ok(text) => Cow::Borrowed(text),
        // What Windows writes where names are not Unicode, in the country of the bank.
        Err(_) => encoding_rs::IBM866.decode_without_bom_handling(raw).0,
    };
    let shown: String = text
        .chars()
        .map(|c| {
            if c == '\\' {
                '/'
            } else if c.is_control() {
                '\u{FFFD}'
            } else {
                c
            }
        })
        .collect();
    let n = shown.chars().count();
    if n <= SHOWN { shown } else { std::iter::once('…').chain(shown.chars().skip(n - SHOWN)).collect() }
}

/// Whether the entry is what operating systems leave in archives beside the files.
pub(super) fn is_litter(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or_default();
    name.starts_with("__MACOSX/") || file == ".DS_Store" || file == "Thumbs.db"
}

/// Which errors of reading an entry are the archive's fault.
pub(super) mod content {
    use std::io;

    use super::super::Refusal;

    /// The refusal that an error means; an error of the operating system is no fault of the archive.
    pub(in super::super) fn refused(error: io::Error) -> io::Result<Refusal> {
        if error.raw_os_error().is_some() {
            return Err(error);
        }
        Ok(Refusal::Damaged(match error.kind() {
            io::ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
            _ => error.to_string(),
        }))
    }
}
