//! Which tables of DynamoDB the exports below a folder are of: their manifests say it, their data files do not.

use super::table_names::{clean_name, proposed_name};
use crate::RunError;
use sluice_cdc::InferredEvidence;
use sluice_change::SourceFile;
use sluice_contract::{QuestionKind, TableName};
use sluice_lake::Lake;
use std::collections::{BTreeMap, BTreeSet};

/// The summary of an export (Amazon DynamoDB developer guide, "DynamoDB table export output format").
const SUMMARY: &str = "/manifest-summary.json";
const EXPORTS: &str = "/AWSDynamoDB/";
/// Summaries that are read, the newest.
const SUMMARIES_MAX: usize = 100;

/// Tables by the folder that their exports share.
pub(super) struct ExportedTables(BTreeMap<String, BTreeSet<String>>);

/// Reads the summaries among the files of a source.
pub(super) async fn exported_tables(lake: &Lake, files: &[SourceFile]) -> Result<ExportedTables, RunError> {
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let summaries = files.iter().rev().filter(|file| file.path.ends_with(SUMMARY));
    for file in summaries.take(SUMMARIES_MAX) {
        let Some(at) = file.path.rfind(EXPORTS) else { continue };
        let summary = lake.objects().read(&file.path).await?;
        let folder = file.path.get(..at + EXPORTS.len() - 1).unwrap_or_default();
        if let Some(table) = table_of(&summary) {
            tables.entry(folder.to_owned()).or_default().insert(table);
        }
    }
    Ok(ExportedTables(tables))
}

/// The name of the table in `tableArn`.
fn table_of(summary: &[u8]) -> Option<String> {
    let summary: serde_json::Value = serde_json::from_slice(summary).ok()?;
    let (_, table) = summary.get("tableArn")?.as_str()?.split_once(":table/")?;
    Some(table.split('/').next().unwrap_or(table).to_owned())
}

impl ExportedTables {
    fn of(&self, folder: &str) -> Option<&BTreeSet<String>> {
        self.0.get(folder.trim_end_matches('/'))
    }

    /// The name of the one table whose exports are in a folder: `landing/ddb/AWSDynamoDB` is `ddb.Orders`.
    pub(super) fn name_of(&self, folder: &str) -> Option<TableName> {
        let tables = self.of(folder)?;
        let table = tables.first().filter(|_| tables.len() == 1)?;
        let above = folder.trim_end_matches('/').rsplit_once('/').map_or("dynamodb", |(above, _)| above);
        Some(clean_name(&proposed_name(above).table, table))
    }

    /// The question where the exports of a folder are of several tables.
    pub(super) fn question(&self, folder: &str) -> Option<InferredEvidence> {
        let tables = self.of(folder).filter(|tables| tables.len() > 1)?;
        let names: Vec<&str> = tables.iter().map(String::as_str).collect();
        Some(InferredEvidence {
            ok: false,
            question: Some(QuestionKind::SourceTable),
            text: format!(
                "Exports of several tables, by their manifests: {}. The data files do not say which they are of: let the exports \
                 of each table go to a prefix of its own",
                names.join(", ")
            ),
            count: format!("{} tables", names.len()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{ExportedTables, table_of};
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn manifests_say_which_table_an_export_is_of() {
        let summary = br#"{"tableArn":"arn:aws:dynamodb:us-east-1:123456789012:table/ProductCatalog","itemCount":8}"#;
        assert_eq!(table_of(summary).as_deref(), Some("ProductCatalog"));
        assert_eq!(table_of(b"{}"), None);
        let of = |names: &[&str]| {
            let names: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
            ExportedTables(BTreeMap::from([("landing/ddb/AWSDynamoDB".to_owned(), names)]))
        };
        let one = of(&["Orders"]);
        assert_eq!(one.name_of("landing/ddb/AWSDynamoDB").unwrap().to_string(), "ddb.Orders");
        assert!(one.question("landing/ddb/AWSDynamoDB").is_none() && one.name_of("landing/ddb").is_none());
        let two = of(&["Orders", "Users"]);
        assert!(two.name_of("landing/ddb/AWSDynamoDB").is_none() && two.question("landing/ddb/AWSDynamoDB").is_some());
    }
}
