//! What was found so far: counts, and the first places.

use crate::support::masked_record::masked_record;
use sluice_api::{Finding, FindingCode, FindingExample};
use sluice_contract::Contract;
use sluice_contract::RecordNumber;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Examples that are kept of a finding.
const EXAMPLES_MAX: usize = 20;
/// Letters of a record that an example shows.
const RECORD_LEN_MAX: usize = 2_000;

/// Where something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Number of the file among those of the feed.
    pub(crate) file: u32,
    /// Record in it, from 0; `None`: the file as a whole.
    pub(crate) record: Option<u64>,
}

/// A file of the feed.
#[derive(Clone, Debug)]
struct KnownFile {
    path: String,
    batch: Option<u64>,
}

#[derive(Debug, Default)]
struct Tally {
    count: u64,
    by_batch: BTreeMap<u64, u64>,
    examples: Vec<(Place, String, String)>,
}

/// Findings by their code.
#[derive(Debug)]
pub(crate) struct Found {
    contract: Arc<Contract>,
    files: Vec<KnownFile>,
    feed_files: u64,
    tallies: BTreeMap<FindingCode, Tally>,
    /// Checks that could not run.
    pub(crate) not_run: BTreeMap<u8, String>,
}

impl Found {
    pub(crate) fn new(contract: Arc<Contract>) -> Self {
        Self { contract, files: Vec::new(), feed_files: 0, tallies: BTreeMap::new(), not_run: BTreeMap::new() }
    }

    /// Begins a file and gives its number.
    pub(crate) fn begin_file(&mut self, path: &str, batch: Option<u64>) -> u32 {
        self.files.push(KnownFile { path: path.to_owned(), batch });
        u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX)
    }

    /// Path of a file.
    pub(crate) fn path(&self, file: u32) -> &str {
        self.files.get(file as usize).map_or("", |file| &file.path)
    }

    /// Ends the files of the feed; what begins then is no part of it.
    pub(crate) fn end_files(&mut self) {
        self.feed_files = self.files.len() as u64;
    }

    /// Files of the feed.
    pub(crate) fn feed_files(&self) -> u64 {
        self.feed_files
    }

    /// Counts a place. `detail` has no value of a row; `record` is as delivered.
    pub(crate) fn note(&mut self, code: FindingCode, place: Place, detail: impl Into<String>, record: &str) {
        self.note_many(code, place, 1, detail, record);
    }

    /// Counts several records of one place.
    pub(crate) fn note_many(
        &mut self,
        code: FindingCode,
        place: Place,
        count: u64,
        detail: impl Into<String>,
        record: &str,
    ) {
        let of = self.files.get(place.file as usize).and_then(|file| file.batch).unwrap_or(u64::from(place.file) + 1);
        let tally = self.tallies.entry(code).or_default();
        tally.count += count;
        *tally.by_batch.entry(of).or_default() += count;
        if tally.examples.len() < EXAMPLES_MAX {
            let shown = masked_record(record, &self.contract);
            tally.examples.push((place, detail.into(), shown.chars().take(RECORD_LEN_MAX).collect()));
        }
    }

    /// Counts records of which the first places are known; the others are counted with the first.
    pub(crate) fn note_first(
        &mut self,
        code: FindingCode,
        all: u64,
        first: Vec<(Place, Option<Box<str>>)>,
        detail: &str,
    ) {
        let others = all.saturating_sub(first.len() as u64);
        for (number, (place, record)) in first.into_iter().enumerate() {
            let count = if number == 0 { others + 1 } else { 1 };
            self.note_many(code, place, count, detail, record.as_deref().unwrap_or_default());
        }
    }

    /// Whether something of a kind was found.
    pub(crate) fn has(&self, code: FindingCode) -> bool {
        self.tallies.contains_key(&code)
    }

    /// Takes a finding back and says why its check could not run.
    pub(crate) fn withdraw(&mut self, code: FindingCode, because: &str) {
        self.tallies.remove(&code);
        if !self.tallies.keys().any(|other| other.check() == code.check()) {
            self.not_run.insert(code.check(), because.to_owned());
        }
    }

    /// Leaves only what is of one batch.
    pub(crate) fn only_batch(&mut self, batch: u64) {
        let files = &self.files;
        for tally in self.tallies.values_mut() {
            tally.by_batch.retain(|of, _| *of == batch);
            tally.count = tally.by_batch.values().sum();
            let is_of = |place: &Place| files.get(place.file as usize).is_some_and(|file| file.batch == Some(batch));
            tally.examples.retain(|(place, ..)| is_of(place));
        }
        self.tallies.retain(|_, tally| tally.count > 0);
    }

    /// The findings, the worst first.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let of = |(code, tally): (&FindingCode, &Tally)| Finding {
            code: *code,
            severity: code.severity(),
            sentence: code.sentence().to_owned(),
            count: tally.count,
            by_batch: tally.by_batch.clone(),
            examples: tally.examples.iter().map(|example| self.example(example)).collect(),
            advice: code.advice().to_owned(),
            help: format!("docs/guides/doctor.md#{}", code.as_str().to_lowercase()),
        };
        let mut findings: Vec<Finding> = self.tallies.iter().map(of).collect();
        findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.code));
        findings
    }

    fn example(&self, (place, detail, record): &(Place, String, String)) -> FindingExample {
        let file = self.files.get(place.file as usize);
        FindingExample {
            batch: file.and_then(|file| file.batch),
            file: file.map_or_else(String::new, |file| file.path.clone()),
            record: place.record.map(RecordNumber::of_row),
            detail: detail.clone(),
            record_text: record.clone(),
        }
    }
}
