//! A record as delivered, without the personal data in it.

use super::document_key::{DOCUMENT_ID, KEY, change_id, has_documents};
use serde_json::{Map, Value};
use sluice_api::masked;
use sluice_contract::Contract;
use std::collections::BTreeSet;

/// Members of envelopes that say where and when a change was, and hold no value of a row.
pub(super) const ENVELOPE: [&str; 12] = [
    "op",
    "ts_ms",
    "ts_us",
    "ts_ns",
    "Op",
    "type",
    "__op",
    "__source_ts_ms",
    "__source_lsn",
    "transact_seq",
    "data_collection_order",
    "total_order",
];
/// Members that are envelope as a whole.
pub(super) const SOURCE: [&str; 3] = ["source", "transaction", "_sluice_correction"];

/// The record as it may be shown. Only members that the contract names and does not call personal keep their values, and
/// the members of the envelope; what nobody knows is masked.
pub(crate) fn masked_record(record: &str, contract: &Contract) -> String {
    if !contract.columns.iter().any(|column| column.pii) {
        return record.to_owned();
    }
    let names = contract.columns.iter().filter(|column| !column.pii);
    let shown: BTreeSet<&str> = names
        .flat_map(|column| std::iter::once(column.name.as_str()).chain(column.renamed_from.iter().map(String::as_str)))
        .collect();
    match serde_json::from_str(record) {
        Ok(mut value) => {
            Mask { shown, has_documents: has_documents(contract) }.mask(&mut value, false);
            value.to_string()
        }
        Err(_) => masked(record),
    }
}

struct Mask<'c> {
    /// Members that keep their values.
    shown: BTreeSet<&'c str>,
    /// The rows are documents.
    has_documents: bool,
}

impl Mask<'_> {
    /// `keeps`: the member that has the value may be shown.
    fn mask(&self, value: &mut Value, keeps: bool) {
        match value {
            Value::Object(members) => self.mask_members(members),
            Value::Array(items) => items.iter_mut().for_each(|item| self.mask(item, keeps)),
            Value::String(text) => {
                if let Ok(Value::Object(mut members)) = serde_json::from_str(text) {
                    self.mask_members(&mut members);
                    *text = Value::Object(members).to_string();
                } else if !keeps {
                    *text = masked(text);
                }
            }
            Value::Number(number) if !keeps => *value = Value::String(masked(&number.to_string())),
            Value::Number(_) | Value::Null | Value::Bool(_) => {}
        }
    }

    fn mask_members(&self, members: &mut Map<String, Value>) {
        for (name, value) in members {
            let name = name.as_str();
            if SOURCE.contains(&name) {
                continue;
            }
            let id = &mut |id: &mut Value| self.mask(id, self.shown.contains(DOCUMENT_ID));
            if name != KEY || !self.has_documents || !change_id(value, id) {
                self.mask(value, self.shown.contains(name) || ENVELOPE.contains(&name));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::masked_record;
    use sluice_contract::Contract;

    #[test]
    fn only_what_is_known_to_be_no_personal_data_is_shown() {
        let text = "dataset: a.b\nschema:\n- {name: id, type: int, primary_key: true}\n- {name: city, type: string}\n\
            - {name: mail, type: string, pii: true}\n";
        let contract = Contract::parse(text, "b.yaml").unwrap();
        let record =
            r#"{"op":"u","after":{"id":7,"city":"Bonn","mail":"anna@post.example","phone":"0228"},"source":{"lsn":5}}"#;
        let shown = masked_record(record, &contract);
        assert!(shown.contains("Bonn") && shown.contains("\"id\":7") && shown.contains("\"lsn\":5"), "{shown}");
        assert!(!shown.contains("anna") && !shown.contains("0228"), "{shown}");
        assert_eq!(masked_record("anna@post.example;7", &contract), "a•••");
        let documents = "dataset: a.b\nschema:\n- {name: mail, type: string, primary_key: true, pii: true, renamed_from: [_id]}\n\
            - {name: id, type: int}\n";
        let documents = Contract::parse(documents, "b.yaml").unwrap();
        let id = r#"{"id":"\"anna@post.example\""}"#;
        let as_text = serde_json::Value::from(id).to_string();
        for key in [id, &format!("{{\"schema\":{{}},\"payload\":{id}}}"), &as_text] {
            let record = format!("{{\"key\":{key},\"value\":{{\"op\":\"d\",\"before\":null}}}}");
            assert!(!masked_record(&record, &documents).contains("anna"), "{key}");
        }
        let inside = r#"{"after":"{\"id\":7,\"mail\":\"anna@post.example\"}"}"#;
        assert!(!masked_record(inside, &contract).contains("anna"));
    }
}
