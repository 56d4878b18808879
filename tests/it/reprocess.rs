//! A file is read again by other rules than it was read by: what comes out is what a clean run by these rules gives.

use std::{path::Path, sync::Arc};

use bson::DateTime;
use loghelper::{
    config::Config,
    domain::{DateOrder, FileState, LogFile, LogFileId},
    parse::FormatChoice,
    query::Filter,
    store::{LogPage, SharedStore},
    usecase::{
        IngestRequest, Services,
        knowledge_base::{self, Document},
        raw,
        reprocess::{self, Refused, preview, reprocess},
    },
};

use crate::support::{mongodb, sqlite};

/// A store with the folder of what is beside it.
struct Place {
    services: Services,
    folder: tempfile::TempDir,
}

/// Runs each case on every store; a case gets two fresh ones, the second for the clean run.
macro_rules! on_both_stores {
    ($($case:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $case() {
                let ((one, _one), (two, _two)) = (super::sqlite().await, super::sqlite().await);
                super::$case(super::place(one).await, super::place(two).await).await;
            })*
        }

        mod on_mongodb {
            $(#[tokio::test]
            async fn $case() {
                let (Some(one), Some(two)) = (super::mongodb().await, super::mongodb().await) else { return };
                super::$case(super::place(one).await, super::place(two).await).await;
            })*
        }
    };
}

on_both_stores! {
    another_time_zone_gives_what_a_clean_run_gives,
    what_was_broken_off_is_finished_by_doing_it_again,
    another_file_keeps_what_it_gave,
    errors_that_no_longer_arise_leave_no_group,
    what_is_not_kept_is_not_read_again,
    a_file_stays_while_quarantine_keeps_only_a_part_of_it,
    kept_bytes_come_back_and_go_when_they_are_old_or_too_many,
}

async fn place(store: SharedStore) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let services = Services::open(store, Config::in_dir(folder.path()).into()).await.unwrap();
    let text = r#"{"statuses": [{"code": 5, "title": "Documents"}], "known_errors": [
        {"id": "closed", "text": "Register of payments is closed", "status": 5, "answers": [{"text": "Open it."}]}]}"#;
    let document: Document = serde_json::from_str(text).unwrap();
    knowledge_base::import(&services, &document, "import", DateTime::from_millis(1)).await.unwrap();
    Place { services, folder }
}

/// Exchanges of these numbers; of three one is good, one has an error that is known, one an error that nobody knows. The last has no answer.
fn log_of(numbers: std::ops::Range<usize>) -> String {
    let last = numbers.end - 1;
    let exchange = |n: usize| {
        let request = format!(
            "=> S at 5/8/2016 7:{:02}:{:02} AM: from 10.0.0.1;\nInput = {{\"method\":\"A\",\"message_id\":\"m{n}\"}}\n",
            n / 60,
            n % 60
        );
        let answer = match n % 3 {
            0 => "\"status\":\"OK\"".to_owned(),
            1 => "\"status\":\"ERROR\",\"error\":\"Register of payments is closed\"".to_owned(),
            _ => format!("\"status\":\"ERROR\",\"error\":\"Document {} is locked by client {n}\"", 1000 + n),
        };
        let response =
            format!("<= S at 5/8/2016 7:{:02}:{:02} AM: to 10.0.0.1\nOutput = {{{answer},\"message_id\":\"m{n}\"}}\n", n / 60, n % 60);
        if n == last { request } else { request + &response }
    };
    let mut text: String = numbers.map(exchange).collect();
    text.push_str("a line of somebody else\n");
    text
}

impl Place {
    async fn ingested(&self, name: &str, text: &str) -> LogFile {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let request = IngestRequest {
            branch: "K1".parse().unwrap(),
            name: name.to_owned(),
            path,
            format: FormatChoice::Auto,
            uploaded_by: "olena".to_owned(),
        };
        self.services.ingest_file(request, Arc::new(|_| ())).await.unwrap().file
    }

    async fn read_again(&self, id: &LogFileId) -> LogFile {
        reprocess(&self.services, id, FormatChoice::Auto, Arc::new(|_| ())).await.unwrap().unwrap().file
    }

    async fn in_zone(&self, timezone: &str) {
        let code = "K1".parse().unwrap();
        let before = self.services.store.find_branch(&code).await.unwrap();
        let branch = before.unwrap_or_else(|| loghelper::domain::Branch {
            code,
            name: "K1".to_owned(),
            timezone: String::new(),
            encoding: None,
            date_order: DateOrder::Detect,
            created_at: DateTime::from_millis(1),
        });
        self.services.store.save_branch(&loghelper::domain::Branch { timezone: timezone.to_owned(), ..branch }).await.unwrap();
    }

