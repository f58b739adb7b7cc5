//! A new row as the places of its values.

use sluice_change::EventSeq;
use std::collections::BTreeMap;

/// Where a row's values come from: a batch in the list of sources, and a row in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) source: u32,
    pub(crate) row: u32,
}

impl Place {
    /// As [`arrow::compute::interleave`] takes it.
    #[inline]
    pub(crate) fn pair(self) -> (usize, usize) {
        (self.source as usize, self.row as usize)
    }
}

/// One new row, by the places of its values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chosen {
    /// Values of all columns that are not patched.
    pub(crate) place: Place,
    /// Number of its [`Patched`], or [`Chosen::WHOLE`].
    pub(crate) patched: u32,
}

impl Chosen {
    /// Every column is from `place`.
    pub(crate) const WHOLE: u32 = u32::MAX;
}

/// Columns of a row that come from elsewhere.
#[derive(Debug)]
pub(crate) struct Patched {
    /// Place of the value, or null for `None`.
    pub(crate) patches: BTreeMap<u16, Option<Place>>,
    /// Columns that are not of the row's own sequence, for `_col_seq`.
    pub(crate) older: BTreeMap<u16, Option<EventSeq>>,
}
