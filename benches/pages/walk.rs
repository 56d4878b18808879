//! Analysts who walk over the pages: lists in the ways in which they are looked at, and from each list to what stands in it.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::Context;

use super::{client::Client, random::Random, write};

/// How many, how long, how hurried.
pub struct Load {
    pub n_analysts: u64,
    pub seconds: u64,
    /// Mean rest between two pages, in seconds; none where it is 0.
    pub think: f64,
}

/// A page that was opened.
pub struct Visit {
    pub page: &'static str,
    pub took: Duration,
    pub bytes: usize,
    /// What was wrong.
    pub fault: Option<String>,
}

/// Pages: name, how often they are opened among 100, and the addresses of lists; one that has none is reached from the list before it.
const PAGES: [(&str, u64, &[&str]); 12] = [
    ("home", 8, &["/"]),
    (
        "unknown errors",
        16,
        &[
            "/errors",
            "/errors?sort=last",
            "/errors?sort=first",
            "/errors?state=new",
            "/errors?state=mine",
            "/errors?state=all",
            "/errors?branch=BRANCH",
            "/errors?search=WORD",
            "/errors?search=WORD&sort=last",
            "/errors?from=DAY",
        ],
    ),
    ("unknown error", 18, &[]),
    (
        "Logs",
        16,
        &[
            "/logs",
            "/logs?filter=branch%20%3D%20%22BRANCH%22",
            "/logs?filter=error%20exists",
            "/logs?filter=error%20exists%20and%20not%20verdict.known_error_id%20exists",
            "/logs?filter=request.method%20%3D%20%22METHOD%22",
            "/logs?filter=branch%20%3D%20%22BRANCH%22%20and%20request.method%20%3D%20%22METHOD%22",
            "/logs?filter=date%20%3E%3D%20DAY",
            "/logs?filter=request.params.amount%20%3E%2099000",
        ],
    ),
    ("Log", 14, &[]),
    ("known errors", 8, &["/known", "/known?sort=seen", "/known?status=STATUS", "/known?search=WORD", "/known?sort=title"]),
    ("known error", 8, &[]),
    ("files", 3, &["/files"]),
    ("file", 3, &[]),
    ("branches", 2, &["/branches"]),
    ("branch", 2, &[]),
    ("efficiency", 2, &["/efficiency"]),
];
/// What a link leads to, by how it begins.
const LINKS: [(&str, &str); 5] =
    [("/errors/", "unknown error"), ("/logs/", "Log"), ("/known/", "known error"), ("/files/", "file"), ("/branches/", "branch")];

/// Signs the analysts in and lets them walk.
pub async fn walk(address: &str, password: &str, load: &Load) -> anyhow::Result<Vec<Visit>> {
    let mut analysts = Vec::new();
    for n in 1..=load.n_analysts {
        analysts
            .push(Client::sign_in(address, &format!("analyst{n}"), password).await.with_context(|| format!("analyst{n} cannot sign in"))?);
    }
    let until = Instant::now() + Duration::from_secs(load.seconds);
    let walks: Vec<_> =
        analysts.into_iter().zip(1..).map(|(client, seed)| tokio::spawn(one(client, Random(seed), load.think, until))).collect();
    let mut visits = Vec::new();
    for walk in walks {
        visits.extend(walk.await??);
    }
    Ok(visits)
}

async fn one(mut client: Client, mut random: Random, think: f64, until: Instant) -> anyhow::Result<Vec<Visit>> {
    let (mut visits, mut seen) = (Vec::new(), HashMap::<&str, Vec<String>>::new());
    while Instant::now() < until {
        if think > 0.0 {
            tokio::time::sleep(Duration::from_secs_f64(think * (0.5 + random.share()))).await;
        }
        let (page, path) = choose(&mut random, &seen);
        let path = filled(&path, &mut random);
        let begun = Instant::now();
        let answer = client.get(&path).await?;
        let took = begun.elapsed();
        let fault = (answer.status != 200).then(|| format!("{} {path}", answer.status));
        if fault.is_none() && PAGES.iter().any(|(name, _, lists)| *name == page && !lists.is_empty()) {
            links(&answer.text()?, &mut seen);
        }
        visits.push(Visit { page, took, bytes: answer.body.len(), fault });
    }
    Ok(visits)
}

/// The next page: one drawn by how often it is opened, or the list where nothing is known yet that it could be reached from.
fn choose(random: &mut Random, seen: &HashMap<&str, Vec<String>>) -> (&'static str, String) {
    let mut drawn = random.below(PAGES.iter().map(|(_, often, _)| often).sum());
    let mut list = ("home", "/");
    for (page, often, addresses) in PAGES {
        if let Some(address) = random.of(addresses) {
            list = (page, address);
        }
        if drawn < often {
            let known = seen.get(page).and_then(|known| random.of(known)).filter(|_| addresses.is_empty());
            return known.map_or((list.0, list.1.to_owned()), |known| (page, known.clone()));
        }
        drawn -= often;
    }
    (list.0, list.1.to_owned())
}

/// The address with what somebody would ask for in its places.
fn filled(path: &str, random: &mut Random) -> String {
    let word = random.of(&["account", "blocked", "journal", "limit", "node", "session", "tro", "answer"]).copied().unwrap_or_default();
    let path = path.replace("BRANCH", &format!("B{:02}", random.below(write::N_BRANCHES))).replace("WORD", word);
    let path = path.replace("METHOD", random.of(&write::METHODS).copied().unwrap_or_default());
    path.replace("DAY", &format!("2016-05-{:02}", 1 + random.below(write::N_DAYS)))
        .replace("STATUS", &(1000 + random.below(50)).to_string())
}

/// Notes what a page links to.
fn links(text: &str, seen: &mut HashMap<&str, Vec<String>>) {
    for link in text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        let Some((begin, page)) = LINKS.iter().find(|(begin, _)| link.starts_with(begin)) else { continue };
        let id = link.get(begin.len()..).unwrap_or_default();
        if id.is_empty() || id.contains(['/', '?', '#']) || matches!(id, "asking" | "tail") {
            continue;
        }
        let known = seen.entry(*page).or_default();
        if known.len() >= 500 {
            known.clear();
        }
        known.push(link.to_owned());
    }
}
