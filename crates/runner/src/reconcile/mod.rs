//! A table of silver beside its source: rows that are missing, surplus or different, and what puts them right.
//!
//! [`read`] reads both sides, as much of them as is needed; [`compare`] compares rows; [`arrival`] says which differences
//! may be changes that have not arrived; [`settled`] decides it once silver has them; [`report`] puts it in words; [`repair`] and [`request`] say what puts it right.
//! A text of a value by which both sides hash it is in [`canonical`], and in SQL in [`database`].

pub(crate) mod arrival;
pub(crate) mod canonical;
pub(crate) mod compare;
pub(crate) mod database;
pub(crate) mod dms;
pub(crate) mod file;
pub(crate) mod ranges;
pub(crate) mod read;
pub(crate) mod repair;
pub(crate) mod report;
pub(crate) mod request;
pub(crate) mod rows;
pub(crate) mod settled;
pub(crate) mod silver_rows;
