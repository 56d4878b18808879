//! The way of a reply to its reader, who may be slow: text is gathered while it is, and nothing is lost.

use std::{
    thread,
    time::{Duration, Instant},
};

use tokio::sync::mpsc::{Sender, error::TrySendError};

use crate::suggest::Event;

/// How often a full channel is tried again at the end.
const PAUSE: Duration = Duration::from_millis(20);

pub(super) struct Outlet<'e> {
    events: &'e Sender<Event>,
    text: String,
}

impl<'e> Outlet<'e> {
    pub(super) fn new(events: &'e Sender<Event>) -> Self {
        Self { events, text: String::new() }
    }

    /// Sends the next piece, now or with the next one.
    pub(super) fn text(&mut self, piece: &str) {
        self.text.push_str(piece);
        self.flush();
    }

    /// Whether all text is on its way, or nobody wants it.
    fn flush(&mut self) -> bool {
        if self.text.is_empty() {
            return true;
        }
        match self.events.try_send(Event::Text(std::mem::take(&mut self.text))) {
            Err(TrySendError::Full(Event::Text(text))) => {
                self.text = text;
                false
            }
            _ => true,
        }
    }

    /// Sends the last event, behind all text; waits for a slow reader until then.
    pub(super) fn finish(mut self, last: Event, until: Instant) {
        let mut last = Some(last);
        loop {
            if self.flush()
                && let Some(event) = last.take()
            {
                match self.events.try_send(event) {
                    Err(TrySendError::Full(event)) => last = Some(event),
                    _ => return,
                }
            }
            if Instant::now() >= until {
                return;
            }
            thread::sleep(PAUSE);
        }
    }
}
