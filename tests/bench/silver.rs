//! The one place that knows how a silver table of Sluice is fed: contract, lake, change files.

use crate::plan::Plan;
use anyhow::Context;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::Int64Type;
use futures::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sluice_change::{
    ChangeBatch, EventSeq, EventSeqs, Op, RowRefs, RunLengthColumn, SourceFile, SourceTimes, contract_schema,
};
use sluice_contract::Contract;
use sluice_lake::Lake;
use sluice_runner::SilverTable;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use url::Url;

/// Files read at once.
const FILES_AT_ONCE: usize = 2;
/// Rows decoded at a time.
const BATCH_ROWS: usize = 64 * 1024;

/// Opens the lake in a folder; without `fsync` it writes as the peers do, through the page cache only.
pub(crate) async fn open_lake(folder: &Path, fsync: bool) -> anyhow::Result<Lake> {
    std::fs::create_dir_all(folder)?;
    let folder = std::path::absolute(folder)?;
    if fsync {
        return Ok(Lake::open(&folder.display().to_string()).await?);
    }
    let url = Url::from_directory_path(&folder).map_err(|()| anyhow::anyhow!("{} is no folder", folder.display()))?;
    Ok(Lake::with_store(Arc::new(LocalFileSystem::new()), &url)?)
}

/// The contract of a benchmark's table; it becomes the lake's draft.
pub(crate) async fn contract(lake: &Lake, plan: &Plan, table: &str, history: bool) -> anyhow::Result<Arc<Contract>> {
    let apply = if history { "apply: {scd: 2, sequence: [source.lsn]}\n" } else { "" };
    let mut text = format!("dataset: bench.{table}\n{apply}schema:\n");
    for (name, kind) in &plan.columns {
        let key = if *name == plan.key { ", primary_key: true" } else { "" };
        text.push_str(&format!("- {{name: {name}, type: \"{kind}\"{key}}}\n"));
    }
    let contract = Contract::parse(&text, "bench.yaml");
    let contract = contract.map_err(|problems| anyhow::anyhow!("the contract does not hold: {problems:?}"))?;
    lake.ledger().put_contract(&contract.name, &text).await?;
    Ok(Arc::new(contract))
}

/// Folder of a table in a lake.
pub(crate) fn folder_of(lake: &Path, table: &str) -> PathBuf {
    lake.join("silver").join("bench").join(table)
}

/// A table and what feeds it.
pub(crate) struct Fed {
    table: SilverTable,
    contract: Arc<Contract>,
}

impl Fed {
    /// Opens the table; it need not exist.
    pub(crate) async fn open(lake: &Lake, contract: Arc<Contract>) -> anyhow::Result<Self> {
        Ok(Self { table: SilverTable::open(lake, &contract).await?, contract })
    }

    /// Reads change files and applies them as one commit. Files without `_op` are a full load.
    pub(crate) async fn apply(&mut self, files: &[PathBuf]) -> anyhow::Result<()> {
        let read = files.iter().map(|file| {
            let (contract, file) = (Arc::clone(&self.contract), file.clone());
            async move { tokio::task::spawn_blocking(move || read_changes(&contract, &file)).await? }
        });
        let changes: Vec<Vec<ChangeBatch>> = futures::stream::iter(read).buffered(FILES_AT_ONCE).try_collect().await?;
        self.table.apply(changes.into_iter().flatten().collect()).await?;
        Ok(())
    }
}

/// Columns of Parquet as changes; no row is looked at by itself.
fn read_changes(contract: &Contract, path: &Path) -> anyhow::Result<Vec<ChangeBatch>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)?.with_batch_size(BATCH_ROWS).build()?;
    reader.map(|rows| changes_of(contract, path, &rows?)).collect()
}

fn changes_of(contract: &Contract, path: &Path, rows: &RecordBatch) -> anyhow::Result<ChangeBatch> {
    let count = rows.num_rows();
    let schema = Arc::new(contract_schema(contract));
    let columns = schema.fields().iter().map(|field| match rows.column_by_name(field.name()) {
        Some(column) if column.data_type() == field.data_type() => Ok(Arc::clone(column)),
        Some(column) => cast(column, field.data_type()),
        None => Ok(arrow::array::new_null_array(field.data_type(), count)),
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let (ops, seqs) = match (rows.column_by_name("_op"), rows.column_by_name("_seq")) {
        (Some(ops), Some(seqs)) => {
            let letters = ops.as_string_opt::<i32>().context("`_op` is no text")?;
            let numbers = seqs.as_primitive_opt::<Int64Type>().context("`_seq` is no whole number")?;
            let ops: Vec<Op> =
                letters.iter().map(|letter| if letter == Some("d") { Op::Delete } else { Op::Upsert }).collect();
            let positions: Vec<u64> = numbers.values().iter().map(|number| number.cast_unsigned()).collect();
            let unused = RunLengthColumn::same(0, count);
            let parts = [positions.into(), unused.clone(), unused.clone(), unused.clone(), unused];
            let ties = ops.iter().map(|op| EventSeq::new(1, [0; 3], op.is_upsert(), 0).tie).collect();
            (ops, EventSeqs::new(RunLengthColumn::same(1, count), parts, ties))
        }
        _ => (vec![Op::Read; count], EventSeqs::same(EventSeq::new(0, [0, 0, 0], true, 0), count)),
    };
    Ok(ChangeBatch {
        files: vec![SourceFile {
            path: path.display().to_string(),
            size: 0,
            etag: String::new(),
            ..SourceFile::default()
        }],
        rows: RecordBatch::try_new(schema, columns)?,
        ops,
        seqs,
        refs: RowRefs::counted(0, 0, count),
        absent: BTreeMap::new(),
        source_times_ms: SourceTimes::all_null(count),
        records: Vec::new(),
    })
}
