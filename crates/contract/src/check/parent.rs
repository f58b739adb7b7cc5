//! The other table that a check looks at.

use super::call::{Argument, Call, Written, bracketed};
use crate::TableName;
use crate::problem::Mistake;
use std::fmt;

/// The table and the columns that a foreign key points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// Layer.
    pub layer: ParentLayer,
    /// Dataset; `None` is that of the table that is checked.
    pub dataset: Option<String>,
    /// Table.
    pub table: String,
    /// Columns, as many as the foreign key has, in its order.
    pub columns: Vec<String>,
}

/// Layers that a foreign key may point to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParentLayer {
    /// Silver, when no layer is written.
    Silver,
    /// Gold.
    Gold,
}

impl Parent {
    /// The parent's name, for a foreign key of `child`.
    #[must_use]
    pub fn name(&self, child: &TableName) -> TableName {
        let dataset = self.dataset.clone().unwrap_or_else(|| child.dataset.clone());
        TableName { dataset, table: self.table.clone() }
    }

    /// Reads `[[layer.]dataset.]table.column` or `….(column, …)`.
    pub(super) fn read(written: &Argument, call: &Call<'_>, example: &'static str) -> Result<Self, Mistake> {
        let parts = written.dotted();
        let (path, last) = match parts.split_last() {
            Some((last, path)) if !path.is_empty() => (path.iter().map(Argument::text).collect::<Vec<_>>(), last),
            _ => return Err(call.wrong_arguments(example)),
        };
        let columns = last.bracketed().unwrap_or_else(|| vec![last.clone()]);
        let columns = columns.iter().map(Argument::text).collect();
        let (layer, dataset, table) = match path.as_slice() {
            [table] => (ParentLayer::Silver, None, table),
            [dataset, table] => (ParentLayer::Silver, Some(dataset), table),
            [layer, dataset, table] if layer == "silver" => (ParentLayer::Silver, Some(dataset), table),
            [layer, dataset, table] if layer == "gold" => (ParentLayer::Gold, Some(dataset), table),
            [layer, _, _] => {
                let message = format!("`{}` points to layer `{layer}`", call.text);
                return Err(Mistake::new(message, "Use silver or gold, or leave the layer out for silver"));
            }
            _ => return Err(call.wrong_arguments(example)),
        };
        // The dataset of the table that is checked is a valid one.
        TableName::new(dataset.map_or("default", String::as_str), table)
            .map_err(|message| Mistake::new(message, format!("Write {example}")))?;
        Ok(Self { layer, dataset: dataset.cloned(), table: table.clone(), columns })
    }
}

impl fmt::Display for Parent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.layer == ParentLayer::Gold {
            f.write_str("gold.")?;
        }
        if let Some(dataset) = &self.dataset {
            write!(f, "{dataset}.")?;
        }
        write!(f, "{}.", self.table)?;
        match self.columns.as_slice() {
            // A dot would be read as one between table and column.
            [column] if !column.contains('.') => write!(f, "{}", Written(column)),
            columns => bracketed(f, columns),
        }
    }
}
