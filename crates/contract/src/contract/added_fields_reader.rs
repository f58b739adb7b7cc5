//! Reads the names that members of flattened Debezium records have.

use super::Reader;
use crate::SourceFormat;
use crate::added_fields::{ADDED_FIELDS, added_field};
use crate::document::SourceDocument;
use std::collections::BTreeMap;

impl Reader<'_> {
    /// `source.add_fields`: names of members of the row by what they are.
    pub(super) fn add_fields(
        &mut self,
        source: &SourceDocument,
        format: Option<SourceFormat>,
    ) -> BTreeMap<String, String> {
        let mut fields = BTreeMap::new();
        for (written, name) in &source.add_fields {
            if format.is_some_and(|format| !format.is_flattened()) {
                let message = "Only flattened Debezium records have members of add.fields";
                self.problem(name, message, "Remove add_fields, or write format: debezium_flat_json");
                return BTreeMap::new();
            }
            let Some(field) = added_field(written) else {
                let message = format!("`{written}` is no field of add.fields that Sluice reads");
                let fix = format!(
                    "Write one of {}; any other member is a column, or belongs in source.ignored",
                    ADDED_FIELDS.join(", ")
                );
                self.problem(name, message, fix);
                continue;
            };
            if name.value.trim().is_empty() {
                self.problem(name, format!("`{written}` has no name"), "Write the name of the member in the row");
            }
            if fields.values().any(|other| *other == name.value) {
                let message = format!("`{}` is named for two fields", name.value);
                self.problem(name, message, "Keep the one that it is");
            }
            if fields.insert(field.to_owned(), name.value.clone()).is_some() {
                let message = format!("`{written}` is there twice, with `source.` and without");
                self.problem(name, message, "Keep one of the two");
            }
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use crate::Contract;

    fn read(source: &str) -> Result<Contract, String> {
        let text = format!(
            "dataset: a.b\nsource: {{path: in, {source}}}\nschema: [{{name: id, type: int, primary_key: true}}]\n"
        );
        Contract::parse(&text, "b.yaml").map_err(|problems| format!("{problems:?}"))
    }

    #[test]
    fn members_of_flattened_rows_have_the_names_that_the_contract_says() {
        let flat = "format: debezium_flat_json, add_fields";
        let contract = read(&format!("{flat}: {{op: cdc_op, source.lsn: cdc_lsn, source.ts_ms: at}}")).unwrap();
        let fields = contract.source.unwrap().add_fields;
        let fields: Vec<(&str, &str)> = fields.iter().map(|(field, name)| (field.as_str(), name.as_str())).collect();
        assert_eq!(fields, [("lsn", "cdc_lsn"), ("op", "cdc_op"), ("source.ts_ms", "at")]);
        for (source, says) in [
            ("format: debezium_json, add_fields: {op: cdc_op}", "Only flattened"),
            ("format: debezium_flat_json, add_fields: {ts_ms: at}", "no field of add.fields"),
            ("format: debezium_flat_parquet, add_fields: {op: a, lsn: a}", "named for two fields"),
            ("format: debezium_flat_json, add_fields: {lsn: a, source.lsn: b}", "there twice"),
            ("format: debezium_flat_json, add_fields: {op: \"\"}", "has no name"),
        ] {
            let problems = read(source).unwrap_err();
            assert!(problems.contains(says), "{source}: {problems}");
        }
    }
}
