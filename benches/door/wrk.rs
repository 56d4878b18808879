//! `wrk` with bodies of its own: each post is another exchange of one of several branches.

use std::{io::Write, process::Command};

use anyhow::{Context, ensure};

use crate::exchanges;

/// What it counted.
#[derive(Debug)]
pub struct Counted {
    pub per_second: f64,
    pub answered: f64,
    /// Answers that were no success, and connections that broke.
    pub failed: f64,
    /// Time of the middle answer and of the last but one in a hundred, in milliseconds.
    pub median_ms: f64,
    pub p99_ms: f64,
}

/// How it posts.
pub struct Load<'a> {
    pub address: &'a str,
    pub connections: usize,
    pub seconds: u32,
    /// Branches and their keys.
    pub keys: &'a [(String, String)],
    /// Told apart from other loads by this: no post is sent twice.
    pub run: usize,
}

/// Posts of 1 KB, until the time is over.
pub fn post(load: &Load<'_>) -> anyhow::Result<Counted> {
    let mut script = tempfile::Builder::new().suffix(".lua").tempfile()?;
    script.write_all(lua(load).as_bytes())?;
    let output = Command::new("wrk")
        .args(["-t1", &format!("-c{}", load.connections), &format!("-d{}s", load.seconds), "--timeout", "20s", "-s"])
        .arg(script.path())
        .arg(format!("http://{}/", load.address))
        .output()
        .context("wrk is not installed")?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "wrk: {said}{}", String::from_utf8_lossy(&output.stderr));
    let line = said.lines().find_map(|line| line.strip_prefix("COUNTED ")).with_context(|| format!("wrk said nothing: {said}"))?;
    let numbers: Vec<f64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [answered, micros, failed, median, p99] = numbers.as_slice() else { anyhow::bail!("wrk said: {line}") };
    Ok(Counted {
        per_second: (answered - failed) / (micros / 1e6),
        answered: *answered,
        failed: *failed,
        median_ms: median / 1000.0,
        p99_ms: p99 / 1000.0,
    })
}

/// The script: a template of an exchange in which number, session and date are put at each request, as exchanges come in life: now, fifty to a
/// session. The text after it makes 1 KB of it.
fn lua(load: &Load<'_>) -> String {
    let mark = 9_990_000_003;
    let mut texts = Vec::new();
    // One in seven fails, each kind with a text of its own.
    for kind in 0..20 {
        let mut text = String::new();
        exchanges::write(mark - 3 + kind, &mut text);
        let padding = 1000_usize.saturating_sub(text.len());
        let text = text.replacen("\"urgent\":false", &format!("\"urgent\":false,\"note\":\"{}\"", "note ".repeat(padding / 5)), 1);
        let text = text.replace(&(mark - 3 + kind).to_string(), "@n");
        let (date, session) = (exchanges::date(mark - 3 + kind), exchanges::session(mark - 3 + kind));
        texts.push(format!("[==[{}]==]", text.replace(&date, "@d").replace(&session, "@s")));
    }
    let keys: Vec<String> = load.keys.iter().map(|(branch, key)| format!("{{\"{branch}\",\"{key}\"}}")).collect();
    format!(
        r#"local texts = {{ {texts} }}
local keys = {{ {keys} }}
local n = {run} * 100000000
local heads, paths = {{}}, {{}}
local second, put = 0, {{}}
for i, key in ipairs(keys) do
  paths[i] = "/api/v1/branches/" .. key[1] .. "/logs"
  heads[i] = {{ ["Authorization"] = "Bearer " .. key[2], ["Content-Type"] = "text/plain" }}
end
function request()
  n = n + 1
  local i = n % #keys + 1
  if os.time() ~= second then
    second = os.time()
    put["@d"] = os.date("!%m/%d/%Y %I:%M:%S %p", second)
  end
  put["@n"], put["@s"] = n, string.format("%08x%08x", math.floor(n / 50) * 40503 % 4294967296, n / 50)
  return wrk.format("POST", paths[i], heads[i], (texts[n % 20 + 1]:gsub("@[nds]", put)))
end
function done(summary, latency, requests)
  local e = summary.errors
  local failed = e.connect + e.read + e.write + e.status + e.timeout
  io.write(string.format("COUNTED %d %d %d %d %d\n", summary.requests, summary.duration, failed,
    latency:percentile(50), latency:percentile(99)))
end
"#,
        texts = texts.join(", "),
        keys = keys.join(", "),
        run = load.run
    )
}
