//! What another program may have switched on in a table that Sluice does not keep to when it writes.
//!
//! Which features a protocol allows says little: those of `minWriterVersion` 7 are named one by one, those below come in
//! steps, and a table of version 4 has no change data feed unless a property switches it on. So the properties and the
//! columns are looked at; features that the protocol names and nobody knows are refused elsewhere.

use deltalake::kernel::{Metadata, StructField};

/// Something that is switched on, and how it is switched off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ForeignFeature {
    /// As people call it.
    pub(crate) name: String,
    /// What to do.
    pub(crate) fix: String,
}

/// Properties that, with this value, ask something of a writer that Sluice does not do.
const SWITCHES: [(&str, &str, &str); 7] = [
    ("delta.enableChangeDataFeed", "true", "the change data feed"),
    ("delta.enableRowTracking", "true", "row tracking"),
    ("delta.enableInCommitTimestamps", "true", "in-commit timestamps"),
    ("delta.enableIcebergCompatV1", "true", "Iceberg compatibility"),
    ("delta.enableIcebergCompatV2", "true", "Iceberg compatibility"),
    ("delta.columnMapping.mode", "name", "column mapping"),
    ("delta.columnMapping.mode", "id", "column mapping"),
];
/// Prefix of the properties that hold `CHECK` constraints.
const CONSTRAINT: &str = "delta.constraints.";
/// Metadata of a column that asks something of a writer.
const OF_COLUMNS: [(&str, &str); 3] = [
    ("delta.invariants", "an invariant"),
    ("delta.generationExpression", "a generation expression"),
    ("delta.identity.start", "an identity"),
];

/// What is switched on in a table that Sluice does not keep to, the first of it.
pub(crate) fn foreign_feature(metadata: &Metadata) -> Option<ForeignFeature> {
    let properties = metadata.configuration();
    let mut constraints: Vec<&str> = properties.keys().filter_map(|key| key.strip_prefix(CONSTRAINT)).collect();
    constraints.sort_unstable();
    if let Some(name) = constraints.first() {
        let fix = format!("Drop it (ALTER TABLE … DROP CONSTRAINT {name}); the contract's checks do the same");
        return Some(ForeignFeature { name: format!("the constraint `{name}`"), fix });
    }
    for (key, value, name) in SWITCHES {
        if properties.get(key).is_some_and(|found| found.eq_ignore_ascii_case(value)) {
            let fix = if name == "column mapping" {
                "It cannot be switched off in place: move the table's folder away, and the next replay makes silver \
                 anew from bronze"
                    .to_owned()
            } else {
                format!("Switch it off (ALTER TABLE … SET TBLPROPERTIES ('{key}' = 'false'))")
            };
            return Some(ForeignFeature { name: name.to_owned(), fix });
        }
    }
    // A schema that cannot be read is refused where the table is opened.
    let schema = metadata.parse_schema().ok()?;
    schema.fields().find_map(of_column)
}

fn of_column(field: &StructField) -> Option<ForeignFeature> {
    let (_, name) = OF_COLUMNS.iter().find(|(key, _)| field.metadata().contains_key(*key))?;
    let fix = "Make the column without it; the contract's checks and `default` do the same".to_owned();
    Some(ForeignFeature { name: format!("{name} of the column `{}`", field.name()), fix })
}

#[cfg(test)]
mod tests {
    use super::foreign_feature;
    use deltalake::kernel::{DataType, Metadata, StructField, StructType, new_metadata};

    fn table(properties: &[(&str, &str)], field: StructField) -> Metadata {
        let schema = StructType::try_new([field]).unwrap();
        new_metadata(&schema, Vec::<String>::new(), properties.iter().copied()).unwrap()
    }

    #[test]
    fn what_others_switched_on_is_named() {
        let id = || StructField::nullable("id", DataType::LONG);
        let found = |properties: &[(&str, &str)]| foreign_feature(&table(properties, id())).map(|found| found.name);
        assert_eq!(found(&[]), None);
        assert_eq!(found(&[("delta.appendOnly", "true"), ("delta.enableDeletionVectors", "true")]), None);
        assert_eq!(found(&[("delta.enableChangeDataFeed", "false")]), None);
        assert_eq!(found(&[("delta.enableChangeDataFeed", "true")]).unwrap(), "the change data feed");
        assert_eq!(found(&[("delta.constraints.positive", "amount > 0")]).unwrap(), "the constraint `positive`");
        assert_eq!(found(&[("delta.columnMapping.mode", "name")]).unwrap(), "column mapping");
        let invariant = id().add_metadata([("delta.invariants", "{}")]);
        let found = foreign_feature(&table(&[], invariant)).unwrap();
        assert_eq!(found.name, "an invariant of the column `id`");
        assert!(!found.fix.is_empty());
    }
}
