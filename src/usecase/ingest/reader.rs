//! The thread that reads a file: parse, detect, classify, group, encode; batches go to whoever stores them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, Read},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bson::{Binary, DateTime, spec::BinarySubtype};
use jiff::tz::TimeZone;
use tokio::sync::mpsc;

use super::{IngestError, IngestRequest, problems::Problems};
use crate::{
    detect,
    domain::{
        Branch, EncodedLog, EncodedLogError, ErrorCode, Fault, GroupId, KnownErrorId, LogError, LogFile, LogFileId, LogId, Method, Problem,
        PropertyDelta, Quarantined, Stretch, Verdict,
    },
    parse::{self, Foreign, FormatChoice, Memory, Options, PairedLog, Piece, Report},
    usecase::{Groups, Knowledge, Services, properties::Catalogue},
};

/// A batch is handed on when its Logs take this many bytes.
const BATCH_BYTES: usize = 8 << 20;

/// What is stored at once.
#[derive(Default)]
pub(in crate::usecase) struct Batch {
    /// Groups that are new, or more general; without their text.
    pub(in crate::usecase) groups: Vec<LogError>,
    pub(in crate::usecase) logs: Vec<EncodedLog>,
    pub(in crate::usecase) quarantine: Vec<Quarantined>,
    pub(in crate::usecase) n_errors: u64,
    /// When the first of its unknown errors was grouped.
    pub(super) turn: Option<u64>,
    bytes: usize,
}

/// What was found in the file as a whole.
pub(in crate::usecase) struct Finding {
    pub(in crate::usecase) report: Report,
    pub(super) problems: Problems,
    pub(in crate::usecase) properties: Vec<PropertyDelta>,
    /// Groups of unknown errors in the file, as its first message of each has them; without their text, which others may have a say in.
    pub(in crate::usecase) groups: BTreeMap<GroupId, LogError>,
    /// Known errors in the file.
    pub(in crate::usecase) known: BTreeSet<KnownErrorId>,
    pub(in crate::usecase) errors_known: i64,
    pub(in crate::usecase) errors_unknown: i64,
}

/// A file to be read.
pub(super) struct Job {
    path: PathBuf,
    options: Options,
    rules: Arc<detect::Rules>,
    judge: Judge,
    batch_size: usize,
    batches: mpsc::Sender<Batch>,
    /// Bytes of the file read up to now.
    pub(super) bytes_read: Arc<AtomicU64>,
}

/// Says what an error is, and remembers what was said.
pub(super) struct Judge {
    knowledge: Arc<Knowledge>,
    groups: Arc<Groups>,
    log_file_id: LogFileId,
    /// By what pieces in quarantine are told apart, with their offset: the content that they stand in.
    content_id: LogFileId,
    now: DateTime,
    seen_groups: BTreeMap<GroupId, LogError>,
    seen_known: BTreeSet<KnownErrorId>,
    errors_known: i64,
    errors_unknown: i64,
}

impl Job {
    pub(super) fn new(
        services: &Services,
        request: &IngestRequest,
        branch: &Branch,
        file: &LogFile,
    ) -> Result<(Self, mpsc::Receiver<Batch>), IngestError> {
        let fault = |reason: String| IngestError::Branch { name: request.name.clone(), branch: branch.code.clone(), reason };
        let options = options(services, branch, file.id, request.format.clone(), file.created_at).map_err(fault)?;
        let options = Options { stretch: file.stretch.clone(), ..options };
        let (batches, receiver) = mpsc::channel(2);
        let judge = Judge::new(services, file.id, file.id, file.created_at);
        let job = Self {
            path: request.path.clone(),
            options,
            rules: services.rules.clone(),
            judge,
            batch_size: services.config.store.batch.clamp(1, 10_000),
            batches,
            bytes_read: Arc::default(),
        };
        Ok((job, receiver))
    }

    /// The same, by groups of its own: nobody hears of what it learns.
    pub(super) fn apart(mut self) -> Self {
        self.judge.groups = Arc::new(self.judge.groups.apart());
        self
    }

