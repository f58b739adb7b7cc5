//! Every limit with its name, unit and default.

/// Bytes of a contract text.
pub const CONTRACT_BYTES_MAX: usize = 1 << 20;
/// Bytes of an expression of a contract.
pub const EXPRESSION_BYTES_MAX: usize = 4 << 10;
/// Functions and conditions of an expression in each other.
pub const EXPRESSION_DEPTH_MAX: usize = 16;
/// Columns of a table.
pub const COLUMNS_MAX: usize = 4_096;
/// Columns that the contract does not declare in one record, where new columns are added: as many as a table of
/// PostgreSQL can have. A record with more is no row of a table.
pub const NEW_COLUMNS_OF_RECORD_MAX: usize = 1_600;
/// Bytes of one change file as stored.
pub const FILE_BYTES_MAX: u64 = 2 << 30;
/// Bytes of one change file after decompression.
pub const FILE_DECOMPRESSED_BYTES_MAX: u64 = 8 << 30;
/// Above 64 MiB, how many times larger than the file its decompressed content may be.
pub const DECOMPRESSION_RATIO_MAX: u64 = 200;
/// Records of a batch that are listed at once; all are counted.
pub const RECORDS_LISTED_MAX: usize = 10_000;
/// Records of a batch that one decision drops or edits.
pub const RECORDS_DECIDED_MAX: usize = 10_000;
/// Records in the file of an incident.
pub const INCIDENT_RECORDS_MAX: usize = 20_000;
/// Records in a test of an incident.
pub const INCIDENT_TEST_RECORDS_MAX: usize = 1_000;
/// Bytes of the file of an incident.
pub const INCIDENT_FILE_BYTES_MAX: u64 = 512 << 20;
/// Bytes of one record.
pub const ROW_BYTES_MAX: usize = 16 << 20;
/// Nesting of a JSON record.
pub const JSON_DEPTH_MAX: usize = 64;
/// Milliseconds after which everything of a remote source is listed again, where only the end of it is listed in between:
/// so late a file may be found that came under an earlier name than those before.
pub const FULL_LISTING_MILLISECONDS: i64 = 15 * 60_000;
/// Files of a source, and of one form of names in it, that a listing always has: one answer of S3.
pub const LISTING_OVERLAP_FILES: usize = 1_000;
/// Files in one batch when the caller does not say.
pub const BATCH_FILES_DEFAULT: u64 = 1_000;
/// Bytes of decompressed content in one batch when the caller does not say; a larger file is a batch of its own. A batch
/// is in memory as a whole, with about four times its content; a file of lines of more than three [`FILE_PART_BYTES`] with
/// its typed rows alone.
pub const BATCH_BYTES_DEFAULT: u64 = 64 << 20;
/// Bytes of a part in which a large file of lines is decoded and written to bronze; one of more than three parts is large.
pub const FILE_PART_BYTES: u64 = 32 << 20;
/// Bytes of records of bronze that are decoded at a time when silver is made of them.
pub const BRONZE_PIECE_BYTES: u64 = 32 << 20;
/// Bytes of decoded events that are merged at a time when silver is made anew from bronze. More of them are sorted by key
/// into a temporary file, and merged one range of keys after the other; two ranges are worked on at once.
pub const REBUILD_BYTES: u64 = 128 << 20;
/// How many times larger the content of a Parquet file is taken to be than the file.
pub const PARQUET_EXPANSION: u64 = 6;
/// How many times larger the content of a gzip file is taken to be at least, where its end does not tell.
pub const GZIP_EXPANSION: u64 = 20;
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
/// Milliseconds after which a run that repeats tries a table or model again that stopped; twice as many after every
/// further failure.
pub const RETRY_FIRST_MILLISECONDS: u64 = 1_000;
/// The most of them.
pub const RETRY_MAX_MILLISECONDS: u64 = 60_000;
/// Seconds that a command which is asked to end (SIGTERM) may take to the end of its batch.
pub const STOP_GRACE_SECONDS: u64 = 25;
/// Memory that DuckDB may use for data, bytes.
pub const SQL_MEMORY_BYTES: u64 = 1 << 30;
/// Seconds after which a file that was never put in its place is what a killed writer left.
pub const UNFINISHED_FILE_SECONDS: u64 = 3_600;
/// Address space that any command needs, bytes; less (`ulimit -v`) is refused at start.
pub const ADDRESS_SPACE_BYTES_MIN: u64 = 768 << 20;
/// Share of a limited address space that DuckDB may use for data, as a divisor.
pub const SQL_ADDRESS_SPACE_SHARE: u64 = 4;
/// Address space that the process of people's SQL may take besides, bytes: stacks, buffers, and values on their way.
pub const SQL_SPARE_BYTES: u64 = 512 << 20;
/// The same for every thread of a query.
pub const SQL_BYTES_PER_THREAD: u64 = 16 << 20;
/// Bytes of a data file on this machine up to which it is compared with its hash before the first query of a process
/// reads it.
pub const QUERY_VERIFIED_FILE_BYTES: u64 = 16 << 20;
/// Bytes that a process reads for that in all: a quarter of a second.
pub const QUERY_VERIFIED_BYTES: u64 = 256 << 20;
/// Seconds that a person's query may take when the caller does not say.
pub const QUERY_SECONDS: u64 = 300;
/// Seconds that the checks of one table may take.
pub const CHECK_SECONDS: u64 = 1_800;
/// Seconds that a gold model may take.
pub const MODEL_SECONDS: u64 = 3_600;
/// Rows in one page of a result.
pub const PAGE_ROWS_MAX: u32 = 1_000;
/// Failing rows shown for one check.
pub const FAILING_ROWS_MAX: u64 = 1_000;
/// Share of a batch that may go to quarantine when the contract does not say.
pub const QUARANTINE_LIMIT_DEFAULT: f64 = 0.05;
/// Share of the rows before that a full snapshot may lack when the contract does not say.
pub const DELETED_SHARE_DEFAULT: f64 = 0.5;
/// Share of the live rows that a batch may delete before it is held when the contract does not say.
pub const GUARD_DELETED_SHARE_DEFAULT: f64 = 0.2;
/// Rows that any batch may delete without being held when the contract does not say.
pub const GUARD_DELETED_ROWS_DEFAULT: u64 = 1_000;
/// Share of the rows that a rebuild may lose which nobody asked for: a contract that changed.
pub const REBUILD_LOST_SHARE_MAX: f64 = 0.5;
/// Milliseconds by which changes have to be newer than all before, for lower positions to say that the source counts
/// anew: a long transaction has low positions and ends late.
pub const RESTART_MILLISECONDS: i64 = 600_000;
/// Milliseconds since 1970 of the first time that no event is believed to be of, 2200-01-01: a later one counts as none.
pub const EVENT_TIME_END_MS: i64 = 7_258_118_400_000;
/// Milliseconds between the times of events beyond which the later ones are taken to be dated wrong, 366 days.
pub const EVENT_TIME_GAP_MS: i64 = 366 * 86_400_000;
/// Events of a batch that have to agree for it to be further ahead of the batches before than that.
pub const EVENT_TIME_WITNESSES: u64 = 3;
/// Sequence parts of a contract.
pub const SEQUENCE_PARTS_MAX: usize = 4;
/// People whose approval a lake can ask for before a plan is published.
pub const RELEASE_APPROVALS_MAX: u32 = 20;
/// Characters of an author's name.
pub const AUTHOR_CHARACTERS_MAX: usize = 200;
/// Characters of a release's message.
pub const MESSAGE_CHARACTERS_MAX: usize = 4_000;
/// Bytes of a plan file.
pub const PLAN_FILE_BYTES_MAX: u64 = 64 << 20;
/// Lines of a contract before, times lines after, up to which the lines that both have are looked for; above it
/// everything between the common beginning and end is shown as replaced.
pub const TEXT_DIFF_CELLS_MAX: usize = 4_000_000;
/// Bytes of a file with definitions of the source's tables.
pub const DEFINITIONS_BYTES: u64 = 32 << 20;
/// Rows of a table up to which a comparison with a database reads all of them; above it hashes of ranges of keys decide.
pub const RECONCILE_ROWS_WHOLE: u64 = 100_000;
/// Rows of ranges that differ that a comparison with a database reads.
pub const RECONCILE_ROWS_READ: u64 = 1_000_000;
/// Rows that differ from the source that are kept for looking at.
pub const RECONCILE_ROWS_SHOWN: usize = 10_000;
/// Rows that differ from the source that an answer names by their keys.
pub const RECONCILE_KEYS_SHOWN: usize = 100;
