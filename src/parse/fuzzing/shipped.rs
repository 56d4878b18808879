//! What log shippers send: what comes out is bounded, the parser reads all of it, and one bad entry costs no other.

use std::{
    net::{IpAddr, Ipv6Addr},
    time::{Duration, Instant},
};

use bson::DateTime;
use jiff::tz::TimeZone;

use super::{
    super::{
        Limits, Options, Whole,
        shipped::{
            self, Arrival, Chunks, Datagram, Frames, Framing, Parcel, Shipment, Syslog, Undecodable, gelf_http, gelf_message, unpack_snappy,
        },
    },
    holds, kept, mark, options, pieces_with, split,
};

/// What one request may bring.
pub(in crate::parse) const LIMIT: usize = 1 << 20;

/// Has a body decoded, and what comes out read; everything that is kept of it.
pub(in crate::parse) fn carry(
    body: &[u8],
    decode: impl FnOnce(&[u8], &mut Shipment) -> Result<(), Undecodable>,
) -> Result<Vec<u8>, Undecodable> {
    let mut shipment = Shipment::new(LIMIT);
    decode(body, &mut shipment)?;
    let mut all = Vec::new();
    for Parcel { format, body } in shipment.into_parcels() {
        assert!(body.len() <= LIMIT + 3);
        let (pieces, report) = pieces_with(body.as_slice(), &Options { format, ..options() });
        assert_ne!(report.whole, Whole::Binary, "{}", String::from_utf8_lossy(&body));
        all.extend(kept(&pieces));
    }
    Ok(all)
}

/// Entries before and after another one are found again, unless all of it is too much.
fn spoils_no_other(kept: Result<Vec<u8>, Undecodable>) {
    match kept {
        Ok(kept) => assert!(holds(&kept, &mark(1)) && holds(&kept, &mark(2)), "{}", kept.escape_ascii()),
        Err(Undecodable::TooLarge(_)) => {}
        Err(error) => panic!("{error}"),
    }
}

/// A field of a message of Protocol Buffers.
pub(super) fn field(number: u8, inner: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut size = inner.len();
    while size >= 0x80 {
        out.push((size & 0x7F) as u8 | 0x80);
        size >>= 7;
    }
    out.push(size as u8);
    [out.as_slice(), inner].concat()
}

pub(super) fn loki_json(input: &[u8]) {
    let _ = carry(input, shipped::loki_json);
}

/// A push, packed or not; then as one entry among others.
pub(super) fn loki_protobuf(input: &[u8]) {
    let _ = carry(input, shipped::loki_protobuf);
    let _ = carry(input, |body, shipment| shipped::loki_protobuf(&unpack_snappy(body, LIMIT)?, shipment));
    let packed = snap::raw::Encoder::new().compress_vec(input).unwrap();
    assert_eq!(unpack_snappy(&packed, LIMIT).as_deref(), Ok(input));
    let entry = |n: usize| field(2, &[field(1, &[8, 5]), field(2, mark(n).as_bytes())].concat());
    let stream = field(1, &[field(1, b"{job=\"a\"}"), entry(1), field(2, input), entry(2)].concat());
    spoils_no_other(carry(&stream, shipped::loki_protobuf));
}

pub(super) fn otlp_json(input: &[u8]) {
    let _ = carry(input, shipped::otlp_json);
}

/// An export; then as one record among others.
pub(super) fn otlp_protobuf(input: &[u8]) {
    let _ = carry(input, shipped::otlp_protobuf);
    let record = |n: usize| field(2, &field(5, &field(1, mark(n).as_bytes())));
    let logs = field(1, &field(2, &[record(1), field(2, input), record(2)].concat()));
    spoils_no_other(carry(&logs, shipped::otlp_protobuf));
}

