//! Branches are told: by mail through a real mail server, by signed requests to a real receiver, each error once, whatever dies.
//!
//! `LOGHELPER_TEST_PYTHON` names a Python that has the libraries of `tests/shippers/requirements.txt`.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread::{self, sleep},
    time::{Duration, Instant},
};

use loghelper::{
    domain::DeliveryState,
    notify,
    store::{DeliveryStore, sqlite::SqliteStore},
};
use serde_json::{Value, json};

use crate::{
    poster::{Serving, key, post_until_taken},
    support::{Place, mongodb_uri, ndjson},
};

/// How long something is waited for.
const PATIENCE: Duration = Duration::from_secs(90);

const KNOWLEDGE: &str = r#"{"statuses":[{"code":10,"title":"Storage","title_uk":"Сховище","parent":null,"keywords":[]}],
 "known_errors":[{"id":"vault","title":"The vault is closed","title_uk":"Сховище <b>зачинене</b>","text":"vault is closed","status":10,
 "answers":[{"text":"Wait for the morning.","text_uk":"Зачекайте до ранку, телефон +380441234567."}]}]}"#;

/// A mail server of a test's own.
struct Mail {
    child: Child,
    folder: tempfile::TempDir,
}

impl Mail {
    /// Starts one; without its Python the test is skipped and says so.
    fn start(port: u16, tls: Option<(&Path, &Path)>) -> Option<Self> {
        let Ok(python) = std::env::var("LOGHELPER_TEST_PYTHON") else {
            eprintln!("skipped: LOGHELPER_TEST_PYTHON names no Python with the libraries of a mail server");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(python);
        command.arg(SCRIPT).args(["serve", &port.to_string()]).arg(folder.path());
        command.args(tls.iter().flat_map(|(certificate, key)| [certificate, key]));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said, "ready\n");
        Some(Self { child, folder })
    }

    /// What arrived, as a reader of mail understands it.
    fn read(&self) -> Vec<Value> {
        let python = std::env::var("LOGHELPER_TEST_PYTHON").unwrap();
        let output = Command::new(python).arg(SCRIPT).arg("read").arg(self.folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        ndjson(&String::from_utf8(output.stdout).unwrap())
    }

    /// What arrived, once one of the mails says this.
    fn until(&self, said: &str) -> Vec<Value> {
        until(said, || Some(self.read()).filter(|mails| mails.iter().any(|mail| mail["text"].as_str().unwrap().contains(said))))
    }
}

impl Drop for Mail {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shippers/smtp.py");

pub fn until<T>(what: &str, found: impl Fn() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "it never came: {what}");
        sleep(Duration::from_millis(200));
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).unwrap().port()
}

/// A place whose program looks often and sends mail to this port of this machine.
pub fn office(store: Option<String>, smtp_port: u16, more: &str) -> Place {
    let place = Place::new(store);
    let config = format!(
        "[notify]\nlook_seconds = 1\npublic_url = \"https://logs.bank.ua\"\nwebhook_private_hosts = [\"127.0.0.1\"]\n\
         [notify.smtp]\nhost = \"127.0.0.1\"\nport = {smtp_port}\nfrom = \"LogHelper <log@bank.ua>\"\n{more}"
    );
    std::fs::write(place.folder.path().join("loghelper.toml"), config).unwrap();
    let knowledge = place.folder.path().join("kb.json");
    std::fs::write(&knowledge, KNOWLEDGE).unwrap();
    place.ok(&["kb", "import", knowledge.to_str().unwrap()]);
    place
}

const OLENA: &str = "olena@bank.ua";
pub const PLAIN: &str = "tls = \"none\"\n";

/// Exchanges that failed so.
pub fn failed(error: &str, numbers: std::ops::Range<u32>) -> Vec<u8> {
    let mut text = String::new();
    for n in numbers {
        text.push_str(&format!(
            "=> Bars at 5/8/2016 7:17:45 AM: from 10.7.73.12; RequestType = POST; ContentType = application/json; charset=\"UTF-8\";\nInput = {{\"method\":\"A\",\"message_id\":\"T-{n}\"}}\n\
             <= Bars at 5/8/2016 7:17:46 AM: to 10.7.73.12\nOutput = {{\"status\":\"ERROR\",\"error\":\"{error}\",\"message_id\":\"T-{n}\"}}\n"
        ));
    }
    text.into_bytes()
}

/// How many mails say this.
fn n_saying(mails: &[Value], said: &str) -> usize {
    mails.iter().filter(|mail| mail["text"].as_str().unwrap().contains(said)).count()
}

