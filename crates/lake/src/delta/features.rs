//! What another program may have switched on in a table that Sluice does not keep to: one list, for those who read and
//! for those who write.
//!
//! Which features a protocol allows says little for a writer: those of `minWriterVersion` 7 are named one by one, those
//! below come in steps, and a table of version 4 has no change data feed unless a property switches it on. So the
//! properties and the columns are looked at; features that the protocol names and nobody knows are refused elsewhere.
//! For a reader the protocol says enough: a feature of it that is not in the list means that the files alone would be
//! read as other rows.

use crate::LakeError;
use deltalake::kernel::{Metadata, Protocol, StructField};
use serde_json::Value;

/// Something that is switched on, and how it is switched off.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    /// As people call it.
    feature: String,
    /// How it is switched off; `None` if that is not possible in place.
    fix: Option<String>,
}

/// A property that switches a feature on.
struct Switch {
    key: &'static str,
    value: &'static str,
    feature: &'static str,
    /// With it the files alone are not the rows of the table.
    hides_rows: bool,
}

/// Properties that, with this value, ask something of a writer that Sluice does not do.
const SWITCHES: [Switch; 7] = [
    writers("delta.enableChangeDataFeed", "the change data feed"),
    writers("delta.enableRowTracking", "row tracking"),
    writers("delta.enableInCommitTimestamps", "in-commit timestamps"),
    mapping("name", "column mapping (mode name)"),
    mapping("id", "column mapping (mode id)"),
    writers("delta.enableIcebergCompatV1", "Iceberg compatibility"),
    writers("delta.enableIcebergCompatV2", "Iceberg compatibility"),
];

const fn writers(key: &'static str, feature: &'static str) -> Switch {
    Switch { key, value: "true", feature, hides_rows: false }
}

const fn mapping(mode: &'static str, feature: &'static str) -> Switch {
    Switch { key: "delta.columnMapping.mode", value: mode, feature, hides_rows: true }
}

/// Prefix of the properties that hold `CHECK` constraints.
const CONSTRAINT: &str = "delta.constraints.";
/// Metadata of a column that asks something of a writer.
const OF_COLUMNS: [(&str, &str); 3] = [
    ("delta.invariants", "an invariant"),
    ("delta.generationExpression", "a generation expression"),
    ("delta.identity.start", "an identity"),
];
/// Reader features that change nothing for a reader of the table's files and deletion vectors, or that the log's
/// reader resolves (<https://github.com/delta-io/delta/blob/master/PROTOCOL.md>, "Table Features").
const READ: [&str; 6] = [
    "deletionVectors",
    "timestampNtz",
    "v2Checkpoint",
    "vacuumProtocolCheck",
    // Listed by tables that keep it switched off; the property decides.
    "columnMapping",
    // Writers only, but some list it for readers too.
    "domainMetadata",
];

/// Refuses a table whose rows are not what its files hold.
///
/// # Errors
/// [`LakeError::UnreadFeature`].
pub(crate) fn ensure_readable(protocol: &Protocol, metadata: &Metadata, path: &str) -> Result<(), LakeError> {
    let protocol = serde_json::to_value(protocol).unwrap_or(Value::Null);
    match switched_on(metadata, true).or_else(|| unread(&protocol, metadata)) {
        None => Ok(()),
        Some(Found { feature, fix }) => Err(LakeError::UnreadFeature { feature, fix, path: path.to_owned() }),
    }
}

/// Refuses a table in which something is switched on that Sluice does not keep to when it writes.
///
/// # Errors
/// [`LakeError::ForeignFeature`].
pub(crate) fn ensure_kept(metadata: &Metadata, path: &str) -> Result<(), LakeError> {
    match constraint(metadata).or_else(|| switched_on(metadata, false)).or_else(|| of_columns(metadata)) {
        None => Ok(()),
        Some(Found { feature, fix }) => Err(LakeError::ForeignFeature { feature, fix, path: path.to_owned() }),
    }
}

/// The first switch that is on, of all or of those that hide rows.
fn switched_on(metadata: &Metadata, hides_rows: bool) -> Option<Found> {
    let properties = metadata.configuration();
    let is_on =
        |switch: &&Switch| properties.get(switch.key).is_some_and(|found| found.eq_ignore_ascii_case(switch.value));
    let switch = SWITCHES.iter().filter(|switch| switch.hides_rows || !hides_rows).find(is_on)?;
    let off = || format!("Switch it off (ALTER TABLE … SET TBLPROPERTIES ('{}' = 'false'))", switch.key);
    Some(Found { feature: switch.feature.to_owned(), fix: (!switch.hides_rows).then(off) })
}

