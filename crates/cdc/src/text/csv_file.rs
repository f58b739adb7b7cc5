//! AWS DMS CSV: full load and changes, plain or gzip.

use crate::formats::dms::row::{self as dms, DmsValue};
use crate::outcome::collector::Collector;
use crate::outcome::drift::Drift;
use crate::outcome::record_error::Fault;
use crate::plan::Plan;
use crate::row::Row;
use crate::text::csv_fields::{Field, fields};
use crate::text::csv_layout::CsvLayout;
use crate::text::records::{Cut, Records};
use crate::text::unpack::Ending;
use bytes::Bytes;
use sluice_change::{ReasonCode, RowRef, parse_cell};
use sluice_contract::{ColumnType, limits};

const CUT: &str = "the file ends inside the record";

/// Decodes a CSV file; says how it ended.
pub(crate) fn decode(plan: &Plan, out: &mut Collector, bytes: Bytes, stop_at: u64) -> Ending {
    let mut records = Records::new(bytes, Cut::Csv, stop_at);
    let mut layouts = CsvLayout::of_contract(plan);
    let mut named = false;
    let mut last = None;
    while let Some(record) = records.next() {
        let at = RowRef { file: 0, row: record.number, offset: record.offset };
        let mut bytes = record.bytes;
        if record.number == 0 {
            bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
            if let Some(header) = header(plan, bytes) {
                layouts = vec![header];
                named = true;
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
            out.reject(at, fault, &whole_record(plan, layouts.first().filter(|_| named), bytes));
        }
    }
    let ending = records.ending();
    if let Some((at, bytes)) = last {
        // A cut record may look whole, with its last field cut: only a whole file vouches for it.
        if ending != Ending::Whole || stop_at != u64::MAX {
            out.reject(at, Fault::new(ReasonCode::BadEnvelope, CUT), &bytes);
        } else if let Err(fault) = decode_record(plan, &layouts, out, at, &bytes) {
            out.reject(at, fault, &whole_record(plan, layouts.first().filter(|_| named), &bytes));
        }
    }
    if let Some((reason, detail)) = ending.reason() {
        out.reject_file(RowRef { file: 0, row: records.count(), offset: records.offset() }, reason, detail);
    }
    ending
}

/// A whole record that is rejected, so that bronze can give it another chance: with the names of its
/// header, or as it came with its line end.
fn whole_record(plan: &Plan, header: Option<&CsvLayout>, bytes: &[u8]) -> Vec<u8> {
    let fields = std::str::from_utf8(bytes).ok().and_then(fields);
    match (header, fields) {
        (Some(header), Some(fields)) if header.names.len() == fields.len() => {
            record(plan, header, &fields).into_bytes()
        }
        _ => [bytes, b"\n"].concat(),
    }
}

/// Decodes a record that was rejected: only its line end says that it is whole.
///
/// # Errors
/// Why it can not become an event.
pub(crate) fn decode_rejected(
    plan: &Plan,
    layouts: &[CsvLayout],
    out: &mut Collector,
    at: RowRef,
    record: &str,
) -> Result<(), Fault> {
    match record.strip_suffix('\n') {
        Some(record) => decode_record(plan, layouts, out, at, record.as_bytes()),
        None => Err(Fault::new(ReasonCode::BadEnvelope, CUT)),
    }
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
        let mut drift = Drift::default();
        let event = if time_fits(plan, &row) {
            dms::event(plan, at, &row, &mut drift, record(plan, layout, &fields))
        } else {
            let detail = format!("{} fields, and there is no time where dms_timestamp would be", fields.len());
            Err(Fault::new(ReasonCode::BadEnvelope, detail))
        };
        match event {
            Ok(event) => {
                dms::count(plan, out, &row, layout.unknown());
                out.drift.join(drift);
                return dms::push(plan, out, &row, event);
            }
            Err(fault) => first_fault = first_fault.or(Some((fault, drift))),
        }
    }
    dms::count(plan, out, &row(plan, likely, &fields), likely.unknown());
    match first_fault {
        Some((fault, drift)) => {
            out.drift.join(drift);
            Err(fault)
        }
        None => Ok(()),
    }
}

/// Whether the commit time is a time, if the row has one: what stands there may be another column's.
fn time_fits(plan: &Plan, row: &Row<DmsValue<'_>>) -> bool {
    let text = plan.time.and_then(|name| row.get(name)).and_then(Option::as_deref);
    text.is_none_or(|text| text.is_empty() || parse_cell(&ColumnType::Timestamp, text).is_ok())
}

fn row<'a>(plan: &Plan, layout: &CsvLayout, fields: &'a [Field<'a>]) -> Row<DmsValue<'a>> {
    let mut row = Row::new(plan);
    for ((target, name), field) in layout.targets.iter().zip(&layout.names).zip(fields) {
        row.set(plan, name, *target, value(plan, field).map(Into::into));
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
