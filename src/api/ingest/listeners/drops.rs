//! Datagrams that the system dropped because we were late: Linux counts them for each socket; elsewhere they are not known.

use std::{
    fs,
    net::{SocketAddr, UdpSocket},
};

/// The count of one socket.
pub(super) struct Drops {
    port: Option<u16>,
    counted: usize,
}

impl Drops {
    /// Of this socket.
    pub(super) fn of(socket: &UdpSocket) -> Self {
        Self { port: socket.local_addr().ok().as_ref().map(SocketAddr::port), counted: 0 }
    }

    /// How many were dropped since the last time.
    pub(super) fn since(&mut self) -> usize {
        let Some(port) = self.port else { return 0 };
        let tables = ["/proc/net/udp", "/proc/net/udp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
        let total = tables.iter().map(|table| dropped(table, port)).sum::<usize>();
        let since = total.saturating_sub(self.counted);
        self.counted = self.counted.max(total);
        since
    }
}

/// What a table of sockets says of those at this port: the last of a line's columns, the second of which ends with the port.
fn dropped(table: &str, port: u16) -> usize {
    let of_line = |line: &str| {
        let mut columns = line.split_ascii_whitespace();
        let (_, own) = columns.nth(1)?.rsplit_once(':')?;
        (u16::from_str_radix(own, 16) == Ok(port)).then(|| columns.last()?.parse::<usize>().ok())?
    };
    table.lines().filter_map(of_line).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_of_linux_are_read() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  338: 00000000:202A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 15010 2 0000000000000000 7
  339: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 15011 2 0000000000000000 3\n";
        assert_eq!([dropped(table, 0x202A), dropped(table, 53), dropped(table, 1), dropped("", 53)], [7, 3, 0, 0]);
    }
}
