//! Posts of 1 MB: processor time of the server against that of one that does nothing and of reading the same bytes from a file. Beside it,
//! what comes before group commit and store, in a handler of its own, against the one that does nothing and the parse alone; and all that
//! comes before the store.

use std::{io::Write, path::Path};

use loghelper::{detect::Rules, parse::Memory};

use crate::{
    client::{Client, head},
    exchanges::{bodies, parsed},
    noop,
    process::{Process, children_cpu, key, own_cpu, run as loghelper},
    sink,
};

const POSTS: usize = 200;

pub fn run() -> anyhow::Result<()> {
    let bodies = bodies(POSTS, 1_000_000);
    let n_bytes: usize = bodies.iter().map(String::len).sum();
    let a_post = |seconds: f64| seconds / POSTS as f64 * 1000.0;
    let post_all = |(process, address): &(Process, String), key: &str| -> anyhow::Result<f64> {
        let mut client = Client::connect(address, head("K1", key))?;
        let before = process.cpu();
        for body in &bodies {
            client.post(body.as_bytes())?;
        }
        Ok(a_post(process.cpu() - before))
    };
    let nothing = post_all(&noop::start(noop::WORDS[0], Path::new(""))?, "")?;
    let posted = |start: &dyn Fn(&Path) -> anyhow::Result<(Process, String)>| -> anyhow::Result<f64> {
        let data = prepared()?;
        let key = key(data.path(), None, "K1")?;
        post_all(&start(data.path())?, &key)
    };
    let whole = posted(&|data| Process::server(data, None))?;
    let up_to_store = posted(&|data| noop::start(sink::WORDS[0], data))?;
    let parse_only = posted(&|data| noop::start(noop::WORDS[1], data))?;

    let (mut memory, branch, rules) = (Memory::default(), "K1".parse()?, Rules::default());
    let before = own_cpu();
    for body in &bodies {
        parsed(&mut memory, &branch, &rules, body.as_bytes())?;
    }
    let parse = a_post(own_cpu() - before);
    let data = prepared()?;
    let mut file = tempfile::NamedTempFile::new()?;
    bodies.iter().try_for_each(|body| file.write_all(body.as_bytes()))?;
    let before = children_cpu();
    sink::ingest(file.path(), data.path())?;
    let from_file = a_post(children_cpu() - before);

    println!("{POSTS} posts of {} bytes, CPU a post in ms", n_bytes / POSTS);
    println!("  a server that does nothing {nothing:.2}; parse, errors and encode alone {parse:.2}");
    println!(
        "  parse only: address, key, body, read, pair, find errors, encode, answer: {parse_only:.2}, {:.2} x (nothing + parse, errors and encode)",
        parse_only / (nothing + parse)
    );
    println!("  up to the store (one that keeps no Logs): posts {up_to_store:.2}, the same bytes from one file {from_file:.2}");
    println!("  posts / (nothing + from a file) = {:.2}", up_to_store / (nothing + from_file));
    println!("  with everything stored in SQLite: {whole:.2}");
    Ok(())
}

/// A data folder with the seed's knowledge base.
fn prepared() -> anyhow::Result<tempfile::TempDir> {
    let data = tempfile::tempdir()?;
    loghelper(data.path(), None, &["migrate"])?;
    loghelper(data.path(), None, &["kb", "import", concat!(env!("CARGO_MANIFEST_DIR"), "/seed/knowledge_base.json")])?;
    Ok(data)
}
