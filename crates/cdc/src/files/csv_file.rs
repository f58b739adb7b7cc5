//! Files of CSV, plain or compressed, and their records.

use super::csv_layout::{CsvExtras, CsvLayout, CsvLayouts};
use crate::outcome::collector::Collector;
use crate::outcome::drift::Drift;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::row::text_rows::{self, TextRows, TextValue, text_of};
use crate::row::values::Row;
use crate::text::csv_dialect::{CsvDialect, DELIMITERS};
use crate::text::csv_fields::{Field, fields_by};
use crate::text::records::{RecordDelimiter, Records};
use crate::text::unpack::StreamEnd;
use bytes::Bytes;
use sluice_change::{Event, ReasonCode, RowRef};
use sluice_contract::limits;

const CUT: &str = "the file ends inside the record";
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Decodes the records of CSV files of one table.
pub(crate) struct CsvDecoder<'p> {
    plan: &'p Plan,
    rows: &'p dyn TextRows,
    extras: CsvExtras,
    layouts: CsvLayouts,
    dialect: CsvDialect,
    /// The layout is that of a header.
    named: bool,
}

impl<'p> CsvDecoder<'p> {
    /// For files without a header, until one is seen.
    pub(crate) fn new(plan: &'p Plan, rows: &'p dyn TextRows, extras: CsvExtras) -> Self {
        let (layouts, dialect) = (CsvLayouts::of_contract(plan, extras), CsvDialect::of(&plan.source));
        Self { plan, rows, extras, layouts, dialect, named: false }
    }

    /// Decodes a file; says how it ended.
    pub(crate) fn file(mut self, out: &mut Collector, bytes: Bytes, stop_at: u64) -> StreamEnd {
        let (delimiter, encoding) = (RecordDelimiter::Csv(self.dialect), self.plan.source.encoding);
        let mut records = Records::in_encoding(bytes, delimiter, encoding, stop_at);
        let mut last = None;
        while let Some(record) = records.next() {
            let at = RowRef { file: 0, row: record.number, offset: record.offset };
            let mut bytes = record.bytes;
            if record.number == 0 {
                bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
                if self.take_header(bytes) {
                    records.set_delimiter(RecordDelimiter::Csv(self.dialect));
                    continue;
                }
            }
            if record.too_large {
                let detail = format!("over {} MiB", limits::ROW_BYTES_MAX >> 20);
                out.reject(at, RecordError::new(ReasonCode::RowTooLarge, detail), bytes);
            } else if !record.ended {
                // Whether the file was cut here is known only after it.
                last = Some((at, bytes.to_vec()));
            } else if let Err(error) = self.record(out, at, bytes) {
                if error.reason == ReasonCode::FileTooLarge {
                    out.reject_file(at, error.reason, error.detail);
                    return StreamEnd::Whole;
                }
                out.reject(at, error, &self.whole_record(bytes));
            }
        }
        let end = records.end();
        if let Some((at, bytes)) = last {
            // A cut record may look whole, with its last field cut: only a whole file vouches for it.
            if end != StreamEnd::Whole || stop_at != u64::MAX {
                out.reject(at, RecordError::new(ReasonCode::BadEnvelope, CUT), &bytes);
            } else if let Err(error) = self.record(out, at, &bytes) {
                out.reject(at, error, &self.whole_record(&bytes));
            }
        }
        if let Some((reason, detail)) = end.reason() {
            out.reject_file(RowRef { file: 0, row: records.count(), offset: records.offset() }, reason, detail);
        }
        end
    }

    /// Decodes a record of bronze: a row as JSON, or one that was rejected, of which only its line end says that
    /// it is whole.
    ///
    /// # Errors
    /// Why it cannot become an event.
    pub(crate) fn bronze_record(&self, out: &mut Collector, at: RowRef, record: &str) -> Result<(), RecordError> {
        if record.starts_with("{\"") {
            return text_rows::decode_record(self.plan, self.rows, out, at, record);
        }
        match record.strip_suffix('\n') {
            Some(record) => self.record(out, at, record.as_bytes()),
            None => Err(RecordError::new(ReasonCode::BadEnvelope, CUT)),
        }
    }

    /// Takes the layout of a record if it is a header, and the delimiter by which it is one where the contract has none.
    fn take_header(&mut self, bytes: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(bytes) else { return false };
        let text = text.trim_end_matches('\r');
        let delimiters = match self.plan.source.csv_delimiter {
            Some(_) => vec![self.dialect.delimiter],
            None => DELIMITERS.to_vec(),
        };
        for dialect in delimiters.into_iter().map(|delimiter| self.dialect.with_delimiter(delimiter)) {
            let header = fields_by(text, dialect);
            if let Some(layouts) = header.and_then(|header| CsvLayouts::of_header(self.plan, &header, self.extras)) {
                self.layouts = layouts;
                self.dialect = dialect;
                self.named = true;
                return true;
            }
        }
        false
    }

