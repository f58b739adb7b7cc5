//! The axes of the matrix.

use anyhow::{Context, Result, bail};
use sluice_change::ReasonCode;

/// Format of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    DebeziumJson,
    DebeziumFlatJson,
    DmsParquet,
    DmsCsv,
}

/// When events of the new schema come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timing {
    BetweenBatches,
    InsideAFile,
    LateOldEvents,
}

/// `schema_policy` of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    Strict,
    Evolve,
    Quarantine,
}

/// What becomes of the events of the new schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Apply,
    ApplyAndWiden,
    QuarantineRows(String),
    StopTable(String),
}

/// One row of the file.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) change: String,
    pub(crate) format: Format,
    pub(crate) timing: Timing,
    pub(crate) policy: Policy,
    pub(crate) outcome: Outcome,
    pub(crate) reason: String,
}

impl Cell {
    /// Name of its table, the same in the lake of every timing.
    pub(crate) fn table(&self) -> String {
        format!("{}-{}-{}", self.change, self.format.word(), self.policy.word())
    }
}

macro_rules! words {
    ($type:ident, $($variant:ident $word:literal),+) => {
        impl $type {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub(crate) fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            pub(crate) fn of(word: &str) -> Result<Self> {
                let found = Self::ALL.iter().copied().find(|one| one.word() == word);
                found.with_context(|| format!("`{word}` is none of {:?}", Self::ALL))
            }
        }
    };
}

words!(Format, DebeziumJson "debezium_json", DebeziumFlatJson "debezium_flat_json", DmsParquet "dms_parquet", DmsCsv "dms_csv");
words!(Timing, BetweenBatches "between_batches", InsideAFile "inside_a_file", LateOldEvents "late_old_events");
words!(Policy, Strict "strict", Evolve "evolve", Quarantine "quarantine");

impl Outcome {
    pub(crate) fn of(word: &str) -> Result<Self> {
        let code = |name: &str| {
            let inner = word.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')')?;
            Some(inner.to_owned())
        };
        Ok(match word {
            "Apply" => Self::Apply,
            "ApplyAndWiden" => Self::ApplyAndWiden,
            _ => match (code("QuarantineRows"), code("StopTable")) {
                (Some(code), _) => {
                    code.parse::<ReasonCode>().map_err(anyhow::Error::msg)?;
                    Self::QuarantineRows(code)
                }
                (_, Some(code)) => Self::StopTable(code),
                _ => bail!("`{word}` is not an outcome"),
            },
        })
    }
}
