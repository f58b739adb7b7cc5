//! The inbox of changes of sources: what changed, what speaks for which decision, and what was decided.

use crate::TableName;
use serde::{Deserialize, Serialize};
use sluice_contract::RecordNumber;
pub use sluice_contract::{SourceChange, SourceDecision};

/// How a change stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum SourceChangeState {
    /// Nobody decided.
    Open {
        /// When the policy of the contract or of the lake decides, milliseconds since 1970; `None`: it waits for a
        /// person.
        due_ms: Option<i64>,
        /// What the policy decides then: add or ignore.
        #[serde(default)]
        then: Option<SourceDecision>,
    },
    /// A person decided.
    Decided {
        /// Who.
        by: String,
        /// When, milliseconds since 1970.
        at_ms: i64,
        /// What.
        decision: SourceDecision,
        /// What the contract says of it since then.
        says: String,
    },
    /// The contract says what is done, without a decision here.
    ByContract {
        /// What it says.
        says: String,
    },
}

/// What is proposed, with what speaks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceProposal {
    /// What to decide.
    pub decision: SourceDecision,
    /// Type of the column, of `add` and `widen`.
    pub data_type: Option<String>,
    /// Column of the contract that it is, of `rename`.
    pub from: Option<String>,
    /// Silver keeps the name that readers know.
    pub keep_name: bool,
    /// It looks like personal data, and is marked as such.
    pub pii: bool,
    /// Position of the first event of a column whose name another column had before.
    pub since: Option<String>,
    /// What speaks for it, most telling first; counts and names, no values.
    pub evidence: Vec<String>,
}

/// A change of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceChangeView {
    /// Table.
    pub table: TableName,
    /// What changed.
    pub change: SourceChange,
    /// Name of the column in the records.
    pub column: String,
    /// First batch that shows it.
    pub batch: u64,
    /// When it was seen, milliseconds since 1970.
    pub seen_ms: i64,
    /// First file.
    pub file: String,
    /// First record of that file; `None` if it was not looked for or not found.
    pub record: Option<RecordNumber>,
    /// Records of that batch that show it.
    pub records: u64,
    /// Values; of personal data only enough to recognise them.
    pub examples: Vec<String>,
    /// Whether [`SourceChangeView::examples`] are masked.
    pub masked: bool,
    /// Who reads the column: `gold.shop.revenue`, a check, a foreign key of another table.
    pub readers: Vec<String>,
    /// What is proposed; `None` of what is not open.
    pub proposal: Option<SourceProposal>,
    /// How it stands.
    pub state: SourceChangeState,
}

impl SourceChangeView {
    /// `shop.orders.note`, by which a decision names it.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}.{}", self.table, self.column)
    }

    /// Whether nobody decided.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state, SourceChangeState::Open { .. })
    }
}

/// The inbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceChanges {
    /// Changes, open ones first, then the newest.
    pub changes: Vec<SourceChangeView>,
    /// Why tables could not be looked at.
    pub problems: Vec<String>,
}

/// A change that is decided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceChoice {
    /// Table.
    pub table: TableName,
    /// Column.
    pub column: String,
    /// What is decided; `None`: what is proposed.
    pub decision: Option<SourceDecision>,
    /// Type, instead of the proposed one.
    #[serde(default)]
    pub data_type: Option<String>,
    /// Column that it is, instead of the proposed one.
    #[serde(default)]
    pub from: Option<String>,
    /// Whether silver keeps the name that readers know, instead of what is proposed.
    #[serde(default)]
    pub keep_name: Option<bool>,
}

/// What became of a choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenChange {
    /// Table.
    pub table: TableName,
    /// Column.
    pub column: String,
    /// What the contract says now; `None` if nothing was decided.
    pub says: Option<String>,
    /// Why nothing was decided, with the next step.
    pub refused: Option<String>,
}
