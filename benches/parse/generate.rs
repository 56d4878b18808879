//! Input for the measurement: exchanges of interleaved sessions, 15 % of them failed with one of 200 messages (the
//! frequent ones far more often than the rare), 5 % of the bodies pretty-printed, texts in Ukrainian and English.

use std::{collections::VecDeque, fmt::Write};

/// SplitMix64: small, good enough, the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

const METHODS: [&str; 8] =
    ["CloseSession", "OpenSession", "GetAccount", "CreatePayment", "SignDocument", "GetRates", "PrintReceipt", "FindClient"];
const NAMES: [&str; 6] = ["Шевченко Тарас", "Франко Іван", "Kovalenko Olha", "Леся Українка", "Bondarenko Petro", "Ткаченко Ганна"];
const MESSAGES: [&str; 5] = [
    "Рахунок не знайдено у філії",
    "Insufficient funds on account",
    "Підпис документа недійсний, сертифікат",
    "ORA-00060: deadlock detected while waiting for resource",
    "Перевищено ліміт операцій за день",
];

/// At least this many bytes of records.
pub fn records(n_bytes: usize) -> Vec<u8> {
    let mut random = Random(7);
    let mut out = String::with_capacity(n_bytes + 4096);
    let mut waiting: VecDeque<String> = VecDeque::new();
    let mut n = 0_u64;
    while out.len() < n_bytes {
        let at = n / 20;
        let date = format!(
            "5/{}/2016 {}:{:02}:{:02} {}",
            1 + at / 86_400 % 28,
            (at / 3600 + 11) % 12 + 1,
            at / 60 % 60,
            at % 60,
            if at / 3600 % 24 < 12 { "AM" } else { "PM" }
        );
        exchange(n, &date, &mut random, &mut out, &mut waiting);
        while waiting.len() > random.below(12) as usize {
            let place = random.below(waiting.len() as u64) as usize;
            out.extend(waiting.remove(place));
        }
        n += 1;
    }
    out.extend(waiting);
    out.into_bytes()
}

/// Writes a request and puts its response in the queue.
fn exchange(n: u64, date: &str, random: &mut Random, out: &mut String, waiting: &mut VecDeque<String>) {
    let session = format!("{:016x}", random.below(500).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let ip = format!("10.7.{}.{}", random.below(90), random.below(250));
    let method = METHODS[random.below(8) as usize];
    let name = NAMES[random.below(6) as usize];
    let (account, amount) = (random.below(100_000_000), random.below(10_000_000));
    let request = format!(
        "{{\"sessionid\":\"{session}\",\"method\":\"{method}\",\"params\": {{\"account\":\"2600{account:08}\",\"amount\":{}.{:02},\"currency\":980,\"client\":\"{name}\",\"urgent\":false}},\"message_id\":\"BARS-MESS-{n}\"}}",
        amount / 100,
        amount % 100
    );
    let result = if random.below(100) < 15 {
        // The square makes small numbers frequent.
        let template = random.below(200) * random.below(200) / 200;
        let message = MESSAGES[(template % 5) as usize];
        format!("\"status\":\"ERROR\",\"error\":{{\"code\":{},\"message\":\"{message} {template} \\\"{account}\\\"\"}}", 100 + template)
    } else {
        format!("\"status\":\"OK\",\"RESULT\":{{\"sessionId\": \"{session}\",\"rows\":[{account},{amount},null,true]}}")
    };
    let response =
        format!("{{{result},\"message_id\":\"BARS-MESS-{n}\",\"responce_id\":\"{n}\",\"current_timestamp\":\"2016-05-08T07:17:45\"}}");
    let pretty = |text: String| if n % 20 == 7 { text.replace(",\"", ",\n  \"").replace('{', "{\n  ") } else { text };
    let _ = writeln!(
        out,
        "=> BarsScheduler at {date}: from {ip}; RequestType = POST; ContentType = application/json; charset=\"UTF-8\";\nInput = {}",
        pretty(request)
    );
    waiting.push_back(format!("<= BarsScheduler at {date}: to {ip}\nOutput = {}\n", pretty(response)));
}
