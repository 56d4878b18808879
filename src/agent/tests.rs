//! Files are rotated, truncated, copied and compressed: what is kept is each text once.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::{
    follow::{Follower, Stop},
    pattern::Pattern,
    position::Positions,
    spool::Spool,
    unix_now,
};

/// A folder of logs, and one of the spool.
struct Office {
    folder: tempfile::TempDir,
    watch: Vec<PathBuf>,
    idle: Duration,
    follower: Option<Follower>,
    max_bytes: u64,
}

impl Office {
    fn new(watch: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("logs")).unwrap();
        fs::create_dir_all(folder.path().join("spool")).unwrap();
        let watch = watch.iter().map(|name| folder.path().join("logs").join(name)).collect();
        Self { folder, watch, idle: Duration::ZERO, follower: None, max_bytes: 1 << 30 }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("logs").join(name)
    }

    fn append(&self, name: &str, text: &str) {
        OpenOptions::new().create(true).append(true).open(self.path(name)).unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// The file was written a while ago.
    fn age(&self, name: &str) {
        File::open(self.path(name)).unwrap().set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
    }

    fn gzip(&self, name: &str, to: &str) {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&fs::read(self.path(name)).unwrap()).unwrap();
        fs::write(self.path(to), encoder.finish().unwrap()).unwrap();
        self.age(to);
    }

    fn spool(&self) -> PathBuf {
        self.folder.path().join("spool")
    }

    /// Rounds until nothing is left; what was kept since the last call.
    fn kept(&mut self) -> String {
        let positions = Positions::load(&self.spool().join("positions.json"), unix_now()).unwrap();
        let spool = Spool::open(&self.spool(), self.max_bytes, positions.sequence()).unwrap();
        self.kept_in(&spool);
        take(&spool)
    }

    /// Rounds until nothing is left to put into this spool.
    fn kept_in(&mut self, spool: &Spool) {
        let mut positions = Positions::load(&self.spool().join("positions.json"), unix_now()).unwrap();
        for (sequence, header) in spool.headers_after(positions.sequence()) {
            positions.cover(sequence, header.position);
        }
        let patterns = self.watch.iter().cloned().map(Pattern::new).collect();
        let follower = self.follower.get_or_insert_with(|| Follower::new(patterns, positions, self.idle));
        let mut n_rounds = 0;
        while follower.round(spool).unwrap() {
            n_rounds += 1;
            assert!(n_rounds < 1000, "it never ends");
        }
    }

    /// The process ended: the next one knows what is on disk.
    fn restart(&mut self) {
        self.follower = None;
    }
}

/// Takes all batches out of the spool.
fn take(spool: &Spool) -> String {
    let mut text = Vec::new();
    while let Some(sequence) = spool.next(Duration::ZERO) {
        text.extend(zstd::decode_all(spool.read(sequence).unwrap().body.as_slice()).unwrap());
        spool.remove(sequence).unwrap();
    }
    String::from_utf8(text).unwrap()
}

fn lines(from: u32, to: u32) -> String {
    (from..to).map(|n| format!("2024-05-01 10:00:00 INFO line {n} of the log\n")).collect()
}

#[test]
fn a_growing_file_is_kept_once_and_in_order_over_restarts() {
    let mut office = Office::new(&["bars.log"]);
    assert_eq!(office.kept(), "");
    for part in 0..6 {
        office.append("bars.log", &lines(part * 10, part * 10 + 10));
        assert_eq!(office.kept(), lines(part * 10, part * 10 + 10));
        assert_eq!(office.kept(), "");
        if part % 2 == 0 {
            office.restart();
        }
    }
}

#[test]
fn a_renamed_file_is_read_to_its_end_and_the_new_one_from_its_beginning() {
    for restart in [false, true] {
        let mut office = Office::new(&["bars.log"]);
        office.append("bars.log", &lines(0, 50));
        assert_eq!(office.kept(), lines(0, 50));
        office.append("bars.log", &lines(50, 60));
        fs::rename(office.path("bars.log"), office.path("bars.log.1")).unwrap();
        office.append("bars.log.1", &lines(60, 70));
        office.append("bars.log", &lines(70, 100));
        office.age("bars.log");
        if restart {
            office.restart();
        }
        let kept = office.kept();
        assert_eq!(sorted(&kept), sorted(&lines(50, 100)), "restart: {restart}");
        // Long after, nothing of it comes again.
        office.restart();
        fs::rename(office.path("bars.log.1"), office.path("bars.log.2")).unwrap();
        assert_eq!(office.kept(), "");
    }
}

