//! What is wrong with a change feed.

use serde::{Deserialize, Serialize};
use sluice_contract::RecordNumber;
use sluice_contract::TableName;
use std::collections::BTreeMap;

/// How much a finding matters. Ordered: the worst is the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingSeverity {
    /// Nothing is wrong in silver; good to know.
    Info,
    /// Silver may differ from the source.
    Warning,
    /// Records are lost, or cannot be put in order.
    Error,
}

impl FindingSeverity {
    /// The word for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

macro_rules! findings {
    ($($(#[doc = $doc:literal])+ $variant:ident $check:literal $code:literal $severity:ident $sentence:literal $advice:literal,)+) => {
        /// What the doctor can find. Each is of one of the [`FEED_CHECKS`] checks; codes are documented and never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum FindingCode { $($(#[doc = $doc])+ $variant,)+ }

        impl FindingCode {
            /// All of them, in the order of the checks.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Number of its check, from 1.
            #[must_use]
            pub fn check(self) -> u8 { match self { $(Self::$variant => $check),+ } }

            /// The code in capitals.
            #[must_use]
            pub fn as_str(self) -> &'static str { match self { $(Self::$variant => $code),+ } }

            /// How much it matters.
            #[must_use]
            pub fn severity(self) -> FindingSeverity { match self { $(Self::$variant => FindingSeverity::$severity),+ } }

            /// What it means, one sentence for people.
            #[must_use]
            pub fn sentence(self) -> &'static str { match self { $(Self::$variant => $sentence),+ } }

            /// What to do about it.
            #[must_use]
            pub fn advice(self) -> &'static str { match self { $(Self::$variant => $advice),+ } }
        }
    };
}

/// Number of checks.
pub const FEED_CHECKS: u8 = 26;

findings! {
    /// An operation that the format does not know, or none.
    UnknownOperation 1 "UNKNOWN_OPERATION" Error
        "Records have no operation, or one that the format does not know"
        "Look at the records; if the source has a word of its own for deletes, write `apply.delete_when` in the contract",
    /// A file deletes far more than any other.
    OperationShift 1 "OPERATION_SHIFT" Warning
        "One file deletes many times more rows than any other"
        "Ask the source whether it meant to; `sluice history` shows the rows that are gone",
    /// A key column is null or absent.
    MissingKey 2 "MISSING_KEY" Error
        "Records have no value in a column of the key"
        "Correct `apply.key` if the column is no part of the key; else the source has to deliver these records again",
    /// A position is null, absent or unreadable.
    MissingSeq 3 "MISSING_SEQ" Error
        "Records have no position, or one that cannot be read, so their order is unknown"
        "Name in `apply.sequence` what orders the events; records without it stay in quarantine",
    /// Different events of one key at one position.
    SeqConflict 4 "SEQ_CONFLICT" Warning
        "Two different events of one key have the same position, so the source does not say which is newer"
        "Add what tells them apart to `apply.sequence`, or choose with `apply.tie_policy`",
    /// Events that are older than those before them.
    OrderGoesBack 5 "ORDER_GOES_BACK" Warning
        "Events arrive behind newer ones; silver puts them in order"
        "Look for a producer with retries and more than one request in flight, or files that were put back",
    /// Positions of another log.
    PositionsRestart 6 "POSITIONS_RESTART" Error
        "Positions begin again or are of another log, so they cannot be compared with those before"
        "If the source was restored or replaced, write `source.restarts` in the contract, from the batch where it begins",
    /// Files between others are missing.
    FileGap 7 "FILE_GAP" Error
        "Files are missing between others"
        "Deliver the files again; until then later events of the same rows may look wrong, so the checks of them are not run",
    /// A file that is there twice, or was written again.
    DeliveredTwice 8 "DELIVERED_TWICE" Warning
        "A file was delivered again, under another name or with another content"
        "Silver takes repeated events once; look for a copy job that runs twice",
    /// A file that cannot be read to its end.
    TruncatedFile 9 "TRUNCATED_FILE" Error
        "Files are empty, damaged or end inside a record"
        "Deliver the file again; what could be read of it is taken",
    /// Files whose name says another compression than their content.
    MixedCompression 9 "MIXED_COMPRESSION" Info
        "The names of files say another compression than their content has"
        "Sluice reads them by their content; other readers will not. Correct the setting of the sink",
    /// Values that are not of their column's type.
    TypeMismatch 10 "TYPE_MISMATCH" Warning
        "Values are not of the type of their column, or change their type between files"
        "Change the type in the contract, or write `null_texts` or a `format` at the column",
    /// Records with other columns than those around them.
    ColumnsDiffer 10 "COLUMNS_DIFFER" Warning
        "Files have other columns than those before and after them"
        "Look whether two versions of the producer write into one folder",
    /// Folders `key=value` that no column is taken from.
    FolderUnused 10 "FOLDER_UNUSED" Warning
        "Folders say something that no column of silver has"
        "Take it as a column with `from_folder`; if nobody needs it, write its key into `source.ignored`",
    /// Changes of rows that cannot be changed.
    UnknownRow 11 "UNKNOWN_ROW" Warning
        "Inserts of rows that are there, or updates and deletes of rows that are not"
        "An event between is missing: compare with a dump of the source by `sluice doctor --with`, or take a new snapshot",
    /// A late event of a deleted key.
    LateAfterDelete 12 "LATE_AFTER_DELETE" Info
        "Events that are older than the delete of their row came after it; the row stays deleted"
        "Nothing: silver does not bring the row back. Readers that take the last event of a file do",
    /// An update whose row before is not what the event before it left.
    LostUpdate 13 "LOST_UPDATE" Error
        "The row before an update is not what the event before it left, so an update between is missing"
        "Take a new snapshot of the rows; look for a filter or a gap between source and files",
    /// Updates that lack the row before, among others that have it.
    BeforeMissing 13 "BEFORE_MISSING" Info
        "Some updates bring the row before and others do not"
        "Set the replica identity or the binlog row image of the source to full again",
    /// Updates that change the key.
    KeyChanged 14 "KEY_CHANGED" Warning
        "Updates change the key of their row in one event"
        "Silver deletes the former key (`apply.key_change: split`). Readers that do not know it keep both rows",
    /// A placeholder where a value should be.
    ValueNotSent 15 "VALUE_NOT_SENT" Error
        "A placeholder is where a value should be, and no event before has the value"
        "Write the placeholder as `source.unavailable`, and take a new snapshot of rows whose value was never sent",
    /// Deletes cannot be seen.
    NoDeletes 16 "NO_DELETES" Warning
        "The feed cannot say that a row was deleted, so silver keeps every row for ever"
        "Have the source send deletes (`delete.tombstone.handling.mode=rewrite`), or write `apply.delete_when`; if rows are \
         only ever added, write `apply: {scd: append}`",
    /// One of several sources was truncated.
    SourceEmptied 16 "SOURCE_EMPTIED" Error
        "One of several sources was emptied, and its rows stay in silver: a truncate says nothing of the others"
        "Have the source delete its rows one by one, or leave them out with `apply.keep` on the name of the source",
    /// Rows of a full load that are newer than the changes.
    LoadAfterChanges 17 "LOAD_AFTER_CHANGES" Warning
        "Rows of a full load are newer than the changes of the same rows, which count as later"
        "The table was loaded again: write `source.restarts` from the batch of the new load",
    /// A part of a transaction is missing.
    TransactionIncomplete 18 "TRANSACTION_INCOMPLETE" Error
        "Transactions lack some of their events"
        "Deliver the missing records again; look for a filter or a topic that loses records",
    /// Times in another unit, or of no time.
    TimeUnit 19 "TIME_UNIT" Warning
        "Times are in another unit than the rest of their column, or some lack the zone that others have"
        "Write `unit` or `time_zone` in the contract; if the source mixes them, it has to be corrected there",
    /// Values that lost something on the way.
    ValueDamaged 20 "VALUE_DAMAGED" Warning
        "Values do not fit, were cut off, or lost letters on the way"
        "Make the type in the contract wider, or correct the limit or the encoding of the tool that writes the files",
    /// Records that are no rows.
    ControlRecord 21 "CONTROL_RECORD" Info
        "Heartbeats, statements or marks of transactions are mixed with the data; they are left out"
        "Nothing, or send them to a topic or folder of their own",
    /// Rows differ from those of the source.
    Reconcile 22 "RECONCILE" Error
        "Rows differ from a dump of the source"
        "`sluice compare` shows the first differing rows",
    /// Versions of a row that exclude each other.
    HistoryOverlaps 23 "HISTORY_OVERLAPS" Error
        "Versions of a row overlap, last no time, or more than one of them is current"
        "`sluice replay --full-refresh` rebuilds silver from bronze",
    /// Silver is not what its events make.
    SilverDiffers 24 "SILVER_DIFFERS" Error
        "Silver is not what the events in bronze make"
        "`sluice verify` says whether a file is damaged, `sluice replay --full-refresh` rebuilds silver from bronze",
    /// The order of the contract is another one than that of a column which says when the row changed.
    OrderContradicted 25 "ORDER_CONTRADICTED" Warning
        "A column that says when a row changed goes back where the order of the contract goes on"
        "If that column is the clock of the source, and `apply.sequence` the time of arrival or of a copy, name the column in \
         `apply.sequence`: older values win otherwise",
    /// A history of a column that always changes.
    HistoryNoise 26 "HISTORY_NOISE" Warning
        "Nearly all versions of the history differ from the one before in one column alone"
        "If it is a technical column, such as the time of a copy, leave it out with `apply.track_history_except`",
}

/// What the doctor says of one feed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DoctorReport {
    /// Its table: of a folder without a contract, the name that onboarding proposes.
    pub table: TableName,
    /// Folder or files that were read.
    pub source: String,
    /// Whether a contract says how to read it; else the one that onboarding proposes was used.
    pub onboarded: bool,
    /// The whole in one sentence.
    pub verdict: String,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// Checks that ran and found nothing, by number.
    pub passed: Vec<u8>,
    /// Checks that could not run, by number, each with the reason.
    pub not_run: BTreeMap<u8, String>,
    /// Records that were read, those in quarantine too.
    pub records: u64,
    /// Files that were read.
    pub files: u64,
    /// Files that wait for the next batch, which were not read.
    pub files_waiting: u64,
    /// First and last batch that were read; `None` for a folder.
    pub batches: Option<(u64, u64)>,
    /// How long it took, milliseconds.
    pub elapsed_ms: u64,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What was found.
    pub code: FindingCode,
    /// How much it matters.
    pub severity: FindingSeverity,
    /// What it means.
    pub sentence: String,
    /// Records concerned; files, where the finding is about files.
    pub count: u64,
    /// How many by batch; of a folder, by the number of the file in the order of reading, from 1.
    pub by_batch: BTreeMap<u64, u64>,
    /// The first places.
    pub examples: Vec<FindingExample>,
    /// What to do.
    pub advice: String,
    /// The section of the help: `docs/guides/doctor.md#…`.
    pub help: String,
}

/// One place of a finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FindingExample {
    /// Batch; `None` in a folder.
    pub batch: Option<u64>,
    /// File.
    pub file: String,
    /// Record in the file; `None`: the file as a whole.
    pub record: Option<RecordNumber>,
    /// What is there. No value of a row.
    pub detail: String,
    /// The record as delivered, personal data masked; empty where there is none.
    pub record_text: String,
}

#[cfg(test)]
mod tests {
    use super::{FEED_CHECKS, FindingCode};
    use std::collections::BTreeSet;

    #[test]
    fn every_check_finds_something_and_has_its_section_of_help() {
        let numbers: BTreeSet<u8> = FindingCode::ALL.iter().map(|code| code.check()).collect();
        assert!(numbers.into_iter().eq(1..=FEED_CHECKS));
        // Cargo runs a test in the folder of its package.
        let text = std::fs::read_to_string("../../docs/guides/doctor.md").unwrap();
        for code in FindingCode::ALL {
            let heading = format!("### {}\n", code.as_str());
            let section = text.split(&heading).nth(1).unwrap_or_else(|| panic!("{} has no section", code.as_str()));
            let section = section.split("\n#").next().unwrap();
            for part in ["What it means", "No finding", "What to do"] {
                assert!(section.contains(part), "{}: {part}", code.as_str());
            }
            let word = serde_json::to_string(code).unwrap();
            assert_eq!(word.trim_matches('"'), code.as_str());
        }
    }
}