/// What a reader has to know of the table besides its properties.
fn unread(protocol: &Value, metadata: &Metadata) -> Option<Found> {
    let metadata = serde_json::to_value(metadata).unwrap_or(Value::Null);
    if metadata["partitionColumns"].as_array().is_some_and(|columns| !columns.is_empty()) {
        let feature = "partition columns, whose values are in the log and not in the files".to_owned();
        return Some(Found { feature, fix: None });
    }
    let mut features = protocol["readerFeatures"].as_array().into_iter().flatten().filter_map(Value::as_str);
    features.find(|feature| !READ.contains(feature)).map(|feature| Found { feature: feature.to_owned(), fix: None })
}

fn constraint(metadata: &Metadata) -> Option<Found> {
    let name = metadata.configuration().keys().filter_map(|key| key.strip_prefix(CONSTRAINT)).min()?;
    let fix = format!("Drop it (ALTER TABLE … DROP CONSTRAINT {name}); the contract's checks do the same");
    Some(Found { feature: format!("the constraint `{name}`"), fix: Some(fix) })
}

fn of_columns(metadata: &Metadata) -> Option<Found> {
    // A schema that cannot be read is refused where the table is opened.
    metadata.parse_schema().ok()?.fields().find_map(of_column)
}

fn of_column(field: &StructField) -> Option<Found> {
    let (_, name) = OF_COLUMNS.iter().find(|(key, _)| field.metadata().contains_key(*key))?;
    let fix = "Make the column without it; the contract's checks and `default` do the same".to_owned();
    Some(Found { feature: format!("{name} of the column `{}`", field.name()), fix: Some(fix) })
}

#[cfg(test)]
mod tests {
    use super::{ensure_kept, ensure_readable, unread};
    use crate::LakeError;
    use deltalake::kernel::{DataType, Metadata, Protocol, StructField, StructType, new_metadata};
    use serde_json::{Value, json};

    fn table(properties: &[(&str, &str)], field: StructField) -> Metadata {
        let schema = StructType::try_new([field]).unwrap();
        new_metadata(&schema, Vec::<String>::new(), properties.iter().copied()).unwrap()
    }

    fn id() -> StructField {
        StructField::nullable("id", DataType::LONG)
    }

    fn plain() -> Protocol {
        serde_json::from_value(json!({ "minReaderVersion": 1, "minWriterVersion": 2 })).unwrap()
    }

    #[test]
    fn what_others_switched_on_is_named() {
        let found = |metadata: &Metadata| match ensure_kept(metadata, "silver/shop/orders") {
            Err(LakeError::ForeignFeature { feature, fix, .. }) => Some((feature, fix.is_some())),
            _ => None,
        };
        let by = |properties: &[(&str, &str)]| found(&table(properties, id()));
        assert_eq!(by(&[]), None);
        assert_eq!(by(&[("delta.appendOnly", "true"), ("delta.enableDeletionVectors", "true")]), None);
        assert_eq!(by(&[("delta.enableChangeDataFeed", "false")]), None);
        assert_eq!(by(&[("delta.enableChangeDataFeed", "true")]).unwrap().0, "the change data feed");
        assert_eq!(by(&[("delta.constraints.positive", "amount > 0")]).unwrap().0, "the constraint `positive`");
        assert_eq!(by(&[("delta.columnMapping.mode", "none")]), None);
        let invariant = id().add_metadata([("delta.invariants", "{}")]);
        assert_eq!(found(&table(&[], invariant)).unwrap(), ("an invariant of the column `id`".to_owned(), true));
    }

    #[test]
    fn what_hides_rows_is_refused_by_readers_and_writers_alike() {
        for mode in ["name", "id"] {
            let mapped = table(&[("delta.columnMapping.mode", mode)], id());
            let reader = ensure_readable(&plain(), &mapped, "silver/shop/orders");
            let writer = ensure_kept(&mapped, "silver/shop/orders");
            match (reader, writer) {
                (
                    Err(LakeError::UnreadFeature { feature: read, fix: None, .. }),
                    Err(LakeError::ForeignFeature { feature: written, fix: None, .. }),
                ) => assert_eq!(read, written),
                other => panic!("{other:?}"),
            }
        }
        let feed = table(&[("delta.enableChangeDataFeed", "true")], id());
        assert!(ensure_readable(&plain(), &feed, "silver/shop/orders").is_ok(), "its files are its rows");
    }

    #[test]
    fn reader_features_that_nobody_knows_and_partitions_are_refused_by_name() {
        let of = |features: &Value, metadata: &Metadata| {
            unread(&json!({ "readerFeatures": features }), metadata).map(|found| found.feature)
        };
        assert_eq!(of(&json!(["typeWidening"]), &table(&[], id())).as_deref(), Some("typeWidening"));
        assert_eq!(of(&json!(["deletionVectors", "timestampNtz", "columnMapping"]), &table(&[], id())), None);
        assert_eq!(of(&Value::Null, &table(&[], id())), None);
        let schema = StructType::try_new([id()]).unwrap();
        let parted = new_metadata(&schema, vec!["id".to_owned()], std::iter::empty::<(String, String)>()).unwrap();
        assert!(of(&json!([]), &parted).is_some_and(|text| text.contains("partition")));
    }
}