    /// Reads to the end.
    pub(super) fn run(self) -> io::Result<Finding> {
        let input = Counted { file: File::open(&self.path)?, read: self.bytes_read.clone() };
        let batches = &self.batches;
        let mut catalogue = Catalogue::default();
        let mut note = |log: &EncodedLog| catalogue.add(log.document());
        let bounds = Bounds { items: self.batch_size, bytes: BATCH_BYTES };
        let terms = Terms { options: &self.options, rules: &self.rules, bounds };
        let mut finding = read(&mut Memory::default(), input, &terms, self.judge, &mut note, &mut |batch| send(batches, batch))?;
        finding.properties = catalogue.into_deltas();
        Ok(finding)
    }
}

/// When a batch is handed on.
pub(super) struct Bounds {
    /// At this many Logs or pieces.
    pub(super) items: usize,
    /// At this many bytes.
    pub(super) bytes: usize,
}

/// By what an input is read.
pub(super) struct Terms<'t> {
    pub(super) options: &'t Options,
    pub(super) rules: &'t detect::Rules,
    pub(super) bounds: Bounds,
}

/// What is known of a branch's files before they are read, or what is wrong with its settings.
pub(super) fn options(
    services: &Services,
    branch: &Branch,
    log_file_id: LogFileId,
    format: FormatChoice,
    received: DateTime,
) -> Result<Options, String> {
    let encoding = match &branch.encoding {
        Some(label) => Some(encoding_rs::Encoding::for_label(label.as_bytes()).ok_or_else(|| format!("`{label}` is no encoding"))?),
        None => None,
    };
    Ok(Options {
        branch: branch.code.clone(),
        log_file_id,
        stretch: None,
        format,
        custom: services.config.parse.formats.iter().cloned().map(Arc::new).collect(),
        encoding,
        date_order: branch.date_order,
        timezone: TimeZone::get(&branch.timezone).map_err(|error| error.to_string())?,
        received: Some(received),
        limits: services.config.parse.limits.clone(),
    })
}

/// Reads an input to its end: each Log is judged and shown to `note`, batches go to `sink`.
pub(super) fn read(
    memory: &mut Memory,
    input: impl Read,
    Terms { options, rules, bounds }: &Terms<'_>,
    mut judge: Judge,
    note: &mut dyn FnMut(&EncodedLog),
    sink: &mut dyn FnMut(Batch) -> io::Result<()>,
) -> io::Result<Finding> {
    let (mut batch, mut problems) = (Batch::default(), Problems::default());
    let mut each = |piece| {
        match piece {
            Piece::Log(log) => {
                log.problems.iter().for_each(|problem| problems.add(problem.offset, || problem.clone()));
                let encoded = judged(&log, options, rules, &mut judge, &mut batch).map_err(io::Error::other)?;
                note(&encoded);
                batch.bytes += encoded.bytes().len();
                batch.logs.push(encoded);
            }
            Piece::Quarantine(foreign) => {
                let piece = judge.quarantined(options, foreign);
                problems.add(piece.offset, || Problem { offset: piece.offset, kind: piece.kind, text: piece.reason.clone() });
                batch.bytes += piece.raw.bytes.len();
                batch.quarantine.push(piece);
            }
        }
        if batch.logs.len() >= bounds.items || batch.bytes >= bounds.bytes || batch.quarantine.len() >= bounds.items {
            sink(std::mem::take(&mut batch))?;
        }
        Ok::<(), io::Error>(())
    };
    let report = parse::parse_with(memory, input, options, &mut each, &|_| {})?;
    sink(batch)?;
    Ok(Finding {
        report,
        problems,
        properties: Vec::new(),
        groups: judge.seen_groups,
        known: judge.seen_known,
        errors_known: judge.errors_known,
        errors_unknown: judge.errors_unknown,
    })
}

fn send(batches: &mpsc::Sender<Batch>, batch: Batch) -> io::Result<()> {
    batches.blocking_send(batch).map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "storing was given up"))
}

