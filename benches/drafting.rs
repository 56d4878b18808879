//! How quick the pages are while the model writes, beside how quick they are while it does not.
//!
//! `cargo bench --bench drafting` serves the demonstration with a model of chance in the form of Qwen3-0.6B (Q4_K_M mix; the file stays in
//! the cache folder), signs in, and asks for a handful of pages in turn, first alone, then while a draft is written, in turns, so that
//! both halves see the same machine. It prints the median and the 95th percentile of both, and their ratio.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use loghelper::ml::random::{Mix, Recipe};

/// Turns of each kind.
const TURNS: usize = 3;
/// How long a turn without the model is.
const ALONE: Duration = Duration::from_secs(15);
/// How long one with the model is: it reads the evidence, then writes.
const BESIDE: Duration = Duration::from_secs(40);
/// What people look at all day.
const PAGES: [&str; 6] = ["/", "/logs", "/errors", "/known", "/files", "/efficiency"];

/// The server, which ends with the bench.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn main() {
    let cache = std::env::var_os("LOGHELPER_CACHE").map_or_else(std::env::temp_dir, Into::into);
    let model = cache.join("loghelper-bench-qwen3-0.6b-q4.gguf");
    if !model.is_file() {
        println!("writing {}", model.display());
        let part = model.with_extension("part");
        Recipe::qwen3_0_6b(Mix::Q4).write(&part).expect("the cache folder can be written");
        fs::rename(&part, &model).expect("the cache folder can be written");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    assert!(program(data).args(["demo", "--no-serve"]).stdout(Stdio::null()).status().expect("the program runs").success());
    let (_server, address) = serve(data, &model);
    let browser = Browser::sign_in(address, fs::read_to_string(data.join("demo-sign-in.txt")).expect("a password").trim());
    let error = browser.an_error_with_evidence().expect("an unknown error with something near it");
    println!("the model is loaded: {}", browser.until_loaded());
    let (mut idle, mut busy) = (Vec::new(), Vec::new());
    browser.turn(None);
    for _ in 0..TURNS {
        idle.extend(browser.turn(None).0);
        let (beside, is_written) = browser.turn(Some(&error));
        if !is_written {
            println!("a draft ended before its turn did: it is not counted");
            continue;
        }
        busy.extend(beside);
    }
    print(&mut idle, &mut busy);
}

fn program(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loghelper"));
    command.env_remove("LOGHELPER_STORE").env("LOGHELPER_DATA_DIR", data).stdin(Stdio::null());
    command
}

fn serve(data: &Path, model: &Path) -> (Server, String) {
    let settings = [("MODEL", model.as_os_str()), ("DRAFTS_PER_DAY", "0".as_ref()), ("DEADLINE_SECONDS", "600".as_ref())];
    let settings = settings.map(|(name, value)| (format!("LOGHELPER_LLM__{name}"), value));
    let mut child =
        program(data).envs(settings).args(["serve", "--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn().expect("the program runs");
    let mut said = BufReader::new(child.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
    let line = said.find(|line| line.contains("http://")).expect("the server says where it is");
    std::thread::spawn(move || said.for_each(drop));
    (Server(child), line.trim().trim_end_matches('/').rsplit(' ').next().unwrap_or_default().to_owned())
}

/// Somebody who is signed in.
struct Browser {
    agent: ureq::Agent,
    address: String,
    cookie: String,
}

impl Browser {
    fn sign_in(address: String, password: &str) -> Self {
        let config = ureq::Agent::config_builder().max_redirects(0).max_redirects_will_error(false).http_status_as_error(false);
        let agent = ureq::Agent::new_with_config(config.build());
        let sent = agent.post(format!("{address}/sign-in")).send_form([("name", "demo"), ("password", password)]).expect("an answer");
        let cookie = sent.headers().get("set-cookie").and_then(|value| value.to_str().ok()).expect("a session");
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Self { agent, address, cookie }
    }

    fn get(&self, path: &str) -> String {
        let mut answer = self.agent.get(format!("{}{path}", self.address)).header("cookie", &self.cookie).call().expect("an answer");
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        answer.body_mut().with_config().limit(64 << 20).read_to_string().expect("a page")
    }

    fn post(&self, path: &str, fields: &[(&str, &str)]) {
        let request = self.agent.post(format!("{}{path}", self.address)).header("cookie", &self.cookie);
        let answer = request.send_form(fields.iter().copied()).expect("an answer");
        assert!(answer.status().is_redirection(), "{path}: {}", answer.status());
    }

    /// The address of the first unknown error that a draft could rest on evidence for.
    fn an_error_with_evidence(&self) -> Option<String> {
        let list = self.get("/errors?state=unknown");
        let mut links: Vec<&str> = list.split("href=\"").skip(1).filter_map(|rest| rest.split(['"', '?', '#']).next()).collect();
        links.retain(|link| link.starts_with("/errors/") && link.len() > 20);
        let has_evidence = |page: String| page.contains("class=\"nearest\"") && !page.contains("so no model is asked");
        links.into_iter().find(|link| has_evidence(self.get(link))).map(str::to_owned)
    }

    /// Waits until the model takes requests; how long that took.
    fn until_loaded(&self) -> String {
        let begun = Instant::now();
        while self.get("/efficiency").contains("being loaded") {
            std::thread::sleep(Duration::from_millis(200));
        }
        format!("{:.1} s", begun.elapsed().as_secs_f64())
    }

    /// Asks for pages for a while, while a draft is written where an error is named; how long each took, in milliseconds, and whether the
    /// draft was being written to the end of it.
    fn turn(&self, error: Option<&str>) -> (Vec<f64>, bool) {
        let page = error.map(|error| self.get(error)).unwrap_or_default();
        let csrf = value(&page, "name=\"csrf\" value=\"");
        if let Some(error) = error {
            self.post(&format!("{error}/suggestion"), &[("csrf", &csrf)]);
        }
        let (begun, turn) = (Instant::now(), if error.is_some() { BESIDE } else { ALONE });
        let mut took = Vec::new();
        for path in PAGES.iter().cycle() {
            if begun.elapsed() > turn {
                break;
            }
            let asked = Instant::now();
            self.get(path);
            took.push(asked.elapsed().as_secs_f64() * 1000.0);
        }
        let Some(error) = error else { return (took, true) };
        let panel = self.get(&format!("{error}/suggestion"));
        let of = value(&panel, "name=\"of\" value=\"");
        let is_written = panel.contains("data-stream");
        if is_written {
            self.post(&format!("{error}/suggestion/cancel"), &[("csrf", &csrf), ("of", &of)]);
        }
        (took, is_written)
    }
}

/// What stands behind this, up to the next quote.
fn value(page: &str, before: &str) -> String {
    page.split_once(before).and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default().to_owned()
}

fn print(idle: &mut [f64], busy: &mut [f64]) {
    let at = |times: &mut [f64], share: f64| {
        times.sort_by(f64::total_cmp);
        times.get((times.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN)
    };
    for (name, share) in [("median", 0.5), ("95th percentile", 0.95)] {
        let (alone, beside) = (at(idle, share), at(busy, share));
        println!("{name:<16} {alone:>7.2} ms alone   {beside:>7.2} ms while drafting   {:>5.2} ×", beside / alone);
    }
    println!("{} pages alone, {} while drafting", idle.len(), busy.len());
}