#[test]
fn files_that_were_rotated_before_anybody_saw_them_are_kept_too() {
    let mut office = Office::new(&["bars.log"]);
    office.append("bars.log.9", "of the time before the agent\n");
    office.age("bars.log.9");
    assert_eq!(office.kept(), "");
    office.restart();
    for n in 0..4 {
        office.append("bars.log", &lines(n * 100, n * 100 + 100));
        fs::rename(office.path("bars.log"), office.path(&format!("bars.log.{n}"))).unwrap();
    }
    office.append("bars.log", &lines(400, 500));
    assert_eq!(sorted(&office.kept()), sorted(&lines(0, 500)));
}

#[test]
fn a_file_renamed_out_of_sight_is_read_to_its_end() {
    let mut office = Office::new(&["bars.log"]);
    office.append("bars.log", &lines(0, 10));
    office.kept();
    fs::rename(office.path("bars.log"), office.path("elsewhere")).unwrap();
    office.append("elsewhere", &lines(10, 20));
    office.append("bars.log", &lines(20, 60));
    office.age("bars.log");
    assert_eq!(sorted(&office.kept()), sorted(&lines(10, 60)));
}

#[test]
fn a_truncated_file_begins_anew_however_large_it_has_become() {
    for n in [3, 10, 40] {
        let mut office = Office::new(&["bars.log"]);
        office.append("bars.log", &lines(0, 10));
        assert_eq!(office.kept(), lines(0, 10));
        fs::write(office.path("bars.log"), lines(100, 100 + n)).unwrap();
        assert_eq!(office.kept(), lines(100, 100 + n), "{n}");
    }
}

#[test]
fn a_copy_goes_on_where_the_truncated_file_was_left() {
    for restart in [false, true] {
        let mut office = Office::new(&["bars.log"]);
        office.append("bars.log", &lines(0, 100));
        assert_eq!(office.kept(), lines(0, 100));
        office.append("bars.log", &lines(100, 120));
        if restart {
            office.restart();
        }
        fs::copy(office.path("bars.log"), office.path("bars.log.1")).unwrap();
        fs::write(office.path("bars.log"), lines(120, 140)).unwrap();
        office.age("bars.log.1");
        office.age("bars.log");
        assert_eq!(sorted(&office.kept()), sorted(&lines(100, 140)), "restart: {restart}");
        office.restart();
        assert_eq!(office.kept(), "");
    }
}

#[test]
fn compressed_old_files_are_not_kept_again_and_their_rest_is() {
    for (rest, watch) in [(0, "bars.log"), (7, "bars.log"), (0, "."), (7, ".")] {
        let mut office = Office::new(&[watch]);
        office.append("bars.log", &lines(0, 300));
        assert_eq!(office.kept(), lines(0, 300));
        office.restart();
        office.append("bars.log", &lines(300, 300 + rest));
        office.gzip("bars.log", "bars.log.1.gz");
        fs::remove_file(office.path("bars.log")).unwrap();
        assert_eq!(office.kept(), lines(300, 300 + rest), "{rest} {watch}");
        assert_eq!(office.kept(), "");
        office.restart();
        assert_eq!(office.kept(), "");
    }
}

#[test]
fn old_files_are_kept_where_they_are_meant() {
    let mut office = Office::new(&["*.gz", "bars.log"]);
    office.append("old", &lines(0, 100));
    office.gzip("old", "old.gz");
    // Only its name resembles what is meant.
    office.append("bars.log.bak", "not meant\n");
    office.age("bars.log.bak");
    assert_eq!(office.kept(), lines(0, 100));
    office.restart();
    assert_eq!(office.kept(), "");
}

#[test]
fn many_compressed_files_are_kept_a_few_at_a_time() {
    let mut office = Office::new(&["."]);
    for n in 0..12 {
        office.append("part", &lines(n * 10, n * 10 + 10));
        office.gzip("part", &format!("old-{n:02}.gz"));
        fs::remove_file(office.path("part")).unwrap();
    }
    let mut kept = String::new();
    for _ in 0..6 {
        kept += &office.kept();
    }
    assert_eq!(sorted(&kept), sorted(&lines(0, 120)));
}

