//! What can go wrong in the lake.

use deltalake::DeltaTableError;
use deltalake::kernel::transaction::TransactionError;
use object_store::client::{HttpError, HttpErrorKind};
use parquet::errors::ParquetError;

/// The error below, kept whole for the log; never shown by [`LakeError`] itself.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What went wrong and where; the place comes last. Display never repeats the source, and an
/// address is shown without user, password and query.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LakeError {
    /// The address of a lake or source is not a folder, `file://` or `s3://` address.
    #[error("this address cannot be used, {reason}: {url}")]
    BadUrl {
        /// Why.
        reason: &'static str,
        /// Address, redacted.
        url: String,
    },
    /// The store behind an address could not be opened (credentials, region, endpoint, folder).
    #[error("the store cannot be opened: {url}")]
    Open {
        /// Cause.
        source: Cause,
        /// Address, redacted.
        url: String,
    },
    /// The address has nothing of a lake: a word of it may be mistyped.
    #[error("there is no lake at {url}")]
    NoLake {
        /// Address, redacted.
        url: String,
    },
    /// The store ignores the condition of a conditional put, so that two writers could overwrite
    /// each other.
    #[error("the store does not honour conditional writes (If-None-Match), Sluice cannot write safely to it: {url}")]
    NoConditionalPut {
        /// Address, redacted.
        url: String,
    },
    /// The name of a sandbox has other characters than small letters, digits, `-` and `_`.
    #[error("a sandbox cannot have this name, use up to 64 small letters, digits, - and _: {path}")]
    SandboxName {
        /// Name.
        path: String,
    },
    /// The lake has a sandbox of this name.
    #[error("the lake has a sandbox of this name already: {path}")]
    SandboxExists {
        /// Name.
        path: String,
    },
    /// The lake has no sandbox of this name.
    #[error("the lake has no sandbox of this name: {path}")]
    NoSandbox {
        /// Name.
        path: String,
    },
    /// The folder of a new sandbox has files.
    #[error("a sandbox needs an empty folder, this one has files: {url}")]
    SandboxPlace {
        /// Address, redacted.
        url: String,
    },
    /// A sandbox of a sandbox.
    #[error("{name} is a sandbox itself, sandboxes are made of its lake: {url}")]
    NestedSandbox {
        /// Name of the open sandbox.
        name: String,
        /// Address of its lake, redacted.
        url: String,
    },
    /// Making the sandbox was interrupted.
    #[error("the sandbox was not finished when it was made: {path}")]
    SandboxUnfinished {
        /// Name.
        path: String,
    },
    /// The lake of a sandbox is gone or was moved.
    #[error("the lake of sandbox {name} is not there: {url}")]
    SandboxWithoutBase {
        /// Name.
        name: String,
        /// Address of the lake, redacted.
        url: String,
    },
    /// The lake does not know the sandbox, or no longer keeps what it needs.
    #[error("sandbox {name} has expired or was removed, its lake may have cleaned up what it needs: {url}")]
    SandboxClosed {
        /// Name.
        name: String,
        /// Address of the lake, redacted.
        url: String,
    },
    /// A path is empty, absolute where it may not be, or leaves its folder.
    #[error("the path is not allowed here, it is empty or leaves its folder: {path}")]
    BadPath {
        /// Path.
        path: String,
    },
    /// A path or a link of a lake's file leads out of the lake, to a place that its settings do not allow.
    #[error("{path} leads out of the lake, which its settings do not allow: {place}")]
    Outside {
        /// Path as the lake names it.
        path: String,
        /// Where it leads, redacted.
        place: String,
    },
    /// Nothing is there.
    #[error("there is no such file: {path}")]
    NotFound {
        /// Path.
        path: String,
    },
    /// A folder could not be listed.
    #[error("the folder cannot be listed: {path}")]
    List {
        /// Cause.
        source: Cause,
        /// Path.
        path: String,
    },
    /// A file could not be read.
    #[error("the file cannot be read: {path}")]
    Read {
        /// Cause.
        source: Cause,
        /// Path.
        path: String,
    },
    /// A file could not be written; whether it was is unknown.
    #[error("the file cannot be written: {path}")]
    Write {
        /// Cause.
        source: Cause,
        /// Path.
        path: String,
    },
    /// A file could not be removed.
    #[error("the file cannot be removed: {path}")]
    Delete {
        /// Cause.
        source: Cause,
        /// Path.
        path: String,
    },
    /// A file of Sluice's own does not hold what it should.
    #[error("the file is corrupt: {reason}: {path}")]
    Corrupt {
        /// What is wrong.
        reason: String,
        /// Path.
        path: String,
    },
    /// The settings of the lake have a mistake: a rule that cannot be read is not taken for none.
    #[error("the settings of the lake have a mistake, {reason}: {path}")]
    Settings {
        /// What is wrong, where, and the fix.
        reason: String,
        /// Path.
        path: String,
    },
    /// A data file is not what was written: its bytes have another hash than the log says.
    #[error("the data file is damaged, its content is not what was written: {path}")]
    Damaged {
        /// File.
        path: String,
    },
    /// A table's log could not be read.
    #[error("the table cannot be opened: {path}")]
    OpenTable {
        /// Cause.
        source: Cause,
        /// Folder of the table.
        path: String,
    },
    /// A version that the table does not have (any more).
    #[error("the table has no version {version}: {path}")]
    NoVersion {
        /// Version asked for.
        version: u64,
        /// Folder of the table.
        path: String,
    },
    /// A table that has to exist does not.
    #[error("the table does not exist: {path}")]
    NoTable {
        /// Folder of the table.
        path: String,
    },
    /// A table could not be created.
    #[error("the table cannot be created: {path}")]
    CreateTable {
        /// Cause.
        source: Cause,
        /// Folder of the table.
        path: String,
    },
    /// Arrow columns that Delta has no type for.
    #[error("the columns do not fit a Delta table: {path}")]
    Schema {
        /// Cause.
        source: Cause,
        /// Folder of the table.
        path: String,
    },
    /// Rows could not be encoded as Parquet.
    #[error("the rows cannot be encoded: {path}")]
    Encode {
        /// Cause.
        source: Cause,
        /// File or folder of the table.
        path: String,
    },
    /// A Parquet file could not be decoded.
    #[error("the data file cannot be decoded: {path}")]
    Decode {
        /// Cause.
        source: Cause,
        /// File.
        path: String,
    },
    /// A commit failed and the log shows that it did not happen; it may be tried again.
    #[error("the commit failed and nothing was written to the log: {path}")]
    Commit {
        /// Cause.
        source: Cause,
        /// Folder of the table.
        path: String,
    },
    /// A commit failed and the log could not be read again, so nobody knows whether it happened.
    /// Trying the same batch again is safe.
    #[error("the outcome of the commit is unknown, the log cannot be read: {path}")]
    CommitUnknown {
        /// Cause of the failed reading.
        source: Cause,
        /// Folder of the table.
        path: String,
    },
    /// The table needs a feature of the Delta protocol that Sluice cannot write.
    #[error("Sluice cannot write to this table, its protocol does not allow it: {path}")]
    NotWritable {
        /// Cause.
        source: Cause,
        /// Folder of the table.
        path: String,
    },
    /// Another program switched something on that Sluice does not keep to when it writes.
    #[error("another program switched on {feature}, which Sluice does not keep to when it writes: {path}")]
    ForeignFeature {
        /// What, as people call it.
        feature: String,
        /// How it is switched off; `None` if that is not possible in place.
        fix: Option<String>,
        /// Folder of the table.
        path: String,
    },
    /// Files that a commit was about to make visible are gone: it is so late that they were taken for unused.
    #[error("the commit comes too late, its files were removed as unused: {path}")]
    FilesGone {
        /// The first of the files.
        path: String,
    },
    /// The batch number was used for other content: two lakes' ledgers were mixed, or a file of the
    /// batch changed. `BATCH_ID_REUSED`.
    #[error(
        "BATCH_ID_REUSED: batch {batch} of {app_id} is in the table with other content (version {version}): {path}"
    )]
    BatchIdReused {
        /// Application id.
        app_id: String,
        /// Batch.
        batch: i64,
        /// Version that holds it.
        version: u64,
        /// Folder of the table.
        path: String,
    },
    /// `delta.setTransactionRetentionDuration` is set, so batch numbers would be forgotten.
    #[error(
        "the table forgets batch numbers (delta.setTransactionRetentionDuration is set), remove the property first: {path}"
    )]
    TransactionRetention {
        /// Folder of the table.
        path: String,
    },
    /// Another writer has the table.
    #[error("the table is being written by {holder} (lease {epoch}): {path}")]
    Held {
        /// Who.
        holder: String,
        /// Number of its lease.
        epoch: u64,
        /// Table.
        path: String,
    },
    /// A lease has a number that no other can follow: its file was not written by Sluice, or is damaged.
    #[error("no lease can follow the one with this number: {path}")]
    LastLease {
        /// The lease's file.
        path: String,
    },
    /// This writer was taken for dead, and another one has taken the table over.
    #[error("another writer has taken the table over (lease {newest}, this one had {epoch}): {path}")]
    Fenced {
        /// Number of the newest lease.
        newest: u64,
        /// Number of this writer's lease.
        epoch: u64,
        /// Table.
        path: String,
    },
    /// A data file lies outside of its table.
    #[error("the table's log names a file outside of the table: {path}")]
    ForeignPath {
        /// Path as the log has it.
        path: String,
    },
    /// Another program gave the table a feature of Delta with which its files alone are not its rows.
    #[error("the table uses a feature of Delta that Sluice does not read, {feature}: {path}")]
    UnreadFeature {
        /// What, as people call it, or by the protocol's name.
        feature: String,
        /// How it is switched off; `None` if that is not possible in place.
        fix: Option<String>,
        /// Folder of the table.
        path: String,
    },
    /// A background task was cancelled.
    #[error("the background task was cancelled: {path}")]
    Stopped {
        /// File or folder.
        path: String,
    },
}

