//! One exchange: what the client sent, what the server answered, what went wrong with the writing of it.

use std::fmt::Write;

use super::{
    Plan,
    bodies::{self, Call},
    dialect::civil,
    faults,
    half::{Flaw, Half},
    quirk::Quirk,
    random::Random,
    values::Values,
};

/// How many of the exchanges fail.
const SHARE_ERRORS: f64 = 0.15;

/// Halves to be written, and what they make.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub halves: Vec<Half>,
    pub n_exchanges: u64,
    pub complete: i64,
    pub request_only: i64,
    pub response_only: i64,
    /// The response may stand in a later file.
    pub may_be_late: bool,
}

impl Made {
    fn count(&mut self, (complete, request_only, response_only): (i64, i64, i64)) {
        self.complete += complete;
        self.request_only += request_only;
        self.response_only += response_only;
    }
}

/// The next exchange of a file, or two that are entangled.
pub(super) fn make(plan: &Plan, n: u64, at: i64, random: &mut Random) -> Made {
    let quirk = if plan.irregular { Quirk::random(random) } else { Quirk::None };
    if quirk == Quirk::Contested && n + 1 < plan.n_exchanges {
        return contested(plan, n, at, random);
    }
    let (mut request, mut response, may_be_late) = halves(plan, n, at, quirk, random);
    let mut made = Made { n_exchanges: 1, may_be_late, ..Made::default() };
    made.count(match quirk {
        Quirk::NoRequest => (0, 0, 1),
        // The server fell over in the middle of a cut request: it never answered.
        Quirk::NoResponse | Quirk::CutRequest => (0, 1, 0),
        // What lost its message id stands alone.
        Quirk::NoRequestBody | Quirk::NoResponseBody | Quirk::CutResponse => (0, 1, 1),
        Quirk::RequestTwice => (1, 1, 0),
        Quirk::ResponseTwice => (1, 0, 1),
        _ => (1, 0, 0),
    });
    match quirk {
        Quirk::NoRequest => made.halves.push(response),
        Quirk::NoResponse | Quirk::CutRequest => made.halves.push(request),
        Quirk::RequestTwice => made.halves.extend([request.clone(), request, response]),
        Quirk::ResponseTwice => made.halves.extend([request, response.clone(), response]),
        Quirk::ResponseFirst => {
            (response.at, request.at) = (at, at + 1);
            made.halves.extend([response, request]);
        }
        _ => made.halves.extend([request, response]),
    }
    made
}

/// Two sessions of one client at once, without message ids, answered in the other order.
fn contested(plan: &Plan, n: u64, at: i64, random: &mut Random) -> Made {
    let (one, mut answer, _) = halves(plan, n, at, Quirk::Contested, random);
    let (mut other, mut first_answer, _) = halves(plan, n + 1, at, Quirk::Contested, random);
    (other.server, first_answer.server) = (one.server, one.server);
    (other.ip, first_answer.ip) = (one.ip.clone(), one.ip.clone());
    (first_answer.at, answer.at) = (at + 1, at + 2);
    let mut made = Made { halves: vec![one, other, first_answer, answer], n_exchanges: 2, ..Made::default() };
    made.count((2, 0, 0));
    made
}

