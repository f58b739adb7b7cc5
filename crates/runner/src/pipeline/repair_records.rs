//! Corrective events: rows as the source has them, written into bronze where events were lost or wrong.
//!
//! A record of bronze names where the row was read, at which position, who asked for it, and its place in the order of
//! events: directly behind what silver had then. So it wins against every event of before, also one that arrives late, and
//! loses against every later one.

use crate::RunError;
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use serde::{Deserialize, Serialize};
use sluice_cdc::{BronzeRecord, DecodedFile, Drift, decode_records};
use sluice_change::{EventSeq, EventSeqs, Op, ReasonCode, Reject, SourceFile};
use sluice_contract::{Backfill, Column, Condition, Contract, SourceFormat};
use sluice_lake::correction_number;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Member of a row that says that the source does not have it.
const IS_GONE: &str = "_sluice_is_gone";
/// Between what is known of a corrective event and its row. A quote inside a text is escaped, so it is there once.
const ROW: &str = "},\"row\":";
/// What a corrective event begins with.
const HEAD: &str = "{\"_sluice_correction\":";

/// What is known of a corrective event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RepairHead {
    /// Its place in the order of events, as text.
    pub(crate) seq: String,
    /// Format of the row.
    pub(crate) format: SourceFormat,
    /// Where the row was read.
    pub(crate) origin: String,
    /// Position of the source that was read, if it has one.
    pub(crate) position: Option<String>,
    /// Who asked for it.
    pub(crate) by: String,
    /// When it was read, milliseconds since 1970.
    pub(crate) at_ms: i64,
}

impl RepairHead {
    /// The record of a row.
    ///
    /// # Errors
    /// Never but for a bug.
    pub(crate) fn with_row(&self, row: &str) -> Result<String, RunError> {
        let head = serde_json::to_string(self).map_err(|error| RunError::Internal(error.to_string()))?;
        Ok(format!("{HEAD}{head},\"row\":{row}}}"))
    }

    /// The record of a row that the source does not have; `key`: its key columns with their texts.
    ///
    /// # Errors
    /// Never but for a bug.
    pub(crate) fn without_row(&self, key: &[(String, String)]) -> Result<String, RunError> {
        let mut members: serde_json::Map<String, serde_json::Value> =
            key.iter().map(|(name, text)| (name.clone(), text.clone().into())).collect();
        members.insert(IS_GONE.to_owned(), "true".into());
        self.with_row(&serde_json::Value::Object(members).to_string())
    }

    /// What is known of a record, and its row.
    fn read(record: &str) -> Option<(Self, EventSeq, &str)> {
        let rest = record.strip_prefix(HEAD)?.strip_suffix('}')?;
        let (head, row) = rest.split_once(ROW)?;
        let head: Self = serde_json::from_str(&format!("{head}}}")).ok()?;
        let seq = EventSeq::parse(&head.seq)?;
        Some((head, seq, row))
    }
}

/// Directly behind a position: greater than every event of it, less than every event of a later one.
pub(crate) fn behind(seq: EventSeq) -> EventSeq {
    let mut parts = seq.parts;
    if let Some(last) = parts.last_mut() {
        *last = last.saturating_add(1);
    }
    EventSeq { parts, tie: 0, ..seq }
}

/// The contract by which plain rows of a format are read, whatever the table's own changes are.
pub(crate) fn for_rows(contract: &Contract, format: SourceFormat) -> Contract {
    contract.for_backfill(&Backfill {
        name: "reconcile".to_owned(),
        path: String::new(),
        source: None,
        format,
        csv_columns: Vec::new(),
    })
}

/// Whether records of these files are corrective events.
pub(crate) fn are_repairs(files: &[SourceFile]) -> bool {
    !files.is_empty() && files.iter().all(|file| correction_number(&file.path).is_some())
}