    /// A whole record that is rejected, so that bronze can give it another chance: with the names of its
    /// header, or as it came with its line end.
    fn whole_record(&self, bytes: &[u8]) -> Vec<u8> {
        let fields = std::str::from_utf8(bytes).ok().and_then(|text| fields_by(text, self.dialect));
        match (self.layouts.first().filter(|_| self.named), fields) {
            (Some(header), Some(fields)) if header.names.len() == fields.len() => {
                self.json(header, &fields).into_bytes()
            }
            // Without its header nobody would know its delimiter, so it stays a record that is not whole.
            _ if self.dialect != CsvDialect::of(&self.plan.source) => bytes.to_vec(),
            _ => [bytes, b"\n"].concat(),
        }
    }

    fn record(&self, out: &mut Collector, at: RowRef, bytes: &[u8]) -> Result<(), RecordError> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let detail = format!("not UTF-8 at byte {} of the record", error.valid_up_to());
            RecordError::new(ReasonCode::BadEncoding, detail)
        })?;
        if text.is_empty() {
            return Ok(());
        }
        let fields = fields_by(text, self.dialect)
            .ok_or_else(|| RecordError::new(ReasonCode::BadEnvelope, "a quote is not closed"))?;
        if self.extras.table.is_some() && is_of_other_table(out, &fields)? {
            return Ok(());
        }
        let fitting = self.layouts.fitting(&fields);
        let Some(likely) = fitting.first() else {
            let wanted: Vec<String> = self.layouts.widths().iter().map(usize::to_string).collect();
            let detail = format!("{} fields, the contract allows {}", fields.len(), wanted.join(", "));
            return Err(RecordError::new(ReasonCode::BadEnvelope, detail));
        };
        // Where the number of fields fits several layouts, the first whose types fit.
        let mut first_error = None;
        for layout in &fitting {
            let row = self.row(layout, &fields);
            let mut drift = Drift::default();
            match self.event(at, layout, &fields, &row, &mut drift) {
                Ok((event, order)) => {
                    text_rows::count(self.plan, self.rows, out, &row, layout.unknown());
                    out.drift.join(drift);
                    self.rows.keep(self.plan, out, &row, event)?;
                    order.into_iter().for_each(|words| out.orders.note(words));
                    return Ok(());
                }
                Err(error) => first_error = first_error.or(Some((error, drift))),
            }
        }
        text_rows::count(self.plan, self.rows, out, &self.row(likely, &fields), likely.unknown());
        match first_error {
            Some((error, drift)) => {
                out.drift.join(drift);
                Err(error)
            }
            None => Ok(()),
        }
    }

    fn event<'a>(
        &self,
        at: RowRef,
        layout: &CsvLayout,
        fields: &[Field<'_>],
        row: &'a Row<TextValue<'a>>,
        drift: &mut Drift,
    ) -> Result<(Event<'a>, Option<&'static str>), RecordError> {
        if let Some(time) = self.extras.time.filter(|_| !self.time_fits(row)) {
            let detail = format!("{} fields, and there is no time where {time} would be", fields.len());
            return Err(RecordError::new(ReasonCode::BadEnvelope, detail));
        }
        text_rows::event(self.plan, self.rows, at, row, drift, self.json(layout, fields))
    }

    /// Whether the time behind the columns is a time, if the row has one: what stands there may be another column's.
    fn time_fits(&self, row: &Row<TextValue<'_>>) -> bool {
        let text = self.plan.time.and_then(|name| text_of(row, name));
        text.is_none_or(|text| text.is_empty() || text_rows::time_ms(text).is_some())
    }

    fn row<'a>(&self, layout: &CsvLayout, fields: &'a [Field<'a>]) -> Row<TextValue<'a>> {
        let mut row = Row::of_columns(self.plan);
        for ((target, name), field) in layout.targets.iter().zip(&layout.names).zip(fields) {
            let value = self.value(field);
            row.set(self.plan, name, *target, value.map(Into::into));
            if let Some(json) = value {
                text_rows::set_inside(self.plan, &mut row, name, json);
            }
        }
        text_rows::open_nested(self.plan, self.rows, &mut row);
        row
    }

    fn json(&self, layout: &CsvLayout, fields: &[Field<'_>]) -> String {
        let names = layout.names.iter().map(String::as_str);
        text_rows::record(names.zip(fields.iter().map(|field| self.value(field))))
    }

    /// The text of a field; `None` for `null_text` without quotes.
    fn value<'a>(&self, field: &'a Field<'_>) -> Option<&'a str> {
        (field.quoted || field.text != self.plan.source.null_text.as_str()).then_some(field.text.as_ref())
    }
}

/// Whether the fields behind the operation name another table than the contract's.
fn is_of_other_table(out: &mut Collector, fields: &[Field<'_>]) -> Result<bool, RecordError> {
    let name = |at: usize| fields.get(at).map(|field| field.text.as_ref()).filter(|name| !name.is_empty());
    out.is_of_other_table([None, name(2), name(1)])
}
