//! What other programs may switch on in a table, and Sluice does not read: such a table is refused by the name of the
//! feature, because its files alone would be read as other rows.

use crate::LakeError;
use deltalake::kernel::{Metadata, Protocol};
use serde_json::Value;

/// Reader features that change nothing for a reader of the table's files and deletion vectors, or that the log's
/// reader resolves (<https://github.com/delta-io/delta/blob/master/PROTOCOL.md>, "Table Features").
const READ: [&str; 6] = [
    "deletionVectors",
    "timestampNtz",
    "v2Checkpoint",
    "vacuumProtocolCheck",
    // Listed by tables that keep it switched off; the mode decides.
    "columnMapping",
    // Writers only, but some list it for readers too.
    "domainMetadata",
];

/// An error if the rows of the table are not what its files hold.
///
/// # Errors
/// [`LakeError::UnreadFeature`].
pub(crate) fn check(protocol: &Protocol, metadata: &Metadata, path: &str) -> Result<(), LakeError> {
    match unread(&as_json(protocol), &as_json(metadata)) {
        None => Ok(()),
        Some(feature) => Err(LakeError::UnreadFeature { feature, path: path.to_owned() }),
    }
}

fn as_json(action: &impl serde::Serialize) -> Value {
    serde_json::to_value(action).unwrap_or(Value::Null)
}

fn unread(protocol: &Value, metadata: &Value) -> Option<String> {
    let mode = metadata["configuration"]["delta.columnMapping.mode"].as_str().unwrap_or("none");
    if mode != "none" {
        return Some(format!("columnMapping (mode {mode})"));
    }
    if metadata["partitionColumns"].as_array().is_some_and(|columns| !columns.is_empty()) {
        return Some("partition columns, whose values are in the log and not in the files".to_owned());
    }
    let features = protocol["readerFeatures"].as_array().into_iter().flatten().filter_map(Value::as_str);
    features.into_iter().find(|feature| !READ.contains(feature)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::unread;
    use serde_json::{Value, json};

    fn of(features: &Value, configuration: &Value, partitions: &Value) -> Option<String> {
        unread(
            &json!({ "readerFeatures": features }),
            &json!({ "configuration": configuration, "partitionColumns": partitions }),
        )
    }

    #[test]
    fn what_the_files_alone_do_not_say_is_refused_by_name() {
        let mapped = of(&json!(["columnMapping"]), &json!({"delta.columnMapping.mode": "name"}), &json!([]));
        assert_eq!(mapped.as_deref(), Some("columnMapping (mode name)"));
        assert!(of(&json!([]), &json!({}), &json!(["day"])).is_some_and(|text| text.contains("partition")));
        assert_eq!(of(&json!(["typeWidening"]), &json!({}), &json!([])).as_deref(), Some("typeWidening"));
    }

    #[test]
    fn what_changes_nothing_for_readers_is_read() {
        let off = json!({"delta.columnMapping.mode": "none"});
        assert_eq!(of(&json!(["deletionVectors", "timestampNtz", "columnMapping"]), &off, &json!([])), None);
        assert_eq!(of(&Value::Null, &json!({}), &json!([])), None);
    }
}
