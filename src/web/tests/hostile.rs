//! Log text is hostile: on every page it is text, and nothing else.

use super::*;

#[test]
fn hostile_text_is_only_text_on_every_page() {
    let hostile = Hostile::new();
    let pages = &hostile.pages;
    let cookie = pages.sign_in("<b>petro</b>", Role::SystemAdministrator, &[]);
    let filter = "error.message contains \"<script>alert(8)</script>\"";
    let saved = pages.post(&cookie, "/logs/save", &[("csrf", CSRF), ("name", "\"><script>alert(30)</script>"), ("filter", filter)]);
    assert_eq!(saved.status, 303);
    let saved = pages.post(&cookie, "/errors/views", &[("csrf", CSRF), ("name", "\"><script>alert(40)</script>"), ("query", "state=all")]);
    assert_eq!(saved.status, 303);
    let escaped = http::form(&[("filter", filter)]);
    let paths = [
        "/".to_owned(),
        "/upload".to_owned(),
        "/files".to_owned(),
        format!("/files/{}", hostile.file),
        "/errors".to_owned(),
        "/errors?state=known".to_owned(),
        "/errors?state=all&not_method=%22%3E%3Cscript%3Ealert(41)%3C/script%3E".to_owned(),
        format!("/errors/{}", hostile.unknown),
        format!("/errors/{}", hostile.explained),
        format!("/errors/{}/suggestion", hostile.unknown),
        format!("/ask?about=error&id={}", hostile.unknown),
        "/efficiency".to_owned(),
        "/known".to_owned(),
        format!("/known?search={}", "%22%3E%3Cscript%3Ealert(31)%3C/script%3E"),
        super::super::known::address(&hostile.known),
        format!("{}/edit", super::super::known::address(&hostile.known)),
        format!("{}/versions", super::super::known::address(&hostile.known)),
        "/knowledge/new".to_owned(),
        "/knowledge/import".to_owned(),
        "/knowledge/duplicates".to_owned(),
        "/statuses".to_owned(),
        "/statuses/10".to_owned(),
        "/statuses/new".to_owned(),
        "/logs".to_owned(),
        format!("/logs?{escaped}"),
        format!("/logs?{escaped}%20%3Cscript%3Ealert(32)%3C%2Fscript%3E"),
        format!("/logs/{}", hostile.log),
        "/sign-in?next=%22%3E%3Cscript%3Ealert(33)%3C%2Fscript%3E".to_owned(),
        "/%22%3E%3Cscript%3Ealert(34)%3C%2Fscript%3E".to_owned(),
    ];
    let mut seen = String::new();
    for path in &paths {
        let answer = pages.get(&cookie, path);
        assert!(matches!(answer.status, 200 | 404), "{path}: {}", answer.head);
        for tag in answer.body.split('<').skip(1) {
            let tag = &tag[..tag.find('>').unwrap_or(tag.len())];
            assert!(!tag.starts_with("script") || tag.starts_with("script src=\"/static/"), "{path}: <{tag}>");
            assert!(!tag.starts_with("img") || tag.starts_with("img src=\"/static/"), "{path}: <{tag}>");
            let attributes = tag.split('"').step_by(2).collect::<String>();
            assert!(!attributes.contains(" on"), "{path}: <{tag}>");
            assert!(!tag.contains("=\"javascript:"), "{path}: <{tag}>");
        }
        for name in ["b onclick", "svg onload", "i>olena", "a href=\"javascript", "/textarea><script", "/pre><script"] {
            assert!(!answer.body.contains(&format!("<{name}")), "{path}: <{name}");
        }
        assert!(answer.header("Content-Security-Policy").contains("default-src 'none'"), "{path}");
        assert!(answer.header("Content-Type").starts_with("text/html"), "{path}");
        seen.push_str(&answer.body);
    }
    // Each text was shown somewhere, so that its absence as a tag means something.
    for number in [1, 2, 3, 8, 9, 11, 13, 20, 21, 22, 24, 25, 26, 27, 30, 31, 32, 33, 40, 41] {
        assert!(seen.contains(&format!("alert({number})")), "alert({number}) stands on no page");
    }
    assert!(seen.contains("{{7*7}}") && seen.contains("⟨U+202E⟩egassem⟨U+0000⟩end"));
    assert!(!seen.contains(['\0', '\u{202E}']));
}

#[test]
fn json_is_never_taken_for_a_page() {
    let hostile = Hostile::new();
    let cookie = hostile.pages.sign_in("petro", Role::SystemAdministrator, &[]);
    let answer = hostile.pages.get(&cookie, &format!("/logs/{}/json", hostile.log));
    assert_eq!((answer.status, answer.header("Content-Type")), (200, "application/json"));
    assert_eq!(answer.header("X-Content-Type-Options"), "nosniff");
}
