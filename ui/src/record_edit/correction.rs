//! A correction that is being written: what it changes of its record, and that nothing personal is shown for it.

use crate::cell::masked_record;
use serde_json::Value;

/// A record to be edited.
pub(crate) struct Edited<'a> {
    /// Its text as it counts now. Never shown as it is, unless that is asked for.
    pub(crate) raw: &'a str,
    /// Columns that are wrong.
    pub(crate) wrong: Vec<&'a str>,
}

/// What a correction changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Correction {
    /// The whole text.
    Text(String),
    /// Values by their paths, as JSON.
    Values(Vec<(String, String)>),
}

/// A correction that is being written.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    pub(crate) fields: Vec<Field>,
    /// The whole record, once it was asked for.
    pub(crate) text: Option<String>,
}

/// A value of the record.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// Names of members with dots between them.
    pub(crate) path: String,
    /// The value as it came, as JSON; masked where it is personal.
    pub(crate) before: String,
    pub(crate) is_masked: bool,
    /// What is typed.
    pub(crate) after: String,
    /// A reason is about it.
    pub(crate) is_wrong: bool,
}

impl Edit {
    /// The values of a record, those that are wrong first. `personal`: names of personal columns.
    pub(crate) fn of(record: &Edited<'_>, personal: Option<&[&str]>) -> Self {
        let shown = masked_record(record.raw, personal);
        let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        let mut fields = Vec::new();
        leaves("", &parsed(&shown), &parsed(record.raw), &mut fields);
        for field in &mut fields {
            let name = field.path.rsplit('.').next().unwrap_or_default();
            field.is_wrong = record.wrong.contains(&name);
        }
        fields.sort_by_key(|field| !field.is_wrong);
        Self { fields, text: None }
    }

    /// What changes, or why it is no correction yet.
    pub(crate) fn change(&self, raw: &str) -> Result<Correction, &'static str> {
        if let Some(text) = &self.text {
            return if text == raw { Err("Nothing is changed") } else { Ok(Correction::Text(text.clone())) };
        }
        let changed = self.fields.iter().filter(|field| field.is_changed());
        let values: Vec<(String, String)> =
            changed.map(|field| (field.path.clone(), field.after.trim().to_owned())).collect();
        if values.iter().any(|(_, value)| serde_json::from_str::<Value>(value).is_err()) {
            return Err("Write values as JSON: numbers plain, texts in double quotes, null for nothing");
        }
        if values.is_empty() { Err("Nothing is changed") } else { Ok(Correction::Values(values)) }
    }
}

impl Field {
    pub(crate) fn is_changed(&self) -> bool {
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
    use super::{Correction, Edit, Edited};

    #[test]
    fn what_is_personal_stays_as_it_was_and_out_of_sight() {
        let raw = r#"{"op":"u","after":{"id":1,"mail":"canary","total":"x","a.b":1}}"#;
        let record = || Edited { raw, wrong: vec!["total"] };
        let mut edit = Edit::of(&record(), Some(&["mail"]));
        let paths: Vec<&str> = edit.fields.iter().map(|field| field.path.as_str()).collect();
        assert_eq!(paths, ["after.total", "op", "after.id", "after.mail"], "what is wrong comes first");
        assert!(!format!("{edit:?}").contains("canary"));
        assert!(edit.change(raw).is_err(), "nothing is changed");
        edit.fields[0].after = "five".to_owned();
        assert!(edit.change(raw).unwrap_err().contains("JSON"));
        edit.fields[0].after = " 5 ".to_owned();
        let values = vec![("after.total".to_owned(), "5".to_owned())];
        assert_eq!(edit.change(raw), Ok(Correction::Values(values)));
        // While nobody knows which columns are personal, nothing is shown.
        assert!(Edit::of(&record(), None).fields.is_empty());
    }
}
