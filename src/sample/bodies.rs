//! What client and server say: parameters and results of the methods, errors in the places where servers put them.

use std::fmt::Write;

use super::{
    faults::{Message, When},
    random::Random,
    values::Values,
};

/// Methods that clients call, the frequent ones first, each with the parameters of the call and the result.
const METHODS: [(&str, &str, &str); 12] = [
    ("GetAccount", r#"{"account":"{account}"}"#, r#"{"account":"{account}","rest":{amount},"currency":"UAH","active":true}"#),
    (
        "CreatePayment",
        r#"{"account":"{account}","payee":"{iban}","amount":{amount},"currency":"UAH","purpose":"Оплата за договором № {n} від {date}"}"#,
        r#"{"document":{document},"state":"new"}"#,
    ),
    ("CloseSession", "null", "{}"),
    ("OpenSession", r#"{"user":"{user}","workstation":"{station}","roles":["OPER","CASH"]}"#, r#"{"branch":"{branch}","day":"{date}"}"#),
    ("GetRates", "null", r#"{"rates":[{"currency":"USD","buy":25.{n}},{"currency":"EUR","buy":28.{n}}]}"#),
    ("PrintReceipt", r#"{"document":{document},"copies":2}"#, r#"{"printed":true,"printer":"{station}"}"#),
    ("SignDocument", r#"{"document":{document},"key":"{hex}"}"#, r#"{"document":{document},"signed":true}"#),
    ("GetClient", r#"{"taxcode":"{taxcode}"}"#, r#"{"client":{client},"name":"Клієнт {client}","segment":"mass"}"#),
    ("CheckLimit", r#"{"client":{client},"amount":{amount}}"#, r#"{"allowed":true,"left":{amount}}"#),
    ("SendToSep", r#"{"document":{document},"system":"SEP","amount":{amount}}"#, r#"{"document":{document},"queue":{n}}"#),
    ("GetStatement", r#"{"account":"{account}","from":"{date}","to":"{date}"}"#, r#"{"rows":{n},"turnover":{amount}}"#),
    ("BlockCard", r#"{"card":"{client}","reason":"lost"}"#, r#"{"card":"{client}","blocked":true}"#),
];

/// A call of a method.
#[derive(Debug)]
pub(super) struct Call {
    method: &'static str,
    params: &'static str,
    result: &'static str,
    extra: Option<(&'static str, &'static str)>,
}

impl Call {
    /// A call in which the error, if there is one, may occur.
    pub(super) fn new(message: Option<&Message>, random: &mut Random) -> Self {
        let when = message.map_or(When::Always, |message| message.when);
        let fits = |method: &str| match when {
            When::Method(only) => only == method,
            When::NotMethod(other) => other != method,
            When::Param(..) => method == "CreatePayment",
            When::Always | When::Branch(_) | When::NotBranch(_) => true,
        };
        let from = random.zipf(METHODS.len());
        let mut methods = METHODS.iter().cycle().skip(from).take(METHODS.len());
        let (method, params, result) = methods.find(|(method, ..)| fits(method)).copied().unwrap_or(("GetVersion", "null", "{}"));
        let extra = match when {
            When::Param(name, value) => Some((name, value)),
            _ => None,
        };
        Self { method, params, result, extra }
    }

    /// Appends the request's members up to its message id.
    pub(super) fn request(&self, session: &str, values: Values, out: &mut String) {
        let _ = write!(out, "{{\"sessionid\":\"{session} \",\"method\":\"{}\",\"params\": ", self.method);
        values.fill(self.params, out);
        if let Some((name, value)) = self.extra
            && out.ends_with('}')
        {
            out.pop();
            let _ = write!(out, ",\"{name}\":{value}}}");
        }
    }

    /// Appends the members of a response without error, up to its message id.
    pub(super) fn result(&self, session: &str, values: Values, out: &mut String) {
        let _ = write!(out, "{{\"status\":\"OK\",\"RESULT\":{{\"sessionId\": \"{session}\"");
        if self.result != "{}" {
            out.push(',');
        }
        values.fill(self.result.strip_prefix('{').unwrap_or_default(), out);
    }
}

/// Appends the members of a response with an error, up to its message id: in one of the places where servers put it.
pub(super) fn error(message: &Message, session: &str, values: Values, random: &mut Random, out: &mut String) {
    let mut text = String::with_capacity(message.text.len() + 48);
    values.fill(message.text, &mut text);
    let text = Escaped(&text);
    let _ = write!(out, "{{\"sessionid\":\"{session}\",");
    // Writing to a string does not fail.
    let _ = match (message.code, random.below(7)) {
        (Some(code), 0..3) => write!(out, "\"status\":\"DECLINED\",\"message\":\"{text}\",\"code\":\"{code}\""),
        (Some(code), _) => write!(out, "\"status\":\"ERROR\",\"error\":{{\"code\":\"{code}\",\"message\":\"{text}\",\"data\":null}}"),
        (None, 0) => write!(out, "\"status\":\"ERROR\",\"error\":\"{text}\""),
        (None, 1) => write!(out, "\"status\":\"OK\",\"RESULT\":[{{\"id\":1}},{{\"id\":2,\"error\":{{\"message\":\"{text}\"}}}}]"),
        (None, 2) => write!(out, "\"status\":\"OK\",\"RESULT\":[{{\"id\":1,\"error\":\"{text}\"}},{{\"id\":2,\"error\":null}}]"),
        (None, 3) => write!(out, "\"status\":\"FAILED\",\"message\":\"{text}\""),
        (None, 4) => write!(out, "\"status\":\"ERROR\",\"error\":{{\"data\":\"{text}\"}}"),
        (None, place) => write!(
            out,
            "\"status\":\"ERROR\",\"error\":{{\"code\":{},\"message\":\"{text}\",\"data\":{{\"trace\":\"{:x}\"}}}}",
            1000 + random.below(50),
            random.next() >> place
        ),
    };
}

/// A text as it stands in a JSON string.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                '\n' => f.write_str("\\n")?,
                '\t' => f.write_str("\\t")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// The same JSON over several lines: broken at its commas and brackets.
pub(super) fn pretty(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 5 / 4);
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    let line = |text: &mut String, depth: usize| {
        text.push('\n');
        text.extend(std::iter::repeat_n("  ", depth));
    };
    for c in json.chars() {
        if quoted {
            text.push(c);
            quoted = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            continue;
        }
        match c {
            '{' | '[' => {
                depth += 1;
                text.push(c);
                line(&mut text, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut text, depth);
                text.push(c);
            }
            ',' => {
                text.push(c);
                line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            ' ' => {}
            c => {
                quoted = c == '"';
                text.push(c);
            }
        }
    }
    text
}
