//! Positions are those before or after a saving, whatever happens in between.

use super::*;
use crate::agent::identity::Trace;

fn position(path: &Path, offset: u64, seen_at: u64) -> Position {
    let id = FileId::of(&fs::metadata(path).unwrap());
    let print = Trace::default().print();
    Position { id, path: path.display().to_string(), offset, print, records: true, seen_at, finished: None, origin: None }
}

#[test]
fn positions_outlive_the_process_and_earlier_batches_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (path, log) = (folder.path().join("positions.json"), folder.path().join("x.log"));
    fs::write(&log, "x").unwrap();
    let mut positions = Positions::load(&path, 100).unwrap();
    positions.cover(3, position(&log, 7, 100));
    positions.cover(2, position(&log, 5, 100));
    positions.save().unwrap();
    let mut again = Positions::load(&path, 100).unwrap();
    let id = position(&log, 0, 0).id;
    assert_eq!((again.sequence(), again.get(id).unwrap().offset), (3, 7));
    again.retire(id);
    again.save().unwrap();
    let mut past = Positions::load(&path, 100).unwrap();
    assert!(past.get(id).is_none());
    assert_eq!(past.all().map(|position| position.offset).collect::<Vec<_>>(), [7]);
    past.prune(100 + REMEMBERED + 1, |_| false);
    assert_eq!(past.all().count(), 0);
    fs::write(&path, "{").unwrap();
    assert!(matches!(Positions::load(&path, 100), Err(Error::Positions(..))));
}

/// Of files and of what they were: offsets, in order.
fn offsets(positions: &Positions) -> (u64, Vec<u64>, Vec<u64>) {
    let mut files: Vec<u64> = positions.files.values().map(|position| position.offset).collect();
    files.sort_unstable();
    (positions.sequence(), files, positions.past.iter().map(|position| position.offset).collect())
}

#[test]
fn wherever_it_is_killed_the_positions_are_those_before_or_after_a_saving() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("positions.json");
    let logs = ["x.log", "y.log"].map(|name| folder.path().join(name));
    logs.iter().for_each(|log| fs::write(log, "x").unwrap());
    let mut positions = Positions::load(&path, 100).unwrap();
    positions.save().unwrap();
    let mut saved = vec![offsets(&positions)];
    for step in 1..=6 {
        positions.cover(step, position(&logs[0], step, 100));
        if step % 3 == 0 {
            positions.retire(position(&logs[0], 0, 0).id);
        }
        positions.set(position(&logs[1], 100 + step, 100));
        positions.save().unwrap();
        saved.push(offsets(&positions));
    }
    assert_eq!(saved[6], (6, vec![106], vec![3, 6]));
    let journal = path.with_extension(JOURNAL_NAME);
    let (snapshot, whole) = (fs::read(&path).unwrap(), fs::read(&journal).unwrap());
    let mut seen = 0;
    for end in 0..=whole.len() {
        fs::write(&journal, &whole[..end]).unwrap();
        let found = offsets(&Positions::load(&path, 100).unwrap());
        let place = saved.iter().position(|one| *one == found).unwrap_or_else(|| panic!("{end}: {found:?}"));
        // A line counts from its end on.
        let n_lines = whole[..end].iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(place, n_lines.saturating_sub(1), "{end}");
        seen = seen.max(place);
    }
    assert_eq!(seen, 6);
    // Killed after all were written anew, and before a new journal was begun: what it says is not done twice.
    let mut again = Positions::load(&path, 100).unwrap();
    again.set(position(&logs[1], 200, 100));
    again.save().unwrap();
    assert_ne!(fs::read(&path).unwrap(), snapshot);
    fs::write(&journal, &whole).unwrap();
    assert_eq!(offsets(&Positions::load(&path, 100).unwrap()), (6, vec![200], vec![3, 6]));
    // After half a line all is written anew, not behind it.
    fs::write(&path, &snapshot).unwrap();
    fs::write(&journal, &whole[..whole.len() - 5]).unwrap();
    let mut torn = Positions::load(&path, 100).unwrap();
    torn.cover(7, position(&logs[0], 7, 100));
    torn.save().unwrap();
    assert_eq!(offsets(&Positions::load(&path, 100).unwrap()), (7, vec![7, 105], vec![3]));
}

