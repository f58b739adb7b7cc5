//! Answers what tests a lake has, and what comes of them.

use super::draft_folder::texts_below;
use super::{Host, OpenLake};
use crate::contract_set::ContractSet;
use crate::lake_tests::{is_named, run_tests, views};
use crate::support::blocking::blocking;
use crate::{Job, RunError};
use sluice_api::{Answer, JobId, JobKind, LakeTestReport, LakeTestView, ask};
use sluice_contract::LakeTest;
use sluice_publish::Draft;
use std::path::PathBuf;

impl Answer<ask::LakeTests> for Host {
    async fn answer(&self, _: ask::LakeTests) -> Result<Vec<LakeTestView>, RunError> {
        let draft = sluice_publish::draft(&self.opened().await?.lake).await?;
        Ok(views(&draft.tests))
    }
}

impl Answer<ask::SaveLakeTest> for Host {
    async fn answer(&self, request: ask::SaveLakeTest) -> Result<Vec<LakeTestView>, RunError> {
        let ask::SaveLakeTest { path, text } = request;
        let open = self.opened().await?;
        open.save_test(&path, text).await?;
        Ok(views(&sluice_publish::draft(&open.lake).await?.tests))
    }
}

impl Answer<ask::RunLakeTests> for Host {
    async fn answer(&self, request: ask::RunLakeTests) -> Result<LakeTestReport, RunError> {
        let ask::RunLakeTests { names, folder, job } = request;
        let title = match names.as_slice() {
            [] => "Run the tests".to_owned(),
            [name] => format!("Run the tests of {name}"),
            several => format!("Run the tests of {} tables", several.len()),
        };
        let work = async |job: &Job| {
            let draft = match folder {
                Some(folder) => draft_of_folder(PathBuf::from(folder)).await?,
                None => sluice_publish::draft(&self.opened().await?.lake).await?,
            };
            Box::pin(run_named(&draft, &names, job)).await
        };
        self.as_job(job, JobKind::Test, title, |_| None, work).await
    }
}

impl OpenLake {
    /// Puts a test into the draft.
    ///
    /// # Errors
    /// If its path is none of a test; when the lake cannot be written.
    pub(super) async fn save_test(&self, path: &str, text: String) -> Result<(), RunError> {
        LakeTest::table_of(path).map_err(|problem| RunError::Contract(vec![problem]))?;
        let is_plain =
            path.starts_with("tests/") && path.ends_with(".yaml") && !path.split('/').any(|part| part == "..");
        if !is_plain {
            let next = "Write it as tests/<dataset>/<table>/<name>.yaml";
            return Err(RunError::input(format!("{path} is no place of a test"), next));
        }
        Ok(self.lake.objects().put(path, text.into()).await?)
    }

    /// The tests of what a release would hold.
    pub(super) async fn tests_of(&self, draft: &Draft) -> Result<LakeTestReport, RunError> {
        let mut known = self.tested.lock().await;
        if let Some((hash, report)) = known.as_ref()
            && hash == draft.hash()
        {
            return Ok(report.clone());
        }
        let job = Job::new(JobId(0), "tests");
        let report = Box::pin(run_tests(&ContractSet::of(draft), &draft.tests, &job)).await?;
        *known = Some((draft.hash().to_owned(), report.clone()));
        Ok(report)
    }
}

async fn run_named(draft: &Draft, names: &[String], job: &Job) -> Result<LakeTestReport, RunError> {
    let unknown = names.iter().find(|name| !draft.tests.iter().any(|(path, _)| is_named(path, name)));
    if let Some(name) = unknown {
        let next = match draft.tests.as_slice() {
            [] => "The draft has no tests; write one as tests/<dataset>/<table>/<name>.yaml".to_owned(),
            [(path, _), ..] => format!("Name a dataset, a table or a test, for example {path}"),
        };
        return Err(RunError::not_found(format!("There is no test of {name}"), next));
    }
    let named =
        draft.tests.iter().filter(|(path, _)| names.is_empty() || names.iter().any(|name| is_named(path, name)));
    let named: Vec<(String, String)> = named.cloned().collect();
    run_tests(&ContractSet::of(draft), &named, job).await
}

/// The draft of a folder with contracts, models and tests, as `sluice draft` keeps it.
async fn draft_of_folder(folder: PathBuf) -> Result<Draft, RunError> {
    if !folder.is_dir() {
        let message = format!("{} is no folder", folder.display());
        return Err(RunError::input(message, "Name a folder with contracts/, models/ and tests/"));
    }
    Ok(Draft::of_texts(blocking(move || texts_below(&folder)).await?))
}
