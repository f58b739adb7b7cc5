//! The hash as lakes had it before, over the debug text of `source`, without `delete_mode`. It is kept as it was, so
//! that their silver is not rebuilt.

use super::digest::hash_of;
use sluice_contract::{Column, ColumnSet, ColumnType, Contract, KeyChange, Scd, Source, TiePolicy};
use sluice_lake::SchemaDocument;
use std::fmt;

pub(super) fn silver_hash(contract: &Contract) -> String {
    let columns = contract.columns.iter().map(|column| format!("{}\0{}", column.name, column_signature(column)));
    hash_of(std::iter::once(rules_hash(contract)).chain(columns))
}

/// Whether the rules are those of the contract. This version left `delete_mode` out, which is seen from the columns:
/// soft deletes have some of their own.
pub(super) fn has_rules_of(made_by: &SchemaDocument, contract: &Contract) -> bool {
    let was_soft = made_by.columns.iter().any(|column| column.name == Column::DELETED);
    made_by.rules_hash == rules_hash(contract) && was_soft == contract.column(Column::DELETED).is_some()
}

pub(super) fn rules_hash(contract: &Contract) -> String {
    let mut parts = vec!["2".to_owned()];
    parts.extend(contract.apply.key.iter().cloned().chain(contract.sequence()));
    if let Some(delete) = &contract.apply.delete_when {
        parts.extend([delete.column.clone(), delete.value.clone()]);
    }
    parts.extend(apply_rules(contract));
    if let Some(source) = &contract.source {
        parts.push(format!("{:?}", SourceText(source)));
    }
    hash_of(parts.into_iter())
}

pub(super) fn column_signature(column: &Column) -> String {
    hash_of(
        [
            column.data_type.to_string(),
            (if column.required { "required" } else { "nullable" }).to_owned(),
            (if column.removed { "removed" } else { "kept" }).to_owned(),
            column.default.clone().unwrap_or_else(|| "\0".to_owned()),
            column.renamed_from.join("\0"),
        ]
        .into_iter()
        .chain(column.unit.map(|unit| unit.to_string())),
    )
}

fn apply_rules(contract: &Contract) -> Vec<String> {
    let apply = &contract.apply;
    let mut rules = Vec::new();
    let mut rule = |name: &str, value: Option<String>| rules.extend(value.map(|value| format!("{name}: {value}")));
    let in_micros = |name: &String| {
        let column = contract.column(name).map(|column| &column.data_type);
        matches!(column, Some(ColumnType::Date | ColumnType::Timestamp | ColumnType::TimestampNtz))
    };
    rule("sequence", contract.sequence().iter().any(in_micros).then(|| "microseconds".to_owned()));
    rule("scd", (apply.scd != Scd::Type1).then(|| apply.scd.as_str().to_owned()));
    rule("track_history", (apply.track_history != ColumnSet::All).then(|| apply.track_history.to_string()));
    rule("truncate_when", apply.truncate_when.as_ref().map(ToString::to_string));
    rule("ignore_nulls", apply.ignore_nulls.as_ref().map(ToString::to_string));
    rule("update_columns", apply.update_columns.clone());
    rule("tie_policy", (apply.tie_policy != TiePolicy::Content).then(|| apply.tie_policy.as_str().to_owned()));
    rule("key_change", (apply.key_change != KeyChange::Split).then(|| apply.key_change.as_str().to_owned()));
    rule("tombstone_retention", apply.tombstone_retention.map(|seconds| seconds.to_string()));
    rule(
        "from_snapshot",
        apply.from_snapshot.as_ref().and_then(|rule| {
            let column = rule.column.as_ref().map(|column| column.name.clone());
            column.or_else(|| rule.files.as_ref().map(ToString::to_string))
        }),
    );
    rules
}

/// The debug text that `Source` had.
struct SourceText<'a>(&'a Source);

