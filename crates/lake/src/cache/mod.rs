//! What is kept on this machine and rebuilt when it is missing. It knows names, sizes and bytes, no tables.

pub(crate) mod cached_file;
pub(crate) mod copies;
pub(crate) mod key_index;
pub(crate) mod key_run;
pub(crate) mod local_cache;
pub(crate) mod mark_run;
pub(crate) mod paths;
pub(crate) mod positions;
pub(crate) mod row_cache;
pub(crate) mod row_run;
pub(crate) mod scratch_file;
pub(crate) mod snapshot_cache;
pub(crate) mod sound_files;
pub(crate) mod spill_file;
