//! Inputs to begin with: of each decoder what it reads, from the fixtures where there are some, and a little that is broken.

use super::{
    archives::{tar_of, zip_of},
    gzip,
    shipped::field,
    zstd,
};

/// Real bodies of shippers.
const ALLOY: &[u8] = include_bytes!("../../../tests/fixtures/shippers/alloy.bin");
const VECTOR: &[u8] = include_bytes!("../../../tests/fixtures/shippers/vector.bin");
const FILEBEAT: &[u8] = include_bytes!("../../../tests/fixtures/shippers/filebeat.bin");
const LOGSTASH: &[u8] = include_bytes!("../../../tests/fixtures/shippers/logstash.bin");
const FLUENT_BIT: &[u8] = include_bytes!("../../../tests/fixtures/shippers/fluent-bit.bin");
const COLLECTOR: &[u8] = include_bytes!("../../../tests/fixtures/shippers/otel-collector.bin");
const HOSTILE: &[u8] = include_bytes!("../../../tests/fixtures/hostile.log");

/// Exchanges in every form: of one line and several, with foreign lines, without ids, cut.
const RECORDS: [&str; 7] = [
    "=> Bars at 5/8/2016 7:17:45 AM: from 10.7.73.12; RequestType = POST; ContentType = application/json; charset=\"UTF-8\";\r\nInput = {\"sessionid\":\"s\",\"method\":\"M\",\"params\": null,\"message_id\":\"m\"}\r\n<= Bars at 5/8/2016 7:17:46 AM: to 10.7.73.12\r\nOutput = {\"status\":\"OK\",\"RESULT\":{\"sessionId\": \"s\"},\"message_id\":\"m\",\"current_timestamp\":\"2016-05-08T07:17:45\"}\r\n",
    "=> S at 13/8/2016 19:17: from 10.0.0.1;\nInput = {\n  \"a\": [1, 2.5e3, \"x\\\"\\u0404\"],\n  \"b\": {\"c\": {}}\n}\n\n<= S at 2016-05-08T07:17:45.1Z: to 10.0.0.1\nOutput = [{\"error\":{\"code\":7,\"message\":\"Рахунок не знайдено\"}}]\n",
    "a foreign line\n=> S at 08.05.2016 7:17:45: from 10.0.0.1; Input = {\"a\":1}<= S at 5/8/2016 7:17:45 AM: to 10.0.0.1 Output = {}\nat a.B(C.java:1)\n",
    "=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1\nInput = {\"binary_data\":\"AAAA\",\"message_id\":\"cut\n=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1\n<= S at 31/31/2016 1:00: to 10.0.0.1\nOutput = text\n",
    "=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1; RequestType = GET; ContentType = text/xml; Odd = x; charset=\"windows-1251\";\nInput = \"text \\\\ => S at\" and more\n",
    "\u{feff}<= S at 5/8/2016 7:17:45 AM: to 10.0.0.1\rOutput = {\"message_id\":5,\"a\":1,\"a\":2}\r<= S at 5/8/2016 7:17:45 AM: to 10.0.0.1\r",
    "=> Front office at 5/8/2016 7:17:45 AM: from 10.0.0.1;\nInput = {\"a\":\"{\\\"b\\\":1}\",\nnonsense, \"c\":[1,{\"d\":\"e\"}\n}}\n]\n<= ",
];

