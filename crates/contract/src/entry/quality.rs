//! The entries of a check.

use super::declaration::{Entry, EntryValue, entries};
use super::{Effect, Grade};
use crate::{CheckRule, Contract, Severity};

entries! {
    /// Entries of an element of `quality`.
    CHECK of CheckRule, by texts with _contract; {
    check: Entry::new("quality", &["check"], Effect::ChecksOnly)
        .what("what has to hold, see the checks below")
        .says(Grade::Info, "Other checks hold from the next batch on")
        .examples(&["check: \"row_count >= 0\""])
        => check.to_string();
    severity: Entry::new("quality", &["severity"], Effect::ChecksOnly)
        .what("`fail`: the batch does not become visible, the previous version stays; `warn`: it is reported")
        .missing("`fail`", "fail")
        .says(Grade::Warning, "A failing check acts differently")
        .examples(&["severity: warn"])
        .beside(&["quality.check: \"row_count >= 0\""])
        => match severity { Severity::Fail => "fail", Severity::Warn => "warn" }.to_owned();
    }
    apart line;
    also;
}
