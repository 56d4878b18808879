//! What is written is what is read back.

use std::{collections::BTreeSet, io};

use super::{Dialect, Plan, Truth, demo_plans, generate, plans};
use crate::{
    detect,
    domain::{LogFileId, LogState, ProblemKind},
    parse::{Options, PairedLog, Piece, Report, Whole, parse},
};

/// The Logs of a file, and the report on it.
fn read(plan: &Plan, bytes: &[u8]) -> (Vec<PairedLog>, Report) {
    let options = Options::new(plan.branch.parse().unwrap(), LogFileId::from_content(&[]));
    let mut logs = Vec::new();
    let mut sink = |piece| {
        if let Piece::Log(log) = piece {
            logs.push(log);
        }
        Ok::<(), io::Error>(())
    };
    let report = parse(bytes, &options, &mut sink, &|_| {}).unwrap();
    (logs, report)
}

/// Each file of the plans with its truth.
fn files(plans: Vec<Vec<Plan>>) -> Vec<(Plan, Vec<u8>, Truth)> {
    let mut files = Vec::new();
    for days in plans {
        let mut late = Vec::new();
        for plan in days {
            let mut bytes = Vec::new();
            let (truth, over) = generate(&plan, std::mem::take(&mut late), &mut bytes).unwrap();
            late = over;
            files.push((plan, bytes, truth));
        }
    }
    files
}

#[test]
fn what_is_read_back_is_the_truth() {
    let rules = detect::Rules::default();
    for seed in [20_160_508, 1, 2] {
        for (plan, bytes, truth) in files(plans(3000, seed)) {
            let (logs, report) = read(&plan, &bytes);
            let counts = report.counts;
            let found = Truth {
                records: counts.records,
                complete: counts.complete,
                request_only: counts.request_only,
                response_only: counts.response_only,
                malformed: counts.malformed,
                foreign_lines: counts.foreign_lines,
                errors: logs.iter().filter(|log| detect::find(&rules, log.response.as_deref()).is_some()).count() as i64,
                ..truth.clone()
            };
            assert_eq!(found, truth, "{} of {seed}", plan.file);
            assert_eq!(truth.records, 2 * truth.complete + truth.request_only + truth.response_only);
            assert_eq!(truth.errors, truth.known.values().chain(truth.unknown.values()).sum::<i64>());
            assert_eq!(truth.logs(), logs.len() as i64);
        }
    }
}

#[test]
fn the_demonstration_has_every_irregularity() {
    let mut kinds = BTreeSet::new();
    let (mut encodings, mut orders) = (BTreeSet::new(), BTreeSet::new());
    let (mut n_late, mut n_before, mut n_null, mut n_empty) = (0, 0, 0, 0);
    let mut texts = String::new();
    for (plan, bytes, truth) in files(demo_plans()) {
        let (logs, report) = read(&plan, &bytes);
        n_late += truth.late;
        if bytes.is_empty() {
            n_empty += 1;
            assert_eq!((report.whole, truth), (Whole::Empty, Truth::default()));
            continue;
        }
        encodings.insert((report.encoding, [&b"\xEF\xBB\xBF"[..], b"\xFF\xFE"].iter().any(|mark| bytes.starts_with(mark))));
        orders.insert(format!("{:?}", plan.dialect.dates));
        for log in &logs {
            kinds.extend(log.problems.iter().map(|problem| problem.kind.as_str()));
            n_before += i64::from(log.state == LogState::Complete && log.duration_ms().is_some_and(|ms| ms < 0));
            let params = log.request_document().and_then(|request| request.get("params").ok().flatten());
            n_null += i64::from(params == Some(bson::RawBsonRef::Null));
        }
        texts += &encoding_rs::Encoding::for_label(report.encoding.as_bytes()).unwrap().decode(&bytes).0;
    }
    for kind in [
        ProblemKind::BadDate,
        ProblemKind::CutRecord,
        ProblemKind::MissingBody,
        ProblemKind::MalformedBody,
        ProblemKind::PairedByOrder,
        ProblemKind::TrailingText,
    ] {
        assert!(kinds.contains(kind.as_str()), "{kind:?} does not occur");
    }
    assert_eq!(
        encodings.into_iter().collect::<Vec<_>>(),
        [("UTF-16LE", false), ("UTF-16LE", true), ("UTF-8", false), ("UTF-8", true), ("windows-1251", false)]
    );
    assert_eq!(orders.len(), 3);
    assert_eq!(n_empty, 1);
    assert!(n_late > 0 && n_before > 0 && n_null > 0, "{n_late} {n_before} {n_null}");
    for part in ["\"error\":\"", "\"binary_data\":\"QUJD", "undefined,", "сказав \"так\"", "рядок\r\nдругий", "{не кінець}"]
    {
        assert!(texts.contains(part), "{part} does not occur");
    }
}

#[test]
fn halves_without_message_id_meet_their_own_session() {
    for (plan, bytes, _) in files(demo_plans()) {
        for log in read(&plan, &bytes).0.iter().filter(|log| log.state == LogState::Complete && log.message_id.is_none()) {
            let session = |document: Option<&bson::RawDocument>, name| {
                document.and_then(|document| document.get_str(name).ok()).map(|text| text.trim().to_owned())
            };
            let answer = log.response_document();
            let inner = answer.and_then(|answer| answer.get_document("RESULT").ok());
            let answered = session(answer, "sessionid").or_else(|| session(inner, "sessionId"));
            assert_eq!(session(log.request_document(), "sessionid"), answered, "{}", plan.file);
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let bytes = |seed| files(plans(600, seed)).into_iter().map(|(_, bytes, _)| bytes).collect::<Vec<_>>();
    assert!(bytes(7) == bytes(7));
    assert!(bytes(7) != bytes(8));
}

#[test]
fn a_regular_file_has_complete_exchanges_alone() {
    let plan = Plan {
        branch: "K01",
        file: String::new(),
        seed: 7,
        n_exchanges: 1000,
        start: 1_462_691_865,
        dialect: Dialect::paper(),
        irregular: false,
    };
    let (truth, late) = generate(&plan, Vec::new(), &mut io::sink()).unwrap();
    assert_eq!((truth.records, truth.complete, truth.malformed, truth.foreign_lines, late.len()), (2000, 1000, 0, 0, 0));
}
