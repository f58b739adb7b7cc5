//! AWS DMS CSV: full load and changes, plain or gzip.

use crate::collector::Collector;
use crate::csv_fields::{Field, fields};
use crate::csv_layout::CsvLayout;
use crate::dms::{self, DmsValue};
use crate::fault::Fault;
use crate::plan::Plan;
use crate::records::{Cut, Records};
use crate::row::Row;
use crate::unpack::Ending;
use bytes::Bytes;
use sluice_change::{ReasonCode, RowRef};
use sluice_contract::limits;

/// Decodes a CSV file; says how it ended.
pub(crate) fn decode(plan: &Plan, out: &mut Collector, bytes: Bytes, stop_at: u64) -> Ending {
    let mut records = Records::new(bytes, Cut::Csv, stop_at);
    let mut layouts = CsvLayout::of_contract(plan);
    let mut last = None;
    while let Some(record) = records.next() {
        let at = RowRef { file: 0, row: record.number, offset: record.offset };
        let mut bytes = record.bytes;
        if record.number == 0 {
            bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
            if let Some(header) = header(plan, bytes) {
                layouts = vec![header];
                continue;
            }
        }
        if record.too_large {
            let detail = format!("over {} MiB", limits::ROW_BYTES_MAX >> 20);
            out.reject(at, Fault::new(ReasonCode::RowTooLarge, detail), bytes);
        } else if !record.ended {
            // Whether the file was cut here is known only after it.
            last = Some((at, bytes.to_vec()));
        } else if let Err(fault) = decode_record(plan, &layouts, out, at, bytes) {
            if fault.reason == ReasonCode::FileTooLarge {
                out.reject_file(at, fault.reason, fault.detail);
                return Ending::Whole;
            }
            out.reject(at, fault, bytes);
        }
    }
    let ending = records.ending();
    if let Some((at, bytes)) = last {
        // A cut record may look whole, with its last field cut: only a whole file vouches for it.
        let outcome = if ending == Ending::Whole && stop_at == u64::MAX {
            decode_record(plan, &layouts, out, at, &bytes)
        } else {
            Err(Fault::new(ReasonCode::BadEnvelope, "the file ends inside the record"))
        };
        if let Err(fault) = outcome {
            out.reject(at, fault, &bytes);
        }
    }
    if let Some((reason, detail)) = ending.reason() {
        out.reject_file(RowRef { file: 0, row: records.count(), offset: records.offset() }, reason, detail);
    }
    ending
}

fn header(plan: &Plan, bytes: &[u8]) -> Option<CsvLayout> {
    CsvLayout::of_header(plan, &fields(std::str::from_utf8(bytes).ok()?)?)
}

fn decode_record(
    plan: &Plan,
    layouts: &[CsvLayout],
    out: &mut Collector,
    at: RowRef,
    bytes: &[u8],
) -> Result<(), Fault> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let detail = format!("not UTF-8 at byte {} of the record", error.valid_up_to());
        Fault::new(ReasonCode::BadEncoding, detail)
    })?;
    if text.is_empty() {
        return Ok(());
    }
    let fields = fields(text).ok_or_else(|| Fault::new(ReasonCode::BadEnvelope, "a quote is not closed"))?;
    let fitting = CsvLayout::fitting(layouts, &fields);
    let Some(likely) = fitting.first() else {
        let mut wanted: Vec<usize> = layouts.iter().map(|layout| layout.names.len()).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let wanted: Vec<String> = wanted.iter().map(usize::to_string).collect();
        let detail = format!("{} fields, the contract allows {}", fields.len(), wanted.join(", "));
        return Err(Fault::new(ReasonCode::BadEnvelope, detail));
    };
    // Where the number of fields fits several layouts, the first whose types fit.
    let mut first_fault = None;
    for layout in &fitting {
        let row = row(plan, layout, &fields);
        match dms::event(plan, at, &row, record(plan, layout, &fields)) {
            Ok(event) => {
                dms::count(plan, out, &row, layout.unknown());
                return out.push(event);
            }
            Err(fault) => first_fault = first_fault.or(Some(fault)),
        }
    }
    dms::count(plan, out, &row(plan, likely, &fields), likely.unknown());
    first_fault.map_or(Ok(()), Err)
}

fn row<'a>(plan: &Plan, layout: &CsvLayout, fields: &'a [Field<'a>]) -> Row<DmsValue<'a>> {
    let mut row = Row::new(plan);
    for (target, field) in layout.targets.iter().zip(fields) {
        row.set(*target, value(plan, field).map(Into::into));
    }
    row
}

fn record(plan: &Plan, layout: &CsvLayout, fields: &[Field<'_>]) -> String {
    let names = layout.names.iter().map(String::as_str);
    dms::record(names.zip(fields.iter().map(|field| value(plan, field))))
}

/// The text of a field; `None` for `CsvNullValue` without quotes.
fn value<'a>(plan: &Plan, field: &'a Field<'_>) -> Option<&'a str> {
    (field.quoted || field.text != plan.source.null_text.as_str()).then_some(field.text.as_ref())
}