/// Lines of each format, in the order in which formats are numbered; those of a user's own last.
const LINES: [&str; 8] = [
    "{\"ts\":\"2024-05-01T10:00:00Z\",\"level\":\"error\",\"service\":\"pay\",\"msg\":\"no account\"}\n{\"time\":1714557600123,\"level\":50,\"name\":\"pay\",\"err\":{\"message\":\"boom\"}}\n{\"log\":\"error: disk full\\n\",\"time\":\"2024-05-01T10:00:00.5Z\"}\n{\"request\":{\"a\":1},\"response\":{\"error\":\"x\"},\"date\":\"2016-05-08\"}\n{\"__REALTIME_TIMESTAMP\":\"1714557600000000\",\"PRIORITY\":\"3\",\"MESSAGE\":\"m\"}\n",
    "<34>Oct 11 22:14:15 till-3 su[12]: no entry for the teller\nMar  4 08:16:01 desk login(pam_unix)[411]: wrong; user=olena\n2024-10-11T22:14:15.003+02:00 host app[1]: started\n<165>1 2003-10-11T22:14:15.003Z host app - ID47 [ex@1 a=\"]\\\"\" b=\"2\"][y@2] An event\n<11>1 - - - - - -\n",
    "- 1117838570 2005.06.03 R02-M1-N0-C:J12-U11 2005-06-03-15.42.50.675872 R02-M1-N0-C:J12-U11 RAS KERNEL INFO instruction cache parity error corrected\n",
    "- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond(pam_unix)[2915]: session closed for user root\n",
    "[ERROR][main.go:12] 2024/05/01 10:00:00 it broke\n[INFO][a/b.go:1] 2024-05-01T10:00:00Z fine\n",
    "03-17 16:13:38.811  1702  2395 D WindowManager: printFreezingDisplayLogs\n",
    "2021-10-18 18:01:47,978 INFO [main] ua.bank.pay.Master: ready\n181109 213615 148 INFO store.Replica$Sender: ended\n19/02/09 20:10:40 ERROR batch.Runner: failed\n\tat a.B(C.java:1)\nCaused by: x\n[Sun Dec 04 04:47:44 2005] [error] mod_jk child\n",
    "2024-05-01 10:00:00 [error] gate: it broke #5\n2024-05-01 [] gate: x\nother\n",
];

const OBJECTS: [&str; 6] = [
    "{\"a\":\"b]\"},\n{\"c\":[1,2]},{\"message\":\"m\",\"of\":[{\"x\":1},{\"x\":2}]}",
    "{\"message\":\"cu{\"message\":\"b\"}\n{\"message\":\"c\"}{\"message\":\"d\"}\n{\"message\":\"e\"} and more",
    "{\"message\":5,\"of\":[{\"x\":1},{\"x\":2},{\"message\":nope nope},}",
    "{\"id\":9,\"t\":\"op\n]{\"id\":1}],[{\"id\":2}",
    "\"text\",[1,{\"a\":{}}],null,{}",
    "{\"request\":{\"a\":1},\"response\":{\"error\":{\"message\":\"x\"}},\"message_id\":\"m\"}",
];

