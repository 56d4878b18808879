//! Drafts of a model in the server's own process, in a real browser, and what pages say of a model that fails; the script is
//! `tests/browser/model.mjs`. The weights are chance, so a draft says nothing: it is its way that is looked at.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use loghelper::ml::random::Recipe;
use serde_json::{Value, json};

use crate::{
    browser::scripts,
    support::{loghelper, ok},
};

/// A process that ends with the test, and the address or port that it said.
struct Running(Child, String);

impl Running {
    /// A script, which prints its port.
    fn script(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self(child, port.trim().to_owned())
    }

    /// A server, which says its address among other things.
    fn server(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let line = said.find(|line| line.contains("http://")).expect("the server says where it is");
        // It may say more, and somebody has to take it.
        std::thread::spawn(move || said.for_each(drop));
        Self(child, line.trim().rsplit(' ').next().unwrap_or_default().to_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself: one of them is made to.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server over a copy of that data, with these settings of `[llm]`.
fn serve(data: &Path, name: &str, settings: &[(&str, &str)]) -> Running {
    let own = data.with_file_name(name);
    fs::create_dir(&own).unwrap();
    for entry in fs::read_dir(data).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        fs::copy(entry.path(), own.join(entry.file_name())).unwrap();
    }
    let settings = settings.iter().chain(&[("DRAFTS_PER_DAY", "0")]).map(|(name, value)| (format!("LOGHELPER_LLM__{name}"), value));
    Running::server(loghelper(&own).envs(settings).args(["serve", "--listen", "127.0.0.1:0"]))
}

/// A server with that model in its process.
fn with_model(data: &Path, name: &str, model: &Path, settings: &[(&str, &str)]) -> Running {
    let model = model.display().to_string();
    let mut all = vec![("MODEL", model.as_str())];
    all.extend(settings);
    serve(data, name, &all)
}

/// A server whose drafts come from a script that fails in this way.
fn behind_script(data: &Path, scripts: &Path, fault: &str) -> (Running, Running) {
    let script = Running::script(Command::new("node").args(["llm.mjs", fault]).current_dir(scripts));
    let url = format!("http://127.0.0.1:{}/v1", script.1);
    let server = serve(data, fault, &[("BACKEND", "http"), ("MODEL", fault), ("URL", url.as_str()), ("DEADLINE_SECONDS", "3")]);
    (script, server)
}

/// A small file; with layers enough to be looked at while it writes.
fn model(folder: &Path, name: &str) -> PathBuf {
    let file = folder.join(name);
    Recipe { context: 24_576, n_layers: 6, ..Recipe::tiny("qwen3", 1) }.write(&file).unwrap();
    file
}

/// A small file whose contexts take more memory than any machine has.
fn too_large(folder: &Path) -> PathBuf {
    let file = folder.join("large.gguf");
    Recipe { context: 1 << 24, head_dim: 256, n_kv_heads: 4, ..Recipe::tiny("qwen3", 1) }.write(&file).unwrap();
    file
}

/// A model whose last numbers, those of the last norm, are none.
fn damaged(folder: &Path) -> PathBuf {
    let path = model(folder, "damaged.gguf");
    let mut file = File::options().write(true).open(&path).unwrap();
    file.seek(SeekFrom::End(-4 * 64)).unwrap();
    (0..64).for_each(|_| file.write_all(&f32::NAN.to_le_bytes()).unwrap());
    path
}

fn fault(name: &str, server: &Running, says: &str, help: &[&str]) -> Value {
    json!({ "name": name, "address": server.1, "says": says, "help": help })
}

#[test]
fn a_model_in_the_process_is_followed_to_the_known_error_and_its_faults_are_told() {
    let Some(scripts) = scripts() else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    ok(&data, &["demo", "--no-serve"]);
    let password = fs::read_to_string(data.join("demo-sign-in.txt")).unwrap();
    let chance = model(folder.path(), "chance.gguf");
    let roomy = [("CONTEXT", "24576"), ("MAX_TOKENS", "9000"), ("DEADLINE_SECONDS", "600"), ("THREADS", "1"), ("STREAMS", "1")];
    let server = with_model(&data, "whole", &chance, &roomy);
    let large = with_model(&data, "large", &too_large(folder.path()), &[("CONTEXT", "100000000")]);
    let broken = with_model(&data, "damaged", &damaged(folder.path()), &roomy);
    let behind = ["dies", "hangs", "garbage"].map(|fault| behind_script(&data, &scripts, fault));
    let [(_, dies), (_, hangs), (_, garbage)] = &behind;
    let settings = json!({
        "address": server.1,
        "person": { "name": "demo", "password": password.trim() },
        "faults": [
            fault("a model too large", &large, "Draft of", &["needs about", "choose a smaller model", "no model wrote it"]),
            fault("a damaged model", &broken, "No draft came of it", &["its file is damaged", "Try again"]),
            fault("a model that dies", dies, "No draft came of it", &["the connection broke", "Try again"]),
            fault("a model that hangs", hangs, "No draft came of it", &["deadline", "allow more"]),
            fault("a model that writes nonsense", garbage, "No draft came of it", &["is no draft", "take another model"]),
        ],
        "shots": std::env::var("LOGHELPER_SCREENSHOTS").ok(),
    });
    let output = Command::new("node").arg("model.mjs").arg(settings.to_string()).current_dir(&scripts).output().unwrap();
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
}
