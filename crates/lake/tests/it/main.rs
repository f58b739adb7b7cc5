//! The lake on temporary folders and on stores that fail.

mod column_types;
mod commits;
mod fixtures;
mod faults;
mod files;
mod ranges;
