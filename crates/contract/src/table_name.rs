//! `dataset.table`.

use crate::folded_name::{composed, folded_name};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::str::FromStr;

/// `dataset.table`, the name of a table in every layer.
///
/// Both parts are 1 to 128 characters of letters, digits, `_` and `-`, so that they are safe as a
/// folder, in SQL and in a URL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct TableName {
    /// First part, for example `shop`.
    pub dataset: String,
    /// Second part, for example `orders`.
    pub table: String,
}

impl TableName {
    /// A name of two parts.
    ///
    /// # Errors
    /// A sentence if a part is empty, too long or has a character other than letters, digits, `_`, `-`.
    pub fn new(dataset: &str, table: &str) -> Result<Self, String> {
        for part in [dataset, table] {
            let fits = |part: &str| part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
            if !fits(part) && fits(&composed(part)) {
                return Err(format!(
                    "`{part}` has accents as characters of their own (NFD), write it with each letter as one character (NFC)"
                ));
            }
            if part.is_empty() || part.len() > 128 || !fits(part) {
                return Err(format!(
                    "`{part}` cannot be part of a table name, use letters, digits, `_` and `-`, at most 128"
                ));
            }
        }
        Ok(Self { dataset: dataset.to_owned(), table: table.to_owned() })
    }
}

impl TableName {
    /// Whether two names are the same, or would be the same folder where upper and lower case, or the form of accents, do
    /// not count.
    #[must_use]
    pub fn looks_like(&self, other: &Self) -> bool {
        folded_name(&self.to_string()) == folded_name(&other.to_string())
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.dataset, self.table)
    }
}

impl FromStr for TableName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split('.').collect::<Vec<_>>().as_slice() {
            [dataset, table] => Self::new(dataset, table),
            _ => Err(format!("`{text}` is not a table name, write dataset.table, for example shop.orders")),
        }
    }
}

impl<'de> Deserialize<'de> for TableName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Parts {
            dataset: String,
            table: String,
        }
        let parts = Parts::deserialize(deserializer)?;
        Self::new(&parts.dataset, &parts.table).map_err(serde::de::Error::custom)
    }
}
