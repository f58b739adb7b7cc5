//! `foreign_key(customer_id, shop.customers.id)`.

use super::call::{Argument, Call, Written, bracketed};
use super::kind::CheckKind;
use super::parent::Parent;
use crate::problem::Mistake;
use std::fmt;

/// `foreign_key(customer_id, shop.customers.id)`: every row whose columns are all filled has a row with
/// the same values in another table of the lake, or in its own. A row with a null among its columns passes.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignKey {
    /// Columns of the table that is checked, at least one.
    pub columns: Vec<String>,
    /// Where the values have to be.
    pub parent: Parent,
}

impl CheckKind for ForeignKey {
    const NAME: &'static str = "foreign_key";
    const EXAMPLE: &'static str = "foreign_key(customer_id, shop.customers.id)";

    fn read(call: &Call<'_>) -> Result<Self, Mistake> {
        let [child, parent] = call.arguments.as_slice() else { return Err(call.wrong_arguments(Self::EXAMPLE)) };
        let columns = child.bracketed().unwrap_or_else(|| vec![child.clone()]);
        let columns: Vec<String> = columns.iter().map(Argument::text).collect();
        let parent = Parent::read(parent, call, Self::EXAMPLE)?;
        call.without_comparison(Self::EXAMPLE)?;
        if columns.is_empty() || columns.len() != parent.columns.len() {
            let message =
                format!("`{}` has {} columns that point to {}", call.text, columns.len(), parent.columns.len());
            return Err(Mistake::new(message, "Write as many, for example foreign_key((a, b), shop.t.(x, y))"));
        }
        Ok(Self { columns, parent })
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn parent(&self) -> Option<&Parent> {
        Some(&self.parent)
    }
}

impl fmt::Display for ForeignKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", Self::NAME)?;
        match self.columns.as_slice() {
            [column] => write!(f, "{}", Written(column))?,
            columns => bracketed(f, columns)?,
        }
        write!(f, ", {})", self.parent)
    }
}
