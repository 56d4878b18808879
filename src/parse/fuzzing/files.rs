//! Files of all formats: the same however they are cut, and all of them accounted for.

use std::sync::Arc;

use encoding_rs::Encoding;
use jiff::tz::TimeZone;

use super::{
    super::{
        CustomFormat, Error, Foreign, Format, Limits, Memory, Options, PairedLog, Piece, Records, Report, Whole,
        input::{Charset, Window},
        lines, parse_with,
    },
    InPieces, collected, gzip, holds, kept, looks_compressed, mark, options, pieces_with, split, zstd,
};
use crate::domain::{DateOrder, ProblemKind};

/// The smallest block: it holds a byte order mark.
const SMALLEST: usize = 4;

/// Options of which each of the others would read something otherwise.
pub(in crate::parse) fn choices() -> [Options; 6] {
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
        limits(|limits| limits.pending_bytes = 1000),
    ]
}

/// What a file in the branch format gives when it is read in blocks of this size.
pub(in crate::parse) fn records_in_blocks(bytes: &[u8], options: &Options, block: usize) -> (Vec<Piece>, Report) {
    let window = Window::in_blocks(bytes, options.encoding, &|_| {}, block).unwrap();
    collected(|sink| Records::new(window, options, &mut Memory::default()).run(options, sink))
}

/// What a file of lines gives when it is read in blocks of this size.
pub(in crate::parse) fn lines_in_blocks(bytes: &[u8], format: &Format, options: &Options, block: usize) -> (Vec<Piece>, Report) {
    let mut window = Window::in_blocks(bytes, options.encoding, &|_| {}, block).unwrap();
    collected(|sink| lines::parse(&mut window, format, options, sink))
}

/// A file in the branch format.
pub(super) fn branch(input: &[u8]) {
    let Some(([block, choice], text)) = split(input) else { return };
    let mut options = choices()[usize::from(choice) % 6].clone();
    // Nothing is left to be found out from the first block.
    options.encoding = Some(encoding_rs::UTF_8);
    options.date_order = if options.date_order == DateOrder::Detect { DateOrder::MonthFirst } else { options.date_order };
    let whole = records_in_blocks(text, &options, 1 << 20);
    assert_eq!(records_in_blocks(text, &options, SMALLEST + 9 * usize::from(block)), whole);
    are_counted(&whole);
    is_accounted_for(text, &whole);
    nothing_is_lost_beside(text);
}

/// Exchanges before and after a text are found again.
fn nothing_is_lost_beside(text: &[u8]) {
    let exchange = |n: usize| {
        let mark = mark(n);
        format!(
            "=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1; RequestType = POST;\nInput = {{\"message_id\":\"of {n}\",\"mark\":\"{mark}\"}}\n\
             <= S at 5/8/2016 7:17:46 AM: to 10.0.0.1\nOutput = {{\"status\":\"{mark}\",\"message_id\":\"of {n}\"}}\n"
        )
    };
    let file = [exchange(1).as_bytes(), text, b"\n", exchange(2).as_bytes()].concat();
    let options = Options { encoding: Some(encoding_rs::UTF_8), date_order: DateOrder::MonthFirst, ..options() };
    let (pieces, _) = records_in_blocks(&file, &options, 1 << 20);
    let kept = kept(&pieces);
    for n in 1..=2 {
        let n_times = |bytes: &[u8]| memchr::memmem::find_iter(bytes, mark(n).as_bytes()).count();
        assert!(n_times(&kept) >= 2, "{} is lost", mark(n));
    }
}

/// The counts of a report agree with each other and with the pieces.
pub(in crate::parse) fn are_counted((pieces, report): &(Vec<Piece>, Report)) {
    let counts = report.counts;
    assert_eq!(counts.logs, pieces.iter().filter(|piece| matches!(piece, Piece::Log(_))).count() as i64);
    assert_eq!(counts.records, 2 * counts.complete + counts.request_only + counts.response_only);
}

