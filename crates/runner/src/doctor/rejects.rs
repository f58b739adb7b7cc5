//! Records that could not become events: which check each is of.

use super::found::{Found, Place};
use serde_json::Value;
use sluice_api::FindingCode;
use sluice_change::{ReasonCode, Reject};

/// Counts a record in quarantine. Whether it is a part of the table: a control record is none.
pub(crate) fn note(found: &mut Found, file: u32, reject: &Reject) -> bool {
    let code = code_of(reject);
    let record = (!reject.whole_file).then_some(reject.at.row);
    let detail = match &reject.column {
        Some(column) => format!("column {column}: {}", reject.detail),
        None => reject.detail.clone(),
    };
    found.note(code, Place { file, record }, detail, &reject.raw);
    code != FindingCode::ControlRecord
}

fn code_of(reject: &Reject) -> FindingCode {
    match reject.reason {
        ReasonCode::UnreadableFile
        | ReasonCode::TruncatedFile
        | ReasonCode::DecoderCrashed
        | ReasonCode::FileTooLarge
        | ReasonCode::RatioTooHigh
        | ReasonCode::RowTooLarge
        | ReasonCode::TooDeep => FindingCode::TruncatedFile,
        ReasonCode::BadEncoding | ReasonCode::ValueOutOfRange => FindingCode::ValueDamaged,
        ReasonCode::UnknownOperation => FindingCode::UnknownOperation,
        ReasonCode::BadEnvelope if reject.detail.contains(" fields, ") => FindingCode::ColumnsDiffer,
        ReasonCode::BadEnvelope => of_envelope(reject),
        ReasonCode::TooManyColumns | ReasonCode::IncompatibleChange => FindingCode::ColumnsDiffer,
        ReasonCode::MissingSeq | ReasonCode::UnknownStart => FindingCode::MissingSeq,
        ReasonCode::MissingKey => FindingCode::MissingKey,
        ReasonCode::TypeMismatch if is_of_time(&reject.detail) => FindingCode::TimeUnit,
        ReasonCode::TypeMismatch | ReasonCode::NullInRequired | ReasonCode::CheckFailed => FindingCode::TypeMismatch,
        ReasonCode::SeqConflict => FindingCode::SeqConflict,
        ReasonCode::UndecidedKeep => FindingCode::ValueNotSent,
        ReasonCode::KeyChanged => FindingCode::KeyChanged,
        ReasonCode::SourceTruncated => FindingCode::SourceEmptied,
        ReasonCode::TooLate => FindingCode::LateAfterDelete,
    }
}

/// What the decoder says of times whose unit or zone is not known.
fn is_of_time(detail: &str) -> bool {
    ["unit:", "time_zone", "zone"].iter().any(|word| detail.contains(word))
}

fn of_envelope(reject: &Reject) -> FindingCode {
    match serde_json::from_str::<Value>(&reject.raw) {
        Ok(Value::Object(members)) => {
            let inner = members.get("payload").and_then(Value::as_object).unwrap_or(&members);
            let is_mark = inner.get("status").and_then(Value::as_str).is_some_and(|it| it == "BEGIN" || it == "END");
            let is_statement = inner.contains_key("ddl") || inner.contains_key("tableChanges");
            let is_heartbeat = inner.keys().all(|name| name.starts_with("ts_")) && !inner.is_empty();
            if is_mark || is_statement || is_heartbeat {
                FindingCode::ControlRecord
            } else if reject.detail.contains("operation") {
                FindingCode::UnknownOperation
            } else {
                FindingCode::TypeMismatch
            }
        }
        Err(error) if error.is_eof() && reject.raw.trim_start().starts_with('{') => FindingCode::TruncatedFile,
        Ok(_) | Err(_) => FindingCode::TypeMismatch,
    }
}

#[cfg(test)]
mod tests {
    use super::code_of;
    use sluice_api::FindingCode;
    use sluice_change::{ReasonCode, Reject, RowRef};

    fn code(reason: ReasonCode, detail: &str, raw: &str) -> FindingCode {
        let at = RowRef { file: 0, row: 0, offset: 0 };
        code_of(&Reject {
            at,
            reason,
            column: None,
            detail: detail.to_owned(),
            further: std::sync::Arc::default(),
            raw: raw.to_owned(),
            whole_file: false,
        })
    }

    #[test]
    fn records_that_are_no_events_are_of_their_checks() {
        let bad = |raw| code(ReasonCode::BadEnvelope, "no operation (op)", raw);
        assert_eq!(bad(r#"{"status":"END","id":"7","event_count":3}"#), FindingCode::ControlRecord);
        assert_eq!(bad(r#"{"ts_ms":17}"#), FindingCode::ControlRecord);
        assert_eq!(bad(r#"{"op":null,"after":{"id":1}}"#), FindingCode::UnknownOperation);
        assert_eq!(bad(r#"{"op":"u","after":{"id":1"#), FindingCode::TruncatedFile);
        assert_eq!(bad("id;name"), FindingCode::TypeMismatch);
        let unit = "by its size a number of milliseconds; Write unit: milliseconds at the column in the contract";
        assert_eq!(code(ReasonCode::TypeMismatch, unit, ""), FindingCode::TimeUnit);
        assert_eq!(code(ReasonCode::TypeMismatch, "expected int", ""), FindingCode::TypeMismatch);
    }
}
