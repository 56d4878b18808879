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
    suggest::{Backend, Brief, Draft, Drafting, Event, Evidence, Fault, Language, Masker, Near, Priority, Prompt, Request, Wish, prompt},
};

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The server over this model, with so many tokens of context, and its address; nothing, and a word why, where there is none.
fn start(model: &Path, context: usize) -> Option<(Server, String)> {
    let Ok(folder) = std::env::var("LOGHELPER_LLAMA_CPP") else {
        eprintln!("skipped: LOGHELPER_LLAMA_CPP names no folder with the engine of llama.cpp");
        return None;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/llama/server.mjs");
    let mut child =
        Command::new("node").args([script, &folder]).arg(model).arg(context.to_string()).stdout(Stdio::piped()).spawn().unwrap();
    let mut port = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
    Some((Server(child), format!("http://127.0.0.1:{}/v1", port.trim())))
}

/// Evidence that says this much more, within so many tokens.
fn brief(room: usize, more: &str) -> Brief {
    let near = Near {
        id: KnownErrorId("a".into()),
        title: "Disk full".into(),
        text: format!("no space left on device {more}"),
        status: String::new(),
        answers: Vec::new(),
        score: 0.5,
    };
    let evidence = Evidence { message: format!("no space {more}"), known: vec![near], ..Evidence::default() };
    Brief::for_draft(&evidence, &Masker::new(&[]).unwrap(), room)
}

fn asked(brief: &Brief) -> Prompt {
    prompt::for_draft(brief, &Wish { marker: "k3v9x2m7".into(), language: Language::English, max_tokens: 2500 })
}

fn draft(backend: &Arc<dyn Backend>, brief: &Brief, seed: u64) -> Drafting {
    let request = Request { prompt: asked(brief), priority: Priority::Analyst, deadline: Duration::from_secs(120), seed };
    backend.submit(request).unwrap()
}

/// The reply and how it ended.
fn reply(mut drafting: Drafting) -> (String, Option<Event>) {
    let (mut text, mut last) = (String::new(), None);
    while let Some(event) = drafting.events.blocking_recv() {
        match event {
            Event::Text(piece) => text.push_str(&piece),
            event => last = Some(event),
        }
    }
    (text, last)
}

#[test]
fn a_server_over_llama_cpp_writes_valid_drafts_and_can_be_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("tiny.gguf");
    Recipe { context: 4096, ..Recipe::tiny("qwen3", 1) }.write(&model).unwrap();
    let Some((_server, url)) = start(&model, 4096) else { return };
    let backend = openai::start(&LlmConfig { url, model: "tiny".into(), ..LlmConfig::default() });
    let brief = brief(1000, "");
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
        let (text, last) = reply(draft(&backend, &brief, seed));
        assert!(matches!(last, Some(Event::Done(_))), "{last:?}");
        Draft::parse(&text, brief.citable()).unwrap_or_else(|error| panic!("{error}: {text}"));
    }
}

#[test]
fn a_prompt_that_llama_cpp_counts_as_too_long_is_made_to_fit() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("tiny.gguf");
    Recipe { context: 8192, ..Recipe::tiny("qwen3", 1) }.write(&model).unwrap();
    let Some((_server, url)) = start(&model, 8192) else { return };
    let backend = openai::start(&LlmConfig { url, model: "tiny".into(), ..LlmConfig::default() });
    let (mut room, mut n_prompts) = (6000, 0);
    let whole = loop {
        let brief = brief(room, &"since the update of the register ".repeat(800));
        let (text, last) = reply(draft(&backend, &brief, 1));
        n_prompts += 1;
        match last {
            Some(Event::Done(_)) => break Draft::parse(&text, brief.citable()),
            Some(Event::Failed(fault)) => {
                assert!(matches!(fault, Fault::TooLong { tokens: 8192.., limit: 5692 }), "{fault:?}");
                room = prompt::smaller(&asked(&brief), &fault).expect("it would fit");
            }
            other => panic!("{other:?}"),
        }
        assert!(n_prompts < 4, "{room}");
    };
    whole.unwrap_or_else(|error| panic!("{error}"));
    assert!(n_prompts > 1, "the first prompt is too long");
}
