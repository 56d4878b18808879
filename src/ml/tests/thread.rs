//! The model's thread: places in the queue, who goes first, giving up, deadlines, too many, panics, hanging, no memory.

use std::{
    sync::{Arc, Mutex, PoisonError, mpsc as std_mpsc},
    time::Duration,
};

use super::{
    super::{Error, Limits, LocalModel, Piece, TextModel, chat::Chat, random::Recipe, writer::Writer},
    file, vocabulary,
};
use crate::suggest::{Backend, Drafting, Event, Fault, ModelState, Priority, Prompt, Request};

/// What a model does when it reads.
type OnRead = Arc<Mutex<dyn FnMut(usize) + Send>>;

/// A model that weighs nothing: each reading goes through `on_read`, which may block or panic.
struct Fake {
    n_read: Vec<usize>,
    on_read: OnRead,
}

impl TextModel for Fake {
    fn n_streams(&self) -> usize {
        self.n_read.len()
    }

    fn limit(&self) -> usize {
        4096
    }

    fn n_read(&self, stream: usize) -> usize {
        self.n_read[stream]
    }

    fn truncate(&mut self, stream: usize, n_tokens: usize) {
        self.n_read[stream] = self.n_read[stream].min(n_tokens);
    }

    fn adopt(&mut self, stream: usize, from: usize, n_tokens: usize) -> Result<(), Error> {
        self.n_read[stream] = self.n_read[from].min(n_tokens);
        Ok(())
    }

    fn read(&mut self, pieces: &[Piece]) -> Result<(), Error> {
        let n_tokens = pieces.iter().map(|piece| piece.tokens.len()).sum();
        if n_tokens > 0 {
            (self.on_read.lock().unwrap_or_else(PoisonError::into_inner))(n_tokens);
        }
        pieces.iter().for_each(|piece| self.n_read[piece.stream] += piece.tokens.len());
        Ok(())
    }

    fn weigh(&mut self, streams: &[usize]) -> Result<Vec<Vec<f32>>, Error> {
        // Always `a`, so that a reply ends by its number of tokens alone.
        Ok(vec![(0..288).map(|token| if token == 97 { 1.0 } else { 0.0 }).collect(); streams.len()])
    }

    fn bytes(&self) -> u64 {
        7
    }
}

fn limits(queue: usize) -> Limits {
    Limits { context: 512, max_tokens: 64, queue, streams: 1, free_memory: None, apart: false, grace: Duration::from_millis(50) }
}

fn fake(queue: usize, on_read: impl FnMut(usize) + Send + 'static) -> LocalModel {
    fake_of(1, queue, on_read)
}

