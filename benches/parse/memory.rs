//! Peak memory on a file whose halves lie as far apart as they can: all requests, then all responses.

use std::io::Read;

use loghelper::{
    domain::LogFileId,
    parse::{Error, Options, Report, parse},
};

/// Makes the file while it is read.
struct Reversed {
    n_exchanges: u64,
    next: u64,
    block: Vec<u8>,
    at: usize,
}

impl Reversed {
    fn write(&mut self) {
        let (n, side) = (self.next % self.n_exchanges, self.next / self.n_exchanges);
        self.next += 1;
        let filler = "рядок тексту ".repeat(8);
        let text = if side == 0 {
            format!(
                "=> BarsScheduler at 5/8/2016 7:17:45 AM: from 10.7.73.12; RequestType = POST; ContentType = application/json; charset=\"UTF-8\";\nInput = {{\"method\":\"Get\",\"text\":\"{filler}\",\"message_id\":\"BARS-MESS-{n}\"}}\n"
            )
        } else {
            format!(
                "<= BarsScheduler at 5/8/2016 7:17:49 AM: to 10.7.73.12\nOutput = {{\"status\":\"OK\",\"text\":\"{filler}\",\"message_id\":\"BARS-MESS-{n}\"}}\n"
            )
        };
        self.block.extend_from_slice(text.as_bytes());
    }
}

impl Read for Reversed {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.block.len() {
            (self.at, self.block) = (0, Vec::new());
            while self.block.len() < 64 << 10 && self.next < 2 * self.n_exchanges {
                self.write();
            }
        }
        let n = (&self.block[self.at..]).read(out)?;
        self.at += n;
        Ok(n)
    }
}

/// Parses about so many bytes and prints what came of it.
pub fn measure(n_bytes: u64) {
    let options = Options::new("K01".parse().expect("a branch code"), LogFileId::from_content(&[b"bench"]));
    let input = Reversed { n_exchanges: n_bytes / 780, next: 0, block: Vec::new(), at: 0 };
    let start = std::time::Instant::now();
    let report: Report = parse::<Error>(input, &options, &mut |_| Ok(()), &|_| {}).expect("the disk has room");
    let seconds = start.elapsed().as_secs_f64();
    println!("{:?}", report.counts);
    println!("{} bytes, {:.1} MB/s, peak resident {}", report.counts.bytes, report.counts.bytes as f64 / seconds / 1e6, peak_resident());
}

/// The kernel's own figure.
fn peak_resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map_or("unknown".to_owned(), |value| value.trim().to_owned())
}
