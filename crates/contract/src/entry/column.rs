//! The entries of a column.

use super::declaration::{Entry, EntryValue, entries};
use super::text::{or_none, quoted_or_none, word, words};
use super::{Effect, Grade};
use crate::{Column, Contract};

entries! {
    /// Entries of an element of `schema`.
    COLUMN of Column, by texts with _contract; {
    name: Entry::new("schema", &["name"], Effect::ColumnsOnly)
        .what("column in silver; must not begin with `_`; case-insensitive")
        .says(Grade::Breaking, "Readers have to use the new name")
        => word(name);
    data_type: Entry::new("schema", &["type"], Effect::Rebuild)
        .what("see below")
        .says(Grade::Breaking, "Values that do not fit go to quarantine; silver is rebuilt from bronze")
        .examples(&["amount.type: \"decimal(12,2)\"", "amount.type: string", "note.type: int"])
        => data_type.to_string();
    path: Entry::new("schema", &["path"], Effect::Rebuild)
        .what("where in a nested member of the record its values are: `address.city`, `items.0.sku`")
        .missing("a member of its own, by `name`", "none")
        .says(Grade::Breaking, "Values come from elsewhere in the record, so silver is rebuilt from bronze")
        .examples(&["note.path: extra.note"])
        => or_none(path.as_ref());
    from: Entry::new("schema", &["from"], Effect::Rebuild)
        .what("what its values are made of, an expression: a member of the record (`CustNo`, `address.city`), as it is or in functions (`lower(trim(email))`), see [light work](guides/light-work.md)")
        .missing("the member of its `name`", "none")
        .says(Grade::Breaking, "Values are made in another way, so silver is rebuilt from bronze")
        .examples(&["note.from: remark", "status.from: \"upper(trim(status))\"", "note.from: \"null_if(note, 'x', 'z')\"", "note.from: \"json(extra, 'a')\"", "note.from: \"cast(amount, string)\"", "note.from: \"parse_number(note, ',', '.')\""])
        => or_none(from.as_ref());
    is_source_name: Entry::new("schema", &["source_name"], Effect::Rebuild)
        .what("its value is the `name` of the source that the row is from, in place of a member of the record; type `string`")
        .missing("`false`", "false")
        .says(Grade::Breaking, "Values come from elsewhere, so silver is rebuilt from bronze")
        .examples(&["note.source_name: true"])
        .beside(&["source.name: eu"])
        => is_source_name.to_string();
    from_folder: Entry::new("schema", &["from_folder"], Effect::Rebuild)
        .what("the key of folders `key=value`: where a record does not have the column, its value is that of the folder in which its file lies, see [formats.md](formats.md#folders-keyvalue)")
        .missing("a member of the record alone", "none")
        .says(Grade::Breaking, "Values come from elsewhere, so silver is rebuilt from bronze")
        .examples(&["note.from_folder: shelf"])
        => or_none(from_folder.as_ref());
    unit: Entry::new("schema", &["unit"], Effect::Rebuild)
        .what("what a number counts in a column of `date`, `time`, `timestamp`, `timestamp_ntz`, or of `string` for a length of time: `days`, `seconds`, `milliseconds`, `microseconds` or `nanoseconds`; a schema in the records goes before it, see below")
        .missing("as the format has it", "none")
        .says(Grade::Breaking, "Numbers are read as other times, so silver is rebuilt from bronze")
        .examples(&["note.unit: milliseconds"])
        .beside(&["schema.note.type: timestamp_ntz"])
        => or_none(unit.as_ref());
    key: Entry::new("schema", &["primary_key"], Effect::Rebuild)
        .what("part of the key, and required")
        .missing("`false`", "false")
        .says(Grade::Breaking, "Rows have another key, so silver is rebuilt from bronze")
        .examples(&["status.primary_key: true"])
        => key.to_string();
    required: Entry::new("schema", &["required"], Effect::Rebuild)
        .what("an event with null here is in quarantine")
        .missing("`false`", "false")
        .says(Grade::Breaking, "Events with null go to quarantine; silver is rebuilt from bronze")
        .examples(&["note.required: true"])
        => required.to_string();
    default: Entry::new("schema", &["default"], Effect::Rebuild)
        .what("value used for events older than the column")
        .missing("null", "none")
        .says(Grade::Warning, "Older events get another value, so silver is rebuilt from bronze")
        .examples(&["note.default: nothing"])
        => quoted_or_none(default.as_ref());
    renamed_from: Entry::new("schema", &["renamed_from"], Effect::Rebuild)
        .what("a former name, or a list of them, newest first: older events still use it")
        .missing("none", "[]")
        .says(Grade::Warning, "Events that use the former name fill the column, so silver is rebuilt from bronze")
        .examples(&["note.renamed_from: remark"])
        => words(renamed_from);
    removed: Entry::new("schema", &["removed"], Effect::Rebuild)
        .what("the source dropped it: old rows keep their value, newer events leave it null")
        .missing("`false`", "false")
        .says(Grade::Warning, "Events may lack it; silver is rebuilt from bronze")
        .examples(&["note.removed: true"])
        => removed.to_string();
    since: Entry::new("schema", &["since"], Effect::Rebuild)
        .what("position (`_seq`) of its first event, where the source had another column of the name before: older values under the name are not its values; `sluice schema decide --as added_again` writes it")
        .missing("every event that has the name fills it", "none")
        .says(Grade::Breaking, "Older events no longer fill the column, so silver is rebuilt from bronze")
        .examples(&["note.since: \"01000000000000001e000000000000000000000000000000000000000000000000\""])
        => or_none(since.as_ref());
    pii: Entry::new("schema", &["pii"], Effect::Metadata)
        .what("personal data")
        .missing("`false`", "false")
        .says(Grade::Warning, "It is marked as personal data, or no longer")
        .examples(&["note.pii: true"])
        => pii.to_string();
    description: Entry::new("schema", &["description"], Effect::Metadata)
        .what("for people")
        .missing("none", "none")
        .says(Grade::Info, "People read another text")
        .examples(&["note.description: What the customer wrote"])
        => quoted_or_none(description.as_ref());
    }
    apart unread discovered line;
    also
        Entry::new("schema", &["constraints"], Effect::ChecksOnly)
            .what("checks of this column, its name left out: `[\"min_value(0)\"]`")
            .missing("none", "[]")
            .says(Grade::Info, "Other checks hold from the next batch on")
            .examples(&["note.constraints: [\"null_percentage <= 1\"]"]);
}
