//! The validated contract.

use crate::document::{ColumnDocument, Document, SourceDocument};
use crate::evolution::plain_column_name;
use crate::source::plain_path;
use crate::{
    Apply, Backfill, Check, CheckRule, Column, ColumnType, ColumnValue, DecimalText, Epoch, Guards, HashKeys,
    InferredSchema, Mistake, Problem, Restart, Scd, Severity, Source, SourceFormat, SourceTable, TableName,
    difference_of_names, folded_name, is_column_name, limits, parse_duration_seconds,
};
use serde_saphyr::{Location, Spanned};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How much of a machine a table needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SizeClass {
    /// `small`, the default.
    #[default]
    Small,
    /// `medium`.
    Medium,
    /// `large`.
    Large,
}

impl SizeClass {
    /// The word in the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
        }
    }
}

/// When the runner loads a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Schedule {
    /// `default`: whenever the runner runs.
    #[default]
    EveryRun,
    /// `every 15m`: not more often than this many seconds.
    EverySeconds(u64),
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EveryRun => f.write_str("default"),
            Self::EverySeconds(seconds) => write!(f, "every {seconds} s"),
        }
    }
}

/// Everything Sluice knows of a table before it sees data.
#[derive(Clone, Debug, PartialEq)]
pub struct Contract {
    /// Table. `dataset: "orders_global"` without a dot is table `orders_global` of dataset `default`.
    pub name: TableName,
    /// Version of the contract, 1 if not said.
    pub version: u32,
    /// For people.
    pub description: Option<String>,
    /// Who answers for the table.
    pub owner: Option<String>,
    /// SLA in words.
    pub sla: Option<String>,
    /// SLA in seconds.
    pub sla_seconds: Option<u64>,
    /// Size class.
    pub size_class: SizeClass,
    /// Schedule.
    pub schedule: Schedule,
    /// Where the change data is; without it the table cannot be replayed. Of several sources the first, or the one whose
    /// files are read, see [`Contract::for_source`].
    pub source: Option<Source>,
    /// All sources, where the table has several; else empty.
    pub sources: Vec<Source>,
    /// Folders that are taken once, beside the source's own.
    pub backfills: Vec<Backfill>,
    /// It is the contract for files of this backfill, see [`Contract::for_backfill`].
    pub backfill: Option<Backfill>,
    /// It is the contract for a batch of this epoch, see [`Contract::for_batch`].
    pub epoch: Epoch,
    /// Apply rules.
    pub apply: Apply,
    /// Which batches are held until a person decides.
    pub guards: Guards,
    /// Columns in order.
    pub columns: Vec<Column>,
    /// The inferred schema, in `columns` already; see [`Contract::with_inferred`].
    pub inferred: InferredSchema,
    /// Checks in order, the columns' constraints after `quality`.
    pub checks: Vec<CheckRule>,
    /// When the table began, with `source.from: now`; milliseconds since 1970. `None`: it has not yet.
    pub started_ms: Option<i64>,
    /// Keys of the keyed hashes, where they are known; see [`Contract::with_keys`].
    pub keys: HashKeys,
    /// The text it was read from.
    pub text: String,
}

impl Contract {
    /// Reads a contract.
    ///
    /// # Errors
    /// Every problem found, in the order of the text, each with line, column and fix.
    pub fn parse(text: &str, file: &str) -> Result<Self, Vec<Problem>> {
        if text.len() > limits::CONTRACT_BYTES_MAX {
            return Err(vec![Problem {
                file: file.to_owned(),
                line: 0,
                column: 0,
                message: format!("The contract has {} bytes, {} are allowed", text.len(), limits::CONTRACT_BYTES_MAX),
                fix: "Split it, one table per file".to_owned(),
            }]);
        }
        let document: Document = serde_saphyr::from_str(text).map_err(|error| vec![syntax_problem(&error, file)])?;
        let mut reader = Reader { file, problems: Vec::new() };
        let contract = reader.contract(document, text);
        reader.problems.sort_by_key(|problem| (problem.line, problem.column));
        if reader.problems.is_empty() { contract.ok_or_else(Vec::new) } else { Err(reader.problems) }
    }