/// A bulk request; then among others.
pub(super) fn bulk(input: &[u8]) {
    let bulk = |body: &[u8], shipment: &mut Shipment| shipped::bulk(body, "i", shipment).map(drop);
    let _ = carry(input, bulk);
    let document = |n: usize| format!("{{\"index\":{{}}}}\n{{\"message\":\"{}\"}}\n", mark(n));
    spoils_no_other(carry(&[document(1).as_bytes(), input, b"\n", document(2).as_bytes()].concat(), bulk));
}

/// A message of GELF by each of its ways; by HTTP and by a connection among others.
pub(super) fn gelf(input: &[u8]) {
    let message = |n: usize| format!("{{\"short_message\":\"{}\"}}", mark(n));
    let among = |between: &[u8]| [message(1).as_bytes(), between, input, between, message(2).as_bytes(), between].concat();
    let _ = carry(input, gelf_http);
    spoils_no_other(carry(&among(b"\n"), gelf_http));
    carry(input, datagram).unwrap();
    spoils_no_other(carry(&among(b"\0"), gelf_tcp));
}

fn arrival(bytes: &[u8]) -> Arrival<'_> {
    Arrival { sender: "::1", received: 1, bytes }
}

/// GELF in one datagram.
pub(in crate::parse) fn datagram(bytes: &[u8], shipment: &mut Shipment) -> Result<(), Undecodable> {
    gelf_message(&arrival(bytes), shipment)
}

/// GELF over a connection.
pub(in crate::parse) fn gelf_tcp(bytes: &[u8], shipment: &mut Shipment) -> Result<(), Undecodable> {
    messages(Framing::Nul, &[bytes]).iter().try_for_each(|bytes| gelf_message(&arrival(bytes), shipment))
}

/// GELF in datagrams, each behind a byte that says how long it is.
pub(in crate::parse) fn gelf_udp(bytes: &[u8], shipment: &mut Shipment) -> Result<(), Undecodable> {
    let (mut chunks, now, mut rest) = (Chunks::default(), Instant::now(), bytes);
    while let [size, more @ ..] = rest {
        let (datagram, after) = more.split_at(usize::from(*size).min(more.len()));
        rest = after;
        if let Datagram::Whole(bytes) = chunks.take(SENDER, datagram, now) {
            gelf_message(&arrival(&bytes), shipment)?;
        }
    }
    Ok(())
}

const SENDER: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// Datagrams of any kind, and a message in chunks that come in another order, some twice, between others: it is whole in the end, and
/// nothing is held of those that never were.
pub(super) fn gelf_chunks(input: &[u8]) {
    let _ = carry(input, gelf_udp);
    let Some(([n_chunks, step, size], message)) = split(input) else { return };
    let count = usize::from(n_chunks) % 128 + 1;
    let (mut chunks, now) = (Chunks::default(), Instant::now());
    let of = |n: usize| &message[n * message.len() / count..(n + 1) * message.len() / count];
    let head = |id: u8, n: usize| [&[0x1E, 0x0F], &[id; 8][..], &[n as u8, count as u8]].concat();
    let (mut whole, mut at) = (Vec::new(), 0);
    let mut take = |datagram: &[u8]| match chunks.take(SENDER, datagram, now) {
        Datagram::Whole(bytes) => whole.push(bytes),
        Datagram::Part | Datagram::Lost => {}
    };
    // Each of its chunks once, by steps that meet all of them; one that comes again before the last is no other.
    let steps = (1..).map(|n| usize::from(step) + n).find(|step| gcd(*step, count) == 1).unwrap_or(1);
    for n in 0..count {
        at = (at + steps) % count;
        let chunk = [&head(1, at), of(at)].concat();
        take(&chunk);
        if n + 1 < count {
            take(&chunk);
        }
        // Another message of as many chunks, of which one never comes.
        if n + 1 < count && size % 2 == 1 {
            take(&[&head(2, n), of(n)].concat());
        }
    }
    assert!(whole == [message]);
    for datagram in message.chunks(usize::from(size).max(1)) {
        chunks.take(SENDER, &[&head(step % 2, usize::from(size))[..10], datagram].concat(), now);
    }
    nothing_is_held(chunks, now);
}

