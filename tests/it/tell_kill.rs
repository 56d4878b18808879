//! A server is killed after a receiver took a message and before that is noted: the message comes again, under the id by which the
//! receiver drops it.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    time::Duration,
};

use rusqlite::Connection;

use crate::{
    poster::{Serving, key, post_until_taken},
    tell::{PLAIN, failed, header, office, request, until},
};

/// How long a connection may say nothing.
const PATIENCE: Duration = Duration::from_secs(60);

/// The next request, and the connection that waits for its answer.
fn next(listener: &TcpListener) -> (TcpStream, (String, Vec<u8>)) {
    loop {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        if let Some(request) = request(&mut stream) {
            return (stream, request);
        }
    }
}

/// Answers that it was taken, and waits until the sender has read it: it hangs up then.
fn take(mut stream: TcpStream) {
    stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
}

/// Whether the only message is marked as settled.
fn is_settled(database: &Connection) -> bool {
    database.query_row("SELECT settled_at IS NOT NULL FROM \"Delivery\"", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_message_that_was_taken_and_not_noted_comes_again_under_its_id() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let place = office(None, 9, PLAIN);
    let key = key(&place, "K01");
    place.ok(&["branch", "subscription", "add", "K01", "--webhook", &url, "--only-known"]);
    let mut server = Serving::start(&place);
    post_until_taken(&server.address, "K01", &key, &failed("vault is closed", 0..2));
    let (stream, first) = next(&listener);

    // From here on nobody else writes: what the server learns it cannot note.
    let database = Connection::open(place.folder.path().join("loghelper.db")).unwrap();
    database.busy_timeout(PATIENCE).unwrap();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    take(stream);
    server.kill();
    database.execute_batch("ROLLBACK").unwrap();
    assert!(!is_settled(&database));

    // It was the dead server's for a few minutes; they are over.
    assert_eq!(database.execute("UPDATE \"Delivery\" SET due = 1 WHERE due IS NOT NULL", []).unwrap(), 1);
    let _server = Serving::start(&place);
    let (stream, second) = next(&listener);
    take(stream);
    let id = |(head, _): &(String, Vec<u8>)| header(head, "idempotency-key").unwrap();
    assert_eq!((id(&second), &second.1), (id(&first), &first.1));
    until("the message is noted as taken", || is_settled(&database).then_some(()));
    let n_due = "SELECT COUNT(*) FROM \"Delivery\" WHERE due IS NOT NULL";
    assert_eq!(database.query_row(n_due, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
}
