//! What the pages say before something is done, said over the JSON API: rules about groups, tables of known errors, badges of views.

use serde_json::{Value, json};

use super::{triage::log_of, *};

fn with_groups() -> (Pages, String) {
    let pages = Pages::empty(|_| ());
    pages.ingest(
        "a.log",
        &log_of(8, &["Document 17 is locked", "Document 18 is locked", "Document is locked by client 5", "Cash desk full"]),
    );
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    (pages, analyst)
}

#[test]
fn rules_about_groups_are_previewed_listed_and_taken_back() {
    let (pages, analyst) = with_groups();
    let ask = |method: &str, path: &str| pages.asks(&analyst, method, path, &Value::Null);
    let [group, into] = ["Document 17", "by client"].map(|part| pages.group(part).id.to_string());
    let (status, near) = ask("GET", &format!("errors/{group}/alike"));
    assert_eq!((status, &near["groups"][0]["group"]), (200, &into.as_str().into()), "{near}");
    let (status, plan) = ask("GET", &format!("errors/{group}/merge?into={into}"));
    assert_eq!((status, &plan["n_logs"]), (200, &2.into()), "{plan}");
    assert_eq!(ask("GET", &format!("errors/{group}/merge?into={group}")).0, 409);
    assert_eq!(ask("GET", &format!("errors/{group}/merge?into=none")).0, 422);
    let values = ask("GET", &format!("errors/{group}/values")).1;
    let place = values["variables"][0]["place"].as_i64().unwrap();
    let (status, plan) = ask("GET", &format!("errors/{group}/split?place={place}&value=17"));
    assert_eq!((status, &plan["n_logs"], &plan["examples"][0]["message"]), (200, &1.into(), &"Document 17 is locked".into()), "{plan}");
    assert_eq!(ask("GET", "errors/rules").1["rules"], json!([]), "nothing was changed by asking");
    assert_eq!(pages.asks(&analyst, "POST", &format!("errors/{group}/merge"), &json!({ "into": into })).0, 200);
    let rule = ask("GET", "errors/rules").1["rules"][0].clone();
    assert_eq!((&rule["group"], &rule["into"], &rule["by"]), (&group.as_str().into(), &into.as_str().into(), &"analyst".into()));
    let withdraw = format!("errors/rules/{}/withdraw", rule["id"].as_str().unwrap());
    assert_eq!(pages.asks(&analyst, "POST", &withdraw, &json!({})), (200, json!({ "group": group })));
    assert_eq!(pages.asks(&analyst, "POST", &withdraw, &json!({})).0, 404);
}

#[test]
fn a_view_of_the_queue_is_counted_as_a_view_of_the_logs_is() {
    let (pages, analyst) = with_groups();
    let save = |name: &str, kind: &str, filter: &str| {
        let (made, view) = pages.asks(&analyst, "POST", "queries", &json!({ "name": name, "kind": kind, "filter": filter }));
        assert_eq!(made, 201, "{view}");
        pages.asks(&analyst, "GET", &format!("queries/{}/count", view["id"].as_str().unwrap()), &Value::Null)
    };
    assert_eq!(save("documents", "errors", "search=document%20locked"), (200, json!({ "count": 2, "more": false })));
    assert_eq!(save("one", "errors", "search=cash&not_branch=K01"), (200, json!({ "count": 0, "more": false })));
    assert_eq!(save("failed", "logs", "error exists"), (200, json!({ "count": 4, "more": false })));
}

#[test]
fn a_table_comes_in_row_by_row() {
    let (pages, analyst) = with_groups();
    let send = |path: &str, body: Value| pages.asks(&analyst, "POST", path, &body);
    assert_eq!(send("statuses", json!({ "code": 20, "title": "Cash" })).0, 201);
    let table = "text;status;keywords;answers\nCash desk full;20;=cash; desk\n\"No such status\";99;;\n'=formula;20;;\"One.\n\nTwo.\"\n";
    let (status, told) = send("knowledge/table/check", json!({ "table": table }));
    assert_eq!((status, &told["plan"]["n_new"], &told["n_bad"]), (200, &2.into(), &1.into()), "{told}");
    assert_eq!(told["bad"], json!([{ "line": 3, "reason": "status: there is no status `99`" }]));
    let (status, refused) = send("knowledge/table", json!({ "table": table }));
    assert_eq!((status, &refused["details"]["bad"][0]["line"]), (422, &3.into()), "{refused}");
    assert_eq!(send("knowledge/table", json!({ "table": table, "skip_bad": true })).0, 200);
    let known = pages.asks(&analyst, "GET", "known-errors", &Value::Null).1;
    let texts: Vec<&str> = known["known_errors"].as_array().unwrap().iter().map(|entry| entry["text"].as_str().unwrap()).collect();
    assert!(texts.len() == 2 && texts.contains(&"=formula"), "{texts:?}");
    // What goes out is the same when it comes in.
    let answer = pages.get(&analyst, "/api/v1/knowledge/table");
    assert_eq!(answer.header("Content-Type"), "text/csv; charset=utf-8");
    let (_, told) = send("knowledge/table/check", json!({ "table": answer.body }));
    assert_eq!((&told["plan"]["n_same"], &told["plan"]["n_changed"], &told["bad"]), (&2.into(), &0.into(), &json!([])), "{told}");
}

#[test]
fn the_page_names_bad_rows_and_offers_the_good_ones() {
    let (pages, analyst) = with_groups();
    let check = |table: &str| {
        let body = http::multipart(&[("csrf", CSRF)], table.as_bytes());
        let headers = [("Cookie", analyst.as_str()), ("Content-Type", "multipart/form-data; boundary=b")];
        http::exchange(&pages.address, &http::request("POST", "/knowledge/import/check", &headers, &body))
    };
    let table = "text,state\nCash desk full,approved\nAnother,<b>nowhere</b>\n";
    let shown = check(table);
    assert_eq!(shown.status, 200, "{}", shown.body);
    assert!(shown.body.contains("<b>Line 3</b>: There is no state “&#60;b&#62;nowhere&#60;/b&#62;”."), "{}", shown.body);
    let token = shown.body.split("name=\"token\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    let import = |n: &str| pages.post(&analyst, "/knowledge/import", &[("csrf", CSRF), ("token", &token), ("n", n)]);
    let n_known = || pages.runtime.block_on(pages.services.store.list_known_errors()).unwrap().len();
    let again = import("2");
    assert!(again.body.contains("name=\"token\"") && n_known() == 0, "another number of rows was offered: {}", again.body);
    let done = import("1");
    assert_eq!((done.status, n_known()), (200, 1), "{}", done.body);
    assert_eq!(check("nothing,of,it\n1,2,3\n").status, 422);
    // The export of the page is good as it is.
    let exported = pages.get(&analyst, "/knowledge/export/csv").body;
    assert!(check(&exported).body.contains("as they are <b>1</b>"));
}