#[test]
fn daily_names_are_found_as_they_appear() {
    let mut office = Office::new(&["bars-????-??-??.log"]);
    for day in 1..5 {
        office.append(&format!("bars-2024-05-{day:02}.log"), &lines(day * 100, day * 100 + 50));
        office.age(&format!("bars-2024-05-{day:02}.log"));
        assert_eq!(office.kept(), lines(day * 100, day * 100 + 50));
    }
}

#[test]
fn half_a_record_waits_for_its_end() {
    let mut office = Office::new(&["bars.log"]);
    office.idle = Duration::from_secs(3600);
    let request = "=> S at 5/8/2016 7:17:45 AM: from 10.7.73.12;\nInput = {\"a\":\n";
    office.append("bars.log", request);
    assert_eq!(office.kept(), "");
    office.append("bars.log", "1}\n<= S at 5/8/2016 7:17:46 AM: to 10.7.73.12\n");
    assert_eq!(office.kept(), format!("{request}1}}\n"));
}

#[test]
fn a_full_spool_stops_the_reading_and_nothing_is_lost() {
    let office = Office::new(&["bars.log"]);
    let mut state = 1_u32;
    // Digits that do not compress to nothing.
    let text: String = (0..300_000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            format!("{state:08x}\n")
        })
        .collect();
    office.append("bars.log", &text);
    let positions = Positions::load(&office.spool().join("positions.json"), unix_now()).unwrap();
    let spool = Spool::open(&office.spool(), 1 << 20, 0).unwrap();
    let mut follower = Follower::new(vec![Pattern::new(office.path("bars.log"))], positions, Duration::ZERO);
    let (mut kept, mut n_full) = (String::new(), 0);
    loop {
        match follower.round(&spool) {
            Ok(true) => {}
            Ok(false) => break,
            Err(Stop::Full) => {
                n_full += 1;
                // One batch may always wait.
                assert!(spool.filling().batches == 1 || spool.filling().bytes <= 1 << 20);
                kept += &take(&spool);
            }
            Err(Stop::Disk(error)) => panic!("{error}"),
        }
    }
    kept += &take(&spool);
    assert!(n_full > 0);
    assert!(kept == text, "the text differs");
}

#[test]
fn a_file_that_appears_while_the_spool_is_full_is_not_lost_when_it_goes() {
    let office = Office::new(&["*.log"]);
    office.append("bars.log", &lines(0, 10));
    let positions = Positions::load(&office.spool().join("positions.json"), unix_now()).unwrap();
    let spool = Spool::open(&office.spool(), 1, 0).unwrap();
    let mut follower = Follower::new(vec![Pattern::new(office.path("*.log"))], positions, Duration::ZERO);
    while follower.round(&spool).unwrap() {}
    // The one batch that may always wait does: nothing more has room.
    office.append("bars.log", &lines(10, 20));
    office.append("other.log", &lines(20, 30));
    assert!(matches!(follower.round(&spool), Err(Stop::Full)));
    fs::remove_file(office.path("other.log")).unwrap();
    assert!(matches!(follower.round(&spool), Err(Stop::Full)));
    let mut kept = String::new();
    for _ in 0..10 {
        kept += &take(&spool);
        _ = follower.round(&spool);
    }
    kept += &take(&spool);
    assert_eq!(sorted(&kept), sorted(&lines(0, 30)));
}

/// The origins and offsets of all batches, which are taken out of the spool.
fn origins(office: &mut Office) -> Vec<(String, u64)> {
    let positions = Positions::load(&office.spool().join("positions.json"), unix_now()).unwrap();
    let spool = Spool::open(&office.spool(), 1 << 30, positions.sequence()).unwrap();
    office.kept_in(&spool);
    let mut found = Vec::new();
    while let Some(sequence) = spool.next(Duration::ZERO) {
        let (origin, offset) = spool.read(sequence).unwrap().header.origin().unwrap();
        found.push((origin.to_string(), offset));
        spool.remove(sequence).unwrap();
    }
    found
}

