//! The backend against a server of this test, on the loopback: one that serves, and ones that do not.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use serde_json::{Value, json};

use super::*;
use crate::suggest::{Event, Priority, Prompt, Usage};

const PIECE: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"{}\"}}]}\n\n";
const END: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

/// What a server was sent.
struct Sent {
    head: String,
    body: Value,
}

/// A server that answers each connection as it is told; dropping the receiver does not stop it.
fn server(answer: impl Fn(usize, TcpStream) + Send + Sync + 'static) -> (String, mpsc::Receiver<Sent>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let (sender, sent) = mpsc::channel();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for (n, stream) in listener.incoming().enumerate() {
            let (answer, sender) = (answer.clone(), sender.clone());
            thread::spawn(move || {
                let stream = stream.unwrap();
                let mut reader = BufReader::new(&stream);
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
                let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let _ = sender.send(Sent { head, body: serde_json::from_slice(&body).unwrap() });
                answer(n, stream);
            });
        }
    });
    (url, sent)
}

fn ok(mut stream: TcpStream, body: &str) {
    // The client may be gone.
    let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n{body}");
}

fn backend(url: &str) -> Arc<dyn Backend> {
    start(&LlmConfig { url: url.into(), model: "m".into(), key: "s3cr3t-key".to_owned().into(), queue: 2, ..LlmConfig::default() })
}

fn request(priority: Priority, deadline_ms: u64) -> Request {
    let prompt = Prompt { system: "s".into(), user: "u".into(), schema: Some(json!({"type": "object"})), max_tokens: 9 };
    Request { prompt, priority, deadline: Duration::from_millis(deadline_ms), seed: 1 }
}

/// All events, those of the queue aside.
fn events(mut drafting: Drafting) -> Vec<Event> {
    let events = std::iter::from_fn(|| drafting.events.blocking_recv());
    events.filter(|event| !matches!(event, Event::Queued { .. })).collect()
}

fn last(url: &str, deadline_ms: u64) -> Event {
    events(backend(url).submit(request(Priority::Analyst, deadline_ms)).unwrap()).pop().unwrap()
}

fn failed(url: &str) -> Fault {
    match last(url, 20_000) {
        Event::Failed(fault) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reply_streams() {
    let usage = r#"data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":3}}}"#;
    let (url, sent) = server(move |_, stream| ok(stream, &format!("{PIECE}{PIECE}{usage}\n\n{END}")));
    let backend = backend(&url);
    assert_eq!((backend.name(), backend.is_remote(), backend.state()), (format!("m at {url}"), false, ModelState::Ready));
    let mut events = events(backend.submit(request(Priority::Analyst, 20_000)).unwrap());
    let Some(Event::Done(Usage { prompt_tokens: 7, reused_tokens: 3, reply_tokens: 2, .. })) = events.pop() else { panic!("{events:?}") };
    assert_eq!(events.remove(0), Event::Started);
    let text: String = events.into_iter().map(|event| if let Event::Text(text) = event { text } else { panic!("{event:?}") }).collect();
    assert_eq!(text, "{}{}");
    let sent = sent.recv().unwrap();
    assert!(sent.head.starts_with("POST /v1/chat/completions ") && sent.head.to_lowercase().contains("authorization: bearer s3cr3t-key"));
    assert_eq!((&sent.body["model"], &sent.body["stream"], &sent.body["max_tokens"]), (&json!("m"), &json!(true), &json!(9)));
}

#[test]
fn less_is_asked_of_a_server_that_refuses_and_no_more_later() {
    let (url, sent) = server(|n, mut stream| match n {
        0 | 1 => drop(write!(stream, "HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}")),
        _ => ok(stream, &format!("{PIECE}{END}")),
    });
    let backend = backend(&url);
    for _ in 0..2 {
        assert!(matches!(events(backend.submit(request(Priority::Analyst, 20_000)).unwrap()).pop(), Some(Event::Done(_))));
    }
    let asked: Vec<Value> = (0..4).map(|_| sent.recv().unwrap().body["response_format"]["type"].clone()).collect();
    assert_eq!(asked, ["json_schema", "json_schema", "json_object", "json_object"]);
}

#[test]
fn a_prompt_that_is_too_long_is_said_to_be_and_asked_in_no_other_form() {
    const LONG: &str = r#"{"error":{"code":400,"message":"request (600 tokens) exceeds the available context size (512 tokens) s3cr3t-key",
        "type":"exceed_context_size_error","n_prompt_tokens":600,"n_ctx":512}}"#;
    const UNCOUNTED: &str = r#"{"error":{"message":"the input length exceeds the context length (key s3cr3t-key)"}}"#;
    let counted = || Fault::TooLong { tokens: 600, limit: 503 };
    for (status, body, expected) in [
        ("400 Bad Request", LONG, Some(counted())),
        ("500 Internal Server Error", LONG, Some(counted())),
        ("400 Bad Request", UNCOUNTED, None),
    ] {
        let (url, sent) = server(move |_, mut stream| {
            let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        });
        match (failed(&url), expected) {
            (found, Some(expected)) => assert_eq!(found, expected),
            (Fault::Uncounted(said), None) => assert!(said.contains("context length (key …)"), "{said}"),
            (found, None) => panic!("{found:?}"),
        }
        assert!(sent.recv().is_ok() && sent.try_recv().is_err(), "one request says it");
    }
    // Where the stream has begun, the error comes in it.
    let line = LONG.replace('\n', " ");
    assert_eq!(failed(&server(move |_, stream| ok(stream, &format!("data: {line}\n\n"))).0), counted());
}

