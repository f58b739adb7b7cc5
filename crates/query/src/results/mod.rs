//! SQL of people, and its rows: views of the tables, queries, pages, refined results, models.

mod model;
mod page;
mod query;
mod refine;
pub(crate) mod views;