#[test]
fn a_file_is_named_alike_while_it_has_its_content_and_otherwise_when_it_begins_anew() {
    let mut office = Office::new(&["bars.log*"]);
    let line = "connection refused\n";
    office.append("bars.log", line);
    let first = origins(&mut office).remove(0);
    assert_eq!(first.1, 0);
    office.restart();
    office.append("bars.log", line);
    assert_eq!(origins(&mut office), [(first.0.clone(), line.len() as u64)]);
    // Under another name it goes on, and what takes its name begins alike and is another.
    fs::rename(office.path("bars.log"), office.path("bars.log.1")).unwrap();
    office.append("bars.log.1", line);
    assert_eq!(origins(&mut office), [(first.0.clone(), 2 * line.len() as u64)]);
    office.append("bars.log", line);
    office.age("bars.log");
    let second = origins(&mut office).remove(0);
    assert!(second.0 != first.0 && second.1 == 0);
    fs::write(office.path("bars.log"), "").unwrap();
    origins(&mut office);
    office.append("bars.log", line);
    let third = origins(&mut office).remove(0);
    assert!(third.0 != second.0 && third.0 != first.0);
    // Whoever forgot all names the first one as before.
    fs::remove_file(office.path("bars.log")).unwrap();
    fs::remove_file(office.spool().join("positions.json")).unwrap();
    office.restart();
    assert_eq!(origins(&mut office), [first]);
}

#[test]
fn positions_that_were_not_noted_are_those_of_the_batches() {
    let mut office = Office::new(&["bars.log"]);
    office.append("bars.log", &lines(0, 10));
    let read = |office: &Office| -> BTreeMap<PathBuf, Vec<u8>> {
        let files = fs::read_dir(office.spool()).unwrap().map(|entry| entry.unwrap().path());
        files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    };
    let positions = Positions::load(&office.spool().join("positions.json"), unix_now()).unwrap();
    let spool = Spool::open(&office.spool(), 1 << 20, 0).unwrap();
    let mut follower = Follower::new(vec![Pattern::new(office.path("bars.log"))], positions, Duration::ZERO);
    while follower.round(&spool).unwrap() {}
    // Killed after the batch was written and before the positions were.
    assert_eq!(read(&office).len(), 3, "the batch, the positions and what changed of them");
    fs::remove_file(office.spool().join("positions.json")).unwrap();
    assert_eq!(office.kept(), lines(0, 10));
    office.append("bars.log", &lines(10, 20));
    assert_eq!(office.kept(), lines(10, 20));
}

/// The lines of a text, in order; those that come twice stay twice.
fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn what_cannot_be_read_harms_nothing_else() {
    let mut office = Office::new(&["."]);
    office.append("good.log", &lines(0, 10));
    fs::write(office.path("bad.gz"), b"\x1F\x8B\x08nonsense").unwrap();
    office.age("bad.gz");
    std::os::unix::fs::symlink(Path::new("/nonexistent"), office.path("dangling.log")).unwrap();
    fs::create_dir(office.path("folder.log")).unwrap();
    assert_eq!(office.kept(), lines(0, 10));
    office.append("good.log", &lines(10, 20));
    assert_eq!(office.kept(), lines(10, 20));
}

#[test]
fn a_trace_goes_with_its_event_however_it_is_written() {
    let mut office = Office::new(&["java.log"]);
    office.idle = Duration::from_secs(3600);
    let event = |n: u32| {
        format!(
            "2024-05-01 10:00:{n:02},000 ERROR [w] c.b.Pay - failed {n}\njava.lang.IllegalStateException: no {n}\n\tat a.B.c(B.java:{n})\nCaused by: java.io.IOException: x\n\t... 3 more\n"
        )
    };
    let text: String = (0..20).map(event).collect();
    let mut all = String::new();
    for part in text.as_bytes().chunks(7) {
        office.append("java.log", std::str::from_utf8(part).unwrap());
        let kept = office.kept();
        assert!(kept.is_empty() || (kept.starts_with("2024-05-01") && kept.ends_with("\t... 3 more\n")), "{kept}");
        all.push_str(&kept);
    }
    // The last one may go on.
    assert_eq!(all, (0..19).map(event).collect::<String>());
}
