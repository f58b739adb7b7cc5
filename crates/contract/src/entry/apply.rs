//! The entries of `apply` and of `apply.from_snapshot`.

use super::declaration::{Entry, EntryValue, entries};
use super::text::{or_none, quoted, word, words};
use super::{Effect, Grade};
use crate::{Apply, ColumnSet, Condition, Contract, FromSnapshot};

const REBUILT: &str = "Silver is rebuilt from bronze";
const OTHER_DELETES: &str = "Other events count as deletes, so silver is rebuilt from bronze";
const OTHER_ROWS: &str = "Silver has other rows and columns and is rebuilt from bronze";
const OTHER_VALUES: &str = "The same events make other values, so silver is rebuilt from bronze";
const OTHER_VERSIONS: &str = "Versions begin elsewhere, so silver is rebuilt from bronze";
const SNAPSHOTS: &[&str] = &["source.format: dms_csv", "apply.from_snapshot.files: \"{version}/*\""];

fn set(columns: &ColumnSet) -> String {
    match columns {
        ColumnSet::All => "all".to_owned(),
        ColumnSet::Only(names) => words(names),
        ColumnSet::Except(names) => format!("all except {}", words(names)),
    }
}

fn condition(condition: Option<&Condition>) -> String {
    or_none(condition.map(|condition| format!("{} = {}", word(&condition.column), quoted(&condition.value))))
}

