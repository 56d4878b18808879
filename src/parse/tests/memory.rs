//! What is left of earlier inputs changes nothing about later ones.

use jiff::tz::TimeZone;
use proptest::{collection::vec, prelude::*};

use super::{
    mutations::{Bytes, damaged_files},
    *,
};

/// Options of which each of the others would read something otherwise.
fn choices() -> [Options; 5] {
    let limits = |change: fn(&mut Limits)| {
        let mut options = options();
        change(&mut options.limits);
        options
    };
    [
        options(),
        Options { timezone: TimeZone::get("Europe/Kyiv").unwrap(), date_order: DateOrder::DayFirst, ..options() },
        Options { encoding: Some(encoding_rs::WINDOWS_1251), ..options() },
        limits(|limits| limits.blanked_keys = vec!["message_id".to_owned()]),
        limits(|limits| (limits.max_depth, limits.max_value_bytes, limits.max_body_bytes) = (2, 8, 60)),
    ]
}

fn pieces_with_memory(memory: &mut Memory, bytes: &[u8], options: &Options) -> (Vec<Piece>, Report) {
    let mut pieces = Vec::new();
    let mut sink = |piece| {
        pieces.push(piece);
        Ok::<(), Error>(())
    };
    let report = parse_with(memory, bytes, options, &mut sink, &|_| {}).unwrap();
    (pieces, report)
}

proptest! {
    #[test]
    fn inputs_that_were_read_before_change_nothing(inputs in vec((damaged_files(), 0..5_usize), 1..8)) {
        let (mut memory, choices) = (Memory::default(), choices());
        for (Bytes(bytes), choice) in &inputs {
            prop_assert_eq!(pieces_with_memory(&mut memory, bytes, &choices[*choice]), pieces_with(&bytes[..], &choices[*choice]));
        }
    }
}

#[test]
fn a_server_in_another_encoding_is_read_anew() {
    let in_1251 = encoding_rs::WINDOWS_1251.encode(&request("a").replace("=> S", "=> Сервер")).0.into_owned();
    let mut memory = Memory::default();
    for encoding in [None, Some(encoding_rs::UTF_8), None] {
        let options = Options { encoding, format: FormatChoice::Records, ..options() };
        assert_eq!(pieces_with_memory(&mut memory, &in_1251, &options), pieces_with(&in_1251[..], &options));
    }
}

#[test]
fn what_a_hostile_input_filled_is_forgotten() {
    let mut memory = Memory::default();
    let keys: String = (0..10_000).map(|n| format!("\"k{n}\":1,")).collect();
    let servers: String = (0..2000).map(|n| request("a").replace("=> S", &format!("=> S{n}"))).collect();
    let big = format!("{}=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1\nInput = {{{keys}\"a\":\"{}\"}}\n", servers, "x".repeat(5 << 20));
    pieces_with_memory(&mut memory, big.as_bytes(), &options());
    pieces_with_memory(&mut memory, EXAMPLE.as_bytes(), &options());
    assert!(memory.take_text().len() <= 1 << 20);
    let tools = memory.take_tools(&options(), input::Charset::of(None, EXAMPLE.as_bytes()));
    assert!(!tools.origins.is_full() && tools.transcoder.size_bytes() <= 1 << 20);
}
