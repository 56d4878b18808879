//! What is written is what is read back.

use std::io;

use super::{Truth, demo_plans, generate};
use crate::{
    detect,
    domain::{LogFileId, ProblemKind},
    parse::{Options, Piece, parse},
};

#[test]
fn what_is_read_back_is_the_truth_with_every_irregularity() {
    let known = ["Account is \"blocked\"".to_owned(), "ORA-01017: invalid username/password; logon denied".to_owned()];
    let mut kinds = std::collections::BTreeSet::new();
    let mut total = Truth::default();
    for [first, second] in demo_plans() {
        let mut late = Vec::new();
        for plan in [first, second] {
            let mut bytes = Vec::new();
            let carried = late.len();
            let (truth, over) = generate(&plan, &known, std::mem::take(&mut late), &mut bytes).unwrap();
            late = over;
            let again = {
                let mut bytes = Vec::new();
                if carried == 0 {
                    generate(&plan, &known, Vec::new(), &mut bytes).unwrap();
                }
                bytes
            };
            assert!(carried > 0 || again == bytes, "the same seed gives the same bytes");
            let options = Options::new(plan.branch.parse().unwrap(), LogFileId::from_content(&[]));
            let (mut errors, rules) = (0, detect::Rules::default());
            let mut sink = |piece| {
                if let Piece::Log(log) = piece {
                    errors += i64::from(detect::find(&rules, log.response.as_deref()).is_some());
                    kinds.extend(log.problems.iter().map(|problem| problem.kind.as_str()));
                }
                Ok::<(), io::Error>(())
            };
            let counts = parse(bytes.as_slice(), &options, &mut sink, &|_| {}).unwrap().counts;
            let found = Truth {
                records: counts.records,
                complete: counts.complete,
                request_only: counts.request_only,
                response_only: counts.response_only,
                malformed: counts.malformed,
                foreign_lines: counts.foreign_lines,
                errors,
            };
            assert_eq!(found, truth, "{}", plan.file);
            assert_eq!(truth.records, 2 * truth.complete + truth.request_only + truth.response_only);
            total.response_only += i64::from(carried > 0);
        }
    }
    assert!(total.response_only > 0, "late responses go over to the second file");
    for kind in [ProblemKind::BadDate, ProblemKind::CutRecord, ProblemKind::MalformedBody, ProblemKind::PairedByOrder] {
        assert!(kinds.contains(kind.as_str()), "{kind:?} does not occur");
    }
}
