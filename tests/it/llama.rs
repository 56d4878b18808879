//! The HTTP backend against the engine of llama.cpp, which the npm package `node-llama-cpp` carries. `LOGHELPER_LLAMA_CPP` names a folder
//! with that package in its `node_modules` (`tests/llama/fetch` makes one). The weights are chance.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use loghelper::{
    config::LlmConfig,
    domain::KnownErrorId,
    ml::{openai, random::Recipe},
    suggest::{Backend, Brief, Draft, Drafting, Event, Evidence, Language, Masker, Near, Priority, Request, Wish, prompt},
};

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The server over this model and its address; nothing, and a word why, where there is none.
fn start(model: &Path) -> Option<(Server, String)> {
    let Ok(folder) = std::env::var("LOGHELPER_LLAMA_CPP") else {
        eprintln!("skipped: LOGHELPER_LLAMA_CPP names no folder with the engine of llama.cpp");
        return None;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/llama/server.mjs");
    let mut child = Command::new("node").args([script, &folder]).arg(model).stdout(Stdio::piped()).spawn().unwrap();
    let mut port = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
    Some((Server(child), format!("http://127.0.0.1:{}/v1", port.trim())))
}

fn brief() -> Brief {
    let near = Near {
        id: KnownErrorId("a".into()),
        title: "Disk full".into(),
        text: "no space left on device".into(),
        status: String::new(),
        answers: Vec::new(),
        score: 0.5,
    };
    let evidence = Evidence { message: "no space".into(), known: vec![near], ..Evidence::default() };
    Brief::for_draft(&evidence, &Masker::new(&[]).unwrap(), 1000)
}

fn draft(backend: &Arc<dyn Backend>, brief: &Brief, seed: u64) -> Drafting {
    let wish = Wish { marker: "k3v9x2m7".into(), language: Language::English, max_tokens: 2500 };
    let prompt = prompt::for_draft(brief, &wish);
    backend.submit(Request { prompt, priority: Priority::Analyst, deadline: Duration::from_secs(120), seed }).unwrap()
}

#[test]
fn a_server_over_llama_cpp_writes_valid_drafts_and_can_be_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("tiny.gguf");
    Recipe { context: 4096, ..Recipe::tiny("qwen3", 1) }.write(&model).unwrap();
    let Some((_server, url)) = start(&model) else { return };
    let backend = openai::start(&LlmConfig { url, model: "tiny".into(), ..LlmConfig::default() });
    let brief = brief();
    let mut unwanted = draft(&backend, &brief, 0);
    loop {
        match unwanted.events.blocking_recv().expect("the reply ends without a word") {
            Event::Text(_) => break,
            Event::Failed(fault) => panic!("{fault}"),
            _ => {}
        }
    }
    drop(unwanted);
    for seed in 1..6 {
        let mut drafting = draft(&backend, &brief, seed);
        let (mut text, mut last) = (String::new(), None);
        while let Some(event) = drafting.events.blocking_recv() {
            match event {
                Event::Text(piece) => text.push_str(&piece),
                event => last = Some(event),
            }
        }
        assert!(matches!(last, Some(Event::Done(_))), "{last:?}");
        Draft::parse(&text, brief.citable()).unwrap_or_else(|error| panic!("{error}: {text}"));
    }
}
