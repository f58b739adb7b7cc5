//! The engine's warnings on stderr.

use sluice_runner::{LogOptions, log_to};

/// Variable with levels as in `RUST_LOG`.
const FILTER: &str = "SLUICE_LOG";

/// Prints warnings, with `verbose` notes too.
pub(crate) fn to_stderr(verbose: bool) {
    log_to(std::io::stderr, &LogOptions { verbose, filter: std::env::var(FILTER).ok(), times: false });
}
