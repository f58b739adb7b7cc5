//! User SQL, and its rows: views of the tables, queries, pages, refined results, models.

pub(crate) mod keep;
mod model;
mod page;
mod past;
mod placed;
mod query;
mod refine;
pub(crate) mod row_probe;
pub(crate) mod views;
