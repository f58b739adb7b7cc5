//! The rows that a plan writes, built when they are written: until then a plan only knows where their values are.

mod chosen;
mod gathered_rows;
mod new_rows;
mod plan_sources;

pub(crate) use chosen::{Chosen, Patched, Place};
pub use new_rows::NewRows;
pub(crate) use plan_sources::interleaved;
pub use plan_sources::{ExistingRows, PlanSources, RowAt};
