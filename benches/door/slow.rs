//! Memory with clients that send slowly: each has sent as much as is kept in memory of a body, and then a byte now and then.

use std::{
    io::Write,
    net::TcpStream,
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    client::head,
    process::{Process, key},
};

const CLIENTS: usize = 1000;
const BRANCHES: usize = 20;
/// Bytes that each sends at once: the most that is kept in memory.
const SENT: usize = 64_000;
const TRICKLE: Duration = Duration::from_secs(10);

pub fn run() -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let keys: Vec<String> = (0..BRANCHES).map(|n| key(data.path(), None, &format!("K{n:02}"))).collect::<anyhow::Result<_>>()?;
    let (process, address) = Process::server(data.path(), None)?;
    sleep(Duration::from_secs(2));
    let before = process.memory().0;
    let body = vec![b'x'; SENT];
    let mut clients = Vec::new();
    for (key, n) in keys.iter().cycle().zip(0..CLIENTS) {
        let mut stream = TcpStream::connect(&address)?;
        write!(stream, "{}Content-Length: {}\r\n\r\n", head(&format!("K{:02}", n % BRANCHES), key), SENT + 1000)?;
        stream.write_all(&body)?;
        clients.push(stream);
    }
    let begun = Instant::now();
    let mut alive = CLIENTS;
    while begun.elapsed() < TRICKLE {
        sleep(Duration::from_secs(1));
        alive = clients.iter_mut().filter_map(|client| client.write_all(b"x").ok()).count();
    }
    let (after, peak) = process.memory();
    drop(clients);
    sleep(Duration::from_secs(3));
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    println!(
        "{CLIENTS} slow clients, {SENT} bytes of each: {:.0} MiB resident before, {:.0} with them (peak {:.0}), {:.0} when they left; {alive} were still served",
        mib(before),
        mib(after),
        mib(peak),
        mib(process.memory().0)
    );
    println!("  bound: {} KiB of body for each, {:.0} MiB", SENT >> 10, mib((CLIENTS * SENT) as u64));
    Ok(())
}
