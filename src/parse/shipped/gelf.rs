//! GELF: a JSON object a message, which the parser reads as it is; in datagrams it may be compressed.

use std::io::Read;

use flate2::read::{GzDecoder, ZlibDecoder};
use serde::Deserialize;

use super::{Event, Shipment, Undecodable, arrival::Arrival, shipment::is_record};

/// Largest message, unpacked.
pub const MAX_MESSAGE: usize = 4 << 20;

/// Reads the body of a request: a message, or several, one a line; graypy compresses it as if it were a datagram.
///
/// # Errors
/// When it is too large for the shipment.
pub fn http(body: &[u8], shipment: &mut Shipment) -> Result<(), Undecodable> {
    let unpacked = unpack(body);
    let text = String::from_utf8_lossy(unpacked.as_deref().unwrap_or(body));
    if serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok() {
        return add(&text, "", shipment);
    }
    text.lines().filter(|line| !line.trim().is_empty()).try_for_each(|line| add(line, "", shipment))
}

/// Reads a message that arrived by itself, compressed or not; one that cannot be unpacked goes to quarantine.
///
/// # Errors
/// When it is too large for the shipment.
pub fn message(arrival: &Arrival<'_>, shipment: &mut Shipment) -> Result<(), Undecodable> {
    let unpacked = unpack(arrival.bytes);
    let text = String::from_utf8_lossy(unpacked.as_deref().unwrap_or(arrival.bytes));
    add(&text, &arrival.members(), shipment)
}

/// Unpacks by the first bytes; `None` where there is nothing to unpack, or it cannot be.
fn unpack(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let limit = MAX_MESSAGE as u64 + 1;
    match bytes {
        [0x1F, 0x8B, ..] => GzDecoder::new(bytes).take(limit).read_to_end(&mut out).ok()?,
        // The second byte makes the two a multiple of 31.
        [0x78, second, ..] if (0x7800 + u16::from(*second)) % 31 == 0 => ZlibDecoder::new(bytes).take(limit).read_to_end(&mut out).ok()?,
        _ => return None,
    };
    (out.len() <= MAX_MESSAGE).then_some(out)
}

fn add(text: &str, members: &str, shipment: &mut Shipment) -> Result<(), Undecodable> {
    #[derive(Default, Deserialize)]
    struct Message {
        host: Option<String>,
        full_message: Option<String>,
    }
    let Message { host, full_message } = serde_json::from_str(text).unwrap_or_default();
    let source = host.unwrap_or_default();
    match full_message.filter(|full| is_record(full)) {
        Some(record) => shipment.add(&source, &Event { text: record.into(), ..Event::default() }),
        None => shipment.add_object(&source, &Event { text: text.into(), members: members.into(), ..Event::default() }),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::ZlibEncoder};

    use super::*;

    fn lines(shipment: Shipment) -> Vec<String> {
        let text = |body| String::from_utf8(body).unwrap().trim_start_matches('\u{FEFF}').to_owned();
        shipment.into_parcels().into_iter().flat_map(|parcel| text(parcel.body).lines().map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    #[test]
    fn messages_are_read_as_they_are_and_records_in_them_as_records() {
        let record = "<= B at 5/8/2016 7:17:45 AM: to 10.7.73.12\\nOutput = {}";
        for (body, expected) in [
            ("{\"short_message\":\n\"a\",\"level\":3}", vec!["{\"short_message\": \"a\",\"level\":3}"]),
            ("{\"a\":1}\n\n{\"b\":\n{\"c\":2}", vec!["{\"a\":1}", "{\"b\":", "{\"c\":2}"]),
            ("[1]", vec!["[1]"]),
            (&format!("{{\"short_message\":\"a\",\"full_message\":\"{record}\"}}"), record.split("\\n").collect()),
            (&format!("{{\"short_message\":\"{record}\"}}"), record.split("\\n").collect()),
        ] {
            let mut shipment = Shipment::new(10_000);
            http(body.as_bytes(), &mut shipment).unwrap();
            assert_eq!(lines(shipment), expected, "{body}");
        }
    }

    #[test]
    fn datagrams_are_unpacked_up_to_a_bound() {
        let zlib = |bytes: &[u8]| {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        };
        let packed = zlib(b"{\"a\":1}");
        let mut shipment = Shipment::new(1 << 20);
        for bytes in [&packed, b"{\"a\":2}".as_slice(), &packed[..8], &zlib(&vec![b' '; MAX_MESSAGE + 1])] {
            message(&Arrival { sender: "10.0.0.1", received: 1_500_000_000_000_000_000, bytes }, &mut shipment).unwrap();
        }
        let found = lines(shipment);
        let stamp = "\"received_at\":\"2017-07-14T02:40:00Z\",\"sender\":\"10.0.0.1\"";
        assert_eq!(found[..2], [format!("{{\"a\":1,{stamp}}}"), format!("{{\"a\":2,{stamp}}}")]);
        assert!(found.len() == 4 && !found[2].starts_with('{'), "{}", found.len());
    }
}
