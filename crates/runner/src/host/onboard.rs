//! From a folder of change files to a draft contract.

use super::change_tables;
use super::exported_tables::exported_tables;
use super::source_tables::{Place, SAMPLE_BYTES_MAX, covers, place_of, sample_of, split_by_name};
use super::table_names::{name_in_stream, proposed_name};
use crate::RunError;
use crate::pipeline::delta_feed;
use crate::pipeline::source_files::{refuse_foreign_table, shown};
use crate::support::arrow_ipc::to_ipc;
use crate::support::blocking::blocking;
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use sluice_api::{DraftColumn, Evidence, FoundTable, OnboardDraft, OnboardSource, OpenQuestion};
use sluice_cdc::{
    Inferred, InferredEvidence, InferredQuestion, are_beside_tables, decode_file, file_order_key, folders_of_tables,
    foreign_table, full_export, infer_table, is_change_file, is_description, key_file_paths, sniff, table_folder,
};
use sluice_change::SourceFile;
use sluice_contract::{
    Contract, FilePattern, OnboardAnswers, QuestionKind, SourceFormat, SourceTable, TableName, plain_path,
};
use sluice_lake::Lake;
use sluice_query::QueryEngine;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Files read for an inference: the first, the last and some between, so that a schema change shows.
const SAMPLE_FILES_MAX: usize = 12;
/// Names of change files.
const FILE_NAMES: &str = ".json, .jsonl, .ndjson, .csv and .tsv, each also with the ending of a compression, .parquet, .avro, \
                          .xlsx, and names without an extension";
/// Files of no format that are named where nothing else is found.
const LEFT_ALONE_MAX: usize = 3;
/// Rows shown of a sample.
const SAMPLE_ROWS_MAX: usize = 200;

/// Tables under a source: folders that directly hold change files.
pub(crate) async fn inspect(
    lake: &Lake,
    source: &str,
    contracts: &BTreeMap<TableName, Arc<Contract>>,
) -> Result<OnboardSource, RunError> {
    let source = plain_path(source);
    let place = place_of(&source);
    let mut files = lake.objects().list(&place.folder).await?;
    files.retain(|file| place.has(&file.path));
    let paths = || files.iter().map(|file| file.path.as_str());
    let tables = paths().filter_map(|path| foreign_table(std::iter::once(path)));
    let foreign_tables: BTreeSet<String> = tables.map(|table| table.folder).collect();
    let exports = exported_tables(lake, &files).await?;
    let others = files.iter().filter(|file| !is_change_file(&file.path));
    let left_alone: Vec<String> = others.take(LEFT_ALONE_MAX).map(|file| file.path.clone()).collect();
    let mut folders: BTreeMap<String, Vec<SourceFile>> = BTreeMap::new();
    for file in files.into_iter().filter(|file| is_change_file(&file.path)) {
        folders.entry(table_folder(&file.path).to_owned()).or_default().push(file);
    }
    // Files of another table format are one table, which onboarding names and does not take.
    let foreign_folders = foreign_tables.clone();
    for table in foreign_tables {
        let of_table = |folder: &String| *folder == table || folder.starts_with(&format!("{table}/"));
        let inside: Vec<String> = folders.keys().filter(|folder| of_table(folder)).cloned().collect();
        let files: Vec<SourceFile> = inside.iter().filter_map(|folder| folders.remove(folder)).flatten().collect();
        if !files.is_empty() {
            folders.insert(table, files);
        }
    }
    let mut found = Vec::new();
    for (folder, files) in folders {
        match place.pattern {
            Some(_) => found.push((source.clone(), files)),
            None => found.extend(split_by_name(lake, folder, files).await?),
        }
    }
    let (mut tables, mut beside) = (Vec::new(), Vec::new());
    for (folder, files) in found {
        let Some(first) = files.first() else { continue };
        let paths: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
        let has_feed = foreign_folders.contains(&folder) && delta_feed::has_feed(lake, &folder).await?;
        let bytes = sample_of(lake, first).await?;
        if are_beside_tables(&bytes) && all_are_beside_tables(lake, &files).await? {
            beside.push(folder);
            continue;
        }
        let name = exports.name_of(&folder).unwrap_or_else(|| proposed_name(&folder));
        let covered = |contract: &&Arc<Contract>| contract.all_sources().iter().any(|source| covers(source, &folder));
        let known = contracts.values().find(covered);
        tables.push(FoundTable {
            name: known.map_or(name, |contract| contract.name.clone()),
            format: match has_feed {
                true => Some(SourceFormat::DeltaFeedParquet.as_str().to_owned()),
                false => sniff(&paths, &bytes).map(|format| format.as_str().to_owned()),
            },
            files: files.len() as u64,
            bytes: files.iter().map(|file| file.size).sum(),
            has_contract: known.is_some(),
            path: folder,
        });
    }
    let looked_for = if tables.is_empty() { known_formats() } else { Vec::new() };
    let left_alone = if tables.is_empty() { left_alone } else { Vec::new() };
    Ok(OnboardSource { source, tables, beside, looked_for, left_alone })
}

