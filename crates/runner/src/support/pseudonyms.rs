//! Records that go to somebody else: personal values are replaced, equal values by equal ones.
//!
//! What is personal is decided as where records are shown ([`super::masked_record`]): only members that the contract names
//! and does not call personal keep their values, and those that say where and when a change was. A replacement has the form
//! of what it replaces, so that the record is still read: a number is a number, a date a date, an address an address.

use super::document_key::{DOCUMENT_ID, KEY, change_id, has_documents};
use super::masked_record::{ENVELOPE, SOURCE};
use super::written_pseudonym::WrittenForm;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use sluice_contract::{BinaryText, Column, ColumnType, Contract};
use std::collections::{BTreeMap, BTreeSet};

/// Replacements of one contract's personal values.
pub(crate) struct Pseudonyms {
    /// Members that keep their values.
    shown: BTreeSet<String>,
    /// Members that never do, though they may be inside of one that does.
    personal: BTreeSet<String>,
    /// What the members of columns are.
    types: BTreeMap<String, ColumnType>,
    binary: Option<BinaryText>,
    has_personal: bool,
    has_documents: bool,
    /// The number of each value that was replaced, by its text.
    known: BTreeMap<String, u64>,
    /// How values are written that functions of the contract read, by the name in records.
    written: BTreeMap<String, WrittenForm>,
}

impl Pseudonyms {
    /// For records of a table.
    pub(crate) fn of(contract: &Contract) -> Self {
        let is_personal = |column: &&Column| column.pii;
        let (personal, others): (Vec<&Column>, Vec<&Column>) = contract.columns.iter().partition(is_personal);
        let names = |columns: &[&Column]| -> BTreeSet<String> { columns.iter().flat_map(|of| members(of)).collect() };
        let personal = names(&personal);
        let mut shown = names(&others);
        let sequence = contract.sequence();
        shown.extend(sequence.iter().filter_map(|part| Some(part.rsplit('.').next()?.to_owned())));
        let conditions = [&contract.apply.delete_when, &contract.apply.truncate_when];
        shown.extend(conditions.into_iter().flatten().map(|condition| condition.column.clone()));
        shown.retain(|name| !personal.contains(name));
        let types = contract.columns.iter();
        let types = types.flat_map(|column| members(column).into_iter().map(|name| (name, column.data_type.clone())));
        let written = contract.columns.iter().filter_map(|column| {
            let form = WrittenForm::of(column)?;
            Some(members(column).into_iter().map(move |name| (name, form.clone())))
        });
        Self {
            types: types.collect(),
            written: written.flatten().collect(),
            has_personal: contract.columns.iter().any(|column| column.pii),
            has_documents: has_documents(contract),
            binary: contract.source.as_ref().and_then(|source| source.binary),
            shown,
            personal,
            known: BTreeMap::new(),
        }
    }

    /// How many different values were replaced.
    pub(crate) fn count(&self) -> u64 {
        self.known.len() as u64
    }

    /// A record without personal values.
    pub(crate) fn record(&mut self, record: &str) -> String {
        if !self.has_personal {
            return record.to_owned();
        }
        match serde_json::from_str::<Value>(record) {
            Ok(Value::Object(mut members)) => {
                self.members(&mut members, false);
                Value::Object(members).to_string()
            }
            // What is no record may be anything.
            _ => {
                let number = self.number(record);
                format!("masked-{number}")
            }
        }
    }

    fn members(&mut self, members: &mut Map<String, Value>, keeps: bool) {
        for (name, value) in members {
            if SOURCE.contains(&name.as_str()) {
                // The statement that made the change has its values.
                if let Some(query) = value.get_mut("query").filter(|query| query.is_string()) {
                    *query = Value::Null;
                }
                continue;
            }
            let keeps_id = self.shown.contains(DOCUMENT_ID);
            if name == KEY && self.has_documents && change_id(value, &mut |id| self.value(DOCUMENT_ID, id, keeps_id)) {
                continue;
            }
            let is_known = self.shown.contains(name) || ENVELOPE.contains(&name.as_str()) || is_of_tool(name);
            let keeps = !self.personal.contains(name) && (keeps || is_known);
            self.value(name, value, keeps);
        }
    }

    fn value(&mut self, name: &str, value: &mut Value, keeps: bool) {
        match value {
            Value::Object(inner) => self.members(inner, keeps),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(name, item, keeps)),
            Value::String(text) => {
                if let Ok(Value::Object(mut inner)) = serde_json::from_str(text) {
                    self.members(&mut inner, keeps);
                    *text = Value::Object(inner).to_string();
                } else if !keeps && !text.is_empty() {
                    *text = self.text(name, text);
                }
            }
            Value::Number(number) if !keeps => {
                let is_whole = number.is_i64() || number.is_u64();
                let replaced = 1_000 + self.number(&number.to_string());
                *value = if is_whole { json!(replaced) } else { json!(replaced as f64 + 0.5) };
            }
            // One of two values is still a value.
            Value::Bool(_) if !keeps => *value = json!(false),
            Value::Number(_) | Value::Null | Value::Bool(_) => {}
        }
    }

    fn number(&mut self, text: &str) -> u64 {
        let next = self.known.len() as u64 + 1;
        *self.known.entry(text.to_owned()).or_insert(next)
    }

    fn text(&mut self, name: &str, text: &str) -> String {
        let number = self.number(text);
        if let Some(form) = self.written.get(name) {
            return form.text(number);
        }
        match self.types.get(name) {
            Some(ColumnType::Decimal { .. } | ColumnType::Numeric) if text.parse::<f64>().is_err() => {
                let bytes = number.to_be_bytes();
                return BASE64_STANDARD.encode(&bytes[4..]);
            }
            Some(ColumnType::Binary) if self.binary == Some(BinaryText::Hex) => return format!("{number:016x}"),
            Some(ColumnType::Binary) => return BASE64_STANDARD.encode(format!("masked-{number}")),
            Some(ColumnType::Json) => return json!(format!("masked-{number}")).to_string(),
            _ => {}
        }
        of_form(text, number)
    }
}

