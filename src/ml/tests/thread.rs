//! The model's thread: places in the queue, who goes first, giving up, deadlines, too many, panics, hanging, no memory.

use std::{
    sync::{Arc, Mutex, mpsc as std_mpsc},
    time::Duration,
};

use super::{
    super::{Error, Limits, LocalModel, TextModel, chat::Chat, random::Recipe, writer::Writer},
    file, vocabulary,
};
use crate::suggest::{Backend, Drafting, Event, Fault, ModelState, Priority, Prompt, Request};

/// A model that weighs nothing: each reading goes through `on_read`, which may block or panic.
struct Fake {
    n_read: usize,
    on_read: Box<dyn FnMut(usize) + Send>,
}

impl TextModel for Fake {
    fn n_read(&self) -> usize {
        self.n_read
    }

    fn limit(&self) -> usize {
        4096
    }

    fn truncate(&mut self, n_tokens: usize) {
        self.n_read = self.n_read.min(n_tokens);
    }

    fn read(&mut self, tokens: &[u32]) -> Result<(), Error> {
        (self.on_read)(tokens.len());
        self.n_read += tokens.len();
        Ok(())
    }

    fn weigh(&mut self) -> Result<Vec<f32>, Error> {
        // Always `a`, so that a reply ends by its number of tokens alone.
        Ok((0..288).map(|token| if token == 97 { 1.0 } else { 0.0 }).collect())
    }
}

fn limits(queue: usize) -> Limits {
    Limits { context: 512, max_tokens: 64, queue, free_memory: None, grace: Duration::from_millis(50) }
}

fn fake(queue: usize, on_read: impl FnMut(usize) + Send + 'static) -> LocalModel {
    LocalModel::with("fake".to_owned(), limits(queue), move || {
        let vocabulary = vocabulary(&Recipe::tiny("qwen3", 1));
        Writer::new(Box::new(Fake { n_read: 0, on_read: Box::new(on_read) }), vocabulary, Chat::Plain)
    })
}

/// A model that reads only when it is let: each message lets it read once.
fn held(queue: usize) -> (LocalModel, std_mpsc::Sender<()>) {
    let (let_go, hold) = std_mpsc::channel();
    // Once nobody holds it any more it reads on freely.
    let wait = move |_| {
        let _ = hold.recv();
    };
    (fake(queue, wait), let_go)
}

fn request(user: &str, priority: Priority) -> Request {
    let prompt = Prompt { system: String::new(), user: user.to_owned(), schema: None, max_tokens: 4 };
    Request { prompt, priority, deadline: Duration::from_secs(600), seed: 0 }
}

fn next(drafting: &mut Drafting) -> Option<Event> {
    drafting.events.blocking_recv()
}

/// All events to the last.
fn all(mut drafting: Drafting) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    while !matches!(events.last(), Some(Event::Done(_) | Event::Failed(_))) {
        events.push(next(&mut drafting).expect("it ends without a last event"));
    }
    events
}

fn started(drafting: &mut Drafting) {
    while next(drafting).expect("it ends before it starts") != Event::Started {}
}

#[test]
fn a_request_is_queued_started_written_and_done() {
    let model = fake(4, |_| ());
    let events = all(model.submit(request("x", Priority::Analyst)).unwrap());
    assert_eq!(events.first(), Some(&Event::Queued { ahead: 0 }));
    let text: String = events.iter().filter_map(|event| if let Event::Text(text) = event { Some(text.as_str()) } else { None }).collect();
    assert_eq!(text, "aaaa");
    let Some(Event::Done(usage)) = events.last() else { panic!("{events:?}") };
    assert_eq!(usage.reply_tokens, 4);
    assert_eq!(model.state(), ModelState::Ready);
    let figures = model.figures();
    assert_eq!((figures.replies, figures.reply_tokens, figures.waiting), (1, 4, 0));
}

#[test]
fn an_analyst_goes_before_the_background_and_each_is_told_its_place() {
    let (model, let_go) = held(8);
    let mut first = model.submit(request("first", Priority::Background)).unwrap();
    started(&mut first);
    let mut background = model.submit(request("background", Priority::Background)).unwrap();
    assert_eq!(next(&mut background), Some(Event::Queued { ahead: 1 }));
    let mut analyst = model.submit(request("analyst", Priority::Analyst)).unwrap();
    assert_eq!(next(&mut analyst), Some(Event::Queued { ahead: 1 }));
    assert_eq!(next(&mut background), Some(Event::Queued { ahead: 2 }));
    assert_eq!(model.waiting(), 3);
    drop(let_go);
    assert!(matches!(all(first).last(), Some(Event::Done(_))));
    let background = all(background);
    assert_eq!(background.first(), Some(&Event::Queued { ahead: 1 }), "the analyst was before it");
    assert!(matches!(background.last(), Some(Event::Done(_))));
    assert!(matches!(all(analyst).last(), Some(Event::Done(_))));
}

#[test]
fn too_many_are_refused_and_an_analyst_takes_the_place_of_the_background() {
    let (model, let_go) = held(1);
    let mut first = model.submit(request("first", Priority::Analyst)).unwrap();
    started(&mut first);
    let background = model.submit(request("background", Priority::Background)).unwrap();
    assert_eq!(model.submit(request("more", Priority::Background)).unwrap_err(), Fault::Overloaded(1));
    let analyst = model.submit(request("analyst", Priority::Analyst)).unwrap();
    assert_eq!(all(background).last(), Some(&Event::Failed(Fault::Overloaded(1))));
    assert_eq!(model.submit(request("more", Priority::Analyst)).unwrap_err(), Fault::Overloaded(1));
    assert_eq!(model.figures().refused, 2);
    drop(let_go);
    assert!(matches!(all(analyst).last(), Some(Event::Done(_))));
}

