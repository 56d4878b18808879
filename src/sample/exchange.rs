//! One exchange: what the client sent, what the server answered, what went wrong with the writing of it.

use std::fmt::Write;

use super::{Plan, Truth, dialect::Dialect, dialect::civil, messages, random::Random};

/// A record to be written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Half {
    /// Seconds since 1970, local to the office.
    pub(super) at: i64,
    pub(super) is_response: bool,
    pub(super) is_error: bool,
    server: &'static str,
    ip: String,
    /// The body, or what is left of it.
    body: String,
    /// A date that does not exist stands in the header.
    bad_date: bool,
    /// The body is cut: no line end follows it in half of the cases.
    cut: bool,
}

/// How an exchange is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quirk {
    None,
    Pretty,
    NoRequest,
    NoResponse,
    CutRequest,
    NoMessageId,
    BadDate,
    BadBody,
    Markers,
    Blob,
    ReusedId,
}

/// One exchange.
pub(super) struct Exchange {
    pub(super) request: Option<Half>,
    pub(super) response: Option<Half>,
    quirk: Quirk,
    is_error: bool,
    /// Nothing irregular about it.
    pub(super) is_plain: bool,
}

impl Exchange {
    pub(super) fn new(plan: &Plan, n: u64, at: i64, known: &[String], random: &mut Random) -> Self {
        let quirk = if plan.irregular { quirk(random) } else { Quirk::None };
        let server = if random.chance(0.8) { "BarsScheduler" } else { "BarsFront" };
        let ip = match quirk {
            // A client of its own, so that order alone tells which request an answer belongs to.
            Quirk::NoMessageId => format!("10.9.{}.{}", n / 250 % 250, n % 250 + 1),
            _ => format!("10.7.{}.{}", random.below(4) + 70, random.below(200) + 2),
        };
        let number = if quirk == Quirk::ReusedId { 6_000_000 + plan.seed % 1000 } else { 6_700_000 + n };
        let id = match quirk {
            Quirk::NoMessageId => String::new(),
            _ => format!(",\"message_id\":\"BARS-MESS-{}-{number}\"", plan.seed % 10_000),
        };
        let session = format!("{:016x}", random.next());
        let method = random.zipf(&messages::METHODS).copied().unwrap_or("GetAccount");
        let is_error = random.chance(0.15);
        let account = messages::account(random);
        let mut request = format!(
            "{{\"sessionid\":\"{session} \",\"method\":\"{method}\",\"params\":{{\"account\":\"{account}\",\"amount\":{}.{:02},\"currency\":\"UAH\"",
            random.below(100_000),
            random.below(100)
        );
        match quirk {
            Quirk::Markers => request.push_str(",\"comment\":\"див. => BarsScheduler at 5/8/2016 {не кінець} \\\"цитата\\\" <= \\\\\""),
            Quirk::Blob => {
                let _ = write!(request, ",\"binary_data\":\"{}\"", "QUJDREVGR0hJSktMTU5PUA".repeat(random.below(60) as usize + 4));
            }
            _ => {}
        }
        let _ = write!(request, "}}{id}}}");
        let answered = at + random.below(6) as i64;
        let mut response = answer(is_error, known, &session, &account, random);
        let (year, month, day, hour, minute, second) = civil(answered);
        let _ = write!(
            response,
            "{id},\"responce_id\":\"{n}\",\"current_timestamp\":\"{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}\"}}"
        );
        match quirk {
            Quirk::Pretty => (request, response) = (pretty(&request), pretty(&response)),
            Quirk::CutRequest => request.truncate(request.floor_char_boundary(60 + random.below(40) as usize)),
            Quirk::BadBody => response.insert_str(1, "undefined,"),
            _ => {}
        }
        let half = |at, is_response, body: String| Half {
            at,
            is_response,
            is_error: is_error && is_response,
            server,
            ip: ip.clone(),
            body,
            bad_date: quirk == Quirk::BadDate && !is_response,
            cut: quirk == Quirk::CutRequest && !is_response,
        };
        Self {
            request: (quirk != Quirk::NoRequest).then(|| half(at, false, request)),
            // The server fell over in the middle of a cut record: it never answered.
            response: (!matches!(quirk, Quirk::NoResponse | Quirk::CutRequest)).then(|| half(answered, true, response)),
            quirk,
            is_error,
            is_plain: quirk == Quirk::None,
        }
    }

