//! From a row with marker columns to an event.

use super::keep;
use super::tool::{Does, Operations, Ties, Tool};
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::names::RowName;
use crate::plan::sequence::SequencePart;
use crate::row::text_rows::{RowPlace, TextRows, TextValue, sequence_text, text_of};
use crate::row::values::Row;
use crate::value::time_number::likely_unit;
use sluice_change::{Cell, Event, Op, ReasonCode, RowRef, SeqParts, parse_cell};
use sluice_contract::ColumnType;
use std::borrow::Cow;

/// The rules for rows of a tool.
#[derive(Clone, Copy, Debug)]
pub(super) struct MarkedRow {
    pub(super) tool: &'static Tool,
}

impl TextRows for MarkedRow {
    fn operation<'a>(&self, plan: &Plan, row: &'a Row<TextValue<'_>>) -> &'a str {
        match self.tool.operations {
            Operations::Words { .. } => {
                plan.operation.and_then(|name| text_of(row, name)).filter(|text| !text.is_empty()).unwrap_or("load")
            }
            Operations::DeletedIsTrue | Operations::DeletedHasValue => match self.does(plan, row) {
                Ok(Does::Delete) => "delete",
                _ => "row",
            },
        }
    }

    fn nested(&self, plan: &Plan) -> Option<RowName> {
        self.tool.nested.and_then(|_| plan.beside.first().copied())
    }

    fn place(&self, plan: &Plan, at: RowRef, row: &Row<TextValue<'_>>) -> Result<RowPlace, RecordError> {
        let does = self.does(plan, row)?;
        let op = match does {
            Does::Load => Op::Read,
            Does::Insert | Does::Upsert => Op::Upsert,
            Does::Delete | Does::Before => Op::Delete,
        };
        let word = self.operation(plan, row);
        let op = match does {
            Does::Before => op,
            _ => plan.operation_of(op, word, |name| text_of(row, name).map(Cow::Borrowed)),
        };
        self.check_history(plan, row)?;
        let is_read = does == Does::Load;
        let texts: Vec<Option<Cow<'_, str>>> = plan
            .sequence
            .parts()
            .iter()
            .zip(plan.contract.sequence())
            .map(|(part, name)| match part {
                SequencePart::Row(of) => self.part(plan, row, *of, &name),
                SequencePart::Envelope(_) => None,
                SequencePart::Source(place) => Some(Cow::Owned(place.clone())),
            })
            .collect();
        let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
        let mark = match self.tool.ties {
            Ties::Contract => 0,
            Ties::Delete => u64::from(op == Op::Delete),
            Ties::Row => u64::from(op != Op::Delete),
        };
        let (rank, parts) = match plan.sequence.numbers(&texts, is_read) {
            Ok(numbers) => (u8::from(!is_read), numbers.parts_by_file(plan.delivery_of(at), mark)),
            Err(_) if is_read => (0, SeqParts::default()),
            Err(error) => return Err(error),
        };
        let time = plan.time.filter(|_| !is_read).and_then(|name| text_of(row, name)).and_then(micros);
        Ok(RowPlace { op, rank, parts, source_time_ms: time.map(|micros| micros.div_euclid(1_000)), order: None })
    }

    fn keep(
        &self,
        plan: &Plan,
        out: &mut Collector,
        row: &Row<TextValue<'_>>,
        event: Event<'_>,
    ) -> Result<(), RecordError> {
        if self.does(plan, row)? == Does::Before && !keep::takes_images_before(plan) {
            out.tombstone();
            return Ok(());
        }
        if let Some(end) = self.end_of_version(plan, row)? {
            out.push(keep::end_of(plan, &event, end), 0)?;
        }
        out.push(event, row.content())
    }
}

impl MarkedRow {
    fn does(&self, plan: &Plan, row: &Row<TextValue<'_>>) -> Result<Does, RecordError> {
        let text = |name: Option<RowName>| name.and_then(|name| text_of(row, name));
        self.tool.does(text(plan.operation), text(plan.deleted))
    }

    /// The text of a part of the sequence; an instant in microseconds, whatever its zone and unit.
    fn part<'a>(&self, plan: &Plan, row: &'a Row<TextValue<'_>>, of: RowName, name: &str) -> Option<Cow<'a, str>> {
        let text = sequence_text(plan, row, of)?;
        let is_time = matches!(of, RowName::Extra(_)) && self.tool.times.contains(&name);
        match is_time.then(|| micros(&text)).flatten() {
            Some(micros) => Some(Cow::Owned(micros.to_string())),
            None => Some(text),
        }
    }

    /// Versions are ordered by their start: by the time of their sync those of one key would tie.
    fn check_history(&self, plan: &Plan, row: &Row<TextValue<'_>>) -> Result<(), RecordError> {
        let Some(history) = self.tool.history else { return Ok(()) };
        let has_start = plan.beside.first().is_some_and(|start| row.get(*start).is_some());
        if has_start && plan.sequence.first_name() != history.start {
            let detail = format!("the row is a version of history mode; write sequence: [{}]", history.start);
            return Err(RecordError::of(history.start, ReasonCode::MissingSeq, detail));
        }
        Ok(())
    }

    /// When the version of a row ended, microseconds since 1970; `None` where it is the current one, or no version.
    fn end_of_version(&self, plan: &Plan, row: &Row<TextValue<'_>>) -> Result<Option<u64>, RecordError> {
        let (Some(history), [_, end, active]) = (self.tool.history, plan.beside.as_slice()) else { return Ok(None) };
        if plan.sequence.first_name() != history.start {
            return Ok(None);
        }
        match text_of(row, *active).unwrap_or_default() {
            "true" | "True" | "TRUE" | "t" | "1" => Ok(None),
            "false" | "False" | "FALSE" | "f" | "0" => {
                let end = text_of(row, *end).and_then(micros).and_then(|micros| u64::try_from(micros).ok());
                let missing =
                    || RecordError::of(history.end, ReasonCode::MissingSeq, "the end of the version is no time");
                end.map(Some).ok_or_else(missing)
            }
            _ => {
                let detail = "neither true nor false, so nothing says whether the version is the current one";
                Err(RecordError::of(history.active, ReasonCode::BadEnvelope, detail))
            }
        }
    }
}

/// Microseconds since 1970 of an instant: a text, or a number of seconds or parts of one.
fn micros(text: &str) -> Option<i64> {
    match text.trim().parse::<i64>() {
        Ok(number) => likely_unit(number)?.micros(number),
        Err(_) => match parse_cell(&ColumnType::Timestamp, text) {
            Ok(Cell::Int(micros)) => Some(micros),
            _ => None,
        },
    }
}