    /// The column of that name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Names of the keys that its keyed hashes need, see [`crate::HashKey`].
    #[must_use]
    pub fn key_names(&self) -> BTreeSet<&str> {
        self.columns.iter().filter_map(|column| column.from.as_ref()).flat_map(ColumnValue::keys).collect()
    }

    /// The same contract with the keys of its keyed hashes, without which its records cannot be decoded.
    #[must_use]
    pub fn with_keys(self, keys: HashKeys) -> Self {
        Self { keys, ..self }
    }

    /// The same contract of a table that began at a time, see [`Contract::started_ms`].
    #[must_use]
    pub fn started_at(self, millis: i64) -> Self {
        Self { started_ms: Some(millis), ..self }
    }

    /// Positions of the key columns in [`Contract::columns`], in key order.
    #[must_use]
    pub fn key_positions(&self) -> Vec<usize> {
        self.apply.key.iter().filter_map(|key| self.columns.iter().position(|column| &column.name == key)).collect()
    }

    /// Columns that identify a row of silver: the key, besides `__START_AT` for a table with
    /// history and `_seq` for an append-only one.
    #[must_use]
    pub fn row_key(&self) -> Vec<String> {
        let more = match self.apply.scd {
            Scd::Type1 => None,
            Scd::Type2 => Some(Column::START_AT),
            Scd::Append => Some(Column::SEQ),
        };
        self.apply.key.iter().cloned().chain(more.map(str::to_owned)).collect()
    }

    /// Sequence parts: the contract's, or the default of its format. None where every delivery is a full
    /// snapshot of the table, whose version is the position of its rows.
    #[must_use]
    pub fn sequence(&self) -> Vec<String> {
        if self.apply.from_snapshot.is_some() {
            return Vec::new();
        }
        if !self.apply.sequence.is_empty() {
            return self.apply.sequence.clone();
        }
        self.source.as_ref().map(|source| source.format.default_sequence()).unwrap_or_default()
    }
}

fn syntax_problem(error: &serde_saphyr::Error, file: &str) -> Problem {
    let location = error.location().unwrap_or(Location::UNKNOWN);
    let message = syntax_message(error);
    let fix = if message.contains("unknown field") {
        "Remove the entry or correct its name"
    } else if message.contains("missing field") {
        "Add the entry; a contract needs dataset and schema, a column needs name and type"
    } else {
        "Correct the YAML at this place"
    };
    Problem {
        file: file.to_owned(),
        line: line_of(location),
        column: column_of(location),
        message,
        fix: fix.to_owned(),
    }
}

/// What a YAML reader says, without the place, which is shown beside it.
pub(crate) fn syntax_message(error: &serde_saphyr::Error) -> String {
    let full = error.without_snippet().to_string();
    let first = full.lines().next().unwrap_or_default();
    in_our_words(first.split(" at line ").next().unwrap_or(first).trim_start_matches("error: "))
}

/// What the YAML reader says to a programmer, as a person who writes contracts reads it.
fn in_our_words(message: &str) -> String {
    if let Some(rest) = message.strip_prefix("duplicate mapping key: ") {
        return format!("the entry `{}` is there twice", rest.split(", set ").next().unwrap_or(rest));
    }
    if message.starts_with("multiple YAML documents detected") {
        return "there is more than one document (`---`)".to_owned();
    }
    if message.starts_with("cannot deserialize null into string") {
        return "a text is expected here, and this is null".to_owned();
    }
    message.to_owned()
}

fn line_of(location: Location) -> u32 {
    u32::try_from(location.line()).unwrap_or(0)
}

fn column_of(location: Location) -> u32 {
    u32::try_from(location.column()).unwrap_or(0)
}

