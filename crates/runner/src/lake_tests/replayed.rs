//! What a lake in memory holds after the records of a test: what a test of real records is to expect.

use super::compare::Rows;
use super::expectations::{Rejected, rejected};
use super::play::{Played, Playing, play};
use crate::RunError;
use crate::contract_set::ContractSet;
use crate::support::program::sluice_program;
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use sluice_contract::LakeTest;
use sluice_lake::TableLocation;
use sluice_query::{QueryEngine, QueryOptions};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Values of a row as text, by column.
pub(crate) type Row = BTreeMap<String, Option<String>>;

/// Rows as people read them.
///
/// # Errors
/// If a type has no text.
pub(crate) fn rows_of(batches: &[RecordBatch]) -> Result<Vec<Row>, RunError> {
    Ok(Rows::of(&Schema::empty(), batches)?.into_rows())
}

/// What is there after the last batch.
pub(crate) struct Replayed {
    pub(crate) silver: Vec<Row>,
    /// Records of the last batch in quarantine.
    pub(crate) quarantine: Vec<Rejected>,
    /// Why the table stopped at the last batch.
    pub(crate) stopped: Option<String>,
}

/// Plays a test that states anything, for what there is afterwards.
///
/// # Errors
/// If the test is malformed, which would be a bug of whoever wrote it.
pub(crate) async fn replayed(set: &ContractSet, path: &str, text: &str) -> Result<Replayed, RunError> {
    let test = LakeTest::parse(text, path).map_err(RunError::Contract)?;
    let folder = tempfile::Builder::new().prefix("sluice-tests-").tempdir();
    let folder =
        folder.map_err(|source| RunError::File { path: std::env::temp_dir().display().to_string(), source })?;
    let allowed = vec![folder.path().to_path_buf()];
    let engine = QueryEngine::new(QueryOptions { allowed, program: sluice_program(), ..QueryOptions::default() })?;
    let playing = Playing { set, engine: &engine, gold: &Mutex::new(()), folder: folder.path().join("0") };
    let Played { lake, problems, stopped, last_batch, .. } = Box::pin(play(&test, playing)).await?;
    let Some(lake) = lake else { return Err(RunError::Contract(problems)) };
    let read = async |location: TableLocation| {
        let store = lake.table(location);
        match store.snapshot(None).await? {
            Some(snapshot) => {
                Ok::<_, RunError>((snapshot.schema.clone(), store.read_files(&snapshot, &snapshot.files, None).await?))
            }
            None => Ok((Arc::new(Schema::empty()), Vec::new())),
        }
    };
    let (schema, rows) = read(TableLocation::Silver(test.table.clone())).await?;
    let (_, rejects) = read(TableLocation::Quarantine(test.table.clone())).await?;
    let silver = Rows::of(&schema, &rows)?.into_rows();
    Ok(Replayed { silver, quarantine: rejected(&rejects, last_batch)?, stopped })
}
