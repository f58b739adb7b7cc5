//! Cases in which a documented rule of Sluice decides otherwise.

use super::verdict::Outcome;

/// Case and rule. A case that passes must not be listed.
const LIST: &[(&str, &str)] = &[
    ("scd1-02", QUARANTINE),
    ("scd1-05", "the file leaves out the record that the case is about, so nothing can be refused"),
    (
        "scd1-33",
        "names with blanks, which Delta cannot hold without column mapping, are refused by name with a proposal",
    ),
    ("scd1-35", "a full refresh replays bronze, which remembers the delete; it forgets nothing on purpose"),
    ("scd1-41", "from timestamp to string is a rebuild from bronze, which the publish plan announces"),
    (
        "scd1-42",
        "a member that a flattened row leaves out is null; what says absent is the placeholder of the connector",
    ),
    ("scd1-44", "a part of a struct that the record lacks is null, as the type says; bronze has the record"),
    ("scd1-45", "names of columns count letter by letter; the value is in `_rescued` where the contract asks for it"),
    ("scd1-50", NULL_OF_A_PART),
    ("scd1-51", NULL_OF_A_PART),
    ("scd2-38", "an upsert counts after a delete of the same position, in SCD 1 and SCD 2 alike"),
    ("paimon-debezium-with-schema", "the text `24` is a number in a column of numbers"),
    ("canal-incomplete", "files of two tests in one folder: a column is a text in one and a decimal in the other"),
    ("timezone-converter-00", MICROSECONDS),
    ("timezone-converter-01", MICROSECONDS),
];
/// Where a time has more digits than silver.
const MICROSECONDS: &str = "silver has microseconds, and an instant is written in UTC";
/// Where another product settles each part of a struct for itself.
const NULL_OF_A_PART: &str = "a struct is one value for `null_updates`; parts that count each for itself are columns of their own (`from: profile.city`)";
/// Where another product stops.
const QUARANTINE: &str = "a record without a key or position is in quarantine, and the others are applied";

/// A failure of a listed case is a difference by design; a listed case that passes is a failure of the list.
pub(crate) fn judge(id: &str, outcome: Outcome) -> Outcome {
    let Some((_, reason)) = LIST.iter().find(|(listed, _)| *listed == id) else { return outcome };
    match outcome {
        Outcome::Failed(_) => Outcome::DiffersByDesign((*reason).to_owned()),
        _ => Outcome::Failed("listed as different by design, and passes".to_owned()),
    }
}