/// Each text behind each beginning.
fn behind(begins: &[&[u8]], texts: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Vec<Vec<u8>> {
    let texts: Vec<_> = texts.into_iter().collect();
    texts.iter().flat_map(|text| begins.iter().map(|begin| [begin, text.as_ref()].concat())).collect()
}

/// Each text as it is.
fn plain(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn unpacked(body: &[u8]) -> Vec<u8> {
    super::bodies::unwrapped(body, false, 1 << 20).unwrap()
}

pub(super) fn branch() -> Vec<Vec<u8>> {
    let mut all = behind(&[&[0, 0], &[3, 4], &[9, 5]], RECORDS);
    all.extend(behind(&[&[20, 0], &[1, 1]], [HOSTILE, RECORDS.concat().as_bytes()]));
    all
}

pub(super) fn lines() -> Vec<Vec<u8>> {
    (0..).zip(LINES).flat_map(|(format, text)| behind(&[&[format, 0, 0], &[format, 9, 1]], [text])).collect()
}

pub(super) fn json_lines() -> Vec<Vec<u8>> {
    let mut all = behind(&[&[0], &[7]], OBJECTS);
    all.extend(behind(&[&[3]], [LINES[0]]));
    all
}

pub(super) fn custom_formats() -> Vec<Vec<u8>> {
    plain(&[
        "^(?<date>.*?) (?<level>[A-Z]+) (?<message>.*)$\u{1e}\u{1e}2024-05-01T10:00:00Z ERROR it broke\n1714557600 INFO x\n",
        "^(?P<date>\\S+) (?<server>\\w{1,20}) \u{1e}%d.%m.%Y-%H:%M:%S%.f\u{1e}01.05.2024-10:00:00.5 gate x\n32.05.2024 gate y\n",
        "(?i)(?<a>a|b)+(?<b>\\p{L}{2,5})?\u{1e}\u{1e}aABb\nab\n\nxx\n",
    ])
}

pub(super) fn encodings() -> Vec<Vec<u8>> {
    let utf16 = |order: fn(u16) -> [u8; 2]| RECORDS[1].encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let in_1251 = encoding_rs::WINDOWS_1251.encode(RECORDS[1]).0.into_owned();
    let mut all = vec![[&[0, 3], &utf16(u16::to_le_bytes)[..]].concat(), [&[1, 9], &utf16(u16::to_be_bytes)[..]].concat()];
    all.extend(behind(&[&[2, 0], &[3, 7], &[9, 1]], [in_1251]));
    for (which, encoding) in [
        (4, encoding_rs::GB18030),
        (5, encoding_rs::SHIFT_JIS),
        (6, encoding_rs::ISO_2022_JP),
        (7, encoding_rs::BIG5),
        (8, encoding_rs::EUC_KR),
        (10, encoding_rs::UTF_8),
        (11, encoding_rs::UTF_8),
    ] {
        let text = RECORDS[1].replace("Рахунок", "口座 か 계정 帳戶");
        all.push([&[which, 2], &*encoding.encode(&text).0].concat());
    }
    all
}

pub(super) fn files() -> Vec<Vec<u8>> {
    let begins: &[&[u8]] = &[&[0, 128, 0, 3], &[1, 50, 4, 200], &[2, 200, 2, 9]];
    let mut all = behind(begins, RECORDS);
    all.extend(behind(begins, LINES));
    all.extend(behind(&begins[..1], [gzip(RECORDS[0].as_bytes()), zstd(RECORDS[1].as_bytes()), encodings()[0][2..].to_vec(), vec![0; 40]]));
    all
}

pub(super) fn envelopes() -> Vec<Vec<u8>> {
    let array = format!("[{}]", OBJECTS[0]);
    let packed = [gzip(array.as_bytes()), zstd(array.as_bytes()), [gzip(b"a"), gzip(b"b")].concat(), gzip(&gzip(b"x")), FILEBEAT.to_vec()];
    let mut all = behind(&[&[0, 3], &[1, 40], &[2, 9], &[5, 200], &[6, 1]], [array, RECORDS[0].to_owned()]);
    all.extend(behind(&[&[0, 3], &[1, 40]], packed));
    all
}

pub(super) fn arrays() -> Vec<Vec<u8>> {
    behind(&[&[0], &[6], &[255]], OBJECTS)
}

pub(super) fn archives() -> Vec<Vec<u8>> {
    let entries: [(&str, &[u8]); 4] = [("a.log", b"first"), ("day/b.log", &[7; 600]), ("c.log", RECORDS[0].as_bytes()), ("d/", b"")];
    let (zip, tar) = (zip_of(&entries), tar_of(&entries));
    let long = {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::GNULongName);
        header.set_size(20);
        header.set_cksum();
        [header.as_bytes().as_slice(), b"a name that is long\0", &[0; 492], &tar].concat()
    };
    let nested = zip_of(&[("in.zip", &zip), ("in.tar", &tar)]);
    let mut all = behind(&[&[0], &[4]], [&tar, &long]);
    all.extend(behind(&[&[5], &[6]], [&tar]));
    all.extend(behind(&[&[0]], [&zip, &zip[..zip.len() - 30].to_vec(), &nested, &gzip(&tar), &zstd(&tar)]));
    all
}

pub(super) fn loki_json() -> Vec<Vec<u8>> {
    plain(&[
        r#"{"streams":[{"stream":{"job":"a"},"values":[["1500000000000000000","x",{"t":"1"}],["1","<= B at 5/8/2016 7:17:45 AM: to 10.7.73.12"]]}]}"#,
        r#"{"streams":[{"stream":{"level":"error","service_name":"s"},"values":[["-1","{\"message\":\"m\",\"level\":3}"],[1,2],["x","2024-01-01 00:00:00,1 ERROR [main] a.B: it broke"]]},{"values":[["1","Output = {}"]]}]}"#,
    ])
}

pub(super) fn loki_protobuf() -> Vec<Vec<u8>> {
    let metadata = field(3, &[field(1, b"k"), field(2, b"v")].concat());
    let entry = [field(1, &[8, 5, 16, 7]), field(2, b"line"), metadata].concat();
    let labels = b"{job=\"a\", app=\"gate \\\"2\\\"\", level=\"error\"}";
    let stream =
        field(1, &[field(1, labels), field(2, &entry), field(2, &field(2, b"=> S at 5/8/2016 7:17:45 AM: from 1.1.1.1"))].concat());
    vec![stream, unpack(ALLOY), unpack(VECTOR), ALLOY.to_vec(), entry]
}

fn unpack(body: &[u8]) -> Vec<u8> {
    super::super::shipped::unpack_snappy(body, 1 << 20).unwrap()
}

pub(super) fn otlp_json() -> Vec<Vec<u8>> {
    plain(&[
        r#"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"intValue":"5"}}]},"scopeLogs":[{"scope":{"name":"s","version":"1"},"logRecords":[{"timeUnixNano":"1","severityNumber":17,"severityText":"E","body":{"stringValue":"x"},"traceId":"0a","attributes":[{"key":"k","value":{"arrayValue":{"values":[{"boolValue":true},{"doubleValue":1.5},{"bytesValue":"AA=="}]}}}]}]}]}]}"#,
        r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"observedTimeUnixNano":1,"body":{"kvlistValue":{"values":[{"key":"message","value":{"stringValue":"y"}}]}}},{"body":5},7]}]}]}"#,
    ])
}

