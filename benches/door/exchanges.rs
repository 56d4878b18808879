//! Exchanges as branches log them: every one another, 15 % of them failed, about 700 bytes each.

use std::fmt::Write;

use loghelper::{
    detect::{self, Rules},
    domain::{BranchCode, EncodedLog, LogFileId},
    parse::{Error, Memory, Options, Piece, parse_with},
};

const METHODS: [&str; 8] =
    ["CloseSession", "OpenSession", "GetAccount", "CreatePayment", "SignDocument", "GetRates", "PrintReceipt", "FindClient"];
const NAMES: [&str; 4] = ["Шевченко Тарас", "Kovalenko Olha", "Леся Українка", "Bondarenko Petro"];
const MESSAGES: [&str; 5] = [
    "Рахунок не знайдено у філії",
    "Insufficient funds on account",
    "Підпис документа недійсний, сертифікат",
    "ORA-00060: deadlock detected while waiting for resource",
    "Перевищено ліміт операцій за день",
];

/// When an exchange happened, as its branch writes it.
pub fn date(n: usize) -> String {
    format!("5/{}/2016 {}:{:02}:{:02} AM", 1 + n / 43_200 % 28, 1 + n / 3600 % 11, n / 60 % 60, n % 60)
}

/// The session of an exchange.
pub fn session(n: usize) -> String {
    format!("{:016x}", n / 50)
}

/// One exchange, both halves.
pub fn write(n: usize, out: &mut String) {
    let chosen = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let of = |list: &[&'static str], shift: u32| list.get((chosen >> shift) % list.len()).copied().unwrap_or_default();
    let (date, session) = (date(n), session(n));
    let (method, name, message) = (of(&METHODS, 17), of(&NAMES, 23), of(&MESSAGES, 31));
    let result = match n % 20 {
        3 | 9 | 15 => {
            format!("\"status\":\"ERROR\",\"error\":{{\"code\":{0},\"message\":\"{message} {0} \\\"{n}\\\"\"}}", 100 + chosen % 40)
        }
        _ => format!("\"status\":\"OK\",\"RESULT\":{{\"rows\":[{n},{},null,true]}}", n % 1000),
    };
    // Writing to a text cannot fail.
    _ = write!(
        out,
        "=> BarsScheduler at {date}: from 10.7.{}.{}; RequestType = POST; ContentType = application/json; charset=\"UTF-8\";\nInput = {{\"sessionid\":\"{session}\",\"method\":\"{method}\",\"params\":{{\"account\":\"2600{n:010}\",\"amount\":{}.50,\"currency\":980,\"client\":\"{name}\",\"urgent\":false}},\"message_id\":\"BENCH-{n}\"}}\n<= BarsScheduler at {date}: to 10.7.{}.{}\nOutput = {{{result},\"message_id\":\"BENCH-{n}\",\"responce_id\":\"{n}\",\"current_timestamp\":\"2016-05-08T07:17:45\"}}\n",
        n % 90,
        n % 250,
        n % 100_000,
        n % 90,
        n % 250
    );
}

/// Bodies of about this size, no two with the same exchange.
pub fn bodies(n_bodies: usize, size: usize) -> Vec<String> {
    let mut n = 0;
    let body = |_| {
        let mut text = String::with_capacity(size + 2000);
        while text.len() < size {
            write(n, &mut text);
            n += 1;
        }
        text
    };
    (0..n_bodies).map(body).collect()
}

/// What the parser and the rules for errors make of a body.
pub fn parsed(memory: &mut Memory, branch: &BranchCode, rules: &Rules, body: &[u8]) -> anyhow::Result<Vec<EncodedLog>> {
    let options = Options::new(branch.clone(), LogFileId::from_content(&[b"bench"]));
    let mut logs = Vec::new();
    parse_with::<Error>(
        memory,
        body,
        &options,
        &mut |piece| {
            if let Piece::Log(log) = piece {
                let fault = detect::find(rules, log.response.as_deref());
                logs.extend(log.encode(&options.branch, &options.log_file_id, fault.as_ref(), None).ok());
            }
            Ok(())
        },
        &|_| {},
    )?;
    Ok(logs)
}
