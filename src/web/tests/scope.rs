//! What a branch operator is shown depends on nothing that other branches send.

use super::*;

/// Pages and addresses of the API that an operator may ask for, with the ids of the hostile store.
fn paths(hostile: &Hostile) -> Vec<String> {
    let known = hostile.known.to_string();
    let mut paths: Vec<String> = [
        "/",
        "/known",
        "/known?sort=seen",
        "/known?state=regressed",
        "/statuses",
        "/logs",
        "/logs?filter=verdict.known_error_id%20exists",
        "/logs/asking",
        "/logs/tail",
        "/logs/tail/rows",
        "/logs/export/ndjson",
        "/logs/export/csv",
        "/files",
        "/pinned",
        "/branches",
        "/api/v1/logs",
        "/api/v1/logs?filter=not%20branch%20%3D%20%22L02%22",
        "/api/v1/known-errors",
        "/api/v1/statuses",
        "/api/v1/properties",
        "/api/v1/files",
        "/api/v1/branches",
        "/api/v1/branches/K01",
        "/api/v1/branches/K01/ledger",
        "/api/v1/branches/K01/agents",
        "/api/v1/queries",
    ]
    .map(str::to_owned)
    .to_vec();
    paths.extend([
        super::super::known::address(&hostile.known),
        format!("/files/{}", hostile.file),
        format!("/logs/{}", hostile.log),
        format!("/logs/{}/json", hostile.log),
        "/branches/K01".to_owned(),
        format!("/api/v1/known-errors/{known}"),
        format!("/api/v1/known-errors/{known}/answers"),
        format!("/api/v1/logs/{}", hostile.log),
        format!("/api/v1/logs/{}/diagnosis", hostile.log),
        format!("/api/v1/files/{}", hostile.file),
    ]);
    paths
}

#[test]
fn operators_are_shown_the_same_whatever_other_branches_send() {
    let hostile = Hostile::new();
    let pages = &hostile.pages;
    let cookies = [("own", ["K01"]), ("other", ["L02"])].map(|(name, branches)| pages.sign_in(name, Role::BranchOperator, &branches));
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let asked = paths(&hostile);
    // A failure tells the request's id.
    let get = |cookie: &str, path: &String| {
        let headers = [("Cookie", cookie), ("x-request-id", "same")];
        http::exchange(&pages.address, &http::request("GET", path, &headers, b""))
    };
    let shown = |cookie: &str| asked.iter().map(|path| get(cookie, path)).map(|answer| (answer.status, answer.body)).collect::<Vec<_>>();
    let before = [shown(&cookies[0]), shown(&cookies[1]), shown(&analyst)];
    let ingest = IngestRequest {
        branch: "M03".parse().unwrap(),
        name: "another.log".to_owned(),
        path: Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/hostile.log")).to_owned(),
        format: FormatChoice::Auto,
        uploaded_by: "olena".to_owned(),
    };
    pages.runtime.block_on(pages.services.ingest_file(ingest, Arc::new(|_| ()))).unwrap();
    let after = [shown(&cookies[0]), shown(&cookies[1]), shown(&analyst)];
    for (who, (before, after)) in ["own", "other"].iter().zip(before.iter().zip(&after)) {
        for ((path, before), after) in asked.iter().zip(before).zip(after) {
            assert_eq!(before, after, "{path} as {who}");
        }
    }
    // The same pages tell those who see all of it, so that their silence means something.
    for path in ["/", "/known", "/statuses", "/api/v1/known-errors", "/api/v1/properties"] {
        let place = asked.iter().position(|asked| asked == path).unwrap();
        assert!(before[2][place] != after[2][place], "{path} as an analyst");
    }
}