    /// All that a run leaves, without the moments of the run itself.
    async fn state(&self) -> (Vec<String>, Vec<String>, Vec<(String, i64)>) {
        let store = &self.services.store;
        let page = LogPage { filter: &Filter::All, limit: 10_000, after: None, scan_limit: usize::MAX };
        let mut logs: Vec<_> = store.list_logs(&page).await.unwrap().logs.iter().map(|log| format!("{log:?}")).collect();
        logs.sort();
        let mut groups = store.list_log_errors(None, 1000).await.unwrap();
        groups.sort_by_key(|group| group.id);
        let groups = groups.into_iter().map(|group| format!("{group:?}")).collect();
        let known = store.list_known_errors().await.unwrap().into_iter().map(|entry| (entry.id.to_string(), entry.count)).collect();
        (logs, groups, known)
    }
}

async fn another_time_zone_gives_what_a_clean_run_gives(place: Place, clean: Place) {
    let text = log_of(0..40);
    let file = place.ingested("day.log", &text).await;
    place.in_zone("Europe/Kyiv").await;
    let told = preview(&place.services, &file.id, FormatChoice::Auto).await.unwrap().unwrap();
    assert_eq!((told.n_new, told.n_changed, told.n_same, told.n_gone), (0, 40, 0, 0));
    assert_eq!(told.before, told.after);
    let before = place.state().await;
    let again = place.read_again(&file.id).await;
    clean.in_zone("Europe/Kyiv").await;
    let fresh = clean.ingested("day.log", &text).await;
    assert_eq!(place.state().await, clean.state().await);
    assert_ne!(place.state().await.0, before.0);
    assert_eq!((again.state, again.counts, again.outcome), (FileState::Done, fresh.counts, fresh.outcome));
    assert_eq!(again.created_at, file.created_at);
    let same = preview(&place.services, &file.id, FormatChoice::Auto).await.unwrap().unwrap();
    assert_eq!((same.n_new, same.n_changed, same.n_same, same.n_gone), (0, 0, 40, 0));
    let properties = async |place: &Place| place.services.store.list_log_queries().await.unwrap();
    let counts = |all: Vec<loghelper::domain::LogQuery>| all.into_iter().map(|one| (one.path, one.count)).collect::<Vec<_>>();
    assert_eq!(counts(properties(&place).await), counts(properties(&clean).await), "the catalogue counts the file once");
}

async fn what_was_broken_off_is_finished_by_doing_it_again(place: Place, clean: Place) {
    let text = log_of(0..40);
    let file = place.ingested("day.log", &text).await;
    clean.ingested("day.log", &text).await;
    let expected = clean.state().await;
    for n_gone in [0, 7, 40] {
        // As a process leaves it that is killed after so many Logs were taken back, and before anything was counted.
        let store = &place.services.store;
        store.save_log_file(&LogFile { state: FileState::Reprocessing, ..file.clone() }).await.unwrap();
        if n_gone > 0 {
            store.delete_logs_of_file(&file.id, n_gone).await.unwrap();
        }
        assert_eq!(place.read_again(&file.id).await.outcome, file.outcome, "{n_gone}");
        assert_eq!(place.state().await, expected, "{n_gone}");
    }
}

async fn another_file_keeps_what_it_gave(place: Place, clean: Place) {
    let (first, second) = (log_of(0..30), log_of(20..50));
    for place in [&place, &clean] {
        place.ingested("first.log", &first).await;
        place.ingested("second.log", &second).await;
    }
    let expected = clean.state().await;
    let files = place.services.store.list_log_files(None, 10).await.unwrap();
    for file in &files {
        let told = preview(&place.services, &file.id, FormatChoice::Auto).await.unwrap().unwrap();
        assert_eq!((told.n_new, told.n_changed, told.n_same, told.n_gone), (0, 0, 30, 0), "{}", file.name);
        place.read_again(&file.id).await;
        let (logs, groups, known) = place.state().await;
        assert_eq!((logs.len(), groups.len(), known), (expected.0.len(), expected.1.len(), expected.2.clone()));
    }
    // Taken back one after the other, they leave nothing.
    for name in ["first.log", "second.log"] {
        let file = files.iter().find(|file| file.name == name).unwrap();
        loghelper::usecase::remove::remove(&place.services, &file.id).await.unwrap().unwrap();
    }
    assert_eq!(place.state().await, (vec![], vec![], vec![("closed".to_owned(), 0)]));
}

