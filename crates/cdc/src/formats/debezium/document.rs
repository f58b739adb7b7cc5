//! Documents of MongoDB in an envelope: each is a text in Extended JSON.

use crate::formats::json::row::{encoded_cell, inline_json, plain_cell};
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::row::values::Row;
use crate::text::json_fields::{each_member, members, string};
use crate::value::document_patch::DocumentPatch;
use crate::value::encoding::Encoding;
use crate::value::extended_json::{Misread, plain};
use sluice_change::{Cell, CellError, ReasonCode};
use sluice_contract::ColumnType;
use std::borrow::Cow;

/// The member of a document that is its key.
pub(crate) const KEY: &str = "_id";
/// What a record lacks whose row is gone.
pub(crate) const NO_DOCUMENT: &str = "the document is not in the record, as the MongoDB connector leaves it out of a delete, and of an update of a \
     document that was deleted by then; only the record key has its _id. Let the connector send it: \
     capture.mode=change_streams_update_full_with_pre_image";

/// A row that a record has as a document or as a part of one.
pub(crate) struct Document {
    /// As plain JSON.
    pub(crate) row: String,
    /// Fields that it lacks stay as they are.
    pub(crate) is_patch: bool,
}

impl Document {
    /// The document in a JSON string.
    ///
    /// # Errors
    /// `BAD_ENVELOPE`, `TOO_DEEP`.
    pub(crate) fn whole(image: &str) -> Result<Self, RecordError> {
        let text =
            string(image).ok_or_else(|| RecordError::new(ReasonCode::BadEnvelope, "the row is not a JSON text"))?;
        let row = plain(&text).map_err(misread)?.into_owned();
        Ok(Self { row, is_patch: false })
    }

    /// What an update set and took away (`updateDescription`), with the key of the document before.
    ///
    /// # Errors
    /// `BAD_ENVELOPE`, `TOO_DEEP`; a change inside a field, because the rest of the field is not known.
    pub(crate) fn patch(plan: &Plan, description: &str, before: &str) -> Result<Self, RecordError> {
        let not_an_object = || RecordError::new(ReasonCode::BadEnvelope, "updateDescription is not a JSON object");
        let [updated, removed, truncated] =
            members(description, ["updatedFields", "removedFields", "truncatedArrays"]).ok_or_else(not_an_object)?;
        let patch = DocumentPatch::read(updated, removed, truncated).map_err(misread)?;
        if let Some(field) = patch.fields_inside().find(|field| plan.may_keep(field)) {
            let detail = "the update names a part of this field, and without the whole document nobody knows what else \
                          is in it; let the connector send documents: capture.mode=change_streams_update_full";
            return Err(RecordError::of(field, ReasonCode::BadEnvelope, detail));
        }
        let before = Self::whole(before)?;
        let mut key = Vec::new();
        each_member(&before.row, |name, raw| {
            if name == KEY || plan.key_column(&name).is_some() {
                key.push((name, raw));
            }
        });
        Ok(Self { row: patch.row(&key), is_patch: true })
    }

    /// The cell of a column as a type; `None` if the document does not have it.
    ///
    /// # Errors
    /// When the value is not of the type.
    pub(crate) fn cell<'a>(
        is_patch: bool,
        plan: &Plan,
        row: &Row<&'a str>,
        position: usize,
        data_type: &ColumnType,
    ) -> Result<Option<Cell<'a>>, CellError> {
        let is_key = plan.is_key.get(position).copied().unwrap_or(false);
        match (row.column(position), data_type) {
            (Some(raw), ColumnType::Binary) => encoded_cell(plan, &Encoding::Bytes, raw, position, data_type).map(Some),
            (Some(raw), ColumnType::Json) => Ok(Some(inline_json(raw))),
            (Some(raw), _) => plain_cell(plan, raw, position, data_type).map(Some),
            (None, _) if is_patch && !is_key => Ok(Some(Cell::Absent)),
            (None, _) => Ok(None),
        }
    }
}

fn misread(misread: Misread) -> RecordError {
    let (reason, detail): (ReasonCode, Cow<'static, str>) = match misread {
        Misread::NotJson => (ReasonCode::BadEnvelope, "the text of the document is not JSON".into()),
        Misread::TooDeep => (ReasonCode::TooDeep, "the document is nested too deep".into()),
        Misread::Type(name) => {
            (ReasonCode::TypeMismatch, format!("a value of the document is not of its type {name}").into())
        }
    };
    RecordError::new(reason, detail)
}