pub(super) fn otlp_protobuf() -> Vec<Vec<u8>> {
    let attributes = field(6, &field(1, &[field(1, b"k"), field(2, &field(1, b"v"))].concat()));
    let record = [field(3, b"ERROR"), field(5, &attributes), vec![9, 1, 2, 3, 4, 5, 6, 7, 8, 16, 17], field(9, &[1; 16])].concat();
    let resource = field(1, &field(1, &[field(1, b"service.name"), field(2, &field(1, b"gate"))].concat()));
    let logs = field(1, &[resource, field(2, &[field(1, &field(1, b"scope")), field(2, &record)].concat())].concat());
    vec![logs, unpacked(COLLECTOR), record]
}

pub(super) fn bulk() -> Vec<Vec<u8>> {
    let mut all = plain(&[
        "{\"index\":{}}\n{\"message\":\"a\"}\n{\"delete\":{}}\n",
        "{\"create\":{\"_index\":\"b\",\"_id\":7}}\r\n{\"a\":1,\"host\":{\"name\":\"h\"},\"log\":{\"file\":{\"path\":\"/p\"}}}\r\n\n{\"delete\":{\"_id\":\"x\"}}\n{\"update\":{}}\n{\"doc\":{}}",
        "{\"index\":{}}\n{\"message\":\"<= B at 5/8/2016 7:17:45 AM: to 10.7.73.12\"}\n{\"index\":{}}\n{\"message\":\"Output = {}\"}\n{\"a\":\n{\"index\":\n{\"b\":1}\n",
    ]);
    all.extend([FILEBEAT, LOGSTASH, FLUENT_BIT].map(unpacked));
    all
}

