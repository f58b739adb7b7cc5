//! A contract proposed from the data.

mod answered;
mod evidence;
mod folders;
mod names;
mod proposal;
mod snapshot_names;
mod yaml;

pub use proposal::{Inferred, InferredColumn, InferredEvidence, InferredQuestion};

use crate::definitions;
use crate::format::{Format, ProposedSequence, SourceSettings};
use crate::formats;
use crate::formats::DOCUMENT;
use crate::formats::debezium::guess::by_connector;
use crate::key_file::{KeyFile, is_key_file};
use crate::outcome::decode_error::DecodeError;
use crate::profile::guess::{Guess, personal};
use crate::profile::shape::Shape;
use crate::profile::{ColumnProfile, Profile};
use crate::sniff::{content_kind, is_change_file, liken};
use answered::Answered;
use bytes::Bytes;
use folders::{Folders, Taken};
use names::ColumnNames;
use sluice_change::SourceFile;
use sluice_contract::{OnboardAnswers, QuestionKind, SourceTable, TableName, TakenFolder};

/// Records sampled over all files.
const SAMPLE_RECORDS_MAX: u64 = 20_000;
/// Text of null in CSV where the contract says none.
const USUAL_NULL_TEXT: &str = "NULL";
/// Records sampled of a file at least, where there are that many.
const FILE_RECORDS_MIN: u64 = 200;

/// Proposes a contract for the table `name` whose files lie in `path`, from a sample of them. Key
/// files of the Kafka Connect S3 sink (`….keys.json.gz`) may be among them; then they tell the key. So may the files
/// with which Qlik Replicate describes others ([`is_description`]); they tell names, types and key.
///
/// ```
/// use bytes::Bytes;
/// use sluice_change::SourceFile;
/// use sluice_contract::TableName;
///
/// let rows = "id,name,updated_at\n1,Ada,2026-11-20 08:00:00\n2,Max,2026-11-20 09:30:00\n";
/// let file = SourceFile { path: "crm/people.csv".to_owned(), size: rows.len() as u64, ..SourceFile::default() };
/// let name = TableName::new("crm", "people").unwrap();
///
/// let proposal = sluice_cdc::infer(name, "crm", &[(file, Bytes::from_static(rows.as_bytes()))], 1).unwrap();
/// assert_eq!(proposal.format.as_str(), "csv");
/// assert_eq!((proposal.key, proposal.sequence), (vec!["id".to_owned()], vec!["updated_at".to_owned()]));
/// ```
///
/// # Errors
/// [`DecodeError::UnknownFormat`], [`DecodeError::NotReadable`] and [`DecodeError::NothingToInfer`].
#[expect(clippy::needless_pass_by_value, reason = "the caller makes the name for this call")]
pub fn infer(
    name: TableName,
    path: &str,
    files: &[(SourceFile, Bytes)],
    total_files: u64,
) -> Result<Inferred, DecodeError> {
    infer_table(&name, None, path, files, total_files, &OnboardAnswers::default())
}

