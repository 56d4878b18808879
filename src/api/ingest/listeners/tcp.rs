//! Connections: messages one after the other, until the client leaves. A client that sends faster than is stored has to wait; what a
//! connection has of a message that is not whole yet is bounded for all connections together.

use std::{net::IpAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use super::{intake::Intake, seats::Seats};
use crate::parse::shipped::{Frames, Framing};

/// How long TLS may take to be agreed on.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// When the system asks a silent client whether it is still there, which one that went away with the power does not say.
const ASK_AFTER: Duration = Duration::from_secs(120);
/// Bytes that are read at once.
const BLOCK: usize = 16 << 10;

/// An address at which connections are taken.
#[derive(Clone)]
pub(super) struct Door {
    pub(super) intake: Arc<Intake>,
    pub(super) framing: Framing,
    pub(super) acceptor: Option<TlsAcceptor>,
    /// How long a connection may be silent.
    pub(super) silence: Duration,
    pub(super) stopped: watch::Receiver<bool>,
}

impl Door {
    /// Takes connections until the server ends.
    pub(super) async fn accept(mut self, listener: TcpListener) {
        let seats = Seats::new();
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
            if !self.intake.admits(sender.ip()) {
                continue;
            }
            let Some(seat) = seats.take(sender.ip()) else {
                self.intake.turn_away(sender.ip());
                continue;
            };
            let alive = socket2::TcpKeepalive::new().with_time(ASK_AFTER);
            if let Err(error) = socket2::SockRef::from(&stream).set_tcp_keepalive(&alive) {
                tracing::debug!(%error, "whether a client is gone is not asked");
            }
            let door = self.clone();
            connections.spawn(async move {
                door.serve(stream, sender.ip()).await;
                drop(seat);
            });
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
        let mut held = None;
        loop {
            let received = tokio::select! {
                _ = self.stopped.changed() => break,
                received = timeout(self.silence, stream.read(&mut block)) => received,
            };
            let Ok(Ok(n @ 1..)) = received else { break };
            frames.push(block.get(..n).unwrap_or_default());
            while let Some(message) = frames.pull() {
                self.intake.push(sender, message).await;
            }
            let needed = frames.settle();
            if held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits) == needed {
                continue;
            }
            drop(held.take());
            held = self.intake.hold(needed).await;
            if held.is_none() {
                tracing::warn!(%sender, "a connection is closed: there is no room for half a message");
                self.intake.lose(1);
                return;
            }
        }
        drop(held);
        // The last message may end with its connection.
        if let Some(rest) = frames.rest() {
            self.intake.push(sender, rest).await;
        }
    }
}