entries! {
    /// Entries of `apply`.
    APPLY of Apply, by texts with contract; {
    key: Entry::new("apply", &["key"], Effect::Rebuild)
        .what("key columns in order")
        .missing("columns with `primary_key: true`", "")
        .says(Grade::Breaking, REBUILT)
        .examples(&["key: [id, status]", "key: [status, id]"])
        => words(key);
    sequence: Entry::new("apply", &["sequence"], Effect::Rebuild)
        .what("what orders the events of a key, most significant first, at most four: a path into the record around the row (`source.lsn`, `transaction.total_order`, `record.pos`) or a column; in formats of plain rows (`parquet`, `csv`, …) the watermark, a column of `schema`")
        .missing("the format's own, see [formats](formats.md); required for plain rows that are neither snapshots nor appended", "")
        .says(Grade::Breaking, "The order rule decides winners, so silver is rebuilt from bronze")
        .examples(&["sequence: [amount]", "sequence: [ts_ms, source.lsn]"])
        => { let _ = sequence; words(&contract.sequence()) };
    delete_when: Entry::new("apply", &["delete_when"], Effect::Rebuild)
        .what("`\"column = 'text'\"`: such an event is a delete; the column `op` is the operation of the event, which rows of `parquet` and `csv` do not have")
        .missing("only the format's deletes", "none")
        .says(Grade::Breaking, OTHER_DELETES)
        .examples(&["delete_when: \"status = 'closed'\""])
        => condition(delete_when.as_ref());
    truncate_when: Entry::new("apply", &["truncate_when"], Effect::Rebuild)
        .what("the same for an event that empties the table: it removes every older event, also one that arrives later")
        .missing("only the format's truncates", "none")
        .says(Grade::Breaking, "Other events empty the table, so silver is rebuilt from bronze")
        .examples(&["truncate_when: \"status = 'emptied'\""])
        => condition(truncate_when.as_ref());
    keep: Entry::new("apply", &["keep"], Effect::Rebuild)
        .what("a condition on the columns of a row, `\"country = 'AT' and amount > 0\"`: rows for which it holds are in silver, see [light work](guides/light-work.md); bronze keeps all")
        .missing("every row", "none")
        .says(Grade::Breaking, "Other rows are kept: rows enter and leave, and silver is rebuilt from bronze where their newest events do not decide it")
        .examples(&["keep: \"status != 'paid'\"", "keep: \"amount > 20 or note is null\"", "keep: \"id in (1, 3, 6) and not status like 'new%'\""])
        .beside(&["apply.on_missing_base: insert_partial"])
        => or_none(keep.as_ref());
    delete_mode: Entry::new("apply", &["delete_mode"], Effect::Rebuild)
        .what("`hard`: the row is removed; `soft`: it stays, see below")
        .missing("`hard`", "hard")
        .says(Grade::Breaking, OTHER_ROWS)
        .examples(&["delete_mode: soft"])
        => delete_mode.as_str().to_owned();
    scd: Entry::new("apply", &["scd"], Effect::Rebuild)
        .what("`1`: the latest row per key; `2`: a row per version; `append`: a row per event; see below")
        .missing("`1`", "1")
        .says(Grade::Breaking, OTHER_ROWS)
        .examples(&["scd: 2", "scd: append"])
        => scd.as_str().to_owned();
    track_history: Entry::new("apply", &["track_history", "track_history_except"], Effect::Rebuild)
        .what("with `scd: 2`, the columns whose change makes a new version, or those whose change does not")
        .missing("all columns", "all")
        .says(Grade::Breaking, OTHER_VERSIONS)
        .examples(&["track_history: [status]", "track_history_except: [note]"])
        .beside(&["apply.scd: 2"])
        => set(track_history);
    tie_policy: Entry::new("apply", &["tie_policy"], Effect::Rebuild)
        .what("`content`, `by_file`, `last_in_file`, `first`, `error`, `quarantine`: which of two events at one position wins, see below")
        .missing("`content`; of rows without an operation `by_file`", "content")
        .says(Grade::Breaking, OTHER_VALUES)
        .examples(&["tie_policy: first", "tie_policy: last_in_file", "tie_policy: quarantine", "tie_policy: error"])
        => tie_policy.as_str().to_owned();
    ignore_nulls: Entry::new("apply", &["null_updates", "null_updates_columns", "null_updates_except"], Effect::Rebuild)
        .what("`null_updates: ignore`: a null in an update leaves the older value in place, in the columns of `null_updates_columns`, or in all but those of `null_updates_except` and the key; `overwrite`: null is a value")
        .missing("`overwrite`", "overwrite")
        .says(Grade::Breaking, OTHER_VALUES)
        .examples(&["null_updates: ignore", "null_updates_except: [status]", "null_updates_columns: [status]"])
        .beside(&["apply.null_updates: ignore"])
        => ignore_nulls.as_ref().map_or_else(|| "overwrite".to_owned(), |columns| format!("ignore {}", set(columns)));
    update_columns: Entry::new("apply", &["update_columns"], Effect::Rebuild)
        .what("member of the record that lists the columns which the record provides, as `[\"a\", \"b\"]` or `a, b`; the others keep what they have. Where it is null or missing the record provides all. Cannot be combined with `null_updates: ignore`")
        .missing("every record provides all it has", "none")
        .says(Grade::Breaking, OTHER_VALUES)
        .examples(&["update_columns: changed"])
        => or_none(update_columns.as_ref().map(|name| word(name)));
    key_change: Entry::new("apply", &["key_change"], Effect::Rebuild)
        .what("an event whose row had another key before; `split`: a delete of the former key and an upsert of the new one; `error`: it is in quarantine (`KEY_CHANGED`); see below")
        .missing("`split`", "split")
        .says(Grade::Breaking, OTHER_VALUES)
        .examples(&["key_change: error"])
        => key_change.as_str().to_owned();
    missing_base: Entry::new("apply", &["on_missing_base"], Effect::NewBatchesOnly)
        .what("an event that leaves out columns that no event has provided yet; `insert_partial`: they are null until an event fills them; `hold`: the batch waits, see below")
        .missing("`insert_partial`; beside `keep` `hold`", "insert_partial")
        .says(Grade::Warning, "Batches wait for the events before them, or no longer do")
        .examples(&["on_missing_base: hold"])
        => missing_base.as_str().to_owned();
    tombstone_retention: Entry::new("apply", &["tombstone_retention"], Effect::Rebuild)
        .what("`forever`, or a duration such as `30d`: how far before the newest event deletes are remembered, see below")
        .missing("`forever`", "forever")
        .says(Grade::Breaking, "Deletes are remembered for another time, so silver is rebuilt from bronze")
        .examples(&["tombstone_retention: 30d"])
        => tombstone_retention.map_or_else(|| "forever".to_owned(), |seconds| format!("{seconds} s"));
    from_snapshot: Entry::new("apply", &["from_snapshot"], Effect::Rebuild)
        .what("every delivery is a full snapshot of the table: `{files, column, complete_when, max_deleted_share}`, see below")
        .missing("deliveries are changes", "none")
        .says(Grade::Breaking, "Deliveries mean something else, so silver is rebuilt from bronze")
        .examples(&["from_snapshot: {files: \"{version}/*\"}"])
        .beside(&["source.format: dms_csv"])
        => if from_snapshot.is_some() { "declared" } else { "none" }.to_owned();
    mode: Entry::new("apply", &["mode"], Effect::NewBatchesOnly)
        .what("`deletion_vectors`: replaced rows are marked in a bitmap beside their file, so a small batch costs a small write; `copy_on_write`: files with replaced rows are written again, for readers without Delta's deletion vectors")
        .missing("`deletion_vectors`", "deletion_vectors")
        .says(Grade::Warning, "Readers need deletion vectors, or no longer do, from the next batch on")
        .examples(&["mode: copy_on_write"])
        => mode.as_str().to_owned();
    changes_table: Entry::new("apply", &["changes_table"], Effect::NewBatchesOnly)
        .what("`true`: beside the table `orders` there is `orders_changes` with one typed row for every event, see below")
        .missing("`false`", "false")
        .says(Grade::Info, "A table of every change is made from bronze, or is no longer kept")
        .examples(&["changes_table: true"])
        => changes_table.to_string();
    quarantine_limit: Entry::new("apply", &["quarantine_limit"], Effect::NewBatchesOnly)
        .what("share of a batch that may be in quarantine before the table stops, 0 to 1")
        .missing("`0.05`", "5 %")
        .says(Grade::Warning, "More or fewer rows may be in quarantine before the table stops")
        .examples(&["quarantine_limit: 0.5"])
        => format!("{} %", quarantine_limit * 100.0);
    }
    apart;
    also;
}

