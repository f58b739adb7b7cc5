//! The answers that screens read, by the words of the screens.

use super::{Comparison, Got, Store};
use sluice_api::{
    BatchAction, ChosenChange, ContractCheck, DiffView, ExportedFile, IncidentLock, JobId, JobState, JobView, LakeView,
    OnboardDraft, OnboardSource, ProposalView, PublishPlan, PublishScope, PublishedView, QualityView, QueryFile,
    ReleaseDetail, ReleaseDiff, ReleaseList, ReleaseSide, ReplaySummary, ReplayView, ResultId, ResultView, RowHistory,
    SourceChanges, SourceChoice, TableName, TableRef, TableView, ask,
};

/// Key of a refined result: base, filter, order.
pub type RefineKey = (ResultId, Option<String>, Option<String>);

/// Key of a row's history: its table and its key's columns with their values.
pub type RowKey = (TableRef, Vec<(String, String)>);

impl Store {
    /// The open lake.
    #[must_use]
    pub fn lake(&self) -> Got<'_, LakeView> {
        self.got::<ask::Lake>(&())
    }

    /// A table at a version, latest if `None`.
    #[must_use]
    pub fn table(&self, table: &TableRef, version: Option<u64>) -> Got<'_, TableView> {
        self.got::<ask::Table>(&(table.clone(), version))
    }

    /// Every table view known, for the palette's columns.
    pub fn tables(&self) -> impl Iterator<Item = &TableView> {
        self.all::<ask::Table>().map(|(_, view)| view)
    }

    /// Whether a column of a table holds personal data; of a table that is not known yet, every column does.
    #[must_use]
    pub fn is_personal(&self, table: &TableRef, column: &str) -> bool {
        let mut views = self.tables().filter(|view| view.table == *table).peekable();
        views.peek().is_none() || views.any(|view| view.columns.iter().any(|each| each.name == column && each.pii))
    }

    /// The rows of a table version.
    #[must_use]
    pub fn rows(&self, table: &TableRef, version: Option<u64>) -> Got<'_, ResultView> {
        self.got::<ask::TableRows>(&(table.clone(), version))
    }

    /// Result of a query by its job.
    #[must_use]
    pub fn query(&self, job: JobId) -> Got<'_, ResultView> {
        self.got::<ask::Query>(&(job,))
    }

    /// A filtered or sorted result.
    #[must_use]
    pub fn refined(&self, key: &RefineKey) -> Got<'_, ResultView> {
        self.got::<ask::Refine>(key)
    }

    /// What is in a source.
    #[must_use]
    pub fn source(&self, source: &str) -> Got<'_, OnboardSource> {
        self.got::<ask::InspectSource>(&(source.to_owned(),))
    }

    /// Proposed contract for a folder.
    #[must_use]
    pub fn draft(&self, path: &str) -> Got<'_, OnboardDraft> {
        self.got::<ask::InferContract>(&(path.to_owned(),))
    }

    /// Check of a contract text.
    #[must_use]
    pub fn check(&self, yaml: &str) -> Got<'_, ContractCheck> {
        self.got::<ask::CheckContract>(&(yaml.to_owned(),))
    }

    /// Outcome of saving a contract text.
    #[must_use]
    pub fn saved(&self, yaml: &str) -> Got<'_, LakeView> {
        self.got::<ask::SaveContract>(&(yaml.to_owned(),))
    }

    /// Outcome of saving a model.
    #[must_use]
    pub fn saved_model(&self, name: &TableName, sql: &str) -> Got<'_, LakeView> {
        self.got::<ask::SaveModel>(&(name.clone(), sql.to_owned()))
    }

    /// The queries that are saved in the lake.
    #[must_use]
    pub fn queries(&self) -> Got<'_, Vec<QueryFile>> {
        self.got::<ask::Queries>(&())
    }

    /// Outcome of saving a query.
    #[must_use]
    pub fn saved_query(&self, name: &str, sql: &str) -> Got<'_, Vec<QueryFile>> {
        self.got::<ask::SaveQuery>(&(name.to_owned(), sql.to_owned()))
    }

    /// Batches of a table, those that wait cut by so many files.
    #[must_use]
    pub fn replay(&self, table: &TableName, max_files: Option<u64>) -> Got<'_, ReplayView> {
        self.got::<ask::Replay>(&(table.clone(), max_files))
    }

    /// What a replay did.
    #[must_use]
    pub fn replayed(&self, job: JobId) -> Got<'_, ReplaySummary> {
        self.got::<ask::StartReplay>(&(job,))
    }

    /// A diff.
    #[must_use]
    pub fn diff(&self, table: &TableRef, from: u64, to: u64) -> Got<'_, DiffView> {
        self.got::<ask::Diff>(&(table.clone(), from, to))
    }

    /// The first rows of a diff.
    #[must_use]
    pub fn diff_first(&self, table: &TableRef, from: u64, to: u64) -> Got<'_, DiffView> {
        self.got::<ask::DiffFirst>(&(table.clone(), from, to))
    }

    /// A table on two sides.
    #[must_use]
    pub fn compared(&self, table: &TableRef, comparison: &Comparison) -> Got<'_, DiffView> {
        let (from, to) = comparison.sides(table);
        self.got::<ask::DiffSides>(&(from, to, comparison.options.clone()))
    }

    /// Outcome of writing a result into a file.
    #[must_use]
    pub fn exported(&self, result: ResultId, file: &str) -> Got<'_, ExportedFile> {
        self.got::<ask::ExportResult>(&(result, file.to_owned(), false))
    }

    /// What happened to the rows of one key.
    #[must_use]
    pub fn row_history(&self, key: &RowKey) -> Got<'_, RowHistory> {
        self.got::<ask::RowHistory>(key)
    }

    /// Quality of a table.
    #[must_use]
    pub fn quality(&self, table: &TableName) -> Got<'_, QualityView> {
        self.got::<ask::Quality>(&(table.clone(),))
    }

    /// Changes of sources; `all`: decided ones too.
    #[must_use]
    pub fn source_changes(&self, all: bool) -> Got<'_, SourceChanges> {
        self.got::<ask::SourceChanges>(&(Vec::new(), all))
    }

    /// What became of decisions on them.
    #[must_use]
    pub fn decided(&self, choices: &[SourceChoice]) -> Got<'_, Vec<ChosenChange>> {
        self.got::<ask::DecideSourceChanges>(&(choices.to_vec(),))
    }

    /// What became of a decision on a batch.
    #[must_use]
    pub fn decided_batch(&self, table: &TableName, batch: u64, action: BatchAction) -> Got<'_, ReplayView> {
        self.got::<ask::DecideBatch>(&(table.clone(), batch, action))
    }

    /// Rows that fail a check.
    #[must_use]
    pub fn failing(&self, table: &TableName, check: u32) -> Got<'_, ResultView> {
        self.got::<ask::FailingRows>(&(table.clone(), check))
    }

    /// What publishing would do.
    #[must_use]
    pub fn plan(&self, scope: &PublishScope) -> Got<'_, PublishPlan> {
        self.got::<ask::PublishPlan>(&(scope.clone(),))
    }

    /// Outcome of proposing a plan.
    #[must_use]
    pub fn proposed(&self, scope: &PublishScope) -> Got<'_, ProposalView> {
        self.got::<ask::ProposeRelease>(&(scope.clone(),))
    }

    /// Outcome of approving a plan.
    #[must_use]
    pub fn approved(&self, plan: &str) -> Got<'_, ProposalView> {
        self.got::<ask::ApprovePlan>(&(plan.to_owned(),))
    }

    /// Outcome of locking publishing.
    #[must_use]
    pub fn locked(&self, because: &str) -> Got<'_, IncidentLock> {
        self.got::<ask::LockReleases>(&(because.to_owned(),))
    }

    /// Outcome of unlocking it.
    #[must_use]
    pub fn unlocked(&self) -> Got<'_, IncidentLock> {
        self.got::<ask::UnlockReleases>(&())
    }

    /// Every release.
    #[must_use]
    pub fn releases(&self) -> Got<'_, ReleaseList> {
        self.got::<ask::Releases>(&())
    }

    /// A release with its texts.
    #[must_use]
    pub fn release(&self, number: u64) -> Got<'_, ReleaseDetail> {
        self.got::<ask::Release>(&(number,))
    }

    /// What differs between two releases.
    #[must_use]
    pub fn release_diff(&self, from: ReleaseSide, to: ReleaseSide) -> Got<'_, ReleaseDiff> {
        self.got::<ask::ReleaseDiff>(&(from, to))
    }

    /// Outcome of publishing a release.
    #[must_use]
    pub fn published(&self, release: u64) -> Got<'_, PublishedView> {
        self.got::<ask::Publish>(&(release,))
    }

    /// Running and recent jobs.
    #[must_use]
    pub fn jobs(&self) -> &[JobView] {
        self.got::<ask::Jobs>(&()).value.map_or(&[], Vec::as_slice)
    }

    /// A job.
    #[must_use]
    pub fn job(&self, id: JobId) -> Option<&JobView> {
        self.jobs().iter().find(|job| job.id == id)
    }

    /// Jobs queued or under way.
    #[must_use]
    pub fn running_jobs(&self) -> usize {
        self.jobs().iter().filter(|job| matches!(job.state, JobState::Queued | JobState::Running)).count()
    }
}
