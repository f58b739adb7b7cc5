//! Evaluates the checks of a contract over the files of one version.
//!
//! A file per check (the two bounds of a value share one) says how it is evaluated: its SQL, whether the rows of a
//! batch alone decide it, its failing rows, its words. [`evaluator`] is the list of them. The others run them:
//! `run` all of a contract, `failing_rows` the rows of one, `incremental` says which need not look at every row,
//! `view` makes the text for people.

mod accepted_values;
mod evaluate;
mod failing_rows;
mod foreign_key;
pub(crate) mod incremental;
mod not_null;
mod null_percentage;
pub(crate) mod parents;
mod row_count;
pub(crate) mod rules;
pub(crate) mod run;
mod unique;
mod value_bounds;
pub(crate) mod view;
mod words;

use crate::checks::evaluate::Evaluate;
use sluice_contract::Check;

/// How a check is evaluated.
fn evaluator(check: &Check) -> &dyn Evaluate {
    match check {
        Check::RowCount(check) => check,
        Check::NullPercentage(check) => check,
        Check::NotNull(check) => check,
        Check::Unique(check) => check,
        Check::AcceptedValues(check) => check,
        Check::MinValue(check) => check,
        Check::MaxValue(check) => check,
        Check::ForeignKey(check) => check,
    }
}
