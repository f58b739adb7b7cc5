//! One row of a record: its values as delivered, the cells that they become, rows of named texts.

pub(crate) mod cells;
pub(crate) mod column_value;
pub(crate) mod key_change;
pub(crate) mod text_rows;
pub(crate) mod values;
