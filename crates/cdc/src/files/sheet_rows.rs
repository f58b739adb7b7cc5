//! Rows of a sheet.

use super::column_file::reject_rest;
use super::workbook::each_row;
use crate::columnar::stop::Stop;
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::names::Target;
use crate::row::text_rows::{self, TextRows, TextValue};
use crate::row::values::Row;
use bytes::Bytes;
use sluice_change::{ReasonCode, RowRef};
use std::borrow::Cow;

/// Decodes the rows of a workbook; what is wrong with it as a whole is among the rejects.
pub(crate) fn decode(plan: &Plan, format: &dyn TextRows, out: &mut Collector, bytes: &Bytes) {
    let mut rows = 0;
    let outcome = each_row(bytes, plan.source.sheet.as_deref(), &mut |names, sheet_row| {
        let at = RowRef { file: 0, row: sheet_row.number, offset: 0 };
        rows = sheet_row.number + 1;
        let values = || names.iter().map(String::as_str).zip(sheet_row.values.iter().map(Option::as_deref));
        let mut row: Row<TextValue<'_>> = Row::of_columns(plan);
        let mut unknown = Vec::new();
        for (name, value) in values() {
            let target = plan.target(name);
            row.set(plan, name, target, value.map(Cow::Borrowed));
            if let Some(json) = value {
                text_rows::set_inside(plan, &mut row, name, json);
            }
            if target == Target::Unknown {
                unknown.push(name);
            }
        }
        text_rows::count(plan, format, out, &row, unknown.into_iter());
        let event = match sheet_row.fault {
            Some(fault) => Err(RecordError::new(ReasonCode::BadEnvelope, fault)),
            None => text_rows::event(plan, format, at, &row, &mut out.drift, text_rows::record(values())),
        };
        let kept = event.and_then(|(event, order)| {
            format.keep(plan, out, &row, event)?;
            order.into_iter().for_each(|words| out.orders.note(words));
            Ok(())
        });
        match kept {
            Err(error) if error.reason == ReasonCode::FileTooLarge => {
                Err(Stop { reason: error.reason, detail: Cow::Owned(error.detail) })
            }
            Err(error) => {
                // One that cannot be read is no record: bronze has it for people only.
                let mut raw = text_rows::record(values());
                if sheet_row.fault.is_some() {
                    raw.insert(0, '#');
                }
                out.reject(at, error, raw.as_bytes());
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    });
    reject_rest(out, rows, outcome);
}
