//! What can be wrong with what the engine is handed.

/// The engine was handed values that no intact table has: a bug in Sluice, or a damaged table.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Arrow refused an operation on columns, because their types or lengths differ.
    #[error("column types or lengths do not match")]
    Arrow(#[from] arrow::error::ArrowError),
    /// A column of silver is missing or of another type.
    #[error("column `{0}` of silver is missing or not of its type, rebuild the table with replay --full-refresh")]
    Column(String),
    /// A sequence in silver cannot be read.
    #[error("a sequence in column `{0}` cannot be read, rebuild the table with replay --full-refresh")]
    Sequence(&'static str),
    /// The counters of the batch do not balance, so the plan must not be committed.
    #[error(transparent)]
    Imbalance(#[from] sluice_change::LedgerImbalance),
}
