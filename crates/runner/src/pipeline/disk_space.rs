//! Whether a batch fits on the disk, asked before anything of it is written.
//!
//! A disk that fills up in the middle of a batch loses nothing (the next run goes on), but it stops other
//! programs too, and the user hears of it when it is too late to make space.

use crate::RunError;
use sluice_change::SourceFile;
use sluice_contract::{ApplyMode, Contract, limits};
use sluice_lake::{Lake, Snapshot};

/// Refuses a batch for which the disk of a local lake has too little space.
///
/// # Errors
/// [`RunError::NoSpace`].
pub(crate) fn check_space(
    lake: &Lake,
    contract: &Contract,
    silver: Option<&Snapshot>,
    files: &[SourceFile],
    keep_free: Option<u64>,
) -> Result<(), RunError> {
    let Some(free) = lake.objects().free_bytes() else { return Ok(()) };
    // Copy-on-write may write the whole table again.
    let copied = match contract.apply.mode {
        ApplyMode::CopyOnWrite => silver.map_or(0, Snapshot::bytes),
        ApplyMode::DeletionVectors => 0,
    };
    let needed = needed_bytes(files, copied, keep_free.unwrap_or(limits::DISK_KEPT_FREE_BYTES_DEFAULT));
    if free >= needed {
        return Ok(());
    }
    Err(RunError::NoSpace { table: contract.name.to_string(), folder: lake.url().to_owned(), free, needed })
}

/// Bytes that have to be free before files are taken.
fn needed_bytes(files: &[SourceFile], copied: u64, keep_free: u64) -> u64 {
    let input = files.iter().fold(0_u64, |bytes, file| bytes.saturating_add(file.size));
    input.saturating_mul(limits::DISK_BYTES_PER_INPUT_BYTE).saturating_add(copied).saturating_add(keep_free)
}

#[cfg(test)]
mod tests {
    use super::needed_bytes;
    use sluice_change::SourceFile;

    #[test]
    fn twice_the_input_and_what_stays_free() {
        let file = |size| SourceFile { path: "a".to_owned(), size, ..SourceFile::default() };
        assert_eq!(needed_bytes(&[file(10), file(5)], 7, 100), 137);
        assert_eq!(needed_bytes(&[file(u64::MAX), file(5)], 7, 100), u64::MAX);
    }
}
