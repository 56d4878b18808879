//! What is left of earlier inputs changes nothing about later ones.

use proptest::{collection::vec, prelude::*};

use super::{
    mutations::{Bytes, damaged_files},
    *,
};
use crate::parse::fuzzing::{collected, files::read_after_one_another};

fn pieces_with_memory(memory: &mut Memory, bytes: &[u8], options: &Options) -> (Vec<Piece>, Report) {
    collected(|sink| parse_with(memory, bytes, options, sink, &|_| {}))
}

proptest! {
    #[test]
    fn inputs_that_were_read_before_change_nothing(inputs in vec((damaged_files(), 0..6_usize), 1..8)) {
        let inputs: Vec<_> = inputs.iter().map(|(Bytes(bytes), choice)| (&bytes[..], *choice)).collect();
        read_after_one_another(&inputs);
    }
}

#[test]
fn halves_go_to_disk_at_the_same_places_whatever_was_read_before() {
    let large = request("large").replace("{\"", &format!("{{\"text\":\"{}\",\"", "x".repeat(20_000)));
    let crossed: String = (0..30).map(|n| request(&n.to_string())).chain((0..30).rev().map(|n| response(&n.to_string()))).collect();
    // With the last choice there is room for few halves.
    read_after_one_another(&[(crossed.as_bytes(), 5), (large.as_bytes(), 0), (crossed.as_bytes(), 5)]);
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
