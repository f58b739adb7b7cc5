//! How events differ from the contract's columns.

use crate::definitions::renamed_columns;
use serde::{Deserialize, Serialize};
use sluice_contract::{Column, ColumnType, limits};
use std::collections::BTreeMap;

/// Digits of the widest decimal.
const DECIMAL_DIGITS_MAX: usize = 38;

/// How the records of a file differ from the contract's columns, the records in quarantine included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// Records by column that they have and the contract has not, under any of its names.
    pub unknown: BTreeMap<String, u64>,
    /// Records by former name of a column that they have beside its newer name.
    #[serde(default)]
    pub again: BTreeMap<String, u64>,
    /// Records by column that they lack, of columns without a default that the source did not remove.
    pub missing: BTreeMap<String, u64>,
    /// Former names by new ones, of columns that a statement of the source in the stream gave another name.
    #[serde(default)]
    pub renamed: BTreeMap<String, String>,
    /// Types that hold the values which did not fit, where the contract lets types become wider.
    pub wider: BTreeMap<String, ColumnType>,
}

impl Drift {
    pub(crate) fn unknown(&mut self, column: &str) {
        count(&mut self.unknown, column);
    }

    pub(crate) fn again(&mut self, former: &str) {
        count(&mut self.again, former);
    }

    pub(crate) fn missing(&mut self, column: &str) {
        count(&mut self.missing, column);
    }

    /// Notes what a statement of the source says of names.
    pub(crate) fn statement(&mut self, sql: &str) {
        for (former, name) in renamed_columns(sql) {
            if self.renamed.len() < limits::COLUMNS_MAX {
                self.renamed.insert(name, former);
            }
        }
    }

    /// Takes in what another record showed.
    pub(crate) fn join(&mut self, other: Self) {
        let counts =
            [(&mut self.unknown, other.unknown), (&mut self.again, other.again), (&mut self.missing, other.missing)];
        for (counts, more) in counts {
            for (name, records) in more {
                if counts.contains_key(&name) || counts.len() < limits::COLUMNS_MAX {
                    *counts.entry(name).or_default() += records;
                }
            }
        }
        self.renamed.extend(other.renamed);
        for (name, wider) in other.wider {
            self.wider_type(name, wider);
        }
    }

    /// Notes which wider type holds a value that does not fit `column`. `fits` says whether a type
    /// holds it, `digits` gives it as a plain decimal number.
    pub(crate) fn widen(
        &mut self,
        column: &Column,
        mut fits: impl FnMut(&ColumnType) -> bool,
        digits: impl FnOnce() -> Option<String>,
    ) {
        let wider = match &column.data_type {
            ColumnType::SmallInt => [ColumnType::Int, ColumnType::BigInt].into_iter().find(|wider| fits(wider)),
            ColumnType::Int => Some(ColumnType::BigInt).filter(|wider| fits(wider)),
            ColumnType::Float => Some(ColumnType::Double).filter(|wider| fits(wider)),
            ColumnType::Decimal { precision, scale } => {
                // The bytes of a decimal without a schema are read with the scale of the contract.
                let same_scale = |precision| ColumnType::Decimal { precision, scale: *scale };
                let more = (precision + 1..=38).map(same_scale).find(|wider| fits(wider));
                more.or_else(|| decimal_of(&digits()?, *precision, *scale)).filter(|wider| fits(wider))
            }
            _ => None,
        };
        if let Some(wider) = wider {
            self.wider_type(column.name.clone(), wider);
        }
    }

    fn wider_type(&mut self, name: String, wider: ColumnType) {
        let joined = match self.wider.get(&name) {
            Some(known) => known.wider_of(&wider).unwrap_or(wider),
            None => wider,
        };
        self.wider.insert(name, joined);
    }
}

/// The decimal that holds the values of `decimal(precision,scale)` and this number.
fn decimal_of(number: &str, precision: u8, scale: u8) -> Option<ColumnType> {
    let unsigned = number.strip_prefix('-').unwrap_or(number);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let scale_needed = fraction.len().max(usize::from(scale));
    let whole_needed = whole.trim_start_matches('0').len().max(usize::from(precision - scale));
    let digits = scale_needed + whole_needed;
    if digits > DECIMAL_DIGITS_MAX || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(ColumnType::Decimal { precision: u8::try_from(digits).ok()?, scale: u8::try_from(scale_needed).ok()? })
}

fn count(counts: &mut BTreeMap<String, u64>, column: &str) {
    if let Some(count) = counts.get_mut(column) {
        *count += 1;
    } else if counts.len() < limits::COLUMNS_MAX {
        counts.insert(column.to_owned(), 1);
    }
}
