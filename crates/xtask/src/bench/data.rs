//! The data of a benchmark, made once per shape and kept in the target folder.

use super::catalog::{BatchRows, Case, SMALL_TABLE_ROWS};
use crate::process::{program, run};
use crate::project::Project;
use anyhow::Context;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

const SEED: u64 = 20_260_801;
/// Written last by the generator.
const PLAN: &str = "data.json";

/// The folder with the files of a case at a size.
pub(super) fn prepare(project: &Project, case: &Case, size: u64, batches: u64) -> anyhow::Result<PathBuf> {
    let rows = if case.many_tables { SMALL_TABLE_ROWS } else { size };
    let shape = json!({
        "rows": rows,
        "columns": case.columns,
        "key": case.key,
        "kind": case.kind,
        "spread": case.spread,
        "batches": batches,
        "batch_rows": batch_rows(case, rows),
        "seed": SEED,
    });
    let folder = project.scratch("bench-data")?.join(name(&shape));
    if folder.join(PLAN).exists() {
        return Ok(folder);
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    std::fs::create_dir_all(&folder)?;
    let document = folder.join("shape.json");
    std::fs::write(&document, serde_json::to_vec_pretty(&shape)?)?;
    println!("  data: making {}", folder.display());
    run(program(project.program("bench-data")?).arg(&document).arg(&folder))?;
    Ok(folder)
}

/// Rows of one batch of a table with `rows` rows.
pub(super) fn batch_rows(case: &Case, rows: u64) -> u64 {
    match case.batch {
        BatchRows::Fixed(fixed) => fixed,
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a number of rows, rounded"
        )]
        BatchRows::Share(share) => (rows as f64 * share).round() as u64,
    }
}

/// What people recognise, and a digest of everything.
fn name(shape: &Value) -> String {
    let digest = Sha256::digest(shape.to_string().as_bytes());
    let digest: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let word = |key: &str| shape[key].as_str().unwrap_or_default().to_owned();
    format!("{}-{}-{}-{digest}", word("kind"), word("spread"), shape["rows"])
}
