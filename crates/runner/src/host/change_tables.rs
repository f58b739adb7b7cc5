//! Change tables of Qlik Replicate beside the full load of the same table: two folders of one table.

use crate::RunError;
use sluice_cdc::{InferredEvidence, is_change_file};
use sluice_contract::{QuestionKind, SourceFormat};
use sluice_lake::{Lake, LakeError};

/// What the name of a change table ends with (Qlik Replicate documentation, "Change Tables").
const ENDING: &str = "__ct";
const FORMATS: [SourceFormat; 3] = [SourceFormat::QlikCsv, SourceFormat::QlikJson, SourceFormat::QlikParquet];

/// The other folder of a table of Qlik Replicate that has files, if there is one: `shop.orders__ct` of `shop.orders`, and the
/// other way round. None beyond what the lake may read.
pub(super) async fn other_folder(lake: &Lake, format: SourceFormat, folder: &str) -> Result<Option<String>, RunError> {
    let folder = folder.trim_end_matches('/');
    if folder.is_empty() || folder.contains('*') || !FORMATS.contains(&format) {
        return Ok(None);
    }
    let other = folder.strip_suffix(ENDING).map_or_else(|| format!("{folder}{ENDING}"), str::to_owned);
    let files = match lake.objects().list(&format!("{other}/")).await {
        Err(LakeError::Outside { .. }) => return Ok(None),
        files => files?,
    };
    Ok(files.iter().any(|file| is_change_file(&file.path)).then_some(other))
}

/// The question where a folder of Qlik Replicate has half of a table.
pub(super) fn question(format: SourceFormat, folder: &str, other: Option<&str>) -> Option<InferredEvidence> {
    let other = other.filter(|_| FORMATS.contains(&format))?;
    let text = if folder.trim_end_matches('/').ends_with(ENDING) {
        format!(
            "{other} has the full load of this table: add it as source.backfill: [{{name: full_load, path: {other}, format: \
             {format}}}], in CSV with csv_columns, and write no contract for it"
        )
    } else {
        format!("{other} has the changes of this table: write its contract, and this folder as source.backfill there")
    };
    Some(InferredEvidence { ok: false, question: Some(QuestionKind::SourceTable), text, count: "2 folders".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::question;
    use sluice_contract::SourceFormat;

    #[test]
    fn each_half_of_a_table_names_the_other() {
        let changes = question(SourceFormat::QlikCsv, "landing/shop.orders__ct", Some("landing/shop.orders")).unwrap();
        assert!(changes.text.contains("path: landing/shop.orders, format: qlik_csv"), "{}", changes.text);
        let load = question(SourceFormat::QlikCsv, "landing/shop.orders", Some("landing/shop.orders__ct")).unwrap();
        assert!(load.text.starts_with("landing/shop.orders__ct has the changes"), "{}", load.text);
        assert!(question(SourceFormat::Csv, "a", Some("a__ct")).is_none());
        assert!(question(SourceFormat::QlikCsv, "a", None).is_none());
    }
}
