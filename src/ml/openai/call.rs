//! One request on its way: sent, in less of the protocol if the server refuses more, and its reply handed on as it comes.

use std::{
    io::{BufReader, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use ureq::{
    Agent, Body,
    http::{HeaderValue, Response, StatusCode},
    tls::TlsConfig,
};

use super::{
    Shared, length,
    outlet::Outlet,
    queue::Job,
    stream::{self, Broken, Tally},
    thinking::Thinking,
    wire::{self, FORMS},
};
use crate::suggest::{Event, Fault, Usage};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);
/// With what servers refuse a prompt that is too long.
const LONG: [StatusCode; 4] =
    [StatusCode::BAD_REQUEST, StatusCode::PAYLOAD_TOO_LARGE, StatusCode::UNPROCESSABLE_ENTITY, StatusCode::INTERNAL_SERVER_ERROR];
/// Bytes of a refusal that are read.
const REFUSAL: u64 = 4 << 10;

/// The connection of one request. It goes to the configured address alone: no proxy of the environment, no redirect.
pub(super) fn agent(deadline: Duration, tls: &TlsConfig) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .tls_config(tls.clone())
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .timeout_global(Some(deadline));
    Agent::new_with_config(config.build())
}

/// Takes requests until the queue is closed.
pub(super) fn work(shared: &Shared) {
    while let Some(job) = shared.queue.take() {
        let mut outlet = Outlet::new(&job.events);
        // A fault of this program ends one request and not the thread.
        let outcome = catch_unwind(AssertUnwindSafe(|| reply(shared, &job, &mut outlet)));
        let outcome = outcome.unwrap_or_else(|_| Err(Fault::Broken("the request failed by a fault of this program".into())));
        shared.queue.done(&job);
        let last = match outcome {
            Ok(usage) => Event::Done(usage),
            Err(fault) => {
                // Where nobody waits any more, the call was ended from here.
                if !job.events.is_closed() {
                    tracing::warn!(model = shared.model, %fault, "no reply of the language model");
                }
                Event::Failed(fault)
            }
        };
        outlet.finish(last, job.until.max(Instant::now() + CONNECT));
    }
}

/// Sends the request and hands its reply on.
fn reply(shared: &Shared, job: &Job, outlet: &mut Outlet) -> Result<Usage, Fault> {
    // Nobody is there if this cannot be sent.
    let _ = job.events.try_send(Event::Started);
    let started = Instant::now();
    let response = accepted(shared, job)?;
    let streams = response.body().mime_type().is_none_or(|kind| kind != "application/json");
    let reader = response.into_body().into_with_config().limit(stream::STREAM).reader();
    let (mut first, mut thinking) = (None, Thinking::default());
    let mut on_text = |piece: &str| {
        first.get_or_insert_with(Instant::now);
        outlet.text(&thinking.push(piece));
    };
    let tally = if streams { stream::events(BufReader::new(reader), &mut on_text) } else { stream::document(reader, &mut on_text) };
    let tally = tally.map_err(|broken| match broken {
        // A connection that was shut down reads as one that the server closed.
        Broken::Said(_) if is_over(job) => Fault::Deadline,
        Broken::Said(fault) => fault,
        Broken::Refused(error) => refused(&error, job, &shared.key, None),
        Broken::Io(error) => ended(job, &shared.key, &error.to_string()),
    })?;
    let first = first.unwrap_or_else(Instant::now);
    Ok(usage(&tally, first - started, first.elapsed()))
}

fn usage(tally: &Tally, prefill: Duration, decode: Duration) -> Usage {
    let counted = tally.usage;
    Usage {
        prompt_tokens: counted.map_or(0, |usage| usage.prompt_tokens),
        reused_tokens: counted.and_then(|usage| usage.prompt_tokens_details?.cached_tokens).unwrap_or_default(),
        // A server that does not count sends a token a piece.
        reply_tokens: counted.map_or(tally.n_pieces, |usage| usage.completion_tokens),
        prefill,
        decode,
    }
}

