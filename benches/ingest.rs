//! Ingestion from end to end (parse, pair, detect, match, group, store) against bare insertions of the same documents.
//!
//! `cargo bench --bench ingest`: SQLite against a bare rusqlite loop; MongoDB, where `LOGHELPER_TEST_MONGODB` names a server,
//! against bare `insert_many` with the same indexes and write concern. `-- memory MEGABYTES [requests-first|responses-first|shuffled]
//! [mongodb]`: peak memory while a file whose halves stand far apart is ingested.

use std::{
    fs,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use bson::{RawBsonRef, RawDocumentBuf};
use loghelper::{
    app,
    config::Config,
    parse::FormatChoice,
    sample::{self, Dialect, Plan},
    store::{AdminStore, mongo::MongoStore},
    usecase::{IngestRequest, knowledge_base},
};

const ROUNDS: usize = 3;
const BATCH: usize = 1000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().collect();
    if let Some(at) = words.iter().position(|word| word == "memory") {
        let megabytes = words.get(at + 1).and_then(|word| word.parse().ok()).unwrap_or(4096);
        let order = words.iter().find_map(|word| Order::named(word)).unwrap_or(Order::RequestsFirst);
        let server = std::env::var("LOGHELPER_TEST_MONGODB").ok().filter(|_| words.iter().any(|word| word == "mongodb"));
        let store = server.map(|server| format!("{server}/bench_memory_{}", std::process::id()));
        return memory(megabytes, order, store).await;
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("k01.log");
    input(&file)?;
    let data = tempfile::tempdir()?;
    ingest(data.path(), None, &file).await?;
    let logs = stored(data.path())?;
    println!(
        "input: {} Logs, {} bytes of log, {} bytes of BSON",
        logs.len(),
        fs::metadata(&file)?.len(),
        logs.iter().map(|log| log.as_bytes().len()).sum::<usize>()
    );

    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let data = tempfile::tempdir()?;
        ours.push(ingest(data.path(), None, &file).await?);
        let data = tempfile::tempdir()?;
        bare.push(bare_sqlite(data.path(), &logs).await?);
    }
    compare("SQLite", median(ours), median(bare), logs.len());

    let Ok(server) = std::env::var("LOGHELPER_TEST_MONGODB") else {
        println!("LOGHELPER_TEST_MONGODB names no server: MongoDB was not measured");
        return Ok(());
    };
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let database = format!("{server}/bench_{}_{round}", std::process::id());
        let data = tempfile::tempdir()?;
        ours.push(ingest(data.path(), Some(format!("{database}a")), &file).await?);
        bare.push(bare_mongodb(&format!("{database}b"), &logs).await?);
    }
    compare("MongoDB, w: majority, j: true", median(ours), median(bare), logs.len());
    Ok(())
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn compare(store: &str, ours: f64, bare: f64, n: usize) {
    let rate = |seconds: f64| n as f64 / seconds;
    println!(
        "{store}: end to end {ours:.2} s ({:.0} Logs/s), bare {bare:.2} s ({:.0}/s), ratio {:.2}",
        rate(ours),
        rate(bare),
        bare / ours
    );
}

/// Writes the file of exchanges.
fn input(path: &Path) -> anyhow::Result<()> {
    let plan = Plan {
        branch: "K01",
        file: String::new(),
        seed: 7,
        n_exchanges: 100_000,
        start: 1_462_691_865,
        dialect: Dialect::paper(),
        irregular: false,
    };
    let mut out = BufWriter::new(fs::File::create(path)?);
    sample::generate(&plan, Vec::new(), &mut out)?;
    Ok(out.flush()?)
}

/// The documents that an ingestion stored, in the order in which it stored them.
fn stored(data: &Path) -> anyhow::Result<Vec<RawDocumentBuf>> {
    let connection = rusqlite::Connection::open(data.join("loghelper.db"))?;
    let mut statement = connection.prepare("SELECT doc FROM \"Log\" ORDER BY rowid")?;
    let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
    rows.map(|bytes| Ok(RawDocumentBuf::from_bytes(bytes?)?)).collect()
}

/// Seconds of one ingestion into a fresh store with the seed's knowledge base.
async fn ingest(data: &Path, store: Option<String>, file: &Path) -> anyhow::Result<f64> {
    let mut config = Config::in_dir(data);
    config.store.url = store.unwrap_or_default().into();
    let services = app::open(config).await?;
    let seed: knowledge_base::Document = serde_json::from_str(include_str!("../seed/knowledge_base.json"))?;
    knowledge_base::import(&services, &seed, "bench", bson::DateTime::now()).await?;
    let request = IngestRequest {
        branch: "K01".parse()?,
        name: "k01.log".into(),
        path: PathBuf::from(file),
        format: FormatChoice::Auto,
        uploaded_by: "bench".into(),
    };
    let begun = Instant::now();
    services.ingest_file(request, Arc::new(|_| {})).await?;
    Ok(begun.elapsed().as_secs_f64())
}

