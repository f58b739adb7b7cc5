//! The rows that a plan writes, built when they are written: a plan only knows where their values are.

mod gathered_rows;
mod new_rows;

pub(crate) use new_rows::{Chosen, Patched, interleaved, text_at};
pub use new_rows::{NewRows, PlanSources};
