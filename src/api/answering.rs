//! An answer that a model writes, followed: how far it is, then what came of it. It goes on only while it is followed here: whoever hangs
//! up stops the model at its next token.

use std::{pin::Pin, time::Duration};

use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use crate::usecase::suggest::Progress;

/// The shortest time between two pieces of news.
const PACE: Duration = Duration::from_millis(80);
/// Silence that is worth a word.
const SILENCE: Duration = Duration::from_secs(2);

/// What is heard of an answer.
pub(crate) enum News<T> {
    /// How far it is.
    Progress(Progress),
    /// Nothing for a while.
    Silence,
    /// What came of it.
    End(T),
}

/// An answer under way.
pub(crate) struct Answering<T> {
    work: Pin<Box<dyn Future<Output = T>>>,
    progress: watch::Receiver<Progress>,
    /// What was told last.
    told: Option<Progress>,
    is_over: bool,
}

impl<T> Answering<T> {
    /// Begins an answer; `ask` is given where to tell how far it is.
    pub(crate) fn begin<W: Future<Output = T> + 'static>(ask: impl FnOnce(watch::Sender<Progress>) -> W) -> Self {
        let (sender, progress) = watch::channel(Progress::Queued(0));
        Self { work: Box::pin(ask(sender)), progress, told: None, is_over: false }
    }

    /// What comes next; nothing behind the end.
    pub(crate) async fn next(&mut self) -> Option<News<T>> {
        while !self.is_over {
            let heard = timeout(SILENCE, async {
                tokio::select! {
                    biased;
                    end = &mut self.work => Some(end),
                    () = changed(&mut self.progress) => None,
                }
            });
            match heard.await {
                Ok(Some(end)) => {
                    self.is_over = true;
                    return Some(News::End(end));
                }
                Ok(None) => {}
                Err(_) => return Some(News::Silence),
            }
            let now = self.progress.borrow_and_update().clone();
            if self.told.as_ref() != Some(&now) {
                self.told = Some(now.clone());
                return Some(News::Progress(now));
            }
        }
        None
    }
}

/// Waits for news, and a moment more, so that several are told as one; for ever where there will be none.
async fn changed(progress: &mut watch::Receiver<Progress>) {
    match progress.changed().await {
        Ok(()) => sleep(PACE).await,
        Err(_) => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn news_are_told_and_the_end_is_the_end() {
        let (go_on, wait) = tokio::sync::oneshot::channel();
        let mut answering = Answering::begin(async |sender| {
            sender.send_replace(Progress::Reading);
            wait.await.unwrap()
        });
        assert!(matches!(answering.next().await, Some(News::Progress(Progress::Reading))));
        go_on.send(7).unwrap();
        assert!(matches!(answering.next().await, Some(News::End(7))));
        assert!(answering.next().await.is_none());
    }
}
