//! Where the reading of a file that was just found begins: where it was left, where its content was left under another name, or at the
//! beginning.
//!
//! The same file after a restart or a renaming has the same device and inode. The copy of `copytruncate`, and what `gzip` made of a file,
//! begin with what was read and have the same bytes before the place where reading stopped. A copy that is still being written has too
//! few bytes to be told: it is looked at again.

use std::io;

use super::{
    identity::{FileId, HEAD, Origin, Stamp, Trace, head_at},
    position::{Position, Positions},
    source::Source,
};

/// A file that nobody wrote to for so many seconds is not a copy in the making.
const QUIET: i64 = 3;

/// Where reading begins.
#[derive(Debug)]
pub(super) enum Place {
    /// Where this content was left.
    At(Found),
    /// At its beginning: nobody knows this content.
    New,
    /// It cannot be told yet.
    Later,
}

/// Content that was read before.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) offset: u64,
    pub(super) trace: Trace,
    pub(super) records: bool,
    /// The file was read to its end when it had this stamp.
    pub(super) finished: Option<Stamp>,
    pub(super) origin: Option<Origin>,
}

impl Found {
    fn new(position: &Position, trace: Trace, finished: Option<Stamp>) -> Self {
        Self { offset: position.offset, trace, records: position.records, finished, origin: position.origin }
    }
}

/// Says where the reading of a file begins; `now` in seconds since 1970. A position that is no longer true is retired.
pub(super) fn place(source: &mut Source, id: FileId, stamp: Stamp, positions: &mut Positions, now: u64) -> io::Result<Place> {
    let age = i64::try_from(now).unwrap_or(i64::MAX).saturating_sub(stamp.seconds);
    let is_fresh = (0..QUIET).contains(&age);
    if source.is_packed() && is_fresh {
        // It is being written, and would be decompressed from its beginning again and again.
        return Ok(Place::Later);
    }
    if let Some(position) = positions.get(id) {
        match source.trace_at(position.offset)? {
            Some(trace) if trace.print() == position.print => return Ok(Place::At(Found::new(position, trace, position.finished))),
            _ => positions.retire(id),
        }
    }
    let (found, is_short) = search(source, positions)?;
    Ok(match found {
        Some(found) => Place::At(found),
        None if is_short && is_fresh => Place::Later,
        None => Place::New,
    })
}

/// The furthest place up to which this content was read, and whether it may only be too short to be recognised.
fn search(source: &mut Source, positions: &Positions) -> io::Result<(Option<Found>, bool)> {
    let head = source.head()?;
    let whole = head_at(&head, HEAD as u64);
    let mut is_short = false;
    let mut alike: Vec<&Position> = Vec::new();
    for position in positions.all().filter(|position| position.offset > 0) {
        let here = if position.offset >= HEAD as u64 { whole } else { head_at(&head, position.offset) };
        is_short |= here.is_none() && !head.is_empty();
        if here == Some(position.print.head) {
            alike.push(position);
        }
    }
    alike.sort_by_key(|position| position.offset);
    let mut found = None;
    for position in alike {
        match source.trace_at(position.offset)? {
            Some(trace) if trace.print() == position.print => found = Some(Found::new(position, trace, None)),
            Some(_) => {}
            None => {
                is_short = true;
                break;
            }
        }
    }
    Ok((found, is_short))
}
