//! Where in a nested record the value of a column is.

use crate::Mistake;
use std::fmt;

/// `path` of a column: names of members from the outside in, with dots between them; a number counts the items of a list
/// from 0.
///
/// ```
/// use sluice_contract::ColumnPath;
///
/// let path = ColumnPath::parse("address.city").unwrap();
/// assert_eq!((path.root(), path.below()), ("address", &["city".to_owned()][..]));
/// assert!(ColumnPath::parse("address").is_err() && ColumnPath::parse("address..city").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnPath {
    text: String,
    root: String,
    below: Vec<String>,
}

/// Names of a path.
const NAMES_MAX: usize = 16;

impl ColumnPath {
    /// Reads a path of two names or more.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let mut names = text.split('.').map(str::to_owned);
        let root = names.next().unwrap_or_default();
        let below: Vec<String> = names.collect();
        let whole = !root.is_empty() && !below.is_empty() && below.iter().all(|name| !name.is_empty());
        if !whole || below.len() >= NAMES_MAX {
            let fix = "Write for example path: address.city; a column that is no part of another needs none, and one of \
                       another name has renamed_from";
            return Err(Mistake::new(format!("`{text}` is not the path of a member in a nested column"), fix));
        }
        Ok(Self { text: text.to_owned(), root, below })
    }

    /// The member of the record.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The names inside it, the outermost first.
    #[must_use]
    pub fn below(&self) -> &[String] {
        &self.below
    }
}

impl fmt::Display for ColumnPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
