//! Halves as bytes, for the time they spend on disk. Never read by another process, so it has no version.

use std::{
    io::{self, Read},
    sync::Arc,
};

use compact_str::CompactString;

use super::Key;
use crate::{
    domain::{Problem, ProblemKind, Side},
    parse::{Origin, half::Half},
};

/// Appends a key and its half.
pub(super) fn encode(key: &Key, half: &Half, out: &mut Vec<u8>) {
    out.extend_from_slice(key);
    out.push(u8::from(half.side == Side::Response));
    out.extend_from_slice(&half.offset.to_le_bytes());
    out.extend_from_slice(&half.print.to_le_bytes());
    number(half.date, out);
    bytes(Some(half.origin.server().as_bytes()), out);
    for text in [&half.message_id, &half.session, &half.ip] {
        bytes(text.as_deref().map(str::as_bytes), out);
    }
    for value in half.origin.values() {
        bytes(value.as_deref().map(str::as_bytes), out);
    }
    bytes(half.body.as_deref(), out);
    out.extend_from_slice(&(half.problems.len() as u32).to_le_bytes());
    for problem in &half.problems {
        out.extend_from_slice(&problem.offset.to_le_bytes());
        bytes(Some(problem.kind.as_str().as_bytes()), out);
        bytes(Some(problem.text.as_bytes()), out);
    }
}

fn number(value: Option<i64>, out: &mut Vec<u8>) {
    out.push(u8::from(value.is_some()));
    out.extend_from_slice(&value.unwrap_or_default().to_le_bytes());
}

/// Length plus one, then the bytes; 0 for none.
fn bytes(value: Option<&[u8]>, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.map_or(0, |value| value.len() as u32 + 1).to_le_bytes());
    out.extend_from_slice(value.unwrap_or_default());
}

/// Reads what [`encode`] wrote; `None` at the end.
///
/// # Errors
/// When the bytes cannot be read or were not written by it.
pub(super) fn decode(input: &mut impl Read) -> io::Result<Option<(Key, Box<Half>)>> {
    let mut key = Key::default();
    match input.read_exact(&mut key) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    }
    let side = if array::<1>(input)? == [0] { Side::Request } else { Side::Response };
    let offset = u64::from_le_bytes(array(input)?);
    let print = i64::from_le_bytes(array(input)?);
    let has_date = array::<1>(input)? != [0];
    let date = Some(i64::from_le_bytes(array(input)?)).filter(|_| has_date);
    let server = read_text(input)?.unwrap_or_default();
    let mut text = || Ok::<_, io::Error>(read_text(input)?.map(CompactString::from));
    let (message_id, session, ip) = (text()?, text()?, text()?);
    let origin = Arc::new(Origin::new(server, [read_text(input)?, read_text(input)?, read_text(input)?]));
    let body = read_bytes(input)?;
    let n_problems = u32::from_le_bytes(array(input)?);
    let problems = (0..n_problems).map(|_| read_problem(input)).collect::<io::Result<_>>()?;
    let half = Half { side, offset, origin, message_id, session, date, ip, body, problems, print };
    Ok(Some((key, Box::new(half))))
}

fn array<const N: usize>(input: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn read_bytes(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let Some(length) = u32::from_le_bytes(array(input)?).checked_sub(1) else { return Ok(None) };
    let mut bytes = vec![0; length as usize];
    input.read_exact(&mut bytes)?;
    Ok(Some(bytes))
}

fn read_text(input: &mut impl Read) -> io::Result<Option<String>> {
    let bytes = read_bytes(input)?;
    bytes.map(|bytes| String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))).transpose()
}

fn read_problem(input: &mut impl Read) -> io::Result<Problem> {
    let offset = i64::from_le_bytes(array(input)?);
    let word = read_text(input)?.unwrap_or_default();
    let kind = ProblemKind::ALL.into_iter().find(|kind| kind.as_str() == word).unwrap_or(ProblemKind::Unrecognised);
    Ok(Problem { offset, kind, text: read_text(input)?.unwrap_or_default() })
}
