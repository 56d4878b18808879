//! Connections: messages one after the other, until the client leaves. A client that sends faster than is stored has to wait.

use std::{net::IpAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use super::intake::Intake;
use crate::parse::shipped::{Frames, Framing};

/// Connections at a time.
const CONNECTIONS: usize = 1024;
/// How long TLS may take to be agreed on, and how long a connection may be silent: most silent ones are still wanted, but no client
/// says that it went away with the power.
const HANDSHAKE: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(6 * 3600);
/// Bytes that are read at once.
const BLOCK: usize = 16 << 10;

/// An address at which connections are taken.
#[derive(Clone)]
pub(super) struct Door {
    pub(super) intake: Arc<Intake>,
    pub(super) framing: Framing,
    pub(super) acceptor: Option<TlsAcceptor>,
    pub(super) stopped: watch::Receiver<bool>,
}

impl Door {
    /// Takes connections until the server ends.
    pub(super) async fn accept(mut self, listener: TcpListener) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                _ = self.stopped.changed() => break,
                accepted = listener.accept() => accepted,
                Some(_) = connections.join_next() => continue,
            };
            let Ok((stream, sender)) = accepted else {
                // No more files can be open, for instance: that passes.
                sleep(Duration::from_millis(100)).await;
                continue;
            };
            let Ok(place) = places.clone().try_acquire_owned() else { continue };
            if self.intake.admits(sender.ip()) {
                let door = self.clone();
                connections.spawn(async move {
                    door.serve(stream, sender.ip()).await;
                    drop(place);
                });
            }
        }
        while connections.join_next().await.is_some() {}
    }

    async fn serve(self, stream: TcpStream, sender: IpAddr) {
        match self.acceptor.clone() {
            None => self.read(stream, sender).await,
            Some(acceptor) => match timeout(HANDSHAKE, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => self.read(stream, sender).await,
                Ok(Err(error)) => tracing::debug!(%error, %sender, "no TLS was agreed on"),
                Err(_) => tracing::debug!(%sender, "TLS was not agreed on in time"),
            },
        }
    }

    async fn read(mut self, mut stream: impl AsyncRead + Unpin, sender: IpAddr) {
        let mut frames = Frames::new(self.framing);
        let mut block = vec![0; BLOCK];
        loop {
            let received = tokio::select! {
                _ = self.stopped.changed() => break,
                received = timeout(SILENCE, stream.read(&mut block)) => received,
            };
            let Ok(Ok(n @ 1..)) = received else { break };
            frames.push(block.get(..n).unwrap_or_default());
            while let Some(message) = frames.pull() {
                self.intake.push(sender, message).await;
            }
        }
        // The last message may end with its connection.
        if let Some(rest) = frames.rest() {
            self.intake.push(sender, rest).await;
        }
    }
}