pub(super) fn gelf() -> Vec<Vec<u8>> {
    let message = "{\"version\":\"1.1\",\"host\":\"h\",\"short_message\":\"a\",\"level\":3,\"timestamp\":1714557600.5,\"_x\":1}";
    let record =
        "{\"short_message\":\"a\",\"full_message\":\"<= B at 5/8/2016 7:17:45 AM: to 10.7.73.12\\nOutput = {}\"}\n{\"host\":\"h\"}\n[1]\n";
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut zlib, message.as_bytes()).unwrap();
    let mut all = plain(&[message, record, "{\"a\":1}\0{\"b\":2}\0"]);
    all.extend([zlib.finish().unwrap(), gzip(message.as_bytes())]);
    all
}

pub(super) fn gelf_chunks() -> Vec<Vec<u8>> {
    let chunk =
        |number: u8, text: &str| [&[text.len() as u8 + 12, 0x1E, 0x0F, 1, 2, 3, 4, 5, 6, 7, 8, number, 2], text.as_bytes()].concat();
    vec![[chunk(1, "\"a\"}"), chunk(0, "{\"short_message\":")].concat(), b"\x03\x05\x07{\"short_message\":\"in pieces\"}".to_vec()]
}

pub(super) fn syslog() -> Vec<Vec<u8>> {
    let mut all = plain(&[
        "<11>1 2024-06-14T12:16:01Z h a 7 I [a@1 b=\"c\"] x\n7 <1>abcd<2>Jun 14 15:16:01 h a[1]: y\n",
        "<14>1 2024-06-14T12:16:01Z k01 bars - - - <= B at 5/8/2016 7:17:45 AM: to 10.7.73.12\n<14>1 2024-06-14T12:16:01Z k01 bars - - - Output = {}\n",
        "<13>Feb 29 24:61:61 h {\"message\":\"m\",\"level\":\"error\"}\0",
    ]);
    all.push(encoding_rs::WINDOWS_1251.encode("<11>Jun 14 15:16:01 k01 gate[7]: каса закрита").0.into_owned());
    all.push(LINES[1].as_bytes().to_vec());
    all
}

pub(super) fn frames() -> Vec<Vec<u8>> {
    behind(
        &[&[0, 9, 77], &[1, 0, 0], &[2, 5, 3]],
        [
            "<1>a\n<2>b\r\n\n<3>c",
            "5 <1>ab6 <2>a\nb\n<3>c\n",
            "2024-01-01 a\n99999999 b\n0 c\n",
            "{\"a\":\n1}\0{}\0\0{",
            "9 short",
            "262144 x",
        ],
    )
}

pub(super) fn json() -> Vec<Vec<u8>> {
    behind(
        &[&[100], &[255]],
        [
            r#"{"a":1,"b":[true,false,null,"x\"\\\/\b\f\n\r\t\u0404\ud83d\ude00"],"c":{"d":{}},"message_id":"m","RESULT":{"sessionId":"s"}}"#,
            r#"[0,-0.0,1.5E-3,12345678901234567890,-9223372036854775808,1e999,2147483648,0.1e+2,123456789.123456789]"#,
            r#"{"a":1,"b":2,"a":{"c":1,"c":2},"binary_data":"AAAA"}"#,
            " \"text\" x",
            "{\"a\":01}",
            "[[[[[[[[[[{\"a\":[[]]}]]]]]]]]]]",
        ],
    )
}

pub(super) fn dates() -> Vec<Vec<u8>> {
    behind(
        &[&[0, 1, 61], &[1, 2, 200], &[2, 3, 9]],
        [
            "5/8/2016 7:17:45 AM\n13/8/2016 19:17:45\n12/31/2016 12:00:00 AM",
            "08.05.16\n2016-05-08T07:17:45.1239Z\n2016-05-08 07:17:45,5+03:00\n2016-05-08 07:17:45 -0330",
            "27/3/2016 3:30\n30/10/2016 3:30\n1/1/1900\n31.12.9999 23:59:60\n29.02.2015",
            "=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1;\n<= S at 13/8/2016 7:17:45 AM: to 10.0.0.1\nOutput = {\"current_timestamp\":\"2016-05-08T07:17:45\"}",
        ],
    )
}
