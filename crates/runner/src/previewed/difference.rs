//! The first row in which a table of the runner is not as it was previewed.

use crate::RunError;
use crate::support::blocking::blocking;
use crate::support::places::location;
use crate::support::table_content::rows_of;
use arrow::array::RecordBatch;
use sluice_api::{DifferingColumn, FirstDifference, Previewed, PreviewedTable, ShownCell};
use sluice_engine::{CellText, RowDifference, fingerprint, first_difference};
use sluice_lake::{Lake, LakeEnvironment};

/// The first difference by the columns that make a row one; `None` if the preview cannot be read from here, or is not what it was.
///
/// # Errors
/// If rows cannot be compared.
pub(crate) async fn difference(
    lake: &Lake,
    previewed: &Previewed,
    table: &PreviewedTable,
    found: Vec<RecordBatch>,
    key: Vec<String>,
    is_personal: impl Fn(&str) -> bool,
) -> Result<Option<Box<FirstDifference>>, RunError> {
    let Some(rows) = preview_rows(lake, previewed, table).await else { return Ok(None) };
    let expected = table.fingerprint.clone();
    let difference = blocking(move || {
        if fingerprint(&rows)? != expected {
            return Ok(None);
        }
        Ok(first_difference(&rows, &found, &key)?)
    })
    .await?;
    Ok(difference.map(|difference| Box::new(shown(difference, is_personal))))
}

/// The rows of the preview, if it is still there.
async fn preview_rows(lake: &Lake, previewed: &Previewed, table: &PreviewedTable) -> Option<Vec<RecordBatch>> {
    let tried = match &previewed.sandbox {
        Some(name) => lake.open_sandbox(name).await.ok()?,
        None if previewed.place == lake.url() => lake.clone(),
        None => Lake::open_existing(&previewed.place, LakeEnvironment::default()).await.ok()?,
    };
    let store = tried.table(location(&table.table));
    let snapshot = store.snapshot(Some(table.version)).await.ok()??;
    rows_of(&store, &snapshot, &snapshot.files).await.ok()
}

fn shown(difference: RowDifference, is_personal: impl Fn(&str) -> bool) -> FirstDifference {
    let cell = |name: &str, cell: CellText| match cell {
        CellText::Absent => ShownCell::Absent,
        _ if is_personal(name) => ShownCell::Personal,
        CellText::Null => ShownCell::Null,
        CellText::Text(text) => ShownCell::Text(text),
    };
    let RowDifference { change, key, columns } = difference;
    let key = key.into_iter().map(|(name, value)| {
        let value = cell(&name, value);
        (name, value)
    });
    let columns = columns.into_iter().map(|(name, before, after)| DifferingColumn {
        previewed: cell(&name, before),
        found: cell(&name, after),
        name,
    });
    FirstDifference { change, key: key.collect(), columns: columns.collect() }
}