#[test]
fn mail_arrives_in_ukrainian_once_an_error_and_says_what_to_do() {
    let port = free_port();
    let Some(mail) = Mail::start(port, None) else { return };
    let place = office(None, port, PLAIN);
    let key = key(&place, "K01");
    let server = Serving::start(&place);
    post_until_taken(&server.address, "K01", &key, &failed("ledger torn", 0..3));
    // What the branch had before is no news.
    until("the group is counted", || Some(place.ok(&["errors", "list"])).filter(|groups| groups.iter().any(|group| group["count"] == 3)));
    let made = &place.ok(&["branch", "subscription", "add", "K01", "--mail", "olena@bank.ua, petro@bank.ua", "--language", "uk"])[0];
    assert!(made.get("secret").is_none(), "{made}");
    post_until_taken(&server.address, "K01", &key, &failed("vault is closed", 10..20));
    post_until_taken(&server.address, "K01", &key, &failed("<script>card 4111 1111 1111 1111 refused</script>", 20..24));
    post_until_taken(&server.address, "K01", &key, &failed("ledger torn", 24..30));
    let mails = [mail.until("Зачекайте до ранку"), mail.until("refused")].concat();
    let known = mails.iter().find(|mail| mail["text"].as_str().unwrap().contains("Зачекайте")).unwrap();
    // Each has a message of their own, and sees nobody else.
    assert_eq!((&known["rcpt"], &known["to"], &known["from"]), (&OLENA.into(), &OLENA.into(), &"LogHelper <log@bank.ua>".into()));
    until("the other has it too", || mail.read().into_iter().find(|mail| mail["rcpt"] == "petro@bank.ua"));
    assert_eq!((&known["list_id"], &known["defects"]), (&"<K01.loghelper.bank.ua>".into(), &json!([])));
    assert!(known["subject"].as_str().unwrap().starts_with("[K01] відомі помилки: 1"), "{known}");
    assert!(known["message_id"].as_str().unwrap().ends_with(".loghelper@bank.ua>"));
    let (text, html) = (known["text"].as_str().unwrap(), known["html"].as_str().unwrap());
    for said in [
        "Сховище <b>зачинене</b>",
        "Статус: 10 Сховище",
        "* Зачекайте до ранку, телефон +380441234567.",
        "https://logs.bank.ua/known/vault",
    ] {
        assert!(text.contains(said), "{text}");
    }
    assert!(html.contains("Сховище &lt;b&gt;зачинене&lt;/b&gt;") && html.contains("lang=\"uk\""), "{html}");
    let unknown = mails.iter().find(|mail| mail["text"].as_str().unwrap().contains("refused")).unwrap();
    assert!(!unknown.to_string().contains("4111 1111") && !unknown["html"].as_str().unwrap().contains("<script"), "{unknown}");
    // More of the same is no news; what is new after it is.
    post_until_taken(&server.address, "K01", &key, &failed("vault is closed", 100..150));
    post_until_taken(&server.address, "K01", &key, &failed("stamp lost during the night shift", 150..151));
    let mut mails = mail.until("stamp lost during the night shift");
    mails.retain(|mail| mail["rcpt"] == OLENA);
    assert_eq!([n_saying(&mails, "Зачекайте"), n_saying(&mails, "stamp"), n_saying(&mails, "ledger")], [1, 1, 0]);
}

#[test]
fn mail_under_tls_is_signed_in_for_and_a_refused_address_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]);
    command.args(["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE", "-out"]).arg(path("crt"));
    let made = command.arg("-keyout").arg(path("key")).stderr(Stdio::null()).status();
    if !made.is_ok_and(|made| made.success()) {
        eprintln!("skipped: there is no openssl to make a certificate with");
        return;
    }
    let port = free_port();
    let Some(mail) = Mail::start(port, Some((&path("crt"), &path("key")))) else { return };
    let tls = |password: &str| format!("user = \"loghelper\"\npassword = \"{password}\"\nca_file = \"{}\"\n", path("crt").display());
    let place = office(None, port, &tls("p4ss"));
    key(&place, "K01");
    let add = |place: &Place, address: &str| {
        place.ok(&["branch", "subscription", "add", "K01", "--mail", address])[0]["id"].as_str().unwrap().to_owned()
    };
    let test = |place: &Place, id: &str| place.command(&["branch", "subscription", "test", id]).output().unwrap();
    let good = add(&place, "olena@bank.ua");
    let output = test(&place, &good);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(mail.read().iter().map(|mail| mail["subject"].clone()).collect::<Vec<_>>(), ["[K01] test message"]);
    let output = test(&place, &add(&place, "nobody@bank.ua"));
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("no such mailbox"));
    // Neither without trust nor without the password.
    for more in [tls("wrong"), tls("p4ss").lines().filter(|line| !line.starts_with("ca_file")).collect::<Vec<_>>().join("\n")] {
        let place = office(None, port, &more);
        key(&place, "K01");
        let output = test(&place, &add(&place, "olena@bank.ua"));
        assert!(!output.status.success() && !String::from_utf8_lossy(&output.stderr).contains("p4ss"));
    }
    assert_eq!(mail.read().len(), 1);
}

