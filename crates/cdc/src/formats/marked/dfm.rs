//! Files of Qlik Replicate beside its data files: names and types of the fields, and the key.
//!
//! `{dataInfo: {columns: [{ordinal, name, type, length, precision, scale, primaryKeyPos}]}}` (Qlik Replicate
//! documentation, "Data file metadata").

use super::tool::Tool;
use crate::profile::Profile;
use crate::profile::guess::{Guess, guess};
use bytes::Bytes;
use serde::Deserialize;

/// Ending of the names of such files.
pub(crate) const ENDING: &str = ".dfm";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    data_info: DataInfo,
}

#[derive(Deserialize)]
struct DataInfo {
    columns: Vec<Field>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Field {
    name: String,
    #[serde(rename = "type")]
    data_type: String,
    #[serde(default)]
    precision: u8,
    #[serde(default)]
    scale: u8,
    #[serde(default)]
    primary_key_pos: u32,
}

/// Takes what a file says; nothing if it is none.
pub(super) fn read(profile: &mut Profile, tool: &Tool, bytes: &Bytes) {
    let Ok(Document { data_info: DataInfo { columns } }) = serde_json::from_slice(bytes) else { return };
    let names: Vec<String> = columns.iter().map(|field| field.name.clone()).collect();
    if !profile.field_names.contains(&names) {
        profile.field_names.push(names);
    }
    let mut key: Vec<&Field> = columns.iter().filter(|field| field.primary_key_pos > 0).collect();
    key.sort_by_key(|field| field.primary_key_pos);
    profile.note_named_key(key.into_iter().map(|field| field.name.clone()).collect());
    for field in columns.iter().filter(|field| !tool.is_own(&field.name)) {
        profile.column(&field.name).by_schema = type_of(field);
    }
}

/// The type of a field; `None` for what the values show as well.
fn type_of(field: &Field) -> Option<Guess> {
    let data_type = match field.data_type.to_ascii_uppercase().as_str() {
        "BOOLEAN" => "boolean".to_owned(),
        "INT1" | "INT2" | "UINT1" => "smallint".to_owned(),
        "INT4" | "UINT2" => "int".to_owned(),
        "INT8" | "UINT4" => "bigint".to_owned(),
        "UINT8" => "decimal(20,0)".to_owned(),
        "NUMERIC" if (1..=38).contains(&field.precision) && field.scale <= field.precision => {
            format!("decimal({},{})", field.precision, field.scale)
        }
        "NUMERIC" => "numeric".to_owned(),
        "REAL4" => "float".to_owned(),
        "REAL8" => "double".to_owned(),
        "DATE" => "date".to_owned(),
        "TIME" => "time".to_owned(),
        "DATETIME" => "timestamp_ntz".to_owned(),
        "STRING" | "WSTRING" | "CLOB" | "NCLOB" => "string".to_owned(),
        "BYTES" | "BLOB" => "binary".to_owned(),
        _ => return None,
    };
    Some(guess(data_type, &format!("text, {}", field.data_type)))
}
