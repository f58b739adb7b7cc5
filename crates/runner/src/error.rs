//! What stops a table, and what to do about it.

use sluice_api::{ApiError, ErrorCode, Layer, Refusal, TableRef};
use sluice_contract::{LakeSettings, Problem, TableName};
use sluice_lake::{ForeignCommit, LakeError, how_to_allow, refusal};
use sluice_publish::PublishError;

/// Commits of other programs that one message names.
const COMMITS_SHOWN: usize = 3;

/// Why work on a table or a lake ended early.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Store, disk or Delta log.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// DuckDB.
    #[error(transparent)]
    Query(#[from] sluice_query::QueryError),
    /// Plan.
    #[error(transparent)]
    Engine(#[from] sluice_engine::EngineError),
    /// Decoder.
    #[error(transparent)]
    Decode(#[from] sluice_cdc::DecodeError),
    /// Releases.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// Arrow.
    #[error("column types or lengths do not match")]
    Arrow(#[from] arrow::error::ArrowError),
    /// A contract text.
    #[error("{}", contract_problems(.0))]
    Contract(Vec<Problem>),
    /// What the caller passed is wrong.
    #[error("{message}")]
    Input {
        /// What is wrong.
        message: String,
        /// What to do.
        next: String,
    },
    /// Something named does not exist.
    #[error("{message}")]
    NotFound {
        /// What is missing.
        message: String,
        /// What to do.
        next: String,
    },
    /// No lake is named and none is open.
    #[error("No lake is open")]
    NoLake,
    /// A batch is held: checks of severity `fail` do not hold, or the contract refuses it.
    #[error("batch {} of {table} was not published, {stays}. {}", .refusal.batch, .refusal.reason)]
    Refused {
        /// Table.
        table: String,
        /// What readers see.
        stays: String,
        /// The batch and the reason: which check, or how much quarantine.
        refusal: Box<Refusal>,
    },
    /// A run by a release made another result of the same inputs than the preview of the release.
    #[error("{table} is not as release r{release} was previewed: the same inputs gave another result, {stays}")]
    NotAsPreviewed {
        /// Table.
        table: TableRef,
        /// The release.
        release: u64,
        /// What readers see.
        stays: String,
    },
    /// A release that was built beside production is not as it should be, so it was not published.
    #[error("the canary of r{release} failed, nothing was published: {reason}")]
    Canary {
        /// The release that it would have been.
        release: u64,
        /// The sandbox that it was built in.
        sandbox: String,
        /// What is wrong.
        reason: String,
    },
    /// Another program committed to a table, and silver is no longer what the change events make of it.
    #[error("another program wrote {layer}.{table}: {}", foreign(commits))]
    Foreign {
        /// Layer of the table.
        layer: Layer,
        /// Table.
        table: TableName,
        /// Its commits, oldest first.
        commits: Vec<ForeignCommit>,
    },
    /// The draft of a table is not what the release of the lake says.
    #[error("the draft of {table} is not that of release r{release}, and production is written by the release alone")]
    Unpublished {
        /// Table or model.
        table: TableName,
        /// The current release.
        release: u64,
    },
    /// The disk of a local lake has too little space for a batch.
    #[error(
        "there is too little space on the disk of {folder} for the next batch of {table}: {} are free, {} are needed",
        megabytes(*.free),
        megabytes(*.needed)
    )]
    NoSpace {
        /// Table.
        table: String,
        /// Folder of the lake.
        folder: String,
        /// Bytes free.
        free: u64,
        /// Bytes needed, those that are to stay free included.
        needed: u64,
    },
    /// Another writer was faster.
    #[error("another writer committed to {0} at the same time")]
    Conflict(String),
    /// Cancelled.
    #[error("cancelled after the current batch completed")]
    Cancelled,
    /// A file of the user's machine.
    #[error("{path} cannot be read or written")]
    File {
        /// Path.
        path: String,
        /// Cause.
        #[source]
        source: std::io::Error,
    },
    /// Tests of the draft do not pass.
    #[error("{0}, so nothing was published")]
    Untested(String),
    /// A task ended without an answer, or a stored document is not what it should be.
    #[error("{0}")]
    Internal(String),
}

/// What to do about tests that do not pass.
const UNTESTED_NEXT: &str = "`sluice test` shows what differs; to publish all the same: --without-tests --because WHY";

impl RunError {
    /// A usage error.
    pub(crate) fn input(message: impl Into<String>, next: impl Into<String>) -> Self {
        Self::Input { message: message.into(), next: next.into() }
    }

    /// A missing thing.
    pub(crate) fn not_found(message: impl Into<String>, next: impl Into<String>) -> Self {
        Self::NotFound { message: message.into(), next: next.into() }
    }

    /// As a person sees it, causes included.
    #[must_use]
    pub fn to_api(&self) -> ApiError {
        // Of what a store answers nothing is shown but what Sluice knows of it.
        let refused = match self {
            Self::Lake(error) | Self::Publish(PublishError::Lake(error)) => refusal(error),
            other => refusal(other),
        };
        if let Some(refusal) = refused {
            return ApiError::new(ErrorCode::Storage, format!("{self}: {refusal}"), refusal.next());
        }
        let mut message = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let text = error.to_string();
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            cause = error.source();
        }
        let (code, next) = match self {
            error if sluice_lake::is_timeout_or_unreachable(error) => (
                ErrorCode::Storage,
                "The store does not answer. Check its address and the network. No data was lost, run it again"
                    .to_owned(),
            ),
            Self::Lake(LakeError::Held { .. }) => {
                (ErrorCode::Conflict, "Wait until it has ended, or stop it, and run it again".to_owned())
            }
            Self::Lake(LakeError::Fenced { .. }) => {
                (ErrorCode::Conflict, "No data was lost. The other writer continues".to_owned())
            }
            Self::Lake(LakeError::ForeignFeature { fix, path, .. } | LakeError::UnreadFeature { fix, path, .. }) => {
                (ErrorCode::Input, fix.clone().unwrap_or_else(|| without_feature(path)))
            }
            Self::Lake(LakeError::NotWritable { path, .. }) => (ErrorCode::Input, switch_off(path)),
            Self::Lake(LakeError::TransactionRetention { .. }) => (
                ErrorCode::Input,
                "ALTER TABLE … UNSET TBLPROPERTIES ('delta.setTransactionRetentionDuration'), then run it again"
                    .to_owned(),
            ),
            Self::Lake(LakeError::BatchIdReused { path, .. }) => (ErrorCode::Storage, other_batch(path)),
            Self::Lake(LakeError::LastLease { .. }) => {
                (ErrorCode::Storage, "When nobody writes the table, move the file away and run it again".to_owned())
            }
            Self::Lake(LakeError::Corrupt { path, .. }) if path.starts_with("_sluice/batches/") => (
                ErrorCode::Storage,
                "Move the file away and run it again: a batch that bronze has gets its manifest from there, the files of \
                 another one are found anew"
                    .to_owned(),
            ),
            Self::Lake(LakeError::Corrupt { .. }) => (
                ErrorCode::Storage,
                "Committed batches are safe. `sluice verify` names every file that is damaged".to_owned(),
            ),
            Self::Lake(LakeError::BadPath { .. }) => (
                ErrorCode::Input,
                "Write a path inside of the lake without `..`, or a full path or address".to_owned(),
            ),
            Self::Lake(LakeError::Settings { path, .. })
            | Self::Publish(PublishError::Lake(LakeError::Settings { path, .. })) => {
                (ErrorCode::Input, format!("Correct {path} at the root of the lake"))
            }
            Self::Lake(LakeError::Outside { place, .. })
            | Self::Publish(PublishError::Lake(LakeError::Outside { place, .. })) => (ErrorCode::Input, how_to_allow(place)),
            Self::Lake(LakeError::Damaged { path }) => (ErrorCode::Storage, repair(path)),
            Self::Lake(error) if error.is_retryable() => {
                (ErrorCode::Storage, "No data was lost. Run it again".to_owned())
            }
            Self::Lake(LakeError::Decode { path, .. }) => (ErrorCode::Storage, repair(path)),
            Self::Lake(LakeError::NoLake { url }) => {
                (ErrorCode::NotFound, format!("Correct the address; `sluice init --lake {url}` makes a new lake there"))
            }
            Self::Lake(LakeError::SandboxName { .. } | LakeError::SandboxExists { .. }) => {
                (ErrorCode::Input, "Choose another name".to_owned())
            }
            Self::Lake(LakeError::NoSandbox { .. }) => {
                (ErrorCode::NotFound, "`sluice sandbox ls` lists the sandboxes of a lake".to_owned())
            }
            Self::Lake(LakeError::SandboxPlace { .. }) => {
                (ErrorCode::Input, "Name an empty or a new folder with --place".to_owned())
            }
            Self::Lake(LakeError::NestedSandbox { url, .. }) => {
                (ErrorCode::Input, format!("Open the lake {url} and make the sandbox there"))
            }
            Self::Lake(LakeError::SandboxUnfinished { path }) => {
                (ErrorCode::Input, format!("`sluice sandbox rm {path}` removes it; then make it again"))
            }
            Self::Lake(LakeError::SandboxWithoutBase { .. }) => {
                (ErrorCode::NotFound, "Put the lake back in its place, or remove the folder of the sandbox".to_owned())
            }
            Self::Lake(LakeError::SandboxClosed { name, url }) => (
                ErrorCode::Input,
                format!("`sluice --lake {url} sandbox rm {name}` removes it; make a new one of the lake as it is now"),
            ),
            Self::Lake(LakeError::OpenTable { path, .. }) => (ErrorCode::Storage, reopen(path)),
            Self::Lake(LakeError::NoVersion { .. }) => {
                (ErrorCode::NotFound, "Choose a version of its history".to_owned())
            }
            Self::NoSpace { free, needed, .. } => {
                let missing = megabytes(needed.saturating_sub(*free));
                let next = format!(
                    "Make {missing} of space there, or take smaller batches (--max-bytes), and run it again; \
                     nothing of the batch was written"
                );
                (ErrorCode::Storage, next)
            }
            Self::Lake(LakeError::BadUrl { .. }) => (
                ErrorCode::Input,
                "Name a folder, or a bucket as s3://bucket/prefix; credentials come from the environment".to_owned(),
            ),
            Self::Lake(LakeError::Open { .. }) => {
                (ErrorCode::Storage, "Nothing was read or written. Correct it and run it again".to_owned())
            }
            Self::Lake(_) | Self::File { .. } => (
                ErrorCode::Storage,
                "Committed batches are safe. Check the path, permissions and free disk space".to_owned(),
            ),
            Self::Query(error) => return error.clone().into(),
            Self::Contract(problems) => {
                (ErrorCode::Input, problems.first().map(|problem| problem.fix.clone()).unwrap_or_default())
            }
            Self::Input { next, .. } => (ErrorCode::Input, next.clone()),
            Self::NoLake => (ErrorCode::NoLake, "Give a folder or an s3:// URL".to_owned()),
            Self::NotFound { next, .. } => (ErrorCode::NotFound, next.clone()),
            Self::Decode(_) => (ErrorCode::Input, "Correct the contract's source and run it again".to_owned()),
            Self::Refused { table, refusal, .. } if refusal.is_held() => (
                ErrorCode::Quality,
                format!(
                    "`sluice batch show {table} {0}` shows it; `sluice batch release {table} {0} --because \"…\"` lets it \
                     pass, `sluice batch skip {table} {0} --because \"…\"` makes silver without it",
                    refusal.batch
                ),
            ),
            Self::Refused { table, .. } => (
                ErrorCode::Quality,
                format!(
                    "Run `sluice quality {table}` or open the Quality screen, fix the data or the contract, then replay"
                ),
            ),
            Self::NotAsPreviewed { table, release, .. } => (ErrorCode::Quality, not_as_previewed(table, *release)),
            Self::Canary { sandbox, .. } => (
                ErrorCode::Quality,
                format!(
                    "Production is unchanged. Look at it with `sluice --sandbox {sandbox} quality TABLE` or `diff --impacted`; \
                     `sluice sandbox rm {sandbox}` removes it"
                ),
            ),
            Self::Foreign { layer: Layer::Silver, table, .. } => (
                ErrorCode::Input,
                format!(
                    "`sluice replay --table {table} --full-refresh` makes silver anew from bronze, without these \
                     commits; `sluice adopt silver.{table}` accepts the table as it is"
                ),
            ),
            Self::Foreign { layer, table, .. } => (
                ErrorCode::Input,
                format!(
                    "Have that program restore the version before; `sluice adopt {layer}.{table}` accepts the table \
                     as it is"
                ),
            ),
            Self::Unpublished { .. } => (
                ErrorCode::Unpublished,
                "Try it in a sandbox: `sluice sandbox new try`, then `sluice --sandbox try replay`; or publish the draft \
                 with `sluice publish`"
                    .to_owned(),
            ),
            Self::Conflict(_) => (ErrorCode::Conflict, "No data was lost. Run it again".to_owned()),
            Self::Publish(PublishError::Conflict { .. }) => {
                (ErrorCode::Conflict, "Look at the new release, then publish again".to_owned())
            }
            Self::Publish(PublishError::Blocked { .. }) => {
                (ErrorCode::Input, "Fix the contracts, `sluice publish --plan` lists the problems".to_owned())
            }
            Self::Publish(PublishError::NotPublished { .. }) => {
                (ErrorCode::NotFound, "Choose one of the releases".to_owned())
            }
            Self::Publish(PublishError::Input { next, .. }) => (ErrorCode::Input, next.clone()),
            Self::Publish(PublishError::NotAllowed { next, .. }) => (ErrorCode::NotAllowed, next.clone()),
            Self::Publish(PublishError::Stale { .. }) => {
                (ErrorCode::Stale, "Nothing was published. Make a new plan and look at it".to_owned())
            }
            Self::Publish(PublishError::EditedPlan { .. }) => {
                (ErrorCode::Input, "Make a new plan with `sluice publish --plan-out FILE`".to_owned())
            }
            Self::Publish(PublishError::Settings(_)) => {
                (ErrorCode::Input, format!("Correct {} at the root of the lake", LakeSettings::PATH))
            }
            Self::Publish(PublishError::Corrupt { path, .. } | PublishError::Lake(LakeError::NotFound { path })) => {
                (ErrorCode::Storage, without_release_file(path))
            }
            Self::Publish(_) => (ErrorCode::Storage, "The current release is unchanged. Try again".to_owned()),
            Self::Untested(_) => (ErrorCode::Quality, UNTESTED_NEXT.to_owned()),
            Self::Cancelled => (ErrorCode::Cancelled, "Run replay again to continue".to_owned()),
            Self::Engine(_) | Self::Arrow(_) | Self::Internal(_) => {
                (ErrorCode::Internal, "Nothing was committed; please report it".to_owned())
            }
        };
        ApiError::new(code, message, next)
    }
}

