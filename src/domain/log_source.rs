//! Which file gave which half of a Log, and what stays of the Log when a file is taken back.
//!
//! A Log names the file that brought it; only where another file gave a half of it too is that noted beside it. A file without a note gave
//! all that the Log had. Pure: works on encoded documents, knows no store.

use bson::{RawArrayBuf, RawBson, RawBsonRef, RawDocument, RawDocumentBuf, cstr, rawdoc};

use super::{EncodedLog, Halves, LogFileId, LogState, Problem, ProblemKind, log_merge::kind_of};

/// What a file gave of a Log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogSource {
    /// The file.
    pub file: LogFileId,
    /// Fingerprints of the halves that it gave.
    pub halves: Halves,
}

/// What stays of a Log.
#[derive(Debug, Clone, PartialEq)]
pub enum Remains {
    /// Nothing: no other file gave any of it.
    Nothing,
    /// All of it, and this file brought it.
    All(LogFileId),
    /// One half, and this file brought it.
    Half(EncodedLog),
}

impl LogSource {
    /// The file that a Log names, with all that the Log has.
    pub fn owner(log: &RawDocument) -> Option<Self> {
        Some(Self { file: LogFileId(log.get_object_id("log_file_id").ok()?), halves: Halves::of(log) })
    }
}

/// What stays of a Log when `file` is taken back; `noted` is what is noted of it.
pub fn remains(log: &RawDocument, file: LogFileId, noted: &[LogSource]) -> Remains {
    let has = Halves::of(log);
    let Some(owner) = LogSource::owner(log) else { return Remains::Nothing };
    let implied = noted.iter().all(|source| source.file != owner.file).then_some(owner);
    let others: Vec<LogSource> = noted.iter().copied().chain(implied).filter(|source| source.file != file).collect();
    let gives = |source: &LogSource| {
        let same = |has: Option<i64>, given: Option<i64>| has.is_some() && has == given;
        (same(has.request, source.halves.request), same(has.response, source.halves.response))
    };
    let (request, response) = others.iter().map(gives).fold((false, false), |all, one| (all.0 || one.0, all.1 || one.1));
    // The owner stays it; else whoever gave most, the least id of them.
    let heir = others.iter().filter(|source| gives(source) != (false, false)).min_by_key(|source| {
        let given = gives(source);
        (source.file != owner.file, !(given.0 && given.1), !given.0, source.file.bytes())
    });
    let Some(heir) = heir.map(|source| source.file) else { return Remains::Nothing };
    if (request || has.request.is_none()) && (response || has.response.is_none()) {
        return Remains::All(heir);
    }
    Remains::Half(half(log, heir, if request { LogState::RequestOnly } else { LogState::ResponseOnly }))
}

/// The Log as if only one of its halves had come, by this file.
fn half(log: &RawDocument, file: LogFileId, state: LogState) -> EncodedLog {
    let is_request = state == LogState::RequestOnly;
    let kept = |name: &str| match name {
        "request_date" | "request" | "request_type" | "content_type" | "charset" => is_request,
        "response_date" | "response" | "error" | "verdict" => !is_request,
        "duration_ms" => false,
        _ => true,
    };
    let date = log.get(if is_request { "request_date" } else { "response_date" }).ok().flatten().unwrap_or(RawBsonRef::Null);
    let mut part = RawDocumentBuf::new();
    for (name, value) in log.iter().flatten() {
        match name.as_str() {
            "log_file_id" => part.append(name, file.0),
            // Nothing completes it any more.
            "completion" => {}
            "state" => part.append(name, state.as_str()),
            "date" => part.append(name, date),
            "problems" => part.append(name, problems(log)),
            "halves" => {
                let Halves { request, response } = Halves::of(log);
                let print = |kept: bool, print: Option<i64>| print.filter(|_| kept).map_or(RawBsonRef::Null, RawBsonRef::Int64);
                let mut prints = RawDocumentBuf::new();
                prints.append(cstr!("request"), print(is_request, request));
                prints.append(cstr!("response"), print(!is_request, response));
                part.append(name, prints);
            }
            other => part.append(name, if kept(other) { value } else { RawBsonRef::Null }),
        }
    }
    EncodedLog::of(part)
}

/// The problems, but that halves that met by session and order stand alone again.
fn problems(log: &RawDocument) -> RawArrayBuf {
    let all = log.get_array("problems").into_iter().flatten().flatten().map(RawBson::from);
    let parted = |problem: RawBson| match problem.as_document() {
        Some(met) if kind_of(&problem) == Some(ProblemKind::PairedByOrder.as_str()) => {
            let alone = Problem::alone(met.get_i64("offset").unwrap_or_default());
            RawBson::Document(rawdoc! { "offset": alone.offset, "kind": alone.kind.as_str(), "text": alone.text })
        }
        _ => problem,
    };
    all.map(parted).collect()
}

