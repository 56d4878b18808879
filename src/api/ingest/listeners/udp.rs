//! Datagrams: a message each, or the chunks of GELF. They are read by a thread that does nothing else, for the system keeps few of
//! them for a reader that is late.

use std::{
    io::ErrorKind,
    net::UdpSocket,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::{drops::Drops, intake::Intake};
use crate::parse::shipped::{Chunks, Datagram};

/// No datagram is larger.
const LARGEST: usize = 64 << 10;
/// What the system is asked to keep for us; it keeps less where `net.core.rmem_max` says so.
const KEPT: usize = 8 << 20;
/// How often the end of the server, chunks that wait in vain and datagrams that the system dropped are looked for.
const PERIOD: Duration = Duration::from_millis(500);

/// Reads until the server ends.
pub(super) fn read(socket: &UdpSocket, intake: &Arc<Intake>, stopped: &watch::Receiver<bool>) {
    if let Err(error) = socket2::SockRef::from(socket).set_recv_buffer_size(KEPT) {
        tracing::debug!(%error, "the system keeps as many datagrams as it does");
    }
    if let Err(error) = socket.set_read_timeout(Some(PERIOD)) {
        tracing::error!(%error, "datagrams cannot be waited for");
        return;
    }
    let (mut chunks, mut drops) = (Chunks::default(), Drops::of(socket));
    let mut buffer = vec![0; LARGEST];
    let mut looked = Instant::now();
    while !*stopped.borrow() && stopped.has_changed().is_ok() {
        let received = socket.recv_from(&mut buffer);
        let now = Instant::now();
        if now.duration_since(looked) >= PERIOD {
            intake.lose(chunks.expire(now) + drops.since());
            looked = now;
        }
        match received {
            Ok((n, sender)) if intake.admits(sender.ip()) => match chunks.take(sender.ip(), buffer.get(..n).unwrap_or_default(), now) {
                Datagram::Whole(message) => intake.offer(sender.ip(), message),
                Datagram::Part => {}
                Datagram::Lost => intake.lose(1),
            },
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
            Err(error) => {
                tracing::warn!(%error, "a datagram cannot be read");
                std::thread::sleep(PERIOD);
            }
        }
    }
}