/// Whether files over all of a folder have no record of a table: a quiet stream begins with heartbeats.
async fn all_are_beside_tables(lake: &Lake, files: &[SourceFile]) -> Result<bool, RunError> {
    for file in spread(files, SAMPLE_FILES_MAX) {
        if !are_beside_tables(&sample_of(lake, file).await?) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What is looked for: the formats, and the names of their files.
fn known_formats() -> Vec<String> {
    let formats = SourceFormat::ALL.iter().map(|format| format!("{format}: {}", format.about().trim_end_matches('.')));
    formats.chain(std::iter::once(FILE_NAMES.to_owned())).collect()
}

/// What a contract is proposed for.
pub(crate) struct Wanted {
    /// Folder.
    pub(crate) path: String,
    /// Name to use instead of the proposed one.
    pub(crate) name: Option<TableName>,
    /// Table of the source, where the folder has records of several.
    pub(crate) table: Option<String>,
    /// What was answered for all tables alike.
    pub(crate) answers: OnboardAnswers,
}

/// Samples a table's files and proposes its contract.
pub(crate) async fn draft(lake: &Lake, engine: &QueryEngine, wanted: Wanted) -> Result<OnboardDraft, RunError> {
    let Wanted { path, name, table, answers } = wanted;
    let path = plain_path(&path);
    if delta_feed::has_feed(lake, &path).await? {
        return draft_of_feed(lake, engine, (path, name), answers).await;
    }
    let place = place_of(&path);
    if let Some(pattern) = &place.pattern {
        FilePattern::parse(pattern).map_err(|mistake| RunError::input(mistake.message, mistake.fix))?;
    }
    let listed = lake.objects().list(&place.folder).await?;
    refuse_foreign_table(&listed)?;
    let exports = exported_tables(lake, &listed).await?;
    let descriptions: Vec<SourceFile> = listed.iter().filter(|file| is_description(&file.path)).cloned().collect();
    let (mut files, beside): (Vec<SourceFile>, Vec<SourceFile>) =
        listed.into_iter().partition(|file| is_change_file(&file.path) && place.has(&file.path));
    let Place { folder: path, pattern } = place;
    files.sort_by_cached_key(|file| (file_order_key(&file.path), file.path.clone()));
    if files.is_empty() {
        let next = format!(
            "Point at a folder with files of one of the formats {}; looked for {FILE_NAMES}",
            SourceFormat::words()
        );
        return Err(RunError::not_found(format!("No change files under {path}"), next));
    }
    let total = files.len() as u64;
    let paths: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
    let mut sample = Vec::new();
    let mut budget = SAMPLE_BYTES_MAX;
    for file in spread(&files, SAMPLE_FILES_MAX) {
        if file.size > budget && !sample.is_empty() {
            break;
        }
        budget = budget.saturating_sub(file.size);
        sample.push((file.clone(), sample_of(lake, file).await?));
    }
    let sampled = sample.len() as u64;
    // One key says which columns all have.
    let keys = sample.first().map(|(file, _)| key_file_paths(&file.path)).unwrap_or_default();
    if let Some(file) = beside.iter().find(|file| keys.contains(&file.path)) {
        sample.push((file.clone(), sample_of(lake, file).await?));
    }
    for file in spread(&descriptions, SAMPLE_FILES_MAX) {
        sample.push((file.clone(), lake.objects().read(&file.path).await?));
    }
    let of_pattern = pattern.as_ref().map(|pattern| format!("{}/{pattern}", path.trim_end_matches('/')));
    let found_in = of_pattern.as_deref().unwrap_or_else(|| table_folder(&files[0].path));
    let proposed = || match &table {
        Some(table) => name_in_stream(found_in, table),
        None => exports.name_of(found_in).unwrap_or_else(|| proposed_name(found_in)),
    };
    let name = name.unwrap_or_else(proposed);
    let table = table.map(|table| SourceTable::parse(&table)).transpose();
    let table = table.map_err(|mistake| RunError::input(mistake.message, mistake.fix))?;
    let folder = path;
    let (of_name, of_folder) = (name.clone(), folder.clone());
    let (mut inferred, sample) =
        blocking(move || Ok((infer_table(&of_name, table.as_ref(), &of_folder, &sample, total, &answers)?, sample)))
            .await?;
    let other_half = change_tables::other_folder(lake, inferred.format, &folder).await?;
    let engine = engine.clone();
    blocking(move || {
        if let Some(pattern) = &pattern {
            let files = format!("\n  files: {}\n  format: ", serde_json::Value::from(pattern.as_str()));
            inferred.yaml = inferred.yaml.replacen("\n  format: ", &files, 1);
        }
        let parsed = Contract::parse(&inferred.yaml, &format!("contracts/{}/{}.yaml", name.dataset, name.table));
        let (problems, rows) = match parsed {
            Ok(contract) => (Vec::new(), sample_rows(&Arc::new(contract), &sample)?),
            Err(problems) => (problems, raw_rows(&sample)?),
        };
        let sample = engine.put_result(&to_ipc(&rows)?)?;
        inferred.evidence.extend(of_several_folders(&inferred, &folder, &paths));
        inferred.evidence.extend(of_several_exports(&inferred, &paths));
        inferred.evidence.extend(exports.question(&folder));
        inferred.evidence.extend(change_tables::question(inferred.format, &folder, other_half.as_deref()));
        Ok(view(folder, name, inferred, problems, (sampled, total), sample))
    })
    .await
}

/// Samples the change data feed of a Delta table and proposes its contract.
async fn draft_of_feed(
    lake: &Lake,
    engine: &QueryEngine,
    (folder, name): (String, Option<TableName>),
    answers: OnboardAnswers,
) -> Result<OnboardDraft, RunError> {
    let (sample, total) = delta_feed::sample(lake, &folder, SAMPLE_FILES_MAX).await?;
    let name = name.unwrap_or_else(|| proposed_name(folder.trim_end_matches('/')));
    let (engine, sampled) = (engine.clone(), sample.len() as u64);
    blocking(move || {
        let inferred = infer_table(&name, None, &folder, &sample, total, &answers)?;
        let parsed = Contract::parse(&inferred.yaml, &format!("contracts/{}/{}.yaml", name.dataset, name.table));
        let (problems, rows) = match parsed {
            Ok(contract) => (Vec::new(), sample_rows(&Arc::new(contract), &sample)?),
            Err(problems) => (problems, raw_rows(&sample)?),
        };
        let sample = engine.put_result(&to_ipc(&rows)?)?;
        Ok(view(folder, name, inferred, problems, (sampled, total), sample))
    })
    .await
}

/// The question where the files are in the folders of several tables.
fn of_several_folders(inferred: &Inferred, folder: &str, paths: &[String]) -> Option<InferredEvidence> {
    let folders = folders_of_tables(inferred.format, folder, paths.iter().map(String::as_str));
    (folders.len() > 1).then(|| InferredEvidence {
        ok: false,
        question: Some(QuestionKind::SourceTable),
        text: format!(
            "Files of several tables: {}. Onboard the folder of one table; if they are all of this table, write table: \
             \"*\" in source",
            shown(&folders)
        ),
        count: format!("{} folders", folders.len()),
    })
}

/// The question where the files are of several full exports.
fn of_several_exports(inferred: &Inferred, paths: &[String]) -> Option<InferredEvidence> {
    let exports: BTreeSet<&str> = paths.iter().filter_map(|path| full_export(inferred.format, path)).collect();
    (exports.len() > 1).then(|| InferredEvidence {
        ok: false,
        question: Some(QuestionKind::SourceTable),
        text: format!(
            "Several full exports: {}. Which rows were deleted between them, nothing says. Onboard the newest one with the \
             changes after it",
            shown(&exports)
        ),
        count: format!("{} exports", exports.len()),
    })
}

fn view(
    path: String,
    name: TableName,
    inferred: Inferred,
    problems: Vec<sluice_contract::Problem>,
    sampled_files: (u64, u64),
    sample: sluice_api::ResultView,
) -> OnboardDraft {
    #[expect(clippy::cast_precision_loss, reason = "a share for display")]
    let share = |nulls: u64, rows: u64| if rows == 0 { 0.0 } else { nulls as f64 / rows as f64 };
    let questions = inferred.questions().into_iter();
    let questions = questions.map(|InferredQuestion { kind, column, text, suggestions }| OpenQuestion {
        kind,
        column,
        text,
        suggestions,
    });
    let questions = questions.collect();
    let columns = inferred.columns.into_iter().map(|column| DraftColumn {
        null_share: share(column.nulls, column.rows),
        name: column.name,
        arrives_as: column.arrives_as,
        data_type: column.data_type,
        key: column.key,
        pii: column.pii,
        decide: column.decide,
        open: column.question.is_some(),
    });
    OnboardDraft {
        path,
        name,
        title: inferred.title,
        format: inferred.format.as_str().to_owned(),
        confidence: inferred.confidence,
        evidence: inferred
            .evidence
            .into_iter()
            .map(|InferredEvidence { ok, question, text, count }| Evidence {
                ok,
                open: question.is_some(),
                text,
                count,
            })
            .collect(),
        key: inferred.key,
        sequence: inferred.sequence,
        operations: inferred.operations,
        columns: columns.collect(),
        yaml: inferred.yaml,
        problems,
        questions,
        source_tables: inferred.source_tables,
        existing: None,
        sampled_files,
        sampled_rows: inferred.sampled_rows,
        sample,
    }
}

/// Evenly spread files, first and last among them.
fn spread(files: &[SourceFile], most: usize) -> Vec<&SourceFile> {
    if files.len() <= most {
        return files.iter().collect();
    }
    (0..most).filter_map(|n| files.get(n * (files.len() - 1) / (most - 1))).collect()
}

/// First decoded rows with their operation in front.
fn sample_rows(contract: &Arc<Contract>, files: &[(SourceFile, bytes::Bytes)]) -> Result<RecordBatch, RunError> {
    let Some((file, bytes)) = files.first() else { return raw_rows(files) };
    let decoded = decode_file(contract, file.clone(), bytes.clone())?;
    let rows = decoded.changes.rows.slice(0, SAMPLE_ROWS_MAX.min(decoded.changes.len()));
    let ops = decoded.changes.ops.iter().take(rows.num_rows()).map(|op| op.letter());
    let mut fields = vec![Arc::new(Field::new("_op", DataType::Utf8, true))];
    fields.extend(rows.schema().fields().iter().cloned());
    let mut columns: Vec<ArrayRef> = vec![Arc::new(StringArray::from_iter_values(ops))];
    columns.extend(rows.columns().iter().cloned());
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

/// First lines as they arrived, for a contract that does not parse yet.
fn raw_rows(files: &[(SourceFile, bytes::Bytes)]) -> Result<RecordBatch, RunError> {
    let paths = files.iter().map(|(file, _)| file.path.as_str());
    let schema = Schema::new(vec![Field::new("file", DataType::Utf8, true)]);
    Ok(RecordBatch::try_new(Arc::new(schema), vec![Arc::new(StringArray::from_iter_values(paths))])?)
}

#[cfg(test)]
mod tests {
    use super::known_formats;
    use sluice_contract::SourceFormat;

    #[test]
    fn every_format_is_named_where_nothing_is_found() {
        let named = known_formats();
        for format in SourceFormat::ALL {
            assert!(named.iter().any(|line| line.starts_with(&format!("{format}: "))), "{format}");
        }
    }
}