/// One that writes so many replies side by side.
fn fake_of(n_streams: usize, queue: usize, on_read: impl FnMut(usize) + Send + 'static) -> LocalModel {
    let on_read: OnRead = Arc::new(Mutex::new(on_read));
    LocalModel::with("fake".to_owned(), limits(queue), move || {
        let vocabulary = vocabulary(&Recipe::tiny("qwen3", 1));
        Writer::new(Box::new(Fake { n_read: vec![0; n_streams], on_read: on_read.clone() }), vocabulary, Chat::Plain)
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
    let figures = model.figures().unwrap();
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
fn replies_are_written_side_by_side_and_the_last_place_is_kept_for_people() {
    let (let_go, hold) = std_mpsc::channel();
    let model = fake_of(3, 8, move |_| {
        let _ = hold.recv();
    });
    let [mut first, mut second, mut third] =
        ["first", "second", "third"].map(|user| model.submit(request(user, Priority::Background)).unwrap());
    started(&mut first);
    let_go.send(()).unwrap();
    started(&mut second);
    let mut analyst = model.submit(request("analyst", Priority::Analyst)).unwrap();
    // The prompt of the second, then the next token of the first.
    let_go.send(()).unwrap();
    let_go.send(()).unwrap();
    started(&mut analyst);
    while let Ok(event) = third.events.try_recv() {
        assert!(matches!(event, Event::Queued { .. }), "{event:?}");
    }
    assert_eq!(model.waiting(), 4);
    drop(let_go);
    for drafting in [first, second, third, analyst] {
        let events = all(drafting);
        let text: String =
            events.iter().filter_map(|event| if let Event::Text(text) = event { Some(text.as_str()) } else { None }).collect();
        assert!(text.len() <= 4 && text.chars().all(|c| c == 'a') && matches!(events.last(), Some(Event::Done(_))), "{events:?}");
    }
    assert_eq!((model.waiting(), model.figures().unwrap().replies), (0, 4));
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
    assert_eq!(model.figures().unwrap().refused, 2);
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
    assert_eq!(model.figures().unwrap().unwanted, 1);
}

#[test]
fn a_deadline_ends_the_one_under_way() {
    let (model, let_go) = held(8);
    let mut running = model.submit(Request { deadline: Duration::from_millis(300), ..request("running", Priority::Analyst) }).unwrap();
    started(&mut running);
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
fn the_time_of_a_request_begins_with_its_turn() {
    let (model, let_go) = held(8);
    let mut first = model.submit(request("first", Priority::Analyst)).unwrap();
    started(&mut first);
    let mut second = model.submit(Request { deadline: Duration::ZERO, ..request("second", Priority::Analyst) }).unwrap();
    // The watcher has looked more than once.
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(second.events.try_recv(), Ok(Event::Queued { ahead: 1 }));
    assert!(second.events.try_recv().is_err(), "it waits on");
    drop(let_go);
    assert!(matches!(all(first).last(), Some(Event::Done(_))));
    let second = all(second);
    assert_eq!(&second[second.len() - 2..], [Event::Started, Event::Failed(Fault::Deadline)], "{second:?}");
}

#[test]
fn a_model_that_panics_is_loaded_anew_and_those_who_wait_are_served() {
    let mut n_reads = 0;
    let (let_go, hold) = std_mpsc::channel::<()>();
    let model = fake(8, move |_| {
        n_reads += 1;
        let _ = hold.recv();
        assert!(n_reads > 1, "the weights are cursed");
    });
    let mut first = model.submit(request("x", Priority::Analyst)).unwrap();
    started(&mut first);
    let second = model.submit(request("y", Priority::Analyst)).unwrap();
    drop(let_go);
    assert!(matches!(all(first).last(), Some(Event::Failed(Fault::Broken(why))) if why.contains("cursed")));
    assert!(matches!(all(second).last(), Some(Event::Done(_))));
    let figures = model.figures().unwrap();
    assert_eq!((model.state(), figures.restarts, figures.failed, figures.replies), (ModelState::Ready, 1, 1, 1));
}

#[test]
fn a_model_that_panics_again_and_again_is_gone_and_says_why() {
    let model = fake(8, |_| panic!("the weights are cursed"));
    for user in ["x", "y"] {
        assert!(matches!(all(model.submit(request(user, Priority::Analyst)).unwrap()).last(), Some(Event::Failed(Fault::Broken(_)))));
    }
    let last = model.submit(request("z", Priority::Analyst)).unwrap();
    assert!(matches!(all(last).last(), Some(Event::Failed(Fault::Broken(why))) if why.contains("cursed")));
    while !matches!(model.state(), ModelState::Absent { .. }) {
        std::thread::yield_now();
    }
    assert!(matches!(model.state(), ModelState::Absent { reason, remedy } if reason.contains("cursed") && remedy.contains("restart")));
    assert!(matches!(model.submit(request("late", Priority::Analyst)), Err(Fault::Absent(_))));
}

#[test]
fn a_panic_among_the_tensor_librarys_own_threads_is_the_end_of_the_model_but_not_of_the_process() {
    // It leaves these threads unusable: it happens in a process of its own.
    const INSIDE: &str = "LOGHELPER_TEST_PANIC_IN_POOL";
    if std::env::var_os(INSIDE).is_none() {
        let name = "ml::tests::thread::a_panic_among_the_tensor_librarys_own_threads_is_the_end_of_the_model_but_not_of_the_process";
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        let output = again.args(["--exact", name]).envs([(INSIDE, "1"), ("CANDLE_NUM_THREADS", "2")]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        return;
    }
    let model =
        fake(8, |_| candle_core::utils::barrier_pool().execute_chunked(64, |range| assert!(!range.contains(&40), "a row is cursed")));
    let events = all(model.submit(request("x", Priority::Analyst)).unwrap());
    assert!(matches!(events.last(), Some(Event::Failed(Fault::Broken(why))) if why.contains("panic")));
    while !matches!(model.state(), ModelState::Absent { .. }) {
        std::thread::yield_now();
    }
    assert!(matches!(model.state(), ModelState::Absent { remedy, .. } if remedy.contains("restart the program")));
    assert_eq!(model.figures().unwrap().restarts, 0);
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
