//! The entries of `source` and of its backfills.

use super::declaration::{Entry, EntryValue, entries};
use super::text::{listed, or_none, quoted, quoted_or_none, word, words};
use super::{Effect, Grade};
use crate::{Backfill, Contract, Source, duration_text};

const READ_AGAIN: &str = "Records in bronze are read differently, so silver is rebuilt from bronze";
/// Of entries that are applied before a record goes to bronze.
const READ_BEFORE_BRONZE: &str = "Silver is rebuilt, and records in quarantine are read again; of records that were understood bronze has the values as they were read, so for those this holds in new files only";
const CSV: &[&str] = &["source.format: dms_csv"];

entries! {
    /// Entries of `source`.
    SOURCE of Source, by texts with _contract; {
    name: Entry::new("source", &["name"], Effect::Rebuild)
        .what("what the source is called in columns with `source_name: true`; required and unique where there are several, and then it stays: batches are known by it")
        .missing("none", "none")
        .says(Grade::Breaking, "Columns with the name of the source have another value, so silver is rebuilt from bronze")
        .examples(&["name: eu"])
        => or_none(name.as_ref());
    path: Entry::new("source", &["path"], Effect::NewBatchesOnly)
        .what("folder of the change files, with all folders below it; relative to the lake; a full path or `s3://…` outside of it has to be allowed ([integrity](guides/integrity.md#what-lies-outside-of-the-lake))")
        .says(Grade::Warning, "New files are taken from there; files already ingested stay")
        .examples(&["path: landing/moved/"])
        => word(path);
    format: Entry::new("source", &["format"], Effect::Rebuild)
        .what("one of those in [formats.md](formats.md); `parquet`, `csv`, `json`, `avro` and `xlsx` are rows without an operation and need `apply.sequence`, `apply.from_snapshot` or `apply.scd: append`")
        .says(Grade::Breaking, READ_AGAIN)
        .examples(&["format: debezium_flat_json", "format: dms_csv"])
        => format.as_str().to_owned();
    files: Entry::new("source", &["files"], Effect::NewBatchesOnly)
        .what("which files below `path` are of this table, where those of others lie beside them: `orders_*.csv`, `**/orders_*`; `*` is any letters but `/`, `**` any letters")
        .missing("all", "none")
        .says(Grade::Warning, "Other files are taken from now on; files already ingested stay")
        .examples(&["files: \"orders_*\""])
        => quoted_or_none(files.as_ref().map(ToString::to_string).as_ref());
    manifest: Entry::new("source", &["manifest"], Effect::NewBatchesOnly)
        .what("manifests below `path`, a pattern as `files`: only files that one of them names are taken, so an export that is being written or was given up is left alone. A manifest is JSON as Redshift's `UNLOAD` writes it: `{\"entries\": [{\"url\": …}]}`")
        .missing("none; every file is taken", "none")
        .says(Grade::Warning, "New files are taken only where a manifest names them; files already ingested stay")
        .examples(&["manifest: \"**/*manifest\""])
        => quoted_or_none(manifest.as_ref().map(ToString::to_string).as_ref());
    encoding: Entry::new("source", &["encoding"], Effect::NewBatchesOnly)
        .what("encoding of text files without a byte order mark: `utf-8`, `utf-16le`, `utf-16be`, `latin-1`, `latin-2`, `latin-9`, `windows-1250`, `windows-1251`, `windows-1252`, `shift_jis`, `gb18030`; a mark goes before it")
        .missing("`utf-8`", "utf-8")
        .says(Grade::Warning, "New files are read in it; bronze has the records of older ones as they were read")
        .examples(&["encoding: windows-1252"])
        => encoding.as_str().to_owned();
    csv_delimiter: Entry::new("source", &["csv_delimiter"], Effect::Rebuild)
        .what("CSV: what is between fields, one character")
        .missing("the one of `,`, `;`, tab and `|` by which the header has the names of the contract, `,` without a header", "none")
        .says(Grade::Warning, READ_BEFORE_BRONZE)
        .examples(&["csv_delimiter: \";\""])
        .beside(CSV)
        => quoted_or_none(csv_delimiter.map(String::from).as_ref());
    csv_quote: Entry::new("source", &["csv_quote"], Effect::Rebuild)
        .what("CSV: what is around fields; `\"\"` if nothing is")
        .missing("`\"`", "'\"'")
        .says(Grade::Warning, READ_BEFORE_BRONZE)
        .examples(&["csv_quote: \"'\""])
        .beside(CSV)
        => quoted(&csv_quote.map(String::from).unwrap_or_default());
    csv_escape: Entry::new("source", &["csv_escape"], Effect::Rebuild)
        .what("CSV: what stands before a quote, a delimiter, a line end or itself that is text; before anything else it is a letter (`\\N`)")
        .missing("none, a quote inside quotes is doubled", "none")
        .says(Grade::Warning, READ_BEFORE_BRONZE)
        .examples(&["csv_escape: \"\\\\\""])
        .beside(CSV)
        => quoted_or_none(csv_escape.map(String::from).as_ref());
    decimal_comma: Entry::new("source", &["decimal_comma"], Effect::Rebuild)
        .what("CSV: numbers have a comma before their fraction, and may have points between groups of three digits: `1.234,50`")
        .missing("`false`", "false")
        .says(Grade::Breaking, READ_AGAIN)
        .examples(&["decimal_comma: true"])
        .beside(CSV)
        => decimal_comma.to_string();
    sheet: Entry::new("source", &["sheet"], Effect::NewBatchesOnly)
        .what("workbooks: the sheet that has the rows")
        .missing("the only one; a workbook with several is in quarantine", "none")
        .says(Grade::Warning, "New files are read from it")
        .examples(&["sheet: Orders"])
        => quoted_or_none(sheet.as_ref());
    table: Entry::new("source", &["table"], Effect::Rebuild)
        .what("where the records say it (the JSON formats): the table of the source that they are of, `orders`, `public.orders` or `shop.public.orders`, `*` for any letters; records of other tables are left out and counted, they are not in bronze. AWS DMS: `*` if the folders below `path` are all of this table")
        .missing("the records are of one table; of several, the table stops", "none")
        .says(Grade::Breaking, "Records in bronze are of another table, so silver is rebuilt from bronze; records that were left out do not come back")
        .examples(&["table: public.orders", "table: orders_*"])
        => quoted_or_none(table.as_ref().map(ToString::to_string).as_ref());
    add_fields: Entry::new("source", &["add_fields"], Effect::Rebuild)
        .what("`{field: member}`: flattened Debezium records whose members are not called `__op`, `__lsn` and so on, by another `add.fields.prefix` or a renamed field (`op:operation`): `{op: cdc_op, lsn: cdc_lsn, source.ts_ms: cdc_source_ts_ms}`; `deleted` is the mark of a rewritten delete. See [formats.md](formats.md#debezium_flat_json)")
        .missing("the names by default", "[]")
        .says(Grade::Breaking, READ_AGAIN)
        .examples(&["add_fields: {op: operation, source.lsn: position}"])
        .beside(&["source.format: debezium_flat_json"])
        => listed(add_fields.iter().map(|(field, member)| format!("{field}: {}", word(member))));
    from: Entry::new("source", &["from"], Effect::Rebuild)
        .what("the first events: `beginning`, `now` (what the source does from the first run on), a date or time in UTC (`2026-11-01`, `2026-11-01T12:30:00Z`), or `position x` by the first part of `apply.sequence`; earlier ones are counted (`filtered`) and left out, see [light work](guides/light-work.md)")
        .missing("`beginning`", "beginning")
        .says(Grade::Breaking, "The table begins with other events, so silver is rebuilt from bronze")
        .examples(&["from: 2020-09-13T12:27:00Z", "from: position 20"])
        .beside(&["apply.sequence: [source.lsn]"])
        => from.to_string();
    from_version: Entry::new("source", &["from_version"], Effect::NewBatchesOnly)
        .what("the folder of a Delta table (`delta_feed_parquet`): the first commit that is read, where the table is older than its change data feed; rows before it come by a `backfill`")
        .missing("the first commit of the table", "none")
        .says(Grade::Warning, "A table of which nothing was ingested yet begins with another commit")
        .examples(&["from_version: 12"])
        .beside(&["source.format: delta_feed_parquet"])
        => or_none(from_version.as_ref());
    restarts: Entry::new("source", &["restarts"], Effect::Rebuild)
        .what("`{batch: what}`: batches with which the source starts again, see [formats.md](formats.md#a-source-that-starts-again): `reload` (the batch begins with all rows, older ones are gone), `position` (positions count anew, older rows stay), `same` (the same files again)")
        .missing("none; a table whose source seems to start again stops", "[]")
        .says(Grade::Warning, "Events of these batches count as newer than all before, so silver is rebuilt from bronze")
        .examples(&["restarts: {2: reload}", "restarts: {2: position}"])
        => listed(restarts.iter().map(|(batch, restart)| format!("{batch}: {restart}")));
    decimals: Entry::new("source", &["decimals"], Effect::Rebuild)
        .what("JSON without schema: `base64` (Debezium's `decimal.handling.mode=precise`) or `text` (`string`)")
        .missing("`base64`", "base64")
        .says(Grade::Warning, READ_AGAIN)
        .examples(&["decimals: text"])
        => decimals.as_str().to_owned();
    binary: Entry::new("source", &["binary"], Effect::Rebuild)
        .what("what the text of a `binary` value is: `base64`, of either alphabet, or `hex` (Debezium's `binary.handling.mode`); a schema of type `bytes` goes before it")
        .missing("`base64` in JSON, `hex` in CSV and Parquet; a text of JSON that could be either is in quarantine", "none")
        .says(Grade::Breaking, READ_AGAIN)
        .examples(&["binary: hex"])
        => or_none(binary.as_ref());
    time_zone: Entry::new("source", &["time_zone"], Effect::Rebuild)
        .what("zone of texts that name none, in columns of `timestamp`: `UTC`, `+02:00` or `Europe/Berlin`")
        .missing("such a text is in quarantine", "none")
        .says(Grade::Breaking, READ_AGAIN)
        .examples(&["time_zone: UTC", "time_zone: Europe/Berlin"])
        => or_none(time_zone.as_ref());
    unavailable_value: Entry::new("source", &["unavailable_value"], Effect::Rebuild)
        .what("text that means that a value was not sent (`unavailable.value.placeholder`)")
        .missing("Debezium's own", "'__debezium_unavailable_value'")
        .says(Grade::Warning, READ_AGAIN)
        .examples(&["unavailable_value: (unchanged)"])
        => quoted(unavailable_value);
    null_text: Entry::new("source", &["null_text"], Effect::Rebuild)
        .what("CSV: the unquoted text that means null (`CsvNullValue`)")
        .missing("`NULL`", "'NULL'")
        .says(Grade::Warning, READ_BEFORE_BRONZE)
        .examples(&["null_text: (null)"])
        .beside(CSV)
        => quoted(null_text);
    evolution: Entry::new("source", &["evolution"], Effect::Rebuild)
        .what("how columns that are not in the contract are handled, see below")
        .missing("follows from `schema_policy`", "none")
        .says(Grade::Warning, "Columns that are not in the contract are handled differently, so silver is rebuilt from bronze")
        .examples(&[
            "evolution: add_new_columns",
            "evolution: add_new_columns_with_type_widening",
            "evolution: rescue",
            "evolution: fail_on_new_columns",
        ])
        => evolution.to_string();
    schema_policy: Entry::new("source", &["schema_policy"], Effect::Rebuild)
        .what("how values that do not match their column type are handled, see below")
        .missing("follows from `evolution`", "quarantine")
        .says(Grade::Warning, "Values that do not match their column type are handled differently, so silver is rebuilt from bronze")
        .examples(&["schema_policy: evolve", "schema_policy: strict"])
        => schema_policy.to_string();
    hints: Entry::new("source", &["hints"], Effect::Rebuild)
        .what("`{column: type}`: types of columns that the events may bring and `schema` does not declare")
        .missing("`string`", "[]")
        .says(Grade::Warning, "Columns that the events bring have other types, so silver is rebuilt from bronze")
        .examples(&["hints: {extra: int}"])
        .beside(&["source.evolution: add_new_columns"])
        => listed(hints.iter().map(|(name, data_type)| format!("{}: {data_type}", word(name))));
    ignored: Entry::new("source", &["ignored", "drop"], Effect::Rebuild)
        .what("members of the records that never reach silver, `_rescued` neither, whatever `evolution` does with columns that are not in the contract, and that are no news for the inbox; bronze keeps them. `drop` is the former name; where both are written, both count")
        .missing("none", "[]")
        .says(Grade::Warning, "Other members are left out. Where evolution takes columns that are not in the contract, silver is rebuilt from bronze")
        .examples(&["ignored: [extra]"])
        .beside(&["source.evolution: add_new_columns"])
        => words(ignored);
    review_seconds: Entry::new("source", &["review"], Effect::Rebuild)
        .what("how long a new column waits in the inbox of schema changes before `evolution` adds it: `7d`; a rename is never decided by time. What holds for all tables that say nothing is in [`sluice.yaml`](guides/schema-changes.md#by-policy)")
        .missing("it is added at once", "none")
        .says(Grade::Info, "New columns wait for another time. Those whose time is over are added and filled, so silver is rebuilt from bronze where there are some")
        .examples(&["review: 7d"])
        .beside(&["source.evolution: add_new_columns"])
        => or_none(review_seconds.map(duration_text));
    csv_columns: Entry::new("source", &["csv_columns"], Effect::Rebuild)
        .what("CSV without header: names of the fields in order")
        .missing("the columns of `schema`", "[]")
        .says(Grade::Warning, READ_BEFORE_BRONZE)
        .examples(&["csv_columns: [id, note, status, amount, transact_seq]"])
        .beside(CSV)
        => words(csv_columns);
    csv_layouts: Entry::new("source", &["csv_layouts"], Effect::Rebuild)
        .what("CSV without header whose columns changed: a list of names for each period; the number of fields of a record selects the list, and where several match, the first whose types match")
        .missing("none", "[]")
        .says(Grade::Warning, READ_BEFORE_BRONZE)
        .examples(&["csv_layouts: [[id, status, amount, note, transact_seq], [id, status, transact_seq]]"])
        .beside(CSV)
        => listed(csv_layouts.iter().map(words));
    }
    apart says_evolution;
    also;
}

