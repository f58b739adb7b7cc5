//! The Parquet library may panic on hostile bytes; that ends in quarantine too.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// First and last bytes of a Parquet file.
pub(crate) const MAGIC: &[u8] = b"PAR1";

/// What a read of the library gives, unless it fails or panics.
pub(crate) fn caught<T, E>(read: impl FnOnce() -> Result<T, E>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).ok()?.ok()
}