#[test]
fn a_reply_nobody_reads_any_more_ends_at_the_next_token() {
    let reads = Arc::new(Mutex::new(0));
    let (let_go, hold) = std_mpsc::channel();
    let counted = reads.clone();
    let model = fake(4, move |_| {
        *counted.lock().unwrap() += 1;
        let _ = hold.recv();
    });
    let drafting = model.submit(request("x", Priority::Analyst)).unwrap();
    while *reads.lock().unwrap() == 0 {
        std::thread::yield_now();
    }
    drop(drafting);
    let_go.send(()).unwrap();
    drop(let_go);
    assert!(matches!(all(model.submit(request("y", Priority::Analyst)).unwrap()).last(), Some(Event::Done(_))));
    // One piece of the first prompt, one of the second, three tokens of the second reply.
    assert_eq!(*reads.lock().unwrap(), 5);
    assert_eq!(model.figures().unwanted, 1);
}

#[test]
fn a_deadline_ends_those_that_wait_and_the_one_under_way() {
    let (model, let_go) = held(8);
    let mut running = model.submit(Request { deadline: Duration::from_millis(300), ..request("running", Priority::Analyst) }).unwrap();
    started(&mut running);
    let waiting = model.submit(Request { deadline: Duration::ZERO, ..request("waiting", Priority::Analyst) }).unwrap();
    assert_eq!(all(waiting).last(), Some(&Event::Failed(Fault::Deadline)));
    // The model hangs in a reading: who asked is told all the same, and so is everybody who comes.
    assert_eq!(all(running).last(), Some(&Event::Failed(Fault::Deadline)));
    assert!(matches!(model.state(), ModelState::Absent { reason, .. } if reason.contains("hangs")));
    assert!(matches!(model.submit(request("late", Priority::Analyst)), Err(Fault::Absent(_))));
    // It comes back to life: it is there again.
    drop(let_go);
    while model.state() != ModelState::Ready {
        std::thread::yield_now();
    }
    assert!(matches!(all(model.submit(request("again", Priority::Analyst)).unwrap()).last(), Some(Event::Done(_))));
}

#[test]
fn a_model_that_panics_is_gone_and_says_why() {
    let (let_go, hold) = std_mpsc::channel::<()>();
    let model = fake(8, move |_| {
        let _ = hold.recv();
        panic!("the weights are cursed");
    });
    let mut first = model.submit(request("x", Priority::Analyst)).unwrap();
    started(&mut first);
    let second = model.submit(request("y", Priority::Analyst)).unwrap();
    drop(let_go);
    assert!(matches!(all(first).last(), Some(Event::Failed(Fault::Broken(why))) if why.contains("cursed")));
    assert!(matches!(all(second).last(), Some(Event::Failed(Fault::Absent(why))) if why.contains("cursed")));
    assert!(matches!(model.state(), ModelState::Absent { reason, remedy } if reason.contains("cursed") && remedy.contains("restart")));
    assert!(matches!(model.submit(request("z", Priority::Analyst)), Err(Fault::Absent(_))));
}

/// Waits until loading has ended in some way.
fn loaded(model: &LocalModel) -> ModelState {
    while model.state() == ModelState::Loading {
        std::thread::yield_now();
    }
    model.state()
}

#[test]
fn loading_that_fails_or_panics_leaves_no_model_and_says_what_helps() {
    let model = LocalModel::with("x".to_owned(), limits(1), || panic!("a bad file"));
    assert!(matches!(loaded(&model), ModelState::Absent { reason, .. } if reason.contains("a bad file")));
    let (_folder, path) = file(&Recipe::tiny("qwen3", 1));
    let model = LocalModel::of_file(path.clone(), Limits { free_memory: Some(1 << 20), ..limits(1) });
    assert!(matches!(loaded(&model), ModelState::Absent { reason, remedy } if reason.contains("memory") && remedy.contains("smaller")));
    std::fs::write(&path, "GGUF").unwrap();
    let model = LocalModel::of_file(path, limits(1));
    assert!(matches!(loaded(&model), ModelState::Absent { reason, remedy } if reason.contains("GGUF") && remedy.contains("pull")));
}

#[test]
fn without_weights_the_state_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let model = super::super::start(&crate::config::LlmConfig::default(), folder.path());
    assert!(matches!(model.state(), ModelState::Absent { remedy, .. } if remedy.contains("loghelper model pull")));
    assert!(matches!(model.submit(request("x", Priority::Analyst)), Err(Fault::Absent(_))));
}

#[test]
fn a_file_is_loaded_and_writes() {
    let (_folder, path) = file(&Recipe::tiny("qwen3", 1));
    let config = crate::config::LlmConfig { model: path.display().to_string(), context: 256, ..Default::default() };
    let model = super::super::start(&config, &path);
    assert!(model.name().starts_with("tiny") && !model.is_remote());
    let drafting = model.submit(request("an error", Priority::Analyst)).unwrap();
    assert!(matches!(all(drafting).last(), Some(Event::Done(_))));
    let again = all(model.submit(request("an error", Priority::Analyst)).unwrap());
    let Some(Event::Done(usage)) = again.last() else { panic!("{again:?}") };
    assert_eq!(usage.reused_tokens, usage.prompt_tokens - 1);
}
