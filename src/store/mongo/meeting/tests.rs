//! On the real MongoDB that `LOGHELPER_TEST_MONGODB` names; without it they are skipped and say so.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bson::{DateTime, RawBson, rawdoc};
use mongodb::{
    event::{EventHandler, command::CommandEvent},
    options::ClientOptions,
};

use super::{super::marks::Step, *};
use crate::{
    domain::{Brought, LogState, client_key},
    store::{AdminStore, LedgerStore, RemovalStore},
};

async fn store() -> Option<MongoStore> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let Ok(server) = std::env::var("LOGHELPER_TEST_MONGODB") else {
        eprintln!("skipped: LOGHELPER_TEST_MONGODB names no MongoDB server");
        return None;
    };
    let name = format!("test_meeting_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let store = MongoStore::connect(&format!("{}/{name}", server.trim_end_matches('/')), Duration::from_secs(10)).await.unwrap();
    store.migrate().await.unwrap();
    Some(store)
}

fn file(name: &str) -> LogFileId {
    LogFileId::from_content(&[name.as_bytes()])
}

/// Exchange `n`, or a half of it, by this file; its halves have nothing in common but client and session. The response is an error.
fn log(n: i64, name: &str, sides: &str) -> EncodedLog {
    let (asks, answers) = (sides.contains('q'), sides.contains('r'));
    let when = |is: bool, value: RawBson| if is { value } else { RawBson::Null };
    let date = |seconds: i64| RawBson::DateTime(DateTime::from_millis(seconds * 1000));
    let (request, response) = (2 * n + 1, 2 * n + 2);
    let key = client_key("K1", "S", "10.0.0.1");
    let state = match (asks, answers) {
        (true, true) => LogState::Complete,
        (true, false) => LogState::RequestOnly,
        _ => LogState::ResponseOnly,
    };
    let body = RawBson::Document(rawdoc! { "method": "A" });
    let verdict =
        RawBson::Document(rawdoc! { "known_error_id": RawBson::Null, "group_id": RawBson::Null, "method": RawBson::Null, "score": 0.0 });
    let error = RawBson::Document(rawdoc! { "code": RawBson::Null, "message": "boom", "detail": RawBson::Null });
    let document = rawdoc! {
        "_id": LogId::of_later(key, Some(if asks { request } else { response })).0, "branch": "K1", "log_file_id": file(name).0, "server": "S",
        "message_id": RawBson::Null, "state": state.as_str(), "remote_ip": RawBson::Null, "request_type": RawBson::Null,
        "content_type": RawBson::Null, "charset": RawBson::Null, "request_date": when(asks, date(10 * n)), "request": when(asks, body.clone()),
        "response_date": when(answers, date(10 * n + 1)), "response": when(answers, body), "duration_ms": RawBson::Null,
        "error": when(answers, error), "problems": [], "verdict": when(answers, verdict), "date": date(10 * n + i64::from(!asks)),
        "session_key": format!("s{n}"), "pairing_key": key.0,
        "halves": { "request": when(asks, RawBson::Int64(request)), "response": when(answers, RawBson::Int64(response)) },
    };
    EncodedLog::from_document(document).unwrap()
}

async fn all(store: &MongoStore) -> Vec<RawDocumentBuf> {
    store.collection::<RawDocumentBuf>("Log").find(doc! {}).await.unwrap().try_collect().await.unwrap()
}

/// How often each half is there.
async fn halves(store: &MongoStore) -> BTreeMap<i64, usize> {
    let mut there = BTreeMap::new();
    for log in all(store).await {
        let Halves { request, response } = Halves::of(&log);
        request.into_iter().chain(response).for_each(|print| *there.entry(print).or_default() += 1);
    }
    there
}

fn is_whole(log: &RawDocument) -> bool {
    log.get_str("state").is_ok_and(|state| state == "complete") && Mark::of(log).is_none()
}

async fn is_one_whole(store: &MongoStore) -> bool {
    let logs = all(store).await;
    logs.len() == 1 && is_whole(&logs[0])
}

/// Stores logs as a process does that dies before it looks again.
async fn put_and_die(store: &MongoStore, logs: &[EncodedLog]) {
    let logs = logs.iter().map(|log| log.document().to_owned());
    store.collection::<RawDocumentBuf>("Log").insert_many(logs).await.unwrap();
}

