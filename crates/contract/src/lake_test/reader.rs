//! A test as written becomes one that can be run, or problems with their places.

use super::document::{BatchDocument, ExpectDocument, FileDocument, Row, Rows, TestDocument};
use super::place;
use super::types::{
    CHECK_VERDICTS, Expected, ExpectedCheck, ExpectedColumns, ExpectedCounter, ExpectedReject, ExpectedRow,
    ExpectedRows, ExpectedText, Given, LakeTest, TestBatch, TestContract, TestEvent, TestFile, TestOp,
};
use crate::contract::syntax_message;
use crate::{Problem, Start, TableName, limits};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_saphyr::{Location, Spanned};
use std::collections::BTreeMap;

/// 2026-01-01 in UTC: what time it is in a test that does not say.
const NOW_MS_DEFAULT: i64 = 1_767_225_600_000;

/// What `expect` can have, as a message names it.
const EXPECTATIONS: &str = "silver, silver_has, changes, changes_has, columns, quarantine, checks, all_checks, stopped, counters, gold or gold_has";

/// The word of `contract` for the one of the draft.
const DRAFT: &str = "draft";

pub(super) fn read(text: &str, path: &str) -> Result<LakeTest, Vec<Problem>> {
    let mut reader = Reader { file: path, problems: Vec::new() };
    let table = place::table_of(path).map_err(|problem| vec![problem])?;
    if text.len() > limits::CONTRACT_BYTES_MAX {
        let message = format!("the test has {} bytes, {} are allowed", text.len(), limits::CONTRACT_BYTES_MAX);
        reader.problem(Location::UNKNOWN, message, "Keep the records that matter, or split it");
        return Err(reader.problems);
    }
    let document: TestDocument = match serde_saphyr::from_str(text) {
        Ok(document) => document,
        Err(error) => {
            let message = syntax_message(&error);
            let place = error.location().unwrap_or(Location::UNKNOWN);
            reader.problem(place, message.clone(), fix_of_syntax(&message));
            return Err(reader.problems);
        }
    };
    let test = reader.test(document, path, table);
    match reader.problems.is_empty() {
        true => Ok(test),
        false => Err(reader.problems),
    }
}

fn fix_of_syntax(message: &str) -> &'static str {
    if message.contains("unknown field") {
        "Remove the key or correct its name; `docs/guides/lake-tests.md` lists them"
    } else if message.contains("missing field") {
        "Add the key; a test needs batches, a record in quarantine needs reason"
    } else {
        "Correct the YAML at this place; a value with `:`, `#` or braces needs quotes"
    }
}

struct Reader<'a> {
    file: &'a str,
    problems: Vec<Problem>,
}

/// What a file is written as, wherever it is written.
struct Written {
    table: Option<Spanned<String>>,
    source: Option<String>,
    file: Option<Spanned<String>>,
    text: Option<Spanned<String>>,
    base64: Option<Spanned<String>>,
    records: Option<Spanned<String>>,
    events: Option<Spanned<Vec<Spanned<Row>>>>,
}

impl Written {
    fn has_content(&self) -> bool {
        self.text.is_some() || self.base64.is_some() || self.records.is_some() || self.events.is_some()
    }
}

