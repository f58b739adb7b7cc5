//! Every limit with its name, unit and default.

/// Bytes of a contract text.
pub const CONTRACT_BYTES_MAX: usize = 1 << 20;
/// Columns of a table.
pub const COLUMNS_MAX: usize = 4_096;
/// Bytes of one change file as stored.
pub const FILE_BYTES_MAX: u64 = 2 << 30;
/// Bytes of one change file after decompression.
pub const FILE_DECOMPRESSED_BYTES_MAX: u64 = 8 << 30;
/// Above 64 MiB, how many times larger than the file its decompressed content may be.
pub const DECOMPRESSION_RATIO_MAX: u64 = 200;
/// Bytes of one record.
pub const ROW_BYTES_MAX: usize = 16 << 20;
/// Nesting of a JSON record.
pub const JSON_DEPTH_MAX: usize = 64;
/// Files in one batch when the caller does not say.
pub const BATCH_FILES_DEFAULT: u64 = 1_000;
/// Bytes in one batch when the caller does not say.
pub const BATCH_BYTES_DEFAULT: u64 = 1 << 30;
/// Bytes of a batch's files, times this, that have to be free on the disk of a local lake before the batch
/// is claimed: bronze and silver each hold about its records, compressed.
pub const DISK_BYTES_PER_INPUT_BYTE: u64 = 2;
/// Bytes that have to stay free besides when the caller does not say: logs, checkpoints, caches, and what
/// other programs write meanwhile.
pub const DISK_KEPT_FREE_BYTES_DEFAULT: u64 = 64 << 20;
/// Milliseconds within which a remote store has to accept a connection.
pub const STORE_CONNECT_MILLISECONDS: u64 = 5_000;
/// Milliseconds that a remote store may take for one request, the transfer of its content included.
pub const STORE_REQUEST_MILLISECONDS: u64 = 30_000;
/// Milliseconds after which a request to a remote store is not tried again.
pub const STORE_TIMEOUT_MILLISECONDS: u64 = 120_000;
/// How often a request to a remote store is tried again.
pub const STORE_RETRIES_MAX: u32 = 10;
/// Bytes of a file of text that is decoded without a process of its own.
pub const DECODE_HERE_BYTES_MAX: u64 = 512 << 20;
/// Memory that a decoder process may ask for, bytes, besides what it needs by the size of its file.
pub const DECODER_MEMORY_BYTES: u64 = 2 << 30;
/// Memory that a decoder process may ask for, bytes, for every byte of its file.
pub const DECODER_MEMORY_PER_BYTE: u64 = 16;
/// Seconds that a decoder process may take for one file, besides one for every 4 MiB of it.
pub const DECODER_SECONDS: u64 = 60;
/// Rows in one page of a result.
pub const PAGE_ROWS_MAX: u32 = 1_000;
/// Failing rows shown for one check.
pub const FAILING_ROWS_MAX: u64 = 1_000;
/// Share of a batch that may go to quarantine when the contract does not say.
pub const QUARANTINE_LIMIT_DEFAULT: f64 = 0.05;
/// Share of the rows before that a full snapshot may lack when the contract does not say.
pub const DELETED_SHARE_DEFAULT: f64 = 0.5;
/// Share of the rows that a rebuild may lose which nobody asked for: a contract that changed.
pub const REBUILD_LOST_SHARE_MAX: f64 = 0.5;
/// Milliseconds by which changes have to be newer than all before, for lower positions to say that the source counts
/// anew: a long transaction has low positions and ends late.
pub const RESTART_MILLISECONDS: i64 = 600_000;
/// Sequence parts of a contract.
pub const SEQUENCE_PARTS_MAX: usize = 3;