async fn errors_that_no_longer_arise_leave_no_group(place: Place, clean: Place) {
    let text = log_of(0..40);
    let file = place.ingested("day.log", &text).await;
    assert!(!place.state().await.1.is_empty());
    let lenient: Config = {
        let mut config = Config::in_dir(place.folder.path());
        config.detect = serde_json::from_str(r#"{"ok": ["OK", "ERROR"], "errors": ["fault"]}"#).unwrap();
        config
    };
    let services = Services::open(place.services.store.clone(), lenient.into()).await.unwrap();
    let changed = Place { services, folder: place.folder };
    let told = preview(&changed.services, &file.id, FormatChoice::Auto).await.unwrap().unwrap();
    changed.read_again(&file.id).await;
    let (_, groups, known) = changed.state().await;
    assert_eq!((told.after.errors_unknown, told.after.groups), (0, 0), "{told:?}");
    assert_eq!((groups, known), (vec![], vec![("closed".to_owned(), 0)]));
    drop(clean);
}

async fn what_is_not_kept_is_not_read_again(place: Place, _clean: Place) {
    let file = place.ingested("day.log", &log_of(0..5)).await;
    assert!(place.services.store.delete_raw(&file.id).await.unwrap());
    let again = async || reprocess(&place.services, &file.id, FormatChoice::Auto, Arc::new(|_| ())).await;
    let before = place.state().await;
    assert_eq!(again().await.unwrap().unwrap_err(), Refused::NotKept);
    assert_eq!(place.state().await, before);
    // The same file again is kept again.
    place.ingested("day.log", &log_of(0..5)).await;
    assert!(again().await.unwrap().is_ok());
    let none = LogFileId::from_content(&[b"none"]);
    assert_eq!(reprocess::preview(&place.services, &none, FormatChoice::Auto).await.unwrap().unwrap_err(), Refused::Missing);
    loghelper::usecase::remove::remove(&place.services, &file.id).await.unwrap().unwrap();
    assert_eq!(place.services.store.list_raw().await.unwrap(), []);
}

fn written(folder: &Path, bytes: &[u8]) -> std::path::PathBuf {
    let path = folder.join("some.bytes");
    std::fs::write(&path, bytes).unwrap();
    path
}

async fn a_file_stays_while_quarantine_keeps_only_a_part_of_it(place: Place, _clean: Place) {
    let store = &place.services.store;
    let binary: String = (0..300_000_u32).map(|n| char::from((n % 7) as u8)).collect();
    let (whole, cut) = (place.ingested("day.log", &log_of(0..5)).await, place.ingested("scan.bin", &binary).await);
    let in_a_year = DateTime::from_millis(DateTime::now().timestamp_millis() + 365 * 86_400_000);
    assert_eq!(raw::sweep(&place.services, in_a_year).await.unwrap().n_files, 1);
    assert!(store.find_raw(&whole.id).await.unwrap().is_none() && store.find_raw(&cut.id).await.unwrap().is_some());
    // What is kept is the file, byte for byte; where there is no room it goes all the same.
    let back = place.folder.path().join("back");
    assert!(store.load_raw(&cut.id, &back).await.unwrap());
    assert_eq!(zstd::decode_all(std::fs::File::open(&back).unwrap()).unwrap(), binary.as_bytes());
    let mut config = Config::in_dir(place.folder.path());
    config.raw.max_bytes = 0;
    let small = Services::open(store.clone(), config.into()).await.unwrap();
    assert_eq!(raw::sweep(&small, DateTime::now()).await.unwrap().n_files, 1);
}

async fn kept_bytes_come_back_and_go_when_they_are_old_or_too_many(place: Place, _clean: Place) {
    let store = &place.services.store;
    let (folder, id) = (place.folder.path(), |n: u8| LogFileId::from_content(&[&[n]]));
    let bytes: Vec<u8> = (0..600_000_u32).map(|n| (n % 251) as u8).collect();
    for n in 0..3 {
        store.save_raw(&id(n), &written(folder, &bytes)).await.unwrap();
    }
    store.save_raw(&id(0), &written(folder, b"others")).await.unwrap();
    let back = folder.join("back");
    assert!(store.load_raw(&id(0), &back).await.unwrap());
    assert_eq!(std::fs::read(&back).unwrap(), bytes, "what is kept stays as it is");
    assert!(!store.load_raw(&id(9), &back).await.unwrap());
    assert_eq!(store.find_raw(&id(1)).await.unwrap().map(|file| file.size_bytes), Some(600_000));
    assert_eq!(store.find_raw(&id(9)).await.unwrap(), None);
    let now = DateTime::now();
    assert_eq!(raw::sweep(&place.services, now).await.unwrap(), raw::Swept::default());
    let mut config = Config::in_dir(folder);
    config.raw.max_bytes = 1_300_000;
    let small = Services::open(store.clone(), config.into()).await.unwrap();
    assert_eq!(raw::sweep(&small, now).await.unwrap(), raw::Swept { n_files: 1, n_bytes: 600_000 });
    let in_a_year = DateTime::from_millis(now.timestamp_millis() + 365 * 86_400_000);
    assert_eq!(raw::sweep(&place.services, in_a_year).await.unwrap().n_files, 2);
    assert!(store.list_raw().await.unwrap().is_empty() && !store.delete_raw(&id(1)).await.unwrap());
}
