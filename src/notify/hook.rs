//! A letter to a program: one signed request, to a host that is allowed, without redirects and within a stated time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ureq::{Agent, unversioned::transport::DefaultConnector};

use super::{
    Fault, Lack, Outcome, body,
    guard::{GuardedResolver, permission},
    letter::Letter,
    sign::{SIGNATURE, signature},
};
use crate::{
    config::NotifyConfig,
    domain::{HookSecret, HookUrl},
};

/// Until a connection stands.
const CONNECT: Duration = Duration::from_secs(5);
/// For the whole request.
const REQUEST: Duration = Duration::from_secs(15);
/// Bytes of an answer that are read; they are shown where it is no success.
const ANSWER: u64 = 1 << 10;

/// Sends a letter.
pub(super) fn send(config: &NotifyConfig, url: &HookUrl, secret: &HookSecret, letter: &Letter<'_>) -> Outcome {
    send_within(REQUEST, config, url, secret, letter)
}

fn send_within(time: Duration, config: &NotifyConfig, url: &HookUrl, secret: &HookSecret, letter: &Letter<'_>) -> Outcome {
    let Some(permission) = permission(config, &url.host()) else { return Outcome::Later(Lack::Host(url.host()).to_string()) };
    let agent = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .timeout_global(Some(time))
        .user_agent(concat!("LogHelper/", env!("CARGO_PKG_VERSION")))
        .build();
    let agent = Agent::with_parts(agent, DefaultConnector::default(), GuardedResolver(permission));
    let body = body::json(letter).to_string();
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let signed = signature(secret.expose(), i64::try_from(seconds).unwrap_or_default(), body.as_bytes());
    let request = agent.post(url.as_str()).header("Content-Type", "application/json").header(SIGNATURE, signed);
    let mut answer = match request.header("Idempotency-Key", &letter.id).send(body) {
        Ok(answer) => answer,
        Err(error) => return Outcome::Later(Fault::of_request(&error).to_string()),
    };
    let status = answer.status();
    if status.is_success() {
        return Outcome::Taken;
    }
    // What there is of it; that it is longer is no fault.
    let mut said = Vec::new();
    let _ = std::io::Read::read_to_end(&mut std::io::Read::take(answer.body_mut().as_reader(), ANSWER), &mut said);
    let said: String = body::one_line(&String::from_utf8_lossy(&said)).chars().take(200).collect();
    match status.as_u16() {
        300..=399 => Outcome::Later(Fault::Redirect(status.to_string()).to_string()),
        410 => Outcome::Refused(format!("{status}: {said}")),
        _ => Outcome::Later(format!("{status}: {said}")),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader, Read, Write},
        net::TcpListener,
        thread,
    };

    use super::{super::letter::tests::*, *};
    use crate::domain::Tongue;

    const SECRET: &str = "lhs_5e";

    /// A receiver of one request, which gives this answer; its address, and what it got.
    fn receiver(answer: &'static str) -> (HookUrl, thread::JoinHandle<(String, Vec<u8>)>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap()).parse().unwrap();
        let got = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert!(reader.read_line(&mut head).unwrap() > 0);
            }
            let header =
                |name: &str| head.lines().find_map(|line| line.to_lowercase().strip_prefix(name).map(|value| value.trim().to_owned()));
            let mut body = vec![0; header("content-length:").unwrap().parse().unwrap()];
            reader.read_exact(&mut body).unwrap();
            if answer.is_empty() {
                // It says nothing until the other side leaves.
                let _ = reader.read(&mut [0]);
            }
            stream.write_all(answer.as_bytes()).unwrap();
            (head, body)
        });
        (url, got)
    }

    fn sent(url: &HookUrl, private: &[&str]) -> Outcome {
        sent_within(REQUEST, url, private)
    }

    fn sent_within(time: Duration, url: &HookUrl, private: &[&str]) -> Outcome {
        let hosts = private.iter().map(ToString::to_string).collect();
        let config = NotifyConfig {
            webhook_hosts: vec!["127.0.0.1".into(), "localhost".into()],
            webhook_private_hosts: hosts,
            ..NotifyConfig::default()
        };
        let (delivery, subscription) = (a_delivery(), a_subscription(Tongue::English));
        let letter = Letter::new(&config, &subscription, &delivery);
        send_within(time, &config, url, &HookSecret::of("5e"), &letter)
    }

    #[test]
    fn a_request_is_signed_and_bears_the_same_id_each_time() {
        let mut ids = Vec::new();
        for _ in 0..2 {
            let (url, got) = receiver("HTTP/1.1 204 No Content\r\n\r\n");
            assert_eq!(sent(&url, &["127.0.0.1"]), Outcome::Taken);
            let (head, body) = got.join().unwrap();
            let header = |name: &str| {
                head.lines().find_map(|line| line.split_once(": ").filter(|(n, _)| n.eq_ignore_ascii_case(name))).unwrap().1.to_owned()
            };
            let signed = header(SIGNATURE);
            let seconds: i64 = signed.trim_start_matches("t=").split(',').next().unwrap().parse().unwrap();
            assert_eq!(signed, signature(SECRET, seconds, &body));
            let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(json["id"], header("idempotency-key"));
            ids.push(header("idempotency-key"));
        }
        assert_eq!(ids[0], ids[1]);
    }

    #[test]
    fn what_an_answer_means() {
        for (answer, expected) in [
            (
                "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
                "later 302 Found: redirects are not followed",
            ),
            ("HTTP/1.1 500 Oops\r\nContent-Length: 7\r\n\r\nno\nroom", "later 500 Internal Server Error: no room"),
            ("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", "refused 410 Gone: "),
        ] {
            let (url, got) = receiver(answer);
            let found = match sent(&url, &["127.0.0.1"]) {
                Outcome::Taken => "taken".to_owned(),
                Outcome::Later(why) => format!("later {why}"),
                Outcome::Refused(why) => format!("refused {why}"),
            };
            assert_eq!(found, expected);
            got.join().unwrap();
        }
    }

    #[test]
    fn a_receiver_that_hangs_is_left() {
        let (url, got) = receiver("");
        assert!(matches!(sent_within(Duration::from_millis(500), &url, &["127.0.0.1"]), Outcome::Later(_)));
        let _ = got.join();
    }

    #[test]
    fn private_addresses_are_not_asked_unless_that_is_allowed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        for host in ["127.0.0.1", "localhost"] {
            let url = format!("http://{host}:{}/", listener.local_addr().unwrap().port()).parse().unwrap();
            let Outcome::Later(why) = sent(&url, &[]) else { panic!("{host} was asked") };
            assert!(why.contains("may not go"), "{why}");
        }
        assert!(listener.accept().is_err());
        let elsewhere = "https://hooks.example/".parse().unwrap();
        assert!(matches!(sent(&elsewhere, &[]), Outcome::Later(why) if why.contains("hooks.example")));
    }
}
