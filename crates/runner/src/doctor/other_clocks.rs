//! Columns that say when a row changed, beside what the contract orders by: where they go back, one of the two is wrong.

use super::found::{Found, Place};
use super::keyed_events::{Clocks, KeyedEvent};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use sluice_api::FindingCode;
use sluice_cdc::has_watermark_name;
use sluice_contract::{ColumnType, Contract, Scd};
use std::collections::BTreeMap;

/// Clocks of several machines differ: beside a position of a log, fewer percent of the pairs say nothing.
const CLOCKS_PERCENT: u64 = 1;
/// Places kept of a column.
const KEPT: usize = 20;

/// The columns of a contract that are such clocks.
#[derive(Debug)]
pub(super) struct OtherClocks {
    columns: Vec<usize>,
}

impl OtherClocks {
    /// None where the format orders the events, or each stands for itself.
    pub(super) fn of(contract: &Contract) -> Self {
        let apply = &contract.apply;
        let is_ordered_by_hand =
            !apply.sequence.is_empty() && apply.scd != Scd::Append && apply.from_snapshot.is_none();
        let is_other = |name: &str| {
            let of_order = apply.sequence.iter().any(|part| part.rsplit('.').next() == Some(name));
            has_watermark_name(name) && !of_order && !apply.key.iter().any(|key| key == name)
        };
        let columns = contract.columns.iter().enumerate().filter(|(_, column)| is_other(&column.name));
        let columns = columns.map(|(number, _)| number).filter(|_| is_ordered_by_hand);
        Self { columns: columns.collect() }
    }

    /// What they say of a row; a clock without a value says nothing.
    pub(super) fn read(&self, rows: &RecordBatch, row: usize) -> Clocks {
        let reading =
            |number: &usize| Some((u16::try_from(*number).ok()?, reading(rows.columns().get(*number)?, row)?));
        self.columns.iter().filter_map(reading).collect()
    }
}

fn reading(column: &dyn Array, row: usize) -> Option<i64> {
    if column.is_null(row) {
        return None;
    }
    Some(match column.data_type() {
        DataType::Timestamp(TimeUnit::Microsecond, _) => column.as_primitive::<TimestampMicrosecondType>().value(row),
        DataType::Date32 => i64::from(column.as_primitive::<Date32Type>().value(row)),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row),
        _ => return None,
    })
}

/// Whether the contract orders by a time, which may be that of arrival.
fn is_by_time(contract: &Contract) -> bool {
    let first = contract.apply.sequence.first().and_then(|name| contract.column(name));
    first.is_some_and(|column| matches!(column.data_type, ColumnType::Timestamp | ColumnType::TimestampNtz))
}

#[derive(Debug, Default)]
struct Compared {
    pairs: u64,
    back: u64,
    first: Vec<(Place, Option<Box<str>>)>,
}

/// Clocks that go back while the order of the contract goes on.
#[derive(Debug, Default)]
pub(super) struct Contradictions(BTreeMap<u16, Compared>);

impl Contradictions {
    /// Looks at the events of a key, in the order of the contract.
    pub(super) fn key(&mut self, events: &[&KeyedEvent]) {
        for pair in events.windows(2) {
            let [before, after] = pair else { continue };
            if before.ties_with(after) || before.rank != after.rank {
                continue;
            }
            for (column, later) in &after.clocks {
                let Some((_, earlier)) = before.clocks.iter().find(|(of, _)| of == column) else { continue };
                let compared = self.0.entry(*column).or_default();
                compared.pairs += 1;
                if later < earlier {
                    compared.back += 1;
                    if compared.first.len() < KEPT {
                        compared.first.push((after.place, after.record.clone()));
                    }
                }
            }
        }
    }

    pub(super) fn finish(self, found: &mut Found, contract: &Contract) {
        for (column, Compared { pairs, back, first }) in self.0 {
            if back == 0 || (!is_by_time(contract) && back * 100 < pairs * CLOCKS_PERCENT) {
                continue;
            }
            let name = contract.columns.get(usize::from(column)).map_or("", |column| column.name.as_str());
            let order = contract.apply.sequence.join(", ");
            let detail = format!("`{name}` goes back where `{order}` goes on, in {back} of {pairs} changes of a row");
            found.note_first(FindingCode::OrderContradicted, back, first, &detail);
        }
    }
}
