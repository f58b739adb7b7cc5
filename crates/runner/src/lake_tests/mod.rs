//! Tests of a lake: each is replayed by the pipeline itself, over a lake in memory.
//!
//! A test gets a lake of its own. Its files are put where the source of the table is, [`replay`](crate::replay) takes them
//! to silver and gold, and what is there then is compared with what the test states. Nothing of a real lake is read but
//! contracts, models and tests.

mod compare;
mod expectations;
mod given;
pub(crate) mod memory_lake;
mod mistakes;
mod play;
pub(crate) mod replayed;
pub(crate) mod set_of_test;
pub(crate) mod write;

use crate::contract_set::ContractSet;
use crate::support::elapsed::elapsed_ms;
use crate::support::program::sluice_program;
use crate::{Job, RunError};
use futures::StreamExt;
use play::{Playing, play};
use sluice_api::{LakeTestReport, LakeTestResult, LakeTestState, LakeTestView};
use sluice_contract::LakeTest;
use sluice_query::{QueryEngine, QueryOptions};
use std::time::Instant;
use tokio::sync::Mutex;

/// Tests that are under way at the same time.
const AT_ONCE: usize = 4;

/// What the tests of a draft are named by: a path, its beginning, `dataset`, `dataset.table` or a table and a name with `/`.
pub(crate) fn is_named(path: &str, name: &str) -> bool {
    let below = path.strip_prefix("tests/").unwrap_or(path);
    let wanted = name.strip_prefix("tests/").unwrap_or(name).trim_end_matches('/');
    let wanted = match wanted.split_once('.') {
        // A path has its ending.
        Some(_) if wanted.ends_with(".yaml") || wanted.ends_with(".yml") => wanted.to_owned(),
        _ => wanted.replacen('.', "/", 1),
    };
    let rest = below.strip_prefix(wanted.as_str());
    rest.is_some_and(|rest| matches!(rest, "" | ".yaml" | ".yml") || rest.starts_with('/'))
}

/// The tests as they are listed.
pub(crate) fn views(tests: &[(String, String)]) -> Vec<LakeTestView> {
    let view = |(path, text): &(String, String)| {
        let parsed = LakeTest::parse(text, path);
        LakeTestView {
            path: path.clone(),
            table: LakeTest::table_of(path).ok(),
            about: parsed.as_ref().ok().and_then(|test| test.about.clone()),
            text: text.clone(),
            problems: parsed.err().unwrap_or_default(),
        }
    };
    tests.iter().map(view).collect()
}

/// Runs tests by the contracts and models of a set.
///
/// # Errors
/// [`RunError::Cancelled`]; when DuckDB or the temporary folder of this machine refuses. What is wrong with a test is in
/// the report.
pub(crate) async fn run_tests(
    set: &ContractSet,
    tests: &[(String, String)],
    job: &Job,
) -> Result<LakeTestReport, RunError> {
    let started = Instant::now();
    if tests.is_empty() {
        return Ok(LakeTestReport::default());
    }
    let folder = tempfile::Builder::new().prefix("sluice-tests-").tempdir();
    let folder =
        folder.map_err(|source| RunError::File { path: std::env::temp_dir().display().to_string(), source })?;
    let options = QueryOptions {
        allowed: vec![folder.path().to_path_buf()],
        program: sluice_program(),
        threads: 1,
        ..QueryOptions::default()
    };
    let engine = QueryEngine::new(options)?;
    let gold = Mutex::new(());
    let runs = tests.iter().enumerate().map(|(number, (path, text))| {
        let playing = Playing { set, engine: &engine, gold: &gold, folder: folder.path().join(number.to_string()) };
        async move {
            job.check()?;
            let result = run_test(path, text, playing).await?;
            job.progress("tests", |progress| {
                progress.done += 1;
                progress.total = tests.len() as u64;
            });
            Ok::<_, RunError>(result)
        }
    });
    let mut done = Vec::with_capacity(tests.len());
    let mut running = futures::stream::iter(runs).buffer_unordered(AT_ONCE);
    while let Some(result) = running.next().await {
        done.push(result?);
    }
    done.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(LakeTestReport { tests: done, elapsed_ms: elapsed_ms(started) })
}

async fn run_test(path: &str, text: &str, playing: Playing<'_>) -> Result<LakeTestResult, RunError> {
    let started = Instant::now();
    let of = |state, about: Option<String>| LakeTestResult {
        path: path.to_owned(),
        table: LakeTest::table_of(path).ok(),
        about,
        state,
        compared: 0,
        problems: Vec::new(),
        failures: Vec::new(),
        elapsed_ms: elapsed_ms(started),
    };
    let test = match LakeTest::parse(text, path) {
        Ok(test) => test,
        Err(problems) => return Ok(LakeTestResult { problems, ..of(LakeTestState::Invalid, None) }),
    };
    let played = Box::pin(play(&test, playing)).await?;
    let state = match (played.problems.is_empty(), played.failures.is_empty()) {
        (false, _) => LakeTestState::Invalid,
        (true, false) => LakeTestState::Failed,
        (true, true) => LakeTestState::Passed,
    };
    let (problems, failures, compared) = (played.problems, played.failures, played.compared);
    Ok(LakeTestResult { problems, failures, compared, ..of(state, test.about) })
}

#[cfg(test)]
mod tests {
    use super::is_named;

    #[test]
    fn tests_are_named_by_table_dataset_or_path() {
        let path = "tests/shop/orders/late.yaml";
        for name in
            ["shop", "shop.orders", "shop/orders", "shop.orders/late", "tests/shop/orders/late.yaml", "shop/orders/"]
        {
            assert!(is_named(path, name), "{name}");
        }
        for name in ["sho", "shop.order", "shop.orders/lat", "orders", "crm"] {
            assert!(!is_named(path, name), "{name}");
        }
    }
}
