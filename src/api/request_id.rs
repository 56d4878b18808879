//! Every request has an id: the client's own `x-request-id` where it is a plain word, else a new one. It stands in the answer's
//! header, in the body of a failure, and beside every line of our log that the request led to.

use std::{cell::RefCell, time::Instant};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderName, HeaderValue},
    middleware::Next,
};
use tracing::Instrument;

use super::metrics;

/// The header.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Longest id that is taken from a client.
const MAX_LENGTH: usize = 64;

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request that this task answers; `none` outside of one.
pub(crate) fn current() -> String {
    CURRENT.try_with(String::clone).unwrap_or_else(|_| "none".to_owned())
}

/// Gives the request its id.
pub(crate) async fn with_id<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let given = request.headers().get(&HEADER).and_then(|value| value.to_str().ok()).filter(|id| is_plain(id));
    let id = given.map_or_else(new, str::to_owned);
    // At the level of errors, so that the filter that lets an error pass lets the id pass with it.
    let span = tracing::error_span!("request", request.id = %id);
    let value = HeaderValue::from_str(&id);
    let begin = Instant::now();
    let mut answer = CURRENT.scope(id, next.call(request)).instrument(span).await?;
    metrics::count(answer.status(), begin.elapsed());
    if let Ok(value) = value {
        answer.headers_mut().insert(HEADER, value);
    }
    Ok(answer)
}

/// Whether a client's id can stand in our log as it is.
fn is_plain(id: &str) -> bool {
    (1..=MAX_LENGTH).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// Ids made of one question to the operating system.
const AT_ONCE: usize = 64;

thread_local! {
    /// Random numbers for the next ids.
    static NUMBERS: RefCell<Vec<[u8; 8]>> = const { RefCell::new(Vec::new()) };
}

fn new() -> String {
    let number = NUMBERS.with_borrow_mut(|numbers| {
        if numbers.is_empty() {
            let mut fresh = vec![[0; 8]; AT_ONCE];
            if getrandom::fill(fresh.as_flattened_mut()).is_ok() {
                *numbers = fresh;
            }
        }
        numbers.pop()
    });
    number.map_or_else(|| "unknown".to_owned(), |number| format!("{:016x}", u64::from_be_bytes(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_clients_are_taken_where_they_are_plain_words() {
        for good in ["a", "0af7651916cd43dd8448eb211c80319c", "x-1_2.3"] {
            assert!(is_plain(good), "{good}");
        }
        for bad in ["", "a b", "a\u{1b}[0m", "ї", &"x".repeat(65)] {
            assert!(!is_plain(bad), "{bad}");
        }
        let many: std::collections::HashSet<String> = (0..3 * AT_ONCE).map(|_| new()).collect();
        assert_eq!(many.len(), 3 * AT_ONCE);
    }
}