/// As [`infer`], from the records of one table of the source where the files carry several
/// ([`Inferred::source_tables`]). Questions that `answers` answer are no questions any more.
///
/// # Errors
/// As [`infer`].
pub fn infer_table(
    name: &TableName,
    table: Option<&SourceTable>,
    path: &str,
    files: &[(SourceFile, Bytes)],
    total_files: u64,
    answers: &OnboardAnswers,
) -> Result<Inferred, DecodeError> {
    let format =
        format_of(files).ok_or_else(|| DecodeError::UnknownFormat { path: path.to_owned(), seen: seen_in(files) })?;
    let count = files.iter().filter(|(file, _)| is_change_file(&file.path)).count() as u64;
    let mut profile = sample(format, table, files, count);
    if let Some(reason) = profile.not_readable.filter(|_| profile.rows == 0) {
        return Err(DecodeError::NotReadable { path: path.to_owned(), reason });
    }
    if profile.fitting == 0 || profile.columns.is_empty() {
        return Err(DecodeError::NothingToInfer { path: path.to_owned(), format: format.name() });
    }
    let paths: Vec<&str> =
        files.iter().map(|(file, _)| file.path.as_str()).filter(|path| is_change_file(path)).collect();
    let folders = Folders::of(&profile, &paths);
    profile.folder_groups = folders.groups(&profile.paths);
    let profile = profile;
    let definition = definitions::of_table(&answers.definitions, name);
    let folder_keys = folders.keys();
    let file_names = ColumnNames::of(profile.columns.iter().map(|column| column.name.as_str()));
    let answered = Answered {
        answers,
        table: name,
        profile: &profile,
        names: &file_names,
        definition: definition.as_ref(),
        folders: &folder_keys,
    };
    let (key, key_reason) = answered.key(profile.key(&name.table));
    let dated = (!format.name().carries_operations()).then(|| snapshot_names::pattern_of(path, &paths)).flatten();
    let proposed = answered.sequence(with_dated_files(format.propose_sequence(&profile), dated, &profile));
    let taken = folders.taken(
        &profile,
        answers.to(QuestionKind::Folders, name, None),
        (&key, &proposed.parts),
        proposed.appends,
    );
    let (folder_key, key) = with_folders(key, &taken);
    let in_files = profile.columns.iter().map(|column| column.name.as_str());
    let of_folders = taken.columns.iter().map(|(folder, _)| folder.key.as_str());
    let names = ColumnNames::of(in_files.chain(of_folders));
    let columns = profile.columns.iter().map(|column| describe(format, &answered, column, &key, &names));
    let columns: Vec<InferredColumn> = columns.map(|column| answered.column(column)).collect();
    let settings = answered.settings(format.propose_settings(&profile, files));
    let null_text = settings.null_text.unwrap_or(USUAL_NULL_TEXT);
    let columns = columns.into_iter().map(|column| with_nulls(column, &profile, null_text, &proposed.parts));
    let columns = columns.chain(taken.columns.iter().map(|of| folder_column(of, &names, profile.rows))).collect();
    let deletes = answered.value(QuestionKind::Deletes).filter(|_| !format.name().carries_operations());
    let mut inferred = Inferred {
        format: format.name(),
        title: format.title(&profile),
        confidence: confidence(&profile, count),
        evidence: Vec::new(),
        key: folder_key.iter().chain(&key).map(|part| names.name_of(part)).collect(),
        sequence: proposed.parts.iter().map(|part| names.name_of(part)).collect(),
        snapshots: proposed.snapshots.clone(),
        folders: taken.asked.clone(),
        date_folders: folders.dates(),
        operations: profile.operations.iter().map(|(name, count)| (name.clone(), *count)).collect(),
        columns,
        yaml: String::new(),
        sampled_rows: profile.records,
        source_tables: profile.source_tables.iter().map(|(name, count)| (name.clone(), *count)).collect(),
    };
    let files_seen = (count, total_files);
    let seen = evidence::Seen {
        format,
        profile: &profile,
        key_reason,
        sequence: &proposed,
        deletes,
        definition: definition.as_ref(),
        files: files_seen,
        folders: &taken.evidence,
    };
    inferred.evidence = seen.evidence(&inferred);
    let is_answered = answered.value(QuestionKind::Written).is_some();
    let asked = settings.questions.iter().map(|text| InferredEvidence {
        ok: false,
        question: (!is_answered).then_some(QuestionKind::Written),
        text: text.clone(),
        count: format!("{count} files"),
    });
    inferred.evidence.extend(asked);
    let questions = if is_answered { Vec::new() } else { settings.questions.clone() };
    let settings = SourceSettings { questions, ..settings };
    let terms = yaml::Terms {
        owner: &answers.owner,
        sla: Some(answers.sla.as_str()).filter(|sla| !sla.is_empty()),
        time_zone: answered.value(QuestionKind::TimeZone),
        deletes,
    };
    let extra = extra(path, &profile, settings, proposed, terms);
    inferred.yaml = yaml::contract(name, &inferred, &extra);
    Ok(inferred)
}

/// Whether the file at `path` describes the data files beside it: `.dfm` of Qlik Replicate.
#[must_use]
pub fn is_description(path: &str) -> bool {
    formats::is_description(path)
}

