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
    quarantines: Entry::new("quality", &["on_fail"], Effect::Rebuild)
        .what("`quarantine`: a record whose own values fail the check is in quarantine instead of silver, see below")
        .missing("records that fail it are in silver", "")
        .says(Grade::Warning, "Records that fail the check leave silver or come back; it is rebuilt from bronze")
        .examples(&["on_fail: quarantine"])
        .beside(&["quality.check: \"accepted_values(status, 'new', 'paid', 'tie a')\"", "quality.severity: warn"])
        => if *quarantines { "quarantine" } else { "" }.to_owned();
    }
    apart line;
    also;
}