entries! {
    /// Entries of `apply.from_snapshot`.
    FROM_SNAPSHOT of FromSnapshot, by from_snapshot_texts with contract; {
    files: Entry::new("apply.from_snapshot", &["files"], Effect::Rebuild)
        .what("path below `source.path` with one placeholder; `*` is anything but `/`. All files with one value are one snapshot, and the value is its position. `{version}`: a number of at most 18 digits. `{date}`: a date or time in UTC, digits of `YYYYMMDDHHMMSS` and a fraction with or without `-`, `_`, `:`, `.`, `T`, `Z` between them. Here `source.path` counts too: a snapshot in another folder is another one")
        .missing("`column` says the version", "none")
        .says(Grade::Breaking, "Other files are snapshots, so silver is rebuilt from bronze")
        .examples(&["files: \"{version}/*.csv\""])
        .beside(SNAPSHOTS)
        => {
            let folder = contract.source.as_ref().map_or("", |source| source.path.trim_end_matches('/'));
            or_none(files.as_ref().map(|files| quoted(&format!("{folder}/{files}"))))
        };
    column: Entry::new("apply.from_snapshot", &["column"], Effect::Rebuild)
        .what("instead of `files`: the column that has the version, a date, a time (in UTC) or an integer, one value in a whole file; every file is a snapshot. A file with two values, without one, or with the value of another file is refused before it is taken. In a table with history the column alone makes no version of a row")
        .missing("`files` says the version", "none")
        .says(Grade::Breaking, "Versions are in another column; files that were taken by another rule are refused, so the table is made anew")
        => or_none(column.as_ref().map(|column| word(&column.name)));
    complete_when: Entry::new("apply.from_snapshot", &["complete_when"], Effect::NewBatchesOnly)
        .what("name of the marker file that signals a complete snapshot; until it exists, the snapshot waits")
        .missing("no marker needed", "none")
        .says(Grade::Info, "New snapshots wait for another file, or for none")
        .examples(&["complete_when: _SUCCESS"])
        .beside(SNAPSHOTS)
        => or_none(complete_when.as_ref().map(|name| word(name)));
    max_deleted_share: Entry::new("apply.from_snapshot", &["max_deleted_share"], Effect::NewBatchesOnly)
        .what("share of the existing rows that a snapshot may lack, 0 to 1; a snapshot that lacks more is refused (`SNAPSHOT_DELETES`)")
        .missing("`0.5`", "50 %")
        .says(Grade::Warning, "New snapshots may delete more or fewer rows")
        .examples(&["max_deleted_share: 0.9"])
        .beside(SNAPSHOTS)
        => format!("{} %", max_deleted_share * 100.0);
    }
    apart;
    also;
}
