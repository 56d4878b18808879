//! The room as a whole: bytes in, pieces and report out.

mod arrays;
mod bad_input;
mod encodings;
mod memory;
mod mutations;
mod pairing;
mod properties;
mod records;
mod wrapped;

use bson::Document;

use super::{
    fuzzing::{options, pieces_with},
    *,
};
use crate::domain::ProblemKind;

/// The record of the paper.
pub(super) const EXAMPLE: &str = r#"=> BarsScheduler at 5/8/2016 7:17:45 AM: from 10.7.73.12; RequestType = POST; ContentType = application/json; charset="UTF-8";
Input = {"sessionid":"slxctezudkzyv0di3ymysxyd ","method":"CloseSession","params": null,"message_id":"BARS-MESS-6735248"}
<= BarsScheduler at 5/8/2016 7:17:45 AM: to 10.7.73.12
Output = {"status":"OK","RESULT":{"sessionId": "slxctezudkzyv0di3ymysxyd"},"message_id":"BARS-MESS-6735248","responce_id":"1","current_timestamp":"2016-05-08T07:17:45"}
"#;

fn pieces(input: impl AsRef<[u8]>) -> (Vec<Piece>, Report) {
    pieces_with(input.as_ref(), &options())
}

/// The Logs alone.
fn logs(input: impl AsRef<[u8]>) -> Vec<PairedLog> {
    logs_with(input, &options())
}

fn logs_with(input: impl AsRef<[u8]>, options: &Options) -> Vec<PairedLog> {
    let (pieces, report) = pieces_with(input.as_ref(), options);
    let logs: Vec<_> = pieces.into_iter().filter_map(|piece| if let Piece::Log(log) = piece { Some(log) } else { None }).collect();
    let counts = report.counts;
    assert_eq!(counts.logs, logs.len() as i64);
    assert_eq!(counts.records, 2 * counts.complete + counts.request_only + counts.response_only);
    logs
}

fn kinds(log: &PairedLog) -> Vec<ProblemKind> {
    log.problems.iter().map(|problem| problem.kind).collect()
}

fn request(id: &str) -> String {
    format!("=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1; RequestType = POST;\nInput = {{\"message_id\":\"{id}\"}}\n")
}

fn response(id: &str) -> String {
    format!("<= S at 5/8/2016 7:17:46 AM: to 10.0.0.1\nOutput = {{\"status\":\"OK\",\"message_id\":\"{id}\"}}\n")
}

fn document(log: &PairedLog) -> Document {
    let options = options();
    let encoded = log.encode(&options.branch, &options.log_file_id, None, None).unwrap();
    Document::try_from(encoded.document()).unwrap()
}