    /// Adds the exchange to the truth; a response that goes over to the next file is not part of this one.
    pub(super) fn count(&self, goes_over: bool, truth: &mut Truth) {
        truth.malformed += i64::from(matches!(self.quirk, Quirk::CutRequest | Quirk::BadDate | Quirk::BadBody));
        match (&self.request, self.response.as_ref().filter(|_| !goes_over)) {
            (Some(_), Some(_)) => truth.complete += 1,
            (Some(_), None) => truth.request_only += 1,
            _ => truth.response_only += 1,
        }
        // The error of a damaged body cannot be read.
        let visible = self.response.is_some() && !goes_over && self.quirk != Quirk::BadBody;
        truth.errors += i64::from(self.is_error && visible);
    }
}

fn quirk(random: &mut Random) -> Quirk {
    match random.below(1000) {
        0..60 => Quirk::Pretty,
        60..72 => Quirk::NoRequest,
        72..90 => Quirk::NoResponse,
        90..96 => Quirk::CutRequest,
        96..106 => Quirk::NoMessageId,
        106..110 => Quirk::BadDate,
        110..115 => Quirk::BadBody,
        115..130 => Quirk::Markers,
        130..140 => Quirk::Blob,
        140..143 => Quirk::ReusedId,
        _ => Quirk::None,
    }
}

/// The answer up to its message id: an error stands in one of the places where servers put it.
fn answer(is_error: bool, known: &[String], session: &str, account: &str, random: &mut Random) -> String {
    if !is_error {
        let rest = random.below(1_000_000);
        return format!(
            "{{\"status\":\"OK\",\"RESULT\":{{\"sessionId\":\"{session}\",\"account\":\"{account}\",\"rest\":{rest}.5,\"active\":true}}"
        );
    }
    let text = match random.zipf(known) {
        Some(text) if random.chance(0.7) => text.clone(),
        _ => messages::unknown(random),
    };
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    match random.below(4) {
        0 => format!("{{\"status\":\"ERROR\",\"error\":\"{text}\""),
        1 => format!("{{\"status\":\"OK\",\"RESULT\":[{{\"id\":1}},{{\"id\":2,\"error\":{{\"message\":\"{text}\"}}}}]"),
        2 => format!("{{\"status\":\"FAILED\",\"message\":\"{text}\""),
        _ => format!(
            "{{\"status\":\"ERROR\",\"error\":{{\"code\":{},\"message\":\"{text}\",\"data\":{{\"account\":\"{account}\"}}}}",
            1000 + random.below(50)
        ),
    }
}

/// The same JSON over several lines: broken at its outer commas.
fn pretty(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 5 / 4);
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for c in json.chars() {
        if quoted {
            text.push(c);
            quoted = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            continue;
        }
        match c {
            '"' => {
                quoted = true;
                text.push(c);
            }
            '{' | '[' => {
                depth += 1;
                text.push(c);
                text.push('\n');
                text.push_str(&"  ".repeat(depth));
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                text.push('\n');
                text.push_str(&"  ".repeat(depth));
                text.push(c);
            }
            ',' => {
                text.push_str(",\n");
                text.push_str(&"  ".repeat(depth));
            }
            ':' => text.push_str(": "),
            c => text.push(c),
        }
    }
    text
}

impl Half {
    /// Writes the record.
    pub(super) fn write(&self, dialect: &Dialect, text: &mut String) {
        let date = if self.bad_date { "31.02.2016 7:17:45".to_owned() } else { dialect.date(self.at) };
        let written = if self.is_response {
            write!(text, "<= {} at {date}: to {}\nOutput = {}", self.server, self.ip, self.body)
        } else {
            write!(
                text,
                "=> {} at {date}: from {}; RequestType = POST; ContentType = application/json; charset=\"UTF-8\";\nInput = {}",
                self.server, self.ip, self.body
            )
        };
        // Writing to a string does not fail. A cut record is followed by a line end or, as often, by the next header.
        if written.is_ok() && !(self.cut && self.body.len().is_multiple_of(2)) {
            text.push('\n');
        }
    }
}
