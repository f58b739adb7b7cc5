//! Records that a connector writes beside the changes of tables (Debezium documentation, "Transaction metadata",
//! "Heartbeat messages", "Schema change topic").

use crate::formats::json::wrapping::payload_of;
use crate::text::json_fields::{each_member, members, not_null, string};

/// The operation under which a beginning or end of a transaction is counted.
pub(crate) const TRANSACTION: &str = "transaction";
/// The operation under which a heartbeat is counted.
pub(crate) const HEARTBEAT: &str = "heartbeat";
/// The operation under which a change of the schema is counted.
pub(crate) const STATEMENT: &str = "ddl";

/// Members of a heartbeat.
const OF_HEARTBEAT: [&str; 4] = ["ts_ms", "ts_us", "ts_ns", "serverName"];

/// What a record is that is of no table; `None` if it may be of one.
pub(crate) fn beside(text: &str) -> Option<&'static str> {
    let record = payload_of(text);
    let names = ["status", "id", "event_count", "databaseName", "ddl", "op", "after"];
    let [status, id, event_count, database, ddl, op, after] = members(record, names)?;
    if op.is_some() || after.is_some() {
        return None;
    }
    let status = status.and_then(string);
    if id.is_some() && event_count.is_some() && status.is_some_and(|status| matches!(status.as_ref(), "BEGIN" | "END"))
    {
        return Some(TRANSACTION);
    }
    if database.is_some() && not_null(ddl).is_some() {
        return Some(STATEMENT);
    }
    let (mut members, mut others) = (0, 0);
    each_member(record, |name, _| {
        members += 1;
        others += usize::from(!OF_HEARTBEAT.contains(&name.as_ref()));
    });
    (members > 0 && others == 0).then_some(HEARTBEAT)
}

#[cfg(test)]
mod tests {
    use super::beside;

    #[test]
    fn records_of_no_table_are_known() {
        for (record, what) in [
            (r#"{"status":"BEGIN","id":"571:1","event_count":null,"data_collections":null,"ts_ms":1}"#, "transaction"),
            (
                r#"{"schema":{},"payload":{"status":"END","id":"571:1","event_count":2,"data_collections":[]}}"#,
                "transaction",
            ),
            (r#"{"ts_ms":1730000000000}"#, "heartbeat"),
            (r#"{"serverName":"shop"}"#, "heartbeat"),
            (r#"{"source":{},"databaseName":"shop","ddl":"DROP TABLE t","tableChanges":[]}"#, "ddl"),
        ] {
            assert_eq!(beside(record), Some(what), "{record}");
        }
        for record in [
            r#"{"id":1,"status":"BEGIN"}"#,
            r#"{"ts_ms":1,"id":2}"#,
            r#"{"op":"c","after":{"id":1},"ts_ms":1}"#,
            "{}",
            "1",
        ] {
            assert_eq!(beside(record), None, "{record}");
        }
    }
}
