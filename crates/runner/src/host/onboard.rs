//! From a folder of change files to a draft contract.

use crate::RunError;
use crate::support::arrow_ipc::to_ipc;
use crate::support::blocking::blocking;
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use sluice_api::{DraftColumn, Evidence, FoundTable, OnboardDraft, OnboardSource};
use sluice_cdc::{Inferred, decode_file, file_order_key, infer, is_change_file, sniff};
use sluice_change::SourceFile;
use sluice_contract::{Contract, TableName};
use sluice_lake::Lake;
use sluice_query::QueryEngine;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Files read for an inference: the first, the last and some between, so that a schema change shows.
const SAMPLE_FILES_MAX: usize = 12;
/// Bytes read for an inference.
const SAMPLE_BYTES_MAX: u64 = 64 << 20;
/// Rows shown of a sample.
const SAMPLE_ROWS_MAX: usize = 200;

/// Tables under a source: folders that directly hold change files.
pub(crate) async fn inspect(
    lake: &Lake,
    source: &str,
    contracts: &BTreeMap<TableName, Arc<Contract>>,
) -> Result<OnboardSource, RunError> {
    let files = lake.objects().list(source).await?;
    let mut folders: BTreeMap<String, Vec<SourceFile>> = BTreeMap::new();
    for file in files.into_iter().filter(|file| is_change_file(&file.path)) {
        folders.entry(table_folder(&file.path)).or_default().push(file);
    }
    let mut tables = Vec::new();
    for (folder, files) in folders {
        let Some(first) = files.first() else { continue };
        let paths: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
        let bytes = lake.objects().read(&first.path).await?;
        let name = proposed_name(&folder);
        let covered = |contract: &&Arc<Contract>| {
            contract.source.as_ref().is_some_and(|s| s.path.trim_end_matches('/') == folder.trim_end_matches('/'))
        };
        let known = contracts.values().find(covered);
        tables.push(FoundTable {
            name: known.map_or(name, |contract| contract.name.clone()),
            format: sniff(&paths, &bytes).map(|format| format.as_str().to_owned()),
            files: files.len() as u64,
            bytes: files.iter().map(|file| file.size).sum(),
            has_contract: known.is_some(),
            path: folder,
        });
    }
    let looked_for = if tables.is_empty() {
        [
            "topics/<topic>/partition=<n>/*.json[.gz]",
            "<schema>/<table>/LOAD*.parquet and <date>-<time>.parquet",
            "the same as .csv[.gz]",
            "current rows as *.parquet or *.csv[.gz]",
        ]
        .map(str::to_owned)
        .to_vec()
    } else {
        Vec::new()
    };
    Ok(OnboardSource { source: source.to_owned(), tables, looked_for })
}

/// Folder of a table: the file's folder, without `partition=` and date folders below it.
fn table_folder(path: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    while parts.last().is_some_and(|part| part.contains('=') || part.bytes().all(|b| b.is_ascii_digit())) {
        parts.pop();
    }
    parts.join("/")
}

/// `server.schema.table` and `schema/table` become `server.table` and `schema.table`.
fn proposed_name(folder: &str) -> TableName {
    let clean = |text: &str| -> String {
        text.chars().map(|c| if c.is_alphanumeric() || c == '_' || c == '-' { c } else { '_' }).collect()
    };
    let mut parts = folder.rsplit('/');
    let last = parts.next().unwrap_or("table");
    let words: Vec<&str> = last.split('.').collect();
    let (dataset, table) = match words.as_slice() {
        [dataset, .., table] => (*dataset, *table),
        _ => (parts.next().unwrap_or("default"), last),
    };
    TableName::new(&clean(dataset), &clean(table))
        .unwrap_or_else(|_| TableName { dataset: "default".to_owned(), table: "table".to_owned() })
}

/// Samples a table's files and proposes its contract.
pub(crate) async fn draft(
    lake: &Lake,
    engine: &QueryEngine,
    path: &str,
    name: Option<TableName>,
) -> Result<OnboardDraft, RunError> {
    let mut files: Vec<SourceFile> =
        lake.objects().list(path).await?.into_iter().filter(|file| is_change_file(&file.path)).collect();
    files.sort_by_cached_key(|file| (file_order_key(&file.path), file.path.clone()));
    if files.is_empty() {
        let next = "Point at a folder with Debezium JSON, AWS DMS files or current rows; looked for .json, .json.gz, .csv, .csv.gz, .parquet";
        return Err(RunError::not_found(format!("No change files under {path}"), next));
    }
    let total = files.len() as u64;
    let mut sample = Vec::new();
    let mut budget = SAMPLE_BYTES_MAX;
    for file in spread(&files, SAMPLE_FILES_MAX) {
        if file.size > budget && !sample.is_empty() {
            break;
        }
        budget = budget.saturating_sub(file.size);
        sample.push((file.clone(), lake.objects().read(&file.path).await?));
    }
    let name = name.unwrap_or_else(|| proposed_name(&table_folder(&files[0].path)));
    let (folder, sampled) = (path.to_owned(), sample.len() as u64);
    let engine = engine.clone();
    blocking(move || {
        let inferred = infer(name.clone(), &folder, &sample, total)?;
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
    let columns = inferred.columns.into_iter().map(|column| DraftColumn {
        null_share: share(column.nulls, column.rows),
        name: column.name,
        arrives_as: column.arrives_as,
        data_type: column.data_type,
        key: column.key,
        pii: column.pii,
        decide: column.decide,
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
            .map(|evidence| Evidence { ok: evidence.ok, text: evidence.text, count: evidence.count })
            .collect(),
        key: inferred.key,
        sequence: inferred.sequence,
        operations: inferred.operations,
        columns: columns.collect(),
        yaml: inferred.yaml,
        problems,
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
    use super::{proposed_name, table_folder};

    #[test]
    fn names_come_from_topics_and_folders() {
        let folder =
            table_folder("landing/topics/shop.public.orders/partition=0/shop.public.orders+0+0000000000.json.gz");
        assert_eq!(folder, "landing/topics/shop.public.orders");
        assert_eq!(proposed_name(&folder).to_string(), "shop.orders");
        assert_eq!(
            proposed_name(&table_folder("dms/public/orders/2026/11/LOAD00000001.csv")).to_string(),
            "public.orders"
        );
    }
}
