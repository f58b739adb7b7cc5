//! Outcomes of checks and reasons of refusals: where they are kept, the other tables that checks look at, and the evaluation of
//! foreign keys when such a table has changed.

mod again;
mod parents;
mod record;
mod refusal;

pub(crate) use again::evaluate_foreign_keys_again;
pub(crate) use parents::{parent_tables, parents_first};
pub(crate) use record::{digest, read_records, read_records_of, write_records};
pub(crate) use refusal::{keep_refusal, read_refusal};
