//! Valid files, damaged at random. Marks that stand in everything a person may want to find again show that nothing is lost.

use proptest::{collection::vec, prelude::*, sample::Index};

use super::*;
use crate::parse::fuzzing::{
    files::{are_counted, is_accounted_for, records_in_blocks},
    holds, kept, mark,
};

/// A file, shown as text when a test fails.
#[derive(Clone)]
pub(super) struct Bytes(pub(super) Vec<u8>);

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

/// What stands in a file; the number becomes its mark. No address and no value of an attribute that a Log has no place for looks like a
/// part of it.
#[derive(Debug, Clone)]
enum Part {
    Request { id: u8, is_long: bool },
    Response { id: u8, is_long: bool },
    Foreign,
    Blank,
}

impl Part {
    fn write(&self, n: usize, out: &mut String) {
        let mark = mark(n);
        let body = |id: u8, is_long: bool| {
            let (open, comma, close) = if is_long { ("{\n  ", ",\n  ", "\n}") } else { ("{", ",", "}") };
            format!("{open}\"message_id\":\"m{id}\"{comma}\"k{n}{mark}\": [1, {{\"t{n}\":\"\\\"=> {mark}é\"}}]{close}")
        };
        match self {
            Self::Request { id, is_long } => {
                *out += "=> Front office at 5/8/2016 7:17:45 AM: from 10.0.0.1; RequestType = POST; charset=\"UTF-8\";\r\nInput = ";
                *out += &body(*id, *is_long);
                *out += "\r\n";
            }
            Self::Response { id, is_long } => {
                *out += "<= Front office at 5/8/2016 7:17:46 AM: to 10.0.0.1\nOutput = ";
                *out += &body(*id, *is_long);
                *out += "\n";
            }
            Self::Foreign => *out += &format!("chatter {mark} of a driver\n"),
            Self::Blank => *out += " \r\n",
        }
    }
}

fn files() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        4 => (0..6_u8, any::<bool>()).prop_map(|(id, is_long)| Part::Request { id, is_long }),
        4 => (0..6_u8, any::<bool>()).prop_map(|(id, is_long)| Part::Response { id, is_long }),
        1 => Just(Part::Foreign),
        1 => Just(Part::Blank),
    ];
    vec(part, 1..12).prop_map(|parts| {
        let mut text = String::new();
        parts.iter().enumerate().for_each(|(n, part)| part.write(n, &mut text));
        text.into_bytes()
    })
}

/// Damage done to a file.
#[derive(Debug, Clone)]
enum Damage {
    Flip(Index, u8),
    Cut(Index, usize),
    Insert(Index, Vec<u8>),
    Copy(Index, usize, Index),
}

impl Damage {
    fn be_done(&self, bytes: &mut Vec<u8>) {
        let at = |index: &Index| index.index(bytes.len() + 1);
        match self {
            Self::Flip(index, byte) => {
                let at = at(index);
                bytes.get_mut(at).into_iter().for_each(|place| *place = *byte);
            }
            Self::Cut(index, n) => {
                let at = at(index);
                bytes.drain(at..bytes.len().min(at + n));
            }
            Self::Insert(index, new) => {
                let at = at(index);
                bytes.splice(at..at, new.iter().copied());
            }
            Self::Copy(from, n, to) => {
                let (from, to) = (at(from), at(to));
                let part = bytes[from..bytes.len().min(from + n)].to_vec();
                bytes.splice(to..to, part);
            }
        }
    }
}

fn damages() -> impl Strategy<Value = Damage> {
    let byte = prop_oneof![3 => prop::sample::select(b"{}[]\",:\\\n\r=<> ;at0Z\t".to_vec()), 1 => any::<u8>()];
    let fragment = prop::sample::select(vec![
        "=> ",
        "<= ",
        "Input = ",
        "Output = ",
        "\nInput = {",
        "\"",
        "\\",
        "{\"a\":",
        "[[[[",
        "\n",
        "\r\n\r\n",
        ": from 10.0.0.1",
        " at 5/8/2016",
        "\u{feff}",
        "=> S at 1/1/2016 1:00: from 10.0.0.1; ",
        "<= S at 31/31/2016 1:00: to 10.0.0.1\nOutput = {}",
        "Х",
        "\0",
    ]);
    prop_oneof![
        2 => (any::<Index>(), byte).prop_map(|(at, byte)| Damage::Flip(at, byte)),
        2 => (any::<Index>(), 0..300_usize).prop_map(|(at, n)| Damage::Cut(at, n)),
        2 => (any::<Index>(), fragment).prop_map(|(at, text)| Damage::Insert(at, text.as_bytes().to_vec())),
        1 => (any::<Index>(), vec(any::<u8>(), 0..8)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        1 => (any::<Index>(), 0..400_usize, any::<Index>()).prop_map(|(from, n, to)| Damage::Copy(from, n, to)),
    ]
}

pub(super) fn damaged_files() -> impl Strategy<Value = Bytes> {
    (files(), vec(damages(), 0..6)).prop_map(|(mut bytes, damages)| {
        damages.iter().for_each(|damage| damage.be_done(&mut bytes));
        Bytes(bytes)
    })
}

/// What the file gives when it is read in blocks of this size, with nothing left to be found out from its first block.
fn pieces_in_blocks(bytes: &[u8], block: usize) -> (Vec<Piece>, Report) {
    let options = Options { encoding: Some(encoding_rs::UTF_8), date_order: DateOrder::MonthFirst, ..options() };
    records_in_blocks(bytes, &options, block)
}

proptest! {
    #[test]
    fn nothing_is_lost_of_a_damaged_file(Bytes(bytes) in damaged_files()) {
        let (pieces, report) = pieces(&bytes);
        prop_assume!(report.encoding != "UTF-16LE" && report.encoding != "UTF-16BE");
        let kept = kept(&pieces);
        for mark in (0..12).map(mark).filter(|mark| holds(&bytes, mark)) {
            prop_assert!(holds(&kept, &mark), "{} is lost", mark);
        }
    }

    #[test]
    fn blocks_of_any_size_give_the_same(Bytes(bytes) in damaged_files(), block in 1..2000_usize) {
        prop_assert_eq!(pieces_in_blocks(&bytes, block), pieces_in_blocks(&bytes, 1 << 20));
    }

    #[test]
    fn a_damaged_file_is_accounted_for_to_its_last_byte(Bytes(bytes) in damaged_files()) {
        let found = pieces_in_blocks(&bytes, 1 << 20);
        are_counted(&found);
        is_accounted_for(&bytes, &found);
    }
}
