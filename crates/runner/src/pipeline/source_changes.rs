//! What a batch shows of its source's shape that no batch before it had. It is noted before anything is decided of it,
//! so that the inbox has it whatever the contract does with it.

use super::context::TableContext;
use crate::RunError;
use sluice_cdc::DecodedFile;
use sluice_change::{ReasonCode, Reject};
use sluice_contract::{Contract, SourceChange};
use sluice_lake::{BatchManifest, NotedChange, SourceChangeNote};
use std::collections::BTreeMap;

/// Notes what the records of a claimed batch show first.
///
/// # Errors
/// If the notes cannot be read or written.
pub(crate) async fn note_source_changes(
    context: &TableContext,
    manifest: &BatchManifest,
    decoded: &[DecodedFile],
) -> Result<(), RunError> {
    // Older rows have the shape that they have.
    if manifest.backfill.is_some() {
        return Ok(());
    }
    let mut changes = changes_in(&context.contract, decoded);
    if changes.is_empty() {
        return Ok(());
    }
    let (ledger, name) = (context.lake.ledger(), &context.contract.name);
    let known = ledger.source_changes(name).await?;
    changes.retain(|change| !is_known(&known, change));
    if changes.is_empty() {
        return Ok(());
    }
    let note = SourceChangeNote { batch: manifest.batch, at_ms: ledger.now_ms(), changes };
    Ok(ledger.put_source_changes(name, &note).await?)
}

/// Whether nothing else was noted of the column since the same was. A column that comes, goes and comes again is three
/// changes.
fn is_known(known: &[SourceChangeNote], change: &NotedChange) -> bool {
    let same_kind = |other: &&NotedChange| {
        other.column == change.column
            && (other.change == SourceChange::Misfit) == (change.change == SourceChange::Misfit)
    };
    let last = known.iter().rev().flat_map(|note| note.changes.iter().rev()).find(same_kind);
    last.is_some_and(|last| last.change == change.change && last.data_type == change.data_type)
}

fn path_of(file: &DecodedFile) -> &str {
    file.changes.files.first().map_or("", |file| file.path.as_str())
}

/// How the records of files differ from the contract, each difference once.
fn changes_in(contract: &Contract, decoded: &[DecodedFile]) -> Vec<NotedChange> {
    let mut found: BTreeMap<(SourceChange, &str), NotedChange> = BTreeMap::new();
    let mut upserts: BTreeMap<&str, u64> = BTreeMap::new();
    for file in decoded {
        let of_part = file.changes.ops.iter().filter(|op| op.is_upsert()).count() as u64;
        *upserts.entry(path_of(file)).or_default() += of_part;
    }
    for file in decoded {
        let path = path_of(file);
        let rows = upserts.get(path).copied().unwrap_or(0);
        let mut note = |change: SourceChange, column, records: u64| {
            let first = || NotedChange {
                change,
                column: String::from(column),
                records: 0,
                file: path.to_owned(),
                records_of_file: records,
                renamed_from: file.drift.renamed.get(column).cloned(),
                data_type: None,
                wider: None,
            };
            found.entry((change, column)).or_insert_with(first).records += records;
        };
        for (column, records) in &file.drift.unknown {
            note(SourceChange::NewColumn, column, *records);
        }
        for (column, records) in &file.drift.again {
            note(SourceChange::NameAgain, column, *records);
        }
        for (column, records) in file.drift.missing.iter().filter(|missing| is_dropped(contract, file, rows, missing)) {
            note(SourceChange::MissingColumn, column, *records);
        }
        for column in file.rejects.iter().filter_map(misfit) {
            note(SourceChange::Misfit, column, 1);
        }
    }
    for ((change, column), noted) in &mut found {
        if *change == SourceChange::Misfit {
            noted.data_type = contract.column(column).map(|column| column.data_type.clone());
            noted.wider = decoded.iter().find_map(|file| file.drift.wider.get(*column).cloned());
        }
    }
    found.into_values().collect()
}

/// Whether a column that records of a file lack is one that the source dropped: all rows of the file lack it, or as many
/// as have a new column instead. Documents lack members that they have no value for.
fn is_dropped(contract: &Contract, file: &DecodedFile, upserts: u64, (_, lacking): &(&String, &u64)) -> bool {
    let has_optional = contract.source.as_ref().is_some_and(|source| source.format.has_optional_columns());
    let instead = file.drift.unknown.values().any(|records| records == *lacking);
    instead || (!has_optional && upserts > 0 && **lacking >= upserts)
}

/// The column of a record in quarantine whose value is not of its type.
fn misfit(reject: &Reject) -> Option<&str> {
    let is_misfit = matches!(reject.reason, ReasonCode::TypeMismatch | ReasonCode::ValueOutOfRange);
    reject.column.as_deref().filter(|_| is_misfit)
}

#[cfg(test)]
mod tests {
    use super::{changes_in, is_known};
    use sluice_cdc::decode_file;
    use sluice_change::SourceFile;
    use sluice_contract::{Contract, SourceChange};
    use sluice_lake::SourceChangeNote;
    use std::sync::Arc;

    fn noted(lines: &str) -> Vec<(SourceChange, String, u64)> {
        let text = "dataset: shop.orders\nsource: {path: in, format: debezium_json}\nschema:\n\
                    - {name: id, type: int, primary_key: true}\n- {name: note, type: string}\n- {name: n, type: int}\n";
        let contract = Arc::new(Contract::parse(text, "orders.yaml").unwrap());
        let rows: Vec<String> = (1_u32..)
            .zip(lines.lines())
            .map(|(position, row)| format!("{{\"op\":\"u\",\"after\":{row},\"source\":{{\"lsn\":{position}}}}}"))
            .collect();
        let file = SourceFile { path: "1.json".to_owned(), ..SourceFile::default() };
        let decoded = decode_file(&contract, file, rows.join("\n").into()).unwrap();
        let changes = changes_in(&contract, &[decoded]).into_iter();
        changes.map(|change| (change.change, change.column, change.records)).collect()
    }

    #[test]
    fn new_columns_dropped_ones_and_values_that_do_not_fit_are_changes() {
        let both = "{\"id\":1,\"note\":\"a\",\"n\":1}\n{\"id\":2,\"remark\":\"b\",\"n\":5000000000}";
        assert_eq!(
            noted(both),
            [
                (SourceChange::NewColumn, "remark".to_owned(), 1),
                (SourceChange::MissingColumn, "note".to_owned(), 1),
                (SourceChange::Misfit, "n".to_owned(), 1),
            ]
        );
        let some = "{\"id\":1,\"note\":\"a\",\"n\":1}\n{\"id\":2,\"n\":1}";
        assert_eq!(noted(some), [], "one record of two lacks it");
        assert_eq!(noted("{\"id\":1,\"n\":1}"), [(SourceChange::MissingColumn, "note".to_owned(), 1)]);
    }

    #[test]
    fn a_column_that_comes_goes_and_comes_is_three_changes() {
        let change = |change| sluice_lake::NotedChange {
            change,
            column: "note".to_owned(),
            records: 1,
            file: "1.json".to_owned(),
            records_of_file: 1,
            renamed_from: None,
            data_type: None,
            wider: None,
        };
        let note = |batch, of| SourceChangeNote { batch, at_ms: 0, changes: vec![change(of)] };
        let new = change(SourceChange::NewColumn);
        assert!(!is_known(&[], &new) && is_known(&[note(1, SourceChange::NewColumn)], &new));
        let gone = [note(1, SourceChange::NewColumn), note(2, SourceChange::MissingColumn)];
        assert!(!is_known(&gone, &new));
    }
}
