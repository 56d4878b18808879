//! A model for tests, which does what the test says.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::mpsc;

use super::{Backend, Drafting, Event, Fault, Figures, ModelState, Prompt, Request, Usage};

/// What the fake model does with a request.
pub enum Act {
    /// Replies with these words, in small pieces.
    Reply(&'static str),
    /// Writes this and never ends.
    Hang(&'static str),
    /// Breaks off.
    Fail(Fault),
}

/// A model that does what the test says.
#[derive(Default)]
pub struct Fake {
    /// What each request comes to, in their order; none asks for more.
    pub acts: Mutex<VecDeque<Act>>,
    /// What it was asked.
    pub prompts: Mutex<Vec<Prompt>>,
    /// Requests that were given up before they ended.
    pub n_dropped: Arc<AtomicUsize>,
}

impl Backend for Fake {
    fn name(&self) -> String {
        "fake <b>model</b>".to_owned()
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn state(&self) -> ModelState {
        ModelState::Ready
    }

    fn waiting(&self) -> usize {
        0
    }

    fn figures(&self) -> Option<Figures> {
        Some(Figures { restarts: 2, unwanted: 3, bytes: 4096, tokens_per_second: 7.5, ..Figures::default() })
    }

    fn submit(&self, request: Request) -> Result<Drafting, Fault> {
        self.prompts.lock().unwrap().push(request.prompt);
        let act = self.acts.lock().unwrap().pop_front().expect("a test says what each request comes to");
        let (sender, events) = mpsc::channel(4);
        let n_dropped = self.n_dropped.clone();
        tokio::spawn(async move {
            let _ = sender.send(Event::Started).await;
            let (text, end) = match act {
                Act::Reply(text) => {
                    (text, Some(Event::Done(Usage { reply_tokens: 7, decode: Duration::from_secs(1), ..Usage::default() })))
                }
                Act::Hang(text) => (text, None),
                Act::Fail(fault) => ("", Some(Event::Failed(fault))),
            };
            for piece in text.split_inclusive(' ') {
                let _ = sender.send(Event::Text(piece.to_owned())).await;
            }
            match end {
                Some(end) => drop(sender.send(end).await),
                None => {
                    sender.closed().await;
                    n_dropped.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        Ok(Drafting { events })
    }
}
