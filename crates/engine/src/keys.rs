//! Keys as comparable bytes.

use crate::EngineError;
use arrow::array::{ArrayRef, RecordBatch};
use arrow::row::{RowConverter, Rows, SortField};
use sluice_change::arrow_type;
use sluice_contract::Contract;

/// Turns the key columns of batches into bytes whose order is the order of the keys.
pub struct KeyEncoder {
    converter: RowConverter,
    names: Vec<String>,
}

impl KeyEncoder {
    /// An encoder for the contract's key.
    ///
    /// # Errors
    /// If a key type has no order, which no contract type lacks.
    pub fn new(contract: &Contract) -> Result<Self, EngineError> {
        let fields = contract
            .key_positions()
            .iter()
            .filter_map(|&position| contract.columns.get(position))
            .map(|column| SortField::new(arrow_type(&column.data_type)))
            .collect();
        Ok(Self { converter: RowConverter::new(fields)?, names: contract.apply.key.clone() })
    }

    /// Names of the key columns, in key order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Keys of all rows of a batch that has the key columns by name.
    ///
    /// # Errors
    /// [`EngineError::Column`] if one is missing or of another type.
    pub fn encode(&self, batch: &RecordBatch) -> Result<Rows, EngineError> {
        let columns = self
            .names
            .iter()
            .map(|name| batch.column_by_name(name).cloned().ok_or_else(|| EngineError::Column(name.clone())))
            .collect::<Result<Vec<ArrayRef>, _>>()?;
        self.converter.convert_columns(&columns).map_err(|_| EngineError::Column(self.names.join(", ")))
    }

    /// The key columns of encoded keys.
    ///
    /// # Errors
    /// An Arrow error if the bytes are not of this encoder.
    pub fn decode<'a>(&self, keys: impl Iterator<Item = &'a [u8]>) -> Result<Vec<ArrayRef>, EngineError> {
        let parser = self.converter.parser();
        Ok(self.converter.convert_rows(keys.map(|key| parser.parse(key)))?)
    }
}