impl Reader<'_> {
    fn problem(&mut self, place: Location, message: impl Into<String>, fix: impl Into<String>) {
        self.problems.push(Problem {
            file: self.file.to_owned(),
            line: line_of(place),
            column: u32::try_from(place.column()).unwrap_or(0),
            message: message.into(),
            fix: fix.into(),
        });
    }

    fn test(&mut self, document: TestDocument, path: &str, table: TableName) -> LakeTest {
        let TestDocument { about, now, batches } = document;
        let now_ms = now.map_or(NOW_MS_DEFAULT, |now| match now.value.parse() {
            Ok(Start::Time(millis)) => millis,
            _ => {
                let message = format!("`{}` of now is no time", now.value);
                self.problem(now.referenced, message, "Write a date or time in UTC such as 2026-11-01T12:30:00Z");
                NOW_MS_DEFAULT
            }
        });
        if batches.value.is_empty() {
            self.problem(batches.referenced, "batches is empty", "Add a batch with text, base64, records or events");
        }
        let place = batches.referenced;
        let batches: Vec<TestBatch> = batches.value.into_iter().map(|batch| self.batch(batch)).collect();
        if self.problems.is_empty() && batches.iter().all(|batch| batch.expect.is_empty()) {
            let fix = format!("Add expect to a batch, with {EXPECTATIONS}");
            self.problem(place, "the test expects nothing, so it can never fail", fix);
        }
        LakeTest { path: path.to_owned(), table, about, now_ms, batches }
    }

    fn batch(&mut self, batch: Spanned<BatchDocument>) -> TestBatch {
        let place = batch.referenced;
        let BatchDocument { contract, table, source, file, text, base64, records, events, files, expect } = batch.value;
        let written = Written { table, source, file, text, base64, records, events };
        let has_own = written.has_content();
        let mut given = Vec::new();
        match files {
            Some(files) if has_own || written.file.is_some() || written.table.is_some() => {
                let fix = "Write each file as an entry of files, with what is in it";
                self.problem(files.referenced, "files stands beside the content of one file", fix);
            }
            Some(files) => given.extend(files.value.into_iter().filter_map(|file| {
                let place = file.referenced;
                let FileDocument { table, source, file, text, base64, records, events } = file.value;
                self.given(place, Written { table, source, file, text, base64, records, events })
            })),
            // A batch may bring nothing: another contract alone, or what waited.
            None if !has_own && written.file.is_none() => {}
            None => given.extend(self.given(place, written)),
        }
        let contract = contract.map(|contract| match contract.value.as_str() {
            DRAFT => TestContract::Draft,
            _ => TestContract::Text { line: line_of(contract.referenced), text: contract.value },
        });
        let expect = expect.map(|expect| self.expected(expect)).unwrap_or_default();
        TestBatch { line: line_of(place), contract, files: given, expect }
    }

    fn given(&mut self, place: Location, written: Written) -> Option<TestFile> {
        let Written { table, source, file, text, base64, records, events } = written;
        let given = match (text, base64, records, events) {
            (Some(text), None, None, None) => Given::Text(text.value),
            (None, Some(base64), None, None) => self.bytes(&base64)?,
            (None, None, Some(records), None) => Given::Records(lines_of(&records.value)),
            (None, None, None, Some(events)) => {
                Given::Events(events.value.into_iter().filter_map(|event| self.event(event)).collect())
            }
            (None, None, None, None) => {
                let fix = "Add text (the content of the file), base64 (of one that is no text), records (a record per \
                           line, as `sluice explain` shows it) or events (columns with op)";
                self.problem(place, "the file has no content", fix);
                return None;
            }
            _ => {
                let fix = "Keep one of text, base64, records and events; several files of a batch are entries of files";
                self.problem(place, "the content of the file is written twice", fix);
                return None;
            }
        };
        let table = table.and_then(|table| self.table(&table.value, table.referenced));
        let name = file.map(|file| file.value.trim_start_matches('/').to_owned());
        if name.as_deref().is_some_and(|name| name.split('/').any(|part| part == "..") || name.is_empty()) {
            let fix = "Write the path of the file below the folder of the source";
            self.problem(place, "file is no path below the folder of the source", fix);
        }
        Some(TestFile { line: line_of(place), table, source, name, given })
    }

    fn bytes(&mut self, text: &Spanned<String>) -> Option<Given> {
        let written: String = text.value.split_whitespace().collect();
        match STANDARD.decode(written) {
            Ok(bytes) => Some(Given::Bytes(bytes)),
            Err(error) => {
                let message = format!("base64 of the file is none: {error}");
                self.problem(text.referenced, message, "Write what `base64 FILE` prints");
                None
            }
        }
    }

    fn event(&mut self, event: Spanned<Row>) -> Option<TestEvent> {
        let place = event.referenced;
        let mut values = cells_of(event.value);
        let known = TestOp::ALL.map(TestOp::as_str).join(", ");
        let op = match values.remove("op") {
            Some(Some(word)) => TestOp::ALL.into_iter().find(|op| op.as_str() == word),
            _ => {
                let fix = format!("Add op: one of {known}");
                self.problem(place, "the event does not say what it does", fix);
                return None;
            }
        };
        let Some(op) = op else {
            self.problem(place, "op of the event is no word for what it does", format!("Write one of {known}"));
            return None;
        };
        let at = match values.remove("at") {
            None => None,
            Some(text) => match text.as_deref().map(str::parse) {
                Some(Ok(at)) => Some(at),
                _ => {
                    let fix = "Write a whole number, for example at: 20; a column of that name needs records";
                    self.problem(place, "at of the event is no position", fix);
                    None
                }
            },
        };
        Some(TestEvent { line: line_of(place), op, at, values })
    }

    fn table(&mut self, text: &str, place: Location) -> Option<TableName> {
        match text.parse() {
            Ok(table) => Some(table),
            Err(message) => {
                self.problem(place, message, "Write dataset.table");
                None
            }
        }
    }

    fn expected(&mut self, expect: Spanned<ExpectDocument>) -> Expected {
        let place = expect.referenced;
        let ExpectDocument {
            silver,
            silver_has,
            changes,
            changes_has,
            columns,
            quarantine,
            checks,
            all_checks,
            stopped,
            counters,
            gold,
            gold_has,
        } = expect.value;
        if silver.is_some() && silver_has.is_some() {
            let fix = "Keep silver (all rows) or silver_has (these rows among others)";
            self.problem(place, "silver and silver_has are both there", fix);
        }
        let silver = silver.map(|rows| self.rows(rows, false)).or(silver_has.map(|rows| self.rows(rows, true)));
        if changes.is_some() && changes_has.is_some() {
            let fix = "Keep changes (all of them) or changes_has (these among others)";
            self.problem(place, "changes and changes_has are both there", fix);
        }
        let changes = changes.map(|rows| self.rows(rows, false)).or(changes_has.map(|rows| self.rows(rows, true)));
        let quarantine = quarantine.map(|of| {
            let reject = |of: Spanned<super::document::RejectDocument>| ExpectedReject {
                line: line_of(of.referenced),
                reason: of.value.reason,
                column: of.value.column,
                record: of.value.record,
            };
            of.value.into_iter().map(reject).collect()
        });
        if let (Some(all), false) = (&all_checks, checks.is_empty()) {
            let fix = "Keep all_checks (all checks of the contract) or checks (these among others)";
            self.problem(all.referenced, "checks and all_checks are both there", fix);
        }
        let of_all = all_checks.as_ref().map(|all| line_of(all.referenced));
        let checks = checks.into_iter().chain(all_checks.map(|all| all.value).unwrap_or_default());
        let checks = checks.filter_map(|(check, verdict)| self.check(check, verdict)).collect();
        let counter = |(name, value): (String, Spanned<u64>)| ExpectedCounter {
            line: line_of(value.referenced),
            name,
            value: value.value,
        };
        let mut rows_of_models = BTreeMap::new();
        let all = gold.into_iter().map(|(model, rows)| (model, rows, false));
        for (model, rows, others_allowed) in all.chain(gold_has.into_iter().map(|(model, rows)| (model, rows, true))) {
            let place = rows.referenced;
            let Some(model) = self.table(&model, place) else { continue };
            let rows = self.rows(rows, others_allowed);
            if rows_of_models.insert(model, rows).is_some() {
                self.problem(place, "the model is in gold and in gold_has", "Keep one of them");
            }
        }
        let expected = Expected {
            silver,
            changes,
            columns: columns.map(|of| ExpectedColumns { line: line_of(of.referenced), names: of.value }),
            quarantine,
            checks,
            all_checks: of_all,
            stopped: stopped.map(|text| ExpectedText { line: line_of(text.referenced), text: text.value }),
            counters: counters.into_iter().map(counter).collect(),
            gold: rows_of_models,
        };
        if expected.is_empty() && self.problems.is_empty() {
            let fix = format!("Add {EXPECTATIONS}, or remove expect");
            self.problem(place, "expect is empty", fix);
        }
        expected
    }

    fn check(&mut self, check: String, verdict: Spanned<String>) -> Option<ExpectedCheck> {
        if !CHECK_VERDICTS.contains(&verdict.value.as_str()) {
            let message = format!("`{}` is not what can come of a check", verdict.value);
            self.problem(verdict.referenced, message, format!("Write one of {}", CHECK_VERDICTS.join(", ")));
            return None;
        }
        Some(ExpectedCheck { line: line_of(verdict.referenced), check, verdict: verdict.value })
    }

    fn rows(&mut self, rows: Rows, others_allowed: bool) -> ExpectedRows {
        if others_allowed && rows.value.is_empty() {
            let fix = "Name a row, or write silver: [] (gold: []) for a table without rows";
            self.problem(rows.referenced, "no row is expected among others, so this can never fail", fix);
        }
        let line = line_of(rows.referenced);
        let row = |row: Spanned<Row>| {
            if row.value.is_empty() {
                self.problem(row.referenced, "the row names no column", "Name at least the key");
            }
            ExpectedRow { line: line_of(row.referenced), cells: cells_of(row.value) }
        };
        ExpectedRows { line, others_allowed, rows: rows.value.into_iter().map(row).collect() }
    }
}

fn cells_of(row: Row) -> BTreeMap<String, Option<String>> {
    row.into_iter().map(|(name, value)| (name, value.map(|scalar| scalar.0))).collect()
}

fn lines_of(text: &str) -> Vec<String> {
    text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
}

fn line_of(place: Location) -> u32 {
    u32::try_from(place.line()).unwrap_or(0)
}
