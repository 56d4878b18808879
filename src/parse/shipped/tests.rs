//! Hostile bytes: no decoder panics, what comes out is bounded, and the parser reads all of it. `PROPTEST_CASES` says how often.

use proptest::prelude::*;

use super::*;
use crate::parse::fuzzing::shipped::{LIMIT, carry, datagram, gelf_tcp, gelf_udp, syslog_tcp};

const DECODERS: usize = 10;

type Decode = fn(&[u8], &mut Shipment) -> Result<(), Undecodable>;

/// Each decoder with a body that it reads.
fn decoders() -> [(&'static str, Decode, Vec<u8>); DECODERS] {
    let loki = br#"{"streams":[{"stream":{"job":"a"},"values":[["1500000000000000000","x",{"t":"1"}],["1","<= B at 5/8/2016 7:17:45 AM: to 10.7.73.12"]]}]}"#;
    let otlp = br#"{"resourceLogs":[{"resource":{"attributes":[{"key":"a","value":{"intValue":"5"}}]},"scopeLogs":[{"logRecords":[{"timeUnixNano":"1","severityNumber":17,"body":{"stringValue":"x"}}]}]}]}"#;
    let bytes = |number: u8, inner: &[u8]| [&[number << 3 | 2, inner.len() as u8], inner].concat();
    let entry = [bytes(1, &[8, 5]), bytes(2, b"line"), bytes(3, &[bytes(1, b"k"), bytes(2, b"v")].concat())].concat();
    let stream = bytes(1, &[bytes(1, b"{job=\"a\"}"), bytes(2, &entry)].concat());
    let record = [bytes(3, b"ERROR"), bytes(5, &bytes(6, &bytes(1, &[bytes(1, b"k"), bytes(2, &bytes(1, b"v"))].concat())))].concat();
    let logs = bytes(1, &bytes(2, &bytes(2, &record)));
    let chunk =
        |number: u8, text: &str| [&[text.len() as u8 + 12, 0x1E, 0x0F, 1, 2, 3, 4, 5, 6, 7, 8, number, 2], text.as_bytes()].concat();
    [
        ("loki json", loki_json, loki.to_vec()),
        ("loki protobuf", loki_protobuf, stream),
        ("loki snappy", |body, shipment| loki_protobuf(&unpack_snappy(body, LIMIT)?, shipment), vec![4, 12, b'a', b'b', b'c', b'd']),
        ("otlp json", otlp_json, otlp.to_vec()),
        ("otlp protobuf", otlp_protobuf, logs),
        ("bulk", |body, shipment| bulk(body, "i", shipment).map(drop), b"{\"index\":{}}\n{\"message\":\"a\"}\n{\"delete\":{}}\n".to_vec()),
        (
            "gelf http",
            gelf_http,
            b"{\"short_message\":\"a\"}\n{\"host\":\"h\",\"full_message\":\"<= B at 5/8/2016 7:17:45 AM: to 10.7.73.12\\nOutput = {}\"}\n"
                .to_vec(),
        ),
        ("gelf tcp", gelf_tcp, b"{\"short_message\":\"a\"}\0{\"host\":\"h\"}\0".to_vec()),
        ("gelf udp", gelf_udp, [chunk(1, "\"a\"}"), chunk(0, "{\"short_message\":")].concat()),
        ("syslog", syslog_tcp, b"<11>1 2024-06-14T12:16:01Z h a 7 I [a@1 b=\"c\"] x\n7 <1>abcd<2>Jun 14 15:16:01 h a[1]: y\n".to_vec()),
    ]
}

#[test]
fn each_decoder_reads_its_sample() {
    for (name, decode, sample) in decoders() {
        // The block of Snappy holds no message.
        assert_eq!(carry(&sample, decode).is_ok_and(|kept| !kept.is_empty()), name != "loki snappy", "{name}");
    }
}

proptest! {
    #[test]
    fn no_bytes_do_harm(which in 0..DECODERS, bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let (_, decode, _) = &decoders()[which];
        let _ = carry(&bytes, *decode);
    }

    #[test]
    fn no_damage_to_what_is_sent_does_harm(which in 0..DECODERS, at in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 0..20), times in 1..20_usize) {
        let (_, decode, sample) = &decoders()[which];
        let mut body = sample.repeat(times);
        let at = at.index(body.len());
        let end = (at + bytes.len() / 2).min(body.len());
        body.splice(at..end, bytes);
        let _ = carry(&body, *decode);
    }

    #[test]
    fn no_datagram_does_harm(bytes in prop::collection::vec(any::<u8>(), 0..2000), magic in 0..3_usize) {
        let begin: &[u8] = [&[][..], &[0x1F, 0x8B, 8, 0], &[0x78, 0x9C]][magic];
        carry(&[begin, &bytes].concat(), datagram).unwrap();
    }
}