/// The first answer that is no refusal.
fn accepted(shared: &Shared, job: &Job) -> Result<Response<Body>, Fault> {
    let known = shared.form.load(Ordering::Relaxed);
    for (place, form) in FORMS.into_iter().enumerate().skip(known) {
        let response = post(shared, job, wire::body(&shared.model, &job.request, form).to_string())?;
        let status = response.status();
        if status == StatusCode::OK {
            shared.form.fetch_max(place, Ordering::Relaxed);
            return Ok(response);
        }
        let refused = matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::NOT_IMPLEMENTED);
        let fault = refusal(response, job, &shared.key);
        // What is too long is too long in every form.
        if !refused || matches!(fault, Fault::TooLong { .. } | Fault::Uncounted(_)) || place + 1 == FORMS.len() {
            return Err(fault);
        }
    }
    Err(Fault::Broken("the server refuses every form of the request".into()))
}

fn post(shared: &Shared, job: &Job, body: String) -> Result<Response<Body>, Fault> {
    let mut request = job.agent.post(shared.address.chat()).header("content-type", "application/json");
    let key = shared.key.expose_secret();
    if !key.is_empty() {
        let mut value = HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| Fault::Absent("`llm.key` is no key".into()))?;
        // It is printed nowhere.
        value.set_sensitive(true);
        request = request.header("authorization", value);
    }
    match request.send(body) {
        Ok(response) => {
            shared.reached(None);
            Ok(response)
        }
        Err(error) if job.events.is_closed() || is_over(job) => Err(ended(job, &shared.key, &error.to_string())),
        Err(ureq::Error::Timeout(ureq::Timeout::Global)) => Err(Fault::Deadline),
        Err(error @ (ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) | ureq::Error::Http(_))) => {
            Err(Fault::Broken(format!("the server does not speak HTTP: {error}")))
        }
        // The request may have been read: whoever asks how its draft came about is told that it was sent.
        Err(ureq::Error::Io(error)) if may_be_sent(&error) => {
            let reason = format!("the connection broke: {}", without_key(&error.to_string(), &shared.key));
            shared.reached(Some(reason.clone()));
            Err(Fault::Broken(reason))
        }
        Err(error) => {
            let reason = format!("the server cannot be reached: {}", without_key(&error.to_string(), &shared.key));
            shared.reached(Some(reason.clone()));
            Err(Fault::Absent(reason))
        }
    }
}

/// Whether a connection that failed so may have been there before.
fn may_be_sent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof | ErrorKind::TimedOut
    )
}

/// What ended a call that was under way.
fn ended(job: &Job, key: &SecretString, error: &str) -> Fault {
    match is_over(job) {
        true => Fault::Deadline,
        false => Fault::Broken(format!("the connection broke: {}", without_key(error, key))),
    }
}

/// Whether its time is over; the clock of the connection may be a moment ahead of this one.
fn is_over(job: &Job) -> bool {
    job.until <= Instant::now() + Duration::from_millis(20)
}

/// What a server says that did not reply.
fn refusal(response: Response<Body>, job: &Job, key: &SecretString) -> Fault {
    let status = response.status();
    let mut body = Vec::new();
    // As much as there is.
    let _ = response.into_body().into_with_config().limit(REFUSAL).reader().take(REFUSAL).read_to_end(&mut body);
    let body = String::from_utf8_lossy(&body);
    if status.is_redirection() {
        return Fault::Broken(format!("the server answered {status}: it sends elsewhere, which is not followed"));
    }
    let error = serde_json::from_str(&body).unwrap_or_else(|_| Value::String(body.into_owned()));
    refused(&error, job, key, Some(status))
}

/// What an error of a server comes to, in an answer of this status or in the middle of a stream.
fn refused(error: &Value, job: &Job, key: &SecretString, status: Option<StatusCode>) -> Fault {
    let who = status.map_or_else(|| "the server said".to_owned(), |status| format!("the server answered {status}"));
    let said = format!("{who}: {}", wire::brief(&without_key(wire::message(error), key)));
    // Where one may not ask, or asks too often, the length is not what is wrong.
    let may_be_long = status.is_none_or(|status| LONG.contains(&status));
    let too_long = may_be_long.then(|| length::too_long(error, job.request.prompt.max_tokens, &said));
    too_long.flatten().unwrap_or(Fault::Broken(said))
}

/// Servers repeat the key that they refuse.
fn without_key(text: &str, key: &SecretString) -> String {
    let key = key.expose_secret();
    if key.is_empty() { text.to_owned() } else { text.replace(key, "…") }
}