async fn brought(store: &MongoStore, name: &str) -> (i64, i64, i64) {
    let Brought { new, completed, first } = store.count_brought(&file(name)).await.unwrap();
    (new, completed, first.errors_known + first.errors_unknown)
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_wherever_a_process_dies() {
    let Some(store) = store().await else { return };
    // The half with the greater id gives way: of these exchanges sometimes the request, sometimes the response.
    for (n, (n_steps, next)) in (0..=4).flat_map(|n_steps| ["", "q", "r", "qr"].map(|next| (n_steps, next))).enumerate() {
        let n = i64::try_from(n).unwrap();
        for late in ["q", "r"] {
            let (other, case) = (if late == "q" { "r" } else { "q" }, format!("{n} {n_steps} {next} {late}"));
            store.collection::<Document>("Log").delete_many(doc! {}).await.unwrap();
            store.collection::<Document>("LogSource").delete_many(doc! {}).await.unwrap();
            put_and_die(&store, &[log(n, "late", late), log(n, "other", other)]).await;
            // A third server is asked to store the half that was not told of.
            assert_eq!(store.store_logs(&[log(n, "third", late)]).await.unwrap(), [LogOutcome::AlreadyStored], "{case}");
            let (one, two) = (outline(log(n, "late", late).document()).unwrap(), outline(log(n, "other", other).document()).unwrap());
            let (into, giving) = if one.id() < two.id() { (one, two) } else { (two, one) };
            for step in 0..n_steps {
                if step == 0 {
                    assert!(store.mark_half(&giving, Mark { into: into.id().0, late: file("late") }).await.unwrap(), "{case}");
                } else {
                    let expected = if step < 3 { Step::Nearer } else { Step::Arrived };
                    assert_eq!(store.step_on(giving.id().0).await.unwrap(), expected, "{case}");
                }
                assert!(halves(&store).await.values().all(|times| *times >= 1) && halves(&store).await.len() == 2, "{case}");
            }
            // The process dies here. Somebody sends it again to another server, or nobody does.
            if !next.is_empty() {
                let told = store.store_logs(&[log(n, "again", next)]).await.unwrap()[0];
                // A whole exchange finds either half, where they are two.
                let is_new = n_steps == 0 && next == "qr";
                assert_eq!(told == LogOutcome::AlreadyStored, !is_new, "{case}: {told:?}");
            }
            let giving_side = if giving.halves().request.is_some() { "q" } else { "r" };
            let is_met = n_steps == 1 && !next.is_empty() || n_steps == 2 && next.contains(giving_side) || n_steps > 2;
            assert_eq!(is_one_whole(&store).await, is_met, "{case}");
            // What the dead one brought is counted anew.
            let counted = [brought(&store, "late").await, brought(&store, "other").await];
            assert!(is_one_whole(&store).await, "{case}");
            if n_steps == 0 && next == "qr" {
                continue;
            }
            let error = |name: &str| i64::from(name == "r");
            assert_eq!(counted, [(0, 1, error(late)), (1, 0, error(other))], "{case}");
            assert_eq!((brought(&store, "third").await, brought(&store, "again").await), ((0, 0, 0), (0, 0, 0)), "{case}");
            let before = all(&store).await;
            for sides in ["q", "r", "qr"] {
                assert_eq!(store.store_logs(&[log(n, "late", sides)]).await.unwrap(), [LogOutcome::AlreadyStored], "{case}");
            }
            assert_eq!(all(&store).await, before, "{case}");
            // Who else gave the half is known: it stays when the file is taken back that brought it.
            while store.delete_logs_of_file(&file("late"), 10).await.unwrap().n_looked_at > 0 {}
            assert!(is_one_whole(&store).await, "{case}");
        }
    }
}

#[tokio::test]
async fn halves_that_come_to_three_processes_at_one_moment_are_there_once_and_told_once() {
    const N: i64 = 200;
    let Some(store) = store().await else { return };
    let of = |name: &'static str, sides: &'static str| {
        let (store, logs) = (store.clone(), (0..N).map(|n| log(n, name, sides)).collect::<Vec<_>>());
        async move { store.store_logs(&logs).await.unwrap() }
    };
    let told = tokio::join!(of("f", "q"), of("g", "r"), of("h", "q"));
    let named = [("f", &told.0), ("g", &told.1), ("h", &told.2)];
    let n = |told: &[LogOutcome], is: fn(&LogOutcome) -> bool| i64::try_from(told.iter().filter(|outcome| is(outcome)).count()).unwrap();
    let is_new = |outcome: &LogOutcome| *outcome == LogOutcome::New;
    let is_completed = |outcome: &LogOutcome| matches!(outcome, LogOutcome::Completed(_));
    let sum = |is| named.iter().map(|(_, told)| n(told, is)).sum::<i64>();
    let logs = all(&store).await;
    assert_eq!((sum(is_new), sum(is_completed), logs.len()), (N, N, N as usize));
    assert!(logs.iter().all(|log| is_whole(log)));
    for (name, told) in named {
        let (new, completed, _) = brought(&store, name).await;
        assert_eq!((new, completed), (n(told, is_new), n(told, is_completed)), "{name}");
    }
    let errors: i64 = [brought(&store, "f").await, brought(&store, "g").await, brought(&store, "h").await].iter().map(|all| all.2).sum();
    assert_eq!(errors, N);
}

#[tokio::test]
async fn processes_that_are_stopped_anywhere_leave_what_can_be_finished() {
    const N: i64 = 40;
    let Some(store) = store().await else { return };
    for round in 0..30_i64 {
        let range = round * N..(round + 1) * N;
        let of = |name: String, sides: &'static str| {
            let (store, logs) = (store.clone(), range.clone().map(|n| log(n, &name, sides)).collect::<Vec<_>>());
            tokio::spawn(async move { store.store_logs(&logs).await.unwrap() })
        };
        let (dying, other) = (of(format!("q{round}"), "q"), of(format!("r{round}"), "r"));
        let third = of(format!("t{round}"), "q");
        tokio::time::sleep(Duration::from_micros(u64::try_from(round * 700).unwrap())).await;
        dying.abort();
        if round % 2 == 0 {
            other.abort();
        }
        third.await.unwrap();
        // A command that was on its way when its process died may be carried out.
        let _ = (dying.await, other.await);
        let there = halves(&store).await;
        assert!(range.clone().all(|n| there.contains_key(&(2 * n + 1))), "round {round}");
        of(format!("again q{round}"), "q").await.unwrap();
        of(format!("again r{round}"), "r").await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut sum = (0, 0, 0);
    for round in 0..30 {
        for name in ["q", "r", "t", "again q", "again r"] {
            let (new, completed, errors) = brought(&store, &format!("{name}{round}")).await;
            sum = (sum.0 + new, sum.1 + completed, sum.2 + errors);
        }
    }
    let logs = all(&store).await;
    assert!(logs.iter().all(|log| is_whole(log)));
    assert_eq!(halves(&store).await, (1..=2 * 30 * N).map(|print| (print, 1)).collect());
}

#[tokio::test]
async fn a_half_whose_partner_goes_elsewhere_waits_again() {
    let Some(store) = store().await else { return };
    // Halves of one session, so that each request may be each response's.
    let mut some: Vec<EncodedLog> = (0..40)
        .flat_map(|n| ["q", "r"].map(|side| log(n, side, side)))
        .map(|log| {
            let mut one = RawDocumentBuf::new();
            log.document()
                .iter()
                .flatten()
                .for_each(|(name, value)| if name.as_str() == "session_key" { one.append(name, "s") } else { one.append(name, value) });
            EncodedLog::from_document(one).unwrap()
        })
        .collect();
    some.sort_by_key(EncodedLog::id);
    // The last gives way to the second, which gives way to the first.
    let first = some.remove(0);
    let second = some.remove(some.iter().position(|log| log.state() != first.state()).unwrap());
    let last = some.into_iter().rfind(|log| log.state() == first.state()).unwrap();
    put_and_die(&store, &[first.clone(), second.clone(), last.clone()]).await;
    let outline = |log: &EncodedLog| outline(log.document()).unwrap();
    for (giving, into) in [(&second, &first), (&last, &second)] {
        assert!(store.mark_half(&outline(giving), Mark { into: into.id().0, late: file("q") }).await.unwrap());
    }
    // Marked by one, it is not marked by another.
    assert!(!store.mark_half(&outline(&last), Mark { into: first.id().0, late: file("q") }).await.unwrap());
    store.take_on(last.id().0).await.unwrap();
    let logs = all(&store).await;
    assert_eq!(logs.len(), 2);
    let waiting = logs.iter().find(|log| !is_whole(log)).unwrap();
    assert_eq!((waiting.get_object_id("_id").unwrap(), Mark::of(waiting)), (last.id().0, None));
}

#[tokio::test]
async fn a_half_that_another_completed_a_log_with_goes() {
    let Some(store) = store().await else { return };
    assert_eq!(store.store_logs(&[log(1, "f", "r")]).await.unwrap(), [LogOutcome::New]);
    assert_eq!(store.store_logs(&[log(1, "g", "q")]).await.unwrap(), [LogOutcome::Completed(Side::Request)]);
    // It had looked before.
    put_and_die(&store, &[log(1, "h", "q")]).await;
    assert_eq!(brought(&store, "h").await, (0, 0, 0));
    assert!(is_one_whole(&store).await);
    while store.delete_logs_of_file(&file("g"), 10).await.unwrap().n_looked_at > 0 {}
    assert!(is_one_whole(&store).await);
}

/// A store that notes the queries which it sends.
async fn overheard(store: &MongoStore) -> (MongoStore, Arc<Mutex<Vec<Document>>>) {
    let said = Arc::new(Mutex::new(Vec::new()));
    let mut options = ClientOptions::parse(std::env::var("LOGHELPER_TEST_MONGODB").unwrap()).await.unwrap();
    let heard = said.clone();
    options.command_event_handler = Some(EventHandler::callback(move |event| {
        if let CommandEvent::Started(started) = event
            && started.command.get_str("find").is_ok_and(|collection| collection == "Log")
        {
            heard.lock().unwrap().push(started.command);
        }
    }));
    let database = mongodb::Client::with_options(options).unwrap().database(store.database.name());
    (MongoStore { database, place: String::new() }, said)
}

#[tokio::test]
async fn partners_are_looked_for_by_a_few_queries_and_only_of_halves() {
    const N: usize = 300;
    const NEW: [LogOutcome; N] = [LogOutcome::New; N];
    const ANSWERED: [LogOutcome; N] = [LogOutcome::Completed(Side::Response); N];
    let Some(store) = store().await else { return };
    let (store, said) = overheard(&store).await;
    // Number of queries to Logs that this takes, and of those that look for partners.
    let queries = async |logs: &[EncodedLog], expected: &[LogOutcome]| {
        said.lock().unwrap().clear();
        assert_eq!(store.store_logs(logs).await.unwrap(), expected);
        let said = said.lock().unwrap();
        (said.len(), said.iter().filter(|query| query.get_str("hint").is_ok_and(|index| index == "open")).count())
    };
    let batch = |first: i64, sides: &str| (first..).take(N).map(|n| log(n, "f", sides)).collect::<Vec<_>>();
    let (n_queries, n_looks) = queries(&batch(0, "qr"), &NEW).await;
    assert!(n_queries > 0);
    assert_eq!(n_looks, 0);
    // Before they are stored, and after that.
    assert_eq!(queries(&batch(1000, "q"), &NEW).await.1, 2);
    let (n_queries, n_looks) = queries(&batch(1000, "r"), &ANSWERED).await;
    assert!(n_queries < 10, "{n_queries}");
    assert_eq!(n_looks, 1);
    // Of one batch too.
    let both = [batch(2000, "q"), batch(2000, "r")].concat();
    let (n_queries, n_looks) = queries(&both, &[NEW, ANSWERED].concat()).await;
    assert!(n_queries < 10, "{n_queries}");
    assert_eq!(n_looks, 2);
    // So many wait that each is asked for by itself, and compared with the oldest.
    queries(&batch(100_000, "q"), &NEW).await;
    let answers = [log(100_001, "f", "r"), log(100_290, "f", "r")];
    assert_eq!(queries(&answers, &[ANSWERED[0], LogOutcome::New]).await.1, 4);
    assert_eq!(all(&store).await.iter().filter(|log| is_whole(log)).count(), 3 * N + 1);
}