/// What most speaks for, over all change files: a full load may look like plain rows until a change is seen.
fn format_of(files: &[(SourceFile, Bytes)]) -> Option<&'static dyn Format> {
    let paths: Vec<String> = files.iter().map(|(file, _)| file.path.clone()).collect();
    let changes = files.iter().filter(|(file, _)| is_change_file(&file.path));
    // Of files that are equally like two formats the first decides.
    let best = changes.filter_map(|(_, bytes)| liken(&paths, bytes)).reduce(|a, b| if b.1 > a.1 { b } else { a });
    let is_described = files.iter().any(|(file, _)| formats::is_description(&file.path));
    let of_described = |name| if is_described { formats::with_description(name) } else { name };
    best.map(|(name, _)| formats::of(of_described(name)))
}

/// What the first file looks like that is not empty, in words.
fn seen_in(files: &[(SourceFile, Bytes)]) -> String {
    let mut changes = files.iter().filter(|(file, _)| is_change_file(&file.path));
    match changes.find(|(_, bytes)| !bytes.is_empty()) {
        Some((file, bytes)) => format!("{} is {}", file.path, content_kind(bytes)),
        None => "all of its files are empty".to_owned(),
    }
}

fn sample(format: &dyn Format, table: Option<&SourceTable>, files: &[(SourceFile, Bytes)], count: u64) -> Profile {
    let records_max = (SAMPLE_RECORDS_MAX / count.max(1)).max(FILE_RECORDS_MIN);
    let mut profile = Profile::of_table(table);
    // What describes other files comes first.
    let (described, files): (Vec<_>, Vec<_>) = files.iter().partition(|(file, _)| formats::is_description(&file.path));
    let (keys, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|(file, _)| is_key_file(&file.path));
    format.look(&mut profile, &files);
    for (file, bytes) in described.into_iter().chain(files) {
        profile.paths.push(file.path.clone());
        format.sample(&mut profile, &file.path, bytes, records_max);
        profile.files += 1;
    }
    for (file, bytes) in keys {
        let keys = KeyFile { path: file.path.clone(), bytes: bytes.clone() };
        if let Some(key) = keys.first_key() {
            format.sample_key(&mut profile, &key);
            profile.has_key_file = true;
        }
    }
    profile.records = profile.records.saturating_sub(profile.left_out);
    profile.fitting = profile.fitting.saturating_sub(profile.left_out);
    profile
}

fn describe(
    format: &dyn Format,
    answered: &Answered<'_>,
    column: &ColumnProfile,
    key: &[String],
    names: &ColumnNames,
) -> InferredColumn {
    let (shape, profile) = (&column.shape, answered.profile);
    let mut guess = match &column.by_schema {
        Some(said) => said.clone(),
        None => answered.defined(column, format.guess(column)),
    };
    guess = by_connector(profile.connector.as_deref(), guess);
    if format.name().may_lack_names() && column.name.starts_with("column_") {
        guess.about = QuestionKind::Names;
        let (text, is_open) = match profile.has_header {
            true => ("The header has no name for it", false),
            false => ("The files have no header, give it its name", true),
        };
        guess.open = is_open;
        guess.decide.get_or_insert_with(|| text.to_owned());
    }
    if shape.rows < profile.rows && shape.rows > 0 {
        let text = "Not in all rows: give it a default, or mark it removed or renamed";
        guess.decide.get_or_insert_with(|| text.to_owned());
    }
    let name = names.name_of(&column.name);
    let is_path = is_path(&column.name);
    InferredColumn {
        renamed_from: (name != column.name && !is_path).then(|| column.name.clone()),
        path: is_path.then(|| column.name.clone()),
        from_folder: None,
        name,
        arrives_as: guess.arrives_as,
        data_type: guess.data_type,
        unit: guess.unit,
        steps: guess.steps,
        readings: guess.readings,
        nulls: shape.nulls,
        rows: shape.rows,
        key: key.contains(&column.name),
        pii: personal(&column.name, shape),
        decide: guess.decide,
        nulls_written: Vec::new(),
        question: guess.open.then_some(guess.about),
    }
}

