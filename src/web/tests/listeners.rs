//! Addresses without HTTP: what is lost there, and what is refused, is counted where it is looked for.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream, UdpSocket},
    time::Instant,
};

use super::*;
use crate::config::{ListenerConfig, ListenerProtocol};

/// An address at a free port of this machine.
pub(super) fn listener(protocol: ListenerProtocol, allow: &[&str]) -> ListenerConfig {
    ListenerConfig {
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        protocol,
        branch: "K01".to_owned(),
        allow: allow.iter().map(ToString::to_string).collect(),
        silence_seconds: 3600,
        certificate: None,
        private_key: None,
    }
}

/// Waits until it is so.
pub(super) fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_is_lost_and_what_is_refused_is_counted() {
    let pages = Pages::empty(|config| {
        config.listeners = vec![listener(ListenerProtocol::GelfUdp, &[]), listener(ListenerProtocol::SyslogUdp, &["10.7.0.0/16"])];
    });
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let chunk = |number: u8, count: u8, text: &str| [&[0x1E, 0x0F, 1, 2, 3, 4, 5, 6, 7, 8, number, count], text.as_bytes()].concat();
    for datagram in [
        b"{\"short_message\":\"whole\",\"host\":\"h\"}".to_vec(),
        b"{\"short_message\":\"whole\",\"host\":\"h\"}".to_vec(),
        chunk(1, 2, "\"in two\"}"),
        chunk(0, 2, "{\"short_message\":"),
        chunk(7, 2, "no such chunk"),
    ] {
        socket.send_to(&datagram, pages.listeners[0]).unwrap();
    }
    socket.send_to(b"<11>from elsewhere", pages.listeners[1]).unwrap();
    until("two alike and one in chunks are three", || pages.n_logs("") == 3);
    let metric = |name: &str, listener: &str| {
        let text = pages.get("", "/metrics").body;
        let line = text.lines().find(|line| line.starts_with(&format!("loghelper_listener_{name}_total{{listener=\"{listener} "))).unwrap();
        line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    until("a datagram from elsewhere is refused", || metric("refused", "syslog_udp") == 1);
    assert_eq!(["received", "lost", "refused"].map(|name| metric(name, "gelf_udp")), [3, 1, 0]);
    let cookie = pages.sign_in("olena", Role::ExpertAnalyst, &[]);
    until("the ledger says what was lost", || pages.get(&cookie, "/branches/K01").body.contains("1 lost"));
}

/// A counter of the only listener.
fn metric(pages: &Pages, name: &str) -> u64 {
    let text = pages.get("", "/metrics").body;
    let line = text.lines().find(|line| line.starts_with(&format!("loghelper_listener_{name}_total{{"))).unwrap();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn a_sender_has_its_share_of_connections_and_those_it_has_are_served() {
    let pages = Pages::empty(|config| config.listeners = vec![listener(ListenerProtocol::SyslogTcp, &[])]);
    let mut connections: Vec<TcpStream> = (0..64).map(|_| TcpStream::connect(pages.listeners[0]).unwrap()).collect();
    for (n, connection) in connections.iter_mut().enumerate() {
        writeln!(connection, "<11>1 2024-06-14T12:16:01Z k01 gate {n} ID - register is closed").unwrap();
    }
    until("all are served", || metric(&pages, "received") == 64);
    let mut more = TcpStream::connect(pages.listeners[0]).unwrap();
    assert_eq!(more.read(&mut [0]).unwrap(), 0);
    assert_eq!((metric(&pages, "turned_away"), metric(&pages, "refused")), (1, 0));
    connections.pop();
    until("a place is free again", || {
        let mut again = TcpStream::connect(pages.listeners[0]).unwrap();
        _ = writeln!(again, "<11>1 2024-06-14T12:16:01Z k01 gate 64 ID - register is closed");
        std::thread::sleep(Duration::from_millis(50));
        metric(&pages, "received") > 64
    });
}

#[test]
fn a_connection_that_is_silent_for_too_long_is_closed_and_its_last_words_are_kept() {
    let silent = ListenerConfig { silence_seconds: 1, ..listener(ListenerProtocol::SyslogTcp, &[]) };
    let pages = Pages::empty(|config| config.listeners = vec![silent]);
    let mut connection = TcpStream::connect(pages.listeners[0]).unwrap();
    write!(connection, "<11>1 2024-06-14T12:16:01Z k01 gate 7 ID - {}", "x".repeat(100_000)).unwrap();
    assert_eq!(connection.read(&mut [0]).unwrap(), 0);
    until("what it said is there", || pages.n_logs("") == 1);
    assert_eq!(metric(&pages, "lost"), 0);
}

#[test]
fn a_branch_whose_settings_cannot_be_used_is_marked_and_what_waits_is_written_when_they_are_mended() {
    let pages = Pages::empty(|config| config.listeners = vec![listener(ListenerProtocol::GelfUdp, &[])]);
    let save = |timezone: &str| {
        let branch = crate::domain::Branch {
            code: "K01".parse().unwrap(),
            name: "Kyiv".to_owned(),
            timezone: timezone.to_owned(),
            encoding: None,
            date_order: crate::domain::DateOrder::Detect,
            created_at: DateTime::now(),
        };
        pages.runtime.block_on(pages.services.store.save_branch(&branch)).unwrap();
    };
    save("Europe/Kyjiv");
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(b"{\"short_message\":\"register is closed\",\"host\":\"h\"}", pages.listeners[0]).unwrap();
    until("it came", || metric(&pages, "received") == 1);
    let key = pages.key("K01");
    assert_eq!(pages.send(&key, &[], b"{\"message\":\"x\"}\n").status, 503);
    let cookie = pages.sign_in("olena", Role::ExpertAnalyst, &[]);
    let shown = || ["/branches", "/branches/K01"].map(|path| pages.get(&cookie, path).body.contains("no time zone `Europe/Kyjiv`"));
    assert_eq!((shown(), pages.n_logs("")), ([true, true], 0));
    save("Europe/Kyiv");
    until("what waited is written", || pages.n_logs("") == 1);
    assert_eq!(shown(), [false, false]);
}

#[test]
fn an_address_that_cannot_be_used_is_named_at_the_start() {
    for (protocol, branch, allow, expected) in [
        (ListenerProtocol::SyslogTls, "K01", &[][..], "`certificate`"),
        (ListenerProtocol::SyslogUdp, "no/code", &[], "`no/code`"),
        (ListenerProtocol::SyslogUdp, "K01", &["office"], "`office`"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::in_dir(folder.path());
        config.server.listen.set_port(0);
        config.listeners = vec![ListenerConfig { branch: branch.to_owned(), ..listener(protocol, allow) }];
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let error = runtime.block_on(async {
            let store = SqliteStore::open(&folder.path().join("test.db"), Duration::from_secs(5)).unwrap();
            store.migrate().await.unwrap();
            let services = Services::open(Arc::new(store), Arc::new(config)).await.unwrap();
            Server::bind(Arc::new(services)).err().map(|error| format!("{error:#}"))
        });
        assert!(error.as_ref().is_some_and(|error| error.contains(expected)), "{error:?}");
    }
}