/// The members of a record that a column is made of.
fn members(column: &Column) -> Vec<String> {
    let last = |path: String| path.rsplit(['.', '[', ']']).find(|part| !part.is_empty()).map(str::to_owned);
    let own = match (&column.from, &column.path) {
        (Some(from), _) => from.member().last().cloned(),
        (None, Some(path)) => last(path.to_string()),
        (None, None) => None,
    };
    own.into_iter().chain([column.name.clone()]).chain(column.renamed_from.iter().cloned()).collect()
}

/// Whether a member is one that replication tools add: they begin alike, and say what a change is and when it was.
fn is_of_tool(name: &str) -> bool {
    ["__", "_ab_", "_airbyte_", "_fivetran_", "_commit_", "_change_type", "header__", "dms_"]
        .iter()
        .any(|begin| name.starts_with(begin))
}

/// A text of the same form with a number in it.
fn of_form(text: &str, number: u64) -> String {
    let digits_at = |places: &[usize]| places.iter().all(|at| text.as_bytes().get(*at).is_some_and(u8::is_ascii_digit));
    let signs_at = |places: &[usize], sign: u8| places.iter().all(|at| text.as_bytes().get(*at) == Some(&sign));
    if text.contains('@') && !text.contains(' ') {
        return format!("masked-{number}@masked.example");
    }
    if text.len() == 36 && signs_at(&[8, 13, 18, 23], b'-') {
        return format!("00000000-0000-4000-8000-{number:012x}");
    }
    if digits_at(&[0, 1, 2, 3, 5, 6, 8, 9]) && signs_at(&[4, 7], b'-') {
        // Of the time of day the form alone is left.
        let rest: String =
            text.chars().skip(10).map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
        let (month, day) = (number / 28 % 12 + 1, number % 28 + 1);
        return format!("{:04}-{month:02}-{day:02}{rest}", 1_970 + number / 336 % 8_000);
    }
    if text.parse::<f64>().is_ok() && text.bytes().any(|byte| byte.is_ascii_digit()) {
        let width = text.bytes().take_while(|byte| *byte != b'.').filter(u8::is_ascii_digit).count();
        return format!("{number:0width$}");
    }
    format!("masked-{number}")
}

#[cfg(test)]
mod tests {
    use super::Pseudonyms;
    use sluice_contract::Contract;

    fn pseudonyms() -> Pseudonyms {
        let text = "dataset: a.b\nsource: {path: l/, format: debezium_json}\nschema:\n\
            - {name: mail, type: string, primary_key: true, pii: true}\n- {name: city, type: string, from: Town}\n\
            - {name: born, type: date, pii: true}\n- {name: pay, type: 'decimal(9,2)', pii: true}\n";
        Pseudonyms::of(&Contract::parse(text, "b.yaml").unwrap())
    }

    #[test]
    fn equal_values_stay_equal_and_no_personal_one_is_left() {
        let mut names = pseudonyms();
        let one = names.record(
            r#"{"op":"u","before":{"mail":"anna@post.example"},"after":{"mail":"anna@post.example","Town":"Bonn","born":"1980-02-03","pay":"AP8=","phone":"0228 7","pin":4711},"source":{"lsn":5,"query":"UPDATE"}}"#,
        );
        let two =
            names.record(r#"{"op":"d","before":{"mail":"anna@post.example","born":"1980-02-03"},"source":{"lsn":6}}"#);
        for gone in ["anna", "1980", "AP8=", "0228", "4711", "UPDATE"] {
            assert!(!one.contains(gone) && !two.contains(gone), "{gone}: {one} {two}");
        }
        assert!(
            one.contains("\"Town\":\"Bonn\"") && one.contains("\"lsn\":5") && one.contains("\"op\":\"u\""),
            "{one}"
        );
        let mail = "\"mail\":\"masked-1@masked.example\"";
        assert!(one.matches(mail).count() == 2 && two.contains(mail), "{one} {two}");
        assert_eq!(names.record("anna;1980"), "masked-6");
    }

    #[test]
    fn the_id_of_a_document_is_the_same_in_the_key_of_its_record() {
        let text = "dataset: a.b\nsource: {path: l/, format: debezium_json}\nschema:\n\
            - {name: mail, type: string, primary_key: true, pii: true, renamed_from: [_id]}\n- {name: id, type: int}\n";
        let mut names = Pseudonyms::of(&Contract::parse(text, "b.yaml").unwrap());
        let one = names.record(r#"{"op":"c","after":"{\"_id\":\"anna@post.example\",\"id\":7}"}"#);
        let two = names.record(r#"{"key":{"id":"\"anna@post.example\""},"value":{"op":"d"}}"#);
        assert!(one.contains(r#"\"_id\":\"masked-1@masked.example\""#) && one.contains(r#"\"id\":7"#), "{one}");
        assert!(two.contains(r#""id":"\"masked-1@masked.example\"""#), "{two}");
    }

    #[test]
    fn a_replacement_has_the_form_of_the_value() {
        for (text, form) in [
            ("2026-11-20T08:30:00Z", "1970-01-08T00:00:00Z"),
            ("7d2f1c1e-0000-4000-8000-0123456789ab", "00000000-0000-4000-8000-000000000007"),
            ("48213", "00007"),
            ("12.50", "07"),
            ("Anna", "masked-7"),
        ] {
            assert_eq!(super::of_form(text, 7), form);
        }
    }
}