fn gcd(one: usize, other: usize) -> usize {
    if other == 0 { one } else { gcd(other, one % other) }
}

/// When nobody waits any longer nothing is kept.
pub(in crate::parse) fn nothing_is_held(mut chunks: Chunks, now: Instant) {
    let n_open = chunks.held().0;
    assert_eq!(chunks.expire(now + Duration::from_secs(60)), n_open);
    assert_eq!(chunks.held(), (0, 0));
}

/// Messages of syslog over a connection or each by itself.
pub(super) fn syslog(input: &[u8]) {
    let _ = carry(input, syslog_tcp);
    let _ = carry(input, |bytes, shipment| Reader::default().add(bytes, shipment));
    let message = |n: usize| format!("<11>Jun 14 15:16:01 h a[7]: {}", mark(n));
    // What follows may be a part of a message whose count is too large.
    if let Ok(kept) = carry(&[message(1).as_bytes(), b"\n", input].concat(), syslog_tcp) {
        assert!(holds(&kept, &mark(1)), "{}", kept.escape_ascii());
    }
    let each = |_: &[u8], shipment: &mut Shipment| {
        let mut reader = Reader::default();
        [message(1).as_bytes(), input, message(2).as_bytes()].iter().try_for_each(|bytes| reader.add(bytes, shipment))
    };
    spoils_no_other(carry(input, each));
}

/// Syslog over a connection.
pub(in crate::parse) fn syslog_tcp(bytes: &[u8], shipment: &mut Shipment) -> Result<(), Undecodable> {
    let mut reader = Reader::default();
    messages(Framing::Syslog, &[bytes]).iter().try_for_each(|bytes| reader.add(bytes, shipment))
}

static UTC: TimeZone = TimeZone::UTC;

/// Reads messages of syslog.
struct Reader(Syslog<'static>);

impl Default for Reader {
    fn default() -> Self {
        Self(Syslog::new(&UTC, None, DateTime::from_millis(1_700_000_000_000), &Limits::default()))
    }
}

impl Reader {
    fn add(&mut self, bytes: &[u8], shipment: &mut Shipment) -> Result<(), Undecodable> {
        self.0.add(&arrival(bytes), shipment)
    }
}

/// The messages of a stream that comes in these pieces.
pub(in crate::parse) fn messages(framing: Framing, pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let (mut frames, mut found) = (Frames::new(framing), Vec::new());
    for piece in pieces {
        frames.push(piece);
        while let Some(message) = frames.pull() {
            found.push(message);
        }
        frames.settle();
    }
    found.extend(frames.rest());
    found
}

/// A stream of messages: the same however it is cut, and nothing of it is lost but what parts them.
pub(in crate::parse) fn frames(input: &[u8]) {
    let Some(([way, one, other], stream)) = split(input) else { return };
    let long;
    // Long enough that a message without end is cut.
    let stream = match way % 8 {
        0 if !stream.is_empty() => {
            long = stream.repeat(600_000 / stream.len().max(1000));
            &long
        }
        _ => stream,
    };
    for framing in [Framing::Nul, Framing::Syslog] {
        let whole = messages(framing, &[stream]);
        let mut pieces = Vec::new();
        let (mut rest, mut lengths) = (stream, [1 + usize::from(one) * usize::from(way), 1 + usize::from(other)].into_iter().cycle());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(lengths.next().unwrap_or(1).min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        assert!(messages(framing, &pieces) == whole, "{framing:?}: in pieces it is another");
        // A count and the blank behind it are no part of a message.
        let means = |byte: &u8| match framing {
            Framing::Nul => !matches!(byte, 0 | b'\n' | b'\r'),
            Framing::Syslog => !matches!(byte, 0 | b'\n' | b'\r' | b' ' | b'0'..=b'9'),
        };
        assert!(
            whole.iter().flatten().filter(|byte| means(byte)).eq(stream.iter().filter(|byte| means(byte))),
            "{framing:?}: some is lost"
        );
    }
}
