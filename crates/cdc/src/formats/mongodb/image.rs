//! The row of an event as a plain JSON object: the document, its key, or what an update changed.

use super::record::Record;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::text::json_fields::{each_member, elements, members, not_null, string};
use crate::value::extended_json::{Misread, plain};
use serde_json::Value;
use sluice_change::ReasonCode;
use std::borrow::Cow;

/// A document in Extended JSON as plain JSON.
///
/// # Errors
/// `BAD_ENVELOPE`, `TYPE_MISMATCH` where a value is not of its type, `TOO_DEEP`.
pub(super) fn document(raw: &str) -> Result<Cow<'_, str>, RecordError> {
    plain(raw).map_err(|misread| match misread {
        Misread::NotJson => bad_envelope("not JSON".to_owned()),
        Misread::TooDeep => RecordError::new(ReasonCode::TooDeep, "a document nested too deep"),
        Misread::Type(name) => {
            RecordError::new(ReasonCode::TypeMismatch, format!("a value of {name} is not one, by Extended JSON"))
        }
    })
}

/// The columns that an update without its document provides: those set, those removed as null, and the key.
///
/// # Errors
/// As [`document`]; `BAD_ENVELOPE` where it changes a part of a column, because the other parts are not said.
pub(super) fn patch(plan: &Plan, record: &Record<'_>) -> Result<String, RecordError> {
    let update = record.update.ok_or_else(|| bad_envelope("neither fullDocument nor updateDescription".to_owned()))?;
    let parts = members(update, ["updatedFields", "removedFields", "truncatedArrays"]);
    let [set, removed, truncated] =
        parts.ok_or_else(|| bad_envelope("updateDescription is no object".to_owned()))?.map(not_null);
    let mut patch = Patch { plan, out: String::from("{"), partial: None };
    let key = document(record.key.ok_or_else(|| bad_envelope("no documentKey".to_owned()))?)?;
    each_member(&key, |name, raw| patch.set(&name, raw));
    let set = document(set.unwrap_or("{}"))?;
    each_member(&set, |name, raw| patch.set(&name, raw));
    for name in removed.and_then(elements).unwrap_or_default() {
        patch.set(&string(name).unwrap_or_default(), "null");
    }
    for array in truncated.and_then(elements).unwrap_or_default() {
        let name = members(array, ["field"]).and_then(|[name]| string(name?)).unwrap_or_default();
        patch.part(&name);
    }
    patch.finish()
}

struct Patch<'p> {
    plan: &'p Plan,
    out: String,
    /// A column of which a part is changed.
    partial: Option<String>,
}

impl Patch<'_> {
    /// A field with its new value; a path with points is a column of that name, or lies inside of one.
    fn set(&mut self, name: &str, raw: &str) {
        if name.contains('.') && self.plan.columns_of(name).next().is_none() {
            return self.part(name);
        }
        if self.out.len() > 1 {
            self.out.push(',');
        }
        self.out.push_str(&Value::from(name).to_string());
        self.out.push(':');
        self.out.push_str(raw);
    }

    /// A change inside of a field. What the contract leaves out does not matter, unless it would become a column.
    fn part(&mut self, path: &str) {
        let field = path.split('.').next().unwrap_or(path);
        if self.plan.may_keep(field) && self.partial.is_none() {
            self.partial = Some(field.to_owned());
        }
    }

    fn finish(mut self) -> Result<String, RecordError> {
        if let Some(column) = self.partial {
            let detail = "the update changes a part of the value, and the event does not have the other parts; let the \
                          change stream send documents (fullDocument: updateLookup or whenAvailable)";
            return Err(RecordError::of(&column, ReasonCode::BadEnvelope, detail));
        }
        self.out.push('}');
        Ok(self.out)
    }
}

fn bad_envelope(detail: String) -> RecordError {
    RecordError::new(ReasonCode::BadEnvelope, detail)
}