#[test]
fn what_is_no_reply_is_said_to_be_none() {
    let status = |status: &'static str, body: &'static str| {
        move |_: usize, mut stream: TcpStream| {
            let length = body.len();
            let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nLocation: /x\r\nConnection: close\r\n\r\n{body}");
        }
    };
    let broken = |url: &str| match failed(url) {
        Fault::Broken(what) => what,
        other => panic!("{other:?}"),
    };
    for (answer, expected) in [
        (status("401 Unauthorized", r#"{"error":{"message":"wrong key s3cr3t-key"}}"#), "401 Unauthorized: wrong key …"),
        (status("307 Temporary Redirect", ""), "not followed"),
        (status("500 Oops", "<html>\x1b[31mdead"), "500"),
        (status("400 Bad Request", r#"{"error":"too long"}"#), "too long"),
        (status("429 Too Many Requests", r#"{"error":"tokens a minute beyond the context window"}"#), "429"),
    ] {
        let what = broken(&server(answer).0);
        assert!(what.contains(expected) && !what.contains("s3cr3t") && !what.contains('\x1b'), "{what}");
    }
    for (body, expected) in [
        (PIECE.to_owned(), "broke off"),
        (format!("{PIECE}data: {{\"choices\n\n{END}"), "not the protocol"),
        (String::new(), "broke off"),
        ("\n".repeat(9), "broke off"),
        ("data: {\"error\":{\"message\":\"wrong key s3cr3t-key\"}}\n\n".to_owned(), "wrong key …"),
        (PIECE.repeat(20_000), "longer than"),
        (format!("data: {}", "x".repeat(300 << 10)), "endless line"),
    ] {
        let what = broken(&server(move |_, stream| ok(stream, &body)).0);
        assert!(what.contains(expected) && !what.contains("s3cr3t"), "{what}");
    }
    assert!(broken(&server(|_, mut stream| stream.write_all(b"SSH-2.0-x\r\n\r\n").unwrap()).0).contains("HTTP"));
}

#[test]
fn a_server_that_is_not_there_is_absent_for_a_while() {
    let url = format!("http://{}/v1", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let backend = backend(&url);
    let events = events(backend.submit(request(Priority::Analyst, 20_000)).unwrap());
    assert!(matches!(events.last(), Some(Event::Failed(Fault::Absent(_)))), "{events:?}");
    assert!(matches!(backend.state(), ModelState::Absent { .. }));
    assert!(matches!(backend.submit(request(Priority::Analyst, 20_000)), Err(Fault::Absent(_))));
}

#[test]
fn a_silent_server_and_an_endless_one_meet_the_deadline() {
    let (silent, _sent) = server(|_, stream| {
        thread::sleep(Duration::from_secs(60));
        drop(stream);
    });
    assert_eq!(last(&silent, 300), Event::Failed(Fault::Deadline));
    let (endless, _sent) = server(|_, mut stream| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
        while stream.write_all(b": still here\n\n").is_ok() {
            thread::sleep(Duration::from_millis(5));
        }
    });
    assert_eq!(last(&endless, 300), Event::Failed(Fault::Deadline));
}

#[test]
fn dropping_a_reply_closes_the_connection_of_a_silent_server() {
    let (closed, is_closed) = mpsc::channel();
    let (url, sent) = server(move |_, mut stream| {
        // Reading ends when the other side closes.
        let _ = closed.send(stream.read(&mut [0]).map_or(0, |n| n));
    });
    let backend = backend(&url);
    let drafting = backend.submit(request(Priority::Analyst, 60_000)).unwrap();
    sent.recv().unwrap();
    drop(drafting);
    assert_eq!(is_closed.recv_timeout(Duration::from_secs(20)), Ok(0));
}

#[test]
fn a_person_goes_first_and_too_many_are_turned_away() {
    let (go, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let (url, sent) = server(move |_, stream| {
        let _ = wait.lock().unwrap().recv();
        ok(stream, &format!("{PIECE}{END}"));
    });
    let backend = backend(&url);
    let named = |name: &str, priority| {
        let mut request = request(priority, 60_000);
        request.prompt.user = name.into();
        backend.submit(request)
    };
    let mut held = Vec::new();
    for name in ["a", "b"] {
        held.push(named(name, Priority::Background).unwrap());
        sent.recv().unwrap();
    }
    let mut background = named("background", Priority::Background).unwrap();
    assert_eq!(background.events.blocking_recv(), Some(Event::Queued { ahead: 2 }));
    let analyst = named("analyst", Priority::Analyst).unwrap();
    assert_eq!(background.events.blocking_recv(), Some(Event::Queued { ahead: 3 }));
    assert!(matches!(named("more", Priority::Analyst), Err(Fault::Overloaded(2))));
    assert_eq!(backend.waiting(), 4);
    go.send(()).unwrap();
    assert_eq!(sent.recv().unwrap().body["messages"][1]["content"], "analyst");
    drop((analyst, background));
    // The place of one that nobody wants is free.
    assert!(named("again", Priority::Background).is_ok());
}

#[test]
fn as_many_requests_are_on_the_way_as_are_configured() {
    // Nobody is answered before all have come.
    let all = std::sync::Barrier::new(3);
    let (url, _sent) = server(move |_, stream| {
        all.wait();
        ok(stream, &format!("{PIECE}{END}"));
    });
    let backend = start(&LlmConfig { url, model: "m".into(), streams: 3, ..LlmConfig::default() });
    let drafting = [0, 1, 2].map(|_| backend.submit(request(Priority::Analyst, 20_000)).unwrap());
    for drafting in drafting {
        assert!(matches!(events(drafting).pop(), Some(Event::Done(_))));
    }
}

#[test]
fn the_time_of_a_request_begins_with_its_turn() {
    let (url, sent) = server(|_, stream| {
        thread::sleep(Duration::from_secs(60));
        drop(stream);
    });
    let backend = backend(&url);
    let held = [(); 2].map(|()| {
        let drafting = backend.submit(request(Priority::Analyst, 60_000)).unwrap();
        sent.recv().unwrap();
        drafting
    });
    let mut late = backend.submit(request(Priority::Analyst, 100)).unwrap();
    thread::sleep(Duration::from_millis(300));
    assert_eq!(late.events.try_recv(), Ok(Event::Queued { ahead: 2 }));
    assert!(late.events.try_recv().is_err(), "it waits on");
    drop(held);
    let events = events(late);
    assert_eq!(&events[events.len() - 2..], [Event::Started, Event::Failed(Fault::Deadline)], "{events:?}");
}

#[test]
fn what_is_not_configured_says_what_to_do() {
    for (url, model) in [("", "m"), ("nonsense", "m"), ("http://127.0.0.1:1/v1", " ")] {
        let backend = start(&LlmConfig { url: url.into(), model: model.into(), ..LlmConfig::default() });
        let ModelState::Absent { remedy, .. } = backend.state() else { panic!("{url}") };
        assert!(remedy.contains("llm."), "{remedy}");
        assert!(matches!(backend.submit(request(Priority::Analyst, 1)), Err(Fault::Absent(_))));
    }
}
