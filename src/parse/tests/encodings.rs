//! The same file in every encoding.

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1251};

use super::*;

fn text() -> String {
    let request = request("a").replace("{\"", "{\"текст\":\"Рахунок «не» знайдено 💶\",\"");
    let damaged = response("a").replace("\"OK\"", "\"Зламано");
    format!("Чужий рядок\r\n{request}{damaged}")
}

#[test]
fn every_encoding_gives_the_same_logs_and_exact_offsets() {
    let cp1251 = text().replace(" 💶", "");
    let utf16 = |order: fn(u16) -> [u8; 2]| text().encode_utf16().flat_map(order).collect::<Vec<u8>>();
    for (bytes, encoding, expected) in [
        (text().into_bytes(), "UTF-8", text()),
        ([b"\xEF\xBB\xBF", text().as_bytes()].concat(), "UTF-8", text()),
        (WINDOWS_1251.encode(&cp1251).0.into_owned(), "windows-1251", cp1251.clone()),
        (utf16(u16::to_le_bytes), UTF_16LE.name(), text()),
        (utf16(u16::to_be_bytes), UTF_16BE.name(), text()),
        ([b"\xFF\xFE".to_vec(), utf16(u16::to_le_bytes)].concat(), UTF_16LE.name(), text()),
    ] {
        let (pieces, report) = pieces(&bytes);
        assert_eq!(report.encoding, encoding);
        let [Piece::Quarantine(foreign), Piece::Log(log)] = pieces.as_slice() else { panic!("{encoding}: {pieces:?}") };
        let value = expected.split("текст\":\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(log.request_document().unwrap().get_str("текст").unwrap(), value, "{encoding}");
        assert!(bytes[foreign.offset as usize..].starts_with(&foreign.raw));
        let [problem] = log.problems.as_slice() else { panic!("{encoding}: {:?}", log.problems) };
        // The string that lost its closing quote ends at the next one; the letters after that are at fault.
        let prefix = expected.find("message_id\":\"a\"}\n").map(|_| expected.rfind("message_id").unwrap()).unwrap();
        let in_file = match encoding {
            "UTF-8" => bytes.len() - expected.len() + prefix,
            "windows-1251" => expected[..prefix].chars().count(),
            _ => bytes.len() - 2 * expected[prefix..].encode_utf16().count(),
        };
        assert_eq!(problem.offset, in_file as i64, "{encoding}");
    }
}

#[test]
fn an_old_code_page_that_shows_late_is_recognised_record_by_record() {
    let mut bytes = request("a").repeat(5000).into_bytes();
    let late = request("ж").replace("{\"", "{\"text\":\"Рахунок не знайдено\",\"");
    bytes.extend_from_slice(&WINDOWS_1251.encode(&late).0);
    let (pieces, report) = pieces(&bytes);
    let Some(Piece::Log(log)) = pieces.iter().find(|piece| matches!(piece, Piece::Log(log) if log.message_id.as_deref() == Some("ж")))
    else {
        panic!("not found")
    };
    assert_eq!(log.request_document().unwrap().get_str("text").unwrap(), "Рахунок не знайдено");
    assert_eq!((log.problems.len(), report.encoding), (0, "windows-1251"));
}

#[test]
fn stray_bytes_in_utf8_are_replaced_and_noted() {
    let text = request("a").replace("{\"", "{\"text\":\"Рахунок не знайдено\",\"");
    let at = text.find("знайдено").unwrap();
    let mut bytes = text.into_bytes();
    bytes[at] = 0xFF;
    let [log] = logs(&bytes).try_into().unwrap();
    let problems: Vec<_> = log.problems.iter().map(|problem| (problem.kind, problem.offset)).collect();
    assert_eq!(problems, [(ProblemKind::BadEncoding, at as i64)]);
}
