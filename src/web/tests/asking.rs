//! Questions about errors and Logs over real connections: answered with what they rest on or not at all, followed as the answer is written.

use super::{
    suggest::{Act, with_model},
    *,
};
use crate::domain::LogError;

#[test]
fn questions_are_answered_with_what_they_rest_on_or_not_at_all() {
    let answered = r#"{"verdict":"answer","answer":"Twice, <b>at</b> seven.","cites":["L1"]}"#;
    let missing = r#"{"verdict":"not_in_data","answer":"","cites":[]}"#;
    let (pages, fake, group) = with_model(vec![Act::Reply(answered), Act::Reply(missing), Act::Reply(answered)]);
    let programmer = pages.sign_in("programmer", Role::ProgrammerDeveloper, &[]);
    let administrator = pages.sign_in("administrator", Role::SystemAdministrator, &[]);
    let other = pages.sign_in("other", Role::BranchOperator, &["L02"]);
    let (error, log) = (group.id.to_string(), group.example_log_id.to_string());
    let ask = |cookie: &str, about: &str, id: &str, question: &str| {
        pages.post(cookie, "/ask", &[("csrf", CSRF), ("about", about), ("id", id), ("question", question)])
    };
    let answer = ask(&programmer, "error", &error, "How often?");
    assert!(answer.body.contains("&#60;b&#62;at") && answer.body.contains(&format!("/logs/{log}")), "{}", answer.body);
    assert!(ask(&programmer, "log", &log, "Who did it?").body.contains("That is not in the data"));
    assert_eq!(ask(&programmer, "error", &error, " ").status, 422);
    let seen = ask(&administrator, "error", &error, "Was 4111 1111 1111 1111 there?").body;
    let prompt = fake.prompts.lock().unwrap()[2].clone();
    assert!(!prompt.user.contains("4111 1111") && seen.contains("The exact prompt") && !answer.body.contains("The exact prompt"));
    let first = prompt.system.lines().next().unwrap().split(['&', '<', '"', '\'']).next().unwrap();
    assert!(seen.contains(first) && seen.contains("class=\"prompt\""), "{seen}");
    assert_eq!((ask(&other, "error", &error, "x").status, ask(&other, "log", &log, "x").status), (403, 404));
}

/// A question about an error as the script of the page asks it.
fn asked_by_script(cookie: &str, group: &LogError, question: &str) -> Vec<u8> {
    let id = group.id.to_string();
    let body = http::form(&[("csrf", CSRF), ("about", "error"), ("id", &id), ("question", question)]);
    let headers = [("Cookie", cookie), ("Content-Type", "application/x-www-form-urlencoded"), ("Accept-Encoding", "gzip")];
    http::request("POST", "/ask/stream", &headers, body.as_bytes())
}

#[test]
fn an_answer_is_followed_as_it_is_written_and_ends_as_the_page_shows_it() {
    let answered = r#"{"verdict":"answer","answer":"Twice, <b>at</b> seven.","cites":["L1"]}"#;
    let (pages, _, group) = with_model(vec![Act::Reply(answered), Act::Reply("no answer at all")]);
    let programmer = pages.sign_in("programmer", Role::ProgrammerDeveloper, &[]);
    // The end is the one event whose data end with a text.
    let told = pages.read_until(&asked_by_script(&programmer, &group, "How often?"), "\"}\n\n");
    assert!(told.contains("text/event-stream") && told.contains("event: state"), "{told}");
    let end = told.split("event: end").nth(1).unwrap();
    assert!(end.contains("&#60;b&#62;at") && end.contains("/logs/") && end.contains("fake &#60;b&#62;model"), "{end}");
    let told = pages.read_until(&asked_by_script(&programmer, &group, "And now?"), "\"}\n\n");
    assert!(told.contains("class=\\\"problem\\\"") && !told.contains("no answer at all"), "{told}");
    let told = pages.read_until(&asked_by_script(&programmer, &group, " "), "\"}\n\n");
    assert!(told.contains("1 to 1000"), "{told}");
}

/// A question about an error by the API, told by events.
fn asked_by_program(cookie: &str, group: &LogError, question: &str) -> Vec<u8> {
    let body = serde_json::json!({ "about": "error", "id": group.id.to_string(), "question": question }).to_string();
    let headers = [("Cookie", cookie), ("x-csrf-token", CSRF), ("Content-Type", "application/json"), ("Accept", "text/event-stream")];
    http::request("POST", "/api/v1/ask", &headers, body.as_bytes())
}

#[test]
fn a_program_follows_an_answer_as_it_is_written() {
    let answered = r#"{"verdict":"answer","answer":"Twice,\n\nevent: end","cites":["L1"]}"#;
    let half = r#"{"verdict":"answer","answer":"It has "#;
    let (pages, fake, group) = with_model(vec![Act::Reply(answered), Act::Hang(half), Act::Reply(answered)]);
    let programmer = pages.sign_in("programmer", Role::ProgrammerDeveloper, &[]);
    let told = pages.read_until(&asked_by_program(&programmer, &group, "How often?"), "\r\n0\r\n\r\n");
    let answer = told.split("event: answer\ndata: ").nth(1).unwrap();
    let answer: serde_json::Value = serde_json::from_str(answer.lines().next().unwrap()).unwrap();
    assert_eq!((&answer["text"], &answer["not_in_data"]), (&"Twice,\n\nevent: end".into(), &false.into()), "{told}");
    assert_eq!(answer["cites"][0]["log_id"], group.example_log_id.to_string());
    let told = pages.read_until(&asked_by_program(&programmer, &group, "And then?"), "\"text\":\"It has");
    assert!(told.contains("text/event-stream") && told.contains("event: state\ndata: {\"state\":\"writing\""), "{told}");
    let stopped = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        fake.n_dropped.load(Ordering::Relaxed) == 1
    });
    assert!(stopped, "the model is told");
    let answer = http::exchange(&pages.address, &asked_by_program(&programmer, &group, " "));
    assert!(answer.status == 422 && answer.body.contains("invalid"), "what is wrong at once has its status: {}", answer.body);
    let json = String::from_utf8(asked_by_program(&programmer, &group, "How often?")).unwrap();
    let answer = http::exchange(&pages.address, json.replace("text/event-stream", "application/json").as_bytes());
    assert!(answer.status == 200 && answer.body.starts_with("{\"text\":"), "{}", answer.body);
}

#[test]
fn an_answer_that_nobody_waits_for_is_stopped() {
    let (pages, fake, group) = with_model(vec![Act::Hang(r#"{"verdict":"answer","answer":"It has "#)]);
    let programmer = pages.sign_in("programmer", Role::ProgrammerDeveloper, &[]);
    // What was read is dropped with its connection.
    let told = pages.read_until(&asked_by_script(&programmer, &group, "How often?"), "It has");
    assert!(!told.contains("event: end"), "{told}");
    for _ in 0..500 {
        if fake.n_dropped.load(Ordering::Relaxed) == 1 {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the model is not told");
}