/// Decodes corrective events. Their place in the order is in them.
///
/// # Errors
/// If columns do not fit together, which would be a bug.
pub(crate) fn decode_repairs(
    contract: &Arc<Contract>,
    files: Vec<SourceFile>,
    records: &[BronzeRecord<'_>],
) -> Result<DecodedFile, RunError> {
    let mut heads = BTreeMap::new();
    let mut rows = Vec::with_capacity(records.len());
    let mut unread = Vec::new();
    let mut format = SourceFormat::Json;
    for record in records {
        let Some((head, seq, row)) = RepairHead::read(record.record) else {
            unread.push(not_read(record));
            continue;
        };
        format = head.format;
        heads.insert((record.at.file, record.at.row), (seq, record.record));
        rows.push(BronzeRecord { at: record.at, record: row });
    }
    let mut of_rows = for_rows(contract, format);
    of_rows.apply.delete_when = Some(Condition { column: IS_GONE.to_owned(), value: "true".to_owned() });
    of_rows.apply.truncate_when = None;
    let mut decoded = decode_records(&Arc::new(of_rows), files, &rows);
    for reject in &mut decoded.rejects {
        if let Some((_, whole)) = heads.get(&(reject.at.file, reject.at.row)) {
            reject.raw = Reject::raw_of(whole.as_bytes());
        }
    }
    // What they lack or have besides the contract says nothing of what the source delivers.
    decoded.drift = Drift::default();
    decoded.rows_in += unread.len() as u64;
    decoded.rejects.extend(unread);
    let mut seqs = EventSeqs::default();
    let changes = &mut decoded.changes;
    for row in 0..changes.len() {
        let at = changes.refs.at(row);
        let Some((seq, whole)) = heads.get(&(at.file, at.row)) else {
            return Err(RunError::Internal("a corrective event has no place".to_owned()));
        };
        let Some(op) = changes.ops.get_mut(row) else { continue };
        if *op == Op::Read {
            *op = Op::Upsert;
        }
        let upsert = if op.is_upsert() { EventSeq::UPSERT_TIE } else { 0 };
        seqs.push(EventSeq { tie: seq.tie | upsert, ..*seq });
        if let Some(record) = changes.records.get_mut(row) {
            *record = (*whole).to_owned();
        }
    }
    changes.seqs = seqs;
    changes.rows = with_deleted_seqs(&changes.rows, &changes.ops, &changes.seqs)?;
    Ok(decoded)
}

fn not_read(record: &BronzeRecord<'_>) -> Reject {
    Reject {
        at: record.at,
        reason: ReasonCode::BadEnvelope,
        column: None,
        detail: "this is no corrective event".to_owned(),
        raw: Reject::raw_of(record.record.as_bytes()),
        whole_file: false,
        further: Arc::default(),
    }
}

/// Rows in which soft deletes say where in the order they are.
fn with_deleted_seqs(rows: &RecordBatch, ops: &[Op], seqs: &EventSeqs) -> Result<RecordBatch, RunError> {
    let schema = rows.schema();
    let Ok(at) = schema.index_of(Column::DELETED_SEQ) else { return Ok(rows.clone()) };
    let texts: StringArray =
        ops.iter().zip(seqs.iter()).map(|(op, seq)| (*op == Op::SoftDelete).then(|| seq.to_string())).collect();
    let mut columns: Vec<ArrayRef> = rows.columns().to_vec();
    if let Some(column) = columns.get_mut(at) {
        *column = Arc::new(texts);
    }
    Ok(RecordBatch::try_new(schema, columns)?)
}

#[cfg(test)]
mod tests {
    use super::{RepairHead, behind, decode_repairs};
    use sluice_cdc::BronzeRecord;
    use sluice_change::{EventSeq, Op, RowRef, SourceFile};
    use sluice_contract::{Contract, SourceFormat};
    use std::sync::Arc;

    fn contract(delete_mode: &str) -> Arc<Contract> {
        let text = format!(
            "dataset: a.b\nsource: {{path: l/, format: debezium_json}}\napply: {{delete_mode: {delete_mode}}}\n\
             schema:\n- {{name: id, type: int, primary_key: true}}\n- {{name: total, type: 'decimal(30,2)', required: true}}\n"
        );
        Arc::new(Contract::parse(&text, "b.yaml").unwrap())
    }

    #[test]
    fn a_corrective_event_is_read_as_it_was_written() {
        let seq = behind(EventSeq::new(1, [7, 1, 9], true, 5));
        let head = RepairHead {
            seq: seq.to_string(),
            format: SourceFormat::Json,
            origin: "a \"},\\\"row\\\":\" b".to_owned(),
            position: Some("0/1A".to_owned()),
            by: "Ada".to_owned(),
            at_ms: 3,
        };
        let texts = [
            head.with_row(r#"{"id":1,"total":1234567890123456789012345678.90}"#).unwrap(),
            head.without_row(&[("id".to_owned(), "2".to_owned())]).unwrap(),
            r#"{"id":3}"#.to_owned(),
        ];
        let records: Vec<BronzeRecord<'_>> = (0..)
            .zip(&texts)
            .map(|(row, record)| BronzeRecord { at: RowRef { file: 0, row, offset: 0 }, record })
            .collect();
        let file = SourceFile { path: "_sluice/corrections/a/b/1.json".to_owned(), ..SourceFile::default() };
        for (mode, deletes) in [("hard", Op::Delete), ("soft", Op::SoftDelete)] {
            let decoded = decode_repairs(&contract(mode), vec![file.clone()], &records).unwrap();
            assert_eq!(decoded.changes.ops, [Op::Upsert, deletes]);
            assert_eq!(decoded.rejects.len(), 1);
            assert_eq!(decoded.rows_in, 3);
            assert!(decoded.drift.unknown.is_empty());
            assert_eq!(decoded.changes.records, texts[..2]);
            for placed in decoded.changes.seqs.iter() {
                assert!(placed > EventSeq::new(1, [7, 1, 9], true, u64::MAX));
                assert!(placed < EventSeq::new(1, [7, 1, 10], false, 0));
            }
        }
    }
}
