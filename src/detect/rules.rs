//! The rules as configured. Names are the same whatever their case and with or without `_` and `-`: `error_code` is also
//! `errorCode` and `ErrorCode`. Of several names the first has the say.

use serde::{Deserialize, Serialize};

use super::name::Table;

/// The rules, ready to be used.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "Settings", into = "Settings")]
pub struct Rules {
    /// As configured.
    pub(super) settings: Settings,
    /// What each name of a scope's members means.
    pub(super) table: Table,
}

/// Where errors stand in responses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Dotted paths of the objects that may carry an error, in order; blank is the answer itself, lists are stepped into.
    pub scopes: Vec<String>,
    /// Under these names of a scope stands an error: a text, an object, a code, `true`, or a list of such.
    pub errors: Vec<String>,
    /// Names of the code in an error that is an object.
    pub code: Vec<String>,
    /// Names of the text in an error that is an object.
    pub message: Vec<String>,
    /// Names of what is added in an error that is an object.
    pub detail: Vec<String>,
    /// Names of an error's text that stands in a scope by itself.
    pub error_texts: Vec<String>,
    /// Names of an error's code that stands in a scope by itself.
    pub error_codes: Vec<String>,
    /// Names of flags of a scope that say by `false` that it failed.
    pub success: Vec<String>,
    /// Names of flags of a scope that say by `true` that it failed.
    pub failure: Vec<String>,
    /// Names under which the answer's status stands.
    pub status: Vec<String>,
    /// Names of the word or code of a status that is an object.
    pub states: Vec<String>,
    /// Statuses and codes that say that all is well, whatever their case.
    pub ok: Vec<String>,
    /// Texts at an error's place that say that there is none, whatever their case.
    pub nothing: Vec<String>,
    /// Names under which an answer that failed says what happened.
    pub texts: Vec<String>,
    /// Names under which an answer that failed has its code.
    pub codes: Vec<String>,
    /// At most this many errors of one answer are kept.
    pub max_errors: usize,
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

impl Rules {
    /// As configured.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}

impl Default for Rules {
    fn default() -> Self {
        Settings::default().into()
    }
}

impl From<Settings> for Rules {
    fn from(settings: Settings) -> Self {
        Self { table: Table::of(&settings), settings }
    }
}

impl From<Rules> for Settings {
    fn from(rules: Rules) -> Self {
        rules.settings
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            scopes: names(&["", "result", "status"]),
            errors: names(&["error", "errors", "fault", "exception"]),
            code: names(&["code", "error_code", "err_code", "errno", "number", "fault_code"]),
            message: names(&[
                "message",
                "error_message",
                "error_msg",
                "msg",
                "text",
                "error_text",
                "description",
                "error_description",
                "reason",
                "title",
                "fault_string",
                "error",
            ]),
            detail: names(&["data", "detail", "details"]),
            error_texts: names(&[
                "error_message",
                "error_msg",
                "err_msg",
                "error_text",
                "error_description",
                "error_reason",
                "error_detail",
                "fault_string",
            ]),
            error_codes: names(&["error_code", "err_code", "error_number", "error_no", "errno", "fault_code"]),
            success: names(&["success", "succeeded", "successful", "is_success", "is_successful", "ok"]),
            failure: names(&["failed", "failure", "is_failed", "is_error", "has_error", "has_errors"]),
            status: names(&["status", "status_code"]),
            states: names(&["status", "state", "code", "name", "value", "word"]),
            ok: names(&[
                "OK",
                "SUCCESS",
                "SUCCESSFUL",
                "SUCCEEDED",
                "COMPLETED",
                "DONE",
                "ACCEPTED",
                "CREATED",
                "0",
                "00",
                "000",
                "200",
                "201",
                "202",
                "204",
                "true",
                "WARNING",
            ]),
            nothing: names(&["none", "null", "nil", "no", "ok", "false", "0", "-", "n/a", "undefined", "success", "no error", "no errors"]),
            texts: names(&["message", "msg", "description", "reason", "text", "title", "detail"]),
            codes: names(&["code"]),
            max_errors: 16,
        }
    }
}
