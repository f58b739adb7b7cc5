//! What a column is that no contract declares, by its values.

use crate::profile::guess::{of_text_column, personal};
use crate::profile::shape::Shape;
use sluice_contract::ColumnType;

/// What values look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnGuess {
    /// A type that holds all of them; text where they do not say more.
    pub data_type: ColumnType,
    /// What kind of personal data they look like.
    pub pii: Option<String>,
}

/// What a column of this name is, by texts of its values. Whole numbers are `bigint` at least: a few small ones say
/// nothing of those to come.
///
/// ```
/// use sluice_contract::ColumnType;
///
/// let guess = sluice_cdc::guess_column("e_mail", ["anna@post.example"].into_iter());
/// assert_eq!((guess.data_type, guess.pii.is_some()), (ColumnType::String, true));
/// assert_eq!(sluice_cdc::guess_column("count", ["1", "20"].into_iter()).data_type, ColumnType::BigInt);
/// ```
pub fn guess_column<'v>(name: &str, values: impl Iterator<Item = &'v str>) -> ColumnGuess {
    let mut shape = Shape::default();
    values.for_each(|value| shape.text(Some(value)));
    let guess = of_text_column(&shape);
    let data_type = match guess.data_type.parse() {
        _ if guess.open => ColumnType::String,
        Ok(ColumnType::SmallInt | ColumnType::Int) => ColumnType::BigInt,
        Ok(data_type) => data_type,
        Err(_) => ColumnType::String,
    };
    ColumnGuess { data_type, pii: personal(name, &shape) }
}