/// Every byte is counted, and what is in quarantine is a part of the file that is in no other; of files in UTF-8.
pub(in crate::parse) fn is_accounted_for(file: &[u8], (pieces, report): &(Vec<Piece>, Report)) {
    if looks_compressed(file) {
        return;
    }
    assert_eq!(report.counts.bytes, file.len() as i64);
    if Encoding::for_bom(file).is_some_and(|(encoding, _)| encoding != encoding_rs::UTF_8) {
        return;
    }
    let foreign = pieces.iter().filter_map(|piece| if let Piece::Quarantine(foreign) = piece { Some(foreign) } else { None });
    let mut foreign: Vec<&Foreign> = foreign.collect();
    foreign.sort_by_key(|piece| piece.offset);
    let mut end = 0;
    for piece in foreign {
        assert!(piece.offset >= end, "{piece:?} begins before {end}");
        end = piece.offset + piece.size_bytes;
        let source = &file[piece.offset as usize..end as usize];
        let n = if piece.kind == ProblemKind::Oversized { piece.raw.len() } else { source.len() };
        assert_eq!(source[..n].escape_ascii().to_string(), piece.raw.escape_ascii().to_string());
    }
}

/// A file of one event a line, in any format.
pub(super) fn lines(input: &[u8]) {
    let Some(([format, block, received], text)) = split(input) else { return };
    let own = Format::OWN;
    let format = own.get(usize::from(format) % (own.len() + 1)).cloned().unwrap_or_else(mine);
    lines_of(text, &format, usize::from(block), received % 2 == 1);
}

fn mine() -> Format {
    let expression = r"^(?<date>\S+( \S+)?) \[(?<level>\w*)\] (?<server>\w+): (?<message>.*?)( #(?<number>\d+))?$";
    Format::Custom(Arc::new(CustomFormat::new("mine", expression, None).unwrap()))
}

fn lines_of(text: &[u8], format: &Format, block: usize, received: bool) {
    let received = received.then(|| bson::DateTime::from_millis(1_720_000_000_000));
    let options = Options { encoding: Some(encoding_rs::UTF_8), received, ..options() };
    let whole = lines_in_blocks(text, format, &options, 1 << 20);
    assert_eq!(lines_in_blocks(text, format, &options, SMALLEST + 5 * block), whole);
    is_accounted_for(text, &whole);
    kept(&whole.0);
}

/// A file of JSON objects, one a line: what stands between two of them costs neither.
pub(super) fn json_lines(input: &[u8]) {
    let Some(([block], text)) = split(input) else { return };
    lines_of(text, &Format::Jsonl, usize::from(block), false);
    let object = |n: usize| format!("{{\"message\":\"{}\"}}\n", mark(n));
    let file = [object(1).as_bytes(), text, b"\n", object(2).as_bytes()].concat();
    let options = Options { encoding: Some(encoding_rs::UTF_8), ..options() };
    let (pieces, _) = lines_in_blocks(&file, &Format::Jsonl, &options, 1 << 20);
    let kept = kept(&pieces);
    assert!(holds(&kept, &mark(1)) && holds(&kept, &mark(2)), "{}", kept.escape_ascii());
}

/// A format that a user defines, and a file of it: the expression, the layout of its dates and the lines are parted by the sign for that.
pub(super) fn custom_format(input: &[u8]) {
    let mut parts = input.splitn(3, |byte| *byte == 0x1E);
    let (Some(expression), Some(layout), Some(text)) = (parts.next(), parts.next(), parts.next()) else { return };
    let (Ok(expression), Ok(layout)) = (str::from_utf8(expression), str::from_utf8(layout)) else { return };
    let layout = (!layout.is_empty()).then(|| layout.to_owned());
    let Ok(format) = CustomFormat::new("mine", expression, layout) else { return };
    lines_of(text, &Format::Custom(Arc::new(format)), 3, true);
}

