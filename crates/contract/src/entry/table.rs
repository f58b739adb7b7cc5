//! The entries of the file itself.

use super::declaration::{Entry, EntryValue, entries};
use super::text::{listed, quoted_or_none};
use super::{Effect, Grade};
use crate::Contract;

entries! {
    /// Entries of the file.
    TABLE of Contract, by texts with contract; {
    name: Entry::new("", &["dataset"], Effect::Rebuild)
        .what("`dataset.table`, both of letters, digits, `_`, `-`; a name without a dot is a table of dataset `default`")
        .says(Grade::Breaking, "Another table is built; those of the former name stay")
        => name.to_string();
    version: Entry::new("", &["version"], Effect::Metadata)
        .what("number of the contract, for people")
        .missing("`1`", "1")
        .says(Grade::Info, "People see another number")
        .examples(&["version: 2"])
        => version.to_string();
    description: Entry::new("", &["description"], Effect::Metadata)
        .what("text, for people; `sluice status --json` and the table's overview show it")
        .missing("none", "none")
        .says(Grade::Info, "People read another text")
        .examples(&["description: Orders of the shop"])
        => quoted_or_none(description.as_ref());
    owner: Entry::new("", &["owner"], Effect::Metadata)
        .what("who answers for the table; shown where `description` is")
        .missing("none", "none")
        .says(Grade::Info, "Someone else answers for the table")
        .examples(&["owner: shop@example.com"])
        => quoted_or_none(owner.as_ref());
    sla: Entry::new("", &["sla"], Effect::Metadata)
        .what("`4 hours`, `15m`, `1 day`: how old the newest event in silver may be; beyond that the table is late, see below")
        .missing("none", "none")
        .says(Grade::Info, "Lag is judged by the new limit")
        .examples(&["sla: 4 hours"])
        => quoted_or_none(sla.as_ref());
    size_class: Entry::new("", &["size_class"], Effect::Metadata)
        .what("`small`, `medium`, `large`: a hint for whoever provides the machines of the runners; Sluice only passes it on")
        .missing("`small`", "small")
        .says(Grade::Info, "Whoever provides the machines of the runners sees another size")
        .examples(&["size_class: large"])
        => size_class.as_str().to_owned();
    schedule: Entry::new("", &["schedule"], Effect::NewBatchesOnly)
        .what("`default` (every run) or `every 15m` (not more often than that)")
        .missing("`default`", "default")
        .says(Grade::Info, "The runner loads the table at other times")
        .examples(&["schedule: every 15m"])
        => schedule.to_string();
    source: Entry::section("", &["source"])
        .what("where and in which format the change files are")
        .missing("not replayed", "none")
        .says(Grade::Warning, "The runner begins or stops to load the table")
        => if source.is_some() { "declared" } else { "none" }.to_owned();
    sources: Entry::new("", &["sources"], Effect::Rebuild)
        .what("several sources of one table (regions, shards): a list of what `source` has, each with a `name`, see [formats.md](formats.md#several-sources-of-one-table)")
        .missing("one, in `source`", "[]")
        .says(Grade::Warning, "Another source is taken from now on; one whose records are read differently is read again from bronze")
        => listed(sources.iter().map(|source| {
            let values = contract.source_entries(source);
            let set = values.iter().filter(|value| value.is_set());
            let set = set.map(|value| format!("{} {}", value.entry.path(), value.text));
            format!("{{{}}}", set.collect::<Vec<_>>().join(", "))
        }));
    backfills: Entry::new("source", &["backfill"], Effect::NewBatchesOnly)
        .what("folders of older rows that are ingested once, see below")
        .missing("none", "[]")
        .says(Grade::Info, "Each new backfill folder is ingested once")
        .examples(&[
            "backfill: [{name: old, path: landing/old, format: csv}]",
            "backfill: [{name: old, path: landing/older, format: csv, csv_columns: [id, status, amount, note]}]",
        ])
        => listed(backfills.iter().map(|backfill| {
            let values = contract.backfill_entries(backfill);
            let set = values.iter().filter(|value| value.is_set());
            set.map(|value| value.text.clone()).collect::<Vec<_>>().join(" ")
        }));
    }
    apart backfill epoch sla_seconds apply guards columns inferred checks started_ms keys text;
    also
        Entry::section("", &["apply"]).what("how changes become rows").missing("see below", ""),
        Entry::section("", &["guards"]).what("which batches are held until a person decides").missing("see below", ""),
        Entry::section("", &["quality"]).what("checks").missing("none, besides those that follow from `schema`", ""),
        Entry::section("", &["schema"]).what("columns in order, at least the key");
}
