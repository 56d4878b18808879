//! The pages in a real browser, driven by `tests/browser/run.mjs`.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::support::{loghelper, ok, samples};

/// The folder of the scripts, where they can be run.
pub fn scripts() -> Option<PathBuf> {
    let chromium = std::env::var("LOGHELPER_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    let scripts = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser"));
    if !Path::new(&chromium).exists() || !scripts.join("node_modules").exists() {
        eprintln!("skipped: it needs Chromium and `npm ci` in tests/browser, which `./test` sees to");
        return None;
    }
    Some(scripts.to_owned())
}

#[test]
fn the_main_paths_work_in_a_browser() {
    let Some(scripts) = scripts() else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    ok(data, &["demo", "--no-serve"]);
    let file = samples(300, data).remove(2);
    let analyst = std::fs::read_to_string(data.join("demo-sign-in.txt")).unwrap();
    let operator = "operator's password";
    let mut adding = loghelper(data)
        .args(["user", "add", "operator", "--role", "branch_operator", "--branch", "K01"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    writeln!(adding.stdin.take().unwrap(), "{operator}").unwrap();
    assert!(adding.wait().unwrap().success());
    let mut model = Command::new("node").arg("llm.mjs").current_dir(&scripts).stdout(Stdio::piped()).spawn().unwrap();
    let mut port = String::new();
    BufReader::new(model.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let drafts =
        [("BACKEND", "http"), ("MODEL", "slow"), ("DRAFTS_PER_DAY", "0"), ("URL", &format!("http://127.0.0.1:{}/v1", port.trim()))];
    let drafts = drafts.map(|(name, value)| (format!("LOGHELPER_LLM__{name}"), value.to_owned()));
    let mut server = loghelper(data).envs(drafts).args(["serve", "--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stderr.take().unwrap()).read_line(&mut line).unwrap();
    let settings = serde_json::json!({
        "address": line.trim().rsplit(' ').next().unwrap(),
        "people": {
            "analyst": { "name": "demo", "password": analyst.trim() },
            "operator": { "name": "operator", "password": operator },
        },
        "logFile": file,
        "hostileFile": concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/hostile.log"),
        "shots": std::env::var("LOGHELPER_SCREENSHOTS").ok(),
    });
    let output = Command::new("node").arg("run.mjs").arg(settings.to_string()).current_dir(&scripts).output().unwrap();
    for child in [&mut server, &mut model] {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
}
