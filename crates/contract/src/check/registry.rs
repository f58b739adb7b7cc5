//! The checks there are, and a check of a contract.

use super::accepted_values::AcceptedValues;
use super::call::Call;
use super::foreign_key::ForeignKey;
use super::kind::CheckKind;
use super::not_null::NotNull;
use super::null_percentage::NullPercentage;
use super::parent::Parent;
use super::row_count::RowCount;
use super::severity::Severity;
use super::unique::Unique;
use super::value_bounds::{MaxValue, MinValue};
use crate::column::Column;
use crate::problem::Mistake;
use std::fmt;

/// Reads a check from a call of its name.
type Reader = fn(&Call<'_>) -> Result<Check, Mistake>;

/// The list of checks: each is a variant of [`Check`] with a type of the same name, in the order of the
/// documentation.
macro_rules! checks {
    ($($kind:ident: $what:literal),+ $(,)?) => {
        /// A check.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Check {
            $(#[doc = $what] $kind($kind)),+
        }

        /// Name and reader of every check.
        const KINDS: &[(&str, Reader)] = &[$(($kind::NAME, |call| $kind::read(call).map(Check::$kind))),+];

        impl Check {
            fn kind(&self) -> (&[String], Option<&Parent>, &dyn fmt::Display) {
                match self {
                    $(Self::$kind(check) => (check.columns(), check.parent(), check)),+
                }
            }

            /// An error if it can never be evaluated on a column that it reads, because of the column's type.
            ///
            /// # Errors
            /// Which column, and what to write instead.
            pub fn fits(&self, column: &Column) -> Result<(), Mistake> {
                match self { $(Self::$kind(check) => check.fits(column)),+ }
            }

            /// An error if the values of one record do not decide it, so that no record can be in quarantine because of
            /// it. `may_keep_older`: a null of the column leaves an older value in place.
            ///
            /// # Errors
            /// What else it looks at, and what to write instead.
            pub fn decides_record(&self, column: &Column, may_keep_older: bool) -> Result<(), Mistake> {
                match self { $(Self::$kind(check) => check.decides_record(column, may_keep_older)),+ }
            }
        }

        #[cfg(test)]
        pub(super) const EXAMPLES: &[&str] = &[$($kind::EXAMPLE),+];
    };
}

checks! {
    RowCount: "The number of rows.",
    NullPercentage: "The share of nulls in a column.",
    NotNull: "No null in a column.",
    Unique: "No two rows with the same values.",
    AcceptedValues: "Every value of a column is one of a list.",
    MinValue: "No value of a column is below a limit.",
    MaxValue: "No value of a column is above a limit.",
    ForeignKey: "Every value has a row in another table.",
}

impl Check {
    /// Reads an expression of `quality[].check`, or of a column's `constraints[]`, where `column`
    /// stands in for the missing first argument.
    ///
    /// # Errors
    /// What is wrong with the expression, and what to write instead.
    pub fn parse(text: &str, column: Option<&str>) -> Result<Self, Mistake> {
        let call = Call::parse(text, column)?;
        match KINDS.iter().find(|(name, _)| *name == call.name) {
            Some((_, read)) => read(&call),
            None => {
                let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
                let fix = format!("Use one of {}", names.join(", "));
                Err(Mistake::new(format!("`{}` is not a check", call.name), fix))
            }
        }
    }

    /// Columns of the table that the check reads.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        self.kind().0.iter().map(String::as_str).collect()
    }

    /// The other table that the check reads, with its columns.
    #[must_use]
    pub fn parent(&self) -> Option<&Parent> {
        self.kind().1
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind().2.fmt(f)
    }
}

/// A check of a contract.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckRule {
    /// The check.
    pub check: Check,
    /// What happens when it does not hold.
    pub severity: Severity,
    /// `on_fail: quarantine`: a record whose own values fail it is in quarantine instead of silver.
    pub quarantines: bool,
    /// Line in the contract, from 1; 0 if unknown.
    pub line: u32,
}
