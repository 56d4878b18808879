//! Two servers on one database: what one of them learns the other knows, and what one forgets the other does not know any more.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Stdio,
    sync::Arc,
    thread::sleep,
    time::{Duration, Instant},
};

use bson::DateTime;
use loghelper::{
    config::Config,
    domain::TokenScope,
    store::mongo::MongoStore,
    usecase::{
        Services,
        tokens::{self, NewToken},
    },
};
use serde_json::{Value, json};

use crate::{
    agreeing,
    poster::{Serving, key, post_until_taken},
    support::{Place, mongodb_uri},
};

/// How long one server may take to follow the other.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks a server; status and body.
fn ask(address: &str, token: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let body = body.to_string();
    let head = format!(
        "{method} /api/v1/{path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all((head + &body).as_bytes()).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    let (head, body) = said.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
}

/// An analyst's token.
async fn token(place: &Place, uri: &str) -> String {
    let mut adding = place
        .command(&["user", "add", "olena", "--role", "expert_analyst"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    adding.stdin.take().unwrap().write_all(b"long enough to be one\n").unwrap();
    assert!(adding.wait().unwrap().success());
    let store = Arc::new(MongoStore::connect(uri, Duration::from_secs(10)).await.unwrap());
    let services = Services::open(store, Config::in_dir(place.folder.path()).into()).await.unwrap();
    let olena = services.store.find_user("olena").await.unwrap().unwrap();
    let new = NewToken { name: "test".into(), scopes: TokenScope::ALL.to_vec(), days: 1 };
    tokens::create(&services, &olena, new, DateTime::now()).await.unwrap().0
}

#[tokio::test]
async fn what_one_server_learns_the_other_knows() {
    let Some(uri) = mongodb_uri() else { return };
    let (here, there) = (Place::new(Some(uri.clone())), Place::new(Some(uri.clone())));
    let (key, token) = (key(&here, "K1"), token(&here, &uri).await);
    let (one, two) = (Serving::start(&here), Serving::start(&there));
    let text = "Signature key 500 of the vault has expired yesterday";
    let verdict = |server: &Serving| ask(&server.address, &token, "POST", "match", &json!({ "text": text })).1["verdict"].clone();
    let becomes = |server: &Serving, expected: &str| {
        let begun = Instant::now();
        while verdict(server) != expected {
            assert!(begun.elapsed() < PATIENCE, "it is not {expected}");
            sleep(Duration::from_millis(200));
        }
    };
    assert_eq!((verdict(&one), verdict(&two)), (json!("unknown"), json!("unknown")));

    let new = json!({ "text": text, "answers": [{ "text": "Renew the key." }] });
    let (status, made) = ask(&one.address, &token, "POST", "known-errors", &new);
    assert_eq!(status, 201, "{made}");
    let id = made["id"].as_str().unwrap();
    let lead = |server: &Serving, version: i64, state: &str| {
        ask(&server.address, &token, "POST", &format!("known-errors/{id}/lead"), &json!({ "version": version, "state": state }))
    };
    assert_eq!(lead(&one, 1, "review").0, 200);
    let (status, led) = lead(&one, 2, "approved");
    assert_eq!((status, &led["state"]), (200, &json!("approved")), "{led}");
    becomes(&one, "known");
    becomes(&two, "known");

    let record = format!(
        "=> BarsScheduler at 5/8/2016 7:17:45 AM: from 10.7.73.12; RequestType = POST; ContentType = application/json; charset=\"UTF-8\";\nInput = {{\"method\":\"Sign\",\"message_id\":\"M-1\"}}\n<= BarsScheduler at 5/8/2016 7:17:45 AM: to 10.7.73.12\nOutput = {{\"status\":\"ERROR\",\"error\":\"{text}\",\"message_id\":\"M-1\"}}\n"
    );
    post_until_taken(&two.address, "K1", &key, record.as_bytes());
    assert_eq!(there.ok(&["query", &format!("verdict.known_error_id = \"{id}\"")]).len(), 1);

    assert_eq!(lead(&two, 3, "retired").0, 200);
    becomes(&two, "unknown");
    becomes(&one, "unknown");
}

#[tokio::test]
async fn two_servers_that_learn_at_one_moment_learn_as_one() {
    let Some(uri) = mongodb_uri() else { return };
    let (here, there) = (Place::new(Some(uri.clone())), Place::new(Some(uri)));
    let key = key(&here, "K1");
    let servers = [Serving::start(&here), Serving::start(&there)];
    std::thread::scope(|scope| {
        for (server, texts) in servers.iter().zip(agreeing::interleaved()) {
            let key = &key;
            scope.spawn(move || {
                for few in texts.chunks(25) {
                    post_until_taken(&server.address, "K1", key, &agreeing::records(few));
                }
            });
        }
    });
    // Counts follow a moment later.
    let store = here.open().await;
    let begun = Instant::now();
    while store.list_log_errors(None, usize::MAX).await.unwrap().iter().any(|group| group.count == 0) {
        assert!(begun.elapsed() < PATIENCE, "not all groups are counted");
        sleep(Duration::from_millis(200));
    }
    agreeing::check(&here, &[]).await;
}
