//! `sluice test`.

use crate::args::Test;
use crate::exit::Exit;
use crate::print::Output;
use crate::progress::{JOB, watch};
use anyhow::Context;
use sluice_api::{ApiError, ErrorCode, LakeTestReport, LakeTestResult, LakeTestState, SavedTest, ask};
use sluice_runner::Host;
use std::io::Write;
use std::path::PathBuf;

/// Runs tests of the draft.
pub(crate) async fn run(host: &Host, out: &Output, call: Test) -> anyhow::Result<Exit> {
    let folder = call.draft_folder.map(|folder| folder.display().to_string());
    let work = host.call(ask::RunLakeTests { names: call.names, folder, job: JOB });
    let report = watch(host, out, work).await?;
    let exit = if report.has_failures() { Exit::CheckFailed } else { Exit::Done };
    out.show(&report, text)?;
    Ok(exit)
}

fn text(report: &LakeTestReport) -> String {
    let mut text = String::new();
    for test in &report.tests {
        let word = match test.state {
            LakeTestState::Passed => "passed",
            LakeTestState::Failed => "FAILED",
            LakeTestState::Invalid => "cannot be run",
        };
        let about = test.about.as_ref().map(|about| format!("  {about}")).unwrap_or_default();
        text.push_str(&format!("{word}  {}{about}\n", test.path));
        for problem in &test.problems {
            text.push_str(&format!("  {problem}\n"));
        }
        for failure in &test.failures {
            let place = format!("{}:{}", test.path, failure.line);
            text.push_str(&format!(
                "  {place}: after batch {}, {}: {}\n",
                failure.batch, failure.what, failure.message
            ));
            for cell in &failure.cells {
                text.push_str(&format!("    {cell}\n"));
            }
        }
    }
    text.push_str(&format!("{}, {} ms\n", report.summary(), report.elapsed_ms));
    text
}

/// The first thing that is wrong with a test, for lists.
pub(super) fn first_of(test: &LakeTestResult) -> String {
    let problem = test.problems.first().map(ToString::to_string);
    let failure = test.failures.first().map(|of| format!("after batch {}, {}: {}", of.batch, of.what, of.message));
    problem.or(failure).unwrap_or_default()
}

/// Where a test of real records goes.
pub(super) enum TestPlace {
    /// Into the lake's draft, by this name.
    Draft(String),
    /// Into a file of this machine.
    File(TestFile),
}

/// A file for a test, and the name that the test has by it.
pub(super) struct TestFile {
    path: PathBuf,
    pub(super) name: String,
}

/// What `--save-test` names.
pub(super) fn place_of_test(text: &str) -> TestPlace {
    let is_file = text.contains(['/', '\\']) || text.ends_with(".yaml") || text.ends_with(".yml");
    if !is_file {
        return TestPlace::Draft(text.to_owned());
    }
    let path = PathBuf::from(text);
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let plain = |letter: char| if letter.is_alphanumeric() || letter == '-' || letter == '_' { letter } else { '_' };
    let name: String = stem.chars().map(plain).take(60).collect();
    TestPlace::File(TestFile { path, name })
}

/// Writes a test into a new file.
pub(super) fn put_test(file: &TestFile, test: &SavedTest) -> anyhow::Result<()> {
    let shown = file.path.display();
    let mut options = std::fs::OpenOptions::new();
    let mut opened = options.write(true).create_new(true).open(&file.path).map_err(|error| {
        ApiError::new(ErrorCode::Input, format!("{shown} cannot be written: {error}"), "Name a new file")
    })?;
    opened.write_all(test.text.as_bytes()).with_context(|| format!("{shown} cannot be written"))
}

/// Where a test is, and what to do with it.
pub(super) fn saved_text(saved: &SavedTest, place: Option<&TestPlace>) -> String {
    let file = match place {
        Some(TestPlace::File(file)) => file.path.display().to_string(),
        _ => saved.path.clone(),
    };
    format!("The test is {file}; edit what it expects, then run `sluice test`\n")
}