#[test]
fn a_mail_server_that_is_away_delays_and_loses_nothing() {
    let port = free_port();
    let place = office(None, port, PLAIN);
    let key = key(&place, "K01");
    place.ok(&["branch", "subscription", "add", "K01", "--mail", "olena@bank.ua"]);
    let mut server = Serving::start(&place);
    post_until_taken(&server.address, "K01", &key, &failed("vault is closed", 0..2));
    let waiting = || {
        let store = SqliteStore::open(&place.folder.path().join("loghelper.db"), Duration::from_secs(5)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let deliveries = runtime.block_on(store.list_deliveries(&"K01".parse().unwrap(), 10)).unwrap();
        deliveries.into_iter().find(|delivery| delivery.state == DeliveryState::Waiting && delivery.attempts > 0)
    };
    let failed = until("an attempt failed", waiting);
    assert!(failed.fault.is_some() && failed.due.is_some_and(|due| due > failed.created_at), "{failed:?}");
    // It outlives the server, too.
    server.kill();
    let Some(mail) = Mail::start(port, None) else { return };
    let _server = Serving::start(&place);
    let mails = mail.until("Wait for the morning");
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0]["message_id"], format!("<{}.loghelper@bank.ua>", failed.id));
}

/// A receiver that hands on what it gets and answers in turn with these.
fn receiver(answers: &'static [&'static str]) -> (String, mpsc::Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (got, gets) = mpsc::channel();
    thread::spawn(move || {
        for (index, stream) in listener.incoming().enumerate() {
            let Ok(mut stream) = stream else { return };
            let Some(request) = request(&mut stream) else { continue };
            let answer = answers.get(index).or(answers.last()).copied().unwrap_or("204 No Content");
            _ = stream.write_all(format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes());
            if got.send(request).is_err() {
                return;
            }
        }
    });
    (url, gets)
}

pub fn request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let mut body = vec![0; header(&head, "content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}

pub fn header(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| line.split_once(": ").filter(|(own, _)| own.eq_ignore_ascii_case(name))).map(|(_, value)| value.to_owned())
}

#[test]
fn a_webhook_is_signed_and_a_second_attempt_bears_the_same_id() {
    let (url, gets) = receiver(&["503 Busy", "204 No Content"]);
    let place = office(None, 9, PLAIN);
    let key = key(&place, "K01");
    let made = &place.ok(&["branch", "subscription", "add", "K01", "--webhook", &url, "--only-known"])[0];
    let secret = made["secret"].as_str().unwrap();
    assert!(!place.ok(&["branch", "subscription", "list"])[0].to_string().contains(secret));
    let server = Serving::start(&place);
    post_until_taken(&server.address, "K01", &key, &failed("ledger torn", 0..2));
    post_until_taken(&server.address, "K01", &key, &failed("vault is closed", 10..12));
    let attempts = [(), ()].map(|()| gets.recv_timeout(PATIENCE).unwrap());
    for (head, body) in &attempts {
        let signed = header(head, notify::SIGNATURE).unwrap();
        let seconds: i64 = signed.strip_prefix("t=").unwrap().split(',').next().unwrap().parse().unwrap();
        assert_eq!(signed, notify::signature(secret, seconds, body));
    }
    assert_eq!(attempts[0].1, attempts[1].1);
    assert_eq!(header(&attempts[0].0, "idempotency-key"), header(&attempts[1].0, "idempotency-key"));
    let said: Value = serde_json::from_slice(&attempts[0].1).unwrap();
    assert_eq!((&said["branch"], &said["news"].as_array().unwrap().len()), (&"K01".into(), &1));
    assert_eq!((&said["news"][0]["known_error_id"], &said["news"][0]["answers"][0]), (&"vault".into(), &"Wait for the morning.".into()));
}

#[test]
fn two_servers_on_one_database_tell_each_error_once() {
    let Some(uri) = mongodb_uri() else { return };
    let port = free_port();
    let Some(mail) = Mail::start(port, None) else { return };
    let one = office(Some(uri.clone()), port, PLAIN);
    let other = office(Some(uri), port, PLAIN);
    let key = key(&one, "K01");
    one.ok(&["branch", "subscription", "add", "K01", "--mail", "olena@bank.ua"]);
    let servers = [Serving::start(&one), Serving::start(&other)];
    let errors = [
        "ledger torn",
        "stamp lost during the night shift",
        "printer without ink",
        "the bell rings without end",
        "door open since noon alarm off",
        "coin stuck",
    ];
    for (index, error) in errors.iter().enumerate() {
        let from = index as u32 * 10;
        for server in &servers {
            post_until_taken(&server.address, "K01", &key, &failed(error, from..from + 10));
        }
    }
    for error in errors {
        mail.until(error);
    }
    let mails = mail.read();
    assert_eq!(errors.map(|error| n_saying(&mails, error)), [1; 6], "{mails:?}");
    let mut ids: Vec<&str> = mails.iter().map(|mail| mail["message_id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), mails.len());
}
