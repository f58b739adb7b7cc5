//! What a table is: its name, its columns and their types, the data contract, its checks, and what it means when
//! a contract changes.
//!
//! Pure data types: no I/O, no Arrow; builds for `wasm32-unknown-unknown`.
//!
//! A contract is one YAML file per table. It is read once, into validated types, and nothing after that checks it
//! again:
//!
//! ```
//! use sluice_contract::{Contract, DeleteMode};
//!
//! let text = r#"
//! dataset: shop.orders
//! source: {path: landing/orders/, format: debezium_json}
//! apply: {delete_mode: soft}
//! quality:
//! - check: "row_count > 0"
//! schema:
//! - {name: id, type: bigint, primary_key: true}
//! - {name: total, type: "decimal(12,2)"}
//! "#;
//! let contract = Contract::parse(text, "orders.yaml").unwrap();
//! assert_eq!(contract.name.to_string(), "shop.orders");
//! assert_eq!(contract.apply.key, ["id"]);
//! assert_eq!(contract.apply.delete_mode, DeleteMode::Soft);
//! // What orders the events of a key follows from the format.
//! assert_eq!(contract.sequence(), ["record.position"]);
//! ```
//!
//! Every [`Problem`] of a text is found at once, each with its place and a fix:
//!
//! ```
//! use sluice_contract::Contract;
//!
//! let text = "dataset: shop.orders\nschema:\n- {name: id, type: decimal, primary_key: true}\n";
//! let problems = Contract::parse(text, "orders.yaml").unwrap_err();
//! assert_eq!((problems[0].line, problems[0].column), (3, 20));
//! assert_eq!(problems[0].message, "decimal needs precision and scale");
//! assert_eq!(problems[0].fix, "Write decimal(12,2), or numeric for any");
//! ```
//!
//! Columns have a [`ColumnType`]. It reads what it prints, and knows which types hold every value of another:
//!
//! ```
//! use sluice_contract::ColumnType;
//!
//! let narrow: ColumnType = "decimal(8,2)".parse().unwrap();
//! let wide: ColumnType = "decimal(10,4)".parse().unwrap();
//! assert!(wide.widens(&narrow) && !narrow.widens(&wide));
//! assert_eq!(narrow.wider_of(&wide).unwrap().to_string(), "decimal(10,4)");
//! ```
//!
//! Each entry of a contract is declared once, as an [`Entry`] with its [`Effect`]. From these lists follow the
//! comparison of two contracts, the hash that decides whether silver is rebuilt, and the tables of
//! `docs/contract.md`:
//!
//! ```
//! use sluice_contract::{Contract, Effect, compare_contracts};
//!
//! let contract = |rule: &str| {
//!     let schema = "schema:\n- {name: id, type: int, primary_key: true}\n";
//!     Contract::parse(&format!("dataset: shop.orders\n{rule}\n{schema}"), "orders.yaml").unwrap()
//! };
//! let (daily, soft) = (contract("schedule: every 1d"), contract("apply: {delete_mode: soft}"));
//! let changes = compare_contracts(Some(&daily), Some(&soft));
//! let found: Vec<(&str, &str, Effect)> =
//!     changes.iter().map(|change| (change.place.as_str(), change.change.as_str(), change.effect)).collect();
//! assert_eq!(found, [
//!     ("apply.delete_mode", "hard -> soft", Effect::Rebuild),
//!     ("schedule", "every 86400 s -> default", Effect::NewBatchesOnly),
//! ]);
//! ```
//!
//! Every limit of Sluice has a name, a unit and a default in [`limits`]:
//!
//! ```
//! use sluice_contract::{Contract, limits};
//!
//! let long = " ".repeat(limits::CONTRACT_BYTES_MAX + 1);
//! let problems = Contract::parse(&long, "orders.yaml").unwrap_err();
//! assert_eq!(problems[0].fix, "Split it, one table per file");
//! ```

mod added_fields;
mod apply;
mod audience;
mod backfill;
mod batch_action;
mod changes_table;
mod check;
mod column;
mod column_path;
mod column_type;
mod compatibility;
mod contract;
mod document;
mod duration;
mod effective;
mod entry;
mod evolution;
mod expression;
mod file_pattern;
mod folded_name;
mod from_snapshot;
mod guards;
mod lake_settings;
mod lake_test;
mod ledger;
pub mod limits;
mod onboarding;
mod position;
mod problem;
mod question_kind;
mod record_action;
mod record_number;
mod references;
mod restart;
mod schema_edit;
mod source;
mod source_change;
mod source_format;
mod source_table;
mod start;
mod table_name;
mod utc;
mod value_form;
mod written_answer;

pub use added_fields::{ADDED_FIELDS, added_field};
pub use apply::{Apply, ApplyMode, ColumnSet, Condition, DeleteMode, KeyChange, MissingBase, Scd, TiePolicy};
pub use audience::{Audience, reach};
pub use backfill::Backfill;
pub use batch_action::BatchAction;
pub use check::{
    AcceptedValues, Check, CheckLevel, CheckOutcome, CheckRecord, CheckRule, Compare, ForeignKey, MaxValue, Measured,
    MinValue, NotNull, NullPercentage, Parent, ParentLayer, ParentVersion, RowCount, Severity, Unique, Unit, Verdict,
};
pub use column::Column;
pub use column_path::ColumnPath;
pub use column_type::ColumnType;
pub use compatibility::{ContractChange, compare_contracts};
pub use contract::{Contract, Schedule, SizeClass};
pub use duration::{duration_text, parse_duration_seconds};
pub use entry::{Effect, Entry, EntryValue, Grade};
pub use evolution::{Evolution, InferredSchema, RESCUED, SchemaPolicy, is_column_name, plain_column_name};
pub use expression::{
    ColumnValue, Comparison, HashKey, HashKeys, NumberMarks, Operand, PatternPart, RowFilter, Step, TimePattern,
};
pub use file_pattern::FilePattern;
pub use folded_name::{difference_of_names, folded_name};
pub use from_snapshot::{FromSnapshot, SnapshotColumn, SnapshotPattern, SnapshotVersion};
pub use guards::{GuardAction, Guards};
pub use lake_settings::{LakeSettings, NewColumns};
pub use lake_test::{
    CHECK_VERDICTS, Expected, ExpectedCheck, ExpectedColumns, ExpectedCounter, ExpectedReject, ExpectedRow,
    ExpectedRows, ExpectedText, Given, LakeTest, TestBatch, TestContract, TestEvent, TestFile, TestOp,
};
pub use ledger::{LedgerImbalance, RowLedger};
pub use onboarding::{NamePattern, OnboardAnswer, OnboardAnswers, TakenFolder};
pub use position::{PartForm, PositionLayout};
pub use problem::{Mistake, Problem};
pub use question_kind::QuestionKind;
pub use record_action::RecordAction;
pub use record_number::{NotARecordNumber, RecordNumber};
pub use references::reference_problems;
pub use restart::{Epoch, Restart};
pub use schema_edit::{SchemaEdit, edited_contract};
pub use source::{DecimalText, Source, plain_path};
pub use source_change::{SourceChange, SourceDecision};
pub use source_format::SourceFormat;
pub use source_table::SourceTable;
pub use start::Start;
pub use table_name::TableName;
pub use utc::{day_of, utc_text};
pub use value_form::{BinaryText, SourceZone, TextEncoding, TimeUnit};
pub use written_answer::WrittenAnswer;
