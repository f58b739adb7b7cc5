//! Which table of the source a record is of, where a stream carries several.

use crate::Mistake;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A table of the source as `source.table` names it: `orders`, `public.orders`, `shop.public.orders`; in each part `*`
/// means any letters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SourceTable(Vec<String>);

/// Parts of a name: database, schema, table.
const PARTS_MAX: usize = 3;

impl SourceTable {
    /// Reads a name.
    ///
    /// ```
    /// use sluice_contract::SourceTable;
    ///
    /// let orders = SourceTable::parse("public.orders").unwrap();
    /// assert!(orders.is(&["shop", "public", "orders"]));
    /// assert!(!orders.is(&["shop", "archive", "orders"]));
    /// assert!(SourceTable::parse("orders_*").unwrap().is(&["shop", "public", "orders_2026"]));
    /// ```
    ///
    /// # Errors
    /// When a part is empty, or there are more than database, schema and table.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let parts: Vec<String> = text.trim().split('.').map(str::to_owned).collect();
        if parts.len() > PARTS_MAX || parts.iter().any(String::is_empty) {
            return Err(Mistake {
                message: format!("`{text}` does not name a table of the source"),
                fix: "Write table: orders, table: public.orders or table: shop.public.orders; `*` means any letters"
                    .to_owned(),
            });
        }
        Ok(Self(parts))
    }

    /// Whether a record is of the table. `parts` is what the record says: database, schema and table, as far as its
    /// source has them, the table last.
    #[must_use]
    pub fn is(&self, parts: &[&str]) -> bool {
        let from_table = self.0.iter().rev().zip(parts.iter().rev());
        self.0.len() <= parts.len() && from_table.into_iter().all(|(wanted, part)| fits(wanted, part))
    }

    /// Whether it is `*`: every table is meant.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.0 == ["*"]
    }

    /// Whether it may be several tables: it has a `*`.
    #[must_use]
    pub fn may_be_several(&self) -> bool {
        self.0.iter().any(|part| part.contains('*'))
    }
}

impl fmt::Display for SourceTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

/// Whether a text is what a pattern says; `*` is any letters.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return pattern == text };
    let Some(rest) = text.strip_prefix(before) else { return false };
    let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    ends.into_iter().any(|at| rest.get(at..).is_some_and(|rest| fits(after, rest)))
}

#[cfg(test)]
mod tests {
    use super::SourceTable;

    #[test]
    fn a_name_is_compared_from_its_end() {
        for (name, is, is_not) in [
            (
                "orders",
                &[&["orders"][..], &["public", "orders"], &["shop", "public", "orders"]][..],
                &["customers"][..],
            ),
            ("public.orders", &[&["public", "orders"]], &["orders"]),
            ("shop.*.orders", &[&["shop", "a", "orders"]], &["other", "a", "orders"]),
            ("*", &[&["x"], &["a", "b", "c"]], &[]),
            ("o*s_*1", &[&["orders_21"]], &["orders_2"]),
        ] {
            let table = SourceTable::parse(name).unwrap();
            assert!(is.iter().all(|parts| table.is(parts)), "{name}");
            assert!(!table.is(is_not), "{name}");
            assert_eq!(table.to_string(), name);
            assert_eq!(table.may_be_several(), name.contains('*'));
        }
        for wrong in ["", ".", "a..b", "a.b.c.d"] {
            assert!(SourceTable::parse(wrong).is_err(), "{wrong}");
        }
    }
}
