//! What one commit does to a table, put together step by step.

use crate::delta::app_id::AppId;
use crate::delta::commit_info::CommitInfo;
use crate::delta::new_file::NewFile;
use crate::delta::operation::Operation;
use crate::delta::snapshot::{DataFile, Snapshot};
use crate::delta::table::DeltaStore;
use crate::delta::writer_vectors::UpdatedFile;
use arrow::datatypes::SchemaRef;

/// What makes a commit the same when it is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionId {
    /// Who commits.
    pub app: AppId,
    /// Number of the batch, growing per application.
    pub number: i64,
    /// Hash of everything that decides the content, so that a number is never used for two contents.
    pub content_hash: String,
}

impl TransactionId {
    /// The same for every attempt at one number with one content, in the form of a UUID.
    pub(crate) fn operation_id(&self) -> String {
        let text = format!("{}\n{}\n{}", self.app, self.number, self.content_hash);
        let hex = blake3::hash(text.as_bytes()).to_hex();
        format!("{}-{}-8{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
    }
}

/// A commit under way. Nothing of it is visible before [`Transaction::commit`].
#[must_use = "a transaction does nothing until it is committed"]
#[derive(Clone, Debug)]
pub struct Transaction {
    pub(crate) store: DeltaStore,
    pub(crate) base: Snapshot,
    pub(crate) id: TransactionId,
    pub(crate) operation: Operation,
    pub(crate) add: Vec<NewFile>,
    pub(crate) remove: Vec<DataFile>,
    pub(crate) update: Vec<UpdatedFile>,
    /// All files of the table after the commit.
    pub(crate) becomes: Option<Vec<DataFile>>,
    pub(crate) schema: Option<SchemaRef>,
    pub(crate) info: CommitInfo,
    pub(crate) changes_rows: bool,
    /// Numbers of other applications that hold from this commit on.
    pub(crate) numbers: Vec<(AppId, i64)>,
}

impl DeltaStore {
    /// Begins a commit on the version that was read; it is made on exactly this one or not at all.
    pub fn transaction(&self, base: &Snapshot, id: TransactionId, operation: Operation) -> Transaction {
        Transaction {
            store: self.clone(),
            base: base.clone(),
            id,
            operation,
            add: Vec::new(),
            remove: Vec::new(),
            update: Vec::new(),
            becomes: None,
            schema: None,
            info: CommitInfo::default(),
            changes_rows: true,
            numbers: Vec::new(),
        }
    }
}

impl Transaction {
    /// Files that become visible.
    #[expect(clippy::should_implement_trait, reason = "the name of the action in the Delta log")]
    pub fn add(mut self, files: impl IntoIterator<Item = NewFile>) -> Self {
        self.add.extend(files);
        self
    }

    /// Files that disappear.
    pub fn remove(mut self, files: impl IntoIterator<Item = DataFile>) -> Self {
        self.remove.extend(files);
        self
    }

    /// Files whose deletion vector grows, by [`crate::TableWriter::write_deletion_vectors`]. An added file may
    /// be among them; it becomes visible with the vector.
    pub fn update(mut self, files: impl IntoIterator<Item = UpdatedFile>) -> Self {
        self.update.extend(files);
        self
    }

    /// The files that the table has afterwards, in the place of all that it has: those of a version of another table
    /// whose files are here ([`crate::Lake::take_over`]).
    pub fn becomes(mut self, files: Vec<DataFile>) -> Self {
        self.becomes = Some(files);
        self
    }

    /// New columns of the table; `None` leaves them. Rewrite the files if a column's type changes: readers
    /// may refuse to widen.
    pub fn schema(mut self, schema: Option<SchemaRef>) -> Self {
        self.schema = schema;
        self
    }

    /// What the commit says of itself. The entries that the transaction knows (operation id, content hash,
    /// application, number, lease) are set by it.
    pub fn info(mut self, info: CommitInfo) -> Self {
        self.info = info;
        self
    }

    /// Puts right the numbers of other applications of Sluice's that another program wrote.
    pub fn numbers(mut self, numbers: impl IntoIterator<Item = (AppId, i64)>) -> Self {
        self.numbers.extend(numbers);
        self
    }

    /// The rows stay as they are, only files, columns or the information change.
    pub fn keeps_rows(mut self) -> Self {
        self.changes_rows = false;
        self
    }
}