/// The same Log, brought by this file.
pub fn given_to(log: &RawDocument, file: LogFileId) -> EncodedLog {
    let mut given = RawDocumentBuf::new();
    for (name, value) in log.iter().flatten() {
        match name.as_str() {
            "log_file_id" => given.append(name, file.0),
            _ => given.append(name, value),
        }
    }
    EncodedLog::of(given)
}

#[cfg(test)]
mod tests {
    use bson::rawdoc;

    use super::*;

    fn file(name: &str) -> LogFileId {
        LogFileId::from_content(&[name.as_bytes()])
    }

    /// A Log of file `f` with these fingerprints.
    fn log(request: Option<i64>, response: Option<i64>) -> RawDocumentBuf {
        let value = |print: Option<i64>| print.map_or(RawBson::Null, RawBson::Int64);
        rawdoc! {
            "_id": file("id").0, "log_file_id": file("f").0, "state": "complete", "request_date": value(request), "request": value(request),
            "response_date": value(response), "response": value(response), "duration_ms": 1, "error": "boom", "problems": [],
            "verdict": { "group_id": 1 }, "date": value(request.or(response)), "halves": { "request": value(request), "response": value(response) },
        }
    }

    /// `f:12` gave both halves, `g:1_` the request.
    fn noted(text: &str) -> Vec<LogSource> {
        let print = |c: Option<char>| c.and_then(|c| c.to_digit(10)).map(i64::from);
        let source = |word: &str| {
            let (name, prints) = word.split_once(':').unwrap();
            let mut prints = prints.chars();
            LogSource { file: file(name), halves: Halves { request: print(prints.next()), response: print(prints.next()) } }
        };
        text.split_whitespace().map(source).collect()
    }

    #[test]
    fn what_other_files_gave_stays() {
        for (request, response, sources, taken_back, expected) in [
            (Some(1), Some(2), "", "f", "nothing"),
            (Some(1), Some(2), "", "g", "all f"),
            (Some(1), Some(2), "g:12", "f", "all g"),
            (Some(1), Some(2), "g:12", "g", "all f"),
            // Another exchange's fingerprint is no half of this one.
            (Some(1), Some(2), "g:92", "f", "response g"),
            (Some(1), Some(2), "g:99", "f", "nothing"),
            (Some(1), Some(2), "g:1_", "f", "request g"),
            (Some(1), Some(2), "f:1_ g:_2", "g", "request f"),
            (Some(1), Some(2), "f:1_ g:_2", "f", "response g"),
            (Some(1), Some(2), "f:1_ g:_2 h:_2", "g", "all f"),
            (Some(1), Some(2), "f:1_ g:_2 h:12", "f", "all h"),
            (Some(1), None, "g:1_", "f", "all g"),
            (None, Some(2), "g:_2", "g", "all f"),
        ] {
            let log = log(request, response);
            let files = ["f", "g", "h"];
            let name = |id: LogFileId| files.into_iter().find(|name| file(name) == id).unwrap();
            let found = match remains(&log, file(taken_back), &noted(sources)) {
                Remains::Nothing => "nothing".to_owned(),
                Remains::All(heir) => format!("all {}", name(heir)),
                Remains::Half(part) => {
                    let owner = LogSource::owner(part.document()).unwrap();
                    format!("{} {}", part.document().get_str("state").unwrap().trim_end_matches("_only"), name(owner.file))
                }
            };
            assert_eq!(found, expected, "{request:?} {response:?} {sources} without {taken_back}");
        }
    }

    #[test]
    fn a_half_that_stays_has_nothing_of_the_other() {
        let whole = log(Some(1), Some(2));
        let Remains::Half(part) = remains(&whole, file("g"), &noted("f:1_ g:_2")) else { panic!("no half") };
        let part = part.document();
        assert_eq!(Halves::of(part), Halves { request: Some(1), response: None });
        for gone in ["response", "response_date", "error", "verdict", "duration_ms"] {
            assert_eq!(part.get(gone).unwrap(), Some(RawBsonRef::Null), "{gone}");
        }
        assert_eq!((part.get_i64("request").unwrap(), part.get_i64("date").unwrap()), (1, 1));
        let Remains::Half(part) = remains(&whole, file("f"), &noted("f:1_ g:_2")) else { panic!("no half") };
        assert_eq!((part.document().get_str("error").unwrap(), part.document().get_i64("date").unwrap()), ("boom", 2));
    }
}
