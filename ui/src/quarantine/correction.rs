//! A correction that is being written: what it changes of its record, and that nothing personal is shown for it.

use super::record::Record;
use crate::cell::masked_record;
use serde_json::Value;
use sluice_api::QuarantineChange;

/// A correction that is being written.
#[derive(Clone, Debug)]
pub(super) struct Edit {
    /// The record.
    address: String,
    pub(super) fields: Vec<Field>,
    /// The whole record as delivered, once it was asked for.
    pub(super) text: Option<String>,
}

/// A value of the record.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// Names of members with dots between them.
    pub(super) path: String,
    /// The value as it came, as JSON; masked where it is personal.
    pub(super) before: String,
    pub(super) is_masked: bool,
    /// What is typed.
    pub(super) after: String,
    /// A reason is about it.
    pub(super) is_wrong: bool,
}

impl Edit {
    /// The values of a record, those that are wrong first. `personal`: names of personal columns.
    pub(super) fn of(record: &Record, personal: Option<&[&str]>) -> Self {
        let shown = masked_record(&record.raw, personal);
        let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        let mut fields = Vec::new();
        leaves("", &parsed(&shown), &parsed(&record.raw), &mut fields);
        for field in &mut fields {
            let name = field.path.rsplit('.').next().unwrap_or_default();
            field.is_wrong = record.reasons.iter().any(|reason| reason.column.as_deref() == Some(name));
        }
        fields.sort_by_key(|field| !field.is_wrong);
        Self { address: record.address.clone(), fields, text: None }
    }

    /// What changes, or why it is no correction yet.
    pub(super) fn change(&self, raw: &str) -> Result<QuarantineChange, &'static str> {
        let record = self.address.clone();
        if let Some(text) = &self.text {
            return if text == raw {
                Err("Nothing is changed")
            } else {
                Ok(QuarantineChange::Edit { record, text: text.clone() })
            };
        }
        let changed = self.fields.iter().filter(|field| field.is_changed());
        let values: Vec<(String, String)> =
            changed.map(|field| (field.path.clone(), field.after.trim().to_owned())).collect();
        if values.iter().any(|(_, value)| serde_json::from_str::<Value>(value).is_err()) {
            return Err("Write values as JSON: numbers plain, texts in double quotes, null for nothing");
        }
        if values.is_empty() { Err("Nothing is changed") } else { Ok(QuarantineChange::Set { record, values }) }
    }
}

impl Field {
    pub(super) fn is_changed(&self) -> bool {
        let after = self.after.trim();
        if self.is_masked { !after.is_empty() } else { after != self.before }
    }
}

/// Every value that is no object, by its path. `shown` is the record as it may be shown, `raw` as it is.
fn leaves(path: &str, shown: &Value, raw: &Value, fields: &mut Vec<Field>) {
    if let (Value::Object(shown), Value::Object(raw)) = (shown, raw) {
        // A name with a dot is no path; such a record is corrected as a whole.
        for (name, value) in shown.iter().filter(|(name, _)| !name.contains('.')) {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            leaves(&path, value, raw.get(name).unwrap_or(&Value::Null), fields);
        }
        return;
    }
    if path.is_empty() {
        return;
    }
    let (before, is_masked) = (shown.to_string(), shown != raw);
    let after = if is_masked { String::new() } else { before.clone() };
    fields.push(Field { path: path.to_owned(), before, is_masked, after, is_wrong: false });
}

#[cfg(test)]
mod tests {
    use super::{Edit, Record};
    use sluice_api::{QuarantineChange, QuarantineReason};

    fn record() -> Record {
        let reason = |column: &str| QuarantineReason {
            reason: "TYPE_MISMATCH".to_owned(),
            column: Some(column.to_owned()),
            detail: String::new(),
        };
        Record {
            address: "1:a.json:1".to_owned(),
            status: None,
            reasons: vec![reason("total")],
            batch: None,
            file: String::new(),
            row: None,
            attempts: String::new(),
            by: String::new(),
            because: String::new(),
            at: String::new(),
            raw: r#"{"op":"u","after":{"id":1,"mail":"canary","total":"x","a.b":1}}"#.to_owned(),
        }
    }

    #[test]
    fn what_is_personal_stays_as_it_was_and_out_of_sight() {
        let record = record();
        let mut edit = Edit::of(&record, Some(&["mail"]));
        let paths: Vec<&str> = edit.fields.iter().map(|field| field.path.as_str()).collect();
        assert_eq!(paths, ["after.total", "op", "after.id", "after.mail"], "what is wrong comes first");
        assert!(!format!("{edit:?}").contains("canary"));
        assert!(edit.change(&record.raw).is_err(), "nothing is changed");
        edit.fields[0].after = "five".to_owned();
        assert!(edit.change(&record.raw).unwrap_err().contains("JSON"));
        edit.fields[0].after = " 5 ".to_owned();
        let values = vec![("after.total".to_owned(), "5".to_owned())];
        let expected = QuarantineChange::Set { record: record.address.clone(), values };
        assert_eq!(edit.change(&record.raw), Ok(expected));
        // While nobody knows which columns are personal, nothing is shown.
        assert!(Edit::of(&record, None).fields.is_empty());
    }
}