/// Encodings of files; the first two have units of two bytes.
pub(in crate::parse) const ENCODINGS: [&Encoding; 12] = [
    encoding_rs::UTF_16LE,
    encoding_rs::UTF_16BE,
    encoding_rs::WINDOWS_1251,
    encoding_rs::KOI8_U,
    encoding_rs::GB18030,
    encoding_rs::SHIFT_JIS,
    encoding_rs::ISO_2022_JP,
    encoding_rs::BIG5,
    encoding_rs::EUC_KR,
    encoding_rs::IBM866,
    encoding_rs::REPLACEMENT,
    encoding_rs::X_USER_DEFINED,
];

/// A file in another encoding: what its text gives, whatever is a block of it.
pub(super) fn encodings(input: &[u8]) {
    let Some(([which, block], file)) = split(input) else { return };
    if looks_compressed(file) {
        return;
    }
    let encoding = ENCODINGS[usize::from(which) % ENCODINGS.len()];
    let options = Options { encoding: Some(encoding), date_order: DateOrder::MonthFirst, ..options() };
    let whole = records_in_blocks(file, &options, 1 << 20);
    assert_eq!(records_in_blocks(file, &options, SMALLEST + 9 * usize::from(block)), whole);
    assert_eq!(whole.1.counts.bytes, file.len() as i64);
    let charset = Charset::of(options.encoding, file);
    let text = charset.encoding.decode_without_bom_handling(&file[charset.mark_bytes..]).0;
    // What is no UTF-8 in a file that says it is may be a code page's.
    if charset.is_utf8() || text.starts_with('\u{FEFF}') || looks_compressed(text.as_bytes()) {
        return;
    }
    let plain = records_in_blocks(text.as_bytes(), &Options { encoding: Some(encoding_rs::UTF_8), ..options }, 1 << 20);
    let said = |(pieces, _): &(Vec<Piece>, Report)| {
        let said =
            |log: &PairedLog| (log.message_id.clone(), log.request.clone(), log.response.clone(), log.request_date, log.remote_ip.clone());
        pieces.iter().filter_map(|piece| if let Piece::Log(log) = piece { Some(said(log)) } else { None }).collect::<Vec<_>>()
    };
    assert_eq!(said(&whole), said(&plain));
}

/// Any file, of which everything is found out: the same however it arrives, whatever it is packed in and was read before it.
pub(super) fn file(input: &[u8]) {
    let Some(([way, place, choice, length], file)) = split(input) else { return };
    let whole = pieces_with(file, &options());
    let lengths = vec![usize::from(length), 1 + usize::from(place) * usize::from(length)];
    assert_eq!(pieces_with(InPieces::new(file, lengths), &options()), whole);
    let (first, second) = file.split_at(usize::from(place) * file.len() / 256);
    if !looks_compressed(file) {
        assert_eq!(whole.1.counts.bytes, file.len() as i64);
        let packed = match way % 4 {
            0 => gzip(file),
            1 => zstd(file),
            2 => [gzip(first), gzip(second)].concat(),
            _ => [zstd(first), zstd(second)].concat(),
        };
        assert_eq!(pieces_with(&packed[..], &options()), whole);
        let cut = pieces_with(&packed[..packed.len() / 2], &options());
        assert!(cut.1.counts.bytes <= whole.1.counts.bytes);
        // Of two that were packed the first may be whole.
        assert!(way % 4 > 1 || matches!(cut.1.whole, Whole::Truncated | Whole::Binary), "{:?}", cut.1);
    }
    read_after_one_another(&[(first, usize::from(way)), (second, usize::from(choice)), (file, usize::from(way))]);
}

/// Inputs that were read before change nothing about those that follow.
pub(in crate::parse) fn read_after_one_another(inputs: &[(&[u8], usize)]) {
    let (mut memory, choices) = (Memory::default(), choices());
    for (bytes, choice) in inputs {
        let options = &choices[choice % choices.len()];
        assert_eq!(collected(|sink| parse_with::<Error>(&mut memory, *bytes, options, sink, &|_| {})), pieces_with(*bytes, options));
    }
}