/// A Log with its error and what is known of it.
fn judged(
    log: &PairedLog,
    options: &Options,
    rules: &detect::Rules,
    judge: &mut Judge,
    batch: &mut Batch,
) -> Result<EncodedLog, EncodedLogError> {
    let encode = |error: Option<&Fault>, verdict: Option<&Verdict>| log.encode(&options.branch, &options.log_file_id, error, verdict);
    let found = detect::find(rules, log.response.as_deref());
    let Some(fault) = found.or_else(|| log.fault.as_deref().cloned()) else { return encode(None, None) };
    batch.n_errors += 1;
    let verdict = judge.judge(log.id, &fault, || encode(Some(&fault), None).ok(), batch);
    encode(Some(&fault), Some(&verdict))
}

impl Judge {
    pub(super) fn new(services: &Services, log_file_id: LogFileId, content_id: LogFileId, now: DateTime) -> Self {
        Self {
            knowledge: services.knowledge.clone(),
            groups: services.groups.clone(),
            log_file_id,
            content_id,
            now,
            seen_groups: BTreeMap::new(),
            seen_known: BTreeSet::new(),
            errors_known: 0,
            errors_unknown: 0,
        }
    }

    /// What the error of the Log with this id is; `encoded` gives the Log where a condition asks for it.
    fn judge(&mut self, id: LogId, fault: &Fault, encoded: impl Fn() -> Option<EncodedLog>, batch: &mut Batch) -> Verdict {
        let code = fault.code.as_ref().map(ErrorCode::to_string);
        if let Some(known) = self.knowledge.recognise_often(&fault.message, code.as_deref(), &encoded) {
            self.errors_known += 1;
            self.seen_known.insert(known.id.clone());
            return Verdict { known_error_id: Some(known.id), group_id: None, method: Some(known.method), score: known.score };
        }
        let group = self.groups.assign(&fault.message);
        batch.turn.get_or_insert(group.turn);
        if group.changed || !self.seen_groups.contains_key(&group.id) {
            // Its text is what all processes say of it when it is stored.
            let begun = LogError::begun(group.id, String::new(), String::new(), fault.message.clone(), (self.log_file_id, id));
            let document = LogError { code: fault.code.clone(), ..begun };
            if group.changed {
                batch.groups.push(document.clone());
            }
            self.seen_groups.entry(group.id).or_insert(document);
        }
        let verdict = verdict_of(&self.groups, group.id, |known| encoded().is_some_and(|log| self.knowledge.holds(known, log.document())));
        match &verdict.known_error_id {
            Some(known) => {
                self.errors_known += 1;
                self.seen_known.insert(known.clone());
            }
            None => self.errors_unknown += 1,
        }
        verdict
    }

    fn quarantined(&self, options: &Options, foreign: Foreign) -> Quarantined {
        let offset = i64::try_from(foreign.offset).unwrap_or(i64::MAX);
        let stretch = options.stretch.as_ref();
        Quarantined {
            id: Quarantined::id_for(&self.content_id, offset),
            branch: options.branch.clone(),
            log_file_id: self.log_file_id,
            offset,
            kind: foreign.kind,
            reason: foreign.reason,
            raw: Binary { subtype: BinarySubtype::Generic, bytes: foreign.raw },
            size_bytes: i64::try_from(foreign.size_bytes).unwrap_or(i64::MAX),
            created_at: self.now,
            stretch: stretch.map(|stretch| Stretch { source: stretch.source.clone(), offset: stretch.place(foreign.offset) }),
        }
    }
}

/// What an error of a group is: what an analyst said of the group, where that holds for the Log, else unknown.
pub(super) fn verdict_of(groups: &Groups, id: GroupId, holds: impl FnOnce(&KnownErrorId) -> bool) -> Verdict {
    match groups.known(id).filter(holds) {
        Some(known) => Verdict { known_error_id: Some(known), group_id: Some(id), method: Some(Method::Approved), score: 1.0 },
        None => Verdict { known_error_id: None, group_id: Some(id), method: None, score: 0.0 },
    }
}

/// A file whose bytes are counted as they are read.
struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(to)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