/// What to do about a table that is not as it was previewed.
fn not_as_previewed(table: &TableRef, release: u64) -> String {
    let all_the_same = match table.layer {
        Layer::Gold => "`sluice replay` publishes it all the same".to_owned(),
        Layer::Bronze | Layer::Silver => {
            format!("`sluice replay --table {} --full-refresh` publishes it all the same", table.name)
        }
    };
    format!(
        "`sluice release show r{release}` has the first row that differs. Try the release again in a sandbox by this \
         version of Sluice and publish that, or roll back; {all_the_same}"
    )
}

/// Commits of other programs in one line.
fn foreign(commits: &[ForeignCommit]) -> String {
    let shown: Vec<String> = commits.iter().take(COMMITS_SHOWN).map(ToString::to_string).collect();
    match commits.len().saturating_sub(COMMITS_SHOWN) {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}

/// What to do about a file of the releases that is damaged or gone.
fn without_release_file(path: &str) -> String {
    let restore = "Restore the file from a copy of the lake";
    if ["_sluice/releases/", "_sluice/current/"].iter().any(|folder| path.starts_with(folder)) {
        format!("{restore}; without one, move the newest file of _sluice/current away and publish the draft again")
    } else {
        format!("{restore}, or move it away")
    }
}

/// What to do about a table that asks of its writers what Sluice cannot do.
fn switch_off(path: &str) -> String {
    let off = "Have the program that switched it on switch it off (ALTER TABLE … DROP FEATURE)";
    if path.starts_with("silver/") {
        format!("{off}, or move the folder {path} away: the next replay makes silver anew from bronze")
    } else {
        off.to_owned()
    }
}

/// What to do about a table that has another batch of a number.
fn other_batch(path: &str) -> String {
    match path.split('/').collect::<Vec<_>>().as_slice() {
        ["silver", dataset, table] => format!(
            "Its manifests were replaced, or two lakes share the table: \
             `sluice replay --table {dataset}.{table} --full-refresh` makes silver anew from bronze"
        ),
        _ => {
            "Its manifests were replaced, or two lakes share the table: restore _sluice/batches from a copy".to_owned()
        }
    }
}

/// What to do about a table whose log cannot be read.
fn reopen(path: &str) -> String {
    match path.split('/').collect::<Vec<_>>().as_slice() {
        ["silver", dataset, table] => format!(
            "Move the folder {path} away, then `sluice replay --table {dataset}.{table}` makes silver anew from bronze"
        ),
        ["gold", ..] => format!("Move the folder {path} away, then `sluice replay` runs its model again"),
        _ => format!("Restore {path}/_delta_log from a copy of the lake; no other table is affected"),
    }
}

/// What to do about a table with a feature that cannot be switched off in place.
fn without_feature(path: &str) -> String {
    match path.split('/').next() {
        Some("silver" | "gold") => format!("It cannot be switched off in place. {}", reopen(path)),
        _ => "Let the program that switched it on restore the version before, or write the table again without it"
            .to_owned(),
    }
}

/// What to do about a damaged data file.
fn repair(path: &str) -> String {
    match path.split('/').collect::<Vec<_>>().as_slice() {
        [layer @ ("silver" | "gold"), dataset, table, ..] => {
            format!("`sluice verify {layer}.{dataset}.{table} --repair` makes the table anew")
        }
        _ => "Restore the file from a copy; `sluice verify` names every file that is damaged".to_owned(),
    }
}

/// How many problems a contract has, and the first of them.
fn contract_problems(problems: &[Problem]) -> String {
    let first = problems.first().map(ToString::to_string).unwrap_or_default();
    match problems.len() {
        1 => format!("the contract has a problem: {first}"),
        count => format!("the contract has {count} problems; the first: {first}"),
    }
}

/// Bytes as megabytes for people, never less than they are.
fn megabytes(bytes: u64) -> String {
    let tenths = bytes.div_ceil(100_000);
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::RunError;
    use sluice_api::ErrorCode;
    use sluice_lake::LakeError;

    #[test]
    fn of_a_servers_answer_nothing_is_shown_but_what_it_means() {
        let answer = "Error performing GET http://store:9000/shop?prefix=x in 3ms - Server returned non-2xx status \
                      code: 403 Forbidden: <Error><Code>InvalidAccessKeyId</Code><Message>the words</Message>\
                      <AWSAccessKeyId>AKIAEXAMPLE</AWSAccessKeyId></Error>";
        let error = RunError::Lake(LakeError::List { source: answer.into(), path: "contracts".to_owned() }).to_api();
        assert_eq!(error.code, ErrorCode::Storage);
        assert_eq!(error.message, "the folder cannot be listed: contracts: the store does not know the access key id");
        assert!(error.next.contains("AWS_ACCESS_KEY_ID") && !error.next.contains("Run it again"), "{}", error.next);
    }

    #[test]
    fn a_feature_that_stays_costs_no_table_that_the_lake_can_make_anew() {
        for is_read in [true, false] {
            let next = |path: &str, fix: Option<&str>| {
                let (feature, fix, path) = ("column mapping".to_owned(), fix.map(str::to_owned), path.to_owned());
                let error = match is_read {
                    true => LakeError::UnreadFeature { feature, fix, path },
                    false => LakeError::ForeignFeature { feature, fix, path },
                };
                RunError::Lake(error).to_api().next
            };
            assert!(next("silver/shop/orders", None).contains("Move the folder silver/shop/orders away"));
            assert!(next("gold/shop/daily", None).contains("runs its model again"));
            assert!(!next("bronze/shop/orders", None).contains("Move the folder"), "nothing has its records");
            assert_eq!(next("silver/shop/orders", Some("Drop it")), "Drop it");
        }
    }

    #[test]
    fn a_damaged_file_is_made_anew_where_the_lake_has_its_rows() {
        let next = |path: &str| RunError::Lake(LakeError::Damaged { path: path.to_owned() }).to_api().next;
        assert!(next("silver/shop/orders/a.parquet").contains("sluice verify silver.shop.orders --repair"));
        assert!(next("gold/shop/daily/a.parquet").contains("sluice verify gold.shop.daily --repair"));
        assert!(next("bronze/shop/orders/a.parquet").contains("from a copy"));
    }
}
