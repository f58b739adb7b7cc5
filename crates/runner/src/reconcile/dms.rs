//! What a task of AWS DMS counted and validated of a table.
//!
//! Source: AWS CLI reference, `aws dms describe-table-statistics`.

use crate::RunError;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    table_statistics: Vec<TableStatistics>,
}

/// Statistics of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct TableStatistics {
    pub(crate) schema_name: String,
    pub(crate) table_name: String,
    pub(crate) inserts: Option<u64>,
    pub(crate) deletes: Option<u64>,
    pub(crate) full_load_rows: Option<u64>,
    pub(crate) full_load_error_rows: Option<u64>,
    pub(crate) table_state: Option<String>,
    pub(crate) validation_pending_records: Option<u64>,
    pub(crate) validation_failed_records: Option<u64>,
    pub(crate) validation_suspended_records: Option<u64>,
    pub(crate) validation_state: Option<String>,
    pub(crate) last_update_time: Option<serde_json::Value>,
}

impl TableStatistics {
    /// Those of a table in a document; `wanted`: its name, with its schema where that is needed.
    ///
    /// # Errors
    /// If it is no such document, or the table is there not once.
    pub(crate) fn of(text: &str, path: &str, wanted: &str) -> Result<Self, RunError> {
        let document: Document = serde_json::from_str(text).map_err(|_| {
            RunError::input(
                format!("{path} holds no table statistics of AWS DMS"),
                "Write them with `aws dms describe-table-statistics --replication-task-arn ARN > FILE`",
            )
        })?;
        let (schema, name) = wanted.split_once('.').map_or((None, wanted), |(schema, name)| (Some(schema), name));
        let fits = |of: &TableStatistics| of.table_name == name && schema.is_none_or(|schema| of.schema_name == schema);
        let mut found = document.table_statistics.into_iter().filter(fits);
        match (found.next(), found.next()) {
            (Some(found), None) => Ok(found),
            (None, _) => Err(RunError::not_found(
                format!("{path} has no statistics of a table {wanted}"),
                "Name it with --source-table schema.table, as the task does",
            )),
            (Some(_), Some(_)) => Err(RunError::input(
                format!("{path} has statistics of several tables {wanted}"),
                "Say which with --source-table schema.table",
            )),
        }
    }

    /// Rows that the source has by what the task counted: it loaded some, and inserts and deletes came since. `None` if it
    /// did not load the table, or is not done with it.
    pub(crate) fn rows(&self) -> Option<u64> {
        let is_loaded = self.table_state.as_deref() == Some("Table completed");
        let loaded = self.full_load_rows.filter(|_| is_loaded)?;
        (loaded + self.inserts?).checked_sub(self.deletes?)
    }

    /// What the task says that is not good.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        if let Some(state) = self.table_state.as_deref().filter(|state| *state != "Table completed") {
            complaints.push(format!("The task says of the table: {state}"));
        }
        let counted = [
            (self.full_load_error_rows, "rows failed in the full load"),
            (self.validation_failed_records, "records failed the validation of the task"),
            (self.validation_suspended_records, "records could not be validated by the task"),
            (self.validation_pending_records, "records are not validated by the task yet"),
        ];
        for (count, what) in counted {
            complaints.extend(count.filter(|count| *count > 0).map(|count| format!("{count} {what}")));
        }
        let state = self.validation_state.as_deref();
        if let Some(state) = state.filter(|state| !matches!(*state, "Validated" | "Not enabled")) {
            complaints.push(format!("The task says of its validation: {state}"));
        }
        complaints
    }

    /// Whether the task validated every row with a good end; `None` if it does not validate.
    pub(crate) fn is_validated(&self) -> Option<bool> {
        match self.validation_state.as_deref()? {
            "Not enabled" => None,
            state => Some(state == "Validated"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TableStatistics;

    const TEXT: &str = r#"{"TableStatistics":[
        {"SchemaName":"public","TableName":"orders","Inserts":20,"Deletes":5,"Updates":7,"Ddls":0,"FullLoadRows":100,
         "FullLoadErrorRows":0,"TableState":"Table completed","ValidationPendingRecords":0,"ValidationFailedRecords":3,
         "ValidationSuspendedRecords":0,"ValidationState":"Mismatched records","LastUpdateTime":1764493200.0},
        {"SchemaName":"old","TableName":"items","TableState":"Table error"},
        {"SchemaName":"public","TableName":"items","Inserts":1,"Deletes":2,"FullLoadRows":0,
         "TableState":"Table completed","ValidationState":"Not enabled"}]}"#;

    #[test]
    fn statistics_say_how_many_rows_there_are() {
        let orders = TableStatistics::of(TEXT, "s.json", "orders").unwrap();
        assert_eq!((orders.rows(), orders.is_validated()), (Some(115), Some(false)));
        assert_eq!(orders.complaints().len(), 2, "{:?}", orders.complaints());
        let items = TableStatistics::of(TEXT, "s.json", "public.items").unwrap();
        assert_eq!((items.rows(), items.is_validated()), (None, None), "more deletes than rows are no count");
        let old = TableStatistics::of(TEXT, "s.json", "old.items").unwrap();
        assert_eq!((old.rows(), old.complaints().len()), (None, 1));
        for (text, wanted) in [(TEXT, "items"), (TEXT, "nothing"), ("{}", "orders"), ("no JSON", "orders")] {
            assert!(TableStatistics::of(text, "s.json", wanted).is_err(), "{wanted}");
        }
    }
}
