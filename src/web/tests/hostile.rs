//! Log text is hostile: on every page it is text, and nothing else.

use super::*;

/// Fails where a page has markup that is not the program's own.
pub(super) fn is_inert(path: &str, body: &str) {
    for tag in body.split('<').skip(1) {
        let tag = &tag[..tag.find('>').unwrap_or(tag.len())];
        assert!(!tag.starts_with("script") || tag.starts_with("script src=\"/static/"), "{path}: <{tag}>");
        assert!(!tag.starts_with("img") || tag.starts_with("img src=\"/static/"), "{path}: <{tag}>");
        let attributes = tag.split('"').step_by(2).collect::<String>();
        assert!(!attributes.contains(" on"), "{path}: <{tag}>");
        assert!(!tag.contains("=\"javascript:"), "{path}: <{tag}>");
    }
}

impl Hostile {
    /// Pages that show what a form sent: previews, counts, reports, forms that have to be filled in again.
    fn answers_to_forms(&self, cookie: &str) -> Vec<(String, Answer)> {
        const TEXT: &str = "</textarea><script>alert(50)</script>";
        let known = super::super::known::address(&self.known);
        let group = self.unknown.to_string();
        let ways = [
            ("title", TEXT),
            ("text", TEXT),
            ("keywords", "\"><script>alert(51)</script>"),
            ("conditions", "branch = \"<script>alert(52)</script>\""),
        ];
        let of_known = ways.into_iter().chain([("answer", TEXT)]).collect();
        let forms: [(String, Vec<(&str, &str)>); 8] = [
            (format!("/errors/{}/preview", self.unknown), ways.to_vec()),
            (
                format!("/errors/{}/approve", self.unknown),
                [("conditions", "<script>alert(53)</script>")]
                    .into_iter()
                    .chain([("new_code", "77"), ("new_title", TEXT), ("answers", TEXT), ("text", TEXT)])
                    .collect(),
            ),
            (format!("/errors/{}/assign", self.unknown), vec![("to", "<script>alert(54)</script>")]),
            ("/errors/bulk".to_owned(), vec![("group", group.as_str()), ("do", "ignore"), ("until", "always")]),
            (format!("{known}/preview"), of_known),
            ("/knowledge/preview".to_owned(), ways.to_vec()),
            ("/statuses/10".to_owned(), vec![("title", TEXT), ("colour", "<script>alert(55)</script>")]),
            ("/people/invite".to_owned(), vec![("name", "<script>alert(56)</script>"), ("role", "none")]),
        ];
        let send = |(path, fields): (String, Vec<(&str, &str)>)| {
            let fields: Vec<_> = fields.into_iter().chain([("csrf", CSRF)]).collect();
            let answer = self.pages.post(cookie, &path, &fields);
            (path, answer)
        };
        let mut answers: Vec<_> = forms.into_iter().map(send).collect();
        let document = r#"{"statuses":[],"known_errors":[{"id":"\"><script>alert(57)</script>","title":"<script>alert(58)</script>","text":"<script>alert(59)</script> full","status":10,"answers":[{"text":"<script>alert(60)</script>"}]}]}"#;
        let body = http::multipart(&[("csrf", CSRF)], document.as_bytes());
        let headers = [("Cookie", cookie), ("Content-Type", "multipart/form-data; boundary=b")];
        let path = "/knowledge/import/check";
        let report = http::exchange(&self.pages.address, &http::request("POST", path, &headers, &body));
        answers.push((path.to_owned(), report));
        answers
    }
}

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
        "/branches".to_owned(),
        "/branches/K01".to_owned(),
        "/branches/K01/subscriptions".to_owned(),
        "/quarantine".to_owned(),
        format!("/quarantine/{}", hostile.a_piece()),
        "/audit".to_owned(),
        "/audit?actor=%22%3E%3Cscript%3Ealert(42)%3C/script%3E".to_owned(),
        "/people".to_owned(),
        "/people/%3Cb%3Epetro%3C%2Fb%3E".to_owned(),
        "/account".to_owned(),
        "/docs/api".to_owned(),
        "/pinned".to_owned(),
        "/errors/rules".to_owned(),
        format!("/errors/{}/merge", hostile.unknown),
        format!("/errors/{}/merge?into=%22%3E%3Cscript%3Ealert(43)%3C/script%3E", hostile.unknown),
        format!("/errors/{}/split?place=1&value=%3Cscript%3Ealert(44)%3C/script%3E", hostile.unknown),
        "/statuses/10/merge?into=20".to_owned(),
        "/files?search=%22%3E%3Cscript%3Ealert(45)%3C/script%3E".to_owned(),
        format!("/files/{}/delete", hostile.file),
        format!("/files/{}/reprocess", hostile.file),
        "/logs/tail".to_owned(),
        format!("/errors/{}/around", hostile.unknown),
        "/sign-in?next=%22%3E%3Cscript%3Ealert(33)%3C%2Fscript%3E".to_owned(),
        "/%22%3E%3Cscript%3Ealert(34)%3C%2Fscript%3E".to_owned(),
    ];
    let answers = paths.iter().map(|path| (path.clone(), pages.get(&cookie, path)));
    let answers: Vec<_> = answers.chain(hostile.answers_to_forms(&cookie)).collect();
    let mut seen = String::new();
    for (path, answer) in &answers {
        assert!(matches!(answer.status, 200 | 404 | 422), "{path}: {}", answer.head);
        is_inert(path, &answer.body);
        for name in ["b onclick", "svg onload", "i>olena", "a href=\"javascript", "/textarea><script", "/pre><script"] {
            assert!(!answer.body.contains(&format!("<{name}")), "{path}: <{name}");
        }
        assert!(answer.header("Content-Security-Policy").contains("default-src 'none'"), "{path}");
        assert!(answer.header("Content-Type").starts_with("text/html"), "{path}");
        seen.push_str(&answer.body);
    }
    // Each text was shown somewhere, so that its absence as a tag means something.
    for number in [1, 2, 3, 8, 9, 11, 13, 20, 21, 22, 24, 25, 26, 27, 30, 31, 32, 33, 40, 41, 44, 45, 50, 51, 52, 53, 54, 55, 56, 58] {
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
