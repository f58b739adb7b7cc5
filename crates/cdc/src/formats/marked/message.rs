//! Messages of Qlik Replicate: `{magic, type: "DT", message: {data, beforeData, headers: {operation, changeSequence, …}}}`.

use crate::text::json_fields::{each_member, members, not_null};
use serde_json::Value;

/// Members of `headers`, and the columns that they are in files.
const HEADERS: [(&str, &str); 5] = [
    ("operation", "header__change_oper"),
    ("changeSequence", "header__change_seq"),
    ("timestamp", "header__timestamp"),
    ("streamPosition", "header__stream_position"),
    ("transactionId", "header__transaction_id"),
];

/// The row of a message as a file has it; `None` if the text is no message.
pub(super) fn row_of(text: &str) -> Option<String> {
    let [message, headers] = members(text, ["message", "headers"])?.map(not_null);
    let message = match (message, headers) {
        (Some(message), _) => message,
        // Without the outer part (`envelope: none`).
        (None, Some(_)) => text,
        (None, None) => return None,
    };
    let [data, headers] = members(message, ["data", "headers"])?.map(not_null);
    let (data, headers) = (data?, headers?);
    let mut row = String::from("{");
    let mut push = |name: &str, raw: &str| {
        if row.len() > 1 {
            row.push(',');
        }
        row.push_str(&Value::from(name).to_string());
        row.push(':');
        row.push_str(raw);
    };
    let values = members(headers, HEADERS.map(|(member, _)| member))?;
    for ((_, column), raw) in HEADERS.into_iter().zip(values) {
        if let Some(raw) = raw {
            push(column, raw);
        }
    }
    each_member(data, |name, raw| push(&name, raw)).then_some(())?;
    row.push('}');
    Some(row)
}
