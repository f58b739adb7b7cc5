//! The command line: its commands and options, with their help.

mod batch;
mod incident;
mod publish;
mod quarantine;
mod schema;

use crate::diff_side::Typed;
use crate::impact_report::ReportForm;
pub(crate) use batch::{Batch, BatchCall, ChosenOfBatch, OfBatch};
use clap::{Args, Parser, Subcommand};
pub(crate) use incident::{Incident, IncidentAction};
pub(crate) use publish::{Publish, Release, ReleaseAction};
pub(crate) use quarantine::{Chosen as ChosenRecords, Decision, Quarantine};
pub(crate) use schema::{Chosen, Decide, Schema};
use sluice_api::{OnboardAnswer, ReplayLimits, RunMode, TableName, TableRef};
use sluice_contract::Mistake;
use std::path::PathBuf;
use std::time::Duration;

/// Replay change data into bronze, silver and gold tables, check data quality, and publish contracts.
#[derive(Debug, Parser)]
#[command(
    name = "sluice",
    version,
    after_help = "Exit codes: 0 done, 1 a bug, 2 usage error, 3 a table stopped and the others completed, 4 store or disk failed, 5 write conflict, 6 a check failed, 7 a comparison found differences, 8 a contract was not saved because of open questions, 9 a plan is stale, 10 publishing waits for an approval or for the end of an incident, 130 cancelled."
)]
pub(crate) struct Arguments {
    /// The lake: a folder or s3://bucket/prefix. S3 credentials come from the standard AWS chain.
    #[arg(long, global = true, env = "SLUICE_LAKE", default_value = ".")]
    pub(crate) lake: String,
    /// Work in this sandbox of the lake instead: everything is read from the lake, nothing is written to it.
    #[arg(long, global = true, env = "SLUICE_SANDBOX", value_name = "NAME")]
    pub(crate) sandbox: Option<String>,
    /// Total timeout for the object store, for example 20s. A single request gets a quarter of it [default: 2m,
    /// and 30s for a single request].
    #[arg(long, global = true, env = "SLUICE_STORE_TIMEOUT", value_name = "DURATION", value_parser = duration)]
    store_timeout: Option<Duration>,
    /// The same by the names that it had before.
    #[arg(long, alias = "patience", global = true, env = "SLUICE_PATIENCE", hide = true, value_parser = duration)]
    former_store_timeout: Option<Duration>,
    /// Time after which a query is stopped, for example 10m [default: 5m].
    #[arg(long, global = true, env = "SLUICE_QUERY_TIMEOUT", value_name = "DURATION", value_parser = duration)]
    pub(crate) query_timeout: Option<Duration>,
    /// Also print info-level log messages. Set SLUICE_LOG for finer control, for example `debug` or
    /// `sluice_lake=debug`.
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Arguments {
    /// How long a store is waited for, by whichever name it was given.
    pub(crate) fn store_timeout(&self) -> Option<Duration> {
        self.store_timeout.or(self.former_store_timeout)
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make an empty lake at --lake; a lake that is there stays as it is.
    Init,
    /// Look at change files and propose contracts.
    Onboard(Onboard),
    /// Ingest new change files into bronze, silver and gold, using the contracts of the draft.
    Replay(Replay),
    /// List the files of each batch of a table, or the files that the next batch would take.
    Batches(Batches),
    /// Show tables, versions, pending files and problems.
    Status,
    /// Show what changed between two versions of a table.
    Diff(Diff),
    /// Show all versions of one row.
    History(History),
    /// Why a row has its values: every event of its key, which of them each column is of, and why the others lost.
    Explain(Explain),
    /// Say since which batch something is so, and by which event, by halving the versions of a table
    Bisect(Bisect),
    /// What became of a delivered file, or of one of its records.
    Trace(TraceArgs),
    /// Write a batch that went wrong into one file for a colleague, or a test of it; make a lake of such a file.
    Incident(Incident),
    /// Run the tests of the draft: records in, expected silver, quarantine, checks and gold out; no lake is touched.
    Test(Test),
    /// Compare a table with its source: a file, a live database, statistics of AWS DMS, another table or lake; and repair
    /// what differs.
    Reconcile(Reconcile),
    /// What is wrong with a change feed: 26 checks of its files, records, order and keys, and of silver beside it.
    Doctor(Doctor),
    /// Compact, cluster and vacuum a table; safe while others write.
    Maintain(Maintain),
    /// Compare every file of tables with the length and hash in the log.
    Verify(Verify),
    /// Accept what other programs committed to a table, which goes on from its present content.
    Adopt(Adopt),
    /// Show checks and quarantine of a table.
    Quality(Quality),
    /// Show a batch of a table, hold it, make silver without it, or let it pass the guards.
    #[command(subcommand)]
    Batch(Batch),
    /// See the records in quarantine, correct them, replay them, or leave them out for good.
    #[command(subcommand)]
    Quarantine(Quarantine),
    /// See what changed in the shape of sources, and decide what it is.
    #[command(subcommand)]
    Schema(Schema),
    /// Run one SELECT; tables are bronze|silver|gold.dataset.table.
    Query(Query),
    /// Print the canonical content hash of a table.
    Fingerprint(Fingerprint),
    /// Publish the draft, a part of it, or an earlier release again, as a release for the runner.
    Publish(Publish),
    /// List releases, proposed plans and an open incident lock.
    Releases,
    /// Show and compare releases, approve plans, lock publishing during an incident.
    Release(Release),
    /// Replay using the published release.
    Run(Run),
    /// Keep a folder of contracts and models, for example of a git repository, and the draft in step.
    #[command(subcommand)]
    Draft(Draft),
    /// Try a draft over the lake's data while the lake stays as it is.
    #[command(subcommand)]
    Sandbox(Sandbox),
    /// Decode change files that another `sluice` sends; for its own use.
    #[command(hide = true)]
    DecodeWorker,
    /// Run the SQL that another `sluice` sends; for its own use.
    #[command(hide = true)]
    SqlWorker,
    /// Compare silver with dumps of the source tables.
    #[command(hide = true)]
    Compare(Compare),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Draft {
    /// Show which files differ, and on which side they were changed; exit code 7 if some were on both.
    Status {
        /// Folder with contracts/ and models/.
        folder: PathBuf,
    },
    /// Take what only the lake changed into the folder.
    Pull {
        /// Folder with contracts/ and models/.
        folder: PathBuf,
    },
    /// Take what only the folder changed into the lake's draft.
    Push {
        /// Folder with contracts/ and models/.
        folder: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Sandbox {
    /// Make a sandbox of the lake as it is now; no data is copied.
    New(NewSandbox),
    /// List the sandboxes of the lake.
    Ls,
    /// Print where a sandbox is, and have the lake keep what it needs for longer.
    Open(KeepSandbox),
    /// Remove a sandbox with everything that was written in it.
    Rm {
        /// Name.
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct NewSandbox {
    /// Name: small letters, digits, - and _.
    pub(crate) name: String,
    /// An empty or new folder, or s3://bucket/prefix [default: a folder of your user data].
    #[arg(long, conflicts_with = "under_lake")]
    pub(crate) place: Option<String>,
    /// Put it under the lake, so that others can open it.
    #[arg(long)]
    pub(crate) under_lake: bool,
    /// How long the lake keeps what the sandbox needs, for example "30 days" [default: 7 days].
    #[arg(long, value_parser = duration)]
    pub(crate) keep: Option<Duration>,
}

#[derive(Debug, Args)]
pub(crate) struct KeepSandbox {
    /// Name.
    pub(crate) name: String,
    /// How long from now on, for example "30 days".
    #[arg(long, value_parser = duration, default_value = "7 days")]
    pub(crate) keep: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct Onboard {
    /// Folder or URL with change files; relative paths are inside the lake.
    pub(crate) source: String,
    /// Name for the table, when the source holds one.
    #[arg(long)]
    pub(crate) name: Option<TableName>,
    /// Save the proposed contracts that have no open question into the draft; exit code 8 if one was not saved.
    #[arg(long)]
    pub(crate) save: bool,
    /// With --save, save contracts with open questions too, as they are proposed.
    #[arg(long, requires = "save")]
    pub(crate) accept: bool,
    /// Answer a question for all tables alike: [TABLES:]QUESTION[(COLUMNS)]=VALUE, `*` is any letters. For example
    /// key=id, unit(created_*)=milliseconds, erp.*:time_zone=Europe/Berlin. May be given several times; of two answers
    /// the last counts.
    #[arg(long = "answer", value_name = "ANSWER", value_parser = answer)]
    pub(crate) answers: Vec<OnboardAnswer>,
    /// File with owner, sla and answers; --owner, --sla and --answer go before it.
    #[arg(long, value_name = "FILE")]
    pub(crate) answers_from: Option<PathBuf>,
    /// Definitions of the source's tables: SQL with CREATE TABLE, or a CSV of information_schema.columns.
    #[arg(long, value_name = "FILE")]
    pub(crate) ddl: Option<PathBuf>,
    /// Who answers for the tables.
    #[arg(long)]
    pub(crate) owner: Option<String>,
    /// How late the tables may be, for example `4 hours`.
    #[arg(long)]
    pub(crate) sla: Option<String>,
    /// Print the whole proposal of each table, not one line.
    #[arg(long)]
    pub(crate) details: bool,
}

fn answer(text: &str) -> Result<OnboardAnswer, String> {
    text.parse().map_err(|mistake: Mistake| format!("{}. {}", mistake.message, mistake.fix))
}

#[derive(Debug, Args)]
pub(crate) struct Limits {
    /// At most this many batches per table.
    #[arg(long)]
    pub(crate) batches: Option<u64>,
    /// At most this many files in a batch.
    #[arg(long)]
    pub(crate) max_files: Option<u64>,
    /// At most this many bytes of decompressed content in a batch; a larger file is a batch of its own [default: 64 MiB].
    #[arg(long)]
    pub(crate) max_bytes: Option<u64>,
    /// Stop a table of a local lake before a batch that would leave fewer bytes free [default: 64 MiB].
    #[arg(long, value_name = "BYTES")]
    pub(crate) keep_free: Option<u64>,
    /// Wait this long for another writer of a table, for example 0s or 5m [default: 30s].
    #[arg(long, value_parser = duration)]
    pub(crate) wait: Option<Duration>,
    /// Finish a claimed batch without the files of it that are gone; one that is found again later is ingested then.
    #[arg(long)]
    pub(crate) skip_missing: bool,
    /// List everything of remote sources; else a file that came under an earlier name than those before may be found
    /// up to 15 minutes late.
    #[arg(long)]
    pub(crate) list_all: bool,
    /// Merge as many files in one batch as --max-bytes allows, to catch up in few commits.
    #[arg(long, alias = "fold", conflicts_with = "max_files")]
    pub(crate) coalesce: bool,
}

impl Limits {
    pub(crate) fn to_api(&self, full_refresh: bool, dry_run: bool) -> ReplayLimits {
        ReplayLimits {
            batches: self.batches,
            max_files: if self.coalesce { Some(u64::MAX) } else { self.max_files },
            max_bytes: self.max_bytes,
            keep_free_bytes: self.keep_free,
            lease_wait: self.wait,
            skip_missing: self.skip_missing,
            list_all: self.list_all,
            full_refresh,
            dry_run,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// Only this table; may be given several times.
    #[arg(long = "table", value_name = "D.T")]
    pub(crate) tables: Vec<TableName>,
    #[command(flatten)]
    pub(crate) limits: Limits,
    /// Reprocess exactly the files of this batch (needs one --table). Events already in silver have no effect.
    #[arg(long, conflicts_with_all = ["full_refresh", "dry_run", "batches", "max_files", "max_bytes", "coalesce"])]
    pub(crate) batch: Option<u64>,
    /// Rebuild silver from bronze first.
    #[arg(long)]
    pub(crate) full_refresh: bool,
    /// Count what would happen without writing anything.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// With --dry-run: replay in a sandbox that is gone again afterwards, and show what would change in silver and gold.
    #[arg(long, requires = "dry_run")]
    pub(crate) diff: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Batches {
    /// dataset.table
    pub(crate) table: TableName,
    /// Plan the next batch instead, without claiming its files.
    #[arg(long)]
    pub(crate) next: bool,
    /// With --next: at most this many files.
    #[arg(long, requires = "next")]
    pub(crate) max_files: Option<u64>,
    /// With --next: at most this many bytes of decompressed content; a larger file is a batch of its own.
    #[arg(long, requires = "next")]
    pub(crate) max_bytes: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// dataset.table (silver), or with its layer; all tables if none is given.
    pub(crate) tables: Vec<TableRef>,
    /// Make anew what the lake has the rows of: silver from bronze, gold from its model.
    #[arg(long)]
    pub(crate) repair: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Adopt {
    /// dataset.table (silver), or with its layer.
    pub(crate) table: TableRef,
}

#[derive(Debug, Args)]
pub(crate) struct Quality {
    /// dataset.table
    pub(crate) table: TableName,
    /// Print the rows that fail this check. Copy the check from the output of `sluice quality`.
    #[arg(long, value_name = "CHECK")]
    pub(crate) failing: Option<String>,
    /// Print the records in quarantine: batch, reason, column, detail, file, row and byte offset of each.
    #[arg(long, conflicts_with = "failing")]
    pub(crate) quarantine: bool,
    /// Failing rows or records in quarantine to print; of failing rows at most 1,000.
    #[arg(long, default_value_t = 20)]
    pub(crate) rows: u64,
    /// Print personal data (`pii: true`) as it is.
    #[arg(long)]
    pub(crate) reveal: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// dataset.table (silver), or with its layer.
    #[arg(required_unless_present = "impacted")]
    pub(crate) table: Option<TableRef>,
    /// Every silver and gold table instead: what a change reaches. Tables that are equal are one line.
    #[arg(long, conflicts_with_all = ["table", "from_table", "key", "tolerance", "filter", "export", "counts", "first"])]
    pub(crate) impacted: bool,
    /// With --impacted: print a report without any value of a row, for a comment or a page.
    #[arg(long, requires = "impacted", value_name = "FORM")]
    pub(crate) report: Option<ReportForm>,
    /// Before: a version (12), a time (2026-11-29T10:00), release:r3 (what it left), production, sandbox:NAME or lake:URL,
    /// the last three also with a version or time (production@12) [default: production in a sandbox, else the version before
    /// the one after].
    #[arg(long, value_name = "SIDE")]
    pub(crate) from: Option<Typed>,
    /// After, written likewise [default: the latest version of the open lake or sandbox].
    #[arg(long, value_name = "SIDE")]
    pub(crate) to: Option<Typed>,
    /// Table before, where it has another name.
    #[arg(long, value_name = "D.T")]
    pub(crate) from_table: Option<TableRef>,
    /// A column that tells rows apart, instead of the contract's key; may be given several times.
    #[arg(long = "key", value_name = "COLUMN")]
    pub(crate) key: Vec<String>,
    /// A column that is not compared; may be given several times.
    #[arg(long = "ignore", value_name = "COLUMN")]
    pub(crate) ignore: Vec<String>,
    /// A column of numbers of which a difference up to this is none, for example total=0.01; may be given several times.
    #[arg(long = "tolerance", value_name = "COLUMN=NUMBER", value_parser = key_value)]
    pub(crate) tolerance: Vec<(String, String)>,
    /// Only changed rows of which this SQL condition holds: `status` is the row's value, of a deleted row the last one,
    /// `old.status` and `new.status` are those of the sides, `_change` is +, ~ or -.
    #[arg(long = "where", value_name = "CONDITION")]
    pub(crate) filter: Option<String>,
    /// Write the changed rows into this new file: .parquet, .csv or .jsonl. Personal data is masked unless --reveal.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["counts", "first"])]
    pub(crate) export: Option<String>,
    /// Exit with code 7 if more rows than this changed.
    #[arg(long, value_name = "ROWS", conflicts_with_all = ["counts", "first"])]
    pub(crate) fail_over: Option<u64>,
    /// Changed rows to print.
    #[arg(long, default_value_t = 50)]
    pub(crate) rows: u32,
    /// Print personal data (`pii: true`) as it is.
    #[arg(long)]
    pub(crate) reveal: bool,
    /// Only how many rows were written and removed, by the log; no data is read.
    #[arg(long)]
    pub(crate) counts: bool,
    /// Only the first changed rows in the order of their keys, found without reading the others.
    #[arg(long, conflicts_with = "counts")]
    pub(crate) first: bool,
}

#[derive(Debug, Args)]
pub(crate) struct History {
    /// dataset.table (silver), or with its layer.
    pub(crate) table: TableRef,
    /// A column of the key and its value, for example id=42; once per column, or region=eu,id=42.
    #[arg(long = "key", value_name = "COLUMN=VALUE", value_parser = key_value, required = true)]
    pub(crate) key: Vec<(String, String)>,
    /// Entries to print.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) rows: u64,
    /// Print personal data (`pii: true`) as it is.
    #[arg(long)]
    pub(crate) reveal: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// dataset.table, of silver.
    pub(crate) table: TableRef,
    /// A column of the key and its value, for example id=42; once per column, or region=eu,id=42.
    #[arg(long = "key", value_name = "COLUMN=VALUE", value_parser = key_value, required = true)]
    pub(crate) key: Vec<(String, String)>,
    /// A version of silver instead of the latest.
    #[arg(long = "as-of", value_name = "VERSION")]
    pub(crate) as_of: Option<u64>,
    /// Print the record of every event as it was delivered.
    #[arg(long)]
    pub(crate) records: bool,
    /// Write a test of these events that expects what silver has, personal values replaced: a NAME of the lake's draft,
    /// or a FILE with / or .yaml in it.
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "reveal")]
    pub(crate) save_test: Option<String>,
    /// Print personal data (`pii: true`) as it is.
    #[arg(long)]
    pub(crate) reveal: bool,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("question").required(true).args(["key", "check", "sql"])))]
pub(crate) struct Bisect {
    /// dataset.table (silver), or with its layer.
    pub(crate) table: TableRef,
    /// A column that names the row and its value, for example id=42; once per column, or region=eu,id=42.
    #[arg(long = "key", value_name = "COLUMN=VALUE", value_parser = key_value)]
    pub(crate) key: Vec<(String, String)>,
    /// The column of the row that has the value; without it the question is since when there is the row.
    #[arg(long, requires = "key", conflicts_with = "gone")]
    pub(crate) column: Option<String>,
    /// Its value, as the table shows it.
    #[arg(long, requires = "column", required_unless_present_any = ["null", "gone", "check", "sql", "key"])]
    pub(crate) value: Option<String>,
    /// The column is null.
    #[arg(long, requires = "column", conflicts_with = "value")]
    pub(crate) null: bool,
    /// Since when there is no such row.
    #[arg(long, requires = "key")]
    pub(crate) gone: bool,
    /// A check, as in a contract: since when it does not hold.
    #[arg(long)]
    pub(crate) check: Option<String>,
    /// One SELECT over the table and others: since when its first column is true. A second column is printed.
    #[arg(long)]
    pub(crate) sql: Option<String>,
    /// Print personal data (`pii: true`) as it is.
    #[arg(long)]
    pub(crate) reveal: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Reconcile {
    /// dataset.table (silver).
    pub(crate) table: TableName,
    /// What it is compared with: a file (CSV, Parquet, JSON lines), `postgres://USER@HOST/DATABASE`,
    /// `mysql://USER@HOST/DATABASE`, `dms:FILE`, `table:dataset.table`, `production`, `sandbox:NAME` or `lake:URL`.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) with: String,
    /// The table in the source, where it has another name: `table` or `schema.table`.
    #[arg(long, value_name = "TABLE")]
    pub(crate) source_table: Option<String>,
    /// Of a file: the position of the source that its rows are of, as `explain` shows positions, an LSN, or FILE:POSITION of
    /// a binary log.
    #[arg(long)]
    pub(crate) position: Option<String>,
    /// Let hashes of ranges of keys decide what is read of a database, however few rows it has.
    #[arg(long)]
    pub(crate) by_hashes: bool,
    /// Compare about so many keys of a database, and no others.
    #[arg(long, value_name = "KEYS", conflicts_with = "by_hashes")]
    pub(crate) sample: Option<u64>,
    /// Wait so many seconds until silver has everything up to the position that was read, while another process replays: then
    /// each difference is a fault or a change that was under way.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) wait: u32,
    /// Rows to print.
    #[arg(long, default_value_t = 20)]
    pub(crate) rows: u32,
    /// Print personal data (`pii: true`) as it is.
    #[arg(long)]
    pub(crate) reveal: bool,
    /// Put right what differs: `events` writes corrective events, `request` prints what the connector is asked. Without
    /// --yes nothing is written.
    #[arg(long, value_name = "HOW", num_args = 0..=1, default_missing_value = "events")]
    pub(crate) repair: Option<RepairHow>,
    /// Write the corrective events.
    #[arg(long, requires_all = ["repair", "because"])]
    pub(crate) yes: bool,
    /// Why they are written; it is kept.
    #[arg(long)]
    pub(crate) because: Option<String>,
    /// Who asks for them, where this machine does not say it.
    #[arg(long)]
    pub(crate) author: Option<String>,
}

/// How rows are repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum RepairHow {
    /// Corrective events in bronze.
    Events,
    /// The connector's own request.
    Request,
}

#[derive(Debug, Args)]
pub(crate) struct TraceArgs {
    /// The file, or the end of its path; with `:RECORD` one of its records, the first is 1, for example orders-7.json:120.
    pub(crate) place: String,
    /// Print the records too.
    #[arg(long)]
    pub(crate) records: bool,
    /// Print personal data (`pii: true`) as it is.
    #[arg(long)]
    pub(crate) reveal: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// dataset.table, or a folder of change files, which need not be onboarded. Without one the lake itself is examined: its
    /// store, its rights there, and what lies in it.
    pub(crate) source: Option<String>,
    /// Show only what is found in this batch; those before it are read too.
    #[arg(long, value_name = "NUMBER", requires = "source")]
    pub(crate) batch: Option<u64>,
    /// Compare silver with dumps of the source: a folder with <table>.jsonl.gz.
    #[arg(long, value_name = "FOLDER", requires = "source")]
    pub(crate) with: Option<PathBuf>,
    /// Print the records of the examples too.
    #[arg(long)]
    pub(crate) records: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Query {
    /// One SELECT.
    #[arg(required_unless_present = "saved")]
    pub(crate) sql: Option<String>,
    /// The query of this name in the lake's `queries/` folder, for example `orders/late`.
    #[arg(long, value_name = "NAME", conflicts_with = "sql")]
    pub(crate) saved: Option<String>,
    /// Rows to print.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) rows: u64,
    /// Print personal data (`pii: true`) as it is.
    #[arg(long)]
    pub(crate) reveal: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Fingerprint {
    /// dataset.table (silver), or with its layer.
    pub(crate) table: TableRef,
    /// Version, the latest if not given.
    #[arg(long)]
    pub(crate) version: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// once (the default), continuous (a run as soon as files land), or the pause between two runs, for example 15m.
    #[arg(long, value_parser = mode, conflicts_with_all = ["once", "interval", "continuous"])]
    pub(crate) mode: Option<RunMode>,
    /// The same as --mode once.
    #[arg(long, conflicts_with_all = ["interval", "continuous"])]
    pub(crate) once: bool,
    /// The same as --mode with a pause.
    #[arg(long, value_parser = duration, conflicts_with = "continuous")]
    pub(crate) interval: Option<Duration>,
    /// The same as --mode continuous.
    #[arg(long)]
    pub(crate) continuous: bool,
    /// After SIGTERM, time to finish the current batch, for example 2m [default: 25s].
    #[arg(long, value_parser = duration)]
    pub(crate) grace: Option<Duration>,
    /// Number of tables to process in parallel.
    #[arg(long, default_value_t = 2)]
    pub(crate) concurrency: u32,
    #[command(flatten)]
    pub(crate) limits: Limits,
}

#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// Folder with <table>.jsonl.gz dumps.
    #[arg(long)]
    pub(crate) oracle: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Test {
    /// Datasets, tables (dataset.table) or tests (dataset.table/name); all if none is given.
    pub(crate) names: Vec<String>,
    /// Take contracts, models and tests from this folder, for example of a git repository, in place of the lake's draft.
    #[arg(long, value_name = "DIR")]
    pub(crate) draft_folder: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Maintain {
    /// dataset.table (silver), or with its layer.
    pub(crate) table: TableRef,
    /// Show what would be done without writing anything.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Target file size, for example 128MB [default: 256MB].
    #[arg(long, value_parser = size)]
    pub(crate) target_size: Option<u64>,
    /// Columns to cluster by (Z-order), those that queries filter by, for example country,placed_at.
    #[arg(long, value_delimiter = ',')]
    pub(crate) cluster_by: Vec<String>,
    /// Rewrite files with at least this percentage of deleted rows; 0 purges all deletion vectors.
    #[arg(long, alias = "dead-percent", default_value_t = 25, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) deleted_percent: u8,
    /// Keep old versions readable this long, for example "7 days"; vacuum removes files that only older ones need.
    #[arg(long, value_parser = duration)]
    pub(crate) retention: Option<Duration>,
    /// Do not vacuum.
    #[arg(long, conflicts_with = "retention")]
    pub(crate) no_vacuum: bool,
}

fn size(text: &str) -> Result<u64, String> {
    let text = text.trim().to_ascii_uppercase();
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let factor = match text[digits.len()..].trim() {
        "KB" => 1 << 10,
        "MB" => 1 << 20,
        "GB" => 1 << 30,
        _ => 0_u64,
    };
    let bytes = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    bytes.filter(|bytes| *bytes > 0).ok_or_else(|| format!("`{text}` is not a size, write for example 128MB"))
}

fn key_value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("`{text}` is not column=value"))?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

impl Run {
    /// When to run, however it was said.
    pub(crate) fn mode(&self) -> RunMode {
        match (self.mode, self.interval) {
            (Some(mode), _) => mode,
            (None, Some(pause)) => RunMode::Interval(pause),
            (None, None) if self.continuous => RunMode::Continuous,
            (None, None) => RunMode::Once,
        }
    }
}

fn mode(text: &str) -> Result<RunMode, String> {
    match text {
        "once" => Ok(RunMode::Once),
        "continuous" => Ok(RunMode::Continuous),
        pause => duration(pause)
            .map(RunMode::Interval)
            .map_err(|_| format!("`{pause}` is not a mode, write once, continuous or a pause such as 15m")),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    sluice_contract::parse_duration_seconds(text)
        .map(Duration::from_secs)
        .ok_or_else(|| format!("`{text}` is not a duration, write for example 30s, 15m or 1h"))
}

#[cfg(test)]
mod tests {
    use super::{Arguments, Command};
    use clap::{CommandFactory, Parser};
    use std::time::Duration;

    #[test]
    fn options_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn former_names_are_understood_and_not_shown() {
        let read = |words: &[&str]| Arguments::try_parse_from([&["sluice"], words].concat()).unwrap();
        let names = ["--store-timeout", "--patience"]; // alias = "patience"
        for name in names {
            assert_eq!(read(&[name, "20s", "status"]).store_timeout(), Some(Duration::from_secs(20)), "{name}");
        }
        let names = ["--coalesce", "--fold"]; // alias = "fold"
        for name in names {
            let Command::Replay(call) = read(&["replay", name]).command else { panic!("no replay") };
            assert_eq!(call.limits.to_api(false, false).max_files, Some(u64::MAX), "{name}");
        }
        for name in ["--deleted-percent", "--dead-percent"] {
            let Command::Maintain(call) = read(&["maintain", "shop.orders", name, "0"]).command else {
                panic!("no maintenance")
            };
            assert_eq!(call.deleted_percent, 0, "{name}");
        }
        let mut command = Arguments::command();
        let help = command.find_subcommand_mut("replay").unwrap().render_long_help().to_string();
        assert!(help.contains("--coalesce") && names.iter().skip(1).all(|former| !help.contains(former)), "{help}");
        let help = command.find_subcommand_mut("maintain").unwrap().render_long_help().to_string();
        assert!(help.contains("--deleted-percent") && !help.contains("--dead-percent"), "{help}");
    }
}
