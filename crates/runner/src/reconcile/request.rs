//! What a connector is asked, so that it sends rows again itself.

use super::database::address::Server;
use super::database::keys_condition;
use super::report::Found;
use crate::RunError;
use crate::support::column_texts::ColumnTexts;
use sluice_api::{Arrival, ConnectorRequest};
use sluice_contract::{Contract, limits};

/// The request for the rows that differ. `table`: schema and name in the source, where they are known.
///
/// Sources: Debezium documentation, "Sending signals to a connector", `execute-snapshot` with `additional-conditions`; AWS
/// DMS API reference, `ReloadTables`.
///
/// # Errors
/// If the format is of no connector that has such a request, or the table in the source is not known.
pub(crate) fn request(
    contract: &Contract,
    found: &Found,
    server: Option<Server>,
    table: Option<(&str, &str)>,
) -> Result<ConnectorRequest, RunError> {
    let name = &contract.name;
    let format = contract.source.as_ref().map(|source| source.format.as_str()).unwrap_or_default();
    let Some((schema, table)) = table else {
        return Err(RunError::input(
            format!("Which table of the source {name} is of is not known"),
            "Name it with --source-table schema.table",
        ));
    };
    if format.starts_with("dms_") {
        let text = format!(
            "aws dms reload-tables --replication-task-arn ARN --reload-option data-reload \\\n  \
             --tables-to-reload 'SchemaName={schema},TableName={table}'"
        );
        let about = "AWS DMS loads whole tables alone; put the address of the task in the place of ARN".to_owned();
        return Ok(ConnectorRequest { about, text });
    }
    if !format.starts_with("debezium") {
        return Err(RunError::input(
            format!("{format} is a format of no connector that sends single rows again"),
            "Repair by corrective events: --repair events",
        ));
    }
    let columns = found.key_columns(contract)?;
    let texts = columns.iter().map(|(_, column)| ColumnTexts::of(column)).collect::<Result<Vec<_>, _>>()?;
    let mut keys = Vec::new();
    for (row, (difference, arrival)) in found.all().enumerate() {
        let is_wanted = !matches!(arrival, Arrival::NotArrived | Arrival::NewerInSilver);
        // The source cannot send a row that it does not have.
        if is_wanted && difference.source.is_some() {
            let key = columns.iter().zip(&texts);
            keys.push(key.map(|((name, _), texts)| (name.clone(), texts.text(row).unwrap_or_default())).collect());
        }
    }
    let surplus = found.tally().counts.surplus;
    if keys.len() > limits::RECONCILE_ROWS_SHOWN {
        return Err(RunError::input(
            format!("{} keys are too many for one request", keys.len()),
            "Ask the connector for a snapshot of the whole table, or repair by corrective events",
        ));
    }
    let condition = keys_condition(server.unwrap_or(Server::Postgres), &keys);
    let collection = format!("{schema}.{table}");
    let data = serde_json::json!({
        "type": "execute-snapshot",
        "data": {
            "type": "incremental",
            "data-collections": [collection],
            "additional-conditions": [{ "data-collection": collection, "filter": condition }],
        },
    });
    let mut about = "A signal for Debezium; send it through the connector's signal channel".to_owned();
    if surplus > 0 {
        about.push_str(&format!(
            ". It does not bring the deletes of {surplus} rows that the source does not have; --repair events does"
        ));
    }
    let text = serde_json::to_string_pretty(&data).map_err(|error| RunError::Internal(error.to_string()))?;
    Ok(ConnectorRequest { about, text })
}
