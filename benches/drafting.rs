//! How quick the pages are while the model writes, beside how quick they are while it does not.
//!
//! `cargo bench --bench drafting` serves the demonstration with a model of chance in the form of Qwen3-0.6B (Q4_K_M mix; the file stays in
//! the cache folder), signs in, and asks for a handful of pages in turn, alone and while a draft is read and written, in turns, so that
//! both halves see the same machine. Each draft is for another error, so that each turn has a prompt to read. Only rounds of pages count
//! that began and ended while the model was busy. It prints the median and the 95th percentile of both, and their ratio, in less than three minutes.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use loghelper::ml::random::{Mix, Recipe};

/// Turns of each kind.
const TURNS: usize = 2;
/// How long a turn without the model is.
const ALONE: Duration = Duration::from_secs(15);
/// How long one with the model is: it reads the evidence, then writes.
const BESIDE: Duration = Duration::from_secs(60);
/// Drafts of a turn; where there are more, they are too short to look at pages beside them.
const MOST_DRAFTS: usize = 50;
/// How long the model may take to begin or to end something.
const PATIENCE: Duration = Duration::from_secs(60);
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
    let errors = browser.errors_with_evidence();
    assert!(!errors.is_empty(), "no unknown error has anything near it");
    browser.until_loaded();
    let (mut idle, mut busy) = (Vec::new(), Vec::new());
    browser.alone(ALONE / 2);
    for error in errors.iter().cycle().take(TURNS) {
        idle.extend(browser.alone(ALONE));
        busy.extend(browser.beside(error));
    }
    print(&mut idle, &mut busy);
}

fn program(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loghelper"));
    command.env_remove("LOGHELPER_STORE").env("LOGHELPER_DATA_DIR", data).stdin(Stdio::null());
    command
}

fn serve(data: &Path, model: &Path) -> (Server, String) {
    // A vocabulary of chance knows hardly more than bytes: a prompt has more than twice the tokens that it has for another model, and is
    // made smaller until it fits. This context is read in much less than a turn.
    let settings = [
        ("MODEL", model.as_os_str()),
        ("CONTEXT", "4096".as_ref()),
        ("DRAFTS_PER_DAY", "0".as_ref()),
        ("DEADLINE_SECONDS", "600".as_ref()),
    ];
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

    /// Sends a form; whether it was taken.
    fn post(&self, path: &str, fields: &[(&str, &str)]) -> bool {
        let request = self.agent.post(format!("{}{path}", self.address)).header("cookie", &self.cookie);
        let answer = request.send_form(fields.iter().copied()).expect("an answer");
        answer.status().is_redirection()
    }

    /// The addresses of a few unknown errors that a draft could rest on evidence for.
    fn errors_with_evidence(&self) -> Vec<String> {
        let list = self.get("/errors?state=unknown");
        let mut links: Vec<&str> = list.split("href=\"").skip(1).filter_map(|rest| rest.split(['"', '?', '#']).next()).collect();
        links.retain(|link| link.starts_with("/errors/") && link.len() > 20);
        links.dedup();
        let has_evidence = |page: &str| page.contains("class=\"nearest\"") && !page.contains("so no model is asked");
        links.into_iter().filter(|link| has_evidence(&self.get(link))).take(TURNS).map(str::to_owned).collect()
    }

    /// Waits until the model takes requests.
    fn until_loaded(&self) {
        let begun = Instant::now();
        until("the model is loaded", || !self.get("/efficiency").contains("being loaded"));
        let metrics = self.get("/metrics");
        assert!(metrics.contains("loghelper_model_queue "), "there is no model: see what `loghelper model check` says of the file");
        println!("the model is loaded: {:.1} s", begun.elapsed().as_secs_f64());
    }

    /// Requests that wait for the model or are under way.
    fn waiting(&self) -> u64 {
        let metrics = self.get("/metrics");
        let line = metrics.lines().find_map(|line| line.strip_prefix("loghelper_model_queue "));
        line.and_then(|n| n.trim().parse().ok()).expect("there is a model, and its queue has a length")
    }

    /// Whether a draft for this error is waited for.
    fn is_open(&self, error: &str) -> bool {
        self.get(&format!("{error}/suggestion")).contains("data-stream=")
    }

    /// What the page says of the latest draft for this error.
    fn says(&self, error: &str) -> String {
        let panel = self.get(&format!("{error}/suggestion"));
        let said = panel.split_once("data-says").and_then(|(_, rest)| rest.split_once('>')).map_or(panel.as_str(), |(_, rest)| rest);
        let text = said
            .split('<')
            .enumerate()
            .map(|(place, piece)| if place == 0 { piece } else { piece.split_once('>').map_or("", |(_, text)| text) });
        text.collect::<Vec<_>>().join(" ").split_whitespace().take(60).collect::<Vec<_>>().join(" ")
    }

    /// Asks for all pages once; how long each took, in milliseconds.
    fn round(&self) -> Vec<f64> {
        let ask = |path: &&str| {
            let asked = Instant::now();
            self.get(path);
            asked.elapsed().as_secs_f64() * 1000.0
        };
        PAGES.iter().map(ask).collect()
    }

    /// Rounds for a while, without the model.
    fn alone(&self, turn: Duration) -> Vec<f64> {
        until("the model rests", || self.waiting() == 0);
        let begun = Instant::now();
        let mut took = Vec::new();
        while begun.elapsed() < turn {
            took.extend(self.round());
        }
        took
    }

    /// Rounds while drafts for this error are written; one that ends early is asked for again.
    fn beside(&self, error: &str) -> Vec<f64> {
        let csrf = value(&self.get(error), "name=\"csrf\" value=\"");
        let begun = Instant::now();
        let (mut took, mut n_drafts) = (Vec::new(), 0);
        while begun.elapsed() < BESIDE {
            if self.waiting() == 0 {
                assert!(self.post(&format!("{error}/suggestion"), &[("csrf", &csrf)]), "a draft can be asked for");
                // A model of chance may end a draft before anybody looked.
                until("the model begins", || self.waiting() > 0 || !self.is_open(error));
                assert!(n_drafts < MOST_DRAFTS, "drafts end as soon as they begin: {}", self.says(error));
                n_drafts += 1;
            }
            let round = self.round();
            if self.waiting() > 0 {
                took.extend(round);
            }
        }
        let of = value(&self.get(&format!("{error}/suggestion")), "name=\"of\" value=\"");
        // It may have ended just now.
        self.post(&format!("{error}/suggestion/cancel"), &[("csrf", &csrf), ("of", &of)]);
        println!("{n_drafts} draft(s), {} pages meanwhile", took.len());
        took
    }
}

/// Waits for something that has to come.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(50));
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
