//! A bank's knowledge base and its logs: 40 branches, 30 days, one exchange in six with an error, half of these known.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
};

use super::{random::Random, texts};

pub const N_BRANCHES: u64 = 40;
pub const N_DAYS: u64 = 30;
pub const METHODS: [&str; 12] = [
    "CloseSession",
    "OpenSession",
    "GetAccount",
    "PostPayment",
    "GetRate",
    "PrintDocument",
    "FindClient",
    "SaveClient",
    "GetJournal",
    "SignDocument",
    "CloseDay",
    "GetLimits",
];
/// Families of texts.
const UNKNOWN: u64 = 1;
const KNOWN: u64 = 2;

/// How much is written.
pub struct Size {
    pub n_logs: u64,
    pub n_groups: u64,
    pub n_known: u64,
}

/// Writes `kb.json`, and `logs/BRANCH-DAY.log` for each branch and day.
pub fn write(folder: &Path, size: &Size) -> anyhow::Result<()> {
    fs::create_dir_all(folder.join("logs"))?;
    knowledge(&mut BufWriter::new(File::create(folder.join("kb.json"))?), size.n_known)?;
    let (mut random, mut n) = (Random(7), 0);
    let n_files = N_BRANCHES * N_DAYS;
    for file in 0..n_files {
        let (day, branch) = (file / N_BRANCHES, file % N_BRANCHES);
        let path = folder.join(format!("logs/B{branch:02}-{:02}.log", day + 1));
        let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
        let end = size.n_logs * (file + 1) / n_files;
        let n_here = end - n;
        for place in 0..n_here {
            exchange(&mut out, n, (day, place * 86_399 / n_here), size, &mut random)?;
            n += 1;
        }
        out.flush()?;
    }
    Ok(())
}

/// The known errors under 50 statuses, an answer each.
fn knowledge(out: &mut impl Write, n_known: u64) -> anyhow::Result<()> {
    let status = |n: u64| format!("{{\"code\":{},\"title\":\"Area {n}\",\"parent\":null,\"keywords\":[]}}", 1000 + n);
    let statuses: Vec<String> = (0..50).map(status).collect();
    write!(out, "{{\"statuses\":[{}],\"known_errors\":[", statuses.join(","))?;
    let mut values = Random(11);
    for n in 0..n_known {
        let text = texts::text(KNOWN, n, &mut values);
        let comma = if n > 0 { "," } else { "" };
        let answers = format!("[{{\"text\":\"Restart the service of case {n} and send the document again.\"}}]");
        write!(
            out,
            "{comma}{{\"id\":\"bank-{n:05}\",\"title\":\"{text}\",\"text\":\"{text}\",\"status\":{},\"answers\":{answers}}}",
            1000 + n % 50
        )?;
    }
    Ok(writeln!(out, "]}}")?)
}

/// Writes exchange `n`, at a second of a day.
fn exchange(out: &mut impl Write, n: u64, (day, second): (u64, u64), size: &Size, random: &mut Random) -> anyhow::Result<()> {
    let (hour, minute) = (second / 3600, second / 60 % 60);
    let date =
        format!("5/{}/2016 {}:{minute:02}:{:02} {}", day + 1, (hour + 11) % 12 + 1, second % 60, if hour < 12 { "AM" } else { "PM" });
    let (address, method) = (format!("10.7.{}.{}", random.below(4), random.below(200)), random.of(&METHODS).copied().unwrap_or_default());
    let (session, id) = (format!("s{:08x}", random.below(200_000)), format!("BANK-MESS-{n}"));
    writeln!(out, "=> BarsScheduler at {date}: from {address}; RequestType = POST; ContentType = application/json; charset=\"UTF-8\";")?;
    let params =
        format!("{{\"account\":\"{}\",\"amount\":{},\"currency\":\"UAH\"}}", 26_000_000 + random.below(900_000), random.below(100_000));
    writeln!(out, "Input = {{\"sessionid\":\"{session}\",\"method\":\"{method}\",\"params\":{params},\"message_id\":\"{id}\"}}")?;
    writeln!(out, "<= BarsScheduler at {date}: to {address}")?;
    let end = format!(
        "\"message_id\":\"{id}\",\"responce_id\":\"{n}\",\"current_timestamp\":\"2016-05-{:02}T{hour:02}:{minute:02}:{:02}\"",
        day + 1,
        second % 60
    );
    // The sixth of all that fails, every second time with an error that nobody knows: each kind of it once, then the first ones more often.
    let failure = n.is_multiple_of(6).then_some(n / 6);
    let message = failure.map(|place| match (place % 2 == 0, place / 2) {
        (true, kind) if kind < size.n_groups => texts::text(UNKNOWN, kind, random),
        (true, _) => {
            let kind = random.early(size.n_groups);
            texts::text(UNKNOWN, kind, random)
        }
        (false, _) => {
            let kind = random.early(size.n_known);
            texts::text(KNOWN, kind, random)
        }
    });
    match message {
        Some(message) => {
            writeln!(out, "Output = {{\"status\":\"ERROR\",\"error\":{{\"code\":{},\"message\":\"{message}\"}},{end}}}", 100 + n % 400)?
        }
        None => {
            writeln!(out, "Output = {{\"status\":\"OK\",\"RESULT\":{{\"sessionId\":\"{session}\",\"rows\":{}}},{end}}}", random.below(50))?
        }
    }
    Ok(())
}