/// The folders that are part of the key, and its other columns.
fn with_folders(key: Vec<String>, taken: &Taken) -> (Vec<String>, Vec<String>) {
    let folders = taken.columns.iter().filter(|(folder, _)| folder.in_key);
    let folders: Vec<String> = folders.map(|(folder, _)| folder.key.clone()).collect();
    let others = key.into_iter().filter(|part| !folders.contains(part)).collect();
    (folders, others)
}

/// The column of a folder.
fn folder_column((folder, guess): &(TakenFolder, Guess), names: &ColumnNames, rows: u64) -> InferredColumn {
    InferredColumn {
        name: names.name_of(&folder.key),
        renamed_from: None,
        path: None,
        from_folder: Some(folder.key.clone()),
        arrives_as: guess.arrives_as.clone(),
        data_type: guess.data_type.clone(),
        unit: None,
        steps: Vec::new(),
        readings: Vec::new(),
        nulls: 0,
        rows,
        key: folder.in_key,
        pii: personal(&folder.key, &Shape::default()),
        decide: None,
        nulls_written: Vec::new(),
        question: None,
    }
}

/// What orders plain rows whose files have a date in their names: they may be full snapshots. Where a watermark was found, that
/// is asked only if files repeat rows that did not change.
fn with_dated_files(found: ProposedSequence, dated: Option<String>, profile: &Profile) -> ProposedSequence {
    let Some(files) = dated else { return found };
    let (again, later) = profile.rows_again;
    let asked = match (&found.question, found.parts.as_slice()) {
        (Some(question), _) => question.clone(),
        (None, [one]) if again * 2 > later => {
            format!("Rows may be ordered by {one} (apply.sequence), but files repeat rows that did not change")
        }
        _ => return found,
    };
    let question = format!(
        "{asked}; names of files have a date, so if every file has all rows of the table, write apply.from_snapshot: {{files: \
         \"{files}\"}}"
    );
    let snapshots = std::iter::once(files).chain(found.snapshots).collect();
    ProposedSequence { question: Some(question), snapshots, ties_by_file: true, ..ProposedSequence::default() }
}

/// A column with the texts that are null in it besides that of the files: none of its values is written so. Of texts only
/// `\\N` is nothing else; the key and the order are read as they are.
fn with_nulls(column: InferredColumn, profile: &Profile, null_text: &str, order: &[String]) -> InferredColumn {
    let in_files = column.renamed_from.as_ref().unwrap_or(&column.name);
    if column.key || column.path.is_some() || order.contains(in_files) {
        return column;
    }
    let is_text = column.data_type == "string";
    let mut nulls = profile.other_nulls(in_files, null_text);
    let left: Vec<&str> = nulls.iter().copied().filter(|text| is_text && *text != "\\N" && !text.is_empty()).collect();
    let decide = column.decide.clone().or_else(|| {
        let text = left.first()?;
        Some(format!("Some are {text} without quotes: where that is null, write from: null_if({in_files}, '{text}')"))
    });
    nulls.retain(|text| !is_text || *text == "\\N");
    InferredColumn { nulls_written: nulls, decide, ..column }
}

/// Whether the name of a sampled column says where it is inside of a document.
fn is_path(name: &str) -> bool {
    name.strip_prefix(DOCUMENT).is_some_and(|rest| rest.starts_with('.'))
}

fn confidence(profile: &Profile, files: u64) -> f64 {
    let share = |part: u64, of: u64| if of == 0 { 0.0 } else { part as f64 / of as f64 };
    share(profile.fitting, profile.records) * share(files.saturating_sub(profile.damaged_files), files)
}

fn extra<'a>(
    path: &'a str,
    profile: &Profile,
    settings: SourceSettings,
    sequence: ProposedSequence,
    terms: yaml::Terms<'a>,
) -> yaml::Extra<'a> {
    let table = profile.only_table.as_ref().map(ToString::to_string);
    yaml::Extra {
        path,
        table,
        terms,
        settings,
        by_snapshot: sequence.by_snapshot,
        by_files: sequence.by_files,
        ties_by_file: sequence.ties_by_file,
        appends: sequence.appends,
        sequence_stated: sequence.stated.map(|stated| stated.text),
        sequence_question: sequence.question,
    }
}

#[cfg(test)]
mod tests;
