//! A paired exchange as the document that both stores keep: the fields of `domain::Log`, in its order, written straight
//! to BSON bytes.

use bson::{DateTime, RawBson, RawDocumentBuf, cstr};

use super::{
    PairedLog,
    json::{self, kind},
};
use crate::domain::{BranchCode, EncodedLog, EncodedLogError, ErrorCode, Fault, LogFileId, Problem, Verdict};

impl PairedLog {
    /// The document of this exchange with the error it carries and what inference said of it.
    ///
    /// # Errors
    /// When the document would be larger than BSON can say.
    pub fn encode(
        &self,
        branch: &BranchCode,
        file: &LogFileId,
        error: Option<&Fault>,
        verdict: Option<&Verdict>,
    ) -> Result<EncodedLog, EncodedLogError> {
        let mut out = Writer(Vec::with_capacity(self.size_hint()));
        let start = json::start_document(&mut out.0);
        out.object_id("_id", self.id.bytes());
        out.string("branch", Some(branch.as_str()));
        out.object_id("log_file_id", file.bytes());
        out.string("server", Some(self.origin.server()));
        out.string("message_id", self.message_id.as_deref());
        out.string("state", Some(self.state.as_str()));
        out.string("remote_ip", self.remote_ip.as_deref());
        out.0.extend_from_slice(self.origin.elements());
        out.date("request_date", self.request_date);
        out.document("request", self.request.as_ref());
        out.date("response_date", self.response_date);
        out.document("response", self.response.as_ref());
        out.int64("duration_ms", self.duration_ms());
        out.document("error", error.map(fault_document).as_ref());
        out.problems(&self.problems);
        out.document("verdict", verdict.map(Verdict::encode).as_ref());
        out.date("date", self.request_date.or(self.response_date));
        out.string("session_key", self.session_key.as_deref());
        match self.pairing_key {
            Some(key) => out.object_id("pairing_key", key.bytes()),
            None => out.null("pairing_key"),
        }
        json::key(&mut out.0, kind::DOCUMENT, "halves");
        let halves = json::start_document(&mut out.0);
        out.int64("request", self.halves.request);
        out.int64("response", self.halves.response);
        json::end_document(&mut out.0, halves);
        json::end_document(&mut out.0, start);
        EncodedLog::from_bytes(out.0, self.pairing_key)
    }
}

impl PairedLog {
    /// About the size of the document; no less, but for what an error and a verdict add. Close to it, for the allocator hands out small
    /// pieces fastest.
    fn size_hint(&self) -> usize {
        let bodies = [&self.request, &self.response].into_iter().flatten().map(|body| body.as_bytes().len());
        let own = [&self.message_id, &self.remote_ip, &self.session_key].into_iter().flatten().map(|text| text.len());
        let problems = self.problems.iter().map(|problem| problem.text.len() + PROBLEM_BYTES);
        FIXED_BYTES + self.origin.server().len() + self.origin.elements().len() + bodies.chain(own).chain(problems).sum::<usize>()
    }
}

/// What the document takes beside the texts of its values: types, keys, lengths, dates, ids.
const FIXED_BYTES: usize = 420;
/// The same for a problem.
const PROBLEM_BYTES: usize = 64;

/// Writes elements; what is not there becomes null. All is inlined, so that keys are copied as constants of known length.
struct Writer(Vec<u8>);

impl Writer {
    #[inline(always)]
    fn object_id(&mut self, key: &str, value: [u8; 12]) {
        json::key(&mut self.0, kind::OBJECT_ID, key);
        self.0.extend_from_slice(&value);
    }

    #[inline(always)]
    fn string(&mut self, key: &str, value: Option<&str>) {
        let Some(value) = value else { return self.null(key) };
        json::key(&mut self.0, kind::STRING, key);
        json::write_string(&mut self.0, value);
    }

    #[inline(always)]
    fn date(&mut self, key: &str, value: Option<DateTime>) {
        let Some(value) = value else { return self.null(key) };
        json::key(&mut self.0, kind::DATE, key);
        self.0.extend_from_slice(&value.timestamp_millis().to_le_bytes());
    }

    #[inline(always)]
    fn int64(&mut self, key: &str, value: Option<i64>) {
        let Some(value) = value else { return self.null(key) };
        json::key(&mut self.0, kind::INT64, key);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    #[inline(always)]
    fn document(&mut self, key: &str, value: Option<&RawDocumentBuf>) {
        let Some(value) = value else { return self.null(key) };
        json::key(&mut self.0, kind::DOCUMENT, key);
        self.0.extend_from_slice(value.as_bytes());
    }

    fn problems(&mut self, problems: &[Problem]) {
        json::key(&mut self.0, kind::ARRAY, "problems");
        let array = json::start_document(&mut self.0);
        for (index, problem) in problems.iter().enumerate() {
            json::key(&mut self.0, kind::DOCUMENT, &index.to_string());
            let at = json::start_document(&mut self.0);
            self.int64("offset", Some(problem.offset));
            self.string("kind", Some(problem.kind.as_str()));
            self.string("text", Some(&problem.text));
            json::end_document(&mut self.0, at);
        }
        json::end_document(&mut self.0, array);
    }

    #[inline(always)]
    fn null(&mut self, key: &str) {
        json::key(&mut self.0, kind::NULL, key);
    }
}

fn fault_document(fault: &Fault) -> RawDocumentBuf {
    let mut out = RawDocumentBuf::new();
    match &fault.code {
        Some(ErrorCode::Number(code)) => out.append(cstr!("code"), *code),
        Some(ErrorCode::Text(code)) => out.append(cstr!("code"), code.as_str()),
        None => out.append(cstr!("code"), RawBson::Null),
    }
    out.append(cstr!("message"), fault.message.as_str());
    let detail = fault.detail.clone().and_then(|detail| RawBson::try_from(detail).ok());
    out.append(cstr!("detail"), detail.unwrap_or(RawBson::Null));
    out
}
