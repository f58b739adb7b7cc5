//! The entries of `guards`.

use super::declaration::{Entry, EntryValue, entries};
use super::{Effect, Grade};
use crate::{Contract, Guards};

entries! {
    /// Entries of `guards`.
    GUARDS of Guards, by texts with _contract; {
    max_deleted_share: Entry::new("guards", &["max_deleted_share"], Effect::NewBatchesOnly)
        .what("share of the live rows, 0 to 1: a batch that would delete more of them is held, if they are more than `max_deleted_rows` too")
        .missing("`0.2`", "20 %")
        .says(Grade::Warning, "Batches may delete more or fewer rows before one is held")
        .examples(&["max_deleted_share: 0.5"])
        => format!("{} %", max_deleted_share * 100.0);
    max_deleted_rows: Entry::new("guards", &["max_deleted_rows"], Effect::NewBatchesOnly)
        .what("so many rows any batch may delete, whatever share of the table they are")
        .missing("`1000`", "1000")
        .says(Grade::Warning, "Batches may delete more or fewer rows before one is held")
        .examples(&["max_deleted_rows: 50"])
        => max_deleted_rows.to_string();
    truncate: Entry::new("guards", &["truncate"], Effect::NewBatchesOnly)
        .what("`hold`: a batch whose truncate would remove rows is held; `allow`: it is merged. The beginning of a reload (`source.restarts`) is none")
        .missing("`hold`", "hold")
        .says(Grade::Warning, "A truncate waits for a person, or no longer does")
        .examples(&["truncate: allow"])
        => truncate.as_str().to_owned();
    empty_load: Entry::new("guards", &["empty_load"], Effect::NewBatchesOnly)
        .what("`hold`: a batch whose full load or full snapshot has no record, of a table that has rows, is held; `allow`: it is merged")
        .missing("`hold`", "hold")
        .says(Grade::Warning, "An empty full load waits for a person, or no longer does")
        .examples(&["empty_load: allow"])
        => empty_load.as_str().to_owned();
    }
    apart;
    also;
}