/// Request and response, and whether the response may be late.
fn halves(plan: &Plan, n: u64, at: i64, quirk: Quirk, random: &mut Random) -> (Half, Half, bool) {
    let server = if random.chance(0.8) { "BarsScheduler" } else { "BarsFront" };
    let id = match quirk {
        Quirk::NoMessageId | Quirk::Contested => String::new(),
        Quirk::ReusedId => format!(",\"message_id\":\"BARS-MESS-{}-{}\"", plan.seed % 10_000, 6_000_000 + plan.seed % 1000),
        _ => format!(",\"message_id\":\"BARS-MESS-{}-{}\"", plan.seed % 10_000, 6_700_000 + n),
    };
    let ip = match id.is_empty() {
        // A client of its own, so that nobody else's answer is taken for its.
        true => format!("10.9.{}.{}", n / 250 % 250, n % 250 + 1),
        false => format!("10.7.{}.{}", random.below(4) + 70, random.below(200) + 2),
    };
    let session = format!("{:016x}{:08x}", random.next(), n);
    let error = random.chance(SHARE_ERRORS).then(|| faults::choose(plan.branch, quirk.is_plain(), random)).flatten();
    let call = Call::new(error, random);
    let values = Values::new(random.next());
    let answered = at + random.below(6) as i64;

    let mut request = String::with_capacity(320);
    call.request(&session, values, &mut request);
    adorn(quirk, random, &mut request);
    let before_id = request.len();
    request.push_str(&id);
    request.push('}');

    let mut response = String::with_capacity(384);
    match error {
        Some(message) => bodies::error(message, &session, values, random, &mut response),
        None => call.result(&session, values, &mut response),
    }
    let answer_before_id = response.len();
    let (year, month, day, hour, minute, second) = civil(answered);
    // Writing to a string does not fail.
    let _ = write!(
        response,
        "{id},\"responce_id\":\"{n}\",\"current_timestamp\":\"{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}\"}}"
    );

    let half = |at, is_response, body, flaw, error| Half { at, is_response, server, ip: ip.clone(), body, flaw, error };
    let (of_request, of_response) = flaws(quirk, random);
    spoil(of_request, before_id, random, &mut request);
    spoil(of_response, answer_before_id, random, &mut response);
    if quirk == Quirk::Pretty {
        (request, response) = (bodies::pretty(&request), bodies::pretty(&response));
    }
    let can_be_read = !matches!(of_response, Flaw::NoBody | Flaw::Cut { .. } | Flaw::Damaged);
    let may_be_late = quirk == Quirk::None && error.is_none_or(|message| message.when == faults::When::Always);
    let request = half(at, false, request, of_request, None);
    let response = half(answered, true, response, of_response, error.filter(|_| can_be_read));
    (request, response, may_be_late)
}

/// Adds what is remarkable but right to a request.
fn adorn(quirk: Quirk, random: &mut Random, request: &mut String) {
    let n_blocks = match quirk {
        Quirk::Markers => {
            request.push_str(",\"comment\":\"див. => BarsScheduler at 5/8/2016 7:17:45 AM: from 10.7.73.12; {не кінець}\\nInput = {\\\"a\\\": [ \\\"цитата\\\" <= \\\\\"");
            return;
        }
        Quirk::Blob => 4 + random.below(60),
        Quirk::HugeBlob => 3_000 + random.below(9_000),
        _ => return,
    };
    request.push_str(",\"binary_data\":\"");
    request.extend(std::iter::repeat_n("QUJDREVGR0hJSktMTU5PUA", n_blocks as usize));
    request.push('"');
}

/// What is wrong with the request and with the response.
fn flaws(quirk: Quirk, random: &mut Random) -> (Flaw, Flaw) {
    let cut = Flaw::Cut { glued: random.chance(0.5) };
    match quirk {
        Quirk::BadDate => (Flaw::BadDate, Flaw::None),
        Quirk::NoRequestBody => (Flaw::NoBody, Flaw::None),
        Quirk::NoResponseBody => (Flaw::None, Flaw::NoBody),
        Quirk::CutRequest => (cut, Flaw::None),
        Quirk::CutResponse => (Flaw::None, cut),
        Quirk::DamagedRequest => (Flaw::Damaged, Flaw::None),
        Quirk::DamagedResponse => (Flaw::None, Flaw::Damaged),
        Quirk::Trailing => (Flaw::None, Flaw::Trailing),
        Quirk::ForeignInside => (Flaw::None, Flaw::ForeignInside),
        _ => (Flaw::None, Flaw::None),
    }
}

/// Damages a body, or cuts it before its message id.
fn spoil(flaw: Flaw, before_id: usize, random: &mut Random, body: &mut String) {
    match flaw {
        Flaw::Cut { .. } => {
            let at = 12 + random.below(before_id.saturating_sub(12) as u64) as usize;
            body.truncate(body.floor_char_boundary(at.min(before_id)));
        }
        Flaw::Damaged => {
            let damage = ["undefined,", "\"note\":\"клієнт сказав \"так\" і пішов\",", "\"note\":\"перший рядок\nдругий рядок\","];
            body.insert_str(1, random.pick(&damage));
        }
        _ => {}
    }
}
