//! The end of a merge: its rows in the order of their keys, and what they changed.

use super::merge_key::Merge;
use super::merge_plan::MergePlan;
use crate::error::EngineError;
use crate::keys::{KeyEncoder, key_order};
use crate::rows::{Chosen, NewRows, interleaved};
use arrow::row::{RowConverter, SortField};

impl Merge<'_> {
    /// The plan, after the last key.
    pub(super) fn finish(mut self, encoder: &KeyEncoder) -> Result<MergePlan, EngineError> {
        self.compare_replaced()?;
        let rows = self.sorted_rows(encoder)?;
        self.ledger.silver_after =
            (self.ledger.silver_before + self.ledger.inserted).saturating_sub(self.ledger.deleted);
        self.ledger.check()?;
        self.replaced.sort_unstable();
        Ok(MergePlan {
            upserts: NewRows::chosen(rows, self.patched),
            newest: self.newest,
            replaced: self.replaced,
            tombstones: self.tombstones,
            lost_rows: self.lost_rows,
            ledger: self.ledger,
            conflicts: self.conflicts,
        })
    }

    /// The new rows in the order of their keys.
    fn sorted_rows(&self, encoder: &KeyEncoder) -> Result<Vec<Chosen>, EngineError> {
        let positions = self.sources.contract.key_positions();
        let columns = positions.iter().map(|&position| self.sources.column(position, &self.rows, &self.patched));
        let order = key_order(encoder, &columns.collect::<Result<Vec<_>, _>>()?)?;
        Ok(order.into_iter().filter_map(|row| self.rows.get(row as usize).copied()).collect())
    }

    /// Counts how many of the replacing rows differ from the row they replace, and how many are equal.
    fn compare_replaced(&mut self) -> Result<(), EngineError> {
        if self.pairs.is_empty() {
            return Ok(());
        }
        let contract = self.sources.contract;
        let type_of = |column: &sluice_contract::Column| sluice_change::arrow_type(&column.data_type);
        let fields = contract.columns.iter().map(|column| SortField::new(type_of(column))).collect();
        let converter = RowConverter::new(fields)?;
        let new_rows: Vec<Chosen> = self.pairs.iter().map(|(row, _)| *row).collect();
        let old_places: Vec<(usize, usize)> = self.pairs.iter().map(|(_, place)| place.pair()).collect();
        let (mut old, mut new) = (Vec::new(), Vec::new());
        for position in 0..contract.columns.len() {
            old.push(interleaved(&self.sources.arrays(position)?, &old_places)?);
            new.push(self.sources.column(position, &new_rows, &self.patched)?);
        }
        let (old, new) = (converter.convert_columns(&old)?, converter.convert_columns(&new)?);
        let updated = old.iter().zip(new.iter()).filter(|(a, b)| a != b).count() as u64;
        self.ledger.updated += updated;
        self.ledger.unchanged += self.pairs.len() as u64 - updated;
        Ok(())
    }
}
