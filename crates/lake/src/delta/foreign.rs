//! Commits of other programs, which silver and bronze do not expect.
//!
//! Silver is what the change events make of it, and its batches are counted by the `txn` actions of its log. Another
//! program that deletes rows, restores an older version or writes a `txn` of Sluice's breaks that without an error: the
//! batches are in the log, so nobody applies them again. What such a program does to files alone (`OPTIMIZE`, `VACUUM`,
//! a checkpoint) or to properties is as good as if Sluice had done it.

use crate::LakeError;
use crate::delta::app_id::AppId;
use crate::delta::commit_info::CommitInfo;
use crate::delta::foreign_commit::{ForeignChange, ForeignCommit};
use crate::delta::log::{READS_AT_ONCE, entry_bytes};
use crate::delta::table::DeltaStore;
use crate::error::Cause;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStore;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Entries that are looked at in a log in which no commit says how far it was looked through before.
const LOOKED_AT_MAX: u64 = 200;
/// Characters of a name that another program gave itself or its operation.
const NAME_CHARS_MAX: usize = 80;

/// What a look through the newest entries of a log found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForeignCommits {
    /// Commits of other programs that nobody accepted, oldest first.
    pub commits: Vec<ForeignCommit>,
    /// The numbers that Sluice's own commits gave, of the applications whose number another program wrote; 0 where no
    /// readable commit of Sluice's has one.
    pub own_numbers: BTreeMap<String, i64>,
}

impl ForeignCommits {
    /// The number of an application by Sluice's own commits, if another program wrote one.
    #[must_use]
    pub fn own_number(&self, app: &AppId) -> Option<i64> {
        self.own_numbers.get(app.as_str()).copied()
    }
}

/// What an entry does, as far as it matters here.
#[derive(Debug, Default)]
struct Entry {
    is_own: bool,
    checked: Option<u64>,
    operation: String,
    program: String,
    changes_rows: bool,
    /// It adds or removes files and says of all of them that this changes no row.
    moves_rows: bool,
    has_metadata: bool,
    /// Numbers of Sluice's applications.
    numbers: BTreeMap<String, i64>,
    /// The lake that it was made in, if it says so.
    lake: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    commit_info: Option<Map<String, Value>>,
    add: Option<FileAction>,
    remove: Option<FileAction>,
    meta_data: Option<serde::de::IgnoredAny>,
    txn: Option<Txn>,
}

/// `dataChange` is required; an action without it may change anything.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FileAction {
    #[serde(default = "changes_unless_said")]
    data_change: bool,
}

fn changes_unless_said() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Txn {
    app_id: String,
    version: i64,
}

impl DeltaStore {
    /// Looks for commits of other programs up to a version that change rows, columns or the numbers of Sluice's
    /// batches. Entries up to `known` are not looked at, nor those that an own commit was made after
    /// ([`CommitInfo::checked`]): usually that leaves the newest entry alone.
    ///
    /// Commits of every version of Sluice are its own, unless they say that they were made in another lake.
    ///
    /// # Errors
    /// [`LakeError::OpenTable`].
    pub async fn foreign_commits(&self, version: u64, known: Option<u64>) -> Result<ForeignCommits, LakeError> {
        let log_store = self.files.log_store()?;
        let store = log_store.object_store(None);
        let failed = |source| self.files.cannot_open(source);
        let ours = self.files.tables.identity.known().await?;
        let mut walk = Walk::default();
        // The first version that has to be looked at.
        let mut first = known.map_or(0, |known| known.saturating_add(1)).max(version.saturating_sub(LOOKED_AT_MAX));
        let mut next = Some(version);
        let mut at_once = 1;
        while let Some(newest) = next.filter(|newest| *newest >= first || walk.lacks_numbers()) {
            let read = (0..=newest).rev().take(at_once).map(|version| read(store.as_ref(), version));
            let mut entries = futures::stream::iter(read).buffered(READS_AT_ONCE);
            at_once = READS_AT_ONCE;
            while let Some((version, entry)) = entries.try_next().await.map_err(failed)? {
                next = version.checked_sub(1);
                // The log was cleaned up to here.
                let Some(entry) = entry else { return Ok(walk.finish()) };
                // Its log is that of another table: what is below says nothing of this one.
                if entry.lake.is_some() && ours.is_some() && entry.lake != ours && version >= first {
                    walk.written.extend(entry.numbers.into_keys());
                    let Entry { operation, program, .. } = entry;
                    walk.commits.push(ForeignCommit { version, operation, program, change: ForeignChange::Lake });
                    return Ok(walk.finish());
                }
                if entry.is_own {
                    first = entry.checked.map_or(first, |checked| first.max(checked.saturating_add(1)));
                    for (app, number) in entry.numbers {
                        walk.own.entry(app).or_insert(number);
                    }
                } else if version >= first {
                    self.judge(version, entry, &mut walk).await?;
                }
                if version <= first && !walk.lacks_numbers() {
                    return Ok(walk.finish());
                }
            }
        }
        Ok(walk.finish())
    }

    async fn judge(&self, version: u64, entry: Entry, walk: &mut Walk) -> Result<(), LakeError> {
        let change = match &entry {
            Entry { changes_rows: true, .. } => ForeignChange::Rows,
            Entry { moves_rows: true, .. } if self.rows_changed(version).await => ForeignChange::Rows,
            Entry { numbers, .. } if !numbers.is_empty() => ForeignChange::Batches,
            Entry { has_metadata: true, .. } if self.columns_changed(version).await? => ForeignChange::Columns,
            Entry { .. } => return Ok(()),
        };
        walk.written.extend(entry.numbers.into_keys());
        let Entry { operation, program, .. } = entry;
        walk.commits.push(ForeignCommit { version, operation, program, change });
        Ok(())
    }

