//! Readers of others after every kind of operation: Sluice writes a table, and after each step delta-rs,
//! Polars, Sail and Spark have to find the rows that Sluice finds. PyArrow, which knows no deletion
//! vectors, has to refuse instead of showing deleted rows.

mod steps;
mod table;

use anyhow::{Result, ensure};
use sluice_tests::{Exported, python};

const TEST: &str = "readers";

#[tokio::test(flavor = "multi_thread")]
async fn after_every_kind_of_operation_readers_find_the_same_rows() -> Result<()> {
    let Some(python) = python(TEST) else { return Ok(()) };
    let mut exported = Exported::new()?;
    steps::changed_rows(&mut exported).await?;
    steps::soft_deletes(&mut exported).await?;
    steps::history(&mut exported).await?;
    steps::appended_events(&mut exported).await?;
    steps::rewritten_files(&mut exported).await?;

    exported.read_by(&python, &["deltalake", "polars"])?;
    ensure_pyarrow_refuses(&exported.read_by(&python, &["pyarrow"])?)?;
    exported.read_by_sql(TEST, "sail")?;
    exported.read_by_sql(TEST, "spark")?;
    Ok(())
}

/// A log that names files of another folder by their address, as the protocol allows. Polars and Sail take such an address
/// for a path inside the table; they find nothing there and say so.
#[tokio::test(flavor = "multi_thread")]
async fn a_clone_is_read_as_its_base() -> Result<()> {
    let Some(python) = python(TEST) else { return Ok(()) };
    let mut exported = Exported::new()?;
    let _base = steps::a_clone(&mut exported).await?;
    exported.read_by(&python, &["deltalake"])?;
    exported.read_by_sql(TEST, "spark")?;
    Ok(())
}

/// A table is refused from its first deletion vector on. Those without are read, and rightly, or
/// [`Exported::read_by`] had failed.
fn ensure_pyarrow_refuses(lines: &[String]) -> Result<()> {
    for line in lines {
        let without = line.contains("insert,") || line.contains("first versions") || line.contains("append");
        let readable = without || line.starts_with("copies");
        ensure!(if readable { line.ends_with("equal") } else { line.contains("refused") }, "{line}");
    }
    Ok(())
}