entries! {
    /// Entries of an element of `source.backfill`.
    BACKFILL of Backfill, by backfill_texts with _contract; {
    name: Entry::new("source.backfill", &["name"], Effect::NewBatchesOnly)
        .what("unique in the contract; a backfill runs once per name")
        .says(Grade::Info, "The folder is ingested under the new name")
        => word(name);
    path: Entry::new("source.backfill", &["path"], Effect::NewBatchesOnly)
        .what("folder, as `source.path`; it must not overlap with that or another backfill")
        .says(Grade::Info, "The folder is ingested if the name has not run yet")
        => word(path);
    format: Entry::new("source.backfill", &["format"], Effect::NewBatchesOnly)
        .what("a format of plain rows such as `parquet` or `csv`, or one of changes")
        .says(Grade::Info, "A backfill that has not run yet is read in this format")
        => format.as_str().to_owned();
    csv_columns: Entry::new("source.backfill", &["csv_columns"], Effect::NewBatchesOnly)
        .what("as `source.csv_columns`")
        .missing("the columns of `schema`", "[]")
        .says(Grade::Info, "A backfill that has not run yet is read by these names")
        => words(csv_columns);
    }
    apart source;
    also
        Entry::new("source.backfill", &["read_rank"], Effect::NewBatchesOnly)
            .what("`below_cdc`: its rows have a lower position than any change event, so any change wins; the only value")
            .missing("`below_cdc`", "below_cdc")
            .says(Grade::Info, "Nothing");
}
