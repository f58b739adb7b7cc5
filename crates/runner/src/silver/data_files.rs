//! Data files of silver by their number in a snapshot, and the newest sequence that they are tagged with.

use crate::RunError;
use sluice_change::EventSeq;
use sluice_lake::DataFile;

/// Tag of a data file: the newest sequence in it.
pub(crate) const TAG_NEWEST: &str = "sluice.newest";

/// The data file of a number.
///
/// # Errors
/// [`RunError::Internal`] if there is none.
pub(super) fn file_at(files: &[DataFile], number: u32) -> Result<&DataFile, RunError> {
    files.get(number as usize).ok_or_else(|| RunError::Internal(format!("there is no data file {number}")))
}

/// The newest sequence in a data file, if its tag says so.
pub(super) fn newest_in(file: &DataFile) -> Option<EventSeq> {
    EventSeq::parse(file.tags.get(TAG_NEWEST)?)
}
