//! Where errors are found and where none is.

mod properties;

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
        (r#"{"error":true,"message":"Limit is reached"}"#, None, "Limit is reached"),
        (r#"{"error":"true","msg":"Limit is reached","code":8}"#, number(8), "Limit is reached"),
        (r#"{"error":true}"#, None, "error true"),
        (r#"{"status":"OK","error":17,"message":"No funds"}"#, number(17), "No funds"),
        (r#"{"error":17.0}"#, number(17), "error 17"),
        (r#"{"error":{"code":5,"reason":"No rights"}}"#, number(5), "No rights"),
        (r#"{"error":"No funds","error_code":17}"#, number(17), "No funds"),
        (r#"{"error":"invalid_grant","error_description":"The password is wrong"}"#, text("invalid_grant"), "The password is wrong"),
        (r#"{"errors":[{"message":"a"}]}"#, None, "a"),
        (r#"{"success":false,"message":"No funds"}"#, None, "No funds"),
        (r#"{"status":"OK","isSuccess":"false","Message":"No funds"}"#, None, "No funds"),
        (r#"{"success":false}"#, None, "success false"),
        (r#"{"success":0,"message":"No funds"}"#, None, "No funds"),
        (r#"{"hasErrors":true,"description":"No funds"}"#, None, "No funds"),
        (r#"{"status":"OK","error_code":17,"error_message":"No funds"}"#, number(17), "No funds"),
        (r#"{"status":"OK","errorCode":"E-17","errorMessage":"No funds"}"#, text("E-17"), "No funds"),
        (r#"{"status":"OK","ErrorMsg":"No funds"}"#, None, "No funds"),
        (r#"{"status":"OK","ERROR_CODE":17}"#, number(17), "error 17"),
        (r#"{"status":"OK","RESULT":[{"errorCode":17,"errorMessage":"No funds"}]}"#, number(17), "No funds"),
        (r#"{"status":"OK","result":{"success":false}}"#, None, "success false"),
        (r#"{"status":{"code":17,"message":"No funds"}}"#, number(17), "No funds"),
        (r#"{"status":{"state":"FAILED"},"message":"No funds"}"#, None, "No funds"),
        (r#"{"status":{"success":false,"message":"No funds"}}"#, None, "No funds"),
        (r#"{"status":{"name":"FAILED"}}"#, None, "status FAILED"),
        (r#"{"statusCode":400,"message":"amount is missing"}"#, None, "amount is missing"),
        (r#"{"fault":{"faultcode":"Client","faultstring":"No such method"}}"#, text("Client"), "No such method"),
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
        r#"{"error":0,"errors":[],"message":"saved"}"#,
        r#"{"error":0.25,"status":"OK"}"#,
        r#"{"error":{"code":0,"message":"Success"}}"#,
        r#"{"errorCode":0,"errorMessage":"The operation went well"}"#,
        r#"{"error_code":"000","error_message":"Success"}"#,
        r#"{"errorMessage":"No errors","errorCode":null}"#,
        r#"{"success":true,"failed":false,"message":"saved","code":5}"#,
        r#"{"success":0,"failure":1}"#,
        r#"{"status":{"code":0,"message":"done"}}"#,
        r#"{"status":{"code":5,"name":"OK"}}"#,
        r#"{"status":{"since":"2016-05-08","by":"teller"}}"#,
        r#"{"status":"OK","RESULT":[{"login":"olena","success":false},{"login":"ivan","success":true}]}"#,
        r#"{"status":201,"RESULT":{"description":"a card","code":7,"reason":"lost"}}"#,
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
