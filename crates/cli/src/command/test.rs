//! `sluice test`.

use crate::args::Test;
use crate::exit::Exit;
use crate::print::Output;
use crate::progress::{JOB, watch};
use sluice_api::{LakeTestReport, LakeTestResult, LakeTestState, ask};
use sluice_runner::Host;

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
