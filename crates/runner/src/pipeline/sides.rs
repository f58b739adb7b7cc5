//! A sandbox and the lake that becomes what it is.

use crate::Job;
use sluice_lake::Lake;
use sluice_query::QueryEngine;

/// Both, and what work on them is done with.
#[derive(Clone, Copy)]
pub(crate) struct Sides<'a> {
    pub(crate) sandbox: &'a Lake,
    pub(crate) base: &'a Lake,
    /// May read the files of both.
    pub(crate) engine: &'a QueryEngine,
    pub(crate) job: &'a Job,
}