impl LakeError {
    /// Whether the same call may succeed later without anyone changing anything.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        if is_timeout_or_unreachable(self) {
            return true;
        }
        match self {
            Self::Open { source, .. }
            | Self::List { source, .. }
            | Self::Read { source, .. }
            | Self::Write { source, .. }
            | Self::Delete { source, .. }
            | Self::OpenTable { source, .. }
            | Self::CreateTable { source, .. }
            | Self::Decode { source, .. } => cause_is_retryable(source.as_ref()),
            Self::Commit { .. }
            | Self::CommitUnknown { .. }
            | Self::Held { .. }
            | Self::Fenced { .. }
            | Self::FilesGone { .. } => true,
            Self::BadUrl { .. }
            | Self::NoLake { .. }
            | Self::NoConditionalPut { .. }
            | Self::BadPath { .. }
            | Self::Outside { .. }
            | Self::Settings { .. }
            | Self::NotFound { .. }
            | Self::Corrupt { .. }
            | Self::Damaged { .. }
            | Self::NoVersion { .. }
            | Self::NoTable { .. }
            | Self::Schema { .. }
            | Self::Encode { .. }
            | Self::NotWritable { .. }
            | Self::ForeignFeature { .. }
            | Self::BatchIdReused { .. }
            | Self::TransactionRetention { .. }
            | Self::ForeignPath { .. }
            | Self::UnreadFeature { .. }
            | Self::LastLease { .. }
            | Self::SandboxName { .. }
            | Self::SandboxExists { .. }
            | Self::NoSandbox { .. }
            | Self::SandboxPlace { .. }
            | Self::NestedSandbox { .. }
            | Self::SandboxUnfinished { .. }
            | Self::SandboxWithoutBase { .. }
            | Self::SandboxClosed { .. }
            | Self::Stopped { .. } => false,
        }
    }
}

