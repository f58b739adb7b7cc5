//! What an update of a document says of its fields, where it does not have the whole document.
//!
//! MongoDB manual, "Change Events", `updateDescription`; Debezium has its members as texts.

use super::extended_json::{Misread, plain};
use crate::text::json_fields::{each_member, elements, members, not_null, string};
use serde_json::Value;
use std::borrow::Cow;

/// Fields that an update set, and fields that it took away. What it does not name it leaves as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DocumentPatch {
    /// Names and new values, as plain JSON.
    pub(crate) set: Vec<(String, String)>,
    /// Names of fields that are gone.
    pub(crate) unset: Vec<String>,
    /// Paths inside a field, `address.city` or the element of a list: without the document before nobody knows what the
    /// field is now.
    pub(crate) inside: Vec<String>,
}

impl DocumentPatch {
    /// Reads `updatedFields`, an object, `removedFields`, a list of names, and `truncatedArrays`, a list of objects with
    /// a `field`; each as JSON or as a text of JSON, `None` and null say nothing.
    ///
    /// # Errors
    /// [`Misread`].
    pub(crate) fn read(updated: Option<&str>, removed: Option<&str>, truncated: Option<&str>) -> Result<Self, Misread> {
        let mut patch = Self::default();
        if let Some(updated) = json(updated) {
            let fields = plain(&updated)?;
            let whole = each_member(&fields, |path, raw| {
                let name = patch.name_of(path);
                patch.set.extend(name.map(|name| (name, raw.to_owned())));
            });
            whole.then_some(()).ok_or(Misread::NotJson)?;
        }
        if let Some(removed) = json(removed) {
            for name in elements(&removed).ok_or(Misread::NotJson)? {
                let name = patch.name_of(string(name).ok_or(Misread::NotJson)?);
                patch.unset.extend(name);
            }
        }
        if let Some(truncated) = json(truncated) {
            for array in elements(&truncated).ok_or(Misread::NotJson)? {
                let field = members(array, ["field"]).and_then(|[field]| string(field?)).ok_or(Misread::NotJson)?;
                patch.inside.push(field.into_owned());
            }
        }
        Ok(patch)
    }

    /// The name, if the path is one of a field of the document; else it is kept as one inside a field.
    fn name_of(&mut self, path: Cow<'_, str>) -> Option<String> {
        let path = path.into_owned();
        if path.contains('.') {
            self.inside.push(path);
            return None;
        }
        Some(path)
    }

    /// Names of the fields inside which something changed.
    pub(crate) fn fields_inside(&self) -> impl Iterator<Item = &str> {
        self.inside.iter().map(|path| path.split('.').next().unwrap_or(path))
    }

    /// The fields as a row that has no others: those that are gone are null. `key` is the members of the key, which come
    /// first, as plain JSON.
    pub(crate) fn row(&self, key: &[(Cow<'_, str>, &str)]) -> String {
        let key = key.iter().map(|(name, raw)| (name.as_ref(), *raw));
        let set = self.set.iter().map(|(name, raw)| (name.as_str(), raw.as_str()));
        let unset = self.unset.iter().map(|name| (name.as_str(), "null"));
        let members = key.chain(set).chain(unset).map(|(name, raw)| format!("{}:{raw}", Value::from(name)));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }
}

/// The JSON of a member that is JSON or a text of it.
fn json(raw: Option<&str>) -> Option<Cow<'_, str>> {
    not_null(raw).map(|raw| string(raw).unwrap_or(Cow::Borrowed(raw)))
}

#[cfg(test)]
mod tests {
    use super::DocumentPatch;
    use crate::value::extended_json::Misread;

    #[test]
    fn fields_are_set_taken_away_or_left() {
        let texts = (r#""{\"a\": {\"$numberLong\": \"5\"}, \"b.c\": 1}""#, r#"["d"]"#);
        let objects = (r#"{"a": 5, "b.c": 1}"#, r#""[\"d\"]""#);
        for (updated, removed) in [texts, objects] {
            let patch = DocumentPatch::read(Some(updated), Some(removed), Some("null")).unwrap();
            assert_eq!(patch.row(&[("_id".into(), "7")]), r#"{"_id":7,"a":5,"d":null}"#);
            assert_eq!(patch.inside, ["b.c"]);
        }
        let patch = DocumentPatch::read(None, None, Some(r#"[{"field":"list","newSize":2}]"#)).unwrap();
        assert!(patch.fields_inside().eq(["list"]));
        assert_eq!(DocumentPatch::read(Some("[]"), None, None), Err(Misread::NotJson));
        assert_eq!(DocumentPatch::read(Some(r#"{"a":{"$oid":1}}"#), None, None), Err(Misread::Type("$oid")));
    }
}