#[test]
fn what_a_saving_writes_does_not_depend_on_how_much_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let (path, log) = (folder.path().join("positions.json"), folder.path().join("x.log"));
    fs::write(&log, "x").unwrap();
    let (journal, size) = (path.with_extension(JOURNAL_NAME), |path: &Path| fs::metadata(path).unwrap().len());
    let mut positions = Positions::load(&path, 100).unwrap();
    let id = position(&log, 0, 0).id;
    for offset in 0..MAX_PAST as u64 + 9 {
        positions.set(position(&log, offset, 100));
        positions.retire(id);
    }
    positions.save().unwrap();
    let snapshot = fs::read(&path).unwrap();
    let mut before = size(&journal);
    for sequence in 1..50 {
        positions.cover(sequence, position(&log, sequence, 100));
        positions.save().unwrap();
        assert!(size(&journal) - before < 1 << 10);
        before = size(&journal);
    }
    assert_eq!(fs::read(&path).unwrap(), snapshot);
    // Nothing changed, nothing is written.
    positions.save().unwrap();
    assert_eq!(size(&journal), before);
    // It does not grow for ever.
    positions.past.clear();
    positions.prune(100, |_| true);
    positions.save().unwrap();
    assert!(size(&path) < 1 << 10 && size(&journal) < 1 << 10);
    for sequence in 50..1000 {
        positions.cover(sequence, position(&log, sequence, 100));
        positions.save().unwrap();
        assert!(size(&journal) < MIN_JOURNAL + (1 << 10));
    }
    let found = Positions::load(&path, 100).unwrap();
    assert_eq!(offsets(&found), (999, vec![999], vec![]));
}

#[test]
fn positions_of_older_agents_are_read_and_a_journal_that_is_not_theirs_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (path, log) = (folder.path().join("positions.json"), folder.path().join("x.log"));
    fs::write(&log, "x").unwrap();
    let mut positions = Positions::load(&path, 100).unwrap();
    positions.cover(3, position(&log, 7, 100));
    positions.save().unwrap();
    // As an older agent would write it, whose journal is another's.
    let mut written: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    positions.cover(4, position(&log, 8, 100));
    positions.save().unwrap();
    written.as_object_mut().unwrap().remove("mark").unwrap();
    fs::write(&path, written.to_string()).unwrap();
    let mut older = Positions::load(&path, 200).unwrap();
    assert_eq!((older.since(), offsets(&older)), (100, (3, vec![7], vec![])));
    older.cover(5, position(&log, 9, 100));
    older.save().unwrap();
    assert_eq!(offsets(&Positions::load(&path, 200).unwrap()), (5, vec![9], vec![]));
}

#[test]
fn a_journal_that_cannot_be_written_is_given_up_and_all_is_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (path, log) = (folder.path().join("positions.json"), folder.path().join("x.log"));
    fs::write(&log, "x").unwrap();
    // Where a folder has its name there is no journal.
    fs::create_dir(path.with_extension(JOURNAL_NAME)).unwrap();
    let mut positions = Positions::load(&path, 100).unwrap();
    for sequence in 1..4 {
        positions.cover(sequence, position(&log, sequence, 100));
        positions.save().unwrap();
    }
    fs::remove_dir(path.with_extension(JOURNAL_NAME)).unwrap();
    assert_eq!(offsets(&Positions::load(&path, 100).unwrap()), (3, vec![3], vec![]));
}

#[test]
fn what_is_still_there_is_not_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("x.log");
    fs::write(&log, "x").unwrap();
    let mut positions = Positions::load(&folder.path().join("positions.json"), 100).unwrap();
    positions.set(position(&log, 7, 100));
    positions.prune(100 + 2 * REMEMBERED, |_| true);
    positions.prune(100 + 3 * REMEMBERED, |_| false);
    assert_eq!(positions.all().count(), 1);
}
