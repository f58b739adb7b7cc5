//! What speaks for a proposal, and what wants a decision.

use super::{Inferred, InferredEvidence};
use crate::profile::Profile;
use sluice_contract::SourceFormat;

/// The evidence in the order in which it is shown.
pub(crate) fn evidence(
    inferred: &Inferred,
    profile: &Profile,
    key_reason: &str,
    (files, total_files): (u64, u64),
) -> Vec<InferredEvidence> {
    let mut all = Vec::new();
    let mut note = |ok: bool, text: String, count: String| all.push(InferredEvidence { ok, text, count });
    let of = |part: u64, whole: u64, what: &str| format!("{} of {} {what}", grouped(part), grouped(whole));

    let fits = profile.fitting == profile.records;
    note(
        fits,
        format!("Records are {}", record_words(inferred.format)),
        of(profile.fitting, profile.records, "records"),
    );
    note(
        profile.damaged_files == 0,
        "Files are whole".to_owned(),
        of(files - profile.damaged_files.min(files), files, "sampled files"),
    );
    note(true, "Files sampled".to_owned(), of(files, total_files.max(files), "files"));
    if inferred.key.is_empty() {
        note(false, format!("The key is not known: {key_reason}"), of(0, profile.rows, "rows"));
    } else {
        note(true, format!("Key {}: {key_reason}", inferred.key.join(", ")), format!("{} rows", grouped(profile.rows)));
    }
    for part in &inferred.sequence {
        let seen = profile.positioned.get(part.as_str()).copied().unwrap_or(0);
        let snapshot = profile.operations.get("r").or_else(|| profile.operations.get("load")).copied().unwrap_or(0);
        let ok = seen + snapshot >= profile.records;
        note(ok, format!("Order by {part}"), of(seen, profile.records, "records"));
    }
    if profile.deletes > 0 {
        note(true, "Deletes arrive".to_owned(), format!("{} deletes", grouped(profile.deletes)));
    } else {
        note(false, "No delete in the sample; check that the feed carries them".to_owned(), "0 deletes".to_owned());
    }
    if profile.tombstones > 0 {
        note(true, "Tombstones are skipped".to_owned(), format!("{} lines", grouped(profile.tombstones)));
    }
    let unavailable: u64 = profile.columns.iter().map(|column| column.shape.unavailable).sum();
    if unavailable > 0 {
        let text = "Unchanged large values are not sent, the row keeps what it has".to_owned();
        note(true, text, format!("{} values", grouped(unavailable)));
    }
    let columns = inferred.columns.len() as u64;
    let count_columns = |fits: &dyn Fn(&super::InferredColumn) -> bool| {
        inferred.columns.iter().filter(|column| fits(column)).count() as u64
    };
    let open = count_columns(&|column| column.data_type.contains('?'));
    if open > 0 {
        note(false, "Decimals come without their scale".to_owned(), of(open, columns, "columns"));
    }
    let partial = count_columns(&|column| column.rows < profile.rows);
    if partial > 0 {
        note(false, "Columns are not in all rows, the schema changed".to_owned(), of(partial, columns, "columns"));
    }
    if profile.widths.len() > 1 {
        let text = "The number of CSV fields changes, each needs its layout".to_owned();
        note(false, text, format!("{} layouts", profile.widths.len()));
    }
    all
}

fn record_words(format: SourceFormat) -> &'static str {
    match format {
        SourceFormat::DebeziumJson => "Debezium envelopes",
        SourceFormat::DebeziumFlatJson => "flattened Debezium rows",
        SourceFormat::DmsParquet => "AWS DMS rows in Parquet",
        SourceFormat::DmsCsv => "AWS DMS rows in CSV",
    }
}

/// A count with commas between thousands.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