    /// Whether a version has more or fewer rows than the one before it, as far as both can be read.
    async fn rows_changed(&self, version: u64) -> bool {
        let Some(before) = version.checked_sub(1) else { return false };
        match (self.snapshot(Some(before)).await, self.snapshot(Some(version)).await) {
            (Ok(Some(before)), Ok(Some(after))) => before.rows() != after.rows(),
            _ => false,
        }
    }

    /// Whether a version has other columns than the one before it.
    async fn columns_changed(&self, version: u64) -> Result<bool, LakeError> {
        let Some(before) = version.checked_sub(1) else { return Ok(false) };
        let (before, after) = (self.snapshot(Some(before)).await, self.snapshot(Some(version)).await);
        match (before, after) {
            (Ok(Some(before)), Ok(Some(after))) => Ok(before.schema.fields() != after.schema.fields()),
            // A version that is not readable any more has been the latest since, and nobody minded.
            (Err(LakeError::NoVersion { .. }) | Ok(None), _) | (_, Err(LakeError::NoVersion { .. }) | Ok(None)) => {
                Ok(false)
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    }
}

/// A look through a log, newest entry first.
#[derive(Debug, Default)]
struct Walk {
    commits: Vec<ForeignCommit>,
    /// Applications of Sluice's whose number another program wrote.
    written: BTreeSet<String>,
    /// The newest numbers that Sluice's own commits gave.
    own: BTreeMap<String, i64>,
}

impl Walk {
    fn lacks_numbers(&self) -> bool {
        self.written.iter().any(|app| !self.own.contains_key(app))
    }

    fn finish(mut self) -> ForeignCommits {
        self.commits.sort_by_key(|commit| commit.version);
        let own = |app: String| (self.own.get(&app).copied().unwrap_or(0), app);
        let own_numbers = self.written.into_iter().map(own).map(|(number, app)| (app, number)).collect();
        ForeignCommits { commits: self.commits, own_numbers }
    }
}

async fn read(store: &dyn ObjectStore, version: u64) -> Result<(u64, Option<Entry>), Cause> {
    let bytes = entry_bytes(store, version).await?;
    Ok((version, bytes.as_ref().map(parse).transpose()?))
}

fn parse(bytes: &Bytes) -> Result<Entry, Cause> {
    let mut entry = Entry { operation: "a commit without a name".to_owned(), ..Entry::default() };
    "a program that does not say its name".clone_into(&mut entry.program);
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        let line: Line = serde_json::from_slice(line)?;
        for file in [line.add, line.remove].into_iter().flatten() {
            entry.changes_rows |= file.data_change;
            entry.moves_rows |= !file.data_change;
        }
        entry.has_metadata |= line.meta_data.is_some();
        if let Some(txn) = line.txn.filter(|txn| AppId::is_own(&txn.app_id)) {
            entry.numbers.insert(txn.app_id, txn.version);
        }
        if let Some(info) = line.commit_info {
            if let Some(operation) = info.get("operation").and_then(Value::as_str) {
                entry.operation = shown(operation);
            }
            if let Some(program) = info.get("engineInfo").and_then(Value::as_str) {
                entry.program = shown(program);
            }
            let info = CommitInfo::of_entries(info);
            entry.is_own = info.is_own();
            entry.checked = info.checked;
            entry.lake = info.lake;
        }
    }
    entry.is_own |= entry.program.starts_with("sluice/");
    Ok(entry)
}

/// What another program wrote, fit for one line.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::parse;
    use bytes::Bytes;

    fn entry(lines: &[&str]) -> super::Entry {
        parse(&Bytes::from(lines.join("\n"))).unwrap()
    }

    #[test]
    fn an_entry_is_judged_by_what_it_does() {
        let optimized = entry(&[
            r#"{"add":{"path":"a","dataChange":false}}"#,
            r#"{"remove":{"path":"b","dataChange":false}}"#,
            r#"{"commitInfo":{"operation":"OPTIMIZE","engineInfo":"Spark"}}"#,
        ]);
        assert!(!optimized.changes_rows && !optimized.is_own && !optimized.has_metadata);
        let deleted = entry(&[r#"{"remove":{"path":"b","dataChange":true}}"#]);
        assert!(deleted.changes_rows && !deleted.is_own);
        assert!(entry(&[r#"{"remove":{"path":"b"}}"#]).changes_rows, "an action that does not say may change rows");
        let jumped = entry(&[r#"{"txn":{"appId":"sluice.silver.a.b","version":1000}}"#]);
        assert_eq!(jumped.numbers["sluice.silver.a.b"], 1000);
        assert!(entry(&[r#"{"txn":{"appId":"theirs","version":3}}"#]).numbers.is_empty());
    }

    #[test]
    fn commits_of_every_version_of_sluice_are_its_own() {
        for info in [
            r#"{"commitInfo":{"operation":"MERGE","sluice.operationId":"x"}}"#,
            r#"{"commitInfo":{"operation":"CREATE TABLE","engineInfo":"sluice/0.1.0"}}"#,
            r#"{"commitInfo":{"operation":"MERGE","sluice.appId":"sluice.silver.a.b","sluice.checked":7}}"#,
        ] {
            assert!(entry(&[info]).is_own, "{info}");
        }
        assert!(!entry(&[r#"{"commitInfo":{"operation":"WRITE","engineInfo":"delta-rs:1"}}"#]).is_own);
    }

    #[test]
    fn names_fit_in_one_line() {
        let long = format!("{{\"commitInfo\":{{\"engineInfo\":\"a\\nb{}\"}}}}", "x".repeat(500));
        assert_eq!(entry(&[&long]).program.chars().count(), 80);
        assert!(entry(&[&long]).program.starts_with("abx"));
    }
}
