//! Doors without HTTP, for syslog and GELF. Nothing is acknowledged there, so that what a branch must not lose belongs elsewhere; what
//! is lost is counted: for datagrams when the queue is full, and never silently.
//!
//! `udp` and `tcp` read from the network, `drops` asks what the system lost, `intake` is the queue between them and the store, `networks` says
//! who may send, `seats` how many connections each may have.

mod drops;
mod intake;
mod networks;
mod seats;
mod tcp;
mod tls;
mod udp;

use std::{
    net::{SocketAddr, TcpListener, UdpSocket},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use tokio::{sync::watch, task::JoinHandle};

use super::Gate;
use crate::{
    config::{ListenerConfig, ListenerProtocol},
    parse::shipped::Framing,
    usecase::{
        Services,
        ingest::arrivals::{Kind, Mailbox},
    },
};
pub(crate) use intake::Counts;
use intake::Intake;

/// How long what waits in queues is written when the server ends.
const PATIENCE: Duration = Duration::from_secs(10);

/// Open addresses.
pub(crate) struct Listeners {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    /// Where they are, in the order of the configuration.
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Listeners {
    /// Opens the configured addresses.
    ///
    /// # Errors
    /// When one cannot be opened, or its configuration cannot be used.
    pub(crate) fn open(services: &Arc<Services>, gate: &Arc<Gate>) -> anyhow::Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let mut listeners = Self { stop, tasks: Vec::new(), addresses: Vec::new() };
        for config in &services.config.listeners {
            let name = format!("{} {}", config.protocol.as_str(), config.address);
            listeners.add(config, &name, services, gate, &stopped).with_context(|| format!("cannot listen for {name}"))?;
        }
        Ok(listeners)
    }

    fn add(
        &mut self,
        config: &ListenerConfig,
        name: &str,
        services: &Arc<Services>,
        gate: &Arc<Gate>,
        stopped: &watch::Receiver<bool>,
    ) -> anyhow::Result<()> {
        use ListenerProtocol::{GelfTcp, GelfUdp, SyslogTcp, SyslogTls, SyslogUdp};
        let kind = if matches!(config.protocol, GelfTcp | GelfUdp) { Kind::Gelf } else { Kind::Syslog };
        let mailbox = Mailbox { branch: config.branch.parse()?, name: name.to_owned(), kind };
        let networks = networks::Networks::of(&config.allow)?;
        let (intake, storing) = Intake::open(mailbox, networks, services.clone(), gate.clone());
        self.tasks.push(storing);
        let intake = Arc::new(intake);
        let (address, reading) = match config.protocol {
            SyslogUdp | GelfUdp => {
                let socket = UdpSocket::bind(config.address)?;
                let (address, stopped) = (socket.local_addr()?, stopped.clone());
                (address, tokio::task::spawn_blocking(move || udp::read(&socket, &intake, &stopped)))
            }
            SyslogTcp | SyslogTls | GelfTcp => {
                let acceptor = (config.protocol == SyslogTls).then(|| tls::acceptor(config)).transpose()?;
                let framing = if kind == Kind::Gelf { Framing::Nul } else { Framing::Syslog };
                let socket = TcpListener::bind(config.address)?;
                socket.set_nonblocking(true)?;
                let address = socket.local_addr()?;
                let silence = Duration::from_secs(config.silence_seconds.max(1));
                let door = tcp::Door { intake, framing, acceptor, silence, stopped: stopped.clone() };
                (address, tokio::spawn(door.accept(tokio::net::TcpListener::from_std(socket)?)))
            }
        };
        self.addresses.push(address);
        self.tasks.push(reading);
        Ok(())
    }

    /// Closes them; what waits is written, unless the store is away for long.
    pub(crate) async fn close(self) {
        _ = self.stop.send(true);
        let aborts: Vec<_> = self.tasks.iter().map(JoinHandle::abort_handle).collect();
        let all = async {
            for task in self.tasks {
                _ = task.await;
            }
        };
        if tokio::time::timeout(PATIENCE, all).await.is_err() {
            tracing::warn!("the store is away: messages that waited to be written are lost");
            aborts.iter().for_each(tokio::task::AbortHandle::abort);
        }
    }
}
