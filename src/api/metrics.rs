//! `/metrics` in the text format of Prometheus, for this machine's own collector or an administrator's token.

use std::{
    fmt::Write,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use bson::DateTime;

use super::{
    error::ApiError,
    ingest::{Gate, listeners::Counts},
    metrics_model,
};
use crate::{
    domain::GroupState,
    store::Scope,
    usecase::{Services, suggest},
};

/// Upper bounds of the buckets of request durations, in seconds.
const BUCKETS: [f64; 8] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0, 10.0];

/// Weeks over which it is counted how many drafts are taken.
const ACCEPTED_WEEKS: i64 = 4;

/// What was answered since the process began.
#[derive(Default)]
struct Requests {
    /// By the first digit of their status, from 1.
    by_class: [AtomicU64; 5],
    /// By duration; the last bucket has no bound.
    by_duration: [AtomicU64; BUCKETS.len() + 1],
    total_micros: AtomicU64,
}

static REQUESTS: LazyLock<Requests> = LazyLock::new(Requests::default);
static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Counts an answer.
pub(crate) fn count(status: StatusCode, took: Duration) {
    LazyLock::force(&BEGAN);
    let class = usize::from(status.as_u16() / 100).saturating_sub(1);
    let bucket = BUCKETS.iter().position(|bound| took.as_secs_f64() <= *bound).unwrap_or(BUCKETS.len());
    for counter in REQUESTS.by_class.get(class).into_iter().chain(REQUESTS.by_duration.get(bucket)) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
    REQUESTS.total_micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
}

/// `GET /metrics`.
pub(super) async fn show(services: Data<Services>, gate: Data<Gate>) -> Result<HttpResponse, ApiError> {
    let mut text = String::new();
    served(&mut text);
    listened(&mut text, &gate);
    let mut gauge = |name: &str, help: &str, rows: Vec<(String, String)>| {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in rows {
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    };
    let plain = |value: usize| vec![(String::new(), value.to_string())];
    let began = BEGAN.elapsed().as_secs();
    gauge("loghelper_uptime_seconds", "Seconds since the first request.", vec![(String::new(), began.to_string())]);
    gauge("loghelper_known_errors", "Known errors that are matched against.", plain(services.knowledge.len()));
    let mut groups = Vec::new();
    for state in [GroupState::Unknown, GroupState::Known, GroupState::Ignored] {
        let n = services.store.count_log_errors(state).await?;
        groups.push((format!("{{state=\"{}\"}}", state.as_str()), n.to_string()));
    }
    gauge("loghelper_error_groups", "Groups of errors that were unknown when they were found.", groups);
    let states = services.state_counts(&Scope::All).await?;
    let logs = states.value.iter().flat_map(|count| {
        let row = |state, n: i64| (format!("{{branch=\"{}\",state=\"{state}\"}}", count.branch), n.to_string());
        [row("normal", count.normal), row("known", count.known), row("unknown", count.unknown)]
    });
    gauge("loghelper_logs", "Stored Logs by branch and by what is known of their error.", logs.collect());
    let drafts = services.store.count_suggestions().await?;
    let drafts = drafts.iter().map(|(state, n)| (format!("{{state=\"{}\"}}", state.as_str()), n.to_string()));
    gauge("loghelper_drafts", "Drafts for unknown errors by where they stand.", drafts.collect());
    let waiting = services.drafts.backend().map_or(0, |backend| backend.waiting());
    gauge("loghelper_model_queue", "Requests that wait for the model or are under way.", plain(waiting));
    let weeks = suggest::weeks(&services, ACCEPTED_WEEKS, DateTime::now()).await?;
    let sum = |part: fn(&suggest::Week) -> i64| weeks.iter().map(part).sum::<i64>();
    let (accepted, decided) = (sum(|week| week.taken + week.edited), sum(suggest::Week::decided));
    let share = if decided > 0 { accepted as f64 / decided as f64 } else { f64::NAN };
    let about = "Share of the drafts decided about in the last weeks that were taken, as they were or edited.";
    gauge("loghelper_drafts_accepted_share", about, vec![(String::new(), share.to_string())]);
    for (name, about, n) in services.drafts.counters.read() {
        let _ = writeln!(text, "# HELP loghelper_model_{name}_total {about}\n# TYPE loghelper_model_{name}_total counter");
        let _ = writeln!(text, "loghelper_model_{name}_total {n}");
    }
    metrics_model::show(&mut text, &services);
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text))
}

fn served(text: &mut String) {
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    text.push_str(
        "# HELP loghelper_http_requests_total Requests answered, by class of status.\n# TYPE loghelper_http_requests_total counter\n",
    );
    for (class, counter) in (1..).zip(&REQUESTS.by_class) {
        let _ = writeln!(text, "loghelper_http_requests_total{{class=\"{class}xx\"}} {}", read(counter));
    }
    let name = "loghelper_http_request_duration_seconds";
    let _ = writeln!(text, "# HELP {name} Time to the head of the answer.\n# TYPE {name} histogram");
    let mut n = 0;
    let bounds = BUCKETS.iter().map(ToString::to_string).chain(["+Inf".to_owned()]);
    for (bound, counter) in bounds.zip(&REQUESTS.by_duration) {
        n += read(counter);
        let _ = writeln!(text, "{name}_bucket{{le=\"{bound}\"}} {n}");
    }
    let seconds = Duration::from_micros(read(&REQUESTS.total_micros)).as_secs_f64();
    let _ = writeln!(text, "{name}_sum {seconds}\n{name}_count {n}");
}

/// What happened at the addresses without HTTP.
fn listened(text: &mut String, gate: &Gate) {
    let listeners = gate.listeners();
    if listeners.is_empty() {
        return;
    }
    type Counter = fn(&Counts) -> &AtomicU64;
    let counters: [(&str, &str, Counter); 4] = [
        ("received", "Messages that arrived where nothing is acknowledged.", |counts| &counts.received),
        ("lost", "Messages for which there was no room, or of which a part never came.", |counts| &counts.lost),
        ("refused", "Datagrams and connections from addresses that may not send.", |counts| &counts.refused),
        ("turned_away", "Connections for which there was no place.", |counts| &counts.turned_away),
    ];
    for (name, help, counter) in counters {
        let name = format!("loghelper_listener_{name}_total");
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter");
        for counts in &listeners {
            let n = counter(counts).load(Ordering::Relaxed);
            let _ = writeln!(text, "{name}{{listener=\"{}\",branch=\"{}\"}} {n}", counts.name, counts.branch);
        }
    }
}