/// Seconds of a plain loop of prepared insertions, a transaction a batch, into the same table with the same indexes.
async fn bare_sqlite(data: &Path, logs: &[RawDocumentBuf]) -> anyhow::Result<f64> {
    drop(app::open(Config::in_dir(data)).await?);
    let mut connection = rusqlite::Connection::open(data.join("loghelper.db"))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -32_000)?;
    let begun = Instant::now();
    for batch in logs.chunks(BATCH) {
        let transaction = connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO \"Log\" (_id, branch, server, message_id, state, date, method, log_file_id, has_error, known_error_id, group_id, request_half, response_half, session_key, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            )?;
            for log in batch {
                let text = |name: &str| log.get_str(name).ok();
                let method = log.get_document("request").ok().and_then(|request| request.get_str("method").ok());
                let verdict = log.get_document("verdict").ok();
                let halves = log.get_document("halves")?;
                insert.execute(rusqlite::params![
                    log.get_object_id("_id")?.bytes(),
                    text("branch"),
                    text("server"),
                    text("message_id"),
                    text("state"),
                    log.get_datetime("date").map_or(i64::MIN, |date| date.timestamp_millis()),
                    method,
                    log.get_object_id("log_file_id")?.bytes(),
                    matches!(log.get("error"), Ok(Some(RawBsonRef::Document(_)))),
                    verdict.and_then(|verdict| verdict.get_str("known_error_id").ok()),
                    verdict.and_then(|verdict| verdict.get_object_id("group_id").ok()).map(|id| id.bytes()),
                    halves.get_i64("request").ok(),
                    halves.get_i64("response").ok(),
                    text("session_key"),
                    log.as_bytes(),
                ])?;
            }
        }
        transaction.commit()?;
    }
    Ok(begun.elapsed().as_secs_f64())
}

/// Seconds of `insert_many` of the same documents into a collection with the same indexes.
async fn bare_mongodb(uri: &str, logs: &[RawDocumentBuf]) -> anyhow::Result<f64> {
    MongoStore::connect(uri, std::time::Duration::from_secs(10)).await?.migrate().await?;
    let mut options = mongodb::options::ClientOptions::parse(uri).await?;
    options.write_concern =
        Some(mongodb::options::WriteConcern::builder().w(mongodb::options::Acknowledgment::Majority).journal(true).build());
    let database = options.default_database.clone().unwrap_or_default();
    let collection = mongodb::Client::with_options(options)?.database(&database).collection::<RawDocumentBuf>("Log");
    let begun = Instant::now();
    for batch in logs.chunks(BATCH) {
        collection.insert_many(batch.to_vec()).ordered(false).await?;
    }
    Ok(begun.elapsed().as_secs_f64())
}

/// In which order the halves of a file's exchanges stand.
#[derive(Debug, Clone, Copy)]
enum Order {
    RequestsFirst,
    ResponsesFirst,
    /// As if drawn: two walks with different strides, which meet each exchange once a side.
    Shuffled,
}

impl Order {
    fn named(word: &str) -> Option<Self> {
        match word {
            "requests-first" => Some(Self::RequestsFirst),
            "responses-first" => Some(Self::ResponsesFirst),
            "shuffled" => Some(Self::Shuffled),
            _ => None,
        }
    }

    /// Writes both halves of each of `n` exchanges.
    fn write(self, n: u64, out: &mut impl Write) -> anyhow::Result<()> {
        let (first, second): (Half, Half) = match self {
            Self::ResponsesFirst => (response, request),
            Self::RequestsFirst | Self::Shuffled => (request, response),
        };
        if matches!(self, Self::Shuffled) {
            // Primes larger than any number of exchanges asked for share no factor with it.
            for i in 0..n {
                first(out, i.wrapping_mul(1_000_000_007) % n, n)?;
                second(out, (i.wrapping_mul(998_244_353) + n / 2) % n, n)?;
            }
            return Ok(());
        }
        for half in [first, second] {
            for i in 0..n {
                half(out, i, n)?;
            }
        }
        Ok(())
    }
}

type Half = fn(&mut dyn Write, u64, u64) -> std::io::Result<()>;

/// The exchanges of a day, one after the other: halves that are far apart in the file are near in time.
fn time(i: u64, n: u64) -> String {
    let second = i * 86_400 / n.max(1);
    let (hour, half) = (second / 3600, if second < 43_200 { "AM" } else { "PM" });
    format!("5/8/2016 {}:{:02}:{:02} {half}", if hour % 12 == 0 { 12 } else { hour % 12 }, second / 60 % 60, second % 60)
}

fn request(out: &mut dyn Write, i: u64, n: u64) -> std::io::Result<()> {
    writeln!(
        out,
        "=> BarsScheduler at {}: from 10.7.73.12; RequestType = POST; ContentType = application/json; charset=\"UTF-8\";\nInput = {{\"sessionid\":\"slxctezudkzyv0di3ymysxyd\",\"method\":\"GetAccount\",\"params\":{{\"account\":\"2600{i:010}\",\"amount\":125.5}},\"message_id\":\"BARS-MESS-{i}\"}}",
        time(i, n)
    )
}

fn response(out: &mut dyn Write, i: u64, n: u64) -> std::io::Result<()> {
    writeln!(
        out,
        "<= BarsScheduler at {}: to 10.7.73.12\nOutput = {{\"status\":\"OK\",\"RESULT\":{{\"sessionId\":\"slxctezudkzyv0di3ymysxyd\",\"rest\":{i}}},\"message_id\":\"BARS-MESS-{i}\",\"responce_id\":\"{i}\"}}",
        time(i, n)
    )
}

/// Peak memory of an ingestion of a file whose halves stand far apart.
async fn memory(megabytes: u64, order: Order, store: Option<String>) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("worst.log");
    let n = megabytes * 1_000_000 / 560;
    let mut out = BufWriter::with_capacity(1 << 20, fs::File::create(&file)?);
    order.write(n, &mut out)?;
    out.flush()?;
    drop(out);
    let size = fs::metadata(&file)?.len();
    let data = tempfile::tempdir()?;
    let name = if store.is_some() { "MongoDB" } else { "SQLite" };
    let seconds = ingest(data.path(), store, &file).await?;
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default().trim();
    println!("{name}: {size} bytes, {n} exchanges, {order:?}: {seconds:.0} s, peak resident memory {peak}");
    Ok(())
}