/// Whether a store could not be reached or did not answer in time, somewhere below an error. The request
/// may have arrived all the same.
#[must_use]
pub fn is_timeout_or_unreachable(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<HttpError>().map(HttpError::kind);
        if matches!(kind, Some(HttpErrorKind::Connect | HttpErrorKind::Timeout)) {
            return true;
        }
        cause = error.source();
        // The Delta kernel keeps the words of the store's error and not the error.
        if cause.is_none() && error.to_string().contains(NOT_SENT) {
            return true;
        }
    }
    false
}

/// What the store's client says of a request that got no answer at all.
const NOT_SENT: &str = "HTTP error: error sending request";

/// Network trouble and a full disk pass; wrong names, missing rights and broken content do not.
fn cause_is_retryable(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    if let Some(error) = cause.downcast_ref::<object_store::Error>() {
        return store_is_retryable(error);
    }
    if let Some(ParquetError::External(inner)) = cause.downcast_ref::<ParquetError>() {
        return inner.downcast_ref::<object_store::Error>().is_some_and(store_is_retryable);
    }
    match cause.downcast_ref::<DeltaTableError>() {
        Some(DeltaTableError::ObjectStore { source }) => store_is_retryable(source),
        Some(DeltaTableError::Transaction { source: TransactionError::ObjectStore { source } }) => {
            store_is_retryable(source)
        }
        Some(_) => false,
        None => cause.downcast_ref::<std::io::Error>().is_some(),
    }
}

fn store_is_retryable(error: &object_store::Error) -> bool {
    matches!(error, object_store::Error::Generic { .. } | object_store::Error::JoinError { .. })
}

/// An address without user, password, query and fragment, fit for a message.
pub(crate) fn redact(url: &str) -> String {
    let end = if url.contains("://") { url.find(['?', '#']).unwrap_or(url.len()) } else { url.len() };
    let shown = &url[..end];
    match shown.split_once("://") {
        Some((scheme, rest)) => {
            let host_end = rest.find('/').unwrap_or(rest.len());
            match rest[..host_end].rfind('@') {
                Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
                None => shown.to_owned(),
            }
        }
        None => shown.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{LakeError, redact};

    #[test]
    fn an_address_is_shown_without_secrets() {
        assert_eq!(redact("s3://id:key@bucket/lake?X-Amz-Signature=abc#f"), "s3://bucket/lake");
        assert_eq!(redact("s3://bucket/a@b"), "s3://bucket/a@b");
        assert_eq!(redact("/data/what?"), "/data/what?");
    }

    #[test]
    fn display_does_not_repeat_the_source() {
        let source = object_store::Error::Generic { store: "S3", source: "the secret cause".into() };
        let error = LakeError::Read { source: Box::new(source), path: "landing/a.json".to_owned() };
        assert_eq!(error.to_string(), "the file cannot be read: landing/a.json");
        assert!(error.is_retryable());
        let source = object_store::Error::PermissionDenied { path: "a".to_owned(), source: "no".into() };
        assert!(!LakeError::Read { source: Box::new(source), path: "a".to_owned() }.is_retryable());
    }
}