impl fmt::Debug for SourceText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Fields that are younger than this version are part of its text where they are set: silver of that time was
        // made without them.
        let Source {
            name: _,
            path,
            format,
            table: _,
            from_version: _,
            restarts: _,
            files: _,
            manifest: _,
            encoding: _,
            add_fields: _,
            sheet: _,
            says_evolution: _,
            from: _,
            csv_delimiter,
            csv_quote,
            csv_escape,
            decimal_comma,
            csv_columns,
            csv_layouts,
            null_text,
            unavailable_value,
            decimals,
            binary,
            time_zone,
            evolution,
            schema_policy,
            hints,
            ignored: _,
            review_seconds: _,
        } = self.0;
        let mut text = f.debug_struct("Source");
        if binary.is_some() || time_zone.is_some() {
            text.field("younger", &(binary, time_zone));
        }
        let dialect = (csv_delimiter, csv_quote, csv_escape, decimal_comma);
        if dialect != (&None, &Some('"'), &None, &false) {
            text.field("dialect", &dialect);
        }
        text.field("path", path)
            .field("format", &Variant(format.as_str()))
            .field("csv_columns", csv_columns)
            .field("csv_layouts", csv_layouts)
            .field("null_text", null_text)
            .field("unavailable_value", unavailable_value)
            .field("decimals", &Variant(decimals.as_str()))
            .field("evolution", &Variant(evolution.as_str()))
            .field("schema_policy", &Variant(schema_policy.as_str()))
            .field("hints", hints)
            .finish()
    }
}

/// The debug text of a variant, from its word in the contract: `dms_csv` is `DmsCsv`.
struct Variant(&'static str);

impl fmt::Debug for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.split('_').try_for_each(|part| {
            let (first, rest) = part.split_at(1);
            write!(f, "{}{rest}", first.to_ascii_uppercase())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{SourceText, silver_hash};
    use sluice_contract::Contract;

    const COLUMNS: &str =
        "schema:\n- {name: id, type: bigint, primary_key: true}\n- {name: note, type: string, default: x}\n";

    fn contract(head: &str) -> Contract {
        Contract::parse(&format!("dataset: shop.orders\n{head}{COLUMNS}"), "orders.yaml").unwrap()
    }

    #[test]
    fn the_text_of_a_source_stays_as_it_was() {
        let plain = contract("source: {path: landing/orders/, format: debezium_json}\n").source.unwrap();
        assert_eq!(
            format!("{:?}", SourceText(&plain)),
            "Source { path: \"landing/orders/\", format: DebeziumJson, csv_columns: [], csv_layouts: [], \
             null_text: \"NULL\", unavailable_value: \"__debezium_unavailable_value\", decimals: Base64, \
             evolution: None, schema_policy: Quarantine, hints: {} }"
        );
        let full = contract(
            "source: {path: 'in \"x\"', format: dms_csv, csv_columns: [id], csv_layouts: [[id], [id, note]], \
             null_text: '\\N', decimals: text, evolution: add_new_columns_with_type_widening, \
             hints: {a: 'decimal(12,2)', b: 'array<int>'}}\n",
        );
        assert_eq!(
            format!("{:?}", SourceText(&full.source.unwrap())),
            "Source { path: \"in \\\"x\\\"\", format: DmsCsv, csv_columns: [\"id\"], \
             csv_layouts: [[\"id\"], [\"id\", \"note\"]], null_text: \"\\\\N\", \
             unavailable_value: \"__debezium_unavailable_value\", decimals: Text, \
             evolution: AddNewColumnsWithTypeWidening, schema_policy: Evolve, \
             hints: {\"a\": Decimal { precision: 12, scale: 2 }, \"b\": Array(Int)} }"
        );
    }

    /// Hashes as version 2 wrote them into lakes.
    #[test]
    fn hashes_in_lakes_are_found_again() {
        let source = "source: {path: landing/orders/, format: debezium_json}\n";
        let written = format!("{source}apply: {{sequence: [source.lsn, transaction.total_order]}}\n");
        assert_eq!(silver_hash(&contract(&written)), "c4502d681751b3874ab3fc664e82e2a7");
        // The order that this version took where none was written is another now, so such a table is rebuilt.
        assert_ne!(silver_hash(&contract(source)), "c4502d681751b3874ab3fc664e82e2a7");
    }
}