/// Reads a document, collecting problems.
struct Reader<'a> {
    file: &'a str,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn problem<T>(&mut self, place: &Spanned<T>, message: impl Into<String>, fix: impl Into<String>) {
        self.problems.push(Problem {
            file: self.file.to_owned(),
            line: line_of(place.referenced),
            column: column_of(place.referenced),
            message: message.into(),
            fix: fix.into(),
        });
    }

    fn mistake<T>(&mut self, place: &Spanned<T>, Mistake { message, fix }: Mistake) {
        self.problem(place, message, fix);
    }

    fn contract(&mut self, document: Document, text: &str) -> Option<Contract> {
        let name = self.name(&document.dataset);
        let mut columns = Vec::new();
        let mut checks = Vec::new();
        for entry in &document.quality {
            self.check(&entry.check, (entry.severity.as_ref(), entry.on_fail.as_ref()), None, &mut checks);
        }
        self.columns(&document, &mut columns, &mut checks);
        let apply = self.apply(&document, &mut columns);
        self.check_columns(&document, &checks, &columns);
        if let Some(apply) = &apply {
            self.check_quarantines(&document, &checks, &columns, apply);
        }
        self.beside_expressions(&document, &columns);
        self.beside_folders(&document, &columns);
        let (source, sources) = self.sources(&document, &columns, apply.as_ref());
        let backfills = self.backfills(&document);
        let guards = self.guards(document.guards.as_ref());
        let sla_seconds = document.sla.as_ref().and_then(|sla| self.seconds(sla, "sla: \"4 hours\""));
        Some(Contract {
            name: name?,
            version: document.version.unwrap_or(1),
            description: document.description,
            owner: document.owner,
            sla_seconds,
            sla: document.sla.map(|sla| sla.value),
            size_class: self.size_class(document.size_class.as_ref()),
            schedule: self.schedule(document.schedule.as_ref()),
            backfills,
            backfill: None,
            epoch: Epoch::default(),
            source,
            sources,
            apply: apply?,
            guards,
            columns,
            inferred: InferredSchema::default(),
            checks,
            started_ms: None,
            keys: HashKeys::default(),
            text: text.to_owned(),
        })
    }

    fn name(&mut self, dataset: &Spanned<String>) -> Option<TableName> {
        let parsed = match dataset.value.split_once('.') {
            Some((dataset, table)) => TableName::new(dataset, table),
            None => TableName::new("default", &dataset.value),
        };
        parsed.map_err(|message| self.problem(dataset, message, "Write dataset: \"shop.orders\"")).ok()
    }

    fn seconds(&mut self, text: &Spanned<String>, example: &str) -> Option<u64> {
        let seconds = parse_duration_seconds(&text.value);
        if seconds.is_none() {
            self.problem(text, format!("`{}` is not a duration", text.value), format!("Write {example}"));
        }
        seconds
    }

    fn size_class(&mut self, text: Option<&Spanned<String>>) -> SizeClass {
        match text.map(|class| class.value.as_str()) {
            None | Some("small") => SizeClass::Small,
            Some("medium") => SizeClass::Medium,
            Some("large") => SizeClass::Large,
            Some(other) => {
                if let Some(place) = text {
                    self.problem(place, format!("`{other}` is not a size class"), "Use small, medium or large");
                }
                SizeClass::Small
            }
        }
    }

    fn schedule(&mut self, text: Option<&Spanned<String>>) -> Schedule {
        let Some(text) = text else { return Schedule::EveryRun };
        if text.value == "default" {
            return Schedule::EveryRun;
        }
        match text.value.strip_prefix("every ").and_then(parse_duration_seconds) {
            Some(seconds) => Schedule::EverySeconds(seconds),
            None => {
                self.problem(text, format!("`{}` is not a schedule", text.value), "Write default or every 15m");
                Schedule::EveryRun
            }
        }
    }

    fn source(&mut self, document: &Document, source: &SourceDocument, columns: &[Column]) -> Option<Source> {
        let from_snapshot = document.apply.as_ref().is_some_and(|apply| apply.from_snapshot.is_some());
        let word = source.format.value.as_str();
        let format = if from_snapshot { SourceFormat::of_rows(word) } else { SourceFormat::of_changes(word) };
        match format {
            Some(format) => self.plain_rows(document, source, format, columns),
            None => {
                let words = SourceFormat::words();
                self.problem(&source.format, format!("`{word}` is not a format"), format!("Use {words}"));
            }
        }
        let path = plain_path(source.path.value.trim());
        if path.is_empty() || path.split('/').any(|part| part == "..") || path.contains('\0') {
            self.problem(&source.path, "The path is empty or leaves its folder", "Write a folder inside the lake");
        } else if path.split('/').next() == Some("_sluice") {
            self.problem(&source.path, "Sluice keeps its own files there", "Write the folder of the change files");
        }
        let (evolution, schema_policy) = self.evolution(source);
        let table = self.source_table(source, format);
        let restarts = self.restarts(source, from_snapshot);
        let hints = self.hints(source, columns);
        let add_fields = self.add_fields(source, format);
        let ignored = self.ignored(source, columns);
        let review_seconds = source.review.as_ref().and_then(|written| self.review(written, evolution));
        Some(Source {
            name: source.name.as_ref().map(|name| name.value.clone()),
            evolution,
            schema_policy,
            hints,
            add_fields,
            says_evolution: source.evolution.is_some() || source.schema_policy.is_some(),
            ignored,
            review_seconds,
            path,
            format: format?,
            files: source.files.as_ref().and_then(|written| self.file_pattern(written)),
            manifest: source.manifest.as_ref().and_then(|written| self.file_pattern(written)),
            encoding: source.encoding.as_ref().and_then(|written| self.read(written)).unwrap_or_default(),
            csv_delimiter: self.csv_letter(source.csv_delimiter.as_ref()),
            csv_quote: match &source.csv_quote {
                None => Some('"'),
                Some(written) if written.value.is_empty() => None,
                Some(_) => self.csv_letter(source.csv_quote.as_ref()),
            },
            csv_escape: self.csv_letter(source.csv_escape.as_ref()),
            decimal_comma: source.decimal_comma,
            sheet: source.sheet.clone(),
            table,
            restarts,
            csv_columns: source.csv_columns.clone(),
            csv_layouts: source.csv_layouts.clone(),
            null_text: source.null_text.clone().unwrap_or_else(|| "NULL".to_owned()),
            from: self.start(document, source, format?),
            from_version: self.first_version(source.from_version.as_ref(), format?),
            unavailable_value: source
                .unavailable_value
                .clone()
                .unwrap_or_else(|| "__debezium_unavailable_value".to_owned()),
            decimals: self.decimals(source.decimals.as_ref()),
            binary: self.binary(source.binary.as_ref()),
            time_zone: self.time_zone(source.time_zone.as_ref(), format?),
        })
    }

    fn source_table(&mut self, source: &SourceDocument, format: Option<SourceFormat>) -> Option<SourceTable> {
        let written = source.table.as_ref()?;
        match SourceTable::parse(&written.value) {
            Ok(table) => {
                let format = format.filter(|format| !format.names_its_table() && !table.is_any());
                if let Some(format) = format {
                    let message = format!("Records of `{format}` do not say which table of the source they are of");
                    let fix = "Remove the entry; let path be the folder of one table, or write table: \"*\" if all \
                               folders below path are of this table";
                    self.problem(written, message, fix);
                }
                Some(table)
            }
            Err(mistake) => {
                self.mistake(written, mistake);
                None
            }
        }
    }

    fn restarts(&mut self, source: &SourceDocument, from_snapshot: bool) -> BTreeMap<u64, Restart> {
        let mut restarts = BTreeMap::new();
        for (batch, written) in &source.restarts {
            match Restart::ALL.into_iter().find(|restart| restart.as_str() == written.value) {
                Some(restart) if *batch > 0 => {
                    restarts.insert(*batch, restart);
                }
                _ => {
                    let message = format!("`{batch}: {}` is no restart of a source", written.value);
                    self.problem(written, message, "Write the number of a batch with reload, position or same");
                }
            }
            if from_snapshot {
                let message = "A full snapshot replaces the rows before it by itself";
                self.problem(written, message, "Remove restarts, or apply.from_snapshot");
            }
            if restarts.len() > Epoch::MAX {
                let message = format!("More than {} restarts", Epoch::MAX);
                self.problem(
                    written,
                    message,
                    "Give the table a new name in dataset; it begins with the files there are",
                );
            }
        }
        restarts
    }

    fn decimals(&mut self, written: Option<&Spanned<String>>) -> DecimalText {
        match written.map(|text| text.value.as_str()) {
            None | Some("base64") => DecimalText::Base64,
            Some("text") => DecimalText::Text,
            Some(other) => {
                if let Some(place) = written {
                    let message = format!("`{other}` is not a form of decimals");
                    self.problem(place, message, "Use base64, or text when decimal.handling.mode is string");
                }
                DecimalText::Base64
            }
        }
    }

    fn columns(&mut self, document: &Document, columns: &mut Vec<Column>, checks: &mut Vec<CheckRule>) {
        let schema = &document.schema;
        if schema.value.is_empty() {
            self.problem(schema, "The schema has no columns", "Add at least the key columns");
        }
        if schema.value.len() > limits::COLUMNS_MAX {
            self.problem(schema, format!("More than {} columns", limits::COLUMNS_MAX), "Split the table");
        }
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for written in &schema.value {
            let name = written.name.value.as_str();
            match seen.insert(folded_name(name), name) {
                Some(before) if before != name => {
                    let difference = difference_of_names(before, name);
                    let message = format!("Columns `{before}` and `{name}` differ {difference} only");
                    self.problem(&written.name, message, "Remove or rename one of them");
                }
                Some(_) => {
                    let message = format!("Column `{name}` is declared twice");
                    self.problem(&written.name, message, "Remove or rename one of them");
                }
                None => {}
            }
            self.column_name(&written.name);
            for constraint in &written.constraints {
                self.check(constraint, (None, None), Some(&written.name.value), checks);
            }
            columns.push(self.column(written));
        }
    }

    fn column_name(&mut self, name: &Spanned<String>) {
        if is_column_name(&name.value) {
            return;
        }
        let message = format!("`{}` cannot be a column name", name.value);
        let plain = plain_column_name(&name.value);
        let fix = if name.value.starts_with('_') {
            format!(
                "Use a name that does not begin with `_`, those are Sluice's own: write name: {plain} and \
                 renamed_from: {}",
                name.value
            )
        } else {
            format!(
                "Delta tables cannot have it without column mapping (a blank, one of `,;{{}}()=`, a control character, \
                 nothing, or more than 255 bytes): write name: {plain} and renamed_from: \"{}\"",
                name.value
            )
        };
        self.problem(name, message, fix);
    }

    fn column(&mut self, written: &ColumnDocument) -> Column {
        let data_type = written.data_type.value.parse().unwrap_or_else(|mistake: Mistake| {
            self.mistake(&written.data_type, mistake);
            ColumnType::String
        });
        if data_type.is_nested() && (written.primary_key || written.default.is_some()) {
            let message = format!("`{}` has parts and cannot be a key or have a default", written.name.value);
            self.problem(&written.name, message, "Drop primary_key and default, or declare a part with path");
        }
        if written.removed && (written.required || written.primary_key) {
            let message = format!("`{}` is removed and cannot be required or a key", written.name.value);
            self.problem(&written.name, message, "Drop required and primary_key, or removed");
        }
        Column {
            name: written.name.value.clone(),
            path: self.column_path(written),
            is_source_name: written.source_name,
            from_folder: self.column_folder(written, &data_type),
            from: self.column_value(written, &data_type),
            unit: self.unit(written.unit.as_ref(), &data_type),
            data_type,
            key: written.primary_key,
            required: written.required || written.primary_key,
            pii: written.pii,
            default: written.default.as_ref().map(|default| default.value.0.clone()),
            renamed_from: match &written.renamed_from {
                Some(crate::document::Names::One(name)) => vec![name.clone()],
                Some(crate::document::Names::Many(names)) => names.clone(),
                None => Vec::new(),
            },
            removed: written.removed,
            since: self.since(written),
            unread: false,
            discovered: false,
            description: written.description.clone(),
            line: line_of(written.name.referenced),
        }
    }

    fn check(
        &mut self,
        text: &Spanned<String>,
        (severity, on_fail): (Option<&Spanned<String>>, Option<&Spanned<String>>),
        column: Option<&str>,
        checks: &mut Vec<CheckRule>,
    ) {
        if let Some(other) = on_fail.filter(|on_fail| on_fail.value != "quarantine") {
            let message = format!("`{}` is nothing that becomes of a record that fails a check", other.value);
            self.problem(other, message, "Write on_fail: quarantine, or leave it out; severity is about the batch");
        }
        let quarantines = on_fail.is_some();
        let severity = match severity.map(|severity| severity.value.as_str()) {
            None | Some("fail") => Severity::Fail,
            Some("warn") => Severity::Warn,
            Some(other) => {
                let message = format!("`{other}` is not a severity");
                self.problem(severity.unwrap_or(text), message, "Use warn or fail");
                Severity::Fail
            }
        };
        match Check::parse(&text.value, column) {
            Ok(check) => checks.push(CheckRule { check, severity, quarantines, line: line_of(text.referenced) }),
            Err(mistake) => self.mistake(text, mistake),
        }
    }

    /// Checks that a record alone decides every check that puts records into quarantine.
    fn check_quarantines(&mut self, document: &Document, checks: &[CheckRule], columns: &[Column], apply: &Apply) {
        for rule in checks.iter().filter(|rule| rule.quarantines) {
            let Some(entry) = document.quality.iter().find(|entry| line_of(entry.check.referenced) == rule.line) else {
                continue;
            };
            let place = entry.on_fail.as_ref().unwrap_or(&entry.check);
            let names = rule.check.columns();
            if names.is_empty() {
                let message = format!("`{}` looks at more than one row, so no record fails it by itself", rule.check);
                self.problem(place, message, "Leave on_fail out; severity says what becomes of the batch");
            }
            for column in columns.iter().filter(|column| names.contains(&column.name.as_str())) {
                if column.is_system() {
                    let message = format!("`{}` is made when events are merged, no record has it", column.name);
                    self.problem(place, message, "Leave on_fail out; severity says what becomes of the batch");
                } else if let Err(mistake) = rule.check.decides_record(column, apply.ignores_null(&column.name)) {
                    self.mistake(place, mistake);
                }
            }
        }
    }

    /// Checks that every check names columns that exist and can be evaluated on their types.
    fn check_columns(&mut self, document: &Document, checks: &[CheckRule], columns: &[Column]) {
        for rule in checks {
            for name in rule.check.columns() {
                let mistake = match columns.iter().find(|column| column.name == name) {
                    Some(column) => rule.check.fits(column).err(),
                    None => {
                        let message = format!("`{}` reads column `{name}`, which the schema does not have", rule.check);
                        Some(Mistake::new(message, "Correct the name or add the column"))
                    }
                };
                let place = document.quality.iter().find(|entry| line_of(entry.check.referenced) == rule.line);
                match (mistake, place) {
                    (Some(mistake), Some(entry)) => self.mistake(&entry.check, mistake),
                    (Some(mistake), None) => self.mistake(&document.schema, mistake),
                    (None, _) => {}
                }
            }
        }
    }
}

mod added_fields_reader;
mod apply_reader;
mod backfill_reader;
mod backfills;
mod evolution_reader;
mod expression_reader;
mod folder_reader;
mod guards_reader;
mod late_rules_reader;
mod plain_rows_reader;
mod snapshot_reader;
mod sources;
mod sources_reader;
mod value_form_reader;

#[cfg(test)]
mod tests;
