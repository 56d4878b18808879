//! Where errors are found and where none is.

use bson::RawDocumentBuf;

use super::{Rules, find};
use crate::domain::{ErrorCode, Fault};

fn found(json: &str) -> Option<Fault> {
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    let document: bson::Document = bson::serialize_to_document(&value).unwrap();
    find(&Rules::default(), Some(&RawDocumentBuf::try_from(&document).unwrap()))
}

#[test]
fn errors_are_found_wherever_they_stand() {
    let number = |n| Some(ErrorCode::Number(n));
    let text = |t: &str| Some(ErrorCode::Text(t.into()));
    for (json, code, message) in [
        (r#"{"status":"ERROR","error":"Account not found"}"#, None, "Account not found"),
        (r#"{"status":"ERROR","error":{"code":17,"message":"No funds","data":{"n":1}}}"#, number(17), "No funds"),
        (r#"{"status":"ERROR","error":{"code":"E17","message":"No funds"}}"#, text("E17"), "No funds"),
        (r#"{"status":"OK","RESULT":[{"id":1},{"error":"Card blocked"}]}"#, None, "Card blocked"),
        (r#"{"status":"OK","RESULT":[{"error":{"message":"Card blocked","code":3}}]}"#, number(3), "Card blocked"),
        (r#"{"status":"OK","RESULT":{"error":"Card blocked"}}"#, None, "Card blocked"),
        (r#"{"status":"DENIED"}"#, None, "status DENIED"),
        (r#"{"status":"FAIL","message":"Limit","code":4}"#, number(4), "Limit"),
        (r#"{"error":{"code":9}}"#, number(9), "error 9"),
        (r#"{"error":{"error":{"message":"deep"}}}"#, None, "deep"),
        (r#"{"error":{"data":"only data"}}"#, None, "only data"),
    ] {
        let fault = found(json).unwrap_or_else(|| panic!("{json}"));
        assert_eq!((fault.code, fault.message.as_str()), (code, message), "{json}");
    }
}

#[test]
fn no_error_is_invented() {
    for json in [
        r#"{"status":"OK","RESULT":{"sessionId":"x"}}"#,
        r#"{"status":"ok","error":null}"#,
        r#"{"status":"OK","error":""}"#,
        r#"{"error":{}}"#,
        r#"{"error":[]}"#,
        r#"{"error":false,"status":"Success"}"#,
        r#"{"error":"none"}"#,
        r#"{"error":{"code":0,"message":""}}"#,
        r#"{"error":{"code":"0"}}"#,
        r#"{"raw":"{\"status\":\"ERROR\""}"#,
        r#"{}"#,
    ] {
        assert_eq!(found(json), None, "{json}");
    }
    assert_eq!(find(&Rules::default(), None), None);
}

#[test]
fn detail_is_kept_and_further_errors_stand_beside_it() {
    let fault = found(r#"{"RESULT":[{"error":{"message":"a","data":5}},{"error":"b"}]}"#).unwrap();
    assert_eq!(fault.detail, Some(bson::bson!({"detail": 5_i64, "other_errors": ["b"]})));
}
