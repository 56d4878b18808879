//! The rules as configured.

use serde::{Deserialize, Serialize};

/// Where errors stand in responses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Places in order; the first that holds an error gives the fault.
    pub places: Vec<Place>,
    /// Names under which the answer's status stands.
    pub status: Vec<String>,
    /// Statuses that say that all is well, whatever their case.
    pub ok: Vec<String>,
    /// Names under which an answer of another status says what happened.
    pub texts: Vec<String>,
    /// Names under which an answer of another status has its code.
    pub codes: Vec<String>,
    /// At most this many errors of one answer are kept.
    pub max_errors: usize,
}

/// A place where an error may stand: a text, or an object with these members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Dotted path in the response; `[]` marks lists for the reader, they are always stepped into.
    pub path: String,
    /// Names of the code.
    #[serde(default = "code_names")]
    pub code: Vec<String>,
    /// Names of the text.
    #[serde(default = "message_names")]
    pub message: Vec<String>,
    /// Names of what is added.
    #[serde(default = "detail_names")]
    pub detail: Vec<String>,
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn code_names() -> Vec<String> {
    names(&["code", "error_code", "errorCode", "errno"])
}

fn message_names() -> Vec<String> {
    names(&["message", "error_message", "errorMessage", "msg", "text", "description", "error"])
}

fn detail_names() -> Vec<String> {
    names(&["data", "detail", "details"])
}

impl Default for Rules {
    fn default() -> Self {
        let place = |path: &str| Place { path: path.to_owned(), code: code_names(), message: message_names(), detail: detail_names() };
        Self {
            places: ["error", "RESULT[].error", "result[].error", "errors[]"].into_iter().map(place).collect(),
            status: names(&["status", "Status", "STATUS"]),
            ok: names(&["OK", "SUCCESS", "0", "200", "true", "WARNING"]),
            texts: names(&["message", "error_message", "errorMessage", "description", "msg"]),
            codes: names(&["code", "error_code", "errorCode"]),
            max_errors: 16,
        }
    }
}
